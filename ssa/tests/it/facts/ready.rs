//! Waiting.

use std::sync::Arc;
use std::time::Duration;

use gotk_client::Verb;
use gotk_kstatus::Status;
use gotk_ssa::{Applied, ObjectId, ReadyOptions};
use serde_json::{Value, json};
use tokio::sync::Notify;

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
        a_health_expression_decides,
        waiting_costs_one_list_and_one_watch_a_kind,
        an_object_that_is_deleted_meanwhile_is_waited_for,
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

/// What comes, comes before.
const LONG: Duration = Duration::from_secs(60);

/// What never comes is waited for no longer.
const SHORT: Duration = Duration::from_millis(300);

async fn what_is_as_it_should_be_is_ready(site: Site) {
    let objects = (0..5).map(|number| site.config_map(&format!("a{number}"), json!({}))).collect();
    apply(&site, objects).await.ready(LONG).await.unwrap();
}

async fn a_waiter_wakes_when_the_status_comes(site: Site) {
    let applied = widget(&site).await;
    say(&site, "Ready", "False").await;
    let (options, told) = told(LONG, Status::InProgress);
    let say_then = async {
        told.notified().await;
        say(&site, "Ready", "True").await;
    };
    let (ready, ()) = tokio::join!(applied.ready_with(options), say_then);
    ready.unwrap();
}

/// Options, and a word when an object is seen to have a status.
fn told(limit: Duration, wanted: Status) -> (ReadyOptions, Arc<Notify>) {
    let told = Arc::new(Notify::new());
    let tell = Arc::clone(&told);
    let options = ReadyOptions::new(limit).on_change(move |_, status, _| {
        if status == wanted {
            tell.notify_one();
        }
    });
    (options, told)
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
    let begin = format!("timeout waiting for: [Widget/{}/w status: 'InProgress'", site.namespace);
    // Time that is over before the server has listed anything names objects nobody has seen yet.
    for doubled in 0..8 {
        let error = applied.ready(Duration::from_millis(500 << doubled)).await.unwrap_err();
        let gotk_ssa::Error::NotReady { message, timed_out } = error else { panic!("{error}") };
        assert!(timed_out, "{message}");
        if message.starts_with(&begin) {
            return;
        }
    }
    panic!("its status is not seen");
}

async fn one_object_may_have_less_time(site: Site) {
    let applied = widget(&site).await;
    say(&site, "Ready", "False").await;
    let id = ObjectId::new(&site.group(), "Widget", &site.namespace, "w");
    let options = ReadyOptions::new(10 * LONG).object(id, SHORT);
    assert!(applied.ready_with(options).await.is_err());
}

async fn waiting_costs_one_list_and_one_watch_a_kind(site: Site) {
    let objects = (0..30).map(|number| site.config_map(&format!("a{number}"), json!({}))).collect();
    let applied = apply(&site, objects).await;
    let before = site.transport.counts();
    applied.ready(LONG).await.unwrap();
    let after = site.transport.counts();
    let asked = |verb| after.of(verb) - before.of(verb);
    assert_eq!((asked(Verb::List), asked(Verb::Get)), (1, 0));
    assert!(asked(Verb::Watch) <= 1 && after.total() - before.total() <= 2);
}

async fn an_object_that_is_deleted_meanwhile_is_waited_for(site: Site) {
    let applied =
        apply(&site, vec![site.config_map("a", json!({})), site.config_map("b", json!({}))]).await;
    site.delete(&site.path("configmaps", "a")).await;
    let (options, told) = told(LONG, Status::NotFound);
    let come_back = async {
        told.notified().await;
        let mut again = site.config_map("a", json!({}));
        gotk_ssa::Owner::flux(&site.namespace, "set").stamp(&mut again);
        site.apply_as("somebody", &again).await;
    };
    let (ready, ()) = tokio::join!(applied.ready_with(options), come_back);
    ready.unwrap();
}

#[cfg(feature = "cel")]
async fn a_health_expression_decides(site: Site) {
    use gotk_kstatus::{HealthCheck, HealthReader, Readers};

    let applied = widget(&site).await;
    say(&site, "Steam", "True").await;
    let readers = |limit: Duration, current: &str| {
        let api_version = format!("{}/v1", site.group());
        let check = HealthCheck::new(api_version, "Widget", current);
        let reader = HealthReader::compile(&[check]).unwrap();
        ReadyOptions::new(limit).readers(Readers::flux().prefer(reader))
    };
    let steam = |word: &str| format!("status.conditions.exists(c, c.type == '{word}')");
    applied.ready_with(readers(LONG, &steam("Steam"))).await.unwrap();
    assert!(applied.ready_with(readers(SHORT, &steam("Water"))).await.is_err());
}

#[cfg(not(feature = "cel"))]
async fn a_health_expression_decides(site: Site) {
    // Without the feature there are no expressions; the built-in rules decide.
    widget(&site).await.ready(LONG).await.unwrap();
}
