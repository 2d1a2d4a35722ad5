//! What the server says about one object, and what follows from it.

use futures::FutureExt;
use gotk_kstatus::{Readers, Status};
use jiff::Timestamp;
use serde_json::Value;

use super::warm::Lists;
use super::{Item, Others, PlanOptions, Todo, Write};
use crate::answer::Answer;
use crate::cluster::{Precise, Run, code};
use crate::ignore::IgnoreRules;
use crate::patience::may_pass;
use crate::touch_up::TouchUp;
use crate::{Action, Applier, Change, Error, Note, apply, compare, immutable, object, ownership};

/// Asks the server about the objects of one set.
pub(crate) struct Checker<'p> {
    applier: &'p Applier,
    options: &'p PlanOptions,
    rules: IgnoreRules,
    lists: Lists,
    /// Whether the stage has begun: what keeps the server from answering may be put right.
    may_write: bool,
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
    pub(crate) todo: Todo,
    pub(crate) settled: bool,
}

impl<'p> Checker<'p> {
    pub(crate) fn new(
        applier: &'p Applier,
        options: &'p PlanOptions,
        items: &[Item],
    ) -> Result<Self, Error> {
        let rules = IgnoreRules::read(&options.ignore)?;
        Ok(Self { applier, options, rules, lists: Lists::new(applier, items), may_write: false })
    }

    /// The stage of these items has begun.
    pub(crate) fn at_its_stage(mut self) -> Self {
        self.may_write = true;
        self
    }

    pub(crate) async fn check(&self, item: &Item) -> Result<Verdict, Error> {
        let Some(desired) = &item.desired else { return Ok(Verdict::skip(item, Note::Excluded)) };
        let policies = &self.applier.policies;
        if policies.excludes(desired) {
            return Ok(Verdict::skip(item, Note::Excluded));
        }
        if policies.only_creates(desired)
            && let Some(live) = self.find(item).boxed().await?
        {
            let note = if policies.excludes(&live) { Note::Excluded } else { Note::IfNotPresent };
            return Ok(Verdict::skip(item, note));
        }
        let (cluster, manager) = (&self.applier.cluster, self.applier.manager.as_str());
        let mut migrated = false;
        for attempt in 1.. {
            let is_last = attempt == ATTEMPTS;
            let verdict = match cluster.apply(&item.path(), desired, manager, Run::Dry).await {
                // What is rare has its own memory: the usual way is taken thousands of times.
                Err(error) => match self.outdated_managers(item, &error).boxed().await? {
                    Some(_) if self.may_write && is_last => {
                        Some(self.refused(item, desired, error).boxed().await?)
                    }
                    Some(touch_up) if self.may_write => {
                        apply::touch_up(self.applier, item, &touch_up.patch).boxed().await?;
                        migrated = true;
                        continue;
                    }
                    Some(touch_up) => Some(Verdict::later(item, touch_up)),
                    None => Some(self.refused(item, desired, error).boxed().await?),
                },
                Ok(answer) => match self.compare(item, desired, &answer, is_last).await? {
                    Compared::Verdict(verdict) => Some(*verdict),
                    Compared::Gone => None,
                    Compared::Outdated => continue,
                },
            };
            let verdict = verdict.unwrap_or_else(|| Verdict::create(item));
            return Ok(if migrated { verdict.migrated() } else { verdict });
        }
        Ok(Verdict::create(item)) // the loop ends by returning only
    }

    /// What makes an object acceptable whose managers wrote in a version without a field that the new
    /// version has by default.
    async fn outdated_managers(
        &self,
        item: &Item,
        error: &kube::Error,
    ) -> Result<Option<TouchUp>, Error> {
        if !self.options.migrate_versions || !is_undeclared(error) {
            return Ok(None);
        }
        let live = self.find(item).await?;
        let touch_up = live.and_then(|live| item.touch_up(self.applier, &live));
        Ok(touch_up.filter(|it| it.notes.contains(&Note::Migrated)))
    }

