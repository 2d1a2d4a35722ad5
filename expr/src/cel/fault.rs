//! What went wrong while reading or evaluating, before it is given a line and a column.

use std::borrow::Cow;

/// A failure at a byte offset of the source.
///
/// Faults are made and thrown away all the time (`missing.field == 1 || true` is true), so one is
/// small and mostly borrows its message.
#[derive(Clone, Debug)]
pub(crate) struct Fault(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    message: Cow<'static, str>,
    at: Option<u32>,
    limit: bool,
}

impl Fault {
    /// A failure that the caller will place with [`or_at`](Self::or_at).
    pub(crate) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { message: message.into(), at: None, limit: false }))
    }

    pub(crate) fn at(at: usize, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { message: message.into(), at: Some(at as u32), limit: false }))
    }

    /// A budget is used up. No operator absorbs this one.
    pub(crate) fn limit(message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { message: message.into(), at: None, limit: true }))
    }

    pub(crate) fn overload(function: &str) -> Self {
        Self::new(format!("no such overload: {function}"))
    }

    /// Places the failure unless it is placed already: the innermost node is reported.
    pub(crate) fn or_at(mut self, at: u32) -> Self {
        self.0.at.get_or_insert(at);
        self
    }

    pub(crate) fn is_limit(&self) -> bool {
        self.0.limit
    }

    pub(crate) fn offset(&self) -> usize {
        self.0.at.unwrap_or(0) as usize
    }

    pub(crate) fn into_message(self) -> Cow<'static, str> {
        self.0.message
    }
}
