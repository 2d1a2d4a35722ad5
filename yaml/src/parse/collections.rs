//! Sequences and mappings, in block and in flow style.

use std::mem;

use super::{Context, Parsed, Parser, State};
use crate::event::{Event, What};
use crate::problem::{Layer, Problem};
use crate::token::{Kind, Mark};

impl<'a> Parser<'a> {
    pub(super) fn block_sequence(&mut self, first: bool) -> Parsed<Event<'a>> {
        self.open(first)?;
        let token = self.scanner.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            Kind::BlockEntry => {
                let forgotten = self.entry();
                let then = State::BlockSequence { first: false };
                let event = match self.scanner.peek()?.kind {
                    Kind::BlockEntry | Kind::BlockEnd => self.nothing(end, then)?,
                    _ => self.enter(Context::Block, then)?,
                };
                forgotten.map_or(Ok(event), Err)
            }
            Kind::BlockEnd => {
                self.leave();
                self.marks.pop();
                self.scanner.take();
                Ok(Event::new(What::SequenceEnd, start, end))
            }
            _ => Err(self.unexpected("did not find expected '-' indicator", start)),
        }
    }

    /// `-` items at the indentation of the mapping's keys.
    pub(super) fn indentless_sequence(&mut self) -> Parsed<Event<'a>> {
        let token = self.scanner.peek()?;
        let (start, end) = (token.start, token.end);
        if !matches!(token.kind, Kind::BlockEntry) {
            self.leave();
            return Ok(Event::new(What::SequenceEnd, start, start));
        }
        let forgotten = self.entry();
        let event = match self.scanner.peek()?.kind {
            Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => {
                self.nothing(end, State::IndentlessSequence)?
            }
            _ => self.enter(Context::Block, State::IndentlessSequence)?,
        };
        forgotten.map_or(Ok(event), Err)
    }

    /// Takes a `-`. If a collection follows, the comment above belongs to it as a whole.
    ///
    /// The original forgets a fault that it meets on its way there, and goes on where the scanner
    /// stands; it is told if no other follows at once.
    fn entry(&mut self) -> Option<Problem> {
        let head_len =
            self.scanner.comments.as_ref().map_or(0, |comments| comments.ready.head.len());
        self.scanner.take();
        if head_len == 0 {
            return None;
        }
        let starts_collection = match self.scanner.peek() {
            Ok(token) => {
                matches!(token.kind, Kind::BlockSequenceStart | Kind::BlockMappingStart)
            }
            Err(problem) => return Some(problem),
        };
        if let Some(comments) = &mut self.scanner.comments
            && starts_collection
        {
            let ready = &mut comments.ready;
            let rest = ready.head.split_off(head_len);
            ready.stem =
                mem::replace(&mut ready.head, rest.get(1..).unwrap_or_default().to_owned());
        }
        None
    }

    pub(super) fn block_mapping_key(&mut self, first: bool) -> Parsed<Event<'a>> {
        self.open(first)?;
        let token = self.scanner.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            Kind::Key => {
                self.scanner.take();
                match self.scanner.peek()?.kind {
                    Kind::Key | Kind::Value | Kind::BlockEnd => {
                        self.nothing(end, State::BlockMappingValue)
                    }
                    _ => self.enter(Context::BlockOrIndentless, State::BlockMappingValue),
                }
            }
            Kind::BlockEnd => {
                self.leave();
                self.marks.pop();
                let mut event = Event::new(What::MappingEnd, start, end);
                event.comments = self.comments();
                self.scanner.take();
                Ok(event)
            }
            _ => Err(self.unexpected("did not find expected key", start)),
        }
    }

    pub(super) fn block_mapping_value(&mut self) -> Parsed<Event<'a>> {
        let then = State::BlockMappingKey { first: false };
        let token = self.scanner.peek()?;
        let (start, end) = (token.start, token.end);
        if !matches!(token.kind, Kind::Value) {
            return self.nothing(start, then);
        }
        self.scanner.take();
        match self.scanner.peek()?.kind {
            Kind::Key | Kind::Value | Kind::BlockEnd => self.nothing(end, then),
            _ => self.enter(Context::BlockOrIndentless, then),
        }
    }

    pub(super) fn flow_sequence(&mut self, first: bool) -> Parsed<Event<'a>> {
        self.open(first)?;
        if !first && !matches!(self.scanner.peek()?.kind, Kind::FlowSequenceEnd) {
            self.comma("did not find expected ',' or ']'")?;
        }
        let token = self.scanner.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            Kind::FlowSequenceEnd => Ok(self.close_flow(What::SequenceEnd, start, end)),
            Kind::Key => {
                self.state = State::FlowPairKey;
                self.scanner.take();
                Ok(Event::new(What::MappingStart { flow: true }, start, end))
            }
            _ => self.enter(Context::Flow, State::FlowSequence { first: false }),
        }
    }

    /// `[key: value]` is a mapping of one pair.
    pub(super) fn flow_pair_key(&mut self) -> Parsed<Event<'a>> {
        let token = self.scanner.peek()?;
        let end = token.end;
        if !matches!(token.kind, Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd) {
            return self.enter(Context::Flow, State::FlowPairValue);
        }
        self.scanner.take();
        self.nothing(end, State::FlowPairValue)
    }

    pub(super) fn flow_pair_value(&mut self) -> Parsed<Event<'a>> {
        let token = self.scanner.peek()?;
        let start = token.start;
        if matches!(token.kind, Kind::Value) {
            self.scanner.take();
            if !matches!(self.scanner.peek()?.kind, Kind::FlowEntry | Kind::FlowSequenceEnd) {
                return self.enter(Context::Flow, State::FlowPairEnd);
            }
        }
        self.nothing(start, State::FlowPairEnd)
    }

    pub(super) fn flow_pair_end(&mut self) -> Parsed<Event<'a>> {
        let start = self.scanner.peek()?.start;
        self.state = State::FlowSequence { first: false };
        Ok(Event::new(What::MappingEnd, start, start))
    }

    pub(super) fn flow_mapping_key(&mut self, first: bool) -> Parsed<Event<'a>> {
        self.open(first)?;
        if !first && !matches!(self.scanner.peek()?.kind, Kind::FlowMappingEnd) {
            self.comma("did not find expected ',' or '}'")?;
        }
        let token = self.scanner.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            Kind::FlowMappingEnd => Ok(self.close_flow(What::MappingEnd, start, end)),
            Kind::Key => {
                self.scanner.take();
                let token = self.scanner.peek()?;
                let start = token.start;
                let then = State::FlowMappingValue { empty: false };
                match token.kind {
                    Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd => {
                        self.nothing(start, then)
                    }
                    _ => self.enter(Context::Flow, then),
                }
            }
            _ => self.enter(Context::Flow, State::FlowMappingValue { empty: true }),
        }
    }

    pub(super) fn flow_mapping_value(&mut self, empty: bool) -> Parsed<Event<'a>> {
        let then = State::FlowMappingKey { first: false };
        let token = self.scanner.peek()?;
        let mut start = token.start;
        if !empty && matches!(token.kind, Kind::Value) {
            self.scanner.take();
            let token = self.scanner.peek()?;
            start = token.start;
            if !matches!(token.kind, Kind::FlowEntry | Kind::FlowMappingEnd) {
                return self.enter(Context::Flow, then);
            }
        }
        self.nothing(start, then)
    }

    /// Takes the token that opens a collection.
    fn open(&mut self, first: bool) -> Parsed<()> {
        if first {
            let start = self.scanner.peek()?.start;
            self.marks.push(start);
            self.scanner.take();
        }
        Ok(())
    }

    fn comma(&mut self, otherwise: &'static str) -> Parsed<()> {
        let token = self.scanner.peek()?;
        let start = token.start;
        if !matches!(token.kind, Kind::FlowEntry) {
            return Err(self.unexpected(otherwise, start));
        }
        self.scanner.take();
        Ok(())
    }

    fn close_flow(&mut self, what: What<'a>, start: Mark, end: Mark) -> Event<'a> {
        self.leave();
        self.marks.pop();
        let mut event = Event::new(what, start, end);
        event.comments = self.comments();
        self.scanner.take();
        event
    }

    fn unexpected(&mut self, what: &'static str, at: Mark) -> Problem {
        let context = self.marks.pop().unwrap_or_default();
        Problem::new(Layer::Parser, what, at, context)
    }
}
