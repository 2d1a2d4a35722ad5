//! From tokens to events: the grammar.

mod collections;
mod documents;

use std::borrow::Cow;
use std::mem;

use crate::event::{Comments, Event, What};
use crate::input::Input;
use crate::problem::{Layer, Problem};
use crate::scan::Scanner;
use crate::token::{Kind, Mark, Quoting, TagParts, Token};

/// Says what a text holds, event by event.
#[derive(Debug)]
pub(crate) struct Parser<'a> {
    scanner: Scanner<'a>,
    state: State,
    /// What to do when the node at hand is over.
    states: Vec<State>,
    /// Where the open collections began.
    marks: Vec<Mark>,
    tag_directives: Vec<TagParts>,
    over: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    StreamStart,
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequence { first: bool },
    IndentlessSequence,
    BlockMappingKey { first: bool },
    BlockMappingValue,
    FlowSequence { first: bool },
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingKey { first: bool },
    FlowMappingValue { empty: bool },
}

/// Which nodes may stand here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Context {
    Block,
    BlockOrIndentless,
    Flow,
}

type Parsed<T> = Result<T, Problem>;

impl<'a> Parser<'a> {
    pub(crate) fn new(input: &'a Input<'_>, max_depth: usize, with_comments: bool) -> Self {
        Self {
            scanner: Scanner::new(input, max_depth, with_comments),
            state: State::StreamStart,
            states: Vec::new(),
            marks: Vec::new(),
            tag_directives: Vec::new(),
            over: false,
        }
    }

