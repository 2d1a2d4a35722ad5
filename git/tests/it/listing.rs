//! References: what is listed, and which commit is meant.

use gotk_git::{Error, Reference, Remote, RemoteOptions, RepositoryUrl};

use crate::git::Lab;
use crate::server::{Behaviour, Server};

pub(crate) fn options() -> RemoteOptions {
    let _ = rustls::crypto::ring::default_provider().install_default();
    RemoteOptions::default().dangerous(|d| d.allow_http().allow_credentials_over_http())
}

pub(crate) fn remote(url: &str) -> Remote {
    Remote::new(RepositoryUrl::parse(url).unwrap(), options()).unwrap()
}

#[tokio::test]
async fn only_what_was_asked_for_is_listed() {
    let Some(lab) = Lab::new() else { return };
    let repository = lab.repository("a.git");
    let commit = repository.commit_file("a", "1");
    repository.git(&["tag", "-a", "-m", "one", "v1"]);
    repository.git(&["branch", "main-2"]);
    repository.push();
    for old in [false, true] {
        let server =
            Server::start(lab.root.path().into(), Behaviour { old, ..Behaviour::default() }).await;
        let remote = remote(&server.url("a.git"));
        let names =
            |refs: Vec<gotk_git::RemoteRef>| refs.into_iter().map(|r| r.name).collect::<Vec<_>>();
        assert_eq!(names(remote.list(&["refs/heads/main-"]).await.unwrap()), ["refs/heads/main-2"]);
        assert_eq!(
            names(remote.list(&[]).await.unwrap()),
            ["HEAD", "refs/heads/main", "refs/heads/main-2", "refs/tags/v1"]
        );
        let head = remote.list(&["HEAD"]).await.unwrap();
        assert_eq!(head[0].target.as_deref(), Some("refs/heads/main"));
        let tag = remote.list(&["refs/tags/"]).await.unwrap().remove(0);
        assert_ne!(tag.id.to_string(), commit);
        assert_eq!(tag.commit().to_string(), commit);
    }
}

#[tokio::test]
async fn each_kind_of_reference_finds_its_commit_and_revision() {
    let Some(lab) = Lab::new() else { return };
    let repository = lab.repository("a.git");
    let first = repository.commit_file("a", "1");
    repository.git(&["tag", "-a", "-m", "one", "v1"]);
    repository.git(&["tag", "light"]);
    let second = repository.commit_file("a", "2");
    repository.git(&["push", "-q", "origin", "HEAD:refs/pull/7/head", "HEAD:refs/heads/team/x"]);
    for old in [false, true] {
        let server =
            Server::start(lab.root.path().into(), Behaviour { old, ..Behaviour::default() }).await;
        let remote = remote(&server.url("a.git"));
        let with_branch = |commit: &str| {
            let mut reference = Reference::commit(commit);
            reference.branch = Some("main".into());
            reference
        };
        let with_name = |commit: &str| {
            let mut reference = Reference::commit(commit);
            reference.name = Some("refs/pull/7/head".into());
            reference
        };
        for (reference, expected) in [
            (Reference::branch("main"), format!("main@sha1:{second}")),
            (Reference::branch("team/x"), format!("team/x@sha1:{second}")),
            (Reference::tag("v1"), format!("v1@sha1:{first}")),
            (Reference::tag("light"), format!("light@sha1:{first}")),
            (Reference::name("refs/heads/main"), format!("refs/heads/main@sha1:{second}")),
            (Reference::name("refs/tags/v1"), format!("refs/tags/v1@sha1:{first}")),
            (Reference::name("refs/tags/v1^{}"), format!("refs/tags/v1^{{}}@sha1:{first}")),
            (Reference::name("refs/pull/7/head"), format!("refs/pull/7/head@sha1:{second}")),
            (Reference::name("HEAD"), format!("HEAD@sha1:{second}")),
            (Reference::commit(&first), format!("sha1:{first}")),
            (with_branch(&first), format!("main@sha1:{first}")),
            (with_name(&first), format!("refs/pull/7/head@sha1:{first}")),
        ] {
            assert_eq!(
                remote.resolve(&reference).await.unwrap().revision().to_string(),
                expected,
                "{reference:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_missing_is_named_and_an_empty_repository_is_told_apart() {
    let Some(lab) = Lab::new() else { return };
    let repository = lab.repository("a.git");
    lab.repository("empty.git");
    repository.commit_file("a", "1");
    for old in [false, true] {
        let server =
            Server::start(lab.root.path().into(), Behaviour { old, ..Behaviour::default() }).await;
        let found = remote(&server.url("a.git"));
        for (reference, what) in [
            (Reference::branch("nope"), "branch \"nope\""),
            (Reference::tag("nope"), "tag \"nope\""),
            (Reference::name("refs/pull/9/head"), "reference \"refs/pull/9/head\""),
            (Reference::default(), "branch \"master\""),
        ] {
            let error = found.resolve(&reference).await.unwrap_err();
            assert!(matches!(&error, Error::ReferenceNotFound { .. }), "{error:?}");
            assert_eq!(error.to_string(), format!("{}: {what} not found", server.url("a.git")));
        }
        let error =
            remote(&server.url("empty.git")).resolve(&Reference::default()).await.unwrap_err();
        assert!(matches!(error, Error::EmptyRepository { .. }), "{error:?}");
        let error =
            remote(&server.url("nope.git")).resolve(&Reference::default()).await.unwrap_err();
        assert!(matches!(error, Error::RepositoryNotFound { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn asking_again_costs_one_request() {
    let Some(lab) = Lab::new() else { return };
    lab.repository("a.git").commit_file("a", "1");
    let server = Server::start(lab.root.path().into(), Behaviour::default()).await;
    let remote = remote(&server.url("a.git"));
    let main = Reference::branch("main");
    remote.resolve(&main).await.unwrap();
    assert_eq!(server.lines(), ["GET /a.git/info/refs", "POST /a.git/git-upload-pack"]);
    remote.resolve(&main).await.unwrap();
    assert_eq!(server.lines(), ["POST /a.git/git-upload-pack"]);

    let old =
        Server::start(lab.root.path().into(), Behaviour { old: true, ..Behaviour::default() })
            .await;
    let remote = self::remote(&old.url("a.git"));
    for _ in 0..2 {
        remote.resolve(&main).await.unwrap();
        assert_eq!(old.lines(), ["GET /a.git/info/refs"]);
    }
}
