//! Validation against a structural schema, in upstream's words.

use std::collections::{HashMap, HashSet};

use regex::Regex;
use serde_json::{Map, Value, json};

use super::format;
use super::shape::child_schema;
use crate::failure::Cause;

/// One walk over one object.
#[derive(Debug)]
pub(super) struct Validation<'a> {
    pub(super) patterns: &'a HashMap<String, Regex>,
    pub(super) causes: Vec<Cause>,
}

impl Validation<'_> {
    /// Checks a value. One that an update left as it was is let through, whatever it is.
    pub(super) fn value(
        &mut self,
        schema: &Value,
        value: &Value,
        before: Option<&Value>,
        path: &str,
    ) {
        if before == Some(value) || (value.is_null() && schema["nullable"] == true) {
            return;
        }
        if !self.has_type(schema, value, path) {
            return;
        }
        self.one_of_few(schema, value, path);
        match value {
            Value::String(text) => self.text(schema, text, path),
            Value::Number(number) => {
                self.number(schema, number.as_f64().unwrap_or_default(), value, path);
            }
            Value::Array(items) => self.list(schema, items, before, path),
            Value::Object(map) => self.map(schema, map, before, path),
            _ => {}
        }
        self.combined(schema, value, path);
    }

    fn has_type(&mut self, schema: &Value, value: &Value, path: &str) -> bool {
        let found = type_of(value);
        let (holds, wanted) = match schema["type"].as_str() {
            _ if schema["x-kubernetes-int-or-string"] == true => {
                (matches!(found, "integer" | "string"), "integer,string")
            }
            Some("number") => (matches!(found, "integer" | "number"), "number"),
            Some(wanted) => (found == wanted, wanted),
            None => (true, ""),
        };
        if !holds {
            let why = format!("{path} in body must be of type {wanted}: \"{found}\"");
            self.causes.push(Cause::type_invalid(path, &found.into(), &why));
        }
        holds
    }

    fn one_of_few(&mut self, schema: &Value, value: &Value, path: &str) {
        let Some(allowed) = schema["enum"].as_array() else { return };
        if !allowed.contains(value) {
            let text =
                |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let allowed: Vec<String> = allowed.iter().map(text).collect();
            let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
            self.causes.push(Cause::unsupported(path, value, &allowed));
        }
    }

    fn text(&mut self, schema: &Value, text: &str, path: &str) {
        let length = text.chars().count() as u64;
        if let Some(limit) = schema["maxLength"].as_u64().filter(|limit| length > *limit) {
            let message = format!("Too long: may not be more than {limit} bytes");
            self.causes.push(Cause::new("FieldValueTooLong", path, message));
        }
        if let Some(limit) = schema["minLength"].as_u64().filter(|limit| length < *limit) {
            self.refuse(path, &text.into(), &format!("should be at least {limit} chars long"));
        }
        let pattern = schema["pattern"].as_str().and_then(|pattern| self.patterns.get(pattern));
        if let Some(pattern) = pattern.filter(|pattern| !pattern.is_match(text)) {
            let why = format!("should match '{pattern}'");
            self.refuse(path, &text.into(), &why);
        }
        if let Some(format) =
            schema["format"].as_str().filter(|format| !format::holds(format, text))
        {
            let why = format!(
                "{path} in body must be of type {format}: {}",
                crate::failure::go_quoted(text)
            );
            self.causes.push(Cause::type_invalid(path, &text.into(), &why));
        }
    }

    fn number(&mut self, schema: &Value, number: f64, value: &Value, path: &str) {
        if let Some(factor) =
            schema["multipleOf"].as_f64().filter(|factor| (number / factor).fract() != 0.0)
        {
            self.refuse(path, value, &format!("should be a multiple of {factor}"));
        }
        if let Some(limit) = schema["maximum"].as_f64() {
            let exclusive = schema["exclusiveMaximum"] == true;
            if number > limit || (exclusive && number >= limit) {
                let or_equal = if exclusive { "" } else { "or equal to " };
                self.refuse(path, value, &format!("should be less than {or_equal}{limit}"));
            }
        }
        if let Some(limit) = schema["minimum"].as_f64() {
            let exclusive = schema["exclusiveMinimum"] == true;
            if number < limit || (exclusive && number <= limit) {
                let or_equal = if exclusive { "" } else { "or equal to " };
                self.refuse(path, value, &format!("should be greater than {or_equal}{limit}"));
            }
        }
    }

    fn list(&mut self, schema: &Value, items: &[Value], before: Option<&Value>, path: &str) {
        self.too_many(schema, "maxItems", items.len(), path);
        if let Some(limit) =
            schema["minItems"].as_u64().filter(|limit| (items.len() as u64) < *limit)
        {
            self.refuse(path, &items.len().into(), &format!("should have at least {limit} items"));
        }
        let keys = keys_of(schema);
        self.duplicates(schema, &keys, items, path);
        let old = before.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let old: HashMap<String, &Value> =
            old.iter().map(|item| (identity(&keys, item), item)).collect();
        if let Some(of) = schema.get("items") {
            for (at, item) in items.iter().enumerate() {
                // Only items that have a key, or are their own, can be told apart from the old ones.
                let was = schema
                    .get("x-kubernetes-list-type")
                    .and_then(|_| old.get(&identity(&keys, item)).copied());
                self.value(of, item, was, &format!("{path}[{at}]"));
            }
        }
    }

    fn duplicates(&mut self, schema: &Value, keys: &[&str], items: &[Value], path: &str) {
        if !matches!(schema["x-kubernetes-list-type"].as_str(), Some("set" | "map")) {
            return;
        }
        let mut seen = HashSet::new();
        for (at, item) in items.iter().enumerate() {
            if !seen.insert(identity(keys, item)) {
                let shown = if keys.is_empty() { item.clone() } else { key_of(keys, item) };
                self.causes.push(Cause::duplicate(format!("{path}[{at}]"), &shown));
            }
        }
    }

    fn map(
        &mut self,
        schema: &Value,
        map: &Map<String, Value>,
        before: Option<&Value>,
        path: &str,
    ) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !map.contains_key(name) {
                self.causes.push(Cause::required(beneath(path, name), ""));
            }
        }
        self.too_many(schema, "maxProperties", map.len(), path);
        if let Some(limit) =
            schema["minProperties"].as_u64().filter(|limit| (map.len() as u64) < *limit)
        {
            self.refuse(
                path,
                &map.len().into(),
                &format!("should have at least {limit} properties"),
            );
        }
        let root = path.is_empty();
        for (name, child) in map.iter().filter(|(name, _)| !(root && *name == "metadata")) {
            if let Some(of) = child_schema(schema, name) {
                let was = before.and_then(|before| before.get(name));
                self.value(of, child, was, &beneath(path, name));
            }
        }
    }

    /// `allOf`, `anyOf`, `oneOf` and `not`.
    fn combined(&mut self, schema: &Value, value: &Value, path: &str) {
        let branches = |name: &str| schema[name].as_array().cloned().unwrap_or_default();
        let all = branches("allOf");
        let failed: Vec<Vec<Cause>> =
            all.iter().map(|of| self.beside(of, value, path)).filter(|c| !c.is_empty()).collect();
        if !failed.is_empty() {
            let none = failed.len() == all.len();
            self.causes.extend(failed.into_iter().flatten());
            self.refuse_whole(
                path,
                &format!(
                    "must validate all the schemas (allOf){}",
                    if none { ". None validated" } else { "" }
                ),
            );
        }
        let any = branches("anyOf");
        let results: Vec<Vec<Cause>> = any.iter().map(|of| self.beside(of, value, path)).collect();
        if !results.is_empty() && results.iter().all(|causes| !causes.is_empty()) {
            self.refuse_whole(path, "must validate at least one schema (anyOf)");
            self.causes.extend(results.into_iter().next().unwrap_or_default());
        }
        let one = branches("oneOf");
        let results: Vec<Vec<Cause>> = one.iter().map(|of| self.beside(of, value, path)).collect();
        let valid = results.iter().filter(|causes| causes.is_empty()).count();
        if !results.is_empty() && valid != 1 {
            let found = if valid == 0 {
                "Found none valid".to_owned()
            } else {
                format!("Found {valid} valid alternatives")
            };
            self.refuse_whole(
                path,
                &format!("must validate one and only one schema (oneOf). {found}"),
            );
            let best = results.into_iter().next().filter(|_| valid == 0);
            self.causes.extend(best.unwrap_or_default());
        }
        if let Some(not) = schema.get("not").filter(|not| not.is_object())
            && self.beside(not, value, path).is_empty()
        {
            self.refuse_whole(path, "must not validate the schema (not)");
        }
    }

    /// What another schema says of the same value.
    fn beside(&self, schema: &Value, value: &Value, path: &str) -> Vec<Cause> {
        let mut other = Validation { patterns: self.patterns, causes: Vec::new() };
        other.value(schema, value, None, path);
        other.causes
    }

    fn too_many(&mut self, schema: &Value, limit: &str, found: usize, path: &str) {
        if let Some(limit) = schema[limit].as_u64().filter(|limit| found as u64 > *limit) {
            let items = if limit == 1 { "item" } else { "items" };
            let message = format!("Too many: {found}: must have at most {limit} {items}");
            self.causes.push(Cause::new("FieldValueTooMany", path, message));
        }
    }

    fn refuse(&mut self, path: &str, value: &Value, why: &str) {
        self.causes.push(Cause::invalid(path, value, &format!("{path} in body {why}")));
    }

    /// Combinations have no field upstream.
    fn refuse_whole(&mut self, path: &str, why: &str) {
        self.causes.push(Cause::invalid("<nil>", &"".into(), &format!("\"{path}\" {why}")));
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number)
            if number.is_f64() && number.as_f64().is_some_and(|n| n.fract() != 0.0) =>
        {
            "number"
        }
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

