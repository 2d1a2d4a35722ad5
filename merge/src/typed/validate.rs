//! Whether a value fits its type.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::error::{TypeError, TypeErrors};
use crate::go;
use crate::path::PathElement;
use crate::schema::{ListType, MapType, ObjectType, ScalarType, Schema, TypeId};
use crate::typed::Handler;
use crate::typed::items::item_element;
use crate::value::MAX_DEPTH;

/// What two items with the same key are: an error in a configuration, a fact in a live object.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Duplicates {
    Allowed,
    Refused,
}

impl ObjectType {
    pub(crate) fn check(&self, value: &Value, duplicates: Duplicates) -> Result<(), TypeErrors> {
        let walk = Walk { schema: &self.schema, duplicates };
        let mut errors = walk.value(self.root, value, 0);
        // The order of errors must not depend on how maps are kept.
        errors.sort_by(|a, b| a.path.cmp(&b.path));
        if errors.is_empty() { Ok(()) } else { Err(TypeErrors(errors)) }
    }
}

struct Walk<'s> {
    schema: &'s Schema,
    duplicates: Duplicates,
}

impl Walk<'_> {
    fn value(&self, id: TypeId, value: &Value, depth: usize) -> Vec<TypeError> {
        if depth > MAX_DEPTH {
            return TypeErrors::one(format!("nested deeper than {MAX_DEPTH}")).0;
        }
        let atom = self.schema.atom(id);
        match (atom.handler(Some(value)), value) {
            (Handler::Nothing, _) => atom.problem().0,
            (Handler::Scalar(scalar), _) => scalar.check(value),
            (_, Value::Null) => Vec::new(),
            (Handler::Map(of), Value::Object(map)) => self.map(of, map, depth),
            (Handler::List(of), Value::Array(items)) => self.list(of, items, depth),
            (Handler::Map(_), _) => {
                TypeErrors::one(format!("expected map, got {}", go::wrapped(value))).0
            }
            (Handler::List(_), _) => {
                TypeErrors::one(format!("expected list, got {}", go::wrapped(value))).0
            }
        }
    }

    fn map(&self, of: &MapType, map: &Map<String, Value>, depth: usize) -> Vec<TypeError> {
        let mut errors = Vec::new();
        for (name, value) in map {
            let found = match of.child(name) {
                Some(id) => self.value(id, value, depth + 1),
                None => TypeErrors::one("field not declared in schema").0,
            };
            if !found.is_empty() {
                errors.extend(TypeErrors(found).beneath(&PathElement::field(name)).0);
            }
        }
        errors
    }

    fn list(&self, of: &ListType, items: &[Value], depth: usize) -> Vec<TypeError> {
        if of.atomic {
            return self.atomic_list(of, items, depth);
        }
        let mut errors = Vec::new();
        let mut seen = HashSet::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let element = match item_element(self.schema, of, item) {
                Ok(element) => element,
                Err(problem) => {
                    // What comes after it is not looked at, upstream neither.
                    errors.extend(TypeErrors::one(format!("element {index}: {problem}")).0);
                    return errors;
                }
            };
            let found = self.value(of.element, item, depth + 1);
            if !found.is_empty() {
                errors.extend(TypeErrors(found).beneath(&element).0);
            }
            if self.duplicates == Duplicates::Refused
                && let Some(element) = seen.replace(element)
            {
                let message = format!("duplicate entries for key {element}");
                errors.extend(TypeErrors::one(message).0);
            }
        }
        errors
    }

    fn atomic_list(&self, of: &ListType, items: &[Value], depth: usize) -> Vec<TypeError> {
        let mut errors = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let found = self.value(of.element, item, depth + 1);
            if !found.is_empty() {
                errors.extend(TypeErrors(found).beneath(&format!("[{index}]")).0);
            }
        }
        errors
    }
}

impl ScalarType {
    fn check(self, value: &Value) -> Vec<TypeError> {
        let is_scalar = !matches!(value, Value::Object(_) | Value::Array(_));
        let problem = match (self, value) {
            (_, Value::Null)
            | (Self::Numeric, Value::Number(_))
            | (Self::String, Value::String(_))
            | (Self::Boolean, Value::Bool(_)) => return Vec::new(),
            (Self::Untyped, _) if is_scalar => return Vec::new(),
            (Self::Numeric, _) => {
                format!("expected numeric (int or float), got {}", go::type_name(value))
            }
            (Self::String, _) => format!("expected string, got {}", go::wrapped_syntax(value)),
            (Self::Boolean, _) => format!("expected boolean, got {}", go::wrapped(value)),
            (Self::Untyped, _) => format!("expected any scalar, got {}", go::wrapped(value)),
        };
        TypeErrors::one(problem).0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(object: Value) -> String {
        let kind = Schema::builtin().kind("", "v1", "Service").unwrap();
        kind.validate(&object).unwrap_err().to_string()
    }

    #[test]
    fn every_misfit_is_named_in_order() {
        assert_eq!(
            problem(json!({"spec": {"zone": 1, "ports": {}, "type": 1, "area": 1}})),
            "errors:\n  .spec.area: field not declared in schema\n  \
             .spec.ports: expected list, got &{map[]}\n  \
             .spec.type: expected string, got &value.valueUnstructured{Value:1}\n  \
             .spec.zone: field not declared in schema"
        );
    }

    #[test]
    fn duplicates_are_found_by_their_keys_with_defaults() {
        let port = json!({"port": 80});
        let twice = json!({"spec": {"ports": [port, {"port": 80, "protocol": "TCP"}]}});
        assert_eq!(
            problem(twice.clone()),
            ".spec.ports: duplicate entries for key [port=80,protocol=\"TCP\"]"
        );
        let kind = Schema::builtin().kind("", "v1", "Service").unwrap();
        kind.check(&twice, Duplicates::Allowed).unwrap();
    }

    #[test]
    fn depth_is_bounded() {
        let mut deep = json!(1);
        for _ in 0..MAX_DEPTH + 5 {
            deep = json!({ "a": deep });
        }
        let error = ObjectType::deduced().validate(&deep).unwrap_err().to_string();
        assert!(error.ends_with("nested deeper than 160"), "{error}");
    }
}
