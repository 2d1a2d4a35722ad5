//! Scripts of applies and updates by several managers: apimachinery's `managedfields`.

use std::sync::{Arc, LazyLock};

use gotk_merge::{
    Error, FieldManager, Gvk, Live, ObjectType, OnConflict, Schema, Unconvertible, Versions,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::no_excuse;
use crate::diff::Room;
use crate::diff::dice::Dice;
use crate::diff::sparse::Sparse;

pub(super) const ROOM: Room = Room {
    name: "merge",
    peer: "merge",
    inputs: "up to 6 applies and updates by 3 managers, with and without schema",
    generate,
    answer,
    excuse: no_excuse,
};

/// Objects get this identity when they are created, as a server would give one.
const UID: &str = "5f2d6a10-0000-4000-8000-000000000001";

fn generate(dice: &mut Dice) -> Value {
    let kind = dice.of(&["Deployment", "Service", "ConfigMap", "Pod", "Widget"]);
    let operations: Vec<Value> = (0..2 + dice.below(5)).map(|_| operation(dice, kind)).collect();
    json!({ "kind": kind, "operations": operations })
}

fn operation(dice: &mut Dice, kind: &str) -> Value {
    let update = dice.chance(35);
    let subresource = if dice.chance(10) { "status" } else { "" };
    json!({
        "op": if update { "update" } else { "apply" },
        "manager": dice.of(&["alice", "bob", "carol"]),
        "force": dice.chance(50),
        "subresource": subresource,
        "object": object(dice, kind),
    })
}

fn object(dice: &mut Dice, kind: &str) -> Value {
    let head = Sparse::new(dice)
        .always("apiVersion", |_| json!(api_version(kind)))
        .always("kind", |_| json!(kind))
        .always("metadata", metadata);
    match kind {
        "ConfigMap" => {
            head.sometimes("data", texts).sometimes("immutable", |dice| json!(dice.chance(50)))
        }
        "Service" => head.always("spec", service),
        "Pod" => head.always("spec", pod).sometimes("status", status),
        "Widget" => head.always("spec", |dice| anything(dice, 3)),
        _ => head.always("spec", deployment).sometimes("status", status),
    }
    .done()
}

fn api_version(kind: &str) -> &'static str {
    match kind {
        "Deployment" => "apps/v1",
        "Widget" => "acme.test/v1",
        _ => "v1",
    }
}

fn metadata(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .always("name", |_| json!("web"))
        .always("namespace", |_| json!("shop"))
        .sometimes("labels", texts)
        .sometimes("annotations", texts)
        .sometimes("finalizers", |dice| {
            dice.several(3, |dice| dice.of(&["a.test/x", "b.test/y", "c.test/z"])).into()
        })
        .sometimes("ownerReferences", |dice| {
            dice.several(2, |dice| {
                let uid = dice.of(&["u1", "u2"]);
                json!({ "apiVersion": "v1", "kind": "Node", "name": "n", "uid": uid })
            })
            .into()
        })
        .done()
}

fn texts(dice: &mut Dice) -> Value {
    let names = ["a", "b", "app", "x.test/y"];
    let present = names.iter().filter(|_| dice.chance(40)).copied().collect::<Vec<_>>();
    present.into_iter().map(|name| (name.to_owned(), json!(dice.of(&["1", "2", ""])))).collect()
}

fn status(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .sometimes("conditions", |dice| {
            dice.several(3, |dice| {
                let kind = dice.of(&["Ready", "Available", "Progressing"]);
                json!({ "type": kind, "status": dice.of(&["True", "False"]) })
            })
            .into()
        })
        .done()
}

fn service(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .sometimes("type", |dice| json!(dice.of(&["ClusterIP", "NodePort"])))
        .sometimes("selector", texts)
        .sometimes("externalIPs", |dice| {
            dice.several(3, |dice| dice.of(&["1.1.1.1", "2.2.2.2"])).into()
        })
        .sometimes("ports", |dice| dice.several(3, port).into())
        .done()
}

fn port(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .always("port", |dice| json!(80 + dice.below(2)))
        .sometimes("protocol", |dice| json!(dice.of(&["TCP", "UDP"])))
        .sometimes("name", |dice| json!(dice.of(&["http", "dns"])))
        .sometimes("targetPort", |dice| {
            dice.of(&[Some("http"), None]).map_or_else(|| json!(8080), Into::into)
        })
        .done()
}

fn deployment(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .sometimes("replicas", |dice| json!(dice.below(3)))
        .sometimes("paused", |dice| json!(dice.chance(50)))
        .sometimes("selector", |dice| json!({ "matchLabels": texts(dice) }))
        .sometimes("strategy", |dice| {
            let kind = dice.of(&["RollingUpdate", "Recreate"]);
            let surge = dice.of(&["25%", "1"]);
            json!({ "type": kind, "rollingUpdate": { "maxSurge": surge } })
        })
        .always("template", |dice| json!({ "metadata": metadata(dice), "spec": pod(dice) }))
        .done()
}

fn pod(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .sometimes("nodeSelector", texts)
        .sometimes("hostNetwork", |dice| json!(dice.chance(50)))
        .sometimes("tolerations", |dice| {
            dice.several(2, |dice| json!({ "key": dice.of(&["a", "b"]), "operator": "Exists" }))
                .into()
        })
        .sometimes("volumes", |dice| dice.several(2, volume).into())
        .sometimes("containers", |dice| dice.several(3, container).into())
        .sometimes("initContainers", |dice| dice.several(1, container).into())
        .done()
}

