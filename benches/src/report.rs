//! Runs rows, ours and the peer alternating, and writes what came out.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};
use wait4::Wait4;

use crate::measure::Measurement;
use crate::row::Row;
use crate::{Error, diff, growth, host, measure, peer, rows, say};

/// One process' measurement and the most memory it held.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Run {
    #[serde(flatten)]
    measurement: Measurement,
    peak_rss_bytes: u64,
}

/// A row's runs on both sides, or why the peer is missing.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Comparison {
    row: String,
    question: String,
    target: String,
    taken: Circumstances,
    ours: Vec<Run>,
    peer: Vec<Run>,
    peer_versions: Vec<String>,
    peer_error: Option<String>,
}

/// When and on what a row was measured.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Circumstances {
    date: String,
    machine: String,
    /// Load average over the minute before; above about 0.5 the figures are not final.
    load: String,
    rustc: String,
    go: String,
}

/// Measures `rows`, prints their table, and brings `results.json` and `RESULTS.md` up to date; rows
/// that were not asked for stay as they are.
pub(crate) fn run(rows: &[Row]) -> Result<(), Error> {
    let mut taken = Vec::new();
    for row in rows {
        say(&format!("measuring {} …", row.name));
        let comparison = compare(row)?;
        taken.push(comparison.clone());
        // At once: a run that is broken off keeps what it has measured.
        keep(comparison)?;
    }
    say(&table(&taken));
    Ok(())
}

/// Puts a row in place of its older figures, in the record and in the page made from it.
fn keep(new: Comparison) -> Result<(), Error> {
    let mut all = read();
    all.retain(|old| new.row != old.row);
    all.push(new);
    all.sort_by(|a, b| a.row.cmp(&b.row));
    write(&here().join("results.json"), &serde_json::to_string_pretty(&all).unwrap_or_default())?;
    rewrite()
}

/// What people have to say about rows below their target.
const NOTES: &str = include_str!("../NOTES.md");

/// Writes `RESULTS.md` anew from the records.
pub(crate) fn rewrite() -> Result<(), Error> {
    write(
        &here().join("RESULTS.md"),
        &(markdown(&read()) + NOTES + &growth::markdown() + &diff::record::markdown()),
    )
}

