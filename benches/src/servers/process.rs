//! The embedded server as a process, and what processes use.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use kube::{Client, Config};

use crate::Error;

/// The program, running; it ends with this.
pub(crate) struct Embedded {
    child: Child,
    /// It says more than its address, and somebody has to be there to hear it.
    _out: BufReader<ChildStdout>,
    url: String,
    ready: Duration,
}

impl Embedded {
    pub(crate) fn start() -> Result<Self, Error> {
        let program = program()?;
        let begun = Instant::now();
        let mut child = Command::new(&program)
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("failed to start {}: {error}", program.display()))?;
        let out = child.stdout.take().ok_or("the program has no output")?;
        let mut out = BufReader::new(out);
        let mut line = String::new();
        out.read_line(&mut line)?;
        let ready = begun.elapsed();
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.ok_or_else(|| format!("no address in {line:?}"))?.to_owned();
        Ok(Self { child, _out: out, url, ready })
    }

    pub(crate) fn client(&self) -> Result<Client, Error> {
        Ok(Client::try_from(Config::new(self.url.parse()?))?)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// From before the process was made to the line that says where it serves.
    pub(crate) fn ready_after(&self) -> Duration {
        self.ready
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // A process that is gone already needs no end.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// `GOTK_APISERVER`, or the program beside this one.
fn program() -> Result<PathBuf, Error> {
    if let Some(path) = std::env::var_os("GOTK_APISERVER") {
        return Ok(path.into());
    }
    Ok(std::env::current_exe()?.with_file_name("gotk-apiserver"))
}

/// CPU time of processes, in seconds.
pub(crate) fn cpu(pids: &[u32]) -> Result<f64, Error> {
    let tick = rustix::param::clock_ticks_per_second() as f64;
    let mut total = 0.0;
    for pid in pids {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The second field is a name in brackets that may hold anything.
        let (_, fields) = stat.rsplit_once(')').ok_or("a stat file without a name")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        for at in [11, 12] {
            let ticks: f64 = fields.get(at).ok_or("a short stat file")?.parse()?;
            total += ticks / tick;
        }
    }
    Ok(total)
}

/// What a process holds in memory, or held at most (`VmRSS`, `VmHWM`), in MB of 10^6 bytes.
pub(crate) fn memory(pids: &[u32], field: &str) -> Result<f64, Error> {
    let mut total = 0.0;
    for pid in pids {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find(|line| line.starts_with(field)).ok_or("no such field")?;
        let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
        total += kilobytes * 1024.0 / 1e6;
    }
    Ok(total)
}
