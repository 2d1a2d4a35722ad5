//! What the server last returned of an object, in a few bytes.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ObjectId;
use crate::answer::{Answer, Glance};

/// A digest of an object as the server returned it, its `resourceVersion` included. Secret content
/// cannot be guessed from it: the key is this process's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Print([u8; 16]);

/// A digest of an answer as it came over the wire, and of the [`View`] under which it was looked at.
///
/// An answer that leaves the trace of an earlier one need not be looked at again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Trace([u8; 16]);

/// All that decides, beside the object, whether a live object is in order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct View([u8; 16]);

/// What is known about a live object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Seen {
    pub(crate) print: Print,
    /// Left by an answer that said this object was in order.
    pub(crate) in_order: Option<Trace>,
}

/// The digests of live objects that this process has seen.
///
/// A dry-run tells the result, not whether it differs from what is there. If it is, byte for byte,
/// what the server returned for the same `resourceVersion` before, then it does not, and nobody has
/// to read the live object. Times in managed fields are left out: a merge that changes nothing but
/// them is none.
pub(crate) struct Baselines {
    key: [u8; 32],
    seen: Mutex<HashMap<[u8; 16], Seen>>,
}

impl Baselines {
    pub(crate) fn new() -> Self {
        let mut key = [0; 32];
        for part in key.chunks_mut(8) {
            part.copy_from_slice(&RandomState::new().hash_one(0).to_le_bytes());
        }
        Self { key, seen: Mutex::default() }
    }

    /// The digest of an object in a version of its kind.
    pub(crate) fn print(&self, api_version: &str, object: &Glance<'_>) -> Print {
        Print(self.digest([api_version.as_bytes(), &object.content]))
    }

    /// The digest of an answer about an object in a version of its kind.
    pub(crate) fn trace(&self, view: &View, api_version: &str, answer: &Answer) -> Trace {
        Trace(self.digest([&view.0, api_version.as_bytes(), answer.bytes()]))
    }

    /// A view by the printed form of whatever makes it.
    pub(crate) fn view(&self, made_of: &impl fmt::Debug) -> View {
        View(self.digest([format!("{made_of:?}").as_bytes()]))
    }

    /// Notes what the server has.
    pub(crate) fn note(&self, id: &ObjectId, print: Print, in_order: Option<Trace>) {
        let slot = self.slot(id);
        let mut seen = self.seen();
        if seen.len() >= MOST {
            seen.clear(); // they only save requests
        }
        seen.insert(slot, Seen { print, in_order });
    }

    pub(crate) fn of(&self, id: &ObjectId) -> Option<Seen> {
        let slot = self.slot(id);
        self.seen().get(&slot).copied()
    }

    pub(crate) fn forget(&self, id: &ObjectId) {
        let slot = self.slot(id);
        self.seen().remove(&slot);
    }

    fn slot(&self, id: &ObjectId) -> [u8; 16] {
        self.digest([&id.group, &id.kind, &id.namespace, &id.name].map(String::as_bytes))
    }

    fn digest<const N: usize>(&self, parts: [&[u8]; N]) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in parts {
            hasher.update(&part.len().to_le_bytes()).update(part);
        }
        let mut digest = [0; 16];
        digest.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        digest
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<[u8; 16], Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Baselines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Baselines").finish_non_exhaustive()
    }
}

/// 100 MB of them at most.
const MOST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Answer;

    #[test]
    fn only_times_of_managers_do_not_count() {
        let baselines = Baselines::new();
        let object = |time: &str, version: &str, colour: &str| {
            let text = format!(
                r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"resourceVersion":"{version}",
                "managedFields":[{{"manager":"a","time":"{time}","fieldsV1":{{"f:data":{{}}}}}}]}},
                "data":{{"colour":"{colour}"}}}}"#
            );
            baselines.print("v1", &Answer::from(text).glance().unwrap())
        };
        let first = object("2026-01-01T00:00:00Z", "7", "red");
        assert_eq!(object("2026-02-02T00:00:00Z", "7", "red"), first);
        assert_ne!(object("2026-01-01T00:00:00Z", "8", "red"), first);
        assert_ne!(object("2026-01-01T00:00:00Z", "7", "blue"), first);
    }

    #[test]
    fn two_processes_do_not_print_alike() {
        let object = Answer::from(r#"{"data": {"password": "aHVudGVyMg=="}}"#.to_owned());
        let print = || Baselines::new().print("v1", &object.glance().unwrap());
        assert_ne!(print(), print());
    }

    #[test]
    fn a_trace_tells_answers_and_views_apart() {
        let baselines = Baselines::new();
        let (ours, theirs) = (baselines.view(&"us"), baselines.view(&"them"));
        let answer = |text: &str| Answer::from(text.to_owned());
        let trace = |view, text| baselines.trace(view, "v1", &answer(text));
        assert_eq!(trace(&ours, "{}"), trace(&ours, "{}"));
        assert_ne!(trace(&ours, "{}"), trace(&ours, "{ }"));
        assert_ne!(trace(&ours, "{}"), trace(&theirs, "{}"));
        assert_ne!(trace(&ours, "{}"), baselines.trace(&ours, "v2", &answer("{}")));
    }

    #[test]
    fn two_versions_of_a_kind_do_not_print_alike() {
        let object = Answer::from(r#"{"spec": {"size": 1}}"#.to_owned());
        let (baselines, glance) = (Baselines::new(), object.glance().unwrap());
        assert_ne!(baselines.print("a.dev/v1", &glance), baselines.print("a.dev/v2", &glance));
    }
}
