//! Scalars without quotes, and how lines are joined in scalars.

use std::borrow::Cow;

use super::{Scanned, Scanner};
use crate::token::{Kind, Mark, Quoting, Token};

impl<'a> Scanner<'a> {
    pub(super) fn fetch_plain(&mut self) -> Scanned {
        self.save_key()?;
        let start = self.cursor.mark();
        let (value, end) = self.scan_plain()?;
        self.tokens.push_back(Token { kind: Kind::Scalar(value, Quoting::Plain), start, end });
        Ok(())
    }

    /// Reads a scalar and the blanks, breaks and all that follow it; says where it ended.
    pub(crate) fn scan_plain(&mut self) -> Scanned<(Cow<'a, str>, Mark)> {
        let start = self.cursor.mark();
        let mut end = start;
        let mut value = Joined::new(self.cursor.text, self.cursor.pos);
        let mut gap = Gap::default();
        let in_flow = self.flow_level > 0;
        let indent = self.indent + 1;
        while !self.at_document_indicator() && self.cursor.at(0) != b'#' {
            let (to, continued) = self.plain_run(in_flow);
            if to > self.cursor.pos {
                gap.join(&mut value);
                value.copy(self.cursor.pos, to);
                self.cursor.jump(to, continued);
                end = self.cursor.mark();
            }
            if !self.cursor.is_blank(to) && !self.cursor.is_break(to) {
                break;
            }
            self.plain_gap(&mut gap, start, indent)?;
            if !in_flow && self.column() < indent {
                break;
            }
        }
        self.key_allowed = gap.first.is_some();
        Ok((value.finish(), end))
    }

    /// The end of the characters that surely belong to the scalar.
    fn plain_run(&self, in_flow: bool) -> (usize, usize) {
        self.cursor.run(|byte, pos| match byte {
            b':' => self.cursor.is_blank_or_end(pos + 1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => in_flow,
            _ => false,
        })
    }

    fn plain_gap(&mut self, gap: &mut Gap, start: Mark, indent: i32) -> Scanned {
        loop {
            if self.cursor.is_blank(self.cursor.pos) {
                let abuses =
                    gap.first.is_some() && self.column() < indent && self.cursor.at(0) == b'\t';
                if abuses {
                    return Err(
                        self.problem(start, "found a tab character that violates indentation")
                    );
                }
                gap.blank(self.cursor.pos);
                self.cursor.pos += 1;
            } else if self.cursor.is_break(self.cursor.pos) {
                gap.line(self.cursor.read_line());
            } else {
                return Ok(());
            }
        }
    }
}

/// The blanks and line breaks between two words of a scalar.
#[derive(Debug, Default)]
pub(super) struct Gap {
    /// The blanks, as a range of the text: they count only where no break follows.
    blanks: Option<(usize, usize)>,
    pub(super) first: Option<&'static str>,
    rest: String,
    /// A line break that is escaped joins lines without a space.
    pub(super) escaped: bool,
}

impl Gap {
    pub(super) fn blank(&mut self, pos: usize) {
        if self.first.is_none() && !self.escaped {
            let from = self.blanks.map_or(pos, |(from, _)| from);
            self.blanks = Some((from, pos + 1));
        }
    }

    pub(super) fn line(&mut self, read_as: &'static str) {
        if self.first.is_none() && !self.escaped {
            self.blanks = None;
            self.first = Some(read_as);
        } else {
            self.rest.push_str(read_as);
        }
    }

    /// Writes what the gap means: one break is a space, and of more the first is dropped.
    pub(super) fn join(&mut self, value: &mut Joined<'_>) {
        match (self.first.take(), self.blanks.take()) {
            (Some("\n"), _) if self.rest.is_empty() => value.push(" "),
            (Some("\n"), _) => value.push(&self.rest),
            (Some(kept), _) => {
                value.push(kept);
                value.push(&self.rest);
            }
            (None, Some((from, to))) => value.copy(from, to),
            (None, None) if self.escaped => value.push(&self.rest),
            (None, None) => {}
        }
        self.escaped = false;
        self.rest.clear();
    }
}

/// A scalar's value: a piece of the text, for as long as that is all it is.
#[derive(Debug)]
pub(super) struct Joined<'a> {
    text: &'a str,
    from: usize,
    to: usize,
    owned: Option<String>,
}

impl<'a> Joined<'a> {
    pub(super) fn new(text: &'a str, from: usize) -> Self {
        Self { text, from, to: from, owned: None }
    }

    pub(super) fn copy(&mut self, from: usize, to: usize) {
        match &mut self.owned {
            Some(owned) => owned.push_str(&self.text[from..to]),
            None if self.to == from => self.to = to,
            None => self.push(&self.text[from..to]),
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        let (from, to) = (self.from, self.to);
        self.owned.get_or_insert_with(|| self.text[from..to].to_owned()).push_str(text);
    }

    pub(super) fn finish(self) -> Cow<'a, str> {
        match self.owned {
            Some(owned) => Cow::Owned(owned),
            None => Cow::Borrowed(&self.text[self.from..self.to]),
        }
    }
}
