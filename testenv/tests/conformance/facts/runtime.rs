//! `kube::runtime`, as controllers use it: reflector, controller, wait, finalizer, events.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, ObjectReference, Secret};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::runtime::finalizer::{self, finalizer};
use kube::runtime::wait::{await_condition, conditions};
use kube::runtime::{WatchStreamExt, reflector, watcher};
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::fact::{Fact, fact};
use crate::facts::{config_map, crds};
use crate::server::Server;

pub(super) const FACTS: &[Fact] = &[
    fact!(a_reflector_follows_what_is_listed, 0),
    fact!(a_reflector_follows_what_is_streamed, 34, [StreamingLists]),
    fact!(a_reflector_goes_on_after_a_cut, 0, [Faults]),
    fact!(a_controller_mends_what_its_objects_own, 0),
    fact!(a_definition_is_awaited_until_it_is_established, 16),
    fact!(a_deletion_is_awaited_to_its_end, 0),
    fact!(a_finalizer_is_added_and_removed_around_the_work, 0),
    fact!(an_object_stays_when_its_cleanup_fails, 0),
    fact!(an_older_view_does_not_add_a_finalizer, 0),
    fact!(a_repeated_event_is_a_series, 19),
    fact!(an_event_without_an_action_is_refused, 19),
];

type Maps = Api<ConfigMap>;

fn maps(s: &Server) -> Maps {
    Api::namespaced(s.client.clone(), &s.namespace)
}

fn map(name: &str, data: Value) -> ConfigMap {
    serde_json::from_value(config_map(name, data)).unwrap()
}

/// Controllers of the cluster have objects in every namespace: only ours are looked at.
fn ours() -> watcher::Config {
    watcher::Config::default().labels("of=fact")
}

fn labelled(name: &str, data: Value) -> ConfigMap {
    let mut map = map(name, data);
    map.labels_mut().insert("of".to_owned(), "fact".to_owned());
    map
}

async fn a_reflector_follows_what_is_listed(s: Server) {
    follow(&s, ours()).await;
}

async fn a_reflector_follows_what_is_streamed(s: Server) {
    follow(&s, ours().streaming_lists()).await;
}

async fn follow(s: &Server, config: watcher::Config) {
    let api = maps(s);
    api.create(&PostParams::default(), &labelled("a", json!({ "k": "v" }))).await.unwrap();
    let (store, writer) = reflector::store::<ConfigMap>();
    let mut seen = pin!(reflector(writer, watcher(api.clone(), config)).default_backoff());
    let is = |name: &str, value: &str| {
        let found = store.get(&reflector::ObjectRef::new(name).within(&s.namespace));
        found.is_some_and(|map| map.data.as_ref().unwrap()["k"] == value)
    };
    until(&mut seen, || is("a", "v")).await;
    let patch = Patch::Merge(json!({ "data": { "k": "w" } }));
    api.patch("a", &PatchParams::default(), &patch).await.unwrap();
    until(&mut seen, || is("a", "w")).await;
    api.create(&PostParams::default(), &labelled("b", json!({ "k": "v" }))).await.unwrap();
    until(&mut seen, || is("b", "v")).await;
    api.delete("a", &DeleteParams::default()).await.unwrap();
    until(&mut seen, || store.len() == 1).await;
    assert!(is("b", "v"));
}

/// Takes what comes until something holds.
async fn until<T>(stream: &mut (impl Stream<Item = T> + Unpin), holds: impl Fn() -> bool) {
    while !holds() {
        let next = timeout(Duration::from_secs(60), stream.next()).await;
        assert!(next.expect("an event in time").is_some(), "the stream goes on");
    }
}

async fn a_reflector_goes_on_after_a_cut(s: Server) {
    let wire = s.hooks.wire().await;
    let over: Maps = Api::namespaced(wire.client(), &s.namespace);
    let (store, writer) = reflector::store::<ConfigMap>();
    let mut seen = pin!(reflector(writer, watcher(over, ours())).default_backoff());
    let direct = maps(&s);
    for (count, name) in ["a", "b", "c"].into_iter().enumerate() {
        direct.create(&PostParams::default(), &labelled(name, json!({}))).await.unwrap();
        until(&mut seen, || store.len() == count + 1).await;
        wire.cut();
    }
}

