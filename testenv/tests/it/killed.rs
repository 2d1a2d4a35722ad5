//! Nothing is left of a process that was killed.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gotk_testenv::{Assets, Component, Controllers, Options};

use crate::start;

/// Set in the process that is to be killed.
const VICTIM: &str = "GOTK_TESTENV_VICTIM";

/// Whether a process runs; one that waits to be buried by its parent does not.
pub(crate) fn is_alive(pid: u32) -> bool {
    let out = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8_lossy(&out.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

/// All processes that mention the folder: components, their shells, and the folder's own.
fn mentioning(folder: &str) -> Vec<String> {
    let out = Command::new("ps").args(["-A", "-o", "pid=,stat=,args="]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.lines().filter(|line| line.contains(folder)).map(str::to_owned).collect()
}

/// This test binary again, holding a control plane until it is killed.
#[tokio::test]
async fn victim() {
    if env::var_os(VICTIM).is_none() {
        return;
    }
    let Some(plane) = start(Options::default().controllers(Controllers::Usual)).await else {
        return;
    };
    // The paused one must go as well.
    plane.pause(Component::Etcd).unwrap();
    println!("\nfolder {}", plane.folder().display());
    std::thread::sleep(Duration::from_secs(600));
}

#[test]
fn kill_9_of_a_test_process_leaves_no_child_and_no_folder() {
    if Assets::or_skip("kill -9 of a test process").unwrap().is_none() {
        return;
    }
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["--exact", "killed::victim", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let folder =
        lines.map_while(Result::ok).find_map(|l| l.strip_prefix("folder ").map(str::to_owned));
    let folder = folder.expect("the victim says where its folder is");
    let before = mentioning(&folder);
    assert_eq!(before.len(), 4, "three components and the shell of the folder: {before:#?}");

    victim.kill().unwrap();
    victim.wait().unwrap();
    let killed = Instant::now();
    while !mentioning(&folder).is_empty() || fs::exists(PathBuf::from(&folder)).unwrap() {
        let left = mentioning(&folder);
        assert!(killed.elapsed() < Duration::from_secs(30), "left: {left:#?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("{} processes were gone {:?} after the kill", before.len(), killed.elapsed());
}
