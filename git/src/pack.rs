//! From a stream of bytes to a pack and its index, without trusting a byte of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use gix_pack::data::entry::Header;
use gix_pack::data::input::{
    BytesToEntriesIter, EntriesToBytesIter, Entry, EntryDataMode, LookupRefDeltaObjectsIter, Mode,
};
use tempfile::NamedTempFile;

use crate::limits::Limits;

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

/// Writes the pack that `bytes` hold into `directory`, with an index made of what it really holds:
/// every object is inflated, its deltas applied, and named by its own hash.
///
/// Deltas may apply to objects of `bases`: these are then added, so that each pack can be read by
/// itself. Nothing is found in `directory` before all of the pack has arrived and been checked.
pub(crate) fn index(
    bytes: impl Read,
    bases: Option<gix::odb::Handle>,
    directory: &Path,
    kind: gix::hash::Kind,
    limits: &Limits,
    stop: &AtomicBool,
) -> Result<(), Refused> {
    let budget = Rc::new(RefCell::new(Budget::new(limits)));
    let pack =
        Shared(Rc::new(RefCell::new(BufWriter::with_capacity(BUFFER, incoming(directory)?))));
    let path = pack.0.borrow().get_ref().path().to_owned();
    let refused = |error: gix::Error| match budget.borrow_mut().exceeded.take() {
        Some((what, limit)) => Refused::TooLarge(what, limit),
        None => Refused::Damaged(words(&error)),
    };

    let copy = bases.is_none().then(|| pack.clone());
    let counted = Counted { from: bytes, copy, budget: Rc::clone(&budget) };
    let entries = read(BufReader::with_capacity(BUFFER, counted), kind).map_err(refused)?;
    match entries.size_hint().0 as u64 {
        0 => return Ok(()),
        objects if objects > limits.objects => {
            return Err(Refused::TooLarge("objects in a pack", limits.objects));
        }
        _ => {}
    }
    let bounded = Bounded { entries, budget: Rc::clone(&budget), depths: HashMap::new(), stop };
    let mut entries: Box<dyn Iterator<Item = _>> = match bases {
        None => Box::new(bounded),
        Some(bases) => Box::new(completed(bounded, bases, pack.clone(), kind)),
    };
    let mut index = incoming(directory)?;
    let outcome = gix_pack::index::write_data_iter_to_stream(
        gix_pack::index::Version::default(),
        || {
            pack.clone().flush()?;
            let pack = gix_pack::data::File::at(&path, kind)
                .map_err(|error| io::Error::other(words(&error)))?;
            Ok((slice, pack))
        },
        &mut entries,
        None,
        &mut gix::progress::Discard,
        &mut index,
        stop,
        kind,
        Some(usize::try_from(limits.object_bytes).unwrap_or(usize::MAX)),
        gix_pack::data::Version::V2,
    );
    let name = format!("pack-{}", outcome.map_err(refused)?.data_hash);
    drop(entries);
    keep(pack, index, directory, &name).map_err(Refused::Storage)
}

/// Adds the objects that deltas apply to, and writes the pack that comes out.
fn completed(
    entries: impl Iterator<Item = gix::Result<Entry>>,
    bases: gix::odb::Handle,
    pack: Shared,
    kind: gix::hash::Kind,
) -> impl Iterator<Item = gix::Result<Entry>> {
    let entries =
        LookupRefDeltaObjectsIter::new(entries, bases, gix::zlib::Compression::BEST_SPEED);
    EntriesToBytesIter::new(entries, pack, gix_pack::data::Version::V2, kind)
}

/// Puts both files where readers look for them; the index comes last, for it makes the pack known.
fn keep(pack: Shared, index: NamedTempFile, directory: &Path, name: &str) -> io::Result<()> {
    let pack = Rc::into_inner(pack.0)
        .ok_or_else(|| io::Error::other("the pack is still being written"))?;
    let pack = pack.into_inner().into_inner().map_err(io::IntoInnerError::into_error)?;
    pack.as_file().sync_all()?;
    index.as_file().sync_all()?;
    pack.persist(directory.join(format!("{name}.pack"))).map_err(|error| error.error)?;
    index.persist(directory.join(format!("{name}.idx"))).map_err(|error| error.error)?;
    Ok(())
}

fn incoming(directory: &Path) -> Result<NamedTempFile, Refused> {
    tempfile::Builder::new().prefix("incoming-").tempfile_in(directory).map_err(Refused::Storage)
}

fn read<R: BufRead>(from: R, kind: gix::hash::Kind) -> gix::Result<BytesToEntriesIter<R>> {
    BytesToEntriesIter::new_from_header(from, Mode::Verify, EntryDataMode::KeepAndCrc32, kind)
}

