//! The status field, which is written apart.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::{config_map, crds, deployment, with};
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
    fact!(a_scale_below_zero_is_refused, 11, [Scale]),
    fact!(a_kind_without_replicas_has_no_scale, 11, [Scale]),
    fact!(a_status_that_contradicts_itself_is_refused, 20, [BuiltinRules]),
    fact!(a_count_of_collisions_does_not_shrink, 20, [BuiltinRules]),
    fact!(a_zero_in_a_status_is_not_kept_and_nobodys, 18),
];

async fn widget(s: &Server) -> (crds::Crd, String, Value) {
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
    s.post(&path, &deployment("web", 1)).await.is(201);
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

async fn a_scale_below_zero_is_refused(s: Server) {
    let path = s.apps("deployments");
    s.post(&path, &deployment("web", 0)).await.is(201);
    let path = format!("{path}/web/scale");
    let patch = json!({ "spec": { "replicas": -1 } });
    let message = "Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0";
    s.patch(MERGE_PATCH, &path, &patch).await.refused(422, "Invalid", message);
}

async fn a_kind_without_replicas_has_no_scale(s: Server) {
    let path = s.core("configmaps");
    s.post(&path, &config_map("a", json!({}))).await.is(201);
    let message = "the server could not find the requested resource";
    s.get(&format!("{path}/a/scale")).await.refused(404, "NotFound", message);
}

/// Go leaves zeros out of a status, so a patch that sets one takes the field away.
async fn a_zero_in_a_status_is_not_kept_and_nobodys(s: Server) {
    let sets = s.apps("statefulsets");
    let set = json!({ "metadata": { "name": "a" }, "spec": {
        "replicas": 0, "selector": { "matchLabels": { "app": "a" } }, "serviceName": "a",
        "template": deployment("a", 0)["spec"]["template"],
    } });
    s.post(&sets, &set).await.is(201);
    let path = format!("{sets}/a/status?fieldManager=one");
    let patch = |ready: u32| json!({ "status": { "replicas": 3, "readyReplicas": ready } });
    let owned = |object: &Value| {
        let all = object["metadata"]["managedFields"].as_array().unwrap();
        let one = all.iter().find(|entry| entry["manager"] == "one");
        one.map(|entry| entry["fieldsV1"]["f:status"].clone()).unwrap_or_default()
    };
    let two = s.patch(MERGE_PATCH, &path, &patch(2)).await.is(200);
    assert_eq!(two["status"]["readyReplicas"], 2);
    assert_eq!(owned(&two), json!({ "f:readyReplicas": {}, "f:replicas": {} }));
    let zero = s.patch(MERGE_PATCH, &path, &patch(0)).await.is(200);
    assert_eq!(zero["status"].get("readyReplicas"), None);
    assert_eq!(owned(&zero).get("f:readyReplicas"), None);
}

async fn a_status_that_contradicts_itself_is_refused(s: Server) {
    let path = s.apps("deployments");
    let mut paused = deployment("web", 0);
    paused["spec"]["paused"] = true.into();
    s.post(&path, &paused).await.is(201);
    let path = format!("{path}/web/status");
    let patch = json!({ "status": { "availableReplicas": 2 } });
    let message = "Deployment.apps \"web\" is invalid: [status.availableReplicas: Invalid value: 2: cannot be \
        greater than status.replicas, status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas]";
    s.patch(MERGE_PATCH, &path, &patch).await.refused(422, "Invalid", message);
}

async fn a_count_of_collisions_does_not_shrink(s: Server) {
    let template = json!({
        "metadata": { "labels": { "app": "a" } },
        "spec": { "containers": [{ "name": "main", "image": "main:1" }] },
    });
    for (kind, plural) in [
        ("Deployment", "deployments"),
        ("DaemonSet", "daemonsets"),
        ("StatefulSet", "statefulsets"),
    ] {
        let object = json!({
            "apiVersion": "apps/v1", "kind": kind, "metadata": { "name": "a" },
            "spec": { "selector": { "matchLabels": { "app": "a" } }, "template": template },
        });
        s.post(&s.apps(plural), &object).await.is(201);
        let path = format!("{}/a/status", s.apps(plural));
        let count = |count: Value| json!({ "status": { "collisionCount": count } });
        s.patch(MERGE_PATCH, &path, &count(json!(2))).await.is(200);
        for (new, shown) in [(json!(1), "1"), (json!(null), "0")] {
            let message = format!(
                "{kind}.apps \"a\" is invalid: status.collisionCount: Invalid value: {shown}: cannot be decremented"
            );
            s.patch(MERGE_PATCH, &path, &count(new)).await.refused(422, "Invalid", &message);
        }
        s.patch(MERGE_PATCH, &path, &count(json!(3))).await.is(200);
    }
}
