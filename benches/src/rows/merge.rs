//! Rows of `gotk-merge`.

use gotk_merge::{FieldManager, Gvk, Live, OnConflict, OneShape, Schema};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::row::{Outcome, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "merge/deployment-unchanged",
        question: "what applying a Deployment that is in sync costs, JSON to JSON",
        peer: "merge",
        target: "5×",
        iterations: 2_000,
        input: || input(&deployment("1.4.0"), &deployment("1.4.0")),
        ours,
    },
    Row {
        name: "merge/deployment-changed",
        question: "what applying a Deployment with a new image and one variable less costs",
        peer: "merge",
        target: "5×",
        iterations: 2_000,
        input: || {
            let mut config = deployment("1.5.0");
            let env = &mut config["spec"]["template"]["spec"]["containers"][0]["env"];
            env.as_array_mut().map(Vec::pop);
            input(&deployment("1.4.0"), &config)
        },
        ours,
    },
    Row {
        name: "merge/service-200-ports",
        question: "what applying a Service of 200 ports with one of them changed costs",
        peer: "merge",
        target: "5×",
        iterations: 300,
        input: || service_of(200),
        ours,
    },
    Row {
        name: "merge/configmap-1000-keys",
        question: "what applying a ConfigMap of 1,000 keys with one of them changed costs",
        peer: "merge",
        target: "5×",
        iterations: 300,
        input: || {
            let mut config = config_map();
            config["data"]["key-0500"] = json!("another value");
            input(&config_map(), &config)
        },
        ours,
    },
];

/// One forced apply, from bytes to bytes.
fn ours(input: &[u8]) -> Outcome {
    Outcome::Bytes(apply(input).unwrap_or_default())
}

fn apply(input: &[u8]) -> Option<Vec<u8>> {
    let mut lines = input.split(|byte| *byte == b'\n');
    let live = Live::from_slice(lines.next()?).ok()?;
    let config: Value = serde_json::from_slice(lines.next()?).ok()?;
    let gvk = Gvk::of(&config);
    let kind = Schema::builtin().kind(&gvk.group, &gvk.version, &gvk.kind)?;
    let versions = OneShape::new(&gvk.api_version(), kind);
    let manager = FieldManager::new(gvk, &versions);
    let written = manager.apply(live, &config, "bench", OnConflict::Force, now()).ok()?;
    Some(written.to_vec())
}

/// 2026-01-01, which the peer writes for every time too.
fn now() -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap_or_default()
}

/// The live object as an apply and a controller left it, and what is applied to it.
fn input(applied: &Value, config: &Value) -> Vec<u8> {
    live(applied).map(|live| format!("{live}\n{config}\n").into_bytes()).unwrap_or_default()
}

fn live(applied: &Value) -> Option<Value> {
    let gvk = Gvk::of(applied);
    let versions = OneShape::of_kind(&Schema::builtin(), &gvk.group, &gvk.kind);
    let manager = FieldManager::new(gvk.clone(), &versions);
    let absent = Live::absent(&gvk);
    let written = manager.apply(absent, applied, "bench", OnConflict::Fail, now()).ok()?;
    let mut object = written.into_value();
    object["metadata"]["uid"] = json!("5f2d6a10-0000-4000-8000-000000000001");
    let stored = Live::new(object.clone());
    object["metadata"]["annotations"] = json!({"controller.test/seen": "1"});
    let status = manager.update(&stored, Live::new(object), "controller", now()).ok()?;
    Some(status.into_value())
}

fn deployment(tag: &str) -> Value {
    let container = |index: usize| {
        let env: Vec<_> = (0..8)
            .map(|it| json!({"name": format!("VARIABLE_{it}"), "value": format!("value {it}")}))
            .collect();
        json!({
            "name": format!("container-{index}"), "image": format!("registry.test/web:{tag}"),
            "env": env, "ports": [{"containerPort": 8080 + index, "name": "http", "protocol": "TCP"}],
            "resources": {"limits": {"cpu": "500m", "memory": "128Mi"}, "requests": {"cpu": "100m"}},
            "volumeMounts": [{"name": "conf", "mountPath": "/etc/conf"}, {"name": "tmp", "mountPath": "/tmp"}],
            "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 10},
        })
    };
    let labels = json!({"app": "web", "app.kubernetes.io/name": "web", "tier": "edge"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": labels},
        "spec": {
            "replicas": 3, "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [container(0), container(1)], "serviceAccountName": "web",
                    "volumes": [{"name": "conf", "configMap": {"name": "conf"}}, {"name": "tmp", "emptyDir": {}}],
                },
            },
        },
    })
}

/// The input for a Service of so many ports.
pub(crate) fn service_of(ports: usize) -> Vec<u8> {
    let mut config = service(ports);
    config["spec"]["ports"][ports / 2]["targetPort"] = json!(9_999);
    input(&service(ports), &config)
}

fn service(ports: usize) -> Value {
    let port = |index: usize| json!({"name": format!("port-{index}"), "port": 10_000 + index, "protocol": "TCP", "targetPort": 20_000 + index});
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "wide", "namespace": "shop"},
        "spec": {"selector": {"app": "web"}, "ports": (0..ports).map(port).collect::<Vec<_>>()},
    })
}

fn config_map() -> Value {
    let entry =
        |index: u32| (format!("key-{index:04}"), json!(format!("the value of key {index}")));
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "large", "namespace": "shop"},
        "data": (0..1_000).map(entry).collect::<Value>(),
    })
}
