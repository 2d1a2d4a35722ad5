//! Comments, and to which token each of them belongs.
//!
//! The rules are goyaml.v3's: a comment is the *head* of what follows it, the *line* of what
//! stands before it on its line, or the *foot* of what ended above it.

use super::Scanner;
use crate::token::{Kind, Mark};

/// Comments on their way from the text to the events they will be part of.
#[derive(Debug, Default)]
pub(crate) struct Comments {
    waiting: Vec<Comment>,
    reached: usize,
    pub(crate) ready: Ready,
}

/// Comments that the next event takes along.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    pub(crate) head: String,
    pub(crate) line: String,
    pub(crate) foot: String,
    /// The head of a collection as a whole, not of its first entry.
    pub(crate) stem: String,
}

#[derive(Debug)]
struct Comment {
    /// Where the blanks before it began, and the token it belongs to.
    scan_start: Mark,
    token: Mark,
    start: Mark,
    end: Mark,
    place: Place,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Head,
    Line,
    Foot,
}

impl Comments {
    /// Makes ready the comments of tokens up to the one that begins at `start`.
    pub(crate) fn reach(&mut self, start: Mark, is_block_end: bool) {
        while let Some(comment) = self.waiting.get(self.reached) {
            if start.offset < comment.token.offset {
                return;
            }
            let ready = match comment.place {
                // An end has no head: it waits for what comes next.
                Place::Head if is_block_end => return,
                Place::Head => &mut self.ready.head,
                Place::Line => &mut self.ready.line,
                Place::Foot => &mut self.ready.foot,
            };
            if !ready.is_empty() {
                ready.push('\n');
            }
            ready.push_str(&comment.text);
            self.reached += 1;
        }
        self.waiting.clear();
        self.reached = 0;
    }

    fn unreached(&self) -> &[Comment] {
        &self.waiting[self.reached..]
    }
}

impl Scanner<'_> {
    /// The token to which a comment after the next token belongs: after `:` (and `,` between
    /// brackets) it is the one before.
    pub(super) fn comment_owner(&self) -> Mark {
        let belongs_to_last = match self.cursor.at(0) {
            b':' => self.flow_level == 0,
            b',' => self.flow_level > 0,
            _ => false,
        };
        match self.tokens.back() {
            Some(last) if belongs_to_last => last.start,
            _ => self.cursor.mark(),
        }
    }

    pub(super) fn line_comment_after_token(&mut self, owner: Mark) {
        // After a lone `-` it is the head of what follows.
        let after_entry =
            matches!(self.tokens.back(), Some(last) if matches!(last.kind, Kind::BlockEntry));
        if !after_entry {
            self.scan_line_comment(owner);
        }
    }

    pub(super) fn scan_line_comment(&mut self, token: Mark) {
        if self.comments.is_none() || self.cursor.newlines > 0 {
            return;
        }
        let blanks = (0..LOOKAHEAD)
            .take_while(|&ahead| self.cursor.is_blank(self.cursor.pos + ahead))
            .count();
        if blanks == LOOKAHEAD || self.cursor.at(blanks) != b'#' {
            return;
        }
        self.cursor.pos += blanks;
        let start = self.cursor.mark();
        let text = self.take_line();
        let comment = Comment {
            scan_start: Mark::default(),
            token,
            start,
            end: Mark::default(),
            place: Place::Line,
            text,
        };
        self.wait(comment);
    }

    fn wait(&mut self, comment: Comment) {
        if let Some(comments) = &mut self.comments {
            comments.waiting.push(comment);
        }
    }

    /// Reads to the end of the line.
    fn take_line(&mut self) -> String {
        let (to, continued) = self.cursor.rest_of_line();
        let text = self.cursor.text[self.cursor.pos..to].to_owned();
        self.cursor.jump(to, continued);
        text
    }

    /// `- # comment` above an indented collection is the head of the collection.
    pub(super) fn entry_comment_becomes_head(&mut self) {
        let Some(comments) = &mut self.comments else { return };
        let count = self.tokens.len();
        if count < 2 || comments.unreached().is_empty() {
            return;
        }
        let after_first_entry = matches!(self.tokens[count - 2].kind, Kind::BlockSequenceStart)
            && matches!(self.tokens[count - 1].kind, Kind::BlockEntry);
        let Some(last) = comments.waiting.last_mut() else { return };
        if !after_first_entry || last.place != Place::Line || self.cursor.is_break(self.cursor.pos)
        {
            return;
        }
        last.place = Place::Head;
        if last.start.line + 1 == self.cursor.line {
            last.token = self.cursor.mark();
        }
    }

    /// Ends a block before the foot comments of the blocks around it.
    pub(super) fn reposition_block_end(&self, end: &mut Mark) {
        let Some(comments) = &self.comments else { return };
        let mut stop = end.offset;
        for comment in comments.unreached().iter().rev() {
            if comment.end.offset < stop {
                return;
            }
            // Columns of comments count from 1.
            if comment.start.column as i32 == self.indent + 1 {
                *end = comment.start;
            }
            stop = comment.scan_start.offset;
        }
    }

    /// Reads comments that have their lines for themselves.
    pub(super) fn scan_comments(&mut self, scan_start: Mark) {
        if self.comments.is_none() {
            let (to, continued) = self.cursor.rest_of_line();
            self.cursor.jump(to, continued);
            return;
        }
        let mut lines = Lines::new(self, scan_start);
        while lines.step(self) {}
        lines.finish(self);
    }

    /// The last token, or the one before if it is a comma.
    fn token_above(&self) -> Option<(Mark, bool)> {
        let mut above = self.tokens.iter().rev();
        let last = above.next()?;
        let token = match last.kind {
            Kind::FlowEntry => above.next().unwrap_or(last),
            _ => last,
        };
        Some((token.start, matches!(token.kind, Kind::Value)))
    }
}

