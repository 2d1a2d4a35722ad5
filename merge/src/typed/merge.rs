//! Puts a configuration into an object, in place.

use serde_json::{Map, Value};

use crate::error::TypeErrors;
use crate::path::PathElement;
use crate::schema::{ListType, MapType, ObjectType, Schema, TypeId};
use crate::typed::Handler;
use crate::typed::compare::{Changes, Comparison, Mark, Pair, kind};
use crate::typed::items::Index;
use crate::typed::validate::Duplicates;
use crate::value;

/// What a merge did.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) changes: Changes,
    /// Whether a list has another order now, which is a change of the value and of no field.
    pub(crate) reordered: bool,
}

impl Merged {
    pub(crate) fn changed(&self) -> bool {
        self.reordered || !self.changes.is_empty()
    }
}

impl ObjectType {
    /// Merges a configuration into an object. Leaves of the configuration win; nothing is removed.
    ///
    /// # Errors
    ///
    /// Every field of either that does not fit.
    pub fn merge(&self, mut object: Value, config: &Value) -> Result<Value, TypeErrors> {
        self.check(&object, Duplicates::Allowed)?;
        self.check(config, Duplicates::Refused)?;
        self.merge_in_place(&mut object, config);
        Ok(object)
    }

    /// As [`merge`](Self::merge) for what is known to fit; both fit the type, and the configuration has no
    /// duplicates. Leaves of the configuration win.
    pub(crate) fn merge_in_place(&self, object: &mut Value, config: &Value) -> Merged {
        let mut merge = Merge { schema: &self.schema, reordered: false };
        let mut changes = Changes::default();
        merge.values(self.root, object, config, &mut changes);
        Merged { changes, reordered: merge.reordered }
    }
}

struct Merge<'s> {
    schema: &'s Schema,
    reordered: bool,
}

impl<'s> Merge<'s> {
    fn values(&mut self, id: TypeId, live: &mut Value, config: &Value, out: &mut Changes) -> Mark {
        match self.schema.atom(id).handler(Some(config)) {
            Handler::Map(of) if !of.atomic => match (&mut *live, config) {
                (Value::Object(map), Value::Object(wanted))
                    if !(map.is_empty() && wanted.is_empty()) =>
                {
                    self.maps(of, map, wanted, out);
                    Mark::default()
                }
                // Nothing wanted takes nothing away.
                (Value::Object(map), Value::Null) if !map.is_empty() => Mark::default(),
                _ => self.replace(id, live, config, out),
            },
            Handler::List(of) if !of.atomic => match (&mut *live, config) {
                (Value::Array(items), Value::Array(wanted)) if !items.is_empty() => {
                    self.lists(of, items, wanted, out);
                    Mark::default()
                }
                (Value::Array(items), Value::Null) if !items.is_empty() => Mark::default(),
                _ => self.replace(id, live, config, out),
            },
            _ => self.replace(id, live, config, out),
        }
    }

    fn replace(&self, id: TypeId, live: &mut Value, config: &Value, out: &mut Changes) -> Mark {
        if kind(live) == kind(config) && value::equal(live, config) {
            return Mark::default();
        }
        let mark = self.comparison().values(id, Pair::Both(live, config), out);
        live.clone_from(config);
        mark
    }

    fn comparison(&self) -> Comparison<'s> {
        Comparison { schema: self.schema }
    }

    fn maps(
        &mut self,
        of: &MapType,
        live: &mut Map<String, Value>,
        wanted: &Map<String, Value>,
        out: &mut Changes,
    ) {
        for (name, config) in wanted {
            let Some(id) = of.child(name) else { continue };
            let mut beneath = Changes::default();
            let mark = match live.get_mut(name) {
                Some(value) => self.values(id, value, config, &mut beneath),
                None => {
                    live.insert(name.clone(), config.clone());
                    self.comparison().values(id, Pair::After(config), &mut beneath)
                }
            };
            if mark != Mark::default() || !beneath.is_empty() {
                out.push(&PathElement::field(name), mark, beneath);
            }
        }
        out.finish();
    }

    fn lists(&mut self, of: &ListType, live: &mut Vec<Value>, wanted: &[Value], out: &mut Changes) {
        let (have, want) = (Index::new(self.schema, of, live), Index::new(self.schema, of, wanted));
        if have.has_duplicates() {
            let before = live.clone();
            self.weave(of, live, wanted, (&have, &want), &mut Changes::default());
            self.reordered |=
                !value::equal(&Value::Array(before.clone()), &Value::Array(live.clone()));
            self.comparison().lists(of, &before, live, out);
            return;
        }
        if let Some(places) = places_in_order(&have, &want) {
            for (item, (place, element)) in wanted.iter().zip(places.iter().zip(&want.elements)) {
                self.item(of, element, &mut live[*place], item, out);
            }
            out.finish();
            return;
        }
        self.weave(of, live, wanted, (&have, &want), out);
        out.finish();
    }

    fn item(
        &mut self,
        of: &ListType,
        element: &PathElement,
        live: &mut Value,
        config: &Value,
        out: &mut Changes,
    ) {
        let mut beneath = Changes::default();
        let mark = self.values(of.element, live, config, &mut beneath);
        if mark != Mark::default() || !beneath.is_empty() {
            out.push(element, mark, beneath);
        }
    }

    /// Rebuilds a list whose order or items change.
    fn weave(
        &mut self,
        of: &ListType,
        live: &mut Vec<Value>,
        wanted: &[Value],
        (have, want): (&Index, &Index),
        out: &mut Changes,
    ) {
        let mut taken: Vec<Option<Value>> = std::mem::take(live).into_iter().map(Some).collect();
        let mut last = None;
        for step in interleave(have, want) {
            match step {
                Step::Left(at) => live.extend(taken[at].take()),
                Step::Both { left, right } => {
                    let Some(mut item) = taken[left].take() else { continue };
                    self.item(of, &want.elements[right], &mut item, &wanted[right], out);
                    live.push(item);
                }
                Step::Right(at) => {
                    let mut beneath = Changes::default();
                    let pair = Pair::After(&wanted[at]);
                    let mark = self.comparison().values(of.element, pair, &mut beneath);
                    out.push(&want.elements[at], mark, beneath);
                    live.push(wanted[at].clone());
                }
            }
            if let Step::Left(at) | Step::Both { left: at, .. } = step {
                self.reordered |= last.replace(at).is_some_and(|before| before > at);
            }
        }
    }
}

