//! Watches.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::{crds, names, version, with};
use crate::server::Server;

pub(super) const FACTS: &[Fact] = &[
    fact!(a_watch_tells_what_happened_since_in_order, 0),
    fact!(a_watch_without_a_version_begins_with_what_there_is, 0),
    fact!(an_object_that_leaves_the_selection_is_told_as_deleted, 0),
    fact!(a_deleted_object_is_told_as_it_last_was, 0),
    fact!(a_watch_ends_when_its_time_is_over, 0),
    fact!(a_bookmark_comes_before_the_end, 17),
    fact!(a_bookmark_nobody_asked_for_does_not_come, 17),
    fact!(a_streaming_list_tells_where_it_ends, 34, [StreamingLists]),
    fact!(a_streaming_list_needs_its_match, 27, [StreamingLists]),
    fact!(a_version_before_the_window_is_gone_in_an_event, 0),
    fact!(a_version_that_is_none_is_refused, 0),
];

/// Nobody else makes secrets in the fact's namespace.
fn secret(name: &str, data: Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "data": data })
}

fn pair(kind: &str, name: &str) -> (String, String) {
    (kind.to_owned(), name.to_owned())
}

async fn a_watch_tells_what_happened_since_in_order(s: Server) {
    let path = s.core("secrets");
    let start = version(&s.get(&path).await.is(200));
    let created = s.post(&path, &secret("a", json!({}))).await.is(201);
    let label = with(&created, "/metadata/labels", json!({ "k": "v" }));
    let changed = s.put(&format!("{path}/a"), &label).await.is(200);
    let mut events = s.watch(&format!("{path}?resourceVersion={start}")).await;
    assert_eq!(events.next().await.unwrap(), ("ADDED".to_owned(), created));
    assert_eq!(events.next().await.unwrap(), ("MODIFIED".to_owned(), changed));
    s.delete(&format!("{path}/a")).await.is(200);
    assert_eq!(events.next_name().await, pair("DELETED", "a"));
}

async fn a_watch_without_a_version_begins_with_what_there_is(s: Server) {
    let path = s.core("secrets");
    let named = |name: &str| format!("{path}?fieldSelector=metadata.name%3D{name}");
    let created = s.post(&path, &secret("a", json!({}))).await.is(201);
    let mut events = s.watch(&named("a")).await;
    assert_eq!(events.next().await.unwrap(), ("ADDED".to_owned(), created));
    s.delete(&format!("{path}/a")).await.is(200);
    assert_eq!(events.next_name().await, pair("DELETED", "a"));
}

async fn an_object_that_leaves_the_selection_is_told_as_deleted(s: Server) {
    let path = s.core("secrets");
    let start = version(&s.get(&path).await.is(200));
    let mut events =
        s.watch(&format!("{path}?labelSelector=on%3Dyes&resourceVersion={start}")).await;
    let one = format!("{path}/a");
    let object = with(&secret("a", json!({})), "/metadata/labels", json!({ "on": "no" }));
    let object = s.post(&path, &object).await.is(201);
    let object = s.put(&one, &with(&object, "/metadata/labels/on", json!("yes"))).await.is(200);
    assert_eq!(events.next_name().await, pair("ADDED", "a"));
    let object = s.put(&one, &with(&object, "/metadata/labels/on", json!("no"))).await.is(200);
    let (kind, told) = events.next().await.unwrap();
    assert_eq!((kind.as_str(), version(&told)), ("DELETED", version(&object)));
    assert_eq!(told["metadata"]["labels"]["on"], "yes");
}

async fn a_deleted_object_is_told_as_it_last_was(s: Server) {
    let path = s.core("secrets");
    let created = s.post(&path, &secret("a", json!({ "k": "dg==" }))).await.is(201);
    let mut events = s.watch(&format!("{path}?resourceVersion={}", version(&created))).await;
    s.delete(&format!("{path}/a")).await.is(200);
    let (kind, told) = events.next().await.unwrap();
    assert_eq!((kind.as_str(), &told["data"]), ("DELETED", &created["data"]));
    assert!(version(&told) > version(&created));
}

async fn a_watch_ends_when_its_time_is_over(s: Server) {
    let path = s.core("secrets");
    let start = version(&s.get(&path).await.is(200));
    let mut events = s.watch(&format!("{path}?resourceVersion={start}&timeoutSeconds=1")).await;
    assert_eq!(events.next().await, None);
}

async fn a_bookmark_comes_before_the_end(s: Server) {
    let path = s.core("secrets");
    let start = version(&s.get(&path).await.is(200));
    let query = format!("{path}?resourceVersion={start}&timeoutSeconds=4&allowWatchBookmarks=true");
    let mut events = s.watch(&query).await;
    let (kind, told) = events.next().await.unwrap();
    assert_eq!((kind.as_str(), &told["kind"]), ("BOOKMARK", &json!("Secret")));
    assert!(version(&told) >= start);
    assert_eq!(told["metadata"].get("name"), None);
}

async fn a_bookmark_nobody_asked_for_does_not_come(s: Server) {
    let path = s.core("secrets");
    let start = version(&s.get(&path).await.is(200));
    let mut events = s.watch(&format!("{path}?resourceVersion={start}&timeoutSeconds=4")).await;
    assert_eq!(events.next().await, None);
}

const STREAMING: &str = "sendInitialEvents=true&allowWatchBookmarks=true";

async fn a_streaming_list_tells_where_it_ends(s: Server) {
    let path = s.core("secrets");
    for name in ["a", "b"] {
        s.post(&path, &secret(name, json!({}))).await.is(201);
    }
    let mut events =
        s.watch(&format!("{path}?{STREAMING}&resourceVersionMatch=NotOlderThan")).await;
    assert_eq!(events.next_name().await, pair("ADDED", "a"));
    assert_eq!(events.next_name().await, pair("ADDED", "b"));
    let (kind, told) = events.next().await.unwrap();
    assert_eq!(kind, "BOOKMARK");
    assert_eq!(told["metadata"]["annotations"], json!({ "k8s.io/initial-events-end": "true" }));
    let list = s.get(&path).await.is(200);
    assert_eq!(names(&list), ["a", "b"]);
    s.delete(&format!("{path}/a")).await.is(200);
    assert_eq!(events.next_name().await, pair("DELETED", "a"));
}

async fn a_streaming_list_needs_its_match(s: Server) {
    let status = s.get(&format!("{}?watch=true&{STREAMING}", s.core("secrets"))).await.is(422);
    let message = "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: \
        sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
    assert_eq!(status["message"], message);
}

async fn a_version_before_the_window_is_gone_in_an_event(s: Server) {
    // The window of a kind begins when the kind does.
    let crd = crds::register(&s, crds::anything(), |_| {}).await;
    let mut events = s.watch(&format!("{}?resourceVersion=1", crd.path)).await;
    let (kind, status) = events.next().await.unwrap();
    assert_eq!(kind, "ERROR");
    assert_eq!((&status["code"], &status["reason"]), (&json!(410), &json!("Expired")));
    let message = status["message"].as_str().unwrap();
    assert!(message.starts_with("too old resource version: 1 ("), "{message}");
    assert_eq!(events.next().await, None);
}

async fn a_version_that_is_none_is_refused(s: Server) {
    let status =
        s.get(&format!("{}?watch=true&resourceVersion=abc", s.core("secrets"))).await.is(500);
    let message = status["message"].as_str().unwrap();
    assert!(message.starts_with("resourceVersion: Invalid value: \"abc\": "), "{message}");
}
