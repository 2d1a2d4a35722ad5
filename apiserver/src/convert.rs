//! Kinds that are served in two shapes and stored in one.
//!
//! Events of both groups are one object, and so are autoscalers of both versions. What the older
//! shape of an autoscaler has no field for stands in annotations, so nothing is lost by writing it.

use std::sync::Arc;

use gotk_merge::{ObjectType, OneShape, Schema, Unconvertible, Versions};
use serde_json::{Map, Value, json};

/// A shape that is not the stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// `events.k8s.io`, stored as an event of the core group.
    Event,
    /// `autoscaling/v1`, stored as version 2.
    Autoscaler,
}

/// The types of a kind in all its versions, and how an object of one becomes one of another: managed
/// fields are held against objects of the version they were written in.
#[derive(Debug)]
pub(crate) struct Shapes {
    types: OneShape,
    foreign: Option<Foreign>,
}

impl Shapes {
    /// A kind that has the same shape in all its versions.
    pub(crate) fn one(types: OneShape) -> Self {
        Self { types, foreign: None }
    }

    /// A built-in kind.
    pub(crate) fn of(schema: &Arc<Schema>, group: &str, kind: &str) -> Self {
        let types = |group: &str| OneShape::of_kind(schema, group, kind);
        match (group, kind) {
            ("autoscaling", "HorizontalPodAutoscaler") => {
                Self { types: types(group), foreign: Some(Foreign::Autoscaler) }
            }
            ("" | "events.k8s.io", "Event") => {
                let newer = schema.kind("events.k8s.io", "v1", kind);
                let types = match newer {
                    Some(newer) => types("").with(Foreign::Event.api_version(), newer),
                    None => types(""),
                };
                Self { types, foreign: Some(Foreign::Event) }
            }
            _ => Self::one(types(group)),
        }
    }
}

impl Versions for Shapes {
    fn type_in(&self, api_version: &str) -> Option<ObjectType> {
        self.types.type_in(api_version)
    }

    fn convert(&self, object: &Value, api_version: &str) -> Result<Value, Unconvertible> {
        let mut converted = self.types.convert(object, api_version)?;
        if let Some(foreign) = self.foreign {
            let is_foreign = |version: &str| version == foreign.api_version();
            let from = object["apiVersion"].as_str().unwrap_or_default();
            match (is_foreign(from), is_foreign(api_version)) {
                (true, false) => foreign.stored(&mut converted),
                (false, true) => foreign.shown(&mut converted),
                _ => {}
            }
        }
        Ok(converted)
    }
}

/// Stored on the left, shown on the right.
const EVENT_FIELDS: [(&str, &str); 7] = [
    ("count", "deprecatedCount"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("source", "deprecatedSource"),
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
];

/// The annotation of an old autoscaler for what it has no field for.
pub(crate) const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";

/// The share of the processor, in percent, that an autoscaler without metrics aims at.
pub(crate) const DEFAULT_CPU: u8 = 80;

/// Annotations of an old autoscaler: part of the object, field, annotation.
const KEPT: [(&str, &str, &str); 4] = [
    ("spec", "metrics", METRICS),
    ("spec", "behavior", "autoscaling.alpha.kubernetes.io/behavior"),
    ("status", "currentMetrics", "autoscaling.alpha.kubernetes.io/current-metrics"),
    ("status", "conditions", "autoscaling.alpha.kubernetes.io/conditions"),
];

impl Foreign {
    fn api_version(self) -> &'static str {
        match self {
            Self::Event => "events.k8s.io/v1",
            Self::Autoscaler => "autoscaling/v1",
        }
    }

    /// Brings a stored object into this shape.
    pub(crate) fn shown(self, object: &mut Value) {
        let Some(root) = object.as_object_mut() else { return };
        match self {
            Self::Event => rename(root, EVENT_FIELDS),
            Self::Autoscaler => autoscaler_shown(object),
        }
    }

    /// Brings an object of this shape into the stored one.
    pub(crate) fn stored(self, object: &mut Value) {
        let Some(root) = object.as_object_mut() else { return };
        match self {
            Self::Event => rename(root, EVENT_FIELDS.map(|(stored, shown)| (shown, stored))),
            Self::Autoscaler => autoscaler_stored(object),
        }
    }
}

fn rename(map: &mut Map<String, Value>, names: [(&str, &str); 7]) {
    for (from, to) in names {
        if let Some(value) = map.remove(from) {
            map.insert(to.to_owned(), value);
        }
    }
}

fn take(object: &mut Value, part: &str, field: &str) -> Option<Value> {
    object.get_mut(part)?.as_object_mut()?.remove(field).filter(|value| !value.is_null())
}

fn is_cpu(metric: &Value, place: &str) -> bool {
    let of = &metric["resource"];
    metric["type"] == "Resource" && of["name"] == "cpu" && of[place]["averageUtilization"].is_i64()
}

/// Takes the processor's share out of the metrics: the one number the old shape has.
fn take_cpu(object: &mut Value, part: &str, field: &str, place: &str) -> Option<Value> {
    let metrics = object.get_mut(part)?.get_mut(field)?.as_array_mut()?;
    let at = metrics.iter().position(|metric| is_cpu(metric, place))?;
    Some(metrics.remove(at)["resource"][place]["averageUtilization"].take())
}

