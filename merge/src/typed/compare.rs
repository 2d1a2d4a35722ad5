//! What differs between two values of a type.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::path::PathElement;
use crate::schema::{ListType, MapType, ObjectType, Schema, TypeId};
use crate::set::FieldSet;
use crate::typed::Handler;
use crate::typed::items::{item_element, unknown};
use crate::value;

/// The fields that a write touches.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Changes {
    /// There after the write and not before.
    pub added: FieldSet,
    /// There before and after, with different values.
    pub modified: FieldSet,
    /// There before the write and not after.
    pub removed: FieldSet,
}

impl Changes {
    /// Whether nothing is touched.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// Puts what happened beneath a child under that child.
    pub(crate) fn push(&mut self, element: &PathElement, mark: Mark, beneath: Self) {
        self.added.push(element, mark.added, beneath.added);
        self.modified.push(element, mark.modified, beneath.modified);
        self.removed.push(element, mark.removed, beneath.removed);
    }

    pub(crate) fn finish(&mut self) {
        self.added.finish();
        self.modified.finish();
        self.removed.finish();
    }
}

/// What happened to a value itself.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Mark {
    pub(crate) added: bool,
    pub(crate) modified: bool,
    pub(crate) removed: bool,
}

impl Mark {
    fn or(self, other: Self) -> Self {
        Self {
            added: self.added || other.added,
            modified: self.modified || other.modified,
            removed: self.removed || other.removed,
        }
    }
}

impl ObjectType {
    /// The fields that differ between two objects that fit the type.
    pub fn compare(&self, before: &Value, after: &Value) -> Changes {
        let mut changes = Changes::default();
        Comparison { schema: &self.schema }.values(
            self.root,
            Pair::Both(before, after),
            &mut changes,
        );
        changes
    }
}

/// A value before and after. At least one is there; null is a value.
#[derive(Clone, Copy)]
pub(crate) enum Pair<'v> {
    Both(&'v Value, &'v Value),
    Before(&'v Value),
    After(&'v Value),
}

impl<'v> Pair<'v> {
    fn of(before: Option<&'v Value>, after: Option<&'v Value>) -> Option<Self> {
        match (before, after) {
            (Some(before), Some(after)) => Some(Self::Both(before, after)),
            (Some(before), None) => Some(Self::Before(before)),
            (None, after) => after.map(Self::After),
        }
    }

    const fn before(self) -> Option<&'v Value> {
        match self {
            Self::Both(before, _) | Self::Before(before) => Some(before),
            Self::After(_) => None,
        }
    }

    const fn after(self) -> Option<&'v Value> {
        match self {
            Self::Both(_, after) | Self::After(after) => Some(after),
            Self::Before(_) => None,
        }
    }

    /// The mark of a value that is compared as a whole.
    fn whole(self) -> Mark {
        match self {
            Self::Both(before, after) => {
                Mark { modified: !value::equal(before, after), ..Mark::default() }
            }
            one_sided => one_sided.sided(),
        }
    }

    const fn sided(self) -> Mark {
        let (added, removed) = (matches!(self, Self::After(_)), matches!(self, Self::Before(_)));
        Mark { added, modified: false, removed }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Comparison<'s> {
    pub(crate) schema: &'s Schema,
}

impl<'s> Comparison<'s> {
    pub(crate) fn values(self, id: TypeId, pair: Pair<'_>, out: &mut Changes) -> Mark {
        let atom = self.schema.atom(id);
        let first = atom.handler(pair.before().or_else(|| pair.after()));
        let Pair::Both(before, after) = pair else { return self.handle(first, pair, out) };
        let second = atom.handler(Some(after));
        if kind(before) == kind(after) {
            return self.handle(second, pair, out);
        }
        // A value that changed its kind is looked at as what it was and as what it is.
        let was = self.handle(first, pair, out);
        let is = self.handle(second, pair, out);
        out.finish();
        was.or(is)
    }

