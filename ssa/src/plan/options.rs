//! How a set is to be planned and applied.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::{FieldManager, IgnoreRule, TakeOver};

/// What is done about an object that names another owner.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Others {
    /// It becomes ours, as with Flux; the plan says whose it was.
    #[default]
    Take,
    /// It is an error that names both.
    Refuse,
}

/// How a set is to be planned and applied. Every default is what Flux does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlanOptions {
    pub(crate) recreate_immutable: bool,
    pub(crate) ignore: Vec<IgnoreRule>,
    pub(crate) take_over: TakeOver,
    pub(crate) migrate_versions: bool,
    pub(crate) others: Others,
    pub(crate) first_kinds: BTreeSet<(String, String)>,
    pub(crate) stage_limit: Duration,
}

impl PlanOptions {
    /// The defaults of an applier of that name: it takes over what it wrote before it applied.
    pub fn for_manager(manager: &FieldManager) -> Self {
        Self {
            recreate_immutable: false,
            ignore: Vec::new(),
            take_over: TakeOver::flux(manager.as_str()),
            migrate_versions: false,
            others: Others::Take,
            first_kinds: BTreeSet::new(),
            stage_limit: Duration::from_secs(60),
        }
    }

    /// Deletes and creates any object that cannot be changed as wanted. By default, only those that ask
    /// for it.
    #[must_use]
    #[doc(alias = "Force")]
    pub fn recreate_immutable(mut self, yes: bool) -> Self {
        self.recreate_immutable = yes;
        self
    }

    /// Leaves fields to others.
    #[must_use]
    #[doc(alias = "DriftIgnoreRules")]
    pub fn ignore(mut self, rules: impl IntoIterator<Item = IgnoreRule>) -> Self {
        self.ignore = rules.into_iter().collect();
        self
    }

    /// Takes over other managers' fields than Flux does.
    #[must_use]
    #[doc(alias = "Cleanup")]
    pub fn take_over(mut self, what: TakeOver) -> Self {
        self.take_over = what;
        self
    }

    /// Brings the managed fields of an object, everybody's, to the version that is applied. By default
    /// they stay in the version they were written in.
    ///
    /// The server refuses an apply with "field not declared in schema" when a new version of a kind has
    /// a field with a default, and somebody wrote the object in an older version without that field.
    /// Such an object is asked about at its stage only, when its managed fields were rewritten.
    #[must_use]
    #[doc(alias = "MigrateAPIVersion")]
    pub fn migrate_versions(mut self, yes: bool) -> Self {
        self.migrate_versions = yes;
        self
    }

    /// What is done about an object that names another owner.
    #[must_use]
    pub fn others(mut self, others: Others) -> Self {
        self.others = others;
        self
    }

    /// Applies these groups and kinds before the rest.
    #[must_use]
    #[doc(alias = "CustomStageKinds")]
    pub fn first_kinds<G: Into<String>, K: Into<String>>(
        mut self,
        kinds: impl IntoIterator<Item = (G, K)>,
    ) -> Self {
        self.first_kinds =
            kinds.into_iter().map(|(group, kind)| (group.into(), kind.into())).collect();
        self
    }

    /// How long definitions and classes may take to be usable, and a deleted object to be gone: 60 s
    /// unless set.
    #[must_use]
    #[doc(alias = "WaitTimeout")]
    pub fn stage_limit(mut self, limit: Duration) -> Self {
        self.stage_limit = limit;
        self
    }
}
