//! Custom kinds: registered, held to their schema, taken away.

use serde_json::{Value, json};

use crate::client::{Cluster, names};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS: &str = "/apis/gotk.dev/v1/namespaces/default/widgets";

fn definition(spec: Value) -> Value {
    let schema = json!({ "type": "object", "properties": { "spec": spec, "status": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } } });
    let version = |name: &str, storage: bool| {
        json!({
            "name": name, "served": true, "storage": storage,
            "schema": { "openAPIV3Schema": schema }, "subresources": { "status": {} },
            "selectableFields": [{ "jsonPath": ".spec.color" }],
        })
    };
    json!({
        "metadata": { "name": "widgets.gotk.dev" },
        "spec": {
            "group": "gotk.dev", "scope": "Namespaced", "names": { "kind": "Widget", "plural": "widgets" },
            "versions": [version("v1", true), version("v1beta1", false)],
        },
    })
}

fn spec() -> Value {
    json!({
        "type": "object",
        "properties": {
            "color": { "type": "string", "default": "red", "enum": ["red", "blue"] },
            "ports": {
                "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port"],
                "items": { "type": "object", "required": ["port"], "properties": { "port": { "type": "integer" }, "name": { "type": "string" } } },
            },
        },
    })
}

fn widget(name: &str, spec: Value) -> Value {
    json!({ "apiVersion": "gotk.dev/v1", "kind": "Widget", "metadata": { "name": name }, "spec": spec })
}

async fn registered() -> Cluster {
    let cluster = Cluster::start().await;
    assert_eq!(cluster.post(DEFINITIONS, definition(spec())).await.0, 201);
    cluster
}

#[tokio::test]
async fn a_definition_is_established_and_served_in_all_its_versions() {
    let cluster = registered().await;
    let (_, found) = cluster.get(&format!("{DEFINITIONS}/widgets.gotk.dev")).await;
    assert_eq!(found["spec"]["names"]["listKind"], "WidgetList");
    let conditions = found["status"]["conditions"].as_array().unwrap();
    assert!(conditions.iter().all(|condition| condition["status"] == "True"), "{conditions:?}");
    assert_eq!(found["status"]["storedVersions"], json!(["v1"]));
    let (_, group) = cluster.get("/apis/gotk.dev").await;
    assert_eq!(group["preferredVersion"]["version"], "v1");
    let (code, created) = cluster.post(WIDGETS, widget("a", json!({}))).await;
    assert_eq!((code, &created["spec"]), (201, &json!({ "color": "red" })));
    let (_, beta) = cluster.get(&format!("{}/a", WIDGETS.replace("v1", "v1beta1"))).await;
    assert_eq!(
        (&beta["apiVersion"], &beta["metadata"]["uid"]),
        (&json!("gotk.dev/v1beta1"), &created["metadata"]["uid"])
    );
    let (_, list) = cluster.get(WIDGETS).await;
    assert_eq!(
        (&list["kind"], &list["items"][0]["kind"]),
        (&json!("WidgetList"), &json!("Widget"))
    );
}

#[tokio::test]
async fn objects_are_pruned_defaulted_and_held_to_the_schema() {
    let cluster = registered().await;
    let (code, refusal) = cluster.post(WIDGETS, widget("a", json!({ "color": "green" }))).await;
    assert_eq!(code, 422);
    assert_eq!(
        refusal["message"],
        "Widget.gotk.dev \"a\" is invalid: spec.color: Unsupported value: \"green\": supported values: \"red\", \"blue\""
    );
    let (code, pruned) = cluster.post(WIDGETS, widget("a", json!({ "odd": 1 }))).await;
    assert_eq!((code, &pruned["spec"]), (201, &json!({ "color": "red" })));
    let (code, refusal) = cluster
        .post(&format!("{WIDGETS}?fieldValidation=Strict"), widget("b", json!({ "odd": 1 })))
        .await;
    assert_eq!(
        (code, &refusal["message"]),
        (400, &json!("strict decoding error: unknown field \"spec.odd\""))
    );
    let (_, blue) = cluster.post(WIDGETS, widget("b", json!({ "color": "blue" }))).await;
    assert_eq!(blue["metadata"]["generation"], 1);
    let (_, list) = cluster.get(&format!("{WIDGETS}?fieldSelector=spec.color%3Dblue")).await;
    assert_eq!(names(&list), ["b"]);
}

