//! What a commit changes, and what it says about itself.

use std::collections::BTreeMap;

/// A commit to be made: what changes on top of the tip of a branch.
///
/// Author, committer and times are the same in every run unless they are given, so that ids are too.
#[derive(Clone, Debug)]
pub struct Change {
    pub(crate) branch: String,
    pub(crate) entries: BTreeMap<String, Entry>,
    pub(crate) message: String,
    pub(crate) person: String,
    pub(crate) seconds: Option<i64>,
    pub(crate) parents: Option<Vec<String>>,
    pub(crate) ssh_key: Option<String>,
}

/// What is put at a path.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    File { bytes: Vec<u8>, executable: bool },
    Link(Vec<u8>),
    Submodule(String),
    Removed,
}

impl Change {
    /// A change to a branch, which is begun where it does not exist.
    pub fn on(branch: impl Into<String>) -> Self {
        Self {
            branch: branch.into(),
            entries: BTreeMap::new(),
            message: "a change".to_owned(),
            person: "Ann Author <ann@example.com>".to_owned(),
            seconds: None,
            parents: None,
            ssh_key: None,
        }
    }

    /// Puts a file at a path.
    #[must_use]
    pub fn write(self, path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        self.with(path, Entry::File { bytes: contents.into(), executable: false })
    }

    /// Puts a file that can be executed at a path.
    #[must_use]
    pub fn executable(self, path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        self.with(path, Entry::File { bytes: contents.into(), executable: true })
    }

    /// Puts a symbolic link at a path.
    #[must_use]
    pub fn link(self, path: impl Into<String>, target: impl Into<Vec<u8>>) -> Self {
        self.with(path, Entry::Link(target.into()))
    }

    /// Puts a commit of another repository at a path; `.gitmodules` is a file like any other.
    #[must_use]
    pub fn submodule(self, path: impl Into<String>, commit: impl Into<String>) -> Self {
        self.with(path, Entry::Submodule(commit.into()))
    }

    /// Removes a file, or a folder with all it holds.
    #[must_use]
    pub fn remove(self, path: impl Into<String>) -> Self {
        self.with(path, Entry::Removed)
    }

    /// The whole message.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Author and committer.
    #[must_use]
    pub fn author(mut self, name: &str, email: &str) -> Self {
        self.person = format!("{name} <{email}>");
        self
    }

    /// When it is made, in seconds since 1970.
    #[must_use]
    pub fn at(mut self, seconds: i64) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// What it grows from, instead of the tip of the branch: none, one, or several for a merge. The
    /// files are those of the first.
    #[must_use]
    pub fn parents(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.parents = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// Signs it with a private key in OpenSSH form, as `git commit -S` does with `gpg.format=ssh`.
    #[must_use]
    pub fn sign_with_ssh(mut self, key: impl Into<String>) -> Self {
        self.ssh_key = Some(key.into());
        self
    }

    fn with(mut self, path: impl Into<String>, entry: Entry) -> Self {
        self.entries.insert(path.into(), entry);
        self
    }
}
