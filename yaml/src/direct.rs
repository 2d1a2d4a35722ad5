//! From tokens straight to a value, for what manifests are made of.
//!
//! Almost every document has neither anchors nor tags, and its keys are words. Such a one needs
//! neither events nor a tree: nothing is looked at twice. Whatever is unusual (faults, aliases,
//! merges, tags, keys that are no strings or are set twice in strict mode, numbers that JSON lacks)
//! ends the attempt, and the document is read again with a tree, which knows the original's order
//! of things. So the grammar here is that of [`parse`](crate::parse) without its odd corners.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::input::Input;
use crate::json;
use crate::options::{Dialect, Options};
use crate::resolve::{Resolved, resolve};
use crate::scan::Scanner;
use crate::token::{Kind, Quoting};

/// The value of the first document as Kubernetes reads it; `None` if that takes a tree.
pub(crate) fn value(input: &Input<'_>, options: &Options) -> Option<Value> {
    if options.dialect != Dialect::Sigs {
        return None;
    }
    let scanner = Scanner::new(input, options.max_depth, false);
    let levels = options.max_depth.min(USUAL_DEPTH);
    Reader { scanner, levels, strict: options.strict }.document()
}

/// Deeper documents are read with a tree: here every level takes some of the stack.
const USUAL_DEPTH: usize = 100;

struct Reader<'a> {
    scanner: Scanner<'a>,
    /// How many more collections may be open at once.
    levels: usize,
    strict: bool,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<Kind<'a>> {
        self.scanner.peek().ok()?;
        Some(self.scanner.take()?.kind)
    }

    fn document(&mut self) -> Option<Value> {
        // The stream begins; then a document does, or there is none.
        self.next()?;
        let mut first = self.next()?;
        if matches!(first, Kind::DocumentStart) {
            first = self.next()?;
            if matches!(first, Kind::DocumentStart | Kind::DocumentEnd) {
                return Some(Value::Null);
            }
        }
        if matches!(first, Kind::StreamEnd) {
            return Some(Value::Null);
        }
        let value = self.node(first)?;
        // A fault right behind the document is one of the document.
        self.next()?;
        Some(value)
    }

    /// The node that begins with this token.
    fn node(&mut self, first: Kind<'a>) -> Option<Value> {
        if let Kind::Scalar(text, quoting) = first {
            return scalar(text, quoting);
        }
        self.levels = self.levels.checked_sub(1)?;
        let value = match first {
            Kind::BlockMappingStart => self.block_mapping(),
            Kind::BlockSequenceStart => self.block_sequence(),
            Kind::FlowMappingStart => self.flow_mapping(),
            Kind::FlowSequenceStart => self.flow_sequence(),
            _ => None,
        };
        self.levels += 1;
        value
    }

    fn block_mapping(&mut self) -> Option<Value> {
        let mut map = Map::new();
        let mut token = self.next()?;
        loop {
            match token {
                Kind::Key => {}
                Kind::BlockEnd => return Some(Value::Object(map)),
                _ => return None,
            }
            let key = self.key(&map)?;
            let value;
            (value, token) = match self.next()? {
                end @ (Kind::Key | Kind::BlockEnd) => (Value::Null, end),
                Kind::BlockEntry => self.items_below_a_key()?,
                first => (self.node(first)?, self.next()?),
            };
            map.insert(key, value);
        }
    }

    fn block_sequence(&mut self) -> Option<Value> {
        match self.next()? {
            Kind::BlockEntry => {}
            _ => return None,
        }
        match self.items()? {
            (items, Kind::BlockEnd) => Some(items),
            _ => None,
        }
    }

    /// `-` items at the indentation of the mapping's keys.
    fn items_below_a_key(&mut self) -> Option<(Value, Kind<'a>)> {
        self.levels = self.levels.checked_sub(1)?;
        let items = self.items();
        self.levels += 1;
        items
    }

    /// The items behind the first `-`, and the token that follows them.
    fn items(&mut self) -> Option<(Value, Kind<'a>)> {
        let mut items = Vec::new();
        loop {
            let (item, then) = match self.next()? {
                end @ (Kind::BlockEntry | Kind::Key | Kind::BlockEnd) => (Value::Null, end),
                first => (self.node(first)?, self.next()?),
            };
            items.push(item);
            if !matches!(then, Kind::BlockEntry) {
                return Some((Value::Array(items), then));
            }
        }
    }

    fn flow_mapping(&mut self) -> Option<Value> {
        let mut map = Map::new();
        loop {
            match self.next()? {
                Kind::Key => {}
                Kind::FlowMappingEnd => return Some(Value::Object(map)),
                _ => return None,
            }
            let key = self.key(&map)?;
            let (value, then) = match self.next()? {
                end @ (Kind::FlowEntry | Kind::FlowMappingEnd) => (Value::Null, end),
                first => (self.node(first)?, self.next()?),
            };
            map.insert(key, value);
            match then {
                Kind::FlowEntry => {}
                Kind::FlowMappingEnd => return Some(Value::Object(map)),
                _ => return None,
            }
        }
    }

    fn flow_sequence(&mut self) -> Option<Value> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Kind::FlowSequenceEnd => return Some(Value::Array(items)),
                first => items.push(self.node(first)?),
            }
            match self.next()? {
                Kind::FlowEntry => {}
                Kind::FlowSequenceEnd => return Some(Value::Array(items)),
                _ => return None,
            }
        }
    }

    /// A key that is a string and no merge, and the `:` behind it.
    fn key(&mut self, map: &Map<String, Value>) -> Option<String> {
        let Kind::Scalar(text, quoting) = self.next()? else { return None };
        let is_word =
            quoting != Quoting::Plain || text != "<<" && is_text(&resolve(&text, Dialect::Sigs));
        let set_twice = self.strict && map.contains_key(&*text);
        let is_usual = is_word && !set_twice && matches!(self.next()?, Kind::Value);
        is_usual.then(|| text.into_owned())
    }
}

