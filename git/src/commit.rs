//! A commit that is here, with all it holds.

use std::path::Path;
use std::sync::Arc;

use crate::error::Error;
use crate::id::ObjectId;
use crate::resolve::Target;
use crate::snapshot::Snapshot;
use crate::url::PublicUrl;

/// A commit that was fetched, with its whole tree. Clones share it.
#[derive(Clone, Debug)]
pub struct Commit {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) target: Target,
}

/// Who wrote something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signature {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// Seconds since 1970.
    pub seconds: i64,
    /// Seconds east of UTC where it was written.
    pub offset: i32,
}

/// What a commit says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitInfo {
    /// Who wrote the change.
    pub author: Signature,
    /// Who made the commit of it.
    pub committer: Signature,
    /// The whole message.
    pub message: String,
}

impl Commit {
    /// The id.
    pub fn id(&self) -> ObjectId {
        self.target.commit
    }

    /// What it was found through.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The repository it came from.
    pub fn url(&self) -> &PublicUrl {
        self.snapshot.url()
    }

    /// The revision as Flux writes it: `main@sha1:…`.
    pub fn revision(&self) -> String {
        self.target.revision()
    }

    /// Author, committer and message.
    pub fn info(&self) -> &CommitInfo {
        self.snapshot.info()
    }

    /// How many files and links it holds.
    pub fn files(&self) -> usize {
        self.snapshot.files()
    }

    /// Submodules: where they are, and which commit of theirs belongs there.
    pub fn submodules(&self) -> impl Iterator<Item = (&str, ObjectId)> {
        self.snapshot.submodules()
    }

    /// Writes its files into `directory`, which must be empty or not exist.
    ///
    /// Links are written as links, and never followed. If it fails halfway, what was written stays.
    ///
    /// # Errors
    ///
    /// [`Error::UnsafePath`] for a path this file system cannot keep apart from another one.
    pub fn write_to(&self, directory: impl AsRef<Path>) -> Result<(), Error> {
        crate::checkout::write(&self.snapshot, directory.as_ref())
    }
}

impl CommitInfo {
    /// The first line of the message, no more than 50 characters of it, as events show it.
    pub fn subject(&self) -> String {
        let line = self.message.split('\n').next().unwrap_or_default();
        match line.char_indices().nth(50) {
            Some((end, _)) => format!("{}...", &line[..end]),
            None => line.to_owned(),
        }
    }
}
