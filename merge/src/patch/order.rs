//! The order of a list after a strategic merge.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::path::PathElement;

/// What items of a list are told apart by: a field of theirs, or their own value.
#[derive(Clone, Copy)]
pub(super) enum By<'k> {
    Key(&'k str),
    Value,
}

impl By<'_> {
    /// What tells the item apart. Items without the key field are told apart by having none.
    pub(super) fn of(self, item: &Value) -> PathElement {
        match self {
            Self::Key(name) => PathElement::value(item.get(name).unwrap_or(&Value::Null)),
            Self::Value => PathElement::value(item),
        }
    }

    pub(super) fn set(self, items: &[Value]) -> HashSet<PathElement> {
        items.iter().map(|item| self.of(item)).collect()
    }

    fn places(self, items: &[Value]) -> HashMap<PathElement, usize> {
        let mut places = HashMap::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            places.entry(self.of(item)).or_insert(place);
        }
        places
    }
}

/// Puts the items of `wanted` into its order and leaves all others where they were, as far as that
/// goes together.
pub(super) fn ordered(
    merged: Vec<Value>,
    wanted: &[Value],
    before: &[Value],
    by: By<'_>,
) -> Vec<Value> {
    let (wanted_places, before_places) = (by.places(wanted), by.places(before));
    let (mut from_patch, mut kept): (Vec<_>, Vec<_>) =
        merged.into_iter().partition(|item| wanted_places.contains_key(&by.of(item)));
    from_patch.sort_by_key(|item| wanted_places.get(&by.of(item)).copied());
    kept.sort_by_key(|item| before_places.get(&by.of(item)).copied().unwrap_or(usize::MAX));

    let place = |item: &Value| before_places.get(&by.of(item)).copied();
    let mut out = Vec::with_capacity(from_patch.len() + kept.len());
    let (mut left, mut right) = (kept.into_iter().peekable(), from_patch.into_iter().peekable());
    while let (Some(mine), Some(theirs)) = (left.peek(), right.peek()) {
        let left_first = matches!((place(mine), place(theirs)), (Some(l), Some(r)) if l < r);
        out.extend(if left_first { left.next() } else { right.next() });
    }
    out.extend(left);
    out.extend(right);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wanted_items_take_their_order_and_others_stay_in_front_of_what_they_preceded() {
        let list = |value: Value| value.as_array().cloned().unwrap();
        let order = |merged, wanted, before| {
            Value::from(ordered(list(merged), &list(wanted), &list(before), By::Value))
        };
        assert_eq!(order(json!([1, 2, 3]), json!([3, 1]), json!([1, 2, 3])), json!([2, 3, 1]));
        assert_eq!(order(json!([1, 2, 9]), json!([9]), json!([1, 2])), json!([9, 1, 2]));
    }
}
