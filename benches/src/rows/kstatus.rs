//! Rows of `gotk-kstatus`.

use std::fmt::Write;
use std::sync::OnceLock;

use gotk_kstatus::{Report, compute_at};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::row::{Outcome, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "kstatus/judge",
        question: "what judging 1,000 parsed objects of ten kinds costs",
        peer: "kstatus",
        target: "20×",
        iterations: 500,
        input: objects,
        ours: |input| {
            let status = |object| judge(object).map(|report| report.status.as_str().as_bytes()[0]);
            Outcome::Bytes(parsed(input).iter().filter_map(status).collect())
        },
    },
    Row {
        name: "kstatus/sentences",
        question: "what judging them and printing every sentence costs",
        peer: "kstatus",
        target: "–",
        iterations: 200,
        input: objects,
        ours: |input| {
            let mut text = String::new();
            for report in parsed(input).iter().filter_map(judge) {
                let _ = writeln!(text, "{}\t{}", report.status, report.message);
            }
            Outcome::Bytes(text.into_bytes())
        },
    },
    Row {
        name: "kstatus/floor",
        question: "what only walking the maps that a judge has to look into costs (object, metadata, spec, status, conditions)",
        peer: "",
        target: "–",
        iterations: 500,
        input: objects,
        ours: |input| Outcome::Count(parsed(input).iter().map(walked).sum()),
    },
];

/// Looks at the length of every key and the kind of every value, and at nothing else.
fn walked(object: &Value) -> u64 {
    let members = |value: &Value| {
        let map = value.as_object();
        map.into_iter()
            .flatten()
            .map(|(name, it)| name.len() as u64 + u64::from(it.is_null()))
            .sum::<u64>()
    };
    let (status, conditions) = (&object["status"], &object["status"]["conditions"]);
    let of_conditions = conditions.as_array().into_iter().flatten().map(members).sum::<u64>();
    let parts = [object, &object["metadata"], &object["spec"], status];
    parts.into_iter().map(members).sum::<u64>() + of_conditions
}

fn judge(object: &Value) -> Option<Report<'_>> {
    compute_at(object, Timestamp::UNIX_EPOCH).ok()
}

/// A watch hands over parsed objects, so reading the text is no part of the row; the peer does the
/// same. The warm-up fills this.
fn parsed(input: &[u8]) -> &'static [Value] {
    static OBJECTS: OnceLock<Vec<Value>> = OnceLock::new();
    OBJECTS.get_or_init(|| {
        let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).unwrap_or_default()).collect()
    })
}

/// One object a line. One in ten is not there yet.
fn objects() -> Vec<u8> {
    let mut text = String::new();
    for index in 0..1_000 {
        let (kind, late) = (index % 10, index / 10 % 10 == 9);
        let _ = writeln!(text, "{}", object(kind, index, late));
    }
    text.into_bytes()
}

fn object(kind: i64, index: i64, late: bool) -> Value {
    let (have, status) = if late { (2, "False") } else { (3, "True") };
    let condition = |name: &str, reason: &str| {
        json!({
            "type": name, "status": status, "reason": reason, "message": "as the controller says",
            "lastTransitionTime": "2026-01-02T03:04:05Z", "lastUpdateTime": "2026-01-02T03:04:05Z",
        })
    };
    let workload = |kind: &str, conditions: Value| {
        json!({
            "apiVersion": "apps/v1", "kind": kind,
            "spec": { "replicas": 3, "progressDeadlineSeconds": 600 },
            "status": {
                "observedGeneration": 4, "replicas": 3, "updatedReplicas": 3, "readyReplicas": have,
                "availableReplicas": have, "fullyLabeledReplicas": 3, "currentReplicas": 3,
                "currentRevision": "web-1", "updateRevision": "web-1", "desiredNumberScheduled": 3,
                "currentNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": have,
                "numberReady": have, "conditions": conditions,
            },
        })
    };
    let mut object = match kind {
        0 => workload(
            "Deployment",
            json!([
                condition("Available", "MinimumReplicasAvailable"),
                condition("Progressing", "NewReplicaSetAvailable"),
            ]),
        ),
        1 => workload("ReplicaSet", json!([])),
        2 => workload("StatefulSet", json!(null)),
        3 => workload("DaemonSet", json!(null)),
        4 => json!({
            "apiVersion": "v1", "kind": "Pod",
            "status": { "phase": "Running", "conditions": [
                condition("Initialized", ""), condition("PodScheduled", ""),
                condition("ContainersReady", ""), condition("Ready", ""),
            ] },
        }),
        5 => json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "key": "value" } }),
        6 => json!({ "apiVersion": "v1", "kind": "Service", "spec": { "type": "ClusterIP" } }),
        7 => json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "status": { "startTime": "2026-01-02T03:04:05Z", "succeeded": 1,
                "conditions": [condition("Complete", "CompletionsReached")] },
        }),
        8 => json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "status": { "conditions": [
                condition("NamesAccepted", "NoConflicts"), condition("Established", "InitialNames"),
            ] },
        }),
        _ => json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "status": { "observedGeneration": 4, "conditions": [
                condition("Ready", "UpgradeSucceeded"), condition("Released", "UpgradeSucceeded"),
            ] },
        }),
    };
    object["metadata"] = json!({
        "name": format!("web-{index}"), "namespace": "shop", "generation": 4,
        "uid": "5f2d6a10-0000-4000-8000-000000000001", "resourceVersion": "123456",
        "creationTimestamp": "2026-01-02T03:04:05Z", "labels": { "app.kubernetes.io/name": "web" },
    });
    object
}
