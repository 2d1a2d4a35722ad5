//! Pods that have a name and a place in a row.

use serde_json::{Value, json};

use super::claim::from_template;
use super::counts;
use super::replicas::{MOST, Tally, is_finished, label, pod_from, portion, ready_since};
use super::revision::{REVISION, Revision};
use super::subject::{CONTROLLERS, Subject};
use crate::machine::Machine;
use crate::meta;

/// A stateful set on its way from one revision to the next.
struct Row<'a> {
    set: &'a Subject,
    update: Revision,
    current: Revision,
    pods: Vec<(i64, Subject)>,
}

impl Row<'_> {
    fn first(&self) -> i64 {
        let start = self.set.spec()["ordinals"]["start"].as_i64().unwrap_or_default();
        start.clamp(0, i64::from(i32::MAX))
    }

    fn end(&self) -> i64 {
        self.first() + self.set.wanted("replicas", 1).min(MOST)
    }

    fn in_order(&self) -> bool {
        self.set.spec()["podManagementPolicy"] != "Parallel"
    }

    fn pod(&self, ordinal: i64) -> Option<&Subject> {
        self.pods.iter().find(|(at, _)| *at == ordinal).map(|(_, pod)| pod)
    }

    /// The first ordinal that is updated; those below keep their revision.
    fn partition(&self) -> i64 {
        let rolling = &self.set.spec()["updateStrategy"]["rollingUpdate"];
        self.first()
            + rolling["partition"].as_i64().unwrap_or_default().clamp(0, i64::from(i32::MAX))
    }

    /// The revision a new pod at this place is made from.
    fn revision_at(&self, ordinal: i64) -> &Revision {
        let kept = self.set.reported("currentReplicas") + self.first();
        let rolls = self.set.spec()["updateStrategy"]["type"] != "OnDelete";
        let old = rolls && self.current.name != self.update.name;
        if old && (ordinal < self.partition() || ordinal < kept && !self.is_updating(ordinal)) {
            &self.current
        } else {
            &self.update
        }
    }

    /// Whether the roll from the end has come to this place.
    fn is_updating(&self, ordinal: i64) -> bool {
        let mut after = ordinal + 1..self.end();
        after.all(|at| self.pod(at).is_some_and(|pod| self.is_updated(pod)))
            && ordinal >= self.partition()
    }

    fn is_updated(&self, pod: &Subject) -> bool {
        pod.stored.label(REVISION) == Some(&*self.update.name)
    }

    fn with_revision(&self, name: &str) -> i64 {
        let has = |pod: &Subject| pod.stored.label(REVISION) == Some(name);
        self.pods.iter().filter(|(_, pod)| has(pod) && !is_finished(pod)).count() as i64
    }
}

impl Machine {
    pub(super) fn run_stateful_set(&mut self, set: &Subject) {
        let Some(row) = self.row(set) else { return };
        if !set.stored.deleting {
            self.step(&row);
        }
        let Some(row) = self.row(set) else { return };
        self.report_stateful_set(&row);
    }

