//! From text to tokens: indentation, simple keys, and which token begins where.
//!
//! The rules are those of libyaml, of which the Go originals are descendants: what they accept,
//! what they refuse and with which words follows from the order in which tokens are looked for.

mod block;
mod comments;
mod flow;
mod properties;
mod quoted;
mod words;

use std::collections::VecDeque;

use self::comments::Comments;
use crate::input::Input;
use crate::problem::{Layer, Problem};
use crate::text::Cursor;
use crate::token::{Kind, Mark, Token};

/// Finds tokens in a text.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    pub(crate) cursor: Cursor<'a>,
    tokens: VecDeque<Token<'a>>,
    /// How many tokens the parser has taken.
    taken: usize,
    /// The first token of the queue is known not to be a key.
    ready: bool,
    started: bool,
    pub(crate) indent: i32,
    indents: Vec<i32>,
    pub(crate) flow_level: usize,
    keys: Vec<SimpleKey>,
    key_allowed: bool,
    max_depth: usize,
    /// Kept for the dialect that has comments, absent in the other.
    pub(crate) comments: Option<Comments>,
}

/// A token that turns out to be a key if a `:` follows soon enough on its line.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    /// Nothing but a key may stand here.
    required: bool,
    /// The token is held back until it is known whether it is a key.
    ///
    /// `[]` and `{}` without a key in them are handed out at once, as the originals do by mistake.
    held: bool,
    token: usize,
    mark: Mark,
}

type Scanned<T = ()> = Result<T, Problem>;

impl<'a> Scanner<'a> {
    pub(crate) fn new(input: &'a Input<'_>, max_depth: usize, with_comments: bool) -> Self {
        Self {
            cursor: Cursor::new(input),
            tokens: VecDeque::new(),
            taken: 0,
            ready: false,
            started: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            keys: vec![SimpleKey::default()],
            key_allowed: true,
            max_depth,
            comments: with_comments.then(Comments::default),
        }
    }

