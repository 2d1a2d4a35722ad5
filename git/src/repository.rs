//! The objects of one repository in the cache, and bringing more of them.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::ancestry;
use crate::cache::CacheOptions;
use crate::error::Error;
use crate::generation::Generation;
use crate::id::{Algorithm, ObjectId};
use crate::incoming;
use crate::limits::Limits;
use crate::lock;
use crate::objects::Objects;
use crate::protocol::fetch::{Depth, Wish};
use crate::remote::Remote;
use crate::resolve::Target;
use crate::session::Session;
use crate::snapshot::{Check, Snapshot};
use crate::url::PublicUrl;

/// One repository of a [`Cache`](crate::Cache).
#[derive(Debug)]
pub(crate) struct Repository {
    directory: PathBuf,
    url: PublicUrl,
    algorithm: Algorithm,
    options: CacheOptions,
    /// Whoever holds it may fetch; the others of this process wait for it.
    turn: tokio::sync::Mutex<()>,
    /// What somebody in this process reads.
    open: Mutex<HashMap<ObjectId, Weak<Snapshot>>>,
    /// Where that is read from, by the directory of its generation.
    objects: Mutex<Option<(PathBuf, Weak<Objects>)>>,
}

impl Repository {
    pub(crate) fn new(
        root: &Path,
        url: PublicUrl,
        algorithm: Algorithm,
        options: CacheOptions,
    ) -> Result<Self, Error> {
        let directory = root.join(name(&url, algorithm));
        std::fs::create_dir_all(&directory)
            .map_err(Error::storage(&directory, "create the repository"))?;
        Ok(Self {
            directory,
            url,
            algorithm,
            options,
            turn: tokio::sync::Mutex::default(),
            open: Mutex::default(),
            objects: Mutex::default(),
        })
    }

    /// What `target` holds: from memory, from disk, or from the server, in this order.
    pub(crate) async fn snapshot(
        &self,
        session: &mut Session<'_>,
        target: &Target,
    ) -> Result<Arc<Snapshot>, Error> {
        let limits = session.remote().options().limits.clone();
        if let Some(snapshot) = self.present(target, &limits).await? {
            self.check_branch(session.remote(), target).await?;
            return Ok(snapshot);
        }
        let _turn = self.turn.lock().await;
        let _lock = lock::exclusive(&self.directory.join("lock")).await?;
        if let Some(snapshot) = self.present(target, &limits).await? {
            self.check_branch(session.remote(), target).await?;
            return Ok(snapshot);
        }
        let generation = Generation::writable(&self.directory, self.algorithm, &self.options)?;
        self.fetch(session, target, &generation).await?;
        let snapshot = self.read(&generation, target.commit, &limits, Check::Everything).await?;
        generation.set_complete(target.commit, target.tag)?;
        self.check_branch(session.remote(), target).await?;
        Ok(snapshot)
    }

    /// Holds a commit that was named together with a branch to being on it. What was found once is
    /// not asked again until the branch moves.
    async fn check_branch(&self, remote: &Remote, target: &Target) -> Result<(), Error> {
        let Some(tip) = target.branch_tip.filter(|tip| *tip != target.commit) else {
            return Ok(());
        };
        let Some(generation) = Generation::current(&self.directory)? else { return Ok(()) };
        if generation.is_on_branch(target.commit, tip) {
            return Ok(());
        }
        match ancestry::leads_to(remote, tip, target.commit).await? {
            true => generation.set_on_branch(target.commit, tip),
            false => Err(Error::ReferenceNotFound {
                url: self.url.clone(),
                what: format!("commit {} on {}", target.commit, target.shown_branch()),
            }),
        }
    }

