//! Equality and order of JSON values, as the Go original sees them.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use crate::error::TypeErrors;
use crate::scalar::Scalar;

/// Nesting beyond this is refused, so that no walk can exhaust the stack.
pub(crate) const MAX_DEPTH: usize = 160;

/// Whether two values are equal. Integers and floats are when their numbers are.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => numbers_equal(a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => maps_equal(a, b),
        _ => left == right,
    }
}

fn numbers_equal(a: &Number, b: &Number) -> bool {
    a == b || (Scalar::of(&Value::Number(a.clone())) == Scalar::of(&Value::Number(b.clone())))
}

fn maps_equal(a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
    a.len() == b.len()
        && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| equal(value, other)))
}

/// Refuses what no walk should go down into.
pub(crate) fn check_depth(value: &Value) -> Result<(), TypeErrors> {
    if is_within(value, MAX_DEPTH) {
        return Ok(());
    }
    Err(TypeErrors::one(format!("nested deeper than {MAX_DEPTH}")))
}

fn is_within(value: &Value, depth: usize) -> bool {
    let within = |it: &Value| depth > 0 && is_within(it, depth - 1);
    match value {
        Value::Array(items) => items.iter().all(within),
        Value::Object(map) => map.values().all(within),
        _ => true,
    }
}

/// A total order: numbers, strings, booleans, lists, maps, null.
pub(crate) fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Array(a), Value::Array(b)) => {
            let first = a.iter().zip(b).map(|(a, b)| compare(a, b)).find(|it| it.is_ne());
            first.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (Value::Object(a), Value::Object(b)) => compare_maps(a, b),
        _ if rank(left) != rank(right) => rank(left).cmp(&rank(right)),
        (Value::Null, _) => Ordering::Equal,
        _ => Scalar::of(left).cmp(&Scalar::of(right)),
    }
}

/// The place of a kind of value among the others.
pub(crate) const fn rank(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    }
}

/// Walks the keys of both in order; a map that lacks the key, or has ended, is the greater or the
/// smaller one exactly as upstream has it.
fn compare_maps(a: &Map<String, Value>, b: &Map<String, Value>) -> Ordering {
    let mut names: Vec<&String> =
        a.keys().chain(b.keys().filter(|it| !a.contains_key(*it))).collect();
    names.sort();
    for (index, name) in names.into_iter().enumerate() {
        let order = match (a.get(name), b.get(name)) {
            _ if index == a.len() => Ordering::Less,
            _ if index == b.len() => Ordering::Greater,
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
            (Some(a), Some(b)) => compare(a, b),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// The entries of a map by name, whatever order `serde_json` was built to keep.
pub(crate) fn sorted(map: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(name, _)| *name);
    entries.into_iter()
}

/// The map at a field, where there is one.
pub(crate) fn map_at<'v>(value: &'v Value, name: &str) -> Option<&'v Map<String, Value>> {
    value.get(name)?.as_object()
}

/// The text at a path of field names, or nothing.
pub(crate) fn text_at<'v>(value: &'v Value, path: &[&str]) -> &'v str {
    let found = path.iter().try_fold(value, |value, name| value.get(name));
    found.and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_and_one_point_zero_are_equal_at_any_depth() {
        assert!(equal(&json!({"a": [1, {"b": 2}]}), &json!({"a": [1.0, {"b": 2.0}]})));
        assert!(!equal(&json!({"a": 1}), &json!({"a": "1"})));
        assert!(!equal(&json!({"a": null}), &json!({})));
        assert!(!equal(&json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992_i64)));
    }

    #[test]
    fn maps_compare_key_by_key() {
        assert_eq!(compare(&json!({"a": 1}), &json!({"a": 1, "b": 1})), Ordering::Less);
        assert_eq!(compare(&json!({"b": 1}), &json!({"a": 1})), Ordering::Greater);
        assert_eq!(compare(&json!({"a": 2}), &json!({"a": 1})), Ordering::Greater);
        assert_eq!(compare(&json!({}), &json!({})), Ordering::Equal);
    }
}
