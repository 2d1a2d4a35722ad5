//! The conditions an object reports, read in place.

use serde_json::Value;

use crate::error::Misfit;
use crate::fields::Fields;

/// How many are kept as they were read. Few objects have more, and those are read again.
const KEPT: usize = 4;

/// `status.conditions`, checked once and borrowed.
#[derive(Default)]
pub(crate) struct Reported<'a> {
    list: &'a [Value],
    kept: [ReportedCondition<'a>; KEPT],
    standard: Option<&'a Value>,
}

/// One of them. A missing field is empty.
#[derive(Clone, Copy, Default)]
pub(crate) struct ReportedCondition<'a> {
    pub(crate) kind: &'a str,
    pub(crate) status: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) message: &'a str,
    fields: Fields<'a>,
}

impl<'a> Reported<'a> {
    /// Reads the conditions of an object.
    pub(crate) fn of(object: &'a Value) -> Result<Self, Misfit> {
        let [status] = Fields::of(Some(object)).pick(["status"]);
        let mut reported = Self::default();
        reported.read(Fields::strict("status", status)?.get("conditions"))?;
        Ok(reported)
    }

    /// Reads a list of conditions.
    ///
    /// One field of the wrong type anywhere in the list is an error, even where no rule would have
    /// looked at it: upstream decodes the whole list first.
    #[inline(always)] // what is kept is written where it is used
    pub(crate) fn read(&mut self, conditions: Option<&'a Value>) -> Result<(), Misfit> {
        let list = match conditions {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::Array(list)) => list.as_slice(),
            Some(other) => return Err(Misfit::new("status.conditions", other, "a list")),
        };
        self.list = list;
        for (index, condition) in list.iter().enumerate() {
            let read = ReportedCondition::checked(index, condition)?;
            if read.is_standard() && self.standard.is_none() {
                self.standard = Some(condition);
            }
            if let Some(kept) = self.kept.get_mut(index) {
                *kept = read;
            }
        }
        Ok(())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = ReportedCondition<'a>> {
        let kept = self.kept.iter().take(self.list.len()).copied();
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
        Self::read(condition).0
    }

    /// The condition, and whether all its fields are of their types.
    #[inline(always)] // it is most of the work, and called in two places
    fn read(condition: &'a Value) -> (Self, bool) {
        let Value::Object(map) = condition else { return (Self::default(), condition.is_null()) };
        let (mut read, mut well) = (Self::default(), true);
        read.fields = Fields::of(Some(condition));
        for (name, value) in map {
            let slot = match name.as_str() {
                "type" => &mut read.kind,
                "status" => &mut read.status,
                "reason" => &mut read.reason,
                "message" => &mut read.message,
                _ => continue,
            };
            match value {
                Value::String(text) => *slot = text,
                other => well &= other.is_null(),
            }
        }
        (read, well)
    }

    fn checked(index: usize, condition: &'a Value) -> Result<Self, Misfit> {
        match Self::read(condition) {
            (read, true) => Ok(read),
            _ => Err(misfit(index, condition)),
        }
    }

    fn is_standard(self) -> bool {
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
