//! What deltas make of objects, and what that is called.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use gix::objs::Kind;
use gix::zlib::Compression;
use gix::zlib::stream::deflate;
use gix_pack::data::entry::Header;

use super::file::PackFile;
use super::{Item, ItemKind, Refused, apply, damaged, words};
use crate::id::ObjectId;
use crate::limits::Limits;
use crate::objects::Objects;

/// Finds the id of every delta. What they build upon and is not in the pack is taken from `bases` and
/// added to it, in place of the hash at its end.
pub(super) fn resolve(
    items: &mut Vec<Item>,
    file: &File,
    bases: Option<&Objects>,
    kind: gix::hash::Kind,
    limits: &Limits,
    stop: &AtomicBool,
) -> Result<(), Refused> {
    let pack = PackFile::new(file, kind, limits.object_bytes);
    let arrived = items.len();
    let mut work = Work { children: Children::of(items), items, pack, kind, limits, stop, held: 0 };
    for at in 0..arrived {
        if let ItemKind::Whole(kind) = work.items[at].kind {
            work.grow(at, kind)?;
        }
    }
    if let Some(bases) = bases {
        work.add_bases(file, bases)?;
    }
    match work.items.iter().any(|item| item.id.is_null()) {
        true => Err(damaged("a delta on an object that is not there")),
        false => Ok(()),
    }
}

/// Which deltas build upon what.
struct Children {
    by_offset: Vec<(u64, u32)>,
    by_id: Vec<(gix::ObjectId, u32)>,
}

impl Children {
    fn of(items: &[Item]) -> Self {
        let (mut by_offset, mut by_id) = (Vec::new(), Vec::new());
        for (at, item) in items.iter().enumerate() {
            match item.kind {
                ItemKind::Whole(_) => {}
                ItemKind::OnOffset(base) => by_offset.push((base, at as u32)),
                ItemKind::OnId(base) => by_id.push((base, at as u32)),
            }
        }
        by_offset.sort_unstable();
        by_id.sort_unstable();
        Self { by_offset, by_id }
    }

    fn on(&self, item: &Item) -> Vec<u32> {
        let mut found = among(&self.by_offset, &item.offset);
        found.extend(among(&self.by_id, &item.id));
        found
    }
}

fn among<T: Ord>(sorted: &[(T, u32)], wanted: &T) -> Vec<u32> {
    let start = sorted.partition_point(|(base, _)| base < wanted);
    sorted[start..].iter().take_while(|(base, _)| base == wanted).map(|(_, at)| *at).collect()
}

struct Work<'a> {
    items: &'a mut Vec<Item>,
    children: Children,
    pack: PackFile<'a>,
    kind: gix::hash::Kind,
    limits: &'a Limits,
    stop: &'a AtomicBool,
    /// Bytes of objects on the way from a whole object to the delta that is looked at.
    held: usize,
}

/// An object on that way.
struct Step {
    at: usize,
    /// What it holds, unless it was let go of to make room.
    bytes: Option<Vec<u8>>,
    /// Deltas upon it that were not looked at yet.
    open: Vec<u32>,
}

