//! Kinds that are registered.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::with;
use crate::server::{MERGE_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(a_registered_kind_is_established_and_served, 16),
    fact!(unknown_fields_are_pruned_and_kept_where_asked, 16),
    fact!(defaults_are_filled_in_when_written_and_when_read, 17),
    fact!(every_served_version_shows_every_object, 16),
    fact!(lists_with_keys_merge_by_them, 22),
    fact!(an_object_that_breaks_the_schema_is_refused, 16, [SchemaValidation]),
    fact!(a_rule_of_the_schema_is_held_to, 29, [Cel]),
    fact!(a_rule_that_is_none_is_refused, 29, [Cel]),
    fact!(a_custom_kind_has_the_scale_it_declares, 16, [Scale]),
    fact!(a_status_with_a_default_is_there_from_the_start, 16),
    fact!(a_rule_may_look_at_the_old_value, 29, [Cel]),
    fact!(what_was_invalid_before_may_stay, 33, [SchemaValidation]),
    fact!(an_unknown_custom_field_is_told_when_asked, 25, [FieldValidation]),
    fact!(a_cluster_scoped_kind_has_no_namespace, 16),
    fact!(a_removed_kind_takes_its_objects_along, 16),
    fact!(a_version_that_is_not_served_is_not_found, 16),
    fact!(a_schema_must_be_structural, 16),
    fact!(exactly_one_version_is_stored, 16),
    fact!(a_definition_is_named_by_plural_and_group, 16),
    fact!(a_name_that_is_taken_is_not_accepted, 16),
    fact!(the_scope_and_kind_of_an_established_definition_stay, 16),
];

/// A registered kind `Widget`, in a group of the fact's own.
pub(crate) struct Crd {
    pub(crate) group: String,
    /// The path of version `v1` of the group.
    pub(crate) api: String,
    /// The path of the widgets in the fact's namespace.
    pub(crate) path: String,
    /// The path of the definition.
    pub(crate) definition: String,
}

impl Crd {
    pub(crate) fn widget(&self, name: &str, spec: Value) -> Value {
        let version = format!("{}/v1", self.group);
        json!({ "apiVersion": version, "kind": "Widget", "metadata": { "name": name }, "spec": spec })
    }
}

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// A spec of which nothing is known.
pub(crate) fn anything() -> Value {
    json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true })
}

/// A definition with one version, `v1`, with a status.
pub(crate) fn definition(s: &Server, spec: Value) -> Value {
    let group = format!("{}.gotk.dev", s.namespace);
    let status = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let schema = json!({ "type": "object", "properties": { "spec": spec, "status": status } });
    let version = json!({
        "name": "v1", "served": true, "storage": true,
        "schema": { "openAPIV3Schema": schema }, "subresources": { "status": {} },
    });
    let names = json!({
        "kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList",
    });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("widgets.{group}") },
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": names,
            "versions": [version],
        },
    })
}

/// Registers the kind and waits until it is served. `change` may change the version.
pub(crate) async fn register(s: &Server, spec: Value, change: impl FnOnce(&mut Value)) -> Crd {
    let mut definition = definition(s, spec);
    change(&mut definition["spec"]["versions"][0]);
    serve(s, &definition).await
}

pub(crate) async fn serve(s: &Server, definition: &Value) -> Crd {
    s.post(DEFINITIONS, definition).await.is(201);
    let group = definition["spec"]["group"].as_str().unwrap().to_owned();
    let api = format!("/apis/{group}/v1");
    let path = match definition["spec"]["scope"].as_str() {
        Some("Cluster") => format!("{api}/widgets"),
        _ => s.path(&api, "widgets"),
    };
    let name = definition["metadata"]["name"].as_str().unwrap();
    let crd = Crd { group, api, path, definition: format!("{DEFINITIONS}/{name}") };
    s.eventually("the kind is served", async || s.get(&crd.path).await.code == 200).await;
    crd
}

fn condition<'a>(definition: &'a Value, kind: &str) -> Option<&'a Value> {
    definition["status"]["conditions"].as_array()?.iter().find(|c| c["type"] == kind)
}

