//! The six words an object's state is told in.

use std::fmt;

/// Where an object stands on the way to its spec.
///
/// [`compute`](crate::compute) answers with the first four. [`NotFound`](Self::NotFound) and
/// [`Unknown`](Self::Unknown) are what a watcher adds: nothing is there, or it could not be judged.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "waiters must decide about each of them")]
pub enum Status {
    /// Matches its spec.
    Current,
    /// Is still moving towards its spec.
    InProgress,
    /// Cannot get there unless something changes.
    Failed,
    /// Has a deletion timestamp.
    Terminating,
    /// Is not in the cluster.
    NotFound,
    /// Could not be judged.
    Unknown,
}

impl Status {
    /// The word upstream uses: `InProgress`, `NotFound` …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "Current",
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
            Self::Terminating => "Terminating",
            Self::NotFound => "NotFound",
            Self::Unknown => "Unknown",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