#[tokio::test]
async fn lists_with_keys_merge_on_apply() {
    let cluster = registered().await;
    let ports = |port: u32| widget("a", json!({ "ports": [{ "port": port }] }));
    let path = |manager: &str| format!("{WIDGETS}/a?fieldManager={manager}");
    assert_eq!(cluster.apply(&path("one"), ports(1)).await.0, 201);
    let (_, both) = cluster.apply(&path("two"), ports(2)).await;
    assert_eq!(both["spec"]["ports"], json!([{ "port": 1 }, { "port": 2 }]));
    let (_, one) = cluster.apply(&path("one"), widget("a", json!({}))).await;
    assert_eq!(one["spec"]["ports"], json!([{ "port": 2 }]));
    let (code, status) = cluster.apply(&format!("{WIDGETS}/a/status?fieldManager=ctl"), json!({
        "apiVersion": "gotk.dev/v1", "kind": "Widget", "metadata": { "name": "a" }, "status": { "ready": true },
    })).await;
    assert_eq!((code, &status["status"]), (200, &json!({ "ready": true })));
    let entries = status["metadata"]["managedFields"].as_array().unwrap();
    assert!(entries.iter().any(|e| e["manager"] == "ctl" && e["subresource"] == "status"));
}

#[tokio::test]
async fn a_new_default_is_seen_in_old_objects() {
    let cluster = registered().await;
    cluster.post(WIDGETS, widget("a", json!({}))).await;
    let mut wider = spec();
    wider["properties"]["size"] = json!({ "type": "integer", "default": 3 });
    let patch = json!({ "spec": { "versions": definition(wider)["spec"]["versions"] } });
    assert_eq!(cluster.merge(&format!("{DEFINITIONS}/widgets.gotk.dev"), patch).await.0, 200);
    let (_, seen) = cluster.get(&format!("{WIDGETS}/a")).await;
    assert_eq!(seen["spec"], json!({ "color": "red", "size": 3 }));
}

#[tokio::test]
async fn a_removed_definition_takes_its_objects_along() {
    let cluster = registered().await;
    let mut held = widget("a", json!({}));
    held["metadata"]["finalizers"] = json!(["a/b"]);
    cluster.post(WIDGETS, held).await;
    cluster.post(WIDGETS, widget("b", json!({}))).await;
    let (_, ending) = cluster.delete(&format!("{DEFINITIONS}/widgets.gotk.dev"), json!(null)).await;
    assert!(ending["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(names(&cluster.get(WIDGETS).await.1), ["a"]);
    cluster.merge(&format!("{WIDGETS}/a"), json!({ "metadata": { "finalizers": null } })).await;
    assert_eq!(cluster.get(WIDGETS).await, (404, json!("404 page not found\n")));
    assert_eq!(cluster.get(&format!("{DEFINITIONS}/widgets.gotk.dev")).await.0, 404);
    assert_eq!(cluster.post(DEFINITIONS, definition(spec())).await.0, 201);
    assert!(names(&cluster.get(WIDGETS).await.1).is_empty());
}

#[tokio::test]
async fn a_definition_that_cannot_be_is_refused() {
    let cluster = Cluster::start().await;
    let refused = async |change: fn(&mut Value)| {
        let mut bad = definition(spec());
        change(&mut bad);
        let (code, refusal) = cluster.post(DEFINITIONS, bad).await;
        assert_eq!(code, 422, "{refusal}");
        refusal["message"].as_str().unwrap().to_owned()
    };
    let name = refused(|d| d["metadata"]["name"] = "x.y".into()).await;
    assert!(
        name.ends_with(
            "metadata.name: Invalid value: \"x.y\": must be spec.names.plural+\".\"+spec.group"
        ),
        "{name}"
    );
    let storage = refused(|d| d["spec"]["versions"][0]["storage"] = false.into()).await;
    assert!(
        storage.contains("must have exactly one version marked as storage version"),
        "{storage}"
    );
    let untyped = refused(|d| {
        d["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
            ["x"] = json!({});
    })
    .await;
    let cause = "spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[x].type: Required value: must not be empty for specified object fields";
    assert!(untyped.contains(cause), "{untyped}");
    assert!(
        refused(|d| d["spec"]["conversion"] = json!({ "strategy": "Webhook" }))
            .await
            .contains("spec.conversion.webhookClientConfig")
    );
}

#[tokio::test]
async fn a_taken_name_is_not_accepted() {
    let cluster = registered().await;
    let mut second = definition(spec());
    second["metadata"]["name"] = "gadgets.gotk.dev".into();
    second["spec"]["names"] =
        json!({ "kind": "Widget", "plural": "gadgets", "singular": "gadget" });
    cluster.post(DEFINITIONS, second).await;
    let (_, judged) = cluster.get(&format!("{DEFINITIONS}/gadgets.gotk.dev")).await;
    let conditions = &judged["status"]["conditions"];
    assert_eq!(
        (&conditions[0]["status"], &conditions[0]["reason"]),
        (&json!("False"), &json!("ListKindConflict"))
    );
    assert_eq!(
        (&conditions[1]["type"], &conditions[1]["status"]),
        (&json!("Established"), &json!("False"))
    );
    assert_eq!(cluster.get("/apis/gotk.dev/v1/gadgets").await.0, 404);
}
