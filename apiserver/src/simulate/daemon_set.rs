//! A pod on every node that is wanted.

use serde_json::json;

use super::counts;
use super::node::{tie, tied_to};
use super::replicas::{Tally, is_active, is_finished, label, pod_from, portion};
use super::revision::{REVISION, Revision};
use super::subject::{CONTROLLERS, Subject};
use crate::machine::Machine;
use crate::meta;

impl Machine {
    pub(super) fn run_daemon_set(&mut self, set: &Subject) {
        let Some((revision, _)) = self.revisions(set, None) else { return };
        let hash = revision.name.rsplit('-').next().unwrap_or_default().to_owned();
        if !set.stored.deleting {
            self.cover_nodes(set, &revision, &hash);
            if set.spec()["updateStrategy"]["type"] != "OnDelete" {
                self.roll_daemons(set, &hash);
            }
        }
        self.report_daemon_set(set, &hash);
    }

    fn daemons(&self, set: &Subject) -> Vec<Subject> {
        self.served("", "pods").map(|kind| self.controlled(set, &kind)).unwrap_or_default()
    }

    fn cover_nodes(&mut self, set: &Subject, revision: &Revision, hash: &str) {
        let Some(kind) = self.served("", "pods") else { return };
        let nodes = self.nodes(&set.spec()["template"]["spec"]);
        let pods = self.daemons(set);
        for node in &nodes {
            let here = |pod: &&Subject| tied_to(pod.spec()) == Some(node);
            if pods.iter().any(|pod| here(&pod) && is_active(pod)) {
                continue;
            }
            let mut pod = pod_from(set, &revision.template);
            meta::set(&mut pod, "generateName", format!("{}-", set.name()));
            let generation = set.object["metadata"]["generation"].to_string();
            let labels = [(REVISION, hash.to_owned()), ("pod-template-generation", generation)];
            label(&mut pod, labels);
            tie(&mut pod, node);
            self.make(&kind, set, pod);
        }
        let lost = |pod: &&Subject| {
            is_finished(pod) || !nodes.iter().any(|node| tied_to(pod.spec()) == Some(node))
        };
        for pod in pods.iter().filter(lost) {
            self.discard(pod);
        }
    }

    /// Lets pods of an older template go, no more at once than may be missing.
    fn roll_daemons(&mut self, set: &Subject, hash: &str) {
        let pods = self.daemons(set);
        let least = set.wanted("minReadySeconds", 0);
        let rolling = &set.spec()["updateStrategy"]["rollingUpdate"];
        let allowed = portion(&rolling["maxUnavailable"], pods.len() as i64, true).max(1);
        let available =
            |pod: &Subject| Tally::of(std::iter::once(pod), least, self.round()).available == 1;
        let missing = pods.iter().filter(|pod| !available(pod)).count() as i64;
        let old = |pod: &&Subject| pod.stored.label(REVISION) != Some(hash);
        let (running, waiting): (Vec<&Subject>, Vec<&Subject>) =
            pods.iter().filter(old).partition(|pod| available(pod));
        let spare = usize::try_from(allowed - missing).unwrap_or_default();
        let leaving: Vec<&Subject> =
            waiting.into_iter().chain(running.into_iter().take(spare)).collect();
        for pod in leaving {
            self.discard(pod);
        }
    }

    fn report_daemon_set(&mut self, set: &Subject, hash: &str) {
        let pods = self.daemons(set);
        let active = || pods.iter().filter(|pod| is_active(pod));
        let wanted = self.nodes(&set.spec()["template"]["spec"]).len() as i64;
        let tally = Tally::of(active(), set.wanted("minReadySeconds", 0), self.round());
        let updated = active().filter(|pod| pod.stored.label(REVISION) == Some(hash)).count();
        let mut object = set.object.clone();
        object["status"] = json!({
            "currentNumberScheduled": tally.all, "numberMisscheduled": 0,
            "desiredNumberScheduled": wanted, "numberReady": tally.ready,
        });
        let rest = counts(&[
            ("observedGeneration", set.object["metadata"]["generation"].as_i64().unwrap_or(0)),
            ("updatedNumberScheduled", updated as i64),
            ("numberAvailable", tally.available),
            ("numberUnavailable", (wanted - tally.available).max(0)),
        ]);
        if let Some(status) = object["status"].as_object_mut() {
            status.extend(rest);
            if let Some(collisions) = set.object["status"].get("collisionCount") {
                status.insert("collisionCount".to_owned(), collisions.clone());
            }
        }
        self.report_status(set, CONTROLLERS, object);
        if let Some(next) = tally.next {
            self.look_again(next, set);
        }
    }
}
