//! JSON into types as Go's decoder does it: names in any case, the last of two wins, null is
//! nothing, and a scalar has to be of the right type.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fault::Fault;

/// What is wrong with a value, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    /// The fields and indices on the way to it.
    pub(crate) path: Vec<Step>,
    pub(crate) what: String,
    /// The line, from 1; 0 where the path tells it.
    pub(crate) line: usize,
}

/// A step on the way to a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Field(String),
    Index(usize),
}

/// How exact the original is with this file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    /// `kustomization.yaml`: no unknown fields, no numbers where a text is expected.
    Exact,
    /// Tables of fields: no unknown fields, numbers become texts.
    Known,
    /// Configurations of plug-ins: what is not known is not looked at.
    Lenient,
}

pub(crate) type Decoded<T> = Result<T, Problem>;

/// A type that is read field by field.
pub(crate) trait Decode: Default {
    /// Reads the field with this name in lower case; `false` if there is none.
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool>;
}

impl Problem {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { path: Vec::new(), what: what.into(), line: 0 }
    }

    /// What is wrong with a text.
    pub(crate) fn yaml(error: &gotk_yaml::Error) -> Self {
        let fault = error.fault();
        let line = fault.place.map_or(0, |place| place.line);
        Self { line, ..Self::new(&*fault.message) }
    }

    pub(crate) fn fault(&self) -> Box<Fault> {
        Fault::new(&*self.what).at(self.field()).at_line(self.line)
    }

    fn under(mut self, step: Step) -> Self {
        self.path.insert(0, step);
        self
    }

    /// The way to it, as it is printed: `patches[0].target`.
    pub(crate) fn field(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                Step::Field(name) if text.is_empty() => text.push_str(name),
                Step::Field(name) => text.extend([".", name]),
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }
}

/// Reads a mapping.
pub(crate) fn object<T: Decode>(value: &Value, mode: Mode) -> Decoded<T> {
    let mut decoded = T::default();
    let map = match value {
        Value::Null => return Ok(decoded),
        Value::Object(map) => map,
        other => return Err(mismatch("a mapping", other)),
    };
    // Upper case before lower case, as the map has them in Go: of two spellings the last counts.
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort_unstable();
    for key in keys {
        let known = decoded.field(&key.to_lowercase(), &map[key], mode);
        let known = known.map_err(|problem| problem.under(Step::Field(key.clone())))?;
        if !known && mode != Mode::Lenient {
            return Err(Problem::new("there is no such field").under(Step::Field(key.clone())));
        }
    }
    Ok(decoded)
}

pub(crate) fn string(slot: &mut String, value: &Value, mode: Mode) -> Decoded<bool> {
    match value {
        Value::Null => {}
        Value::String(text) => slot.clone_from(text),
        Value::Bool(_) | Value::Number(_) if mode != Mode::Exact => *slot = value.to_string(),
        other => return Err(mismatch("a text", other)),
    }
    Ok(true)
}

pub(crate) fn boolean(slot: &mut bool, value: &Value) -> Decoded<bool> {
    match value {
        Value::Null => {}
        Value::Bool(is) => *slot = *is,
        other => return Err(mismatch("true or false", other)),
    }
    Ok(true)
}

pub(crate) fn integer(slot: &mut i64, value: &Value) -> Decoded<bool> {
    match value {
        Value::Null => {}
        Value::Number(number) if number.as_i64().is_some() => {
            *slot = number.as_i64().unwrap_or_default();
        }
        other => return Err(mismatch("a whole number", other)),
    }
    Ok(true)
}

pub(crate) fn strings(slot: &mut Vec<String>, value: &Value, mode: Mode) -> Decoded<bool> {
    *slot = items(value, |item| {
        let mut text = String::new();
        string(&mut text, item, mode).map(|_| text)
    })?;
    Ok(true)
}

pub(crate) fn map(slot: &mut BTreeMap<String, String>, value: &Value, mode: Mode) -> Decoded<bool> {
    match value {
        Value::Null => slot.clear(),
        Value::Object(entries) => {
            for (key, value) in entries {
                let mut text = String::new();
                string(&mut text, value, mode)
                    .map_err(|problem| problem.under(Step::Field(key.clone())))?;
                slot.insert(key.clone(), text);
            }
        }
        other => return Err(mismatch("a mapping", other)),
    }
    Ok(true)
}

pub(crate) fn list<T: Decode>(slot: &mut Vec<T>, value: &Value, mode: Mode) -> Decoded<bool> {
    *slot = items(value, |item| object(item, mode))?;
    Ok(true)
}

pub(crate) fn optional<T: Decode>(
    slot: &mut Option<T>,
    value: &Value,
    mode: Mode,
) -> Decoded<bool> {
    *slot = match value {
        Value::Null => None,
        value => Some(object(value, mode)?),
    };
    Ok(true)
}

fn items<T>(value: &Value, read: impl Fn(&Value) -> Decoded<T>) -> Decoded<Vec<T>> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        other => return Err(mismatch("a list", other)),
    };
    let read = |(index, item)| read(item).map_err(|problem| problem.under(Step::Index(index)));
    items.iter().enumerate().map(read).collect()
}

fn mismatch(expected: &str, found: &Value) -> Problem {
    let noun = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    };
    let hint = match found {
        Value::Bool(_) | Value::Number(_) if expected == "a text" => "; put it in quotes",
        _ => "",
    };
    Problem::new(format!("{noun} stands where {expected} is expected{hint}"))
}
