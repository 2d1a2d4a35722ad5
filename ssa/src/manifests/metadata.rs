//! What all objects of a set have in common.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Adds labels; those that are there already get the new value.
#[doc(alias = "SetCommonMetadata")]
pub fn add_labels(object: &mut Value, labels: &BTreeMap<String, String>) {
    add(object, "labels", labels);
}

/// Adds annotations; those that are there already get the new value.
#[doc(alias = "SetCommonMetadata")]
pub fn add_annotations(object: &mut Value, annotations: &BTreeMap<String, String>) {
    add(object, "annotations", annotations);
}

/// Puts an object into a namespace, whatever it said before.
///
/// Whether its kind has namespaces is the caller's to know. References to it within other objects
/// stay as they are: following those is kustomize's work.
pub fn set_namespace(object: &mut Value, namespace: &str) {
    if let Some(metadata) = map_in(object, "metadata") {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
}

fn add(object: &mut Value, field: &str, pairs: &BTreeMap<String, String>) {
    if pairs.is_empty() {
        return;
    }
    let Some(metadata) = map_in(object, "metadata") else { return };
    let Some(map) = in_map(metadata, field) else { return };
    for (key, value) in pairs {
        map.insert(key.clone(), value.clone().into());
    }
}

fn map_in<'a>(object: &'a mut Value, field: &str) -> Option<&'a mut Map<String, Value>> {
    in_map(object.as_object_mut()?, field)
}

/// A map within a map: made where there is none, or something that cannot be one.
fn in_map<'a>(map: &'a mut Map<String, Value>, field: &str) -> Option<&'a mut Map<String, Value>> {
    let value = map.entry(field).or_insert_with(|| Value::Object(Map::new()));
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn common_metadata_wins_over_what_is_there() {
        let mut object = json!({ "metadata": { "annotations": { "a": "old", "b": "b" } } });
        add_annotations(&mut object, &[("a".to_owned(), "new".to_owned())].into());
        add_labels(&mut object, &[].into());
        assert_eq!(object, json!({ "metadata": { "annotations": { "a": "new", "b": "b" } } }));
    }

    #[test]
    fn a_namespace_is_set_or_replaced() {
        let mut object = json!({ "metadata": { "name": "a" } });
        set_namespace(&mut object, "shop");
        set_namespace(&mut object, "store");
        assert_eq!(object, json!({ "metadata": { "name": "a", "namespace": "store" } }));
    }

    #[test]
    fn what_is_no_map_makes_nothing_panic() {
        for mut odd in [json!(null), json!([]), json!("x"), json!({ "metadata": 5 })] {
            add_labels(&mut odd, &[("a".to_owned(), "b".to_owned())].into());
            set_namespace(&mut odd, "a");
        }
    }
}
