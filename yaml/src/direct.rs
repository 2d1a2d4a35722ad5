//! From lines straight to a value, for what manifests are made of.
//!
//! Almost every document has neither anchors nor tags, and its keys are words on one line. Such a
//! one needs neither tokens nor events nor a tree: where a line begins tells to which collection it
//! belongs, and nothing is looked at twice. Whatever is unusual (faults, aliases, merges, tags, tabs
//! between tokens, keys that are no strings or are set twice in strict mode, numbers that JSON lacks)
//! ends the attempt, and the document is read again with a tree, which knows the original's order
//! of things. Scalars are the [scanner](crate::scan)'s.

mod flow;

use std::borrow::Cow;
use std::mem;

use serde_json::{Map, Value};

use crate::input::Input;
use crate::json;
use crate::options::{Dialect, Options};
use crate::resolve::{Resolved, resolve};
use crate::scan::Scanner;
use crate::token::Mark;

/// The value of the first document as Kubernetes reads it; `None` if that takes a tree.
pub(crate) fn value(input: &Input<'_>, options: &Options) -> Option<Value> {
    let is_usual = options.dialect == Dialect::Sigs
        && input.broken().is_none()
        && !input.text().starts_with('\u{feff}');
    if !is_usual {
        return None;
    }
    let scanner = Scanner::new(input, options.max_depth, false);
    let levels = options.max_depth.min(USUAL_DEPTH);
    Reader { scanner, column: 0, items: Vec::new(), levels, strict: options.strict }.document()
}

/// Deeper documents are read with a tree: here every level takes some of the stack.
const USUAL_DEPTH: usize = 100;

/// The column behind a document.
const OVER: i32 = -1;

/// A key has to end within so many bytes; the original counts characters.
const KEY_BYTES: usize = 1024;

struct Reader<'a> {
    /// Reads scalars. Its indentation is the column of the collection that is open.
    scanner: Scanner<'a>,
    /// Where the text at hand begins, if it is the first on its line or behind a `-`.
    column: i32,
    /// The items of all sequences that are open.
    items: Vec<Value>,
    /// How many more collections may be open at once.
    levels: usize,
    strict: bool,
}

impl<'a> Reader<'a> {
    fn document(mut self) -> Option<Value> {
        self.next_line(None)?;
        if self.column == OVER && self.scanner.cursor.at(0) == b'-' {
            self.scanner.cursor.skip_ascii(3);
            self.next_line(Some(self.line()))?;
        } else if self.column == OVER && !self.scanner.cursor.is_end() {
            return None;
        }
        if self.column == OVER {
            return Some(Value::Null);
        }
        let value = self.node(true)?;
        (self.column == OVER).then_some(value)
    }

    /// The node that begins here, and the way to the line behind it.
    ///
    /// Only at the beginning of a line and behind a `-` may it be a block collection.
    fn node(&mut self, may_be_block: bool) -> Option<Value> {
        let start = self.scanner.cursor.mark();
        match self.scanner.cursor.at(0) {
            b'-' if self.at_entry() => {
                if may_be_block {
                    self.sequence(self.column)
                } else {
                    None
                }
            }
            quote @ (b'"' | b'\'') => {
                let text = self.scanner.scan_quoted(quote == b'\'').ok()?;
                if may_be_block && self.ends_key(start) {
                    return self.mapping(text.into_owned());
                }
                self.next_line(Some(self.line()))?;
                Some(Value::String(text.into_owned()))
            }
            style @ (b'|' | b'>') => {
                let (text, _) = self.scanner.scan_block_scalar(style == b'|').ok()?;
                self.next_line(Some(start.line))?;
                Some(Value::String(text))
            }
            b'[' | b'{' => {
                let value = self.flow()?;
                self.next_line(Some(self.line()))?;
                Some(value)
            }
            first if self.scanner.may_start_plain(first) => {
                let (text, end) = self.scanner.scan_plain().ok()?;
                if may_be_block && self.ends_key(start) {
                    return self.mapping(plain_key(text)?);
                }
                self.next_line(Some(end.line))?;
                scalar(text)
            }
            _ => None,
        }
    }

    /// A mapping, from behind the `:` of its first key.
    fn mapping(&mut self, mut key: String) -> Option<Value> {
        let column = self.column;
        let outer = self.enter(column)?;
        let mut map = Map::new();
        loop {
            let value = self.value_of_key()?;
            map.insert(key, value);
            if self.column != column {
                break;
            }
            key = self.key(&map)?;
        }
        self.leave(column, outer)?;
        Some(Value::Object(map))
    }

    /// A key that is a string, and the `:` behind it.
    fn key(&mut self, map: &Map<String, Value>) -> Option<String> {
        let start = self.scanner.cursor.mark();
        let key = match self.scanner.cursor.at(0) {
            b'-' if self.at_entry() => return None,
            quote @ (b'"' | b'\'') => self.scanner.scan_quoted(quote == b'\'').ok()?.into_owned(),
            first if self.scanner.may_start_plain(first) => {
                plain_key(self.scanner.scan_plain().ok()?.0)?
            }
            _ => return None,
        };
        let set_twice = self.strict && map.contains_key(&key);
        (self.ends_key(start) && !set_twice).then_some(key)
    }

