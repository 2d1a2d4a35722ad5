//! Runs a program that nobody here wrote against the embedded server, and against a real one.
//!
//! ```text
//! export KUBEBUILDER_ASSETS=$(hack/control-plane/build)
//! cargo run -p gotk-testenv --example foreign -- ./ssa.test -test.v
//! ```
//!
//! The program is told by `KUBECONFIG` and `USE_EXISTING_CLUSTER`, as envtest's programs are. Both
//! servers run without controllers. `hack/foreign` builds the programs we hold ourselves against.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use gotk_apiserver::ApiServer;
use gotk_testenv::{Assets, Options};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((program, arguments)) = arguments.split_first() else {
        return Err("usage: foreign <program> [argument]...".into());
    };
    // The servers go on while the program runs.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let kubeconfig = folder.path().join("kubeconfig");
    let mut passed = true;

    let bare = gotk_apiserver::Options::default()
        .collect_garbage(false)
        .empty_namespaces(false)
        .release_volumes(false);
    let embedded = runtime.block_on(ApiServer::start_with(bare))?;
    std::fs::write(&kubeconfig, embedded.kubeconfig())?;
    passed &= run("embedded", program, arguments, &kubeconfig)?;

    if let Some(assets) = Assets::or_skip("the real server")? {
        let real = runtime.block_on(Options::default().assets(assets).start())?;
        passed &= run("kube-apiserver", program, arguments, &real.kubeconfig())?;
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the program, shows what failed, and counts.
fn run(name: &str, program: &str, arguments: &[String], kubeconfig: &Path) -> io::Result<bool> {
    let output = Command::new(program)
        .args(arguments)
        .env("USE_EXISTING_CLUSTER", "true")
        .env("KUBECONFIG", kubeconfig)
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let count =
        |what: &str| said.lines().filter(|line| line.trim_start().starts_with(what)).count();
    let (passed, failed) = (count("--- PASS"), count("--- FAIL"));
    let mut out = io::stdout();
    writeln!(out, "{name}: {passed} passed, {failed} failed, {}", output.status)?;
    if !output.status.success() {
        out.write_all(said.as_bytes())?;
        out.write_all(&output.stderr)?;
    }
    Ok(output.status.success())
}
