//! Schemas in the form that structured-merge-diff itself uses.

use serde_json::Value;
use smol_str::SmolStr;

use super::{
    Atom, Builder, Field, FieldFacts, ListType, MapType, ScalarType, Schema, TypeId, UNTYPED,
    bad_schema,
};
use crate::error::Error;
use crate::value::MAX_DEPTH;

impl Schema {
    /// Reads a schema in structured-merge-diff's own form: `{"types": [{"name": …, "map": …}]}`.
    ///
    /// # Errors
    ///
    /// When it is not of that form.
    pub fn from_smd(document: &Value) -> Result<Self, Error> {
        let mut builder = Builder::new();
        for (index, item) in list_at(document, "types").iter().enumerate() {
            let at = format!("types[{index}]");
            let name = item.get("name").and_then(Value::as_str);
            let name = name.ok_or_else(|| bad_schema(&at, "has no name"))?;
            let atom = atom(item, &mut builder, &at, 0)?;
            builder.define(name, atom);
        }
        Ok(Self::assemble(builder, String::new()))
    }
}

fn list_at<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn atom(item: &Value, builder: &mut Builder, at: &str, depth: usize) -> Result<Atom, Error> {
    if depth > MAX_DEPTH {
        return Err(bad_schema(at, format!("nested deeper than {MAX_DEPTH}")));
    }
    let mut atom = Atom::default();
    if let Some(name) = item.get("scalar") {
        atom.scalar = Some(match name.as_str() {
            Some("numeric") => ScalarType::Numeric,
            Some("string") => ScalarType::String,
            Some("boolean") => ScalarType::Boolean,
            Some("untyped") => ScalarType::Untyped,
            _ => return Err(bad_schema(at, format!("unknown scalar {name}"))),
        });
    }
    if let Some(list) = item.get("list") {
        let element = reference(list.get("elementType"), builder, at, depth)?;
        atom.list = Some(ListType {
            element: element.unwrap_or_else(|| builder.named(UNTYPED)),
            atomic: relationship(list) != Some("associative"),
            keys: list_at(list, "keys")
                .iter()
                .filter_map(Value::as_str)
                .map(SmolStr::new)
                .collect(),
        });
    }
    if let Some(map) = item.get("map") {
        atom.map = Some(map_type(map, builder, at, depth)?);
    }
    Ok(atom)
}

fn relationship(value: &Value) -> Option<&str> {
    value.get("elementRelationship").and_then(Value::as_str)
}

fn map_type(map: &Value, builder: &mut Builder, at: &str, depth: usize) -> Result<MapType, Error> {
    let mut fields = Vec::new();
    for field in list_at(map, "fields") {
        let name = field.get("name").and_then(Value::as_str).unwrap_or_default();
        let at = format!("{at}.{name}");
        let of = reference(field.get("type"), builder, &at, depth)?;
        fields.push(Field {
            name: SmolStr::new(name),
            of: of.unwrap_or_else(|| builder.inline(Atom::default())),
            default: field.get("default").filter(|it| !it.is_null()).cloned(),
            facts: FieldFacts::default(),
        });
    }
    let element = reference(map.get("elementType"), builder, at, depth)?;
    Ok(MapType { fields, element, atomic: relationship(map) == Some("atomic") })
}

fn reference(
    value: Option<&Value>,
    builder: &mut Builder,
    at: &str,
    depth: usize,
) -> Result<Option<TypeId>, Error> {
    let Some(value) = value.filter(|it| it.as_object().is_some_and(|it| !it.is_empty())) else {
        return Ok(None);
    };
    let id = if let Some(name) = value.get("namedType").and_then(Value::as_str) {
        builder.named(name)
    } else {
        let atom = atom(value, builder, at, depth + 1)?;
        builder.inline(atom)
    };
    Ok(Some(match relationship(value) {
        None => id,
        Some(relationship) => builder.overridden(id, relationship == "atomic"),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_may_say_that_its_type_is_atomic() {
        let schema = Schema::from_smd(&json!({"types": [
            {"name": "a", "map": {"fields": [
                {"name": "whole", "type": {"namedType": "b", "elementRelationship": "atomic"}},
                {"name": "parts", "type": {"namedType": "b"}},
            ]}},
            {"name": "b", "map": {"elementType": {"scalar": "string"}}},
        ]}))
        .unwrap();
        let root = schema.atom(schema.names["a"]).map.clone().unwrap();
        let atomic = |name| schema.atom(root.child(name).unwrap()).map.as_ref().unwrap().atomic;
        assert!(atomic("whole"));
        assert!(!atomic("parts"));
    }

    #[test]
    fn nonsense_is_an_error_that_says_where() {
        let error =
            Schema::from_smd(&json!({"types": [{"name": "a", "scalar": "odd"}]})).unwrap_err();
        assert_eq!(error.to_string(), "types[0]: unknown scalar \"odd\"");
    }
}
