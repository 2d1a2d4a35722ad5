//! A scalar replaced where it stands.

use serde_json::Value;

use super::{Change, one_line};
use crate::error::Error;
use crate::node::{Content, Node};
use crate::token::Quoting;

pub(super) fn scalar(
    text: &str,
    node: &Node,
    in_flow: bool,
    value: &Value,
) -> Result<Change, Error> {
    let (Content::Scalar { quoting, .. }, Some(span)) = (&node.content, node.span) else {
        return Err(Error::edit("only a scalar can be replaced in place"));
    };
    if matches!(value, Value::Array(items) if !items.is_empty())
        || matches!(value, Value::Object(map) if !map.is_empty())
    {
        return Err(Error::edit("a scalar can be replaced in place only by a scalar"));
    }
    let (start, end) = (span.start, span.end);
    if matches!(quoting, Quoting::Literal | Quoting::Folded) {
        return block(&Block::find(text, start, end), value);
    }
    let mut new = one_line(value, *quoting, in_flow)?;
    if start == end {
        // Nothing stands there: behind a `:` or `-` a blank is missing.
        let before = text[..start].chars().next_back();
        if !matches!(before, None | Some(' ' | '\t' | '\n')) {
            new.insert(0, ' ');
        }
    }
    Ok(Change { start, end, text: new, separator: "" })
}

/// A block scalar in the text.
pub(super) struct Block<'a> {
    start: usize,
    /// Behind the header's indicators there may be a comment.
    behind_header: &'a str,
    line_end: &'a str,
    content: &'a str,
    /// Where the content ends: blank lines below it are kept as they are.
    pub(super) end: usize,
}

impl<'a> Block<'a> {
    pub(super) fn find(text: &'a str, start: usize, end: usize) -> Self {
        let block = &text[start..end];
        let header_end = block.find('\n').map_or(block.len(), |at| at + 1);
        let header = block[..header_end].trim_end_matches(['\r', '\n']);
        let indicators = header.find(|char: char| !"|>+-0123456789".contains(char));
        let indicators = indicators.unwrap_or(header.len());
        let keeps = header[..indicators].contains('+');
        let mut content = &block[header_end..];
        if !keeps {
            content = &content[..end_of_content(content)];
        }
        Self {
            start,
            behind_header: &header[indicators..],
            line_end: &block[header.len()..header_end],
            content,
            end: start + header_end + content.len(),
        }
    }

    fn indentation(&self) -> Option<usize> {
        let lines = self.content.lines().filter(|line| !line.trim().is_empty());
        lines.map(|line| line.len() - line.trim_start_matches(' ').len()).min()
    }
}

/// The length without blank lines at the end.
fn end_of_content(content: &str) -> usize {
    let mut end = 0;
    let mut at = 0;
    for line in content.split_inclusive('\n') {
        at += line.len();
        if !line.trim().is_empty() {
            end = at;
        }
    }
    end
}

fn block(block: &Block<'_>, value: &Value) -> Result<Change, Error> {
    let (start, end) = (block.start, block.end);
    if let (Value::String(text), Some(indentation)) = (value, block.indentation())
        && crate::emit::fits_block(text)
    {
        return Ok(Change { start, end, text: literal(block, text, indentation), separator: "" });
    }
    let new = one_line(value, Quoting::Plain, false)?;
    let text = format!("{new}{}{}", block.behind_header, block.line_end);
    Ok(Change { start, end, text, separator: "" })
}

fn literal(block: &Block<'_>, text: &str, indentation: usize) -> String {
    let breaks = text.len() - text.trim_end_matches('\n').len();
    let chomping = ["-", "", "+"][breaks.min(2)];
    let mut new = format!("|{chomping}{}{}", block.behind_header, block.line_end);
    let lines: Vec<&str> = text.split_terminator('\n').collect();
    for (index, line) in lines.iter().enumerate() {
        if !line.is_empty() {
            new.push_str(&" ".repeat(indentation));
            new.push_str(line);
        }
        let ends = index + 1 < lines.len() || breaks > 0 || block.content.ends_with('\n');
        new.push_str(if ends { block.line_end } else { "" });
    }
    new
}
