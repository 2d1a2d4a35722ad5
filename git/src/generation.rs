//! The bare repository that holds what was fetched, until it is replaced by a fresh one.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::cache::CacheOptions;
use crate::error::Error;
use crate::id::{Algorithm, ObjectId};
use crate::lock::replace;

/// A bare repository that any Git can read, and beside what Git knows:
///
/// * `complete/<id>`: this commit is here with all it holds; `complete/<id>.tag`: this tag object is.
/// * `branches/<id>`: the tip of a branch that this commit was found on last.
/// * `whole`: the ids that are here with all their history.
///
/// A repository that grows too large is left as it is for those who read it, and a new one is begun.
#[derive(Debug)]
pub(crate) struct Generation {
    path: PathBuf,
}

impl Generation {
    /// The one that is read.
    pub(crate) fn current(directory: &Path) -> Result<Option<Self>, Error> {
        Ok(number(directory)?.map(|number| Self { path: path(directory, number) }))
    }

    /// The one that is written: the current one, or a new one when that is full. Only the holder of
    /// the lock may call it.
    pub(crate) fn writable(
        directory: &Path,
        algorithm: Algorithm,
        options: &CacheOptions,
    ) -> Result<Self, Error> {
        let number = number(directory)?;
        if let Some(number) = number {
            let this = Self { path: path(directory, number) };
            if !this.is_full(options)? {
                return Ok(this);
            }
        }
        let next = next(directory)?;
        let this = Self::create(path(directory, next), algorithm)?;
        replace(&directory.join(CURRENT), next.to_string().as_bytes())?;
        remove_before(directory, number.unwrap_or(next));
        Ok(this)
    }

