//! Deleting, and what holds it up.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::config_map;
use crate::server::{MERGE_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(a_finalizer_keeps_a_deleted_object_until_it_is_removed, 0),
    fact!(a_marked_object_has_a_higher_generation, 0),
    fact!(a_pod_on_a_node_is_given_its_grace, 0),
    fact!(a_grace_of_zero_ends_at_once, 0),
    fact!(a_precondition_that_holds_lets_a_delete_through, 0),
    fact!(a_finalizer_cannot_be_added_to_what_is_being_deleted, 0),
    fact!(a_deletion_cannot_be_taken_back, 0),
    fact!(a_delete_of_another_object_of_that_name_is_refused, 0),
    fact!(a_delete_of_an_older_version_is_refused, 0),
    fact!(a_finalizer_without_a_domain_is_refused, 0),
    fact!(a_delete_with_two_policies_is_refused, 0),
    fact!(a_claim_goes_when_no_pod_on_a_node_has_it, 16, [Workloads]),
    fact!(a_volume_goes_when_it_is_not_bound, 28, [Workloads]),
];

async fn created(s: &Server, finalizers: Value) -> (String, Value) {
    let path = s.core("configmaps");
    let mut object = config_map("a", json!({}));
    object["metadata"]["finalizers"] = finalizers;
    (format!("{path}/a"), s.post(&path, &object).await.is(201))
}

