//! Writing what a plan found to differ.

mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::{FutureExt, StreamExt, stream};
use tokio::time::{Instant, sleep};

pub(crate) use self::write::touch_up;
use crate::cluster::Endpoint;
use crate::order::Stage;
use crate::plan::{CONCURRENCY, Checker, Item, Todo, Verdict, is_undeclared};
use crate::{Applier, ChangeSet, Error, Inventory, ObjectId, Plan};

/// A plan whose objects are in the inventory: it may be applied.
#[derive(Debug)]
#[must_use = "what is recorded is not yet applied"]
pub struct Recorded {
    pub(crate) plan: Plan,
    /// What the inventory listed when the plan was recorded.
    pub(crate) listed: Inventory,
}

impl Recorded {
    /// Writes what differs, stage by stage, and within a stage kind by kind.
    ///
    /// An object is written by a forced server-side apply. Before anything of a stage is written, all of
    /// it was accepted as a dry-run. Definitions and classes are waited for, by watch, before others
    /// use them.
    ///
    /// If it fails halfway, or the future is dropped, what was written stays. The inventory lists it;
    /// the next plan goes on from there.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] with what was done and why it stopped.
    #[doc(alias = "ApplyAllStaged")]
    pub async fn apply(self) -> Result<Applied, Error> {
        let listed = self.listed;
        let mut applied = Run::new(self.plan).apply().boxed().await?;
        applied.listed = listed;
        Ok(applied)
    }

    /// The plan.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// A set that is in the cluster as planned.
#[must_use = "objects that left the set are still there until they are pruned"]
pub struct Applied {
    pub(crate) applier: Applier,
    pub(crate) changes: ChangeSet,
    pub(crate) targets: Vec<Target>,
    /// What may be pruned, but for the set itself.
    pub(crate) listed: Inventory,
}

/// An object to be waited for.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) id: ObjectId,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) is_job_with_ttl: bool,
}

impl Target {
    fn of(item: &Item) -> Self {
        let (id, endpoint) = (item.id().clone(), Arc::clone(&item.endpoint));
        Self { id, endpoint, is_job_with_ttl: item.is_job_with_ttl }
    }
}

impl Applied {
    /// What was done to each object, in order.
    pub const fn changes(&self) -> &ChangeSet {
        &self.changes
    }

    /// The ids of the set.
    pub fn inventory(&self) -> Inventory {
        let entry = |change: &crate::Change| (change.object.clone(), change.version.clone());
        self.changes.iter().map(entry).collect()
    }
}

impl std::fmt::Debug for Applied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Applied")
            .field("objects", &self.changes.changes.len())
            .finish_non_exhaustive()
    }
}

/// An apply under way.
struct Run {
    plan: Plan,
    /// Which items are done, so that an error can tell.
    done: Vec<bool>,
}

impl Run {
    fn new(plan: Plan) -> Self {
        let done = vec![false; plan.items.len()];
        Self { plan, done }
    }

    async fn apply(mut self) -> Result<Applied, Error> {
        for stage in [Stage::Definitions, Stage::Classes, Stage::Custom, Stage::Rest] {
            if let Err(source) = self.stage(stage).await {
                let done = Box::new(self.changes());
                return Err(Error::Incomplete { done, source: Box::new(source) });
            }
        }
        let changes = self.changes();
        let awaited =
            self.plan.items.iter().filter(|item| item.change.action != crate::Action::Skip);
        let targets = awaited.map(Target::of).collect();
        let listed = Inventory::default();
        Ok(Applied { applier: self.plan.applier, changes, targets, listed })
    }

    fn changes(&self) -> ChangeSet {
        let done = self.plan.items.iter().zip(&self.done).filter(|(_, done)| **done);
        ChangeSet { changes: done.map(|(item, _)| item.change.clone()).collect() }
    }

    async fn stage(&mut self, stage: Stage) -> Result<(), Error> {
        let of_stage = |item: &&Item| item.stage == stage;
        let begin = self.plan.items.partition_point(|item| item.stage < stage);
        let end = begin + self.plan.items[begin..].iter().take_while(of_stage).count();
        self.ask(begin, end).await?;
        for index in begin..end {
            self.done[index] = matches!(self.plan.items[index].todo, Todo::Nothing);
        }
        let mut at = begin;
        while at < end {
            let rank = self.plan.items[at].rank;
            let same = |item: &&Item| item.rank == rank;
            let next = at + self.plan.items[at..end].iter().take_while(same).count();
            self.write(at, next).await?;
            at = next;
        }
        if stage.must_settle() {
            self.settle(begin, end).await?;
        }
        Ok(())
    }

