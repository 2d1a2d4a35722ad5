//! Finalizers, owners and namespaces: what outlives what.

use gotk_apiserver::Options;
use serde_json::{Value, json};

use crate::client::{CONFIG_MAPS, Cluster, config_map, names};

fn owned(name: &str, owner: &Value, block: bool) -> Value {
    let mut object = config_map(name);
    object["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
        "blockOwnerDeletion": block,
    }]);
    object
}

#[tokio::test]
async fn a_finalizer_holds_an_object_until_it_is_taken_away() {
    let cluster = Cluster::start().await;
    let mut object = config_map("a");
    object["metadata"]["finalizers"] = json!(["a/b"]);
    cluster.post(CONFIG_MAPS, object).await;
    let path = format!("{CONFIG_MAPS}/a");
    let (code, waiting) = cluster.delete(&path, json!(null)).await;
    assert_eq!((code, waiting["metadata"]["deletionTimestamp"].is_string()), (200, true));
    let more = json!({ "metadata": { "finalizers": ["a/b", "c/d"] } });
    let (code, refusal) = cluster.merge(&path, more).await;
    assert_eq!(
        (code, &refusal["details"]["causes"][0]["field"]),
        (422, &json!("metadata.finalizers"))
    );
    let (code, last) = cluster.merge(&path, json!({ "metadata": { "finalizers": null } })).await;
    assert_eq!((code, last["metadata"].get("finalizers")), (200, None));
    assert_eq!(cluster.get(&path).await.0, 404);
}

#[tokio::test]
async fn dependents_go_with_their_owner_or_stay_as_orphans() {
    let cluster = Cluster::start().await;
    for (policy, left) in
        [("Background", vec![]), ("Foreground", vec![]), ("Orphan", vec!["child"])]
    {
        let (_, owner) = cluster.post(CONFIG_MAPS, config_map("owner")).await;
        cluster.post(CONFIG_MAPS, owned("child", &owner, true)).await;
        let (code, _) = cluster
            .delete(&format!("{CONFIG_MAPS}/owner"), json!({ "propagationPolicy": policy }))
            .await;
        assert_eq!(code, 200);
        let (_, list) = cluster.get(CONFIG_MAPS).await;
        assert_eq!(names(&list), left, "{policy}");
    }
    let (_, orphan) = cluster.get(&format!("{CONFIG_MAPS}/child")).await;
    assert_eq!(orphan["metadata"].get("ownerReferences"), None);
}

#[tokio::test]
async fn a_foreground_deletion_waits_for_what_blocks_it() {
    let cluster = Cluster::start().await;
    let (_, owner) = cluster.post(CONFIG_MAPS, config_map("owner")).await;
    let mut child = owned("child", &owner, true);
    child["metadata"]["finalizers"] = json!(["a/b"]);
    cluster.post(CONFIG_MAPS, child).await;
    cluster
        .delete(&format!("{CONFIG_MAPS}/owner"), json!({ "propagationPolicy": "Foreground" }))
        .await;
    assert_eq!(names(&cluster.get(CONFIG_MAPS).await.1), ["child", "owner"]);
    cluster
        .merge(&format!("{CONFIG_MAPS}/child"), json!({ "metadata": { "finalizers": null } }))
        .await;
    assert!(names(&cluster.get(CONFIG_MAPS).await.1).is_empty());
}

#[tokio::test]
async fn an_object_of_two_owners_goes_with_the_last() {
    let cluster = Cluster::start().await;
    let (_, one) = cluster.post(CONFIG_MAPS, config_map("one")).await;
    let (_, two) = cluster.post(CONFIG_MAPS, config_map("two")).await;
    let mut child = owned("child", &one, false);
    let second = owned("child", &two, false)["metadata"]["ownerReferences"][0].clone();
    child["metadata"]["ownerReferences"].as_array_mut().unwrap().push(second);
    cluster.post(CONFIG_MAPS, child).await;
    cluster.delete(&format!("{CONFIG_MAPS}/one"), json!(null)).await;
    let (_, child) = cluster.get(&format!("{CONFIG_MAPS}/child")).await;
    assert_eq!(child["metadata"]["ownerReferences"].as_array().unwrap().len(), 1);
    cluster.delete(&format!("{CONFIG_MAPS}/two"), json!(null)).await;
    assert_eq!(cluster.get(&format!("{CONFIG_MAPS}/child")).await.0, 404);
}

