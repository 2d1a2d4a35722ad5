//! The trait that gives an object its conditions.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{
    Condition, ConditionStatus, MESSAGE_LIMIT, Merge, READY, RECONCILING, STALLED, order,
    trim_message,
};
use crate::time::whole_seconds;

/// An object with a generation and conditions.
///
/// Three methods are yours, the rest follows:
///
/// ```
/// use gotk_kstatus::conditions::{Condition, ConditionStatus, HasConditions, READY};
/// # use jiff::Timestamp;
///
/// #[derive(Default)]
/// struct App {
///     generation: i64,
///     conditions: Vec<Condition>,
/// }
///
/// impl HasConditions for App {
///     fn generation(&self) -> i64 {
///         self.generation
///     }
///     fn conditions(&self) -> &[Condition] {
///         &self.conditions
///     }
///     fn conditions_mut(&mut self) -> &mut Vec<Condition> {
///         &mut self.conditions
///     }
/// }
///
/// let now = Timestamp::UNIX_EPOCH;
/// let mut app = App { generation: 3, ..App::default() };
/// app.mark_reconciling("Progressing", "building the manifests", now);
/// app.set(Condition::new(READY, ConditionStatus::True, "Succeeded", "done"), now);
///
/// assert!(!app.is_ready(), "still reconciling");
/// app.remove("Reconciling");
/// assert!(app.is_ready());
/// assert_eq!(app.condition(READY).unwrap().observed_generation, 3);
/// ```
pub trait HasConditions {
    /// `metadata.generation`; 0 when the object has none.
    fn generation(&self) -> i64;

    /// The conditions.
    fn conditions(&self) -> &[Condition];

    /// The conditions, to be changed.
    fn conditions_mut(&mut self) -> &mut Vec<Condition>;

    /// Kind and name, for [`Merge::aggregate`], which can say where a reason comes from. Empty
    /// unless you provide it.
    fn origin(&self) -> Origin<'_> {
        Origin::default()
    }

    /// The condition of a type.
    fn condition(&self, r#type: &str) -> Option<&Condition> {
        self.conditions().iter().find(|condition| condition.r#type == r#type)
    }

    /// Whether the condition is there and `True`.
    fn is_true(&self, r#type: &str) -> bool {
        status(self.condition(r#type)) == Some(ConditionStatus::True)
    }

    /// Whether the condition is there and `False`.
    fn is_false(&self, r#type: &str) -> bool {
        status(self.condition(r#type)) == Some(ConditionStatus::False)
    }

    /// Whether the condition is `Unknown` or not there.
    fn is_unknown(&self, r#type: &str) -> bool {
        matches!(status(self.condition(r#type)), None | Some(ConditionStatus::Unknown))
    }

    /// Whether `Ready` is `True` and the object is neither reconciling nor stalled.
    fn is_ready(&self) -> bool {
        self.is_true(READY) && !self.is_reconciling() && !self.is_stalled()
    }

    /// Whether `Reconciling` is `True` and `Stalled` is not.
    fn is_reconciling(&self) -> bool {
        self.is_true(RECONCILING) && !self.is_true(STALLED)
    }

    /// Whether `Stalled` is `True` and `Reconciling` is not.
    fn is_stalled(&self) -> bool {
        self.is_true(STALLED) && !self.is_true(RECONCILING)
    }

    /// Whether `status.observedGeneration` may move to the current generation: the object is ready,
    /// or stalled and no retry will help. After a failure that may pass it has to stay behind, or
    /// waiters would take the old verdict for one about the new spec.
    fn may_observe_generation(&self) -> bool {
        self.is_ready() || self.is_stalled()
    }

    /// Sets a condition and sorts the list.
    ///
    /// The observed generation becomes the object's. The transition time becomes `now`, in whole
    /// seconds, if status, reason or message differ from what was there; else it stays. A condition
    /// of a new type keeps a transition time it brings along. Messages are cut at
    /// [`MESSAGE_LIMIT`] bytes.
    fn set(&mut self, mut condition: Condition, now: Timestamp) {
        let now = whole_seconds(now);
        condition.observed_generation = self.generation();
        condition.message = trim_message(condition.message, MESSAGE_LIMIT);
        let conditions = self.conditions_mut();
        match conditions.iter_mut().find(|existing| existing.r#type == condition.r#type) {
            Some(existing) => {
                let same = existing.same_state(&condition);
                condition.last_transition_time =
                    if same { existing.last_transition_time } else { Some(now) };
                *existing = condition;
            }
            None => {
                condition.last_transition_time.get_or_insert(now);
                conditions.push(condition);
            }
        }
        conditions.sort_by(order);
    }

    /// Removes the condition of a type, if it is there.
    fn remove(&mut self, r#type: &str) {
        self.conditions_mut().retain(|condition| condition.r#type != r#type);
    }

    /// Sets `Reconciling=True` and removes `Stalled`: work has begun.
    fn mark_reconciling(
        &mut self,
        reason: impl Into<String>,
        message: impl Into<String>,
        now: Timestamp,
    ) where
        Self: Sized,
    {
        self.remove(STALLED);
        self.set(Condition::new(RECONCILING, ConditionStatus::True, reason, message), now);
    }

    /// Sets `Stalled=True` and removes `Reconciling`: no retry will help.
    fn mark_stalled(
        &mut self,
        reason: impl Into<String>,
        message: impl Into<String>,
        now: Timestamp,
    ) where
        Self: Sized,
    {
        self.remove(RECONCILING);
        self.set(Condition::new(STALLED, ConditionStatus::True, reason, message), now);
    }

    /// Says how far a reconciliation is without taking back a `Ready` that still holds.
    ///
    /// `Reconciling` becomes `True`. `Ready` becomes `Unknown` with the same words only if it is
    /// missing or `Unknown`, or if the cluster has drifted from what `Ready` was said about.
    fn mark_progress(&mut self, progress: Progress, reason: &str, message: &str, now: Timestamp)
    where
        Self: Sized,
    {
        self.mark_reconciling(reason, message, now);
        if progress == Progress::Drifted || self.is_unknown(READY) {
            self.set(Condition::new(READY, ConditionStatus::Unknown, reason, message), now);
        }
    }

    /// Sets a condition that sums up the others; see [`Merge::summary`]. Without others, nothing
    /// changes.
    fn summarize(&mut self, target: &str, merge: &Merge, now: Timestamp)
    where
        Self: Sized,
    {
        if let Some(condition) = merge.summary(self, target) {
            self.set(condition, now);
        }
    }
}

/// What is known about the cluster while a reconciliation goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "either or")]
pub enum Progress {
    /// It is not known to differ from what `Ready` was said about.
    Checking,
    /// It differs.
    Drifted,
}

/// Kind and name of the object that a condition comes from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Origin<'a> {
    /// Kind.
    pub kind: Cow<'a, str>,
    /// Name.
    pub name: Cow<'a, str>,
}

impl<'a> Origin<'a> {
    /// An origin.
    pub fn new(kind: impl Into<Cow<'a, str>>, name: impl Into<Cow<'a, str>>) -> Self {
        Self { kind: kind.into(), name: name.into() }
    }
}

fn status(condition: Option<&Condition>) -> Option<ConditionStatus> {
    condition.map(|condition| condition.status)
}
