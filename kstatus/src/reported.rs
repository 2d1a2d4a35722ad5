//! The conditions an object reports, read in place.

use serde_json::{Map, Value};

use crate::error::Misfit;
use crate::fields::{field, get};

/// `status.conditions`, checked once and borrowed.
#[derive(Clone, Copy)]
pub(crate) struct Reported<'a>(&'a [Value]);

/// One of them. A missing field is empty.
#[derive(Clone, Copy)]
pub(crate) struct ReportedCondition<'a>(Option<&'a Map<String, Value>>);

impl<'a> Reported<'a> {
    /// Reads the conditions.
    ///
    /// One field of the wrong type anywhere in the list is an error, even where no rule would have
    /// looked at it: upstream decodes the whole list first.
    pub(crate) fn of(object: &'a Value) -> Result<Self, Misfit> {
        let status = match field(object, &["status"]) {
            None | Some(Value::Null) => return Ok(Self(&[])),
            Some(Value::Object(status)) => status,
            Some(other) => return Err(Misfit::new("status", other, "an object")),
        };
        let conditions = match get(status, "conditions") {
            None | Some(Value::Null) => return Ok(Self(&[])),
            Some(Value::Array(conditions)) => conditions,
            Some(other) => return Err(Misfit::new("status.conditions", other, "a list")),
        };
        for (index, condition) in conditions.iter().enumerate() {
            check(index, condition)?;
        }
        Ok(Self(conditions))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = ReportedCondition<'a>> {
        self.0.iter().map(|condition| ReportedCondition(condition.as_object()))
    }

    /// The first condition of this type with this status.
    pub(crate) fn with(self, kind: &str, status: &str) -> Option<ReportedCondition<'a>> {
        self.iter().find(|condition| condition.kind() == kind && condition.status() == status)
    }
}

impl<'a> ReportedCondition<'a> {
    pub(crate) fn kind(self) -> &'a str {
        self.text("type")
    }

    pub(crate) fn status(self) -> &'a str {
        self.text("status")
    }

    pub(crate) fn reason(self) -> &'a str {
        self.text("reason")
    }

    pub(crate) fn message(self) -> &'a str {
        self.text("message")
    }

    /// `lastTransitionTime`, as it is written.
    pub(crate) fn transition(self) -> &'a str {
        self.text("lastTransitionTime")
    }

    /// Any other field; `Null` when it is missing.
    pub(crate) fn field(self, key: &str) -> &'a Value {
        self.0.and_then(|fields| get(fields, key)).unwrap_or(&Value::Null)
    }

    fn text(self, key: &str) -> &'a str {
        self.field(key).as_str().unwrap_or_default()
    }
}

fn check(index: usize, condition: &Value) -> Result<(), Misfit> {
    let fields = match condition {
        Value::Object(fields) => fields,
        Value::Null => return Ok(()),
        other => {
            return Err(Misfit::new(format!("status.conditions[{index}]"), other, "an object"));
        }
    };
    let mut odd = fields.iter().filter(|(key, value)| {
        !matches!(value, Value::Null | Value::String(_))
            && matches!(key.as_str(), "type" | "status" | "reason" | "message")
    });
    odd.next().map_or(Ok(()), |(key, found)| {
        Err(Misfit::new(format!("status.conditions[{index}].{key}"), found, "a string"))
    })
}
