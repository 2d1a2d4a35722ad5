//! Commits brought here: what travels, and what is made of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gotk_git::{Cache, CacheOptions, Reference};

use crate::git::{Lab, git};
use crate::listing::remote;
use crate::server::{Behaviour, Server};

pub(crate) fn cache(lab: &Lab) -> Cache {
    Cache::open(lab.root.path().join("cache"), CacheOptions::default()).unwrap()
}

/// Every path below a folder, with what is there.
fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let kind = entry.file_type().unwrap();
            if name == ".git" {
            } else if kind.is_symlink() {
                found.insert(
                    name,
                    fs::read_link(path).unwrap().into_os_string().into_encoded_bytes(),
                );
            } else if kind.is_dir() {
                open.push(path);
            } else {
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

#[tokio::test]
async fn a_commit_is_written_as_git_writes_it() {
    let Some(lab) = Lab::new() else { return };
    let repository = lab.repository("a.git");
    repository.write("run.sh", "#!/bin/sh\n");
    repository.write("deep/er/file.yaml", "a: 1\n");
    repository.write("ünïcode & spaces.txt", "x");
    repository.write("empty", "");
    std::os::unix::fs::symlink("deep/er", repository.work.join("link")).unwrap();
    repository.git(&["add", "-A"]);
    repository.git(&["update-index", "--chmod=+x", "run.sh"]);
    repository.git(&["commit", "-qm", "all kinds\n\nand a body"]);
    repository.push();
    for old in [false, true] {
        let server =
            Server::start(lab.root.path().into(), Behaviour { old, ..Behaviour::default() }).await;
        let commit = cache(&lab)
            .fetch(&remote(&server.url("a.git")), &Reference::branch("main"))
            .await
            .unwrap();
        let ours = lab.root.path().join(format!("ours-{old}"));
        commit.write_to(&ours).unwrap();
        assert_eq!(contents(&ours), contents(&repository.work));
        let mode = |path: &str| {
            use std::os::unix::fs::PermissionsExt as _;
            fs::metadata(ours.join(path)).unwrap().permissions().mode() & 0o111 != 0
        };
        assert!(mode("run.sh") && !mode("empty"));
        assert_eq!(commit.files(), 5);
        assert_eq!(commit.info().subject(), "all kinds");
        assert_eq!(commit.info().author.name, "Ann Author");
        assert_eq!(
            (commit.info().author.seconds, commit.info().author.offset),
            (1_700_000_000, 3600)
        );
    }
}

#[tokio::test]
async fn one_commit_travels_and_later_only_what_changed() {
    let Some(lab) = Lab::new() else { return };
    let repository = lab.repository("a.git");
    let noise: Vec<u8> =
        (0..30_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    for version in 0..5 {
        repository.write(
            "big",
            [noise.as_slice(), &[version]].concat().iter().rev().copied().collect::<Vec<_>>(),
        );
        repository.commit_file("small", version.to_string());
    }
    let server = Server::start(lab.root.path().into(), Behaviour::default()).await;
    let (cache, remote) = (cache(&lab), remote(&server.url("a.git")));
    let main = Reference::branch("main");

    cache.fetch(&remote, &main).await.unwrap();
    let seen = server.take();
    assert_eq!(
        seen.iter().map(|s| &*s.line).collect::<Vec<_>>()[1..],
        ["POST /a.git/git-upload-pack"; 2]
    );
    assert_eq!(git_count(&lab), 4, "a commit, a tree and two files");

    cache.fetch(&remote, &main).await.unwrap();
    assert_eq!(server.lines(), ["POST /a.git/git-upload-pack"], "an unchanged remote is listed");

    repository.commit_file("small", "changed");
    cache.fetch(&remote, &main).await.unwrap();
    let seen = server.take();
    assert_eq!(seen.len(), 2, "a listing and a pack");
    assert!(
        seen[1].answered < 1000,
        "the big file does not travel again: {} bytes",
        seen[1].answered
    );
    assert_eq!(git_count(&lab), 7);
}

/// How many objects git itself counts in the cache, after finding no fault with them.
fn git_count(lab: &Lab) -> usize {
    let repository = fs::read_dir(lab.root.path().join("cache"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path()
        .join("0.git");
    for commit in fs::read_dir(repository.join("complete")).unwrap() {
        git(&repository, &["fsck", "--strict", commit.unwrap().file_name().to_str().unwrap()]);
    }
    let counted = git(&repository, &["count-objects", "-v"]);
    counted.lines().find_map(|line| line.strip_prefix("in-pack: ")).unwrap().parse().unwrap()
}

#[tokio::test]
async fn every_way_to_ask_brings_one_commit_alone() {
    let Some(lab) = Lab::new() else { return };
    let repository = lab.repository("a.git");
    let first = repository.commit_file("a", "1");
    repository.git(&["tag", "-a", "-m", "one", "v1.0.0"]);
    repository.git(&["tag", "light"]);
    repository.commit_file("a", "2");
    repository.git(&["push", "-q", "origin", "HEAD:refs/pull/7/head"]);
    repository.commit_file("a", "3");
    repository.bare(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    for old in [false, true] {
        let server =
            Server::start(lab.root.path().into(), Behaviour { old, ..Behaviour::default() }).await;
        let remote = remote(&server.url("a.git"));
        for (reference, objects) in [
            (Reference::branch("main"), 3),
            (Reference::tag("v1.0.0"), 4),
            (Reference::tag("light"), 3),
            (Reference::name("refs/pull/7/head"), 3),
            (Reference::commit(&first), 3),
        ] {
            let _ = fs::remove_dir_all(lab.root.path().join("cache"));
            cache(&lab).fetch(&remote, &reference).await.unwrap();
            assert_eq!(counted(&lab), objects, "{reference:?}");
        }
    }
}

/// How many objects are in the cache.
pub(crate) fn counted(lab: &Lab) -> usize {
    let repository = fs::read_dir(lab.root.path().join("cache"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path()
        .join("0.git");
    let counted = git(&repository, &["count-objects", "-v"]);
    counted.lines().find_map(|line| line.strip_prefix("in-pack: ")).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_sparse_commit_shows_its_directories_and_no_others() {
    let Some(lab) = Lab::new() else { return };
    let repository = lab.repository("a.git");
    for path in
        ["top", "deploy/prod/a", "deploy/prod/deep/b", "deploy/production/c", "deploy/d", "base/e"]
    {
        repository.write(path, path);
    }
    repository.commit("some");
    let server = Server::start(lab.root.path().into(), Behaviour::default()).await;
    let remote = remote(&server.url("a.git"));
    let commit = cache(&lab).fetch(&remote, &Reference::branch("main")).await.unwrap();
    let sparse = commit.only(["./deploy/prod/", "base"]).unwrap();
    let to = lab.root.path().join("sparse");
    sparse.write_to(&to).unwrap();
    let paths: Vec<_> = contents(&to).into_keys().collect();
    assert_eq!(paths, ["base/e", "deploy/prod/a", "deploy/prod/deep/b"]);
    assert_eq!((sparse.files(), commit.files()), (3, 6));
    assert_eq!(commit.only(["."]).unwrap().files(), 6);
    for missing in ["nope", "deploy/pro", "top", "../deploy"] {
        let error = commit.only([missing]).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("{}: directory {missing:?} not found in the commit", remote.url())
        );
    }
}

#[tokio::test]
async fn submodules_and_lfs_pointers_are_reported() {
    let Some(lab) = Lab::new() else { return };
    let other = lab.repository("other.git");
    let theirs = other.commit_file("x", "1");
    let repository = lab.repository("a.git");
    let hash = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{hash}\nsize 7\n");
    repository.write("large.bin", pointer);
    repository.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{theirs},vendor/other"),
    ]);
    repository.git(&["add", "large.bin"]);
    repository.git(&["commit", "-qm", "pointers"]);
    repository.push();
    let server = Server::start(lab.root.path().into(), Behaviour::default()).await;
    let commit =
        cache(&lab).fetch(&remote(&server.url("a.git")), &Reference::branch("main")).await.unwrap();
    let submodules: Vec<_> = commit.submodules().map(|(path, id)| format!("{path} {id}")).collect();
    assert_eq!(submodules, [format!("vendor/other {theirs}")]);
    let pointers = commit.lfs_pointers().unwrap();
    assert_eq!(
        (pointers.len(), &*pointers[0].path, &*pointers[0].sha256, pointers[0].size),
        (1, "large.bin", hash, 7)
    );
}
