//! Conditions of an object whose type is not known.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Condition, ConditionStatus, HasConditions, Origin};
use crate::error::{Error, Misfit};
use crate::fields::Fields;
use crate::reported::{Reported, ReportedCondition};
use crate::subject::Subject;
use crate::time;

/// The conditions of any object, read from its JSON and written back on request.
///
/// Only the fields of `metav1.Condition` are kept. A field of the wrong type is an error: reading it
/// as "no conditions" would mean to overwrite all of them.
///
/// ```
/// use gotk_kstatus::conditions::{Condition, ConditionStatus, HasConditions, ObjectConditions};
/// # use jiff::Timestamp;
/// use serde_json::json;
///
/// let now: Timestamp = "2026-01-02T03:04:05Z".parse()?;
/// let mut widget = json!({ "kind": "Widget", "metadata": { "generation": 2 } });
///
/// let mut conditions = ObjectConditions::read(&widget)?;
/// conditions.set(Condition::new("Ready", ConditionStatus::True, "Succeeded", "done"), now);
/// conditions.write(&mut widget)?;
///
/// assert_eq!(widget["status"]["conditions"][0], json!({
///     "type": "Ready", "status": "True", "observedGeneration": 2,
///     "lastTransitionTime": "2026-01-02T03:04:05Z", "reason": "Succeeded", "message": "done",
/// }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectConditions {
    kind: String,
    name: String,
    generation: i64,
    conditions: Vec<Condition>,
}

impl ObjectConditions {
    /// Reads them; an object without conditions has none.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] names the first field of the wrong type.
    pub fn read(object: &Value) -> Result<Self, Error> {
        let conditions = read_all(object).map_err(|misfit| misfit.of(object))?;
        let Subject { kind, name, .. } = Subject::of(object);
        let generation = Fields::of(Some(object)).within("metadata").int("generation", 0);
        Ok(Self { kind: kind.to_owned(), name: name.to_owned(), generation, conditions })
    }

    /// Writes them to `status.conditions`, which is created when missing.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the object, or its status, is not a JSON object.
    pub fn write(&self, object: &mut Value) -> Result<(), Error> {
        let conditions = self.conditions.iter().map(to_json).collect();
        write_conditions(object, conditions)
    }
}

impl HasConditions for ObjectConditions {
    fn generation(&self) -> i64 {
        self.generation
    }

    fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    fn conditions_mut(&mut self) -> &mut Vec<Condition> {
        &mut self.conditions
    }

    fn origin(&self) -> Origin<'_> {
        Origin::new(self.kind.as_str(), self.name.as_str())
    }
}

/// Puts a list to `status.conditions`.
pub(crate) fn write_conditions(object: &mut Value, list: Vec<Value>) -> Result<(), Error> {
    let misfit = |path: &str, found: &Value, object: &Value| {
        Misfit::new(path, found, "an object").of(object)
    };
    let Some(fields) = object.as_object_mut() else {
        return Err(misfit("the value", object, &Value::Null));
    };
    let status = fields.entry("status").or_insert(Value::Null);
    if status.is_null() {
        *status = Value::Object(Map::new());
    }
    match status {
        Value::Object(status) => {
            status.insert("conditions".to_owned(), Value::Array(list));
            Ok(())
        }
        _ => Err(misfit("status", &object["status"], object)),
    }
}

fn read_all(object: &Value) -> Result<Vec<Condition>, Misfit> {
    let reported = Reported::of(object)?;
    reported.iter().enumerate().map(|(index, condition)| read_one(index, condition)).collect()
}

fn read_one(index: usize, reported: ReportedCondition<'_>) -> Result<Condition, Misfit> {
    let misfit = |key: &str, expected| {
        let path = format!("status.conditions[{index}].{key}");
        Err(Misfit::new(path, reported.field(key), expected))
    };
    let status = match reported.status {
        "True" => ConditionStatus::True,
        "False" => ConditionStatus::False,
        "Unknown" => ConditionStatus::Unknown,
        _ => return misfit("status", "`True`, `False` or `Unknown`"),
    };
    let mut condition = Condition::new(reported.kind, status, reported.reason, reported.message);
    condition.observed_generation = match reported.field("observedGeneration") {
        Value::Null => 0,
        number => match number.as_i64() {
            Some(generation) => generation,
            None => return misfit("observedGeneration", "an integer"),
        },
    };
    condition.last_transition_time = match reported.field("lastTransitionTime") {
        Value::Null => None,
        text => match text.as_str().and_then(time::parse) {
            Some(time) => Some(time),
            None => return misfit("lastTransitionTime", "an RFC 3339 time"),
        },
    };
    Ok(condition)
}

fn to_json(condition: &Condition) -> Value {
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    put("type", condition.r#type.as_str().into());
    put("status", condition.status.as_str().into());
    if condition.observed_generation != 0 {
        put("observedGeneration", condition.observed_generation.into());
    }
    put("lastTransitionTime", condition.last_transition_time.map(wire).into());
    put("reason", condition.reason.as_str().into());
    put("message", condition.message.as_str().into());
    Value::Object(fields)
}

fn wire(time: Timestamp) -> String {
    time::whole_seconds(time).to_string()
}
