//! From a tree of manifests to running objects and back in sync, in one process.
//!
//! `cargo run --profile quickstart -p quickstart`: starts an API server in memory, packs a small tree
//! of manifests, substitutes its variables, and brings the objects into the cluster by server-side
//! apply. Then a new revision comes, somebody edits by hand, and a manifest breaks.

mod cluster;
mod source;
mod story;

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match story::tell().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("\nfailed: {error}"));
            ExitCode::FAILURE
        }
    }
}

type Error = Box<dyn std::error::Error + Send + Sync>;

/// This program's only way to the terminal.
#[expect(clippy::print_stdout, reason = "a program people run in a terminal")]
fn say(line: &str) {
    println!("{line}");
}
