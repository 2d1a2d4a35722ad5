//! What the server knows about its own kinds beyond their schema.

mod config;
mod pod;
mod workload;

use serde_json::{Value, json};

use crate::definition;
use crate::failure::Cause;
use crate::kind::Kind;
use crate::meta;

/// Fills in what a client may leave out; the writer owns it like the rest.
pub(crate) fn default(kind: &Kind, object: &mut Value) {
    if let Some(custom) = &kind.custom {
        return custom.default(object);
    }
    match (&*kind.group, &*kind.kind) {
        ("apiextensions.k8s.io", _) => definition::default(object),
        ("", "Namespace") => label_namespace(object),
        ("", "Secret") => config::default_secret(object),
        _ => workload::default(kind, object),
    }
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
    if kind.is("", "Namespace") && before.is_none() {
        object["spec"] = json!({ "finalizers": ["kubernetes"] });
        object["status"] = json!({ "phase": "Active" });
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
        ("apiextensions.k8s.io", _) => definition::causes(object),
        ("", "ConfigMap" | "Secret") => config::causes(object),
        _ => workload::causes(kind, object),
    }
}

/// What upstream refuses in a change of an object of this kind.
pub(crate) fn update_causes(kind: &Kind, before: &Value, new: &Value) -> Vec<Cause> {
    match (&*kind.group, &*kind.kind) {
        ("", "ConfigMap" | "Secret") => config::update_causes(before, new),
        _ => workload::update_causes(kind, before, new),
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
