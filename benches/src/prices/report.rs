//! What came out, as a page and as data.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use gotk_testenv::{Assets, Component, ControlPlane};
use serde::Serialize;

use crate::meter::Spent;
use crate::{COUNT, Error, host, rounds};

/// All rows with what each round spent on one request.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    kubernetes: String,
    etcd: String,
    machine: String,
    date: String,
    load_before: String,
    load_after: String,
    requests_per_round: u32,
    rows: Vec<Priced>,
}

#[derive(Debug, Serialize)]
struct Priced {
    request: String,
    rounds: Vec<Spent>,
}

impl Report {
    pub(crate) async fn new(plane: &ControlPlane) -> Result<Self, Error> {
        Ok(Self {
            kubernetes: plane.version().await?,
            etcd: etcd_version()?,
            machine: host::shape(),
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            load_before: host::load(),
            load_after: String::new(),
            requests_per_round: COUNT,
            rows: Vec::new(),
        })
    }

    pub(crate) fn add(&mut self, request: &str, spent: Spent) {
        match self.rows.iter_mut().find(|row| row.request == request) {
            Some(row) => row.rounds.push(spent),
            None => self.rows.push(Priced { request: request.to_owned(), rounds: vec![spent] }),
        }
    }

    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        self.load_after = host::load();
        if self.rows.iter().all(|row| row.rounds.len() == rounds() as usize) {
            Ok(())
        } else {
            Err("a row was not measured in every round".into())
        }
    }

    pub(crate) fn markdown(&self) -> String {
        let mut text = format!(
            "# What a request costs the server\n\n\
             Kubernetes {}, etcd {}; {}; {}; load {} before, {} after (our own).\n\n\
             CPU milliseconds of one request, median of {} rounds of {} requests each and, in brackets, the\n\
             spread. One client, one kept connection, one request at a time, JSON, RBAC on, no controllers,\n\
             no audit log; the idle server's own use is taken off. The clock ticks in hundredths of a second,\n\
             so one round is exact to 0.05 ms a request.\n\n\
             Again: `cargo run --release -p gotk-benches --features control-plane --bin prices`\n\n\
             | request | apiserver | etcd | wall |\n|---|---|---|---|\n",
            self.kubernetes,
            self.etcd,
            self.machine,
            self.date,
            self.load_before,
            self.load_after,
            rounds(),
            self.requests_per_round,
        );
        for Priced { request, rounds } in &self.rows {
            let column = |of: fn(&Spent) -> f64| spread(rounds.iter().map(of).collect());
            let (apiserver, etcd) = (column(|s| s.apiserver_cpu_ms), column(|s| s.etcd_cpu_ms));
            let wall = column(|s| s.wall_ms);
            let _ = writeln!(text, "| {request} | {apiserver} | {etcd} | {wall} |");
        }
        text
    }

    pub(crate) fn write(&self) -> Result<(), Error> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::write(folder.join("PRICES.md"), self.markdown())?;
        let json = serde_json::to_string_pretty(self)?;
        Ok(std::fs::write(folder.join("prices.json"), json + "\n")?)
    }
}

/// The median and the spread. What is less than nothing was less than the clock can tell.
fn spread(values: Vec<f64>) -> String {
    let mut values: Vec<f64> = values.into_iter().map(|value| value.max(0.0)).collect();
    values.sort_by(f64::total_cmp);
    match values.as_slice() {
        [] => String::new(),
        [only] => format!("{only:.2}"),
        [least, .., most] => format!("{:.2} ({least:.2}–{most:.2})", values[values.len() / 2]),
    }
}

/// etcd tells its version in the first line: `etcd Version: 3.6.5`.
fn etcd_version() -> Result<String, Error> {
    let program = Assets::from_env()?.program(Component::Etcd)?;
    let said = String::from_utf8(Command::new(program).arg("--version").output()?.stdout)?;
    let first = said.lines().next().unwrap_or_default();
    Ok(first.rsplit(' ').next().unwrap_or_default().to_owned())
}