    /// What is here already. What turns out to be damaged is not here.
    async fn present(
        &self,
        target: &Target,
        limits: &Limits,
    ) -> Result<Option<Arc<Snapshot>>, Error> {
        let Some(generation) = Generation::current(&self.directory)? else { return Ok(None) };
        if !generation.is_complete(target.commit, target.tag) {
            return Ok(None);
        }
        if let Some(snapshot) = self.open().get(&target.commit).and_then(Weak::upgrade) {
            return Ok(Some(snapshot));
        }
        match self.read(&generation, target.commit, limits, Check::Trees).await {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(Error::Corrupt { .. }) => {
                Generation::abandon(&self.directory)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn read(
        &self,
        generation: &Generation,
        commit: ObjectId,
        limits: &Limits,
        check: Check,
    ) -> Result<Arc<Snapshot>, Error> {
        let (objects, limits) = (self.objects(generation.objects(), limits)?, limits.clone());
        let snapshot =
            blocking(move || Snapshot::open(objects, commit, &limits, check).map(Arc::new)).await?;
        let mut open = self.open();
        open.retain(|_, held| held.strong_count() > 0);
        open.insert(commit, Arc::downgrade(&snapshot));
        Ok(snapshot)
    }

    /// Brings the commit alone, where the server can do that; else everything it can be part of.
    async fn fetch(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        to: &Generation,
    ) -> Result<(), Error> {
        let wants = vec![target.tag.unwrap_or(target.commit)];
        if Wish::can_be_shallow(session.greeting()) {
            let (haves, shallow) = to.known()?;
            let wish = Wish { wants, haves, shallow, depth: Depth::One, trees: true };
            match self.receive(session, &wish, to).await {
                Err(Error::ReferenceNotFound { .. } | Error::Refused { .. }) if !target.is_tip => {}
                result => return result,
            }
        }
        self.fetch_whole(session.remote(), target, to).await
    }

    /// Brings the branches and tags with all their history: a server that does not hand out a commit
    /// by its id may have it there. What was brought this way before is not brought again.
    async fn fetch_whole(
        &self,
        remote: &Remote,
        target: &Target,
        to: &Generation,
    ) -> Result<(), Error> {
        let mut session = Session::open(remote).await?;
        let refs = session.list(&["refs/heads/", "refs/tags/"]).await?;
        let mut tips: Vec<_> = refs.iter().map(|found| found.id).collect();
        tips.sort_unstable();
        tips.dedup();
        let known = to.whole()?;
        if tips != known && !tips.is_empty() {
            let wish = Wish {
                wants: tips.clone(),
                haves: known,
                shallow: Vec::new(),
                depth: Depth::Whole,
                trees: true,
            };
            self.receive(&mut session, &wish, to).await?;
            to.set_whole(&tips)?;
        }
        let objects = self.objects(to.objects(), &remote.options().limits)?;
        match objects.has(target.commit) {
            true => Ok(()),
            false => Err(Error::ReferenceNotFound {
                url: self.url.clone(),
                what: format!("commit {}", target.commit),
            }),
        }
    }

    /// Asks for a pack, and adds it.
    async fn receive(
        &self,
        session: &mut Session<'_>,
        wish: &Wish,
        to: &Generation,
    ) -> Result<(), Error> {
        let limits = &session.remote().options().limits;
        let bases = match wish.is_thin() {
            true => Some(self.objects(to.objects(), limits)?),
            false => None,
        };
        let shallow = incoming::receive(session, wish, to.packs(), bases).await?;
        to.add_shallow(&shallow)
    }

    /// The objects in `directory`, opened once for all who read them.
    fn objects(&self, directory: PathBuf, limits: &Limits) -> Result<Arc<Objects>, Error> {
        let mut opened = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, objects)) = &*opened
            && *known == directory
            && let Some(objects) = objects.upgrade()
        {
            return Ok(objects);
        }
        let (kind, url) = (self.algorithm.kind(), self.url.clone());
        let objects = Arc::new(Objects::open(directory.clone(), kind, limits, url)?);
        *opened = Some((directory, Arc::downgrade(&objects)));
        Ok(objects)
    }

    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<ObjectId, Weak<Snapshot>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs what reads files or computes for long where it keeps nobody waiting.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::storage("", "finish before the program ends")(
                io::ErrorKind::Interrupted.into(),
            )),
        },
    }
}

/// A directory name for a URL: readable is the file `url` in it.
fn name(url: &PublicUrl, algorithm: Algorithm) -> String {
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha256);
    hasher.update(url.as_str().as_bytes());
    let hash = hasher.try_finalize().map(|hash| hash.to_string()).unwrap_or_default();
    format!("{hash}-{algorithm}")
}
