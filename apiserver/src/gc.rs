//! What happens to objects whose owners leave.
//!
//! Runs to its end after every write, so a test sees the result with the answer. Upstream's
//! collector does the same some time later.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use crate::kind::Kind;
use crate::machine::Machine;
use crate::meta;
use crate::object::Stored;
use crate::query::{DeleteOptions, Propagation};
use crate::store::{Change, Event};

impl Machine {
    /// Lets the controllers in the box act until nothing is left to do.
    pub(crate) fn settle(&mut self) {
        self.begin_round();
        loop {
            while let Some((shelf, event)) = self.store.next_on_agenda() {
                self.follow(shelf, &event);
            }
            if !self.simulate_one() {
                return;
            }
        }
    }

    fn follow(&mut self, shelf: usize, event: &Event) {
        let Some(kind) = self.kind_on(shelf) else { return };
        self.follow_definitions(&kind, event);
        if self.habits.empty_namespaces {
            self.follow_namespaces(&kind, event);
        }
        if self.habits.collect_garbage {
            self.follow_owners(shelf, event);
        }
        if self.habits.release_volumes {
            self.follow_protected(&kind, event);
        }
        if self.habits.service_accounts {
            self.follow_accounts(&kind, event);
        }
        self.follow_workloads(&kind, event);
    }

    fn follow_namespaces(&mut self, kind: &Kind, event: &Event) {
        match event.object.namespace() {
            None if kind.is("", "Namespace") && event.object.deleting => {
                self.end_namespace(event.object.name());
            }
            Some(namespace) if event.change == Change::Deleted => self.end_namespace(namespace),
            _ => {}
        }
    }

    fn follow_owners(&mut self, shelf: usize, event: &Event) {
        let before = event.before.as_ref().map(|before| before.owners.iter()).into_iter().flatten();
        for owner in before {
            self.finish_leaving(owner);
        }
        if event.change == Change::Deleted {
            for (shelf, dependent) in self.store.dependents(&event.object.uid) {
                self.review_owners(shelf, &dependent);
            }
            return;
        }
        if !event.object.owners.is_empty() {
            self.review_owners(shelf, &event.object);
        }
        if event.object.deleting {
            self.finish_leaving(&event.object.uid);
        }
    }

    pub(crate) fn kind_on(&self, shelf: usize) -> Option<Arc<Kind>> {
        self.registry.on_shelf(shelf).cloned()
    }

    /// Foreground: waits for the dependents that block. Orphan: sets the dependents free.
    fn finish_leaving(&mut self, uid: &str) {
        let Some((shelf, owner)) = self.store.owner(uid) else { return };
        if !owner.deleting {
            return;
        }
        let owner = Arc::clone(owner);
        let Some(kind) = self.kind_on(shelf) else { return };
        let mut object = owner.value(&kind);
        let finalizers = meta::finalizers(&object);
        let has = |name: &str| finalizers.iter().any(|f| f == name);
        let done = if has("orphan") {
            for (shelf, dependent) in self.store.dependents(uid) {
                self.disown(shelf, &dependent, &HashSet::from([Box::from(uid)]));
            }
            "orphan"
        } else if has("foregroundDeletion") && !self.wait_for_blocking(uid) {
            "foregroundDeletion"
        } else {
            return;
        };
        let left: Vec<String> = finalizers.into_iter().filter(|f| f != done).collect();
        let leaves = left.is_empty();
        meta::set_finalizers(&mut object, left);
        if leaves {
            self.remove(&kind, object);
        } else {
            self.put(&kind, object);
        }
    }

    /// Deletes the dependents; true while one of them holds the owner up.
    fn wait_for_blocking(&mut self, uid: &str) -> bool {
        for (shelf, dependent) in self.store.dependents(uid) {
            if !dependent.deleting {
                self.collect(shelf, &dependent, Propagation::Foreground);
            }
        }
        let left = self.store.dependents(uid);
        left.iter().any(|(shelf, dependent)| {
            self.kind_on(*shelf).is_some_and(|kind| blocks(&kind, dependent, uid))
        })
    }

    /// Deletes a dependent whose owners are all gone; forgets the gone ones of another.
    fn review_owners(&mut self, shelf: usize, object: &Stored) {
        let owners: HashSet<Box<str>> = object.owners.iter().cloned().collect();
        let gone: HashSet<Box<str>> = owners
            .iter()
            .filter(|owner| !self.is_present(owner, object.namespace()))
            .cloned()
            .collect();
        if gone.is_empty() || object.deleting {
            return;
        }
        if gone.len() == owners.len() {
            self.collect(shelf, object, Propagation::Background);
        } else {
            self.disown(shelf, object, &gone);
        }
    }

    /// Owners are cluster-scoped or in the namespace of what they own.
    fn is_present(&self, owner: &str, namespace: Option<&str>) -> bool {
        let found = self.store.owner(owner);
        found
            .is_some_and(|(_, owner)| owner.namespace().is_none() || owner.namespace() == namespace)
    }

    fn collect(&mut self, shelf: usize, object: &Stored, propagation: Propagation) {
        let Some((kind, current)) = self.current(shelf, object) else { return };
        let options = DeleteOptions { propagation: Some(propagation), ..DeleteOptions::default() };
        // What may not be deleted (the first namespaces) stays, as it does upstream.
        let _deleted = self.delete_object(&kind, &current, &options);
    }

    /// Takes owner references away, from the object as it is now.
    fn disown(&mut self, shelf: usize, object: &Stored, gone: &HashSet<Box<str>>) {
        let Some((kind, current)) = self.current(shelf, object) else { return };
        let mut value = current.value(&kind);
        let owners = value["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default();
        let is_gone = |owner: &Value| gone.contains(owner["uid"].as_str().unwrap_or_default());
        let left: Vec<Value> = owners.into_iter().filter(|owner| !is_gone(owner)).collect();
        if left.is_empty() {
            meta::remove(&mut value, "ownerReferences");
        } else {
            meta::set(&mut value, "ownerReferences", left);
        }
        self.put(&kind, value);
    }

    /// The same object as it is now, if it still is.
    fn current(&self, shelf: usize, object: &Stored) -> Option<(Arc<Kind>, Arc<Stored>)> {
        let current =
            self.store.get(shelf, object.key()).filter(|current| current.uid == object.uid)?;
        Some((self.kind_on(shelf)?, Arc::clone(current)))
    }
}

/// Whether `dependent` holds its owner's foreground deletion up.
fn blocks(kind: &Kind, dependent: &Stored, owner: &str) -> bool {
    let value = dependent.value(kind);
    let owners = value["metadata"]["ownerReferences"].as_array();
    owners.into_iter().flatten().any(|o| o["uid"] == owner && o["blockOwnerDeletion"] == true)
}
