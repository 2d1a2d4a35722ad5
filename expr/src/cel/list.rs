//! Lists, borrowed from an object or built.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::cel::value::Value;

/// A list of values.
#[derive(Clone, Debug)]
pub struct List<'a>(Elements<'a>);

#[derive(Clone, Debug)]
enum Elements<'a> {
    Built(Arc<[Value<'a>]>),
    Json(&'a [Json]),
}

impl<'a> List<'a> {
    pub(crate) fn json(elements: &'a [Json]) -> Self {
        Self(Elements::Json(elements))
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Elements::Built(values) => values.len(),
            Elements::Json(values) => values.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<Value<'a>> {
        match &self.0 {
            Elements::Built(values) => values.get(index).cloned(),
            Elements::Json(values) => values.get(index).map(Value::from_json),
        }
    }

    /// The elements in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Value<'a>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<'a> From<Vec<Value<'a>>> for List<'a> {
    fn from(values: Vec<Value<'a>>) -> Self {
        Self(Elements::Built(values.into()))
    }
}