#[tokio::test]
async fn preconditions_have_to_hold() {
    let cluster = Cluster::start().await;
    cluster.post(CONFIG_MAPS, config_map("a")).await;
    let path = format!("{CONFIG_MAPS}/a");
    for condition in [json!({ "uid": "x" }), json!({ "resourceVersion": "1" })] {
        let (code, refusal) = cluster.delete(&path, json!({ "preconditions": condition })).await;
        assert_eq!((code, &refusal["reason"]), (409, &json!("Conflict")));
    }
    assert_eq!(cluster.delete(&path, json!(null)).await.0, 200);
}

#[tokio::test]
async fn a_namespace_takes_its_content_along() {
    let cluster = Cluster::start().await;
    cluster.post("/api/v1/namespaces", json!({ "metadata": { "name": "n" } })).await;
    let maps = "/api/v1/namespaces/n/configmaps";
    let mut held = config_map("held");
    held["metadata"]["finalizers"] = json!(["a/b"]);
    cluster.post(maps, held).await;
    cluster.post(maps, config_map("free")).await;
    let (_, ending) = cluster.delete("/api/v1/namespaces/n", json!(null)).await;
    assert_eq!(ending["status"]["phase"], "Terminating");
    assert_eq!(names(&cluster.get(maps).await.1), ["held"]);
    let (_, waiting) = cluster.get("/api/v1/namespaces/n").await;
    let conditions = waiting["status"]["conditions"].as_array().unwrap();
    let held = conditions.iter().find(|c| c["type"] == "NamespaceFinalizersRemaining").unwrap();
    assert_eq!(
        (&held["status"], &held["message"]),
        (
            &json!("True"),
            &json!(
                "Some content in the namespace has finalizers remaining: a/b in 1 resource instances"
            )
        )
    );
    let (code, refusal) = cluster.post(maps, config_map("late")).await;
    assert_eq!(
        (code, &refusal["details"]["causes"][0]["reason"]),
        (403, &json!("NamespaceTerminating"))
    );
    cluster.merge(&format!("{maps}/held"), json!({ "metadata": { "finalizers": null } })).await;
    assert_eq!(cluster.get("/api/v1/namespaces/n").await.0, 404);
    assert_eq!(cluster.post(maps, config_map("later")).await.0, 404);
    assert_eq!(cluster.delete("/api/v1/namespaces/default", json!(null)).await.0, 403);
}

#[tokio::test]
async fn without_its_controllers_the_server_waits_for_others() {
    let options = Options::default().collect_garbage(false).empty_namespaces(false);
    let cluster = Cluster::start_with(options).await;
    let (_, owner) = cluster.post(CONFIG_MAPS, config_map("owner")).await;
    cluster.post(CONFIG_MAPS, owned("child", &owner, true)).await;
    cluster.delete(&format!("{CONFIG_MAPS}/owner"), json!(null)).await;
    assert_eq!(names(&cluster.get(CONFIG_MAPS).await.1), ["child"]);
    cluster.post("/api/v1/namespaces", json!({ "metadata": { "name": "n" } })).await;
    cluster.delete("/api/v1/namespaces/n", json!(null)).await;
    let done = json!({ "metadata": { "name": "n" }, "spec": { "finalizers": [] } });
    assert_eq!(cluster.put("/api/v1/namespaces/n/finalize", done).await.0, 200);
    assert_eq!(cluster.get("/api/v1/namespaces/n").await.0, 404);
}
