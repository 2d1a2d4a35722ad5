//! What is done to an object, and to which fields.

use std::fmt;

use serde_json::Value;

use crate::{ObjectId, Owner};

/// What happens, or happened, to an object.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Action {
    /// It is not there yet, or has to make room for another of its name.
    Create,
    /// It is there and differs.
    Configure,
    /// It is there and as it should be.
    Keep,
    /// It is left alone, as somebody asked for.
    Skip,
    /// It is not wanted any more.
    Delete,
}

impl Action {
    /// The word Flux's logs and events use: `created`, `configured`, `unchanged`, `skipped`, `deleted`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Configure => "configured",
            Self::Keep => "unchanged",
            Self::Skip => "skipped",
            Self::Delete => "deleted",
        }
    }

    /// Whether the cluster is not as before.
    pub const fn is_change(self) -> bool {
        matches!(self, Self::Create | Self::Configure | Self::Delete)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A remark to an action: why, or how.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// It says that it wants no reconciliation, or none by this policy.
    Excluded,
    /// It exists, and is only to be created.
    IfNotPresent,
    /// It must be deleted first, for fields that cannot change.
    Recreate,
    /// Its kind, its namespace or its definition is changed by the same set: the server is asked when
    /// that is done.
    Deferred,
    /// It named another owner.
    TakenFrom(Owner),
    /// Fields that other managers or tools left behind become ours.
    TakenOver,
    /// Its managed fields are brought to the version that is applied.
    Migrated,
    /// Our part of its managed fields is missing or differs.
    Ownership,
    /// It does not carry our labels.
    Foreign,
    /// It says that it is not to be deleted.
    PruneDisabled,
    /// Its kind is protected.
    Protected,
    /// Deletion was asked for with a policy that leaves objects.
    Orphaned,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TakenFrom(owner) => write!(f, "taken from {owner}"),
            Self::Excluded => f.write_str("reconciliation is disabled"),
            Self::IfNotPresent => f.write_str("exists already"),
            Self::Recreate => f.write_str("deleted first: a field is immutable"),
            Self::Deferred => f.write_str("checked when what it needs is there"),
            Self::TakenOver => f.write_str("fields of other managers are taken over"),
            Self::Migrated => f.write_str("its managed fields change their version"),
            Self::Ownership => f.write_str("ownership is restored"),
            Self::Foreign => f.write_str("belongs to another"),
            Self::PruneDisabled => f.write_str("pruning is disabled"),
            Self::Protected => f.write_str("its kind is protected"),
            Self::Orphaned => f.write_str("left in the cluster"),
        }
    }
}

/// A field that differs between the live object and the result. Values of Secrets are masked.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FieldChange {
    /// Where: `.spec.replicas`, `.spec.containers[name="app"].image`.
    pub path: String,
    /// The live value, where there is one.
    pub before: Option<Value>,
    /// The value afterwards, where there is one.
    pub after: Option<Value>,
}

/// An object and what happens to it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// Which object.
    pub object: ObjectId,
    /// The version of its kind, within the group.
    pub version: String,
    /// What happens.
    pub action: Action,
    /// Why, or how.
    pub notes: Vec<Note>,
    /// What differs, for [`Action::Configure`].
    pub fields: Vec<FieldChange>,
}

impl Change {
    pub(crate) fn new(object: ObjectId, version: &str, action: Action) -> Self {
        let version = version.to_owned();
        Self { object, version, action, notes: Vec::new(), fields: Vec::new() }
    }

    pub(crate) fn note(mut self, note: Note) -> Self {
        self.notes.push(note);
        self
    }

    pub(crate) fn changes_kinds(&self) -> bool {
        self.action.is_change() && self.object.kind == "CustomResourceDefinition"
    }

    /// Whether it has to wait for others of its set.
    pub fn is_deferred(&self) -> bool {
        self.notes.contains(&Note::Deferred)
    }
}

/// `Deployment/shop/web configured`
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.object, self.action)
    }
}

/// What was done, in the order of the set.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ChangeSet {
    /// An entry an object.
    pub changes: Vec<Change>,
}

impl ChangeSet {
    /// The entries.
    pub fn iter(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter()
    }

    /// How many objects had this done to them.
    pub fn count(&self, action: Action) -> usize {
        self.iter().filter(|change| change.action == action).count()
    }

    /// Whether the cluster is not as before.
    pub fn has_changes(&self) -> bool {
        self.iter().any(|change| change.action.is_change())
    }

    /// Whether a definition came, changed or went, so that other kinds are served than before.
    pub(crate) fn changes_kinds(&self) -> bool {
        self.iter().any(Change::changes_kinds)
    }

    /// What was done to an object.
    pub fn of(&self, object: &ObjectId) -> Option<&Change> {
        self.iter().find(|change| change.object == *object)
    }
}

/// A line an object.
impl fmt::Display for ChangeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|change| writeln!(f, "{change}"))
    }
}
