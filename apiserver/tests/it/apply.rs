//! Server-side apply and the other patches.

use serde_json::json;

use crate::client::{CONFIG_MAPS, Cluster, config_map, version};

#[tokio::test]
async fn an_apply_creates_owns_and_conflicts() {
    let cluster = Cluster::start().await;
    let path = format!("{CONFIG_MAPS}/a");
    let config = |value: &str| json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" }, "data": { "k": value } });
    let (code, created) = cluster.apply(&format!("{path}?fieldManager=one"), config("1")).await;
    assert_eq!(code, 201);
    let entry = &created["metadata"]["managedFields"][0];
    assert_eq!((&entry["manager"], &entry["operation"]), (&json!("one"), &json!("Apply")));
    assert_eq!(entry["fieldsV1"], json!({ "f:data": { "f:k": {} } }));
    let (code, same) = cluster.apply(&format!("{path}?fieldManager=one"), config("1")).await;
    assert_eq!((code, same), (200, created.clone()));
    let (code, refusal) = cluster.apply(&format!("{path}?fieldManager=two"), config("2")).await;
    assert_eq!(code, 409);
    assert_eq!(refusal["message"], "Apply failed with 1 conflict: conflict with \"one\": .data.k");
    assert_eq!(
        refusal["details"]["causes"],
        json!([{ "reason": "FieldManagerConflict", "message": "conflict with \"one\"", "field": ".data.k" }])
    );
    let (code, forced) =
        cluster.apply(&format!("{path}?fieldManager=two&force=true"), config("2")).await;
    assert_eq!((code, &forced["data"]["k"]), (200, &json!("2")));
    assert_eq!(forced["metadata"]["managedFields"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_apply_that_names_no_manager_or_another_kind_is_refused() {
    let cluster = Cluster::start().await;
    let path = format!("{CONFIG_MAPS}/a");
    let (code, refusal) = cluster.apply(&path, config_map("a")).await;
    assert_eq!((code, &refusal["details"]["causes"][0]["field"]), (422, &json!("fieldManager")));
    let other = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "a" } });
    let (code, refusal) = cluster.apply(&format!("{path}?fieldManager=m"), other).await;
    assert_eq!((code, &refusal["message"]), (400, &json!("invalid object type: /v1, Kind=Secret")));
}

#[tokio::test]
async fn a_json_patch_is_all_or_nothing() {
    let cluster = Cluster::start().await;
    let (_, object) = cluster.post(CONFIG_MAPS, config_map("a")).await;
    let path = format!("{CONFIG_MAPS}/a");
    let patch = async |operations| {
        cluster.send("PATCH", &path, "application/json-patch+json", operations).await
    };
    let set = json!({ "op": "add", "path": "/data/x", "value": "y" });
    let (code, patched) = patch(json!([set])).await;
    assert_eq!((code, &patched["data"]["x"]), (200, &json!("y")));
    let test = json!({ "op": "test", "path": "/data/k", "value": "other" });
    let (code, refusal) = patch(json!([{ "op": "remove", "path": "/data/x" }, test])).await;
    assert_eq!((code, &refusal["reason"]), (422, &json!("Invalid")));
    assert_eq!(patch(json!({ "op": "x" })).await.0, 400);
    assert_eq!(patch(json!(vec![set; 10_001])).await.0, 413);
    assert_eq!(cluster.get(&path).await.1["data"]["x"], "y");
    assert!(version(&patched) > version(&object));
}

#[tokio::test]
async fn a_configuration_may_be_yaml() {
    let cluster = Cluster::start().await;
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n".to_owned();
    let path = format!("{CONFIG_MAPS}/a?fieldManager=m");
    let response = cluster.open("PATCH", &path, "application/apply-patch+yaml", yaml.clone()).await;
    assert_eq!(response.status(), 201);
    assert_eq!(cluster.get(&format!("{CONFIG_MAPS}/a")).await.1["data"]["k"], "v");
    let response = cluster.open("POST", CONFIG_MAPS, "application/yaml", yaml).await;
    assert_eq!(response.status(), 409);
    let response =
        cluster.open("PATCH", &path, "application/apply-patch+yaml", "a: b: c".into()).await;
    assert_eq!(response.status(), 400);
}
