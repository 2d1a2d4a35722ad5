//! Cells of pods: what `kubectl get pods` has people look at.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::table::age;
use crate::table::text::{items, text};

pub(super) fn cell(cell: &str, pod: &Value, now: Timestamp) -> Value {
    match cell {
        "gates" => gates(pod).into(),
        "ready" => {
            let state = State::of(pod);
            format!("{}/{}", state.ready, state.total).into()
        }
        "restarts" => State::of(pod).restarts(now).into(),
        _ => State::of(pod).reason.into(),
    }
}

/// What a row says about a pod that has ended.
pub(super) fn finished(pod: &Value) -> Option<Value> {
    let (phase, message) = match text(&pod["status"], "phase") {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!({ "type": "Completed", "status": "True", "reason": phase, "message": message }))
}

/// A pod in three words and two numbers.
struct State {
    reason: String,
    ready: usize,
    total: usize,
    restarts: i64,
    last_restart: String,
}

impl State {
    fn of(pod: &Value) -> Self {
        let (spec, status) = (&pod["spec"], &pod["status"]);
        let conditions = items(&status["conditions"]);
        let mut reason = match text(status, "reason") {
            "" => text(status, "phase"),
            reason => reason,
        }
        .to_owned();
        let gated =
            |c: &Value| text(c, "type") == "PodScheduled" && text(c, "reason") == "SchedulingGated";
        if conditions.iter().any(gated) {
            "SchedulingGated".clone_into(&mut reason);
        }
        let sidecars = items(&spec["initContainers"]).iter().filter(|c| restartable(c)).count();
        let total = items(&spec["containers"]).len() + sidecars;
        let mut state = Self { reason, ready: 0, total, restarts: 0, last_restart: String::new() };
        let initializing = state.init_containers(spec, status);
        if !initializing || holds(conditions, "Initialized") {
            state.containers(status, conditions);
        }
        if pod["metadata"]["deletionTimestamp"].is_string() {
            let ended = matches!(text(status, "phase"), "Succeeded" | "Failed");
            if text(status, "reason") == "NodeLost" {
                "Unknown".clone_into(&mut state.reason);
            } else if !ended {
                "Terminating".clone_into(&mut state.reason);
            }
        }
        state
    }

    /// Whether an init container is still at work, or failed; then it is what the pod is about.
    fn init_containers(&mut self, spec: &Value, status: &Value) -> bool {
        let declared = items(&spec["initContainers"]);
        let sidecar =
            |name: &str| declared.iter().any(|c| text(c, "name") == name && restartable(c));
        let (mut restarts, mut last) = (0, String::new());
        for (at, container) in items(&status["initContainerStatuses"]).iter().enumerate() {
            restarts += container["restartCount"].as_i64().unwrap_or_default();
            last = last.max(ended_at(container));
            let sidecar = sidecar(text(container, "name"));
            if sidecar {
                self.restarts += container["restartCount"].as_i64().unwrap_or_default();
                self.last_restart = std::mem::take(&mut self.last_restart).max(ended_at(container));
            }
            let (waiting, ended) =
                (&container["state"]["waiting"], &container["state"]["terminated"]);
            if ended.is_object() && ended["exitCode"].as_i64().unwrap_or_default() == 0 {
                continue;
            }
            if sidecar && container["started"] == true {
                self.ready += usize::from(container["ready"] == true);
                continue;
            }
            self.reason = match (ended.is_object(), text(waiting, "reason")) {
                (true, _) => format!("Init:{}", end_of(ended)),
                (false, "" | "PodInitializing") => format!("Init:{at}/{}", declared.len()),
                (false, why) => format!("Init:{why}"),
            };
            (self.restarts, self.last_restart) = (restarts, last);
            return true;
        }
        false
    }