/// How far the originals look for a `#` behind blanks and empty lines.
const LOOKAHEAD: usize = 512;

/// The state of reading the comment lines between two tokens.
struct Lines {
    scan_start: Mark,
    token: Mark,
    after_value: bool,
    start: Mark,
    next_indent: i32,
    /// The line on which a comment must begin to be the foot of what stands above.
    foot_line: Option<u32>,
    first_empty: bool,
    recent_empty: bool,
    line: u32,
    column: i32,
    peek: usize,
    text: String,
}

impl Lines {
    fn new(scanner: &Scanner<'_>, scan_start: Mark) -> Self {
        let cursor = &scanner.cursor;
        let (token, after_value) = scanner.token_above().unwrap_or_default();
        let beside_content = cursor.newlines == 0 && cursor.column() > 1;
        let foot_line = (scan_start.line > 0)
            .then(|| cursor.line + 1 + u32::from(beside_content) - cursor.newlines);
        Self {
            scan_start,
            token,
            after_value,
            start: Mark::default(),
            next_indent: scanner.indent.max(0),
            foot_line,
            first_empty: cursor.newlines <= 1,
            recent_empty: false,
            line: cursor.line,
            column: scanner.column(),
            peek: 0,
            text: String::new(),
        }
    }

    /// Looks at the next character; false at the first that is no part of comments.
    fn step(&mut self, scanner: &mut Scanner<'_>) -> bool {
        if self.peek >= LOOKAHEAD {
            return false;
        }
        let pos = scanner.cursor.pos + self.peek;
        self.column += 1;
        let byte = scanner.cursor.byte(pos);
        let closes_flow = scanner.flow_level > 0 && matches!(byte, b']' | b'}');
        if scanner.cursor.is_blank(pos) {
            self.peek += 1;
            return true;
        }
        if closes_flow || scanner.cursor.is_break_or_end(pos) {
            return self.line_end(scanner, closes_flow);
        }
        if !self.text.is_empty()
            && self.column - 1 < self.next_indent
            && self.column != self.start.column as i32
        {
            self.save(scanner, Place::Foot);
        }
        if byte != b'#' {
            return false;
        }
        self.comment_line(scanner);
        true
    }

    fn line_end(&mut self, scanner: &mut Scanner<'_>, closes_flow: bool) -> bool {
        let pos = scanner.cursor.pos + self.peek;
        if closes_flow || !self.recent_empty {
            let dedented = (self.start.column as i32) - 1 < self.next_indent;
            let below = Some(self.start.line) == self.foot_line && !self.after_value;
            if closes_flow || self.first_empty && (below || dedented) {
                // No empty line above and one below, or the last before a bracket: a foot.
                if !self.text.is_empty() {
                    if dedented {
                        self.token = self.start;
                    }
                    self.save(scanner, Place::Foot);
                }
            } else if !self.text.is_empty() && scanner.cursor.byte(pos) != 0 {
                self.text.push('\n');
            }
        }
        if !scanner.cursor.is_break(pos) {
            return false;
        }
        self.first_empty = false;
        self.recent_empty = true;
        self.column = 0;
        self.line += 1;
        self.peek += 1;
        true
    }

    fn comment_line(&mut self, scanner: &mut Scanner<'_>) {
        if self.text.is_empty() {
            self.start = self.here(scanner);
        } else {
            self.text.push('\n');
        }
        self.recent_empty = false;
        let seen = scanner.cursor.pos + self.peek;
        while scanner.cursor.pos < seen {
            if scanner.cursor.is_break(scanner.cursor.pos) {
                scanner.cursor.skip_line();
            } else {
                scanner.cursor.pos += 1;
            }
        }
        let line = scanner.take_line();
        self.text.push_str(&line);
        // The original steps over the first character after the line without looking at it.
        self.peek = 1;
        self.column = 0;
        self.line = scanner.cursor.line;
        self.next_indent = scanner.indent.max(0);
    }

    fn finish(mut self, scanner: &mut Scanner<'_>) {
        if !self.text.is_empty() {
            self.token = self.start;
            self.peek = self.peek.saturating_sub(1);
            self.save(scanner, Place::Head);
        }
    }

    fn here(&self, scanner: &Scanner<'_>) -> Mark {
        let offset = (scanner.cursor.pos + self.peek) as u32;
        Mark { offset, line: self.line, column: self.column.max(0) as u32 }
    }

    fn save(&mut self, scanner: &mut Scanner<'_>, place: Place) {
        let end = self.here(scanner);
        let text = std::mem::take(&mut self.text);
        let comment = Comment {
            scan_start: self.scan_start,
            token: self.token,
            start: self.start,
            end,
            place,
            text,
        };
        scanner.wait(comment);
        self.scan_start = end;
        self.token = end;
    }
}
