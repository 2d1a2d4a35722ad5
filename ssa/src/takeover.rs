//! Fields that others left behind become ours.

use std::borrow::Cow;

use gotk_merge::{Entry, Operation};
use serde_json::{Value, json};

use crate::answer::Glance;

/// A manager by its name, whose fields are taken over.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct OtherManager {
    /// Its name, or the beginning of it.
    pub name: String,
    /// Whether the name is all of it.
    pub exact: bool,
    /// How it wrote.
    pub operation: Operation,
}

impl OtherManager {
    /// Every manager whose name begins like this.
    pub fn beginning(name: impl Into<String>, operation: Operation) -> Self {
        Self { name: name.into(), exact: false, operation }
    }

    /// The manager of this name.
    pub fn named(name: impl Into<String>, operation: Operation) -> Self {
        Self { name: name.into(), exact: true, operation }
    }

    fn is(&self, entry: &gotk_merge::Manager) -> bool {
        entry.operation == self.operation
            && entry.subresource.is_empty()
            && if self.exact {
                entry.name == *self.name
            } else {
                entry.name.starts_with(&self.name)
            }
    }
}

/// What other tools leave on objects, and is removed or becomes ours before we apply.
///
/// Without it, a field that `kubectl` wrote once would stay for ever: nobody applies it any more,
/// and nobody removes it. Objects with the `Merge` policy are left as they are.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct TakeOver {
    /// Annotations that are removed.
    pub annotations: Vec<String>,
    /// Labels that are removed.
    pub labels: Vec<String>,
    /// Managers whose fields become ours. Their entries for subresources are left alone.
    pub managers: Vec<OtherManager>,
}

impl TakeOver {
    /// What Flux takes over: all that `kubectl` wrote, what was there before the first apply, and what
    /// `controller` wrote before it applied.
    pub fn flux(controller: &str) -> Self {
        let annotations = [
            "kubectl.kubernetes.io/last-applied-configuration",
            "kustomize.toolkit.fluxcd.io/checksum",
            "fluxcd.io/sync-checksum",
        ];
        Self {
            annotations: annotations.map(str::to_owned).to_vec(),
            labels: vec!["fluxcd.io/sync-gc-mark".to_owned()],
            managers: vec![
                OtherManager::beginning("kubectl", Operation::Apply),
                OtherManager::beginning("kubectl", Operation::Update),
                OtherManager::beginning("before-first-apply", Operation::Update),
                OtherManager::beginning(controller, Operation::Update),
            ],
        }
    }

    /// The steps of a JSON patch that remove annotations and labels from a live object.
    pub(crate) fn removals(&self, live: &Value) -> Vec<Value> {
        let mut steps = Vec::new();
        for (place, keys) in [("annotations", &self.annotations), ("labels", &self.labels)] {
            let there = |key: &&String| live["metadata"][place].get(key.as_str()).is_some();
            let remove = |key: &String| {
                let key = key.replace('~', "~0").replace('/', "~1");
                json!({"op": "remove", "path": format!("/metadata/{place}/{key}")})
            };
            steps.extend(keys.iter().filter(there).map(remove));
        }
        steps
    }

    /// Whether a closer look at a live object may find something to take over. Never a wrong no.
    pub(crate) fn may_concern(&self, live: &Glance<'_>, ours: &str) -> bool {
        let removed = |keys: &[String], of: &[(Cow<'_, str>, Cow<'_, str>)]| {
            of.iter().any(|(name, _)| keys.iter().any(|key| key == name))
        };
        let is_other = |it: &crate::answer::Manager<'_>| {
            !(it.name == ours && it.operation == "Apply")
                && self.managers.iter().any(|other| it.name.starts_with(&other.name))
        };
        removed(&self.annotations, &live.annotations)
            || removed(&self.labels, &live.labels)
            || live.managers.iter().any(is_other)
    }

    /// Puts what the others own into our entry, and tells whether there was any of it.
    pub(crate) fn take(&self, entries: &mut Vec<Entry>, ours: &str) -> bool {
        let is_ours = |entry: &Entry| {
            entry.manager.name == *ours
                && entry.manager.operation == Operation::Apply
                && entry.manager.subresource.is_empty()
        };
        let is_other =
            |entry: &Entry| !is_ours(entry) && self.managers.iter().any(|it| it.is(&entry.manager));
        let (others, mut kept): (Vec<_>, Vec<_>) =
            std::mem::take(entries).into_iter().partition(is_other);
        let at = kept.iter().position(is_ours);
        let first = at.map(|at| kept.remove(at)).or_else(|| others.first().cloned());
        let (Some(mut merged), taken) = (first, !others.is_empty()) else {
            *entries = kept;
            return false;
        };
        if taken {
            merged.manager.name = ours.into();
            merged.manager.operation = Operation::Apply;
        }
        for other in others {
            merged.fields = merged.fields.union(&other.fields);
        }
        kept.push(merged);
        *entries = kept;
        taken
    }
}
