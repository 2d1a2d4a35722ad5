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
    line_end: &str,
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
    let at = end_of_lines(text, last)?;
    Some(lines(first.span?.column - 1, line_end, key, value).map(|new| {
        let new = if text[..at].ends_with('\n') { new } else { last_line(new, line_end) };
        Change { start: at, end: at, text: new, separator: "" }
    }))
}

fn between_braces(at: usize, before: &str, key: &str, value: &Value) -> Result<Change, Error> {
    let key = one_line(&Value::String(key.to_owned()), Quoting::Plain, true)?;
    let value = match value {
        // JSON is YAML between brackets.
        Value::Array(_) | Value::Object(_) => value.to_string(),
        scalar => one_line(scalar, Quoting::Plain, true)?,
    };
    let separator = if before.is_empty() { ", " } else { "" };
    Ok(Change { start: at, end: at, text: format!("{before}{key}: {value}"), separator })
}

fn lines(indentation: usize, line_end: &str, key: &str, value: &Value) -> Result<String, Error> {
    let text = value.as_str().unwrap_or_default();
    let entry = Value::Object(Map::from_iter([(key.to_owned(), value.clone())]));
    let entry = match crate::to_string(&entry) {
        // Some blocks that the original writes, it cannot read; some texts it does not write.
        Ok(_) if text.contains('\n') && !crate::emit::fits_block(text) => in_quotes(key, text)?,
        Err(_) if value.is_string() => in_quotes(key, text)?,
        written => written?,
    };
    let mut new = String::new();
    for line in entry.lines() {
        if !line.is_empty() {
            new.push_str(&" ".repeat(indentation));
            new.push_str(line);
        }
        new.push_str(line_end);
    }
    Ok(new)
}

fn in_quotes(key: &str, text: &str) -> Result<String, Error> {
    let key = one_line(&Value::String(key.to_owned()), Quoting::Plain, false)?;
    Ok(format!("{key}: {}\n", crate::emit::in_double_quotes(text)))
}

/// The lines, at the end of a text that ends within a line: it does so again, unless the break is
/// a part of the value.
fn last_line(lines: String, line_end: &str) -> String {
    let cut = &lines[..lines.len() - line_end.len()];
    let new = if crate::from_str(cut) == crate::from_str(&lines) { cut } else { &lines };
    format!("{line_end}{new}")
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
