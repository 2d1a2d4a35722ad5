//! What an entry of an archive is, and whether it is let in.

use std::collections::HashSet;
use std::io::Read;

use tar::EntryType;

use super::{Links, UnpackOptions};
use crate::error::printable;
use crate::path::names;
use crate::{Error, TreePath};

/// An entry that is let in.
pub(super) struct Item {
    pub(super) path: TreePath,
    pub(super) what: What,
}

pub(super) enum What {
    Folder,
    File {
        executable: bool,
        size: u64,
    },
    /// Holds what the earlier file at this path holds.
    Copy(TreePath),
    Link(Vec<u8>),
}

/// Looks at entries one by one, and counts them.
pub(super) struct Judge<'a> {
    options: &'a UnpackOptions,
    entries: u64,
}

impl<'a> Judge<'a> {
    pub(super) fn new(options: &'a UnpackOptions) -> Self {
        Self { options, entries: 0 }
    }

    /// The entry as something to unpack, or `None` if it is to be passed over.
    pub(super) fn admit<R: Read>(
        &mut self,
        entry: &mut tar::Entry<'_, R>,
    ) -> Result<Option<Item>, Error> {
        self.entries += 1;
        if self.entries > self.options.limit_entries {
            let (limit, subject) = (self.options.limit_entries, "archive".to_owned());
            return Err(Error::TooLarge { subject, limit, unit: "entries" });
        }
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            return Ok(None);
        }
        let name = entry.path_bytes().into_owned();
        self.judge(entry, kind, &name).map_err(|problem| match problem {
            Problem::Refused(problem) => Error::Refused { entry: printable(&name), problem },
            Problem::TooDeep => Error::TooLarge {
                subject: format!("path {:?}", printable(&name)),
                limit: self.options.limit_depth as u64,
                unit: "names",
            },
        })
    }

    fn judge<R: Read>(
        &self,
        entry: &mut tar::Entry<'_, R>,
        kind: EntryType,
        name: &[u8],
    ) -> Result<Option<Item>, Problem> {
        check_records(entry)?;
        let path = clean(name)?;
        if path.names().count() > self.options.limit_depth {
            return Err(Problem::TooDeep);
        }
        let what = match kind {
            EntryType::Directory => What::Folder,
            EntryType::Regular | EntryType::Continuous => file(entry, name)?,
            EntryType::Link => What::Copy(clean(&link_target(entry)?)?),
            EntryType::Symlink => match self.link(&path, link_target(entry)?)? {
                Some(what) => what,
                None => return Ok(None),
            },
            EntryType::Char | EntryType::Block => return refused("is a device"),
            EntryType::Fifo => return refused("is a named pipe"),
            EntryType::GNUSparse => return refused(SPARSE),
            _ => return refused("is of an unknown type"),
        };
        if path.is_root() && !matches!(what, What::Folder) {
            return refused("would replace the folder that is unpacked");
        }
        Ok(Some(Item { path, what }))
    }

    fn link(&self, path: &TreePath, target: Vec<u8>) -> Result<Option<What>, Problem> {
        if leaves(path, &target) {
            return refused("is a link that leaves the archive");
        }
        match self.options.links {
            Links::Skip => Ok(None),
            Links::Keep => Ok(Some(What::Link(target))),
            Links::Refuse => refused("is a link"),
        }
    }
}

enum Problem {
    Refused(&'static str),
    TooDeep,
}

fn refused<T>(problem: &'static str) -> Result<T, Problem> {
    Err(Problem::Refused(problem))
}

const SPARSE: &str = "is a sparse file";

/// A name as a path, if it can be one.
fn clean(name: &[u8]) -> Result<TreePath, Problem> {
    if name.is_empty() {
        return refused("has no name");
    }
    if name.contains(&b'\\') {
        return refused("has a backslash in its name");
    }
    if name.first() == Some(&b'/') {
        return refused("is absolute");
    }
    if names(name).any(|name| name == b"..") {
        return refused("steps out of its folder with ..");
    }
    TreePath::new(name).map_err(|error| match error {
        Error::InvalidPath { problem, .. } => Problem::Refused(problem),
        _ => Problem::Refused("has no valid name"),
    })
}

fn file<R: Read>(entry: &tar::Entry<'_, R>, name: &[u8]) -> Result<What, Problem> {
    // Before there was a type for folders, a slash at the end made one.
    if name.ends_with(b"/") {
        return if entry.size() == 0 {
            Ok(What::Folder)
        } else {
            refused("is a folder with contents")
        };
    }
    match entry.header().mode() {
        Ok(mode) => Ok(What::File { executable: mode & 0o111 != 0, size: entry.size() }),
        Err(_) => refused("has a mode that is no number"),
    }
}

fn link_target<R: Read>(entry: &tar::Entry<'_, R>) -> Result<Vec<u8>, Problem> {
    match entry.link_name_bytes() {
        Some(target) if !target.is_empty() && !target.contains(&0) => Ok(target.into_owned()),
        _ => refused("links to nothing"),
    }
}

/// Whether a link could lead out, judged without looking at any other link.
///
/// Steps up are counted against the folder of the link, which holds no link itself. After a name
/// they are not let in at all: that name could be a link, and `..` then be another folder.
fn leaves(path: &TreePath, target: &[u8]) -> bool {
    let up = names(target).take_while(|name| *name == b"..").count();
    let depth = path.names().count().saturating_sub(1);
    let later = names(target).skip(up).any(|name| name == b"..");
    target.first() == Some(&b'/') || up > depth || later
}

/// Looks for what readers of such records disagree about.
fn check_records<R: Read>(entry: &mut tar::Entry<'_, R>) -> Result<(), Problem> {
    const BROKEN: &str = "has a broken extended header";
    let Ok(Some(records)) = entry.pax_extensions() else { return Ok(()) };
    let mut keys = HashSet::new();
    for record in records {
        let Ok(record) = record else { return refused(BROKEN) };
        if record.key_bytes().starts_with(b"GNU.sparse.") {
            return refused(SPARSE);
        }
        if !keys.insert(record.key_bytes()) {
            return refused("says the same thing twice in its extended header");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leaves_as_soon_as_it_could() {
        let leaves =
            |path: &str, target: &str| leaves(&TreePath::new(path).unwrap(), target.as_bytes());
        for (path, target) in [("a", "b"), ("a/b", "../c"), ("a/b/c", "../../d/e"), ("a", "./b/")] {
            assert!(!leaves(path, target), "{path} -> {target}");
        }
        for (path, target) in
            [("a", ".."), ("a", "/b"), ("a/b", "../../c"), ("a", "b/../c"), ("a/b", "c/../..")]
        {
            assert!(leaves(path, target), "{path} -> {target}");
        }
    }
}
