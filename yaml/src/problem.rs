//! What stopped the reader, before it is told where in whose text.

use std::borrow::Cow;

use crate::options::Dialect;
use crate::token::Mark;

/// A fault found by one of the layers of the reader.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) layer: Layer,
    pub(crate) what: Cow<'static, str>,
    /// Where it was found, and where the thing began in which it was found.
    pub(crate) at: Mark,
    pub(crate) context: Mark,
}

/// Which layer found it: that decides how the originals count lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Reader,
    Scanner,
    Parser,
    Composer,
    Decoder,
    Limit,
}

impl Problem {
    pub(crate) fn reader(what: &'static str) -> Self {
        Self::new(Layer::Reader, what, Mark::default(), Mark::default())
    }

    pub(crate) fn new(
        layer: Layer,
        what: impl Into<Cow<'static, str>>,
        at: Mark,
        context: Mark,
    ) -> Self {
        Self { layer, what: what.into(), at, context }
    }

    pub(crate) fn decoder(what: impl Into<Cow<'static, str>>, at: Mark) -> Self {
        Self::new(Layer::Decoder, what, at, Mark::default())
    }

    pub(crate) fn limit(what: String, at: Mark) -> Self {
        Self::new(Layer::Limit, what, at, Mark::default())
    }

    /// The message of the original, without its `yaml: `.
    ///
    /// It counts lines from 0, adds one for faults of the scanner, and leaves out line 0.
    pub(crate) fn as_original(&self, dialect: Dialect) -> String {
        let (first, second) = match dialect {
            Dialect::Sigs => (self.at.line, self.context.line),
            Dialect::Kyaml => (self.context.line, self.at.line),
        };
        let scanned = u32::from(self.layer == Layer::Scanner);
        let line = match (first, second, self.layer) {
            (_, _, Layer::Composer | Layer::Decoder) => 0,
            (0, 0, _) => 0,
            // goyaml.v2 forgets to add one where it falls back to the context.
            (0, second, _) if dialect == Dialect::Sigs => second,
            (0, second, _) => second + scanned,
            (first, _, _) => first + scanned,
        };
        match line {
            0 => self.what.to_string(),
            line => format!("line {line}: {}", self.what),
        }
    }
}
