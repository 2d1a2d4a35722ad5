//! Patches and replacements, mostly about objects that are there.

use serde_json::{Value, json};

use super::objects::{NAMES, container, labels, name, text, texts};
use super::says::value;
use crate::diff::dice::Dice;
use crate::diff::sparse::Sparse;

/// One of the objects that are there, or hardly ever one that is not.
pub(super) fn one(dice: &mut Dice, known: &[Value]) -> Option<Value> {
    if known.is_empty() {
        return None;
    }
    if dice.chance(3) {
        return Some(super::objects::object(dice));
    }
    Some(known[dice.below(known.len())].clone())
}

/// What an object is called.
fn head(object: &Value) -> Value {
    let mut metadata = json!({ "name": object["metadata"]["name"] });
    if let Some(namespace) = object["metadata"].get("namespace") {
        metadata["namespace"] = namespace.clone();
    }
    json!({ "apiVersion": object["apiVersion"], "kind": object["kind"], "metadata": metadata })
}

pub(super) fn patches(dice: &mut Dice, known: &[Value]) -> Value {
    (0..=dice.below(3)).filter_map(|_| patch(dice, known)).collect()
}

fn patch(dice: &mut Dice, known: &[Value]) -> Option<Value> {
    let object = one(dice, known)?;
    let with_target = dice.chance(60);
    let entry = Sparse::new(dice);
    let entry = match with_target {
        true if entry.dice.chance(50) => {
            entry.always("patch", |dice| operations(dice, &object).to_string().into())
        }
        _ => entry.always("patch", |dice| {
            let body = body(dice, &object);
            written(dice, &body)
        }),
    };
    let entry = match with_target {
        true => entry.always("target", |dice| target(dice, &object)),
        false => entry,
    };
    Some(
        entry
            .maybe(10, "options", |dice| {
                json!({ "allowNameChange": dice.chance(70), "allowKindChange": dice.chance(30) })
            })
            .done(),
    )
}

/// In JSON or in YAML.
fn written(dice: &mut Dice, value: &Value) -> Value {
    if dice.chance(50) { super::yaml(value).into() } else { value.to_string().into() }
}

pub(super) fn strategic(dice: &mut Dice, known: &[Value]) -> Value {
    let Some(object) = one(dice, known) else { return json!([]) };
    let body = body(dice, &object);
    json!([written(dice, &body)])
}

pub(super) fn json(dice: &mut Dice, known: &[Value]) -> Value {
    let Some(object) = one(dice, known) else { return json!([]) };
    let (group, version) = group_version(&object);
    let target = json!({ "group": group, "version": version, "kind": object["kind"],
                         "name": object["metadata"]["name"] });
    json!([{ "target": target, "patch": operations(dice, &object).to_string() }])
}

fn group_version(object: &Value) -> (&str, &str) {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    version.split_once('/').unwrap_or(("", version))
}

fn target(dice: &mut Dice, object: &Value) -> Value {
    let (group, version) = group_version(object);
    Sparse::new(dice)
        .maybe(70, "kind", |dice| {
            let any = dice.chance(10);
            if any { json!(".*Set|Deployment") } else { object["kind"].clone() }
        })
        .maybe(50, "name", |dice| {
            let any = dice.chance(30);
            if any { json!("w.*|d.") } else { object["metadata"]["name"].clone() }
        })
        .maybe(15, "group", |_| json!(group))
        .maybe(15, "version", |_| json!(version))
        .maybe(8, "namespace", |dice| json!(dice.of(&["shop", "default", "s.*"])))
        .maybe(15, "labelSelector", |dice| {
            json!(dice.of(&["app=web", "app in (web,db)", "tier", "!tier", "app!=web"]))
        })
        .maybe(6, "annotationSelector", |dice| json!(dice.of(&["note", "!note", "note=info"])))
        .done()
}

