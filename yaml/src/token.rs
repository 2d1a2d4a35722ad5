//! What the scanner hands to the parser.

use std::borrow::Cow;

/// A place in the text: bytes from its beginning, and line and column counted from 0.
///
/// The column counts characters, as every message of the Go originals does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) offset: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A token with the text it covers.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) start: Mark,
    pub(crate) end: Mark,
}

/// What a token is.
#[derive(Debug)]
pub(crate) enum Kind<'a> {
    Alias(&'a str),
    Anchor(&'a str),
    BlockEnd,
    BlockEntry,
    BlockMappingStart,
    BlockSequenceStart,
    DocumentEnd,
    DocumentStart,
    FlowEntry,
    FlowMappingEnd,
    FlowMappingStart,
    FlowSequenceEnd,
    FlowSequenceStart,
    Key,
    Scalar(Cow<'a, str>, Quoting),
    StreamEnd,
    StreamStart,
    Tag(Box<TagParts>),
    TagDirective(Box<TagParts>),
    Value,
    VersionDirective(u8, u8),
}

/// A tag as written (`handle`, `suffix`), or a `%TAG` directive (`handle`, prefix).
#[derive(Debug)]
pub(crate) struct TagParts {
    pub(crate) handle: String,
    pub(crate) rest: String,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quoting {
    /// `text`, without quotes: the only form that can be something else than a string.
    #[default]
    Plain,
    /// `'text'`
    Single,
    /// `"text"`, with escapes.
    Double,
    /// `|`, line breaks kept.
    Literal,
    /// `>`, lines joined.
    Folded,
}
