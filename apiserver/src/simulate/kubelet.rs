//! A pod's life on a node that does not exist.

use std::time::Duration;

use serde_json::{Value, json};

use super::subject::Subject;
use super::wish::Fate;
use super::{replicas, seconds};
use crate::machine::Machine;
use crate::meta;
use crate::query::DeleteOptions;

/// In whose name a pod's status is written.
const KUBELET: &str = "kubelet";

/// How a pod is, as its status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// Starts and falls, again and again.
    Crashing,
    Succeeded,
    Failed,
}

impl Machine {
    pub(super) fn run_pod(&mut self, pod: &Subject) {
        if pod.stored.deleting {
            self.end_pod(pod);
            return;
        }
        let crashing = is_crashing(pod);
        if !self.has_kubelet(pod) {
            return;
        }
        let waits = matches!(pod.status()["phase"].as_str(), None | Some("" | "Pending"));
        if !waits && !crashing {
            return;
        }
        let wish = self.wish(pod);
        let again = pod.spec()["restartPolicy"] != "Never";
        let state = match wish.fate {
            Fate::Stall => return,
            Fate::Fail if crashing => return,
            Fate::Fail if again => State::Crashing,
            Fate::Fail => State::Failed,
            Fate::Ready if pod.spec()["restartPolicy"] == "Always" => State::Running,
            Fate::Ready => State::Succeeded,
        };
        let delay = if self.is_retry(pod, state) { Some(Duration::ZERO) } else { wish.delay };
        let at = self.ends_waiting(pod, delay);
        if at > self.round() {
            self.look_again(at, pod);
            return;
        }
        self.stops_waiting(pod);
        self.place_pod(pod);
        let Some(placed) = self.subject(pod.place()) else { return };
        let mut object = placed.object.clone();
        object["status"] = status(&placed, state, &seconds(self.round()));
        self.report_status(&placed, KUBELET, object);
    }

    /// A Job's next attempt fails at once: the whole failure takes one delay.
    fn is_retry(&self, pod: &Subject, state: State) -> bool {
        let owner = pod.controller().filter(|_| state == State::Failed);
        let owner = owner.and_then(|uid| self.subject_with(uid));
        owner.is_some_and(|owner| owner.reported("failed") > 0)
    }

    /// A node lets a deleted pod go at once, and its Job needs it no longer.
    fn end_pod(&mut self, pod: &Subject) {
        if pod.spec()["nodeName"].is_string() && self.has_kubelet(pod) {
            let options = DeleteOptions { grace_seconds: Some(0), ..DeleteOptions::default() };
            // A pod is never undeletable.
            let _deleted = self.delete_object(&pod.kind, &pod.stored, &options);
        }
        if let Some(now) = self.subject(pod.place()).filter(|now| now.stored.deleting) {
            self.release_from_job(&now);
        }
    }

    /// Whether a pod has no node yet, or one that is there, or was started while it was.
    fn has_kubelet(&self, pod: &Subject) -> bool {
        let started = pod.status()["startTime"].is_string();
        let Some(node) = pod.spec()["nodeName"].as_str() else { return true };
        started || self.is_node(node)
    }

    /// What the scheduler does. The binding belongs to nobody.
    fn place_pod(&mut self, pod: &Subject) {
        if pod.spec()["nodeName"].is_string() {
            return;
        }
        let Some(node) = self.node_for(pod) else { return };
        let mut object = pod.object.clone();
        object["spec"]["nodeName"] = node.into();
        meta::remove(&mut object, "resourceVersion");
        self.put(&pod.kind, object);
    }
}

pub(super) fn is_crashing(pod: &Subject) -> bool {
    let containers = pod.status()["containerStatuses"].as_array();
    containers
        .into_iter()
        .flatten()
        .any(|container| container["state"]["waiting"]["reason"] == "CrashLoopBackOff")
        && !replicas::is_finished(pod)
}

