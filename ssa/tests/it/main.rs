//! What a set does to a cluster, one named fact at a time, on the embedded server and on a real one.
//!
//! `cargo test -p gotk-ssa --test it -- prune` runs the facts about pruning.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a fact that does not hold panics")]
#![expect(clippy::duplicate_mod, reason = "each example brings what it needs")]

mod examples;
mod facts;
#[path = "../servers/mod.rs"]
mod servers;
mod site;

use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use gotk_testenv::{Assets, Controllers};
use libtest_mimic::{Arguments, Trial};

use crate::servers::Server;
use crate::site::Site;

/// A named fact.
type Fact = (&'static str, fn(Site) -> Pin<Box<dyn Future<Output = ()> + Send>>);

fn main() -> ExitCode {
    if let Some(exit) = examples::as_one_of_them() {
        return exit;
    }
    let arguments = Arguments::from_args();
    let mut trials = trials(&Arc::new(Server::Embedded { controllers: true }));
    match Assets::or_skip("gotk-ssa on a real server") {
        Ok(None) => {}
        Ok(Some(assets)) => {
            trials.extend(self::trials(&Server::real(&assets, Controllers::Usual)));
        }
        Err(error) => trials.push(Trial::test("assets", move || Err(error.into()))),
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(server: &Arc<Server>) -> Vec<Trial> {
    let real = server.is_real().then(facts::of_a_real_server);
    let facts = facts::all().into_iter().chain(real.into_iter().flatten());
    let trial = |(name, fact): Fact| {
        let server = Arc::clone(server);
        Trial::test(format!("{}::{name}", server.name()), move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async { fact(Site::at(&server).await).await });
            Ok(())
        })
    };
    facts.map(trial).collect()
}
