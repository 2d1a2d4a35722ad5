//! Aliases replaced by copies, as kustomize does before anything else.

use std::collections::{HashMap, HashSet};

use crate::error::Error;
use crate::node::{Content, Node};

pub(super) fn inline(root: &mut Node, max_bytes: usize) -> Result<(), Error> {
    Inliner { named: HashMap::new(), bytes: 0, max_bytes }.node(root)
}

/// What the anchors met so far name, aliases in it replaced already.
struct Inliner {
    named: HashMap<String, Node>,
    bytes: usize,
    max_bytes: usize,
}

type Entries = Vec<(Node, Node)>;

impl Inliner {
    fn node(&mut self, node: &mut Node) -> Result<(), Error> {
        let anchor = std::mem::take(&mut node.anchor);
        match &mut node.content {
            Content::Scalar { .. } => {}
            Content::Alias(name) => {
                *node = self.copy(name)?;
                return Ok(());
            }
            Content::Sequence { items, .. } => {
                items.iter_mut().try_for_each(|item| self.node(item))?;
            }
            Content::Mapping { entries, .. } => {
                for (key, value) in entries.iter_mut() {
                    self.node(key)?;
                    self.node(value)?;
                }
                merge(entries)?;
            }
        }
        if !anchor.is_empty() {
            self.count(node)?;
            self.named.insert(anchor, node.clone());
        }
        Ok(())
    }

    fn copy(&mut self, name: &str) -> Result<Node, Error> {
        let Some(node) = self.named.get(name).cloned() else {
            return Err(Error::meaning(format!("anchor '{name}' value contains itself")));
        };
        self.count(&node)?;
        Ok(node)
    }

    fn count(&mut self, copied: &Node) -> Result<(), Error> {
        self.bytes = self.bytes.saturating_add(size(copied));
        if self.bytes > self.max_bytes {
            let limit = self.max_bytes;
            return Err(Error::too_large(format!("aliases stand for more than {limit} bytes")));
        }
        Ok(())
    }
}

/// What a copy of a node costs, about.
fn size(node: &Node) -> usize {
    let content = match &node.content {
        Content::Alias(name) => name.len(),
        Content::Scalar { value, .. } => value.len(),
        Content::Sequence { items, .. } => items.iter().map(size).sum(),
        Content::Mapping { entries, .. } => {
            entries.iter().map(|(key, value)| size(key) + size(value)).sum()
        }
    };
    16 + content
}

/// Does what `<<` asks for: own keys keep place and value, the others are added behind them.
fn merge(entries: &mut Entries) -> Result<(), Error> {
    let mut merges = entries.iter().enumerate().filter(|(_, (key, _))| key.is_merge_key());
    let Some((place, _)) = merges.next() else { return Ok(()) };
    if merges.next().is_some() {
        return Err(Error::meaning("duplicate merge key"));
    }
    let (_, value) = entries.remove(place);
    let name = |key: &Node| key.as_str().unwrap_or_default().to_owned();
    let own: HashSet<String> = entries.iter().map(|(key, _)| name(key)).collect();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (key, value) in mappings(value)?.into_iter().flatten() {
        let name = name(&key);
        if own.contains(&name) {
            continue;
        }
        match places.get(&name) {
            Some(&place) => entries[place] = (key, value),
            None => {
                places.insert(name, entries.len());
                entries.push((key, value));
            }
        }
    }
    Ok(())
}

/// The mappings that a merge key names, the first of them last: it has the last word.
fn mappings(value: Node) -> Result<Vec<Entries>, Error> {
    let no_map = || Error::meaning("map merge requires map or sequence of maps as the value");
    match value.content {
        Content::Mapping { entries, .. } => Ok(vec![entries]),
        Content::Sequence { items, .. } => items
            .into_iter()
            .rev()
            .map(|item| match item.content {
                Content::Mapping { entries, .. } => Ok(entries),
                Content::Sequence { .. } => {
                    Err(Error::meaning("invalid map merge: received a nested sequence"))
                }
                _ => Err(no_map()),
            })
            .collect(),
        _ => Err(no_map()),
    }
}
