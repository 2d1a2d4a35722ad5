//! Many conditions into one: the summary of an object, the aggregate of several.

use std::cmp::Ordering;

use super::{Condition, ConditionStatus, HasConditions, order};

/// How conditions are merged into one.
///
/// The most urgent group of conditions decides, in this order: abnormal ones that are `True`,
/// normal ones that are `False`, normal `True`, abnormal `False`, `Unknown`. If the polarity of that
/// group differs from the target's, the status is inverted. Reason and message come from the group's
/// first condition: in the order given to [`only`](Self::only), else in [`order`].
///
/// ```
/// use gotk_kstatus::conditions::{ConditionStatus, Merge, ObjectConditions};
/// use serde_json::json;
///
/// let repository = json!({ "status": { "conditions": [
///     { "type": "ArtifactInStorage", "status": "True", "reason": "Succeeded", "message": "stored" },
///     { "type": "FetchFailed", "status": "True", "reason": "GitOperationFailed", "message": "no route" },
/// ] } });
///
/// let merge = Merge::new().abnormal(["FetchFailed"]);
/// let ready = merge.summary(&ObjectConditions::read(&repository)?, "Ready").unwrap();
/// assert_eq!(ready.status, ConditionStatus::False);
/// assert_eq!(ready.message, "no route");
/// # Ok::<(), gotk_kstatus::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Merge {
    only: Option<Vec<String>>,
    abnormal: Vec<String>,
    count: bool,
    count_if_only: Option<Vec<String>>,
    steps: bool,
    steps_if_only: Option<Vec<String>>,
    origin: bool,
    origin_if_any: Vec<String>,
    latest_generation: bool,
}

