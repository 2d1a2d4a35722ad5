//! `ConfigMap` and `Secret`: keys, sizes, `stringData`, `immutable`.

use serde_json::{Value, json};

use crate::base64;
use crate::failure::Cause;
use crate::names;

/// Moves `stringData` into `data` and settles the type.
pub(super) fn default_secret(object: &mut Value) {
    let texts = object.as_object_mut().and_then(|root| root.remove("stringData"));
    if let Some(Value::Object(texts)) =
        texts.filter(|texts| texts.as_object().is_some_and(|t| !t.is_empty()))
    {
        if !object["data"].is_object() {
            object["data"] = json!({});
        }
        for (key, text) in texts {
            let text = text.as_str().unwrap_or_default();
            object["data"][key] = base64::encode_standard(text.as_bytes()).into();
        }
    }
    if object["type"].as_str().unwrap_or_default().is_empty() {
        object["type"] = "Opaque".into();
    }
}

pub(super) fn causes(object: &Value) -> Vec<Cause> {
    const LIMIT: usize = 1024 * 1024;
    let mut causes = Vec::new();
    let mut size = 0;
    for part in ["data", "binaryData"] {
        for (key, value) in object[part].as_object().into_iter().flatten() {
            let why = names::config_key(key);
            causes
                .extend(why.iter().map(|why| {
                    Cause::invalid(format!("{part}[{key}]"), &key.as_str().into(), why)
                }));
            size += value.as_str().unwrap_or_default().len();
        }
    }
    if let (Some(texts), Some(bytes)) =
        (object["data"].as_object(), object["binaryData"].as_object())
    {
        let both = bytes.keys().filter(|key| texts.contains_key(*key));
        let why = "duplicate of key present in data";
        causes.extend(
            both.map(|key| Cause::invalid(format!("binaryData[{key}]"), &key.as_str().into(), why)),
        );
    }
    if size > LIMIT {
        causes.push(Cause::new(
            "FieldValueTooLong",
            "",
            format!("Too long: may not be more than {LIMIT} bytes"),
        ));
    }
    causes
}

pub(super) fn update_causes(before: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if before["immutable"] == true {
        let why = "field is immutable when `immutable` is set";
        if new["immutable"] != true {
            causes.push(Cause::forbidden("immutable", why));
        }
        let changed = ["data", "binaryData"].into_iter().filter(|part| before[part] != new[part]);
        causes.extend(changed.map(|part| Cause::forbidden(part, why)));
    }
    if before["type"] != new["type"] {
        causes.push(Cause::invalid("type", &new["type"], "field is immutable"));
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn string_data_becomes_data() {
        let mut secret = json!({ "stringData": { "a": "b" }, "data": { "c": "Yg==" } });
        default_secret(&mut secret);
        assert_eq!(secret, json!({ "data": { "a": "Yg==", "c": "Yg==" }, "type": "Opaque" }));
    }

    #[test]
    fn an_immutable_map_cannot_change_back() {
        let before = json!({ "immutable": true, "data": { "a": "b" } });
        let causes = update_causes(&before, &json!({ "immutable": false, "data": { "a": "c" } }));
        assert_eq!(causes.len(), 2);
        assert!(update_causes(&before, &before).is_empty());
    }
}