    /// The next event; after the last one, `StreamEnd` again and again.
    pub(crate) fn next(&mut self) -> Parsed<Event<'a>> {
        if self.over {
            return Ok(Event::new(What::StreamEnd, Mark::default(), Mark::default()));
        }
        match self.state {
            State::StreamStart => self.stream_start(),
            State::ImplicitDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(Context::Block),
            State::BlockSequence { first } => self.block_sequence(first),
            State::IndentlessSequence => self.indentless_sequence(),
            State::BlockMappingKey { first } => self.block_mapping_key(first),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequence { first } => self.flow_sequence(first),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => self.flow_pair_end(),
            State::FlowMappingKey { first } => self.flow_mapping_key(first),
            State::FlowMappingValue { empty } => self.flow_mapping_value(empty),
        }
    }

    fn node(&mut self, context: Context) -> Parsed<Event<'a>> {
        let token = self.scanner.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            Kind::Alias(name) => {
                self.leave();
                let mut event = Event::new(What::Alias(name), start, end);
                event.comments = self.comments();
                self.scanner.take();
                Ok(event)
            }
            Kind::Anchor(_) | Kind::Tag(_) => self.node_with_properties(context, start),
            _ => self.content(context, start, None),
        }
    }

    fn node_with_properties(&mut self, context: Context, first: Mark) -> Parsed<Event<'a>> {
        let (anchor, tag, end) = self.properties(first)?;
        let mut event = self.content(context, first, Some(end))?;
        if let What::Scalar { implicit, .. } = &mut event.what {
            // `!` says no more than that the scalar is a string.
            *implicit = match tag.as_deref() {
                None => *implicit,
                Some(tag) => tag == "!",
            };
        }
        event.anchor = anchor;
        event.tag = tag;
        Ok(event)
    }

    /// An anchor and a tag, in any order, and where they end.
    #[expect(clippy::type_complexity, reason = "three values used once")]
    fn properties(&mut self, first: Mark) -> Parsed<(Option<&'a str>, Option<Box<str>>, Mark)> {
        let (mut anchor, mut tag, mut end) = (None, None, first);
        loop {
            match &self.scanner.peek()?.kind {
                Kind::Anchor(_) if anchor.is_none() => {}
                Kind::Tag(_) if tag.is_none() => {}
                _ => break,
            }
            let Some(token) = self.scanner.take() else { break };
            end = token.end;
            match token.kind {
                Kind::Anchor(name) => anchor = Some(name),
                Kind::Tag(parts) => tag = Some((parts, token.start)),
                _ => {}
            }
        }
        // The next token is looked at first: its fault comes before that of the tag.
        self.scanner.peek()?;
        let tag = tag.map(|(parts, at)| self.full_tag(*parts, first, at)).transpose()?;
        Ok((anchor, tag, end))
    }

    fn full_tag(&self, parts: TagParts, context: Mark, at: Mark) -> Parsed<Box<str>> {
        if parts.handle.is_empty() {
            return Ok(parts.rest.into());
        }
        let directive = self.tag_directives.iter().find(|known| known.handle == parts.handle);
        let tag =
            directive.map(|known| format!("{}{}", known.rest, parts.rest)).unwrap_or_default();
        if tag.is_empty() {
            return Err(Problem::new(Layer::Parser, "found undefined tag handle", at, context));
        }
        Ok(tag.into())
    }

    fn content(
        &mut self,
        context: Context,
        start: Mark,
        properties_end: Option<Mark>,
    ) -> Parsed<Event<'a>> {
        let block = context != Context::Flow;
        let token = self.scanner.peek()?;
        let (at, end) = (token.start, token.end);
        let (what, state) = match token.kind {
            Kind::BlockEntry if context == Context::BlockOrIndentless => {
                self.state = State::IndentlessSequence;
                return Ok(Event::new(What::SequenceStart { flow: false }, start, end));
            }
            Kind::Scalar(..) => return self.scalar(start),
            Kind::FlowSequenceStart => {
                (What::SequenceStart { flow: true }, State::FlowSequence { first: true })
            }
            Kind::FlowMappingStart => {
                (What::MappingStart { flow: true }, State::FlowMappingKey { first: true })
            }
            Kind::BlockSequenceStart if block => {
                (What::SequenceStart { flow: false }, State::BlockSequence { first: true })
            }
            Kind::BlockMappingStart if block => {
                (What::MappingStart { flow: false }, State::BlockMappingKey { first: true })
            }
            _ => {
                let Some(end) = properties_end else {
                    let what = "did not find expected node content";
                    return Err(Problem::new(Layer::Parser, what, at, start));
                };
                self.leave();
                return Ok(empty_scalar(start, end));
            }
        };
        self.state = state;
        let flow =
            matches!(what, What::SequenceStart { flow: true } | What::MappingStart { flow: true });
        let mut event = Event::new(what, start, end);
        event.comments = if flow { self.comments() } else { self.stem() };
        Ok(event)
    }

    fn scalar(&mut self, start: Mark) -> Parsed<Event<'a>> {
        self.leave();
        let Some(Token { kind: Kind::Scalar(value, quoting), start: body, end }) =
            self.scanner.take()
        else {
            return Ok(empty_scalar(start, start));
        };
        let implicit = quoting == Quoting::Plain;
        let mut event = Event::new(What::Scalar { value, quoting, implicit }, start, end);
        event.body = body;
        event.comments = self.comments();
        Ok(event)
    }

    /// The node at hand is over: goes on with what holds it.
    fn leave(&mut self) {
        self.state = self.states.pop().unwrap_or(State::DocumentEnd);
    }

    fn enter(&mut self, context: Context, then: State) -> Parsed<Event<'a>> {
        self.states.push(then);
        self.node(context)
    }

    fn nothing(&mut self, mark: Mark, then: State) -> Parsed<Event<'a>> {
        self.state = then;
        Ok(empty_scalar(mark, mark))
    }

    // === Comments ===

    /// The comments that are ready, for the event at hand.
    fn comments(&mut self) -> Option<Box<Comments>> {
        let ready = mem::take(&mut self.scanner.comments.as_mut()?.ready);
        let taken = Comments { head: ready.head, line: ready.line, foot: ready.foot };
        (!taken.is_empty()).then(|| Box::new(taken))
    }

    fn stem(&mut self) -> Option<Box<Comments>> {
        let head = mem::take(&mut self.scanner.comments.as_mut()?.ready.stem);
        (!head.is_empty()).then(|| Box::new(Comments { head, ..Comments::default() }))
    }
}

fn empty_scalar<'a>(start: Mark, end: Mark) -> Event<'a> {
    let what = What::Scalar { value: Cow::Borrowed(""), quoting: Quoting::Plain, implicit: true };
    Event::new(what, start, end)
}
