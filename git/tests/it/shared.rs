//! Many who want the same, servers that hand out less, and caches that are full or broken.

use std::fs;
use std::time::Duration;

use gotk_git::{Cache, CacheOptions, Error, Reference, Remote, RepositoryUrl};
use hyper::Request;
use hyper::body::Incoming;

use crate::fetch::{cache, counted};
use crate::git::Lab;
use crate::listing::{options, remote};
use crate::server::{Behaviour, Server, status};

fn posts(server: &Server) -> usize {
    server.lines().iter().filter(|line| line.starts_with("POST")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_a_commit_one_fetches_it() {
    let Some(lab) = Lab::new() else { return };
    lab.repository("a.git").commit_file("a", "1");
    let server = Server::start(lab.root.path().into(), Behaviour::default()).await;
    let remote = remote(&server.url("a.git"));
    remote.resolve(&Reference::branch("main")).await.unwrap();
    server.take();
    // Two caches in the same directory are as strange to each other as two processes.
    let caches = [cache(&lab), cache(&lab)];
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..40 {
        let (cache, remote) = (caches[task % 2].clone(), remote.clone());
        tasks.spawn(async move {
            cache.fetch(&remote, &Reference::branch("main")).await.unwrap().files()
        });
    }
    assert_eq!(tasks.join_all().await, [1; 40]);
    assert_eq!(posts(&server), 41, "everybody lists, and one fetches");
    assert_eq!(counted(&lab), 3);
}

#[tokio::test]
async fn a_full_repository_is_begun_anew_and_a_damaged_one_too() {
    let Some(lab) = Lab::new() else { return };
    let repository = lab.repository("a.git");
    let server = Server::start(lab.root.path().into(), Behaviour::default()).await;
    let mut options = CacheOptions::default();
    options.repository_packs = 2;
    let root = lab.root.path().join("cache");
    let remote = remote(&server.url("a.git"));
    let cache = Cache::open(&root, options.clone()).unwrap();
    let mut commits = Vec::new();
    for version in 0..7 {
        repository.commit_file("a", version.to_string());
        commits.push(cache.fetch(&remote, &Reference::branch("main")).await.unwrap());
    }
    let directory = fs::read_dir(&root).unwrap().next().unwrap().unwrap().path();
    let mut kept: Vec<_> =
        fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    kept.sort_unstable();
    assert_eq!(kept, ["2.git", "3.git", "current", "lock"]);
    commits.last().unwrap().write_to(lab.root.path().join("out")).unwrap();

    for pack in fs::read_dir(directory.join("3.git/objects/pack"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let length = fs::metadata(&pack).unwrap().len() as usize;
        fs::write(&pack, vec![0; length]).unwrap();
    }
    drop(commits);
    let commit = Cache::open(&root, options)
        .unwrap()
        .fetch(&remote, &Reference::branch("main"))
        .await
        .unwrap();
    commit.write_to(lab.root.path().join("again")).unwrap();
    assert_eq!(fs::read(lab.root.path().join("again/a")).unwrap(), b"6");
}

#[tokio::test]
async fn repositories_of_sha256_are_read() {
    let Some(lab) = Lab::new() else { return };
    let repository = lab.repository_with("a.git", &["--object-format=sha256"]);
    let commit = repository.commit_file("deep/a", "1");
    repository.git(&["tag", "-a", "-m", "one", "v1"]);
    repository.push();
    for old in [false, true] {
        let server =
            Server::start(lab.root.path().into(), Behaviour { old, ..Behaviour::default() }).await;
        let (cache, remote) = (cache(&lab), remote(&server.url("a.git")));
        let fetched = cache.fetch(&remote, &Reference::tag("v1")).await.unwrap();
        assert_eq!(fetched.revision().to_string(), format!("v1@sha256:{commit}"));
        assert_eq!(fetched.files(), 1);
        repository.commit_file("deep/b", if old { "2" } else { "3" });
        assert_eq!(cache.fetch(&remote, &Reference::branch("main")).await.unwrap().files(), 2);
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let Some(lab) = Lab::new() else { return };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://localhost:{}/a.git", listener.local_addr().unwrap().port());
    let patience = Duration::from_millis(200);
    let remote =
        Remote::new(RepositoryUrl::parse(&url).unwrap(), options().timeout(patience)).unwrap();
    let error = cache(&lab).fetch(&remote, &Reference::branch("main")).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }) && error.is_transient());
    assert_eq!(error.to_string(), format!("{url}: no result within 0.2s"));
}

#[tokio::test]
async fn a_fetch_that_breaks_leaves_the_cache_as_it_was() {
    let Some(lab) = Lab::new() else { return };
    let repository = lab.repository("a.git");
    repository.commit_file("a", "1");
    let broken = std::sync::atomic::AtomicUsize::new(0);
    let rule = move |request: &Request<Incoming>| {
        // The second question of the first fetch is the one for the pack.
        let is_pack = request.method() == "POST"
            && broken.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 1;
        is_pack.then(|| status(502))
    };
    let server = Server::start(
        lab.root.path().into(),
        Behaviour { rule: Some(Box::new(rule)), ..Behaviour::default() },
    )
    .await;
    let (cache, remote) = (cache(&lab), remote(&server.url("a.git")));
    let error = cache.fetch(&remote, &Reference::branch("main")).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { status: 502, .. }), "{error:?}");
    cache.fetch(&remote, &Reference::branch("main")).await.unwrap();
}
