//! Scalars: plain, quoted, and in blocks.

use super::analysis::{is_break, is_printable, run};
use super::{Emitter, Node, State};
use crate::options::Dialect;
use crate::token::Quoting;

impl Emitter {
    pub(super) fn scalar(&mut self, node: &Node<'_>, value: &str, wanted: Quoting) {
        let quoting = self.quoting(node, value, wanted);
        self.properties(node.piece);
        self.increase_indent(true, false, false);
        match quoting {
            Quoting::Plain => self.plain(value),
            Quoting::Single => self.single_quoted(value),
            Quoting::Double => self.double_quoted(value),
            Quoting::Literal => self.literal(value),
            Quoting::Folded => self.folded(value),
        }
        self.indent = self.indents.pop().unwrap_or(-1);
        self.state = self.states.pop().unwrap_or(State::DocumentEnd);
    }

    /// The form that is wanted, or the next one that is possible.
    fn quoting(&self, node: &Node<'_>, value: &str, wanted: Quoting) -> Quoting {
        let allows = &node.analysis;
        let in_flow = self.flow_level > 0;
        let mut quoting = wanted;
        if self.in_simple_key && allows.multiline {
            quoting = Quoting::Double;
        }
        if quoting == Quoting::Plain {
            let fits = if in_flow { allows.flow_plain } else { allows.block_plain };
            let vanishes = value.is_empty() && (in_flow || self.in_simple_key);
            if !fits || vanishes {
                quoting = Quoting::Single;
            }
        }
        if quoting == Quoting::Single && !allows.single_quoted {
            quoting = Quoting::Double;
        }
        let is_block = matches!(quoting, Quoting::Literal | Quoting::Folded);
        if is_block && (!allows.block || in_flow || self.in_simple_key) {
            quoting = Quoting::Double;
        }
        quoting
    }

    fn plain(&mut self, value: &str) {
        let skips_blank = value.is_empty() && self.layout.dialect == Dialect::Kyaml;
        if !self.whitespace && !skips_blank {
            self.put(" ");
        }
        if self.column + value.len() <= self.layout.width && value.is_ascii() {
            // The form is allowed, so it has no line breaks, and it is too short to be folded.
            self.out.push_str(value);
            self.column += value.len();
        } else {
            self.words(value, false);
        }
        if !value.is_empty() || self.layout.dialect == Dialect::Sigs {
            self.whitespace = false;
        }
        self.indention = false;
    }