    fn row<'a>(&mut self, set: &'a Subject) -> Option<Row<'a>> {
        let pods = self.served("", "pods")?;
        let named = set.status()["currentRevision"].as_str();
        let (update, current) = self.revisions(set, named)?;
        let current = current.unwrap_or_else(|| update.clone());
        let place = |pod: &Subject| pod.name().rsplit_once('-')?.1.parse::<i64>().ok();
        let pods = self.controlled(set, &pods);
        let mut pods: Vec<_> =
            pods.into_iter().filter_map(|pod| Some((place(&pod)?, pod))).collect();
        pods.sort_by_key(|(ordinal, _)| *ordinal);
        Some(Row { set, update, current, pods })
    }

    /// Fills gaps, then lets surplus go, then rolls: in that order, and one at a time where asked.
    fn step(&mut self, row: &Row<'_>) {
        for ordinal in row.first()..row.end() {
            match row.pod(ordinal) {
                None => {
                    self.make_member(row, ordinal);
                    if row.in_order() {
                        return;
                    }
                }
                Some(pod) if is_finished(pod) => self.discard(pod),
                Some(pod) if row.in_order() && !self.is_available(row, pod) => return,
                Some(_) => {}
            }
        }
        let surplus = row.pods.iter().rev().filter(|(at, _)| *at < row.first() || *at >= row.end());
        let mut gone = 0;
        for (_, pod) in surplus.take(if row.in_order() { 1 } else { usize::MAX }) {
            self.discard(pod);
            gone += 1;
        }
        if gone == 0 && row.set.spec()["updateStrategy"]["type"] != "OnDelete" {
            self.roll_row(row);
        }
    }

    /// Replaces pods of an older revision from the end, no more at once than may be missing.
    fn roll_row(&mut self, row: &Row<'_>) {
        let rolling = &row.set.spec()["updateStrategy"]["rollingUpdate"];
        let wanted = row.set.wanted("replicas", 1);
        let mut spare = portion(&rolling["maxUnavailable"], wanted, true).max(1);
        for ordinal in (row.partition().max(row.first())..row.end()).rev() {
            let Some(pod) = row.pod(ordinal) else { return };
            if spare == 0 {
                return;
            }
            if !row.is_updated(pod) {
                self.discard(pod);
                spare -= 1;
            } else if !self.is_available(row, pod) {
                spare -= 1;
            }
        }
    }

    fn is_available(&self, row: &Row<'_>, pod: &Subject) -> bool {
        let least = row.set.wanted("minReadySeconds", 0);
        Tally::of(std::iter::once(pod), least, self.round()).available == 1
    }

    fn make_member(&mut self, row: &Row<'_>, ordinal: i64) {
        let (Some(pods), Some(claims)) =
            (self.served("", "pods"), self.served("", "persistentvolumeclaims"))
        else {
            return;
        };
        let set = row.set;
        let name = format!("{}-{ordinal}", set.name());
        let revision = row.revision_at(ordinal);
        let mut pod = pod_from(set, &revision.template);
        meta::set(&mut pod, "name", name.as_str());
        // It has one, as upstream, though the name is given.
        meta::set(&mut pod, "generateName", format!("{}-", set.name()));
        label(
            &mut pod,
            [
                ("statefulset.kubernetes.io/pod-name", name.clone()),
                ("apps.kubernetes.io/pod-index", ordinal.to_string()),
                (REVISION, revision.name.clone()),
            ],
        );
        pod["spec"]["hostname"] = name.as_str().into();
        if let Some(service) = set.spec()["serviceName"].as_str().filter(|s| !s.is_empty()) {
            pod["spec"]["subdomain"] = service.into();
        }
        for template in set.spec()["volumeClaimTemplates"].as_array().into_iter().flatten() {
            let volume = meta::name(template);
            let claim = format!("{volume}-{name}");
            if !self.exists(&claims, set, &claim) {
                let labels = &set.spec()["selector"]["matchLabels"];
                self.make(&claims, set, from_template(template, labels, &claim));
            }
            add_volume(&mut pod, volume, &claim);
        }
        self.make(&pods, set, pod);
    }

    fn report_stateful_set(&mut self, row: &Row<'_>) {
        let set = row.set;
        let pods = || row.pods.iter().map(|(_, pod)| pod).filter(|pod| !is_finished(pod));
        let tally = Tally::of(pods(), set.wanted("minReadySeconds", 0), self.round());
        let updated = row.with_revision(&row.update.name);
        let rolled = updated == tally.all
            && tally.all == set.wanted("replicas", 1)
            && pods().all(|pod| ready_since(pod).is_some())
            && row.partition() <= row.first();
        let current = if rolled { &row.update } else { &row.current };
        let mut object = set.object.clone();
        object["status"] = json!({
            "replicas": tally.all, "availableReplicas": tally.available,
            "collisionCount": set.object["status"]["collisionCount"].as_i64().unwrap_or(0),
            "currentRevision": current.name, "updateRevision": row.update.name,
        });
        let rest = counts(&[
            ("observedGeneration", set.object["metadata"]["generation"].as_i64().unwrap_or(0)),
            ("readyReplicas", tally.ready),
            ("currentReplicas", row.with_revision(&current.name)),
            ("updatedReplicas", updated),
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

/// A claim takes the place of a volume of the same name in the template.
fn add_volume(pod: &mut Value, name: &str, claim: &str) {
    let spec = &mut pod["spec"];
    if !spec["volumes"].is_array() {
        spec["volumes"] = json!([]);
    }
    if let Some(volumes) = spec["volumes"].as_array_mut() {
        volumes.retain(|volume| volume["name"] != name);
        volumes.push(json!({ "name": name, "persistentVolumeClaim": { "claimName": claim } }));
    }
}
