use std::sync::Arc;

use kube::core::ApiResource;
use serde_json::json;

use super::*;
use crate::cluster::Endpoint;

pub(crate) fn target(kind: &str, name: &str, is_job_with_ttl: bool) -> Target {
    let (group, api_version) =
        if kind == "Job" { ("batch", "batch/v1") } else { ("apps", "apps/v1") };
    let resource = ApiResource {
        group: group.to_owned(),
        version: "v1".to_owned(),
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        plural: format!("{}s", kind.to_lowercase()),
    };
    let id = ObjectId::new(group, kind, "shop", name);
    Target { id, endpoint: Arc::new(Endpoint { resource, namespaced: true }), is_job_with_ttl }
}

pub(crate) fn deployment(name: &str, ready: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", "generation": 1},
        "spec": {"replicas": 1},
        "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": ready,
            "availableReplicas": ready, "conditions": [{"type": "Available", "status": if ready == 1 {"True"} else {"False"}}]},
    })
}

#[test]
fn all_must_be_as_they_should_be() {
    let targets = [target("Deployment", "a", false), target("Deployment", "b", false)];
    let state = State::new(&targets, Patience::UntilOneFails, None);
    let readers = Readers::flux();
    let mut teller = state.teller(&[&targets[0], &targets[1]], &readers);
    teller.tell(Event::Listing);
    teller.tell(Event::There(&deployment("a", 1)));
    teller.tell(Event::There(&deployment("foreign", 0)));
    teller.tell(Event::Listed);
    assert_eq!(state.verdict(), Verdict::Waiting);
    assert!(state.failure(Verdict::Waiting).contains("Deployment/shop/b status: 'NotFound'"));
    teller.tell(Event::There(&deployment("b", 0)));
    assert_eq!(state.verdict(), Verdict::Waiting);
    teller.tell(Event::There(&deployment("b", 1)));
    assert_eq!(state.verdict(), Verdict::Ready);
    teller.tell(Event::Gone(&deployment("a", 1)));
    assert_eq!(state.verdict(), Verdict::Waiting);
}

#[test]
fn a_job_with_a_time_to_live_may_be_gone() {
    let targets = [target("Job", "short", true), target("Job", "long", false)];
    let state = State::new(&targets, Patience::UntilOneFails, None);
    let readers = Readers::flux();
    let mut teller = state.teller(&[&targets[0], &targets[1]], &readers);
    teller.tell(Event::Listing);
    teller.tell(Event::Listed);
    assert!(state.is_ready(&targets[0].id) && !state.is_ready(&targets[1].id));
}
