//! The conditions an object reports, read in place.

use serde_json::Value;

use crate::error::Misfit;
use crate::fields::Fields;

/// How many are kept as they were read. Few objects have more, and those are read again.
const KEPT: usize = 4;

/// `status.conditions`, checked once and borrowed.
#[derive(Clone, Copy)]
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
        Self::listed(Fields::strict("status", status)?.get("conditions"))
    }

    /// Reads a list of conditions.
    ///
    /// One field of the wrong type anywhere in the list is an error, even where no rule would have
    /// looked at it: upstream decodes the whole list first.
    pub(crate) fn listed(conditions: Option<&'a Value>) -> Result<Self, Misfit> {
        let list = match conditions {
            None | Some(Value::Null) => &[],
            Some(Value::Array(list)) => list.as_slice(),
            Some(other) => return Err(Misfit::new("status.conditions", other, "a list")),
        };
        let mut reported = Self { list, kept: Default::default(), standard: None };
        for (index, condition) in list.iter().enumerate() {
            let read = ReportedCondition::checked(index, condition)?;
            if read.is_standard() && reported.standard.is_none() {
                reported.standard = Some(condition);
            }
            if let Some(kept) = reported.kept.get_mut(index) {
                *kept = read;
            }
        }
        Ok(reported)
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
    #[inline]
    fn read(condition: &'a Value) -> (Self, bool) {
        let (mut read, mut odd) = (Self::default(), false);
        read.fields = Fields::of(Some(condition));
        read.fields.each(|name, value| {
            let slot = match name {
                "type" => &mut read.kind,
                "status" => &mut read.status,
                "reason" => &mut read.reason,
                "message" => &mut read.message,
                _ => return,
            };
            match value {
                Value::String(text) => *slot = text,
                other => odd |= !other.is_null(),
            }
        });
        (read, !odd && matches!(condition, Value::Object(_) | Value::Null))
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
