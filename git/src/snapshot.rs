//! The tree of a commit: every path that is in it, checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use gix::objs::tree::EntryKind;
use gix::objs::{CommitRef, Kind, TreeRefIter};
use gix::validate::path::component;

use crate::commit::{CommitInfo, Signature};
use crate::error::Error;
use crate::id::ObjectId;
use crate::limits::Limits;
use crate::objects::Objects;
use crate::pack::words;
use crate::url::PublicUrl;

/// What a commit holds. Paths are known, files are read when somebody asks for them.
#[derive(Debug)]
pub(crate) struct Snapshot {
    objects: Arc<Objects>,
    info: CommitInfo,
    nodes: BTreeMap<Vec<u8>, Node>,
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Directory,
    File {
        id: ObjectId,
        executable: bool,
    },
    Link {
        id: ObjectId,
    },
    /// A commit of another repository.
    Submodule {
        id: ObjectId,
    },
}

/// Whether files have to be there, or were found to be there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    Everything,
    Trees,
}

impl Snapshot {
    /// Reads the commit and all its trees. Each is held to its id, each name to what Git allows.
    pub(crate) fn open(
        objects: Arc<Objects>,
        commit: ObjectId,
        limits: &Limits,
        check: Check,
    ) -> Result<Self, Error> {
        let bytes = objects.read(commit, Kind::Commit)?;
        let parsed = CommitRef::from_bytes(&bytes, objects.kind());
        let parsed = parsed.map_err(|error| {
            objects.corrupt(commit, &format!("is no commit: {}", words(&error)))
        })?;
        let info = info(&parsed);
        let root = ObjectId(parsed.tree());
        let mut walk = Walk { objects: &objects, limits, check, nodes: BTreeMap::new() };
        walk.run(root)?;
        let nodes = walk.nodes;
        Ok(Self { objects, info, nodes })
    }

    pub(crate) fn url(&self) -> &PublicUrl {
        self.objects.url()
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.objects
    }

    pub(crate) fn info(&self) -> &CommitInfo {
        &self.info
    }

    /// Every path, parents before what they hold.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (&[u8], Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_slice(), *node))
    }

    /// What is at a path.
    pub(crate) fn node(&self, path: &[u8]) -> Option<Node> {
        self.nodes.get(path).copied()
    }
}

/// A walk through the trees of a commit, without recursion.
struct Walk<'a> {
    objects: &'a Objects,
    limits: &'a Limits,
    check: Check,
    nodes: BTreeMap<Vec<u8>, Node>,
}

impl Walk<'_> {
    fn run(&mut self, root: ObjectId) -> Result<(), Error> {
        let mut open = vec![(Vec::new(), root, 0)];
        while let Some((path, id, depth)) = open.pop() {
            if depth > self.limits.tree_depth {
                return Err(self.too_large("directories inside each other", self.limits.tree_depth));
            }
            let bytes = self.objects.read(id, Kind::Tree)?;
            for entry in TreeRefIter::from_bytes(&bytes, self.objects.kind()) {
                let entry = entry.map_err(|error| {
                    self.objects.corrupt(id, &format!("is no tree: {}", words(&error)))
                })?;
                let kind = entry.mode.kind();
                let child = self.child(&path, entry.filename, kind)?;
                let id = ObjectId(entry.oid.to_owned());
                if kind == EntryKind::Tree {
                    open.push((child.clone(), id, depth + 1));
                }
                self.add(child, kind, id)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: Vec<u8>, kind: EntryKind, id: ObjectId) -> Result<(), Error> {
        if self.nodes.len() == self.limits.tree_entries {
            return Err(self.too_large("paths in a commit", self.limits.tree_entries));
        }
        let node = match kind {
            EntryKind::Tree => Node::Directory,
            EntryKind::Blob => Node::File { id, executable: false },
            EntryKind::BlobExecutable => Node::File { id, executable: true },
            EntryKind::Link => Node::Link { id },
            EntryKind::Commit => Node::Submodule { id },
        };
        if let Node::File { id, .. } | Node::Link { id } = node
            && self.check == Check::Everything
            && !self.objects.has(id)
        {
            return Err(self.objects.corrupt(id, &format!("at {:?} is missing", shown(&path))));
        }
        match self.nodes.insert(path.clone(), node) {
            None => Ok(()),
            Some(_) => Err(self.unsafe_path(&path, "it is there twice")),
        }
    }

    /// The path of `name` in `path`: a name may neither lead elsewhere nor be taken for `.git` by
    /// any file system, whatever it makes of case, Unicode or short names.
    fn child(
        &self,
        path: &[u8],
        name: &gix::bstr::BStr,
        kind: EntryKind,
    ) -> Result<Vec<u8>, Error> {
        let mut child = path.to_vec();
        if !child.is_empty() {
            child.push(b'/');
        }
        child.extend_from_slice(name);
        let options =
            component::Options { protect_windows: false, protect_hfs: true, protect_ntfs: true };
        let mode = (kind == EntryKind::Link).then_some(component::Mode::Symlink);
        match component(name, mode, options) {
            _ if name.contains(&0) => Err(self.unsafe_path(&child, "it holds a NUL byte")),
            Ok(_) => Ok(child),
            Err(error) => Err(self.unsafe_path(&child, &error.to_string())),
        }
    }

    fn too_large(&self, what: &'static str, limit: usize) -> Error {
        Error::TooLarge { url: self.objects.url().clone(), what, limit: limit as u64 }
    }

    fn unsafe_path(&self, path: &[u8], reason: &str) -> Error {
        Error::UnsafePath {
            url: self.objects.url().clone(),
            path: shown(path),
            reason: reason.to_owned(),
        }
    }
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

fn info(commit: &CommitRef<'_>) -> CommitInfo {
    CommitInfo {
        author: signature(commit.author().ok()),
        committer: signature(commit.committer().ok()),
        message: String::from_utf8_lossy(commit.message).into_owned(),
    }
}

/// What cannot be read of a signature is empty, as Git shows it.
fn signature(signature: Option<gix::actor::SignatureRef<'_>>) -> Signature {
    let time = signature.and_then(|signature| signature.time().ok()).unwrap_or_default();
    let text = |bytes: &gix::bstr::BStr| String::from_utf8_lossy(bytes).into_owned();
    Signature {
        name: signature.map(|signature| text(signature.name)).unwrap_or_default(),
        email: signature.map(|signature| text(signature.email)).unwrap_or_default(),
        seconds: time.seconds,
        offset: time.offset,
    }
}
