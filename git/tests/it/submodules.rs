//! Commits of other repositories: where they come from, and who is shown what.

use gotk_git::{Credentials, Error, Limits, Reference, Remote, RepositoryUrl};
use gotk_testenv::git::{Change, GitOptions, GitServer, Repository};

use crate::listing::options;
use crate::served::{Place, read, remote, ssh_key};

fn main() -> Reference {
    Reference::branch("main")
}

/// Commits submodules by name, path, URL and commit.
fn with_submodules(repository: &Repository, modules: &[(&str, &str, &str)]) -> String {
    let mut text = String::new();
    let mut change = Change::on("main").write("own", repository.name());
    for (path, url, commit) in modules {
        text += &format!("[submodule \"{path}\"]\n\tpath = {path}\n\turl = {url}\n");
        change = change.submodule(*path, *commit);
    }
    repository.apply(change.write(".gitmodules", text)).unwrap()
}

#[tokio::test]
async fn submodules_and_theirs_are_part_of_the_tree() {
    let server = GitServer::start().await.unwrap();
    let deep = server.create_repository("other/deep.git");
    let old = deep.commit("main", [("d", "old")]).unwrap();
    deep.commit("main", [("d", "new")]).unwrap();
    let lib = server.create_repository("team/lib.git");
    let lib_commit = with_submodules(&lib, &[("nested/deep", "../../other/deep.git", &old)]);
    let app = server.create_repository("team/app.git");
    with_submodules(&app, &[("vendor/lib", "../lib.git", &lib_commit)]);
    app.apply(Change::on("main").submodule("lost", &old)).unwrap();

    for (url, credentials) in
        [(app.url(), Credentials::anonymous()), (app.ssh_url(), ssh_key(&server))]
    {
        let place = Place::new();
        let remote = remote(&url, credentials);
        let bare = place.cache.fetch(&remote, &main()).await.unwrap();
        assert_eq!((bare.files(), bare.submodules().count()), (2, 2));
        let commit = place.cache.fetch_submodules(&remote, &bare).await.unwrap();
        assert_eq!(read(&commit, "vendor/lib/own"), "team/lib.git");
        assert_eq!(read(&commit, "vendor/lib/nested/deep/d"), "old");
        assert_eq!(commit.files(), 5);
        // What `.gitmodules` does not know of stays empty.
        let left: Vec<_> = commit.submodules().collect();
        assert_eq!(left, [("lost".to_owned(), bare.submodules().next().unwrap().1)]);
        assert_eq!(commit.tree().list("lost").unwrap().len(), 0);
        commit.write_to(place.at("out")).unwrap();
        let written = std::fs::read(place.at("out/vendor/lib/nested/deep/d")).unwrap();
        assert_eq!(written, b"old");
        let inner = commit.only(["vendor/lib/nested"]).unwrap();
        assert_eq!(inner.files(), 1);
    }
}

#[tokio::test]
async fn only_submodules_that_are_seen_are_fetched() {
    let server = GitServer::start().await.unwrap();
    let lib = server.create_repository("lib.git");
    let commit = lib.commit("main", [("x", "1")]).unwrap();
    let app = server.create_repository("app.git");
    with_submodules(&app, &[("a/lib", "../lib.git", &commit), ("b/gone", "../gone.git", &commit)]);
    let place = Place::new();
    let remote = remote(&app.url(), Credentials::anonymous());
    let sparse = place.cache.fetch(&remote, &main()).await.unwrap().only(["a"]).unwrap();
    let filled = place.cache.fetch_submodules(&remote, &sparse).await.unwrap();
    assert_eq!(filled.files(), 1);
    assert_eq!(read(&filled, "a/lib/x"), "1");
}

#[tokio::test]
async fn credentials_are_shown_to_the_same_server_only() {
    let ours = GitOptions::default().basic("bob", "s3cret").start().await.unwrap();
    let elsewhere = GitServer::start().await.unwrap();
    let closed = GitOptions::default().basic("bob", "s3cret").start().await.unwrap();
    let mut commits = Vec::new();
    for server in [&ours, &elsewhere, &closed] {
        commits.push(server.create_repository("lib.git").commit("main", [("x", "1")]).unwrap());
    }
    // A stranger that leads back to us gets nothing out of it.
    let back = elsewhere.create_repository("back.git");
    let back_commit = with_submodules(&back, &[("ours", &ours.url("lib.git"), &commits[0])]);
    let place = Place::new();
    for (url, commit, files) in [
        ("../lib.git".to_owned(), &commits[0], Some(3)),
        (elsewhere.url("lib.git"), &commits[1], Some(3)),
        (closed.url("lib.git"), &commits[2], None),
        (back.url(), &back_commit, None),
    ] {
        let app = ours.create_repository("app.git");
        with_submodules(&app, &[("vendor/lib", &url, commit)]);
        let remote = remote(&app.url(), Credentials::basic("bob", "s3cret"));
        let bare = place.cache.fetch(&remote, &main()).await.unwrap();
        let filled = place.cache.fetch_submodules(&remote, &bare).await;
        match (filled, files) {
            (Ok(filled), Some(files)) => assert_eq!(filled.files(), files),
            (Err(error), None) => {
                assert!(matches!(&error, Error::Submodule { path, .. } if path == "vendor/lib"));
                assert!(!error.is_transient());
                let mut innermost: &dyn std::error::Error = &error;
                while let Some(source) = innermost.source() {
                    innermost = source;
                }
                assert!(innermost.to_string().contains("none are given"), "{innermost}");
            }
            (filled, _) => panic!("{url}: {filled:?}"),
        }
    }
    for server in [&elsewhere, &closed] {
        assert!(server.requests().iter().all(|request| request.authorization.is_none()));
    }
}

#[tokio::test]
async fn submodules_are_bounded_in_number_and_depth() {
    let server = GitServer::start().await.unwrap();
    let mut below = server.create_repository("0.git").commit("main", [("x", "1")]).unwrap();
    for level in 1..6 {
        let repository = server.create_repository(&format!("{level}.git"));
        let url = format!("../{}.git", level - 1);
        let modules: Vec<_> = ["a", "b"].map(|path| (path, url.as_str(), below.as_str())).into();
        below = with_submodules(&repository, &modules);
    }
    let place = Place::new();
    let (mut many, mut deep) = (Limits::default(), Limits::default());
    (many.submodules, deep.submodule_depth) = (20, 4);
    for (limits, words) in
        [(many, "more than 20 submodules:"), (deep, "more than 4 submodules inside each other")]
    {
        let url = RepositoryUrl::parse(&server.url("5.git")).unwrap();
        let remote = Remote::new(url, options().limits(limits)).unwrap();
        let bare = place.cache.fetch(&remote, &main()).await.unwrap();
        let mut error = place.cache.fetch_submodules(&remote, &bare).await.unwrap_err();
        while let Error::Submodule { source, .. } = error {
            error = *source;
        }
        assert!(error.to_string().contains(words), "{error}");
    }
}