/// Times are known to the original, and handed out as their text.
const fn is_text(resolved: &Resolved) -> bool {
    matches!(resolved, Resolved::Text | Resolved::Time(_))
}

fn scalar(text: Cow<'_, str>, quoting: Quoting) -> Option<Value> {
    if quoting != Quoting::Plain {
        return Some(Value::String(text.into_owned()));
    }
    Some(match resolve(&text, Dialect::Sigs) {
        Resolved::Null => Value::Null,
        Resolved::Bool(bool) => Value::Bool(bool),
        Resolved::Int(int) => Value::from(int),
        Resolved::Uint(uint) => Value::from(uint),
        Resolved::Float(float) => Value::Number(json::number(float)?),
        Resolved::Time(_) | Resolved::Text => Value::String(text.into_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Document, Start};

    const MANIFEST: &str = "\
# web
kind: A
list:
- a: {b: 1, 'c': }
  \"e\": [x, [], {}]
-
- - 0x1F
  - |
    text
  - two
    lines
last: ~
---
";

    /// Whatever is read here has to be what the tree says; to say nothing is always right.
    fn agrees(text: &str) -> bool {
        let options = Options::default();
        let Some(value) = value(&Input::new(text.as_bytes()), &options) else { return false };
        let start = Start::default();
        let by_tree = Document::read(text.as_bytes(), &options, start, |reading| reading.value());
        assert_eq!(by_tree.ok().as_ref(), Some(&value), "{text}");
        true
    }

    #[test]
    fn usual_documents_are_read_without_a_tree() {
        for text in ["", "# nothing\n", "--- a\n", "a:\n- b\nc: [d, 1, {e: f}]\n", "a: |\n  b\n"] {
            assert!(agrees(text), "{text}");
        }
    }

    #[test]
    fn with_and_without_a_tree_a_text_says_the_same() {
        assert!((0..=MANIFEST.len()).filter(|&end| agrees(&MANIFEST[..end])).count() > 50);
        for at in 0..MANIFEST.len() {
            let (before, after) = MANIFEST.split_at(at);
            for sign in "-?:,[]{}#&*!|>'\"% \n\t<a".chars() {
                agrees(&format!("{before}{sign}{after}"));
                agrees(&format!("{before}{sign}{}", &after[1..]));
            }
        }
    }
}
