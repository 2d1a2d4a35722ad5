//! Aliases replaced by copies, as kustomize does before anything else.

use std::collections::HashMap;
use std::mem;

use crate::error::Error;
use crate::node::{Content, Node};
use crate::steps;

pub(super) fn inline(root: &mut Node, max_bytes: usize) -> Result<(), Error> {
    let mut inliner = Inliner { named: Vec::new(), bytes: 0, max_bytes };
    inliner.collect(root, &mut HashMap::new())?;
    if inliner.named.is_empty() && !needs_rewriting(root) {
        return Ok(());
    }
    inliner.node(root, 0).map(|_| ())
}

/// Replaces aliases; what anchors name is kept as it was read until an alias asks for it.
struct Inliner {
    named: Vec<Named>,
    bytes: usize,
    max_bytes: usize,
}

/// What an anchor names.
struct Named {
    /// `None` while its own aliases are replaced.
    node: Option<Node>,
    size: Option<Size>,
}

/// What a copy of a node costs, about, and how many levels it has.
#[derive(Clone, Copy, Default)]
struct Size {
    bytes: usize,
    levels: usize,
}

type Entries = Vec<(Node, Node)>;

const MAX_LEVELS: usize = 400;

impl Inliner {
    /// Gives every anchor a number, and every alias the number of the anchor before it.
    fn collect(
        &mut self,
        node: &mut Node,
        known: &mut HashMap<String, usize>,
    ) -> Result<(), Error> {
        let number = (!node.anchor.is_empty()).then(|| {
            self.named.push(Named { node: None, size: None });
            known.insert(mem::take(&mut node.anchor), self.named.len() - 1);
            self.named.len() - 1
        });
        match &mut node.content {
            Content::Alias(name) => {
                let number = known.get(name).copied();
                let number = number.ok_or_else(|| unknown(name))?;
                *name = format!("{number} {name}");
            }
            Content::Scalar { .. } => {}
            Content::Sequence { items, .. } => {
                items.iter_mut().try_for_each(|item| self.collect(item, known))?;
            }
            Content::Mapping { entries, .. } => {
                for (key, value) in entries {
                    self.collect(key, known)?;
                    self.collect(value, known)?;
                }
            }
        }
        if let Some(number) = number {
            self.count(bytes(node))?;
            self.named[number].node = Some(node.clone());
        }
        Ok(())
    }

    fn node(&mut self, node: &mut Node, depth: usize) -> Result<Size, Error> {
        if depth > MAX_LEVELS {
            return Err(Error::too_large(format!("exceeded max depth of {MAX_LEVELS}")));
        }
        steps::count(1);
        let mut size = Size { bytes: 16, levels: 1 };
        match &mut node.content {
            Content::Scalar { value, .. } => size.bytes += value.len(),
            Content::Alias(name) => {
                let name = mem::take(name);
                let copied = self.resolved(&name, depth)?;
                *node = self.original(&name)?.clone();
                self.count(copied.bytes)?;
                if depth + copied.levels > MAX_LEVELS {
                    return Err(Error::too_large(format!("exceeded max depth of {MAX_LEVELS}")));
                }
                return Ok(copied);
            }
            Content::Sequence { items, .. } => {
                for item in items {
                    let inner = self.node(item, depth + 1)?;
                    size.add(inner);
                }
            }
            Content::Mapping { entries, .. } => {
                self.rewrite(entries)?;
                for (key, value) in entries {
                    let inner = self.node(key, depth + 1)?;
                    size.add(inner);
                    let inner = self.node(value, depth + 1)?;
                    size.add(inner);
                }
            }
        }
        Ok(size)
    }

    /// Replaces the aliases in what an anchor names.
    fn resolved(&mut self, name: &str, depth: usize) -> Result<Size, Error> {
        let number = number(name);
        if let Some(size) = self.named[number].size {
            return Ok(size);
        }
        let mut node = self.named[number].node.take().ok_or_else(|| holds_itself(name))?;
        let size = self.node(&mut node, depth + 1)?;
        self.named[number] = Named { node: Some(node), size: Some(size) };
        Ok(size)
    }

    fn original(&self, name: &str) -> Result<&Node, Error> {
        self.named[number(name)].node.as_ref().ok_or_else(|| holds_itself(name))
    }

    fn count(&mut self, bytes: usize) -> Result<(), Error> {
        steps::count(bytes);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.max_bytes {
            let limit = self.max_bytes;
            return Err(Error::too_large(format!("aliases stand for more than {limit} bytes")));
        }
        Ok(())
    }

