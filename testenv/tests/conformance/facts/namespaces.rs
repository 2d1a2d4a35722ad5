//! Namespaces come and go.

use serde_json::json;

use crate::fact::{Fact, fact};
use crate::facts::config_map;
use crate::server::{MERGE_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(the_usual_namespaces_are_there, 14),
    fact!(a_namespace_is_active_and_labelled_with_its_name, 21),
    fact!(a_deleted_namespace_empties_and_goes, 0),
    fact!(a_held_object_holds_its_namespace_and_the_namespace_says_so, 16),
    fact!(nothing_new_comes_into_a_namespace_that_goes, 0),
    fact!(the_default_namespace_stays, 0),
    fact!(a_namespace_has_a_label_for_a_name, 0),
];

fn path(s: &Server) -> String {
    format!("/api/v1/namespaces/{}", s.namespace)
}

async fn the_usual_namespaces_are_there(s: Server) {
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        let namespace = s.get(&format!("/api/v1/namespaces/{name}")).await.is(200);
        assert_eq!(namespace["status"]["phase"], "Active");
    }
}

async fn a_namespace_is_active_and_labelled_with_its_name(s: Server) {
    let namespace = s.get(&path(&s)).await.is(200);
    assert_eq!(namespace["status"], json!({ "phase": "Active" }));
    assert_eq!(namespace["spec"], json!({ "finalizers": ["kubernetes"] }));
    assert_eq!(
        namespace["metadata"]["labels"],
        json!({ "kubernetes.io/metadata.name": s.namespace })
    );
}

async fn a_deleted_namespace_empties_and_goes(s: Server) {
    let path = path(&s);
    let object = s.core("configmaps");
    s.post(&object, &config_map("a", json!({}))).await.is(201);
    let marked = s.delete(&path).await.is(200);
    assert_eq!(
        (&marked["kind"], &marked["status"]["phase"]),
        (&json!("Namespace"), &json!("Terminating"))
    );
    s.eventually_gone(&path).await;
    s.get(&format!("{object}/a")).await.is(404);
    // The name is free again, and what was in it is not back.
    s.create_namespace(&s.namespace, json!({})).await;
    s.get(&format!("{object}/a")).await.is(404);
}

async fn held(s: &Server) -> String {
    let mut object = config_map("held", json!({}));
    object["metadata"]["finalizers"] = json!(["gotk.dev/held"]);
    s.post(&s.core("configmaps"), &object).await.is(201);
    s.delete(&path(s)).await.is(200);
    format!("{}/held", s.core("configmaps"))
}

async fn a_held_object_holds_its_namespace_and_the_namespace_says_so(s: Server) {
    let object = held(&s).await;
    let path = path(&s);
    s.eventually("the namespace says what holds it", async || {
        let namespace = s.get(&path).await.is(200);
        let conditions = namespace["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions
            .iter()
            .any(|c| c["type"] == "NamespaceFinalizersRemaining" && c["status"] == "True")
    })
    .await;
    s.patch(MERGE_PATCH, &object, &json!({ "metadata": { "finalizers": null } })).await.is(200);
    s.eventually_gone(&path).await;
}

async fn nothing_new_comes_into_a_namespace_that_goes(s: Server) {
    let object = held(&s).await;
    let message = format!(
        "configmaps \"b\" is forbidden: unable to create new content in namespace {0} because it \
         is being terminated",
        s.namespace
    );
    let answer = s.post(&s.core("configmaps"), &config_map("b", json!({}))).await;
    let status = answer.refused(403, "Forbidden", &message);
    let cause = json!({
        "reason": "NamespaceTerminating", "field": "metadata.namespace",
        "message": format!("namespace {} is being terminated", s.namespace),
    });
    assert_eq!(status["details"]["causes"], json!([cause]));
    s.patch(MERGE_PATCH, &object, &json!({ "metadata": { "finalizers": null } })).await.is(200);
}

async fn the_default_namespace_stays(s: Server) {
    let message = "namespaces \"default\" is forbidden: this namespace may not be deleted";
    s.delete("/api/v1/namespaces/default").await.refused(403, "Forbidden", message);
}

async fn a_namespace_has_a_label_for_a_name(s: Server) {
    let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "a.b" } });
    let status = s.post("/api/v1/namespaces", &object).await.is(422);
    assert_eq!(status["details"]["causes"][0]["field"], "metadata.name");
}
