//! A process that does not outlive ours, however ours ends.
//!
//! Linux' `PR_SET_PDEATHSIG` needs code between fork and exec, which is `unsafe`, and fires when the
//! starting *thread* ends, which in a test harness is soon. So a shell watches instead: it reads from
//! a pipe whose other end only we hold, and when the kernel closes that end, whatever ended us, it
//! kills its process group. The component was started into that group after the shell, so there is
//! no moment at which it runs unwatched, and as the shell itself is a member, the group's number
//! cannot have become somebody else's.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A running program and the shell that watches over it.
///
/// Dropped, it ends as it would when the machine is out of memory.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    _watch: Watch,
}

impl Process {
    /// Starts a program; what it prints is added to the log.
    pub(crate) fn start(program: &Path, args: &[String], log: &Path) -> io::Result<Self> {
        let out = File::options().create(true).append(true).open(log)?;
        let watch = Watch::start("read -r _; kill -KILL 0", &[])?;
        let child = Command::new(program)
            .args(args)
            .env_remove("KUBECONFIG")
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .process_group(watch.group())
            .spawn()?;
        Ok(Self { child, _watch: watch })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Stops it in its tracks: its sockets stay open, and nothing answers.
    pub(crate) fn pause(&self) -> io::Result<()> {
        self.signal(Signal::STOP)
    }

    pub(crate) fn resume(&self) -> io::Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill(); // an error says that it has ended already
        let _ = self.child.wait();
    }
}

/// A shell that acts when we are gone.
#[derive(Debug)]
struct Watch(Child);

impl Watch {
    fn start(script: &str, args: &[&Path]) -> io::Result<Self> {
        let shell = Command::new("/bin/sh")
            .args(["-c", script, "sh"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self(shell))
    }

    fn group(&self) -> i32 {
        self.0.id().cast_signed()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// A folder that is removed when dropped, or when we are killed.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    watch: Option<Watch>,
}

impl Folder {
    /// Makes a folder under the system's temporary one.
    pub(crate) fn create(keep: bool) -> io::Result<Self> {
        let path = tempfile::Builder::new().prefix("gotk-testenv-").tempdir()?.keep();
        // The components die at the same moment, and one of them may still be writing.
        let script =
            r#"read -r _; for s in 0 0.3 1; do sleep $s; [ -e "$1" ] && rm -rf "$1"; done"#;
        let watch = if keep { None } else { Some(Watch::start(script, &[&path])?) };
        Ok(Self { path, watch })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(Watch(shell)) = &mut self.watch {
            let _ = fs::remove_dir_all(&self.path);
            let _ = shell.kill(); // nothing is left for it to do, and it would take its time
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn sleeper(log: &Path) -> Process {
        Process::start(Path::new("/bin/sleep"), &["600".into()], log).unwrap()
    }

    fn state(pid: u32) -> Option<String> {
        let out =
            Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
        Some(String::from_utf8(out.stdout).unwrap().trim().to_owned()).filter(|s| !s.is_empty())
    }

    fn eventually(what: &str, holds: impl Fn() -> bool) {
        let held = (0..200).any(|_| {
            holds() || {
                thread::sleep(Duration::from_millis(25));
                false
            }
        });
        assert!(held, "{what}");
    }

    #[test]
    fn a_dropped_process_is_gone_and_so_is_its_watch() {
        let folder = Folder::create(false).unwrap();
        let process = sleeper(&folder.path().join("log"));
        let pids = [process.pid(), process._watch.0.id()];
        assert!(pids.iter().all(|&pid| state(pid).is_some()));
        drop(process);
        assert!(pids.iter().all(|&pid| state(pid).is_none()));
    }

    #[test]
    fn a_paused_process_dies_with_its_watch_all_the_same() {
        let folder = Folder::create(false).unwrap();
        let mut process = sleeper(&folder.path().join("log"));
        process.pause().unwrap();
        eventually("paused", || state(process.pid()).is_some_and(|s| s.starts_with('T')));
        drop(process._watch.0.stdin.take()); // as the kernel does when we are killed
        eventually("killed", || state(process.pid()).is_none_or(|s| s.starts_with('Z')));
        assert!(process.ended().is_some());
    }

    #[test]
    fn a_resumed_process_runs_on() {
        let folder = Folder::create(false).unwrap();
        let process = sleeper(&folder.path().join("log"));
        process.pause().unwrap();
        eventually("paused", || state(process.pid()).is_some_and(|s| s.starts_with('T')));
        process.resume().unwrap();
        eventually("resumed", || state(process.pid()).is_some_and(|s| s.starts_with('S')));
    }

    #[test]
    fn a_folder_goes_when_dropped_and_when_its_watch_sees_the_end() {
        let folder = Folder::create(false).unwrap();
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());

        let mut folder = Folder::create(false).unwrap();
        let path = folder.path().to_owned();
        drop(folder.watch.as_mut().unwrap().0.stdin.take());
        eventually("removed", || !path.exists());
    }
}