/// What has been measured of the rows there are.
fn read() -> Vec<Comparison> {
    let text = fs::read_to_string(here().join("results.json")).unwrap_or_default();
    let mut all: Vec<Comparison> = serde_json::from_str(&text).unwrap_or_default();
    all.retain(|row| is_a_row(&row.row));
    all
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_a_row(name: &str) -> bool {
    rows::all().iter().any(|row| row.name == name)
}

/// Where the input of a row is kept.
fn place(row: &Row) -> Result<PathBuf, Error> {
    let inputs = host::cache().join("bench-inputs");
    fs::create_dir_all(&inputs).map_err(|source| file("create", &inputs, source))?;
    Ok(inputs.join(row.name.replace('/', "-")))
}

/// The input of a row, and the process that made it.
struct Input {
    path: PathBuf,
    maker: Child,
}

impl Input {
    /// Makes it in a process of its own: the peak RSS of a child begins with that of its parent, so
    /// this one must stay small. The process stays, for an input may be the URL of what it serves.
    fn of(row: &Row, own: &Path) -> Result<Self, Error> {
        let path = place(row)?;
        let failed = |source| file("write", &path, source);
        let mut command = Command::new(own);
        command.args(["input", row.name]).arg(&path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut maker = command.spawn().map_err(failed)?;
        let mut line = String::new();
        if let Some(pipe) = maker.stdout.take() {
            BufReader::new(pipe).read_line(&mut line).map_err(failed)?;
        }
        if line.trim() != measure::MADE {
            return Err(failed(ErrorKind::Other.into()));
        }
        Ok(Self { path, maker })
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        drop(self.maker.stdin.take());
        let _ = self.maker.wait();
    }
}

/// Nanoseconds of CPU for one operation on an input, ours and the peer's: of three runs the middle.
pub(crate) fn cpu(row: &Row, input: &[u8], iterations: u32) -> Result<(f64, f64), Error> {
    let place = place(row)?;
    fs::write(&place, input).map_err(|source| file("write", &place, source))?;
    let input = place;
    let own = std::env::current_exe().map_err(|source| file("find", Path::new("self"), source))?;
    let (program, row) = (peer::build(row.peer)?, Row { iterations, ..*row });
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        ours.push(once(Command::new(&own).arg("ours"), &row, &input)?);
        peer.push(once(&mut Command::new(&program), &row, &input)?);
    }
    let cpu = |run: &Run| run.measurement.cpu_ns as f64 / run.measurement.iterations as f64;
    Ok((Spread::of(&ours, cpu).median, Spread::of(&peer, cpu).median))
}

fn compare(row: &Row) -> Result<Comparison, Error> {
    let own = std::env::current_exe().map_err(|source| file("find", Path::new("self"), source))?;
    let input = Input::of(row, &own)?;

    let mut comparison = Comparison {
        row: row.name.to_owned(),
        question: row.question.to_owned(),
        target: row.target.to_owned(),
        taken: Circumstances::now(),
        ours: Vec::new(),
        peer: Vec::new(),
        peer_versions: peer::versions(row.peer),
        peer_error: None,
    };
    let program = match row.peer {
        "" => None,
        name => Some(peer::build(name)),
    };
    for _ in 0..runs() {
        comparison.ours.push(once(Command::new(&own).arg("ours"), row, &input.path)?);
        match &program {
            None => comparison.peer_error = Some("no peer".to_owned()),
            Some(Ok(program)) => match once(&mut Command::new(program), row, &input.path) {
                Ok(run) => comparison.peer.push(run),
                Err(error) => comparison.peer_error = Some(error.to_string()),
            },
            Some(Err(error)) => comparison.peer_error = Some(error.to_string()),
        }
    }
    Ok(comparison)
}

fn once(command: &mut Command, row: &Row, input: &Path) -> Result<Run, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |source| file("run", Path::new(&program), source);
    // Files in memory where the system has such a place: the disk is not what is measured. What is
    // left in it goes when the run is over.
    let scratch = tempfile::tempdir_in(host::scratch()).map_err(failed)?;
    let mut child = command
        .env("TMPDIR", scratch.path())
        .arg(row.name)
        .arg(input)
        .arg(row.iterations.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let (mut printed, mut stderr) = (String::new(), String::new());
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_string(&mut printed).map_err(failed)?;
    }
    if let Some(mut pipe) = child.stderr.take() {
        pipe.read_to_string(&mut stderr).map_err(failed)?;
    }
    let usage = child.wait4().map_err(failed)?;
    if !usage.status.success() {
        // The page is for everybody: where the program lies on this machine is not.
        let name = Path::new(&program).file_name().unwrap_or_default();
        let program = name.to_string_lossy().into_owned();
        return Err(Error::Program { program, stderr: stderr.trim().to_owned() });
    }
    match serde_json::from_str(&printed) {
        Ok(measurement) => Ok(Run { measurement, peak_rss_bytes: usage.rusage.maxrss }),
        Err(_) => Err(Error::Protocol { program, printed }),
    }
}

fn markdown(all: &[Comparison]) -> String {
    let mut text = String::from("# Measured beside the originals\n\n");
    let _ = writeln!(
        text,
        "Written by `cargo run --release -p gotk-benches -- all`; losses are not left out.\n\
         One process a run, ours and the peer in turn; the median is shown and, in brackets, the spread.\n\
         CPU is user and system time of one operation; allocations are per operation.\n"
    );
    text.push_str(&table(all));
    text.push('\n');
    for Comparison { row, question, peer_versions, peer_error, taken, ours, .. } in all {
        let against = peer_error.clone().unwrap_or_else(|| peer_versions.join(", "));
        let Circumstances { date, machine, load, rustc, go } = taken;
        let _ = writeln!(
            text,
            "* `{row}`: {question}. Against {against}. {date}, {} runs each, load {load} before, {machine}, {rustc}, {go}. \
             Again: `cargo run --release -p gotk-benches -- {row}`",
            ours.len()
        );
    }
    text
}

