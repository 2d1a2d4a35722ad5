//! Owned objects go with their owners.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::config_map;
use crate::server::{MERGE_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(owned_objects_go_after_their_owner, 0),
    fact!(an_object_of_an_owner_that_never_was_goes, 20),
    fact!(an_object_stays_as_long_as_one_owner_does, 0),
    fact!(in_the_foreground_the_owner_goes_last, 0, [DeletionPolicies]),
    fact!(an_orphan_stays_and_forgets_its_owner, 0, [DeletionPolicies]),
    fact!(an_owner_reference_must_be_complete, 0),
    fact!(a_policy_that_is_none_is_refused, 0, [DeletionPolicies]),
];

fn owner(object: &Value) -> Value {
    let metadata = &object["metadata"];
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "name": metadata["name"], "uid": metadata["uid"] })
}

fn owned(name: &str, owners: &[Value]) -> Value {
    let mut object = config_map(name, json!({}));
    object["metadata"]["ownerReferences"] = json!(owners);
    object
}

async fn created(s: &Server, object: &Value) -> Value {
    s.post(&s.core("configmaps"), object).await.is(201)
}

async fn owned_objects_go_after_their_owner(s: Server) {
    let parent = created(&s, &config_map("parent", json!({}))).await;
    let child = created(&s, &owned("child", &[owner(&parent)])).await;
    created(&s, &owned("grandchild", &[owner(&child)])).await;
    let path = s.core("configmaps");
    s.delete_with(&format!("{path}/parent"), &json!({ "propagationPolicy": "Background" }))
        .await
        .is(200);
    s.get(&format!("{path}/parent")).await.is(404);
    s.eventually_gone(&format!("{path}/child")).await;
    s.eventually_gone(&format!("{path}/grandchild")).await;
}

async fn an_object_of_an_owner_that_never_was_goes(s: Server) {
    let nobody = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "name": "nobody",
        "uid": "5f2d6a10-0000-4000-8000-000000000001",
    });
    created(&s, &owned("child", &[nobody])).await;
    s.eventually_gone(&format!("{}/child", s.core("configmaps"))).await;
}

async fn an_object_stays_as_long_as_one_owner_does(s: Server) {
    let one = created(&s, &config_map("one", json!({}))).await;
    let two = created(&s, &config_map("two", json!({}))).await;
    created(&s, &owned("only", &[owner(&one)])).await;
    created(&s, &owned("both", &[owner(&one), owner(&two)])).await;
    let path = s.core("configmaps");
    s.delete(&format!("{path}/one")).await.is(200);
    s.eventually_gone(&format!("{path}/only")).await;
    s.eventually("the owner that is gone is forgotten", async || {
        let both = s.get(&format!("{path}/both")).await.is(200);
        both["metadata"]["ownerReferences"] == json!([owner(&two)])
    })
    .await;
}

async fn in_the_foreground_the_owner_goes_last(s: Server) {
    let parent = created(&s, &config_map("parent", json!({}))).await;
    let mut reference = owner(&parent);
    reference["blockOwnerDeletion"] = json!(true);
    let mut child = owned("child", &[reference]);
    child["metadata"]["finalizers"] = json!(["gotk.dev/held"]);
    created(&s, &child).await;
    let path = s.core("configmaps");
    let options = json!({ "propagationPolicy": "Foreground" });
    let marked = s.delete_with(&format!("{path}/parent"), &options).await.is(200);
    assert_eq!(marked["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    s.eventually("the child is being deleted", async || {
        s.get(&format!("{path}/child")).await.is(200)["metadata"]["deletionTimestamp"].is_string()
    })
    .await;
    s.get(&format!("{path}/parent")).await.is(200);
    let patch = json!({ "metadata": { "finalizers": null } });
    s.patch(MERGE_PATCH, &format!("{path}/child"), &patch).await.is(200);
    s.eventually_gone(&format!("{path}/parent")).await;
}

async fn an_orphan_stays_and_forgets_its_owner(s: Server) {
    let parent = created(&s, &config_map("parent", json!({}))).await;
    created(&s, &owned("child", &[owner(&parent)])).await;
    let path = s.core("configmaps");
    let options = json!({ "propagationPolicy": "Orphan" });
    let marked = s.delete_with(&format!("{path}/parent"), &options).await.is(200);
    assert_eq!(marked["metadata"]["finalizers"], json!(["orphan"]));
    s.eventually_gone(&format!("{path}/parent")).await;
    let child = s.get(&format!("{path}/child")).await.is(200);
    assert_eq!(child["metadata"].get("ownerReferences"), None);
}

async fn an_owner_reference_must_be_complete(s: Server) {
    let nameless = json!({ "apiVersion": "v1", "kind": "ConfigMap", "name": "", "uid": "" });
    let status = s.post(&s.core("configmaps"), &owned("child", &[nameless])).await.is(422);
    let causes = status["details"]["causes"].as_array().unwrap();
    // Newer servers say at which index, whatever they emulate.
    let field = |c: &Value| c["field"].as_str().unwrap().replace("[0]", "");
    let fields: Vec<String> = causes.iter().map(field).collect();
    assert_eq!(fields, ["metadata.ownerReferences.name", "metadata.ownerReferences.uid"]);
}

async fn a_policy_that_is_none_is_refused(s: Server) {
    let path = s.core("configmaps");
    s.post(&path, &config_map("a", json!({}))).await.is(201);
    let path = format!("{path}/a");
    let message = "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Odd\": \
        supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"";
    let options = json!({ "propagationPolicy": "Odd" });
    s.delete_with(&path, &options).await.refused(422, "Invalid", message);
    s.get(&path).await.is(200);
}
