//! Nodes from text.

use gotk_yaml::{Dialect, Document, Quoting, Typed};
use lean_string::LeanString;

use super::{Content, Entries, Items, Node, Tag};

impl Node {
    /// All objects of a text: without those that are null, with aliases replaced by copies, and a
    /// lone `List` taken apart (`kio.FromBytes`).
    pub(crate) fn parse_all(text: &str) -> Result<Vec<Self>, gotk_yaml::Error> {
        let mut objects = Vec::new();
        let limits = gotk_yaml::Options::kyaml();
        Document::parse_each(text, &limits, |document| objects.push(document.root.into()))?;
        Ok(objects)
    }

    /// Nodes out of a value that the original writes as YAML and reads again.
    pub(crate) fn from_value(value: &serde_json::Value) -> Self {
        Self::made_of(value, written, false)
    }

    /// Nodes out of a value that the original writes as JSON and reads again: all texts in quotes.
    pub(crate) fn from_json(value: &serde_json::Value) -> Self {
        Self::made_of(value, |_| Quoting::Double, true)
    }

    fn made_of(value: &serde_json::Value, quoting: fn(&str) -> Quoting, flow: bool) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::null(),
            Value::Bool(value) => {
                Self { tag: Tag::Bool, ..Self::plain(if *value { "true" } else { "false" }) }
            }
            Value::Number(number) => {
                let tag = if number.is_f64() { Tag::Float } else { Tag::Int };
                Self { tag, ..Self::plain(number.to_string()) }
            }
            Value::String(text) => Self { quoting: quoting(text), ..Self::string(text) },
            Value::Array(items) => {
                let items = items.iter().map(|item| Self::made_of(item, quoting, flow)).collect();
                Self { flow, ..Self::sequence(items) }
            }
            Value::Object(map) => {
                let entry = |(key, value)| (Self::string(key), Self::made_of(value, quoting, flow));
                Self { flow, ..Self::mapping(map.iter().map(entry).collect()) }
            }
        }
    }
}

/// How yaml.v3 writes a text.
fn written(text: &str) -> Quoting {
    let is_simple = text.starts_with(|char: char| char.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-./_".contains(&byte))
        && text.len() > 5;
    if is_simple {
        return Quoting::Plain;
    }
    let format = gotk_yaml::Format::goyaml3(2);
    let written = gotk_yaml::to_string_with(&serde_json::Value::from(text), format);
    match written.as_deref().unwrap_or_default().as_bytes().first() {
        Some(b'"') => Quoting::Double,
        Some(b'\'') => Quoting::Single,
        Some(b'|') => Quoting::Literal,
        Some(b'>') => Quoting::Folded,
        _ => Quoting::Plain,
    }
}

impl From<gotk_yaml::Node> for Node {
    fn from(node: gotk_yaml::Node) -> Self {
        Self::read(node)
    }
}

impl Node {
    fn read(node: gotk_yaml::Node) -> Self {
        let last = super::SHARED - 1;
        let line = node.span.map_or(0, |span| u32::try_from(span.line).unwrap_or(last).min(last));
        let mut is_flow = false;
        let (content, implicit, quoting) = match node.content {
            gotk_yaml::Content::Mapping { entries, flow, .. } => {
                is_flow = flow;
                let mut kept = Entries::with_capacity(entries.len());
                let read = |(key, value)| (Self::read(key), Self::read(value));
                kept.extend(entries.into_iter().map(read));
                (Content::Mapping(kept), Tag::Map, Quoting::Plain)
            }
            gotk_yaml::Content::Sequence { items, flow, .. } => {
                is_flow = flow;
                let mut kept = Items::with_capacity(items.len());
                kept.extend(items.into_iter().map(Self::read));
                (Content::Sequence(kept), Tag::Seq, Quoting::Plain)
            }
            gotk_yaml::Content::Scalar { value, quoting, .. } => {
                let implicit = match quoting {
                    Quoting::Plain => Tag::of_word(&value),
                    _ => Tag::Str,
                };
                (Content::Scalar(LeanString::from(value)), implicit, quoting)
            }
            // Aliases are replaced before; a name that is left over is a text.
            gotk_yaml::Content::Alias(name) => {
                (Content::Scalar(LeanString::from(name)), Tag::Str, Quoting::Plain)
            }
            other => {
                debug_assert!(false, "an unknown node: {other:?}");
                (Content::Scalar(LeanString::default()), Tag::Null, Quoting::Plain)
            }
        };
        // A tag that is written counts more than quotes.
        let quoting = if node.tag.is_empty() { quoting } else { Quoting::Plain };
        let tag = match node.tag.as_str() {
            "" => implicit,
            "!!null" => Tag::Null,
            "!!bool" => Tag::Bool,
            "!!int" => Tag::Int,
            "!!float" => Tag::Float,
            "!!timestamp" => Tag::Timestamp,
            "!!str" => Tag::Str,
            "!!binary" => Tag::Binary,
            "!!map" => Tag::Map,
            "!!seq" => Tag::Seq,
            _ => Tag::Other,
        };
        Self { content, line, tag, quoting, flow: is_flow }
    }
}

impl Tag {
    /// What a plain word is.
    pub(crate) fn of_word(word: &str) -> Self {
        match gotk_yaml::typed_from_word(word, Dialect::Kyaml) {
            Typed::Null => Self::Null,
            Typed::Bool(_) => Self::Bool,
            Typed::Int(_) | Typed::Uint(_) => Self::Int,
            Typed::Float(_) => Self::Float,
            Typed::Timestamp(_) => Self::Timestamp,
            _ => Self::Str,
        }
    }
}