    /// Sets what `<<` asks for, then the own keys again, each where its name is found first.
    ///
    /// The original does so even where nothing is merged: a null key is then there twice.
    fn rewrite(&mut self, entries: &mut Entries) -> Result<(), Error> {
        if !is_odd(entries) {
            return Ok(());
        }
        let mut merges = entries.iter().filter(|(key, _)| key.is_merge_key());
        let merge = merges.next().map(|(_, value)| value.clone());
        if merges.next().is_some() {
            return Err(Error::meaning("duplicate merge key"));
        }
        let mut to_set = match merge {
            Some(value) => self.mappings(&value)?,
            None => Vec::new(),
        };
        if let Some(place) = entries.iter().position(|(key, _)| key.as_str() == Some("<<")) {
            entries.remove(place);
        }
        to_set.push(entries.clone());
        let mut places = first_places(entries);
        for (key, value) in to_set.into_iter().flat_map(first_values) {
            let wanted = if key.is_null() { "" } else { text(&key) };
            if let Some(&place) = places.get(wanted) {
                entries[place] = (key, value);
            } else {
                places.entry(text(&key).to_owned()).or_insert(entries.len());
                entries.push((key, value));
            }
        }
        Ok(())
    }

    /// The mappings that a merge key names, the first of them last: it has the last word.
    fn mappings(&mut self, value: &Node) -> Result<Vec<Entries>, Error> {
        let no_map = || Error::meaning("map merge requires map or sequence of maps as the value");
        match &value.content {
            Content::Mapping { entries, .. } => Ok(vec![entries.clone()]),
            Content::Alias(name) => match &self.original(name)?.content {
                Content::Mapping { entries, .. } => {
                    let entries = entries.clone();
                    self.count(bytes(value) + entries.iter().map(entry_bytes).sum::<usize>())?;
                    Ok(vec![entries])
                }
                _ => Err(Error::meaning("invalid map merge: received alias for a non-map value")),
            },
            Content::Sequence { items, .. } => {
                let mut found = Vec::new();
                for item in items.iter().rev() {
                    if matches!(item.content, Content::Sequence { .. }) {
                        return Err(Error::meaning(
                            "invalid map merge: received a nested sequence",
                        ));
                    }
                    found.extend(self.mappings(item)?);
                }
                Ok(found)
            }
            Content::Scalar { .. } => Err(no_map()),
        }
    }
}

impl Size {
    fn add(&mut self, inner: Self) {
        self.bytes = self.bytes.saturating_add(inner.bytes);
        self.levels = self.levels.max(inner.levels + 1);
    }
}

fn number(name: &str) -> usize {
    name.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn unknown(name: &str) -> Error {
    Error::meaning(format!("unknown anchor '{name}' referenced"))
}

fn holds_itself(name: &str) -> Error {
    let name = name.split_once(' ').map_or(name, |(_, name)| name);
    Error::meaning(format!("anchor '{name}' value contains itself"))
}

/// The text of a key; an alias has its name, collections have none.
fn text(key: &Node) -> &str {
    match &key.content {
        Content::Alias(name) => name.split_once(' ').map_or(name, |(_, name)| name),
        _ => key.as_str().unwrap_or_default(),
    }
}

/// Where each name is found first.
fn first_places(entries: &Entries) -> HashMap<String, usize> {
    let mut places = HashMap::new();
    for (place, (key, _)) in entries.iter().enumerate() {
        places.entry(text(key).to_owned()).or_insert(place);
    }
    places
}

/// The entries by their names: of a key that is there twice, twice the first.
fn first_values(entries: Entries) -> Entries {
    let places = first_places(&entries);
    if places.len() == entries.len() {
        return entries;
    }
    entries.iter().map(|(key, _)| entries[places[text(key)]].clone()).collect()
}

/// Whether setting the keys again changes something.
fn is_odd(entries: &Entries) -> bool {
    entries.iter().any(|(key, _)| key.is_merge_key() || key.is_null() || text(key) == "<<")
}

fn needs_rewriting(node: &Node) -> bool {
    match &node.content {
        Content::Mapping { entries, .. } => {
            is_odd(entries)
                || entries.iter().any(|(key, value)| needs_rewriting(key) || needs_rewriting(value))
        }
        Content::Sequence { items, .. } => items.iter().any(needs_rewriting),
        Content::Alias(_) | Content::Scalar { .. } => false,
    }
}

/// What a node costs, about, without what its aliases stand for.
fn bytes(node: &Node) -> usize {
    16 + match &node.content {
        Content::Alias(name) => name.len(),
        Content::Scalar { value, .. } => value.len(),
        Content::Sequence { items, .. } => items.iter().map(bytes).sum(),
        Content::Mapping { entries, .. } => entries.iter().map(entry_bytes).sum(),
    }
}

fn entry_bytes((key, value): &(Node, Node)) -> usize {
    bytes(key) + bytes(value)
}
