//! The text being read: where we are in it, and what stands there.

use crate::input::{Broken, Input};
use crate::problem::Problem;
use crate::steps;
use crate::token::Mark;

/// A cursor over checked text. Past the end it reads zero bytes, which the text cannot hold.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    pub(crate) text: &'a str,
    bytes: &'a [u8],
    pub(crate) pos: usize,
    pub(crate) line: u32,
    /// Where the current line began, and how many of its bytes continue a character.
    line_start: usize,
    continued: usize,
    /// Line breaks since the last character that was not blank.
    pub(crate) newlines: u32,
    broken: Option<Broken>,
    starts_with_bom: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(input: &'a Input<'_>) -> Self {
        let text = input.text();
        Self {
            text,
            bytes: text.as_bytes(),
            pos: 0,
            line: 0,
            line_start: 0,
            continued: 0,
            newlines: 0,
            broken: input.broken(),
            starts_with_bom: text.starts_with('\u{feff}'),
        }
    }

    pub(crate) fn at(&self, ahead: usize) -> u8 {
        steps::count(1);
        self.bytes.get(self.pos + ahead).copied().unwrap_or(0)
    }

    pub(crate) fn byte(&self, pos: usize) -> u8 {
        steps::count(1);
        self.bytes.get(pos).copied().unwrap_or(0)
    }

    pub(crate) fn is_end(&self) -> bool {
        self.pos >= self.bytes.len()
    }

    pub(crate) fn column(&self) -> u32 {
        // `Options::max_bytes` is at most `u32::MAX`.
        (self.pos - self.line_start - self.continued) as u32
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { offset: self.pos as u32, line: self.line, column: self.column() }
    }

    /// The bytes at `pos` make a line break of this many bytes; 0 if they make none.
    pub(crate) fn break_len(&self, pos: usize) -> usize {
        match self.byte(pos) {
            b'\n' => 1,
            b'\r' if self.byte(pos + 1) == b'\n' => 2,
            b'\r' => 1,
            0xC2 if self.byte(pos + 1) == 0x85 => 2,
            0xE2 if self.byte(pos + 1) == 0x80 && matches!(self.byte(pos + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    pub(crate) fn is_break(&self, pos: usize) -> bool {
        self.break_len(pos) > 0
    }

    pub(crate) fn is_break_or_end(&self, pos: usize) -> bool {
        pos >= self.bytes.len() || self.is_break(pos)
    }

    pub(crate) fn is_blank(&self, pos: usize) -> bool {
        matches!(self.byte(pos), b' ' | b'\t')
    }

    pub(crate) fn is_blank_or_end(&self, pos: usize) -> bool {
        self.is_blank(pos) || self.is_break_or_end(pos)
    }

    /// Moves over one character that is not a line break.
    pub(crate) fn skip(&mut self) {
        let byte = self.at(0);
        if !matches!(byte, b' ' | b'\t') {
            self.newlines = 0;
        }
        let width = match byte {
            0 => return,
            1..0x80 => 1,
            0x80..0xE0 => 2,
            0xE0..0xF0 => 3,
            _ => 4,
        };
        self.pos += width;
        self.continued += width - 1;
    }

    /// Moves over `count` one-byte characters.
    pub(crate) fn skip_ascii(&mut self, count: usize) {
        self.newlines = 0;
        self.pos += count;
    }

    /// Moves to `to` on the same line, over text that holds something else than blanks.
    pub(crate) fn jump(&mut self, to: usize, continued: usize) {
        self.newlines = 0;
        self.pos = to;
        self.continued += continued;
    }

    pub(crate) fn skip_blanks(&mut self) {
        while self.is_blank(self.pos) {
            self.pos += 1;
        }
    }

    /// Moves over a line break and says what it reads as.
    pub(crate) fn read_line(&mut self) -> &'static str {
        let read_as = match (self.at(0), self.at(2)) {
            (0xE2, 0xA8) => "\u{2028}",
            (0xE2, _) => "\u{2029}",
            _ => "\n",
        };
        self.skip_line();
        read_as
    }

    pub(crate) fn skip_line(&mut self) {
        let width = self.break_len(self.pos);
        if width > 0 {
            self.pos += width;
            self.new_line();
        }
    }

    fn new_line(&mut self) {
        self.line += 1;
        self.line_start = self.pos;
        self.continued = 0;
        self.newlines += 1;
    }

    /// Pretends that the text ends with a line break.
    pub(crate) fn finish_line(&mut self) {
        if self.column() != 0 {
            self.line += 1;
            self.line_start = self.pos;
            self.continued = 0;
        }
    }

    /// Skips a byte order mark at the beginning of a line.
    ///
    /// The originals look for it at the beginning of their buffer, not of the line: a mark there
    /// costs every line of the first 512 bytes its first character, and elsewhere it is content.
    pub(crate) fn skip_bom(&mut self) {
        if self.starts_with_bom && self.column() == 0 && self.pos < 509 {
            self.skip();
        }
    }

    /// The end of the run of characters from here that are neither blank nor break nor `stop`,
    /// and how many of its bytes continue a character.
    pub(crate) fn run(&self, stop: impl Fn(u8, usize) -> bool) -> (usize, usize) {
        let mut pos = self.pos;
        let mut continued = 0;
        while let Some(&byte) = self.bytes.get(pos) {
            match CLASSES[usize::from(byte)] {
                ORDINARY => {}
                CONTINUES => continued += 1,
                MAY_BREAK if !self.is_break(pos) => {}
                INDICATOR if !stop(byte, pos) => {}
                _ => break,
            }
            pos += 1;
        }
        steps::count(pos - self.pos);
        (pos, continued)
    }

    /// The end of the line from here, and how many of its bytes continue a character.
    pub(crate) fn rest_of_line(&self) -> (usize, usize) {
        let mut pos = self.pos;
        let mut continued = 0;
        while let Some(&byte) = self.bytes.get(pos) {
            match CLASSES[usize::from(byte)] {
                CONTINUES => continued += 1,
                MAY_BREAK if self.is_break(pos) => break,
                BREAK => break,
                _ => {}
            }
            pos += 1;
        }
        steps::count(pos - self.pos);
        (pos, continued)
    }

    /// Fails once the text has been read up to the block of bytes that the original's reader
    /// could not decode.
    pub(crate) fn check_reader(&self, lookahead: usize) -> Result<(), Problem> {
        match &self.broken {
            Some(broken) if self.pos + lookahead > broken.noticed_from => {
                Err(Problem::reader(broken.problem))
            }
            _ => Ok(()),
        }
    }
}

const ORDINARY: u8 = 0;
const CONTINUES: u8 = 1;
const MAY_BREAK: u8 = 2;
const INDICATOR: u8 = 3;
const BLANK: u8 = 4;
const BREAK: u8 = 5;

/// What a byte may mean inside a scalar.
static CLASSES: [u8; 256] = {
    let mut classes = [ORDINARY; 256];
    let mut byte = 0x80;
    while byte < 0xC0 {
        classes[byte] = CONTINUES;
        byte += 1;
    }
    classes[0xC2] = MAY_BREAK;
    classes[0xE2] = MAY_BREAK;
    let indicators = b":,?[]{}'\"\\";
    let mut at = 0;
    while at < indicators.len() {
        classes[indicators[at] as usize] = INDICATOR;
        at += 1;
    }
    classes[b' ' as usize] = BLANK;
    classes[b'\t' as usize] = BLANK;
    classes[b'\n' as usize] = BREAK;
    classes[b'\r' as usize] = BREAK;
    classes
};
