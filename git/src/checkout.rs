//! From a commit to a directory.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::Path;

use gix::objs::Kind;

use crate::commit::{Commit, Seen};
use crate::error::Error;
use crate::snapshot::Node;

/// Writes every path below `root`. Links come last, so that nothing is ever written through one.
pub(crate) fn write(commit: &Commit, root: &Path) -> Result<(), Error> {
    fs::create_dir_all(root).map_err(Error::storage(root, "create the directory"))?;
    let mut held = fs::read_dir(root).map_err(Error::storage(root, "read the directory"))?;
    if held.next().is_some() {
        let full = io::Error::from(io::ErrorKind::DirectoryNotEmpty);
        return Err(Error::storage(root, "check out into the directory")(full));
    }
    let mut links = Vec::new();
    for Seen { path, node, objects } in commit.nodes() {
        let to = root.join(OsStr::from_bytes(&path));
        match node {
            Node::Directory | Node::Submodule { .. } => {
                fs::create_dir(&to).map_err(Error::storage(to, "create the directory"))?;
            }
            Node::File { id, executable } => {
                let bytes = objects.read(id, Kind::Blob)?;
                let mut file =
                    create(&to, executable).map_err(Error::storage(&to, "create the file"))?;
                file.write_all(&bytes).map_err(Error::storage(to, "write the file"))?;
            }
            Node::Link { id } => links.push((to, id, objects)),
        }
    }
    for (to, id, objects) in links {
        let target = objects.read(id, Kind::Blob)?;
        symlink(OsStr::from_bytes(&target), &to).map_err(Error::storage(to, "create the link"))?;
    }
    Ok(())
}

/// A path that is taken, by itself or by one that this file system holds for the same, is an error.
fn create(path: &Path, executable: bool) -> io::Result<File> {
    let mode = if executable { 0o755 } else { 0o644 };
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}
