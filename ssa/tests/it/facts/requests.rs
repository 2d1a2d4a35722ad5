//! What it costs.

use gotk_client::Verb;
use gotk_ssa::{Action, Applier};
use serde_json::{Value, json};

use super::facts;
use crate::Fact;
use crate::site::Site;

pub(crate) fn facts() -> Vec<Fact> {
    facts![
        a_new_object_costs_two_requests,
        an_unchanged_object_costs_one_request,
        another_process_lists_each_kind_once,
        a_changed_object_costs_three_requests,
    ]
}

const COUNT: usize = 40;

fn objects(site: &Site, value: &str) -> Vec<Value> {
    (0..COUNT).map(|number| site.config_map(&format!("a{number}"), json!({"x": value}))).collect()
}

/// Plans and applies, and tells the requests that took, discovery not counted.
async fn cost(site: &Site, applier: &Applier, value: &str, expected: Action) -> usize {
    applier.discovery_is_read().await;
    let before = site.transport.counts().total();
    let plan = applier.plan(objects(site, value)).await.unwrap();
    let applied = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let _ = applied.prune(&site.inventory).await.unwrap();
    assert_eq!(applied.changes().count(expected), COUNT);
    usize::try_from(site.transport.counts().total() - before).unwrap()
}

trait Warm {
    async fn discovery_is_read(&self);
}

impl Warm for Applier {
    async fn discovery_is_read(&self) {
        let absent = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}});
        drop(self.plan(vec![absent]).await); // has no namespace: nothing is asked
    }
}

async fn a_new_object_costs_two_requests(site: Site) {
    assert_eq!(cost(&site, &site.applier("set"), "1", Action::Create).await, 2 * COUNT);
}

async fn an_unchanged_object_costs_one_request(site: Site) {
    let applier = site.applier("set");
    cost(&site, &applier, "1", Action::Create).await;
    assert_eq!(cost(&site, &applier, "1", Action::Keep).await, COUNT);
    assert_eq!(site.transport.counts().of(Verb::Get), 2, "discovery");
}

async fn another_process_lists_each_kind_once(site: Site) {
    cost(&site, &site.applier("set"), "1", Action::Create).await;
    assert_eq!(cost(&site, &site.applier("set"), "1", Action::Keep).await, COUNT + 1);
}

async fn a_changed_object_costs_three_requests(site: Site) {
    let applier = site.applier("set");
    cost(&site, &applier, "1", Action::Create).await;
    assert_eq!(cost(&site, &applier, "2", Action::Configure).await, 3 * COUNT);
}
