//! Watches: resumed, bookmarked, expired.

use serde_json::json;

use crate::client::{CONFIG_MAPS, Cluster, config_map, version};

#[tokio::test]
async fn a_watch_goes_on_from_a_version() {
    let cluster = Cluster::start().await;
    let (_, a) = cluster.post(CONFIG_MAPS, config_map("a")).await;
    cluster.post(CONFIG_MAPS, config_map("b")).await;
    let mut watch =
        cluster.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={}", version(&a))).await;
    assert_eq!(watch.next_name().await, ("ADDED".into(), "b".into()));
    cluster.merge(&format!("{CONFIG_MAPS}/a"), json!({ "data": { "k": "2" } })).await;
    assert_eq!(watch.next_name().await, ("MODIFIED".into(), "a".into()));
    cluster.delete(&format!("{CONFIG_MAPS}/a"), json!(null)).await;
    let (change, last) = watch.next().await.unwrap();
    assert_eq!(change, "DELETED");
    assert_eq!((&last["kind"], &last["data"]["k"]), (&json!("ConfigMap"), &json!("2")));
    assert_eq!(version(&last), cluster.server.resource_version());
}

#[tokio::test]
async fn an_object_that_leaves_the_selection_is_deleted_from_it() {
    let cluster = Cluster::start().await;
    cluster.post(CONFIG_MAPS, config_map("a")).await;
    let mut watch =
        cluster.watch(&format!("{CONFIG_MAPS}?watch=1&labelSelector=app&resourceVersion=1")).await;
    let label = |value: serde_json::Value| json!({ "metadata": { "labels": { "app": value } } });
    cluster.merge(&format!("{CONFIG_MAPS}/a"), label("web".into())).await;
    assert_eq!(watch.next_name().await, ("ADDED".into(), "a".into()));
    let (_, unlabelled) = cluster.merge(&format!("{CONFIG_MAPS}/a"), label(json!(null))).await;
    let (change, last) = watch.next().await.unwrap();
    assert_eq!((change.as_str(), &last["metadata"]["labels"]["app"]), ("DELETED", &json!("web")));
    assert_eq!(version(&last), version(&unlabelled));
}

#[tokio::test]
async fn a_streaming_list_ends_with_a_marked_bookmark() {
    let cluster = Cluster::start().await;
    cluster.post(CONFIG_MAPS, config_map("a")).await;
    let query =
        "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut watch = cluster.watch(&format!("{CONFIG_MAPS}?{query}")).await;
    assert_eq!(watch.next_name().await, ("ADDED".into(), "a".into()));
    let (change, bookmark) = watch.next().await.unwrap();
    assert_eq!(change, "BOOKMARK");
    assert_eq!(bookmark["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    assert_eq!(version(&bookmark), cluster.server.resource_version());
}

#[tokio::test]
async fn an_expired_watch_is_told_in_the_stream() {
    let cluster = Cluster::start().await;
    cluster.post(CONFIG_MAPS, config_map("a")).await;
    cluster.server.forget_history();
    let mut watch = cluster.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion=2")).await;
    let (change, status) = watch.next().await.unwrap();
    assert_eq!(
        (change.as_str(), &status["code"], &status["reason"]),
        ("ERROR", &json!(410), &json!("Expired"))
    );
    assert!(status["message"].as_str().unwrap().starts_with("too old resource version: 2 ("));
    assert!(watch.next().await.is_none());
}

#[tokio::test]
async fn a_watch_ends_when_its_time_is_up() {
    let cluster = Cluster::start().await;
    let mut watch =
        cluster.watch(&format!("{CONFIG_MAPS}?watch=1&timeoutSeconds=1&resourceVersion=1")).await;
    assert!(watch.next().await.is_none());
}

#[tokio::test]
async fn who_is_far_behind_is_told_everything_in_order() {
    let cluster = Cluster::start().await;
    let start = cluster.server.resource_version();
    for number in 0..600 {
        cluster.post(CONFIG_MAPS, config_map(&format!("n{number}"))).await;
    }
    let mut watch =
        cluster.watch(&format!("{CONFIG_MAPS}?watch=true&resourceVersion={start}")).await;
    for number in 0..600 {
        assert_eq!(watch.next_name().await.1, format!("n{number}"));
    }
}
