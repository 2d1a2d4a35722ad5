//! Reads the tables: Go literals that were turned into JSON.

use std::path::Path as File;
use std::sync::Arc;

use crate::{FieldSet, ObjectType, Path, PathElement, Schema};
use serde_json::{Value, json};

/// The cases of a table, each with a name.
pub(crate) struct Table {
    pub(crate) function: String,
    pub(crate) variable: String,
    pub(crate) cases: Vec<(String, Value)>,
}

pub(crate) fn tables(folder: &File, file: &str) -> Vec<Table> {
    let path = folder.join(file);
    let tables: Vec<Value> = serde_json::from_str(&gotk_corpus::read(&path)).unwrap();
    tables.iter().map(|table| read(file, table)).collect()
}

fn read(file: &str, table: &Value) -> Table {
    let text = |name: &str| table[name].as_str().unwrap_or_default().to_owned();
    let (function, variable) = (text("func"), text("var"));
    let cases = match &table["cases"] {
        Value::Array(cases) => cases
            .iter()
            .enumerate()
            .map(|(index, case)| {
                let name = case["name"].as_str().map_or_else(|| index.to_string(), str::to_owned);
                (format!("{file}/{function}/{variable}/{name}"), case.clone())
            })
            .collect(),
        Value::Object(cases) => cases
            .iter()
            .filter(|(name, _)| *name != "$type")
            .map(|(name, case)| (format!("{file}/{function}/{name}"), case.clone()))
            .collect(),
        other => panic!("{file}: {other}"),
    };
    Table { function, variable, cases }
}

/// The name of the Go function or constructor, without its package.
pub(crate) fn call(value: &Value) -> &str {
    let name = value["$call"].as_str().unwrap_or_default();
    name.rsplit('.').next().unwrap_or_default()
}

pub(crate) fn arguments(value: &Value) -> &[Value] {
    value["args"].as_array().map_or(&[], Vec::as_slice)
}

/// The name behind `$type`, without its package.
pub(crate) fn type_of(value: &Value) -> &str {
    value["$type"].as_str().unwrap_or_default().rsplit('.').next().unwrap_or_default()
}

/// A plain value: what wrappers were put around.
pub(crate) fn plain(value: &Value) -> Value {
    match call(value) {
        "float64" => json!(arguments(value)[0].as_f64().unwrap()),
        "NewValueInterface" | "_V" => plain(&arguments(value)[0]),
        _ => match value {
            Value::Object(map) => map
                .iter()
                .filter(|(name, _)| *name != "$type")
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect(),
            Value::Array(items) => items.iter().map(plain).collect(),
            other => other.clone(),
        },
    }
}

pub(crate) fn element(value: &Value) -> PathElement {
    let items = value["items"].as_array().map_or(&[][..], Vec::as_slice);
    let (name, arguments) = match type_of(value) {
        "FieldList" => ("KeyElement", items),
        _ => (call(value), arguments(value)),
    };
    match (name, arguments) {
        ("FieldNameElement", [name]) => PathElement::field(name.as_str().unwrap()),
        ("IndexElement", [index]) => PathElement::index(index.as_i64().unwrap()),
        ("ValueElement" | "_V" | "NewValueInterface", [value]) => PathElement::value(&plain(value)),
        ("KeyByFields" | "_KBF" | "KeyElementByFields", pairs) => PathElement::key(
            pairs.chunks(2).map(|pair| (pair[0].as_str().unwrap(), plain(&pair[1]))),
        ),
        ("KeyElement", [list]) if type_of(list) == "FieldList" => element(list),
        ("KeyElement", fields) => PathElement::key(
            fields.iter().map(|it| (it["Name"].as_str().unwrap(), plain(&it["Value"]))),
        ),
        ("", _) if value.is_string() => PathElement::field(value.as_str().unwrap()),
        ("", _) if value.is_i64() => PathElement::index(value.as_i64().unwrap()),
        _ => panic!("no path element: {value}"),
    }
}

pub(crate) fn path(value: &Value) -> Path {
    if value.is_null() {
        return Path::default();
    }
    assert!(matches!(call(value), "MakePathOrDie" | "_P"), "no path: {value}");
    Path::from(arguments(value).iter().map(element).collect::<Vec<_>>())
}

pub(crate) fn set(value: &Value) -> FieldSet {
    if value.is_null() {
        return FieldSet::new();
    }
    assert!(matches!(call(value), "NewSet" | "_NS"), "no set: {value}");
    arguments(value).iter().map(path).collect()
}

/// YAML as the Go tests write it: behind a common indent of tabs.
pub(crate) fn yaml(text: &str) -> Value {
    let text = text.strip_prefix('\n').unwrap_or(text);
    let indent = text.len() - text.trim_start_matches('\t').len();
    let tabs = "\t".repeat(indent);
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.strip_prefix(&tabs).unwrap_or_else(|| line.trim_start()))
        .collect();
    let text = lines.join("\n");
    gotk_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A type from a schema in YAML.
pub(crate) fn kind(schema: &Value, name: &str) -> ObjectType {
    Arc::new(Schema::from_smd(schema).unwrap())
        .type_named(name)
        .unwrap_or_else(|| panic!("no type {name} in {schema}"))
}

/// The three ways to say it failed.
pub(crate) fn same<T: PartialEq + std::fmt::Display>(
    what: &str,
    ours: &T,
    recorded: &T,
) -> Result<(), String> {
    if ours == recorded {
        Ok(())
    } else {
        Err(format!("{what}\nours     {ours}\nrecorded {recorded}"))
    }
}

pub(crate) fn equal(what: &str, ours: &Value, recorded: &Value) -> Result<(), String> {
    same(what, &numbers(ours), &numbers(recorded))
}

/// With every number as a float: Go's YAML reads 1 as an integer and 1.0 as a float.
fn numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().unwrap()),
        Value::Array(items) => items.iter().map(numbers).collect(),
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.clone(), numbers(value))).collect()
        }
        other => other.clone(),
    }
}
