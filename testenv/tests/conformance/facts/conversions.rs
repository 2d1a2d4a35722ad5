//! Registered kinds of several versions whose schemas differ, converted by nobody (`None`).
//!
//! An object rests as the stored version has it: whoever reads it in another one sees what both
//! have, and whoever writes it in another one keeps what both have.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::crds::{self, Crd};
use crate::facts::{names, version};
use crate::server::{JSON_PATCH, MERGE_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(a_version_shows_what_its_schema_has, 16),
    fact!(lists_and_watches_show_what_their_version_has, 16),
    fact!(metadata_alone_is_the_same_in_every_version, 16),
    fact!(what_is_created_in_a_version_is_kept_as_the_stored_one_has_it, 16),
    fact!(a_change_in_a_version_drops_what_that_does_not_know, 16),
    fact!(a_status_written_in_a_version_drops_what_that_does_not_know, 16),
    fact!(a_replacement_by_what_a_version_shows_is_a_change, 16),
    fact!(a_deletion_in_a_version_drops_what_that_does_not_know, 16),
    fact!(an_apply_in_a_version_drops_what_that_does_not_know, 22),
    fact!(an_apply_of_what_the_version_of_another_lacks_is_refused, 22),
    fact!(defaults_are_those_of_the_stored_version_and_of_the_writers, 17),
    fact!(what_is_open_in_one_version_is_closed_in_another, 16),
    fact!(an_object_rests_in_the_version_it_was_stored_in, 17),
    fact!(a_field_that_leaves_the_schema_is_hidden_and_comes_back, 16),
    fact!(a_version_has_selectable_fields_of_its_own, 32),
    fact!(a_watch_ends_when_its_definition_changes, 16),
];

/// One version of a kind, whose `spec` and `status` have these properties.
fn of(name: &str, spec: &Value) -> Value {
    let text = json!({ "type": "string" });
    let status = json!({ "type": "object", "properties": { "phase": text, name: text } });
    let spec = json!({ "type": "object", "properties": spec });
    json!({
        "name": name, "served": true, "storage": name == "v1",
        "subresources": { "status": {} },
        "schema": { "openAPIV3Schema": {
            "type": "object", "properties": { "spec": spec, "status": status },
        } },
    })
}

/// `v1`, which is stored, and `v2`: `both` is a field of both, `one` and `two` are of one each.
fn versions() -> Value {
    let text = json!({ "type": "string" });
    json!([
        of("v1", &json!({ "both": text, "one": text })),
        of("v2", &json!({ "both": text, "two": text })),
    ])
}

struct Kinds {
    crd: Crd,
    one: String,
    two: String,
    in_two: String,
}

impl Kinds {
    async fn register(s: &Server, versions: Value) -> Self {
        let mut definition = crds::definition(s, crds::anything());
        definition["spec"]["versions"] = versions;
        let crd = crds::serve(s, &definition).await;
        let in_two = crd.path.replace("/v1/", "/v2/");
        s.eventually("both are served", async || s.get(&in_two).await.code == 200).await;
        let (one, two) = (format!("{}/a", crd.path), format!("{in_two}/a"));
        Self { crd, one, two, in_two }
    }

    fn in_two(&self, spec: Value) -> Value {
        let mut object = self.crd.widget("a", spec);
        object["apiVersion"] = json!(format!("{}/v2", self.crd.group));
        object
    }

    /// Changes the definition and waits for a sign of it.
    async fn change(&self, s: &Server, versions: Value, sign: impl AsyncFn() -> bool) {
        let patch = json!([{ "op": "replace", "path": "/spec/versions", "value": versions }]);
        s.patch(JSON_PATCH, &self.crd.definition, &patch).await.is(200);
        s.eventually("the definition is followed", sign).await;
    }
}

async fn spec(s: &Server, path: &str) -> Value {
    s.get(path).await.is(200)["spec"].take()
}

