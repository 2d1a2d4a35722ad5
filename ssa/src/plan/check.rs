//! What the server says about one object, and what follows from it.

use gotk_kstatus::{Readers, Status};
use jiff::Timestamp;
use serde_json::Value;

use super::warm::Lists;
use super::{Item, Others, PlanOptions, Write};
use crate::cluster::{Precise, Run, code};
use crate::ignore::IgnoreRules;
use crate::{Action, Applier, Change, Error, Note, compare, immutable, object, ownership};

/// Asks the server about the objects of one set.
pub(crate) struct Checker<'p> {
    applier: &'p Applier,
    options: &'p PlanOptions,
    rules: IgnoreRules,
    lists: Lists,
}

/// What an answer is worth beside the live object.
enum Compared {
    Verdict(Box<Verdict>),
    /// The object was deleted since.
    Gone,
    /// The object was changed since: the answer is about another one.
    Outdated,
}

/// How often the server is asked about an object that others change all the time.
const ATTEMPTS: u32 = 3;

/// What follows from the server's answer.
pub(crate) struct Verdict {
    pub(crate) change: Change,
    pub(crate) write: Option<Write>,
    pub(crate) settled: bool,
}

impl<'p> Checker<'p> {
    pub(crate) fn new(
        applier: &'p Applier,
        options: &'p PlanOptions,
        items: &[Item],
    ) -> Result<Self, Error> {
        let rules = IgnoreRules::read(&options.ignore)?;
        Ok(Self { applier, options, rules, lists: Lists::new(applier, items) })
    }

    pub(crate) async fn check(&self, item: &Item) -> Result<Verdict, Error> {
        let Some(desired) = &item.desired else { return Ok(Verdict::skip(item, Note::Excluded)) };
        let policies = &self.applier.policies;
        if policies.excludes(desired) {
            return Ok(Verdict::skip(item, Note::Excluded));
        }
        if policies.only_creates(desired)
            && let Some(live) = self.find(item).await?
        {
            let note = if policies.excludes(&live) { Note::Excluded } else { Note::IfNotPresent };
            return Ok(Verdict::skip(item, note));
        }
        let (cluster, manager) = (&self.applier.cluster, self.applier.manager.as_str());
        for attempt in 1.. {
            let verdict = match cluster.apply(&item.path(), desired, manager, Run::Dry).await {
                Err(error) => Some(self.refused(item, desired, error).await?),
                Ok(answer) if object::resource_version(&answer).is_empty() => None,
                Ok(answer) => {
                    let is_last = attempt == ATTEMPTS;
                    match self.compare(item, desired, &answer, is_last).await? {
                        Compared::Verdict(verdict) => Some(*verdict),
                        Compared::Gone => None,
                        Compared::Outdated => continue,
                    }
                }
            };
            return Ok(verdict.unwrap_or_else(|| Verdict::create(item)));
        }
        Ok(Verdict::create(item)) // the loop ends by returning only
    }

    /// The answer tells the result; what is there now is known, or read.
    async fn compare(
        &self,
        item: &Item,
        desired: &Value,
        answer: &Value,
        is_last: bool,
    ) -> Result<Compared, Error> {
        let verdict = |verdict| Ok(Compared::Verdict(Box::new(verdict)));
        let baselines = &self.applier.baselines;
        let print = baselines.print(answer);
        if baselines.of(item.id()).is_none() {
            self.lists.of(self.applier, item).await;
        }
        if baselines.of(item.id()) == Some(print) {
            return verdict(self.judge(item, desired, answer, answer)?);
        }
        let Some(live) = self.find(item).await? else { return Ok(Compared::Gone) };
        if object::resource_version(&live) != object::resource_version(answer) && !is_last {
            return Ok(Compared::Outdated);
        }
        baselines.note(item.id(), baselines.print(&live));
        let judged = self.judge(item, desired, &live, answer)?;
        if judged.change.action == Action::Keep && self.rules.of(answer).is_empty() {
            // The same answer about the same version will mean the same.
            baselines.note(item.id(), print);
        }
        verdict(judged)
    }

