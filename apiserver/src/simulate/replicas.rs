//! Pods in numbers: made from a template, counted, and chosen from when there are too many.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::subject::Subject;

/// More pods than this are not made for one owner: a typing error costs no machine its memory.
pub(super) const MOST: i64 = 10_000;

/// How many pods are how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) all: i64,
    pub(super) ready: i64,
    pub(super) available: i64,
    /// When the next ready one becomes available.
    pub(super) next: Option<Timestamp>,
}

impl Tally {
    pub(super) fn of<'a>(
        pods: impl Iterator<Item = &'a Subject>,
        min_ready_seconds: i64,
        now: Timestamp,
    ) -> Self {
        let mut tally = Self::default();
        for pod in pods {
            tally.all += 1;
            let Some(since) = ready_since(pod) else { continue };
            tally.ready += 1;
            let available = since.checked_add(SignedDuration::from_secs(min_ready_seconds));
            match available.unwrap_or(Timestamp::MAX) {
                at if at <= now || min_ready_seconds == 0 => tally.available += 1,
                at => tally.next = Some(tally.next.map_or(at, |next| next.min(at))),
            }
        }
        tally
    }
}

/// Since when a pod is ready.
pub(super) fn ready_since(pod: &Subject) -> Option<Timestamp> {
    let conditions = pod.status()["conditions"].as_array()?;
    let ready = conditions.iter().find(|c| c["type"] == "Ready" && c["status"] == "True")?;
    let since = ready["lastTransitionTime"].as_str().and_then(|time| time.parse().ok());
    Some(since.unwrap_or(Timestamp::UNIX_EPOCH))
}

pub(super) fn is_finished(pod: &Subject) -> bool {
    matches!(pod.status()["phase"].as_str(), Some("Succeeded" | "Failed"))
}

/// Whether a pod counts for its controller: it runs or will.
pub(super) fn is_active(pod: &Subject) -> bool {
    !is_finished(pod) && !pod.stored.deleting
}

/// The pods that are the least loss, first: without a node, not ready, younger.
pub(super) fn dispensable(pods: &[Subject]) -> Vec<&Subject> {
    let mut pods: Vec<&Subject> = pods.iter().filter(|pod| is_active(pod)).collect();
    let rank = |pod: &&Subject| {
        let has_node = pod.spec()["nodeName"].is_string();
        let created = pod.object["metadata"]["creationTimestamp"].as_str().unwrap_or_default();
        (has_node, ready_since(pod).is_some(), Reverse(created.to_owned()))
    };
    pods.sort_by_key(rank);
    pods
}

/// A pod of `owner`'s template. Its name is left to the caller.
pub(super) fn pod_from(owner: &Subject, template: &Value) -> Value {
    let mut metadata = json!({ "ownerReferences": [owner.as_controller()] });
    for field in ["labels", "annotations", "finalizers"] {
        if let Some(value) = template["metadata"].get(field) {
            metadata[field] = value.clone();
        }
    }
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"] })
}

/// Puts labels into an object, beside those it has.
pub(super) fn label<'a>(object: &mut Value, labels: impl IntoIterator<Item = (&'a str, String)>) {
    put(object, "labels", labels);
}

pub(super) fn annotate<'a>(
    object: &mut Value,
    annotations: impl IntoIterator<Item = (&'a str, String)>,
) {
    put(object, "annotations", annotations);
}

fn put<'a>(object: &mut Value, field: &str, pairs: impl IntoIterator<Item = (&'a str, String)>) {
    let metadata = &mut object["metadata"];
    if !metadata[field].is_object() {
        metadata[field] = json!({});
    }
    for (key, value) in pairs {
        metadata[field][key] = value.into();
    }
}

/// A count or a percentage of `of`.
pub(super) fn portion(value: &Value, of: i64, round_up: bool) -> i64 {
    let Some(percent) = value.as_str().and_then(|text| text.strip_suffix('%')) else {
        return value.as_i64().unwrap_or_default();
    };
    let hundredths = percent.parse::<i64>().unwrap_or_default().saturating_mul(of);
    if round_up { hundredths.saturating_add(99) / 100 } else { hundredths / 100 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portion_is_rounded_as_asked() {
        assert_eq!(portion(&json!("25%"), 3, true), 1);
        assert_eq!(portion(&json!("25%"), 3, false), 0);
        assert_eq!(portion(&json!(2), 3, false), 2);
        assert_eq!(portion(&Value::Null, 3, true), 0);
    }
}