async fn a_version_shows_what_its_schema_has(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    let both = json!({ "both": "b", "one": "1" });
    let created = s.post(&kinds.crd.path, &kinds.crd.widget("a", both.clone())).await.is(201);
    let seen = s.get(&kinds.two).await.is(200);
    assert_eq!(seen["spec"], json!({ "both": "b" }));
    assert_eq!(seen["metadata"], created["metadata"]);
    assert_eq!(spec(&s, &kinds.one).await, both, "reading changes nothing");
}

async fn lists_and_watches_show_what_their_version_has(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    let start = version(&s.get(&kinds.in_two).await.is(200));
    s.post(&kinds.crd.path, &kinds.crd.widget("a", json!({ "both": "b", "one": "1" })))
        .await
        .is(201);
    s.patch(MERGE_PATCH, &kinds.one, &json!({ "spec": { "one": "2" } })).await.is(200);
    let list = s.get(&kinds.in_two).await.is(200);
    assert_eq!(list["items"][0]["spec"], json!({ "both": "b" }));
    assert_eq!(list["items"][0]["apiVersion"], format!("{}/v2", kinds.crd.group));
    for (path, seen) in [
        (&kinds.in_two, [json!({ "both": "b" }), json!({ "both": "b" })]),
        (&kinds.crd.path, [json!({ "both": "b", "one": "1" }), json!({ "both": "b", "one": "2" })]),
    ] {
        let mut events = s.watch(&format!("{path}?resourceVersion={start}")).await;
        for (kind, spec) in ["ADDED", "MODIFIED"].into_iter().zip(seen) {
            let (of, object) = events.next().await.unwrap();
            assert_eq!((&*of, &object["spec"]), (kind, &spec), "{path}");
        }
        let mut events = s.watch(&format!("{path}?fieldSelector=metadata.name%3Da")).await;
        let first = events.next().await.unwrap();
        assert_eq!(first.1["spec"]["both"], "b");
        assert_eq!(first.1["spec"].get("one").is_some(), *path == kinds.crd.path);
        s.patch(MERGE_PATCH, &kinds.one, &json!({ "metadata": { "labels": { "k": "v" } } }))
            .await
            .is(200);
    }
    s.delete(&kinds.one).await.is(200);
    let mut events = s.watch(&format!("{}?resourceVersion={start}", kinds.in_two)).await;
    let last = loop {
        let event = events.next().await.unwrap();
        if event.0 == "DELETED" {
            break event.1;
        }
    };
    assert_eq!(last["spec"], json!({ "both": "b" }));
}

async fn metadata_alone_is_the_same_in_every_version(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    s.post(&kinds.crd.path, &kinds.crd.widget("a", json!({ "one": "1" }))).await.is(201);
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    let seen = s.get_as(&kinds.two, accept).await.is(200);
    assert_eq!(seen, s.get_as(&kinds.one, accept).await.is(200));
    assert_eq!(seen["kind"], "PartialObjectMetadata");
}

async fn what_is_created_in_a_version_is_kept_as_the_stored_one_has_it(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    let object = kinds.in_two(json!({ "both": "b", "two": "2" }));
    let kept = json!({ "both": "b" });
    let tried = s.post(&format!("{}?dryRun=All", kinds.in_two), &object).await.is(201);
    assert_eq!(tried["spec"], kept, "tried");
    let created = s.post(&kinds.in_two, &object).await.is(201);
    assert_eq!((&created["spec"], &created["apiVersion"]), (&kept, &object["apiVersion"]));
    assert_eq!(spec(&s, &kinds.one).await, kept);
    let owned = &created["metadata"]["managedFields"][0];
    assert_eq!(owned["fieldsV1"]["f:spec"], json!({ ".": {}, "f:both": {}, "f:two": {} }));
}

