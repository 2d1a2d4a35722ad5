//! Trees that many consumers share, each fetched and unpacked once.

mod flight;
mod spool;

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{env, mem};

use bytes::Bytes;

use self::flight::Flight;
use self::spool::Spool;
use crate::unpack::{Backing, Inflate, index};
use crate::{Digest, Error, Tree, UnpackOptions};

/// How much a [`TreeCache`] holds, and where.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct CacheOptions {
    memory_bytes: u64,
    disk_bytes: u64,
    folder: PathBuf,
    unpack: UnpackOptions,
}

impl Default for CacheOptions {
    /// 128 MiB in memory, 1 GiB on disk, in the system's folder for temporary files.
    fn default() -> Self {
        Self {
            memory_bytes: 128 << 20,
            disk_bytes: 1 << 30,
            folder: env::temp_dir(),
            unpack: UnpackOptions::default(),
        }
    }
}

impl CacheOptions {
    /// The most bytes of unpacked trees in memory.
    pub fn memory_bytes(mut self, bytes: u64) -> Self {
        self.memory_bytes = bytes;
        self
    }

    /// The most bytes of unpacked trees on disk; 0 means that nothing is put there.
    pub fn disk_bytes(mut self, bytes: u64) -> Self {
        self.disk_bytes = bytes;
        self
    }

    /// The folder for what does not fit into memory. The files have no names: when the process ends,
    /// however it ends, they are gone.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// What an archive may be.
    pub fn unpack(mut self, options: UnpackOptions) -> Self {
        self.unpack = options;
        self
    }
}

/// Trees by the digests of their archives, shared by everyone in the process.
///
/// An archive is fetched, verified and unpacked once, however many ask for it at the same time. What
/// is in use stays; of the rest, what was asked for longest ago makes room, first from memory to
/// disk, then from disk. A tree too large for the memory goes to disk as it arrives. Both limits hold
/// at every moment, for contents; names are not counted, nor is what a reader keeps of a tree that
/// it has let go.
///
/// ```
/// use gotk_artifact::{CacheOptions, Error, PackOptions, TreeBuilder, TreeCache, pack};
/// # let source = TreeBuilder::new().file("web.yaml", "kind: Deployment\n")?.build();
/// # let mut archive = Vec::new();
/// # let digest = pack(&source, &mut archive, &PackOptions::default())?.digest;
///
/// let cache = TreeCache::new(CacheOptions::default());
/// let first = cache.get(&digest, || Ok(&archive[..]))?;
/// let second = cache.get(&digest, || -> Result<&[u8], Error> { unreachable!("it is there") })?;
/// assert_eq!(first.read("web.yaml")?.as_ptr(), second.read("web.yaml")?.as_ptr());
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
///
/// Calls block: from async code, call it where blocking is allowed.
#[derive(Debug)]
pub struct TreeCache {
    state: Mutex<State>,
    options: CacheOptions,
}

/// What a [`TreeCache`] holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheUsage {
    /// Bytes in memory, those reserved for trees that are arriving included.
    pub memory_bytes: u64,
    /// Bytes on disk, those reserved included.
    pub disk_bytes: u64,
    /// Trees that can be had without fetching.
    pub trees: usize,
}

#[derive(Debug, Default)]
struct State {
    slots: HashMap<Digest, Slot>,
    memory: u64,
    disk: u64,
    /// Counts the calls: what was used last has the highest number.
    now: u64,
}

#[derive(Debug)]
enum Slot {
    /// Somebody is getting the tree, or moving it to disk.
    Busy(Arc<Flight>),
    Ready(Ready),
}

#[derive(Debug)]
struct Ready {
    tree: Tree,
    place: Place,
    used: u64,
}

/// Where a tree's contents are, and how many bytes they are.
#[derive(Clone, Debug)]
enum Place {
    Memory(Bytes),
    Disk(u64),
}

impl TreeCache {
    /// An empty cache.
    pub fn new(options: CacheOptions) -> Self {
        Self { state: Mutex::default(), options }
    }

    /// The tree of the archive with this digest.
    ///
    /// If it is not there, `open` is called for the archive; others who ask meanwhile wait for what
    /// comes of that. If it fails, those who waited fail as well, and the next call tries again.
    ///
    /// # Errors
    ///
    /// [`Error::Shared`] with what went wrong in `open`, in reading or in unpacking.
    pub fn get<R: Read>(
        &self,
        digest: &Digest,
        open: impl FnOnce() -> Result<R, Error>,
    ) -> Result<Tree, Error> {
        loop {
            match self.look_up(digest) {
                Found::Tree(tree) => return Ok(tree),
                Found::Flight(flight) => flight.wait(digest)?,
                Found::Nothing(flight) => return self.fill(digest, &flight, open),
            }
        }
    }

    /// The tree, if it is there.
    pub fn peek(&self, digest: &Digest) -> Option<Tree> {
        match self.lock().slots.get(digest) {
            Some(Slot::Ready(ready)) => Some(ready.tree.clone()),
            _ => None,
        }
    }

    /// What the cache holds now.
    pub fn usage(&self) -> CacheUsage {
        let state = self.lock();
        let ready = |slot: &&Slot| matches!(slot, Slot::Ready(_));
        let trees = state.slots.values().filter(ready).count();
        CacheUsage { memory_bytes: state.memory, disk_bytes: state.disk, trees }
    }

    fn look_up(&self, digest: &Digest) -> Found {
        let mut state = self.lock();
        state.now += 1;
        let now = state.now;
        match state.slots.get_mut(digest) {
            Some(Slot::Ready(ready)) => {
                ready.used = now;
                Found::Tree(ready.tree.clone())
            }
            Some(Slot::Busy(flight)) => Found::Flight(Arc::clone(flight)),
            None => {
                let flight = Arc::new(Flight::default());
                state.slots.insert(*digest, Slot::Busy(Arc::clone(&flight)));
                Found::Nothing(flight)
            }
        }
    }

