//! Events: what the server refuses in either group. Causes have the names of the core group.

use serde_json::{Value, json};

use crate::failure::Cause;
use crate::kind::Kind;
use crate::names;

/// What is refused in a new event, or in what is left of one that was changed.
pub(super) fn causes(kind: &Kind, event: &Value, new: bool) -> Vec<Cause> {
    let newer = is_newer(kind);
    let mut causes = Vec::new();
    if newer && new {
        causes.extend(newer_causes(event));
    }
    let (about, message, controller) = match newer {
        true => ("regarding", "note", "reportingController"),
        false => ("involvedObject", "message", "reportingComponent"),
    };
    causes.extend(namespace_cause(event, &event[about]));
    if event["eventTime"].is_null() {
        return causes;
    }
    let who = text(event, controller);
    if who.is_empty() {
        causes.push(Cause::required(controller, ""));
    }
    let problems = names::qualified(who).into_iter();
    causes.extend(problems.map(|why| Cause::invalid(controller, &who.into(), &why)));
    for field in ["reportingInstance", "action", "reason"] {
        match text(event, field) {
            "" => causes.push(Cause::required(field, "")),
            said => causes.extend(too_long(field, said, 128)),
        }
    }
    causes.extend(too_long("message", text(event, message), 1024));
    causes
}

fn is_newer(kind: &Kind) -> bool {
    &*kind.group == "events.k8s.io"
}

fn text<'v>(event: &'v Value, field: &str) -> &'v str {
    event[field].as_str().unwrap_or_default()
}

fn too_long(field: &str, said: &str, limit: usize) -> Option<Cause> {
    let why = format!("can have at most {limit} characters");
    (said.len() > limit).then(|| Cause::invalid(field, &"".into(), &why))
}

/// An event stands in the namespace of what it is about; those about nothing in a namespace in
/// `default`. Events with a time may be elsewhere.
fn namespace_cause(event: &Value, about: &Value) -> Option<Cause> {
    let own = event["metadata"]["namespace"].as_str().unwrap_or_default();
    let theirs = text(about, "namespace");
    let timed = !event["eventTime"].is_null();
    let fits = match theirs {
        "" => own == "default" || timed && own == "kube-system",
        theirs => timed || theirs == own,
    };
    let why = "does not match event.namespace";
    (!fits).then(|| Cause::invalid("involvedObject.namespace", &theirs.into(), why))
}

/// The newer group wants all there is, and nothing of the old.
fn newer_causes(event: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let refuse = |field: &str, why: &str| Cause::invalid(field, &"".into(), why);
    if event["series"].is_object() {
        if event["series"]["count"].as_i64().unwrap_or_default() < 2 {
            causes.push(refuse("series.count", "should be at least 2"));
        }
        if event["series"]["lastObservedTime"].is_null() {
            causes.push(Cause::required("series.lastObservedTime", ""));
        }
    }
    if event["eventTime"].is_null() {
        causes.push(Cause::required("eventTime", ""));
    }
    let of = text(event, "type");
    if !matches!(of, "Normal" | "Warning") {
        causes.push(refuse("type", &format!("has invalid value: {of}")));
    }
    for (field, old) in [
        ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"),
        ("count", "deprecatedCount"),
        ("source", "deprecatedSource"),
    ] {
        let said = match &event[old] {
            Value::Object(source) => source.values().any(|value| value != ""),
            Value::Number(count) => count.as_i64() != Some(0),
            other => !other.is_null(),
        };
        if said {
            causes.push(refuse(field, "needs to be unset"));
        }
    }
    causes
}

/// Of an event of the newer group only the series may change.
pub(super) fn update_causes(before: &Value, new: &Value) -> Vec<Cause> {
    const FIXED: [(&str, &str); 9] = [
        ("involvedObject", "regarding"),
        ("reason", "reason"),
        ("message", "note"),
        ("type", "type"),
        ("eventTime", "eventTime"),
        ("action", "action"),
        ("related", "related"),
        ("reportingController", "reportingController"),
        ("reportingInstance", "reportingInstance"),
    ];
    let changed = FIXED.iter().filter(|(_, field)| before[*field] != new[*field]);
    changed
        .map(|(name, field)| {
            let why = "field is immutable";
            match *name {
                "involvedObject" | "related" => {
                    Cause::invalid_text(*name, &reference(&new[*field]), why)
                }
                name => Cause::invalid(name, &json!(text(new, field)), why),
            }
        })
        .collect()
}

/// A reference as Go prints its struct.
fn reference(value: &Value) -> String {
    let shown = ["Kind", "Namespace", "Name", "UID", "APIVersion", "ResourceVersion", "FieldPath"];
    let named = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
    let members = shown.iter().zip(named);
    let members: Vec<String> =
        members.map(|(shown, name)| format!("\"{shown}\":{}", json!(text(value, name)))).collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    fn fields(causes: &[Cause]) -> Vec<&str> {
        causes.iter().map(Cause::field).collect()
    }

    #[test]
    fn an_event_of_the_newer_group_says_all_and_nothing_old() {
        let kind = Registry::built_in().find("events.k8s.io", "v1", "events").unwrap();
        let good = json!({
            "metadata": { "namespace": "a" }, "eventTime": "2026-01-01T00:00:00.000000Z",
            "reportingController": "x.io/c", "reportingInstance": "c-0", "action": "Look",
            "reason": "Seen", "type": "Normal", "regarding": { "namespace": "a" },
        });
        assert!(causes(&kind, &good, true).is_empty());
        let mut bad = good.clone();
        bad["eventTime"] = Value::Null;
        (bad["type"], bad["series"]) = (Value::Null, json!({ "count": 1 }));
        bad["deprecatedCount"] = 3.into();
        assert_eq!(
            fields(&causes(&kind, &bad, true)),
            ["series.count", "series.lastObservedTime", "eventTime", "type", "count"]
        );
        let mut changed = good.clone();
        changed["series"] = json!({ "count": 2 });
        assert!(update_causes(&good, &changed).is_empty());
        changed["note"] = "other".into();
        assert_eq!(fields(&update_causes(&good, &changed)), ["message"]);
    }

    #[test]
    fn an_event_stands_where_its_object_is() {
        let kind = Registry::built_in().find("", "v1", "events").unwrap();
        let refused = |own: &str, theirs: &str, time: Value| {
            let event = json!({
                "metadata": { "namespace": own }, "involvedObject": { "namespace": theirs },
                "eventTime": time, "reportingComponent": "c", "reportingInstance": "c-0",
                "action": "Look", "reason": "Seen",
            });
            !causes(&kind, &event, true).is_empty()
        };
        assert!(!refused("a", "a", Value::Null));
        assert!(refused("a", "b", Value::Null) && refused("a", "", Value::Null));
        assert!(!refused("a", "b", json!("now")) && refused("a", "", json!("now")));
        assert!(!refused("default", "", Value::Null));
        assert!(refused("kube-system", "", Value::Null));
        assert!(!refused("kube-system", "", json!("now")));
    }
}
