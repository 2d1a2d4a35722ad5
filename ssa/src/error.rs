//! Why a set could not be planned, applied, pruned or waited for.

use std::fmt::Write as _;

use serde_json::Value;

use crate::change::ChangeSet;
use crate::refusal::Refusal;
use crate::{ObjectId, Owner};

/// The cause beneath an error of ours.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a set could not be planned, applied, pruned or waited for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no id of an inventory.
    #[error("inventory id {text:?} {reason}")]
    Id {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The name cannot be one of a field manager.
    #[error("{name:?} is no field manager: 1 to 128 printable characters are needed")]
    FieldManager {
        /// The name.
        name: String,
    },

    /// An ignore rule cannot be read.
    #[error("ignore rule {text:?}: {problem}")]
    IgnoreRule {
        /// The part of it that cannot be read.
        text: String,
        /// Why.
        problem: String,
    },

    /// What was given is no object that can be applied.
    #[error("{object}: {problem}")]
    Object {
        /// Its id, as far as it has one.
        object: Box<ObjectId>,
        /// What is wrong with it.
        problem: String,
    },

    /// The server serves no such kind, and the set defines none.
    #[error("{object}: no kind {kind}")]
    UnknownKind {
        /// The object.
        object: Box<ObjectId>,
        /// `Deployment.apps/v1`
        kind: String,
    },

    /// The kinds that the server serves could not be found out.
    #[error(transparent)]
    Client(#[from] gotk_client::Error),

    /// The server refused a request, or gave no answer.
    ///
    /// The source is the server's word; [`fields`](Self::fields) names the fields it is about.
    #[error("{object} {}", refused(.action, .source))]
    Refused {
        /// The object.
        object: Box<ObjectId>,
        /// What was asked for: `dry-run`, `apply`, `delete`, `read`, `watch`.
        action: &'static str,
        /// What the server said.
        source: Box<Refusal>,
    },

    /// Several objects were refused.
    #[error("{}", joined("", .failures))]
    Several {
        /// Why each of them was.
        failures: Vec<Self>,
    },

    /// The object belongs to another set, and is not to be taken from it.
    #[error("{object} belongs to {owner}")]
    Owned {
        /// The object.
        object: Box<ObjectId>,
        /// Whose it is.
        owner: Box<Owner>,
    },

    /// Somebody else saved the inventory since it was loaded. Nothing was saved.
    #[error("inventory in {store} was changed by another")]
    InventoryConflict {
        /// Where it is kept.
        store: String,
    },

    /// The inventory could not be loaded or saved.
    #[error("inventory in {store} cannot be read or written")]
    Inventory {
        /// Where it is kept.
        store: String,
        /// Why.
        source: BoxError,
    },

    /// Applying stopped. The inventory lists everything that was, or may have been, applied.
    #[error("apply stopped after {} of its changes", .done.changes.iter().filter(|it| it.action.is_change()).count())]
    Incomplete {
        /// What was done until then.
        done: Box<ChangeSet>,
        /// Why it stopped.
        source: Box<Self>,
    },

    /// Some objects could not be deleted. They stay in the inventory.
    #[error("{}", joined("delete failed: ", .failures))]
    Undeleted {
        /// What was done nevertheless.
        done: Box<ChangeSet>,
        /// Why which object was not deleted.
        failures: Vec<Self>,
    },

    /// Some objects are not as they should be.
    #[error("{message}")]
    NotReady {
        /// Which objects, their last conditions and their last warnings.
        message: String,
        /// Whether waiting longer may help: it was the time that ran out.
        timed_out: bool,
    },

    // manifests
    /// The text is no YAML, or more than the limits allow.
    #[error("the manifests cannot be read")]
    Unreadable(#[source] gotk_yaml::Error),

    /// A document is not an object that could be applied.
    #[error("{place}: {problem}")]
    NotAnObject {
        /// Document, line and column; for JSON one after another, document and item.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Error {
    /// Whether the same call may succeed later with nothing changed by a person.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Id { .. } | Self::FieldManager { .. } | Self::IgnoreRule { .. } => false,
            Self::Object { .. } | Self::Owned { .. } => false,
            Self::Unreadable(_) | Self::NotAnObject { .. } => false,
            Self::UnknownKind { .. } | Self::InventoryConflict { .. } => true,
            Self::Inventory { .. } | Self::NotReady { .. } => true,
            Self::Client(error) => error.is_transient(),
            Self::Refused { source, .. } => match source.status() {
                Some(status) => !matches!(status.code, 400 | 422),
                None => gotk_client::Error::of(source.error())
                    .is_none_or(gotk_client::Error::is_transient),
            },
            Self::Incomplete { source, .. } => source.is_transient(),
            Self::Undeleted { failures, .. } => failures.iter().any(Self::is_transient),
            Self::Several { failures } => failures.iter().all(Self::is_transient),
        }
    }

    /// The object it is about, where it is about one.
    pub fn object(&self) -> Option<&ObjectId> {
        match self {
            Self::Object { object, .. }
            | Self::UnknownKind { object, .. }
            | Self::Refused { object, .. }
            | Self::Owned { object, .. } => Some(object),
            Self::Incomplete { source, .. } => source.object(),
            _ => None,
        }
    }

    /// The fields that the server named in a refusal.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Self::Incomplete { source, .. } => source.fields(),
            Self::Several { failures } => failures.iter().flat_map(Self::fields).collect(),
            Self::Refused { source, .. } => {
                let details = source.status().and_then(|status| status.details.as_ref());
                let causes = details.into_iter().flat_map(|details| &details.causes);
                causes.map(|cause| cause.field.as_str()).filter(|it| !it.is_empty()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What was done before it.
    pub fn done(&self) -> Option<&ChangeSet> {
        match self {
            Self::Incomplete { done, .. } | Self::Undeleted { done, .. } => Some(done),
            _ => None,
        }
    }

    pub(crate) fn refused(object: &ObjectId, action: &'static str, source: kube::Error) -> Self {
        let source = Box::new(Refusal::new(source, None));
        Self::Refused { object: Box::new(object.clone()), action, source }
    }

    /// The same for a request that carried the object.
    pub(crate) fn refused_with(
        object: &ObjectId,
        action: &'static str,
        source: kube::Error,
        desired: &Value,
    ) -> Self {
        let source = Box::new(Refusal::new(source, Some(desired)));
        Self::Refused { object: Box::new(object.clone()), action, source }
    }

    /// One error of several, and of one that one.
    pub(crate) fn of_all(mut failures: Vec<Self>) -> Option<Self> {
        match failures.len() {
            0 | 1 => failures.pop(),
            _ => Some(Self::Several { failures }),
        }
    }

    pub(crate) fn object_problem(object: &ObjectId, problem: impl Into<String>) -> Self {
        Self::Object { object: Box::new(object.clone()), problem: problem.into() }
    }
}

/// `dry-run failed (Invalid)`
fn refused(action: &str, source: &Refusal) -> String {
    match source.status() {
        Some(status) if !status.reason.is_empty() => format!("{action} failed ({})", status.reason),
        _ => format!("{action} failed"),
    }
}

/// On one line, their causes included: several have no single source.
fn joined(begin: &str, failures: &[Error]) -> String {
    let mut text = String::from(begin);
    let mut separator = "";
    for failure in failures {
        let _ = write!(text, "{separator}{failure}");
        let mut cause = std::error::Error::source(failure);
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        separator = "; ";
    }
    text
}
