//! What the server last returned of an object, in 32 bytes.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};

use crate::ObjectId;
use crate::answer::Glance;

/// A digest of an object as the server returned it, its `resourceVersion` included. Secret content
/// cannot be guessed from it: the key is this process's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Print([u8; 32]);

/// The digests of live objects that this process has seen.
///
/// A dry-run tells the result, not whether it differs from what is there. If it is, byte for byte,
/// what the server returned for the same `resourceVersion` before, then it does not, and nobody has
/// to read the live object. Times in managed fields are left out: a merge that changes nothing but
/// them is none.
pub(crate) struct Baselines {
    key: [u8; 32],
    prints: Mutex<HashMap<[u8; 16], Print>>,
}

impl Baselines {
    pub(crate) fn new() -> Self {
        let mut key = [0; 32];
        for part in key.chunks_mut(8) {
            part.copy_from_slice(&RandomState::new().hash_one(0).to_le_bytes());
        }
        Self { key, prints: Mutex::default() }
    }

    /// The digest of an object in a version of its kind.
    pub(crate) fn print(&self, api_version: &str, object: &Glance<'_>) -> Print {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        feed_text(&mut hasher, api_version);
        hasher.update(&object.content);
        Print(*hasher.finalize().as_bytes())
    }

    /// Notes what the server has.
    pub(crate) fn note(&self, id: &ObjectId, print: Print) {
        let mut prints = self.prints.lock().unwrap_or_else(PoisonError::into_inner);
        if prints.len() >= MOST {
            prints.clear(); // they only save requests
        }
        prints.insert(self.slot(id), print);
    }

    pub(crate) fn of(&self, id: &ObjectId) -> Option<Print> {
        let slot = self.slot(id);
        self.prints.lock().unwrap_or_else(PoisonError::into_inner).get(&slot).copied()
    }

    pub(crate) fn forget(&self, id: &ObjectId) {
        let slot = self.slot(id);
        self.prints.lock().unwrap_or_else(PoisonError::into_inner).remove(&slot);
    }

    fn slot(&self, id: &ObjectId) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in [&id.group, &id.kind, &id.namespace, &id.name] {
            feed_text(&mut hasher, part);
        }
        let mut slot = [0; 16];
        slot.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        slot
    }
}

impl fmt::Debug for Baselines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Baselines").finish_non_exhaustive()
    }
}

fn feed_text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(b"s").update(&text.len().to_le_bytes()).update(text.as_bytes());
}

/// 50 MB of them at most.
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
    fn two_versions_of_a_kind_do_not_print_alike() {
        let object = Answer::from(r#"{"spec": {"size": 1}}"#.to_owned());
        let (baselines, glance) = (Baselines::new(), object.glance().unwrap());
        assert_ne!(baselines.print("a.dev/v1", &glance), baselines.print("a.dev/v2", &glance));
    }
}
