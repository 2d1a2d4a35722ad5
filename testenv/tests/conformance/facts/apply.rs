//! Server-side apply: who owns what.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::{config_map, deployment};
use crate::server::{MERGE_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(the_first_apply_creates_and_owns_what_it_says, 22),
    fact!(a_second_apply_of_the_same_writes_nothing, 22),
    fact!(a_dry_run_answers_like_an_apply_and_stores_nothing, 22),
    fact!(what_is_no_longer_applied_is_removed, 22),
    fact!(what_another_owns_too_is_not_removed, 22),
    fact!(force_takes_a_field_over, 22),
    fact!(equal_values_are_owned_together, 22),
    fact!(two_managers_share_a_list_by_its_keys, 22),
    fact!(an_atomic_list_has_one_owner, 22),
    fact!(an_update_takes_fields_without_asking, 22),
    fact!(what_was_there_before_the_first_apply_has_an_owner, 22),
    fact!(tracking_can_be_cleared, 22),
    fact!(the_eleventh_updater_makes_an_ancient_one, 22),
    fact!(the_default_manager_is_the_user_agent, 22),
    fact!(a_conflict_names_the_owner_and_the_field, 22),
    fact!(conflicts_are_listed_by_owner, 22),
    fact!(an_apply_needs_a_manager, 22),
    fact!(a_manager_has_a_name_of_reasonable_length, 22),
    fact!(an_apply_must_not_say_who_owns_what, 22),
    fact!(an_apply_is_of_the_version_of_its_path, 22),
    fact!(an_apply_of_an_unknown_field_is_refused, 22),
    fact!(an_apply_with_a_key_twice_is_refused, 22),
    fact!(an_apply_by_uid_needs_that_object, 22),
];

/// The entry of a manager, without its time.
fn entry(object: &Value, manager: &str) -> Option<Value> {
    let entries = object["metadata"]["managedFields"].as_array()?;
    let mut entry = entries.iter().find(|entry| entry["manager"] == manager)?.clone();
    entry.as_object_mut().unwrap().remove("time");
    Some(entry)
}

fn service(ports: Value) -> Value {
    let spec = json!({ "clusterIP": "None", "ports": ports });
    json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" }, "spec": spec })
}

fn fields(object: &Value, manager: &str) -> Value {
    entry(object, manager).map(|mut entry| entry["fieldsV1"].take()).unwrap_or_default()
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

async fn an_update_takes_fields_without_asking(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    s.apply("one", &path, &config_map("a", json!({ "k": "1", "l": "1" }))).await.is(201);
    let patch = json!({ "data": { "k": "2" } });
    let patched = s.patch(MERGE_PATCH, &format!("{path}?fieldManager=two"), &patch).await.is(200);
    assert_eq!(fields(&patched, "one"), json!({ "f:data": { "f:l": {} } }));
    let two = entry(&patched, "two").unwrap();
    assert_eq!(
        (&two["operation"], &two["fieldsV1"]),
        (&json!("Update"), &json!({ "f:data": { "f:k": {} } }))
    );
}

/// Creates an object that nobody owns.
async fn unowned(s: &Server, data: Value) -> String {
    let path = s.core("configmaps");
    s.post(&path, &config_map("a", data)).await.is(201);
    let one = format!("{path}/a");
    let patch = json!({ "metadata": { "managedFields": [{}] } });
    let cleared = s.patch(MERGE_PATCH, &one, &patch).await.is(200);
    assert_eq!(cleared["metadata"].get("managedFields"), None);
    one
}

async fn what_was_there_before_the_first_apply_has_an_owner(s: Server) {
    let path = unowned(&s, json!({ "k": "1", "l": "1" })).await;
    let applied = s.apply("one", &path, &config_map("a", json!({ "k": "1" }))).await.is(200);
    let before = entry(&applied, "before-first-apply").unwrap();
    assert_eq!(before["operation"], "Update");
    assert_eq!(before["fieldsV1"], json!({ "f:data": { ".": {}, "f:k": {}, "f:l": {} } }));
}

async fn tracking_can_be_cleared(s: Server) {
    let path = unowned(&s, json!({ "k": "1" })).await;
    // Nobody is tracked again until somebody applies.
    let patch = json!({ "data": { "k": "2" } });
    let patched = s.patch(MERGE_PATCH, &format!("{path}?fieldManager=two"), &patch).await.is(200);
    assert_eq!(patched["metadata"].get("managedFields"), None);
}

async fn the_eleventh_updater_makes_an_ancient_one(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    s.post(
        &format!("{}?fieldManager=m0", s.core("configmaps")),
        &config_map("a", json!({ "k0": "v" })),
    )
    .await
    .is(201);
    for i in 1..=10 {
        let patch = json!({ "data": { format!("k{i}"): "v" } });
        s.patch(MERGE_PATCH, &format!("{path}?fieldManager=m{i}"), &patch).await.is(200);
    }
    let object = s.get(&path).await.is(200);
    assert_eq!(object["metadata"]["managedFields"].as_array().unwrap().len(), 10);
    let ancient = entry(&object, "ancient-changes").unwrap();
    assert_eq!(ancient["operation"], "Update");
    assert_eq!(ancient["fieldsV1"]["f:data"].as_object().unwrap().len(), 3, "{ancient:#}");
}

async fn the_default_manager_is_the_user_agent(s: Server) {
    let request =
        http::Request::post(s.core("configmaps")).header("User-Agent", "agent/1.0 (test)");
    let created = s.send(request, Some(&config_map("a", json!({ "k": "v" })))).await.is(201);
    let entries = created["metadata"]["managedFields"].as_array().unwrap();
    assert_eq!(entries[0]["manager"], "agent");
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

async fn a_manager_has_a_name_of_reasonable_length(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    let name = "m".repeat(128);
    s.apply(&name, &path, &config_map("a", json!({}))).await.is(201);
    let status = s.apply(&format!("{name}m"), &path, &config_map("a", json!({}))).await.is(422);
    assert_eq!(status["details"]["causes"][0]["field"], "fieldManager");
    let status = s.apply("a%07b", &path, &config_map("a", json!({}))).await.is(422);
    assert_eq!(status["details"]["causes"][0]["field"], "fieldManager");
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
