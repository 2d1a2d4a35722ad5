//! As many pods as a replica set wants.

use serde_json::{Value, json};

use super::counts;
use super::replicas::{MOST, Tally, dispensable, is_active, pod_from};
use super::subject::{CONTROLLERS, Subject};
use crate::machine::Machine;
use crate::meta;

impl Machine {
    pub(super) fn fill_replica_set(&mut self, set: &Subject) {
        let Some(kind) = self.served("", "pods") else { return };
        let pods = self.controlled(set, &kind);
        let active = pods.iter().filter(|pod| is_active(pod)).count() as i64;
        let wanted = set.wanted("replicas", 1);
        if !set.stored.deleting {
            for _ in active..wanted.min(MOST) {
                let mut pod = pod_from(set, &set.spec()["template"]);
                meta::set(&mut pod, "generateName", format!("{}-", set.name()));
                self.make(&kind, set, pod);
            }
            let surplus = usize::try_from(active - wanted).unwrap_or_default();
            for pod in dispensable(&pods).into_iter().take(surplus) {
                self.discard(pod);
            }
        }
        self.report_replica_set(set);
    }

    fn report_replica_set(&mut self, set: &Subject) {
        let Some(kind) = self.served("", "pods") else { return };
        let pods = self.controlled(set, &kind);
        let active = || pods.iter().filter(|pod| is_active(pod));
        let now = self.round();
        let tally = Tally::of(active(), set.wanted("minReadySeconds", 0), now);
        let labels = &set.spec()["template"]["metadata"]["labels"];
        let labelled = active().filter(|pod| has_labels(pod, labels)).count() as i64;
        let leaving = pods.iter().filter(|pod| pod.stored.deleting).count() as i64;
        let mut object = set.object.clone();
        object["status"] = json!({ "replicas": tally.all, "terminatingReplicas": leaving });
        let rest = counts(&[
            ("fullyLabeledReplicas", labelled),
            ("readyReplicas", tally.ready),
            ("availableReplicas", tally.available),
            ("observedGeneration", set.object["metadata"]["generation"].as_i64().unwrap_or(0)),
        ]);
        if let Some(status) = object["status"].as_object_mut() {
            status.extend(rest);
        }
        self.report_status(set, CONTROLLERS, object);
        if let Some(next) = tally.next {
            self.look_again(next, set);
        }
    }
}

fn has_labels(pod: &Subject, labels: &Value) -> bool {
    let labels = labels.as_object();
    labels.into_iter().flatten().all(|(key, value)| pod.stored.label(key) == value.as_str())
}
