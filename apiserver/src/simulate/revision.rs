//! Which template a pod was made from: a hash in its name and labels, and a record that keeps it.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use super::replicas::label;
use super::subject::Subject;
use crate::machine::Machine;

/// The label by which pods of stateful and daemon sets name their revision.
pub(super) const REVISION: &str = "controller-revision-hash";

/// A short name for a template. Upstream hashes a dump of Go's structs, so its names are others.
pub(super) fn hash(template: &Value) -> String {
    const LETTERS: &[u8] = b"bcdf456789";
    let mut hasher = DefaultHasher::new();
    canonical(template).hash(&mut hasher);
    let number = hasher.finish() as u32;
    number.to_string().bytes().map(|digit| char::from(LETTERS[usize::from(digit - b'0')])).collect()
}

/// The same text for the same value, however its maps are ordered.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            let members =
                members.into_iter().map(|(key, value)| format!("{key}:{}", canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        scalar => scalar.to_string(),
    }
}

/// The record of a template.
#[derive(Clone, Debug)]
pub(super) struct Revision {
    pub(super) name: String,
    pub(super) template: Value,
}

impl Machine {
    /// The record of `owner`'s present template, made or made the newest where it has to be; and
    /// the one called `current`, if it is still there.
    pub(super) fn revisions(
        &mut self,
        owner: &Subject,
        current: Option<&str>,
    ) -> Option<(Revision, Option<Revision>)> {
        let kind = self.served("apps", "controllerrevisions")?;
        let records = self.controlled(owner, &kind);
        let template = &owner.spec()["template"];
        let number = |record: &Subject| record.object["revision"].as_i64().unwrap_or_default();
        let newest = records.iter().map(number).max().unwrap_or_default();
        let current = records.iter().find(|record| Some(record.name()) == current).map(read);
        let known = records.iter().find(|record| read(record).template == *template);
        if let Some(record) = known {
            if number(record) < newest {
                let mut object = record.object.clone();
                object["revision"] = (newest + 1).into();
                self.amend(record, object);
            }
            return Some((read(record), current));
        }
        let hash = hash(template);
        let name = format!("{}-{hash}", owner.name());
        let mut kept = template.clone();
        kept["$patch"] = "replace".into();
        let mut object = json!({
            "apiVersion": "apps/v1", "kind": "ControllerRevision",
            "metadata": { "name": name, "ownerReferences": [owner.as_controller()] },
            "data": { "spec": { "template": kept } },
            "revision": newest + 1,
        });
        if let Some(labels) = template["metadata"].get("labels") {
            object["metadata"]["labels"] = labels.clone();
        }
        let annotations = &owner.object["metadata"]["annotations"];
        if annotations.is_object() {
            object["metadata"]["annotations"] = annotations.clone();
        }
        let of_daemons = owner.kind.is("apps", "DaemonSet");
        let name_of_hash = if of_daemons { REVISION } else { "controller.kubernetes.io/hash" };
        label(&mut object, [(name_of_hash, hash)]);
        self.make(&kind, owner, object)?;
        self.trim(&records, owner.wanted("revisionHistoryLimit", 10), current.as_ref());
        Some((Revision { name, template: template.clone() }, current))
    }

    /// Deletes the oldest records beyond the limit.
    fn trim(&mut self, records: &[Subject], limit: i64, current: Option<&Revision>) {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut old: Vec<&Subject> = records
            .iter()
            .filter(|record| current.is_none_or(|current| current.name != record.name()))
            .collect();
        old.sort_by_key(|record| record.object["revision"].as_i64());
        let beyond = old.len().saturating_sub(limit);
        for record in &old[..beyond] {
            self.discard(record);
        }
    }
}

fn read(record: &Subject) -> Revision {
    let mut template = record.object["data"]["spec"]["template"].clone();
    if let Some(map) = template.as_object_mut() {
        map.remove("$patch");
    }
    Revision { name: record.name().to_owned(), template }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_templates_have_equal_hashes() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":[{"c":2,"d":3}]}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"b":[{"d":3,"c":2}],"a":1}"#).unwrap();
        assert_eq!(hash(&one), hash(&other));
        assert_ne!(hash(&one), hash(&json!({ "a": 2 })));
    }
}
