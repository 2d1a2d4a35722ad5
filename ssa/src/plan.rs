//! What must change, found out without writing anything.

mod check;
mod defer;
mod item;
mod options;
mod show;
mod warm;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::{FutureExt, StreamExt, stream};
use serde_json::Value;

pub(crate) use self::check::{Checker, Verdict, is_settled, is_undeclared};
use self::defer::Pending;
pub(crate) use self::item::{Item, Todo, Write};
pub use self::options::{Others, PlanOptions};
use crate::inventory::{self, Inventory, InventoryStore};
use crate::order::Stage;
use crate::{Applier, Change, Error, ObjectId, Recorded};

/// What must change in the cluster so that it holds a set of objects. Nothing is written yet.
///
/// Printed, it is a diff; `{:#}` lists what stays as it is too. Values of Secrets are masked.
#[must_use = "a plan changes nothing until it is recorded and applied"]
pub struct Plan {
    pub(crate) applier: Applier,
    pub(crate) options: Arc<PlanOptions>,
    pub(crate) items: Vec<Item>,
}

impl Plan {
    /// What happens to each object, in the order in which they are applied.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.items.iter().map(|item| &item.change)
    }

    /// Whether anything has to be written.
    pub fn has_changes(&self) -> bool {
        self.changes().any(|change| change.action.is_change())
    }

    /// The ids of the set, as they are recorded.
    pub fn inventory(&self) -> Inventory {
        self.changes().map(|change| (change.object.clone(), change.version.clone())).collect()
    }

    /// What an inventory lists beside the set: what a prune will delete, where it is still there and
    /// ours. Nothing is written, and the cluster is not asked.
    ///
    /// # Errors
    ///
    /// What the store says.
    pub async fn leaving(&self, inventory: &dyn InventoryStore) -> Result<Inventory, Error> {
        Ok(inventory.load().await?.inventory.difference(&self.inventory()))
    }

    /// Saves the ids of the set beside those that the inventory has, so that whatever is written can be
    /// found again, and returns what can be applied.
    ///
    /// If another process saves meanwhile, the union is made again on what that one saved. Nothing is
    /// saved when the inventory lists them all already.
    ///
    /// # Errors
    ///
    /// [`Error::Inventory`], [`Error::InventoryConflict`] or what else the store says. Nothing was
    /// written to the cluster then.
    pub async fn record(self, inventory: &dyn InventoryStore) -> Result<Recorded, Error> {
        let new = self.inventory();
        let listed = inventory::update(inventory, |stored| stored.union(&new)).await?;
        Ok(Recorded { plan: self, listed })
    }

    /// Tells, field by field, what an apply of one object changes, and whose the fields are.
    ///
    /// Reads the live object, and for a custom resource its definition; the rest is computed here.
    ///
    /// # Errors
    ///
    /// [`Error::Object`] when the object is not in the plan or stays as it is, [`Error::Refused`] when
    /// it cannot be read.
    pub async fn explain(&self, object: &ObjectId) -> Result<gotk_merge::Preview, Error> {
        show::explain(self, object).await
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("objects", &self.items.len()).finish_non_exhaustive()
    }
}

pub(crate) async fn plan(
    applier: Applier,
    objects: Vec<Value>,
    options: PlanOptions,
) -> Result<Plan, Error> {
    let options = Arc::new(options);
    let mut items = item::prepare(&applier, objects, &options).await?;
    let checker = Checker::new(&applier, &options, &items)?;

    let rest = items.partition_point(|item| item.change_stage() == Stage::Definitions);
    let first: BTreeSet<usize> = (0..rest).collect();
    check_all(&checker, &mut items, &first, &Pending::default()).await?;

    let pending = Pending::after(&items[..rest]);
    let mut others = BTreeSet::new();
    for (index, item) in items.iter_mut().enumerate().skip(rest) {
        match pending.reason_to_wait(item) {
            Some(action) => item.defer(action, &pending)?,
            None => drop(others.insert(index)),
        }
    }
    check_all(&checker, &mut items, &others, &pending).await?;
    drop(checker);
    Ok(Plan { applier, options, items })
}

/// Asks the server about some of the items at once.
async fn check_all(
    checker: &Checker<'_>,
    items: &mut [Item],
    which: &BTreeSet<usize>,
    pending: &Pending,
) -> Result<(), Error> {
    let asked = stream::iter(which.iter().copied().map(|index| {
        let item = &items[index];
        async move { (index, checker.check(item).await) }.boxed()
    }));
    let mut answers = asked.buffer_unordered(CONCURRENCY);
    let (mut verdicts, mut failures) = (Vec::with_capacity(which.len()), Vec::new());
    while let Some((index, answer)) = answers.next().await {
        match answer {
            Ok(verdict) => verdicts.push((index, verdict)),
            Err(error) => failures.push((index, error)),
        }
        if failures.len() >= MOST_FAILURES {
            break;
        }
    }
    drop(answers);
    for (index, verdict) in verdicts {
        items[index].settle(verdict);
    }
    failures.sort_by_key(|(index, _)| *index);
    let mut refused = Vec::new();
    for (index, error) in failures {
        match pending.excuse(&items[index], &error) {
            Some(action) => items[index].defer(action, pending)?,
            None => refused.push(error),
        }
    }
    Error::of_all(refused).map_or(Ok(()), Err)
}

/// More than the client sends at once: it knows better what the server can take.
pub(crate) const CONCURRENCY: usize = 64;

/// A person mends these first.
const MOST_FAILURES: usize = 20;
