//! Why a write was refused, in the words of the API server.

use std::fmt;

use serde_json::{Value, json};

use crate::conflict::Conflicts;

/// Why an object could not be merged, or a schema or patch not be read.
///
/// `Display` is the message that kube-apiserver would answer with; [`status`](Self::status) is the
/// whole answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Other managers own fields that the configuration would change.
    ///
    /// Leave those fields out, agree with the other manager, or apply with force.
    #[error("{0}")]
    Conflicts(Conflicts),

    /// An object does not fit its schema.
    #[error("{context}{errors}")]
    Type {
        /// What was being done to which object, ending in `: ` where it is not empty.
        context: String,
        /// What does not fit, and where.
        errors: TypeErrors,
    },

    /// The request contradicts itself: another kind, or managed fields in a configuration.
    #[error("{message}")]
    BadRequest {
        /// What is wrong with it.
        message: String,
    },

    /// The managed fields of the live object cannot be read.
    #[error("failed to decode managed fields: {message}")]
    ManagedFields {
        /// What is wrong with them.
        message: String,
    },

    /// The object cannot be seen in the version of one of its managers.
    #[error("{context}{message}")]
    Conversion {
        /// What was being done, ending in `: ` where it is not empty.
        context: String,
        /// What the conversion said.
        message: String,
    },

    /// A document does not describe types that can be merged by.
    #[error("{message}")]
    Schema {
        /// Where, and what is wrong.
        message: String,
    },

    /// A patch cannot be read, or not be applied to this object.
    #[error("{message}")]
    Patch {
        /// Which operation, and what is wrong.
        message: String,
        /// Whether the patch itself is at fault, whatever the object.
        malformed: bool,
    },

    /// A JSON Patch has more operations than an API server takes.
    ///
    /// Send it in parts, or as another kind of patch.
    #[error(
        "Request entity too large: The allowed maximum operations in a JSON patch is {limit}, got {operations}"
    )]
    PatchTooLarge {
        /// How many there may be.
        limit: usize,
        /// How many there are.
        operations: usize,
    },
}

impl Error {
    /// Whether the same call may succeed later with nothing changed by a person.
    ///
    /// Never: everything here follows from the input.
    pub const fn is_transient(&self) -> bool {
        false
    }

    /// The HTTP code of the answer.
    pub const fn code(&self) -> u16 {
        match self {
            Self::Conflicts(_) => 409,
            Self::BadRequest { .. } | Self::Patch { malformed: true, .. } => 400,
            Self::Patch { malformed: false, .. } => 422,
            Self::PatchTooLarge { .. } => 413,
            _ => 500,
        }
    }

    /// The `reason` of the answer; empty where the API server gives none.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Conflicts(_) => "Conflict",
            Self::BadRequest { .. } | Self::Patch { malformed: true, .. } => "BadRequest",
            Self::Patch { malformed: false, .. } => "Invalid",
            Self::PatchTooLarge { .. } => "RequestEntityTooLarge",
            _ => "",
        }
    }

    /// The `Status` object that kube-apiserver answers with.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.to_string(), "code": self.code(),
        });
        if !self.reason().is_empty() {
            status["reason"] = Value::from(self.reason());
        }
        if let Self::Conflicts(conflicts) = self {
            status["details"] = json!({ "causes": conflicts.causes() });
        }
        status
    }

    /// The same failure, with what was being done in front.
    pub(crate) fn within(self, outer: &str) -> Self {
        match self {
            Self::Type { context, errors } => {
                Self::Type { context: format!("{outer}: {context}"), errors }
            }
            Self::Conversion { context, message } => {
                Self::Conversion { context: format!("{outer}: {context}"), message }
            }
            other => other,
        }
    }
}

/// Everything in one object that does not fit its schema.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TypeErrors(pub(crate) Vec<TypeError>);

/// One field that does not fit.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TypeError {
    /// Where, as in `.spec.ports[port=80]`.
    pub path: String,
    /// What is wrong there.
    pub message: String,
}

impl TypeErrors {
    pub(crate) fn one(message: impl Into<String>) -> Self {
        Self(vec![TypeError { path: String::new(), message: message.into() }])
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &TypeError> {
        self.0.iter()
    }

    /// The same errors, seen from the parent.
    pub(crate) fn beneath(mut self, element: &impl fmt::Display) -> Self {
        for error in &mut self.0 {
            error.path = format!("{element}{}", error.path);
        }
        self
    }

    pub(crate) fn into_error(self, context: impl Into<String>) -> Error {
        Error::Type { context: context.into(), errors: self }
    }
}

impl fmt::Display for TypeErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = &self.0[..] {
            return only.fmt(f);
        }
        f.write_str("errors:")?;
        self.0.iter().try_for_each(|error| write!(f, "\n  {error}"))
    }
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.path.is_empty() { "" } else { ": " };
        write!(f, "{}{colon}{}", self.path, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_type_errors_stand_on_lines_of_their_own() {
        let mut errors = TypeErrors::one("first").beneath(&".a");
        errors.0.extend(TypeErrors::one("second").0);
        assert_eq!(errors.to_string(), "errors:\n  .a: first\n  second");
    }

    #[test]
    fn a_type_error_has_no_reason() {
        let error = TypeErrors::one("field not declared in schema").into_error("failed: ");
        assert_eq!(error.status()["code"], 500);
        assert_eq!(error.status().get("reason"), None);
        assert_eq!(error.to_string(), "failed: field not declared in schema");
    }
}
