//! From events straight to a value, for what manifests are made of.
//!
//! Almost every document has neither anchors nor tags, and its keys are words. Such a one needs no
//! tree: nothing is looked at twice. Whatever is unusual (faults, aliases, merges, tags, keys that
//! are no strings or are set twice in strict mode, numbers that JSON lacks) ends the attempt, and
//! the document is read again with a tree, which knows the original's order of things.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::event::{Event, What};
use crate::json;
use crate::options::{Dialect, Options};
use crate::parse::Parser;
use crate::resolve::{Resolved, resolve};

/// The value of the first document as Kubernetes reads it; `None` if that takes a tree.
pub(crate) fn value(mut parser: Parser<'_>, options: &Options) -> Option<Value> {
    if options.dialect != Dialect::Sigs {
        return None;
    }
    // The stream begins; then a document does, or there is none.
    parser.next().ok()?;
    if matches!(parser.next().ok()?.what, What::StreamEnd) {
        return Some(Value::Null);
    }
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    loop {
        let Event { what, anchor, tag, .. } = parser.next().ok()?;
        if anchor.is_some() || tag.is_some() {
            return None;
        }
        let value = match what {
            What::Scalar { value, implicit, .. } => match open.last_mut() {
                Some(Open::Mapping { key: key @ None, map }) => {
                    *key = Some(text_key(value, implicit, map, options)?);
                    continue;
                }
                _ => scalar(value, implicit)?,
            },
            What::SequenceStart { .. } | What::MappingStart { .. } => {
                let is_key = matches!(open.last(), Some(Open::Mapping { key: None, .. }));
                if is_key || open.len() >= options.max_depth {
                    return None;
                }
                open.push(match what {
                    What::SequenceStart { .. } => Open::Sequence(Vec::new()),
                    _ => Open::Mapping { map: Map::new(), key: None },
                });
                continue;
            }
            What::SequenceEnd | What::MappingEnd => match open.pop()? {
                Open::Sequence(items) => Value::Array(items),
                Open::Mapping { map, .. } => Value::Object(map),
            },
            What::DocumentEnd => return root,
            _ => return None,
        };
        match open.last_mut() {
            None => root = Some(value),
            Some(Open::Sequence(items)) => items.push(value),
            Some(Open::Mapping { map, key }) => {
                map.insert(key.take()?, value);
            }
        }
    }
}

/// A collection that has begun.
enum Open {
    Sequence(Vec<Value>),
    Mapping {
        map: Map<String, Value>,
        /// The key whose value comes next.
        key: Option<String>,
    },
}

/// A key that is a string and no merge.
fn text_key(
    text: Cow<'_, str>,
    implicit: bool,
    map: &Map<String, Value>,
    options: &Options,
) -> Option<String> {
    let is_word = !implicit || text != "<<" && is_text(&resolve(&text, Dialect::Sigs));
    let set_twice = options.strict && map.contains_key(&*text);
    (is_word && !set_twice).then(|| text.into_owned())
}

/// Times are known to the original, and handed out as their text.
const fn is_text(resolved: &Resolved) -> bool {
    matches!(resolved, Resolved::Text | Resolved::Time(_))
}

fn scalar(text: Cow<'_, str>, implicit: bool) -> Option<Value> {
    if !implicit {
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
