//! Keys of maps, which need not be strings, and keys that are set twice.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use super::{Build, Decoded, Decoder, Issue};
use crate::compose::{Content, NodeId};
use crate::gofmt;
use crate::problem::Problem;
use crate::resolve::{Resolved, short_tag};
use crate::typed::Typed;

/// A key with its type: `1` and `"1"` are two keys.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Time(String),
}

impl Key {
    /// The key as a value.
    pub(crate) fn into_typed(self) -> Typed {
        match self {
            Self::Null => Typed::Null,
            Self::Bool(bool) => Typed::Bool(bool),
            Self::Int(int) => Typed::Int(int),
            Self::Uint(uint) => Typed::Uint(uint),
            Self::Float(float) => Typed::Float(float),
            Self::Text(text) => Typed::String(text),
            Self::Bytes(bytes) => Typed::Bytes(bytes),
            Self::Time(time) => Typed::Timestamp(time),
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Uint(a), Self::Uint(b)) => a == b,
            // Not a number is not even itself.
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Text(a), Self::Text(b)) | (Self::Time(a), Self::Time(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Null => 0.hash(state),
            Self::Bool(bool) => bool.hash(state),
            Self::Int(int) => int.hash(state),
            Self::Uint(uint) => uint.hash(state),
            Self::Float(float) => (*float as i64).hash(state),
            Self::Text(text) | Self::Time(text) => text.hash(state),
            Self::Bytes(bytes) => bytes.hash(state),
        }
    }
}

impl<B: Build> Decoder<'_, '_, B> {
    pub(super) fn key(&mut self, id: NodeId) -> Decoded<Key> {
        match &self.tree.node(id).content {
            Content::Scalar { value, .. } => {
                self.count(id)?;
                let (resolved, text) = self.resolve(id, value)?;
                if !self.following.is_empty() {
                    self.alias_bytes += text.len();
                    self.check_alias_bytes(self.tree.node(id).start)?;
                }
                Ok(match resolved {
                    Resolved::Null => Key::Null,
                    Resolved::Bool(bool) => Key::Bool(bool),
                    Resolved::Int(int) => Key::Int(int),
                    Resolved::Uint(uint) => Key::Uint(uint),
                    Resolved::Float(float) => Key::Float(float),
                    Resolved::Time(time) => Key::Time(time.0),
                    Resolved::Bytes(bytes) => Key::Bytes(bytes),
                    Resolved::Text => Key::Text(text.into_owned()),
                })
            }
            Content::Alias { target, .. } => {
                let target = *target;
                self.count(id)?;
                self.follow(id, |decoder| decoder.key(target))
            }
            Content::Sequence { .. } | Content::Mapping { .. } => {
                let key = self.typed(id)?;
                let what =
                    format!("invalid map key: {}", gofmt::go_syntax(&key, self.options.dialect));
                Err(Problem::decoder(what, self.tree.node(id).start))
            }
        }
    }

    /// A key in kustomize's dialect; where keys are texts, null is none.
    pub(super) fn key_kyaml(&mut self, id: NodeId) -> Decoded<Option<Key>> {
        if self.text_keys && self.is_collection(id) {
            return Ok(None);
        }
        let key = self.key(id)?;
        if !self.text_keys || matches!(key, Key::Text(_)) {
            return Ok(Some(key));
        }
        Ok((key != Key::Null).then(|| Key::Text(self.text_of(id).to_owned())))
    }

    /// Notes a collection where a text is wanted.
    fn is_collection(&mut self, id: NodeId) -> bool {
        let node = self.tree.node(id);
        let tag = match &node.content {
            Content::Scalar { .. } => return false,
            Content::Alias { target, .. } => return self.is_collection(*target),
            Content::Sequence { .. } => "!!seq",
            Content::Mapping { .. } => "!!map",
        };
        let tag =
            node.tag.as_deref().filter(|tag| *tag != "!").map_or_else(|| tag.into(), short_tag);
        let message = format!("cannot unmarshal {tag} into string");
        let original = format!("line {}: {message}", node.start.line + 1);
        self.issues.push(Issue { at: node.start, message, original, is_duplicate: false });
        true
    }

    fn text_of(&self, id: NodeId) -> &str {
        match &self.tree.node(id).content {
            Content::Scalar { value, .. } => value,
            Content::Alias { target, .. } => self.text_of(*target),
            Content::Sequence { .. } | Content::Mapping { .. } => "",
        }
    }

    /// Notes a key that goyaml.v2 found set already.
    pub(super) fn set_twice(&mut self, key: &Key, value: NodeId) {
        let at = self.tree.node(value).start;
        let shown = gofmt::go_syntax(&key.clone().into_typed(), self.options.dialect);
        let message = format!("key {shown} already set in map");
        let original = format!("line {}: {message}", at.line + 1);
        self.issues.push(Issue { at, message, original, is_duplicate: true });
    }

    /// Notes the keys of a map that goyaml.v3 finds twice, by their text.
    pub(super) fn defines_twice(&mut self, id: NodeId) -> bool {
        let before = self.issues.len();
        let mut places: HashMap<(u8, &str), Vec<NodeId>> = HashMap::new();
        let mut order = Vec::new();
        for (key_id, _) in self.tree.pairs(id) {
            let node = self.tree.node(key_id);
            let name = match &node.content {
                Content::Scalar { value, .. } => (0, value.as_ref()),
                Content::Alias { name, .. } => (1, *name),
                Content::Sequence { .. } => (2, ""),
                Content::Mapping { .. } => (3, ""),
            };
            let same = places.entry(name).or_default();
            same.push(key_id);
            order.push((name, same.len() - 1));
        }
        if places.len() < order.len() {
            for (name, index) in order {
                self.note_pairs(name.1, &places[&name][index..]);
            }
        }
        self.issues.len() > before
    }

    /// Every later key with the same text is one message about the first of them.
    fn note_pairs(&mut self, name: &str, same: &[NodeId]) {
        let Some((first, later)) = same.split_first() else { return };
        let first_line = self.tree.node(*first).start.line + 1;
        for key in later {
            // The original has a message for every pair: a thousand equal keys make half a million.
            if self.issues.len() >= MAX_MESSAGES {
                return;
            }
            let at = self.tree.node(*key).start;
            let shown = gofmt::quote(name);
            let message = format!("mapping key {shown} already defined at line {first_line}");
            let original = format!("line {}: {message}", at.line + 1);
            self.issues.push(Issue { at, message, original, is_duplicate: true });
        }
    }
}

const MAX_MESSAGES: usize = 1000;
