//! What an expression does with its variable.

use std::borrow::Cow;

use memchr::memmem;

use super::budget::{Budget, Spent};
use super::glob::Pattern;
use super::{case, glob};

/// The sign after the name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operator {
    /// `${v}`, and `${v,^}`, which upstream reads and then ignores.
    Plain,
    /// `${#v}`
    Length,
    /// `^`, `^^`, `,`, `,,`
    Case { upper: bool, all: bool },
    /// `:-`, `:=`, `=`, `:+`, `:?`
    Default,
    /// `:offset` or `:offset:length`
    Substring,
    /// `#`, `##`, `%`, `%%`
    Remove { end: End, longest: bool },
    /// `/`
    ReplaceFirst,
    /// `//`
    ReplaceAll,
    /// `/#` and `/%`
    ReplaceAt(End),
}

/// Which end of a value an operator works on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    Start,
    Stop,
}

impl Operator {
    /// Whether it has its own answer for a variable that is not set.
    pub(super) fn tolerates_unset(self) -> bool {
        self == Self::Default
    }

    /// The value of the expression. Results are bytes: an offset may cut a character in two.
    pub(super) fn apply(
        self,
        value: String,
        arguments: &[Vec<u8>],
        budget: &mut Budget,
    ) -> Result<Vec<u8>, Spent> {
        Ok(match self {
            Self::Plain => value.into_bytes(),
            Self::Length => value.len().to_string().into_bytes(),
            Self::Case { upper: true, all: true } => case::upper(&value).into_bytes(),
            Self::Case { upper: false, all: true } => case::lower(&value).into_bytes(),
            Self::Case { upper: true, .. } => case::first(&value, case::upper_char).into_bytes(),
            Self::Case { .. } => case::first(&value, case::lower_char).into_bytes(),
            Self::Default if value.is_empty() => arguments.concat(),
            Self::Default => value.into_bytes(),
            Self::Substring => substring(value.as_bytes(), arguments).to_vec(),
            Self::Remove { end, longest } => {
                remove(value.as_bytes(), first(arguments), end, longest, budget)?
            }
            Self::ReplaceFirst => {
                replace(value.as_bytes(), first(arguments), second(arguments), 1, budget)?
            }
            Self::ReplaceAll => {
                replace(value.as_bytes(), first(arguments), second(arguments), usize::MAX, budget)?
            }
            Self::ReplaceAt(end) => replace_at(value.into_bytes(), arguments, end),
        })
    }
}

fn first(arguments: &[Vec<u8>]) -> &[u8] {
    arguments.first().map_or(&[], Vec::as_slice)
}

fn second(arguments: &[Vec<u8>]) -> &[u8] {
    arguments.get(1).map_or(&[], Vec::as_slice)
}

/// Bytes from an offset on. What is not a number leaves the value whole, as in a shell.
fn substring<'a>(value: &'a [u8], arguments: &[Vec<u8>]) -> &'a [u8] {
    let Some(offset) = number(first(arguments)) else { return value };
    let size = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let start = if offset < 0 { size.saturating_add(offset).max(0) } else { offset };
    let stop = match arguments.get(1).map(|length| number(length)) {
        None => size,
        Some(None) => return value,
        Some(Some(length)) if length < 0 => size.saturating_add(length),
        Some(Some(length)) => start.saturating_add(length).min(size),
    };
    match (usize::try_from(start), usize::try_from(stop)) {
        (Ok(start), Ok(stop)) => value.get(start..stop).unwrap_or_default(),
        _ => &[],
    }
}

/// A decimal number with an optional sign that fits 64 bits.
fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The value without the part at one end that the pattern matches.
///
/// The end of a value is its reversed beginning, matched by the reversed pattern: a character class
/// reads backwards then and matches nothing.
fn remove(
    value: &[u8],
    pattern: &[u8],
    end: End,
    longest: bool,
    budget: &mut Budget,
) -> Result<Vec<u8>, Spent> {
    let (value, pattern) = match end {
        End::Start => (Cow::Borrowed(value), Cow::Borrowed(pattern)),
        End::Stop => (Cow::Owned(glob::reverse(value)), Cow::Owned(glob::reverse(pattern))),
    };
    let matched = Pattern::new(&pattern).prefix(&value, longest, budget)?;
    let kept = &value[matched..];
    Ok(match end {
        End::Start => kept.to_vec(),
        End::Stop => glob::reverse(kept),
    })
}

/// Replaces up to `count` occurrences of `old`; an empty `old` stands before every character and
/// at the end.
fn replace(
    value: &[u8],
    old: &[u8],
    new: &[u8],
    count: usize,
    budget: &mut Budget,
) -> Result<Vec<u8>, Spent> {
    let ends: Box<dyn Iterator<Item = usize>> = match old {
        [] => Box::new(glob::boundaries(value)),
        old => Box::new(memmem::find_iter(value, old)),
    };
    let (mut result, mut copied) = (Vec::with_capacity(value.len()), 0);
    for start in ends.take(count) {
        budget.spend(new.len())?;
        result.extend_from_slice(&value[copied..start]);
        result.extend_from_slice(new);
        copied = start + old.len();
    }
    result.extend_from_slice(&value[copied..]);
    Ok(result)
}

/// Replaces `old` at one end. Upstream does nothing unless there is something to put in its place.
fn replace_at(value: Vec<u8>, arguments: &[Vec<u8>], end: End) -> Vec<u8> {
    let [old, new] = arguments else { return value };
    let replaced = match end {
        End::Start => value.strip_prefix(old.as_slice()).map(|rest| [new, rest].concat()),
        End::Stop => value.strip_suffix(old.as_slice()).map(|rest| [rest, new].concat()),
    };
    replaced.unwrap_or(value)
}