async fn a_registered_kind_is_established_and_served(s: Server) {
    let crd = register(&s, anything(), |_| {}).await;
    let definition = s.get(&crd.definition).await.is(200);
    for (kind, reason) in
        [("Established", "InitialNamesAccepted"), ("NamesAccepted", "NoConflicts")]
    {
        let condition = condition(&definition, kind).unwrap();
        assert_eq!([&condition["status"], &condition["reason"]], ["True", reason]);
    }
    assert_eq!(definition["status"]["storedVersions"], json!(["v1"]));
    assert_eq!(definition["status"]["acceptedNames"]["kind"], "Widget");
    let created = s.post(&crd.path, &crd.widget("a", json!({ "k": "v" }))).await.is(201);
    assert_eq!(created["metadata"]["generation"], 1);
    let list = s.get(&crd.path).await.is(200);
    assert_eq!((&list["kind"], &list["items"]), (&json!("WidgetList"), &json!([created])));
    let answer = s.get(&format!("{}/b", crd.path)).await;
    answer.refused(404, "NotFound", &format!("widgets.{} \"b\" not found", crd.group));
}

async fn unknown_fields_are_pruned_and_kept_where_asked(s: Server) {
    let spec = json!({
        "type": "object",
        "properties": { "known": { "type": "string" }, "open": anything() },
    });
    let crd = register(&s, spec, |_| {}).await;
    let spec = json!({ "known": "k", "unknown": 1, "open": { "any": { "thing": 1 } } });
    let mut object = crd.widget("a", spec);
    object["elsewhere"] = json!(1);
    let created = s.post(&crd.path, &object).await.is(201);
    assert_eq!(created["spec"], json!({ "known": "k", "open": { "any": { "thing": 1 } } }));
    assert_eq!(created.get("elsewhere"), None);
}

async fn defaults_are_filled_in_when_written_and_when_read(s: Server) {
    let early =
        json!({ "type": "object", "properties": { "size": { "type": "integer", "default": 3 } } });
    let crd = register(&s, early, |_| {}).await;
    let created = s.post(&crd.path, &crd.widget("a", json!({}))).await.is(201);
    assert_eq!(created["spec"], json!({ "size": 3 }));

    let color = json!({ "type": "string", "default": "red" });
    let path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/color";
    let patch = json!([{ "op": "add", "path": path, "value": color }]);
    s.patch(crate::server::JSON_PATCH, &crd.definition, &patch).await.is(200);
    let one = format!("{}/a", crd.path);
    s.eventually("an object from before has the new default", async || {
        s.get(&one).await.is(200)["spec"] == json!({ "size": 3, "color": "red" })
    })
    .await;
}

async fn every_served_version_shows_every_object(s: Server) {
    let mut two = definition(&s, anything());
    let mut v2 = two["spec"]["versions"][0].clone();
    v2["name"] = json!("v2");
    v2["storage"] = json!(false);
    two["spec"]["versions"].as_array_mut().unwrap().push(v2);
    let crd = serve(&s, &two).await;
    s.post(&crd.path, &crd.widget("a", json!({ "k": "v" }))).await.is(201);
    let seen = s.get(&format!("{}/a", crd.path.replace("/v1/", "/v2/"))).await.is(200);
    assert_eq!(seen["apiVersion"], format!("{}/v2", crd.group));
    assert_eq!(seen["spec"], json!({ "k": "v" }));
}

async fn lists_with_keys_merge_by_them(s: Server) {
    let item = json!({
        "type": "object", "required": ["name"],
        "properties": { "name": { "type": "string" }, "value": { "type": "string" } },
    });
    let items = json!({
        "type": "array", "items": item,
        "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
    });
    let tags =
        json!({ "type": "array", "items": { "type": "string" }, "x-kubernetes-list-type": "set" });
    let spec = json!({ "type": "object", "properties": { "items": items, "tags": tags } });
    let crd = register(&s, spec, |_| {}).await;
    let path = format!("{}/a", crd.path);
    let spec = |name: &str| json!({ "items": [{ "name": name, "value": "1" }], "tags": [name] });
    s.apply("one", &path, &crd.widget("a", spec("x"))).await.is(201);
    let applied = s.apply("two", &path, &crd.widget("a", spec("y"))).await.is(200);
    let both = json!([{ "name": "x", "value": "1" }, { "name": "y", "value": "1" }]);
    assert_eq!((&applied["spec"]["items"], &applied["spec"]["tags"]), (&both, &json!(["x", "y"])));
    let applied = s.apply("one", &path, &crd.widget("a", json!({}))).await.is(200);
    assert_eq!(applied["spec"], spec("y"));
}