async fn a_change_in_a_version_drops_what_that_does_not_know(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    let object = kinds.crd.widget("a", json!({ "both": "b", "one": "1" }));
    s.post(&kinds.crd.path, &object).await.is(201);
    let patch = json!({ "spec": { "both": "c", "two": "2" } });
    let tried = format!("{}?dryRun=All", kinds.two);
    assert_eq!(s.patch(MERGE_PATCH, &tried, &patch).await.is(200)["spec"], json!({ "both": "c" }));
    assert_eq!(spec(&s, &kinds.one).await, json!({ "both": "b", "one": "1" }));
    let patched = s.patch(MERGE_PATCH, &kinds.two, &patch).await.is(200);
    assert_eq!(patched["spec"], json!({ "both": "c" }));
    assert_eq!(patched["metadata"]["generation"], 2);
    assert_eq!(spec(&s, &kinds.one).await, json!({ "both": "c" }));
}

async fn a_status_written_in_a_version_drops_what_that_does_not_know(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    s.post(&kinds.crd.path, &kinds.crd.widget("a", json!({ "one": "1" }))).await.is(201);
    let status = json!({ "status": { "phase": "Done", "v1": "1" } });
    s.patch(MERGE_PATCH, &format!("{}/status", kinds.one), &status).await.is(200);
    assert_eq!(s.get(&kinds.two).await.is(200)["status"], json!({ "phase": "Done" }));
    let status = json!({ "status": { "phase": "Gone", "v2": "2" } });
    let written = s.patch(MERGE_PATCH, &format!("{}/status", kinds.two), &status).await.is(200);
    assert_eq!(written["status"], json!({ "phase": "Gone" }));
    let object = s.get(&kinds.one).await.is(200);
    assert_eq!((&object["spec"], &object["status"]), (&json!({}), &json!({ "phase": "Gone" })));
}

async fn a_replacement_by_what_a_version_shows_is_a_change(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    let object = kinds.crd.widget("a", json!({ "both": "b", "one": "1" }));
    let created = s.post(&kinds.crd.path, &object).await.is(201);
    let seen = s.get(&kinds.two).await.is(200);
    let tried = s.put(&format!("{}?dryRun=All", kinds.two), &seen).await.is(200);
    assert_eq!(tried["spec"], json!({ "both": "b" }));
    let put = s.put(&kinds.two, &seen).await.is(200);
    assert!(version(&put) > version(&created));
    assert_eq!(put["metadata"]["generation"], 1);
    assert_eq!(spec(&s, &kinds.one).await, json!({ "both": "b" }));
    let again = s.put(&kinds.two, &put).await.is(200);
    assert_eq!(version(&again), version(&put), "there is nothing left to drop");
}

async fn a_deletion_in_a_version_drops_what_that_does_not_know(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    let mut object = kinds.crd.widget("a", json!({ "both": "b", "one": "1" }));
    object["metadata"]["finalizers"] = json!(["gotk.dev/hold"]);
    s.post(&kinds.crd.path, &object).await.is(201);
    let marked = s.delete(&kinds.two).await.is(200);
    assert_eq!(marked["spec"], json!({ "both": "b" }));
    assert_eq!(spec(&s, &kinds.one).await, json!({ "both": "b" }));
    let patch = json!({ "metadata": { "finalizers": null } });
    s.patch(MERGE_PATCH, &kinds.one, &patch).await.is(200);
    assert_eq!(s.get(&kinds.two).await.code, 404);
}

async fn an_apply_in_a_version_drops_what_that_does_not_know(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    let object = kinds.crd.widget("a", json!({ "both": "b", "one": "1" }));
    s.apply("old", &kinds.one, &object).await.is(201);
    let applied = s.apply("new", &kinds.two, &kinds.in_two(json!({ "both": "b" }))).await.is(200);
    assert_eq!(applied["spec"], json!({ "both": "b" }));
    assert_eq!(spec(&s, &kinds.one).await, json!({ "both": "b" }));
    let entries = applied["metadata"]["managedFields"].as_array().unwrap();
    let owned = |manager: &str| {
        let entry = entries.iter().find(|entry| entry["manager"] == manager).unwrap();
        entry["fieldsV1"]["f:spec"].clone()
    };
    assert_eq!(owned("old"), json!({ "f:both": {}, "f:one": {} }), "as it said once");
    assert_eq!(owned("new"), json!({ "f:both": {} }));
}

