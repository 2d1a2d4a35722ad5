//! What a request costs the server: CPU time of kube-apiserver and etcd, request by request.
//!
//! ```text
//! export KUBEBUILDER_ASSETS=$(hack/control-plane/build)
//! cargo run --release -p gotk-benches --features control-plane --bin prices
//! ```
//!
//! One client on one kept connection, one request at a time, JSON, RBAC on, no controllers, no audit
//! log. Every row is asked 200 times in each of five rounds (`GOTK_RUNS`). The idle server's own
//! use of CPU is measured first and taken off. A row that wrote what it should not have written, or
//! did not write what it should have, is an error. `PRICES.md` and `prices.json` are written anew.

#[path = "../host.rs"]
#[expect(dead_code, reason = "the other program keeps things, this one does not")]
mod host;
mod meter;
mod objects;
mod report;
mod row;
mod watchers;

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::Duration;

use gotk_testenv::{Component, ControlPlane, Options};
use http_body_util::BodyExt;
use kube::Client;
use serde_json::Value;

use crate::meter::{Meter, Spent};
use crate::objects::Kind;
use crate::report::Report;
use crate::row::Row;

/// Requests of a row in one round, and objects of each kind there are.
const COUNT: u32 = 200;

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
    let plane = Options::default().start().await?;
    let mut report = Report::new(&plane).await?;
    let mut shop = Shop::open(&plane).await?;
    shop.stock().await?;

    say("measuring the idle server …");
    let meter = Meter::of_idle(&plane, Duration::from_secs(10)).await?;
    let rows = Row::all();
    for row in &rows {
        shop.ask(row).await?; // what happens once (caches, connections) is nobody's price
    }
    for round in 1..=rounds() {
        say(&format!("round {round} of {} …", rounds()));
        for row in &rows {
            let spent = shop.measure(row, &meter).await?;
            report.add(&row.name(), spent);
        }
        report.add(watchers::NAME, watchers::measure(&mut shop, &meter).await?);
    }
    report.finish()?;
    say(&report.markdown());
    report.write()
}

fn rounds() -> u32 {
    std::env::var("GOTK_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(5)
}

/// This program's only way to the terminal.
#[expect(clippy::print_stdout, reason = "a program people run in a terminal")]
fn say(line: &str) {
    println!("{line}");
}

/// A client, and what is on stock.
struct Shop {
    client: Client,
    /// The last number given to something that had to be new.
    serial: u64,
    /// Per kind the serial its objects were last applied with.
    now: HashMap<Kind, u64>,
}

impl Shop {
    async fn open(plane: &ControlPlane) -> Result<Self, Error> {
        let client = plane.client()?;
        let shop = Self { client, serial: 0, now: HashMap::new() };
        for namespace in ["stock", "new"] {
            shop.send(objects::namespace(namespace)?).await?;
        }
        shop.send(objects::definition()?).await?;
        // It takes a moment until a new kind is served.
        for _ in 0..100 {
            if shop.send(objects::list_of_apps()?).await.is_ok() {
                return Ok(shop);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("the custom kind is not served after 10 s".into())
    }

    /// Makes the objects that the rows ask for.
    async fn stock(&self) -> Result<(), Error> {
        say("making 200 objects of each kind …");
        for kind in Kind::ALL {
            for number in 0..COUNT {
                self.send(kind.apply(number, 0, "")?).await?;
            }
        }
        Ok(())
    }

    async fn measure(&mut self, row: &Row, meter: &Meter) -> Result<Spent, Error> {
        let before = self.version(row).await?;
        let start = meter.start()?;
        self.ask(row).await?;
        let spent = meter.since(&start)?.per(COUNT);
        let wrote = self.version(row).await? != before;
        match (row.changes_stock(), wrote) {
            (false, true) => Err(format!("{} changed an object", row.name()).into()),
            (true, false) => Err(format!("{} changed no object", row.name()).into()),
            _ => Ok(spent),
        }
    }

    async fn ask(&mut self, row: &Row) -> Result<(), Error> {
        self.serial += 1;
        let now = self.now.get(&row.kind()).copied().unwrap_or_default();
        for number in 0..COUNT {
            self.send(row.request(number, now, self.serial)?).await?;
        }
        if row.applies_anew() {
            self.now.insert(row.kind(), self.serial);
        }
        Ok(())
    }

    /// The version of the first object that a row is about.
    async fn version(&self, row: &Row) -> Result<String, Error> {
        let text = self.send(row.kind().get(0, "")?).await?;
        let object: Value = serde_json::from_slice(&text)?;
        Ok(object["metadata"]["resourceVersion"].to_string())
    }

    /// The whole answer is read: a server is not done before.
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<Vec<u8>, Error> {
        let asked = format!("{} {}", request.method(), request.uri());
        let response = self.client.send(request.map(kube::client::Body::from)).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes().to_vec();
        if status.is_success() {
            Ok(body)
        } else {
            Err(format!("{asked} was answered {status}: {}", String::from_utf8_lossy(&body)).into())
        }
    }
}

/// The components whose time is paid.
const PAID: [Component; 2] = [Component::ApiServer, Component::Etcd];
