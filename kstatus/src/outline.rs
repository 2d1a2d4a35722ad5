//! The parts of an object that every rule starts from.

use serde_json::Value;

use crate::error::{Error, Misfit};
use crate::fields::Fields;
use crate::subject::group;

/// An object taken apart in one pass over its fields.
#[derive(Clone, Copy)]
pub(crate) struct Outline<'a> {
    pub(crate) object: &'a Value,
    pub(crate) group: &'a str,
    pub(crate) kind: &'a str,
    metadata: Option<&'a Value>,
    spec: Option<&'a Value>,
    status: Option<&'a Value>,
}

impl<'a> Outline<'a> {
    /// Takes an object apart.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnObject`] if it is no JSON object, has no kind or an unreadable apiVersion.
    pub(crate) fn of(object: &'a Value) -> Result<Self, Error> {
        let not_an_object = |problem| Err(Error::NotAnObject { problem });
        let Value::Object(fields) = object else {
            return not_an_object("it is not a JSON object");
        };
        let (mut api_version, mut kind) = ("", "");
        let (mut metadata, mut spec, mut status) = (None, None, None);
        for (name, value) in fields {
            match name.as_str() {
                "apiVersion" => api_version = value.as_str().unwrap_or_default(),
                "kind" => kind = value.as_str().unwrap_or_default(),
                "metadata" => metadata = Some(value),
                "spec" => spec = Some(value),
                "status" => status = Some(value),
                _ => {}
            }
        }
        let Some(group) = group(api_version) else {
            return not_an_object("apiVersion has more than one slash");
        };
        if kind.is_empty() {
            return not_an_object("it has no kind");
        }
        Ok(Self { object, group, kind, metadata, spec, status })
    }

    /// `metadata`, which has to be an object if it is there.
    pub(crate) fn metadata(self) -> Result<Fields<'a>, Misfit> {
        Fields::strict("metadata", self.metadata)
    }

    /// `spec`, whatever it is.
    pub(crate) fn spec(self) -> Fields<'a> {
        Fields::of(self.spec)
    }

    /// `status`, which has to be an object if it is there.
    pub(crate) fn status(self) -> Result<Fields<'a>, Misfit> {
        Fields::strict("status", self.status)
    }
}
