//! Rows of `gotk-git`: clones and polls of repositories that this program serves.

use std::sync::OnceLock;
use std::time::Duration;

use gotk_git::{
    Cache, CacheOptions, Commit, Error, Reference, Remote, RemoteOptions, RepositoryUrl,
};
use gotk_testenv::git::{Change, GitServer};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::row::{Outcome, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "git/clone",
        question: "what a depth-1 clone of a repository of 100 MB (2,000 files) costs, files written",
        peer: "git",
        target: "4×, memory 8×",
        iterations: 1,
        input: large,
        ours: cloned,
    },
    Row {
        name: "git/clone-program",
        question: "the same beside the git program (compare the wall clock)",
        peer: "git-program",
        target: "0.8×",
        iterations: 1,
        input: large,
        ours: cloned,
    },
    Row {
        name: "git/poll",
        question: "what 100 polls of a repository that did not change cost",
        peer: "git",
        target: "a request each",
        iterations: 1,
        input: small,
        ours: polled,
    },
    Row {
        name: "git/semver",
        question: "what the highest of 10,000 tags in a range costs, its files written",
        peer: "git",
        target: "4×",
        iterations: 1,
        input: tagged,
        ours: |input| checked_out(input, &Reference::semver("~1.42")),
    },
    Row {
        name: "git/consumers",
        question: "what 100 consumers of one URL (1 MB) cost, as a tree for ours",
        peer: "git",
        target: "20×",
        iterations: 1,
        input: small,
        ours: consumers,
    },
];

fn cloned(input: &[u8]) -> Outcome {
    checked_out(input, &Reference::branch("main"))
}

/// From nothing to files in a folder.
fn checked_out(input: &[u8], reference: &Reference) -> Outcome {
    counted(async {
        let folder = room()?;
        let cache = Cache::open(folder.path().join("cache"), CacheOptions::default())?;
        let commit = cache.fetch(&remote(input)?, reference).await?;
        commit.write_to(folder.path().join("files"))?;
        Ok(commit.files())
    })
}

/// The first call fetches, which is not measured: the commit is held, as a controller holds it.
fn polled(input: &[u8]) -> Outcome {
    static HELD: OnceCell<(TempDir, Cache, Commit)> = OnceCell::const_new();
    counted(async {
        let (remote, main) = (remote(input)?, Reference::branch("main"));
        let fetched = async || {
            let folder = room()?;
            let cache = Cache::open(folder.path(), CacheOptions::default())?;
            let commit = cache.fetch(&remote, &main).await?;
            Ok::<_, Error>((folder, cache, commit))
        };
        let (_, cache, held) = HELD.get_or_try_init(fetched).await?;
        let mut polls = 0;
        for _ in 0..100 {
            polls += usize::from(cache.fetch(&remote, &main).await?.id() == held.id());
        }
        Ok(polls)
    })
}

fn consumers(input: &[u8]) -> Outcome {
    counted(async {
        let folder = room()?;
        let cache = Cache::open(folder.path(), CacheOptions::default())?;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (cache, remote) = (cache.clone(), remote(input)?);
            tasks.spawn(async move { cache.fetch(&remote, &Reference::branch("main")).await });
        }
        let mut files = 0;
        for commit in tasks.join_all().await {
            files = commit?
                .tree()
                .walk()
                .flatten()
                .filter(|at| at.kind == gotk_artifact::Kind::File)
                .count();
        }
        Ok(files)
    })
}

fn counted(work: impl Future<Output = Result<usize, Error>>) -> Outcome {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let count = runtime().map(|runtime| runtime.block_on(work).unwrap_or_default());
    Outcome::Count(count.unwrap_or_default() as u64)
}

fn remote(input: &[u8]) -> Result<Remote, Error> {
    let url = RepositoryUrl::parse(&String::from_utf8_lossy(input))?;
    let options = RemoteOptions::default().timeout(Duration::from_secs(600));
    Remote::new(url, options.dangerous(|dangerous| dangerous.allow_http()))
}

fn room() -> Result<TempDir, Error> {
    tempfile::tempdir().map_err(|source| Error::Storage {
        path: std::env::temp_dir(),
        action: "make room",
        source,
    })
}

fn runtime() -> Option<&'static Runtime> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().ok()).as_ref()
}

/// Half of it does not compress, as in repositories with pictures and archives in them.
fn large() -> Vec<u8> {
    let file = |number: u64| {
        let mut noise = noise(number + 1);
        let bytes = noise.by_ref().take(25_000).collect::<Vec<_>>();
        let text = noise.take(2_500).map(|byte| format!("key-{byte}: value\n")).collect::<String>();
        [bytes, text.into_bytes()].concat()
    };
    served(
        "large.git",
        (0..2_000).map(|n| (format!("dir-{}/file-{n}", n % 40), file(n))).collect(),
        0,
    )
}

fn small() -> Vec<u8> {
    served("small.git", manifests(), 0)
}

fn tagged() -> Vec<u8> {
    served("tagged.git", manifests(), 10_000)
}

fn manifests() -> Vec<(String, Vec<u8>)> {
    let file = |number: u64| {
        noise(number + 7).take(1_500).map(|byte| format!("{byte}\n")).collect::<String>()
    };
    (0..200).map(|n| (format!("deploy/{n}.yaml"), file(n).into_bytes())).collect()
}

/// Serves a repository for as long as this program lives, and returns its URL.
fn served(name: &str, files: Vec<(String, Vec<u8>)>, tags: usize) -> Vec<u8> {
    static SERVER: OnceLock<Option<GitServer>> = OnceLock::new();
    let start = || runtime()?.block_on(GitServer::start()).ok();
    let Some(server) = SERVER.get_or_init(start) else { return Vec::new() };
    let repository = server.create_repository(name);
    let change = files
        .into_iter()
        .fold(Change::on("main"), |change, (path, bytes)| change.write(path, bytes));
    let mut last = repository.apply(change).unwrap_or_default();
    for tag in 0..tags {
        if tag % 10 == 0 {
            let text = format!("{tag}\n");
            last = repository.commit("main", [("version", text)]).unwrap_or_default();
        }
        let _ = repository.tag(&format!("v1.{}.{}", tag / 100, tag % 100), &last);
    }
    repository.url().into_bytes()
}

/// Bytes without a pattern, the same ones for the same seed.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let step = |state: &u64| {
        let state = state ^ (state << 13);
        let state = state ^ (state >> 7);
        Some(state ^ (state << 17))
    };
    std::iter::successors(Some(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)), step)
        .map(|state| (state >> 24) as u8)
}
