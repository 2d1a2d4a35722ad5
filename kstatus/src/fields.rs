//! Reading fields the way upstream does: some must have their type, others fall back to a default.

use serde_json::{Map, Value};

use crate::error::Misfit;

/// A path below the object, as a person would split it at the dots.
pub(crate) type Path = &'static [&'static str];

pub(crate) const GENERATION: Path = &["metadata", "generation"];
pub(crate) const OBSERVED_GENERATION: Path = &["status", "observedGeneration"];

/// A field of one JSON object.
///
/// Comparing all keys beats the map's own search while there are few: most differ in length already,
/// so their text is never fetched, and fetching is what costs here.
pub(crate) fn get<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    const FEW: usize = 32;
    if fields.len() > FEW {
        return fields.get(key);
    }
    fields.iter().find(|(name, _)| name.as_str() == key).map(|(_, value)| value)
}

/// Finds a field. A `null` on the way there is as good as absent; any other scalar is a misfit.
pub(crate) fn lookup(object: &Value, path: Path) -> Result<Option<&Value>, Misfit> {
    let mut value = object;
    for key in path {
        match value {
            Value::Object(fields) => match get(fields, key) {
                Some(next) => value = next,
                None => return Ok(None),
            },
            Value::Null => return Ok(None),
            other => return Err(Misfit::new(path.join("."), other, "an object on the way to it")),
        }
    }
    Ok(Some(value))
}

/// An integer that has to be one if it is there at all. A float is not, even without a fraction.
pub(crate) fn strict_int(object: &Value, path: Path) -> Result<Option<i64>, Misfit> {
    match lookup(object, path)? {
        None => Ok(None),
        Some(value) => match value.as_i64() {
            Some(number) => Ok(Some(number)),
            None => Err(Misfit::new(path.join("."), value, "an integer")),
        },
    }
}

/// A text that has to be one if it is there at all.
pub(crate) fn strict_text(object: &Value, path: Path) -> Result<Option<&str>, Misfit> {
    match lookup(object, path)? {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(Misfit::new(path.join("."), other, "a string")),
    }
}

/// An integer, or the default when the field is missing or something else.
pub(crate) fn int(object: &Value, path: Path, default: i64) -> i64 {
    field(object, path).and_then(Value::as_i64).unwrap_or(default)
}

/// A text, or the default when the field is missing or something else.
pub(crate) fn text<'a>(object: &'a Value, path: Path, default: &'static str) -> &'a str {
    field(object, path).and_then(Value::as_str).unwrap_or(default)
}

/// A field, or nothing when it cannot be reached.
pub(crate) fn field(object: &Value, path: Path) -> Option<&Value> {
    path.iter().try_fold(object, |value, key| get(value.as_object()?, key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_null_parent_is_absent_but_a_null_leaf_is_not_an_integer() {
        assert_eq!(strict_int(&json!({ "metadata": null }), GENERATION), Ok(None));
        assert!(strict_int(&json!({ "metadata": { "generation": null } }), GENERATION).is_err());
    }

    #[test]
    fn a_float_is_no_integer() {
        assert!(strict_int(&json!({ "metadata": { "generation": 1.0 } }), GENERATION).is_err());
        assert_eq!(int(&json!({ "metadata": { "generation": 1.0 } }), GENERATION, 7), 7);
    }

    #[test]
    fn a_scalar_on_the_way_is_a_misfit_only_where_types_matter() {
        let object = json!({ "status": "fine" });
        assert!(strict_int(&object, OBSERVED_GENERATION).is_err());
        assert_eq!(int(&object, OBSERVED_GENERATION, 7), 7);
    }
}
