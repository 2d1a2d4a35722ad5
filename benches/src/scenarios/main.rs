//! Has Flux's apply engine perform the scenarios of `ssa/tests/scenarios`, and writes what it answered
//! beside them.
//!
//! ```text
//! export KUBEBUILDER_ASSETS=$(hack/control-plane/build)
//! cargo run -p gotk-benches --features control-plane --bin scenarios
//! ```
//!
//! The answers are those of `benches/peers/ssa` on a kube-apiserver without controllers. A second run
//! writes the same bytes.

#[path = "../host.rs"]
#[expect(dead_code, reason = "the other program keeps things, this one does not")]
mod host;
#[path = "../peer.rs"]
#[expect(dead_code, reason = "the other program prints versions, this one does not")]
mod peer;

use std::path::Path;
use std::process::{Command, ExitCode};

use gotk_testenv::Options;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let program = peer::build("ssa")?;
    let plane = Options::default().start().await?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ssa/tests/scenarios");
    let mut command = Command::new(program);
    let command = command.arg("scenarios").arg(plane.kubeconfig()).arg(folder);
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err("the peer failed; see above".into()) }
}

/// This program's only way to the terminal.
#[expect(clippy::print_stdout, reason = "a program people run in a terminal")]
fn say(line: &str) {
    println!("{line}");
}

/// Why the peer could not be built.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("failed to {action} {path}")]
    File { action: &'static str, path: String, source: std::io::Error },
    #[error("{program} failed: {stderr}")]
    Program { program: String, stderr: String },
}
