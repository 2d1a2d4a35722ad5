//! Nodes as JSON: the short way to what `MarshalJSON` makes by writing and reading text.

use std::collections::{HashMap, HashSet};

use gotk_yaml::{Dialect, Document, Quoting, Typed};
use serde_json::{Map, Value};

use super::{Content, Node, Tag};

impl Node {
    /// The value that is printed in the end.
    ///
    /// # Errors
    ///
    /// When a key is set twice or is no string, and when JSON has no form for a scalar; with the
    /// line.
    pub(crate) fn to_value(&self) -> Result<Value, String> {
        self.value(true, false)
    }

    /// About how many bytes the value takes when it is printed, without making it.
    ///
    /// # Errors
    ///
    /// As [`to_value`](Self::to_value).
    pub(crate) fn printed_size(&self) -> Result<usize, String> {
        self.size(0)
    }

    fn size(&self, depth: usize) -> Result<usize, String> {
        let indent = 2 * depth;
        match &self.content {
            Content::Scalar(text) => {
                if self.short(text).is_none() {
                    self.the_long_way()?;
                }
                let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count();
                Ok(text.len() + lines * indent + 3)
            }
            Content::Sequence(items) => {
                items.iter().try_fold(1, |sum, item| Ok(sum + indent + 2 + item.size(depth + 1)?))
            }
            Content::Mapping(entries) => {
                if is_any_twice(entries) {
                    return Err(set_twice(entries));
                }
                entries.iter().try_fold(1, |sum, (key, value)| {
                    let key = key.key(depth == 0)?;
                    Ok(sum + indent + key.len() + 2 + value.size(depth + 1)?)
                })
            }
        }
    }

