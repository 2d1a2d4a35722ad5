//! Maps, borrowed from an object or built.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde_json::Map as JsonMap;
use serde_json::Value as Json;

use crate::cel::number;
use crate::cel::value::{Text, Value};

/// A map from keys to values, walked in the order of its keys.
#[derive(Clone, Debug)]
pub struct Map<'a>(Fields<'a>);

#[derive(Clone, Debug)]
enum Fields<'a> {
    /// Sorted by key, each key once.
    Built(Arc<[(Key<'a>, Value<'a>)]>),
    Json(&'a JsonMap<String, Json>),
}

/// What a map can be looked up by.
#[derive(Clone, Debug)]
pub(crate) enum Key<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    String(Text<'a>),
    /// CEL's grammar has no such key, but nothing refuses one; it is ordered by how it prints.
    Other(String, Box<Value<'a>>),
}

impl<'a> Key<'a> {
    pub(crate) fn of(value: &Value<'a>) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Uint(value) => Self::Uint(*value),
            Value::String(text) => Self::String(text.clone()),
            other => Self::Other(outline(other), Box::new(other.clone())),
        }
    }

    pub(crate) fn into_value(self) -> Value<'a> {
        match self {
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Uint(value) => Value::Uint(value),
            Self::String(text) => Value::String(text),
            Self::Other(_, value) => *value,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Int(_) => 1,
            Self::Uint(_) => 2,
            Self::String(_) => 3,
            Self::Other(..) => 4,
        }
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key<'_> {}

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Uint(a), Self::Uint(b)) => a.cmp(b),
            (Self::String(a), Self::String(b)) => a.cmp(b),
            (Self::Other(a, _), Self::Other(b, _)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl<'a> Map<'a> {
    pub(crate) fn json(fields: &'a JsonMap<String, Json>) -> Self {
        Self(Fields::Json(fields))
    }

    /// A map of entries in any order. Of two with the same key the later one stays.
    pub(crate) fn built(mut entries: Vec<(Key<'a>, Value<'a>)>) -> Self {
        entries.reverse();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.dedup_by(|(a, _), (b, _)| a == b);
        Self(Fields::Built(entries.into()))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Fields::Built(entries) => entries.len(),
            Fields::Json(fields) => fields.len(),
        }
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a text key.
    pub fn field(&self, name: &str) -> Option<Value<'a>> {
        match &self.0 {
            Fields::Json(fields) => fields.get(name).map(Value::from_json),
            Fields::Built(entries) => lookup(entries, &Key::String(Text::Borrowed(name))),
        }
    }

    /// The value of a key. Numbers find each other across their types: `{1: 'a'}[1.0]`.
    pub(crate) fn get(&self, key: &Value<'_>) -> Option<Value<'a>> {
        if let Value::String(text) = key {
            return self.field(text);
        }
        let Fields::Built(entries) = &self.0 else { return None };
        if let Some(found) = lookup(entries, &Key::of(key)) {
            return Some(found);
        }
        let int = number::to_int_lossless(key).map(Key::Int);
        let uint = number::to_uint_lossless(key).map(Key::Uint);
        int.into_iter().chain(uint).find_map(|key| lookup(entries, &key))
    }

    /// The entries in the order of their keys.
    pub fn entries(&self) -> Vec<(Value<'a>, Value<'a>)> {
        match &self.0 {
            Fields::Built(entries) => entries
                .iter()
                .map(|(key, value)| (key.clone().into_value(), value.clone()))
                .collect(),
            Fields::Json(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                // serde_json may have been built to keep the order of the document.
                fields.sort_unstable_by_key(|&(name, _)| name);
                let entry = |(name, value): (&'a String, &'a Json)| {
                    (Value::String(Text::Borrowed(name)), Value::from_json(value))
                };
                fields.into_iter().map(entry).collect()
            }
        }
    }
}

/// The beginning of how a value prints: enough to order keys that nobody writes.
fn outline(value: &Value<'_>) -> String {
    struct Beginning(String);

    impl fmt::Write for Beginning {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.push_str(text);
            if self.0.len() > 256 { Err(fmt::Error) } else { Ok(()) }
        }
    }

    let mut beginning = Beginning(String::new());
    // It ends with an error on purpose, once there is enough.
    let _ = fmt::write(&mut beginning, format_args!("{value:?}"));
    beginning.0
}

/// The wanted key only has to live as long as the lookup.
fn lookup<'a>(entries: &[(Key<'a>, Value<'a>)], key: &Key<'_>) -> Option<Value<'a>> {
    let index = entries.binary_search_by(|(candidate, _)| candidate.cmp(key)).ok()?;
    Some(entries[index].1.clone())
}
