//! `spec.commonMetadata`

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Sets labels or annotations of an object; those of other names stay.
pub(super) fn set(object: &mut Value, field: &str, texts: &BTreeMap<String, String>) {
    if texts.is_empty() || !object.is_object() {
        return;
    }
    let metadata = mapping(object, "metadata");
    let Some(metadata) = metadata else { return };
    let Some(Value::Object(map)) = mapping(metadata, field) else { return };
    for (name, text) in texts {
        map.insert(name.clone(), Value::String(text.clone()));
    }
}

/// The mapping under a key, made if nothing is there.
fn mapping<'v>(of: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    let found = of.as_object_mut()?.entry(key).or_insert(Value::Null);
    if found.is_null() {
        *found = Value::Object(Map::new());
    }
    Some(found).filter(|found| found.is_object())
}
