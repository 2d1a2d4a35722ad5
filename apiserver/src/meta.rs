//! `metadata`: what a client may set, what only the server sets, and when it is refused.

use serde_json::Value;

use crate::failure::{Cause, go_quoted};
use crate::kind::Kind;
use crate::names;

/// Fields that only the server writes.
pub(crate) const SERVER_FIELDS: [&str; 5] =
    ["uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds"];

/// Sets one field of the metadata.
pub(crate) fn set(object: &mut Value, field: &str, value: impl Into<Value>) {
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.insert(field.to_owned(), value.into());
    }
}

pub(crate) fn remove(object: &mut Value, field: &str) {
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove(field);
    }
}

/// Gives `object` the field as `from` has it, or none.
pub(crate) fn copy(from: &Value, object: &mut Value, field: &str) {
    match from["metadata"].get(field) {
        Some(value) => set(object, field, value.clone()),
        None => remove(object, field),
    }
}

pub(crate) fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

pub(crate) fn finalizers(object: &Value) -> Vec<String> {
    let list = object["metadata"]["finalizers"].as_array();
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Writes the finalizers back; none is no field.
pub(crate) fn set_finalizers(object: &mut Value, finalizers: Vec<String>) {
    if finalizers.is_empty() {
        remove(object, "finalizers");
    } else {
        set(object, "finalizers", finalizers);
    }
}

/// Drops what encodes as nothing: null members and empty maps and lists.
pub(crate) fn tidy(object: &mut Value) {
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.retain(|_, value| match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::Object(map) => !map.is_empty(),
            _ => true,
        });
    }
}

/// What upstream refuses in the metadata of any object.
pub(crate) fn causes(kind: &Kind, object: &Value) -> Vec<Cause> {
    let meta = &object["metadata"];
    let mut causes = name_causes(kind, meta);
    for (key, value) in meta["labels"].as_object().into_iter().flatten() {
        causes.extend(refused("metadata.labels", key, names::qualified(key)));
        let value = value.as_str().unwrap_or_default();
        causes.extend(refused("metadata.labels", value, names::label_value(value)));
    }
    for key in meta["annotations"].as_object().into_iter().flatten().map(|(key, _)| key) {
        causes.extend(refused("metadata.annotations", key, names::qualified(&key.to_lowercase())));
    }
    causes.extend(annotations_size(&meta["annotations"]));
    causes.extend(owner_causes(&meta["ownerReferences"]));
    for (at, finalizer) in finalizers(object).iter().enumerate() {
        causes.extend(finalizer_cause(kind, at, finalizer));
    }
    causes
}

fn refused(field: &str, value: &str, why: Vec<String>) -> Vec<Cause> {
    why.into_iter().map(|why| Cause::invalid(field, &value.into(), &why)).collect()
}

fn name_causes(kind: &Kind, meta: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = meta["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
    } else {
        causes.extend(refused("metadata.name", name, (grammar(kind))(name)));
    }
    if kind.namespaced() {
        let namespace = meta["namespace"].as_str().unwrap_or_default();
        causes.extend(refused("metadata.namespace", namespace, names::label(namespace)));
    }
    causes
}

/// Which grammar a kind's names follow.
fn grammar(kind: &Kind) -> fn(&str) -> Vec<String> {
    match (&*kind.group, &*kind.kind) {
        ("", "Namespace") => names::label,
        ("", "Service") => names::label_1035,
        ("rbac.authorization.k8s.io", _) => names::path_segment,
        _ => names::subdomain,
    }
}

fn annotations_size(annotations: &Value) -> Option<Cause> {
    const LIMIT: usize = 256 * 1024;
    let entries = annotations.as_object()?.iter();
    let size: usize =
        entries.map(|(key, value)| key.len() + value.as_str().unwrap_or_default().len()).sum();
    let message = format!("Too long: may not be more than {LIMIT} bytes");
    (size > LIMIT).then(|| Cause::new("FieldValueTooLong", "metadata.annotations", message))
}

fn owner_causes(owners: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut controller: Option<&Value> = None;
    for (at, owner) in owners.as_array().into_iter().flatten().enumerate() {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if owner[field].as_str().unwrap_or_default().is_empty() {
                causes.push(Cause::required(
                    format!("metadata.ownerReferences[{at}].{field}"),
                    "must not be empty",
                ));
            }
        }
        if owner["controller"] == true {
            if let Some(first) = controller {
                let named = |owner: &Value| {
                    let part = |field: &str| owner[field].as_str().unwrap_or_default().to_owned();
                    format!("{}/{}", part("kind"), part("name"))
                };
                let why = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
                    named(first),
                    named(owner)
                );
                causes.push(Cause::invalid("metadata.ownerReferences", owners, &why));
            }
            controller = controller.or(Some(owner));
        }
    }
    causes
}

fn finalizer_cause(kind: &Kind, at: usize, finalizer: &str) -> Option<Cause> {
    let field = format!("metadata.finalizers[{at}]");
    if let Some(why) = names::qualified(finalizer).first() {
        return Some(Cause::invalid(field, &finalizer.into(), why));
    }
    // The extension server is laxer than the core's.
    let lax = !kind.built_in || &*kind.group == "apiextensions.k8s.io";
    let known = lax
        || finalizer.contains('/')
        || matches!(finalizer, "orphan" | "foregroundDeletion" | "kubernetes");
    let why = "name is neither a standard finalizer name nor is it fully qualified";
    (!known).then(|| Cause::invalid(field, &finalizer.into(), why))
}

/// What upstream refuses in a change of the metadata.
pub(crate) fn update_causes(old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if old["metadata"]["deletionTimestamp"].is_string() {
        let before = finalizers(old);
        let added: Vec<String> = finalizers(new)
            .into_iter()
            .filter(|f| !before.contains(f))
            .map(|f| go_quoted(&f))
            .collect();
        if !added.is_empty() {
            let why = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                added.join(", ")
            );
            causes.push(Cause::forbidden("metadata.finalizers", &why));
        }
    }
    let uid = &new["metadata"]["uid"];
    if *uid != old["metadata"]["uid"] {
        causes.push(Cause::invalid("metadata.uid", uid, "field is immutable"));
    }
    causes
}
