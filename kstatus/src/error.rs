//! Why an object could not be judged.

use serde_json::Value;

use crate::subject::Subject;

/// Why an object could not be judged, or its conditions not be written.
///
/// [`is_transient`](Self::is_transient) tells which of them may pass.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A health expression cannot be compiled.
    #[error("{path}: {problem}")]
    BadExpression {
        /// Which one, for example `healthChecks[1].failed`.
        path: String,
        /// What is wrong, with line and column.
        problem: String,
    },

    /// Two writers changed the same condition in different ways.
    #[error("condition {condition} was {change} by another writer since it was read")]
    Conflict {
        /// The type of the condition.
        condition: String,
        /// What the other writer did: `changed` or `removed`.
        change: &'static str,
    },

    /// Two health checks speak about the same kind.
    #[error("healthChecks[{index}] repeats the check for {kind}")]
    DuplicateHealthCheck {
        /// Position of the second one, from 0.
        index: usize,
        /// `Kind.group`, as upstream prints it.
        kind: String,
    },

    /// A field holds something else than the API says.
    #[error("{subject}: {path} is {found}, expected {expected}")]
    Malformed {
        /// `Kind/namespace/name` as far as the object tells.
        subject: String,
        /// Path of the field, for example `status.conditions[1].type`.
        path: String,
        /// What is there, for example `a string`.
        found: &'static str,
        /// What should be there.
        expected: &'static str,
    },

    /// A health check without the one expression that is required.
    #[error("healthChecks[{index}] has no `current` expression")]
    NoCurrentExpression {
        /// Position of the health check, from 0.
        index: usize,
    },

    /// A health expression could not be evaluated on this object, or gave neither true nor false.
    ///
    /// The object changes, so this may pass: a field the expression asks for may not be there yet.
    #[error("{subject}: no verdict from the {expression} expression: {problem}")]
    NoVerdict {
        /// `Kind/namespace/name`.
        subject: String,
        /// `inProgress`, `failed` or `current`.
        expression: &'static str,
        /// What is wrong, for example `no such key: conditions`.
        problem: String,
    },

    /// The value is not a Kubernetes object: no JSON object, no kind, or an unreadable apiVersion.
    #[error("not a Kubernetes object: {problem}")]
    NotAnObject {
        /// What is missing.
        problem: &'static str,
    },

    /// A Pod in a phase Kubernetes does not have.
    #[error("{subject}: status.phase is {phase:?}, which is no phase of a Pod")]
    UnknownPhase {
        /// `Pod/namespace/name`.
        subject: String,
        /// The phase.
        phase: String,
    },
}

impl Error {
    /// Whether the same call may succeed later with nothing changed by a person.
    ///
    /// A [`Conflict`](Self::Conflict) may: read the object again and redo the change. So may
    /// [`NoVerdict`](Self::NoVerdict), once the object has more to tell.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::NoVerdict { .. })
    }
}

impl Error {
    /// The message without the object it is about, for a sentence that has named it.
    pub(crate) fn without_subject(&self) -> String {
        let text = self.to_string();
        match self {
            Self::Malformed { subject, .. }
            | Self::NoVerdict { subject, .. }
            | Self::UnknownPhase { subject, .. } => {
                let bare = text.strip_prefix(subject.as_str()).and_then(|it| it.strip_prefix(": "));
                bare.map(str::to_owned).unwrap_or(text)
            }
            _ => text,
        }
    }
}

/// A field that holds something else than the API says, before the object's name is known.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Misfit {
    path: String,
    found: &'static str,
    expected: &'static str,
}

impl Misfit {
    pub(crate) fn new(path: impl Into<String>, found: &Value, expected: &'static str) -> Self {
        Self { path: path.into(), found: describe(found), expected }
    }

    pub(crate) fn of(self, object: &Value) -> Error {
        let subject = Subject::of(object).to_string();
        Error::Malformed { subject, path: self.path, found: self.found, expected: self.expected }
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_i64() => "an integer",
        Value::Number(number) if number.is_u64() => "an integer beyond 2^63",
        Value::Number(_) => "a float",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