fn volume(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .always("name", |dice| json!(dice.of(&["conf", "data"])))
        .sometimes("configMap", |dice| json!({ "name": dice.of(&["conf", "other"]) }))
        .sometimes("emptyDir", |_| json!({}))
        .done()
}

fn container(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .always("name", |dice| json!(dice.of(&["main", "side", "log"])))
        .sometimes("image", |dice| json!(dice.of(&["web:1", "web:2"])))
        .sometimes("args", |dice| dice.several(2, |dice| dice.of(&["-a", "-b"])).into())
        .sometimes("env", |dice| dice.several(3, variable).into())
        .sometimes("ports", |dice| dice.several(2, container_port).into())
        .sometimes("resources", |dice| json!({ "limits": { "cpu": dice.of(&["1", "500m"]) } }))
        .sometimes("volumeMounts", |dice| {
            dice.several(2, |dice| {
                let path = dice.of(&["/etc", "/var"]);
                json!({ "name": dice.of(&["conf", "data"]), "mountPath": path })
            })
            .into()
        })
        .done()
}

fn variable(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .always("name", |dice| json!(dice.of(&["LEVEL", "REGION"])))
        .sometimes("value", |dice| json!(dice.of(&["info", "debug"])))
        .done()
}

fn container_port(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .always("containerPort", |dice| json!(8080 + dice.below(2)))
        .sometimes("protocol", |dice| json!(dice.of(&["TCP", "UDP"])))
        .sometimes("name", |dice| json!(dice.of(&["http", "grpc"])))
        .done()
}

/// For an object without a schema.
fn anything(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth > 0 { 8 } else { 5 }) {
        0 => json!(dice.below(4)),
        1 => json!(dice.chance(50)),
        2 => json!(0.5),
        3 => json!(dice.of(&["red", "teal", ""])),
        4 => dice.of(&[Some(()), None]).map_or(Value::Null, |()| json!([])),
        5 => dice.several(3, |dice| anything(dice, depth - 1)).into(),
        _ => {
            let present: Vec<_> = ["a", "b", "c"].into_iter().filter(|_| dice.chance(60)).collect();
            present.into_iter().map(|name| (name.to_owned(), anything(dice, depth - 1))).collect()
        }
    }
}

/// One version of a kind, with its schema or without.
struct Kind(ObjectType);

impl Versions for Kind {
    fn type_in(&self, _: &str) -> Option<ObjectType> {
        Some(self.0.clone())
    }

    fn convert(&self, object: &Value, _: &str) -> Result<Value, Unconvertible> {
        Ok(object.clone())
    }
}

fn answer(input: &Value) -> Value {
    static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(Schema::builtin);
    let (Some(kind), Some(operations)) = (input["kind"].as_str(), input["operations"].as_array())
    else {
        return Value::Null;
    };
    let shown = operations.iter().all(|it| {
        let named = it["object"]["kind"] == *kind && it["object"]["metadata"]["name"].is_string();
        named && it["op"].is_string() && it["manager"].is_string() && it["subresource"].is_string()
    });
    if !shown {
        return Value::Null;
    }
    let version = api_version(kind);
    let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
    let typed = SCHEMA.kind(group, version, kind);
    let versions = Kind(typed.unwrap_or_else(ObjectType::deduced));
    let mut script = Script { gvk: Gvk::new(group, version, kind), versions, live: Value::Null };
    (1..).zip(operations).map(|(second, operation)| script.perform(operation, second)).collect()
}

struct Script {
    gvk: Gvk,
    versions: Kind,
    live: Value,
}

impl Script {
    fn perform(&mut self, operation: &Value, second: i64) -> Value {
        match self.write(operation, second) {
            Ok(written) => {
                self.live = written;
                self.live.clone()
            }
            // Which of several type errors is told, and in which order, is chance upstream.
            Err(Error::Type { .. }) => json!({ "error": "type" }),
            Err(error) => {
                let mut told = vec![error.to_string()];
                if let Error::Conflicts(conflicts) = &error {
                    let cause = |it: Value| format!("{} {}", it["field"], it["message"]);
                    told = conflicts.causes().into_iter().map(cause).collect();
                    told.sort();
                }
                json!({ "error": told })
            }
        }
    }

    fn write(&self, operation: &Value, second: i64) -> Result<Value, Error> {
        let text = |name: &str| operation[name].as_str().unwrap_or_default();
        let (now, object) = (Timestamp::constant(946_684_800 + second, 0), &operation["object"]);
        let manager = FieldManager::new(self.gvk.clone(), &self.versions);
        let manager = manager.subresource(text("subresource"));
        let live = match &self.live {
            Value::Null => Live::absent(&self.gvk),
            live => Live::new(live.clone()),
        };
        let written = if text("op") == "apply" {
            let force = operation["force"] == true;
            let on_conflict = if force { OnConflict::Force } else { OnConflict::Fail };
            manager.apply(live, object, text("manager"), on_conflict, now)?
        } else {
            let mut new = object.clone();
            if !self.live.is_null() {
                new["metadata"]["uid"] = json!(UID);
            }
            manager.update(&live, Live::new(new), text("manager"), now)?
        };
        let mut object = written.into_value();
        object["metadata"]["uid"] = json!(UID);
        Ok(object)
    }
}