    fn containers(&mut self, status: &Value, conditions: &[Value]) {
        let (mut running, mut failed) = (false, String::new());
        for container in items(&status["containerStatuses"]).iter().rev() {
            self.restarts += container["restartCount"].as_i64().unwrap_or_default();
            self.last_restart = std::mem::take(&mut self.last_restart).max(ended_at(container));
            let state = &container["state"];
            let why = text(&state["waiting"], "reason");
            if !why.is_empty() {
                why.clone_into(&mut self.reason);
            } else if state["terminated"].is_object() {
                self.reason = end_of(&state["terminated"]);
                if state["terminated"]["exitCode"].as_i64().unwrap_or_default() != 0 {
                    failed.clone_from(&self.reason);
                }
            } else if container["ready"] == true && state["running"].is_object() {
                running = true;
                self.ready += 1;
            }
        }
        if self.reason == "Completed" {
            if running && holds(conditions, "Ready") {
                "Running".clone_into(&mut self.reason);
            } else if !failed.is_empty() {
                self.reason = failed;
            } else if running {
                "NotReady".clone_into(&mut self.reason);
            }
        }
    }

    fn restarts(&self, now: Timestamp) -> String {
        if self.restarts != 0 && !self.last_restart.is_empty() {
            return format!("{} ({} ago)", self.restarts, age::since(&self.last_restart, now));
        }
        self.restarts.to_string()
    }
}

fn restartable(container: &Value) -> bool {
    text(container, "restartPolicy") == "Always"
}

fn ended_at(container: &Value) -> String {
    text(&container["lastState"]["terminated"], "finishedAt").to_owned()
}

fn end_of(ended: &Value) -> String {
    match (text(ended, "reason"), ended["signal"].as_i64().unwrap_or_default()) {
        ("", 0) => format!("ExitCode:{}", ended["exitCode"].as_i64().unwrap_or_default()),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn holds(conditions: &[Value], of: &str) -> bool {
    conditions.iter().any(|c| text(c, "type") == of && text(c, "status") == "True")
}

fn gates(pod: &Value) -> String {
    let gates = items(&pod["spec"]["readinessGates"]);
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let conditions = items(&pod["status"]["conditions"]);
    let open = gates.iter().filter(|gate| holds(conditions, text(gate, "conditionType"))).count();
    format!("{open}/{}", gates.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pod: Value) -> [String; 3] {
        let now = "2026-01-01T00:10:00Z".parse().unwrap();
        ["ready", "status", "restarts"]
            .map(|name| cell(name, &pod, now).as_str().unwrap().to_owned())
    }

    #[test]
    fn a_pod_that_waits_says_for_what() {
        let pod = json!({
            "spec": { "containers": [{ "name": "a" }] },
            "status": { "phase": "Running", "containerStatuses": [{
                "name": "a", "restartCount": 3,
                "state": { "waiting": { "reason": "CrashLoopBackOff" } },
                "lastState": { "terminated": { "finishedAt": "2026-01-01T00:09:00Z", "exitCode": 1 } },
            }] },
        });
        assert_eq!(shown(pod), ["0/1", "CrashLoopBackOff", "3 (60s ago)"]);
    }

    #[test]
    fn a_pod_that_runs_counts_its_containers() {
        let mut pod = json!({
            "metadata": {},
            "spec": { "containers": [{ "name": "a" }, { "name": "b" }] },
            "status": { "phase": "Running", "containerStatuses": [
                { "name": "a", "ready": true, "restartCount": 0, "state": { "running": {} } },
            ] },
        });
        assert_eq!(shown(pod.clone()), ["1/2", "Running", "0"]);
        pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        assert_eq!(shown(pod)[1], "Terminating");
    }

    #[test]
    fn an_init_container_is_told_first() {
        let pod = |state: Value| {
            json!({
                "spec": { "initContainers": [{ "name": "i" }, { "name": "j" }], "containers": [{ "name": "a" }] },
                "status": { "phase": "Pending", "initContainerStatuses": [{ "name": "i", "state": state }] },
            })
        };
        assert_eq!(shown(pod(json!({ "running": {} })))[1], "Init:0/2");
        assert_eq!(shown(pod(json!({ "terminated": { "exitCode": 2 } })))[1], "Init:ExitCode:2");
        assert_eq!(shown(pod(json!({ "terminated": { "exitCode": 0 } })))[1], "Pending");
    }
}
