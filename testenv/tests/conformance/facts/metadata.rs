//! What the server writes into the metadata itself.

use std::collections::BTreeSet;

use serde_json::json;

use crate::fact::{Fact, fact};
use crate::facts::{config_map, deployment, with};
use crate::server::{MERGE_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(a_new_object_gets_uid_time_and_generation, 0),
    fact!(the_generation_counts_changes_of_the_spec, 0),
    fact!(a_generated_name_has_five_more_characters, 0),
    fact!(a_long_prefix_is_cut_to_fit, 0),
    fact!(who_creates_cannot_choose_what_is_the_servers, 0),
    fact!(who_updates_cannot_change_what_is_the_servers, 0),
    fact!(a_name_or_a_prefix_is_required, 0),
    fact!(a_label_must_be_well_formed, 0),
];

async fn a_new_object_gets_uid_time_and_generation(s: Server) {
    let created = s.post(&s.apps("deployments"), &deployment("web", 0)).await.is(201);
    let metadata = &created["metadata"];
    assert_eq!(metadata["uid"].as_str().unwrap().len(), 36);
    let time = metadata["creationTimestamp"].as_str().unwrap();
    assert!(time.len() == 20 && time.ends_with('Z'), "{time}");
    assert_eq!(metadata["generation"], 1);
}

async fn the_generation_counts_changes_of_the_spec(s: Server) {
    let path = s.apps("deployments");
    s.post(&path, &deployment("web", 0)).await.is(201);
    let path = format!("{path}/web");
    for (patch, generation) in [
        (json!({ "metadata": { "labels": { "k": "v" } } }), 1),
        (json!({ "spec": { "minReadySeconds": 5 } }), 2),
        (json!({ "spec": { "minReadySeconds": 5 } }), 2),
        (json!({ "spec": { "minReadySeconds": 6 } }), 3),
    ] {
        let patched = s.patch(MERGE_PATCH, &path, &patch).await.is(200);
        assert_eq!(patched["metadata"]["generation"], generation, "{patch}");
    }
}

const GENERATED: &str = "bcdfghjklmnpqrstvwxz2456789";

async fn a_generated_name_has_five_more_characters(s: Server) {
    let mut seen = BTreeSet::new();
    for _ in 0..10 {
        let metadata = json!({ "generateName": "web-" });
        let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata });
        let created = s.post(&s.core("configmaps"), &object).await.is(201);
        let name = created["metadata"]["name"].as_str().unwrap().to_owned();
        let end = name.strip_prefix("web-").unwrap();
        assert!(end.len() == 5 && end.chars().all(|c| GENERATED.contains(c)), "{name}");
        assert_eq!(created["metadata"]["generateName"], "web-");
        seen.insert(name);
    }
    assert_eq!(seen.len(), 10);
}

async fn a_long_prefix_is_cut_to_fit(s: Server) {
    let prefix = "p".repeat(70);
    let metadata = json!({ "generateName": prefix });
    let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata });
    let created = s.post(&s.core("configmaps"), &object).await.is(201);
    let name = created["metadata"]["name"].as_str().unwrap();
    assert_eq!((name.len(), &name[..58]), (63, &prefix[..58]));
}

async fn who_creates_cannot_choose_what_is_the_servers(s: Server) {
    let mut object = deployment("web", 0);
    let uid = "5f2d6a10-0000-4000-8000-000000000001";
    object["metadata"]["uid"] = json!(uid);
    object["metadata"]["creationTimestamp"] = json!("2000-01-01T00:00:00Z");
    object["metadata"]["deletionTimestamp"] = json!("2000-01-01T00:00:00Z");
    object["metadata"]["generation"] = json!(7);
    let created = s.post(&s.apps("deployments"), &object).await.is(201);
    let metadata = &created["metadata"];
    assert_ne!(metadata["uid"], uid);
    assert_ne!(metadata["creationTimestamp"], "2000-01-01T00:00:00Z");
    assert_eq!((metadata.get("deletionTimestamp"), &metadata["generation"]), (None, &json!(1)));
}

async fn who_updates_cannot_change_what_is_the_servers(s: Server) {
    let path = s.apps("deployments");
    s.post(&path, &deployment("web", 0)).await.is(201);
    let path = format!("{path}/web");
    let patch =
        json!({ "metadata": { "generation": 7, "creationTimestamp": "2000-01-01T00:00:00Z" } });
    let patched = s.patch(MERGE_PATCH, &path, &patch).await.is(200);
    assert_eq!(patched["metadata"]["generation"], 1);
    assert_ne!(patched["metadata"]["creationTimestamp"], "2000-01-01T00:00:00Z");
}

async fn a_name_or_a_prefix_is_required(s: Server) {
    let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": {} });
    let status = s.post(&s.core("configmaps"), &object).await.is(422);
    let message = "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is \
        required";
    assert_eq!(status["message"], message);
}

async fn a_label_must_be_well_formed(s: Server) {
    let object = with(&config_map("a", json!({})), "/metadata/labels", json!({ "k": "no spaces" }));
    let status = s.post(&s.core("configmaps"), &object).await.is(422);
    assert_eq!(status["details"]["causes"][0]["field"], "metadata.labels");
    let object = with(&config_map("a", json!({})), "/metadata/labels", json!({ "a/b/c": "v" }));
    s.post(&s.core("configmaps"), &object).await.is(422);
}