impl Work<'_> {
    /// Applies every delta that builds upon the whole object at `at`, directly or not.
    fn grow(&mut self, at: usize, kind: Kind) -> Result<(), Refused> {
        let open = self.children.on(&self.items[at]);
        if open.is_empty() {
            return Ok(());
        }
        let mut way = vec![Step { at, bytes: None, open }];
        while let Some(step) = way.last_mut() {
            let Some(child) = step.open.pop() else {
                self.held -= way.pop().and_then(|step| step.bytes).map_or(0, |bytes| bytes.len());
                continue;
            };
            let child = child as usize;
            // An object may be there twice, and its deltas found by its id twice.
            if !self.items[child].id.is_null() {
                continue;
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(damaged("nobody waits for it any more"));
            }
            if way.len() as u64 > u64::from(self.limits.delta_depth) {
                let limit = self.limits.delta_depth.into();
                return Err(Refused::TooLarge("deltas on top of each other", limit));
            }
            self.recall(&mut way)?;
            let base = way.last().and_then(|step| step.bytes.as_deref()).unwrap_or_default();
            let bytes = self.applied(base, child)?;
            let id = gix::objs::compute_hash(self.kind, kind, &bytes);
            self.items[child].id = id.map_err(|error| damaged(words(&error)))?;
            let open = self.children.on(&self.items[child]);
            if !open.is_empty() {
                self.held += bytes.len();
                way.push(Step { at: child, bytes: Some(bytes), open });
                self.let_go(&mut way);
            }
        }
        Ok(())
    }

    /// Makes sure that the last object of the way is there: from the nearest before it that is.
    fn recall(&mut self, way: &mut [Step]) -> Result<(), Refused> {
        let Some(last) = way.len().checked_sub(1) else { return Ok(()) };
        if way[last].bytes.is_some() {
            return Ok(());
        }
        let known = way.iter().rposition(|step| step.bytes.is_some());
        let (mut bytes, after) = match known {
            Some(known) => (way[known].bytes.clone().unwrap_or_default(), known + 1),
            None => (self.inflated(way[0].at)?, 1),
        };
        for step in &way[after..] {
            bytes = self.applied(&bytes, step.at)?;
        }
        self.held += bytes.len();
        way[last].bytes = Some(bytes);
        Ok(())
    }

    /// Forgets what lies furthest back, once it is too much.
    fn let_go(&mut self, way: &mut [Step]) {
        let Some((_, before)) = way.split_last_mut() else { return };
        for step in before {
            if self.held <= MOST_HELD {
                return;
            }
            self.held -= step.bytes.take().map_or(0, |bytes| bytes.len());
        }
    }

    fn applied(&self, base: &[u8], child: usize) -> Result<Vec<u8>, Refused> {
        let delta = self.inflated(child)?;
        apply(base, &delta).ok_or_else(|| damaged("a delta that makes no sense"))
    }

    fn inflated(&self, at: usize) -> Result<Vec<u8>, Refused> {
        let found = self.pack.find(self.items[at].offset);
        found.and_then(|found| self.pack.inflate(&found)).map_err(unreadable)
    }

    /// Adds what deltas of a thin pack build upon.
    fn add_bases(&mut self, file: &File, bases: &Objects) -> Result<(), Refused> {
        let open = self.items.iter().filter(|item| item.id.is_null());
        let mut wanted: Vec<_> = open
            .filter_map(|item| match item.kind {
                ItemKind::OnId(base) => Some(base),
                _ => None,
            })
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let Some(mut end) = self.end(file, !wanted.is_empty()).map_err(Refused::Storage)? else {
            return Ok(());
        };
        for id in wanted {
            // A base that another delta of the pack made is not missing after all.
            let Some((kind, bytes)) = bases.find(ObjectId(id)) else { continue };
            let entry = entry(kind, &bytes).map_err(Refused::Storage)?;
            let mut file = file;
            file.write_all(&entry).map_err(Refused::Storage)?;
            let crc = crc32fast::hash(&entry);
            self.items.push(Item { offset: end, crc, id, kind: ItemKind::Whole(kind) });
            end += entry.len() as u64;
            self.grow(self.items.len() - 1, kind)?;
        }
        Ok(())
    }

    /// Takes the hash off the end of the pack, and returns where that is.
    fn end(&self, mut file: &File, wanted: bool) -> io::Result<Option<u64>> {
        if !wanted {
            return Ok(None);
        }
        let end = file.metadata()?.len() - self.kind.len_in_bytes() as u64;
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        Ok(Some(end))
    }
}

/// A whole object as packs hold it.
fn entry(kind: Kind, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let header = match kind {
        Kind::Commit => Header::Commit,
        Kind::Tree => Header::Tree,
        Kind::Blob => Header::Blob,
        Kind::Tag => Header::Tag,
    };
    let mut entry = Vec::new();
    header.write_to(bytes.len() as u64, &mut entry)?;
    let mut deflate = deflate::Write::new(&mut entry, Compression::BEST_SPEED);
    deflate.write_all(bytes)?;
    deflate.flush()?;
    drop(deflate);
    Ok(entry)
}

fn unreadable(error: io::Error) -> Refused {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => damaged(error.to_string()),
        _ => Refused::Storage(error),
    }
}

const MOST_HELD: usize = 16 << 20;
