//! Which fields a value mentions.

use serde_json::{Map, Value};

use crate::path::{Element, PathElement};
use crate::schema::{ListType, MapType, ObjectType, Schema, TypeId};
use crate::set::FieldSet;
use crate::typed::Handler;
use crate::typed::items::Index;
use smol_str::SmolStr;

impl ObjectType {
    /// The leaves, list items and undeclared keys of a value that fits the type.
    pub(crate) fn fields_of(&self, value: &Value) -> FieldSet {
        let mut set = FieldSet::new();
        leaves(&self.schema, self.root, value, &mut set);
        set
    }
}

/// Adds what is beneath the value, and tells whether the value is a member itself.
fn leaves(schema: &Schema, id: TypeId, value: &Value, out: &mut FieldSet) -> bool {
    match (schema.atom(id).handler(Some(value)), value) {
        (Handler::Scalar(_), _) => return true,
        (Handler::Map(of), _) if of.atomic => return true,
        (Handler::List(of), _) if of.atomic => return true,
        (Handler::Map(of), Value::Object(map)) => map_leaves(schema, of, map, out),
        (Handler::List(of), Value::Array(items)) => list_leaves(schema, of, items, out),
        _ => {}
    }
    false
}

fn map_leaves(schema: &Schema, of: &MapType, map: &Map<String, Value>, out: &mut FieldSet) {
    out.nodes.reserve_exact(map.len());
    for (name, value) in map {
        let declared = of.field(name);
        let Some(id) = declared.map(|field| field.of).or(of.element) else { continue };
        let mut children = FieldSet::new();
        let leaf = leaves(schema, id, value, &mut children);
        let empty = match value {
            Value::Null => true,
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        let owned = leaf || empty || declared.is_none();
        let name = declared.map_or_else(|| SmolStr::new(name), |field| field.name.clone());
        out.push(&PathElement(Element::Field(name)), owned, children);
    }
    out.finish();
}

fn list_leaves(schema: &Schema, of: &ListType, items: &[Value], out: &mut FieldSet) {
    let index = Index::new(schema, of, items);
    let any_twice = index.has_duplicates();
    out.nodes.reserve_exact(items.len());
    for (item, element) in items.iter().zip(&index.elements) {
        // Of items that are there more than once only the fact is kept.
        let twice = any_twice && index.get(element).is_some_and(|slot| slot.count > 1);
        let mut children = FieldSet::new();
        if !twice {
            leaves(schema, of.element, item, &mut children);
        }
        out.push(element, true, children);
    }
    out.finish();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(object: Value) -> String {
        Schema::builtin().kind("", "v1", "Service").unwrap().fields(&object).unwrap().to_string()
    }

    #[test]
    fn leaves_and_items_are_members_and_declared_parents_are_not() {
        assert_eq!(
            fields(json!({"spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}})),
            r#"{"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}},"f:selector":{}}}"#
        );
    }

    #[test]
    fn empty_maps_and_nulls_are_members_and_empty_lists_are_not() {
        assert_eq!(
            fields(json!({"metadata": {"labels": {}, "annotations": null}, "spec": {"ports": []}})),
            r#"{"f:metadata":{"f:annotations":{},"f:labels":{}}}"#
        );
    }

    #[test]
    fn of_duplicates_only_the_item_is_a_member() {
        let kind = Schema::builtin().kind("", "v1", "Service").unwrap();
        let set =
            kind.fields_of(&json!({"spec": {"ports": [{"port": 1}, {"port": 1, "name": "x"}]}}));
        assert_eq!(
            set.to_string(),
            r#"{"f:spec":{"f:ports":{"k:{\"port\":1,\"protocol\":\"TCP\"}":{}}}}"#
        );
    }
}
