//! What the parser says about a text, one thing at a time.

use std::borrow::Cow;

use crate::token::{Mark, Quoting};

/// One step through a document.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) what: What<'a>,
    pub(crate) start: Mark,
    /// Where a scalar's own text begins, behind its anchor and tag.
    pub(crate) body: Mark,
    pub(crate) end: Mark,
    pub(crate) anchor: Option<&'a str>,
    pub(crate) tag: Option<Box<str>>,
    pub(crate) comments: Option<Box<Comments>>,
}

/// What an event is.
#[derive(Debug)]
pub(crate) enum What<'a> {
    Alias(&'a str),
    DocumentEnd,
    DocumentStart,
    MappingEnd,
    MappingStart {
        flow: bool,
    },
    /// `implicit`: written plain, or with the tag `!`.
    Scalar {
        value: Cow<'a, str>,
        quoting: Quoting,
        implicit: bool,
    },
    SequenceEnd,
    SequenceStart {
        flow: bool,
    },
    StreamEnd,
    StreamStart,
}

/// The comments that belong to a node, each with its `#` and without the last line break.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comments {
    /// On the lines above.
    pub head: String,
    /// Behind it, on its line.
    pub line: String,
    /// On the lines below, before an empty line.
    pub foot: String,
}

impl Comments {
    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_empty() && self.line.is_empty() && self.foot.is_empty()
    }
}

impl<'a> Event<'a> {
    pub(crate) fn new(what: What<'a>, start: Mark, end: Mark) -> Self {
        Self { what, start, body: start, end, anchor: None, tag: None, comments: None }
    }
}
