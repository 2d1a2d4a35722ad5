//! Strategic merge as kustomize does it: kyaml's `merge2`, items of patches first.
//!
//! Lists have keys only where the schema says so; nothing is guessed from the items.

mod items;

use std::collections::HashMap;

use crate::edit;
use crate::node::{Content, Entries, Node, Tag};
use crate::schema::{Cursor, Schema};

/// Merges a patch into an object; `false` says that the patch deletes it.
///
/// # Errors
///
/// When patch and object differ in what a field is, or a `$patch` directive is unknown.
pub(crate) fn merge(dest: &mut Node, patch: &Node, schema: &Schema) -> Result<bool, String> {
    let walk = Walk { schema };
    match walk.merge(Some(dest), Some(patch), None)? {
        Outcome::Keep => Ok(true),
        Outcome::Clear => Ok(false),
        Outcome::Put(node) => {
            *dest = node;
            Ok(true)
        }
    }
}

/// What becomes of a value.
enum Outcome {
    /// It stays where it is, and may have been changed there.
    Keep,
    /// It goes.
    Clear,
    /// Another one takes its place.
    Put(Node),
}

/// What a patch says about a whole mapping or list.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

/// The key of directives.
const DIRECTIVE: &str = "$patch";

impl Directive {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "merge" => Some(Self::Merge),
            "replace" => Some(Self::Replace),
            "delete" => Some(Self::Delete),
            _ => None,
        }
    }

    /// The directive of a mapping, and whether it stands there.
    fn of_mapping(patch: &Node) -> Result<(Self, bool), String> {
        match patch.get(DIRECTIVE) {
            None => Ok((Self::Merge, false)),
            Some(word) => match Self::parse(word.text()) {
                Some(directive) => Ok((directive, true)),
                None => Err(format!("unknown patch strategy '{}'", word.text())),
            },
        }
    }
}

struct Walk<'s> {
    schema: &'s Schema,
}

impl<'s> Walk<'s> {
    /// The schema of a value: what its place says, or else its own kind.
    fn cursor(
        &self,
        dest: Option<&Node>,
        patch: Option<&Node>,
        at: Option<Cursor<'s>>,
    ) -> Option<Cursor<'s>> {
        at.or_else(|| {
            [dest, patch].into_iter().flatten().filter(|node| node.is_mapping()).find_map(|node| {
                let (version, kind) = (node.str_at("apiVersion")?, node.str_at("kind")?);
                if version.is_empty() || kind.is_empty() {
                    return None;
                }
                self.schema.of(version, kind)
            })
        })
    }

    fn merge(
        &self,
        dest: Option<&mut Node>,
        patch: Option<&Node>,
        at: Option<Cursor<'s>>,
    ) -> Result<Outcome, String> {
        let at = self.cursor(dest.as_deref(), patch, at);
        let there = dest.as_deref().filter(|node| !node.is_null());
        let said = patch.filter(|node| !node.is_null());
        match (there, said) {
            (Some(there), Some(said)) if kind(there) != kind(said) => {
                Err(format!("{} where {} is: {:?}", kind(said), kind(there), shortened(said)))
            }
            (None, None) => Ok(match dest {
                // A null that is written is kept, unless nothing at all is written.
                Some(null) if patch.is_none() && !null.text().is_empty() => Outcome::Keep,
                _ => Outcome::Clear,
            }),
            (None, Some(said)) => self.add(said, at),
            (Some(_), None) if patch.is_some() => Ok(Outcome::Clear),
            (Some(_), said) => match dest {
                Some(dest) => self.merge_into(dest, said, at),
                None => Ok(Outcome::Keep),
            },
        }
    }

    /// Merges what is of one kind.
    fn merge_into(
        &self,
        dest: &mut Node,
        patch: Option<&Node>,
        at: Option<Cursor<'s>>,
    ) -> Result<Outcome, String> {
        match &dest.content {
            Content::Scalar(_) => Ok(patch.cloned().map_or(Outcome::Keep, Outcome::Put)),
            Content::Sequence(_) if !at.is_some_and(Cursor::merges_items) => {
                Ok(patch.cloned().map_or(Outcome::Keep, Outcome::Put))
            }
            Content::Sequence(_) => self.merge_items(dest, patch, at),
            Content::Mapping(_) => {
                let Some(patch) = patch else {
                    self.merge_fields(dest, None, at)?;
                    return Ok(Outcome::Keep);
                };
                match Directive::of_mapping(patch)? {
                    (Directive::Delete, _) => Ok(Outcome::Clear),
                    (Directive::Replace, _) => self.clean(without_directive(patch), at),
                    (Directive::Merge, true) => {
                        self.merge_fields(dest, Some(&without_directive(patch)), at)?;
                        Ok(Outcome::Keep)
                    }
                    (Directive::Merge, false) => {
                        self.merge_fields(dest, Some(patch), at)?;
                        Ok(Outcome::Keep)
                    }
                }
            }
        }
    }

    /// What a patch says where nothing is.
    fn add(&self, patch: &Node, at: Option<Cursor<'s>>) -> Result<Outcome, String> {
        match &patch.content {
            Content::Mapping(_) => match Directive::of_mapping(patch) {
                Ok((Directive::Delete, _)) => Ok(Outcome::Clear),
                Ok((_, true)) => self.clean(without_directive(patch), at),
                // The original overlooks an unknown directive here.
                Ok((_, false)) | Err(_) => self.clean(patch.clone(), at),
            },
            Content::Sequence(_) if at.is_some_and(Cursor::merges_items) => {
                self.clean_items(patch.clone(), at)
            }
            _ => Ok(Outcome::Put(patch.clone())),
        }
    }

    /// Takes nulls and directives out of a part of a patch: the original merges it with itself.
    fn clean(&self, mut node: Node, at: Option<Cursor<'s>>) -> Result<Outcome, String> {
        match &mut node.content {
            Content::Mapping(entries) => {
                let mut kept = Entries::with_capacity(entries.len());
                for (key, value) in std::mem::take(entries) {
                    expect_name(&key)?;
                    let at = at.and_then(|at| at.field(key.text()));
                    if let Some(value) = self.cleaned(value, at)? {
                        kept.push((key, value));
                    }
                }
                *entries = kept;
            }
            Content::Sequence(_) | Content::Scalar(_) => {}
        }
        Ok(Outcome::Put(node))
    }

    /// A value within what is cleaned; nothing if it goes.
    fn cleaned(&self, value: Node, at: Option<Cursor<'s>>) -> Result<Option<Node>, String> {
        if value.is_null() {
            return Ok(None);
        }
        let at = self.cursor(Some(&value), None, at);
        let outcome = match &value.content {
            Content::Mapping(_) => match Directive::of_mapping(&value)? {
                (Directive::Delete, _) => Outcome::Clear,
                (_, true) => self.clean(without_directive(&value), at)?,
                (_, false) => self.clean(value, at)?,
            },
            Content::Sequence(_) if at.is_some_and(Cursor::merges_items) => {
                match items::directive(&value)? {
                    (Directive::Delete, _) => Outcome::Clear,
                    (_, items) => self.clean_items(items.unwrap_or(value), at)?,
                }
            }
            _ => Outcome::Put(value),
        };
        Ok(match outcome {
            Outcome::Put(node) => Some(node),
            _ => None,
        })
    }

    /// Merges field by field. What no patch speaks about is looked at too: nulls without a text go,
    /// and lists with keys lose items that are there twice.
    fn merge_fields(
        &self,
        dest: &mut Node,
        patch: Option<&Node>,
        at: Option<Cursor<'s>>,
    ) -> Result<(), String> {
        let Content::Mapping(entries) = &mut dest.content else { return Ok(()) };
        let mut said = Fields::of(patch);
        let mut index = 0;
        while let Some((key, value)) = entries.get_mut(index) {
            index += 1;
            expect_name(key)?;
            let patched = said.take(key.text());
            if patched.is_none() && value.is_scalar() && !value.is_null() {
                // It is set again as it is: what has no tag becomes a text.
                if value.tag == Tag::None {
                    edit::quote(value);
                }
                continue;
            }
            let of = at.and_then(|at| at.field(key.text()));
            let outcome = self
                .merge(Some(&mut *value), patched.map(|(_, value)| value), of)
                .map_err(|error| within(key.text(), error))?;
            match outcome {
                Outcome::Keep => {}
                Outcome::Clear => {
                    index -= 1;
                    entries.remove(index);
                }
                // A value that is replaced leaves its quotes to the next one.
                Outcome::Put(node) => value.overwrite(Node { quoting: value.quoting, ..node }),
            }
        }
        for (key, value) in said.rest() {
            expect_name(key)?;
            let of = at.and_then(|at| at.field(key.text()));
            let outcome =
                self.merge(None, Some(value), of).map_err(|error| within(key.text(), error))?;
            if let Outcome::Put(node) = outcome {
                let key = Node { quoting: key.quoting, ..Node::plain(key.text()) };
                dest.push_entry(key, node);
            }
        }
        Ok(())
    }
}