impl Merge {
    /// Merges all conditions, all of them normal (`True` is good), with the message of the first.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at these types only. Their order says whose reason and message are taken.
    pub fn only<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.only = Some(owned(types));
        self
    }

    /// Says which types are abnormal: `True` is bad. The target may be one of them.
    #[doc(alias = "WithNegativePolarityConditions")]
    pub fn abnormal<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.abnormal = owned(types);
        self
    }

    /// Words the message of an aggregate as `2 of 3 Ready`: conditions in the deciding group, objects
    /// asked, type of the first condition.
    #[doc(alias = "WithCounter")]
    pub fn count(mut self) -> Self {
        self.count = true;
        self
    }

    /// Counts only if no condition beyond these types is merged.
    #[doc(alias = "WithCounterIfOnly")]
    pub fn count_if_only<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.count_if_only = Some(owned(types));
        self
    }

    /// Words the message as `2 of 3 completed`: normal conditions that are `True`, conditions there
    /// could be (objects, in an aggregate).
    #[doc(alias = "WithStepCounter")]
    pub fn steps(mut self) -> Self {
        self.steps = true;
        self
    }

    /// Counts steps of a summary only if no condition beyond these types is merged.
    #[doc(alias = "WithStepCounterIfOnly")]
    pub fn steps_if_only<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.steps_if_only = Some(owned(types));
        self
    }

    /// Adds to the reason where it comes from: `Failed @ GitRepository/web`.
    #[doc(alias = "WithSourceRef")]
    pub fn origin(mut self) -> Self {
        self.origin = true;
        self
    }

    /// Adds the origin in an aggregate if a condition of one of these types is merged.
    #[doc(alias = "WithSourceRefIf")]
    pub fn origin_if_any<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.origin_if_any = owned(types);
        self
    }

    /// Looks at the conditions with the highest observed generation only.
    pub fn latest_generation(mut self) -> Self {
        self.latest_generation = true;
        self
    }

    /// Sums the conditions of one object up as `target`. `None` if there is nothing to sum up;
    /// an existing `target` condition does not count.
    pub fn summary(&self, object: &dyn HasConditions, target: &str) -> Option<Condition> {
        let merged: Vec<_> =
            self.placed(object).filter(|placed| placed.condition.r#type != target).collect();
        let steps = self.steps && all_among(&merged, self.steps_if_only.as_deref());
        let total = match (steps, &self.steps_if_only, &self.only) {
            (false, ..) => 0,
            (true, Some(types), _) | (true, None, Some(types)) => types.len(),
            (true, None, None) => merged.len(),
        };
        let wording = if steps { Wording::Steps } else { self.wording(self.count) };
        self.merge(merged, target, wording, total, self.origin)
    }

    /// Merges the conditions of many objects as `target`. `None` if none has any.
    pub fn aggregate(&self, objects: &[&dyn HasConditions], target: &str) -> Option<Condition> {
        let merged: Vec<_> = objects.iter().flat_map(|object| self.placed(*object)).collect();
        let count = self.count && all_among(&merged, self.count_if_only.as_deref());
        let origin = self.origin
            || merged.iter().any(|placed| self.origin_if_any.contains(&placed.condition.r#type));
        let wording = if self.steps { Wording::Steps } else { self.wording(count) };
        self.merge(merged, target, wording, objects.len(), origin)
    }

    const fn wording(&self, count: bool) -> Wording {
        if count { Wording::Count } else { Wording::First }
    }

    fn placed<'a>(&self, object: &'a dyn HasConditions) -> impl Iterator<Item = Placed<'a>> {
        object
            .conditions()
            .iter()
            .filter(|condition| self.only.as_ref().is_none_or(|it| it.contains(&condition.r#type)))
            .map(move |condition| Placed { condition, object })
    }

    fn merge(
        &self,
        mut merged: Vec<Placed<'_>>,
        target: &str,
        wording: Wording,
        total: usize,
        origin: bool,
    ) -> Option<Condition> {
        if self.latest_generation {
            let latest = generations(&merged).max().unwrap_or(0).max(0);
            merged.retain(|placed| placed.condition.observed_generation == latest);
        }
        let group = self.most_urgent(&merged)?;
        let first = self.preferred(&group)?;
        let message = match wording {
            Wording::First => first.condition.message.clone(),
            Wording::Count => format!("{} of {total} {}", group.len(), group[0].condition.r#type),
            Wording::Steps => format!("{} of {total} completed", self.done(&merged)),
        };
        let reason =
            if origin { first.reason_with_origin() } else { first.condition.reason.clone() };
        let status = first.condition.status;
        let same_polarity = self.is_abnormal(&first.condition.r#type) == self.is_abnormal(target);
        let status = if same_polarity { status } else { status.inverted() };
        Some(Condition::new(target, status, reason, message))
    }

    /// The conditions that decide, sorted. Normal and abnormal `Unknown` are equally urgent, but not
    /// one group: that of the condition listed first decides.
    fn most_urgent<'a>(&self, merged: &[Placed<'a>]) -> Option<Vec<Placed<'a>>> {
        let group_of = |placed: &Placed<'_>| {
            let condition = placed.condition;
            (self.urgency(condition), self.is_abnormal(&condition.r#type))
        };
        let first = merged.iter().min_by_key(|placed| group_of(placed).0)?;
        let deciding = group_of(first);
        let mut group: Vec<_> =
            merged.iter().copied().filter(|it| group_of(it) == deciding).collect();
        group.sort_by(Placed::order);
        Some(group)
    }

    fn urgency(&self, condition: &Condition) -> u8 {
        match (condition.status, self.is_abnormal(&condition.r#type)) {
            (ConditionStatus::True, true) => 0,
            (ConditionStatus::False, false) => 1,
            (ConditionStatus::True, false) => 2,
            (ConditionStatus::False, true) => 3,
            (ConditionStatus::Unknown, _) => 4,
        }
    }

    fn is_abnormal(&self, r#type: &str) -> bool {
        self.abnormal.iter().any(|it| it == r#type)
    }

    /// The condition whose words are taken.
    fn preferred<'a>(&self, group: &[Placed<'a>]) -> Option<Placed<'a>> {
        let of_type = |name: &String| group.iter().find(|it| it.condition.r#type == *name).copied();
        self.only.iter().flatten().find_map(of_type).or_else(|| group.first().copied())
    }

    fn done(&self, merged: &[Placed<'_>]) -> usize {
        merged.iter().filter(|placed| self.urgency(placed.condition) == 2).count()
    }
}

#[derive(Clone, Copy)]
enum Wording {
    First,
    Count,
    Steps,
}

/// A condition and the object it belongs to.
#[derive(Clone, Copy)]
struct Placed<'a> {
    condition: &'a Condition,
    object: &'a dyn HasConditions,
}

impl Placed<'_> {
    /// Conditions of one type are listed by the names of their objects.
    fn order(&self, other: &Self) -> Ordering {
        if self.condition.r#type == other.condition.r#type {
            self.object.origin().name.cmp(&other.object.origin().name)
        } else {
            order(self.condition, other.condition)
        }
    }

    fn reason_with_origin(&self) -> String {
        let reason = &self.condition.reason;
        if reason.contains('@') {
            return reason.clone();
        }
        let origin = self.object.origin();
        format!("{reason} @ {}/{}", origin.kind, origin.name)
    }
}

fn generations<'a>(merged: &'a [Placed<'_>]) -> impl Iterator<Item = i64> + use<'a> {
    merged.iter().map(|placed| placed.condition.observed_generation)
}

fn all_among(merged: &[Placed<'_>], types: Option<&[String]>) -> bool {
    types.is_none_or(|types| merged.iter().all(|it| types.contains(&it.condition.r#type)))
}

fn owned<T: Into<String>>(types: impl IntoIterator<Item = T>) -> Vec<String> {
    types.into_iter().map(Into::into).collect()
}
