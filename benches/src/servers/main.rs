//! The embedded API server beside kube-apiserver and etcd: the same requests, in one run.
//!
//! ```text
//! export KUBEBUILDER_ASSETS=$(hack/control-plane/build)
//! cargo build --release -p gotk-apiserver
//! cargo run --release -p gotk-benches --features control-plane --bin servers
//! ```
//!
//! Both are processes of their own and asked by the same client; kube-apiserver speaks TLS and has no
//! other way, the embedded server plain HTTP. etcd counts as a part of kube-apiserver. The real side
//! is left out where `KUBEBUILDER_ASSETS` is not set. `SERVERS.md` is written anew, but for a try-out:
//! `-- 10` asks for a tenth of everything.

#[path = "../host.rs"]
#[expect(dead_code, reason = "the other program keeps things, this one does not")]
mod host;
mod process;
mod questions;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use gotk_testenv::{Assets, Authorization, ControlPlane, Options};

use crate::process::Embedded;
use crate::questions::{Answers, Side, Sizes};

type Error = Box<dyn std::error::Error + Send + Sync>;

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

async fn run() -> Result<(), Error> {
    let parts = std::env::args().nth(1).map_or(Ok(1), |parts| parts.parse())?;
    let sizes = Sizes::part_of(usize::max(parts, 1));
    let load = host::load();
    let ready = usual_start()?;
    let embedded = Embedded::start()?;
    let side = Side::new("embedded", embedded.client()?, vec![embedded.pid()]);
    let ours = questions::ask(&side, ready, sizes).await?;
    drop(embedded);
    let real = match Assets::or_skip("the real server")? {
        Some(assets) => Some(ask_real(assets, sizes).await?),
        None => None,
    };
    let page = page(&ours, real.as_ref(), &load)?;
    say(&page);
    if parts <= 1 {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/SERVERS.md"), page)?;
    }
    Ok(())
}

/// How long a start takes: of nine the middle.
fn usual_start() -> Result<Duration, Error> {
    let mut starts = (0..9)
        .map(|_| Ok(Embedded::start()?.ready_after()))
        .collect::<Result<Vec<Duration>, Error>>()?;
    starts.sort_unstable();
    Ok(starts[starts.len() / 2])
}

async fn ask_real(assets: Assets, sizes: Sizes) -> Result<Answers, Error> {
    let begun = std::time::Instant::now();
    let options = Options::default().assets(assets).authorization(Authorization::AlwaysAllow);
    let plane: ControlPlane = options.start().await?;
    let ready = begun.elapsed();
    let pids = vec![
        plane.pid(gotk_testenv::Component::ApiServer)?,
        plane.pid(gotk_testenv::Component::Etcd)?,
    ];
    let side = Side::new("real", plane.client()?, pids);
    questions::ask(&side, ready, sizes).await
}

fn page(ours: &Answers, real: Option<&Answers>, load: &str) -> Result<String, Error> {
    let mut page = format!(
        "# The embedded server beside kube-apiserver and etcd\n\n{}; {}; load {load} before, {} after.\nBoth are processes of their own, asked over loopback by one client in one run; kube-apiserver over\nTLS, RBAC off, no controllers, etcd counted with it. Again: `cargo build --release -p gotk-apiserver\n&& cargo run --release -p gotk-benches --features control-plane --bin servers`\n\n| what | embedded | kube-apiserver and etcd | target |\n|---|---|---|---|\n",
        host::shape(),
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        host::load(),
    );
    for (at, row) in ours.rows.iter().enumerate() {
        let peer = real.and_then(|real| real.rows.get(at)).map_or("–", |row| &row.answer);
        writeln!(page, "| {} | {} | {peer} | {} |", row.question, row.answer, row.target)?;
    }
    Ok(page)
}

/// This program's only way to the terminal.
#[expect(clippy::print_stdout, reason = "a program people run in a terminal")]
fn say(line: &str) {
    println!("{line}");
}
