//! A tree whose names are in memory, and whose contents are there or in one file on disk.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;

use super::Tree;
use super::source::{Entry, File, Kind, Metadata, TreeSource};
use crate::{Error, TreePath};

/// Builds a tree in memory.
///
/// Folders on the way to a path are made; nothing is ever replaced.
///
/// ```
/// use gotk_artifact::TreeBuilder;
///
/// let tree = TreeBuilder::new()
///     .file("apps/web.yaml", "kind: Deployment\n")?
///     .executable("hooks/check.sh", "#!/bin/sh\n")?
///     .link("latest", "apps")?
///     .directory("empty")?
///     .build();
/// assert_eq!(tree.read("latest/web.yaml")?, "kind: Deployment\n");
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct TreeBuilder {
    root: Node,
}

impl TreeBuilder {
    /// A builder of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    pub fn file(self, path: impl AsRef<[u8]>, bytes: impl Into<Bytes>) -> Result<Self, Error> {
        self.with(TreePath::new(path)?, Node::File(Content::Memory(bytes.into()), false))
    }

    /// Adds a file that may be executed.
    pub fn executable(
        self,
        path: impl AsRef<[u8]>,
        bytes: impl Into<Bytes>,
    ) -> Result<Self, Error> {
        self.with(TreePath::new(path)?, Node::File(Content::Memory(bytes.into()), true))
    }

    /// Adds a link. Where it points is looked at when somebody follows it.
    pub fn link(self, path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Result<Self, Error> {
        self.with(TreePath::new(path)?, Node::Link(target.as_ref().into()))
    }

    /// Adds a folder, which may be there already.
    pub fn directory(mut self, path: impl AsRef<[u8]>) -> Result<Self, Error> {
        self.add_directory(&TreePath::new(path)?)?;
        Ok(self)
    }

    /// The tree.
    pub fn build(self) -> Tree {
        Tree::new(Memory { root: self.root })
    }

    fn with(mut self, path: TreePath, node: Node) -> Result<Self, Error> {
        self.add(path, node)?;
        Ok(self)
    }

    pub(crate) fn add_file(
        &mut self,
        path: TreePath,
        content: Content,
        executable: bool,
    ) -> Result<(), Error> {
        self.add(path, Node::File(content, executable))
    }

    pub(crate) fn add_link(&mut self, path: TreePath, target: &[u8]) -> Result<(), Error> {
        self.add(path, Node::Link(target.into()))
    }

    pub(crate) fn add_directory(&mut self, path: &TreePath) -> Result<(), Error> {
        self.folder(path).map(drop)
    }

    /// What an earlier file holds, for a hard link to it.
    pub(crate) fn content(&self, path: &TreePath) -> Option<(Content, bool)> {
        match self.root.find(path)? {
            Node::File(content, executable) => Some((content.clone(), *executable)),
            _ => None,
        }
    }

    fn add(&mut self, path: TreePath, node: Node) -> Result<(), Error> {
        let Some(parent) = path.parent() else { return Err(Error::Duplicate { path }) };
        let folder = self.folder(&parent)?;
        if folder.contains_key(path.name()) {
            return Err(Error::Duplicate { path });
        }
        folder.insert(path.name().into(), node);
        Ok(())
    }

    /// The folder at `path`, made if need be.
    fn folder(&mut self, path: &TreePath) -> Result<&mut Names, Error> {
        let mut node = &mut self.root;
        for name in path.names() {
            let Node::Directory(names) = node else {
                return Err(Error::Duplicate { path: path.clone() });
            };
            if !names.contains_key(name) {
                names.insert(name.into(), Node::default());
            }
            node = match names.get_mut(name) {
                Some(node) => node,
                None => return Err(Error::NotFound { path: path.to_string() }),
            };
        }
        match node {
            Node::Directory(names) => Ok(names),
            _ => Err(Error::Duplicate { path: path.clone() }),
        }
    }
}

type Names = BTreeMap<Box<[u8]>, Node>;

#[derive(Clone, Debug)]
enum Node {
    Directory(Names),
    File(Content, bool),
    Link(Box<[u8]>),
}

impl Default for Node {
    fn default() -> Self {
        Self::Directory(Names::new())
    }
}