/// Where the wanted items stand, if all are there already and in this order.
fn places_in_order(have: &Index, want: &Index) -> Option<Vec<usize>> {
    let mut from = 0;
    let mut places = Vec::with_capacity(want.elements.len());
    for element in &want.elements {
        // As a rule it is the next one.
        let place = match have.elements.get(from) {
            Some(next) if next == element => from,
            _ => have.get(element)?.first,
        };
        if place < from {
            return None;
        }
        places.push(place);
        from = place + 1;
    }
    Some(places)
}

/// Where the next item of a merged list comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    Left(usize),
    Both { left: usize, right: usize },
    Right(usize),
}

/// The order of the merged list.
///
/// Items that both have follow the right side's order and divide the list into stretches; within a
/// stretch the left side's own items come before the right side's. An item that the left side has
/// more than once is replaced by the right side's one.
fn interleave(left: &Index, right: &Index) -> Vec<Step> {
    let mut shared = right.elements.iter().filter(|it| left.get(it).is_some());
    let mut next_shared = shared.next();
    let mut merged = vec![false; right.elements.len()];
    let mut out = Vec::with_capacity(left.elements.len().max(right.elements.len()));
    let take_right = |at: usize, merged: &mut Vec<bool>| {
        merged[at] = true;
        match left.get(&right.elements[at]) {
            Some(slot) if slot.count == 1 => Step::Both { left: slot.first, right: at },
            _ => Step::Right(at),
        }
    };
    let (mut l, mut r) = (0, 0);
    while l < left.elements.len() || r < right.elements.len() {
        let mine = left.elements.get(l);
        let in_right = mine.map(|element| right.get(element));
        if let (Some(mine), Some(theirs)) = (mine, right.elements.get(r)) {
            if mine == theirs {
                out.push(take_right(r, &mut merged));
                (l, r) = (l + 1, r + 1);
                next_shared = shared.next();
                continue;
            }
            // Shared, but not the one whose turn it is.
            if in_right.flatten().is_some() && next_shared.is_some_and(|it| it != mine) {
                l += 1;
                continue;
            }
        }
        match in_right {
            Some(None) => {
                out.push(Step::Left(l));
                l += 1;
                continue;
            }
            Some(Some(slot)) if merged[slot.first] => l += 1,
            _ => {}
        }
        if let Some(theirs) = right.elements.get(r) {
            out.push(take_right(r, &mut merged));
            r += 1;
            if next_shared == Some(theirs) {
                next_shared = shared.next();
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set() -> ObjectType {
        let schema = Schema::from_smd(&json!({"types": [{"name": "root", "list": {
            "elementType": {"scalar": "untyped"}, "elementRelationship": "associative"}}]}));
        std::sync::Arc::new(schema.unwrap()).type_named("root").unwrap()
    }

    fn merged(live: Value, config: Value) -> Value {
        let mut live = live;
        set().merge_in_place(&mut live, &config);
        live
    }

    #[test]
    fn the_right_side_gives_the_order_of_what_both_have() {
        assert_eq!(merged(json!([1, 2, 3]), json!([3, 1])), json!([2, 3, 1]));
        assert_eq!(merged(json!([1, 2, 3]), json!([4, 2])), json!([1, 4, 2, 3]));
        assert_eq!(merged(json!([]), json!([4, 2])), json!([4, 2]));
    }

    #[test]
    fn an_item_that_is_there_twice_is_replaced_when_it_is_mentioned() {
        assert_eq!(merged(json!([1, 1, 2]), json!([2])), json!([1, 1, 2]));
        assert_eq!(merged(json!([1, 1, 2]), json!([1])), json!([1, 2]));
    }

    #[test]
    fn a_new_order_is_a_change_of_no_field() {
        let mut live = json!([1, 2]);
        let merged = set().merge_in_place(&mut live, &json!([2, 1]));
        assert_eq!(live, json!([2, 1]));
        assert!(merged.changes.is_empty() && merged.changed());
    }

    #[test]
    fn null_takes_nothing_away() {
        let mut live = json!({"a": {"b": 1}, "c": [1]});
        ObjectType::deduced().merge_in_place(&mut live, &json!({"a": null, "c": null}));
        assert_eq!(live, json!({"a": {"b": 1}, "c": null}));
    }
}
