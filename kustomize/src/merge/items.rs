//! Lists whose items have keys.
//!
//! The ordinary list, whose items all have one key that no two share, is merged in one pass. All
//! others go the original's way, which has rules for keys that are not there, and slips.

use std::collections::{HashMap, HashSet};

use lean_string::LeanString;

use super::{DIRECTIVE, Directive, Outcome, Walk};
use crate::node::{Content, Items, Node, Tag};
use crate::schema::Cursor;

impl<'s> Walk<'s> {
    /// Merges two lists.
    pub(super) fn merge_items(
        &self,
        dest: &mut Node,
        patch: Option<&Node>,
        at: Option<Cursor<'s>>,
    ) -> Result<Outcome, String> {
        let patch =
            match patch.map(|patch| Ok::<_, String>((patch, directive(patch)?))).transpose()? {
                Some((_, (Directive::Delete, _))) => return Ok(Outcome::Clear),
                Some((patch, (Directive::Replace, items))) => {
                    return self.clean_items(items.unwrap_or_else(|| patch.clone()), at);
                }
                Some((
                    _,
                    (Directive::Merge, Some(Node { content: Content::Sequence(items), .. })),
                )) => items,
                Some((patch, (Directive::Merge, _))) => patch.items().into(),
                None => Items::new(),
            };
        let Content::Sequence(items) = &mut dest.content else { return Ok(Outcome::Keep) };
        *items = self.items(std::mem::take(items), patch, at)?;
        Ok(Outcome::Keep)
    }

    /// Merges a list of a patch with itself.
    pub(super) fn clean_items(
        &self,
        mut node: Node,
        at: Option<Cursor<'s>>,
    ) -> Result<Outcome, String> {
        let keys = at.map(Cursor::keys).unwrap_or_default();
        let of = at.and_then(Cursor::items);
        if let Content::Sequence(items) = &mut node.content {
            let own = std::mem::take(items);
            *items = match keys {
                [] if own.iter().all(is_value) => values(own, Items::new()),
                [key] if is_ordinary(&own, key) => {
                    let items = own.into_iter().map(|item| self.cleaned(item, of));
                    let items = items.filter_map(Result::transpose);
                    let is_left = |item: &Result<Node, _>| {
                        item.as_ref().is_ok_and(|item| !item.is_empty()) || item.is_err()
                    };
                    items.filter(is_left).collect::<Result<_, _>>()?
                }
                _ => Odd::new(self, own, None, keys, of).merge()?,
            };
        }
        Ok(Outcome::Put(node))
    }

    fn items(&self, dest: Items, patch: Items, at: Option<Cursor<'s>>) -> Result<Items, String> {
        let keys = at.map(Cursor::keys).unwrap_or_default();
        let of = at.and_then(Cursor::items);
        match keys {
            [] if dest.iter().chain(&patch).all(is_value) => Ok(values(dest, patch)),
            [key] if is_ordinary(&dest, key) && is_ordinary(&patch, key) => {
                self.ordinary(dest, patch, key, of)
            }
            _ => Odd::new(self, dest, Some(patch), keys, of).merge(),
        }
    }

    /// The items of the patch, merged with those of the same key; then all others.
    fn ordinary(
        &self,
        dest: Items,
        patch: Items,
        key: &str,
        at: Option<Cursor<'s>>,
    ) -> Result<Items, String> {
        let name =
            |item: &Node| LeanString::from(item.get(key).map(Node::text).unwrap_or_default());
        let places: HashMap<LeanString, usize> =
            dest.iter().enumerate().map(|(place, item)| (name(item), place)).collect();
        let mut dest: Vec<Option<Node>> = dest.into_iter().map(Some).collect();
        let mut merged = Items::with_capacity(dest.len() + patch.len());
        for said in patch {
            let name = name(&said);
            let mut there = places.get(&name).and_then(|place| dest[*place].take());
            let within = |error| super::within(&format!("[{key}={name}]"), error);
            match self.merge(there.as_mut(), Some(&said), at).map_err(within)? {
                Outcome::Clear => {}
                Outcome::Keep => merged.extend(there),
                // The original finds the item that was to be replaced again, and puts it back.
                Outcome::Put(_) if there.is_some() => merged.extend(there),
                Outcome::Put(node) if node.is_empty() => {}
                Outcome::Put(node) => merged.push(node),
            }
        }
        for mut item in dest.into_iter().flatten() {
            self.merge(Some(&mut item), None, at)?;
            if !item.is_empty() {
                merged.push(item);
            }
        }
        Ok(merged)
    }
}

