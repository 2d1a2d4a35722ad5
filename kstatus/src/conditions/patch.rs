//! Three-way merge: our changes onto conditions that others may have changed too.

use jiff::Timestamp;

use super::{Condition, HasConditions};
use crate::error::Error;

/// What we changed between reading an object and writing it back.
///
/// ```
/// use gotk_kstatus::conditions::{ConditionStatus, HasConditions, ObjectConditions, Owned, Patch};
/// # use gotk_kstatus::conditions::Condition;
/// # use jiff::Timestamp;
/// use serde_json::json;
///
/// let now = Timestamp::UNIX_EPOCH;
/// let before = ObjectConditions::read(&json!({}))?;
/// let mut after = before.clone();
/// after.set(Condition::new("Ready", ConditionStatus::True, "Succeeded", "done"), now);
/// let patch = Patch::between(before.conditions(), after.conditions());
///
/// // Meanwhile somebody else has written a condition of theirs.
/// let mut latest = before.clone();
/// latest.set(Condition::new("Audited", ConditionStatus::True, "Passed", ""), now);
/// patch.apply(&mut latest, &Owned::none(), now)?;
/// assert!(latest.is_true("Ready") && latest.is_true("Audited"));
/// # Ok::<(), gotk_kstatus::Error>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Patch(Vec<Change>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Change {
    Add(Condition),
    Replace { before: Condition, after: Condition },
    Remove(Condition),
}

/// The condition types whose value is ours whatever others write.
#[derive(Clone, Debug)]
#[must_use]
pub struct Owned(Types);

#[derive(Clone, Debug)]
enum Types {
    All,
    These(Vec<String>),
}

impl Owned {
    /// Every type: our value always wins.
    pub const fn all() -> Self {
        Self(Types::All)
    }

    /// No type: every difference is a conflict.
    pub const fn none() -> Self {
        Self(Types::These(Vec::new()))
    }

    /// These types.
    pub fn these<T: Into<String>>(types: impl IntoIterator<Item = T>) -> Self {
        Self(Types::These(types.into_iter().map(Into::into).collect()))
    }

    fn holds(&self, r#type: &str) -> bool {
        match &self.0 {
            Types::All => true,
            Types::These(types) => types.iter().any(|it| it == r#type),
        }
    }
}

impl Patch {
    /// What has to change for `before` to become `after`: first what is new or different, then what
    /// is gone.
    pub fn between(before: &[Condition], after: &[Condition]) -> Self {
        let changed = after.iter().filter_map(|after| match find(before, &after.r#type) {
            None => Some(Change::Add(after.clone())),
            Some(before) if before == after => None,
            Some(before) => Some(Change::Replace { before: before.clone(), after: after.clone() }),
        });
        let gone = before
            .iter()
            .filter(|before| find(after, &before.r#type).is_none())
            .map(|before| Change::Remove(before.clone()));
        Self(changed.chain(gone).collect())
    }

    /// Whether nothing changed.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes the changes on the latest version of the object.
    ///
    /// Where another writer came to the same state, theirs is kept with its transition time.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if another writer changed or removed a condition that we do not own in a
    /// different way. `latest` is then as it was.
    pub fn apply<T: HasConditions>(
        &self,
        latest: &mut T,
        owned: &Owned,
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.is_empty() {
            return Ok(());
        }
        let untouched = latest.conditions().to_vec();
        for change in &self.0 {
            if let Err(error) = change.apply(latest, owned, now) {
                *latest.conditions_mut() = untouched;
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Change {
    fn apply(
        &self,
        latest: &mut impl HasConditions,
        owned: &Owned,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mine = owned.holds(&self.condition().r#type);
        let found = latest.condition(&self.condition().r#type);
        match (self, found) {
            (Self::Remove(before), Some(found)) if !mine && !found.same_state(before) => {
                return Err(conflict(before, "changed"));
            }
            (Self::Remove(before), _) => latest.remove(&before.r#type),
            (Self::Replace { after, .. }, None) if !mine => return Err(conflict(after, "removed")),
            (Self::Replace { before, .. }, Some(found)) if !mine && found != before => {
                return self.agreed(found);
            }
            (Self::Add(_), Some(found)) if !mine => return self.agreed(found),
            (Self::Add(after) | Self::Replace { after, .. }, _) => latest.set(after.clone(), now),
        }
        Ok(())
    }

    /// Another writer was faster: fine if they wrote what we would have.
    fn agreed(&self, found: &Condition) -> Result<(), Error> {
        let wanted = self.condition();
        if found.same_state(wanted) { Ok(()) } else { Err(conflict(wanted, "changed")) }
    }

    const fn condition(&self) -> &Condition {
        match self {
            Self::Add(after) | Self::Replace { after, .. } => after,
            Self::Remove(before) => before,
        }
    }
}

fn find<'a>(conditions: &'a [Condition], r#type: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.r#type == r#type)
}

fn conflict(condition: &Condition, change: &'static str) -> Error {
    Error::Conflict { condition: condition.r#type.clone(), change }
}
