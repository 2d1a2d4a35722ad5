//! The hidden folder that gets its name at the very end.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::Error;

/// The hidden folder beside the target, locked for as long as it is filled.
pub(super) struct Staging {
    folder: TempDir,
    parent: PathBuf,
    lock: File,
}

impl Staging {
    pub(super) fn beside(target: &Path) -> Result<Self, Error> {
        let name = target.file_name().ok_or(io::ErrorKind::InvalidInput);
        let name = name.map_err(|kind| Error::storage("unpack into", target)(kind.into()))?;
        let parent = match target.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        refuse_what_is_there(target)?;
        let mut prefix = OsString::from(".");
        prefix.push(name);
        prefix.push(".unpacking-");
        remove_leftovers(&parent, &prefix);
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir_in(&parent);
        let folder = folder.map_err(Error::storage("create a folder in", &parent))?;
        let lock = File::open(folder.path())
            .and_then(|lock| lock.try_lock().map(|()| lock).map_err(Into::into));
        let lock = lock.map_err(Error::storage("lock", folder.path()))?;
        Ok(Self { folder, parent, lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the folder its name. This is the one step that anyone can see.
    pub(super) fn publish(self, target: &Path, durable: bool) -> Result<(), Error> {
        restrict(self.path()).map_err(Error::storage("restrict", self.path()))?;
        if durable {
            sync_below(&self.lock, self.path()).map_err(Error::storage("sync", self.path()))?;
        }
        fs::rename(self.path(), target).map_err(Error::storage("move a folder to", target))?;
        // It has another name now: there is nothing left to remove.
        let _ = self.folder.keep();
        if durable {
            let parent = File::open(&self.parent).and_then(|parent| parent.sync_all());
            parent.map_err(Error::storage("sync", &self.parent))?;
        }
        Ok(())
    }
}

fn refuse_what_is_there(target: &Path) -> Result<(), Error> {
    let occupied = match fs::read_dir(target) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    };
    if occupied {
        let there = io::Error::new(io::ErrorKind::AlreadyExists, "there is something already");
        return Err(Error::storage("unpack into", target)(there));
    }
    Ok(())
}

/// Removes what killed processes have left. A folder that is being filled is locked.
fn remove_leftovers(parent: &Path, prefix: &OsString) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(prefix.as_encoded_bytes()) {
            continue;
        }
        let unlocked = File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok());
        if unlocked {
            // Best effort: it is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Waits until what is below a folder is on the disk.
#[cfg(target_os = "linux")]
fn sync_below(folder: &File, _: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(folder)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_below(folder: &File, path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_file() || kind.is_dir() {
            let opened = File::open(entry.path())?;
            if kind.is_dir() { sync_below(&opened, &entry.path())? } else { opened.sync_all()? }
        }
    }
    folder.sync_all()
}

#[cfg(unix)]
fn restrict(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o750))
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> io::Result<()> {
    Ok(())
}
