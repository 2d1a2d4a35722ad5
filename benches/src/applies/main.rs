//! What it costs to apply a set, in requests and in the client's CPU time, beside Flux's engine.
//!
//! ```text
//! export KUBEBUILDER_ASSETS=$(hack/control-plane/build)
//! cargo run --release -p gotk-benches --features control-plane --bin applies      # or `-- 10000`
//! ```
//!
//! A quarter each of `ConfigMap`s, Secrets, headless Services and Deployments, all new, then unchanged,
//! then unchanged in another process, on the same kube-apiserver without controllers; ours and the
//! peer's alternating, each set in a namespace of its own. `APPLIES.md` is written anew.

mod engine;
#[path = "../host.rs"]
#[expect(dead_code, reason = "the other program keeps things, this one does not")]
mod host;
mod ours;
#[path = "../peer.rs"]
#[expect(dead_code, reason = "the other program prints versions, this one does not")]
mod peer;
mod set;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, ExitCode};

use gotk_testenv::Options;
use serde::{Deserialize, Serialize};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What one side says about one apply.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Cost {
    /// How many requests of each verb.
    verbs: BTreeMap<String, u64>,
    cpu_ms: f64,
    wall_ms: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["ours", kubeconfig, file, namespace] => {
            let costs = ours::apply(kubeconfig, file, namespace).await?;
            say(&serde_json::to_string(&costs)?);
            Ok(())
        }
        [] => compare(1000).await,
        [count] => compare(count.parse()?).await,
        _ => Err("usage: applies [COUNT]".into()),
    }
}

async fn compare(count: usize) -> Result<(), BoxError> {
    let program = peer::build("ssa")?;
    let plane = Options::default().start().await?;
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), set::manifests(count))?;
    let this = std::env::current_exe()?;
    let mut costs: Vec<(String, Vec<Cost>)> = Vec::new();
    for round in 1..=rounds() {
        say(&format!("round {round} of {} …", rounds()));
        for (side, program, verb) in
            [("gotk-ssa", &this, "ours"), ("fluxcd/pkg/ssa", &program, "bench")]
        {
            let namespace = format!("{verb}-{round}");
            engine::make_namespace(&plane, &namespace).await?;
            let first = measure(program, verb, &plane.kubeconfig(), file.path(), &namespace)?;
            let second = measure(program, verb, &plane.kubeconfig(), file.path(), &namespace)?;
            let names = ["all new", "unchanged", "unchanged, after a restart"];
            for (what, cost) in names.iter().zip(first.into_iter().chain(second)) {
                let row = format!("{what} | {side}");
                match costs.iter_mut().find(|(name, _)| *name == row) {
                    Some((_, all)) => all.push(cost),
                    None => costs.push((row, vec![cost])),
                }
            }
        }
    }
    costs.sort_by(|a, b| a.0.cmp(&b.0));
    let text = markdown(count, &plane.version().await?, &costs)?;
    say(&text);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("APPLIES.md");
    Ok(std::fs::write(path, text)?)
}

fn measure(
    program: &Path,
    verb: &str,
    kubeconfig: &Path,
    file: &Path,
    namespace: &str,
) -> Result<Vec<Cost>, BoxError> {
    let output =
        Command::new(program).arg(verb).arg(kubeconfig).arg(file).arg(namespace).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.trim()).map_err(|error| {
        format!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)).into()
    })
}

/// Rows of a table: an engine, and what it did in each run.
type Rows = [(String, Vec<Cost>)];

fn markdown(count: usize, version: &str, rows: &Rows) -> Result<String, BoxError> {
    let mut text = format!(
        "# What an apply of {count} objects costs\n\nkube-apiserver {version}, {} CPUs, the median of {} runs and their spread. \
         `cargo run --release -p gotk-benches --features control-plane --bin applies` writes this file.\n\n\
         | | engine | requests | by verb | client CPU, ms | times less | wall, ms |\n|---|---|---|---|---|---|---|\n",
        std::thread::available_parallelism()?,
        rounds(),
    );
    for pair in rows.chunks(2) {
        let [peers, ours] = [0, 1].map(|at| sorted(pair.get(at), |cost| cost.cpu_ms));
        for (at, (row, costs)) in pair.iter().enumerate() {
            let verbs = costs.last().into_iter().flat_map(|cost| &cost.verbs);
            let requests: u64 = verbs.clone().map(|(_, count)| count).sum();
            let verbs = verbs.map(|(verb, count)| format!("{count} {verb}")).collect::<Vec<_>>();
            let cpu = spread(if at == 0 { &peers } else { &ours });
            let times = median(&peers) / median(&ours);
            let times = if at == 0 { String::new() } else { format!("{times:.1}") };
            let wall = spread(&sorted(pair.get(at), |cost| cost.wall_ms));
            let verbs = verbs.join(", ");
            writeln!(text, "| {row} | {requests} | {verbs} | {cpu} | {times} | {wall} |")?;
        }
    }
    Ok(text)
}

fn sorted(row: Option<&(String, Vec<Cost>)>, of: fn(&Cost) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = row.into_iter().flat_map(|(_, costs)| costs).map(of).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn spread(sorted: &[f64]) -> String {
    let [least, most] = [sorted.first(), sorted.last()].map(|it| it.copied().unwrap_or(f64::NAN));
    format!("{:.0} ({least:.0}–{most:.0})", median(sorted))
}

fn rounds() -> u32 {
    std::env::var("GOTK_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(5)
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