fn body(dice: &mut Dice, object: &Value) -> Value {
    let mut body = head(object);
    if dice.chance(30) {
        let field = dice.of(&["labels", "annotations"]);
        body["metadata"][field] = mostly(dice, labels);
    }
    if dice.chance(3) {
        body["$patch"] = json!(dice.of(&["delete", "replace", "merge"]));
    }
    match object["kind"].as_str().unwrap_or_default() {
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => body["spec"] = workload(dice),
        "ConfigMap" => {
            body["data"] = mostly(dice, |dice| {
                Sparse::new(dice)
                    .maybe(60, "level", value)
                    .maybe(30, "region", |_| Value::Null)
                    .done()
            });
        }
        "Service" => {
            body["spec"] = Sparse::new(dice)
                .maybe(70, "ports", |dice| {
                    (0..=dice.below(2))
                        .map(|_| json!({ "port": dice.of(&[80, 443, 8080]), "name": dice.of(&["http", "x"]) }))
                        .collect()
                })
                .maybe(30, "type", |_| json!("NodePort"))
                .done();
        }
        "Widget" => {
            body["spec"] = Sparse::new(dice)
                .maybe(40, "size", |dice| json!(dice.below(5)))
                .maybe(40, "list", |dice| json!([{ "name": dice.of(&NAMES) }]))
                .maybe(30, "more", |dice| json!({ "a": text(dice), "b": null }))
                .done();
        }
        "RoleBinding" | "ClusterRoleBinding" => {
            body["subjects"] = json!([{ "kind": "ServiceAccount", "name": name(dice) }]);
        }
        _ => {}
    }
    body
}

/// Null once in a while, which takes away.
fn mostly(dice: &mut Dice, of: impl FnOnce(&mut Dice) -> Value) -> Value {
    if dice.chance(10) { Value::Null } else { of(dice) }
}

fn workload(dice: &mut Dice) -> Value {
    let pod = Sparse::new(dice)
        .maybe(70, "containers", |dice| (0..=dice.below(2)).map(|_| part(dice)).collect())
        .maybe(20, "serviceAccountName", |dice| mostly(dice, name))
        .maybe(20, "volumes", |dice| {
            let secret = json!({ "name": "config", "secret": { "secretName": name(dice) } });
            let delete = json!({ "name": "data", "$patch": "delete" });
            if dice.chance(30) { json!([delete]) } else { json!([secret]) }
        })
        .maybe(10, "initContainers", |_| Value::Null)
        .maybe(10, "tolerations", |_| json!([{ "key": "b", "operator": "Exists" }]))
        .done();
    Sparse::new(dice)
        .maybe(40, "replicas", |dice| mostly(dice, |dice| json!(dice.below(9))))
        .maybe(20, "selector", |dice| json!({ "matchLabels": labels(dice) }))
        .always("template", |dice| {
            Sparse::new(dice)
                .maybe(20, "metadata", |dice| json!({ "labels": labels(dice) }))
                .always("spec", |_| pod)
                .done()
        })
        .done()
}

/// A container as patches have them.
fn part(dice: &mut Dice) -> Value {
    match dice.below(12) {
        0 => json!({ "name": "side", "$patch": "delete" }),
        1 => json!({ "$patch": "replace" }),
        2 => json!({ "name": "main", "env": null }),
        3 => json!({ "name": "main", "ports": [{ "containerPort": 80, "$patch": "delete" }] }),
        4 => json!({ "name": "main", "env": [{ "name": "A", "$patch": "delete" }] }),
        _ => {
            let named = dice.of(&["main", "main", "side", "new"]);
            container(dice, named)
        }
    }
}

/// A JSON patch.
fn operations(dice: &mut Dice, object: &Value) -> Value {
    (0..=dice.below(3)).map(|_| operation(dice, object)).collect()
}

const CONTAINER: &str = "/spec/template/spec/containers/0";

fn operation(dice: &mut Dice, object: &Value) -> Value {
    let own = &object["spec"]["template"]["spec"]["containers"][0];
    let is_workload = own.is_object() && dice.chance(80);
    if is_workload {
        return of_workload(dice, own);
    }
    match dice.below(6) {
        0 => json!({ "op": "add", "path": "/metadata/labels", "value": labels(dice) }),
        1 => {
            json!({ "op": "add", "path": "/metadata/annotations", "value": texts(dice, &["note", "x"]) })
        }
        2 => json!({ "op": "replace", "path": "/metadata/name", "value": name(dice) }),
        3 => json!({ "op": "add", "path": "/data", "value": { "level": text(dice) } }),
        4 if object["metadata"]["labels"].is_object() => {
            json!({ "op": "remove", "path": "/metadata/labels" })
        }
        _ => json!({ "op": "test", "path": "/kind", "value": object["kind"] }),
    }
}

