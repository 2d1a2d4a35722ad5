//! Delete: now, or once finalizers and dependents let go.

use std::sync::Arc;

use serde_json::Value;

use crate::accept::Form;
use crate::builtin;
use crate::definition;
use crate::failure::{Failure, deleted};
use crate::kind::Kind;
use crate::list::{List, Shape};
use crate::machine::{Answer, Document, Machine, Request};
use crate::meta;
use crate::namespace;
use crate::object::Stored;
use crate::query::{DeleteOptions, Propagation};
use crate::read;
use crate::route::Target;

/// What became of an object that was to be deleted.
#[derive(Debug)]
pub(crate) enum Deleted {
    Gone,
    /// It waits for a finalizer, or would.
    Waiting(Value),
}

impl Machine {
    pub(crate) fn delete(
        &mut self,
        request: &Request,
        target: &Target,
        form: Form,
    ) -> Result<Document, Failure> {
        let options = DeleteOptions::parse(&request.query, &request.body)?;
        let old = self.find(target)?;
        check_preconditions(&target.kind, &old, &options)?;
        let outcome = self.delete_object(&target.kind, &old, &options)?;
        self.settle();
        Ok(match outcome {
            Deleted::Gone => Document::new(200, &deleted(&target.kind, old.name(), &old.uid)),
            Deleted::Waiting(object) if form == Form::Partial => {
                Document::new(200, &read::partial_of(object))
            }
            Deleted::Waiting(object) => Document::new(200, &object),
        })
    }

    /// Deletes what the selectors mean, and answers with it as it was.
    pub(crate) fn delete_collection(
        &mut self,
        request: &Request,
        target: &Target,
        form: Form,
    ) -> Result<Answer, Failure> {
        let options = DeleteOptions::parse(&request.query, &request.body)?;
        let selector = self.selector(request, target)?;
        let kind = &target.kind;
        let found: Vec<Arc<Stored>> = self
            .store
            .scan(kind.shelf, &target.prefix())
            .filter(|object| selector.matches(kind, object))
            .cloned()
            .collect();
        let version = self.store.version();
        for object in &found {
            self.delete_object(kind, object, &options)?;
        }
        self.settle();
        let meta = serde_json::json!({ "resourceVersion": version.to_string() });
        Ok(Answer::List(List::new(kind, Shape::of(kind, form), meta, found)))
    }

    pub(crate) fn delete_object(
        &mut self,
        kind: &Kind,
        old: &Stored,
        options: &DeleteOptions,
    ) -> Result<Deleted, Failure> {
        namespace::check_deletable(kind, old.name())?;
        let mut object = old.value(kind);
        let first = !old.deleting;
        let mut finalizers = propagated(meta::finalizers(&object), options.propagation);
        let definition = kind.is("apiextensions.k8s.io", "CustomResourceDefinition");
        if definition && first && !finalizers.iter().any(|it| it == definition::CLEANUP) {
            // It goes after the last of its objects.
            finalizers.push(definition::CLEANUP.to_owned());
        }
        let grace = builtin::grace(kind, &object, options.grace_seconds);
        meta::set_finalizers(&mut object, finalizers.clone());
        if finalizers.is_empty() && grace == 0 && builtin::may_leave(kind, &object) {
            if !options.dry_run {
                self.remove(kind, object);
            }
            return Ok(Deleted::Gone);
        }
        if first {
            self.mark_deleted(kind, &mut object, grace);
        }
        let sooner = !first && shorten(&mut object, grace);
        if !options.dry_run && (first || sooner || finalizers != meta::finalizers(&old.value(kind)))
        {
            object = self.put(kind, object).value(kind);
        }
        Ok(Deleted::Waiting(object))
    }

    fn mark_deleted(&self, kind: &Kind, object: &mut Value, grace: i64) {
        let now = self.clock.seconds();
        if kind.is("", "Namespace") {
            meta::set(object, "deletionTimestamp", now);
            object["status"]["phase"] = "Terminating".into();
            return;
        }
        let at = now.parse::<jiff::Timestamp>().ok();
        let at = at.and_then(|at| at.checked_add(jiff::SignedDuration::from_secs(grace)).ok());
        meta::set(object, "deletionTimestamp", at.map_or(now, |at| at.to_string()));
        meta::set(object, "deletionGracePeriodSeconds", grace);
        if kind.counts_generation {
            let generation = object["metadata"]["generation"].as_i64().unwrap_or_default();
            meta::set(object, "generation", generation.saturating_add(1));
        }
    }
}

/// Brings the end forward; nobody can put it off.
fn shorten(object: &mut Value, grace: i64) -> bool {
    let meta = &object["metadata"];
    let Some(had) = meta["deletionGracePeriodSeconds"].as_i64().filter(|had| grace < *had) else {
        return false;
    };
    let end =
        meta["deletionTimestamp"].as_str().and_then(|end| end.parse::<jiff::Timestamp>().ok());
    let end =
        end.and_then(|end| end.checked_sub(jiff::SignedDuration::from_secs(had - grace)).ok());
    let Some(end) = end else { return false };
    meta::set(object, "deletionTimestamp", end.to_string());
    meta::set(object, "deletionGracePeriodSeconds", grace);
    true
}

/// The finalizers by which the garbage collector does what the client asked for.
fn propagated(mut finalizers: Vec<String>, policy: Option<Propagation>) -> Vec<String> {
    let Some(policy) = policy else { return finalizers };
    let wanted = match policy {
        Propagation::Background => None,
        Propagation::Foreground => Some("foregroundDeletion"),
        Propagation::Orphan => Some("orphan"),
    };
    finalizers.retain(|f| {
        !matches!(f.as_str(), "foregroundDeletion" | "orphan") || Some(f.as_str()) == wanted
    });
    if let Some(wanted) = wanted.filter(|wanted| !finalizers.iter().any(|f| f == wanted)) {
        finalizers.push(wanted.to_owned());
    }
    finalizers
}

fn check_preconditions(kind: &Kind, old: &Stored, options: &DeleteOptions) -> Result<(), Failure> {
    if let Some(uid) = options.uid.as_deref().filter(|uid| *uid != &*old.uid) {
        let why = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
            old.uid
        );
        return Err(Failure::precondition(kind, old.name(), &why));
    }
    if let Some(version) =
        options.version.as_deref().filter(|version| *version != old.version.to_string())
    {
        let why = format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({}). The object might have been modified",
            old.version
        );
        return Err(Failure::precondition(kind, old.name(), &why));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_puts_its_finalizer_and_takes_the_other_away() {
        let own = || vec!["a/b".to_owned(), "orphan".to_owned()];
        assert_eq!(propagated(own(), None), ["a/b", "orphan"]);
        assert_eq!(propagated(own(), Some(Propagation::Background)), ["a/b"]);
        assert_eq!(propagated(own(), Some(Propagation::Foreground)), ["a/b", "foregroundDeletion"]);
        assert_eq!(propagated(own(), Some(Propagation::Orphan)), ["a/b", "orphan"]);
    }
}
