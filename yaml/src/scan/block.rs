//! Block scalars: `|` and `>`.

use std::borrow::Cow;

use super::{Scanned, Scanner};
use crate::token::{Kind, Mark, Quoting, Token};

/// What the header of a block scalar asks for.
#[derive(Default)]
struct Header {
    keep: bool,
    strip: bool,
    increment: i32,
}

impl Scanner<'_> {
    pub(super) fn fetch_block_scalar(&mut self, literal: bool) -> Scanned {
        self.remove_key()?;
        self.key_allowed = true;
        let start = self.cursor.mark();
        let (value, end) = self.scan_block_scalar(literal)?;
        let style = if literal { Quoting::Literal } else { Quoting::Folded };
        self.tokens.push_back(Token { kind: Kind::Scalar(Cow::Owned(value), style), start, end });
        Ok(())
    }

    /// Reads a scalar and the indentation that follows it; says where it ended.
    pub(crate) fn scan_block_scalar(&mut self, literal: bool) -> Scanned<(String, Mark)> {
        let start = self.cursor.mark();
        self.cursor.skip_ascii(1);
        let header = self.block_header(start)?;
        let mut end = self.cursor.mark();
        let mut indent = match header.increment {
            0 => 0,
            increment => self.indent.max(0) + increment,
        };
        let mut value = String::new();
        let mut breaks = String::new();
        let mut line_end = "";
        let mut after_blank = false;
        self.block_breaks(&mut indent, &mut breaks, start, &mut end)?;
        while self.column() == indent && !self.cursor.is_end() {
            let blank = self.cursor.is_blank(self.cursor.pos);
            if !literal && line_end == "\n" && !after_blank && !blank {
                // A folded line is joined by a space unless empty lines stand between.
                if breaks.is_empty() {
                    value.push(' ');
                }
            } else {
                value.push_str(line_end);
            }
            value.push_str(&breaks);
            breaks.clear();
            after_blank = blank;
            let (to, continued) = self.cursor.rest_of_line();
            let line = &self.cursor.text[self.cursor.pos..to];
            value.push_str(line);
            if line.bytes().all(|byte| matches!(byte, b' ' | b'\t')) {
                // It counts as an empty line for the comments below.
                self.cursor.skip_blanks();
            } else {
                self.cursor.jump(to, continued);
            }
            line_end = if self.cursor.is_end() { "" } else { self.cursor.read_line() };
            self.block_breaks(&mut indent, &mut breaks, start, &mut end)?;
        }
        if !header.strip {
            value.push_str(line_end);
        }
        if header.keep {
            value.push_str(&breaks);
        }
        Ok((value, end))
    }

    fn block_header(&mut self, start: Mark) -> Scanned<Header> {
        let mut header = Header::default();
        if !self.chomping(&mut header) {
            self.increment(&mut header, start)?;
            self.chomping(&mut header);
        } else {
            self.increment(&mut header, start)?;
        }
        self.cursor.skip_blanks();
        if self.cursor.at(0) == b'#' {
            self.scan_line_comment(start);
            let (to, continued) = self.cursor.rest_of_line();
            if to > self.cursor.pos {
                self.cursor.jump(to, continued);
            }
        }
        if !self.cursor.is_break_or_end(self.cursor.pos) {
            return Err(self.problem(start, "did not find expected comment or line break"));
        }
        self.cursor.skip_line();
        Ok(header)
    }

    fn chomping(&mut self, header: &mut Header) -> bool {
        match self.cursor.at(0) {
            b'+' => header.keep = true,
            b'-' => header.strip = true,
            _ => return false,
        }
        self.cursor.skip_ascii(1);
        true
    }

    fn increment(&mut self, header: &mut Header, start: Mark) -> Scanned {
        match self.cursor.at(0) {
            b'0' => Err(self.problem(start, "found an indentation indicator equal to 0")),
            digit @ b'1'..=b'9' => {
                header.increment = i32::from(digit - b'0');
                self.cursor.skip_ascii(1);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Moves over indentation and empty lines, and finds out the indentation if it is not known.
    fn block_breaks(
        &mut self,
        indent: &mut i32,
        breaks: &mut String,
        start: Mark,
        end: &mut Mark,
    ) -> Scanned {
        *end = self.cursor.mark();
        let mut deepest = 0;
        loop {
            while (*indent == 0 || self.column() < *indent) && self.cursor.at(0) == b' ' {
                self.cursor.pos += 1;
            }
            deepest = deepest.max(self.column());
            if (*indent == 0 || self.column() < *indent) && self.cursor.at(0) == b'\t' {
                return Err(self.problem(
                    start,
                    "found a tab character where an indentation space is expected",
                ));
            }
            if !self.cursor.is_break(self.cursor.pos) {
                break;
            }
            breaks.push_str(self.cursor.read_line());
            *end = self.cursor.mark();
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