    fn handle(self, handler: Handler<'s>, pair: Pair<'_>, out: &mut Changes) -> Mark {
        match handler {
            Handler::Map(of) => {
                let (before, after) = (
                    pair.before().and_then(Value::as_object),
                    pair.after().and_then(Value::as_object),
                );
                let empty = before.is_none_or(Map::is_empty) && after.is_none_or(Map::is_empty);
                if of.atomic || empty {
                    return pair.whole();
                }
                self.maps(of, before, after, out);
            }
            Handler::List(of) => {
                let items = |value: Option<_>| {
                    value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice)
                };
                let (before, after) = (items(pair.before()), items(pair.after()));
                if of.atomic || before.is_empty() && after.is_empty() {
                    return pair.whole();
                }
                self.lists(of, before, after, out);
            }
            Handler::Scalar(_) | Handler::Nothing => return pair.whole(),
        }
        pair.sided()
    }

    fn maps(
        self,
        of: &MapType,
        before: Option<&Map<String, Value>>,
        after: Option<&Map<String, Value>>,
        out: &mut Changes,
    ) {
        for (name, old) in before.into_iter().flatten() {
            let new = after.and_then(|it| it.get(name));
            self.child(of, name, Pair::of(Some(old), new), out);
        }
        for (name, new) in after.into_iter().flatten() {
            if before.is_none_or(|it| !it.contains_key(name)) {
                self.child(of, name, Some(Pair::After(new)), out);
            }
        }
        out.finish();
    }

    fn child(self, of: &MapType, name: &str, pair: Option<Pair<'_>>, out: &mut Changes) {
        let (Some(id), Some(pair)) = (of.child(name), pair) else { return };
        let mut beneath = Changes::default();
        let mark = self.values(id, pair, &mut beneath);
        if mark != Mark::default() || !beneath.is_empty() {
            out.push(&PathElement::field(name), mark, beneath);
        }
    }

    pub(crate) fn lists(self, of: &ListType, before: &[Value], after: &[Value], out: &mut Changes) {
        let mut groups = Groups::default();
        before.iter().for_each(|item| groups.add(self.element(of, item), item, true));
        after.iter().for_each(|item| groups.add(self.element(of, item), item, false));
        for group in groups.in_order {
            self.group(of, &group, out);
        }
        out.finish();
    }

    fn element(self, of: &ListType, item: &Value) -> PathElement {
        item_element(self.schema, of, item).unwrap_or_else(|_| unknown())
    }

    /// Items with one key: compared one to one, or as a whole where there are several.
    fn group(self, of: &ListType, group: &Group<'_>, out: &mut Changes) {
        let mut beneath = Changes::default();
        let mut mark = Mark::default();
        let (before, after) = (&group.before[..], &group.after[..]);
        let one_to_one = match (before.len(), after.len()) {
            (2.., 2..) => {
                let same = before.len() == after.len()
                    && before.iter().zip(after).all(|(a, b)| value::equal(a, b));
                mark.modified = !same;
                None
            }
            (2.., _) => {
                mark.removed = true;
                Pair::of(None, after.first().copied())
            }
            (_, 2..) => {
                mark.added = true;
                Pair::of(before.first().copied(), None)
            }
            _ => Pair::of(before.first().copied(), after.first().copied()),
        };
        if let Some(pair) = one_to_one {
            mark = mark.or(self.values(of.element, pair, &mut beneath));
        }
        if mark != Mark::default() || !beneath.is_empty() {
            out.push(&group.element, mark, beneath);
        }
    }
}

/// The kinds of value that types tell apart.
pub(crate) const fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Object(_) => 1,
        Value::Array(_) => 2,
        _ => 3,
    }
}

struct Group<'v> {
    element: PathElement,
    before: Vec<&'v Value>,
    after: Vec<&'v Value>,
}

#[derive(Default)]
struct Groups<'v> {
    in_order: Vec<Group<'v>>,
    index: HashMap<PathElement, usize>,
}

impl<'v> Groups<'v> {
    fn add(&mut self, element: PathElement, item: &'v Value, before: bool) {
        let next = self.in_order.len();
        let at = *self.index.entry(element.clone()).or_insert(next);
        if at == next {
            self.in_order.push(Group { element, before: Vec::new(), after: Vec::new() });
        }
        let group = &mut self.in_order[at];
        if before { &mut group.before } else { &mut group.after }.push(item);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changes(before: Value, after: Value) -> (String, String, String) {
        let kind = Schema::builtin().kind("", "v1", "Service").unwrap();
        let changes = kind.compare(&before, &after);
        (changes.added.to_string(), changes.modified.to_string(), changes.removed.to_string())
    }

    fn none() -> String {
        "{}".to_owned()
    }

    #[test]
    fn every_level_of_what_appears_is_added() {
        let added = r#"{"f:spec":{".":{},"f:ports":{".":{},"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}}"#;
        let full = json!({"spec": {"ports": [{"port": 80}]}});
        assert_eq!(changes(json!({}), full.clone()), (added.into(), none(), none()));
        assert_eq!(changes(full, json!({})), (none(), none(), added.into()));
    }

    #[test]
    fn order_in_a_keyed_list_is_no_difference() {
        let (a, b) = (json!({"port": 80}), json!({"port": 90}));
        let list = |items| json!({"spec": {"ports": items}});
        assert_eq!(changes(list(json!([a, b])), list(json!([b, a]))), (none(), none(), none()));
    }

    #[test]
    fn a_value_that_changes_its_kind_loses_what_it_had() {
        let deduced = ObjectType::deduced();
        let changes = deduced.compare(&json!({"a": {"b": 1}}), &json!({"a": 1}));
        assert_eq!(changes.modified.to_string(), r#"{"f:a":{}}"#);
        assert_eq!(changes.removed.to_string(), r#"{"f:a":{"f:b":{}}}"#);
    }
}
