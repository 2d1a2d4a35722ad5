//! How far the objects are that somebody waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gotk_kstatus::{Patience, Readers, Status, StatusSet, Verdict};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;

use super::OnChange;
use crate::ObjectId;
use crate::apply::Target;
use crate::watch::Event;

/// The statuses of all objects, fed by several watches.
pub(super) struct State {
    set: Mutex<StatusSet<ObjectId>>,
    /// What was last seen of each, so that a change is told once.
    last: Mutex<BTreeMap<ObjectId, Status>>,
    patience: Patience,
    on_change: Option<OnChange>,
    changed: Notify,
}

impl State {
    pub(super) fn new(targets: &[Target], patience: Patience, on_change: Option<OnChange>) -> Self {
        let set = StatusSet::of(targets.iter().map(|target| target.id.clone()));
        let (set, last) = (Mutex::new(set), Mutex::default());
        Self { set, last, patience, on_change, changed: Notify::new() }
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.set().verdict(self.patience)
    }

    /// The next change after this call.
    pub(super) fn changed(&self) -> impl Future<Output = ()> + '_ {
        self.changed.notified()
    }

    pub(super) fn is_ready(&self, id: &ObjectId) -> bool {
        self.last().get(id) == Some(&Status::Current)
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

    fn note(&self, id: &ObjectId, status: Status, words: &dyn Display) {
        let before = self.last().insert(id.clone(), status);
        if let Some(tell) = self.on_change.as_ref().filter(|_| before != Some(status)) {
            tell(id, status, words);
        }
        self.changed.notify_one();
    }

    fn last(&self) -> MutexGuard<'_, BTreeMap<ObjectId, Status>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.state.set().observe(id.clone(), live, &report);
        self.state.note(&id, report.status, &report.message);
        self.listed.insert(id);
    }

    /// A Job with a time to live that is gone was done, or else it would still be there.
    fn absent(&self, id: &ObjectId, may_go: bool) {
        let status = if may_go { Status::Current } else { Status::NotFound };
        self.state.set().note(id.clone(), status);
        self.state.note(id, status, &"");
    }
}

#[cfg(test)]
pub(crate) mod tests;