async fn an_apply_of_what_the_version_of_another_lacks_is_refused(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    let object = kinds.crd.widget("a", json!({ "both": "b", "one": "1" }));
    s.apply("old", &kinds.one, &object).await.is(201);
    let two = kinds.in_two(json!({ "two": "2" }));
    let message = "failed to convert new object: .spec.two: field not declared in schema";
    let status = s.apply("new", &kinds.two, &two).await.is(500);
    assert_eq!(status["message"], message);
    assert_eq!(spec(&s, &kinds.one).await, json!({ "both": "b", "one": "1" }));
}

async fn defaults_are_those_of_the_stored_version_and_of_the_writers(s: Server) {
    let text = |default: &str| json!({ "type": "string", "default": default });
    let plain = json!({ "type": "string" });
    let one = json!({ "first": text("f1"), "both": text("b1"), "shared": plain });
    let two = json!({ "second": text("s2"), "both": text("b2"), "shared": text("x2") });
    let kinds = Kinds::register(&s, json!([of("v1", &one), of("v2", &two)])).await;
    s.post(&kinds.crd.path, &kinds.crd.widget("a", json!({}))).await.is(201);
    assert_eq!(spec(&s, &kinds.one).await, json!({ "first": "f1", "both": "b1" }));
    assert_eq!(spec(&s, &kinds.two).await, json!({ "both": "b1" }));
    s.delete(&kinds.one).await.is(200);
    let created = s.post(&kinds.in_two, &kinds.in_two(json!({}))).await.is(201);
    assert_eq!(created["spec"], json!({ "both": "b2", "shared": "x2" }));
    assert_eq!(spec(&s, &kinds.one).await, json!({ "first": "f1", "both": "b2", "shared": "x2" }));
}

async fn what_is_open_in_one_version_is_closed_in_another(s: Server) {
    let open = crds::anything();
    let text = json!({ "type": "string" });
    let embedded = json!({
        "type": "object", "x-kubernetes-embedded-resource": true,
        "properties": { "spec": { "type": "object", "properties": { "known": text } } },
    });
    let embedded_open = json!({
        "type": "object", "x-kubernetes-embedded-resource": true,
        "x-kubernetes-preserve-unknown-fields": true,
    });
    let closed = json!({ "type": "object", "properties": { "known": text } });
    let one = json!({ "open": open, "closed": open, "template": embedded_open });
    let two = json!({ "open": open, "closed": closed, "template": embedded });
    let kinds = Kinds::register(&s, json!([of("v1", &one), of("v2", &two)])).await;
    let any = json!({ "known": "k", "other": { "any": 1 } });
    let template = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "x", "labels": { "a": "b" } },
        "spec": any, "data": { "k": "v" },
    });
    let all = json!({ "open": any, "closed": any, "template": template });
    s.post(&kinds.crd.path, &kinds.crd.widget("a", all.clone())).await.is(201);
    let known = json!({ "known": "k" });
    let mut left = template.clone();
    left.as_object_mut().unwrap().remove("data");
    left["spec"] = known.clone();
    assert_eq!(
        spec(&s, &kinds.two).await,
        json!({ "open": any, "closed": known, "template": left })
    );
    assert_eq!(spec(&s, &kinds.one).await, all);
}