    fn fill<R: Read>(
        &self,
        digest: &Digest,
        flight: &Arc<Flight>,
        open: impl FnOnce() -> Result<R, Error>,
    ) -> Result<Tree, Error> {
        // Whatever happens below, a panic of `open` included, nobody waits for ever.
        let landing = Landing { cache: self, digest: *digest, flight };
        match open().and_then(|archive| self.unpack(digest, archive)) {
            Ok((tree, place)) => {
                landing.arrive(tree.clone(), place);
                Ok(tree)
            }
            Err(error) => Err(landing.fail(error)),
        }
    }

    fn unpack(&self, digest: &Digest, archive: impl Read) -> Result<(Tree, Place), Error> {
        let options = &self.options.unpack;
        let mut inflate = Inflate::new(archive, digest, options)?;
        let mut spool = Spool::new(self);
        inflate.read_all(|piece| spool.write(piece))?;
        inflate.verify()?;
        let backing = spool.seal()?;
        let tree = index(backing.clone(), options)?;
        Ok((tree, spool.keep(backing)))
    }

    /// Reserves bytes of memory, if need be by moving what nobody uses to disk.
    fn reserve_memory(&self, bytes: u64) -> bool {
        loop {
            let mut state = self.lock();
            if state.memory.saturating_add(bytes) <= self.options.memory_bytes {
                state.memory += bytes;
                return true;
            }
            let Some((digest, contents, flight)) = state.take_oldest_in_memory() else {
                return false;
            };
            drop(state);
            self.move_to_disk(digest, contents, &flight);
        }
    }

    fn move_to_disk(&self, digest: Digest, contents: Bytes, flight: &Arc<Flight>) {
        // Where it comes to nothing the tree is dropped: it can be fetched again.
        let landing = Landing { cache: self, digest, flight };
        let size = contents.len() as u64;
        if self.reserve_disk(size) {
            let file = spool::to_disk(&self.options.folder, &contents);
            let tree = file.and_then(|file| index(Backing::Disk(file), &self.options.unpack));
            match tree {
                Ok(tree) => landing.arrive(tree, Place::Disk(size)),
                Err(_) => self.release(0, size),
            }
        }
        drop(contents);
        self.release(size, 0);
    }

    /// Reserves bytes on disk, if need be by dropping what nobody uses.
    fn reserve_disk(&self, bytes: u64) -> bool {
        let mut state = self.lock();
        while state.disk.saturating_add(bytes) > self.options.disk_bytes {
            // An oversized demand must not empty the cache first.
            if bytes > self.options.disk_bytes || !state.drop_oldest_on_disk() {
                return false;
            }
        }
        state.disk += bytes;
        true
    }

    fn release(&self, memory: u64, disk: u64) {
        let mut state = self.lock();
        state.memory = state.memory.saturating_sub(memory);
        state.disk = state.disk.saturating_sub(disk);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of others runs under the lock, so a poisoned state is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Found {
    Tree(Tree),
    Flight(Arc<Flight>),
    Nothing(Arc<Flight>),
}

impl State {
    /// Takes the tree in memory that nobody uses and that was asked for longest ago.
    fn take_oldest_in_memory(&mut self) -> Option<(Digest, Bytes, Arc<Flight>)> {
        let digest = self.oldest(|place| matches!(place, Place::Memory(_)))?;
        let flight = Arc::new(Flight::default());
        let slot = self.slots.get_mut(&digest)?;
        match mem::replace(slot, Slot::Busy(Arc::clone(&flight))) {
            Slot::Ready(Ready { place: Place::Memory(contents), .. }) => {
                Some((digest, contents, flight))
            }
            _ => None,
        }
    }

    fn drop_oldest_on_disk(&mut self) -> bool {
        let Some(digest) = self.oldest(|place| matches!(place, Place::Disk(_))) else {
            return false;
        };
        if let Some(Slot::Ready(Ready { place: Place::Disk(size), .. })) =
            self.slots.remove(&digest)
        {
            self.disk = self.disk.saturating_sub(size);
        }
        true
    }

    fn oldest(&self, of: impl Fn(&Place) -> bool) -> Option<Digest> {
        let unused = self.slots.iter().filter_map(|(digest, slot)| match slot {
            Slot::Ready(ready) if of(&ready.place) && !ready.tree.is_shared() => {
                Some((ready.used, digest))
            }
            _ => None,
        });
        unused.min_by_key(|(used, _)| *used).map(|(_, digest)| *digest)
    }

    /// Frees the slot of a flight that came to nothing.
    fn remove_flight(&mut self, digest: &Digest, flight: &Arc<Flight>) {
        if matches!(self.slots.get(digest), Some(Slot::Busy(busy)) if Arc::ptr_eq(busy, flight)) {
            self.slots.remove(digest);
        }
    }
}

/// Ends a flight, one way or the other.
struct Landing<'a> {
    cache: &'a TreeCache,
    digest: Digest,
    flight: &'a Arc<Flight>,
}

impl Landing<'_> {
    fn arrive(&self, tree: Tree, place: Place) {
        let mut state = self.cache.lock();
        let used = state.now;
        state.slots.insert(self.digest, Slot::Ready(Ready { tree, place, used }));
    }

    fn fail(&self, error: Error) -> Error {
        let source = Arc::new(error);
        self.flight.fail(Arc::clone(&source));
        Error::Shared { digest: self.digest, source }
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.cache.lock().remove_flight(&self.digest, self.flight);
        self.flight.land();
    }
}

#[cfg(test)]
mod tests;
