//! From a stream of bytes to a pack and its index, without trusting a byte of it.
//!
//! Every object is inflated once, while it arrives, and hashed on the way; deltas are applied when
//! all is there. Nothing is mapped into memory, and what deltas build upon is held by bytes.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use tempfile::NamedTempFile;

use crate::limits::Limits;
use crate::objects::Objects;

mod arriving;
mod delta;
mod file;
mod resolve;
mod table;

pub(crate) use delta::apply;
pub(crate) use file::{Found, PackFile};

/// Why a pack was not taken.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It goes past a limit: of what, and how much is allowed.
    TooLarge(&'static str, u64),
    /// It is not what a pack is.
    Damaged(String),
    /// It could not be written.
    Storage(io::Error),
}

/// An object of a pack, by where it is.
pub(crate) struct Item {
    offset: u64,
    crc: u32,
    /// Null until it is known.
    id: gix::ObjectId,
    kind: ItemKind,
}

#[derive(Clone, Copy)]
enum ItemKind {
    /// A whole object.
    Whole(gix::objs::Kind),
    /// What has to be done to the object at an offset.
    OnOffset(u64),
    /// What has to be done to an object by its id.
    OnId(gix::ObjectId),
}

/// Writes the pack that `bytes` hold into `directory`, with an index made of what it really holds:
/// every object is inflated, its deltas applied, and named by its own hash.
///
/// Deltas may apply to objects of `bases`: these are then added, so that each pack can be read by
/// itself. Nothing is found in `directory` before all of the pack has arrived and been checked.
pub(crate) fn index(
    bytes: impl Read,
    bases: Option<&Objects>,
    directory: &Path,
    kind: gix::hash::Kind,
    limits: &Limits,
    stop: &AtomicBool,
) -> Result<(), Refused> {
    let pack = incoming(directory)?;
    let (mut items, mut hash) = arriving::receive(bytes, pack.as_file(), kind, limits, stop)?;
    if items.is_empty() {
        return Ok(());
    }
    let arrived = items.len();
    resolve::resolve(&mut items, pack.as_file(), bases, kind, limits, stop)?;
    if items.len() > arrived {
        hash = sealed(pack.as_file(), items.len(), kind)?;
    }
    let index = incoming(directory)?;
    table::write(items, hash, kind, index.as_file()).map_err(Refused::Storage)?;
    keep(pack, index, directory, &format!("pack-{hash}")).map_err(Refused::Storage)
}

/// Puts both files where readers look for them; the index comes last, for it makes the pack known.
fn keep(pack: NamedTempFile, index: NamedTempFile, directory: &Path, name: &str) -> io::Result<()> {
    pack.as_file().sync_all()?;
    index.as_file().sync_all()?;
    pack.persist(directory.join(format!("{name}.pack"))).map_err(|error| error.error)?;
    index.persist(directory.join(format!("{name}.idx"))).map_err(|error| error.error)?;
    Ok(())
}

fn incoming(directory: &Path) -> Result<NamedTempFile, Refused> {
    tempfile::Builder::new().prefix("incoming-").tempfile_in(directory).map_err(Refused::Storage)
}

/// Says how many objects there are now, and ends the pack with its hash.
fn sealed(pack: &File, objects: usize, kind: gix::hash::Kind) -> Result<gix::ObjectId, Refused> {
    let count = u32::try_from(objects)
        .map_err(|_| Refused::TooLarge("objects in a pack", u32::MAX.into()))?;
    let seal = || {
        pack.write_all_at(&count.to_be_bytes(), 8)?;
        let (mut hasher, mut buffer, mut at) = (gix::hash::hasher(kind), vec![0; BUFFER], 0);
        loop {
            match pack.read_at(&mut buffer, at)? {
                0 => break,
                count => {
                    hasher.update(&buffer[..count]);
                    at += count as u64;
                }
            }
        }
        let hash = finished(hasher)?;
        (&*pack).write_all(hash.as_slice())?;
        Ok(hash)
    };
    seal().map_err(Refused::Storage)
}

fn finished(hasher: gix::hash::Hasher) -> io::Result<gix::ObjectId> {
    hasher.try_finalize().map_err(|error| io::Error::other(words(&error)))
}

fn damaged(why: impl Into<String>) -> Refused {
    Refused::Damaged(why.into())
}

/// All that an error of gix says, outermost first.
pub(crate) fn words(error: &gix::Error) -> String {
    let mut words = Vec::<String>::new();
    for cause in error.iter_errors() {
        let cause = cause.to_string();
        if !words.iter().any(|known| known.contains(&cause)) {
            words.push(cause);
        }
    }
    words.join(": ")
}

const BUFFER: usize = 1 << 16;

#[cfg(test)]
mod tests;
