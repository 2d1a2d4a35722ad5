//! A place for a cache, and how to reach repositories that are served in this process.

use std::path::{Path, PathBuf};

use gotk_git::{Cache, CacheOptions, Commit, Credentials, Error, Reference, Remote, RepositoryUrl};
use gotk_testenv::git::GitServer;
use tempfile::TempDir;

use crate::listing::options;

/// A folder with one cache in it.
pub(crate) struct Place {
    pub(crate) root: TempDir,
    pub(crate) cache: Cache,
}

impl Place {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::open(root.path().join("cache"), CacheOptions::default()).unwrap();
        Self { root, cache }
    }

    /// Fetches as somebody who shows nothing.
    pub(crate) async fn fetch(&self, url: &str, reference: Reference) -> Result<Commit, Error> {
        self.cache.fetch(&remote(url, Credentials::anonymous()), &reference).await
    }

    /// How many objects are in the packs of the cache, by their indices.
    pub(crate) fn objects(&self) -> u32 {
        objects_in(&self.root.path().join("cache"))
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }
}

pub(crate) fn objects_in(folder: &Path) -> u32 {
    let mut open = vec![folder.to_owned()];
    let mut count = 0;
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "idx") {
                count += indexed(&path);
            }
        }
    }
    count
}

/// The last entry of the fan-out table.
fn indexed(path: &Path) -> u32 {
    let bytes = std::fs::read(path).unwrap();
    u32::from_be_bytes(bytes[8 + 255 * 4..8 + 256 * 4].try_into().unwrap())
}

pub(crate) fn remote(url: &str, credentials: Credentials) -> Remote {
    Remote::new(RepositoryUrl::parse(url).unwrap(), options().credentials(credentials)).unwrap()
}

/// What an in-process server lets in over SSH.
pub(crate) fn ssh_key(server: &GitServer) -> Credentials {
    Credentials::ssh_key(server.client_key(), server.known_hosts())
}

/// What a file of a commit holds.
pub(crate) fn read(commit: &Commit, path: &str) -> String {
    String::from_utf8(commit.tree().read(path).unwrap().to_vec()).unwrap()
}
