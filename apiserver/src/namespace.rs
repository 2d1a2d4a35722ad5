//! The life of a namespace: what may be created in it, and how it ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::conditions;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::machine::Machine;
use crate::meta;
use crate::object::Stored;
use crate::owning::Writer;
use crate::query::DeleteOptions;
use crate::write::Edit;

/// The namespaces every cluster starts with.
const FIRST: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

impl Machine {
    fn namespaces(&self) -> Option<Arc<Kind>> {
        self.registry.find("", "v1", "namespaces")
    }

    pub(crate) fn create_first_namespaces(&mut self) {
        let Some(kind) = self.namespaces() else { return };
        for name in FIRST {
            let writer = Writer::named("kube-apiserver");
            let edit = Edit {
                kind: Arc::clone(&kind),
                namespace: None,
                subresource: String::new(),
                writer,
                dry_run: false,
            };
            let object =
                json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
            // The table serves namespaces and these names are good: nothing here can be refused.
            let _created = self.insert(&edit, object);
        }
    }

    /// Whether an object may be created in the edit's namespace.
    pub(crate) fn check_namespace(&self, edit: &Edit, name: &str) -> Result<(), Failure> {
        let Some(namespace) = &edit.namespace else { return Ok(()) };
        let found = self.namespaces().and_then(|kind| self.store.get(kind.shelf, namespace));
        match found {
            None => Err(Failure::no_namespace(namespace)),
            Some(stored) if stored.deleting => {
                Err(Failure::namespace_terminating(&edit.kind, name, namespace))
            }
            Some(_) => Ok(()),
        }
    }

    /// Empties a terminating namespace, and lets it go when it is empty.
    pub(crate) fn end_namespace(&mut self, name: &str) {
        let Some(kind) = self.namespaces() else { return };
        let Some(namespace) = self.store.get(kind.shelf, name).filter(|n| n.deleting).cloned()
        else {
            return;
        };
        self.empty(&namespace);
        match self.remains(&namespace) {
            remains if remains.kinds.is_empty() => self.finish(&kind, &namespace),
            remains => self.report(&kind, &namespace, &remains),
        }
    }

    fn empty(&mut self, namespace: &Stored) {
        let prefix = format!("{}/", namespace.name());
        let kinds: Vec<Arc<Kind>> =
            self.registry.stored_kinds().filter(|k| k.namespaced()).cloned().collect();
        for kind in kinds {
            let content: Vec<Arc<Stored>> =
                self.store.scan(kind.shelf, &prefix).filter(|o| !o.deleting).cloned().collect();
            for object in content {
                let options = DeleteOptions { grace_seconds: Some(0), ..DeleteOptions::default() };
                // Nothing in a namespace is undeletable; only namespaces themselves are.
                let _deleted = self.delete_object(&kind, &object, &options);
            }
        }
    }

    fn remains(&self, namespace: &Stored) -> Remains {
        let prefix = format!("{}/", namespace.name());
        let mut remains = Remains::default();
        for kind in self.registry.stored_kinds().filter(|kind| kind.namespaced()) {
            for object in self.store.scan(kind.shelf, &prefix) {
                let resource = format!("{}.{}", kind.plural, kind.group);
                *remains.kinds.entry(resource).or_default() += 1;
                for finalizer in meta::finalizers(&object.value(kind)) {
                    *remains.finalizers.entry(finalizer).or_default() += 1;
                }
            }
        }
        remains
    }

    /// Says in the status what the namespace waits for.
    fn report(&mut self, kind: &Kind, namespace: &Stored, remains: &Remains) {
        let now = self.clock.seconds();
        let before = namespace.value(kind);
        let mut object = before.clone();
        for (condition, holds, reason, message) in remains.conditions() {
            conditions::set(&mut object, condition, holds, reason, &message, &now);
        }
        if object != before {
            self.put(kind, object);
        }
    }

    /// Takes the namespace's own finalizer away, and the namespace with it when no other is left.
    fn finish(&mut self, kind: &Kind, namespace: &Stored) {
        let mut object = namespace.value(kind);
        let finalizers = object["spec"]["finalizers"].as_array().cloned().unwrap_or_default();
        let left: Vec<Value> = finalizers.iter().filter(|f| *f != "kubernetes").cloned().collect();
        object["spec"] = if left.is_empty() { json!({}) } else { json!({ "finalizers": left }) };
        if left.is_empty() && meta::finalizers(&object).is_empty() {
            self.remove(kind, object);
        } else if left.len() < finalizers.len() {
            self.put(kind, object);
        }
    }
}

/// What is left in a terminating namespace, and what holds it there.
#[derive(Default)]
struct Remains {
    kinds: BTreeMap<String, usize>,
    finalizers: BTreeMap<String, usize>,
}

impl Remains {
    /// The conditions of the namespace controller.
    fn conditions(&self) -> [(&'static str, bool, &'static str, String); 5] {
        let list = |map: &BTreeMap<String, usize>, verb: &str| {
            let parts: Vec<String> = map
                .iter()
                .map(|(name, n)| format!("{name} {verb} {n} resource instances"))
                .collect();
            parts.join(", ")
        };
        let held = !self.finalizers.is_empty();
        let (held_reason, held_message) = match held {
            true => {
                let what = list(&self.finalizers, "in");
                (
                    "SomeFinalizersRemain",
                    format!("Some content in the namespace has finalizers remaining: {what}"),
                )
            }
            false => {
                ("ContentHasNoFinalizers", "All content-preserving finalizers finished".to_owned())
            }
        };
        let some = format!("Some resources are remaining: {}", list(&self.kinds, "has"));
        [
            (
                "NamespaceDeletionDiscoveryFailure",
                false,
                "ResourcesDiscovered",
                "All resources successfully discovered".to_owned(),
            ),
            (
                "NamespaceDeletionGroupVersionParsingFailure",
                false,
                "ParsedGroupVersions",
                "All legacy kube types successfully parsed".to_owned(),
            ),
            (
                "NamespaceDeletionContentFailure",
                false,
                "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization".to_owned(),
            ),
            ("NamespaceContentRemaining", true, "SomeResourcesRemain", some),
            ("NamespaceFinalizersRemaining", held, held_reason, held_message),
        ]
    }
}

/// Three namespaces are there for good.
pub(crate) fn check_deletable(kind: &Kind, name: &str) -> Result<(), Failure> {
    let fixed =
        kind.is("", "Namespace") && matches!(name, "default" | "kube-system" | "kube-public");
    if fixed {
        Err(Failure::forbidden(kind, name, "this namespace may not be deleted"))
    } else {
        Ok(())
    }
}
