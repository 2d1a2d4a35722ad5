//! Takes fields out of a value, or all others.

use serde_json::{Map, Value};

use crate::path::PathElement;
use crate::schema::{ListType, MapType, ObjectType, Schema, TypeId};
use crate::set::FieldSet;
use crate::typed::Handler;
use crate::typed::items::{item_element, unknown};

impl ObjectType {
    /// The object without the members of the set and all beneath them.
    ///
    /// A container that loses its last child becomes null.
    #[must_use]
    pub fn remove(&self, object: Value, fields: &FieldSet) -> Value {
        remove(&self.schema, self.root, object, fields)
    }

    /// The object with nothing but the leaves in the set; pass [`FieldSet::leaves`].
    pub fn extract(&self, object: &Value, fields: &FieldSet) -> Value {
        extract(&self.schema, self.root, object, fields)
    }

    /// As [`extract`](Self::extract), and with the key fields of every list item on the way, so
    /// that the result can be applied.
    pub fn extract_with_keys(&self, object: &Value, fields: &FieldSet) -> Value {
        let there = self.fields_of(object);
        let mut wanted = fields.clone();
        add_keys(fields, &there, &mut wanted);
        self.extract(object, &wanted)
    }
}

fn remove(schema: &Schema, id: TypeId, value: Value, fields: &FieldSet) -> Value {
    match (schema.atom(id).handler(Some(&value)), value) {
        (Handler::Map(of), Value::Object(map)) if !of.atomic => {
            remove_from_map(schema, of, map, fields)
        }
        (Handler::List(of), Value::Array(items)) if !of.atomic => {
            remove_from_list(schema, of, items, fields)
        }
        (Handler::Scalar(_), value) => value,
        _ => Value::Null,
    }
}

fn remove_from_map(
    schema: &Schema,
    of: &MapType,
    map: Map<String, Value>,
    fields: &FieldSet,
) -> Value {
    let mut kept = Map::new();
    for (name, value) in map {
        match (fields.get_field(&name), of.child(&name)) {
            (Some(node), _) if node.owned => {}
            (Some(node), Some(id)) => {
                kept.insert(name, remove(schema, id, value, &node.children));
            }
            _ => {
                kept.insert(name, value);
            }
        }
    }
    if kept.is_empty() { Value::Null } else { Value::Object(kept) }
}

fn remove_from_list(schema: &Schema, of: &ListType, items: Vec<Value>, fields: &FieldSet) -> Value {
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        match fields.get(&element(schema, of, &item)) {
            Some(node) if node.owned => {}
            Some(node) => kept.push(remove(schema, of.element, item, &node.children)),
            None => kept.push(item),
        }
    }
    if kept.is_empty() { Value::Null } else { Value::Array(kept) }
}

fn element(schema: &Schema, of: &ListType, item: &Value) -> PathElement {
    item_element(schema, of, item).unwrap_or_else(|_| unknown())
}

fn extract(schema: &Schema, id: TypeId, value: &Value, fields: &FieldSet) -> Value {
    match (schema.atom(id).handler(Some(value)), value) {
        (Handler::Map(of), Value::Object(map)) if !of.atomic && !map.is_empty() => {
            extract_from_map(schema, of, map, fields)
        }
        (Handler::List(of), Value::Array(items)) if !of.atomic && !items.is_empty() => {
            extract_from_list(schema, of, items, fields)
        }
        (Handler::Map(_), Value::Object(_))
        | (Handler::List(_), Value::Array(_))
        | (Handler::Scalar(_), _) => value.clone(),
        _ => Value::Null,
    }
}

fn extract_from_map(
    schema: &Schema,
    of: &MapType,
    map: &Map<String, Value>,
    fields: &FieldSet,
) -> Value {
    let mut kept = Map::new();
    for (name, value) in map {
        if let (Some(node), Some(id)) = (fields.get_field(name), of.child(name)) {
            // Beneath a member upstream goes on with the set of its parent. It is asked for leaves
            // only, whose values are taken whole.
            let beneath = if node.owned { fields } else { &node.children };
            kept.insert(name.clone(), extract(schema, id, value, beneath));
        }
    }
    if kept.is_empty() { Value::Null } else { Value::Object(kept) }
}

fn extract_from_list(schema: &Schema, of: &ListType, items: &[Value], fields: &FieldSet) -> Value {
    let mut kept = Vec::new();
    for item in items {
        let Some(node) = fields.get(&element(schema, of, item)) else { continue };
        kept.push(if node.children.is_empty() {
            item.clone()
        } else {
            extract(schema, of.element, item, &node.children)
        });
    }
    if kept.is_empty() { Value::Null } else { Value::Array(kept) }
}

/// Adds the key fields of the items that lead to members which are there.
fn add_keys(fields: &FieldSet, there: &FieldSet, out: &mut FieldSet) {
    for node in &fields.nodes {
        let Some(present) = there.get(&node.element) else { continue };
        let any = (node.owned && present.owned) || node.children.intersects(&present.children);
        let Some(target) = out.nodes.iter_mut().find(|it| it.element == node.element) else {
            continue;
        };
        add_keys(&node.children, &present.children, &mut target.children);
        if let (true, crate::path::Element::Key(keys)) = (any, &node.element.0) {
            for (name, _) in keys {
                target.children.insert(&crate::path::Path::default().field(name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::path::Path;

    fn service() -> ObjectType {
        Schema::builtin().kind("", "v1", "Service").unwrap()
    }

    fn set(paths: &[&str]) -> FieldSet {
        paths.iter().map(|it| Path::parse(it).unwrap()).collect()
    }

    #[test]
    fn a_container_that_loses_everything_becomes_null() {
        let object = json!({"spec": {"type": "A", "ports": [{"port": 1}]}});
        let removed = service().remove(object.clone(), &set(&["spec.type"]));
        assert_eq!(removed, json!({"spec": {"ports": [{"port": 1}]}}));
        let removed =
            service().remove(object, &set(&["spec.type", "spec.ports[port=1,protocol=TCP]"]));
        assert_eq!(removed, json!({"spec": {"ports": null}}));
    }

    #[test]
    fn extraction_brings_the_keys_along_when_asked() {
        let object =
            json!({"spec": {"type": "A", "ports": [{"port": 1, "name": "x"}, {"port": 2}]}});
        let fields = set(&["spec.ports[port=1,protocol=TCP].name"]);
        assert_eq!(
            service().extract(&object, &fields),
            json!({"spec": {"ports": [{"name": "x"}]}})
        );
        assert_eq!(
            service().extract_with_keys(&object, &fields),
            json!({"spec": {"ports": [{"port": 1, "name": "x"}]}})
        );
    }
}
