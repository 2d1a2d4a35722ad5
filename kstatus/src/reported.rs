//! The conditions an object reports, read in place.

use serde_json::Value;

use crate::error::Misfit;
use crate::fields::Fields;

/// `status.conditions`, checked once and borrowed.
#[derive(Clone, Copy)]
pub(crate) struct Reported<'a> {
    list: &'a [Value],
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
        let mut standard = None;
        for (index, condition) in list.iter().enumerate() {
            let is_standard = ReportedCondition::checked(index, condition)?.is_standard();
            if is_standard && standard.is_none() {
                standard = Some(condition);
            }
        }
        Ok(Self { list, standard })
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = ReportedCondition<'a>> {
        self.list.iter().map(ReportedCondition::of)
    }

    /// The first condition of this type with this status.
    pub(crate) fn with(self, kind: &str, status: &str) -> Option<ReportedCondition<'a>> {
        self.iter().find(|condition| condition.kind == kind && condition.status == status)
    }

    /// Of `Reconciling=True` and `Stalled=True`, the one that is listed first.
    pub(crate) fn standard(self) -> Option<ReportedCondition<'a>> {
        self.standard.map(ReportedCondition::of)
    }
}

impl<'a> ReportedCondition<'a> {
    fn of(condition: &'a Value) -> Self {
        let fields = Fields::of(Some(condition));
        let [kind, status, reason, message] =
            fields.pick(KEYS).map(|value| value.and_then(Value::as_str).unwrap_or_default());
        Self { kind, status, reason, message, fields }
    }

    fn checked(index: usize, condition: &'a Value) -> Result<Self, Misfit> {
        let misfit = |key: &str, found, expected| {
            Err(Misfit::new(format!("status.conditions[{index}]{key}"), found, expected))
        };
        if !matches!(condition, Value::Object(_) | Value::Null) {
            return misfit("", condition, "an object");
        }
        let fields = Fields::of(Some(condition));
        let mut texts = [""; KEYS.len()];
        for ((text, value), key) in texts.iter_mut().zip(fields.pick(KEYS)).zip(KEYS) {
            match value {
                None | Some(Value::Null) => {}
                Some(Value::String(found)) => *text = found,
                Some(other) => return misfit(&format!(".{key}"), other, "a string"),
            }
        }
        let [kind, status, reason, message] = texts;
        Ok(Self { kind, status, reason, message, fields })
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

const KEYS: [&str; 4] = ["type", "status", "reason", "message"];
