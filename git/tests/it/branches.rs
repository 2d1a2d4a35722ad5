//! A commit that is named together with a branch has to be on it.

use gotk_git::{Credentials, Error, Reference};
use gotk_testenv::git::{Change, GitOptions, Protocol};

use crate::served::{Place, remote};

fn on(branch: &str, commit: &str) -> Reference {
    let mut reference = Reference::commit(commit);
    reference.branch = Some(branch.to_owned());
    reference
}

#[tokio::test]
async fn a_commit_that_is_not_on_its_branch_is_not_found() {
    for protocol in [Protocol::Two, Protocol::Zero] {
        let server = GitOptions::default().protocol(protocol).start().await.unwrap();
        let repository = server.create_repository("a.git");
        let first = repository.commit("main", [("a", "1")]).unwrap();
        let second = repository.commit("main", [("a", "2")]).unwrap();
        let side = Change::on("side").parents([&first]).write("b", "1");
        let side = repository.apply(side).unwrap();
        let merged = Change::on("main").parents([&second, &side]).message("merge");
        let merged = repository.apply(merged).unwrap();
        let later = repository.apply(Change::on("side").write("b", "2")).unwrap();
        let place = Place::new();
        let remote = remote(&repository.url(), Credentials::anonymous());
        for (branch, commit, found) in [
            ("main", &first, true),
            ("main", &second, true),
            ("main", &side, true), // through the merge
            ("main", &merged, true),
            ("main", &later, false),
            ("side", &later, true),
            ("side", &first, true),
            ("side", &second, false),
        ] {
            match place.cache.fetch(&remote, &on(branch, commit)).await {
                Ok(fetched) => {
                    assert!(found, "{commit} on {branch}");
                    assert_eq!(fetched.revision().to_string(), format!("{branch}@sha1:{commit}"));
                }
                Err(error) => {
                    assert!(
                        !found && matches!(error, Error::ReferenceNotFound { .. }),
                        "{error:?}"
                    );
                    let words = format!("commit {commit} on branch {branch:?} not found");
                    assert!(error.to_string().ends_with(&words), "{error}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_was_found_on_a_branch_is_asked_again_when_the_branch_moves() {
    let server = GitOptions::default().start().await.unwrap();
    let repository = server.create_repository("a.git");
    let first = repository.commit("main", [("a", "1")]).unwrap();
    repository.commit("main", [("a", "2")]).unwrap();
    let place = Place::new();
    let remote = remote(&repository.url(), Credentials::anonymous());
    let fetches = || server.take_requests().iter().filter(|request| request.is_fetch()).count();
    let pinned = on("main", &first);
    place.cache.fetch(&remote, &pinned).await.unwrap();
    assert_eq!(fetches(), 2, "the commit, and what lies between it and the tip");
    place.cache.fetch(&remote, &pinned).await.unwrap();
    assert_eq!(fetches(), 0);
    repository.commit("main", [("a", "3")]).unwrap();
    place.cache.fetch(&remote, &pinned).await.unwrap();
    assert_eq!(fetches(), 1);
    // Somebody throws the branch away and begins it anew.
    repository.apply(Change::on("main").parents([""; 0]).write("a", "4")).unwrap();
    let error = place.cache.fetch(&remote, &pinned).await.unwrap_err();
    assert!(matches!(error, Error::ReferenceNotFound { .. }), "{error:?}");
}
