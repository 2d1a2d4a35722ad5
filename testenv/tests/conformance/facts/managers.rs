//! The entries of managed fields.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::{config_map, deployment, with};
use crate::server::{MERGE_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(an_update_takes_fields_without_asking, 22),
    fact!(entries_come_in_the_order_of_operation_and_time, 22),
    fact!(what_was_there_before_the_first_apply_has_an_owner, 22),
    fact!(tracking_can_be_cleared, 22),
    fact!(a_written_list_of_managers_is_taken_over, 22),
    fact!(the_eleventh_updater_makes_an_ancient_one, 22),
    fact!(the_default_manager_is_the_user_agent, 22),
    fact!(the_last_configuration_follows_the_apply_of_kubectl, 22),
    fact!(a_scale_is_owned_in_the_object, 23, [Scale]),
    fact!(a_manager_has_a_name_of_reasonable_length, 22),
];

/// The entry of a manager, without its time.
pub(crate) fn entry(object: &Value, manager: &str) -> Option<Value> {
    let entries = object["metadata"]["managedFields"].as_array()?;
    let mut entry = entries.iter().find(|entry| entry["manager"] == manager)?.clone();
    entry.as_object_mut().unwrap().remove("time");
    Some(entry)
}

pub(crate) fn fields(object: &Value, manager: &str) -> Value {
    entry(object, manager).map(|mut entry| entry["fieldsV1"].take()).unwrap_or_default()
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

async fn entries_come_in_the_order_of_operation_and_time(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    let update = async |manager: &str, key: &str| {
        let path = format!("{path}?fieldManager={manager}");
        s.patch(MERGE_PATCH, &path, &json!({ "data": { key: "1" } })).await.is(200)
    };
    s.apply("zoe", &path, &config_map("a", json!({ "z": "1" }))).await.is(201);
    update("amy", "a").await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await; // times are in seconds
    s.apply("abe", &path, &config_map("a", json!({ "b": "1" }))).await.is(200);
    let object = update("aby", "c").await;
    let entries = object["metadata"]["managedFields"].as_array().unwrap();
    let managers: Vec<&str> = entries.iter().map(|e| e["manager"].as_str().unwrap()).collect();
    assert_eq!(managers, ["zoe", "abe", "amy", "aby"]);
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

async fn a_written_list_of_managers_is_taken_over(s: Server) {
    let path = format!("{}/a", s.core("configmaps"));
    let applied = s.apply("one", &path, &config_map("a", json!({ "k": "1" }))).await.is(201);
    let moved = with(&applied, "/metadata/managedFields/0/manager", json!("two"));
    let written = s.put(&path, &moved).await.is(200);
    assert_eq!(entry(&written, "one"), None);
    assert_eq!(fields(&written, "two"), json!({ "f:data": { "f:k": {} } }));
    // So the other may now remove the field.
    let removed = s.apply("two", &path, &config_map("a", json!({}))).await.is(200);
    assert_eq!(removed["data"].get("k"), None);
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

const LAST: &str = "kubectl.kubernetes.io/last-applied-configuration";

async fn the_last_configuration_follows_the_apply_of_kubectl(s: Server) {
    let path = s.core("configmaps");
    let mut object = config_map("a", json!({ "k": "1" }));
    let last = object.to_string();
    object["metadata"]["annotations"] = json!({ LAST: last });
    s.post(&format!("{path}?fieldManager=kubectl-client-side-apply"), &object).await.is(201);
    let one = format!("{path}/a?force=true");
    let applied = s.apply("kubectl", &one, &config_map("a", json!({ "k": "2" }))).await.is(200);
    let last = applied["metadata"]["annotations"][LAST].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(last).unwrap()["data"], json!({ "k": "2" }));

    let applied = s.apply("other", &one, &config_map("a", json!({ "k": "3" }))).await.is(200);
    let last = applied["metadata"]["annotations"][LAST].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(last).unwrap()["data"], json!({ "k": "2" }));
}

async fn a_scale_is_owned_in_the_object(s: Server) {
    let path = format!("{}/web", s.apps("deployments"));
    s.apply("one", &path, &deployment("web", 0)).await.is(201);
    let patch = json!({ "spec": { "replicas": 1 } });
    s.patch(MERGE_PATCH, &format!("{path}/scale?fieldManager=hpa"), &patch).await.is(200);
    let object = s.get(&path).await.is(200);
    let hpa = entry(&object, "hpa").unwrap();
    assert_eq!((&hpa["subresource"], &hpa["apiVersion"]), (&json!("scale"), &json!("apps/v1")));
    assert_eq!(hpa["fieldsV1"], json!({ "f:spec": { "f:replicas": {} } }));
    assert_eq!(fields(&object, "one")["f:spec"].get("f:replicas"), None);
    let status = s.apply("one", &path, &deployment("web", 0)).await.is(409);
    assert_eq!(status["details"]["causes"][0]["field"], ".spec.replicas");
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
