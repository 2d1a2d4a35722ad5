//! JSON pointers, and what managed fields say about the fields they point to.

use serde_json::{Map, Value};

use crate::Error;

/// A path of names and list positions.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Pointer(Vec<Step>);

/// Positions are ordered by number, so that 10 comes after 9.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Step {
    position: Option<usize>,
    name: String,
}

impl Pointer {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let Some(steps) = text.strip_prefix('/') else {
            return Err(super::rule(text, "a pointer begins with a slash"));
        };
        let step = |name: &str| Step {
            position: name.parse().ok(),
            name: name.replace("~1", "/").replace("~0", "~"),
        };
        Ok(Self(steps.split('/').map(step).collect()))
    }

    pub(super) fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, child)
    }

    pub(super) fn remove(&self, value: &mut Value) {
        match self.parent(value) {
            Some((Value::Object(fields), step)) => {
                fields.remove(&step.name);
            }
            Some((Value::Array(items), Step { position: Some(at), .. })) if *at < items.len() => {
                items.remove(*at);
            }
            _ => {}
        }
    }

    /// Puts a value where the pointer's parent is; elsewhere there is nothing to put it into.
    pub(super) fn replace(&self, value: &mut Value, new: Value) {
        match self.parent(value) {
            Some((Value::Object(fields), step)) => {
                fields.insert(step.name.clone(), new);
            }
            Some((Value::Array(items), Step { position: Some(at), .. })) if *at < items.len() => {
                items[*at] = new;
            }
            _ => {}
        }
    }

    fn parent<'v>(&self, value: &'v mut Value) -> Option<(&'v mut Value, &Step)> {
        let (last, parents) = self.0.split_last()?;
        let parent = parents.iter().try_fold(value, |value, step| match value {
            Value::Array(items) => items.get_mut(step.position?),
            value => value.get_mut(&step.name),
        });
        Some((parent?, last))
    }

    /// Whether a manager with these `fieldsV1` owns the field, something above it that is one value,
    /// or something beneath.
    pub(super) fn is_owned(&self, fields: &Value, live: &Value) -> bool {
        let (mut node, mut value) = (fields, Some(live));
        for step in &self.0 {
            let Some(children) = node.as_object() else { return false };
            if children.is_empty() {
                return true; // owned above, as one value
            }
            let here = value.and_then(|value| child(value, step));
            match owned_child(children, step, here) {
                Some(child) => (node, value) = (child, here),
                None => return false,
            }
        }
        true
    }
}

fn child<'v>(value: &'v Value, step: &Step) -> Option<&'v Value> {
    match value {
        Value::Array(items) => items.get(step.position?),
        value => value.get(&step.name),
    }
}

/// `f:name` for a field; for a list item `i:0`, or the key or value that the live item has.
fn owned_child<'f>(
    fields: &'f Map<String, Value>,
    step: &Step,
    item: Option<&Value>,
) -> Option<&'f Value> {
    let named = fields.get(&format!("f:{}", step.name));
    let placed = || fields.get(&format!("i:{}", step.position?));
    let by_content = || {
        let item = item.filter(|_| step.position.is_some())?;
        fields.iter().find(|(key, _)| is_item(key, item)).map(|(_, child)| child)
    };
    named.or_else(placed).or_else(by_content)
}

fn is_item(key: &str, item: &Value) -> bool {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    if let Some(key) = key.strip_prefix("k:").and_then(parse) {
        let same = |(name, value): (&String, &Value)| item.get(name) == Some(value);
        return key.as_object().is_some_and(|key| key.iter().all(same));
    }
    key.strip_prefix("v:").and_then(parse).is_some_and(|value| value == *item)
}
