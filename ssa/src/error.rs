//! Why a set could not be planned, applied, pruned or waited for.

use crate::ObjectId;

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

    /// What was given is no object that can be applied.
    #[error("{object}: {problem}")]
    Object {
        /// Its id, as far as it has one.
        object: ObjectId,
        /// What is wrong with it.
        problem: String,
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
