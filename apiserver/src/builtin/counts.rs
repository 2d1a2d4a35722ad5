//! The counts in the status of a workload: none below zero, none above what there is, and collisions
//! only grow.

use serde_json::Value;

use crate::failure::Cause;
use crate::kind::Kind;

struct Counts {
    /// What is at least zero, in upstream's order.
    all: &'static [&'static str],
    /// What is at most `replicas`.
    parts: &'static [&'static str],
    /// How a refusal calls the pods that are ready.
    ready: &'static str,
}

fn of(kind: &Kind) -> Option<Counts> {
    let counts = match (&*kind.group, &*kind.kind) {
        ("apps", "Deployment") => Counts {
            all: &[
                "observedGeneration",
                "replicas",
                "updatedReplicas",
                "readyReplicas",
                "availableReplicas",
                "unavailableReplicas",
                "terminatingReplicas",
                "collisionCount",
            ],
            parts: &["updatedReplicas", "readyReplicas", "availableReplicas"],
            ready: "readyReplicas",
        },
        ("apps", "ReplicaSet") | ("", "ReplicationController") => Counts {
            all: &[
                "replicas",
                "fullyLabeledReplicas",
                "readyReplicas",
                "availableReplicas",
                "terminatingReplicas",
                "observedGeneration",
            ],
            parts: &["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
            ready: "readyReplicas",
        },
        ("apps", "StatefulSet") => Counts {
            all: &[
                "replicas",
                "readyReplicas",
                "currentReplicas",
                "updatedReplicas",
                "availableReplicas",
                "observedGeneration",
                "collisionCount",
            ],
            parts: &["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
            ready: "status.readyReplicas",
        },
        ("apps", "DaemonSet") => Counts {
            all: &[
                "currentNumberScheduled",
                "numberMisscheduled",
                "desiredNumberScheduled",
                "numberReady",
                "observedGeneration",
                "updatedNumberScheduled",
                "numberAvailable",
                "numberUnavailable",
                "collisionCount",
            ],
            parts: &[],
            ready: "",
        },
        _ => return None,
    };
    Some(counts)
}

pub(super) fn causes(kind: &Kind, before: &Value, status: &Value) -> Vec<Cause> {
    let Some(counts) = of(kind) else { return Vec::new() };
    let count = |field: &str| status[field].as_i64().unwrap_or_default();
    let refuse = |field: &str, why: &str| {
        Cause::invalid(format!("status.{field}"), &count(field).into(), why)
    };
    let below = counts.all.iter().filter(|field| count(field) < 0);
    let mut causes: Vec<Cause> =
        below.map(|field| refuse(field, "must be greater than or equal to 0")).collect();
    let above = counts.parts.iter().filter(|field| count(field) > count("replicas"));
    causes.extend(above.map(|field| refuse(field, "cannot be greater than status.replicas")));
    if !counts.parts.is_empty() && count("availableReplicas") > count("readyReplicas") {
        let why = format!("cannot be greater than {}", counts.ready);
        causes.push(refuse("availableReplicas", &why));
    }
    const COLLISIONS: &str = "collisionCount";
    if counts.all.contains(&COLLISIONS)
        && before[COLLISIONS]
            .as_i64()
            .is_some_and(|was| count(COLLISIONS) < was || status[COLLISIONS].is_null())
    {
        causes.push(refuse(COLLISIONS, "cannot be decremented"));
    }
    causes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::Registry;

    #[test]
    fn no_part_is_more_than_the_whole() {
        let kind = Registry::built_in().find("apps", "v1", "deployments").unwrap();
        let fields = |status: Value| -> Vec<String> {
            causes(&kind, &Value::Null, &status)
                .iter()
                .map(|cause| cause.field().to_owned())
                .collect()
        };
        let good = json!({ "replicas": 3, "readyReplicas": 2, "availableReplicas": 2 });
        assert_eq!(fields(good), [""; 0]);
        let more = json!({ "availableReplicas": 2 });
        assert_eq!(fields(more), ["status.availableReplicas"; 2]);
        let less = json!({ "replicas": -1, "updatedReplicas": -1, "readyReplicas": -1, "availableReplicas": -1 });
        assert_eq!(fields(less).len(), 4);
    }

    #[test]
    fn collisions_only_grow() {
        let kind = Registry::built_in().find("apps", "v1", "statefulsets").unwrap();
        let refused = |before: Value, after: Value| causes(&kind, &before, &after).len();
        let count = |count: i64| json!({ "collisionCount": count });
        assert_eq!(refused(count(1), count(2)), 0);
        assert_eq!(refused(json!({}), json!({})), 0);
        assert_eq!(refused(count(2), count(1)), 1);
        assert_eq!(refused(count(0), json!({})), 1);
        assert_eq!(refused(count(2), count(-1)), 2);
    }
}
