//! The values that list items are found by: compared, hashed and printed as the Go original does.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde_json::Value;
use smol_str::SmolStr;

use crate::go;
use crate::value;

/// A value inside a path element: of a key field, or of a set item.
#[derive(Clone, Debug)]
pub(crate) enum Scalar {
    Int(i64),
    Float(f64),
    String(SmolStr),
    Bool(bool),
    /// A null, a list or a map. No schema leads here, but `fieldsV1` text of a client may.
    Other(Box<Value>),
}

impl Scalar {
    /// The value as an object carries it.
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Bool(it) => Self::Bool(*it),
            Value::String(it) => Self::String(SmolStr::new(it)),
            Value::Number(it) => match it.as_i64() {
                Some(int) => Self::Int(int),
                None => Self::Float(it.as_f64().unwrap_or(f64::INFINITY)),
            },
            other => Self::Other(Box::new(other.clone())),
        }
    }

    /// The value as the decoder of `fieldsV1` reads it: every number is a float there.
    pub(crate) fn decoded(value: &Value) -> Self {
        match Self::of(value) {
            #[expect(clippy::cast_precision_loss, reason = "upstream loses it too")]
            Self::Int(int) => Self::Float(int as f64),
            other => other,
        }
    }

    /// Writes the JSON text that stands inside a `fieldsV1` key.
    pub(crate) fn write_json(&self, out: &mut String) {
        match self {
            Self::Int(it) => out.push_str(&it.to_string()),
            Self::Float(it) => go::write_float_json(*it, out),
            Self::String(it) => go::write_json_string_for_html(it, out),
            Self::Bool(it) => out.push_str(if *it { "true" } else { "false" }),
            Self::Other(it) => go::write_json(it, out),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Int(_) | Self::Float(_) => 0,
            Self::String(_) => 1,
            Self::Bool(_) => 2,
            Self::Other(it) => value::rank(it),
        }
    }
}

impl Ord for Scalar {
    fn cmp(&self, other: &Self) -> Ordering {
        #[expect(clippy::cast_precision_loss, reason = "upstream compares mixed numbers as floats")]
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Int(a), Self::Float(b)) => compare_floats(*a as f64, *b),
            (Self::Float(a), Self::Int(b)) => compare_floats(*a, *b as f64),
            (Self::Float(a), Self::Float(b)) => compare_floats(*a, *b),
            (Self::String(a), Self::String(b)) => a.as_str().cmp(b.as_str()),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Other(a), Self::Other(b)) => value::compare(a, b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

fn compare_floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

impl PartialOrd for Scalar {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scalar {}

impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            // Equal numbers must hash alike, whichever way they were read.
            #[expect(clippy::cast_precision_loss, reason = "a hash may collide")]
            Self::Int(it) => (*it as f64).to_bits().hash(state),
            Self::Float(it) => (if *it == 0.0 { 0.0 } else { *it }).to_bits().hash(state),
            Self::String(it) => it.hash(state),
            Self::Bool(it) => it.hash(state),
            Self::Other(_) => {}
        }
    }
}

/// The text that error messages show: strings quoted as Go quotes them.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(it) => write!(f, "{it}"),
            Self::Float(it) => f.write_str(&go::float_text(*it)),
            Self::String(it) => f.write_str(&go::quote(it)),
            Self::Bool(it) => write!(f, "{it}"),
            Self::Other(it) => f.write_str(&readable(it)),
        }
    }
}

fn readable(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(readable).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(map) => {
            value::sorted(map).map(|(name, value)| format!("{name}={}", readable(value))).collect()
        }
        scalar => Scalar::of(scalar).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_compare_whatever_their_spelling() {
        assert_eq!(Scalar::of(&json!(1)), Scalar::of(&json!(1.0)));
        assert!(Scalar::of(&json!(1)) < Scalar::of(&json!(1.5)));
        assert!(Scalar::of(&json!(2)) < Scalar::of(&json!("1")));
    }

    #[test]
    fn kinds_are_ordered_numbers_strings_bools_lists_maps_null() {
        let all = [json!(9), json!("a"), json!(false), json!([1]), json!({"a": 1}), json!(null)];
        let scalars: Vec<_> = all.iter().map(Scalar::of).collect();
        assert!(scalars.is_sorted());
    }

    #[test]
    fn a_decoded_number_is_a_float() {
        assert_eq!(Scalar::decoded(&json!(8080)).to_string(), "8080");
        assert_eq!(Scalar::decoded(&json!(25_000_000)).to_string(), "2.5e+07");
        assert_eq!(Scalar::of(&json!(25_000_000)).to_string(), "25000000");
    }
}
