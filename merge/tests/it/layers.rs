//! What kube-apiserver adds around the merge, a fact a test.

use gotk_merge::{
    Error, FieldFilter, FieldManager, FieldSet, Gvk, Live, ObjectType, OnConflict, OneShape, Path,
    Schema,
};
use jiff::Timestamp;
use serde_json::{Value, json};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn versions() -> OneShape {
    OneShape::of_kind(&Schema::builtin(), "", "ConfigMap")
}

fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}, "data": data})
}

/// As it is stored: with a uid.
fn stored(data: Value) -> Value {
    let mut object = config_map(data);
    object["metadata"]["uid"] = json!("1");
    object
}

fn manager(versions: &OneShape) -> FieldManager<'_> {
    FieldManager::new(Gvk::new("", "v1", "ConfigMap"), versions)
}

fn apply(live: Value, config: &Value, by: &str, second: i64) -> Result<Value, Error> {
    let versions = versions();
    let written =
        manager(&versions).apply(Live::new(live), config, by, OnConflict::Fail, at(second))?;
    Ok(written.into_value())
}

fn update(live: Value, new: Value, by: &str, second: i64) -> Value {
    let versions = versions();
    let written = manager(&versions).update(&Live::new(live), Live::new(new), by, at(second));
    written.unwrap().into_value()
}

/// `manager operation time fields` of every entry.
fn managers(object: &Value) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let text = |it: &Value| it.as_str().unwrap_or("-").to_owned();
    let line = |it: &Value| {
        let parts = [&it["manager"], &it["operation"], &it["time"]].map(text);
        format!("{} {}", parts.join(" "), it["fieldsV1"])
    };
    entries.iter().map(line).collect()
}

#[test]
fn what_was_there_before_the_first_apply_belongs_to_one_manager() {
    let object = apply(stored(json!({"a": "1"})), &config_map(json!({"a": "1"})), "me", 5).unwrap();
    assert_eq!(
        managers(&object),
        [
            r#"me Apply - {"f:data":{"f:a":{}}}"#,
            r#"before-first-apply Update 1970-01-01T00:00:05Z {"f:data":{".":{},"f:a":{}}}"#,
        ]
    );
}

#[test]
fn an_object_nobody_applied_to_is_not_tracked_on_update_but_on_create() {
    let live = stored(json!({"a": "1"}));
    assert!(managers(&update(live, stored(json!({"a": "2"})), "me", 1)).is_empty());
    let absent = json!({"apiVersion": "v1", "kind": "ConfigMap"});
    assert_eq!(managers(&update(absent, config_map(json!({"a": "1"})), "me", 1)).len(), 1);
}

#[test]
fn an_apply_that_changes_nothing_keeps_its_time() {
    let first = apply(
        json!({"apiVersion": "v1", "kind": "ConfigMap"}),
        &config_map(json!({"a": "1"})),
        "me",
        1,
    )
    .unwrap();
    assert_eq!(apply(first.clone(), &config_map(json!({"a": "1"})), "me", 9).unwrap(), first);
    // Somebody else who wants the same comes to own it too, without a time.
    let both = apply(first, &config_map(json!({"a": "1"})), "you", 9).unwrap();
    assert!(managers(&both)[0].starts_with("you Apply - "), "{:?}", managers(&both));
}

#[test]
fn an_update_takes_what_it_changes_and_nothing_else() {
    let live = apply(
        json!({"apiVersion": "v1", "kind": "ConfigMap"}),
        &config_map(json!({"a": "1", "b": "1"})),
        "me",
        1,
    )
    .unwrap();
    let mut new = live.clone();
    new["data"] = json!({"a": "2", "b": "1", "c": "1"});
    let object = update(live, new, "editor", 2);
    assert_eq!(
        managers(&object),
        [
            r#"me Apply 1970-01-01T00:00:01Z {"f:data":{"f:b":{}}}"#,
            r#"editor Update 1970-01-01T00:00:02Z {"f:data":{"f:a":{},"f:c":{}}}"#,
        ]
    );
}

#[test]
fn an_empty_list_of_managers_clears_them_and_nonsense_leaves_them() {
    let live = apply(stored(json!({})), &config_map(json!({"a": "1"})), "me", 1).unwrap();
    let sent = |managed: Value| {
        let mut new = live.clone();
        new["metadata"]["managedFields"] = managed;
        managers(&update(live.clone(), new, "editor", 2)).len()
    };
    assert_eq!(sent(json!([])), 0);
    assert_eq!(sent(json!([{}])), 0);
    assert_eq!(sent(json!([{"operation": "Odd"}])), managers(&live).len());
    assert_eq!(sent(json!("odd")), managers(&live).len());
}

