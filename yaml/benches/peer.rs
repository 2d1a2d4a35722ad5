//! Go's sigs yaml: a program that measures itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

/// The Go program and the file it reads.
pub(crate) struct Peer {
    program: PathBuf,
    input: PathBuf,
}

impl Peer {
    /// Builds the program; `None` without Go.
    pub(crate) fn build(folder: &Path, stream: &str) -> Option<Self> {
        let peer = Self { program: folder.join("peer"), input: folder.join("stream.yaml") };
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(&peer.input, stream).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/peers/yaml");
        let built = Command::new("go")
            .args(["build", "-trimpath", "-o"])
            .arg(&peer.program)
            .arg(".")
            .current_dir(source)
            .env("GOTOOLCHAIN", "local")
            .status();
        built.is_ok_and(|status| status.success()).then_some(peer)
    }

    /// The time of so many iterations of a row, without the program's start.
    pub(crate) fn measure(&self, row: &str, iterations: u64) -> Duration {
        let mut run = Command::new(&self.program);
        let output = run.arg(row).arg(&self.input).arg(iterations.to_string()).output().unwrap();
        let measured: Value = serde_json::from_slice(&output.stdout).unwrap();
        Duration::from_nanos(measured["wall_ns"].as_u64().unwrap())
    }
}
