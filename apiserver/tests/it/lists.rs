//! Lists: paging, versions of the past, selectors, metadata only.

use serde_json::json;

use crate::client::{CONFIG_MAPS, Cluster, config_map, names, version};

async fn with_maps(names: &[&str]) -> Cluster {
    let cluster = Cluster::start().await;
    for name in names {
        assert_eq!(cluster.post(CONFIG_MAPS, config_map(name)).await.0, 201);
    }
    cluster
}

#[tokio::test]
async fn pages_show_the_list_as_it_was_when_it_began() {
    let cluster = with_maps(&["a", "b", "c"]).await;
    let (_, first) = cluster.get(&format!("{CONFIG_MAPS}?limit=2")).await;
    assert_eq!(
        (names(&first), &first["metadata"]["remainingItemCount"]),
        (vec!["a", "b"], &json!(1))
    );
    cluster.post(CONFIG_MAPS, config_map("bb")).await;
    cluster.delete(&format!("{CONFIG_MAPS}/c"), json!(null)).await;
    let token = first["metadata"]["continue"].as_str().unwrap();
    let (_, second) = cluster.get(&format!("{CONFIG_MAPS}?limit=2&continue={token}")).await;
    assert_eq!(names(&second), ["c"]);
    assert_eq!(version(&second), version(&first));
    assert_eq!(second["metadata"].get("continue"), None);
}

#[tokio::test]
async fn an_expired_token_comes_with_one_that_goes_on() {
    let cluster = with_maps(&["a", "b"]).await;
    let (_, first) = cluster.get(&format!("{CONFIG_MAPS}?limit=1")).await;
    let token = first["metadata"]["continue"].as_str().unwrap();
    cluster.post(CONFIG_MAPS, config_map("c")).await;
    cluster.server.forget_history();
    let (code, refusal) = cluster.get(&format!("{CONFIG_MAPS}?limit=1&continue={token}")).await;
    assert_eq!((code, &refusal["reason"]), (410, &json!("Expired")));
    let token = refusal["metadata"]["continue"].as_str().unwrap();
    let (_, rest) = cluster.get(&format!("{CONFIG_MAPS}?continue={token}")).await;
    assert_eq!(names(&rest), ["b", "c"]);
}

#[tokio::test]
async fn a_version_may_be_asked_for_exactly() {
    let cluster = with_maps(&["a", "b"]).await;
    let (_, a) = cluster.get(&format!("{CONFIG_MAPS}/a")).await;
    let exactly =
        format!("{CONFIG_MAPS}?resourceVersionMatch=Exact&resourceVersion={}", version(&a));
    assert_eq!(names(&cluster.get(&exactly).await.1), ["a"]);
    let (code, refusal) = cluster.get(&format!("{CONFIG_MAPS}?resourceVersion=999")).await;
    assert_eq!((code, &refusal["reason"]), (504, &json!("Timeout")));
    cluster.server.forget_history();
    assert_eq!(cluster.get(&exactly).await.0, 410);
}

#[tokio::test]
async fn selectors_select() {
    let cluster = with_maps(&["a", "b"]).await;
    cluster
        .merge(&format!("{CONFIG_MAPS}/b"), json!({ "metadata": { "labels": { "app": "web" } } }))
        .await;
    let of = async |query: &str| {
        let (_, list) = cluster.get(&format!("{CONFIG_MAPS}?{query}")).await;
        names(&list).join(",")
    };
    assert_eq!(of("labelSelector=app%3Dweb").await, "b");
    assert_eq!(of("labelSelector=!app").await, "a");
    assert_eq!(of("fieldSelector=metadata.name%3Da").await, "a");
    assert_eq!(of("fieldSelector=metadata.name!%3Da").await, "b");
}

#[tokio::test]
async fn a_list_of_many_pieces_comes_whole() {
    let cluster = Cluster::start().await;
    for n in 0..300 {
        let mut object = config_map(&format!("m-{n:05}"));
        object["data"]["k"] = "x".repeat(1000).into();
        cluster.post(CONFIG_MAPS, object).await;
    }
    let (_, list) = cluster.get(CONFIG_MAPS).await;
    assert_eq!((list["kind"].as_str(), names(&list).len()), (Some("ConfigMapList"), 300));
    assert_eq!(list["items"][0].get("kind"), None);
}

#[tokio::test]
async fn a_collection_is_deleted_by_selector() {
    let cluster = with_maps(&["a", "b", "c"]).await;
    cluster
        .merge(&format!("{CONFIG_MAPS}/b"), json!({ "metadata": { "labels": { "app": "web" } } }))
        .await;
    let (code, deleted) =
        cluster.delete(&format!("{CONFIG_MAPS}?labelSelector=app"), json!(null)).await;
    assert_eq!((code, names(&deleted)), (200, vec!["b"]));
    assert_eq!(names(&cluster.get(CONFIG_MAPS).await.1), ["a", "c"]);
    assert_eq!(cluster.delete("/api/v1/namespaces", json!(null)).await.0, 405);
}