fn of_workload(dice: &mut Dice, own: &Value) -> Value {
    let at = |field: &str| format!("{CONTAINER}/{field}");
    match dice.below(8) {
        0 | 1 => json!({ "op": "replace", "path": "/spec/replicas", "value": dice.below(9) }),
        2 => {
            json!({ "op": "add", "path": at("env"), "value": [{ "name": "A", "value": text(dice) }] })
        }
        3 if own["env"].is_array() => {
            json!({ "op": "add", "path": at("env/-"), "value": { "name": "D", "value": text(dice) } })
        }
        4 if own["args"].is_array() => {
            json!({ "op": "move", "from": at("args"), "path": at("command") })
        }
        5 if own["image"].is_string() => {
            json!({ "op": "copy", "from": at("image"), "path": at("workingDir") })
        }
        6 => json!({ "op": "remove", "path": CONTAINER }),
        _ => json!({ "op": "replace", "path": at("image"), "value": value(dice) }),
    }
}

pub(super) fn replacements(dice: &mut Dice, known: &[Value]) -> Value {
    (0..=dice.below(2)).filter_map(|_| replacement(dice, known)).collect()
}

fn replacement(dice: &mut Dice, known: &[Value]) -> Option<Value> {
    let (from, to) = (one(dice, known)?, one(dice, known)?);
    let create = dice.chance(40);
    let source = Sparse::new(dice)
        .always("kind", |_| from["kind"].clone())
        .always("name", |_| from["metadata"]["name"].clone())
        .maybe(85, "fieldPath", |dice| json!(there(dice, &from)))
        .maybe(10, "options", |dice| json!({ "delimiter": dice.of(&["/", ":", "-"]), "index": 0 }))
        .done();
    let target = Sparse::new(dice)
        .always("select", |dice| {
            Sparse::new(dice)
                .always("kind", |_| to["kind"].clone())
                .maybe(60, "name", |_| to["metadata"]["name"].clone())
                .done()
        })
        .maybe(15, "reject", |dice| json!([{ "name": dice.of(&NAMES) }]))
        .maybe(95, "fieldPaths", |dice| {
            (0..=dice.below(2))
                .map(|_| if create { path(dice, &to) } else { there(dice, &to) })
                .collect()
        })
        .maybe(if create { 100 } else { 30 }, "options", |dice| {
            Sparse::new(dice)
                .maybe(if create { 100 } else { 20 }, "create", |_| json!(create))
                .maybe(25, "delimiter", |dice| json!(dice.of(&["/", ":", "-"])))
                .maybe(25, "index", |dice| json!(dice.of(&[0, 1, 2, -1])))
                .done()
        })
        .done();
    Some(json!({ "source": source, "targets": [target] }))
}

/// A field that is there, or was before it was patched.
fn there(dice: &mut Dice, object: &Value) -> &'static str {
    let tried = path(dice, object);
    let pointer = format!("/{}", tried.replace("\\.", "~").replace('.', "/").replace('~', "."));
    let is_there = object.pointer(&pointer).is_some_and(|it| !it.is_null());
    if is_there || dice.chance(3) { tried } else { "metadata.name" }
}

/// A field that may be there.
fn path(dice: &mut Dice, object: &Value) -> &'static str {
    let own: &[&str] = match object["kind"].as_str().unwrap_or_default() {
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => &[
            "spec.template.spec.containers.0.image",
            "spec.template.spec.containers.[name=main].image",
            "spec.template.spec.containers.[name=main].env.[name=A].value",
            "spec.template.spec.containers.*.image",
            "spec.template.metadata.labels.app",
            "spec.replicas",
            "spec.template.spec.serviceAccountName",
        ],
        "ConfigMap" => &["data.level", "data.region", "data", "data.file\\.txt"],
        "Service" => {
            &["spec.selector.app", "spec.ports.0.port", "spec.ports.[name=http].port", "spec.type"]
        }
        "Widget" => &["spec.size", "spec.list.[name=web].value", "spec.document", "spec.list.1"],
        _ => &[],
    };
    let common = [
        "metadata.name",
        "metadata.labels.app",
        "metadata.annotations.note",
        "metadata.annotations.[acme.test/owner]",
    ];
    if own.is_empty() || dice.chance(35) { dice.of(&common) } else { dice.of(own) }
}
