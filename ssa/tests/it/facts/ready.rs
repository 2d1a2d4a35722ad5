//! Waiting.

use std::time::Duration;

use gotk_ssa::{Applied, ObjectId, ReadyOptions};
use serde_json::{Value, json};

use super::facts;
use crate::Fact;
use crate::site::Site;

pub(crate) fn facts() -> Vec<Fact> {
    facts![
        what_is_as_it_should_be_is_ready,
        a_waiter_wakes_when_the_status_comes,
        a_failed_object_ends_the_wait,
        a_timeout_names_what_is_missing,
        one_object_may_have_less_time,
    ]
}

async fn apply(site: &Site, objects: Vec<Value>) -> Applied {
    let plan = site.applier("set").plan(objects).await.unwrap();
    plan.record(&site.inventory).await.unwrap().apply().await.unwrap()
}

/// Widgets have conditions that nobody but the test writes, on either server.
async fn widget(site: &Site) -> Applied {
    let definition = site.definition(json!({"size": {"type": "integer"}}));
    apply(site, vec![definition, site.widget(&site.namespace, "w", json!({"size": 1}))]).await
}

async fn say(site: &Site, condition: &str, status: &str) {
    let path = format!("/apis/{}/v1/namespaces/{}/widgets/w/status", site.group(), site.namespace);
    let condition =
        json!({"type": condition, "status": status, "reason": "Because", "message": "of the test"});
    let status = json!({"status": {"observedGeneration": 1, "conditions": [condition]}});
    site.patch_as("widget-controller", &path, &status).await;
}

const LONG: Duration = Duration::from_secs(60);

async fn what_is_as_it_should_be_is_ready(site: Site) {
    let objects = (0..5).map(|number| site.config_map(&format!("a{number}"), json!({}))).collect();
    apply(&site, objects).await.ready(LONG).await.unwrap();
}

async fn a_waiter_wakes_when_the_status_comes(site: Site) {
    let applied = widget(&site).await;
    say(&site, "Ready", "False").await;
    let say_later = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        say(&site, "Ready", "True").await;
    };
    let (ready, ()) = tokio::join!(applied.ready(LONG), say_later);
    ready.unwrap();
}

async fn a_failed_object_ends_the_wait(site: Site) {
    let applied = widget(&site).await;
    say(&site, "Stalled", "True").await;
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "w.1", "namespace": site.namespace},
        "involvedObject": {"kind": "Widget", "name": "w", "namespace": site.namespace},
        "type": "Warning", "reason": "NoSteam", "message": "the boiler is cold", "lastTimestamp": "2026-01-01T00:00:00Z",
    });
    let events = format!("/api/v1/namespaces/{}/events", site.namespace);
    site.send("POST", &events, "application/json", &event).await;
    let error = applied.ready(LONG).await.unwrap_err();
    let object = format!("Widget/{}/w", site.namespace);
    let text = error.to_string();
    assert!(
        text.starts_with(&format!(
            "failed early due to stalled resources: [{object} status: 'Failed'"
        )),
        "{text}"
    );
    assert!(text.contains("Stalled=True (Because)"), "its last condition: {text}");
    assert!(
        text.ends_with(&format!("last warnings: [{object}: the boiler is cold (NoSteam)]")),
        "{text}"
    );
}

async fn a_timeout_names_what_is_missing(site: Site) {
    let applied = widget(&site).await;
    say(&site, "Ready", "False").await;
    let error = applied.ready(Duration::from_millis(500)).await.unwrap_err();
    let gotk_ssa::Error::NotReady { message, timed_out } = error else { panic!("{error}") };
    let begin = format!("timeout waiting for: [Widget/{}/w status: 'InProgress'", site.namespace);
    assert!(timed_out && message.starts_with(&begin), "{message}");
}

async fn one_object_may_have_less_time(site: Site) {
    let applied = widget(&site).await;
    say(&site, "Ready", "False").await;
    let id = ObjectId::new(&site.group(), "Widget", &site.namespace, "w");
    let options =
        ReadyOptions::new(Duration::from_secs(600)).object(id, Duration::from_millis(300));
    assert!(applied.ready_with(options).await.is_err());
}
