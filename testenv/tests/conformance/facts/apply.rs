//! Server-side apply: who owns what.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::managers::{entry, fields};
use crate::facts::{config_map, crds, deployment};
use crate::server::Server;

pub(super) const FACTS: &[Fact] = &[
    fact!(the_first_apply_creates_and_owns_what_it_says, 22),
    fact!(a_second_apply_of_the_same_writes_nothing, 22),
    fact!(a_dry_run_answers_like_an_apply_and_stores_nothing, 22),
    fact!(what_is_no_longer_applied_is_removed, 22),
    fact!(what_was_the_only_item_leaves_nothing, 22),
    fact!(what_another_owns_too_is_not_removed, 22),
    fact!(force_takes_a_field_over, 22),
    fact!(equal_values_are_owned_together, 22),
    fact!(two_managers_share_a_list_by_its_keys, 22),
    fact!(an_atomic_list_has_one_owner, 22),
    fact!(a_conflict_names_the_owner_and_the_field, 22),
    fact!(conflicts_are_listed_by_owner, 22),
    fact!(a_map_that_loses_all_it_had_is_null, 22, [SchemaValidation]),
    fact!(an_apply_needs_a_manager, 22),
    fact!(an_apply_must_not_say_who_owns_what, 22),
    fact!(an_apply_is_of_the_version_of_its_path, 22),
    fact!(an_apply_of_an_unknown_field_is_refused, 22),
    fact!(an_apply_with_a_key_twice_is_refused, 22),
    fact!(an_apply_by_uid_needs_that_object, 22),
];

fn service(ports: Value) -> Value {
    let spec = json!({ "clusterIP": "None", "ports": ports });
    json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" }, "spec": spec })
}

async fn the_first_apply_creates_and_owns_what_it_says(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    let created = s.apply("one", &path, &config_map("a", json!({ "k": "1" }))).await.is(201);
    let expected = json!({
        "manager": "one", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "fieldsV1": { "f:data": { "f:k": {} } },
    });
    assert_eq!(entry(&created, "one"), Some(expected));
    assert_eq!(created["metadata"]["managedFields"].as_array().unwrap().len(), 1);
}

async fn a_second_apply_of_the_same_writes_nothing(s: Server) {
    let path = format!("{}/web", s.apps("deployments"));
    let first = s.apply("one", &path, &deployment("web", 0)).await.is(201);
    let second = s.apply("one", &path, &deployment("web", 0)).await.is(200);
    // Controllers may have written a status in between, so only where nobody did it is the same.
    assert_eq!(entry(&second, "one"), entry(&first, "one"));
    assert_eq!(second["metadata"]["generation"], first["metadata"]["generation"]);

    let path = format!("{}/a", s.core("configmaps"));
    let first = s.apply("one", &path, &config_map("a", json!({ "k": "1" }))).await.is(201);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await; // times are in seconds
    let second = s.apply("one", &path, &config_map("a", json!({ "k": "1" }))).await.is(200);
    assert_eq!(second, first);
}

async fn a_dry_run_answers_like_an_apply_and_stores_nothing(s: Server) {
    let path = format!("{}/web", s.apps("deployments"));
    let dry = format!("{path}?dryRun=All");
    let tried = s.apply("one", &dry, &deployment("web", 0)).await.is(201);
    s.get(&path).await.is(404);
    let applied = s.apply("one", &path, &deployment("web", 0)).await.is(201);
    assert_eq!(tried["spec"], applied["spec"]);
    assert_eq!(entry(&tried, "one"), entry(&applied, "one"));

    let tried = s.apply("one", &dry, &deployment("web", 3)).await.is(200);
    assert_eq!(tried["spec"]["replicas"], 3);
    assert_eq!(s.get(&path).await.is(200)["spec"]["replicas"], 0);
}

async fn what_is_no_longer_applied_is_removed(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    s.apply("one", &path, &config_map("a", json!({ "k": "1", "l": "1" }))).await.is(201);
    let applied = s.apply("one", &path, &config_map("a", json!({ "k": "1" }))).await.is(200);
    assert_eq!(applied["data"], json!({ "k": "1" }));
}