    fn value(&self, outermost: bool, in_flow: bool) -> Result<Value, String> {
        let in_flow = in_flow || self.flow;
        match &self.content {
            // Where commas part values, the original has to write nothing as ''.
            Content::Scalar(text) if in_flow && text.is_empty() && self.kind() == Tag::Null => {
                Ok("".into())
            }
            Content::Scalar(text) => self.scalar(text),
            Content::Sequence(items) => {
                items.iter().map(|item| item.value(false, in_flow)).collect()
            }
            Content::Mapping(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    let name = key.key(outermost)?;
                    if map.insert(name.to_owned(), value.value(false, in_flow)?).is_some() {
                        return Err(set_twice(entries));
                    }
                }
                Ok(Value::Object(map))
            }
        }
    }

    /// The text of a key; the outermost mapping takes any scalar for one, as Go does.
    fn key(&self, outermost: bool) -> Result<&str, String> {
        match (&self.content, self.kind()) {
            (Content::Scalar(text), _) if outermost => Ok(text),
            (Content::Scalar(text), Tag::Str | Tag::Other) => Ok(text),
            (Content::Scalar(text), _) => Err(self.fault(&format!("key {text} is not a string"))),
            _ => Err(self.fault("a key is a collection")),
        }
    }

    /// What a scalar is: its tag, or what its text says.
    pub(crate) fn kind(&self) -> Tag {
        match (&self.content, self.tag, self.quoting) {
            (Content::Scalar(text), Tag::None, Quoting::Plain) => Tag::of_word(text),
            (Content::Scalar(_), Tag::None, _) => Tag::Str,
            // A merge gives the quotes of the old value to the new one, and the tag is not written.
            (
                Content::Scalar(text),
                tag @ (Tag::Null | Tag::Bool | Tag::Int | Tag::Float | Tag::Timestamp),
                Quoting::Single | Quoting::Double | Quoting::Literal | Quoting::Folded,
            ) if tag == Tag::of_word(text) => Tag::Str,
            (_, tag, _) => tag,
        }
    }

    fn scalar(&self, text: &str) -> Result<Value, String> {
        match self.short(text) {
            Some(Short::Text(text)) => Ok(text.into()),
            Some(Short::Value(value)) => Ok(value),
            None => self.the_long_way(),
        }
    }

    /// What a scalar is, where it does not have to be written and read to know it.
    fn short<'t>(&self, text: &'t str) -> Option<Short<'t>> {
        let kind = self.kind();
        if kind == Tag::Str {
            return self.survives_text(text).then_some(Short::Text(text));
        }
        if !matches!(kind, Tag::Null | Tag::Bool | Tag::Int | Tag::Float | Tag::Timestamp) {
            return None;
        }
        let typed = gotk_yaml::typed_from_word(text, Dialect::Kyaml);
        Some(Short::Value(match (kind, typed) {
            (Tag::Null, Typed::Null) => Value::Null,
            (Tag::Bool, Typed::Bool(value)) => value.into(),
            (Tag::Int, Typed::Int(value)) => value.into(),
            (Tag::Int, Typed::Uint(value)) => value.into(),
            (Tag::Timestamp, Typed::Timestamp(value)) => value.into(),
            _ => return None,
        }))
    }

    /// Whether a string is itself again once it was written and read.
    fn survives_text(&self, text: &str) -> bool {
        let plain = |char: char| {
            matches!(char, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}'
                | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
        };
        let one_line =
            text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || text.chars().all(plain);
        one_line
            || (!matches!(self.quoting, Quoting::Single | Quoting::Folded)
                && !text.starts_with([' ', '\n'])
                && text.chars().all(|char| char == '\n' || plain(char)))
    }

    /// Writes the scalar and reads it again, as the original does with everything.
    fn the_long_way(&self) -> Result<Value, String> {
        let mut scalar = gotk_yaml::Node::plain(self.text());
        if let gotk_yaml::Content::Scalar { quoting, .. } = &mut scalar.content {
            *quoting = match (self.kind(), self.quoting) {
                (Tag::Str, Quoting::Plain) if Tag::of_word(self.text()) != Tag::Str => {
                    Quoting::Double
                }
                (_, quoting) => quoting,
            };
        }
        scalar.tag = match self.kind() {
            Tag::Binary => "!!binary",
            Tag::Int => "!!int",
            Tag::Float => "!!float",
            Tag::Bool => "!!bool",
            Tag::Timestamp => "!!timestamp",
            Tag::Null => "!!null",
            Tag::Other => "!x",
            _ => "",
        }
        .to_owned();
        let key = gotk_yaml::Node::string("v");
        let document = Document::new(gotk_yaml::Node::mapping(vec![(key, scalar)]));
        match document.to_value() {
            Ok(Value::Object(mut map)) => Ok(map.remove("v").unwrap_or_default()),
            Ok(_) => Ok(Value::Null),
            Err(_) if matches!(self.kind(), Tag::Float) => {
                Err(self.fault(&format!("number {} has no form in JSON", self.text())))
            }
            Err(error) => {
                let words = error.original();
                let words = words.trim_start_matches("yaml: ");
                Err(self.fault(words.trim_start_matches("line 1: ")))
            }
        }
    }

    fn fault(&self, what: &str) -> String {
        match self.read_line() {
            0 => what.to_owned(),
            line => format!("line {line}: {what}"),
        }
    }
}

/// A scalar that is what its text says.
enum Short<'t> {
    Text(&'t str),
    Value(Value),
}

fn is_any_twice(entries: &[(Node, Node)]) -> bool {
    if entries.len() > 16 {
        let mut seen = HashSet::with_capacity(entries.len());
        return !entries.iter().all(|(key, _)| seen.insert(key.text()));
    }
    let is_before = |(at, (key, _)): (usize, &(Node, Node))| {
        entries[..at].iter().any(|(other, _)| other.text() == key.text())
    };
    entries.iter().enumerate().any(is_before)
}

/// The first key of a mapping that is there before.
fn set_twice(entries: &[(Node, Node)]) -> String {
    let mut lines = HashMap::new();
    for (key, _) in entries {
        if let Some(first) = lines.insert(key.text(), key.line) {
            let what = format!("mapping key {:?} already defined at line {first}", key.text());
            return key.fault(&what);
        }
    }
    String::new()
}
