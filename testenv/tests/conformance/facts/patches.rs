//! Four kinds of patches, and what is only tried.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::{config_map, crds, deployment, names, version};
use crate::server::{APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(a_json_patch_is_applied_in_order, 0),
    fact!(a_json_patch_is_lenient_where_clients_build_on_it, 0),
    fact!(a_merge_patch_replaces_lists_and_removes_by_null, 0),
    fact!(a_strategic_patch_merges_lists_by_their_keys, 0),
    fact!(a_strategic_patch_deletes_by_directive, 0),
    fact!(a_patch_that_changes_nothing_keeps_the_version, 0),
    fact!(what_is_only_tried_is_not_stored, 18),
    fact!(an_unknown_way_of_trying_is_refused, 13),
    fact!(a_json_patch_that_does_not_fit_is_refused, 0),
    fact!(a_patch_that_is_none_is_refused, 0),
    fact!(a_patch_of_too_many_operations_is_refused, 16),
    fact!(a_missing_object_is_not_patched, 0),
    fact!(an_unknown_kind_of_patch_is_refused, 0),
    fact!(a_custom_kind_has_no_strategic_patch, 0),
];

async fn created(s: &Server) -> String {
    let path = s.core("configmaps");
    s.post(&path, &config_map("a", json!({ "k": "1", "l": "1" }))).await.is(201);
    format!("{path}/a")
}

async fn a_json_patch_is_applied_in_order(s: Server) {
    let path = created(&s).await;
    let patch = json!([
        { "op": "test", "path": "/data/k", "value": "1" },
        { "op": "move", "from": "/data/k", "path": "/data/m" },
        { "op": "copy", "from": "/data/m", "path": "/data/n" },
        { "op": "replace", "path": "/data/m", "value": "2" },
        { "op": "remove", "path": "/data/l" },
        { "op": "add", "path": "/metadata/labels", "value": { "a~/b": "x" } },
        { "op": "replace", "path": "/metadata/labels/a~0~1b", "value": "y" },
    ]);
    let answer = s.patch(JSON_PATCH, &path, &patch).await;
    // `a~/b` is no label key: the patch was applied, and its result is looked at.
    assert_eq!(answer.is(422)["details"]["causes"][0]["field"], "metadata.labels");
    let patch = Value::Array(patch.as_array().unwrap()[..5].to_vec());
    let patched = s.patch(JSON_PATCH, &path, &patch).await.is(200);
    assert_eq!(patched["data"], json!({ "m": "2", "n": "1" }));
}

/// `kube`'s finalizers test for null before they add the first.
async fn a_json_patch_is_lenient_where_clients_build_on_it(s: Server) {
    let path = created(&s).await;
    let patch = json!([
        { "op": "test", "path": "/metadata/finalizers", "value": null },
        { "op": "replace", "path": "/metadata/finalizers", "value": ["gotk.dev/a", "gotk.dev/b"] },
        { "op": "remove", "path": "/metadata/finalizers/-1" },
        { "op": "add", "path": "/metadata/finalizers/-1", "value": "gotk.dev/c" },
        { "op": "replace", "path": "/data/m", "value": "2" },
    ]);
    let path = format!("{path}?dryRun=All");
    let patched = s.patch(JSON_PATCH, &path, &patch).await.is(200);
    assert_eq!(patched["metadata"]["finalizers"], json!(["gotk.dev/a", "gotk.dev/c"]));
    assert_eq!(patched["data"]["m"], "2");
}

async fn a_merge_patch_replaces_lists_and_removes_by_null(s: Server) {
    let path = created(&s).await;
    let patch =
        json!({ "data": { "k": null, "l": "2" }, "metadata": { "finalizers": ["gotk.dev/a"] } });
    let patched = s.patch(MERGE_PATCH, &path, &patch).await.is(200);
    assert_eq!(patched["data"], json!({ "l": "2" }));
    let patch = json!({ "metadata": { "finalizers": ["gotk.dev/b"] } });
    let patched = s.patch(MERGE_PATCH, &path, &patch).await.is(200);
    assert_eq!(patched["metadata"]["finalizers"], json!(["gotk.dev/b"]));
}