fn table(comparisons: &[Comparison]) -> String {
    let mut text = String::from(
        "| row | ours CPU | peer CPU | times less CPU | ours wall | peer wall | peak RSS ours / peer | allocations ours / peer | bytes made ours / peer | same result | target |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for comparison in comparisons {
        text.push_str(&line(comparison));
    }
    text
}

fn line(comparison: &Comparison) -> String {
    let Comparison { row, target, ours, peer, .. } = comparison;
    let cpu = |run: &Run| run.measurement.cpu_ns as f64 / run.measurement.iterations as f64;
    let or_dash = |figure: f64, digits: usize| match figure.is_nan() {
        true => "–".to_owned(),
        false => format!("{figure:.digits$}"),
    };
    let wall = |run: &Run| run.measurement.wall_ns as f64 / run.measurement.iterations as f64;
    let rss = |run: &Run| run.peak_rss_bytes as f64 / (1024.0 * 1024.0);
    let allocations = |run: &Run| {
        run.measurement
            .allocs
            .map_or(f64::NAN, |all| all as f64 / run.measurement.iterations as f64)
    };
    let made = |run: &Run| run.measurement.made.map_or(f64::NAN, |made| made as f64);
    let result = |runs: &[Run]| runs.first().map(|run| run.measurement.result.clone());
    let (our_cpu, peer_cpu) = (Spread::of(ours, cpu), Spread::of(peer, cpu));
    let same = match (result(ours), result(peer)) {
        (_, None) => "no peer",
        (a, b) if a == b => "yes",
        _ => "**no**",
    };
    format!(
        "| {row} | {} | {} | {} | {} | {} | {} / {} MiB | {} / {} | {} / {} | {same} | {target} |\n",
        our_cpu.time(),
        peer_cpu.time(),
        or_dash(peer_cpu.median / our_cpu.median, 1),
        Spread::of(ours, wall).time(),
        Spread::of(peer, wall).time(),
        or_dash(Spread::of(ours, rss).median, 0),
        or_dash(Spread::of(peer, rss).median, 0),
        count(Spread::of(ours, allocations).median),
        count(Spread::of(peer, allocations).median),
        count(Spread::of(ours, made).median),
        count(Spread::of(peer, made).median),
    )
}

impl Circumstances {
    fn now() -> Self {
        Self {
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            machine: host::shape(),
            load: host::load(),
            rustc: version("rustc", "--version"),
            go: version("go", "version"),
        }
    }
}

/// The middle of several runs and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn of(runs: &[Run], figure: impl Fn(&Run) -> f64) -> Self {
        let mut figures: Vec<f64> = runs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        let at = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
        Self {
            least: at(0),
            median: at(figures.len() / 2),
            most: at(figures.len().saturating_sub(1)),
        }
    }

    /// Nanoseconds as a person reads them.
    fn time(self) -> String {
        let (divisor, unit) = match self.median {
            ns if ns.is_nan() => return "–".to_owned(),
            ns if ns < 1e3 => (1.0, "ns"),
            ns if ns < 1e6 => (1e3, "µs"),
            ns if ns < 1e9 => (1e6, "ms"),
            _ => (1e9, "s"),
        };
        let Self { least, median, most } = self;
        format!("{:.2} {unit} ({:.2}–{:.2})", median / divisor, least / divisor, most / divisor)
    }
}

/// A count that may not have been taken.
fn count(figure: f64) -> String {
    if figure.is_nan() { "–".to_owned() } else { format!("{figure:.0}") }
}

fn runs() -> usize {
    std::env::var("GOTK_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(5).max(1)
}

fn version(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    output.map_or_else(
        |_| format!("{program} absent"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let mut target = fs::File::create(path).map_err(|source| file("create", path, source))?;
    target.write_all(text.as_bytes()).map_err(|source| file("write", path, source))
}

fn file(action: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::File { action, path: path.display().to_string(), source }
}