    /// What stands behind a `:`, or on the lines below it.
    fn value_of_key(&mut self) -> Option<Value> {
        let column = self.scanner.indent;
        self.skip_spaces();
        if !self.is_line_over() {
            return self.node(false);
        }
        self.next_line(Some(self.line()))?;
        if self.column > column {
            self.node(true)
        } else if self.column == column && self.at_entry() {
            self.sequence(column)
        } else {
            Some(Value::Null)
        }
    }

    /// The items of a sequence, from its first `-`.
    fn sequence(&mut self, column: i32) -> Option<Value> {
        let outer = self.enter(column)?;
        let first = self.items.len();
        loop {
            self.scanner.cursor.skip_ascii(1);
            let item = self.item(column)?;
            self.items.push(item);
            if self.column != column || !self.at_entry() {
                break;
            }
        }
        self.leave(column, outer)?;
        Some(Value::Array(self.items.drain(first..).collect()))
    }

    fn item(&mut self, column: i32) -> Option<Value> {
        self.skip_spaces();
        if self.is_line_over() {
            self.next_line(Some(self.line()))?;
        } else {
            self.column = self.scanner.column();
        }
        if self.column > column { self.node(true) } else { Some(Value::Null) }
    }

    /// Opens a block collection; returns the column of the one around it.
    fn enter(&mut self, column: i32) -> Option<i32> {
        self.levels = self.levels.checked_sub(1)?;
        Some(mem::replace(&mut self.scanner.indent, column))
    }

    /// Closes a block collection, unless what follows lies deeper than its own parts.
    fn leave(&mut self, column: i32, outer: i32) -> Option<()> {
        self.levels += 1;
        self.scanner.indent = outer;
        (self.column <= column).then_some(())
    }

    /// Moves to the next text of the document, which may not stand on this line any more.
    fn next_line(&mut self, line: Option<u32>) -> Option<()> {
        self.skip_spaces();
        while !self.scanner.cursor.is_end() {
            if self.at_comment() {
                self.skip_comment();
            } else if self.scanner.cursor.is_break(self.scanner.cursor.pos) {
                self.scanner.cursor.skip_line();
                self.skip_spaces();
            } else {
                break;
            }
        }
        let cursor = &self.scanner.cursor;
        self.column = match cursor.at(0) {
            _ if cursor.is_end() => OVER,
            _ if Some(cursor.line) == line => return None,
            b'\t' => return None,
            b'%' if cursor.column() == 0 => return None,
            b'-' | b'.' if self.scanner.at_document_indicator() => OVER,
            _ => self.scanner.column(),
        };
        Some(())
    }

    fn line(&self) -> u32 {
        self.scanner.cursor.line
    }

    fn skip_spaces(&mut self) {
        while self.scanner.cursor.at(0) == b' ' {
            self.scanner.cursor.pos += 1;
        }
    }

    /// Nothing but a comment follows on this line.
    fn is_line_over(&self) -> bool {
        self.scanner.cursor.is_break_or_end(self.scanner.cursor.pos) || self.at_comment()
    }

    /// A `#` behind something that is not blank is left to the tree.
    fn at_comment(&self) -> bool {
        let cursor = &self.scanner.cursor;
        cursor.at(0) == b'#'
            && (cursor.column() == 0 || matches!(cursor.byte(cursor.pos - 1), b' ' | b'\t'))
    }

    fn skip_comment(&mut self) {
        let (to, continued) = self.scanner.cursor.rest_of_line();
        self.scanner.cursor.jump(to, continued);
    }

    fn at_entry(&self) -> bool {
        let cursor = &self.scanner.cursor;
        cursor.at(0) == b'-' && cursor.is_blank_or_end(cursor.pos + 1)
    }

    /// Takes the `:` that makes a key of what was read since `start`.
    fn ends_key(&mut self, start: Mark) -> bool {
        let in_flow = self.scanner.flow_level > 0;
        let cursor = &mut self.scanner.cursor;
        cursor.skip_blanks();
        if cursor.line != start.line || cursor.pos - start.offset as usize > KEY_BYTES {
            return false;
        }
        let ends = cursor.at(0) == b':' && (in_flow || cursor.is_blank_or_end(cursor.pos + 1));
        if ends {
            cursor.skip_ascii(1);
        }
        ends
    }
}

/// A key without quotes that is a string and no merge.
fn plain_key(text: Cow<'_, str>) -> Option<String> {
    // Times are known to the original, and handed out as their text.
    let is_text = matches!(resolve(&text, Dialect::Sigs), Resolved::Text | Resolved::Time(_));
    (is_text && text != "<<").then(|| text.into_owned())
}

/// What a scalar without quotes means.
fn scalar(text: Cow<'_, str>) -> Option<Value> {
    Some(match resolve(&text, Dialect::Sigs) {
        Resolved::Null => Value::Null,
        Resolved::Bool(bool) => Value::Bool(bool),
        Resolved::Int(int) => Value::from(int),
        Resolved::Uint(uint) => Value::from(uint),
        Resolved::Float(float) => Value::Number(json::number(float)?),
        Resolved::Time(_) | Resolved::Bytes(_) | Resolved::Text => Value::String(text.into_owned()),
    })
}

#[cfg(test)]
mod tests;
