//! The pattern tried on one prefix after the other, as upstream does it.

use super::super::budget::{Budget, Spent};
use super::{class, decode};

/// Why a prefix has no verdict.
enum Stop {
    /// The pattern is malformed at a place that matching has reached.
    Malformed,
    Spent(Spent),
}

pub(super) fn prefix(
    pattern: &[u8],
    value: &[u8],
    longest: bool,
    budget: &mut Budget,
) -> Result<usize, Spent> {
    let mut matched = 0;
    for length in (1..=value.len()).rev() {
        match matches(pattern, &value[..length], budget) {
            Ok(true) if longest => return Ok(length),
            Ok(true) => matched = length,
            Ok(false) => {}
            Err(Stop::Malformed) => return Ok(0),
            Err(Stop::Spent(spent)) => return Err(spent),
        }
    }
    Ok(matched)
}

/// Whether the pattern matches all of `name`. A part between two stars is taken where it first
/// fits; the last part has to reach the end.
fn matches(mut pattern: &[u8], mut name: &[u8], budget: &mut Budget) -> Result<bool, Stop> {
    while !pattern.is_empty() {
        let (star, part, rest) = part(pattern);
        pattern = rest;
        if star && part.is_empty() {
            return Ok(true);
        }
        let last = pattern.is_empty();
        let tries = if star { name.len() + 1 } else { 1 };
        let mut left = None;
        for skipped in 0..tries {
            budget.spend(part.len() + 1).map_err(Stop::Spent)?;
            let fits = fit(part, &name[skipped..])?;
            left = fits.filter(|left| !last || left.is_empty());
            if left.is_some() {
                break;
            }
        }
        match left {
            Some(left) => name = left,
            None => return Ok(false),
        }
    }
    Ok(name.is_empty())
}

/// The stars in front, the signs up to the next star, and the rest.
fn part(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|&&byte| byte == b'*').count();
    let pattern = &pattern[stars..];
    let (mut index, mut in_class) = (0, false);
    while let Some(&byte) = pattern.get(index) {
        match byte {
            b'\\' if index + 1 < pattern.len() => index += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => break,
            _ => {}
        }
        index += 1;
    }
    (stars > 0, &pattern[..index], &pattern[index..])
}

/// What is left of `name` when `part` matches its beginning.
fn fit<'a>(mut part: &[u8], mut name: &'a [u8]) -> Result<Option<&'a [u8]>, Stop> {
    while let [sign, after @ ..] = part {
        let [byte, rest @ ..] = name else { return Ok(None) };
        let fits;
        (part, name, fits) = match sign {
            b'?' => (after, &name[decode(name).1..], true),
            b'[' => {
                let (character, size) = decode(name);
                let (class, after) = class::read(after).ok_or(Stop::Malformed)?;
                (after, &name[size..], class.accepts(character))
            }
            b'\\' => {
                let [sign, after @ ..] = after else { return Err(Stop::Malformed) };
                (after, rest, sign == byte)
            }
            sign => (after, rest, sign == byte),
        };
        if !fits {
            return Ok(None);
        }
    }
    Ok(Some(name))
}
