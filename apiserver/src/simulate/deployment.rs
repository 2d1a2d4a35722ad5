//! Replica sets for the revisions of a deployment, moved from old to new as fast as it allows.

mod progress;

use serde_json::{Value, json};

use super::replicas::{annotate, label, portion};
use super::revision::hash;
use super::subject::Subject;
use super::wish;
use crate::machine::Machine;

const HASH: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAXIMUM: &str = "deployment.kubernetes.io/max-replicas";

/// A deployment with its replica sets: the one of its template, and the others, oldest first.
#[derive(Debug)]
struct Rollout {
    deployment: Subject,
    new: Option<Subject>,
    old: Vec<Subject>,
}

impl Rollout {
    fn wanted(&self) -> i64 {
        self.deployment.wanted("replicas", 1)
    }

    fn rolling(&self) -> Option<&Value> {
        let strategy = &self.deployment.spec()["strategy"];
        (strategy["type"] != "Recreate").then(|| &strategy["rollingUpdate"])
    }

    fn surge(&self) -> i64 {
        self.rolling().map_or(0, |rolling| portion(&rolling["maxSurge"], self.wanted(), true))
    }

    /// At least one where no surge is allowed, or nothing could ever move.
    fn unavailable(&self) -> i64 {
        let Some(rolling) = self.rolling() else { return 0 };
        let allowed = portion(&rolling["maxUnavailable"], self.wanted(), false);
        let allowed = if allowed == 0 && self.surge() == 0 { 1 } else { allowed };
        allowed.min(self.wanted())
    }

    fn sets(&self) -> impl Iterator<Item = &Subject> {
        self.old.iter().chain(&self.new)
    }

    /// The replicas that all sets together are meant to have.
    fn meant(&self) -> i64 {
        self.sets().map(|set| set.wanted("replicas", 0)).sum()
    }

    fn reported(&self, field: &str) -> i64 {
        self.sets().map(|set| set.reported(field)).sum()
    }

    /// How many replicas the new set may have now, of which it has `has`.
    fn room_for_new(&self, has: i64) -> i64 {
        if self.rolling().is_none() {
            return self.wanted();
        }
        let room = self.wanted() + self.surge() - self.meant();
        if room <= 0 { has } else { has + room.min(self.wanted() - has) }
    }

    /// Whether the size was changed: then the sets are resized before anything is rolled.
    fn is_resized(&self) -> bool {
        let active = self.sets().filter(|set| set.wanted("replicas", 0) > 0);
        let desired = |set: &Subject| set.annotation(DESIRED).and_then(|n| n.parse::<i64>().ok());
        active.filter_map(desired).any(|desired| desired != self.wanted())
    }

    /// The annotations that tell a set the size it is part of.
    fn size(&self) -> [(&'static str, String); 2] {
        let most = self.wanted() + self.surge();
        [(DESIRED, self.wanted().to_string()), (MAXIMUM, most.to_string())]
    }

    fn next_revision(&self) -> i64 {
        self.old.iter().map(revision_of).max().unwrap_or_default() + 1
    }
}

impl Machine {
    pub(super) fn roll_deployment(&mut self, deployment: &Subject) {
        let Some(rollout) = self.rollout(deployment) else { return };
        if !deployment.stored.deleting {
            if deployment.spec()["paused"] == true || rollout.is_resized() {
                self.resize(&rollout);
            } else {
                self.roll(&rollout);
            }
        }
        let Some(rollout) = self.rollout(deployment) else { return };
        self.report_deployment(&rollout);
        if rollout.is_complete() && !deployment.stored.deleting {
            self.forget_old_sets(&rollout);
        }
    }

    /// The deployment and its sets as they are now.
    fn rollout(&self, deployment: &Subject) -> Option<Rollout> {
        let deployment = self.subject(deployment.place())?;
        let kind = self.served("apps", "replicasets")?;
        let template = &deployment.spec()["template"];
        let (mut new, mut old) = (None, Vec::new());
        for set in self.controlled(&deployment, &kind) {
            if new.is_none() && same_template(&set.spec()["template"], template) {
                new = Some(set);
            } else {
                old.push(set);
            }
        }
        old.sort_by_key(revision_of);
        Some(Rollout { deployment, new, old })
    }

    fn roll(&mut self, rollout: &Rollout) {
        let busy = rollout.rolling().is_none() && rollout.old.iter().any(|set| !is_empty(set));
        if busy {
            for set in &rollout.old {
                self.resize_set(rollout, set, 0);
            }
            return;
        }
        let Some(new) = &rollout.new else {
            self.make_set(rollout);
            return;
        };
        self.note_revision(rollout, new);
        let has = new.wanted("replicas", 0);
        let wanted = rollout.wanted();
        let next = if has > wanted { wanted } else { rollout.room_for_new(has) };
        if next != has {
            self.resize_set(rollout, new, next);
            return;
        }
        self.shrink_old(rollout);
    }

