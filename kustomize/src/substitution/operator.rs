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

    /// Appends the value of the expression to `out`: bytes, as an offset may cut a character in two.
    pub(super) fn apply(
        self,
        value: &str,
        arguments: &[Argument<'_>],
        budget: &mut Budget,
        out: &mut Vec<u8>,
    ) -> Result<(), Spent> {
        let bytes = value.as_bytes();
        match self {
            Self::Default if value.is_empty() => out.extend_from_slice(&arguments.concat()),
            Self::Plain | Self::Default => out.extend_from_slice(bytes),
            Self::Length => out.extend_from_slice(value.len().to_string().as_bytes()),
            Self::Case { upper, all } => {
                out.extend_from_slice(in_case(value, upper, all).as_bytes());
            }
            Self::Substring => out.extend_from_slice(substring(bytes, arguments)),
            Self::Remove { end, longest } => {
                out.extend_from_slice(&remove(bytes, first(arguments), end, longest, budget)?);
            }
            Self::ReplaceFirst => replace(bytes, arguments, 1, budget, out)?,
            Self::ReplaceAll => replace(bytes, arguments, usize::MAX, budget, out)?,
            Self::ReplaceAt(end) => replace_at(bytes, arguments, end, out),
        }
        Ok(())
    }
}

fn in_case(value: &str, upper: bool, all: bool) -> String {
    match (upper, all) {
        (true, true) => case::upper(value),
        (false, true) => case::lower(value),
        (true, false) => case::first(value, case::upper_char),
        (false, false) => case::first(value, case::lower_char),
    }
}

/// What stands after an operator, already expanded.
type Argument<'a> = Cow<'a, [u8]>;

fn first<'a>(arguments: &'a [Argument<'_>]) -> &'a [u8] {
    arguments.first().map_or(&[], |argument| argument)
}

fn second<'a>(arguments: &'a [Argument<'_>]) -> &'a [u8] {
    arguments.get(1).map_or(&[], |argument| argument)
}

/// Bytes from an offset on. What is not a number leaves the value whole, as in a shell.
fn substring<'a>(value: &'a [u8], arguments: &[Argument<'_>]) -> &'a [u8] {
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
fn remove<'a>(
    value: &'a [u8],
    pattern: &[u8],
    end: End,
    longest: bool,
    budget: &mut Budget,
) -> Result<Cow<'a, [u8]>, Spent> {
    if end == End::Start {
        let matched = Pattern::new(pattern).prefix(value, longest, budget)?;
        return Ok(Cow::Borrowed(&value[matched..]));
    }
    let (value, pattern) = (glob::reverse(value), glob::reverse(pattern));
    let matched = Pattern::new(&pattern).prefix(&value, longest, budget)?;
    Ok(Cow::Owned(glob::reverse(&value[matched..])))
}

/// Replaces up to `count` occurrences of the first argument by the second; an empty one stands
/// before every character and at the end.
fn replace(
    value: &[u8],
    arguments: &[Argument<'_>],
    count: usize,
    budget: &mut Budget,
    out: &mut Vec<u8>,
) -> Result<(), Spent> {
    let (old, new) = (first(arguments), second(arguments));
    let mut copied = 0;
    let mut put = |start: usize| {
        budget.spend(new.len())?;
        out.extend_from_slice(&value[copied..start]);
        out.extend_from_slice(new);
        copied = start + old.len();
        Ok(())
    };
    match old {
        [] => glob::boundaries(value).take(count).try_for_each(&mut put)?,
        old => memmem::find_iter(value, old).take(count).try_for_each(&mut put)?,
    }
    out.extend_from_slice(&value[copied..]);
    Ok(())
}

/// Replaces the first argument at one end. Upstream does nothing unless there is a second.
fn replace_at(value: &[u8], arguments: &[Argument<'_>], end: End, out: &mut Vec<u8>) {
    let rest = match (arguments, end) {
        ([old, _], End::Start) => value.strip_prefix(old.as_ref()),
        ([old, _], End::Stop) => value.strip_suffix(old.as_ref()),
        _ => None,
    };
    match (rest, end) {
        (None, _) => out.extend_from_slice(value),
        (Some(rest), End::Start) => out.extend([second(arguments), rest].concat()),
        (Some(rest), End::Stop) => out.extend([rest, second(arguments)].concat()),
    }
}
