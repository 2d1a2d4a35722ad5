//! Values as JSON has them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Number, Value};

use crate::base64::replace_invalid;
use crate::decode::{Build, Key};
use crate::gofmt;
use crate::options::Dialect;
use crate::resolve::Resolved;
use crate::token::Mark;
use crate::typed::Typed;

/// Builds JSON values, and notes where JSON cannot hold what is said.
///
/// What is noted may be gone in the end: a later key may have replaced it.
#[derive(Debug)]
pub(crate) struct BuildJson {
    dialect: Dialect,
    key: Option<Mark>,
    number: Option<Mark>,
}

impl BuildJson {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { dialect, key: None, number: None }
    }

    /// Where JSON may not be able to hold something.
    pub(crate) fn doubt(&self) -> Option<Mark> {
        self.key.or(self.number)
    }
}

/// What in a value JSON cannot hold, in the original's words: keys come first, then numbers.
pub(crate) fn unsupported(value: &Typed, dialect: Dialect) -> Option<String> {
    unsupported_key(value, dialect, true).or_else(|| unsupported_number(value))
}

fn unsupported_key(value: &Typed, dialect: Dialect, outermost: bool) -> Option<String> {
    match value {
        Typed::Sequence(items) => {
            items.iter().find_map(|item| unsupported_key(item, dialect, false))
        }
        Typed::Mapping(entries) => entries.iter().find_map(|(key, value)| {
            let issue = match dialect {
                Dialect::Sigs => key_issue(key, value),
                Dialect::Kyaml
                    if outermost || matches!(key, Typed::String(_) | Typed::Bytes(_)) =>
                {
                    None
                }
                Dialect::Kyaml => {
                    Some("json: unsupported type: map[interface {}]interface {}".to_owned())
                }
            };
            issue.or_else(|| unsupported_key(value, dialect, false))
        }),
        _ => None,
    }
}

fn key_issue(key: &Typed, value: &Typed) -> Option<String> {
    let of = match key {
        Typed::Null => "%!s(<nil>)",
        Typed::Uint(_) => "uint64",
        _ => return None,
    };
    let key = gofmt::go_syntax(key, Dialect::Sigs);
    let value = gofmt::go_syntax(value, Dialect::Sigs);
    Some(format!("unsupported map key of type: {of}, key: {key}, value: {value}"))
}

fn unsupported_number(value: &Typed) -> Option<String> {
    match value {
        Typed::Float(float) if !float.is_finite() => {
            Some(format!("json: unsupported value: {}", gofmt::float(*float)))
        }
        Typed::Sequence(items) => items.iter().find_map(unsupported_number),
        Typed::Mapping(entries) => {
            // Go writes a map in the order of its names, and stops at the first fault.
            let mut entries: Vec<_> =
                entries.iter().map(|(key, value)| (name_of(key), value)).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            entries.into_iter().find_map(|(_, value)| unsupported_number(value))
        }
        _ => None,
    }
}

/// The name that a key has in JSON; empty where it cannot have one.
pub(crate) fn name_of(key: &Typed) -> Cow<'_, str> {
    match key {
        Typed::String(text) => Cow::Borrowed(text),
        Typed::Bytes(bytes) => Cow::Owned(replace_invalid(bytes)),
        Typed::Bool(bool) => Cow::Owned(bool.to_string()),
        Typed::Int(int) => Cow::Owned(int.to_string()),
        Typed::Float(float) => Cow::Owned(float_name(*float)),
        _ => Cow::Borrowed(""),
    }
}

fn float_name(float: f64) -> String {
    match gofmt::float32(float).as_str() {
        "+Inf" => ".inf".to_owned(),
        "-Inf" => "-.inf".to_owned(),
        "NaN" => ".nan".to_owned(),
        finite => finite.to_owned(),
    }
}

/// A map while it is filled.
#[derive(Debug, Default)]
pub(crate) struct JsonMap {
    entries: Map<String, Value>,
    /// Hardly any map has such keys.
    odd: Option<Box<OddKeys>>,
}

