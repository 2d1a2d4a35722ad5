//! Scalars in quotes.

use std::borrow::Cow;

use super::words::{Gap, Joined};
use super::{Scanned, Scanner};
use crate::token::{Kind, Mark, Quoting};

impl<'a> Scanner<'a> {
    pub(super) fn fetch_quoted(&mut self, single: bool) -> Scanned {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        let value = self.scan_quoted(single)?;
        let style = if single { Quoting::Single } else { Quoting::Double };
        self.push(Kind::Scalar(value, style), start)
    }

    /// Reads a scalar from its first to its last quote.
    pub(crate) fn scan_quoted(&mut self, single: bool) -> Scanned<Cow<'a, str>> {
        let start = self.cursor.mark();
        self.cursor.skip_ascii(1);
        let mut value = Joined::new(self.cursor.text, self.cursor.pos);
        let quote = if single { b'\'' } else { b'"' };
        loop {
            if self.at_document_indicator() {
                return Err(self.problem(start, "found unexpected document indicator"));
            }
            if self.cursor.is_end() {
                return Err(self.problem(start, "found unexpected end of stream"));
            }
            let mut gap = Gap::default();
            self.quoted_words(single, start, &mut value, &mut gap)?;
            if self.cursor.at(0) == quote {
                break;
            }
            self.quoted_gap(&mut gap);
            gap.join(&mut value);
        }
        self.cursor.skip_ascii(1);
        Ok(value.finish())
    }

    /// Reads up to a blank, a break, the closing quote or the end.
    fn quoted_words(
        &mut self,
        single: bool,
        start: Mark,
        value: &mut Joined<'_>,
        gap: &mut Gap,
    ) -> Scanned {
        loop {
            let (to, continued) = self.cursor.run(|byte, _| match byte {
                b'\'' => single,
                b'"' | b'\\' => !single,
                _ => false,
            });
            if to > self.cursor.pos {
                value.copy(self.cursor.pos, to);
                self.cursor.jump(to, continued);
            }
            match self.cursor.at(0) {
                b'\'' if single && self.cursor.at(1) == b'\'' => {
                    value.push("'");
                    self.cursor.skip_ascii(2);
                }
                b'\\' if !single && self.cursor.is_break(to + 1) => {
                    self.cursor.skip_ascii(1);
                    self.cursor.skip_line();
                    gap.escaped = true;
                    return Ok(());
                }
                b'\\' if !single => self.escape(start, value)?,
                _ => return Ok(()),
            }
        }
    }

    fn quoted_gap(&mut self, gap: &mut Gap) {
        loop {
            if self.cursor.is_blank(self.cursor.pos) {
                gap.blank(self.cursor.pos);
                self.cursor.pos += 1;
            } else if self.cursor.is_break(self.cursor.pos) {
                gap.line(self.cursor.read_line());
            } else {
                return;
            }
        }
    }

    fn escape(&mut self, start: Mark, value: &mut Joined<'_>) -> Scanned {
        let stands_for = match self.cursor.at(1) {
            b'0' => "\0",
            b'a' => "\x07",
            b'b' => "\x08",
            b't' | b'\t' => "\t",
            b'n' => "\n",
            b'v' => "\x0b",
            b'f' => "\x0c",
            b'r' => "\r",
            b'e' => "\x1b",
            b' ' => " ",
            b'"' => "\"",
            b'\'' => "'",
            b'\\' => "\\",
            b'N' => "\u{85}",
            b'_' => "\u{a0}",
            b'L' => "\u{2028}",
            b'P' => "\u{2029}",
            b'x' => return self.escape_code(2, start, value),
            b'u' => return self.escape_code(4, start, value),
            b'U' => return self.escape_code(8, start, value),
            _ => return Err(self.problem(start, "found unknown escape character")),
        };
        value.push(stands_for);
        self.cursor.skip_ascii(2);
        Ok(())
    }

    fn escape_code(&mut self, digits: usize, start: Mark, value: &mut Joined<'_>) -> Scanned {
        self.cursor.skip_ascii(2);
        let mut code = 0_u32;
        for at in 0..digits {
            let Some(digit) = char::from(self.cursor.at(at)).to_digit(16) else {
                return Err(self.problem(start, "did not find expected hexdecimal number"));
            };
            code = code << 4 | digit;
        }
        let Some(char) = char::from_u32(code) else {
            return Err(self.problem(start, "found invalid Unicode character escape code"));
        };
        value.push(char.encode_utf8(&mut [0; 4]));
        self.cursor.skip_ascii(digits);
        Ok(())
    }
}
