//! The status field, which is written apart.

use serde_json::json;

use crate::fact::{Fact, fact};
use crate::facts::{config_map, crds, with};
use crate::server::{MERGE_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(a_status_write_changes_the_status_only, 0),
    fact!(an_object_write_leaves_the_status, 0),
    fact!(a_new_object_has_no_status, 0),
    fact!(a_status_write_keeps_the_generation, 0),
    fact!(an_applied_status_is_owned_apart, 22),
    fact!(a_scale_changes_the_replicas, 11, [Scale]),
    fact!(a_kind_without_a_status_has_no_such_path, 0),
    fact!(a_custom_kind_without_the_subresource_has_no_such_path, 0),
];

async fn widget(s: &Server) -> (crds::Crd, String, serde_json::Value) {
    let crd = crds::register(s, crds::anything(), |_| {}).await;
    let created = s.post(&crd.path, &crd.widget("a", json!({ "size": 1 }))).await.is(201);
    let path = format!("{}/a", crd.path);
    (crd, path, created)
}

async fn a_status_write_changes_the_status_only(s: Server) {
    let (_, path, created) = widget(&s).await;
    let mut changed = with(&created, "/status", json!({ "phase": "Ready" }));
    changed["spec"]["size"] = json!(2);
    changed["metadata"]["labels"] = json!({ "k": "v" });
    let written = s.put(&format!("{path}/status"), &changed).await.is(200);
    assert_eq!(written["status"], json!({ "phase": "Ready" }));
    assert_eq!(written["spec"], created["spec"]);
    assert_eq!(written["metadata"].get("labels"), None);
}

async fn an_object_write_leaves_the_status(s: Server) {
    let (_, path, _) = widget(&s).await;
    let patch = json!({ "status": { "phase": "Ready" } });
    let ready = s.patch(MERGE_PATCH, &format!("{path}/status"), &patch).await.is(200);
    let changed =
        with(&with(&ready, "/status", json!({ "phase": "Lost" })), "/spec/size", json!(2));
    let written = s.put(&path, &changed).await.is(200);
    assert_eq!(
        (&written["spec"]["size"], &written["status"]),
        (&json!(2), &json!({ "phase": "Ready" }))
    );
}

async fn a_new_object_has_no_status(s: Server) {
    let (crd, _, _) = widget(&s).await;
    let object = with(&crd.widget("b", json!({})), "/status", json!({ "phase": "Ready" }));
    assert_eq!(s.post(&crd.path, &object).await.is(201).get("status"), None);
}

async fn a_status_write_keeps_the_generation(s: Server) {
    let (_, path, _) = widget(&s).await;
    let patch = json!({ "status": { "phase": "Ready" } });
    let ready = s.patch(MERGE_PATCH, &format!("{path}/status"), &patch).await.is(200);
    assert_eq!(ready["metadata"]["generation"], 1);
    let grown = s.patch(MERGE_PATCH, &path, &json!({ "spec": { "size": 2 } })).await.is(200);
    assert_eq!(grown["metadata"]["generation"], 2);
}

async fn an_applied_status_is_owned_apart(s: Server) {
    let (crd, path, _) = widget(&s).await;
    let mut object = crd.widget("a", json!({ "size": 9 }));
    object["status"] = json!({ "phase": "Ready" });
    let applied = s.apply("ctl", &format!("{path}/status"), &object).await.is(200);
    assert_eq!(
        (&applied["spec"]["size"], &applied["status"]["phase"]),
        (&json!(1), &json!("Ready"))
    );
    let entries = applied["metadata"]["managedFields"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["manager"] == "ctl").unwrap();
    assert_eq!(
        (&entry["subresource"], &entry["fieldsV1"]),
        (&json!("status"), &json!({ "f:status": { "f:phase": {} } }))
    );

    object["status"] = json!({ "phase": "Lost" });
    let message = "Apply failed with 1 conflict: conflict with \"ctl\" with subresource \"status\": \
        .status.phase";
    s.apply("two", &format!("{path}/status"), &object).await.refused(409, "Conflict", message);
}

async fn a_scale_changes_the_replicas(s: Server) {
    let path = s.apps("deployments");
    s.post(&path, &super::deployment("web", 1)).await.is(201);
    let patch = json!({ "spec": { "replicas": 2 } });
    let scale = s.patch(MERGE_PATCH, &format!("{path}/web/scale"), &patch).await.is(200);
    assert_eq!((&scale["kind"], &scale["spec"]["replicas"]), (&json!("Scale"), &json!(2)));
    assert_eq!(s.get(&format!("{path}/web")).await.is(200)["spec"]["replicas"], 2);
}

const NO_SUCH_PATH: &str = "the server could not find the requested resource";

async fn a_kind_without_a_status_has_no_such_path(s: Server) {
    let path = s.core("configmaps");
    s.post(&path, &config_map("a", json!({}))).await.is(201);
    let status = s.get(&format!("{path}/a/status")).await.is(404);
    assert_eq!(status["message"], NO_SUCH_PATH);
}

async fn a_custom_kind_without_the_subresource_has_no_such_path(s: Server) {
    let crd = crds::register(&s, crds::anything(), |version| {
        version.as_object_mut().unwrap().remove("subresources");
    })
    .await;
    let object = with(&crd.widget("a", json!({})), "/status", json!({ "phase": "Ready" }));
    let created = s.post(&crd.path, &object).await.is(201);
    assert_eq!(created["status"]["phase"], "Ready", "without it the status is a field like others");
    let answer = s.get(&format!("{}/a/status", crd.path)).await;
    assert_eq!(answer.code, 404, "{:#}", answer.body);
}
