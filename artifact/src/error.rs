//! Why bytes could not be named, read, packed or unpacked.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::{Digest, TreePath};

/// Why bytes could not be named, read, packed or unpacked.
///
/// A variant exists where a caller does something different about it. The rest of the detail is in
/// the message and in [`source`](std::error::Error::source).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The algorithm is unknown, or cannot be used for this.
    #[error("algorithm {name:?} {problem}")]
    Algorithm {
        /// The name as it was given.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },

    /// The text is not a digest.
    #[error("digest {text:?} is not valid: {problem}")]
    InvalidDigest {
        /// The text as it was given.
        text: String,
        /// What is wrong with it.
        problem: String,
    },

    /// The text is not a revision.
    #[error("revision {text:?} is not valid: {problem}")]
    InvalidRevision {
        /// The text as it was given, cut at 1,024 characters.
        text: String,
        /// What is wrong with it.
        problem: String,
    },

    /// The text cannot be a path in any tree.
    #[error("path {path:?} is not valid: {problem}")]
    InvalidPath {
        /// The path as it was given, cut at 4,096 bytes.
        path: String,
        /// What is wrong with it.
        problem: &'static str,
    },

    /// A path in a spec, or a link on its way, leads out of the tree.
    #[error("path {path:?} leaves the tree")]
    UnsafePath {
        /// The path as it was given.
        path: String,
    },

    /// The links on the way of a path lead round in a circle, or through too many of each other.
    #[error("path {path:?} passes through more than {limit} links")]
    LinkLoop {
        /// The path as it was given.
        path: String,
        /// How many links are followed.
        limit: usize,
    },

    /// There is nothing at this path of the tree.
    #[error("nothing is at {path:?} in the tree")]
    NotFound {
        /// The path as it was given.
        path: String,
    },

    /// There is something else at this path than what was asked for.
    #[error("{path:?} is not a {wanted}")]
    WrongKind {
        /// The path, links followed.
        path: TreePath,
        /// What was asked for.
        wanted: &'static str,
    },

    /// Two things were to stand at one path.
    #[error("{path:?} would be there twice")]
    Duplicate {
        /// The path.
        path: TreePath,
    },

    /// The archive holds an entry that is never unpacked.
    #[error("archive entry {entry:?} {problem}")]
    Refused {
        /// The entry's name, as the archive spells it.
        entry: String,
        /// Why it is refused.
        problem: &'static str,
    },

    /// The archive or the tree is larger than the caller allows.
    #[error("{subject} is larger than the limit of {limit} {unit}")]
    TooLarge {
        /// What is too large.
        subject: String,
        /// How much is allowed.
        limit: u64,
        /// Of what.
        unit: &'static str,
    },

    /// The bytes are not the ones that were advertised.
    ///
    /// Nothing was unpacked. Fetching again helps only if the source has moved on.
    #[error("digest of the archive is {actual}, expected {expected}")]
    DigestMismatch {
        /// What was advertised.
        expected: Box<Digest>,
        /// What arrived.
        actual: Box<Digest>,
    },

    /// The bytes have the advertised digest, and still are no archive.
    #[error("archive is not a valid {format}")]
    Corrupt {
        /// The format that was read.
        format: &'static str,
        /// What the reader said.
        source: io::Error,
    },

    /// The archive could not be read from, or written to, where the caller said.
    #[error("failed to {action} the archive")]
    Stream {
        /// What was tried.
        action: &'static str,
        /// What the stream said.
        source: io::Error,
    },

    /// The file changed while it was being read.
    #[error("{path:?} changed while it was read: expected {expected} bytes, found {actual}")]
    Changed {
        /// The file.
        path: TreePath,
        /// How long it was at first.
        expected: u64,
        /// How many bytes there were.
        actual: u64,
    },

    /// The local disk refused.
    #[error("failed to {action} {path:?}")]
    Storage {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// An ignore file says something that cannot be obeyed.
    #[error("{file:?} line {line}: {problem}")]
    InvalidIgnore {
        /// The ignore file, or `spec.ignore`.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },

    /// Everything in the cache is in use, and there is no room for more.
    #[error("the tree cache is full: everything in its {limit} bytes on disk is in use")]
    CacheFull {
        /// How much may be on disk.
        limit: u64,
    },

    /// A tree could not be got, for everyone who was waiting for it.
    #[error("failed to get the tree of archive {digest}")]
    Shared {
        /// The archive.
        digest: Digest,
        /// What went wrong.
        source: Arc<Self>,
    },
}

impl Error {
    /// Whether the same call may succeed later with nothing changed by a person.
    ///
    /// `true` asks for a retry with backoff. `false` is a reason to set `Stalled`.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::DigestMismatch { .. }
            | Self::Stream { .. }
            | Self::Changed { .. }
            | Self::CacheFull { .. }
            | Self::Storage { .. } => true,
            Self::Shared { source, .. } => source.is_transient(),
            _ => false,
        }
    }

    pub(crate) fn mismatch(expected: Digest, actual: Digest) -> Self {
        Self::DigestMismatch { expected: Box::new(expected), actual: Box::new(actual) }
    }

    /// For `map_err` on whatever the disk was asked.
    pub(crate) fn storage(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Storage { action, path: path.into(), source }
    }
}

/// Bytes of a path as text for a message.
pub(crate) fn printable(path: &[u8]) -> String {
    const MAX: usize = 4096;
    let mut text = String::from_utf8_lossy(&path[..path.len().min(MAX)]).into_owned();
    if path.len() > MAX {
        text.push('…');
    }
    text
}
