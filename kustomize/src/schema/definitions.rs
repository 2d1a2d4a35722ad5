//! Schemas out of OpenAPI documents.

use lean_string::LeanString;
use serde_json::{Map, Value};

use super::{Facts, Kind, MAX_HOPS, NOTHING, Ref, Type};

/// Reads JSON, or YAML as Kubernetes does.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let value = match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text).map_err(|error| error.to_string())?,
        false => gotk_yaml::from_str(text).map_err(|error| error.to_string())?,
    };
    match value {
        Value::Object(_) => Ok(value),
        _ => Err("it is no OpenAPI document".to_owned()),
    }
}

/// Adds definitions; those that are there already are replaced.
pub(super) fn add(facts: &mut Facts, document: &Value) -> Result<(), String> {
    let empty = Map::new();
    let definitions = document["definitions"].as_object().unwrap_or(&empty);
    for (name, definition) in definitions {
        let to = reference(facts, definition, definitions, 0)?;
        let name = facts.name(name);
        let id = match to {
            Some(Ref::Type(id)) => Some(id),
            Some(Ref::Name(other)) => facts.targets[other as usize],
            None => None,
        };
        facts.targets[name as usize] = id;
        for kind in kinds(&definition[KIND]) {
            facts.kinds.insert(kind?, id.unwrap_or(NOTHING));
        }
    }
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        let Some(kind) = kind(&operations["get"][KIND]) else { continue };
        let has_namespace = path.contains("namespaces/{namespace}");
        let known = facts.namespaced.entry(kind).or_insert(has_namespace);
        *known |= has_namespace;
    }
    Ok(())
}

const KIND: &str = "x-kubernetes-group-version-kind";

fn kinds(list: &Value) -> impl Iterator<Item = Result<Kind, String>> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter(|item| item.is_object())
        .map(|item| kind(item).ok_or_else(|| format!("{KIND} {item} lacks a version or a kind")))
}

fn kind(of: &Value) -> Option<Kind> {
    let version = of["version"].as_str()?;
    let api_version = match of["group"].as_str().unwrap_or_default() {
        "" => LeanString::from(version),
        group => format!("{group}/{version}").into(),
    };
    Some((api_version, of["kind"].as_str()?.into()))
}

/// What a schema refers to or describes.
fn reference(
    facts: &mut Facts,
    schema: &Value,
    definitions: &Map<String, Value>,
    depth: usize,
) -> Result<Option<Ref>, String> {
    if depth > MAX_DEPTH {
        return Err(format!("schemas are nested more than {MAX_DEPTH} deep"));
    }
    if let Some(name) = referred(schema) {
        return Ok(last(name, definitions).map(|name| Ref::Name(facts.name(name))));
    }
    let mut of = Type { strategy: text(&schema["x-kubernetes-patch-strategy"]), ..Type::default() };
    of.keys = match (&schema["x-kubernetes-list-map-keys"], &schema["x-kubernetes-patch-merge-key"])
    {
        (Value::Array(keys), _) => keys.iter().map(text).collect(),
        (_, Value::String(key)) => vec![LeanString::from(key)],
        _ => Vec::new(),
    };
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(to) = reference(facts, field, definitions, depth + 1)? {
            of.fields.insert(name.into(), to);
        }
    }
    if schema["additionalProperties"].is_object() {
        of.any_field = reference(facts, &schema["additionalProperties"], definitions, depth + 1)?;
    }
    let is_array = match &schema["type"] {
        Value::String(word) => word == "array",
        Value::Array(words) => words.len() == 1 && words[0] == "array",
        _ => false,
    };
    if is_array && schema["items"].is_object() {
        of.items = reference(facts, &schema["items"], definitions, depth + 1)?;
    }
    Ok(Some(Ref::Type(facts.push(of))))
}

const MAX_DEPTH: usize = 200;

/// The end of a chain of definitions that only refer to others.
fn last<'d>(mut name: &'d str, definitions: &'d Map<String, Value>) -> Option<&'d str> {
    for _ in 0..MAX_HOPS {
        match definitions.get(name).and_then(referred) {
            Some(next) => name = next,
            None => return Some(name),
        }
    }
    None
}

fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/definitions/")
}

fn text(value: &Value) -> LeanString {
    value.as_str().unwrap_or_default().into()
}
