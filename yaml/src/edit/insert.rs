//! A key added at the end of a mapping.

use serde_json::{Map, Value};

use super::replace::Block;
use super::{Change, one_line};
use crate::error::Error;
use crate::node::{Content, Node};
use crate::token::Quoting;

/// The change that adds an entry; `None` if the node is no mapping that can have one.
pub(super) fn entry(
    text: &str,
    parent: &Node,
    key: &str,
    value: &Value,
) -> Option<Result<Change, Error>> {
    let (Content::Mapping { entries, flow }, Some(span)) = (&parent.content, parent.span) else {
        return None;
    };
    let Some((first, _)) = entries.first() else {
        let brace = span.start + text[span.start..].find('{')? + 1;
        return Some(between_braces(brace, "", key, value));
    };
    let (_, last) = entries.last()?;
    if *flow {
        return Some(between_braces(last.span?.end, ", ", key, value));
    }
    Some(lines(text, end_of_lines(text, last)?, first.span?.column - 1, key, value))
}

fn between_braces(at: usize, before: &str, key: &str, value: &Value) -> Result<Change, Error> {
    let key = one_line(&Value::String(key.to_owned()), Quoting::Plain, true)?;
    let value = match value {
        // JSON is YAML between brackets.
        Value::Array(_) | Value::Object(_) => value.to_string(),
        scalar => one_line(scalar, Quoting::Plain, true)?,
    };
    Ok(Change { start: at, end: at, text: format!("{before}{key}: {value}") })
}

fn lines(
    text: &str,
    at: usize,
    indentation: usize,
    key: &str,
    value: &Value,
) -> Result<Change, Error> {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let entry = Map::from_iter([(key.to_owned(), value.clone())]);
    let mut new = String::new();
    for line in crate::to_string(&Value::Object(entry))?.lines() {
        if !line.is_empty() {
            new.push_str(&" ".repeat(indentation));
            new.push_str(line);
        }
        new.push_str(line_end);
    }
    if !text[..at].ends_with('\n') {
        // The text ends within its last line, and will do so again.
        new.truncate(new.len() - line_end.len());
        new.insert_str(0, line_end);
    }
    Ok(Change { start: at, end: at, text: new })
}

/// Where the lines of a node are over.
fn end_of_lines(text: &str, node: &Node) -> Option<usize> {
    let span = node.span?;
    match &node.content {
        Content::Mapping { entries, flow: false } => end_of_lines(text, &entries.last()?.1),
        Content::Sequence { items, flow: false } => end_of_lines(text, items.last()?),
        Content::Scalar { quoting: Quoting::Literal | Quoting::Folded, .. } => {
            Some(Block::find(text, span.start, span.end).end)
        }
        _ => {
            let rest = text[span.end..].find('\n');
            Some(rest.map_or(text.len(), |length| span.end + length + 1))
        }
    }
}
