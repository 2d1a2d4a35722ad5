//! A stand-in for the controllers, the scheduler and the kubelet that make workloads ready.
//!
//! The controllers act within the write that gives them something to do, as the collector does; what
//! takes time (a pod that starts, a volume that is provisioned) is put off by the delay, on the
//! server's clock. Each controller looks at what there is and takes the next step, so nothing has to
//! be remembered but when an object was first seen waiting.

mod claim;
mod daemon_set;
mod deployment;
mod job;
mod kubelet;
mod node;
mod replica_set;
mod replicas;
mod revision;
mod stateful_set;
mod subject;
mod wish;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::kind::Kind;
use crate::machine::Machine;
use crate::simulate::subject::Subject;
use crate::store::{Change, Event};

/// What the stand-in has in mind.
#[derive(Debug)]
pub(crate) struct Simulator {
    delay: Duration,
    /// Objects to look at: shelf and key.
    dirty: BTreeSet<Place>,
    /// Objects to look at again, and when.
    due: BTreeSet<(Timestamp, Place)>,
    /// By uid: since when an object waits for what takes time.
    since: HashMap<Box<str>, Timestamp>,
    /// The moment of the present round: what is begun together ends together.
    now: Timestamp,
    /// How many looks the present round has left, so that nobody waits long for their answer.
    looks: u32,
}

type Place = (usize, Arc<str>);

/// The looks of one round.
const LOOKS: u32 = 50_000;

/// Who looks after a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Claim,
    DaemonSet,
    Deployment,
    Job,
    Pod,
    ReplicaSet,
    StatefulSet,
}

impl Role {
    fn of(kind: &Kind) -> Option<Self> {
        match (&*kind.group, &*kind.kind) {
            ("", "PersistentVolumeClaim") => Some(Self::Claim),
            ("", "Pod") => Some(Self::Pod),
            ("apps", "DaemonSet") => Some(Self::DaemonSet),
            ("apps", "Deployment") => Some(Self::Deployment),
            ("apps", "ReplicaSet") => Some(Self::ReplicaSet),
            ("apps", "StatefulSet") => Some(Self::StatefulSet),
            ("batch", "Job") => Some(Self::Job),
            _ => None,
        }
    }
}

impl Simulator {
    pub(crate) fn new(delay: Duration) -> Self {
        Self {
            delay,
            dirty: BTreeSet::new(),
            due: BTreeSet::new(),
            since: HashMap::new(),
            now: Timestamp::UNIX_EPOCH,
            looks: 0,
        }
    }

    /// When there is something to do next.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let unfinished = (!self.dirty.is_empty()).then_some(self.now);
        unfinished.or_else(|| self.due.first().map(|(at, _)| *at))
    }

    /// Since when `uid` waits; from now on, if it did not yet.
    fn since(&mut self, uid: &str) -> Timestamp {
        *self.since.entry(uid.into()).or_insert(self.now)
    }

    fn later(&mut self, at: Timestamp, subject: &Subject) {
        self.due.insert((at, subject.place()));
    }

    fn next(&mut self) -> Option<Place> {
        self.looks = self.looks.checked_sub(1)?;
        self.dirty.pop_first()
    }

    /// Takes what is due by now.
    fn wake(&mut self) {
        while let Some((at, place)) = self.due.pop_first() {
            if at > self.now {
                self.due.insert((at, place));
                return;
            }
            self.dirty.insert(place);
        }
    }
}

