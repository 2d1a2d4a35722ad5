//! What a Kubernetes API server answers, one named fact at a time.
//!
//! The facts see a [`Server`]: a `kube::Client`, a namespace of their own, and the list of what the
//! server offers beyond the musts. So the same suite runs against any server: the embedded one, and
//! the binaries of `KUBEBUILDER_ASSETS`, once as themselves and once emulating the oldest version
//! we support. `INDEX.md` says which facts stand for which promise, and is held to it.
//!
//! `cargo test -p gotk-testenv --test conformance -- apply` runs the facts about apply.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a fact that does not hold panics")]

mod embedded;
mod fact;
mod facts;
mod index;
mod server;
mod sites;

use std::sync::Arc;

use gotk_testenv::Assets;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::embedded::Embedded;
use crate::fact::Fact;
use crate::sites::Site;

fn main() {
    let args = Arguments::from_args();
    let mut trials = index::trials();
    let assets = Assets::or_skip("the conformance suite");
    let found = assets.as_ref().ok().and_then(Option::as_ref);
    trials.extend(trials_of([Site::Embedded(Embedded::new(found))]));
    match assets {
        Ok(assets) => trials.extend(assets.iter().flat_map(|assets| trials_of(Site::real(assets)))),
        Err(error) => trials.push(Trial::test("assets", move || Err(error.into()))),
    }
    // The control planes are statics in effect: they end with the process, as it ends.
    libtest_mimic::run(&args, trials).exit();
}

fn trials_of(sites: impl IntoIterator<Item = Site>) -> Vec<Trial> {
    let of = |site: Arc<Site>| facts::all().map(move |fact| trial(fact, Arc::clone(&site)));
    sites.into_iter().map(Arc::new).flat_map(of).collect()
}

fn trial(fact: &'static Fact, site: Arc<Site>) -> Trial {
    let name = format!("{}::{}", site.name(), fact.path());
    Trial::ignorable_test(name, move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(hold(fact, &site))
    })
}

#[expect(clippy::future_not_send, reason = "each fact stays on its thread, with its own runtime")]
async fn hold(fact: &Fact, site: &Site) -> Result<Completion, Failed> {
    if let Some(reason) = fact.excused(site.minor(), site.offers()) {
        return Ok(Completion::ignored_with(reason));
    }
    if let Some(reason) = site.differs(&fact.path()) {
        return Ok(Completion::ignored_with(format!("differs: {reason}")));
    }
    (fact.check)(site.server(fact.name).await?).await;
    Ok(Completion::Completed)
}