/// Every map has a secret of its own with the same content.
async fn copy(map: Arc<ConfigMap>, client: Arc<Client>) -> Result<Action, kube::Error> {
    let secrets: Api<Secret> =
        Api::namespaced(Client::clone(&client), &map.namespace().unwrap_or_default());
    let copy = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": { "name": map.name_any(), "ownerReferences": [map.controller_owner_ref(&())] },
        "stringData": map.data,
    });
    let params = PatchParams::apply("copier").force();
    secrets.patch(&map.name_any(), &params, &Patch::Apply(copy)).await?;
    Ok(Action::await_change())
}

async fn a_controller_mends_what_its_objects_own(s: Server) {
    let secrets: Api<Secret> = Api::namespaced(s.client.clone(), &s.namespace);
    let again = |_: Arc<ConfigMap>, _: &kube::Error, _: Arc<Client>| Action::await_change();
    let controller = Controller::new(maps(&s), ours())
        .owns(secrets.clone(), watcher::Config::default())
        .run(copy, again, Arc::new(s.client.clone()));
    let running = tokio::spawn(controller.for_each(|_| async {}));

    maps(&s).create(&PostParams::default(), &labelled("a", json!({ "k": "v" }))).await.unwrap();
    let copied = async |value: &str| {
        let found = secrets.get_opt("a").await.unwrap()?;
        (found.data.as_ref()?["k"].0 == value.as_bytes()).then_some(found)
    };
    s.eventually("a map is copied", async || copied("v").await.is_some()).await;

    let uid = copied("v").await.unwrap().uid();
    secrets.delete("a", &DeleteParams::default()).await.unwrap();
    let is_new = async || copied("v").await.is_some_and(|it| it.uid() != uid);
    s.eventually("a copy that was deleted is back", is_new).await;

    let patch = Patch::Merge(json!({ "data": { "k": "w" } }));
    maps(&s).patch("a", &PatchParams::default(), &patch).await.unwrap();
    s.eventually("a change is copied", async || copied("w").await.is_some()).await;

    maps(&s).delete("a", &DeleteParams::default()).await.unwrap();
    s.eventually_gone(&format!("{}/a", s.core("secrets"))).await;
    running.abort();
}

async fn a_definition_is_awaited_until_it_is_established(s: Server) {
    let api: Api<CustomResourceDefinition> = Api::all(s.client.clone());
    let name = format!("widgets.{}.gotk.dev", s.namespace);
    let waiting = api.clone();
    let established = tokio::spawn(async move {
        await_condition(waiting, &name, conditions::is_crd_established()).await
    });
    let crd = crds::register(&s, crds::anything(), |_| {}).await;
    let waited = timeout(Duration::from_secs(60), established).await.expect("it is established");
    let definition = waited.unwrap().unwrap().unwrap();
    assert_eq!(definition.spec.group, crd.group);
    api.delete(&definition.name_any(), &DeleteParams::default()).await.unwrap();
    let gone = conditions::is_deleted(definition.metadata.uid.as_deref().unwrap());
    await_condition(api, &definition.name_any(), gone).await.unwrap();
    assert_eq!(s.get(&crd.definition).await.code, 404);
}

async fn a_deletion_is_awaited_to_its_end(s: Server) {
    let api = maps(&s);
    let mut held = map("a", json!({}));
    held.finalizers_mut().push("gotk.dev/held".to_owned());
    let uid = api.create(&PostParams::default(), &held).await.unwrap().uid().unwrap();
    let mut gone = pin!(await_condition(api.clone(), "a", conditions::is_deleted(&uid)));
    api.delete("a", &DeleteParams::default()).await.unwrap();
    // What is only marked is not gone, however long one waits.
    assert!(timeout(Duration::from_millis(300), &mut gone).await.is_err());
    let patch = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    api.patch("a", &PatchParams::default(), &patch).await.unwrap();
    timeout(Duration::from_secs(60), gone).await.expect("it is gone").unwrap();
}

const FINALIZER: &str = "gotk.dev/fact";

async fn work(api: &Maps, object: ConfigMap, clean: bool) -> Result<bool, String> {
    let mut applied = false;
    let done = finalizer(api, FINALIZER, Arc::new(object), |event| {
        applied = matches!(event, finalizer::Event::Apply(_));
        let done = if clean || applied { Ok(()) } else { Err(io::Error::other("not today")) };
        async { done.map(|()| Action::await_change()) }
    });
    done.await.map_err(|error| error.to_string())?;
    Ok(applied)
}

