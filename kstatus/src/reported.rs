//! The conditions an object reports, read in place.

use serde_json::Value;

use crate::error::Misfit;
use crate::fields::Fields;

/// How many are kept as they were read. Few objects have more, and those are read again.
const KEPT: usize = 4;

/// `status.conditions`, checked once and borrowed.
pub(crate) struct Reported<'a> {
    list: &'a [Value],
    kept: [Option<ReportedCondition<'a>>; KEPT],
    standard: Option<&'a Value>,
}

/// One of them. A missing field is empty.
#[derive(Clone, Copy)]
pub(crate) struct ReportedCondition<'a> {
    pub(crate) kind: &'a str,
    pub(crate) status: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) message: &'a str,
    fields: Fields<'a>,
}

/// A condition without fields.
const NONE: ReportedCondition<'_> =
    ReportedCondition { kind: "", status: "", reason: "", message: "", fields: Fields::none() };

impl<'a> Reported<'a> {
    /// No conditions.
    pub(crate) const NONE: Self = Self { list: &[], kept: [None; KEPT], standard: None };

    /// Reads the conditions of an object.
    pub(crate) fn of(object: &'a Value) -> Result<Self, Misfit> {
        let [status] = Fields::of(Some(object)).pick(["status"]);
        let mut reported = Self::NONE;
        reported.read(Fields::strict("status", status)?.get("conditions"))?;
        Ok(reported)
    }

    /// Reads a list of conditions, in place: a copy would cost as much as reading a condition does.
    ///
    /// One field of the wrong type anywhere in the list is an error, even where no rule would have
    /// looked at it: upstream decodes the whole list first.
    pub(crate) fn read(&mut self, conditions: Option<&'a Value>) -> Result<(), Misfit> {
        self.list = match conditions {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::Array(list)) => list,
            Some(other) => return Err(Misfit::new("status.conditions", other, "a list")),
        };
        for (index, condition) in self.list.iter().enumerate() {
            let mut beyond = None;
            let read = self.kept.get_mut(index).unwrap_or(&mut beyond).insert(NONE);
            if !read.fill(condition) {
                return Err(misfit(index, condition));
            }
            if read.is_standard() && self.standard.is_none() {
                self.standard = Some(condition);
            }
        }
        Ok(())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = ReportedCondition<'a>> {
        let kept = self.kept.iter().map_while(|kept| *kept);
        kept.chain(self.list.iter().skip(KEPT).map(ReportedCondition::of))
    }

    /// The first condition of this type with this status.
    pub(crate) fn with(&self, kind: &str, status: &str) -> Option<ReportedCondition<'a>> {
        self.iter().find(|condition| condition.kind == kind && condition.status == status)
    }

    /// Of `Reconciling=True` and `Stalled=True`, the one that is listed first.
    pub(crate) fn standard(&self) -> Option<ReportedCondition<'a>> {
        self.standard.map(ReportedCondition::of)
    }
}

impl<'a> ReportedCondition<'a> {
    /// A condition whose fields are of their types; what is not reads as missing.
    fn of(condition: &'a Value) -> Self {
        let mut read = NONE;
        read.fill(condition);
        read
    }

    /// Takes the fields from a condition; whether all of them are of their types.
    fn fill(&mut self, condition: &'a Value) -> bool {
        let Value::Object(map) = condition else { return condition.is_null() };
        self.fields = Fields::of(Some(condition));
        let (mut well, mut missing) = (true, 4);
        // In the order of the alphabet, which most maps have, the four are the last ones.
        for (name, value) in map.iter().rev() {
            let slot = match name.as_str() {
                "type" => &mut self.kind,
                "status" => &mut self.status,
                "reason" => &mut self.reason,
                "message" => &mut self.message,
                _ => continue,
            };
            match value {
                Value::String(text) => *slot = text,
                other => well &= other.is_null(),
            }
            missing -= 1;
            if missing == 0 {
                break;
            }
        }
        well
    }

    fn is_standard(&self) -> bool {
        matches!((self.kind, self.status), ("Reconciling" | "Stalled", "True"))
    }

    /// `lastTransitionTime`, as it is written.
    pub(crate) fn transition(self) -> &'a str {
        self.fields.text("lastTransitionTime", "")
    }

    /// Any other field; `Null` when it is missing.
    pub(crate) fn field(self, key: &str) -> &'a Value {
        self.fields.get(key).unwrap_or(&Value::Null)
    }
}

/// Says which field of a condition is of another type; of several, the first of these.
#[cold]
fn misfit(index: usize, condition: &Value) -> Misfit {
    let odd = |key: &&&str| condition.get(**key).is_some_and(|it| !it.is_null() && !it.is_string());
    match ["type", "status", "reason", "message"].iter().find(odd) {
        Some(key) => {
            let path = format!("status.conditions[{index}].{key}");
            Misfit::new(path, &condition[*key], "a string")
        }
        None => Misfit::new(format!("status.conditions[{index}]"), condition, "an object"),
    }
}
