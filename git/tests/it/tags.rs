//! Ranges of versions over the tags of a repository.

use gotk_git::{Error, Reference};

use crate::fetch::{cache, counted};
use crate::git::Lab;
use crate::listing::remote;
use crate::server::{Behaviour, Server};

#[tokio::test]
async fn of_ten_thousand_tags_one_commit_travels() {
    let Some(lab) = Lab::new() else { return };
    let repository = lab.repository("a.git");
    let old = repository.commit_file("a", "1");
    let new = repository.commit_file("a", "2");
    let mut packed = String::from("# pack-refs with: peeled fully-peeled sorted\n");
    let mut names: Vec<_> = (0..100)
        .flat_map(|minor| (0..100).map(move |patch| format!("v1.{minor}.{patch}")))
        .collect();
    names.sort_unstable();
    for name in names {
        let commit = if name == "v1.42.99" { &new } else { &old };
        packed += &format!("{commit} refs/tags/{name}\n");
    }
    std::fs::write(repository.bare.join("packed-refs"), packed).unwrap();
    for old in [false, true] {
        let server =
            Server::start(lab.root.path().into(), Behaviour { old, ..Behaviour::default() }).await;
        let remote = remote(&server.url("a.git"));
        let _ = std::fs::remove_dir_all(lab.root.path().join("cache"));
        let commit = cache(&lab).fetch(&remote, &Reference::semver("~1.42")).await.unwrap();
        assert_eq!(commit.revision().to_string(), format!("v1.42.99@sha1:{new}"));
        assert_eq!(counted(&lab), 3);
        assert_eq!(server.lines().len(), if old { 2 } else { 3 });
    }
}

#[tokio::test]
async fn of_versions_that_differ_in_metadata_the_newest_commit_counts() {
    let Some(lab) = Lab::new() else { return };
    let repository = lab.repository("a.git");
    for (tag, date) in
        [("1.0.0+a", "1700000100"), ("1.0.0+c", "1700000300"), ("v1.0.0+b", "1700000200")]
    {
        repository.git(&[
            "-c",
            &format!("user.name={tag}"),
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            tag,
        ]);
        let tree = repository.git(&["rev-parse", "HEAD^{tree}"]);
        let text = format!(
            "tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> {date} +0000\n\n{tag}\n"
        );
        repository.write("commit", text);
        let commit = repository.git(&["hash-object", "-t", "commit", "-w", "commit"]);
        repository.git(&["tag", "-a", "-m", tag, tag, &commit]);
    }
    repository.push();
    for old in [false, true] {
        let server =
            Server::start(lab.root.path().into(), Behaviour { old, ..Behaviour::default() }).await;
        let commit = cache(&lab)
            .fetch(&remote(&server.url("a.git")), &Reference::semver("1.x"))
            .await
            .unwrap();
        assert_eq!(commit.info().subject(), "1.0.0+c");
        assert!(commit.revision().to_string().starts_with("1.0.0+c@sha1:"));
    }
}

#[tokio::test]
async fn a_range_without_tags_or_sense_is_an_error() {
    let Some(lab) = Lab::new() else { return };
    lab.repository("a.git").commit_file("a", "1");
    let server = Server::start(lab.root.path().into(), Behaviour::default()).await;
    let remote = remote(&server.url("a.git"));
    let error = remote.resolve(&Reference::semver(">=2")).await.unwrap_err();
    assert!(matches!(error, Error::ReferenceNotFound { .. }), "{error:?}");
    assert!(error.to_string().ends_with("tag in the range \">=2\" not found"), "{error}");
    let error = remote.resolve(&Reference::semver("not a range")).await.unwrap_err();
    assert!(matches!(error, Error::InvalidReference { .. }), "{error:?}");
}
