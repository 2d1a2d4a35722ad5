//! How the items of associative lists are told apart.

use std::collections::HashMap;

use serde_json::Value;
use smol_str::SmolStr;

use crate::go;
use crate::path::{Element, PathElement};
use crate::scalar::Scalar;
use crate::schema::{ListType, Schema};

/// The element that finds an item in its list, or why there is none.
pub(crate) fn item_element(
    schema: &Schema,
    list: &ListType,
    item: &Value,
) -> Result<PathElement, String> {
    if list.keys.is_empty() {
        return match item {
            Value::Object(_) => {
                Err("associative list without keys has an element that's a map type".to_owned())
            }
            Value::Array(_) => {
                Err("not supported: associative list with lists as elements".to_owned())
            }
            Value::Null => {
                Err("associative list without keys has an element that's an explicit null"
                    .to_owned())
            }
            scalar => Ok(PathElement(Element::Value(Scalar::of(scalar)))),
        };
    }
    match item {
        Value::Null => Err("associative list with keys may not have a null element".to_owned()),
        Value::Object(fields) => key_of(schema, list, |name| fields.get(name)),
        _ => Err("associative list with keys may not have non-map elements".to_owned()),
    }
}

fn key_of<'v>(
    schema: &'v Schema,
    list: &ListType,
    get: impl Fn(&str) -> Option<&'v Value>,
) -> Result<PathElement, String> {
    let mut key = Vec::with_capacity(list.keys.len());
    for name in &list.keys {
        let value = match get(name) {
            Some(value) => Some(value),
            None => default_of(schema, list, name)?,
        };
        // A key field that is missing is left out: the item is then another one.
        key.extend(value.map(|value| (name.clone(), Scalar::of(value))));
    }
    if key.is_empty() {
        let keys: Vec<_> = list.keys.iter().map(|it| go::quote(it)).collect();
        return Err(format!(
            "associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
            keys.join(" ")
        ));
    }
    Ok(PathElement::of_key(key))
}

fn default_of<'s>(
    schema: &'s Schema,
    list: &ListType,
    name: &SmolStr,
) -> Result<Option<&'s Value>, String> {
    let problem = |what| Err(format!("couldn't find default value for {name}: {what}"));
    let atom = schema.atom(list.element);
    match &atom.map {
        _ if atom.missing => problem("invalid elementType for list"),
        None => problem("associative list may not have non-map types"),
        Some(map) => Ok(map.field(name).and_then(|field| field.default.as_ref())),
    }
}

/// The elements of a list's items, and where each stands.
pub(crate) struct Index {
    pub(crate) elements: Vec<PathElement>,
    /// For long lists only: short ones are searched faster as they are.
    by_element: Option<HashMap<PathElement, Slot>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Slot {
    /// The first item with the element.
    pub(crate) first: usize,
    /// How many there are.
    pub(crate) count: usize,
}

/// Lists up to this length are searched from the front.
const SHORT: usize = 8;

impl Index {
    /// Items that cannot be told apart were refused by validation; any left are skipped.
    pub(crate) fn new(schema: &Schema, list: &ListType, items: &[Value]) -> Self {
        let element = |item| item_element(schema, list, item).unwrap_or_else(|_| unknown());
        let elements: Vec<_> = items.iter().map(element).collect();
        let by_element = (elements.len() > SHORT).then(|| {
            let mut map = HashMap::with_capacity(elements.len());
            for (index, element) in elements.iter().enumerate() {
                let slot = map.entry(element.clone()).or_insert(Slot { first: index, count: 0 });
                slot.count += 1;
            }
            map
        });
        Self { elements, by_element }
    }

    pub(crate) fn get(&self, element: &PathElement) -> Option<Slot> {
        if let Some(map) = &self.by_element {
            return map.get(element).copied();
        }
        let first = self.elements.iter().position(|it| it == element)?;
        let count = self.elements[first..].iter().filter(|it| *it == element).count();
        Some(Slot { first, count })
    }

    pub(crate) fn has_duplicates(&self) -> bool {
        match &self.by_element {
            Some(map) => map.len() < self.elements.len(),
            None => {
                let all = &self.elements;
                (1..all.len()).any(|at| all[..at].contains(&all[at]))
            }
        }
    }
}

/// Stands for an item that has no element. Upstream's walks, too, treat such items as one.
pub(crate) fn unknown() -> PathElement {
    PathElement(Element::Index(-1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_and_short_lists_are_searched_alike() {
        let schema = Schema::builtin();
        let kind = schema.kind("", "v1", "Service").unwrap();
        let spec = schema.atom(kind.root).map.as_ref().unwrap().child("spec").unwrap();
        let ports = schema.atom(spec).map.as_ref().unwrap().child("ports").unwrap();
        let list = schema.atom(ports).list.as_ref().unwrap();
        for size in [3, 30] {
            let mut items: Vec<_> = (0..size).map(|port| json!({ "port": port })).collect();
            items.push(json!({"port": 1, "protocol": "TCP"}));
            let index = Index::new(&schema, list, &items);
            assert!(index.has_duplicates());
            assert_eq!(index.get(&index.elements[1]), Some(Slot { first: 1, count: 2 }));
            assert_eq!(index.get(&index.elements[2]), Some(Slot { first: 2, count: 1 }));
            assert_eq!(index.get(&unknown()), None);
        }
    }
}
