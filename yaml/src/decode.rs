//! From a tree to values: aliases, merge keys, types, and keys that are set twice.

mod keys;

use std::borrow::Cow;
use std::collections::HashSet;

pub(crate) use self::keys::Key;
use crate::compose::{Content, NodeId, Tree};
use crate::options::{Dialect, Options};
use crate::problem::Problem;
use crate::resolve::{Resolved, resolve, resolve_as, short_tag};
use crate::steps;
use crate::token::{Mark, Quoting};
use crate::typed::Typed;

/// What a document is made into.
pub(crate) trait Build {
    /// A value.
    type Value;
    /// A map while it is filled.
    type Map;

    fn scalar(&mut self, resolved: Resolved, text: Cow<'_, str>, at: Mark) -> Self::Value;
    fn sequence(&mut self, items: Vec<Self::Value>) -> Self::Value;
    fn new_map(&mut self) -> Self::Map;
    /// Whether such a key can be set.
    fn accepts(&self, key: &Key) -> bool;
    /// Notes a key that cannot be set. The decoder goes on: a fault of the text comes first.
    fn refuse(&mut self, map: &mut Self::Map, key: Key, at: Mark);
    fn insert(&mut self, map: &mut Self::Map, key: Key, value: Self::Value);
    fn contains(&self, map: &Self::Map, key: &Key) -> bool;
    fn map(&mut self, map: Self::Map) -> Self::Value;
}

/// What stopped a decoder: one fault, or keys that are set twice.
#[derive(Debug)]
pub(crate) enum Stop {
    Problem(Problem),
    Issues(Vec<Issue>),
}

/// A fault after which the original goes on, to list all of them.
#[derive(Debug)]
pub(crate) struct Issue {
    pub(crate) at: Mark,
    pub(crate) message: String,
    pub(crate) original: String,
    pub(crate) is_duplicate: bool,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Makes values of one document.
pub(crate) struct Decoder<'t, 'a, B> {
    tree: &'t Tree<'a>,
    options: &'t Options,
    pub(crate) build: B,
    depth: usize,
    /// The aliases being followed; one that is met again contains itself.
    following: Vec<NodeId>,
    decoded: usize,
    aliased: usize,
    alias_bytes: usize,
    issues: Vec<Issue>,
    /// In kustomize's dialect: the keys that a merge may not set again.
    merged: Option<HashSet<Key>>,
    /// In kustomize's dialect: whether the map at hand has texts as keys whatever they look like.
    text_keys: bool,
}

type Decoded<T> = Result<T, Problem>;

impl<'t, 'a, B: Build> Decoder<'t, 'a, B> {
    pub(crate) fn new(tree: &'t Tree<'a>, options: &'t Options, build: B) -> Self {
        Self {
            tree,
            options,
            build,
            depth: 0,
            following: Vec::new(),
            // The document counts as a node.
            decoded: 1,
            aliased: 0,
            alias_bytes: 0,
            issues: Vec::new(),
            merged: None,
            text_keys: false,
        }
    }

    /// Takes the keys of the outermost map as texts, as Go does for a `map[string]any`.
    pub(crate) fn with_text_keys(mut self) -> Self {
        self.text_keys = true;
        self
    }

    /// The value of the whole document.
    pub(crate) fn document(&mut self) -> Result<B::Value, Stop> {
        let is_mapping = matches!(self.tree.node(Tree::ROOT).content, Content::Mapping { .. });
        self.text_keys &= is_mapping;
        let value = self.value(Tree::ROOT)?;
        if self.issues.is_empty() {
            return Ok(value);
        }
        Err(Stop::Issues(std::mem::take(&mut self.issues)))
    }

    pub(crate) fn value(&mut self, id: NodeId) -> Decoded<B::Value> {
        self.count(id)?;
        match &self.tree.node(id).content {
            Content::Alias { target, .. } => {
                let target = *target;
                self.follow(id, |decoder| decoder.value(target))
            }
            Content::Scalar { .. } => self.scalar(id),
            Content::Sequence { .. } => self.nested(id, |decoder| {
                let items = decoder.tree.children(id).map(|item| decoder.value(item));
                let items = items.collect::<Decoded<Vec<_>>>()?;
                Ok(decoder.build.sequence(items))
            }),
            Content::Mapping { .. } => self.nested(id, |decoder| {
                let mut map = decoder.build.new_map();
                decoder.mapping(id, &mut map)?;
                Ok(decoder.build.map(map))
            }),
        }
    }

    fn scalar(&mut self, id: NodeId) -> Decoded<B::Value> {
        let node = self.tree.node(id);
        let Content::Scalar { value, .. } = &node.content else {
            return Ok(self.build.scalar(Resolved::Null, Cow::Borrowed(""), node.start));
        };
        let (resolved, text) = self.resolve(id, value)?;
        if !self.following.is_empty() {
            self.alias_bytes += text.len();
            self.check_alias_bytes(node.start)?;
        }
        Ok(self.build.scalar(resolved, text, node.start))
    }

