//! A commit as the tree that Kustomize, Helm and the packer of artifacts read.

use std::collections::BTreeMap;
use std::io;

use gix::objs::Kind as ObjectKind;
use gotk_artifact::{
    Algorithm, Digest, Entry, Error, File, Hasher, Kind, Metadata, TreePath, TreeSource,
};

use crate::commit::{Commit, Seen};
use crate::id::ObjectId;
use crate::objects::Objects;
use crate::snapshot::Node;

/// What is seen of a commit, by path. Files stay in the object database until they are read.
#[derive(Debug)]
pub(crate) struct CommitTree {
    commit: Commit,
    directories: BTreeMap<Vec<u8>, Vec<Entry>>,
}

impl CommitTree {
    pub(crate) fn new(commit: Commit) -> Self {
        let mut directories = BTreeMap::from([(Vec::new(), Vec::new())]);
        for Seen { path, node, .. } in commit.nodes() {
            let (parent, name) = match path.iter().rposition(|byte| *byte == b'/') {
                Some(slash) => (&path[..slash], &path[slash + 1..]),
                None => (&path[..0], &*path),
            };
            if kind(node) == Kind::Directory {
                directories.insert(path.to_vec(), Vec::new());
            }
            // A name no tree can hold, such as one of more than 255 bytes, is not in the tree.
            if let (Ok(name), Some(entries)) = (TreePath::new(name), directories.get_mut(parent)) {
                entries.push(Entry::new(name, kind(node)));
            }
        }
        Self { commit, directories }
    }

    fn node(&self, path: &TreePath) -> Option<(Node, &Objects)> {
        match path.is_root() {
            true => Some((Node::Directory, self.commit.snapshot.objects())),
            false => self.commit.node(path.as_bytes()),
        }
    }

    fn read(path: &TreePath, id: ObjectId, objects: &Objects) -> Result<Vec<u8>, Error> {
        objects.read(id, ObjectKind::Blob).map_err(|error| failed(path, error))
    }

    fn size(path: &TreePath, id: ObjectId, objects: &Objects) -> Result<u64, Error> {
        let size = objects.size(id).map_err(|error| failed(path, error))?;
        size.ok_or_else(|| failed(path, objects.corrupt(id, "is missing")))
    }
}

impl TreeSource for CommitTree {
    fn metadata(&self, path: &TreePath) -> Result<Option<Metadata>, Error> {
        Ok(match self.node(path) {
            None => None,
            Some((Node::File { id, executable }, objects)) => {
                Some(Metadata::file(Self::size(path, id, objects)?, executable))
            }
            Some((node, _)) => Some(Metadata::of(kind(node))),
        })
    }

    fn list(&self, path: &TreePath) -> Result<Vec<Entry>, Error> {
        let entries = self.directories.get(path.as_bytes()).cloned();
        entries.ok_or_else(|| Error::WrongKind { path: path.clone(), wanted: "folder" })
    }

    fn open(&self, path: &TreePath) -> Result<File, Error> {
        match self.node(path) {
            Some((Node::File { id, executable }, objects)) => {
                let bytes = Self::read(path, id, objects)?.into();
                Ok(File::from_bytes(path.clone(), bytes, executable))
            }
            _ => Err(Error::WrongKind { path: path.clone(), wanted: "file" }),
        }
    }

    /// Git names contents by their ids: no file has to be read.
    fn identity(&self, path: &TreePath) -> Option<Digest> {
        let mut hasher = Hasher::new(Algorithm::Blake3).ok()?;
        hasher.update(b"ids of git\n");
        for Seen { path: seen, node, .. } in self.commit.nodes() {
            let Some(below) = below(&seen, path.as_bytes()) else { continue };
            let (kind, id) = match node {
                Node::Directory | Node::Submodule { .. } => (b'd', None),
                Node::File { id, executable: false } => (b'f', Some(id)),
                Node::File { id, executable: true } => (b'x', Some(id)),
                Node::Link { id } => (b'l', Some(id)),
            };
            let id = id.as_ref().map(|id| id.0.as_slice()).unwrap_or_default();
            hasher.update(&[kind, id.len() as u8]);
            hasher.update(id);
            hasher.update(&(below.len() as u64).to_le_bytes());
            hasher.update(below);
        }
        hasher.finish().pop()
    }

    fn link(&self, path: &TreePath) -> Result<Vec<u8>, Error> {
        match self.node(path) {
            Some((Node::Link { id }, objects)) => Self::read(path, id, objects),
            _ => Err(Error::WrongKind { path: path.clone(), wanted: "link" }),
        }
    }
}

/// What is left of a path below a directory; `None` where it lies elsewhere.
fn below<'p>(path: &'p [u8], directory: &[u8]) -> Option<&'p [u8]> {
    if directory.is_empty() {
        return Some(path);
    }
    path.strip_prefix(directory)?.strip_prefix(b"/")
}

fn kind(node: Node) -> Kind {
    match node {
        Node::Directory | Node::Submodule { .. } => Kind::Directory,
        Node::File { .. } => Kind::File,
        Node::Link { .. } => Kind::Link,
    }
}

fn failed(path: &TreePath, error: crate::Error) -> Error {
    Error::Storage {
        action: "read",
        path: path.to_string().into(),
        source: io::Error::other(error),
    }
}