fn is_value(item: &Node) -> bool {
    item.is_scalar() && !item.is_null()
}

/// The values of both: of equal ones the last of the object, or else the first of the patch.
fn values(dest: Items, patch: Items) -> Items {
    let mut own: HashMap<LeanString, Node> = HashMap::with_capacity(dest.len() + patch.len());
    let mut order: Vec<LeanString> = Vec::with_capacity(dest.len() + patch.len());
    for item in patch {
        own.entry(item.text().into()).or_insert_with(|| {
            order.push(item.text().into());
            item
        });
    }
    for item in dest {
        let text = LeanString::from(item.text());
        if own.insert(text.clone(), item).is_none() {
            order.push(text);
        }
    }
    order.iter().filter_map(|text| own.remove(text)).collect()
}

/// Whether all items are mappings with a key of their own.
fn is_ordinary(items: &[Node], key: &str) -> bool {
    let mut seen = HashSet::with_capacity(items.len());
    items.iter().all(|item| {
        let name = item.get(key).filter(|name| is_value(name)).map(Node::text).unwrap_or_default();
        !name.is_empty() && seen.insert(name)
    })
}

/// What a list of a patch says about the whole list, and the list without it.
pub(super) fn directive(patch: &Node) -> Result<(Directive, Option<Node>), String> {
    let said = patch.items().iter().find_map(|item| Some((item, item.get(DIRECTIVE)?)));
    let Some((item, word)) = said.filter(|(item, _)| item.entries().len() == 1) else {
        return Ok((Directive::Merge, None));
    };
    debug_assert!(item.is_mapping());
    let Some(directive) = Directive::parse(word.text()) else {
        return Err(format!("unknown patch strategy '{}'", word.text()));
    };
    let is_other = |item: &&Node| {
        !(item.is_null() || item.is_mapping() && item.entries().is_empty())
            && item.get(DIRECTIVE).is_none_or(|other| other.text() != word.text())
    };
    let others = patch.items().iter().filter(is_other).cloned().collect();
    let content = Content::Sequence(others);
    Ok((
        directive,
        Some(Node {
            content,
            line: patch.line,
            tag: patch.tag,
            quoting: patch.quoting,
            flow: patch.flow,
        }),
    ))
}

/// An item, by its place among all of both lists.
type Id = usize;

/// Two lists that are merged the original's way.
struct Odd<'w, 's> {
    walk: &'w Walk<'s>,
    all: Vec<Node>,
    dest: Vec<Id>,
    /// `None` if a list of a patch is merged with itself: what is done to one is done to both.
    patch: Option<Vec<Id>>,
    keys: Vec<LeanString>,
    at: Option<Cursor<'s>>,
}

/// That way looks at all items for each of them.
const MAX_PAIRS: usize = 25_000_000;

type Key = Vec<LeanString>;

impl<'w, 's> Odd<'w, 's> {
    fn new(
        walk: &'w Walk<'s>,
        dest: Items,
        patch: Option<Items>,
        keys: &[LeanString],
        at: Option<Cursor<'s>>,
    ) -> Self {
        let first = dest.len();
        let ids = patch.as_ref().map(|patch| (first..first + patch.len()).collect());
        Self {
            walk,
            all: dest.into_iter().chain(patch.into_iter().flatten()).collect(),
            dest: (0..first).collect(),
            patch: ids,
            keys: keys.to_vec(),
            at,
        }
    }