    /// Makes the replica set of the present template.
    fn make_set(&mut self, rollout: &Rollout) {
        let Some(kind) = self.served("apps", "replicasets") else { return };
        let deployment = &rollout.deployment;
        let mut template = deployment.spec()["template"].clone();
        let hash = hash(&template);
        label(&mut template, [(HASH, hash.clone())]);
        let mut selector = deployment.spec()["selector"].clone();
        if !selector["matchLabels"].is_object() {
            selector["matchLabels"] = json!({});
        }
        selector["matchLabels"][HASH] = hash.clone().into();
        let mut spec = json!({
            "replicas": rollout.room_for_new(0), "selector": selector, "template": template,
        });
        let least = deployment.wanted("minReadySeconds", 0);
        if least > 0 {
            spec["minReadySeconds"] = least.into();
        }
        let name = format!("{}-{hash}", deployment.name());
        let mut set = json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "name": name, "labels": template["metadata"]["labels"],
                "ownerReferences": [deployment.as_controller()],
            },
            "spec": spec,
        });
        annotate_set(rollout, &mut set, rollout.next_revision());
        annotate(&mut set, rollout.size());
        if self.make(&kind, deployment, set).is_some() {
            self.announce_set(rollout, &name);
        }
    }

    /// A template that comes back is the newest revision again.
    fn note_revision(&mut self, rollout: &Rollout, new: &Subject) {
        let revision = revision_of(new).max(rollout.next_revision());
        let mut set = new.object.clone();
        annotate_set(rollout, &mut set, revision);
        let least = rollout.deployment.wanted("minReadySeconds", 0);
        match (least, set["spec"].as_object_mut()) {
            (0, Some(spec)) => drop(spec.remove("minReadySeconds")),
            (least, Some(spec)) => drop(spec.insert("minReadySeconds".to_owned(), least.into())),
            _ => {}
        }
        self.amend(new, set);
        if rollout.deployment.annotation(REVISION) != Some(&*revision.to_string()) {
            let mut object = rollout.deployment.object.clone();
            annotate(&mut object, [(REVISION, revision.to_string())]);
            self.report_status(&rollout.deployment, super::subject::CONTROLLERS, object);
        }
    }

    /// Gives a set its replicas, and lets it know the size it is part of.
    fn resize_set(&mut self, rollout: &Rollout, set: &Subject, replicas: i64) {
        let Some(now) = self.subject(set.place()) else { return };
        let mut object = now.object.clone();
        object["spec"]["replicas"] = replicas.into();
        annotate(&mut object, rollout.size());
        self.amend(&now, object);
    }

    /// A changed size goes to the only active set, or to the newest; the rest follows by rolling.
    fn resize(&mut self, rollout: &Rollout) {
        let active: Vec<&Subject> =
            rollout.sets().filter(|set| set.wanted("replicas", 0) > 0).collect();
        let newest = rollout.new.as_ref().or_else(|| rollout.old.last());
        let target = match active.as_slice() {
            [only] => Some(*only),
            _ => newest,
        };
        let Some(target) = target else { return };
        let others: i64 = active
            .iter()
            .filter(|set| set.stored.uid != target.stored.uid)
            .map(|set| set.wanted("replicas", 0))
            .sum();
        let room = (rollout.wanted() + rollout.surge() - others).clamp(0, rollout.wanted());
        self.resize_set(rollout, target, if others == 0 { rollout.wanted() } else { room });
        for set in active.iter().filter(|set| set.stored.uid != target.stored.uid) {
            self.resize_set(rollout, set, set.wanted("replicas", 0));
        }
    }

    /// Takes from the old sets what the deployment can spare: first what is not available anyway.
    fn shrink_old(&mut self, rollout: &Rollout) {
        let Some(new) = &rollout.new else { return };
        let least = rollout.wanted() - rollout.unavailable();
        let waiting = new.wanted("replicas", 0) - new.reported("availableReplicas");
        let mut spare = rollout.meant() - least - waiting;
        let mut available = rollout.reported("availableReplicas") - least;
        for set in &rollout.old {
            let has = set.wanted("replicas", 0);
            let unhealthy = (has - set.reported("availableReplicas")).clamp(0, spare.max(0));
            spare -= unhealthy;
            let healthy = (has - unhealthy).min(available).min(spare).max(0);
            available -= healthy;
            spare -= healthy;
            if unhealthy + healthy > 0 {
                self.resize_set(rollout, set, has - unhealthy - healthy);
            }
        }
    }

    /// Deletes the oldest empty sets beyond the history limit.
    fn forget_old_sets(&mut self, rollout: &Rollout) {
        let limit = rollout.deployment.wanted("revisionHistoryLimit", 10);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let empty = |set: &&Subject| is_empty(set) && !set.stored.deleting;
        let beyond = rollout.old.len().saturating_sub(limit);
        for set in rollout.old.iter().filter(empty).take(beyond) {
            self.discard(set);
        }
    }
}

fn is_empty(set: &Subject) -> bool {
    set.wanted("replicas", 0) == 0 && set.reported("replicas") == 0
}

fn revision_of(set: &Subject) -> i64 {
    set.annotation(REVISION).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// A replica set's template differs from its deployment's by the hash.
fn same_template(of_set: &Value, template: &Value) -> bool {
    let mut bare = of_set.clone();
    if let Some(labels) = bare["metadata"]["labels"].as_object_mut() {
        labels.remove(HASH);
    }
    bare == *template
}

/// What the deployment's annotations say, and the revision.
fn annotate_set(rollout: &Rollout, set: &mut Value, revision: i64) {
    const NOT_COPIED: [&str; 4] =
        ["kubectl.kubernetes.io/last-applied-configuration", REVISION, DESIRED, MAXIMUM];
    let own = rollout.deployment.object["metadata"]["annotations"].as_object();
    // Upstream never takes a copy back; a wish has to be, and is found at the deployment anyway.
    let copied = |key: &str| !NOT_COPIED.contains(&key) && !key.starts_with(wish::FATE);
    let own = own.into_iter().flatten().filter(|(key, _)| copied(key));
    annotate(set, own.map(|(key, value)| (key.as_str(), text(value))));
    annotate(set, [(REVISION, revision.to_string())]);
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