#[test]
fn a_configuration_may_not_bring_managers_nor_another_kind() {
    let mut config = config_map(json!({}));
    config["metadata"]["managedFields"] = json!([]);
    let error = apply(stored(json!({})), &config, "me", 1).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (400, "metadata.managedFields must be nil")
    );
    config["kind"] = json!("Secret");
    let error = apply(stored(json!({})), &config, "me", 1).unwrap_err();
    assert_eq!(error.to_string(), "invalid object type: /v1, Kind=Secret");
    assert_eq!(error.status()["reason"], "BadRequest");
}

#[test]
fn a_conflict_is_the_status_that_the_api_server_sends() {
    let live = apply(stored(json!({})), &config_map(json!({"a": "1"})), "me", 1).unwrap();
    let status = apply(live, &config_map(json!({"a": "2"})), "you", 2).unwrap_err().status();
    assert_eq!(
        status,
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "Apply failed with 1 conflict: conflict with \"me\": .data.a",
            "reason": "Conflict", "code": 409,
            "details": {"causes": [{
                "reason": "FieldManagerConflict", "message": "conflict with \"me\"", "field": ".data.a",
            }]},
        })
    );
}

#[test]
fn kubectl_is_forgiven_what_it_applied_from_the_client_side() {
    let last = config_map(json!({"a": "1"})).to_string();
    let mut live = stored(json!({"a": "1"}));
    live["metadata"]["annotations"] =
        json!({"kubectl.kubernetes.io/last-applied-configuration": last});
    let config = config_map(json!({"a": "2"}));
    assert!(apply(live.clone(), &config, "me", 1).is_err());
    let object = apply(live, &config, "kubectl", 1).unwrap();
    let annotation =
        &object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
    assert_eq!(
        annotation.as_str().unwrap(),
        "{\"apiVersion\":\"v1\",\"data\":{\"a\":\"2\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"namespace\":\"n\"}}\n"
    );
}

#[test]
fn fields_that_a_resource_resets_are_not_owned() {
    let versions = OneShape::of_kind(&Schema::builtin(), "", "Service");
    let gvk = Gvk::new("", "v1", "Service");
    let status: FieldSet = [Path::default().field("status")].into_iter().collect();
    let manager = FieldManager::new(gvk.clone(), &versions).owning(FieldFilter::exclude(status));
    let config = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
        "spec": {"type": "ClusterIP"}, "status": {"loadBalancer": {}}});
    let written =
        manager.apply(Live::absent(&gvk), &config, "me", OnConflict::Fail, at(1)).unwrap();
    assert_eq!(
        written.managed.applier("me").unwrap().fields.to_string(),
        r#"{"f:spec":{"f:type":{}}}"#
    );
}

#[test]
fn a_subresource_has_managers_of_its_own() {
    let versions = OneShape::of_kind(&Schema::builtin(), "", "Service");
    let gvk = Gvk::new("", "v1", "Service");
    let main = FieldManager::new(gvk.clone(), &versions);
    let status = main.clone().subresource("status");
    let object = |spec: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec});
    let live = main
        .apply(Live::absent(&gvk), &object(json!({"type": "A"})), "me", OnConflict::Fail, at(1))
        .unwrap();
    let live = Live::new(live.into_value());
    let error = status
        .apply(live, &object(json!({"type": "B"})), "me", OnConflict::Fail, at(2))
        .unwrap_err();
    assert_eq!(error.to_string(), "Apply failed with 1 conflict: conflict with \"me\": .spec.type");
}

#[test]
fn managers_in_a_version_that_is_gone_are_forgotten() {
    let versions = OneShape::new("acme.test/v2", ObjectType::deduced());
    let gvk = Gvk::new("acme.test", "v2", "Widget");
    let manager = FieldManager::new(gvk, &versions);
    let object = |size: u8| json!({"apiVersion": "acme.test/v2", "kind": "Widget", "metadata": {"name": "w", "uid": "1"}, "spec": {"size": size}});
    let mut live = object(1);
    live["metadata"]["managedFields"] = json!([{"manager": "old", "operation": "Update", "apiVersion": "acme.test/v1",
        "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:size": {}}}}]);
    let written =
        manager.apply(Live::new(live), &object(2), "me", OnConflict::Fail, at(1)).unwrap();
    let names: Vec<_> = written.managed.iter().map(|it| it.manager.name.clone()).collect();
    assert_eq!(names, ["me"]);
}

#[test]
fn what_an_applier_drops_goes_unless_somebody_else_owns_it() {
    let all = config_map(json!({"mine": "1", "shared": "1"}));
    let live = apply(json!({"apiVersion": "v1", "kind": "ConfigMap"}), &all, "me", 1).unwrap();
    let live = apply(live, &config_map(json!({"shared": "1"})), "you", 2).unwrap();
    let object = apply(live, &config_map(json!({})), "me", 3).unwrap();
    assert_eq!(object["data"], json!({"shared": "1"}));
}
