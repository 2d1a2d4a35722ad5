//! The life of a namespace: what may be created in it, and how it ends.

use std::sync::Arc;

use serde_json::{Value, json};

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
        if self.is_empty(&namespace) {
            self.finish(&kind, &namespace);
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

    fn is_empty(&self, namespace: &Stored) -> bool {
        let prefix = format!("{}/", namespace.name());
        let mut kinds = self.registry.stored_kinds().filter(|kind| kind.namespaced());
        kinds.all(|kind| self.store.scan(kind.shelf, &prefix).next().is_none())
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
