//! Objects on disk, read by many at once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gix::objs::{Find as _, FindHeader as _, Kind};
use gix::odb::pack::cache::lru::MemoryCappedHashmap;

use crate::error::Error;
use crate::id::ObjectId;
use crate::limits::Limits;
use crate::pack::words;
use crate::url::PublicUrl;

type Handle = gix::odb::Handle;

/// The objects of one repository as they were on disk when it was opened.
pub(crate) struct Objects {
    /// Where handles come from.
    first: Mutex<Handle>,
    idle: Mutex<Vec<Handle>>,
    kind: gix::hash::Kind,
    url: PublicUrl,
}

impl Objects {
    /// Opens the objects in `directory`.
    pub(crate) fn open(
        directory: PathBuf,
        kind: gix::hash::Kind,
        limits: &Limits,
        url: PublicUrl,
    ) -> Result<Self, Error> {
        let first = handle(&directory, kind, limits)?;
        Ok(Self { first: Mutex::new(first), idle: Mutex::default(), kind, url })
    }

    pub(crate) fn url(&self) -> &PublicUrl {
        &self.url
    }

    pub(crate) fn kind(&self) -> gix::hash::Kind {
        self.kind
    }

    /// The bytes of an object, after checking that they are what its id says.
    pub(crate) fn read(&self, id: ObjectId, wanted: Kind) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let found = self.with(|handle| {
            handle.try_find(&id.0, &mut bytes).map(|data| data.map(|data| data.kind))
        });
        let found = found.map_err(|error| self.corrupt(id, &words(&error)))?;
        match found {
            None => return Err(self.corrupt(id, "is missing")),
            Some(found) if found != wanted => {
                return Err(self.corrupt(id, &format!("is a {found}, where a {wanted} belongs")));
            }
            Some(_) => {}
        }
        match gix::objs::compute_hash(self.kind, wanted, &bytes) {
            Ok(actual) if actual == id.0 => Ok(bytes),
            _ => Err(self.corrupt(id, "is not what its id says")),
        }
    }

    /// The length of an object, or `None` where it is missing.
    pub(crate) fn size(&self, id: ObjectId) -> Result<Option<u64>, Error> {
        let header = self.with(|handle| handle.try_header(&id.0));
        Ok(header.map_err(|error| self.corrupt(id, &words(&error)))?.map(|header| header.size))
    }

    pub(crate) fn corrupt(&self, id: ObjectId, problem: &str) -> Error {
        Error::Corrupt { url: self.url.clone(), reason: format!("object {id} {problem}") }
    }

    /// A handle serves one thread; those that are not in use wait here.
    fn with<T>(&self, read: impl FnOnce(&Handle) -> T) -> T {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let handle = idle
            .unwrap_or_else(|| self.first.lock().unwrap_or_else(PoisonError::into_inner).clone());
        let result = read(&handle);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        result
    }
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Objects({})", self.url)
    }
}

/// Something to read objects with, for one thread.
pub(crate) fn handle(
    directory: &Path,
    kind: gix::hash::Kind,
    limits: &Limits,
) -> Result<Handle, Error> {
    let options = gix::odb::store::init::Options {
        alloc_limit_bytes: Some(usize::try_from(limits.object_bytes).unwrap_or(usize::MAX)),
        ..Default::default()
    };
    let handle = gix::odb::at_opts(directory, kind, None, options);
    let mut handle = handle.map_err(Error::storage(directory, "open the objects"))?;
    handle.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(DELTA_BASES_BYTES)));
    handle.prevent_pack_unload();
    Ok(handle)
}

/// How much of what deltas build upon one reader keeps. By bytes: sixty-four large files would be
/// another matter than sixty-four small ones.
const DELTA_BASES_BYTES: usize = 16 * 1024 * 1024;
