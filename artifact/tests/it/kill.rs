//! A process that is killed while it unpacks leaves all of a folder or nothing.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io};

use gotk_artifact::{Digest, PackOptions, Tree, TreeBuilder, UnpackOptions, unpack_to_folder};

use crate::flux::packed;

const TARGET: &str = "GOTK_TEST_KILL_TARGET";
const DIGEST: &str = "GOTK_TEST_KILL_DIGEST";

/// Not a test: what the killed process does. Without the variables it does nothing.
#[test]
fn child() {
    let (Ok(target), Ok(digest)) = (env::var(TARGET), env::var(DIGEST)) else { return };
    let options = UnpackOptions::default();
    unpack_to_folder(io::stdin().lock(), &digest.parse().unwrap(), target, &options).unwrap();
}

#[test]
fn all_or_nothing_wherever_it_is_killed() {
    let tree = tree();
    let (digest, archive) = packed(&tree, &PackOptions::default());
    let parent = tempfile::tempdir().unwrap();
    let target = parent.path().join("target");
    for part in 0..=8 {
        let fed = archive.len() * part / 8;
        let mut child = start(&target, &digest);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&archive[..fed]).unwrap();
        stdin.flush().unwrap();
        wait_for_work(parent.path(), part > 0);
        child.kill().unwrap();
        child.wait().unwrap();
        drop(stdin);
        // The last byte was given, and still nobody knew that it was the last: no digest was compared.
        assert!(!target.exists(), "killed after {fed} of {} bytes", archive.len());
    }

    // Killed somewhere behind the last byte: before or after the one step that counts.
    let mut whole = 0;
    for delay in 0..12 {
        let mut child = start(&target, &digest);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&archive).unwrap();
        drop(stdin);
        std::thread::sleep(Duration::from_millis(delay * delay));
        child.kill().unwrap();
        child.wait().unwrap();
        if target.exists() {
            assert_eq!(Tree::directory(&target).unwrap().digest().unwrap(), tree.digest().unwrap());
            fs::remove_dir_all(&target).unwrap();
            whole += 1;
        }
    }

    let options = UnpackOptions::default();
    unpack_to_folder(&archive[..], &digest, &target, &options).unwrap();
    assert_eq!(Tree::directory(&target).unwrap().digest().unwrap(), tree.digest().unwrap());
    let left: Vec<_> =
        fs::read_dir(parent.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["target"], "what the killed have left is gone ({whole} of 12 were whole)");
}

fn start(target: &Path, digest: &Digest) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "kill::child"])
        .env(TARGET, target)
        .env(DIGEST, digest.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until the child has begun to write, so that the kill finds it at work.
fn wait_for_work(parent: &Path, expect_files: bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        let started = fs::read_dir(parent).unwrap().flatten().any(|entry| {
            let files = fs::read_dir(entry.path()).map_or(0, Iterator::count);
            !expect_files || files > 0
        });
        if started {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// About a megabyte that does not compress, so that bytes fed are files written.
fn tree() -> Tree {
    let mut state = 1_u64;
    let mut noise = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    let add = |tree: TreeBuilder, index: usize| {
        let bytes: Vec<u8> = (0..5000).map(|_| noise()).collect();
        tree.file(format!("folder-{}/file-{index}", index % 7), bytes).unwrap()
    };
    (0..200).fold(TreeBuilder::new(), add).build()
}
