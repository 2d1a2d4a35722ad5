//! What the server knows about its own kinds beyond their schema.

mod addresses;
mod batch;
mod config;
mod counts;
mod defaults;
mod event;
mod ingress;
mod paths;
mod pod;
mod pod_rules;
mod policy;
mod rules;
mod service;
mod storage;
mod workload;

use serde_json::{Value, json};

use crate::convert;
use crate::definition;
use crate::failure::Cause;
use crate::kind::Kind;
use crate::meta;

pub(crate) use crate::builtin::addresses::Addresses;
pub(crate) use crate::builtin::service::allocate;

/// Fills in what a client may leave out; the writer owns it like the rest.
pub(crate) fn default(kind: &Kind, object: &mut Value) {
    if let Some(custom) = &kind.custom {
        return custom.default(object);
    }
    match (&*kind.group, &*kind.kind) {
        ("apiextensions.k8s.io", _) => definition::default(object),
        ("", "Namespace") => label_namespace(object),
        ("", "Secret") => config::default_secret(object),
        ("", "Pod") => {
            workload::default(kind, object);
            pod::request(&mut object["spec"]);
        }
        ("", "ReplicationController") => {
            label_controller(object);
            workload::default(kind, object);
        }
        ("apps", "DaemonSet") => {
            workload::default(kind, object);
            if object["metadata"]["annotations"][GENERATION].is_null() {
                annotate(object, GENERATION, "1");
            }
        }
        ("autoscaling", _) if &*kind.version == "v1" => default_old_autoscaler(object),
        _ => workload::default(kind, object),
    }
    defaults::fill(kind, object);
}

/// As in version 2, which is stored: without metrics it looks at the processor.
fn default_old_autoscaler(object: &mut Value) {
    const TARGET: &str = "targetCPUUtilizationPercentage";
    let others = !object["metadata"]["annotations"][convert::METRICS].is_null();
    if object["spec"].is_object() && object["spec"][TARGET].is_null() && !others {
        object["spec"][TARGET] = convert::DEFAULT_CPU.into();
    }
}

/// What a change keeps although it does not say it.
pub(crate) fn carry_over(kind: &Kind, before: &Value, new: &mut Value) {
    match (&*kind.group, &*kind.kind) {
        ("", "Service") => service::carry_over(before, new),
        ("apps", "DaemonSet") => {
            let number = |object: &Value| {
                let text = object["metadata"]["annotations"][GENERATION].as_str();
                text.and_then(|text| text.parse::<i64>().ok())
            };
            let changed = before["spec"]["template"] != new["spec"]["template"];
            let next = number(before).unwrap_or(1) + i64::from(changed);
            annotate(new, GENERATION, &next.to_string());
        }
        _ => {}
    }
}

/// How often the template of a daemon set was changed, as it was told before `generation`.
const GENERATION: &str = "deprecated.daemonset.template.generation";

fn annotate(object: &mut Value, key: &str, value: &str) {
    let mut annotations = object["metadata"]["annotations"].take();
    if !annotations.is_object() {
        annotations = json!({});
    }
    annotations[key] = value.into();
    meta::set(object, "annotations", annotations);
}

/// Puts in what only the server decides; nobody owns it.
pub(crate) fn decide(kind: &Kind, object: &mut Value, before: Option<&Value>) {
    if !kind.built_in {
        return;
    }
    if kind.has("status") && object["status"].is_null() {
        object["status"] = workload::first_status(kind);
    }
    if kind.is("apiextensions.k8s.io", "CustomResourceDefinition") && before.is_none() {
        definition::first_status(object);
    }
    if kind.is("", "Pod") && before.is_none() {
        pod::admit(&mut object["spec"]);
        object["status"]["qosClass"] = pod::quality(&object["spec"]).into();
    }
    if kind.is("batch", "Job") && before.is_none() {
        batch::select(object);
    }
    if kind.is("", "Namespace") && before.is_none() {
        object["spec"] = json!({ "finalizers": ["kubernetes"] });
        object["status"] = json!({ "phase": "Active" });
    }
}

/// The oldest of the controllers takes its selector and its labels from its template.
fn label_controller(object: &mut Value) {
    let labels = object["spec"]["template"]["metadata"]["labels"].clone();
    if labels.as_object().is_none_or(serde_json::Map::is_empty) {
        return;
    }
    if object["metadata"]["labels"].is_null() {
        meta::set(object, "labels", labels.clone());
    }
    if object["spec"]["selector"].is_null() {
        object["spec"]["selector"] = labels;
    }
}

fn label_namespace(object: &mut Value) {
    let name = meta::name(object).to_owned();
    let mut labels = object["metadata"]["labels"].take();
    if !labels.is_object() {
        labels = json!({});
    }
    labels["kubernetes.io/metadata.name"] = name.into();
    meta::set(object, "labels", labels);
}

/// What upstream refuses in an object of this kind.
pub(crate) fn causes(kind: &Kind, object: &Value, before: Option<&Value>) -> Vec<Cause> {
    if let Some(custom) = &kind.custom {
        return custom.causes(object, before);
    }
    match (&*kind.group, &*kind.kind) {
        ("apiextensions.k8s.io", _) => definition::causes(object, before.is_none()),
        ("", "ConfigMap" | "Secret") => config::causes(object),
        ("" | "events.k8s.io", "Event") => event::causes(kind, object, before.is_none()),
        _ => {
            let mut causes = workload::causes(kind, object);
            causes.extend(policy::causes(kind, object));
            causes.extend(rules::causes(kind, object));
            causes
        }
    }
}

/// What upstream refuses in a change of an object of this kind.
pub(crate) fn update_causes(
    kind: &Kind,
    subresource: &str,
    before: &Value,
    new: &Value,
) -> Vec<Cause> {
    if !subresource.is_empty() && kind.is("", "Pod") {
        // Binding, resizing and the like change what nobody else may.
        return Vec::new();
    }
    match (&*kind.group, &*kind.kind) {
        ("", "ConfigMap" | "Secret") => config::update_causes(before, new),
        ("apiextensions.k8s.io", _) if subresource.is_empty() => {
            definition::update_causes(before, new)
        }
        ("events.k8s.io", "Event") => event::update_causes(before, new),
        _ => {
            if subresource == "status" {
                return counts::causes(kind, &before["status"], &new["status"]);
            }
            let mut causes = workload::update_causes(kind, before, new);
            causes.extend(rules::update_causes(kind, before, new));
            causes
        }
    }
}

/// Seconds that a deleted object stays: only a Pod that runs somewhere has any.
pub(crate) fn grace(kind: &Kind, object: &Value, asked: Option<i64>) -> i64 {
    let ended = matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    if !kind.is("", "Pod")
        || ended
        || object["spec"]["nodeName"].as_str().unwrap_or_default().is_empty()
    {
        return 0;
    }
    let own = object["spec"]["terminationGracePeriodSeconds"].as_i64();
    asked.or(own).map_or(30, |seconds| seconds.max(0))
}

/// Whether an object without finalizers may go: a namespace has finalizers of its own.
pub(crate) fn may_leave(kind: &Kind, object: &Value) -> bool {
    !kind.is("", "Namespace") || object["spec"]["finalizers"].as_array().is_none_or(Vec::is_empty)
}