impl Machine {
    /// When the simulator has something to do next.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.simulator.as_ref().and_then(Simulator::next_due)
    }

    /// Does what has become due since the last request.
    pub(crate) fn catch_up(&mut self) {
        let now = self.clock.now();
        if self.next_due().is_some_and(|due| due <= now) {
            self.settle();
        }
    }

    /// Looks at everything there is: after a restore, nothing is remembered.
    pub(crate) fn survey_workloads(&mut self) {
        let Some(simulator) = &mut self.simulator else { return };
        *simulator = Simulator::new(simulator.delay);
        let kinds: Vec<usize> = self
            .registry
            .stored_kinds()
            .filter(|kind| Role::of(kind).is_some())
            .map(|kind| kind.shelf)
            .collect();
        for shelf in kinds {
            let keys = self.store.scan(shelf, "").map(|object| (shelf, Arc::clone(object.key())));
            simulator.dirty.extend(keys);
        }
    }

    /// Notes whom an event concerns: the object itself, and who controls it.
    pub(crate) fn follow_workloads(&mut self, kind: &Kind, event: &Event) {
        if self.simulator.is_none() {
            return;
        }
        if event.change == Change::Deleted {
            self.forget_waiting(kind, event);
        }
        let mut concerned: Vec<Place> = Vec::new();
        if Role::of(kind).is_some() && event.change != Change::Deleted {
            concerned.push((kind.shelf, Arc::clone(event.object.key())));
        }
        let before = event.before.iter().flat_map(|before| before.owners.iter());
        for owner in event.object.owners.iter().chain(before) {
            let place = self.store.owner(owner).map(|(shelf, o)| (shelf, Arc::clone(o.key())));
            concerned.extend(place);
        }
        let before = event.before.as_deref();
        if Role::of(kind).is_some()
            && before.is_some_and(|b| wish::is_in(b) || wish::is_in(&event.object))
        {
            self.descendants(&event.object.uid, &mut concerned, 2);
        }
        if kind.is("", "Node") {
            concerned.extend(self.all_daemon_sets());
        }
        if let Some(simulator) = &mut self.simulator {
            simulator.dirty.extend(concerned);
        }
    }

    /// What an object controls, and what that controls: a changed wish concerns them too.
    fn descendants(&self, uid: &str, all: &mut Vec<Place>, levels: u32) {
        for (shelf, object) in self.store.dependents(uid) {
            if levels > 1 {
                self.descendants(&object.uid, all, levels - 1);
            }
            all.push((shelf, Arc::clone(object.key())));
        }
    }

    fn forget_waiting(&mut self, kind: &Kind, event: &Event) {
        if let Some(simulator) = &mut self.simulator {
            simulator.since.remove(&event.object.uid);
        }
        if kind.is("", "PersistentVolumeClaim") {
            self.release_volume(&event.object);
        }
    }

    /// Begins a round: what is due is looked at, and the time stands still meanwhile.
    pub(crate) fn begin_round(&mut self) {
        let now = self.clock.now();
        if let Some(simulator) = &mut self.simulator {
            simulator.now = now;
            simulator.looks = LOOKS;
            simulator.wake();
        }
    }

    /// Lets one controller look at one object; false when there is none to look at.
    pub(crate) fn simulate_one(&mut self) -> bool {
        let Some(place) = self.simulator.as_mut().and_then(Simulator::next) else { return false };
        let Some(subject) = self.subject(place) else { return true };
        match Role::of(&subject.kind) {
            Some(Role::Claim) => self.bind_claim(&subject),
            Some(Role::DaemonSet) => self.run_daemon_set(&subject),
            Some(Role::Deployment) => self.roll_deployment(&subject),
            Some(Role::Job) => self.run_job(&subject),
            Some(Role::Pod) => self.run_pod(&subject),
            Some(Role::ReplicaSet) => self.fill_replica_set(&subject),
            Some(Role::StatefulSet) => self.run_stateful_set(&subject),
            None => {}
        }
        true
    }

    /// The moment of the present round.
    fn round(&self) -> Timestamp {
        self.simulator.as_ref().map_or_else(|| self.clock.now(), |simulator| simulator.now)
    }

    /// Looks at `subject` again at a later time.
    fn look_again(&mut self, at: Timestamp, subject: &Subject) {
        if let Some(simulator) = &mut self.simulator {
            simulator.later(at, subject);
        }
    }

    /// When `subject`'s waiting ends: `delay` after it began, which is now if it did not wait yet.
    fn ends_waiting(&mut self, subject: &Subject, delay: Option<Duration>) -> Timestamp {
        let Some(simulator) = &mut self.simulator else { return Timestamp::MAX };
        let delay = delay.unwrap_or(simulator.delay);
        let since = simulator.since(&subject.stored.uid);
        let delay = SignedDuration::try_from(delay).unwrap_or(SignedDuration::MAX);
        since.checked_add(delay).unwrap_or(Timestamp::MAX)
    }

    /// Its waiting begins anew when it next waits.
    fn stops_waiting(&mut self, subject: &Subject) {
        if let Some(simulator) = &mut self.simulator {
            simulator.since.remove(&subject.stored.uid);
        }
    }
}

/// Seconds, as statuses spell times.
fn seconds(at: Timestamp) -> String {
    let whole =
        jiff::TimestampRound::new().smallest(jiff::Unit::Second).mode(jiff::RoundMode::Trunc);
    at.round(whole).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// A status without the members that Go leaves out when they are zero.
fn counts(pairs: &[(&str, i64)]) -> BTreeMap<String, serde_json::Value> {
    let kept = pairs.iter().filter(|(_, count)| *count != 0);
    kept.map(|(name, count)| ((*name).to_owned(), (*count).into())).collect()
}
