//! A commit that is here, with all it holds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter;
use std::path::Path;
use std::sync::Arc;

use gotk_artifact::{Revision, Tree};

use crate::error::Error;
use crate::id::ObjectId;
use crate::lfs::LfsPointer;
use crate::objects::Objects;
use crate::resolve::Target;
use crate::snapshot::{Node, Snapshot};
use crate::url::PublicUrl;

/// A commit that was fetched, with its whole tree. Clones share it.
#[derive(Clone, Debug)]
pub struct Commit {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) target: Target,
    /// Directories that are seen; without any, everything is.
    only: Arc<[Vec<u8>]>,
    /// Submodules that were fetched, by where they are.
    mounts: Arc<BTreeMap<Vec<u8>, Self>>,
}

/// Something at a path of a commit, and where it is kept.
pub(crate) struct Seen<'a> {
    pub(crate) path: Cow<'a, [u8]>,
    pub(crate) node: Node,
    pub(crate) objects: &'a Objects,
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
    pub(crate) fn new(snapshot: Arc<Snapshot>, target: Target) -> Self {
        Self { snapshot, target, only: Arc::default(), mounts: Arc::default() }
    }

    /// The same commit, with other commits where its submodules are.
    pub(crate) fn with_mounts(&self, mounts: BTreeMap<Vec<u8>, Self>) -> Self {
        Self { mounts: Arc::new(mounts), ..self.clone() }
    }

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
    pub fn revision(&self) -> Revision {
        self.target.revision()
    }

    /// Author, committer and message.
    pub fn info(&self) -> &CommitInfo {
        self.snapshot.info()
    }

    /// The same commit, of which only what is in `directories` is seen: a sparse checkout.
    ///
    /// <!-- no_run: a commit comes from a Git server; the crate's first page has one -->
    /// ```no_run
    /// # fn example(commit: gotk_git::Commit) -> Result<(), gotk_git::Error> {
    /// let deploy = commit.only(["deploy/prod", "./deploy/base"])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::PathNotFound`] for a directory that the commit does not have.
    pub fn only(
        &self,
        directories: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, Error> {
        let mut only = Vec::new();
        for directory in directories {
            let steps =
                directory.as_ref().split('/').filter(|step| !step.is_empty() && *step != ".");
            let path = steps.collect::<Vec<_>>().join("/").into_bytes();
            let found = self.find(&path).map(|(node, _)| node);
            if !path.is_empty() && found != Some(Node::Directory) {
                let path = directory.as_ref().to_owned();
                return Err(Error::PathNotFound { url: self.url().clone(), path });
            }
            only.push(path);
        }
        Ok(Self { only: only.into(), ..self.clone() })
    }

    /// How many files and links are seen.
    pub fn files(&self) -> usize {
        self.nodes()
            .filter(|seen| matches!(seen.node, Node::File { .. } | Node::Link { .. }))
            .count()
    }

    /// Submodules whose contents are not here: where they are, and which commit of theirs belongs
    /// there. [`Cache::fetch_submodules`](crate::Cache::fetch_submodules) brings them.
    pub fn submodules(&self) -> impl Iterator<Item = (String, ObjectId)> {
        self.nodes().filter_map(|seen| match seen.node {
            Node::Submodule { id } => Some((String::from_utf8_lossy(&seen.path).into_owned(), id)),
            _ => None,
        })
    }

    /// The files whose contents are kept by Git LFS, and are not here.
    pub fn lfs_pointers(&self) -> Result<Vec<LfsPointer>, Error> {
        crate::lfs::find(self)
    }

    /// Every path that is seen, parents before what they hold.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = Seen<'_>> {
        self.all().filter(|seen| self.sees(&seen.path, seen.node))
    }

    /// What is at a path, if it is seen, and where it is kept.
    pub(crate) fn node(&self, path: &[u8]) -> Option<(Node, &Objects)> {
        self.find(path).filter(|(node, _)| self.sees(path, *node))
    }

    /// Every path, those of submodules that are here included. Submodules of submodules are bounded
    /// when they are fetched.
    fn all(&self) -> Box<dyn Iterator<Item = Seen<'_>> + '_> {
        Box::new(self.snapshot.nodes().flat_map(|(path, node)| {
            let mount = self.mounts.get(path);
            let node = mount.map_or(node, |_| Node::Directory);
            let own = Seen { path: path.into(), node, objects: self.snapshot.objects() };
            iter::once(own).chain(mount.into_iter().flat_map(|commit| commit.below(path)))
        }))
    }

    fn below(&self, root: &[u8]) -> impl Iterator<Item = Seen<'_>> {
        self.all().map(move |seen| {
            let path = [root, b"/", &seen.path].concat().into();
            Seen { path, ..seen }
        })
    }

    fn find(&self, path: &[u8]) -> Option<(Node, &Objects)> {
        if let Some(node) = self.snapshot.node(path) {
            let node = self.mounts.get(path).map_or(node, |_| Node::Directory);
            return Some((node, self.snapshot.objects()));
        }
        self.mounts.iter().find_map(|(root, commit)| {
            commit.find(path.strip_prefix(root.as_slice())?.strip_prefix(b"/")?)
        })
    }

    fn sees(&self, path: &[u8], node: Node) -> bool {
        self.only.is_empty()
            || self.only.iter().any(|directory| {
                is_within(path, directory)
                    || (node == Node::Directory && is_within(directory, path))
            })
    }

    /// What is seen, as the tree that everything else reads. It is read from the cache when somebody
    /// asks, each file held to its id; a submodule that was not fetched is an empty directory.
    pub fn tree(&self) -> Tree {
        Tree::new(crate::tree::CommitTree::new(self.clone()))
    }

    /// Writes its files into `directory`, which must be empty or not exist.
    ///
    /// Links are written as links, and never followed. If it fails halfway, what was written stays.
    ///
    /// # Errors
    ///
    /// [`Error::UnsafePath`] for a path this file system cannot keep apart from another one.
    pub fn write_to(&self, directory: impl AsRef<Path>) -> Result<(), Error> {
        crate::checkout::write(self, directory.as_ref())
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

/// Whether `path` is `directory` or below it.
fn is_within(path: &[u8], directory: &[u8]) -> bool {
    match path.strip_prefix(directory) {
        Some(rest) => rest.is_empty() || rest[0] == b'/' || directory.is_empty(),
        None => false,
    }
}