async fn what_was_the_only_item_leaves_nothing(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    s.apply("one", &path, &config_map("a", json!({ "k": "1" }))).await.is(201);
    let emptied = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" } });
    assert_eq!(s.apply("one", &path, &emptied).await.is(200).get("data"), None);

    let crd = crds::register(&s, items_and_size(), |_| {}).await;
    let path = format!("{}/a", crd.path);
    let spec = json!({ "items": [{ "name": "x" }], "size": 1 });
    s.apply("one", &path, &crd.widget("a", spec)).await.is(201);
    let applied = s.apply("one", &path, &crd.widget("a", json!({ "size": 1 }))).await.is(200);
    assert_eq!(applied["spec"], json!({ "size": 1 }));
}

fn items_and_size() -> Value {
    let name = json!({ "name": { "type": "string" } });
    let item = json!({ "type": "object", "properties": name, "required": ["name"] });
    let items = json!({
        "type": "array", "items": item,
        "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
    });
    json!({ "type": "object", "properties": { "items": items, "size": { "type": "integer" } } })
}

/// Surprising, and so in every version we support: what is left of the map is null, not empty.
async fn a_map_that_loses_all_it_had_is_null(s: Server) {
    let crd = crds::register(&s, items_and_size(), |_| {}).await;
    let path = format!("{}/a", crd.path);
    s.apply("one", &path, &crd.widget("a", json!({ "size": 1 }))).await.is(201);
    let message = format!(
        "Widget.{} \"a\" is invalid: spec: Invalid value: \"null\": spec in body must be of type \
         object: \"null\"",
        crd.group
    );
    let answer = s.apply("one", &path, &crd.widget("a", json!({}))).await;
    answer.refused(422, "Invalid", &message);
}

async fn what_another_owns_too_is_not_removed(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    s.apply("one", &path, &config_map("a", json!({ "k": "1", "l": "1" }))).await.is(201);
    s.apply("two", &path, &config_map("a", json!({ "l": "1" }))).await.is(200);
    let applied = s.apply("one", &path, &config_map("a", json!({ "k": "1" }))).await.is(200);
    assert_eq!(applied["data"], json!({ "k": "1", "l": "1" }));
    assert_eq!(fields(&applied, "two"), json!({ "f:data": { "f:l": {} } }));
}

async fn force_takes_a_field_over(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    s.apply("one", &path, &config_map("a", json!({ "k": "1", "l": "1" }))).await.is(201);
    let forced = format!("{path}?force=true");
    let applied = s.apply("two", &forced, &config_map("a", json!({ "k": "2" }))).await.is(200);
    assert_eq!(applied["data"], json!({ "k": "2", "l": "1" }));
    assert_eq!(fields(&applied, "one"), json!({ "f:data": { "f:l": {} } }));
    assert_eq!(fields(&applied, "two"), json!({ "f:data": { "f:k": {} } }));
}

async fn equal_values_are_owned_together(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    s.apply("one", &path, &config_map("a", json!({ "k": "1" }))).await.is(201);
    let applied = s.apply("two", &path, &config_map("a", json!({ "k": "1" }))).await.is(200);
    for manager in ["one", "two"] {
        assert_eq!(fields(&applied, manager), json!({ "f:data": { "f:k": {} } }));
    }
    // Nothing was written but the ownership, and that has no time.
    let entries = applied["metadata"]["managedFields"].as_array().unwrap();
    let two = entries.iter().find(|entry| entry["manager"] == "two").unwrap();
    assert_eq!(two.get("time"), None);
}

