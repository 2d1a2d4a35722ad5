//! How far the objects are that somebody waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gotk_kstatus::{Patience, Readers, Status, StatusSet, Verdict};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;

use crate::ObjectId;
use crate::apply::Target;
use crate::watch::Event;

/// The statuses of all objects, fed by several watches.
pub(super) struct State {
    set: Mutex<StatusSet<ObjectId>>,
    ready: Mutex<BTreeSet<ObjectId>>,
    patience: Patience,
    changed: Notify,
}

impl State {
    pub(super) fn new(targets: &[Target], patience: Patience) -> Self {
        let set = StatusSet::of(targets.iter().map(|target| target.id.clone()));
        let (set, ready) = (Mutex::new(set), Mutex::default());
        Self { set, ready, patience, changed: Notify::new() }
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.set().verdict(self.patience)
    }

    /// The next change after this call.
    pub(super) fn changed(&self) -> impl Future<Output = ()> + '_ {
        self.changed.notified()
    }

    pub(super) fn is_ready(&self, id: &ObjectId) -> bool {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    pub(super) fn failure(&self, verdict: Verdict) -> String {
        self.set().failure(verdict).to_string()
    }

    /// The objects that a failure is about.
    pub(super) fn unsettled(&self, verdict: Verdict) -> Vec<ObjectId> {
        let set = self.set();
        let named = |status| verdict == Verdict::Waiting || status == Status::Failed;
        let unsettled = set.unsettled().filter(|(_, status, _)| named(*status));
        unsettled.map(|(id, ..)| id.clone()).collect()
    }

    /// Who tells what one watch sees.
    pub(super) fn teller<'t>(&'t self, of: &[&'t Target], readers: &'t Readers) -> Teller<'t> {
        let awaited = of.iter().map(|target| (&target.id, target.is_job_with_ttl)).collect();
        Teller { state: self, awaited, readers, listed: BTreeSet::new() }
    }

    fn note(&self, id: &ObjectId, note: impl FnOnce(&mut StatusSet<ObjectId>) -> Status) {
        let status = note(&mut self.set());
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if status == Status::Current {
            ready.insert(id.clone());
        } else {
            ready.remove(id);
        }
        drop(ready);
        self.changed.notify_one();
    }

    fn set(&self) -> MutexGuard<'_, StatusSet<ObjectId>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells a state what one watch sees.
pub(super) struct Teller<'t> {
    state: &'t State,
    /// With whether it may go when it is done.
    awaited: BTreeMap<&'t ObjectId, bool>,
    readers: &'t Readers,
    listed: BTreeSet<ObjectId>,
}

impl Teller<'_> {
    pub(super) fn tell(&mut self, event: Event<'_>) {
        match event {
            Event::Listing => self.listed.clear(),
            Event::There(live) => self.there(live),
            Event::Gone(live) => {
                let id = ObjectId::of(live);
                if let Some(may_go) = self.awaited.get(&id) {
                    self.absent(&id, *may_go);
                }
            }
            Event::Listed => {
                let missing = self.awaited.iter().filter(|(id, _)| !self.listed.contains(**id));
                missing.for_each(|(id, may_go)| self.absent(id, *may_go));
                self.listed = BTreeSet::new();
            }
        }
    }

    fn there(&mut self, live: &Value) {
        let id = ObjectId::of(live);
        if !self.awaited.contains_key(&id) {
            return;
        }
        let report = self.readers.judge(live, Timestamp::now());
        self.state.note(&id, |set| {
            set.observe(id.clone(), live, &report);
            report.status
        });
        self.listed.insert(id);
    }

    /// A Job with a time to live that is gone was done, or else it would still be there.
    fn absent(&self, id: &ObjectId, may_go: bool) {
        let status = if may_go { Status::Current } else { Status::NotFound };
        self.state.note(id, |set| {
            set.note(id.clone(), status);
            status
        });
    }
}

#[cfg(test)]
pub(crate) mod tests;
