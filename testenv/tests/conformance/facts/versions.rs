//! The resource version, and who may write on what they read.

use serde_json::json;

use crate::fact::{Fact, fact};
use crate::facts::{config_map, labelled, version, with};
use crate::server::{MERGE_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(every_write_of_any_kind_has_a_higher_version, 0),
    fact!(a_list_is_as_new_as_the_last_write, 0),
    fact!(a_replacement_that_changes_nothing_keeps_the_version, 0),
    fact!(a_replacement_without_a_version_is_unconditional, 0),
    fact!(a_replacement_of_an_older_version_is_refused, 0),
    fact!(a_patch_of_an_older_version_is_refused, 0),
    fact!(a_replacement_of_another_object_of_that_name_is_refused, 0),
    fact!(a_new_object_must_not_have_a_version, 0),
];

const MODIFIED: &str = "Operation cannot be fulfilled on configmaps \"a\": the object has been \
    modified; please apply your changes to the latest version and try again";

async fn every_write_of_any_kind_has_a_higher_version(s: Server) {
    let mut last = 0;
    for name in ["a", "b", "c"] {
        let secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name } });
        let config_map = s.post(&s.core("configmaps"), &config_map(name, json!({}))).await.is(201);
        let secret = s.post(&s.core("secrets"), &secret).await.is(201);
        assert!(last < version(&config_map) && version(&config_map) < version(&secret));
        last = version(&secret);
    }
}

async fn a_list_is_as_new_as_the_last_write(s: Server) {
    let path = s.core("configmaps");
    let created = s.post(&path, &config_map("a", json!({}))).await.is(201);
    let list = s.get(&path).await.is(200);
    assert!(version(&list) >= version(&created));
}

async fn a_replacement_that_changes_nothing_keeps_the_version(s: Server) {
    let path = s.core("configmaps");
    let created = s.post(&path, &config_map("a", json!({ "k": "1" }))).await.is(201);
    let replaced = s.put(&format!("{path}/a"), &created).await.is(200);
    assert_eq!(version(&replaced), version(&created));
}

async fn a_replacement_without_a_version_is_unconditional(s: Server) {
    let path = s.core("configmaps");
    s.post(&path, &config_map("a", json!({ "k": "1" }))).await.is(201);
    let replaced = s.put(&format!("{path}/a"), &config_map("a", json!({ "k": "2" }))).await.is(200);
    assert_eq!(replaced["data"]["k"], "2");
}

async fn a_replacement_of_an_older_version_is_refused(s: Server) {
    let path = s.core("configmaps");
    let created = s.post(&path, &config_map("a", json!({ "k": "1" }))).await.is(201);
    let one = format!("{path}/a");
    let second = s.put(&one, &with(&created, "/data/k", json!("2"))).await.is(200);
    s.put(&one, &with(&created, "/data/k", json!("3"))).await.refused(409, "Conflict", MODIFIED);
    assert_eq!(s.get(&one).await.is(200), second);
}

async fn a_patch_of_an_older_version_is_refused(s: Server) {
    let path = s.core("configmaps");
    let created = s.post(&path, &config_map("a", json!({ "k": "1" }))).await.is(201);
    let one = format!("{path}/a");
    s.put(&one, &with(&created, "/data/k", json!("2"))).await.is(200);
    let old = &created["metadata"]["resourceVersion"];
    let patch = json!({ "metadata": { "resourceVersion": old }, "data": { "k": "3" } });
    s.patch(MERGE_PATCH, &one, &patch).await.refused(409, "Conflict", MODIFIED);
}

async fn a_replacement_of_another_object_of_that_name_is_refused(s: Server) {
    let path = s.core("configmaps");
    let created = s.post(&path, &labelled("a", json!({ "k": "1" }))).await.is(201);
    let uid = "5f2d6a10-0000-4000-8000-000000000001";
    let mut other = with(&created, "/metadata/uid", json!(uid));
    other["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    let status = s.put(&format!("{path}/a"), &other).await.is(409);
    let message = status["message"].as_str().unwrap();
    assert!(
        message.starts_with("Operation cannot be fulfilled on configmaps \"a\": "),
        "{message}"
    );
    let real = created["metadata"]["uid"].as_str().unwrap();
    let end =
        format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {real}");
    assert!(message.ends_with(&end), "{message}");
}

async fn a_new_object_must_not_have_a_version(s: Server) {
    let object = with(&config_map("a", json!({})), "/metadata/resourceVersion", json!("1"));
    let status = s.post(&s.core("configmaps"), &object).await.is(500);
    assert_eq!(status["message"], "resourceVersion should not be set on objects to be created");
}