async fn an_object_rests_in_the_version_it_was_stored_in(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    let object = kinds.crd.widget("a", json!({ "both": "b", "one": "1" }));
    let created = s.post(&kinds.crd.path, &object).await.is(201);
    // From now on v2 is stored, and each version has a default for a field they share.
    let text = |default: &str| json!({ "type": "string", "default": default });
    let plain = json!({ "type": "string" });
    let mut moved = json!([
        of("v1", &json!({ "both": plain, "one": plain, "late": text("l1") })),
        of("v2", &json!({ "both": plain, "two": plain, "late": text("l2") })),
    ]);
    moved[0]["storage"] = json!(false);
    moved[1]["storage"] = json!(true);
    let late = async || spec(&s, &kinds.two).await["late"].is_string();
    kinds.change(&s, moved, late).await;
    assert_eq!(spec(&s, &kinds.two).await, json!({ "both": "b", "late": "l1" }));
    assert_eq!(spec(&s, &kinds.one).await, json!({ "both": "b", "one": "1", "late": "l1" }));
    // A write of no change moves it, and what the new one does not know is gone.
    let seen = s.get(&kinds.one).await.is(200);
    let put = s.put(&kinds.one, &seen).await.is(200);
    assert!(version(&put) > version(&created));
    assert_eq!(put["spec"], json!({ "both": "b", "late": "l1" }));
    assert_eq!(spec(&s, &kinds.one).await, json!({ "both": "b", "late": "l1" }));
}

async fn a_field_that_leaves_the_schema_is_hidden_and_comes_back(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    let all = json!({ "both": "b", "one": "1" });
    let created = s.post(&kinds.crd.path, &kinds.crd.widget("a", all.clone())).await.is(201);
    let text = json!({ "type": "string" });
    let without = json!([of("v1", &json!({ "both": text })), versions()[1]]);
    let hidden = async || spec(&s, &kinds.one).await.get("one").is_none();
    kinds.change(&s, without, hidden).await;
    let seen = s.get(&kinds.one).await.is(200);
    assert_eq!(version(&seen), version(&created));
    let list = s.get(&kinds.crd.path).await.is(200);
    assert_eq!(list["items"][0]["spec"], json!({ "both": "b" }));
    let shown = async || spec(&s, &kinds.one).await.get("one").is_some();
    kinds.change(&s, versions(), shown).await;
    assert_eq!(s.get(&kinds.one).await.is(200), created);
}

async fn a_version_has_selectable_fields_of_its_own(s: Server) {
    let mut both = versions();
    both[0]["selectableFields"] =
        json!([{ "jsonPath": ".spec.both" }, { "jsonPath": ".spec.one" }]);
    both[1]["selectableFields"] = json!([{ "jsonPath": ".spec.both" }]);
    let kinds = Kinds::register(&s, both).await;
    s.post(&kinds.in_two, &kinds.in_two(json!({ "both": "b", "two": "2" }))).await.is(201);
    s.post(&kinds.crd.path, &kinds.crd.widget("b", json!({ "both": "b", "one": "1" })))
        .await
        .is(201);
    let selected = async |path: &str, selector: &str| {
        let list = s.get(&format!("{path}?fieldSelector={selector}")).await.is(200);
        names(&list).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(selected(&kinds.crd.path, "spec.one%3D1").await, ["b"]);
    assert_eq!(selected(&kinds.crd.path, "spec.one%3D").await, ["a"]);
    assert_eq!(selected(&kinds.in_two, "spec.both%3Db").await, ["a", "b"]);
    s.get(&format!("{}?fieldSelector=spec.one%3D1", kinds.in_two)).await.is(400);
}

async fn a_watch_ends_when_its_definition_changes(s: Server) {
    let kinds = Kinds::register(&s, versions()).await;
    let start = version(&s.get(&kinds.in_two).await.is(200));
    let mut events = s.watch(&format!("{}?resourceVersion={start}", kinds.in_two)).await;
    let object = kinds.crd.widget("a", json!({ "both": "b" }));
    s.post(&kinds.crd.path, &object).await.is(201);
    assert_eq!(events.next_name().await.0, "ADDED");
    let text = json!({ "type": "string", "default": "3" });
    let mut more = versions();
    more[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["three"] = text;
    let late = async || spec(&s, &kinds.one).await["three"] == "3";
    kinds.change(&s, more, late).await;
    assert_eq!(events.next().await, None);
}
