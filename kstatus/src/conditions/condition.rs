//! One condition, as `metav1.Condition` has it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::time;

/// The most bytes a message may have; the API server refuses longer ones.
pub const MESSAGE_LIMIT: usize = 32_768;

const ELLIPSIS: &str = "...";

/// One observation about an object, with the time it last changed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Condition {
    /// What is observed: `Ready`, `Stalled` … One condition per type and object.
    pub r#type: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Generation of the spec the observation was made for; 0 when not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// When status, reason or message last changed, in whole seconds; `None` before it was set.
    #[serde(default, with = "time::wire")]
    pub last_transition_time: Option<Timestamp>,
    /// Why, as one word in `PascalCase`.
    #[serde(default)]
    pub reason: String,
    /// Why, as a sentence for people; at most [`MESSAGE_LIMIT`] bytes.
    #[serde(default)]
    pub message: String,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[expect(clippy::exhaustive_enums, reason = "the API knows these three")]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It cannot be told.
    Unknown,
}

impl Condition {
    /// A condition that was just observed. Setting it on an object fills in the rest.
    pub fn new(
        r#type: impl Into<String>,
        status: ConditionStatus,
        reason: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            r#type: r#type.into(),
            status,
            observed_generation: 0,
            last_transition_time: None,
            reason: reason.into(),
            message: message.into(),
        }
    }

    /// Whether type, status, reason and message are the same: what was observed, not when.
    pub fn same_state(&self, other: &Self) -> bool {
        self.r#type == other.r#type
            && self.status == other.status
            && self.reason == other.reason
            && self.message == other.message
    }
}

impl ConditionStatus {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }

    /// What a condition of the opposite polarity would say.
    pub(crate) const fn inverted(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl fmt::Display for ConditionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Cuts a message to at most `limit` bytes, `...` included, never inside a character.
///
/// A limit below three is three: there is always room for the dots.
pub fn trim_message(mut message: String, limit: usize) -> String {
    let limit = limit.max(ELLIPSIS.len());
    if message.len() > limit {
        let end = (0..=limit - ELLIPSIS.len()).rev().find(|&at| message.is_char_boundary(at));
        message.truncate(end.unwrap_or(0));
        message.push_str(ELLIPSIS);
    }
    message
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_within_the_limit_stays() {
        assert_eq!(trim_message("abcdef".to_owned(), 6), "abcdef");
    }

    #[test]
    fn a_longer_message_ends_in_dots_and_has_exactly_the_limit() {
        assert_eq!(trim_message("abcdefg".to_owned(), 6), "abc...");
        assert_eq!(trim_message("abcdefg".to_owned(), 0), "...");
    }

    #[test]
    fn a_message_is_not_cut_inside_a_character() {
        assert_eq!(trim_message("ab€defg".to_owned(), 7), "ab...");
    }
}
