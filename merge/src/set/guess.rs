//! The fields of a value of which no schema is known.

use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::FieldSet;
use crate::path::PathElement;
use crate::scalar::Scalar;

/// What identifies an item where nothing says so, in order.
const LIKELY_KEYS: [&str; 3] = ["id", "key", "name"];

/// Deeper than any object an API server takes; what lies deeper is told as one field.
const MAX_DEPTH: usize = 160;

impl FieldSet {
    /// The leaves of a value without a schema: for telling people what a value mentions.
    ///
    /// Items of lists that have an `id`, a `key` or a `name` are taken to be known by them, others
    /// by their position. An API server owns by schema: see
    /// [`ObjectType::fields`](crate::ObjectType::fields).
    #[must_use]
    pub fn guess(value: &Value) -> Self {
        let mut set = Self::new();
        collect(value, MAX_DEPTH, &mut set);
        set
    }
}

/// Adds the leaves beneath the value, and tells whether it is one itself.
fn collect(value: &Value, depth: usize, out: &mut FieldSet) -> bool {
    let mut add = |element: PathElement, value: &Value| {
        let mut children = FieldSet::new();
        let leaf = collect(value, depth - 1, &mut children);
        out.push(&element, leaf, children);
    };
    match value {
        Value::Object(map) if depth > 0 => {
            map.iter().for_each(|(name, value)| add(PathElement::field(name), value));
        }
        Value::Array(items) if depth > 0 => {
            (0..).zip(items).for_each(|(index, item)| add(element(index, item), item));
        }
        _ => return true,
    }
    out.finish();
    false
}

fn element(index: i64, item: &Value) -> PathElement {
    let keys = item.as_object().map(keys).unwrap_or_default();
    if keys.is_empty() { PathElement::index(index) } else { PathElement::of_key(keys) }
}

fn keys(item: &Map<String, Value>) -> Vec<(SmolStr, Scalar)> {
    let scalar = |value: &&Value| !(value.is_null() || value.is_object() || value.is_array());
    let found = |name: &&'static str| {
        Some((SmolStr::new_static(name), Scalar::of(item.get(*name).filter(scalar)?)))
    };
    LIKELY_KEYS.iter().filter_map(found).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_are_known_by_what_looks_like_a_key() {
        let set = FieldSet::guess(&json!({
            "a": [{"name": "x", "v": 1}, {"name": {}, "v": 2}, "text"], "b": {"c": null}, "d": {},
        }));
        let told: Vec<_> = set.paths().iter().map(ToString::to_string).collect();
        let expected = [r#".a[name="x"].name"#, r#".a[name="x"].v"#, ".a[1].v", ".a[2]", ".b.c"];
        assert_eq!(told.len(), expected.len());
        assert!(expected.iter().all(|it| told.iter().any(|told| told == it)), "{told:?}");
    }

    #[test]
    fn what_lies_very_deep_is_one_field() {
        let deep = (0..10_000).fold(json!(1), |inner, _| Value::Array(vec![inner]));
        assert_eq!(FieldSet::guess(&deep).len(), 1);
        // Dropping it one level at a time keeps the stack out of this test.
        let mut rest = deep;
        while let Value::Array(mut items) = rest {
            rest = items.pop().unwrap_or_default();
        }
    }
}