fn status(pod: &Subject, state: State, now: &str) -> Value {
    let phase = match state {
        State::Running | State::Crashing => "Running",
        State::Succeeded => "Succeeded",
        State::Failed => "Failed",
    };
    let names = |list: &str| -> Vec<Value> {
        let containers = pod.spec()[list].as_array();
        containers.into_iter().flatten().cloned().collect()
    };
    let containers: Vec<Value> =
        names("containers").iter().map(|c| container(pod, c, state, now)).collect();
    let address = address(&pod.stored.uid);
    let mut status = json!({
        "phase": phase,
        "observedGeneration": pod.object["metadata"]["generation"],
        "conditions": conditions(pod, state, now),
        "hostIP": "192.0.2.1", "hostIPs": [{ "ip": "192.0.2.1" }],
        "podIP": address, "podIPs": [{ "ip": address }],
        "startTime": now,
        "containerStatuses": containers,
        "qosClass": pod.status()["qosClass"].as_str().unwrap_or("BestEffort"),
    });
    let first: Vec<Value> =
        names("initContainers").iter().map(|c| container(pod, c, State::Succeeded, now)).collect();
    if !first.is_empty() {
        status["initContainerStatuses"] = first.into();
    }
    status
}

fn conditions(pod: &Subject, state: State, now: &str) -> Value {
    let generation = &pod.object["metadata"]["generation"];
    let condition = |kind: &str, holds: bool, why: Option<(&str, String)>| {
        let mut condition = json!({
            "type": kind, "status": if holds { "True" } else { "False" },
            "observedGeneration": generation,
            "lastProbeTime": null, "lastTransitionTime": now,
        });
        if let Some((reason, message)) = why {
            condition["reason"] = reason.into();
            if !message.is_empty() {
                condition["message"] = message.into();
            }
        }
        condition
    };
    let ready = state == State::Running;
    let why = || match state {
        State::Running => None,
        State::Succeeded => Some(("PodCompleted", String::new())),
        State::Failed => Some(("PodFailed", String::new())),
        State::Crashing => {
            let names: Vec<&str> = pod.spec()["containers"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|container| container["name"].as_str())
                .collect();
            let message = format!("containers with unready status: [{}]", names.join(" "));
            Some(("ContainersNotReady", message))
        }
    };
    let running = matches!(state, State::Running | State::Crashing);
    let done = (state == State::Succeeded).then(|| ("PodCompleted", String::new()));
    json!([
        condition("PodReadyToStartContainers", running, None),
        condition("Initialized", true, done),
        condition("Ready", ready, why()),
        condition("ContainersReady", ready, why()),
        condition("PodScheduled", true, None),
    ])
}

fn container(pod: &Subject, container: &Value, state: State, now: &str) -> Value {
    let ended = |reason: &str, code: i64| {
        json!({ "terminated": {
            "exitCode": code, "reason": reason, "startedAt": now, "finishedAt": now,
            "containerID": identity(pod, container),
        }})
    };
    let (is, was) = match state {
        State::Running => (json!({ "running": { "startedAt": now } }), json!({})),
        State::Succeeded => (ended("Completed", 0), json!({})),
        State::Failed => (ended("Error", 1), json!({})),
        State::Crashing => {
            let message = format!(
                "back-off 10s restarting failed container={} pod={}_{}({})",
                container["name"].as_str().unwrap_or_default(),
                pod.name(),
                pod.stored.namespace().unwrap_or_default(),
                pod.stored.uid,
            );
            let waiting = json!({ "reason": "CrashLoopBackOff", "message": message });
            (json!({ "waiting": waiting }), ended("Error", 1))
        }
    };
    json!({
        "name": container["name"], "image": container["image"],
        "imageID": container["image"], "containerID": identity(pod, container),
        "ready": state == State::Running,
        "started": state == State::Running,
        "restartCount": i64::from(state == State::Crashing),
        "state": is, "lastState": was,
    })
}

/// Made up, and the same whenever it is asked for.
fn identity(pod: &Subject, container: &Value) -> String {
    let name = container["name"].as_str().unwrap_or_default();
    format!("simulated://{}/{name}", pod.stored.uid)
}

/// An address out of the network that is reserved for benchmarks, by the pod's uid.
fn address(uid: &str) -> String {
    let sum = uid.bytes().fold(0u32, |sum, b| sum.wrapping_mul(31).wrapping_add(u32::from(b)));
    let [_, second, third, fourth] = sum.to_be_bytes();
    format!("198.{}.{third}.{fourth}", 18 + (second & 1))
}
