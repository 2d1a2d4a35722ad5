//! The Git server, asked by the `git` program. Where there is none these tests say so and do nothing.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on ends, and says what it skips"
)]

use std::path::Path;
use std::process::Stdio;

use gotk_testenv::git::{Change, GitOptions, GitServer, Protocol, Repository};
use tempfile::TempDir;
use tokio::process::Command;

/// A place for working copies, where there is a git program.
fn place() -> Option<TempDir> {
    if std::process::Command::new("git").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: this test needs the git program as the client");
        return None;
    }
    Some(tempfile::tempdir().unwrap())
}

/// Runs git away from every configuration of this machine, and returns what it prints.
async fn git(directory: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .current_dir(directory)
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_end().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// Two commits on `main`, tags of both kinds, files of all kinds.
fn filled(repository: &Repository) -> (String, String) {
    let first = repository.commit("main", [("a.txt", "1"), ("deep/er/b.txt", "2")]).unwrap();
    repository.tag("light", &first).unwrap();
    let change =
        Change::on("main").executable("run.sh", "#!/bin/sh\n").link("deep-link", "deep/er");
    let second = repository.apply(change.remove("a.txt").message("all kinds")).unwrap();
    repository.annotated_tag("v1.0.0", &second, "one").unwrap();
    (first, second)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn git_clones_by_every_protocol_and_finds_no_fault() {
    let Some(place) = place() else { return };
    for protocol in [Protocol::Zero, Protocol::One, Protocol::Two] {
        let server = GitOptions::default().protocol(protocol).start().await.unwrap();
        let repository = server.create_repository("team/a.git");
        let (first, second) = filled(&repository);
        let url = repository.url();
        for (asked, commits) in [("2", 2), ("1", 1), ("0", 2)] {
            let to = place.path().join(format!("{protocol:?}-{asked}"));
            let config = format!("protocol.version={asked}");
            let depth = format!("--depth={commits}");
            let arguments = ["-c", &config, "clone", "-q", &depth, &url, to.to_str().unwrap()];
            git(place.path(), &arguments).await.unwrap();
            git(&to, &["fsck", "--strict"]).await.unwrap();
            assert_eq!(git(&to, &["rev-parse", "HEAD"]).await.unwrap(), second);
            let count = git(&to, &["rev-list", "--count", "HEAD"]).await.unwrap();
            assert_eq!(count, commits.to_string());
            assert!(std::fs::symlink_metadata(to.join("deep-link")).unwrap().is_symlink());
            assert!(!to.join("a.txt").exists());
            git(&to, &["-c", &config, "fetch", "-q", "--unshallow"]).await.ok();
            assert_eq!(git(&to, &["rev-parse", "HEAD~1"]).await.unwrap(), first);
        }
        let listed = git(place.path(), &["ls-remote", &url]).await.unwrap();
        assert!(listed.contains("refs/tags/v1.0.0^{}"), "{listed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn git_fetches_what_is_new_and_no_more() {
    let Some(place) = place() else { return };
    for protocol in [Protocol::Zero, Protocol::Two] {
        let server = GitOptions::default().protocol(protocol).start().await.unwrap();
        let repository = server.create_repository("a.git");
        let noise: Vec<u8> =
            (0..50_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        repository.apply(Change::on("main").write("big", noise).write("small", "1")).unwrap();
        let to = place.path().join(format!("{protocol:?}"));
        let clone = ["clone", "-q", &repository.url(), to.to_str().unwrap()];
        git(place.path(), &clone).await.unwrap();
        let newest = repository.commit("main", [("small", "2")]).unwrap();
        server.take_requests();
        git(&to, &["pull", "-q", "--ff-only"]).await.unwrap();
        git(&to, &["fsck", "--strict"]).await.unwrap();
        assert_eq!(git(&to, &["rev-parse", "HEAD"]).await.unwrap(), newest);
        let sent: u64 = server.take_requests().iter().map(|request| request.sent_bytes).sum();
        assert!(sent < 10_000, "{protocol:?}: the big file was sent again: {sent} bytes");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn git_is_let_in_with_the_password_and_not_without() {
    let Some(place) = place() else { return };
    let server = GitOptions::default().basic("bob", "s3cret").start().await.unwrap();
    let repository = server.create_repository("a.git");
    filled(&repository);
    let refused = git(place.path(), &["ls-remote", &repository.url()]).await.unwrap_err();
    assert!(refused.contains("Username") || refused.contains("terminal prompts"), "{refused}");
    let url = repository.url().replace("://", "://bob:s3cret@");
    assert!(git(place.path(), &["ls-remote", &url]).await.unwrap().contains("refs/heads/main"));
    let missing =
        git(place.path(), &["ls-remote", &server.url("b.git").replace("://", "://bob:s3cret@")])
            .await;
    assert!(missing.unwrap_err().contains("not found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn git_reads_repositories_of_sha256() {
    let Some(place) = place() else { return };
    let server = GitServer::start().await.unwrap();
    let repository = server.create_repository_sha256("a.git");
    let (_, second) = filled(&repository);
    let to = place.path().join("a");
    git(place.path(), &["clone", "-q", &repository.url(), to.to_str().unwrap()]).await.unwrap();
    git(&to, &["fsck", "--strict"]).await.unwrap();
    assert_eq!(git(&to, &["rev-parse", "HEAD"]).await.unwrap(), second);
}