impl Node {
    fn find(&self, path: &TreePath) -> Option<&Self> {
        path.names().try_fold(self, |node, name| match node {
            Self::Directory(names) => names.get(name),
            _ => None,
        })
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Directory(_) => Kind::Directory,
            Self::File(..) => Kind::File,
            Self::Link(_) => Kind::Link,
        }
    }
}

/// Where the bytes of a file are.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A slice of a buffer that many files may share.
    Memory(Bytes),
    /// A stretch of a file that many files share.
    Disk { file: Arc<std::fs::File>, offset: u64, size: u64 },
}

impl Content {
    fn size(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Disk { size, .. } => *size,
        }
    }

    fn open(&self, path: TreePath, executable: bool) -> File {
        match self {
            Self::Memory(bytes) => File::from_bytes(path, bytes.clone(), executable),
            Self::Disk { file, offset, size } => {
                let reader = Stretch { file: Arc::clone(file), offset: *offset };
                File::from_reader(path, reader.take(*size), *size, executable)
            }
        }
    }
}

/// Reads a shared file from an offset on, without the seek that would disturb other readers.
struct Stretch {
    file: Arc<std::fs::File>,
    offset: u64,
}

impl Read for Stretch {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.offset)?;
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

struct Memory {
    root: Node,
}

impl Memory {
    fn find(&self, path: &TreePath) -> Result<&Node, Error> {
        self.root.find(path).ok_or_else(|| Error::NotFound { path: path.to_string() })
    }
}

impl TreeSource for Memory {
    fn metadata(&self, path: &TreePath) -> Result<Option<Metadata>, Error> {
        Ok(self.root.find(path).map(|node| match node {
            Node::File(content, executable) => Metadata::file(content.size(), *executable),
            other => Metadata::of(other.kind()),
        }))
    }

    fn list(&self, path: &TreePath) -> Result<Vec<Entry>, Error> {
        let Node::Directory(names) = self.find(path)? else {
            return Err(Error::WrongKind { path: path.clone(), wanted: "folder" });
        };
        let entry = |name: &[u8], node: &Node| {
            let mut path = TreePath::root();
            path.push(name);
            Entry::new(path, node.kind())
        };
        Ok(names.iter().map(|(name, node)| entry(name, node)).collect())
    }

    fn open(&self, path: &TreePath) -> Result<File, Error> {
        match self.find(path)? {
            Node::File(content, executable) => Ok(content.open(path.clone(), *executable)),
            _ => Err(Error::WrongKind { path: path.clone(), wanted: "file" }),
        }
    }

    fn link(&self, path: &TreePath) -> Result<Vec<u8>, Error> {
        match self.find(path)? {
            Node::Link(target) => Ok(target.to_vec()),
            _ => Err(Error::WrongKind { path: path.clone(), wanted: "link" }),
        }
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_replaced() {
        let tree = || TreeBuilder::new().file("a/b", "1").unwrap();
        let path = |result: Result<TreeBuilder, Error>| match result {
            Err(Error::Duplicate { path }) => path.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(path(tree().file("a/b", "2")), "a/b");
        assert_eq!(path(tree().file("a", "2")), "a");
        assert_eq!(path(tree().file("a/b/c", "2")), "a/b");
        assert_eq!(path(tree().directory("a/b")), "a/b");
        assert_eq!(path(tree().link("a", "b")), "a");
        assert_eq!(path(tree().file("", "2")), "");
        assert!(tree().directory("a").is_ok());
    }

    #[test]
    fn reading_copies_nothing() {
        let bytes = Bytes::from(vec![7; 1000]);
        let tree = TreeBuilder::new().file("a", bytes.slice(10..500)).unwrap().build();
        assert_eq!(tree.read("a").unwrap().as_ptr(), bytes[10..].as_ptr());
    }

    /// Dropping, cloning and walking must not use the stack in proportion to the depth.
    #[test]
    fn the_deepest_path_is_no_trouble() {
        let deep = "a/".repeat(2047) + "f";
        let tree = TreeBuilder::new().file(&deep, "x").unwrap().build();
        assert_eq!(tree.read(&deep).unwrap(), "x");
        assert_eq!(tree.walk().count(), 2049);
        tree.digest().unwrap();
    }
}
