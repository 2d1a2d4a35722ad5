//! Claims and volumes stay while they are used.
//!
//! Upstream an admission plug-in puts a finalizer on each, and controllers take it away: of a claim
//! when no pod on a node has it, of a volume when it is not bound.

use std::sync::Arc;

use serde_json::Value;

use crate::kind::Kind;
use crate::machine::Machine;
use crate::meta;
use crate::object::Stored;
use crate::store::{Change, Event};

/// The finalizer of a kind that is protected.
fn finalizer(kind: &Kind) -> Option<&'static str> {
    match (&*kind.group, &*kind.kind) {
        ("", "PersistentVolumeClaim") => Some("kubernetes.io/pvc-protection"),
        ("", "PersistentVolume") => Some("kubernetes.io/pv-protection"),
        _ => None,
    }
}

/// Puts the finalizer on a new claim or volume; nobody owns it.
pub(crate) fn protect(kind: &Kind, object: &mut Value) {
    let Some(finalizer) = finalizer(kind) else { return };
    let mut finalizers = meta::finalizers(object);
    if !finalizers.iter().any(|it| it == finalizer) {
        finalizers.push(finalizer.to_owned());
        meta::set_finalizers(object, finalizers);
    }
}

/// The time a volume came into its phase, where the client did not say it itself.
pub(crate) fn time_phase(kind: &Kind, before: Option<&Value>, object: &mut Value, now: &str) {
    const TIME: &str = "lastPhaseTransitionTime";
    if !kind.is("", "PersistentVolume") || !object["status"].is_object() {
        return;
    }
    let Some(before) = before.map(|before| &before["status"]) else {
        object["status"][TIME] = now.into();
        return;
    };
    let status = &mut object["status"];
    let (moved, said) = (before["phase"] != status["phase"], !status[TIME].is_null());
    if moved && (!said || before[TIME] == status[TIME]) {
        status[TIME] = now.into();
    } else if !moved && !said && !before[TIME].is_null() {
        status[TIME] = before[TIME].clone();
    }
}

impl Machine {
    /// Lets go of deleted claims and volumes that nothing uses any more.
    pub(crate) fn follow_protected(&mut self, kind: &Arc<Kind>, event: &Event) {
        if kind.is("", "Pod") {
            if event.change == Change::Deleted {
                self.release_claims(&event.object.value(kind));
            }
        } else if event.object.deleting && event.change != Change::Deleted {
            self.release(kind, event.object.key());
        }
    }

    /// The claims that a pod which is gone had.
    fn release_claims(&mut self, pod: &Value) {
        let Some(kind) = self.registry.find("", "v1", "persistentvolumeclaims") else { return };
        let namespace = pod["metadata"]["namespace"].as_str();
        for claim in claims(pod) {
            self.release(&kind, &crate::object::key(namespace, &claim));
        }
    }

    fn release(&mut self, kind: &Kind, key: &str) {
        let Some(finalizer) = finalizer(kind) else { return };
        let found = self.store.get(kind.shelf, key).filter(|object| object.deleting).cloned();
        let Some(stored) = found else { return };
        let mut object = stored.value(kind);
        let mut finalizers = meta::finalizers(&object);
        let held = finalizers.iter().position(|it| it == finalizer);
        let Some(at) = held.filter(|_| !self.is_used(kind, &stored, &object)) else { return };
        finalizers.remove(at);
        let leaves = finalizers.is_empty();
        meta::set_finalizers(&mut object, finalizers);
        if leaves {
            self.remove(kind, object);
        } else {
            self.put(kind, object);
        }
    }

    fn is_used(&self, kind: &Kind, stored: &Stored, object: &Value) -> bool {
        if kind.is("", "PersistentVolume") {
            return object["status"]["phase"] == "Bound";
        }
        let Some(pods) = self.registry.find("", "v1", "pods") else { return false };
        let prefix = format!("{}/", stored.namespace().unwrap_or_default());
        let mut pods = self.store.scan(pods.shelf, &prefix).map(|pod| (pod, &pods));
        // A pod that is on no node yet will not start with a claim that goes.
        pods.any(|(pod, kind)| {
            pod.field(kind, "spec.nodeName").is_some_and(|node| !node.is_empty())
                && claims(&pod.value(kind)).any(|claim| claim == stored.name())
        })
    }
}

/// The claims a pod names, and those that are made for it.
fn claims(pod: &Value) -> impl Iterator<Item = String> {
    let name = meta::name(pod);
    let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    volumes.filter_map(move |volume| match volume["persistentVolumeClaim"]["claimName"].as_str() {
        Some(claim) => Some(claim.to_owned()),
        None if volume["ephemeral"].is_object() => {
            Some(format!("{name}-{}", volume["name"].as_str().unwrap_or_default()))
        }
        None => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::Registry;

    #[test]
    fn the_time_of_a_phase_is_that_of_the_change() {
        let kind = Registry::built_in().find("", "v1", "persistentvolumes").unwrap();
        let mut new = json!({ "status": { "phase": "Pending" } });
        time_phase(&kind, None, &mut new, "1");
        assert_eq!(new["status"]["lastPhaseTransitionTime"], "1");
        let after = |status: Value| {
            let mut object = json!({ "status": status });
            time_phase(&kind, Some(&new), &mut object, "2");
            object["status"]["lastPhaseTransitionTime"].clone()
        };
        assert_eq!(after(json!({ "phase": "Pending" })), "1");
        assert_eq!(after(json!({ "phase": "Bound" })), "2");
        assert_eq!(after(json!({ "phase": "Bound", "lastPhaseTransitionTime": "1" })), "2");
        assert_eq!(after(json!({ "phase": "Bound", "lastPhaseTransitionTime": "7" })), "7");
    }

    #[test]
    fn a_pod_has_the_claims_it_names_and_those_made_for_it() {
        let pod = json!({ "metadata": { "name": "p" }, "spec": { "volumes": [
            { "name": "a", "persistentVolumeClaim": { "claimName": "c" } },
            { "name": "b", "ephemeral": { "volumeClaimTemplate": {} } },
            { "name": "d", "emptyDir": {} },
        ] } });
        assert_eq!(claims(&pod).collect::<Vec<_>>(), ["c", "p-b"]);
    }
}