    fn merge(mut self) -> Result<Items, String> {
        if self.all.len().saturating_mul(self.all.len()) > MAX_PAIRS {
            let length = self.all.len();
            return Err(format!(
                "a list of {length} items without keys of their own is too long to be merged"
            ));
        }
        let mut wanted = self.wanted();
        if self.keys.is_empty() {
            self.keys = vec![LeanString::default()];
        } else if self.keys.len() > 1 {
            complete(&mut wanted);
        }
        let mut added = Vec::new();
        let mut keys = Vec::new();
        for key in &wanted {
            let values;
            (keys, values) = present(&wanted, key, &self.keys);
            if let Some(id) = self.merge_one(&keys, &values)? {
                self.set(&mut added, Some(id), &keys, &values)?;
            }
        }
        if !wanted.is_empty() {
            for id in std::mem::take(&mut self.dest) {
                self.append(&mut added, id, &keys)?;
            }
            self.dest = added;
        }
        // An item may have got into the list twice.
        Ok(self.dest.iter().map(|id| self.all[*id].clone()).collect())
    }

    /// The keys of all items, those of the patch first.
    fn wanted(&self) -> Vec<Key> {
        let mut seen = HashSet::new();
        let ids = self.patch.iter().flatten().chain(&self.dest);
        let key = |id: &Id| -> Key {
            let item = &self.all[*id];
            if self.keys.is_empty() {
                return vec![item.text().into()];
            }
            let text = |key: &LeanString| item.get(key).filter(|of| !of.is_empty()).map(Node::text);
            self.keys.iter().map(|key| text(key).unwrap_or_default().into()).collect()
        };
        ids.map(key).filter(|key| seen.insert(key.clone())).collect()
    }

    /// Merges the first items with a key; nothing is left of what the patch deletes.
    fn merge_one(
        &mut self,
        keys: &[LeanString],
        values: &[LeanString],
    ) -> Result<Option<Id>, String> {
        let (present_keys, present_values) = present(&[values.to_vec()], values, keys);
        let find = |list: &[Id]| {
            list.iter().copied().find(|id| is_match(&self.all[*id], &present_keys, &present_values))
        };
        let there = find(&self.dest);
        let said = self.patch.as_ref().map_or(there, |patch| find(patch));
        let patch = said.map(|id| self.all[id].clone());
        // Other keys may lead here again; a directive is followed once.
        said.into_iter().for_each(|id| drop(self.all[id].remove(DIRECTIVE)));
        let mut dest = there.map(|id| self.all[id].clone());
        let outcome = match (&self.patch, patch) {
            (None, Some(item)) => {
                self.walk.cleaned(item, self.at)?.map_or(Outcome::Clear, Outcome::Put)
            }
            (_, patch) => self.walk.merge(dest.as_mut(), patch.as_ref(), self.at)?,
        };
        let id = match (outcome, there, said) {
            (Outcome::Keep, Some(id), _) => {
                self.all[id] = dest.unwrap_or_else(Node::null);
                id
            }
            (Outcome::Put(node), _, Some(id)) => {
                self.all[id] = node;
                id
            }
            _ => return self.delete(keys, values),
        };
        if self.all[id].is_null() || (self.all[id].is_mapping() && self.all[id].is_empty()) {
            return self.delete(keys, values);
        }
        for (key, value) in keys.iter().zip(values).filter(|(_, value)| !value.is_empty()) {
            let item = &mut self.all[id];
            if key.is_empty() {
                item.tag = Tag::None;
            } else if item.get(key).is_none() {
                item.set(key, Node::plain(value.clone()));
            }
        }
        Ok(Some(id))
    }

    fn delete(&mut self, keys: &[LeanString], values: &[LeanString]) -> Result<Option<Id>, String> {
        let mut dest = std::mem::take(&mut self.dest);
        self.set(&mut dest, None, keys, values)?;
        self.dest = dest;
        Ok(None)
    }

    /// Puts an item in the place of all that have its key, or takes these out (`ElementSetter`).
    fn set(
        &self,
        list: &mut Vec<Id>,
        item: Option<Id>,
        keys: &[LeanString],
        values: &[LeanString],
    ) -> Result<(), String> {
        let sets_mapping = keys.first().is_some_and(|key| !key.is_empty())
            && values.first().is_some_and(|value| !value.is_empty());
        let mut kept = Vec::with_capacity(list.len() + 1);
        let mut found = false;
        for &id in list.iter() {
            let node = &self.all[id];
            if node.is_null() || (node.is_mapping() && node.is_empty()) {
                continue;
            }
            if sets_mapping && !node.is_mapping() {
                kept.push(id);
            } else if has(node, keys, values)? {
                found = true;
                kept.extend(item);
            } else if !values.is_empty() {
                kept.push(id);
            }
        }
        *list = kept;
        let item = item.filter(|id| !found && !self.all[*id].is_null());
        list.extend(item);
        Ok(())
    }

