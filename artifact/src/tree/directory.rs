//! A tree that is a folder on disk.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::source::{Entry, File, Kind, Metadata, TreeSource};
use crate::{Error, TreePath};

#[derive(Debug)]
pub(super) struct Directory {
    root: PathBuf,
}

impl Directory {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let root = path.canonicalize().map_err(Error::storage("open", path))?;
        let metadata = fs::metadata(&root).map_err(Error::storage("open", path))?;
        if metadata.is_dir() {
            return Ok(Self { root });
        }
        Err(Error::storage("open", path)(io::ErrorKind::NotADirectory.into()))
    }

    fn locate(&self, path: &TreePath) -> Result<PathBuf, Error> {
        if path.is_root() {
            return Ok(self.root.clone());
        }
        Ok(self.root.join(os_str(path.as_bytes())?))
    }
}

impl TreeSource for Directory {
    fn metadata(&self, path: &TreePath) -> Result<Option<Metadata>, Error> {
        let place = self.locate(path)?;
        match fs::symlink_metadata(&place) {
            Ok(metadata) => Ok(kind(metadata.file_type()).map(|kind| describe(kind, &metadata))),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(Error::storage("look at", place)(error)),
        }
    }

    fn list(&self, path: &TreePath) -> Result<Vec<Entry>, Error> {
        let place = self.locate(path)?;
        let read = || -> io::Result<Vec<Entry>> {
            let mut entries = Vec::new();
            for entry in fs::read_dir(&place)? {
                let entry = entry?;
                let Some(kind) = kind(entry.file_type()?) else { continue };
                let mut name = TreePath::root();
                name.push(&name_bytes(&entry.file_name())?);
                entries.push(Entry::new(name, kind));
            }
            Ok(entries)
        };
        read().map_err(Error::storage("list", &place))
    }

    fn open(&self, path: &TreePath) -> Result<File, Error> {
        let place = self.locate(path)?;
        let opened = fs::File::open(&place).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) = opened.map_err(Error::storage("open", &place))?;
        let described = describe(Kind::File, &metadata);
        Ok(File::from_reader(path.clone(), file, described.size, described.executable))
    }

    fn link(&self, path: &TreePath) -> Result<Vec<u8>, Error> {
        let place = self.locate(path)?;
        let target = fs::read_link(&place).map_err(Error::storage("read", &place))?;
        name_bytes(target.as_os_str()).map_err(Error::storage("read", &place))
    }
}

fn kind(file_type: fs::FileType) -> Option<Kind> {
    if file_type.is_file() {
        Some(Kind::File)
    } else if file_type.is_dir() {
        Some(Kind::Directory)
    } else if file_type.is_symlink() {
        Some(Kind::Link)
    } else {
        None
    }
}

fn describe(kind: Kind, metadata: &fs::Metadata) -> Metadata {
    match kind {
        Kind::File => Metadata::file(metadata.len(), is_executable(metadata)),
        other => Metadata::of(other),
    }
}

/// A name below something that is no folder is as absent as one below a folder that lacks it.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(unix)]
pub(crate) fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
pub(crate) fn is_executable(_: &fs::Metadata) -> bool {
    false
}

/// The bytes of a tree's path as the system spells it.
#[cfg(unix)]
pub(crate) fn os_str(path: &[u8]) -> Result<&OsStr, Error> {
    use std::os::unix::ffi::OsStrExt;
    Ok(OsStr::from_bytes(path))
}

#[cfg(not(unix))]
pub(crate) fn os_str(path: &[u8]) -> Result<&OsStr, Error> {
    let problem = "this system has only names that are text";
    let text = std::str::from_utf8(path);
    let text =
        text.map_err(|_| Error::InvalidPath { path: crate::error::printable(path), problem });
    text.map(OsStr::new)
}

#[cfg(unix)]
fn name_bytes(name: &OsStr) -> io::Result<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt;
    Ok(name.as_bytes().to_vec())
}

#[cfg(not(unix))]
fn name_bytes(name: &OsStr) -> io::Result<Vec<u8>> {
    let text = name.to_str().ok_or(io::ErrorKind::InvalidData)?;
    Ok(text.replace('\\', "/").into_bytes())
}