async fn two_managers_share_a_list_by_its_keys(s: Server) {
    let path = format!("{}/web", s.core("services"));
    s.apply("one", &path, &service(json!([{ "name": "http", "port": 80 }]))).await.is(201);
    let ports = json!([{ "name": "dns", "port": 80, "protocol": "UDP" }]);
    let applied = s.apply("two", &path, &service(ports)).await.is(200);
    let ports: Vec<_> =
        applied["spec"]["ports"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
    assert_eq!(ports, ["http", "dns"]);
    let key = r#"k:{"port":80,"protocol":"TCP"}"#;
    let owned = json!({ ".": {}, "f:name": {}, "f:port": {} });
    assert_eq!(fields(&applied, "one")["f:spec"]["f:ports"], json!({ key: owned }));
}

async fn an_atomic_list_has_one_owner(s: Server) {
    let path = format!("{}/web", s.apps("deployments"));
    let with_args = |args: Value| {
        let mut object = deployment("web", 0);
        object["spec"]["template"]["spec"]["containers"][0]["args"] = args;
        object
    };
    let applied = s.apply("one", &path, &with_args(json!(["a", "b"]))).await.is(201);
    let containers = &fields(&applied, "one")["f:spec"]["f:template"]["f:spec"]["f:containers"];
    assert_eq!(containers[r#"k:{"name":"main"}"#]["f:args"], json!({}));
    let status = s.apply("two", &path, &with_args(json!(["a", "c"]))).await.is(409);
    let field = r#".spec.template.spec.containers[name="main"].args"#;
    assert_eq!(status["details"]["causes"][0]["field"], field);
}

async fn a_conflict_names_the_owner_and_the_field(s: Server) {
    let path = format!("{}/web", s.core("services"));
    let service = |name: &str| service(json!([{ "name": name, "port": 80 }]));
    s.apply("one", &path, &service("http")).await.is(201);
    let field = r#".spec.ports[port=80,protocol="TCP"].name"#;
    let message = format!("Apply failed with 1 conflict: conflict with \"one\": {field}");
    let status = s.apply("two", &path, &service("web")).await.refused(409, "Conflict", &message);
    let message = "conflict with \"one\"";
    let cause = json!({ "reason": "FieldManagerConflict", "message": message, "field": field });
    assert_eq!(status["details"]["causes"], json!([cause]));

    let path = s.core("configmaps");
    s.post(&format!("{path}?fieldManager=w"), &config_map("a", json!({ "b": "1" }))).await.is(201);
    let answer = s.apply("two", &format!("{path}/a"), &config_map("a", json!({ "b": "2" }))).await;
    let message = "Apply failed with 1 conflict: conflict with \"w\" using v1: .data.b";
    answer.refused(409, "Conflict", message);
}

async fn conflicts_are_listed_by_owner(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    s.apply("one", &path, &config_map("a", json!({ "k": "1", "l": "1" }))).await.is(201);
    let answer = s.apply("two", &path, &config_map("a", json!({ "k": "2", "l": "2" }))).await;
    let message = "Apply failed with 2 conflicts: conflicts with \"one\":\n- .data.k\n- .data.l";
    answer.refused(409, "Conflict", message);
}

async fn an_apply_needs_a_manager(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    let answer = s.patch(crate::server::APPLY_PATCH, &path, &config_map("a", json!({}))).await;
    let message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required \
        for apply patch";
    answer.refused(422, "Invalid", message);
}

async fn an_apply_must_not_say_who_owns_what(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    let mut object = config_map("a", json!({}));
    object["metadata"]["managedFields"] = json!([{ "manager": "x", "operation": "Apply" }]);
    let status = s.apply("one", &path, &object).await.is(400);
    assert_eq!(status["message"], "metadata.managedFields must be nil");
}

async fn an_apply_is_of_the_version_of_its_path(s: Server) {
    let path = format!("{}/web", s.apps("deployments"));
    let mut object = deployment("web", 0);
    object["apiVersion"] = json!("apps/v1beta1");
    let status = s.apply("one", &path, &object).await.is(400);
    assert_eq!(status["reason"], "BadRequest");
}

async fn an_apply_of_an_unknown_field_is_refused(s: Server) {
    let path = format!("{}/web", s.apps("deployments"));
    let mut object = deployment("web", 0);
    object["spec"]["nothing"] = json!(1);
    let status = s.apply("one", &path, &object).await.is(500);
    let message = "failed to create typed patch object (/web; apps/v1, Kind=Deployment): \
        .spec.nothing: field not declared in schema";
    assert_eq!(status["message"], message);
}

async fn an_apply_with_a_key_twice_is_refused(s: Server) {
    let path = format!("{}/web", s.core("services"));
    let ports = json!([{ "name": "a", "port": 80 }, { "name": "b", "port": 80 }]);
    let status = s.apply("one", &path, &service(ports)).await.is(500);
    let message = status["message"].as_str().unwrap();
    let end = r#".spec.ports: duplicate entries for key [port=80,protocol="TCP"]"#;
    assert!(message.ends_with(end), "{message}");
}

async fn an_apply_by_uid_needs_that_object(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    let mut object = config_map("a", json!({}));
    object["metadata"]["uid"] = json!("5f2d6a10-0000-4000-8000-000000000001");
    let status = s.apply("one", &path, &object).await.is(409);
    assert_eq!(status["reason"], "Conflict");
}