/// The fields of a patch, of those set twice the first.
struct Fields<'p> {
    entries: &'p [(Node, Node)],
    places: HashMap<&'p str, usize>,
    taken: Vec<bool>,
}

impl<'p> Fields<'p> {
    fn of(patch: Option<&'p Node>) -> Self {
        let entries = patch.map(Node::entries).unwrap_or_default();
        let mut places = HashMap::with_capacity(entries.len());
        for (place, (key, _)) in entries.iter().enumerate() {
            places.entry(key.text()).or_insert(place);
        }
        Self { entries, places, taken: vec![false; entries.len()] }
    }

    fn take(&mut self, name: &str) -> Option<&'p (Node, Node)> {
        let place = *self.places.get(name)?;
        self.taken[place] = true;
        self.entries.get(place)
    }

    /// What was not taken.
    fn rest(self) -> impl Iterator<Item = &'p (Node, Node)> {
        let Self { entries, places, taken } = self;
        let is_first = move |place: usize, key: &Node| places.get(key.text()) == Some(&place);
        let places = entries.iter().enumerate();
        places
            .filter(move |(place, (key, _))| !taken[*place] && is_first(*place, key))
            .map(|(_, entry)| entry)
    }
}

/// Of an empty key the original takes the whole mapping for the value.
fn expect_name(key: &Node) -> Result<(), String> {
    if key.text().is_empty() {
        return Err("a mapping with an empty key cannot be merged".to_owned());
    }
    Ok(())
}

fn without_directive(patch: &Node) -> Node {
    let mut patch = patch.clone();
    patch.remove(DIRECTIVE);
    patch
}

fn kind(node: &Node) -> &'static str {
    match node.content {
        Content::Scalar(_) => "a scalar",
        Content::Sequence(_) => "a list",
        Content::Mapping(_) => "a mapping",
    }
}

fn shortened(node: &Node) -> String {
    match node.as_str() {
        Some(text) => text.chars().take(40).collect(),
        None => format!("{} of line {}", kind(node), node.line),
    }
}

/// Puts a field before an error's path.
fn within(name: &str, error: String) -> String {
    match error.strip_prefix('.') {
        Some(_) => format!(".{name}{error}"),
        None => format!(".{name}: {error}"),
    }
}

#[cfg(test)]
mod tests;
