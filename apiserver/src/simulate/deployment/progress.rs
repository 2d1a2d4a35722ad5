//! What a deployment says about its rollout.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{REVISION, Rollout};
use crate::machine::Machine;
use crate::simulate::replicas::annotate;
use crate::simulate::subject::CONTROLLERS;
use crate::simulate::wish::Fate;
use crate::simulate::{counts, seconds};

/// A deadline that is none.
const NEVER: i64 = i32::MAX as i64;

impl Rollout {
    /// Whether every replica is new and available.
    pub(super) fn is_complete(&self) -> bool {
        let wanted = self.wanted();
        let updated = self.new.as_ref().map_or(0, |set| set.reported("replicas"));
        let all = [updated, self.reported("replicas"), self.reported("availableReplicas")];
        self.new.is_some() && all.iter().all(|count| *count == wanted)
    }

    /// Whether more is updated, ready or available than was said last.
    fn has_moved(&self, status: &Value) -> bool {
        let count = |status: &Value, name: &str| status[name].as_i64().unwrap_or_default();
        let before = self.deployment.status();
        let old = |status: &Value| count(status, "replicas") - count(status, "updatedReplicas");
        let grew = |name: &str| count(status, name) > count(before, name);
        grew("updatedReplicas")
            || grew("readyReplicas")
            || grew("availableReplicas")
            || old(status) < old(before)
    }

    fn deadline(&self) -> Option<i64> {
        self.deployment.spec()["progressDeadlineSeconds"].as_i64().filter(|s| *s < NEVER)
    }

    fn subject_of_message(&self) -> String {
        match &self.new {
            Some(set) => format!("ReplicaSet \"{}\"", set.name()),
            None => format!("Deployment \"{}\"", self.deployment.name()),
        }
    }
}

impl Machine {
    /// Says that a replica set was made, before anything of it is counted.
    pub(super) fn announce_set(&mut self, rollout: &Rollout, name: &str) {
        let deployment = &rollout.deployment;
        let mut object = deployment.object.clone();
        annotate(&mut object, [(REVISION, rollout.next_revision().to_string())]);
        if rollout.deadline().is_some() {
            let message = format!("Created new replica set \"{name}\"");
            let now = seconds(self.round());
            set(&mut object, "Progressing", "True", "NewReplicaSetCreated", &message, &now);
        }
        self.report_status(deployment, CONTROLLERS, object);
    }

    pub(super) fn report_deployment(&mut self, rollout: &Rollout) {
        let now = self.round();
        let mut object = rollout.deployment.object.clone();
        object["status"] = count(rollout, rollout.deployment.status());
        say_available(rollout, &mut object, &seconds(now));
        self.say_progress(rollout, &mut object, now);
        self.report_status(&rollout.deployment, CONTROLLERS, object);
    }

    fn say_progress(&mut self, rollout: &Rollout, object: &mut Value, now: Timestamp) {
        let Some(deadline) = rollout.deadline() else {
            remove(object, "Progressing");
            return;
        };
        let what = rollout.subject_of_message();
        let stamp = seconds(now);
        let current = find(object, "Progressing").cloned();
        let done = current.as_ref().is_some_and(|c| c["reason"] == "NewReplicaSetAvailable");
        let all_new = object["status"]["replicas"] == object["status"]["updatedReplicas"];
        if done && all_new {
            return;
        }
        if rollout.is_complete() {
            let message = format!("{what} has successfully progressed.");
            set(object, "Progressing", "True", "NewReplicaSetAvailable", &message, &stamp);
            return;
        }
        if rollout.has_moved(&object["status"].clone()) {
            let message = format!("{what} is progressing.");
            let mut fresh = condition("True", "ReplicaSetUpdated", &message, &stamp);
            remove(object, "Progressing");
            keep_transition(&mut fresh, current.as_ref());
            push(object, fresh);
        }
        self.check_deadline(rollout, object, deadline, now);
    }

