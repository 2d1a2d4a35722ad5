//! Commits without what they hold: when they were made, and what they grew from.

use std::collections::HashSet;

use gix::objs::{CommitRefIter, Kind};
use tempfile::TempDir;

use crate::error::Error;
use crate::id::ObjectId;
use crate::incoming;
use crate::objects::Objects;
use crate::protocol::fetch::{Depth, Wish};
use crate::remote::Remote;
use crate::session::Session;

/// Commits that were fetched to be looked at, and are not kept.
pub(crate) struct Commits {
    pub(crate) objects: Objects,
    _directory: TempDir,
}

impl Commits {
    /// Fetches commits; what they hold is left out where the server can do that.
    pub(crate) async fn fetch(
        remote: &Remote,
        wants: Vec<ObjectId>,
        haves: Vec<ObjectId>,
        depth: Depth,
    ) -> Result<Self, Error> {
        let mut session = Session::open(remote).await?;
        let wish = Wish { wants, haves, shallow: Vec::new(), depth, trees: false };
        let directory = tempfile::tempdir()
            .map_err(Error::storage(std::env::temp_dir(), "make room for commits"))?;
        let packs = directory.path().join("pack");
        std::fs::create_dir(&packs).map_err(Error::storage(&packs, "make room for commits"))?;
        incoming::receive(&mut session, &wish, packs, None).await?;
        let kind = session.greeting().algorithm.kind();
        let (limits, url) = (&remote.options().limits, remote.url().clone());
        let objects = Objects::open(directory.path().into(), kind, limits, url)?;
        Ok(Self { objects, _directory: directory })
    }
}

/// Whether `commit` is among what `tip` grew from. Only what is between them travels: the server is
/// told that all before `commit` is here, which nobody is going to read.
pub(crate) async fn leads_to(
    remote: &Remote,
    tip: ObjectId,
    commit: ObjectId,
) -> Result<bool, Error> {
    let commits = Commits::fetch(remote, vec![tip], vec![commit], Depth::Whole).await?;
    let (mut open, mut seen) = (vec![tip], HashSet::new());
    while let Some(at) = open.pop() {
        if at == commit {
            return Ok(true);
        }
        // What was not sent lies before the commit.
        if !seen.insert(at) || !commits.objects.has(at) {
            continue;
        }
        let bytes = commits.objects.read(at, Kind::Commit)?;
        let parents = CommitRefIter::from_bytes(&bytes, commits.objects.kind()).parent_ids();
        open.extend(parents.map(ObjectId));
    }
    Ok(false)
}
