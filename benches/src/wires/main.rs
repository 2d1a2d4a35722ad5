//! What a request costs the server over HTTP/2, and over kept HTTP/1.1 connections: why `gotk-client`
//! sends short requests over the latter.
//!
//! ```text
//! export KUBEBUILDER_ASSETS=$(hack/control-plane/build)
//! cargo run -p gotk-benches --features control-plane --bin wires
//! ```
//!
//! A small `ConfigMap`, 400 requests of each kind, one at a time and 16 at a time, in rounds that
//! alternate (`GOTK_RUNS`, 5 unless set). The idle server's own use is taken off. `WIRES.md` is written
//! anew. How the client is built matters little: the server's CPU time is measured.

#[path = "../prices/meter.rs"]
mod meter;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use gotk_client::{Options, Transport};
use gotk_testenv::{Component, ControlPlane, User};
use kube::Client;
use serde_json::{Value, json};

use crate::meter::Meter;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The components whose time is paid.
const PAID: [Component; 2] = [Component::ApiServer, Component::Etcd];

const COUNT: u32 = 400;

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

#[derive(Clone, Copy)]
enum Ask {
    Get,
    Apply,
    DryRun,
}

async fn run() -> Result<(), Error> {
    let plane = gotk_testenv::Options::default().start().await?;
    let meter = Meter::of_idle(&plane, Duration::from_secs(5)).await?;
    let clients = [("HTTP/1.1", client(&plane, false)?), ("HTTP/2", client(&plane, true)?)];
    for (_, client) in &clients {
        ask(client, Ask::Apply, 1, 20).await?; // connections and caches are nobody's price
    }
    let mut costs: BTreeMap<(usize, &str, &str), Vec<f64>> = BTreeMap::new();
    for round in 1..=rounds() {
        say(&format!("round {round} of {} …", rounds()));
        for at_once in [1, 16] {
            let asks = [("GET", Ask::Get), ("apply", Ask::Apply), ("dry-run", Ask::DryRun)];
            for ((name, what), (wire, client)) in
                asks.iter().flat_map(|it| clients.iter().map(move |client| (it, client)))
            {
                let start = meter.start()?;
                ask(client, *what, at_once, COUNT).await?;
                let spent = meter.since(&start)?.per(COUNT);
                costs.entry((at_once, name, wire)).or_default().push(spent.apiserver_cpu_ms);
            }
        }
    }
    let text = markdown(&plane.version().await?, costs)?;
    say(&text);
    Ok(std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("WIRES.md"), text)?)
}

fn client(plane: &ControlPlane, over_http2: bool) -> Result<Client, Error> {
    let mut options = Options::default();
    options.short_requests_over_http2 = over_http2;
    Ok(Transport::new(&plane.config_as(&User::admin())?, options)?.client())
}

async fn ask(client: &Client, what: Ask, at_once: usize, count: u32) -> Result<(), Error> {
    use futures_util::{StreamExt, TryStreamExt, stream};
    let requests = stream::iter((0..count).map(|_| async move {
        client.request::<Value>(request(what)?).await.map(drop).map_err(Error::from)
    }));
    requests.buffer_unordered(at_once).try_collect().await
}

fn request(what: Ask) -> Result<http::Request<Vec<u8>>, Error> {
    const PATH: &str = "/api/v1/namespaces/default/configmaps/wire";
    let object = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "wire", "labels": {"app": "wire"}},
        "data": {"text": "x".repeat(300)},
    });
    let apply = |query: &str| {
        let path = format!("{PATH}?fieldManager=wires&force=true{query}");
        let request =
            http::Request::patch(path).header("Content-Type", "application/apply-patch+yaml");
        Ok(request.body(serde_json::to_vec(&object)?)?)
    };
    match what {
        Ask::Get => Ok(http::Request::get(format!("{PATH}?resourceVersion=0")).body(Vec::new())?),
        Ask::Apply => apply(""),
        Ask::DryRun => apply("&dryRun=All"),
    }
}

fn markdown(
    version: &str,
    costs: BTreeMap<(usize, &str, &str), Vec<f64>>,
) -> Result<String, Error> {
    let mut text = format!(
        "# What a short request costs the server, by connection\n\nkube-apiserver {version}, {} CPUs, CPU \
         milliseconds of kube-apiserver for each request, the median of {} rounds of {COUNT}. \
         `cargo run -p gotk-benches --features control-plane --bin wires` writes this file.\n\n\
         | at once | request | connection | CPU, ms |\n|---|---|---|---|\n",
        std::thread::available_parallelism()?,
        rounds(),
    );
    for ((at_once, what, wire), mut values) in costs {
        values.sort_by(f64::total_cmp);
        writeln!(text, "| {at_once} | {what} | {wire} | {:.2} |", values[values.len() / 2])?;
    }
    Ok(text)
}

fn rounds() -> u32 {
    std::env::var("GOTK_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(5)
}

/// This program's only way to the terminal.
#[expect(clippy::print_stdout, reason = "a program people run in a terminal")]
fn say(line: &str) {
    println!("{line}");
}