async fn a_finalizer_keeps_a_deleted_object_until_it_is_removed(s: Server) {
    let (path, created) = created(&s, json!(["gotk.dev/a", "gotk.dev/b"])).await;
    let marked = s.delete(&path).await.is(200);
    assert_eq!(marked["kind"], "ConfigMap");
    assert!(marked["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(marked["metadata"]["uid"], created["metadata"]["uid"]);

    let again = s.delete(&path).await.is(200);
    assert_eq!(again["metadata"]["deletionTimestamp"], marked["metadata"]["deletionTimestamp"]);
    let patch = json!({ "metadata": { "finalizers": ["gotk.dev/b"] } });
    s.patch(MERGE_PATCH, &path, &patch).await.is(200);
    s.get(&path).await.is(200);
    let last =
        s.patch(MERGE_PATCH, &path, &json!({ "metadata": { "finalizers": null } })).await.is(200);
    assert_eq!(last["metadata"].get("finalizers"), None);
    s.get(&path).await.is(404);
}

async fn a_marked_object_has_a_higher_generation(s: Server) {
    let path = s.apps("deployments");
    let mut object = super::deployment("web", 0);
    object["metadata"]["finalizers"] = json!(["gotk.dev/a"]);
    s.post(&path, &object).await.is(201);
    let path = format!("{path}/web");
    let marked = s.delete(&path).await.is(200);
    assert_eq!(marked["metadata"]["generation"], 2);
    s.patch(MERGE_PATCH, &path, &json!({ "metadata": { "finalizers": null } })).await.is(200);
}

async fn pod_on_a_node(s: &Server) -> String {
    let path = s.core("pods");
    let containers = json!([{ "name": "main", "image": "main:1" }]);
    let spec = json!({ "nodeName": "nowhere", "containers": containers });
    s.post(
        &path,
        &json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" }, "spec": spec }),
    )
    .await
    .is(201);
    format!("{path}/a")
}

async fn a_pod_on_a_node_is_given_its_grace(s: Server) {
    let path = pod_on_a_node(&s).await;
    let marked = s.delete(&path).await.is(200);
    assert_eq!(marked["metadata"]["deletionGracePeriodSeconds"], 30);
    let shorter = s.delete_with(&path, &json!({ "gracePeriodSeconds": 5 })).await.is(200);
    assert_eq!(shorter["metadata"]["deletionGracePeriodSeconds"], 5);
    s.get(&path).await.is(200);
}

async fn a_grace_of_zero_ends_at_once(s: Server) {
    let path = pod_on_a_node(&s).await;
    s.delete_with(&path, &json!({ "gracePeriodSeconds": 0 })).await.is(200);
    s.get(&path).await.is(404);
}

async fn a_claim_goes_when_no_pod_on_a_node_has_it(s: Server) {
    let claims = s.core("persistentvolumeclaims");
    let spec = json!({
        "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } },
    });
    for name in ["idle", "used"] {
        let claim = json!({ "metadata": { "name": name }, "spec": spec });
        let claim = s.post(&claims, &claim).await.is(201);
        assert_eq!(claim["metadata"]["finalizers"], json!(["kubernetes.io/pvc-protection"]));
        let managed = &claim["metadata"]["managedFields"][0]["fieldsV1"];
        assert_eq!(managed.get("f:metadata"), None, "nobody owns it");
    }
    let pod = json!({ "metadata": { "name": "a" }, "spec": {
        "nodeName": "nowhere", "containers": [{ "name": "main", "image": "main:1" }],
        "volumes": [{ "name": "data", "persistentVolumeClaim": { "claimName": "used" } }],
    } });
    s.post(&s.core("pods"), &pod).await.is(201);
    for name in ["used", "idle"] {
        let marked = s.delete(&format!("{claims}/{name}")).await.is(200);
        assert!(marked["metadata"]["deletionTimestamp"].is_string());
    }
    s.eventually_gone(&format!("{claims}/idle")).await;
    s.get(&format!("{claims}/used")).await.is(200);
    let now = json!({ "gracePeriodSeconds": 0 });
    s.delete_with(&format!("{}/a", s.core("pods")), &now).await.is(200);
    s.eventually_gone(&format!("{claims}/used")).await;
}

async fn a_volume_goes_when_it_is_not_bound(s: Server) {
    let path = format!("/api/v1/persistentvolumes/{}", s.namespace);
    let volume = json!({ "metadata": { "name": s.namespace }, "spec": {
        "accessModes": ["ReadWriteOnce"], "capacity": { "storage": "1Gi" },
        "hostPath": { "path": "/x" },
    } });
    let volume = s.post("/api/v1/persistentvolumes", &volume).await.is(201);
    assert_eq!(volume["metadata"]["finalizers"], json!(["kubernetes.io/pv-protection"]));
    assert!(volume["status"]["lastPhaseTransitionTime"].is_string());
    let bound = json!({ "status": { "phase": "Bound" } });
    s.patch(MERGE_PATCH, &format!("{path}/status"), &bound).await.is(200);
    let marked = s.delete(&path).await.is(200);
    assert!(marked["metadata"]["deletionTimestamp"].is_string());
    s.get(&path).await.is(200);
    let released = json!({ "status": { "phase": "Released" } });
    s.patch(MERGE_PATCH, &format!("{path}/status"), &released).await.is(200);
    s.eventually_gone(&path).await;
}

async fn a_precondition_that_holds_lets_a_delete_through(s: Server) {
    let (path, created) = created(&s, json!([])).await;
    let metadata = &created["metadata"];
    let preconditions =
        json!({ "uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"] });
    s.delete_with(&path, &json!({ "preconditions": preconditions })).await.is(200);
    s.get(&path).await.is(404);
}

async fn a_finalizer_cannot_be_added_to_what_is_being_deleted(s: Server) {
    let (path, _) = created(&s, json!(["gotk.dev/a"])).await;
    s.delete(&path).await.is(200);
    let patch = json!({ "metadata": { "finalizers": ["gotk.dev/a", "gotk.dev/b"] } });
    let message = "ConfigMap \"a\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be \
        added if the object is being deleted, found new finalizers []string{\"gotk.dev/b\"}";
    s.patch(MERGE_PATCH, &path, &patch).await.refused(422, "Invalid", message);
}

async fn a_deletion_cannot_be_taken_back(s: Server) {
    let (path, _) = created(&s, json!(["gotk.dev/a"])).await;
    let marked = s.delete(&path).await.is(200);
    let patch = json!({ "metadata": { "deletionTimestamp": null } });
    let patched = s.patch(MERGE_PATCH, &path, &patch).await.is(200);
    assert_eq!(patched["metadata"]["deletionTimestamp"], marked["metadata"]["deletionTimestamp"]);
}

async fn a_delete_of_another_object_of_that_name_is_refused(s: Server) {
    let (path, created) = created(&s, json!([])).await;
    let uid = "5f2d6a10-0000-4000-8000-000000000001";
    let message = format!(
        "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition ({uid}) does not \
         match the UID in record ({}). The object might have been deleted and then recreated",
        created["metadata"]["uid"].as_str().unwrap()
    );
    let answer = s.delete_with(&path, &json!({ "preconditions": { "uid": uid } })).await;
    answer.refused(409, "Conflict", &message);
}

async fn a_delete_of_an_older_version_is_refused(s: Server) {
    let (path, created) = created(&s, json!([])).await;
    let now = s.patch(MERGE_PATCH, &path, &json!({ "data": { "k": "v" } })).await.is(200);
    let version =
        |object: &Value| object["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let message = format!(
        "Operation cannot be fulfilled on ConfigMap \"a\": the ResourceVersion in the precondition ({}) \
         does not match the ResourceVersion in record ({}). The object might have been modified",
        version(&created),
        version(&now)
    );
    let preconditions = json!({ "resourceVersion": version(&created) });
    let answer = s.delete_with(&path, &json!({ "preconditions": preconditions })).await;
    answer.refused(409, "Conflict", &message);
    s.get(&path).await.is(200);
}

async fn a_finalizer_without_a_domain_is_refused(s: Server) {
    let mut object = config_map("a", json!({}));
    object["metadata"]["finalizers"] = json!(["short"]);
    let status = s.post(&s.core("configmaps"), &object).await.is(422);
    assert!(
        status["details"]["causes"][0]["field"]
            .as_str()
            .unwrap()
            .starts_with("metadata.finalizers")
    );
}

async fn a_delete_with_two_policies_is_refused(s: Server) {
    let (path, _) = created(&s, json!([])).await;
    let options = json!({ "propagationPolicy": "Background", "orphanDependents": true });
    let status = s.delete_with(&path, &options).await.is(422);
    let message = status["message"].as_str().unwrap();
    let end = "orphanDependents and deletionPropagation cannot be both set";
    assert!(message.ends_with(end), "{message}");
}
