//! Everything that can go wrong, by what the caller can do about it.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::url::PublicUrl;

type Source = Box<dyn StdError + Send + Sync>;

/// Why a repository could not be listed, fetched or read.
///
/// No variant can print a secret: URLs are [`PublicUrl`]s, and credentials are in none of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no URL of a repository.
    #[error("invalid repository URL {url:?}: {reason}")]
    InvalidUrl {
        /// The text without what may be secret.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The options contradict each other or the URL.
    #[error("{url}: {reason}")]
    InvalidOptions {
        /// The repository they were meant for.
        url: PublicUrl,
        /// What is wrong, and what to do.
        reason: String,
    },

    /// What was asked for cannot name a reference or a commit.
    #[error("invalid reference {reference:?}: {reason}")]
    InvalidReference {
        /// As it was asked for.
        reference: String,
        /// What is wrong with it.
        reason: String,
    },

    /// The server wants other credentials, or any.
    #[error("{url}: authentication failed: {reason}")]
    Authentication {
        /// The repository.
        url: PublicUrl,
        /// What was tried, and what to do.
        reason: String,
    },

    /// The server knows who asks, and says no.
    #[error("{url}: access denied: {reason}")]
    Authorization {
        /// The repository.
        url: PublicUrl,
        /// What the server said.
        reason: String,
    },

    /// There is no repository there, or none these credentials may see.
    #[error("{url}: repository not found, or not visible with these credentials")]
    RepositoryNotFound {
        /// The repository.
        url: PublicUrl,
    },

    /// The repository has no such branch, tag, reference or commit.
    #[error("{url}: {what} not found")]
    ReferenceNotFound {
        /// The repository.
        url: PublicUrl,
        /// What was looked for, such as `branch "main"`.
        what: String,
    },

    /// The commit has no such directory.
    #[error("{url}: directory {path:?} not found in the commit")]
    PathNotFound {
        /// The repository.
        url: PublicUrl,
        /// The directory, as it was asked for.
        path: String,
    },

    /// A submodule could not be brought here.
    #[error("submodule {path:?}")]
    Submodule {
        /// Where it is in the commit that names it.
        path: String,
        /// What went wrong with its repository.
        source: Box<Self>,
    },

    /// What was signed is not signed, or by nobody who is trusted.
    #[error("{url}: verification failed: {what} {reason}")]
    Verification {
        /// The repository.
        url: PublicUrl,
        /// What was to be verified, such as `commit 1234…` or `tag "v1.0.0"`.
        what: String,
        /// Why it is not, and what to do.
        reason: String,
    },

    /// The keys to verify signatures with cannot be used.
    #[error("key {name:?} cannot be used: {reason}")]
    InvalidKey {
        /// The name it was given by.
        name: String,
        /// What is wrong with it.
        reason: String,
    },

    /// The repository has no commits at all.
    #[error("{url}: repository is empty: push a commit first")]
    EmptyRepository {
        /// The repository.
        url: PublicUrl,
    },

    /// The SSH server is not the one that is known by this name.
    #[error("{url}: host key verification failed: {reason}")]
    HostKey {
        /// The repository.
        url: PublicUrl,
        /// Which key was shown, and what to do.
        reason: String,
    },

    /// The server could not be reached, or the connection broke.
    #[error("{url}: failed to {action}")]
    Network {
        /// The repository.
        url: PublicUrl,
        /// What was being done.
        action: &'static str,
        /// What happened.
        source: Source,
    },

    /// The server is there, but cannot answer now.
    #[error("{url}: server answered with status {status}")]
    Unavailable {
        /// The repository.
        url: PublicUrl,
        /// The HTTP status.
        status: u16,
    },

    /// The time for the operation is over.
    #[error("{url}: no result within {}", Seconds(*limit))]
    Timeout {
        /// The repository.
        url: PublicUrl,
        /// The time that was given.
        limit: Duration,
    },

    /// The server does not speak Git as it should.
    #[error("{url}: {reason}")]
    Protocol {
        /// The repository.
        url: PublicUrl,
        /// What was not understood.
        reason: String,
    },

    /// The server said in words why it does not serve this request.
    #[error("{url}: server refused: {message:?}")]
    Refused {
        /// The repository.
        url: PublicUrl,
        /// Its words, shortened.
        message: String,
    },

    /// The server sent, or the commit holds, more than the [`Limits`](crate::Limits) allow.
    #[error("{url}: more than {limit} {what}: raise the limit if this is expected")]
    TooLarge {
        /// The repository.
        url: PublicUrl,
        /// What there is too much of, with its unit.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },

    /// Objects are missing, damaged or not what their ids say.
    #[error("{url}: {reason}")]
    Corrupt {
        /// The repository.
        url: PublicUrl,
        /// Which object, and what is wrong with it.
        reason: String,
    },

    /// A path in the commit could leave the directory it is written to, or change a repository.
    #[error("{url}: path {path:?} is refused: {reason}")]
    UnsafePath {
        /// The repository.
        url: PublicUrl,
        /// The path in the commit.
        path: String,
        /// Why it is refused.
        reason: String,
    },

    /// The directory that keeps objects cannot be used.
    #[error("{}: failed to {action}", path.display())]
    Storage {
        /// The file or directory.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// Whether the same call may succeed later with nothing changed by a person.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Network { .. }
            | Self::Unavailable { .. }
            | Self::Timeout { .. }
            | Self::Refused { .. }
            | Self::Storage { .. } => true,
            Self::Submodule { source, .. } => source.is_transient(),
            _ => false,
        }
    }

    pub(crate) fn storage(
        path: impl Into<PathBuf>,
        action: &'static str,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Storage { path, action, source }
    }
}

/// `60s`, or `1.5s`.
struct Seconds(Duration);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}s", self.0.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_small_enough_to_return() {
        assert!(size_of::<Error>() < 128, "{}", size_of::<Error>());
    }
}