fn slice(range: gix_pack::data::EntryRange, pack: &gix_pack::data::File) -> Option<&[u8]> {
    pack.entry_slice(range)
}

/// What is left of the limits.
struct Budget {
    limits: Limits,
    pack_bytes: u64,
    inflated_bytes: u64,
    /// Bytes of the entry that is being read.
    entry_bytes: u64,
    exceeded: Option<(&'static str, u64)>,
}

impl Budget {
    fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            pack_bytes: 0,
            inflated_bytes: 0,
            entry_bytes: 0,
            exceeded: None,
        }
    }

    fn take(&mut self, bytes: usize) -> io::Result<()> {
        self.pack_bytes += bytes as u64;
        self.entry_bytes += bytes as u64;
        self.check("bytes in a pack", self.pack_bytes, self.limits.pack_bytes)?;
        // Data that does not compress grows by a hair; what was read ahead belongs to the next entry.
        let limit = self.limits.object_bytes;
        self.check(
            "bytes in an object",
            self.entry_bytes.saturating_sub(limit / 64 + (BUFFER as u64) * 2),
            limit,
        )
    }

    fn check(&mut self, what: &'static str, amount: u64, limit: u64) -> io::Result<()> {
        if amount <= limit {
            return Ok(());
        }
        self.exceeded = Some((what, limit));
        Err(io::Error::other(what))
    }

    /// One entry is over; `size` is what it inflates to once its delta is applied.
    fn entry(&mut self, size: u64, depth: u32) -> io::Result<()> {
        self.entry_bytes = 0;
        self.inflated_bytes = self.inflated_bytes.saturating_add(size);
        self.check("bytes in an object", size, self.limits.object_bytes)?;
        self.check(
            "bytes in the objects of a pack",
            self.inflated_bytes,
            self.limits.inflated_bytes,
        )?;
        self.check("deltas on top of each other", depth.into(), self.limits.delta_depth.into())
    }
}

/// The file of the pack, while it is written and, at its end, read once more.
#[derive(Clone)]
struct Shared(Rc<RefCell<BufWriter<NamedTempFile>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().get_mut().read(buffer)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.borrow_mut().seek(to)
    }
}

/// Counts what it reads, and keeps a copy.
struct Counted<R> {
    from: R,
    copy: Option<Shared>,
    budget: Rc<RefCell<Budget>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.budget.borrow_mut().take(count)?;
        if let Some(copy) = &mut self.copy {
            copy.write_all(&buffer[..count])?;
        }
        Ok(count)
    }
}

/// Holds every entry to the limits before anything is made of it.
struct Bounded<'a, I> {
    entries: I,
    budget: Rc<RefCell<Budget>>,
    /// How many deltas lie under the entry at an offset; whole objects are not listed.
    depths: HashMap<u64, u32>,
    stop: &'a AtomicBool,
}

impl<I: Iterator<Item = gix::Result<Entry>>> Iterator for Bounded<'_, I> {
    type Item = gix::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.entries.next()?.and_then(|entry| match self.admit(&entry) {
            Ok(()) => Ok(entry),
            Err(error) => Err(gix::Error::from_error(error)),
        }))
    }
}

impl<I> Bounded<'_, I> {
    fn admit(&mut self, entry: &Entry) -> io::Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let (size, depth) = match entry.header {
            Header::OfsDelta { base_distance } => {
                let base = entry.pack_offset.checked_sub(base_distance);
                let under =
                    base.and_then(|base| self.depths.get(&base)).copied().unwrap_or_default();
                (result_size(entry), under.saturating_add(1))
            }
            // What lies under it is known by its id only, which is not known yet. The bytes of all
            // objects together still bound it.
            Header::RefDelta { .. } => (result_size(entry), 1),
            _ => (Some(entry.decompressed_size), 0),
        };
        if depth > 0 {
            self.depths.insert(entry.pack_offset, depth);
        }
        let size =
            size.ok_or_else(|| io::Error::other("a delta that says nothing about its size"))?;
        self.budget.borrow_mut().entry(size.max(entry.decompressed_size), depth)
    }
}

/// A delta begins with two sizes: of what it applies to, and of what comes out.
fn result_size(entry: &Entry) -> Option<u64> {
    let mut start = [0; 20];
    let (_, _, length) =
        gix::zlib::Inflate::default().prefix(entry.compressed.as_deref()?, &mut start).ok()?;
    let mut bytes = start[..length].iter();
    size(&mut bytes)?;
    size(&mut bytes)
}

fn size(bytes: &mut std::slice::Iter<'_, u8>) -> Option<u64> {
    let mut size = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = bytes.next()?;
        size |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(size);
        }
    }
    None
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
