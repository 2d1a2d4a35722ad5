//! Measures our crates beside the Go originals, in turn and on the same input.
//!
//! ```text
//! cargo run --release -p gotk-benches -- list
//! cargo run --release -p gotk-benches -- yaml/read yaml/rewrite     # or `all`
//! cargo run --release -p gotk-benches -- diff yaml --seed 7 --count 10000
//! ```
//!
//! Every run is a process of its own, ours and the peer's alternating, so that neither warms a cache
//! for the other. A row whose two results differ is reported as such and claims nothing.

mod diff;
mod growth;
mod host;
mod measure;
mod peer;
mod report;
mod row;
mod rows;

use std::process::ExitCode;

use crate::row::Row;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        [] | ["help" | "--help"] => usage(),
        ["list"] => list(),
        ["ours", row, input, iterations] => measure::ours(row, input, iterations),
        ["diff", arguments @ ..] => diff::run(arguments),
        ["input", row, path] => measure::input(row, path),
        ["growth"] => growth::run(),
        ["all"] => report::run(&rows::all()),
        names => rows::named(names).and_then(|rows| report::run(&rows)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn usage() -> Result<(), Error> {
    say("usage: gotk-benches list | all | ROW…   (GOTK_RUNS=5 sets the runs of each side)");
    say("       gotk-benches growth");
    say("       gotk-benches diff ROOM… [--seed S] [--count N] [--sample] [--unrecorded]");
    Ok(())
}

fn list() -> Result<(), Error> {
    for Row { name, question, peer, target, .. } in rows::all() {
        say(&format!("{name:<28} {question} (peer: {peer}; target: {target})"));
    }
    for diff::Room { name, inputs, peer, .. } in diff::rooms::all() {
        say(&format!("diff {name:<23} {inputs} (peer: {peer})"));
    }
    Ok(())
}

/// This program's only way to the terminal.
#[expect(clippy::print_stdout, reason = "a program people run in a terminal")]
fn say(line: &str) {
    println!("{line}");
}

/// Why a row could not be measured.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("failed to {action} {path}")]
    File { action: &'static str, path: String, source: std::io::Error },
    #[error("{program} failed: {stderr}")]
    Program { program: String, stderr: String },
    #[error("{program} printed no measurement: {printed:?}")]
    Protocol { program: String, printed: String },
    #[error("{0} inputs are answered differently")]
    Different(u64),
    #[error("no row or room is called {0}; `list` shows them")]
    UnknownRow(String),
    #[error("the number of iterations is not a number: {0}")]
    Iterations(String),
}