    /// Gives up after the deadline; where failure was asked for, as soon as the pods have failed.
    fn check_deadline(
        &mut self,
        rollout: &Rollout,
        object: &mut Value,
        deadline: i64,
        now: Timestamp,
    ) {
        let wish = self.wish(&rollout.deployment);
        let since = find(object, "Progressing").and_then(|c| c["lastUpdateTime"].as_str());
        let since = since.and_then(|since| since.parse::<Timestamp>().ok()).unwrap_or(now);
        let at = match (&rollout.new, wish.fate) {
            (Some(set), Fate::Fail) => self.ends_waiting(set, wish.delay),
            _ => since.checked_add(SignedDuration::from_secs(deadline)).unwrap_or(Timestamp::MAX),
        };
        if now < at {
            self.look_again(at, &rollout.deployment);
            return;
        }
        let message = format!("{} has timed out progressing.", rollout.subject_of_message());
        set(object, "Progressing", "False", "ProgressDeadlineExceeded", &message, &seconds(now));
    }
}

fn count(rollout: &Rollout, before: &Value) -> Value {
    let deployment = &rollout.deployment;
    let available = rollout.reported("availableReplicas");
    let updated = rollout.new.as_ref().map_or(0, |set| set.reported("replicas"));
    let pairs = counts(&[
        ("observedGeneration", deployment.object["metadata"]["generation"].as_i64().unwrap_or(0)),
        ("replicas", rollout.reported("replicas")),
        ("updatedReplicas", updated),
        ("readyReplicas", rollout.reported("readyReplicas")),
        ("availableReplicas", available),
        ("unavailableReplicas", (rollout.meant() - available).max(0)),
    ]);
    let mut status = json!(pairs);
    status["terminatingReplicas"] = rollout.reported("terminatingReplicas").into();
    for kept in ["conditions", "collisionCount"] {
        if let Some(value) = before.get(kept) {
            status[kept] = value.clone();
        }
    }
    status
}

fn say_available(rollout: &Rollout, object: &mut Value, now: &str) {
    let least = rollout.wanted() - rollout.unavailable();
    let (status, reason, has) = if rollout.reported("availableReplicas") >= least {
        ("True", "MinimumReplicasAvailable", "has")
    } else {
        ("False", "MinimumReplicasUnavailable", "does not have")
    };
    let message = format!("Deployment {has} minimum availability.");
    set(object, "Available", status, reason, &message, now);
}

fn condition(status: &str, reason: &str, message: &str, now: &str) -> Value {
    json!({
        "type": "Progressing", "status": status, "lastUpdateTime": now, "lastTransitionTime": now,
        "reason": reason, "message": message,
    })
}

fn find<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object["status"]["conditions"].as_array()?.iter().find(|c| c["type"] == kind)
}

fn remove(object: &mut Value, kind: &str) {
    if let Some(conditions) = object["status"]["conditions"].as_array_mut() {
        conditions.retain(|c| c["type"] != kind);
    }
}

fn push(object: &mut Value, condition: Value) {
    if !object["status"]["conditions"].is_array() {
        object["status"]["conditions"] = json!([]);
    }
    if let Some(conditions) = object["status"]["conditions"].as_array_mut() {
        conditions.push(condition);
    }
}

fn keep_transition(fresh: &mut Value, current: Option<&Value>) {
    if let Some(current) = current.filter(|c| c["status"] == fresh["status"]) {
        fresh["lastTransitionTime"] = current["lastTransitionTime"].clone();
    }
}

/// As upstream: the same status and reason change nothing; what changes moves to the end.
fn set(object: &mut Value, kind: &str, status: &str, reason: &str, message: &str, now: &str) {
    let current = find(object, kind).cloned();
    if current.as_ref().is_some_and(|c| c["status"] == status && c["reason"] == reason) {
        return;
    }
    let mut fresh = condition(status, reason, message, now);
    fresh["type"] = kind.into();
    keep_transition(&mut fresh, current.as_ref());
    remove(object, kind);
    push(object, fresh);
}