    fn judge(
        &self,
        item: &Item,
        desired: &Value,
        live: &Value,
        answer: &Value,
    ) -> Result<Verdict, Error> {
        let Applier { policies, manager, .. } = self.applier;
        if policies.excludes(live) {
            return Ok(Verdict::skip(item, Note::Excluded));
        }
        let mut change = Change::new(item.id().clone(), &item.change.version, Action::Keep);
        change.notes.extend(self.taken_from(item, live)?);
        let ignored = self.rules.of(answer);
        if !std::ptr::eq(live, answer) {
            change.fields = if ignored.is_empty() {
                compare::changes(live, answer)
            } else {
                compare::changes(&ignored.strip(live.clone()), &ignored.strip(answer.clone()))
            };
            if ignored.is_empty() && ownership::differs(live, answer, manager.as_str()) {
                change.notes.push(Note::Ownership);
            }
        }
        let merges = policies.merges(desired) || policies.merges(live);
        let take_over = match merges {
            true => None,
            false => self.options.take_over.patch(live, manager.as_str()),
        };
        if take_over.is_some() {
            change.notes.push(Note::TakenOver);
        }
        let differs = !change.fields.is_empty() || change.notes.contains(&Note::Ownership);
        let settled = is_settled(answer);
        if !differs && take_over.is_none() {
            return Ok(Verdict { change, write: None, settled });
        }
        change.action = Action::Configure;
        let payload =
            (!ignored.is_empty()).then(|| ignored.payload(desired, live, answer, manager.as_str()));
        let write = Some(Write { take_over, payload, recreate: None });
        Ok(Verdict { change, write, settled: false })
    }

    /// Whose the object was, if not ours.
    fn taken_from(&self, item: &Item, live: &Value) -> Result<Option<Note>, Error> {
        let Some(ours) = &self.applier.owner else { return Ok(None) };
        match ours.of(live).filter(|owner| owner != ours) {
            Some(owner) if self.options.others == Others::Refuse => {
                Err(Error::Owned { object: Box::new(item.id().clone()), owner: Box::new(owner) })
            }
            owner => Ok(owner.map(Note::TakenFrom)),
        }
    }

    /// What the server does not accept may be excused by the live object, or be a reason to replace it.
    async fn refused(
        &self,
        item: &Item,
        desired: &Value,
        error: kube::Error,
    ) -> Result<Verdict, Error> {
        let live = match code(&error) {
            0 | 404 => None,
            _ => self.find(item).await.unwrap_or_default(), // the refusal says more
        };
        let Some(live) = live else {
            return Err(Error::refused_with(item.id(), "dry-run", error, desired));
        };
        let policies = &self.applier.policies;
        if policies.excludes(&live) {
            return Ok(Verdict::skip(item, Note::Excluded));
        }
        let forced =
            self.options.recreate_immutable || policies.forces(desired) || policies.forces(&live);
        if forced && immutable::is_all_it_says(&error) {
            let mut verdict = Verdict::create(item);
            verdict.change.notes.extend(self.taken_from(item, &live)?);
            verdict.change.notes.push(Note::Recreate);
            let recreate = Some(Precise::of(&live));
            verdict.write = Some(Write { recreate, ..Write::default() });
            return Ok(verdict);
        }
        Err(Error::refused_with(item.id(), "dry-run", error, desired))
    }

    async fn find(&self, item: &Item) -> Result<Option<Value>, Error> {
        let found = self.applier.cluster.find(&item.path()).await;
        found.map_err(|error| Error::refused(item.id(), "read", error))
    }
}

impl Verdict {
    fn skip(item: &Item, note: Note) -> Self {
        let change = Change::new(item.id().clone(), &item.change.version, Action::Skip).note(note);
        Self { change, write: None, settled: true }
    }

    fn create(item: &Item) -> Self {
        let change = Change::new(item.id().clone(), &item.change.version, Action::Create);
        Self { change, write: Some(Write::default()), settled: false }
    }
}

pub(crate) fn is_settled(live: &Value) -> bool {
    Readers::flux().judge(live, Timestamp::now()).status == Status::Current
}