async fn a_finalizer_is_added_and_removed_around_the_work(s: Server) {
    let api = maps(&s);
    let created = api.create(&PostParams::default(), &map("a", json!({}))).await.unwrap();
    assert_eq!(work(&api, created, true).await, Ok(false), "first it is only marked");
    let marked = api.get("a").await.unwrap();
    assert_eq!(marked.finalizers(), [FINALIZER]);
    assert_eq!(work(&api, marked, true).await, Ok(true));
    api.delete("a", &DeleteParams::default()).await.unwrap();
    assert_eq!(work(&api, api.get("a").await.unwrap(), true).await, Ok(false));
    assert!(api.get_opt("a").await.unwrap().is_none());
}

async fn an_object_stays_when_its_cleanup_fails(s: Server) {
    let api = maps(&s);
    let created = api.create(&PostParams::default(), &map("a", json!({}))).await.unwrap();
    work(&api, created, false).await.unwrap();
    api.delete("a", &DeleteParams::default()).await.unwrap();
    let failed = work(&api, api.get("a").await.unwrap(), false).await.unwrap_err();
    assert!(failed.contains("not today"), "{failed}");
    let held = api.get("a").await.unwrap();
    assert_eq!(held.finalizers(), [FINALIZER]);
    assert!(held.meta().deletion_timestamp.is_some());
    work(&api, held, true).await.unwrap();
    assert!(api.get_opt("a").await.unwrap().is_none());
}

async fn an_older_view_does_not_add_a_finalizer(s: Server) {
    let api = maps(&s);
    let created = api.create(&PostParams::default(), &map("a", json!({}))).await.unwrap();
    let patch = Patch::Merge(json!({ "metadata": { "finalizers": ["gotk.dev/other"] } }));
    api.patch("a", &PatchParams::default(), &patch).await.unwrap();
    let refused = work(&api, created, true).await.unwrap_err();
    assert!(refused.contains("failed to add finalizer"), "{refused}");
    assert_eq!(api.get("a").await.unwrap().finalizers(), ["gotk.dev/other"]);
}

fn event(action: &str) -> Event {
    Event {
        type_: EventType::Normal,
        reason: "Seen".to_owned(),
        note: Some("It was seen.".to_owned()),
        action: action.to_owned(),
        secondary: None,
    }
}

async fn recorder(s: &Server) -> (Recorder, ObjectReference) {
    let reporter =
        Reporter { controller: "gotk.dev/fact".to_owned(), instance: Some("fact-0".to_owned()) };
    let about = maps(s).create(&PostParams::default(), &map("a", json!({}))).await.unwrap();
    (Recorder::new(s.client.clone(), reporter), about.object_ref(&()))
}

async fn a_repeated_event_is_a_series(s: Server) {
    let (recorder, about) = recorder(&s).await;
    for _ in 0..3 {
        recorder.publish(&event("Look"), &about).await.unwrap();
    }
    let of = |events: &Value, field: &str| {
        let all = events["items"].as_array().unwrap().iter();
        all.filter(|it| it[field]["uid"] == about.uid.clone().unwrap()).cloned().collect::<Vec<_>>()
    };
    let events = s.get(&s.path("/apis/events.k8s.io/v1", "events")).await.is(200);
    let events = of(&events, "regarding");
    assert_eq!(events.len(), 1);
    assert_eq!(
        [&events[0]["series"]["count"], &events[0]["note"]],
        [&json!(3), &json!("It was seen.")]
    );
    let events = of(&s.get(&s.core("events")).await.is(200), "involvedObject");
    assert_eq!(events.len(), 1);
    assert_eq!(
        [&events[0]["series"]["count"], &events[0]["message"]],
        [&json!(3), &json!("It was seen.")]
    );
}

async fn an_event_without_an_action_is_refused(s: Server) {
    let (recorder, about) = recorder(&s).await;
    let refused = recorder.publish(&event(""), &about).await.unwrap_err();
    let kube::Error::Api(status) = refused else { panic!("{refused}") };
    assert_eq!((status.code, &*status.reason), (422, "Invalid"));
    assert!(status.message.ends_with("is invalid: action: Required value"), "{}", status.message);
    let events = s.get(&s.core("events")).await.is(200);
    assert!(
        events["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["involvedObject"]["uid"] != about.uid.clone().unwrap())
    );
}