    fn append(&self, list: &mut Vec<Id>, id: Id, keys: &[LeanString]) -> Result<(), String> {
        let item = &self.all[id];
        if keys.first().is_none_or(|key| key.is_empty()) {
            let (keys, values) = ([LeanString::default()], [item.text().into()]);
            return self.set(list, Some(id), &keys, &values);
        }
        let mut values = Vec::new();
        for key in keys {
            if !item.is_null() && !item.is_mapping() {
                return Err(format!("line {}: an item is no mapping, and has no {key}", item.line));
            }
            match item.get(key) {
                Some(value) => values.push(value.text().into()),
                None => list.push(id),
            }
        }
        if keys.len() > 1 {
            self.set(list, None, keys, &values)?;
        }
        self.set(list, Some(id), keys, &values)
    }
}

/// Whether an item has these values (`ElementMatcher`).
fn is_match(item: &Node, keys: &[LeanString], values: &[LeanString]) -> bool {
    if keys.first().is_none_or(|key| key.is_empty()) {
        return item.text() == values.first().map_or("", LeanString::as_str);
    }
    item.is_mapping()
        && keys
            .iter()
            .zip(values)
            .all(|(key, value)| item.get(key).is_some_and(|found| found.text() == value))
}

/// Whether an item has these values, where an empty one means that the field is there.
fn has(item: &Node, keys: &[LeanString], values: &[LeanString]) -> Result<bool, String> {
    let mut is_found = false;
    for (index, key) in keys.iter().enumerate() {
        if let Some(value) = values.get(index) {
            is_found = match key.as_str() {
                "" if !item.is_scalar() => {
                    return Err(format!(
                        "line {}: a value is wanted, and not a collection",
                        item.line
                    ));
                }
                "" => item.text() == value,
                _ if !item.is_mapping() => {
                    return Err(format!(
                        "line {}: an item is no mapping, and has no {key}",
                        item.line
                    ));
                }
                key => item.get(key).is_some_and(|found| value.is_empty() || found.text() == value),
            };
        }
        if !is_found {
            return Ok(false);
        }
    }
    Ok(is_found)
}

/// The keys that any item has, with the values of one of them.
fn present(all: &[Key], values: &[LeanString], keys: &[LeanString]) -> (Key, Key) {
    let known =
        |at: usize| all.iter().any(|values| values.get(at).is_some_and(|value| !value.is_empty()));
    let known: Vec<bool> = (0..keys.len()).map(known).collect();
    if !known.contains(&true) {
        return (keys.to_vec(), values.to_vec());
    }
    let pick = |list: &[LeanString]| -> Key {
        list.iter().zip(&known).filter(|(_, known)| **known).map(|(text, _)| text.clone()).collect()
    };
    (pick(keys), pick(values))
}

/// Fills in what one item says and another of the same first key does not.
fn complete(all: &mut [Key]) {
    for one in 0..all.len() {
        // The original goes on with what stood there before.
        let before = all[one].clone();
        for other in 0..all.len() {
            if let Some(both) = joined(&before, &all[other]) {
                all[one].clone_from(&both);
                all[other] = both;
            }
        }
    }
}

/// Two keys as one, if they share a part and differ only in parts that one of them lacks.
fn joined(one: &Key, other: &Key) -> Option<Key> {
    let mut shares = false;
    let mut both = Vec::with_capacity(one.len());
    for (a, b) in one.iter().zip(other) {
        shares |= a == b;
        if a != b && !a.is_empty() && !b.is_empty() {
            return None;
        }
        both.push(if a.is_empty() { b.clone() } else { a.clone() });
    }
    shares.then_some(both)
}
