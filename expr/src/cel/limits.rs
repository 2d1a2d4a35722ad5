//! How much an expression may ask for.

use crate::cel::fault::Fault;

/// Bounds on an expression and on its evaluation.
///
/// The defaults let through everything that people write and stop what would keep a controller
/// busy: a hostile expression over a hostile object ends with [`Error::Limit`](crate::Error::Limit).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The longest expression, in bytes of source. Default: 4,096.
    pub expression_bytes: usize,
    /// The deepest nesting, of brackets and of operators. Default: 250, as in `cel-go`.
    pub depth: usize,
    /// The deepest nesting of comprehensions (`all`, `map` …). Default: 12.
    pub comprehensions: usize,
    /// The most steps of one evaluation. A step is a node visited, an element compared or copied,
    /// or ten bytes of text looked at. Default: 1,000,000.
    pub steps: u64,
    /// The most bytes that one evaluation may produce. Default: 16 MiB.
    pub produced_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            expression_bytes: 4096,
            depth: 250,
            comprehensions: 12,
            steps: 1_000_000,
            produced_bytes: 16 << 20,
        }
    }
}

impl Limits {
    /// Sets the longest expression, in bytes of source.
    #[must_use]
    pub fn with_expression_bytes(mut self, bytes: usize) -> Self {
        self.expression_bytes = bytes;
        self
    }

    /// Sets the most steps of one evaluation.
    #[must_use]
    pub fn with_steps(mut self, steps: u64) -> Self {
        self.steps = steps;
        self
    }

    /// Sets the most bytes that one evaluation may produce.
    #[must_use]
    pub fn with_produced_bytes(mut self, bytes: u64) -> Self {
        self.produced_bytes = bytes;
        self
    }

    pub(crate) fn too_deep(limit: usize) -> Fault {
        Fault::limit(format!("expression is nested deeper than the limit of {limit}"))
    }
}
