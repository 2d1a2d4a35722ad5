//! Objects that were fetched before, shared by everybody who wants the same repository.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::commit::Commit;
use crate::error::Error;
use crate::id::Algorithm;
use crate::reference::Reference;
use crate::remote::Remote;
use crate::repository::Repository;
use crate::resolve;
use crate::session::Session;
use crate::url::PublicUrl;

/// A directory with the objects of every repository that was fetched, one bare repository each.
///
/// Any number of tasks, and of processes, may use it at once: of those who want the same commit, one
/// fetches it and the others wait. Only what is not there yet is fetched, without history. Clones
/// share what is open.
///
/// What is here may be read by whoever may list the repository with credentials of their own:
/// [`fetch`](Self::fetch) always asks the remote first.
#[derive(Clone, Debug)]
pub struct Cache {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    options: CacheOptions,
    open: Mutex<HashMap<Key, Arc<Repository>>>,
}

type Key = (PublicUrl, Algorithm);

/// How much a [`Cache`] keeps.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CacheOptions {
    /// Bytes of packs of one repository, before it is fetched anew without what nobody wants.
    pub repository_bytes: u64,
    /// Packs of one repository, before it is fetched anew as one pack.
    pub repository_packs: usize,
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self { repository_bytes: 4 << 30, repository_packs: 64 }
    }
}

impl Cache {
    /// Uses `root`, which is created where it does not exist.
    pub fn open(root: impl AsRef<Path>, options: CacheOptions) -> Result<Self, Error> {
        let root = root.as_ref().to_owned();
        std::fs::create_dir_all(&root).map_err(Error::storage(&root, "create the cache"))?;
        Ok(Self { inner: Arc::new(Inner { root, options, open: Mutex::default() }) })
    }

    /// The commit `reference` stands for now, with all it holds.
    ///
    /// What is here already costs one listing; what is not costs one pack more. If it fails halfway,
    /// the cache is as it was. Dropping the future cancels it.
    ///
    /// # Errors
    ///
    /// Those of [`Remote::resolve`], and [`Error::TooLarge`], [`Error::Corrupt`] and
    /// [`Error::UnsafePath`] for what a server should not send.
    pub async fn fetch(&self, remote: &Remote, reference: &Reference) -> Result<Commit, Error> {
        remote.timed(self.fetch_untimed(remote, reference)).await
    }

    async fn fetch_untimed(&self, remote: &Remote, reference: &Reference) -> Result<Commit, Error> {
        let mut session = Session::open(remote).await?;
        let target = resolve::resolve(&mut session, reference).await?;
        let repository = self.repository(remote.url(), session.greeting().algorithm)?;
        let snapshot = repository.snapshot(&mut session, &target).await?;
        session.close().await;
        Ok(Commit::new(snapshot, target))
    }

    fn repository(&self, url: &PublicUrl, algorithm: Algorithm) -> Result<Arc<Repository>, Error> {
        let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(repository) = open.get(&(url.clone(), algorithm)) {
            return Ok(Arc::clone(repository));
        }
        let repository =
            Repository::new(&self.inner.root, url.clone(), algorithm, self.inner.options.clone())?;
        let repository = Arc::new(repository);
        open.insert((url.clone(), algorithm), Arc::clone(&repository));
        Ok(repository)
    }
}