pub(super) fn keys_of(schema: &Value) -> Vec<&str> {
    let keys = schema["x-kubernetes-list-map-keys"].as_array();
    keys.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What tells an item apart: its keys, or in a set itself.
pub(super) fn identity(keys: &[&str], item: &Value) -> String {
    if keys.is_empty() { item.to_string() } else { key_of(keys, item).to_string() }
}

fn key_of(keys: &[&str], item: &Value) -> Value {
    let pairs = keys.iter().filter_map(|key| Some(((*key).to_owned(), item.get(key)?.clone())));
    json!(pairs.collect::<Map<String, Value>>())
}

pub(super) fn beneath(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custom::Custom;
    use crate::failure::Failure;
    use crate::registry::Registry;

    fn refusal(schema: Value, value: Value) -> String {
        let schema = json!({ "type": "object", "properties": { "s": schema } });
        let causes = Custom::new(schema).causes(&json!({ "s": value }), None);
        let kind = Registry::built_in().find("", "v1", "pods").unwrap();
        let message = Failure::invalid(&kind, "a", causes).message().to_owned();
        message.trim_start_matches("Pod \"a\" is invalid: ").to_owned()
    }

    #[test]
    fn refusals_are_worded_as_upstream_words_them() {
        let strings = |more: Value| {
            let mut schema = json!({ "type": "array", "items": { "type": "string" } });
            schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            schema
        };
        let either = json!([{ "required": ["a"] }, { "required": ["b"] }]);
        let rows = [
            (
                json!({ "type": "string", "maxLength": 3 }),
                json!("abcd"),
                "s: Too long: may not be more than 3 bytes",
            ),
            (
                json!({ "type": "string", "minLength": 2 }),
                json!("a"),
                "s: Invalid value: \"a\": s in body should be at least 2 chars long",
            ),
            (
                json!({ "type": "string", "pattern": "^[a-z]+$" }),
                json!("A"),
                "s: Invalid value: \"A\": s in body should match '^[a-z]+$'",
            ),
            (
                json!({ "type": "string", "format": "date-time" }),
                json!("x"),
                "s: Invalid value: \"x\": s in body must be of type date-time: \"x\"",
            ),
            (
                json!({ "type": "number", "minimum": 1, "exclusiveMinimum": true, "multipleOf": 2 }),
                json!(1),
                "[s: Invalid value: 1: s in body should be a multiple of 2, s: Invalid value: 1: s in body should be greater than 1]",
            ),
            (
                json!({ "type": "integer", "maximum": 5 }),
                json!(6),
                "s: Invalid value: 6: s in body should be less than or equal to 5",
            ),
            (
                json!({ "type": "integer", "enum": [1, 2] }),
                json!(3),
                "s: Unsupported value: 3: supported values: \"1\", \"2\"",
            ),
            (
                json!({ "type": "string" }),
                json!(1),
                "s: Invalid value: \"integer\": s in body must be of type string: \"integer\"",
            ),
            (
                json!({ "x-kubernetes-int-or-string": true }),
                json!(true),
                "s: Invalid value: \"boolean\": s in body must be of type integer,string: \"boolean\"",
            ),
            (
                strings(json!({ "minItems": 1 })),
                json!([]),
                "s: Invalid value: 0: s in body should have at least 1 items",
            ),
            (
                strings(json!({ "maxItems": 1 })),
                json!(["a", "b"]),
                "s: Too many: 2: must have at most 1 item",
            ),
            (
                strings(json!({ "x-kubernetes-list-type": "set" })),
                json!(["a", "a"]),
                "s[1]: Duplicate value: \"a\"",
            ),
            (
                json!({ "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": { "type": "object" } }),
                json!([{ "k": "a" }, { "k": "a", "v": 1 }]),
                "s[1]: Duplicate value: {\"k\":\"a\"}",
            ),
            (
                json!({ "type": "object", "anyOf": either }),
                json!({}),
                "[<nil>: Invalid value: \"\": \"s\" must validate at least one schema (anyOf), s.a: Required value]",
            ),
            (
                json!({ "type": "object", "oneOf": either }),
                json!({ "a": 1, "b": 1 }),
                "<nil>: Invalid value: \"\": \"s\" must validate one and only one schema (oneOf). Found 2 valid alternatives",
            ),
            (
                json!({ "type": "object", "allOf": [{ "required": ["a"] }] }),
                json!({}),
                "[s.a: Required value, <nil>: Invalid value: \"\": \"s\" must validate all the schemas (allOf). None validated]",
            ),
            (
                json!({ "type": "object", "not": { "required": ["a"] } }),
                json!({ "a": 1 }),
                "<nil>: Invalid value: \"\": \"s\" must not validate the schema (not)",
            ),
        ];
        for (schema, value, message) in rows {
            assert_eq!(refusal(schema.clone(), value), message, "{schema}");
        }
    }

    #[test]
    fn what_was_there_before_is_let_through() {
        let schema = json!({ "type": "object", "properties": { "a": { "type": "string", "pattern": "^x" } } });
        let custom = Custom::new(schema);
        let old = json!({ "a": "y" });
        assert!(custom.causes(&json!({ "a": "y", "b": 1 }), Some(&old)).is_empty());
        assert_eq!(custom.causes(&json!({ "a": "z" }), Some(&old)).len(), 1);
    }
}
