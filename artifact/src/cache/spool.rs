//! Takes the bytes of a tree as they arrive: into memory as far as there is room, else to disk.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::{Place, TreeCache};
use crate::Error;
use crate::unpack::Backing;

/// The first piece of memory that is reserved. Later ones double it.
const FIRST: usize = 256 << 10;
/// Disk is reserved in pieces of this size.
const STEP: u64 = 4 << 20;

/// Bytes that are arriving, and what is reserved for them.
pub(super) struct Spool<'a> {
    cache: &'a TreeCache,
    memory: Vec<u8>,
    file: Option<File>,
    written: u64,
    reserved_memory: u64,
    reserved_disk: u64,
}

impl<'a> Spool<'a> {
    pub(super) fn new(cache: &'a TreeCache) -> Self {
        let memory = Vec::new();
        Self { cache, memory, file: None, written: 0, reserved_memory: 0, reserved_disk: 0 }
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        if self.file.is_none() {
            if self.grow_memory(piece.len()) {
                self.memory.extend_from_slice(piece);
                return Ok(());
            }
            self.go_to_disk()?;
        }
        self.append(piece)
    }

    /// The bytes, now that all have arrived. What was reserved in excess is given back.
    pub(super) fn seal(&mut self) -> Result<Backing, Error> {
        let disk = self.reserved_disk - self.written;
        self.cache.release(0, disk);
        self.reserved_disk = self.written;
        if let Some(file) = self.file.take() {
            return Ok(Backing::Disk(Arc::new(file)));
        }
        let mut memory = std::mem::take(&mut self.memory);
        memory.shrink_to_fit();
        self.cache.release(self.reserved_memory - memory.len() as u64, 0);
        self.reserved_memory = memory.len() as u64;
        Ok(Backing::Memory(Bytes::from(memory)))
    }

    /// Leaves the reservation to the tree.
    pub(super) fn keep(mut self, backing: Backing) -> Place {
        self.reserved_memory = 0;
        self.reserved_disk = 0;
        match backing {
            Backing::Memory(bytes) => Place::Memory(bytes),
            Backing::Disk(_) => Place::Disk(self.written),
        }
    }

    fn grow_memory(&mut self, by: usize) -> bool {
        let wanted = self.memory.len() + by;
        if wanted <= self.memory.capacity() {
            return true;
        }
        let capacity = wanted.max(self.memory.capacity() * 2).max(FIRST);
        let more = capacity as u64 - self.reserved_memory;
        if !self.cache.reserve_memory(more) {
            return false;
        }
        self.reserved_memory += more;
        self.memory.reserve_exact(capacity - self.memory.len());
        true
    }

    fn go_to_disk(&mut self) -> Result<(), Error> {
        let folder = &self.cache.options.folder;
        let file = tempfile::tempfile_in(folder);
        self.file = Some(file.map_err(Error::storage("create a file in", folder))?);
        let memory = std::mem::take(&mut self.memory);
        self.append(&memory)?;
        drop(memory);
        self.cache.release(self.reserved_memory, 0);
        self.reserved_memory = 0;
        Ok(())
    }

    fn append(&mut self, piece: &[u8]) -> Result<(), Error> {
        let wanted = self.written + piece.len() as u64;
        if wanted > self.reserved_disk {
            let more = (wanted - self.reserved_disk).max(STEP);
            // Near the limit there may be room for the piece, if not for the step.
            let more = [more, wanted - self.reserved_disk]
                .into_iter()
                .find(|&more| self.cache.reserve_disk(more))
                .ok_or(Error::CacheFull { limit: self.cache.options.disk_bytes })?;
            self.reserved_disk += more;
        }
        if let Some(file) = &mut self.file {
            let folder = &self.cache.options.folder;
            file.write_all(piece).map_err(Error::storage("write a file in", folder))?;
        }
        self.written = wanted;
        Ok(())
    }
}

impl Drop for Spool<'_> {
    fn drop(&mut self) {
        self.cache.release(self.reserved_memory, self.reserved_disk);
    }
}

/// Writes contents that were in memory to a file without a name.
pub(super) fn to_disk(folder: &Path, contents: &[u8]) -> Result<Arc<File>, Error> {
    let file = tempfile::tempfile_in(folder);
    let mut file = file.map_err(Error::storage("create a file in", folder))?;
    file.write_all(contents).map_err(Error::storage("write a file in", folder))?;
    Ok(Arc::new(file))
}
