//! Reading fields the way upstream does: some must have their type, others fall back to a default.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::Misfit;

/// The fields of a JSON object; none when the value is missing or something else.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(Option<&'a Map<String, Value>>);

/// Whether a map has its fields in the order of the alphabet, as it has unless somebody switched on
/// `preserve_order`, which makes it another type. Nothing but speed follows from it.
const SORTED: bool = size_of::<Map<String, Value>>() == size_of::<BTreeMap<String, Value>>();

impl<'a> Fields<'a> {
    /// No fields.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// The fields of a value, whatever it is.
    pub(crate) fn of(value: Option<&'a Value>) -> Self {
        Self(value.and_then(Value::as_object))
    }

    /// The fields of a value that has to be an object, or `null`, if it is there at all.
    pub(crate) fn strict(path: &'static str, value: Option<&'a Value>) -> Result<Self, Misfit> {
        match value {
            None | Some(Value::Null) => Ok(Self(None)),
            Some(Value::Object(fields)) => Ok(Self(Some(fields))),
            Some(other) => Err(Misfit::new(path, other, "an object")),
        }
    }

    /// Several fields in one pass.
    ///
    /// Comparing all keys beats the map's own search while there are few: most differ in length
    /// already, so their text is never fetched, and fetching is what costs here.
    #[inline(always)] // so that each key is compared as the constant it is
    pub(crate) fn pick<const N: usize>(self, keys: [&str; N]) -> [Option<&'a Value>; N] {
        const FEW: usize = 40;
        let (mut found, mut missing) = ([None; N], N);
        let Some(fields) = self.0 else { return found };
        if fields.len() > FEW {
            return keys.map(|key| fields.get(key));
        }
        for (name, value) in fields {
            for (slot, key) in found.iter_mut().zip(keys) {
                if name == key {
                    *slot = Some(value);
                    missing -= 1;
                }
            }
            if missing == 0 {
                break;
            }
        }
        found
    }

    /// Two fields, the second behind the first in the alphabet, in less than one pass.
    #[inline(always)] // as `pick`
    pub(crate) fn pick_in_order(self, [first, second]: [&str; 2]) -> [Option<&'a Value>; 2] {
        let mut found = [None; 2];
        for (name, value) in self.0.into_iter().flatten() {
            if name == first {
                found[0] = Some(value);
            } else if name == second {
                found[1] = Some(value);
                if SORTED {
                    break;
                }
            }
        }
        found
    }

    /// The map itself, to go through every field.
    #[inline(always)]
    pub(crate) const fn map(self) -> Option<&'a Map<String, Value>> {
        self.0
    }

    /// One field.
    #[inline(always)]
    pub(crate) fn get(self, key: &str) -> Option<&'a Value> {
        let [value] = self.pick([key]);
        value
    }

    /// The fields of a field.
    pub(crate) fn within(self, key: &str) -> Self {
        Self::of(self.get(key))
    }

    /// Counts, each 0 when missing or no integer.
    #[inline(always)]
    pub(crate) fn counts<const N: usize>(self, keys: [&str; N]) -> [i64; N] {
        self.pick(keys).map(|value| value.and_then(Value::as_i64).unwrap_or(0))
    }

    /// Texts, each empty when missing or something else.
    #[inline(always)]
    pub(crate) fn texts<const N: usize>(self, keys: [&str; N]) -> [&'a str; N] {
        self.pick(keys).map(|value| value.and_then(Value::as_str).unwrap_or_default())
    }

    /// An integer, or the default when the field is missing or something else.
    #[inline(always)]
    pub(crate) fn int(self, key: &str, default: i64) -> i64 {
        int(self.get(key), default)
    }

    /// A text, or the default when the field is missing or something else.
    #[inline(always)]
    pub(crate) fn text(self, key: &str, default: &'static str) -> &'a str {
        self.get(key).and_then(Value::as_str).unwrap_or(default)
    }
}

/// An integer, or the default when the value is missing or something else.
pub(crate) fn int(value: Option<&Value>, default: i64) -> i64 {
    value.and_then(Value::as_i64).unwrap_or(default)
}

/// An integer that has to be one if it is there at all. A float is not, even without a fraction.
pub(crate) fn strict_int(path: &'static str, value: Option<&Value>) -> Result<Option<i64>, Misfit> {
    let Some(value) = value else { return Ok(None) };
    match value.as_i64() {
        Some(number) => Ok(Some(number)),
        None => Err(Misfit::new(path, value, "an integer")),
    }
}

/// A text that has to be one if it is there at all.
pub(crate) fn strict_text<'a>(
    path: &'static str,
    value: Option<&'a Value>,
) -> Result<Option<&'a str>, Misfit> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(Misfit::new(path, other, "a string")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_is_an_absent_object_but_no_integer() {
        assert!(Fields::strict("status", Some(&Value::Null)).is_ok());
        assert!(strict_int("status.n", Some(&Value::Null)).is_err());
    }

    #[test]
    fn a_float_is_no_integer() {
        assert!(strict_int("status.n", Some(&json!(1.0))).is_err());
        assert_eq!(Fields::of(Some(&json!({ "n": 1.0 }))).int("n", 7), 7);
    }

    #[test]
    fn a_field_is_found_wherever_it_stands() {
        let keys = ["deletionTimestamp", "generation"];
        for (object, expected) in [
            (json!({ "generation": 1, "deletionTimestamp": 2, "a": 0 }), [2, 1]),
            (json!({ "z": 0, "generation": 1, "f": 0 }), [0, 1]),
            (json!({ "deletionTimestamp": 2, "name": 0 }), [2, 0]),
            (json!({}), [0, 0]),
        ] {
            let found = Fields::of(Some(&object)).pick_in_order(keys);
            assert_eq!(found.map(|value| int(value, 0)), expected, "{object}");
        }
    }

    #[test]
    fn a_large_object_is_searched_as_well() {
        let fields: Map<String, Value> = (0..100).map(|i| (format!("k{i}"), i.into())).collect();
        let large = Value::Object(fields);
        assert_eq!(Fields::of(Some(&large)).counts(["k7", "none", "k99"]), [7, 0, 99]);
    }
}
