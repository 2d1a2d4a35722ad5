//! Values as JSON has them.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Number, Value};

use crate::compose::NodeId;
use crate::decode::{Build, Key};
use crate::gofmt;
use crate::options::Dialect;
use crate::problem::Problem;
use crate::resolve::Resolved;
use crate::token::Mark;
use crate::typed::Typed;

/// Builds JSON values, and notes what JSON cannot hold.
///
/// The original decodes the whole document before it looks for such things, and looks at all keys
/// before it looks at numbers; so the first of each is kept.
#[derive(Debug)]
pub(crate) struct BuildJson {
    dialect: Dialect,
    key: Option<Refused>,
    number: Option<(String, Mark)>,
}

impl BuildJson {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { dialect, key: None, number: None }
    }

    /// The first thing that JSON cannot hold, and where it stands. `show` reads a value for the
    /// message.
    pub(crate) fn issue(
        self,
        show: impl FnOnce(NodeId) -> Result<Typed, Problem>,
    ) -> Result<Option<(String, Mark)>, Problem> {
        let Some(Refused { key, value, at }) = self.key else { return Ok(self.number) };
        if self.dialect == Dialect::Kyaml {
            let what = "json: unsupported type: map[interface {}]interface {}";
            return Ok(Some((what.to_owned(), at)));
        }
        let of = if key == Key::Null { "%!s(<nil>)" } else { "uint64" };
        let key = gofmt::go_syntax(&key.into_typed(), self.dialect);
        let value = gofmt::go_syntax(&show(value)?, self.dialect);
        let what = format!("unsupported map key of type: {of}, key: {key}, value: {value}");
        Ok(Some((what, at)))
    }
}

/// A key that JSON does not have.
#[derive(Debug)]
struct Refused {
    key: Key,
    value: NodeId,
    at: Mark,
}

/// A map while it is filled, and the keys set in it that were no strings.
#[derive(Debug, Default)]
pub(crate) struct JsonMap {
    entries: Map<String, Value>,
    odd: HashSet<Key>,
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
                    let what = format!("json: unsupported value: {}", gofmt::float(float));
                    self.number.get_or_insert((what, at));
                    Value::Null
                },
                Value::Number,
            ),
            Resolved::Time(time) => Value::String(time.0),
            Resolved::Text => Value::String(text.into_owned()),
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
            Dialect::Kyaml => matches!(key, Key::Text(_)),
        }
    }

    fn refuse(&mut self, map: &mut JsonMap, key: Key, value: NodeId, at: Mark) {
        // Of equal keys the last one counts here too.
        let again = !map.odd.insert(key.clone());
        if self.key.is_none() || again {
            self.key = Some(Refused { key, value, at });
        }
    }

    fn insert(&mut self, map: &mut JsonMap, key: Key, value: Value) {
        let key = match key {
            Key::Text(text) => {
                map.entries.insert(text, value);
                return;
            }
            other => other,
        };
        let name = match &key {
            Key::Text(text) => text.clone(),
            Key::Bool(bool) => bool.to_string(),
            Key::Int(int) => int.to_string(),
            Key::Float(float) => match gofmt::float32(*float).as_str() {
                "+Inf" => ".inf".to_owned(),
                "-Inf" => "-.inf".to_owned(),
                "NaN" => ".nan".to_owned(),
                finite => finite.to_owned(),
            },
            Key::Null | Key::Uint(_) | Key::Time(_) => return,
        };
        map.entries.insert(name, value);
        map.odd.insert(key);
    }

    fn contains(&self, map: &JsonMap, key: &Key) -> bool {
        match key {
            Key::Text(text) => map.entries.contains_key(text),
            odd => map.odd.contains(odd),
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
