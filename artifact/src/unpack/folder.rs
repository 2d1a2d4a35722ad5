//! An archive as a folder on disk, all of it or nothing.

mod staging;

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use self::staging::Staging;
use super::entry::{Item, Judge, What};
use super::{Inflate, UnpackOptions};
use crate::tree::os_str;
use crate::{Digest, Error, Tree, TreePath};

pub(super) fn unpack(
    archive: impl Read,
    expected: &Digest,
    target: &Path,
    options: &UnpackOptions,
) -> Result<Tree, Error> {
    let staging = Staging::beside(target)?;
    let mut inflate = Inflate::new(archive, expected, options)?;
    let mut writer = Writer::new(staging.path());
    writer.write_all(&mut inflate, options)?;
    inflate.read_all(|_| Ok(()))?;
    inflate.verify()?;
    writer.link_all()?;
    staging.publish(target, options.durable)?;
    Tree::directory(target)
}

/// Writes entries below a folder that nobody else writes to.
struct Writer<'a> {
    root: &'a Path,
    folders: HashSet<TreePath>,
    /// Made when everything else is there, so that nothing is ever written through a link.
    links: Vec<(TreePath, Vec<u8>)>,
    /// What hard links have added, which went through no limit yet.
    copied: u64,
}

impl<'a> Writer<'a> {
    fn new(root: &'a Path) -> Self {
        let folders = HashSet::from([TreePath::root()]);
        Self { root, folders, links: Vec::new(), copied: 0 }
    }

    fn write_all<R: Read>(
        &mut self,
        inflate: &mut Inflate<'_, R>,
        options: &UnpackOptions,
    ) -> Result<(), Error> {
        let mut judge = Judge::new(options);
        let mut archive = tar::Archive::new(&mut *inflate);
        let outcome = self.write_entries(&mut archive, &mut judge, options);
        match outcome {
            Ok(()) => Ok(()),
            Err(Failure::Ours(error)) => Err(error),
            Err(Failure::Reader(error)) => Err(inflate.explain(error, "tar archive")),
        }
    }

    fn write_entries<R: Read>(
        &mut self,
        archive: &mut tar::Archive<R>,
        judge: &mut Judge<'_>,
        options: &UnpackOptions,
    ) -> Result<(), Failure> {
        for entry in archive.entries().map_err(Failure::Reader)? {
            let mut entry = entry.map_err(Failure::Reader)?;
            let Some(Item { path, what }) = judge.admit(&mut entry)? else { continue };
            match what {
                What::Folder => self.folder(&path)?,
                What::File { executable, size } => {
                    let file = self.create(&path, executable)?;
                    self.fill(file, &mut entry, &path, size)?;
                }
                What::Copy(of) => self.copy(&path, &of, options)?,
                What::Link(target) => self.links.push((path, target)),
            }
        }
        Ok(())
    }

    fn create(&mut self, path: &TreePath, executable: bool) -> Result<File, Error> {
        self.folder(&path.parent().unwrap_or_default())?;
        let place = self.locate(path)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        set_mode(&mut options, executable);
        options.open(&place).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::Duplicate { path: path.clone() },
            _ => Error::storage("create", place)(error),
        })
    }

    fn fill(
        &self,
        mut file: File,
        entry: &mut impl Read,
        path: &TreePath,
        size: u64,
    ) -> Result<(), Failure> {
        let mut buffer = [0; 16 << 10];
        let mut left = size;
        while left > 0 {
            let read = entry.read(&mut buffer).map_err(Failure::Reader)?;
            if read == 0 {
                return Err(Failure::Reader(io::ErrorKind::UnexpectedEof.into()));
            }
            let written = io::Write::write_all(&mut file, &buffer[..read]);
            written.map_err(Error::storage("write", self.locate(path)?))?;
            left = left.saturating_sub(read as u64);
        }
        Ok(())
    }

    /// Makes a folder and those around it, unless they are there.
    fn folder(&mut self, path: &TreePath) -> Result<(), Error> {
        if self.folders.contains(path) {
            return Ok(());
        }
        let mut made = TreePath::root();
        for name in path.names() {
            made.push(name);
            if !self.folders.contains(&made) {
                self.make(&made)?;
                self.folders.insert(made.clone());
            }
        }
        Ok(())
    }

    fn make(&self, path: &TreePath) -> Result<(), Error> {
        let place = self.locate(path)?;
        folder_builder().create(&place).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::Duplicate { path: path.clone() },
            _ => Error::storage("create", place)(error),
        })
    }

    fn copy(
        &mut self,
        path: &TreePath,
        of: &TreePath,
        options: &UnpackOptions,
    ) -> Result<(), Error> {
        let problem = "is a hard link to something that is no earlier file";
        let refused = || Error::Refused { entry: path.to_string(), problem };
        let place = self.locate(of)?;
        let metadata = fs::symlink_metadata(&place).map_err(|_| refused())?;
        if !metadata.is_file() {
            return Err(refused());
        }
        self.copied = self.copied.saturating_add(metadata.len());
        if self.copied > options.limit_bytes {
            let (limit, subject) = (options.limit_bytes, "what hard links repeat".to_owned());
            return Err(Error::TooLarge { subject, limit, unit: "bytes" });
        }
        let mut original = File::open(&place).map_err(Error::storage("open", &place))?;
        let mut copy = self.create(path, crate::tree::is_executable(&metadata))?;
        io::copy(&mut original, &mut copy).map(drop).map_err(Error::storage("copy", place))
    }

    fn link_all(&mut self) -> Result<(), Error> {
        for (path, target) in std::mem::take(&mut self.links) {
            self.folder(&path.parent().unwrap_or_default())?;
            let place = self.locate(&path)?;
            symlink(&target, &place).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Error::Duplicate { path },
                _ => Error::storage("link", place)(error),
            })?;
        }
        Ok(())
    }

    fn locate(&self, path: &TreePath) -> Result<PathBuf, Error> {
        if path.is_root() {
            return Ok(self.root.to_owned());
        }
        Ok(self.root.join(os_str(path.as_bytes())?))
    }
}

/// Who failed: the reader, whose errors have to be explained, or anyone else.
enum Failure {
    Reader(io::Error),
    Ours(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

#[cfg(unix)]
fn set_mode(options: &mut OpenOptions, executable: bool) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(if executable { 0o700 } else { 0o600 });
}

#[cfg(unix)]
fn folder_builder() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o750);
    builder
}

#[cfg(unix)]
fn symlink(target: &[u8], place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(os_str(target).map_err(io::Error::other)?, place)
}

#[cfg(not(unix))]
fn set_mode(_: &mut OpenOptions, _: bool) {}

#[cfg(not(unix))]
fn folder_builder() -> DirBuilder {
    DirBuilder::new()
}

/// Elsewhere a link needs rights that a controller does not have.
#[cfg(not(unix))]
fn symlink(_: &[u8], _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
