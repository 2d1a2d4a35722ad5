//! The scenarios of `tests/scenarios`, each held against what Flux's engine answered.
//!
//! `cargo test -p gotk-ssa --test parity -- real::ignore` runs some of them. `GOTK_WRITE=1` writes our
//! own answers, where a scenario says that they differ on purpose (with `-- real`).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a scenario that differs panics")]

mod perform;
mod scenario;
#[path = "../servers/mod.rs"]
mod servers;
mod site;
mod state;

use std::sync::Arc;

use gotk_testenv::{Assets, Controllers};
use libtest_mimic::{Arguments, Failed, Trial};

use crate::perform::perform;
use crate::scenario::Scenario;
use crate::servers::Server;
use crate::site::Site;

fn main() {
    let arguments = Arguments::from_args();
    let scenarios = Scenario::all();
    // No controllers: what they write, and when, is nobody's answer.
    let mut trials = trials(&Arc::new(Server::Embedded { controllers: false }), &scenarios);
    match Assets::or_skip("parity with fluxcd/pkg/ssa on a real server") {
        Ok(Some(assets)) => {
            let real = Server::real(&assets, Controllers::Off);
            trials.extend(self::trials(&real, &scenarios));
        }
        Ok(None) => {}
        Err(error) => trials.push(Trial::test("assets", move || Err(error.into()))),
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn trials(server: &Arc<Server>, scenarios: &[Arc<Scenario>]) -> Vec<Trial> {
    let trial = |scenario: &Arc<Scenario>| {
        let (server, scenario) = (Arc::clone(server), Arc::clone(scenario));
        let name = format!("{}::{}::{}", server.name(), scenario.file, scenario.name);
        Trial::test(name, move || run(&server, &scenario))
    };
    scenarios.iter().map(trial).collect()
}

fn run(server: &Server, scenario: &Scenario) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ours = runtime.block_on(async { perform(Site::at(server).await, scenario).await });
    scenario.judge(&ours, server.is_real()).map_err(Failed::from)
}
