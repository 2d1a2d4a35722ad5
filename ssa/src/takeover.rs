//! Fields that others left behind become ours.

use gotk_merge::{ManagedFields, Operation};
use serde_json::{Value, json};

use crate::object;

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

    /// The JSON patch that does it to a live object; none where nothing is to be done. It applies to
    /// the version it was made for only.
    pub(crate) fn patch(&self, live: &Value, ours: &str) -> Option<Value> {
        let mut steps = Vec::new();
        for (place, keys) in [("annotations", &self.annotations), ("labels", &self.labels)] {
            let there = |key: &&String| live["metadata"][place].get(key.as_str()).is_some();
            let remove = |key: &String| {
                let key = key.replace('~', "~0").replace('/', "~1");
                json!({"op": "remove", "path": format!("/metadata/{place}/{key}")})
            };
            steps.extend(keys.iter().filter(there).map(remove));
        }
        if let Some(entries) = self.entries(live, ours) {
            steps.push(
                json!({"op": "replace", "path": "/metadata/managedFields", "value": entries}),
            );
        }
        if steps.is_empty() {
            return None;
        }
        let version = object::resource_version(live);
        steps.insert(
            0,
            json!({"op": "test", "path": "/metadata/resourceVersion", "value": version}),
        );
        Some(Value::Array(steps))
    }

    /// The managed fields with the others' in ours, or nothing where there are none of them.
    fn entries(&self, live: &Value, ours: &str) -> Option<Value> {
        let entries = live["metadata"]["managedFields"].as_array()?;
        let parsed: Vec<_> = entries.iter().map(parse).collect::<Option<_>>()?;
        let is_ours = |entry: &gotk_merge::Entry| {
            entry.manager.name == *ours
                && entry.manager.operation == Operation::Apply
                && entry.manager.subresource.is_empty()
        };
        let is_other = |entry: &gotk_merge::Entry| {
            !is_ours(entry) && self.managers.iter().any(|it| it.is(&entry.manager))
        };
        let others: Vec<_> = parsed.iter().filter(|entry| is_other(entry)).collect();
        let first =
            parsed.iter().find(|entry| is_ours(entry)).or_else(|| others.first().copied())?;
        if others.is_empty() {
            return None;
        }
        let mut merged = first.clone();
        merged.manager.name = ours.into();
        merged.manager.operation = Operation::Apply;
        for other in others {
            merged.fields = merged.fields.union(&other.fields);
        }
        let stays = |entry: &&gotk_merge::Entry| !is_ours(entry) && !is_other(entry);
        let mut kept: ManagedFields = ManagedFields::default();
        parsed.iter().filter(stays).cloned().for_each(|entry| kept.insert(entry));
        kept.insert(merged);
        Some(kept.to_value())
    }
}

fn parse(entry: &Value) -> Option<gotk_merge::Entry> {
    let one = ManagedFields::from_value(&json!([entry])).ok()?;
    one.iter().next().cloned()
}
