//! What the server last returned of an object, in 32 bytes.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::ObjectId;

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

    pub(crate) fn print(&self, object: &Value) -> Print {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        feed_object(&mut hasher, object);
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

fn feed_object(hasher: &mut blake3::Hasher, object: &Value) {
    let Value::Object(fields) = object else { return feed(hasher, object) };
    for (name, value) in sorted(fields) {
        feed_text(hasher, name);
        match (name.as_str(), value) {
            ("metadata", Value::Object(metadata)) => {
                for (name, value) in sorted(metadata) {
                    feed_text(hasher, name);
                    match (name.as_str(), value) {
                        ("managedFields", Value::Array(entries)) => feed_managers(hasher, entries),
                        _ => feed(hasher, value),
                    }
                }
            }
            _ => feed(hasher, value),
        }
    }
}

fn feed_managers(hasher: &mut blake3::Hasher, entries: &[Value]) {
    hasher.update(&entries.len().to_le_bytes());
    for entry in entries.iter().filter_map(Value::as_object) {
        hasher.update(b"{");
        for (name, value) in sorted(entry).into_iter().filter(|(name, _)| *name != "time") {
            feed_text(hasher, name);
            feed(hasher, value);
        }
    }
}

/// Every value is told by its type, its length and its content, so that no two feed alike.
fn feed(hasher: &mut blake3::Hasher, value: &Value) {
    match value {
        Value::Null => {
            hasher.update(b"n");
        }
        Value::Bool(yes) => {
            hasher.update(if *yes { b"t" } else { b"f" });
        }
        Value::Number(number) => {
            hasher.update(b"#");
            feed_text(hasher, &number.to_string());
        }
        Value::String(text) => feed_text(hasher, text),
        Value::Array(items) => {
            hasher.update(b"[").update(&items.len().to_le_bytes());
            items.iter().for_each(|item| feed(hasher, item));
        }
        Value::Object(fields) => {
            hasher.update(b"{").update(&fields.len().to_le_bytes());
            for (name, value) in sorted(fields) {
                feed_text(hasher, name);
                feed(hasher, value);
            }
        }
    }
}

fn feed_text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(b"s").update(&text.len().to_le_bytes()).update(text.as_bytes());
}

/// The order of a map is a feature of `serde_json` that any crate may switch.
fn sorted(fields: &serde_json::Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut fields: Vec<_> = fields.iter().collect();
    if !fields.is_sorted_by_key(|field| field.0) {
        fields.sort_unstable_by_key(|field| field.0);
    }
    fields
}

/// 50 MB of them at most.
const MOST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_times_of_managers_do_not_count() {
        let baselines = Baselines::new();
        let object = |time: &str, version: &str, colour: &str| {
            baselines.print(&json!({
                "metadata": {
                    "resourceVersion": version,
                    "managedFields": [{"manager": "a", "time": time, "fieldsV1": {"f:data": {}}}],
                },
                "data": {"colour": colour},
            }))
        };
        let first = object("2026-01-01T00:00:00Z", "7", "red");
        assert_eq!(object("2026-02-02T00:00:00Z", "7", "red"), first);
        assert_ne!(object("2026-01-01T00:00:00Z", "8", "red"), first);
        assert_ne!(object("2026-01-01T00:00:00Z", "7", "blue"), first);
    }

    #[test]
    fn two_processes_do_not_print_alike() {
        let object = json!({"data": {"password": "aHVudGVyMg=="}});
        assert_ne!(Baselines::new().print(&object), Baselines::new().print(&object));
    }

    #[test]
    fn text_cannot_pass_for_structure() {
        let baselines = Baselines::new();
        let print = |value| baselines.print(&value);
        assert_ne!(print(json!({"a": ["b", "c"]})), print(json!({"a": ["b"], "c": []})));
        assert_ne!(print(json!({"a": "1"})), print(json!({"a": 1})));
        assert_ne!(print(json!({"a": null})), print(json!({})));
    }
}