async fn an_object_that_breaks_the_schema_is_refused(s: Server) {
    let spec = json!({
        "type": "object", "required": ["name"],
        "properties": {
            "name": { "type": "string", "pattern": "^[a-z]+$" },
            "size": { "type": "integer", "maximum": 9 },
            "color": { "type": "string", "enum": ["red", "blue"] },
        },
    });
    let crd = register(&s, spec, |_| {}).await;
    for (spec, cause) in [
        (json!({}), "spec.name: Required value"),
        (
            json!({ "name": "A" }),
            "spec.name: Invalid value: \"A\": spec.name in body should match '^[a-z]+$'",
        ),
        (
            json!({ "name": "a", "size": 10 }),
            "spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9",
        ),
        (
            json!({ "name": "a", "color": "green" }),
            "spec.color: Unsupported value: \"green\": supported values: \"red\", \"blue\"",
        ),
        (
            json!({ "name": 1 }),
            "spec.name: Invalid value: \"integer\": spec.name in body must be of type string: \
             \"integer\"",
        ),
    ] {
        let message = format!("Widget.{} \"a\" is invalid: {cause}", crd.group);
        s.post(&crd.path, &crd.widget("a", spec)).await.refused(422, "Invalid", &message);
    }
    s.post(&crd.path, &crd.widget("a", json!({ "name": "a", "size": 9, "color": "red" })))
        .await
        .is(201);
}

async fn a_rule_of_the_schema_is_held_to(s: Server) {
    let integer = json!({ "type": "integer" });
    let spec = json!({
        "type": "object", "properties": { "min": integer, "max": integer },
        "x-kubernetes-validations": [{ "rule": "self.min <= self.max", "message": "min is above max" }],
    });
    let crd = register(&s, spec, |_| {}).await;
    s.post(&crd.path, &crd.widget("a", json!({ "min": 1, "max": 2 }))).await.is(201);
    let status = s.post(&crd.path, &crd.widget("b", json!({ "min": 3, "max": 2 }))).await.is(422);
    let message = status["message"].as_str().unwrap();
    assert!(
        message
            .starts_with(&format!("Widget.{} \"b\" is invalid: spec: Invalid value: ", crd.group)),
        "{message}"
    );
    assert!(message.ends_with(": min is above max"), "{message}");
}

async fn a_rule_that_is_none_is_refused(s: Server) {
    let rule = json!([{ "rule": "self.a ==" }]);
    let spec = json!({ "type": "object", "x-kubernetes-validations": rule });
    let crd = register(&s, json!({ "type": "object" }), |_| {}).await;
    let path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec";
    let patch = json!([{ "op": "replace", "path": path, "value": spec }]);
    let refused = s.patch(crate::server::JSON_PATCH, &crd.definition, &patch).await.is(422);
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.contains("properties[spec].x-kubernetes-validations[0].rule: Invalid value: {\"Rule\":\"self.a ==\",")
            && message.contains("compilation failed: ERROR: <input>:1:"),
        "{message}"
    );
}

async fn a_custom_kind_has_the_scale_it_declares(s: Server) {
    let integer = json!({ "type": "integer" });
    let spec = json!({ "type": "object", "properties": { "size": integer } });
    let crd = register(&s, spec, |version| {
        version["subresources"] = json!({
            "scale": { "specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size" },
        });
    })
    .await;
    s.post(&crd.path, &crd.widget("a", json!({ "size": 2 }))).await.is(201);
    let scale = format!("{}/a/scale", crd.path);
    let found = s.get(&scale).await.is(200);
    assert_eq!((&found["kind"], &found["spec"]["replicas"]), (&json!("Scale"), &json!(2)));
    s.patch(MERGE_PATCH, &scale, &json!({ "spec": { "replicas": 5 } })).await.is(200);
    let object = s.get(&format!("{}/a", crd.path)).await.is(200);
    assert_eq!(object["spec"]["size"], 5);
}

