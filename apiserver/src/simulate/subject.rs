//! An object a controller looks at, and what it can do about it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Place;
use crate::kind::Kind;
use crate::machine::Machine;
use crate::meta;
use crate::object::{self, Stored};
use crate::owning::Writer;
use crate::query::{DeleteOptions, Propagation};
use crate::write::{Edit, Outcome};

/// An object as it is, decoded.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) kind: Arc<Kind>,
    pub(super) stored: Arc<Stored>,
    pub(super) object: Value,
}

/// In whose name the simulator writes.
pub(super) const CONTROLLERS: &str = "kube-controller-manager";

impl Subject {
    fn of(kind: &Arc<Kind>, stored: &Arc<Stored>) -> Self {
        let object = stored.value(kind);
        Self { kind: Arc::clone(kind), stored: Arc::clone(stored), object }
    }

    pub(super) fn place(&self) -> Place {
        (self.kind.shelf, Arc::clone(self.stored.key()))
    }

    pub(super) fn name(&self) -> &str {
        self.stored.name()
    }

    pub(super) fn spec(&self) -> &Value {
        &self.object["spec"]
    }

    pub(super) fn status(&self) -> &Value {
        &self.object["status"]
    }

    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        self.object["metadata"]["annotations"][name].as_str()
    }

    /// A count of the spec, or what it is by default.
    pub(super) fn wanted(&self, field: &str, default: i64) -> i64 {
        self.spec()[field].as_i64().unwrap_or(default).clamp(0, i64::from(i32::MAX))
    }

    pub(super) fn reported(&self, field: &str) -> i64 {
        self.status()[field].as_i64().unwrap_or_default()
    }

    /// How what it controls refers to it.
    pub(super) fn as_controller(&self) -> Value {
        json!({
            "apiVersion": self.kind.api_version(), "kind": &*self.kind.kind,
            "name": self.name(), "uid": &*self.stored.uid,
            "controller": true, "blockOwnerDeletion": true,
        })
    }

    fn is_controlled_by(&self, uid: &str) -> bool {
        self.controller().is_some_and(|owner| owner == uid)
    }

    /// The uid of its controller.
    pub(super) fn controller(&self) -> Option<&str> {
        let owners = self.object["metadata"]["ownerReferences"].as_array()?;
        owners.iter().find(|owner| owner["controller"] == true)?["uid"].as_str()
    }
}

impl Machine {
    pub(super) fn subject(&self, (shelf, key): Place) -> Option<Subject> {
        let stored = self.store.get(shelf, &key)?;
        Some(Subject::of(&self.kind_on(shelf)?, stored))
    }

    pub(super) fn subject_with(&self, uid: &str) -> Option<Subject> {
        let (shelf, stored) = self.store.owner(uid)?;
        Some(Subject::of(&self.kind_on(shelf)?, stored))
    }

    /// The objects of a kind that `owner` controls, in the order of their names.
    pub(super) fn controlled(&self, owner: &Subject, kind: &Arc<Kind>) -> Vec<Subject> {
        let uid = &*owner.stored.uid;
        let all = self.store.dependents(uid).into_iter().filter(|(shelf, _)| *shelf == kind.shelf);
        let all = all.map(|(_, stored)| Subject::of(kind, &stored));
        all.filter(|subject| subject.is_controlled_by(uid)).collect()
    }

    pub(super) fn served(&self, group: &str, plural: &str) -> Option<Arc<Kind>> {
        self.registry.find(group, "v1", plural)
    }

    /// Creates an object beside `near`. None where it may not be, in a namespace that ends say.
    pub(super) fn make(
        &mut self,
        kind: &Arc<Kind>,
        near: &Subject,
        object: Value,
    ) -> Option<Arc<Stored>> {
        let namespace = near.stored.namespace().filter(|_| kind.namespaced());
        let edit = edit(kind, namespace, "", CONTROLLERS);
        match self.insert(&edit, object) {
            Ok(Outcome::Stored(stored)) => Some(stored),
            _ => None,
        }
    }

    /// Writes an object back, if it differs from what `subject` is now.
    pub(super) fn amend(&mut self, subject: &Subject, object: Value) {
        if object != subject.object {
            self.rewrite(subject, "", CONTROLLERS, object);
        }
    }

    /// Writes a status, if it differs. Annotations of `object` are written with it, as upstream does.
    pub(super) fn report_status(&mut self, subject: &Subject, who: &str, object: Value) {
        if object != subject.object {
            self.rewrite(subject, "status", who, object);
        }
    }

    fn rewrite(&mut self, subject: &Subject, part: &str, who: &str, mut object: Value) {
        let key = subject.stored.key();
        // Another step of the same look may have written it.
        let Some(old) = self.store.get(subject.kind.shelf, key).map(Arc::clone) else { return };
        meta::remove(&mut object, "resourceVersion");
        let edit = edit(&subject.kind, subject.stored.namespace(), part, who);
        // What is refused was made by a client (an annotation too long, say) and stays as it is.
        let _written = self.replace(&edit, &old, object);
    }

    pub(super) fn discard(&mut self, subject: &Subject) {
        let Some(now) = self.store.get(subject.kind.shelf, subject.stored.key()).map(Arc::clone)
        else {
            return;
        };
        let options = DeleteOptions {
            propagation: Some(Propagation::Background),
            ..DeleteOptions::default()
        };
        // Nothing a controller deletes is undeletable.
        let _deleted = self.delete_object(&subject.kind, &now, &options);
    }
}

fn edit(kind: &Arc<Kind>, namespace: Option<&str>, part: &str, who: &str) -> Edit {
    Edit {
        kind: Arc::clone(kind),
        namespace: namespace.map(str::to_owned),
        subresource: part.to_owned(),
        writer: Writer::named(who),
        dry_run: false,
    }
}

/// Whether an object of this name is there.
impl Machine {
    pub(super) fn exists(&self, kind: &Kind, near: &Subject, name: &str) -> bool {
        let namespace = near.stored.namespace().filter(|_| kind.namespaced());
        self.store.get(kind.shelf, &object::key(namespace, name)).is_some()
    }
}