    /// Asks about the items of a stage that could not be asked about before.
    async fn ask(&mut self, begin: usize, end: usize) -> Result<(), Error> {
        let Plan { applier, options, items, .. } = &self.plan;
        let checker = Checker::new(applier, options, &items[begin..end])?.at_its_stage();
        let waiting = (begin..end).filter(|index| matches!(items[*index].todo, Todo::Ask));
        let asked = stream::iter(waiting.map(|index| {
            let (checker, item) = (&checker, &items[index]);
            async move { (index, ask_until_served(checker, item).await) }.boxed()
        }));
        let answers: Vec<_> = asked.buffer_unordered(CONCURRENCY).collect().await;
        drop(checker);
        let mut failures = Vec::new();
        for (index, answer) in answers {
            match answer {
                Ok(verdict) => self.plan.items[index].settle(verdict),
                Err(error) => failures.push((index, error)),
            }
        }
        failures.sort_by_key(|(index, _)| *index);
        Error::of_all(failures.into_iter().map(|(_, error)| error).collect()).map_or(Ok(()), Err)
    }

    /// Writes the items of one kind. After a failure none is begun, but those under way are awaited.
    async fn write(&mut self, begin: usize, end: usize) -> Result<(), Error> {
        let Plan { applier, options, items, .. } = &self.plan;
        let failed = AtomicBool::new(false);
        let (failed, limit) = (&failed, options.stage_limit);
        let to_write = (begin..end).filter(|index| matches!(items[*index].todo, Todo::Write(_)));
        let writes = stream::iter(to_write.map(|index| {
            async move {
                if failed.load(Ordering::Relaxed) {
                    return (index, None);
                }
                let written = write::write(applier, &items[index], limit).await;
                failed.fetch_or(written.is_err(), Ordering::Relaxed);
                (index, Some(written))
            }
            .boxed()
        }));
        let answers: Vec<_> = writes.buffer_unordered(CONCURRENCY).collect().await;
        let mut failures = Vec::new();
        for (index, answer) in answers {
            match answer {
                Some(Ok(settled)) => {
                    self.done[index] = true;
                    let item = &mut self.plan.items[index];
                    (item.todo, item.desired, item.settled) = (Todo::Nothing, None, settled);
                }
                Some(Err(error)) => failures.push((index, error)),
                None => {}
            }
        }
        failures.sort_by_key(|(index, _)| *index);
        Error::of_all(failures.into_iter().map(|(_, error)| error).collect()).map_or(Ok(()), Err)
    }

    /// Waits until the items of a stage are as they should be.
    async fn settle(&self, begin: usize, end: usize) -> Result<(), Error> {
        let items = &self.plan.items[begin..end];
        let unsettled = items.iter().filter(|item| !item.settled);
        let targets: Vec<_> = unsettled.map(Target::of).collect();
        if !targets.is_empty() {
            let options = crate::ReadyOptions::new(self.plan.options.stage_limit);
            crate::ready::wait(&self.plan.applier, targets, options).await?;
        }
        if items.iter().any(|item| item.change.changes_kinds()) {
            self.plan.applier.discovery.expire(); // a version may be new, too
        }
        Ok(())
    }
}

/// A kind is served a moment after its definition says so, and a new field likewise.
async fn ask_until_served(checker: &Checker<'_>, item: &Item) -> Result<Verdict, Error> {
    let (begin, mut pause) = (Instant::now(), Duration::from_millis(50));
    loop {
        match checker.check(item).await {
            Err(error) if begin.elapsed() < UNSERVED && is_unserved(&error) => {
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
            answer => return answer,
        }
    }
}

/// The server does not know the path, which is another 404 than that of a missing object, or does
/// not know a field that the definition has by now: it was compared with that one.
fn is_unserved(error: &Error) -> bool {
    let Error::Refused { source, .. } = error else { return false };
    let unknown_path = source.status().is_some_and(|status| {
        status.code == 404 && status.details.as_ref().is_none_or(|it| it.name.is_empty())
    });
    unknown_path || is_undeclared(source.error())
}

const UNSERVED: Duration = Duration::from_secs(15);
