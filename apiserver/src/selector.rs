//! Which objects a list, a watch or a collection's deletion means.

mod field;
mod label;

use crate::failure::Failure;
use crate::kind::Kind;
use crate::object::Stored;

/// A label selector and a field selector; an object has to satisfy both.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    labels: Vec<label::Requirement>,
    fields: Vec<field::Requirement>,
}

impl Selector {
    pub(crate) fn parse(kind: &Kind, labels: &str, fields: &str) -> Result<Self, Failure> {
        Ok(Self {
            labels: label::parse(labels).map_err(Failure::bad_request)?,
            fields: field::parse(kind, fields).map_err(Failure::bad_request)?,
        })
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(crate) fn matches(&self, kind: &Kind, object: &Stored) -> bool {
        self.labels.iter().all(|requirement| requirement.matches(object))
            && self.fields.iter().all(|requirement| requirement.matches(kind, object))
    }
}