    /// The next token, which stays in the queue.
    #[inline]
    pub(crate) fn peek(&mut self) -> Scanned<&Token<'a>> {
        if !self.ready {
            self.make_ready()?;
        }
        Ok(&self.tokens[0])
    }

    fn make_ready(&mut self) -> Scanned {
        while self.needs_more()? {
            self.fetch()?;
        }
        self.ready = true;
        if let Some(comments) = &mut self.comments {
            let first = &self.tokens[0];
            comments.reach(first.start, matches!(first.kind, Kind::BlockEnd));
        }
        Ok(())
    }

    /// Takes the token that [`peek`](Self::peek) showed.
    pub(crate) fn take(&mut self) -> Option<Token<'a>> {
        self.taken += 1;
        self.ready = false;
        self.tokens.pop_front()
    }

    /// A token may be handed out once it is known not to be a key.
    ///
    /// The dialect with comments looks two tokens further, to tell to which token a comment
    /// belongs. This decides which of two faults is found first.
    fn needs_more(&mut self) -> Scanned<bool> {
        let ahead = if self.comments.is_some() { 2 } else { 0 };
        if self.tokens.len() <= ahead {
            return Ok(true);
        }
        let index = self.keys.partition_point(|key| key.token < self.taken);
        match self.keys.get(index) {
            Some(key) if key.token == self.taken && key.held && key.possible => {
                self.key_is_valid(index)
            }
            _ => Ok(false),
        }
    }

    fn fetch(&mut self) -> Scanned {
        self.cursor.check_reader(4)?;
        let fetched = self.fetch_next();
        self.cursor.check_reader(1)?;
        fetched
    }

    fn fetch_next(&mut self) -> Scanned {
        if !self.started {
            self.started = true;
            return self.push_here(Kind::StreamStart);
        }
        let scan_start = self.cursor.mark();
        self.skip_to_token(scan_start)?;
        self.unroll_indent(self.column(), scan_start);
        if self.cursor.is_end() {
            return self.fetch_stream_end();
        }
        if self.cursor.column() == 0 {
            if self.cursor.at(0) == b'%' {
                return self.fetch_directive();
            }
            if self.at_document_indicator() {
                return self.fetch_document_indicator();
            }
        }
        self.fetch_content()
    }

    /// The tokens after which a comment on the same line is theirs.
    fn fetch_content(&mut self) -> Scanned {
        let owner = self.comment_owner();
        let next_is_end = self.cursor.is_blank_or_end(self.cursor.pos + 1);
        let in_flow = self.flow_level > 0;
        match self.cursor.at(0) {
            b'[' => self.fetch_flow_start(Kind::FlowSequenceStart)?,
            b'{' => self.fetch_flow_start(Kind::FlowMappingStart)?,
            b']' => self.fetch_flow_end(Kind::FlowSequenceEnd)?,
            b'}' => self.fetch_flow_end(Kind::FlowMappingEnd)?,
            b',' => self.fetch_flow_entry()?,
            b'-' if next_is_end => self.fetch_block_entry()?,
            b'?' if in_flow || next_is_end => self.fetch_key()?,
            b':' if in_flow || next_is_end => self.fetch_value()?,
            b'*' => self.fetch_anchor(true)?,
            b'&' => self.fetch_anchor(false)?,
            b'!' => self.fetch_tag()?,
            b'|' if !in_flow => self.fetch_block_scalar(true)?,
            b'>' if !in_flow => self.fetch_block_scalar(false)?,
            b'\'' => self.fetch_quoted(true)?,
            b'"' => self.fetch_quoted(false)?,
            first if self.may_start_plain(first) => self.fetch_plain()?,
            _ => {
                let here = self.cursor.mark();
                return Err(self.problem(here, "found character that cannot start any token"));
            }
        }
        self.line_comment_after_token(owner);
        Ok(())
    }

    pub(crate) fn may_start_plain(&self, first: u8) -> bool {
        match first {
            b'-' => !self.cursor.is_blank(self.cursor.pos + 1),
            b'?' | b':' => {
                self.flow_level == 0 && !self.cursor.is_blank_or_end(self.cursor.pos + 1)
            }
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\''
            | b'"' | b'%' | b'@' | b'`' => false,
            _ => !self.cursor.is_blank_or_end(self.cursor.pos),
        }
    }

    /// Moves over blanks, comments and line breaks.
    fn skip_to_token(&mut self, scan_start: Mark) -> Scanned {
        loop {
            self.cursor.skip_bom();
            // Tabs may not indent, so they end the search where a key could begin a line.
            while self.cursor.at(0) == b' '
                || (self.cursor.at(0) == b'\t' && (self.flow_level > 0 || !self.key_allowed))
            {
                self.cursor.pos += 1;
            }
            self.entry_comment_becomes_head();
            if self.cursor.at(0) == b'#' {
                self.scan_comments(scan_start);
            }
            if !self.cursor.is_break(self.cursor.pos) {
                return Ok(());
            }
            self.cursor.skip_line();
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    pub(crate) fn at_document_indicator(&self) -> bool {
        self.cursor.column() == 0
            && matches!(
                (self.cursor.at(0), self.cursor.at(1), self.cursor.at(2)),
                (b'-', b'-', b'-') | (b'.', b'.', b'.')
            )
            && self.cursor.is_blank_or_end(self.cursor.pos + 3)
    }

    pub(crate) fn column(&self) -> i32 {
        self.cursor.column() as i32
    }

    // Where a fault of the scanner is found is where it stands.
    fn problem(&self, context: Mark, what: &'static str) -> Problem {
        Problem::new(Layer::Scanner, what, self.cursor.mark(), context)
    }

    fn problem_here(&self, what: &'static str) -> Problem {
        self.problem(self.cursor.mark(), what)
    }

    fn push(&mut self, kind: Kind<'a>, start: Mark) -> Scanned {
        let end = self.cursor.mark();
        self.tokens.push_back(Token { kind, start, end });
        Ok(())
    }

    fn push_here(&mut self, kind: Kind<'a>) -> Scanned {
        self.push(kind, self.cursor.mark())
    }

    /// Puts an indicator of `width` characters into the queue.
    fn push_indicator(&mut self, kind: Kind<'a>, width: usize) -> Scanned {
        let start = self.cursor.mark();
        self.cursor.skip_ascii(width);
        self.push(kind, start)
    }

    // === Simple keys ===

    fn key_is_valid(&mut self, index: usize) -> Scanned<bool> {
        let key = self.keys[index];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line == self.cursor.line && !self.is_far_from(key.mark) {
            return Ok(true);
        }
        if key.required {
            return Err(self.problem(key.mark, "could not find expected ':'"));
        }
        self.keys[index].possible = false;
        Ok(false)
    }

    /// A key may be 1024 characters long.
    fn is_far_from(&self, mark: Mark) -> bool {
        let (from, to) = (mark.offset as usize, self.cursor.pos);
        match to - from {
            ..=1024 => false,
            4097.. => true,
            _ => self.cursor.text[from..to].chars().count() > 1024,
        }
    }

    fn save_key(&mut self) -> Scanned {
        let required = self.flow_level == 0 && self.indent == self.column();
        if self.key_allowed {
            self.remove_key()?;
            let token = self.taken + self.tokens.len();
            let mark = self.cursor.mark();
            if let Some(key) = self.keys.last_mut() {
                *key = SimpleKey { possible: true, required, held: true, token, mark };
            }
        }
        Ok(())
    }

    fn remove_key(&mut self) -> Scanned {
        let Some(key) = self.keys.last_mut() else { return Ok(()) };
        if key.possible && key.required {
            let mark = key.mark;
            return Err(self.problem(mark, "could not find expected ':'"));
        }
        key.possible = false;
        Ok(())
    }

    // === Indentation ===

    /// Opens a block collection at `column` if it lies deeper than the one that is open.
    fn roll_indent(
        &mut self,
        column: i32,
        token: Option<usize>,
        kind: Kind<'a>,
        mark: Mark,
    ) -> Scanned {
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > self.max_depth {
            return Err(self.too_deep());
        }
        self.insert(token, Token { kind, start: mark, end: mark });
        Ok(())
    }

    /// Puts a token before the one of this number; behind the last if that was handed out.
    fn insert(&mut self, before: Option<usize>, token: Token<'a>) {
        let index = before.and_then(|number| number.checked_sub(self.taken));
        let index = index.unwrap_or(self.tokens.len());
        self.tokens.insert(index, token);
    }

    /// Closes the block collections that lie deeper than `column`.
    fn unroll_indent(&mut self, column: i32, scan_start: Mark) {
        if self.flow_level > 0 {
            return;
        }
        let mut end = self.block_end(scan_start);
        while self.indent > column {
            self.reposition_block_end(&mut end);
            self.tokens.push_back(Token { kind: Kind::BlockEnd, start: end, end });
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn block_end(&self, scan_start: Mark) -> Mark {
        if self.comments.is_none() {
            return self.cursor.mark();
        }
        Mark { offset: scan_start.offset.saturating_sub(1), ..scan_start }
    }

    fn too_deep(&self) -> Problem {
        let what = format!("exceeded max depth of {}", self.max_depth);
        let context = self.keys.last().map(|key| key.mark).unwrap_or_default();
        Problem { what: what.into(), ..self.problem(context, "") }
    }
}
