//! Where two objects differ, as far as it is a set's business.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::change::FieldChange;
use crate::object;

/// What differs: labels, annotations, and everything but the metadata and the status.
pub(crate) fn changes(live: &Value, result: &Value) -> Vec<FieldChange> {
    let mut found = Found::default();
    found.compare(&comparable(live), &comparable(result), &mut String::new());
    if object::is_secret(live) || object::is_secret(result) {
        found.0.iter_mut().for_each(mask);
    }
    found.0
}

/// A view of the parts that are compared.
fn comparable(object: &Value) -> Value {
    let Some(fields) = object.as_object() else { return Value::Null };
    let mut kept = Map::new();
    for (name, value) in fields.iter().filter(|(name, _)| *name != "status") {
        if name == "metadata" {
            let of = |name: &str| {
                let map = value.get(name)?.as_object()?;
                (!map.is_empty()).then(|| Value::Object(map.clone()))
            };
            let parts = ["labels", "annotations"];
            let parts = parts.into_iter().filter_map(|name| Some((name.to_owned(), of(name)?)));
            kept.insert(name.clone(), Value::Object(parts.collect()));
        } else {
            kept.insert(name.clone(), value.clone());
        }
    }
    Value::Object(kept)
}

/// Whether anything outside of the metadata differs.
pub(crate) fn touches_spec(fields: &[FieldChange]) -> bool {
    fields.iter().any(|field| !field.path.starts_with(".metadata."))
}

#[derive(Default)]
struct Found(Vec<FieldChange>);

impl Found {
    fn compare(&mut self, before: &Value, after: &Value, path: &mut String) {
        if before == after {
            return;
        }
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => self.maps(before, after, path),
            (Value::Array(before), Value::Array(after)) => self.lists(before, after, path),
            _ => self.push(path, Some(before), Some(after)),
        }
    }

    fn maps(&mut self, before: &Map<String, Value>, after: &Map<String, Value>, path: &mut String) {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let at = path.len();
            push_field(path, name);
            self.pair(before.get(name), after.get(name), path);
            path.truncate(at);
        }
    }

    fn lists(&mut self, before: &[Value], after: &[Value], path: &mut String) {
        if let (Some(old), Some(new)) = (names(before), names(after)) {
            let by = |items: &[Value], names: &[&str], name: &str| {
                names.iter().position(|it| *it == name).map(|at| items[at].clone())
            };
            let added = new.iter().filter(|name| !old.contains(name));
            for name in old.iter().chain(added) {
                let at = path.len();
                path.push_str(&format!("[name={}]", json!(name)));
                let (old, new) = (by(before, &old, name), by(after, &new, name));
                self.pair(old.as_ref(), new.as_ref(), path);
                path.truncate(at);
            }
            return;
        }
        for index in 0..before.len().max(after.len()) {
            let at = path.len();
            path.push_str(&format!("[{index}]"));
            self.pair(before.get(index), after.get(index), path);
            path.truncate(at);
        }
    }

    fn pair(&mut self, before: Option<&Value>, after: Option<&Value>, path: &mut String) {
        match (before, after) {
            (Some(before), Some(after)) => self.compare(before, after, path),
            (None, None) => {}
            _ => self.push(path, before, after),
        }
    }

    fn push(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>) {
        let path = path.to_owned();
        self.0.push(FieldChange { path, before: before.cloned(), after: after.cloned() });
    }
}

/// The names of a list's items, where all have one and no two the same.
fn names(items: &[Value]) -> Option<Vec<&str>> {
    let names: Option<Vec<&str>> = items.iter().map(|item| item.get("name")?.as_str()).collect();
    let names = names?;
    let distinct: BTreeSet<&&str> = names.iter().collect();
    (distinct.len() == names.len()).then_some(names)
}

fn push_field(path: &mut String, name: &str) {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(plain) {
        path.push('.');
        path.push_str(name);
    } else {
        path.push_str(&format!("[{}]", json!(name)));
    }
}

/// Leaves of a Secret only that they differ. What is not content (its type, its labels) is shown.
fn mask(field: &mut FieldChange) {
    let is_content = field.path.starts_with(".data") || field.path.starts_with(".stringData");
    if !is_content && !field.path.starts_with(".metadata.annotations") {
        return;
    }
    if let Some(before) = &mut field.before {
        mask_leaves(before, if field.after.is_some() { "*** (before)" } else { "***" });
    }
    if let Some(after) = &mut field.after {
        mask_leaves(after, if field.before.is_some() { "*** (after)" } else { "***" });
    }
}

fn mask_leaves(value: &mut Value, mask: &str) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|value| mask_leaves(value, mask)),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_leaves(item, mask)),
        leaf => *leaf = Value::String(mask.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: Value, after: Value) -> Vec<String> {
        let text = |value: Option<Value>| value.map_or_else(|| "-".to_owned(), |it| it.to_string());
        let changes = changes(&before, &after).into_iter();
        changes.map(|it| format!("{} {} {}", it.path, text(it.before), text(it.after))).collect()
    }

    #[test]
    fn only_what_a_set_decides_is_compared() {
        let object = |version: &str, label: &str, replicas: u32| {
            json!({
                "metadata": {"resourceVersion": version, "labels": {"app": label}, "finalizers": [version]},
                "spec": {"replicas": replicas},
                "status": {"replicas": version},
            })
        };
        assert_eq!(told(object("1", "a", 1), object("2", "a", 1)), [""; 0]);
        let changed = [".metadata.labels.app \"a\" \"b\"", ".spec.replicas 1 2"];
        assert_eq!(told(object("1", "a", 1), object("2", "b", 2)), changed);
        let (none, empty) = (json!({"metadata": {}}), json!({"metadata": {"labels": {}}}));
        assert_eq!(told(none, empty), [""; 0]);
    }

    #[test]
    fn items_with_names_are_compared_by_them() {
        let of = |items: Value| json!({"spec": {"containers": items}});
        let before = of(json!([{"name": "a", "image": "x"}, {"name": "b"}]));
        let after = of(json!([{"name": "c"}, {"name": "a", "image": "y"}]));
        let expected = [
            ".spec.containers[name=\"a\"].image \"x\" \"y\"",
            ".spec.containers[name=\"b\"] {\"name\":\"b\"} -",
            ".spec.containers[name=\"c\"] - {\"name\":\"c\"}",
        ];
        assert_eq!(told(before, after), expected);
    }

    #[test]
    fn secrets_are_masked_wherever_they_may_stand() {
        let secret = |data: Value, annotation: &str| {
            json!({"apiVersion": "v1", "kind": "Secret", "data": data, "type": "Opaque", "metadata": {"annotations":
                {"kubectl.kubernetes.io/last-applied-configuration": annotation}}})
        };
        let text = told(
            secret(json!({"old": "b2xk", "same": "c2FtZQ==", "other": "MQ=="}), "MQ=="),
            secret(json!({"new": "bmV3", "same": "c2FtZQ==", "other": "Mg=="}), "Mg=="),
        );
        let expected = [
            ".data.new - \"***\"",
            ".data.old \"***\" -",
            ".data.other \"*** (before)\" \"*** (after)\"",
            ".metadata.annotations[\"kubectl.kubernetes.io/last-applied-configuration\"] \"*** (before)\" \"*** (after)\"",
        ];
        assert_eq!(text, expected);
    }
}