    /// The type of a scalar and its text, which `!!binary` decodes.
    fn resolve(&self, id: NodeId, value: &'t str) -> Decoded<(Resolved, Cow<'t, str>)> {
        let node = self.tree.node(id);
        let Content::Scalar { quoting, implicit, .. } = &node.content else {
            return Ok((Resolved::Text, Cow::Borrowed(value)));
        };
        let Some(tag) = node.tag.as_deref() else {
            let resolved = match implicit {
                true => resolve(value, self.options.dialect),
                false => Resolved::Text,
            };
            return Ok((self.timeless(resolved), Cow::Borrowed(value)));
        };
        let tag = short_tag(tag);
        if tag == "!!binary" {
            let decoded = crate::base64::decode(value).ok_or_else(|| {
                Problem::decoder("!!binary value contains invalid base64 data", node.start)
            })?;
            return Ok(match String::from_utf8(decoded) {
                Ok(text) => (Resolved::Text, Cow::Owned(text)),
                Err(error) => {
                    let replaced = crate::base64::replace_invalid(error.as_bytes());
                    (Resolved::Bytes(error.into_bytes()), Cow::Owned(replaced))
                }
            });
        }
        // goyaml.v3 looks at a `!` scalar again once it is in the tree.
        if tag == "!" && self.options.dialect == Dialect::Kyaml && *quoting == Quoting::Plain {
            return Ok((resolve(value, self.options.dialect), Cow::Borrowed(value)));
        }
        let resolved = resolve_as(&tag, value, self.options.dialect)
            .map_err(|what| Problem::decoder(what, node.start))?;
        Ok((self.timeless(resolved), Cow::Borrowed(value)))
    }

    /// goyaml.v2 knows times, and hands out their text.
    fn timeless(&self, resolved: Resolved) -> Resolved {
        match resolved {
            Resolved::Time(_) if self.options.dialect == Dialect::Sigs => Resolved::Text,
            other => other,
        }
    }

    /// Fills a map, in the order in which the original does.
    fn mapping(&mut self, id: NodeId, map: &mut B::Map) -> Decoded<()> {
        match self.options.dialect {
            Dialect::Sigs => self.mapping_sigs(id, map),
            Dialect::Kyaml => self.mapping_kyaml(id, map),
        }
    }

    /// Merges where `<<` stands, over what was set before.
    fn mapping_sigs(&mut self, id: NodeId, map: &mut B::Map) -> Decoded<()> {
        for (key_id, value_id) in self.tree.pairs(id) {
            if self.is_merge(key_id) {
                self.merge_sigs(value_id, map)?;
                continue;
            }
            let key = self.key(key_id)?;
            let value = self.value(value_id)?;
            if self.options.strict && self.build.contains(map, &key) {
                self.set_twice(&key, value_id);
                continue;
            }
            self.insert(map, key, key_id, value);
        }
        Ok(())
    }

    fn insert(&mut self, map: &mut B::Map, key: Key, key_id: NodeId, value: B::Value) {
        if self.build.accepts(&key) {
            self.build.insert(map, key, value);
        } else {
            self.build.refuse(map, key, self.tree.node(key_id).start);
        }
    }

    /// Merges at the end, and only keys that were not set.
    fn mapping_kyaml(&mut self, id: NodeId, map: &mut B::Map) -> Decoded<()> {
        if self.defines_twice(id) {
            return Ok(());
        }
        let mut merged = self.merged.take();
        let mut merge = None;
        for (key_id, value_id) in self.tree.pairs(id) {
            if self.is_merge(key_id) {
                merge = Some(value_id);
                continue;
            }
            let Some(key) = self.key_kyaml(key_id)? else { continue };
            if let Some(merged) = &mut merged
                && !merged.insert(key.clone())
            {
                continue;
            }
            let text_keys = std::mem::take(&mut self.text_keys);
            let value = self.value(value_id)?;
            self.text_keys = text_keys;
            self.insert(map, key, key_id, value);
        }
        self.merged = merged;
        match merge {
            Some(merge) => self.merge_kyaml(id, merge, map),
            None => Ok(()),
        }
    }

    fn merge_sigs(&mut self, id: NodeId, map: &mut B::Map) -> Decoded<()> {
        match &self.tree.node(id).content {
            Content::Mapping { .. } | Content::Alias { .. } => self.merge_one(id, map),
            Content::Sequence { .. } => {
                let items: Vec<NodeId> = self.tree.children(id).collect();
                // Backwards, so that the first of them has the last word.
                items.into_iter().rev().try_for_each(|item| self.merge_one(item, map))
            }
            Content::Scalar { .. } => Err(self.no_map(id)),
        }
    }

