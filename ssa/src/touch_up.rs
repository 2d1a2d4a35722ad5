//! What is patched into a live object before it is applied.

use gotk_merge::{Entry, ManagedFields};
use serde_json::{Value, json};

use crate::{Note, TakeOver, object};

/// What has to be done to a live object before an apply of ours does what it should.
#[derive(Debug)]
pub(crate) struct TouchUp {
    /// A JSON patch for exactly the version it was made from.
    pub(crate) patch: Value,
    pub(crate) notes: Vec<Note>,
}

/// Makes fields of others ours, and brings managed fields to the version that is applied, if one is
/// given. Nothing where there is nothing to be done.
pub(crate) fn touch_up(
    live: &Value,
    ours: &str,
    take_over: &TakeOver,
    version: Option<&str>,
) -> Option<TouchUp> {
    let (mut steps, mut notes) = (take_over.removals(live), Vec::new());
    let mut taken = !steps.is_empty();
    if let Some(mut entries) = entries(live) {
        let migrated = version.is_some_and(|version| migrate(&mut entries, version));
        let took = take_over.take(&mut entries, ours);
        if migrated || took {
            let mut kept = ManagedFields::default();
            entries.into_iter().for_each(|entry| kept.insert(entry));
            let (path, value) = ("/metadata/managedFields", kept.to_value());
            steps.push(json!({"op": "replace", "path": path, "value": value}));
        }
        notes.extend(migrated.then_some(Note::Migrated));
        taken |= took;
    }
    notes.extend(taken.then_some(Note::TakenOver));
    if steps.is_empty() {
        return None;
    }
    let version = object::resource_version(live);
    let test = json!({"op": "test", "path": "/metadata/resourceVersion", "value": version});
    steps.insert(0, test);
    Some(TouchUp { patch: Value::Array(steps), notes })
}

/// Every manager of an object; nothing where one of them cannot be read.
fn entries(live: &Value) -> Option<Vec<Entry>> {
    let parse = |entry: &Value| {
        let one = ManagedFields::from_value(&json!([entry])).ok()?;
        one.iter().next().cloned()
    };
    live["metadata"]["managedFields"].as_array()?.iter().map(parse).collect()
}

/// Brings all entries to one version, those of subresources included, and tells whether one was not.
/// What an updater wrote in two versions becomes one entry: the server would forget one of two.
fn migrate(entries: &mut Vec<Entry>, version: &str) -> bool {
    if entries.iter().all(|entry| entry.manager.api_version == version) {
        return false;
    }
    let mut moved = ManagedFields::default();
    for mut entry in std::mem::take(entries) {
        entry.manager.api_version = version.to_owned();
        if let Some(known) = moved.get(&entry.manager) {
            entry.fields = entry.fields.union(&known.fields);
            entry.time = entry.time.max(known.time);
        }
        moved.insert(entry);
    }
    entries.extend(moved.iter().cloned());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(manager: &str, operation: &str, version: &str, field: &str) -> Value {
        json!({
            "manager": manager, "operation": operation, "apiVersion": version,
            "fieldsType": "FieldsV1", "fieldsV1": {field: {}},
        })
    }

    fn live(entries: &[Value]) -> Value {
        json!({"metadata": {"resourceVersion": "7", "managedFields": entries}})
    }

    /// Who owns what after the patch.
    fn owners(touch: &TouchUp) -> Vec<(String, String, Value)> {
        let entries = touch.patch[1]["value"].as_array().unwrap().iter();
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap().to_owned();
        let of = |it: &Value| (text(it, "manager"), text(it, "apiVersion"), it["fieldsV1"].clone());
        entries.map(of).collect()
    }

    #[test]
    fn what_one_wrote_in_two_versions_is_not_forgotten() {
        let live = live(&[
            entry("us", "Apply", "a.dev/v1", "f:size"),
            entry("other", "Update", "a.dev/v1", "f:mode"),
            entry("other", "Update", "a.dev/v2", "f:colour"),
        ]);
        let nothing = TakeOver::default();
        assert!(touch_up(&live, "us", &nothing, None).is_none());
        let touch = touch_up(&live, "us", &nothing, Some("a.dev/v2")).unwrap();
        assert_eq!(touch.notes, [Note::Migrated]);
        let v2 = |who: &str, fields: Value| (who.to_owned(), "a.dev/v2".to_owned(), fields);
        let both = json!({"f:mode": {}, "f:colour": {}});
        let mut found = owners(&touch);
        found.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(found, [v2("other", both), v2("us", json!({"f:size": {}}))]);
    }

    #[test]
    fn what_is_taken_over_moves_too() {
        let live = live(&[
            entry("kubectl-edit", "Update", "a.dev/v1", "f:mode"),
            entry("us", "Apply", "a.dev/v1", "f:size"),
        ]);
        let touch = touch_up(&live, "us", &TakeOver::flux("us"), Some("a.dev/v2")).unwrap();
        assert_eq!(touch.notes, [Note::Migrated, Note::TakenOver]);
        let both = json!({"f:mode": {}, "f:size": {}});
        assert_eq!(owners(&touch), [("us".to_owned(), "a.dev/v2".to_owned(), both)]);
    }

    #[test]
    fn there_is_nothing_to_do_where_all_is_in_order() {
        let live = live(&[entry("us", "Apply", "a.dev/v2", "f:size")]);
        assert!(touch_up(&live, "us", &TakeOver::flux("us"), Some("a.dev/v2")).is_none());
        assert!(touch_up(&json!({}), "us", &TakeOver::flux("us"), Some("v1")).is_none());
    }
}
