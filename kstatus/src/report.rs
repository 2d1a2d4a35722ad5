//! What is known about an object after looking at it once.

use std::borrow::Cow;

use crate::conditions::{Condition, ConditionStatus, RECONCILING, STALLED};
use crate::error::Error;
use crate::message::Message;
use crate::status::Status;

/// A status and the fact it rests on, borrowed from the object.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Report<'a> {
    /// Where the object stands.
    pub status: Status,
    /// Why. Print it for the sentence, match on it for the fact.
    pub message: Message<'a>,
}

impl<'a> Report<'a> {
    /// A report of your own, for a [`StatusReader`](crate::StatusReader).
    pub const fn new(status: Status, message: Message<'a>) -> Self {
        Self { status, message }
    }

    /// The report about an object that could not be judged: the error, without the object's name, is
    /// its sentence.
    pub fn unknown(error: &Error) -> Self {
        let message = Cow::Owned(error.without_subject());
        Self::new(Status::Unknown, Message::Custom { reason: Cow::Borrowed(""), message })
    }

    pub(crate) const fn current(message: Message<'a>) -> Self {
        Self::new(Status::Current, message)
    }

    pub(crate) const fn in_progress(message: Message<'a>) -> Self {
        Self::new(Status::InProgress, message)
    }

    pub(crate) const fn failed(message: Message<'a>) -> Self {
        Self::new(Status::Failed, message)
    }

    /// The standard condition this object should carry: `Reconciling` while it is in progress,
    /// `Stalled` when it failed, else none.
    ///
    /// It has no transition time and no observed generation; [`augment`](crate::augment) or
    /// [`HasConditions::set`](crate::conditions::HasConditions::set) give it one.
    pub fn condition(&self) -> Option<Condition> {
        let kind = match self.status {
            Status::InProgress => RECONCILING,
            Status::Failed => STALLED,
            _ => return None,
        };
        let message = match self.message.detail() {
            Some(detail) => detail.to_owned(),
            None => self.message.to_string(),
        };
        Some(Condition::new(kind, ConditionStatus::True, self.message.reason(), message))
    }
}
