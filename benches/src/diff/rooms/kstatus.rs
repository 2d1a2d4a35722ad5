//! Objects and conditions: `fluxcd/cli-utils` kstatus.

use gotk_kstatus::compute_at;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::no_excuse;
use crate::diff::Room;
use crate::diff::dice::Dice;

pub(super) const ROOM: Room = Room {
    name: "kstatus",
    peer: "kstatus",
    inputs: "an object of a known or unknown kind, sometimes with odd fields",
    generate,
    answer,
    excuse: no_excuse,
};

const KINDS: [(&str, &str); 18] = [
    ("v1", "Pod"),
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "PersistentVolumeClaim"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ReplicaSet"),
    ("extensions/v1beta1", "Deployment"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("policy/v1", "PodDisruptionBudget"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("example.dev/v1", "Widget"),
    ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
];

fn generate(dice: &mut Dice) -> Value {
    let (api_version, kind) = dice.of(&KINDS);
    let mut metadata = Map::new();
    put(&mut metadata, "name", json!("web"));
    for (name, percent) in [("namespace", 80), ("generation", 70), ("deletionTimestamp", 4)] {
        if dice.chance(percent) {
            let value = match name {
                "generation" => json!(dice.of(&[1, 1, 2])),
                "deletionTimestamp" => json!("2026-01-02T03:04:05Z"),
                _ => json!("shop"),
            };
            put(&mut metadata, name, value);
        }
    }
    // Either long ago or not yet: the clock of the original stands in no line of the input.
    let created = dice.of(&["2020-01-02T03:04:05Z", "2999-01-02T03:04:05Z", "today"]);
    put(&mut metadata, "creationTimestamp", json!(created));
    let mut object = Map::new();
    put(&mut object, "apiVersion", json!(api_version));
    put(&mut object, "kind", json!(kind));
    put(&mut object, "metadata", Value::Object(metadata));
    if dice.chance(85) {
        put(&mut object, "spec", spec(dice));
    }
    if dice.chance(90) {
        put(&mut object, "status", status(dice, kind));
    }
    json!({ "object": object })
}

fn put(map: &mut Map<String, Value>, name: &str, value: Value) {
    map.insert(name.to_owned(), value);
}

fn small(dice: &mut Dice) -> Value {
    json!(dice.of(&[0, 1, 1, 2, 2, 3]))
}

/// Something that should not be there.
fn odd(dice: &mut Dice) -> Value {
    let odd =
        [json!(null), json!("text"), json!(1.5), json!([]), json!({}), json!(true), json!(-1)];
    odd[dice.below(odd.len())].clone()
}

/// A value, or once in a while an odd one.
fn mostly(dice: &mut Dice, value: impl FnOnce(&mut Dice) -> Value) -> Value {
    if dice.chance(2) { odd(dice) } else { value(dice) }
}

fn spec(dice: &mut Dice) -> Value {
    let mut spec = Map::new();
    let fields = [
        "replicas",
        "progressDeadlineSeconds",
        "type",
        "clusterIP",
        "completions",
        "parallelism",
        "suspend",
        "updateStrategy",
        "podManagementPolicy",
        "volumeName",
    ];
    for name in fields {
        if dice.chance(40) {
            let value = mostly(dice, |dice| match name {
                "progressDeadlineSeconds" => json!(dice.of(&[600, 2_147_483_647])),
                "type" => json!(dice.of(&["ClusterIP", "LoadBalancer", "NodePort"])),
                "clusterIP" | "volumeName" => json!(dice.of(&["", "10.0.0.1"])),
                "suspend" => json!(dice.chance(50)),
                "podManagementPolicy" => json!("Parallel"),
                "updateStrategy" => {
                    let partition = dice.below(4);
                    let kind = dice.of(&["RollingUpdate", "OnDelete"]);
                    json!({ "type": kind, "rollingUpdate": { "partition": partition } })
                }
                _ => json!(1 + dice.below(2)),
            });
            put(&mut spec, name, value);
        }
    }
    Value::Object(spec)
}

const COUNTS: [&str; 17] = [
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "fullyLabeledReplicas",
    "currentReplicas",
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberReady",
    "succeeded",
    "failed",
    "active",
    "desiredHealthy",
    "currentHealthy",
    "observedGeneration",
];

fn status(dice: &mut Dice, kind: &str) -> Value {
    if dice.chance(1) {
        return odd(dice);
    }
    let mut status = Map::new();
    // Most objects are nearly done: that is where the rules part.
    let usual = json!(1 + dice.below(2));
    for name in COUNTS {
        if dice.chance(90) {
            let value =
                mostly(dice, |dice| if dice.chance(92) { usual.clone() } else { small(dice) });
            put(&mut status, name, value);
        }
    }
    if dice.chance(60) {
        let phases = ["Running", "Pending", "Succeeded", "Failed", "Bound", "Lost", "", "Odd"];
        let phase = if kind == "Pod" { dice.of(&phases[..5]) } else { dice.of(&phases) };
        put(&mut status, "phase", json!(phase));
    }
    for revision in ["currentRevision", "updateRevision", "startTime"] {
        if dice.chance(50) {
            put(&mut status, revision, json!(dice.of(&["web-1", "web-2", ""])));
        }
    }
    if dice.chance(80) {
        let value = mostly(dice, |dice| dice.several(4, condition).into());
        put(&mut status, "conditions", value);
    }
    if kind == "Pod" && dice.chance(40) {
        let value = mostly(dice, |dice| dice.several(3, container).into());
        put(&mut status, "containerStatuses", value);
    }
    if dice.chance(20) {
        let entry = json!({ "ip": "10.0.0.1" });
        put(&mut status, "loadBalancer", json!({ "ingress": [entry] }));
    }
    Value::Object(status)
}

fn condition(dice: &mut Dice) -> Value {
    let types = [
        "Ready",
        "Ready",
        "Reconciling",
        "Stalled",
        "Available",
        "Progressing",
        "Complete",
        "Failed",
        "Established",
        "NamesAccepted",
        "PodScheduled",
        "ReplicaFailure",
        "Suspended",
        "FailureTarget",
        "SuccessCriteriaMet",
    ];
    let reasons = [
        "Succeeded",
        "ProgressDeadlineExceeded",
        "NewReplicaSetAvailable",
        "Unschedulable",
        "Installing",
        "PodCompleted",
        "",
    ];
    let mut condition = Map::new();
    put(&mut condition, "type", json!(dice.of(&types)));
    let status = mostly(dice, |dice| json!(dice.of(&["True", "True", "False", "Unknown", ""])));
    put(&mut condition, "status", status);
    if dice.chance(80) {
        put(&mut condition, "reason", json!(dice.of(&reasons)));
    }
    if dice.chance(80) {
        put(&mut condition, "message", mostly(dice, |_| json!("as the controller says")));
    }
    Value::Object(condition)
}

fn container(dice: &mut Dice) -> Value {
    let reason = dice.of(&["CrashLoopBackOff", "ImagePullBackOff", ""]);
    let state = match dice.below(4) {
        0 => json!({ "running": {} }),
        1 => json!({ "terminated": { "exitCode": 1 } }),
        _ => json!({ "waiting": { "reason": reason } }),
    };
    json!({ "name": dice.of(&["main", "side"]), "state": state })
}

/// Status and sentence; the words of errors are ours on purpose.
fn answer(input: &Value) -> Value {
    if !input["object"].is_object() {
        return Value::Null;
    }
    let now = Timestamp::constant(1_790_000_000, 0);
    match compute_at(&input["object"], now) {
        Ok(report) => {
            json!({ "status": report.status.as_str(), "message": report.message.to_string() })
        }
        Err(_) => json!({ "error": true }),
    }
}
