//! The examples, as programs: this one runs itself again and is one of them then.
//!
//! Cargo does not build examples for a test that is run alone.

use std::ffi::OsStr;
use std::process::{Command, ExitCode, Output, Termination};

#[path = "../../examples/apply.rs"]
mod apply;
#[path = "../../examples/delete.rs"]
mod delete;
#[path = "../../examples/diff.rs"]
mod diff;

/// Runs an example and tells how it ended, if this process is to be one.
pub(crate) fn as_one_of_them() -> Option<ExitCode> {
    let example = std::env::var(EXAMPLE).ok()?;
    Some(match example.as_str() {
        "apply" => apply::main().report(),
        "delete" => delete::main().report(),
        "diff" => diff::main().report(),
        other => panic!("there is no example {other}"),
    })
}

/// What an example said to its arguments, with a kubeconfig of its own.
pub(crate) async fn run(example: &str, kubeconfig: &OsStr, arguments: &[&str]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(EXAMPLE, example).env("KUBECONFIG", kubeconfig).args(arguments);
    // The embedded server lives on this thread, and has to answer meanwhile.
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

const EXAMPLE: &str = "GOTK_SSA_EXAMPLE";