/// The keys set in a map that were no strings.
#[derive(Debug, Default)]
struct OddKeys {
    keys: HashSet<Key>,
    /// Names that keys which are no strings have in JSON, and whether a string has it too.
    names: HashMap<String, bool>,
}

impl Build for BuildJson {
    type Value = Value;
    type Map = JsonMap;

    fn scalar(&mut self, resolved: Resolved, text: Cow<'_, str>, at: Mark) -> Value {
        match resolved {
            Resolved::Null => Value::Null,
            Resolved::Bool(bool) => Value::Bool(bool),
            Resolved::Int(int) => Value::from(int),
            Resolved::Uint(uint) => Value::from(uint),
            Resolved::Float(float) => number(float).map_or_else(
                || {
                    self.number.get_or_insert(at);
                    Value::Null
                },
                Value::Number,
            ),
            Resolved::Time(time) => Value::String(time.0),
            Resolved::Bytes(_) | Resolved::Text => Value::String(text.into_owned()),
        }
    }

    fn sequence(&mut self, items: Vec<Value>) -> Value {
        Value::Array(items)
    }

    fn new_map(&mut self) -> JsonMap {
        JsonMap::default()
    }

    fn accepts(&self, key: &Key) -> bool {
        match self.dialect {
            Dialect::Sigs => !matches!(key, Key::Null | Key::Uint(_) | Key::Time(_)),
            Dialect::Kyaml => matches!(key, Key::Text(_) | Key::Bytes(_)),
        }
    }

    fn refuse(&mut self, map: &mut JsonMap, key: Key, at: Mark) {
        self.key.get_or_insert(at);
        map.odd.get_or_insert_default().keys.insert(key);
    }

    fn insert(&mut self, map: &mut JsonMap, key: Key, value: Value) {
        let key = match key {
            Key::Text(text) => {
                let odd = map.odd.as_mut().and_then(|odd| odd.names.get_mut(&text));
                if let Some(is_text_too) = odd {
                    *is_text_too = true;
                }
                map.entries.insert(text, value);
                return;
            }
            other => other,
        };
        let name = match &key {
            Key::Text(text) => text.clone(),
            Key::Bytes(bytes) => replace_invalid(bytes),
            Key::Bool(bool) => bool.to_string(),
            Key::Int(int) => int.to_string(),
            Key::Float(float) => float_name(*float),
            Key::Null | Key::Uint(_) | Key::Time(_) => return,
        };
        let odd = map.odd.get_or_insert_default();
        let is_text_too = map.entries.contains_key(&name) && !odd.names.contains_key(&name);
        odd.names.entry(name.clone()).or_insert(is_text_too);
        odd.keys.insert(key);
        map.entries.insert(name, value);
    }

    fn contains(&self, map: &JsonMap, key: &Key) -> bool {
        let odd = map.odd.as_deref();
        match key {
            Key::Text(text) => match odd.and_then(|odd| odd.names.get(text)) {
                Some(is_text_too) => *is_text_too,
                None => map.entries.contains_key(text),
            },
            key => odd.is_some_and(|odd| odd.keys.contains(key)),
        }
    }

    fn map(&mut self, map: JsonMap) -> Value {
        Value::Object(map.entries)
    }
}

/// The number that Go writes into JSON: a float without a fraction is a whole number there.
pub(crate) fn number(float: f64) -> Option<Number> {
    let whole =
        float.fract() == 0.0 && float.abs() < 1e21 && !(float == 0.0 && float.is_sign_negative());
    if whole {
        // The shortest digits, filled with zeros: not always the exact value.
        let digits = float.to_string();
        if let Ok(int) = digits.parse::<i64>() {
            return Some(int.into());
        }
        if let Ok(uint) = digits.parse::<u64>() {
            return Some(uint.into());
        }
    }
    Number::from_f64(float)
}

/// In Go a number without a fraction is a whole number, however it is written.
pub(crate) fn as_go_reads(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_i64().is_none() && number.as_u64().is_none() => {
            number.as_f64().and_then(self::number).map_or(Value::Number(number), Value::Number)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(as_go_reads).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (key, as_go_reads(value))).collect())
        }
        other => other,
    }
}