fn autoscaler_shown(object: &mut Value) {
    if object["status"].is_object() && object["status"]["currentReplicas"].is_null() {
        object["status"]["currentReplicas"] = 0.into();
    }
    if let Some(cpu) = take_cpu(object, "spec", "metrics", "target") {
        object["spec"]["targetCPUUtilizationPercentage"] = cpu;
    }
    if let Some(cpu) = take_cpu(object, "status", "currentMetrics", "current") {
        object["status"]["currentCPUUtilizationPercentage"] = cpu;
    }
    for (part, field, annotation) in KEPT {
        let rest = take(object, part, field);
        if let Some(rest) = rest.filter(|it| it.as_array().is_none_or(|list| !list.is_empty())) {
            if !object["metadata"]["annotations"].is_object() {
                object["metadata"]["annotations"] = json!({});
            }
            object["metadata"]["annotations"][annotation] = rest.to_string().into();
        }
    }
}

fn autoscaler_stored(object: &mut Value) {
    for (part, field, annotation) in KEPT {
        let annotations = object.pointer_mut("/metadata/annotations");
        let annotations = annotations.and_then(Value::as_object_mut);
        let kept = annotations.and_then(|annotations| annotations.remove(annotation));
        let read = kept.and_then(|kept| serde_json::from_str(kept.as_str()?).ok());
        if let Some(read) = read {
            object[part][field] = read;
        }
    }
    let emptied = object["metadata"]["annotations"].as_object().is_some_and(Map::is_empty);
    let meta = object.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(meta) = meta.filter(|_| emptied) {
        meta.remove("annotations");
    }
    if let Some(cpu) = take(object, "spec", "targetCPUUtilizationPercentage") {
        let target = json!({ "type": "Utilization", "averageUtilization": cpu });
        prepend(object, "spec", "metrics", "target", target);
    }
    // Upstream has this default in its conversion, too: `pkg/apis/autoscaling/v1/conversion.go`.
    let metrics = &object["spec"]["metrics"];
    if object["spec"].is_object() && metrics.as_array().is_none_or(Vec::is_empty) {
        let target = json!({ "type": "Utilization", "averageUtilization": DEFAULT_CPU });
        prepend(object, "spec", "metrics", "target", target);
    }
    // Go writes this zero in the older version only.
    if object["status"]["currentReplicas"] == 0 {
        let _zero = take(object, "status", "currentReplicas");
    }
    if let Some(cpu) = take(object, "status", "currentCPUUtilizationPercentage") {
        let current = json!({ "averageUtilization": cpu });
        prepend(object, "status", "currentMetrics", "current", current);
    }
    // … and this null in the newer one.
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        status.entry("currentMetrics").or_insert(Value::Null);
    }
}

fn prepend(object: &mut Value, part: &str, field: &str, place: &str, value: Value) {
    if !object[part][field].is_array() {
        object[part][field] = json!([]);
    }
    let metric = json!({ "type": "Resource", "resource": { "name": "cpu", place: value } });
    if let Some(metrics) = object[part][field].as_array_mut() {
        metrics.insert(0, metric);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managed_fields_see_the_shape_of_their_version() {
        let schema = Schema::builtin();
        let scalers = Shapes::of(&schema, "autoscaling", "HorizontalPodAutoscaler");
        let old = json!({
            "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler",
            "spec": { "maxReplicas": 3, "targetCPUUtilizationPercentage": 50 },
        });
        let new = scalers.convert(&old, "autoscaling/v2").unwrap();
        assert_eq!(new["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 50);
        assert_eq!(scalers.convert(&new, "autoscaling/v1"), Ok(old));
        let events = Shapes::of(&schema, "", "Event");
        let event = json!({ "apiVersion": "v1", "kind": "Event", "message": "m" });
        let new = events.convert(&event, "events.k8s.io/v1").unwrap();
        assert_eq!(new["note"], "m");
        assert!(events.type_in("v1").is_some() && events.type_in("events.k8s.io/v1").is_some());
        assert!(events.convert(&event, "v2").is_err());
    }

    #[test]
    fn an_old_autoscaler_without_a_target_has_one_in_the_new_version() {
        let bare = json!({ "spec": { "maxReplicas": 3 } });
        let mut autoscaler = bare.clone();
        Foreign::Autoscaler.stored(&mut autoscaler);
        assert_eq!(
            autoscaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"],
            80
        );
        let pods = json!([{ "type": "Pods", "pods": {} }]);
        let mut autoscaler = bare;
        autoscaler["metadata"] = json!({ "annotations": { METRICS: pods.to_string() } });
        Foreign::Autoscaler.stored(&mut autoscaler);
        assert_eq!(autoscaler["spec"]["metrics"], pods);
    }

    #[test]
    fn an_event_has_two_spellings() {
        let stored = json!({ "message": "m", "involvedObject": { "kind": "Pod" }, "reason": "r", "count": 2 });
        let mut event = stored.clone();
        Foreign::Event.shown(&mut event);
        let shown = json!({ "note": "m", "regarding": { "kind": "Pod" }, "reason": "r", "deprecatedCount": 2 });
        assert_eq!(event, shown);
        Foreign::Event.stored(&mut event);
        assert_eq!(event, stored);
    }

    #[test]
    fn an_old_autoscaler_keeps_what_it_has_no_field_for() {
        let stored = json!({
            "metadata": { "name": "a" },
            "spec": { "maxReplicas": 3, "behavior": { "scaleUp": {} }, "metrics": [
                { "type": "Resource", "resource": { "name": "cpu", "target": { "type": "Utilization", "averageUtilization": 50 } } },
                { "type": "Pods", "pods": {} },
            ] },
        });
        let mut autoscaler = stored.clone();
        Foreign::Autoscaler.shown(&mut autoscaler);
        assert_eq!(
            autoscaler["spec"],
            json!({ "maxReplicas": 3, "targetCPUUtilizationPercentage": 50 })
        );
        Foreign::Autoscaler.stored(&mut autoscaler);
        assert_eq!(autoscaler, stored);
    }
}
