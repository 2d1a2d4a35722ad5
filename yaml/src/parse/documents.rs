//! The stream and its documents.

use std::mem;

use super::{Context, Parsed, Parser, State};
use crate::event::{Comments, Event, What};
use crate::problem::{Layer, Problem};
use crate::token::{Kind, Mark, TagParts};

impl<'a> Parser<'a> {
    pub(super) fn stream_start(&mut self) -> Parsed<Event<'a>> {
        let token = self.scanner.peek()?;
        let event = Event::new(What::StreamStart, token.start, token.end);
        self.scanner.take();
        self.state = State::ImplicitDocumentStart;
        Ok(event)
    }

    pub(super) fn document_start(&mut self, implicit: bool) -> Parsed<Event<'a>> {
        while !implicit && matches!(self.scanner.peek()?.kind, Kind::DocumentEnd) {
            self.scanner.take();
        }
        let token = self.scanner.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            Kind::StreamEnd => {
                self.over = true;
                Ok(Event::new(What::StreamEnd, start, end))
            }
            Kind::VersionDirective(..) | Kind::TagDirective(_) | Kind::DocumentStart => {
                self.explicit_document(start)
            }
            _ if implicit => self.implicit_document(start, end),
            _ => self.explicit_document(start),
        }
    }

    fn implicit_document(&mut self, start: Mark, end: Mark) -> Parsed<Event<'a>> {
        self.directives()?;
        self.states.push(State::DocumentEnd);
        self.state = State::BlockNode;
        let mut event = Event::new(What::DocumentStart, start, end);
        if let Some(comments) = &mut self.scanner.comments
            && let Some(head) = split_header(&mut comments.ready.head)
        {
            event.comments = Some(Box::new(Comments { head, ..Comments::default() }));
        }
        Ok(event)
    }

    fn explicit_document(&mut self, start: Mark) -> Parsed<Event<'a>> {
        self.directives()?;
        let token = self.scanner.peek()?;
        let (at, end) = (token.start, token.end);
        if !matches!(token.kind, Kind::DocumentStart) {
            let what = "did not find expected <document start>";
            return Err(Problem::new(Layer::Parser, what, at, Mark::default()));
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        self.scanner.take();
        Ok(Event::new(What::DocumentStart, start, end))
    }

    pub(super) fn document_content(&mut self) -> Parsed<Event<'a>> {
        let token = self.scanner.peek()?;
        let start = token.start;
        match token.kind {
            Kind::VersionDirective(..)
            | Kind::TagDirective(_)
            | Kind::DocumentStart
            | Kind::DocumentEnd
            | Kind::StreamEnd => {
                self.leave();
                Ok(super::empty_scalar(start, start))
            }
            _ => self.node(Context::Block),
        }
    }

    pub(super) fn document_end(&mut self) -> Parsed<Event<'a>> {
        let token = self.scanner.peek()?;
        let start = token.start;
        let mut end = start;
        if matches!(token.kind, Kind::DocumentEnd) {
            end = token.end;
            self.scanner.take();
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        let mut event = Event::new(What::DocumentEnd, start, end);
        event.comments = self.comments();
        if let Some(comments) = &mut event.comments
            && comments.foot.is_empty()
        {
            comments.foot = mem::take(&mut comments.head);
        }
        Ok(event)
    }

    fn directives(&mut self) -> Parsed<()> {
        let mut versions = 0;
        loop {
            let token = self.scanner.peek()?;
            let at = token.start;
            let wrong = |what| Err(Problem::new(Layer::Parser, what, at, Mark::default()));
            match token.kind {
                Kind::VersionDirective(..) if versions > 0 => {
                    return wrong("found duplicate %YAML directive");
                }
                Kind::VersionDirective(1, 1) => versions += 1,
                Kind::VersionDirective(..) => return wrong("found incompatible YAML document"),
                Kind::TagDirective(_) => {}
                _ => break,
            }
            if let Some(Kind::TagDirective(parts)) = self.scanner.take().map(|token| token.kind) {
                if self.knows_handle(&parts.handle) {
                    return wrong("found duplicate %TAG directive");
                }
                self.tag_directives.push(*parts);
            }
        }
        for (handle, rest) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if !self.knows_handle(handle) {
                self.tag_directives
                    .push(TagParts { handle: handle.to_owned(), rest: rest.to_owned() });
            }
        }
        Ok(())
    }

    fn knows_handle(&self, handle: &str) -> bool {
        self.tag_directives.iter().any(|known| known.handle == handle)
    }
}

/// Splits the comments before the last empty line off: they are the document's, not the node's.
fn split_header(head: &mut String) -> Option<String> {
    let bytes = head.as_bytes();
    let last = bytes.len().checked_sub(1)?;
    let cut = (1..=last)
        .rev()
        .find(|&at| bytes[at] == b'\n' && (at == last || bytes[at - 1] == b'\n'))?;
    let header_end = if cut == last { cut } else { cut - 1 };
    let rest = head.split_off(cut + 1);
    let mut header = mem::replace(head, rest);
    header.truncate(header_end);
    Some(header)
}