async fn a_status_with_a_default_is_there_from_the_start(s: Server) {
    let crd = register(&s, json!({ "type": "object" }), |version| {
        version["subresources"] = json!({ "status": {} });
        version["schema"]["openAPIV3Schema"]["properties"]["status"] = json!({
            "type": "object", "default": { "observedGeneration": -1 },
            "properties": { "observedGeneration": { "type": "integer" } },
        });
    })
    .await;
    let created = s.post(&crd.path, &crd.widget("a", json!({}))).await.is(201);
    assert_eq!(created["status"], json!({ "observedGeneration": -1 }));
}

async fn a_rule_may_look_at_the_old_value(s: Server) {
    let rule = json!({ "rule": "self == oldSelf", "message": "it stays" });
    let name = json!({ "type": "string", "x-kubernetes-validations": [rule] });
    let spec =
        json!({ "type": "object", "properties": { "name": name, "size": { "type": "integer" } } });
    let crd = register(&s, spec, |_| {}).await;
    s.post(&crd.path, &crd.widget("a", json!({ "name": "a" }))).await.is(201);
    let one = format!("{}/a", crd.path);
    s.patch(MERGE_PATCH, &one, &json!({ "spec": { "size": 1 } })).await.is(200);
    let status = s.patch(MERGE_PATCH, &one, &json!({ "spec": { "name": "b" } })).await.is(422);
    let message = status["message"].as_str().unwrap();
    assert!(
        message.contains("spec.name: Invalid value: ") && message.ends_with(": it stays"),
        "{message}"
    );
}

async fn what_was_invalid_before_may_stay(s: Server) {
    let string = json!({ "type": "string" });
    let spec = json!({ "type": "object", "properties": { "old": string, "new": string } });
    let crd = register(&s, spec, |_| {}).await;
    s.post(&crd.path, &crd.widget("a", json!({ "old": "LOUD" }))).await.is(201);
    let pattern = |field: &str| {
        let path = format!(
            "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/{field}/pattern"
        );
        json!({ "op": "add", "path": path, "value": "^[a-z]+$" })
    };
    let patch = json!([pattern("old"), pattern("new")]);
    s.patch(crate::server::JSON_PATCH, &crd.definition, &patch).await.is(200);
    s.eventually("the pattern holds for new objects", async || {
        let loud = crd.widget("b", json!({ "old": "LOUD" }));
        s.post(&format!("{}?dryRun=All", crd.path), &loud).await.code == 422
    })
    .await;
    let one = format!("{}/a", crd.path);
    s.patch(MERGE_PATCH, &one, &json!({ "spec": { "new": "quiet" } })).await.is(200);
    s.patch(MERGE_PATCH, &one, &json!({ "spec": { "new": "LOUD" } })).await.is(422);
    s.patch(MERGE_PATCH, &one, &json!({ "spec": { "old": "LOUDER" } })).await.is(422);
}

