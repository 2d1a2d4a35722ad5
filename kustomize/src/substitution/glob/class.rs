//! A character class: `[a-cx]`, `[^a-c]`.

use super::decode;

/// The characters between two brackets.
#[derive(Debug)]
pub(super) struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    pub(super) fn accepts(&self, character: char) -> bool {
        let within = |&(low, high): &(char, char)| low <= character && character <= high;
        self.ranges.iter().any(within) != self.negated
    }
}

/// Reads a class after its `[`; `None` when it is malformed.
pub(super) fn read(text: &[u8]) -> Option<(Class, &[u8])> {
    let (negated, mut text) = match text {
        [b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut ranges = Vec::new();
    loop {
        if let ([b']', rest @ ..], false) = (text, ranges.is_empty()) {
            return Some((Class { negated, ranges }, rest));
        }
        let (low, rest) = member(text)?;
        let (high, rest) = match rest {
            [b'-', rest @ ..] => member(rest)?,
            _ => (low, rest),
        };
        ranges.push((low, high));
        text = rest;
    }
}

/// One character, perhaps escaped, with something after it.
fn member(text: &[u8]) -> Option<(char, &[u8])> {
    let text = match text {
        [] | [b'-' | b']', ..] | [b'\\'] => return None,
        [b'\\', rest @ ..] => rest,
        rest => rest,
    };
    let (character, size) = decode(text);
    let rest = &text[size..];
    let broken = character == char::REPLACEMENT_CHARACTER && size == 1;
    (!broken && !rest.is_empty()).then_some((character, rest))
}