    fn merge_kyaml(&mut self, parent: NodeId, id: NodeId, map: &mut B::Map) -> Decoded<()> {
        let outermost = self.merged.is_none();
        if outermost {
            let mut own = HashSet::new();
            for (key_id, _) in self.tree.pairs(parent) {
                own.extend(self.key_kyaml(key_id)?);
            }
            self.merged = Some(own);
        }
        match &self.tree.node(id).content {
            Content::Mapping { .. } | Content::Alias { .. } => self.merge_one(id, map)?,
            Content::Sequence { .. } => {
                for item in self.tree.children(id) {
                    self.merge_one(item, map)?;
                }
            }
            Content::Scalar { .. } => return Err(self.no_map(id)),
        }
        if outermost {
            self.merged = None;
        }
        Ok(())
    }

    fn merge_one(&mut self, id: NodeId, map: &mut B::Map) -> Decoded<()> {
        match &self.tree.node(id).content {
            Content::Mapping { .. } => {
                self.count(id)?;
                self.nested(id, |decoder| decoder.mapping(id, map))
            }
            Content::Alias { target, .. } => {
                let target = *target;
                if !matches!(self.tree.node(target).content, Content::Mapping { .. }) {
                    return Err(self.no_map(id));
                }
                self.count(id)?;
                self.follow(id, |decoder| decoder.merge_one(target, map))
            }
            _ => Err(self.no_map(id)),
        }
    }

    fn no_map(&self, id: NodeId) -> Problem {
        let what = "map merge requires map or sequence of maps as the value";
        Problem::decoder(what, self.tree.node(id).start)
    }

    fn is_merge(&self, id: NodeId) -> bool {
        let node = self.tree.node(id);
        let Content::Scalar { value, implicit, quoting } = &node.content else { return false };
        if value != "<<" {
            return false;
        }
        let tag = node.tag.as_deref().map(short_tag);
        match (self.options.dialect, tag.as_deref()) {
            (_, Some("!!merge")) => true,
            (Dialect::Sigs, _) => *implicit,
            (Dialect::Kyaml, None) => *quoting == Quoting::Plain,
            (Dialect::Kyaml, Some(tag)) => tag == "!" && *quoting == Quoting::Plain,
        }
    }

    // === Limits ===

    fn nested<T>(&mut self, id: NodeId, then: impl FnOnce(&mut Self) -> Decoded<T>) -> Decoded<T> {
        self.depth += 1;
        if self.depth > self.options.max_depth {
            let what = format!("exceeded max depth of {}", self.options.max_depth);
            return Err(Problem::limit(what, self.tree.node(id).start));
        }
        let result = then(self);
        self.depth -= 1;
        result
    }

    fn follow<T>(&mut self, id: NodeId, then: impl FnOnce(&mut Self) -> Decoded<T>) -> Decoded<T> {
        if self.following.contains(&id) {
            let Content::Alias { name, .. } = &self.tree.node(id).content else {
                return then(self);
            };
            let what = format!("anchor '{name}' value contains itself");
            return Err(Problem::decoder(what, self.tree.node(id).start));
        }
        self.following.push(id);
        let result = self.nested(id, then);
        self.following.pop();
        result
    }

    /// The original's guard against documents that are mostly aliases.
    fn count(&mut self, id: NodeId) -> Decoded<()> {
        self.decoded += 1;
        steps::count(1 + self.following.len());
        if self.following.is_empty() {
            return Ok(());
        }
        self.aliased += 1;
        let ratio = self.aliased as f64 / self.decoded as f64;
        if self.aliased > 100 && self.decoded > 1000 && ratio > allowed_alias_ratio(self.decoded) {
            let what = "document contains excessive aliasing".to_owned();
            return Err(Problem::limit(what, self.tree.node(id).start));
        }
        self.alias_bytes += 16;
        self.check_alias_bytes(self.tree.node(id).start)
    }

    fn check_alias_bytes(&self, at: Mark) -> Decoded<()> {
        let limit = self.options.max_alias_bytes;
        if self.alias_bytes <= limit {
            return Ok(());
        }
        Err(Problem::limit(format!("aliases stand for more than {limit} bytes"), at))
    }
}

/// 99 % of a document of up to 400,000 nodes may come from aliases, 10 % of one of 4,000,000.
fn allowed_alias_ratio(decoded: usize) -> f64 {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    let decoded = (decoded as f64).clamp(LOW, HIGH);
    0.99 - 0.89 * ((decoded - LOW) / (HIGH - LOW))
}

impl<B: Build> Decoder<'_, '_, B> {
    /// Describes a value for a message, as a decoder of its own.
    pub(crate) fn typed(&self, id: NodeId) -> Decoded<Typed> {
        let mut decoder = Decoder::new(self.tree, self.options, crate::typed::BuildTyped);
        decoder.depth = self.depth;
        decoder.following.clone_from(&self.following);
        decoder.value(id)
    }
}