    /// The answer tells the result; what is there now is known, or read.
    async fn compare(
        &self,
        item: &Item,
        desired: &Value,
        answer: &Answer,
        is_last: bool,
    ) -> Result<Compared, Error> {
        let verdict = |verdict| Ok(Compared::Verdict(Box::new(verdict)));
        let unread = |error| Error::refused(item.id(), "dry-run", error);
        let (baselines, version) = (&self.applier.baselines, item.api_version());
        if answer.is_of_creation() {
            return Ok(Compared::Gone); // nothing was there
        }
        let mut known = baselines.of(item.id());
        let trace = item.trace(self.applier, answer);
        if trace.is_some() && known.is_some_and(|seen| seen.in_order == trace) {
            return verdict(Verdict::keep(item));
        }
        let glance = answer.glance().map_err(unread)?;
        if glance.resource_version.is_empty() {
            return Ok(Compared::Gone);
        }
        let print = baselines.print(version, &glance);
        if known.is_none() {
            self.lists.of(self.applier, item).boxed().await;
            known = baselines.of(item.id());
        }
        if known.is_some_and(|seen| seen.print == print) {
            if item.is_in_order(self.applier, &glance) {
                baselines.note(item.id(), print, trace);
                return verdict(Verdict::keep(item));
            }
            let answer = answer.value().map_err(unread)?;
            return verdict(self.judge(item, desired, &answer, &answer)?);
        }
        let Some(live) = self.read(item).boxed().await? else { return Ok(Compared::Gone) };
        let live_print = baselines.print(version, &live.glance().map_err(unread)?);
        let (live, answer) = (live.value().map_err(unread)?, answer.value().map_err(unread)?);
        if object::resource_version(&live) != object::resource_version(&answer) && !is_last {
            return Ok(Compared::Outdated);
        }
        baselines.note(item.id(), live_print, None);
        let judged = self.judge(item, desired, &live, &answer)?;
        if judged.change.action == Action::Keep && self.rules.of(&answer).is_empty() {
            // The same answer about the same version will mean the same.
            baselines.note(item.id(), print, None);
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
        let touch_up = item.touch_up(self.applier, live);
        let differs = !change.fields.is_empty() || change.notes.contains(&Note::Ownership);
        let settled = is_settled(answer);
        if !differs && touch_up.is_none() {
            return Ok(Verdict { change, todo: Todo::Nothing, settled });
        }
        change.action = Action::Configure;
        let payload =
            (!ignored.is_empty()).then(|| ignored.payload(desired, live, answer, manager.as_str()));
        let touch_up = touch_up.map(|it| {
            change.notes.extend(it.notes);
            it.patch
        });
        let todo = Todo::write(Write { touch_up, payload, recreate: None });
        Ok(Verdict { change, todo, settled: false })
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
            _ => match self.applier.cluster.find(&item.path()).await {
                Ok(live) => live,
                // What might excuse it is not known: not the last word.
                Err(unread) if may_pass(&unread) => {
                    return Err(Error::refused(item.id(), "read", unread));
                }
                Err(_) => None, // the refusal says more
            },
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
            verdict.todo = Todo::write(Write { recreate, ..Write::default() });
            return Ok(verdict);
        }
        Err(Error::refused_with(item.id(), "dry-run", error, desired))
    }

    async fn find(&self, item: &Item) -> Result<Option<Value>, Error> {
        let found = self.applier.cluster.find(&item.path()).await;
        found.map_err(|error| Error::refused(item.id(), "read", error))
    }

    async fn read(&self, item: &Item) -> Result<Option<Answer>, Error> {
        let found = self.applier.cluster.read(&item.path()).await;
        found.map_err(|error| Error::refused(item.id(), "read", error))
    }
}

impl Verdict {
    fn keep(item: &Item) -> Self {
        let change = Change::new(item.id().clone(), &item.change.version, Action::Keep);
        Self { change, todo: Todo::Nothing, settled: true }
    }

    fn skip(item: &Item, note: Note) -> Self {
        let change = Change::new(item.id().clone(), &item.change.version, Action::Skip).note(note);
        Self { change, todo: Todo::Nothing, settled: true }
    }

    /// The server answers when the live object is put right, which a plan does not do.
    fn later(item: &Item, touch_up: TouchUp) -> Self {
        let mut change = Change::new(item.id().clone(), &item.change.version, Action::Configure);
        change.notes = touch_up.notes;
        Self { change: change.note(Note::Deferred), todo: Todo::Ask, settled: false }
    }

    /// The live object was put right before the server answered so.
    fn migrated(mut self) -> Self {
        if self.change.action == Action::Keep {
            self.change.action = Action::Configure;
        }
        self.change.notes.push(Note::Migrated);
        self
    }

    fn create(item: &Item) -> Self {
        let change = Change::new(item.id().clone(), &item.change.version, Action::Create);
        Self { change, todo: Todo::write(Write::default()), settled: false }
    }
}

/// An apply names fields by the versions that managers wrote in; one of them does not have a field.
pub(crate) fn is_undeclared(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status)
        if status.code == 500 && status.message.contains("field not declared in schema"))
}

pub(crate) fn is_settled(live: &Value) -> bool {
    Readers::flux().judge(live, Timestamp::now()).status == Status::Current
}
