//! What has to be known about files for a tree to be made of them.

use std::fmt;
use std::io::{self, Cursor, Read};

use bytes::Bytes;

use crate::{Digest, Error, TreePath};

/// Something a [`Tree`](crate::Tree) can be made of: a folder, memory, a commit.
///
/// Paths that arrive here are clean and hold no link: the tree has resolved them, one name at a
/// time, with [`metadata`](Self::metadata) and [`link`](Self::link). A source therefore never
/// follows a link and never has to defend itself against `..`. It must not change while trees read
/// it. [`contract::tree_source`](crate::contract::tree_source) checks an implementation.
pub trait TreeSource: fmt::Debug + Send + Sync {
    /// What is at `path`, or `None` where nothing is. The root is always a folder.
    fn metadata(&self, path: &TreePath) -> Result<Option<Metadata>, Error>;

    /// What is in the folder at `path`, in any order.
    fn list(&self, path: &TreePath) -> Result<Vec<Entry>, Error>;

    /// The file at `path`, opened.
    fn open(&self, path: &TreePath) -> Result<File, Error>;

    /// Where the link at `path` points, as it is written there.
    fn link(&self, path: &TreePath) -> Result<Vec<u8>, Error>;

    /// What names everything below the folder at `path`, if that is known without reading a file.
    ///
    /// Wherever two answers are equal, of whatever sources, so is what lies below: names, contents, and
    /// what may be executed. [`PackMemo`](crate::PackMemo) relies on it.
    fn identity(&self, path: &TreePath) -> Option<Digest> {
        let _ = path;
        None
    }
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A symbolic link.
    Link,
}

/// What is known about a path without reading what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// What it is.
    pub kind: Kind,
    /// Whether it is a file that somebody may execute.
    pub executable: bool,
    /// The length of a file; 0 for anything else.
    pub size: u64,
}

impl Metadata {
    /// Of a file.
    pub fn file(size: u64, executable: bool) -> Self {
        Self { kind: Kind::File, executable, size }
    }

    /// Of a folder or link.
    pub fn of(kind: Kind) -> Self {
        Self { kind, executable: false, size: 0 }
    }
}

/// A name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The name, which is a path of one step.
    pub name: TreePath,
    /// What it names.
    pub kind: Kind,
}

impl Entry {
    /// An entry with this name.
    pub fn new(name: TreePath, kind: Kind) -> Self {
        Self { name, kind }
    }
}

/// Sorts a listing by name, as every reader wants it.
pub(crate) fn sorted(mut entries: Vec<Entry>) -> Result<Vec<Entry>, Error> {
    entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    match entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(Error::Duplicate { path: pair[0].name.clone() }),
        None => Ok(entries),
    }
}

/// A file, opened: a [`Read`] whose length is known before it is read.
pub struct File {
    path: TreePath,
    executable: bool,
    size: u64,
    body: Body,
}

enum Body {
    Bytes(Cursor<Bytes>),
    Reader(Box<dyn Read + Send>),
}

impl File {
    /// A file whose contents are in memory.
    pub fn from_bytes(path: TreePath, bytes: Bytes, executable: bool) -> Self {
        let size = bytes.len() as u64;
        Self { path, executable, size, body: Body::Bytes(Cursor::new(bytes)) }
    }

    /// A file of `size` bytes that `reader` gives.
    pub fn from_reader(
        path: TreePath,
        reader: impl Read + Send + 'static,
        size: u64,
        executable: bool,
    ) -> Self {
        Self { path, executable, size, body: Body::Reader(Box::new(reader)) }
    }

    /// Whether somebody may execute it.
    pub fn executable(&self) -> bool {
        self.executable
    }

    /// Its length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// All of it. What is in memory already is shared, not copied.
    pub fn into_bytes(self) -> Result<Bytes, Error> {
        match self.body {
            Body::Bytes(cursor) => Ok(cursor.into_inner()),
            Body::Reader(reader) => read_exactly(reader, self.path, self.size),
        }
    }
}

/// Reads a file that must be as long as it was said to be.
fn read_exactly(reader: impl Read, path: TreePath, expected: u64) -> Result<Bytes, Error> {
    // A size is a promise from outside: it sizes the first piece only.
    let mut bytes = Vec::with_capacity(expected.min(1 << 20) as usize);
    let read = reader.take(expected.saturating_add(1)).read_to_end(&mut bytes);
    let actual = read.map_err(Error::storage("read", path.to_string()))? as u64;
    if actual == expected {
        Ok(bytes.into())
    } else {
        Err(Error::Changed { path, expected, actual })
    }
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.body {
            Body::Bytes(cursor) => cursor.read(buffer),
            Body::Reader(reader) => reader.read(buffer),
        }
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("path", &self.path).field("size", &self.size).finish()
    }
}
