//! Made, read, replaced, deleted.

use http::Request;
use serde_json::json;

use crate::fact::{Fact, fact};
use crate::facts::{config_map, labelled, names, with};
use crate::server::Server;

pub(super) const FACTS: &[Fact] = &[
    fact!(an_object_is_created_read_replaced_and_deleted, 0),
    fact!(a_collection_is_deleted_as_far_as_selected, 0),
    fact!(a_replaced_object_loses_what_is_not_in_the_new_one, 0),
    fact!(an_existing_object_is_not_created_again, 0),
    fact!(an_object_for_another_namespace_is_refused, 0),
    fact!(a_namespace_must_exist_before_what_is_in_it, 0),
    fact!(a_name_must_be_a_dns_subdomain, 0),
    fact!(a_replacement_must_have_the_name_of_its_path, 0),
    fact!(a_missing_object_is_not_replaced, 0),
    fact!(an_object_of_another_kind_is_refused, 0),
    fact!(a_body_that_is_no_json_is_refused, 0),
    fact!(an_immutable_config_map_stays, 21, [BuiltinRules]),
    fact!(string_data_of_a_secret_becomes_data, 0, [BuiltinRules]),
    fact!(the_selector_of_a_deployment_stays, 16, [BuiltinRules]),
    fact!(a_deployment_gets_its_defaults, 16, [BuiltinRules]),
];

async fn an_object_is_created_read_replaced_and_deleted(s: Server) {
    let path = s.core("configmaps");
    let created = s.post(&path, &config_map("a", json!({ "k": "1" }))).await.is(201);
    assert_eq!(created["kind"], "ConfigMap");
    assert_eq!(created["metadata"]["namespace"], s.namespace);
    let one = format!("{path}/a");
    assert_eq!(s.get(&one).await.is(200), created);

    let replaced = s.put(&one, &with(&created, "/data/k", json!("2"))).await.is(200);
    assert_eq!(replaced["data"]["k"], "2");
    assert_eq!(s.get(&one).await.is(200), replaced);

    let deleted = s.delete(&one).await.is(200);
    assert_eq!((&deleted["kind"], &deleted["status"]), (&json!("Status"), &json!("Success")));
    assert_eq!(deleted["details"]["uid"], created["metadata"]["uid"]);
    s.get(&one).await.is(404);
}

async fn a_collection_is_deleted_as_far_as_selected(s: Server) {
    let path = s.core("configmaps");
    for (name, tier) in [("a", "old"), ("b", "new"), ("c", "old")] {
        s.post(&path, &labelled(name, json!({ "tier": tier }))).await.is(201);
    }
    s.delete(&format!("{path}?labelSelector=tier%3Dold")).await.is(200);
    let left = s.get(&format!("{path}?labelSelector=tier")).await.is(200);
    assert_eq!(names(&left), ["b"]);
}

async fn a_replaced_object_loses_what_is_not_in_the_new_one(s: Server) {
    let path = s.core("configmaps");
    s.post(&path, &config_map("a", json!({ "k": "1", "l": "1" }))).await.is(201);
    let replaced = s.put(&format!("{path}/a"), &config_map("a", json!({ "k": "1" }))).await.is(200);
    assert_eq!(replaced["data"], json!({ "k": "1" }));
}