    fn single_quoted(&mut self, value: &str) {
        self.indicator("'", true, false, false);
        self.words(value, true);
        self.indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    /// Writes lines folded at single spaces behind the width, quotes doubled if `single`.
    fn words(&mut self, value: &str, single: bool) {
        let may_fold = !self.in_simple_key;
        let (mut spaces, mut breaks) = (false, false);
        let mut at = 0;
        while let Some(char) = value[at..].chars().next() {
            let run = run(&value[at..], |byte| byte == b' ' || single && byte == b'\'');
            let end = at + run.max(char.len_utf8());
            if char == ' ' {
                let next = value[end..].chars().next();
                let inside = !single || (at > 0 && next.is_some());
                if may_fold
                    && !spaces
                    && self.column > self.layout.width
                    && inside
                    && next != Some(' ')
                {
                    self.write_indent();
                } else {
                    self.write_char(' ');
                }
                spaces = true;
            } else if is_break(char) {
                if !breaks && char == '\n' {
                    self.line_break();
                }
                self.write_break(char);
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                if char == '\'' && single {
                    self.put("'");
                }
                self.put(&value[at..end]);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
            at = end;
        }
    }

    fn double_quoted(&mut self, value: &str) {
        self.indicator("\"", true, false, false);
        let may_fold = !self.in_simple_key;
        // The original looks for the byte order mark at the beginning of the text, wherever it is.
        let all_escaped = value.starts_with('\u{feff}');
        let mut spaces = false;
        let mut chars = value.char_indices().peekable();
        while let Some((at, char)) = chars.next() {
            if all_escaped || !is_printable(char) || is_break(char) || matches!(char, '"' | '\\') {
                self.escaped(char);
                spaces = false;
            } else if char == ' ' {
                let next = chars.peek().map(|(_, next)| *next);
                if may_fold
                    && !spaces
                    && self.column > self.layout.width
                    && at > 0
                    && next.is_some()
                {
                    self.write_indent();
                    if next == Some(' ') {
                        self.write_char('\\');
                    }
                } else {
                    self.write_char(' ');
                }
                spaces = true;
            } else {
                self.write_char(char);
                spaces = false;
            }
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn escaped(&mut self, char: char) {
        let short = match char {
            '\0' => "\\0",
            '\x07' => "\\a",
            '\x08' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\x0b' => "\\v",
            '\x0c' => "\\f",
            '\r' => "\\r",
            '\x1b' => "\\e",
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{85}' => "\\N",
            '\u{a0}' => "\\_",
            '\u{2028}' => "\\L",
            '\u{2029}' => "\\P",
            other => {
                let code = u32::from(other);
                let long = match code {
                    ..0x100 => format!("\\x{code:02X}"),
                    0x100..0x10000 => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                return self.put(&long);
            }
        };
        self.put(short);
    }

    fn literal(&mut self, value: &str) {
        self.indicator("|", true, false, false);
        self.block_hints(value);
        self.line_comment_or_break();
        self.whitespace = true;
        let mut breaks = true;
        let mut rest = value;
        while let Some(first) = rest.chars().next() {
            let (text, after) = rest.split_at(run(rest, |_| false));
            if !text.is_empty() {
                if breaks {
                    self.write_indent();
                }
                self.put(text);
                self.indention = false;
                (breaks, rest) = (false, after);
                continue;
            }
            self.write_break(first);
            (breaks, rest) = (true, &after[first.len_utf8()..]);
        }
    }

    fn folded(&mut self, value: &str) {
        self.indicator(">", true, false, false);
        self.block_hints(value);
        self.line_comment_or_break();
        self.whitespace = true;
        let (mut breaks, mut leading_spaces) = (true, true);
        let after_first_breaks = value.trim_start_matches(is_break).chars().next();
        let mut chars = value.chars().peekable();
        while let Some(char) = chars.next() {
            if is_break(char) {
                if !breaks && !leading_spaces && char == '\n' {
                    // The original looks at the beginning of the text here, not at this place.
                    if !matches!(after_first_breaks, None | Some(' ' | '\t')) {
                        self.line_break();
                    }
                }
                self.write_break(char);
                breaks = true;
                continue;
            }
            if breaks {
                self.write_indent();
                leading_spaces = matches!(char, ' ' | '\t');
            }
            let foldable = !breaks && char == ' ' && chars.peek() != Some(&' ');
            if foldable && self.column > self.layout.width {
                self.write_indent();
            } else {
                self.write_char(char);
            }
            self.indention = false;
            breaks = false;
        }
    }

    /// The indentation if the text begins with blanks, and what happens to breaks at its end.
    fn block_hints(&mut self, value: &str) {
        if value.starts_with(' ') || value.starts_with(is_break) {
            let hint = self.layout.indent.to_string();
            self.indicator(&hint, false, false, false);
        }
        let mut ends = value.chars().rev().map(is_break);
        match (ends.next(), ends.next()) {
            (Some(true), Some(false)) => {}
            (Some(true), _) => self.indicator("+", false, false, false),
            _ => self.indicator("-", false, false, false),
        }
    }

    pub(super) fn write_char(&mut self, char: char) {
        self.out.push(char);
        self.column += 1;
    }

    pub(super) fn write_break(&mut self, char: char) {
        if char == '\n' {
            return self.line_break();
        }
        self.out.push(char);
        self.column = 0;
        self.indention = true;
    }
}