    /// Nobody is to read the current one any more.
    pub(crate) fn abandon(directory: &Path) -> Result<(), Error> {
        match fs::remove_file(directory.join(CURRENT)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::storage(directory, "abandon a damaged repository")(error))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn objects(&self) -> PathBuf {
        self.path.join("objects")
    }

    pub(crate) fn packs(&self) -> PathBuf {
        self.path.join("objects/pack")
    }

    pub(crate) fn is_complete(&self, commit: ObjectId, tag: Option<ObjectId>) -> bool {
        self.marker(commit).exists() && tag.is_none_or(|tag| self.tag_marker(tag).exists())
    }

    /// Whether this commit is known to be on the branch that ends at `tip`.
    pub(crate) fn is_on_branch(&self, commit: ObjectId, tip: ObjectId) -> bool {
        let file = format!("{BRANCHES}/{commit}");
        self.ids(&file).is_ok_and(|tips| tips.contains(&tip))
    }

    pub(crate) fn set_on_branch(&self, commit: ObjectId, tip: ObjectId) -> Result<(), Error> {
        let directory = self.path.join(BRANCHES);
        fs::create_dir_all(&directory).map_err(Error::storage(directory, "remember a branch"))?;
        self.set_ids(&format!("{BRANCHES}/{commit}"), &[tip])
    }

    pub(crate) fn set_complete(
        &self,
        commit: ObjectId,
        tag: Option<ObjectId>,
    ) -> Result<(), Error> {
        for marker in tag.map(|tag| self.tag_marker(tag)).into_iter().chain([self.marker(commit)]) {
            fs::write(&marker, b"").map_err(Error::storage(marker, "mark the commit"))?;
        }
        Ok(())
    }

    /// The newest commits that are here, and which of them are without their parents.
    pub(crate) fn known(&self) -> Result<(Vec<ObjectId>, Vec<ObjectId>), Error> {
        let directory = self.path.join(COMPLETE);
        let entries =
            fs::read_dir(&directory).map_err(Error::storage(directory, "read the commits"))?;
        let mut known: Vec<_> =
            entries.flatten().filter_map(|entry| Some((age(&entry), id(&entry)?))).collect();
        known.sort_unstable_by(|one, other| other.cmp(one));
        let haves: Vec<_> = known.into_iter().map(|(_, id)| id).take(MOST_HAVES).collect();
        let shallow = self.ids("shallow")?;
        let shallow = haves.iter().filter(|id| shallow.contains(id)).copied().collect();
        Ok((haves, shallow))
    }

    pub(crate) fn add_shallow(&self, new: &[ObjectId]) -> Result<(), Error> {
        let mut ids = self.ids("shallow")?;
        let before = ids.len();
        ids.extend(new);
        ids.sort_unstable();
        ids.dedup();
        if ids.len() == before { Ok(()) } else { self.set_ids("shallow", &ids) }
    }

    pub(crate) fn whole(&self) -> Result<Vec<ObjectId>, Error> {
        self.ids("whole")
    }

    pub(crate) fn set_whole(&self, tips: &[ObjectId]) -> Result<(), Error> {
        self.set_ids("whole", tips)
    }

    fn create(path: PathBuf, algorithm: Algorithm) -> Result<Self, Error> {
        let this = Self { path };
        for directory in ["objects/pack", "objects/info", "refs/heads", COMPLETE] {
            let directory = this.path.join(directory);
            fs::create_dir_all(&directory)
                .map_err(Error::storage(directory, "create the repository"))?;
        }
        let config = match algorithm {
            Algorithm::Sha256 => {
                "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n"
            }
            _ => "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
        };
        replace(&this.path.join("config"), config.as_bytes())?;
        replace(&this.path.join("HEAD"), b"ref: refs/heads/none\n")?;
        Ok(this)
    }

    fn is_full(&self, options: &CacheOptions) -> Result<bool, Error> {
        let directory = self.packs();
        let entries =
            fs::read_dir(&directory).map_err(Error::storage(directory, "read the packs"))?;
        let (mut packs, mut bytes) = (0, 0);
        for entry in entries.flatten() {
            packs += usize::from(entry.path().extension() == Some(OsStr::new("pack")));
            bytes += entry.metadata().map(|metadata| metadata.len()).unwrap_or_default();
        }
        Ok(packs >= options.repository_packs || bytes >= options.repository_bytes)
    }

    fn marker(&self, commit: ObjectId) -> PathBuf {
        self.path.join(COMPLETE).join(commit.to_string())
    }

    fn tag_marker(&self, tag: ObjectId) -> PathBuf {
        self.path.join(COMPLETE).join(format!("{tag}.tag"))
    }

    fn ids(&self, file: &str) -> Result<Vec<ObjectId>, Error> {
        let path = self.path.join(file);
        Ok(read(&path)?.unwrap_or_default().lines().filter_map(ObjectId::parse).collect())
    }

    fn set_ids(&self, file: &str, ids: &[ObjectId]) -> Result<(), Error> {
        let text: String = ids.iter().map(|id| format!("{id}\n")).collect();
        replace(&self.path.join(file), text.as_bytes())
    }
}

fn number(directory: &Path) -> Result<Option<u64>, Error> {
    Ok(read(&directory.join(CURRENT))?.and_then(|text| text.trim().parse().ok()))
}

fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number}.git"))
}

fn numbers(directory: &Path) -> Result<impl Iterator<Item = u64>, Error> {
    let entries =
        fs::read_dir(directory).map_err(Error::storage(directory, "read the repositories"))?;
    Ok(entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".git")?.parse().ok()))
}

fn next(directory: &Path) -> Result<u64, Error> {
    Ok(numbers(directory)?.max().map_or(0, |last: u64| last + 1))
}

/// Those before `keep` had a whole generation's time to be let go of. What cannot be removed now is
/// removed next time.
fn remove_before(directory: &Path, keep: u64) {
    for old in numbers(directory).into_iter().flatten().filter(|number| *number < keep) {
        let _ = fs::remove_dir_all(path(directory, old));
    }
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::storage(path, "read")(error)),
    }
}

fn id(entry: &fs::DirEntry) -> Option<ObjectId> {
    ObjectId::parse(entry.file_name().to_str()?)
}

fn age(entry: &fs::DirEntry) -> Option<SystemTime> {
    entry.metadata().and_then(|metadata| metadata.modified()).ok()
}

const CURRENT: &str = "current";
const COMPLETE: &str = "complete";
const BRANCHES: &str = "branches";
/// A server needs no more to know what is here; a branch seldom grows by leaps.
const MOST_HAVES: usize = 16;