async fn an_existing_object_is_not_created_again(s: Server) {
    let path = s.core("configmaps");
    s.post(&path, &config_map("a", json!({}))).await.is(201);
    let answer = s.post(&path, &config_map("a", json!({}))).await;
    let status = answer.refused(409, "AlreadyExists", r#"configmaps "a" already exists"#);
    assert_eq!(status["details"], json!({ "name": "a", "kind": "configmaps" }));
}

async fn an_object_for_another_namespace_is_refused(s: Server) {
    let elsewhere = with(&config_map("a", json!({})), "/metadata/namespace", json!("default"));
    let message =
        "the namespace of the provided object does not match the namespace sent on the request";
    s.post(&s.core("configmaps"), &elsewhere).await.refused(400, "BadRequest", message);
}

async fn a_namespace_must_exist_before_what_is_in_it(s: Server) {
    let answer = s.post("/api/v1/namespaces/nowhere/configmaps", &config_map("a", json!({}))).await;
    let status = answer.refused(404, "NotFound", r#"namespaces "nowhere" not found"#);
    assert_eq!(status["details"], json!({ "name": "nowhere", "kind": "namespaces" }));
    // Reading is no question of the namespace.
    assert_eq!(names(&s.get("/api/v1/namespaces/nowhere/configmaps").await.is(200)).len(), 0);
}

async fn a_name_must_be_a_dns_subdomain(s: Server) {
    let answer = s.post(&s.core("configmaps"), &config_map("A_b", json!({}))).await;
    let message = "ConfigMap \"A_b\" is invalid: metadata.name: Invalid value: \"A_b\": a lowercase \
        RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
        start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
        '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    let status = answer.refused(422, "Invalid", message);
    assert_eq!(status["details"]["causes"][0]["field"], "metadata.name");
    assert_eq!(status["details"]["causes"][0]["reason"], "FieldValueInvalid");
}

async fn a_replacement_must_have_the_name_of_its_path(s: Server) {
    let path = s.core("configmaps");
    s.post(&path, &config_map("a", json!({}))).await.is(201);
    let answer = s.put(&format!("{path}/a"), &config_map("b", json!({}))).await;
    let message = "the name of the object (b) does not match the name on the URL (a)";
    answer.refused(400, "BadRequest", message);
}

async fn a_missing_object_is_not_replaced(s: Server) {
    let answer = s.put(&format!("{}/a", s.core("configmaps")), &config_map("a", json!({}))).await;
    answer.refused(404, "NotFound", r#"configmaps "a" not found"#);
}

async fn an_object_of_another_kind_is_refused(s: Server) {
    let answer = s.post(&s.core("secrets"), &config_map("a", json!({}))).await;
    assert_eq!(answer.is(400)["reason"], "BadRequest");
}

async fn a_body_that_is_no_json_is_refused(s: Server) {
    let request = Request::post(s.core("configmaps")).header("Content-Type", "application/json");
    let status = s.send_text(request, "{".to_owned()).await.is(400);
    assert_eq!(status["reason"], "BadRequest");
}

async fn an_immutable_config_map_stays(s: Server) {
    let path = s.core("configmaps");
    let object = with(&config_map("a", json!({ "k": "1" })), "/immutable", json!(true));
    let created = s.post(&path, &object).await.is(201);
    let answer = s.put(&format!("{path}/a"), &with(&created, "/data/k", json!("2"))).await;
    let message =
        "ConfigMap \"a\" is invalid: data: Forbidden: field is immutable when `immutable` is set";
    answer.refused(422, "Invalid", message);
}

async fn string_data_of_a_secret_becomes_data(s: Server) {
    let object = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "a" }, "stringData": { "k": "v" },
    });
    let created = s.post(&s.core("secrets"), &object).await.is(201);
    assert_eq!(created["data"], json!({ "k": "dg==" }));
    assert_eq!(created["type"], "Opaque");
    assert_eq!(created.get("stringData"), None);
}

async fn the_selector_of_a_deployment_stays(s: Server) {
    let path = s.apps("deployments");
    let object = super::deployment("web", 1);
    s.post(&path, &object).await.is(201);
    // Without a version: the controller may be writing its status.
    let labels = json!({ "app": "other" });
    let changed = with(&object, "/spec/selector/matchLabels", labels.clone());
    let changed = with(&changed, "/spec/template/metadata/labels", labels);
    let status = s.put(&format!("{path}/web"), &changed).await.is(422);
    let message = status["message"].as_str().unwrap();
    assert!(
        message.starts_with("Deployment.apps \"web\" is invalid: spec.selector: Invalid value: "),
        "{message}"
    );
    assert!(message.ends_with(": field is immutable"), "{message}");
}

async fn a_deployment_gets_its_defaults(s: Server) {
    let created = s.post(&s.apps("deployments"), &super::deployment("web", 1)).await.is(201);
    let spec = &created["spec"];
    assert_eq!(spec["progressDeadlineSeconds"], 600);
    assert_eq!(spec["revisionHistoryLimit"], 10);
    let rolling = json!({ "maxSurge": "25%", "maxUnavailable": "25%" });
    assert_eq!(spec["strategy"], json!({ "type": "RollingUpdate", "rollingUpdate": rolling }));
    let pod = &spec["template"]["spec"];
    assert_eq!(pod["restartPolicy"], "Always");
    assert_eq!(pod["containers"][0]["imagePullPolicy"], "IfNotPresent");
    assert_eq!(pod["containers"][0]["terminationMessagePath"], "/dev/termination-log");
}