async fn an_unknown_custom_field_is_told_when_asked(s: Server) {
    let spec = json!({ "type": "object", "properties": { "known": { "type": "string" } } });
    let crd = register(&s, spec, |_| {}).await;
    let object = crd.widget("a", json!({ "unknown": 1 }));
    let status = s.post(&format!("{}?fieldValidation=Strict", crd.path), &object).await.is(400);
    let end = "strict decoding error: unknown field \"spec.unknown\"";
    assert!(status["message"].as_str().unwrap().ends_with(end), "{status:#}");
    let answer = s.post(&format!("{}?fieldValidation=Warn", crd.path), &object).await;
    assert_eq!(answer.warnings, [r#"299 - "unknown field \"spec.unknown\"""#]);
}

async fn a_cluster_scoped_kind_has_no_namespace(s: Server) {
    let mut cluster = definition(&s, anything());
    cluster["spec"]["scope"] = json!("Cluster");
    let crd = serve(&s, &cluster).await;
    let created = s.post(&crd.path, &crd.widget("a", json!({}))).await.is(201);
    assert_eq!(created["metadata"].get("namespace"), None);
    s.get(&s.path(&crd.api, "widgets")).await.is(404);
}

async fn a_removed_kind_takes_its_objects_along(s: Server) {
    let crd = register(&s, anything(), |_| {}).await;
    s.post(&crd.path, &crd.widget("a", json!({}))).await.is(201);
    s.delete(&crd.definition).await.is(200);
    s.eventually_gone(&crd.definition).await;
    s.eventually_gone(&crd.path).await;
    let again = register(&s, anything(), |_| {}).await;
    assert_eq!(s.get(&again.path).await.is(200)["items"], json!([]));
}

async fn a_version_that_is_not_served_is_not_found(s: Server) {
    let mut two = definition(&s, anything());
    let mut v2 = two["spec"]["versions"][0].clone();
    v2["name"] = json!("v2");
    v2["storage"] = json!(false);
    v2["served"] = json!(false);
    two["spec"]["versions"].as_array_mut().unwrap().push(v2);
    let crd = serve(&s, &two).await;
    assert_eq!(s.get(&crd.path.replace("/v1/", "/v2/")).await.code, 404);
}

async fn a_schema_must_be_structural(s: Server) {
    let spec =
        json!({ "type": "object", "properties": { "untyped": { "description": "of no type" } } });
    let status = s.post(DEFINITIONS, &definition(&s, spec)).await.is(422);
    let message = status["message"].as_str().unwrap();
    let cause = "spec.validation.openAPIV3Schema.properties[spec].properties[untyped].type: Required \
        value: must not be empty for specified object fields";
    assert!(message.contains(cause), "{message}");
}

async fn exactly_one_version_is_stored(s: Server) {
    let none = with(&definition(&s, anything()), "/spec/versions/0/storage", json!(false));
    let status = s.post(DEFINITIONS, &none).await.is(422);
    let cause = "must have exactly one version marked as storage version";
    assert!(status["message"].as_str().unwrap().contains(cause), "{status:#}");
}

async fn a_definition_is_named_by_plural_and_group(s: Server) {
    let wrong = with(&definition(&s, anything()), "/metadata/name", json!("gadgets.gotk.dev"));
    let status = s.post(DEFINITIONS, &wrong).await.is(422);
    let cause = "must be spec.names.plural+\".\"+spec.group";
    assert!(status["message"].as_str().unwrap().contains(cause), "{status:#}");
}

async fn a_name_that_is_taken_is_not_accepted(s: Server) {
    let crd = register(&s, anything(), |_| {}).await;
    let mut second = definition(&s, anything());
    second["metadata"]["name"] = json!(format!("gadgets.{}", crd.group));
    second["spec"]["names"]["plural"] = json!("gadgets");
    second["spec"]["names"]["singular"] = json!("gadget");
    s.post(DEFINITIONS, &second).await.is(201);
    let path = format!("{DEFINITIONS}/gadgets.{}", crd.group);
    s.eventually("the names are judged", async || {
        let definition = s.get(&path).await.is(200);
        condition(&definition, "NamesAccepted").is_some_and(|c| c["status"] == "False")
    })
    .await;
    let definition = s.get(&path).await.is(200);
    assert_eq!(condition(&definition, "Established").unwrap()["status"], "False");
    assert_eq!(condition(&definition, "NamesAccepted").unwrap()["reason"], "ListKindConflict");
}

async fn the_scope_and_kind_of_an_established_definition_stay(s: Server) {
    let crd = register(&s, anything(), |_| {}).await;
    let name = format!("widgets.{}", crd.group);
    for (field, value) in [("scope", json!("Cluster")), ("names.kind", json!("Other"))] {
        let patch = match field {
            "scope" => json!({ "spec": { "scope": value } }),
            _ => json!({ "spec": { "names": { "kind": value } } }),
        };
        let message = format!(
            "CustomResourceDefinition.apiextensions.k8s.io \"{name}\" is invalid: spec.{field}: Invalid value: {value}: field is immutable"
        );
        s.patch(MERGE_PATCH, &crd.definition, &patch).await.refused(422, "Invalid", &message);
    }
}