async fn a_strategic_patch_merges_lists_by_their_keys(s: Server) {
    let path = s.apps("deployments");
    s.post(&path, &deployment("web", 0)).await.is(201);
    let containers =
        json!([{ "name": "side", "image": "side:1" }, { "name": "main", "image": "main:2" }]);
    let patch = json!({ "spec": { "template": { "spec": { "containers": containers } } } });
    let patched = s.patch(STRATEGIC_PATCH, &format!("{path}/web"), &patch).await.is(200);
    let containers = patched["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    let images: Vec<_> = containers.iter().map(|c| c["image"].as_str().unwrap()).collect();
    assert_eq!(images, ["side:1", "main:2"]);
    assert_eq!(containers[1]["imagePullPolicy"], "IfNotPresent");
}

async fn a_strategic_patch_deletes_by_directive(s: Server) {
    let path = s.apps("deployments");
    let mut object = deployment("web", 0);
    let env = json!([{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }]);
    object["spec"]["template"]["spec"]["containers"][0]["env"] = env;
    s.post(&path, &object).await.is(201);
    let env = json!([{ "name": "A", "$patch": "delete" }]);
    let containers = json!([{ "name": "main", "env": env }]);
    let patch = json!({ "spec": { "template": { "spec": { "containers": containers } } } });
    let patched = s.patch(STRATEGIC_PATCH, &format!("{path}/web"), &patch).await.is(200);
    let left = &patched["spec"]["template"]["spec"]["containers"][0]["env"];
    assert_eq!(*left, json!([{ "name": "B", "value": "2" }]));
}

async fn a_patch_that_changes_nothing_keeps_the_version(s: Server) {
    let path = created(&s).await;
    let before = s.get(&path).await.is(200);
    for (kind, patch) in [
        (MERGE_PATCH, json!({ "data": { "k": "1" } })),
        (STRATEGIC_PATCH, json!({ "data": { "k": "1" } })),
        (JSON_PATCH, json!([{ "op": "replace", "path": "/data/k", "value": "1" }])),
    ] {
        assert_eq!(s.patch(kind, &path, &patch).await.is(200), before, "{kind}");
    }
}

async fn what_is_only_tried_is_not_stored(s: Server) {
    let path = created(&s).await;
    let before = s.get(&path).await.is(200);
    let dry = format!("{path}?dryRun=All");
    let list = s.core("configmaps");

    let tried = s.post(&format!("{list}?dryRun=All"), &config_map("b", json!({}))).await.is(201);
    assert!(tried["metadata"]["uid"].is_string());
    assert_eq!(tried["metadata"].get("resourceVersion"), None);
    s.get(&format!("{list}/b")).await.is(404);

    let tried = s.put(&dry, &config_map("a", json!({ "k": "2" }))).await.is(200);
    assert_eq!(tried["data"], json!({ "k": "2" }));
    assert_eq!(version(&tried), version(&before));
    for kind in [MERGE_PATCH, STRATEGIC_PATCH] {
        let tried = s.patch(kind, &dry, &json!({ "data": { "k": "2" } })).await.is(200);
        assert_eq!(tried["data"]["k"], "2", "{kind}");
    }
    let patch = json!([{ "op": "remove", "path": "/data/k" }]);
    assert_eq!(s.patch(JSON_PATCH, &dry, &patch).await.is(200)["data"], json!({ "l": "1" }));
    s.delete(&dry).await.is(200);
    s.delete(&format!("{list}?dryRun=All")).await.is(200);
    assert_eq!(s.get(&path).await.is(200), before);
    assert!(names(&s.get(&list).await.is(200)).contains(&"a"));
}

async fn an_unknown_way_of_trying_is_refused(s: Server) {
    let path = created(&s).await;
    let answer = s.patch(MERGE_PATCH, &format!("{path}?dryRun=Some"), &json!({})).await;
    let status = answer.is(422);
    let message = status["message"].as_str().unwrap();
    assert!(
        message.contains("dryRun: Unsupported value: [\"Some\"]: supported values: \"All\""),
        "{message}"
    );
}

async fn a_json_patch_that_does_not_fit_is_refused(s: Server) {
    let path = created(&s).await;
    for patch in [
        json!([{ "op": "test", "path": "/data/k", "value": "9" }]),
        json!([{ "op": "remove", "path": "/data/nothing" }]),
        json!([{ "op": "replace", "path": "/nothing/k", "value": "9" }]),
        json!([{ "op": "test", "path": "/nothing/k", "value": null }]),
        json!([{ "op": "test", "path": "/data/k", "value": null }]),
        json!([{ "op": "odd", "path": "/data/k" }]),
        json!([{ "op": "add", "value": "9" }]),
    ] {
        let status = s.patch(JSON_PATCH, &path, &patch).await.is(422);
        let message = "the server rejected our request due to an error in our request";
        assert_eq!((&status["reason"], &status["message"]), (&json!("Invalid"), &json!(message)));
    }
    assert_eq!(s.get(&path).await.is(200)["data"], json!({ "k": "1", "l": "1" }));
}

async fn a_patch_that_is_none_is_refused(s: Server) {
    let path = created(&s).await;
    for (kind, patch) in [
        (JSON_PATCH, json!({ "op": "remove" })),
        (MERGE_PATCH, json!(["no", "object"])),
        (STRATEGIC_PATCH, json!("no object")),
        (APPLY_PATCH, json!(["no", "object"])),
    ] {
        let answer = s.patch(kind, &format!("{path}?fieldManager=x"), &patch).await;
        assert_eq!(answer.is(400)["reason"], "BadRequest", "{kind}");
    }
}

async fn a_patch_of_too_many_operations_is_refused(s: Server) {
    let path = created(&s).await;
    let operation = json!({ "op": "test", "path": "/data/k", "value": "1" });
    let patch = |count: usize| Value::Array(vec![operation.clone(); count]);
    s.patch(JSON_PATCH, &path, &patch(10_000)).await.is(200);
    let message = "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got \
        10001";
    s.patch(JSON_PATCH, &path, &patch(10_001)).await.refused(413, "RequestEntityTooLarge", message);
}

async fn a_missing_object_is_not_patched(s: Server) {
    let path = format!("{}/nobody", s.core("configmaps"));
    for (kind, patch) in
        [(MERGE_PATCH, json!({})), (STRATEGIC_PATCH, json!({})), (JSON_PATCH, json!([]))]
    {
        let answer = s.patch(kind, &path, &patch).await;
        answer.refused(404, "NotFound", r#"configmaps "nobody" not found"#);
    }
}

const REFUSED: &str =
    "the body of the request was in an unknown format - accepted media types include: ";

async fn an_unknown_kind_of_patch_is_refused(s: Server) {
    let path = created(&s).await;
    let answer = s.patch("application/json", &path, &json!({})).await;
    answer.refused(415, "UnsupportedMediaType", "415: Unsupported Media Type");
}

async fn a_custom_kind_has_no_strategic_patch(s: Server) {
    let crd = crds::register(&s, crds::anything(), |_| {}).await;
    s.post(&crd.path, &crd.widget("a", json!({}))).await.is(201);
    let path = format!("{}/a", crd.path);
    let status = s.patch(STRATEGIC_PATCH, &path, &json!({})).await.is(415);
    let message = status["message"].as_str().unwrap();
    assert!(message.starts_with(REFUSED) && !message.contains(STRATEGIC_PATCH), "{message}");
    s.patch(MERGE_PATCH, &path, &json!({ "spec": { "k": "v" } })).await.is(200);
}
