//! Objects on disk, read by many at once.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use gix::objs::Kind;
use gix_pack::cache::DecodeEntry as _;
use gix_pack::cache::lru::MemoryCappedHashmap;
use gix_pack::data::entry::Header;

use crate::error::Error;
use crate::id::ObjectId;
use crate::limits::Limits;
use crate::pack::{Found, PackFile, apply};
use crate::url::PublicUrl;

/// The objects of one repository: those in its packs. What is not known is looked for in packs that
/// came since.
pub(crate) struct Objects {
    directory: PathBuf,
    kind: gix::hash::Kind,
    url: PublicUrl,
    limits: Limits,
    packs: RwLock<Vec<Arc<Pack>>>,
    /// What deltas build upon, by pack and offset. By bytes: sixty-four large files would be another
    /// matter than sixty-four small ones.
    bases: Mutex<MemoryCappedHashmap>,
}

struct Pack {
    name: OsString,
    number: u32,
    index: gix_pack::index::File,
    file: File,
}

impl Objects {
    /// Opens the objects in `directory`, of which only packs are read.
    pub(crate) fn open(
        directory: PathBuf,
        kind: gix::hash::Kind,
        limits: &Limits,
        url: PublicUrl,
    ) -> Result<Self, Error> {
        let directory = directory.join("pack");
        let bases = Mutex::new(MemoryCappedHashmap::new(BASES_BYTES));
        let packs = RwLock::default();
        let this = Self { directory, kind, url, limits: limits.clone(), packs, bases };
        this.look_again().map_err(Error::storage(&this.directory, "open the objects"))?;
        Ok(this)
    }

    pub(crate) fn url(&self) -> &PublicUrl {
        &self.url
    }

    pub(crate) fn kind(&self) -> gix::hash::Kind {
        self.kind
    }

    /// The bytes of an object, after checking that they are what its id says.
    pub(crate) fn read(&self, id: ObjectId, wanted: Kind) -> Result<Vec<u8>, Error> {
        let (pack, offset) = self.place(id).ok_or_else(|| self.corrupt(id, "is missing"))?;
        let (found, bytes) =
            self.decode(&pack, offset).map_err(|error| self.corrupt(id, &error.to_string()))?;
        if found != wanted {
            return Err(self.corrupt(id, &format!("is a {found}, where a {wanted} belongs")));
        }
        match gix::objs::compute_hash(self.kind, wanted, &bytes) {
            Ok(actual) if actual == id.0 => Ok(bytes),
            _ => Err(self.corrupt(id, "is not what its id says")),
        }
    }

    /// Whether an object is here.
    pub(crate) fn has(&self, id: ObjectId) -> bool {
        self.place(id).is_some()
    }

    /// The length of an object, or `None` where it is missing.
    pub(crate) fn size(&self, id: ObjectId) -> Result<Option<u64>, Error> {
        let Some((pack, offset)) = self.place(id) else { return Ok(None) };
        let file = self.file(&pack);
        let size = file.find(offset).and_then(|found| file.object_size(&found));
        size.map(Some).map_err(|error| self.corrupt(id, &error.to_string()))
    }

    /// An object as it is, whatever it is; `None` where it is missing or cannot be read.
    pub(crate) fn find(&self, id: ObjectId) -> Option<(Kind, Vec<u8>)> {
        let (pack, offset) = self.place(id)?;
        self.decode(&pack, offset).ok()
    }

    pub(crate) fn corrupt(&self, id: ObjectId, problem: &str) -> Error {
        Error::Corrupt { url: self.url.clone(), reason: format!("object {id} {problem}") }
    }

    fn file<'a>(&self, pack: &'a Pack) -> PackFile<'a> {
        PackFile::new(&pack.file, self.kind, self.limits.object_bytes)
    }

    fn place(&self, id: ObjectId) -> Option<(Arc<Pack>, u64)> {
        let known = || {
            let packs = self.packs.read().unwrap_or_else(PoisonError::into_inner);
            packs.iter().find_map(|pack| Some((Arc::clone(pack), pack.offset(&id.0)?)))
        };
        known().or_else(|| self.look_again().is_ok_and(|news| news).then(known).flatten())
    }

    /// Opens packs that are not known yet, and returns whether there are any.
    fn look_again(&self) -> io::Result<bool> {
        let mut packs = self.packs.write().unwrap_or_else(PoisonError::into_inner);
        let before = packs.len();
        for entry in fs::read_dir(&self.directory)? {
            let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
            let is_index = path.extension().is_some_and(|extension| extension == "idx");
            if !is_index || packs.iter().any(|pack| pack.name == name) {
                continue;
            }
            let file = match File::open(path.with_extension("pack")) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file?,
            };
            // What only a damaged index knows of is missing.
            let Ok(index) = gix_pack::index::File::at(&path, self.kind) else { continue };
            let number = packs.len() as u32;
            packs.push(Arc::new(Pack { name, number, index, file }));
        }
        Ok(packs.len() > before)
    }

    /// Applies the deltas that lead from a whole object to what is at `offset`.
    fn decode(&self, pack: &Pack, offset: u64) -> io::Result<(Kind, Vec<u8>)> {
        let file = self.file(pack);
        let mut deltas: Vec<(u64, Found)> = Vec::new();
        let mut at = offset;
        let (kind, mut bytes) = loop {
            if !deltas.is_empty()
                && let Some(base) = self.base(pack, at)
            {
                break base;
            }
            let found = file.find(at)?;
            if let Some(kind) = found.whole() {
                let bytes = file.inflate(&found)?;
                if !deltas.is_empty() {
                    self.keep(pack, at, kind, &bytes);
                }
                break (kind, bytes);
            }
            let base = match found.header {
                Header::OfsDelta { base_distance } => at.checked_sub(base_distance),
                Header::RefDelta { base_id } => pack.offset(&base_id),
                _ => None,
            };
            deltas.push((at, found));
            let deep = deltas.len() as u64 > u64::from(self.limits.delta_depth);
            at = base
                .filter(|base| *base != at && !deep)
                .ok_or_else(|| invalid("is a delta on nothing"))?;
        };
        while let Some((at, found)) = deltas.pop() {
            if file.object_size(&found)? > self.limits.object_bytes {
                return Err(invalid("is larger than allowed"));
            }
            let delta = file.inflate(&found)?;
            bytes =
                apply(&bytes, &delta).ok_or_else(|| invalid("is a delta that makes no sense"))?;
            if !deltas.is_empty() {
                self.keep(pack, at, kind, &bytes);
            }
        }
        Ok((kind, bytes))
    }

    fn base(&self, pack: &Pack, offset: u64) -> Option<(Kind, Vec<u8>)> {
        let mut bytes = Vec::new();
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        let (kind, _) = bases.get(pack.number, offset, &mut bytes)?;
        Some((kind, bytes))
    }

    fn keep(&self, pack: &Pack, offset: u64, kind: Kind, bytes: &[u8]) {
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        bases.put(pack.number, offset, bytes, kind, bytes.len());
    }
}

impl Pack {
    fn offset(&self, id: &gix::hash::oid) -> Option<u64> {
        self.index.lookup(id).map(|at| self.index.pack_offset_at_index(at))
    }
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Objects({})", self.url)
    }
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

const BASES_BYTES: usize = 16 << 20;
