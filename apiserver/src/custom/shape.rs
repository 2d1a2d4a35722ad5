//! Pruning and defaulting: both walk an object along its schema.

use serde_json::Value;

/// Whether unknown fields beneath a schema are kept.
fn preserves(schema: &Value) -> bool {
    schema["x-kubernetes-preserve-unknown-fields"] == true
}

fn embeds(schema: &Value) -> bool {
    schema["x-kubernetes-embedded-resource"] == true
}

/// An object's own type and metadata stand outside its schema.
pub(super) fn prune_root(schema: &Value, object: &mut Value, dropped: &mut Vec<String>) {
    prune(schema, object, String::new(), true, dropped);
}

fn prune(
    schema: &Value,
    value: &mut Value,
    path: String,
    resource: bool,
    dropped: &mut Vec<String>,
) {
    match value {
        Value::Object(map) => {
            map.retain(|name, _| {
                let kept = keeps(schema, name, resource);
                if !kept {
                    dropped.push(beneath(&path, name));
                }
                kept
            });
            for (name, child) in map {
                let typed = resource && matches!(name.as_str(), "apiVersion" | "kind" | "metadata");
                if let Some(of) = child_schema(schema, name).filter(|_| !typed) {
                    prune(of, child, beneath(&path, name), embeds(of), dropped);
                }
            }
        }
        Value::Array(items) => {
            let of = &schema["items"];
            for (at, item) in items.iter_mut().enumerate().filter(|_| of.is_object()) {
                prune(of, item, format!("{path}[{at}]"), embeds(of), dropped);
            }
        }
        _ => {}
    }
}

fn keeps(schema: &Value, name: &str, resource: bool) -> bool {
    preserves(schema)
        || (resource && matches!(name, "apiVersion" | "kind" | "metadata"))
        || schema["properties"].get(name).is_some()
        || matches!(&schema["additionalProperties"], Value::Object(_) | Value::Bool(true))
}

/// The schema of a member, if it has one.
pub(super) fn child_schema<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let declared = schema["properties"].get(name);
    declared.or_else(|| schema.get("additionalProperties").filter(|of| of.is_object()))
}

fn beneath(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Puts defaults where nothing is; a null where none may be is nothing.
pub(super) fn default(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, of) in schema["properties"].as_object().into_iter().flatten() {
                if map.get(name).is_some_and(Value::is_null) && of["nullable"] != true {
                    map.remove(name);
                }
                if let Some(default) = of.get("default").filter(|_| !map.contains_key(name)) {
                    map.insert(name.clone(), default.clone());
                }
            }
            for (name, child) in map {
                if let Some(of) = child_schema(schema, name) {
                    default(of, child);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| default(&schema["items"], item)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_fields_go_unless_they_are_asked_for() {
        let schema = json!({ "type": "object", "properties": { "spec": { "type": "object", "properties": {
            "known": { "type": "string" },
            "open": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
            "map": { "type": "object", "additionalProperties": { "type": "object" } },
            "list": { "type": "array", "items": { "type": "object" } },
        } } } });
        let mut object = json!({
            "apiVersion": "a/v1", "kind": "A", "metadata": { "name": "a" }, "other": 1,
            "spec": { "known": "k", "odd": 1, "open": { "any": 1 }, "map": { "k": { "x": 1 } }, "list": [{ "x": 1 }] },
        });
        let mut dropped = Vec::new();
        prune_root(&schema, &mut object, &mut dropped);
        dropped.sort();
        assert_eq!(dropped, ["other", "spec.list[0].x", "spec.map.k.x", "spec.odd"]);
        assert_eq!(
            object["spec"],
            json!({ "known": "k", "open": { "any": 1 }, "map": { "k": {} }, "list": [{}] })
        );
    }

    #[test]
    fn defaults_fill_gaps_at_every_depth() {
        let item = json!({ "type": "object", "properties": { "p": { "type": "string", "default": "TCP" } } });
        let schema = json!({ "type": "object", "properties": {
            "list": { "type": "array", "items": item },
            "size": { "type": "integer", "default": 3 },
            "none": { "type": "string" },
            "null": { "type": "string", "nullable": true },
        } });
        let mut value =
            json!({ "list": [{}, { "p": "UDP" }], "size": null, "none": null, "null": null });
        default(&schema, &mut value);
        assert_eq!(
            value,
            json!({ "list": [{ "p": "TCP" }, { "p": "UDP" }], "size": 3, "null": null })
        );
    }
}
