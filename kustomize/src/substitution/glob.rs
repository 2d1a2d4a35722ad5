//! Which beginning of a value a pattern matches: `*`, `?`, `[a-z]`, `[^a-z]`, `\x`; `*` crosses `/`.
//!
//! Upstream tries the pattern on every prefix, longest first, which is cubic. A well-formed pattern
//! is run over the value once here. What cannot be: a malformed pattern (its error only counts when
//! matching gets that far) and `?` or a class over characters of several bytes (a prefix may end
//! within one). Those go prefix by prefix, on a budget.

mod class;
mod stepwise;

use self::class::Class;
use super::budget::{Budget, Spent};

/// A pattern, read once.
#[derive(Debug)]
pub(super) struct Pattern<'a> {
    text: &'a [u8],
    /// `None` when it is malformed.
    tokens: Option<Vec<Token>>,
}

#[derive(Debug)]
enum Token {
    Star,
    Any,
    Byte(u8),
    Class(Class),
}

impl<'a> Pattern<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, tokens: tokens(text) }
    }

    /// The length of the longest or shortest beginning of `value` that matches, never the empty
    /// one; 0 when there is none.
    pub(super) fn prefix(
        &self,
        value: &[u8],
        longest: bool,
        budget: &mut Budget,
    ) -> Result<usize, Spent> {
        match &self.tokens {
            Some(tokens) if value.is_ascii() || tokens.iter().all(Token::is_bytewise) => {
                in_one_pass(tokens, value, longest, budget)
            }
            _ => stepwise::prefix(self.text, value, longest, budget),
        }
    }
}

impl Token {
    fn is_bytewise(&self) -> bool {
        matches!(self, Self::Star | Self::Byte(_))
    }

    fn accepts(&self, byte: u8) -> bool {
        match self {
            Self::Star | Self::Any => true,
            Self::Byte(wanted) => *wanted == byte,
            Self::Class(class) => class.accepts(char::from(byte)),
        }
    }
}

fn tokens(mut text: &[u8]) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    while let [sign, rest @ ..] = text {
        (text, _) = match (sign, rest) {
            (b'*', rest) => (rest, tokens.push(Token::Star)),
            (b'?', rest) => (rest, tokens.push(Token::Any)),
            (b'[', rest) => {
                let (class, rest) = class::read(rest)?;
                (rest, tokens.push(Token::Class(class)))
            }
            (b'\\', []) => return None,
            (b'\\', [byte, rest @ ..]) | (byte, rest) => (rest, tokens.push(Token::Byte(*byte))),
        };
    }
    Some(tokens)
}

/// Keeps, byte by byte, the set of places in the pattern that the value could have led to.
fn in_one_pass(
    tokens: &[Token],
    value: &[u8],
    longest: bool,
    budget: &mut Budget,
) -> Result<usize, Spent> {
    let mut reached = vec![false; tokens.len() + 1];
    reached[0] = true;
    skip_stars(tokens, &mut reached);
    let mut next = reached.clone();
    let mut matched = 0;
    for (index, &byte) in value.iter().enumerate() {
        budget.spend(tokens.len() + 1)?;
        next.fill(false);
        for (place, token) in tokens.iter().enumerate().filter(|&(place, _)| reached[place]) {
            if token.accepts(byte) {
                let stays = matches!(token, Token::Star);
                next[if stays { place } else { place + 1 }] = true;
            }
        }
        skip_stars(tokens, &mut next);
        std::mem::swap(&mut reached, &mut next);
        if reached[tokens.len()] {
            matched = index + 1;
            if !longest {
                break;
            }
        }
        if !reached.contains(&true) {
            break;
        }
    }
    Ok(matched)
}

/// A star may match nothing.
fn skip_stars(tokens: &[Token], reached: &mut [bool]) {
    for (place, token) in tokens.iter().enumerate() {
        if reached[place] && matches!(token, Token::Star) {
            reached[place + 1] = true;
        }
    }
}

/// The characters of `text` in reverse; every byte that belongs to none becomes U+FFFD.
pub(super) fn reverse(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.iter().rev().copied().collect();
    }
    let mut reversed = Vec::with_capacity(text.len());
    let mut starts: Vec<usize> = boundaries(text).collect();
    starts.pop();
    for start in starts.into_iter().rev() {
        let (character, _) = decode(&text[start..]);
        reversed.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    reversed
}

/// Where characters begin, and the end.
pub(super) fn boundaries(text: &[u8]) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(0), move |&start| {
        (start < text.len()).then(|| start + decode(&text[start..]).1)
    })
}

/// The first character and its size; U+FFFD of size 1 for a byte that begins none, as in Go.
fn decode(text: &[u8]) -> (char, usize) {
    let candidate = &text[..text.len().min(4)];
    let valid = match std::str::from_utf8(candidate) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&candidate[..error.valid_up_to()]).unwrap_or_default(),
    };
    valid
        .chars()
        .next()
        .map_or((char::REPLACEMENT_CHARACTER, 1), |character| (character, character.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(pattern: &str, value: &str, longest: bool) -> usize {
        let (pattern, value) = (pattern.as_bytes(), value.as_bytes());
        let mut budget = Budget::default();
        let once = Pattern::new(pattern).prefix(value, longest, &mut budget);
        let steps = stepwise::prefix(pattern, value, longest, &mut budget);
        assert_eq!(once, steps, "{pattern:?} on {value:?}");
        once.expect("within the budget")
    }

    #[test]
    fn the_two_ways_of_matching_agree() {
        let (signs, letters) = (b"*?ab[]-^\\c", b"abc-]");
        let mut seed = 7_u64;
        let mut draw = |from: &[u8], most: u64| {
            let mut next = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                seed >> 33
            };
            let length = next() % (most + 1);
            let pick = |_| char::from(from[usize::try_from(next()).unwrap() % from.len()]);
            (0..length).map(pick).collect::<String>()
        };
        for _ in 0..20_000 {
            let (pattern, value) = (draw(signs, 6), draw(letters, 6));
            both(&pattern, &value, true);
            both(&pattern, &value, false);
        }
    }

    #[test]
    fn a_star_crosses_slashes() {
        assert_eq!(both("*/", "/a/b/c", true), 5);
        assert_eq!(both("*/", "/a/b/c", false), 1);
        assert_eq!(both("[^a-c]?", "xyz", true), 2);
    }

    #[test]
    fn a_class_that_does_not_end_matches_nothing() {
        assert_eq!(both("[a", "a", true), 0);
        assert_eq!(both("b[a", "ab", true), 0);
        assert_eq!(both("[]a]", "]", true), 0);
    }

    #[test]
    fn a_prefix_may_end_within_a_character() {
        // `?` takes the first of the two bytes of é when the prefix ends there.
        assert_eq!(both("h?", "hé", false), 2);
        assert_eq!(both("h?", "hé", true), 3);
        assert_eq!(reverse("hé".as_bytes()), "éh".as_bytes());
        assert_eq!(reverse(b"h\xC3"), "\u{FFFD}h".as_bytes());
    }

    #[test]
    fn a_pattern_over_a_large_value_takes_one_pass() {
        let value = "a/".repeat(100_000);
        let mut budget = Budget::default();
        let matched = Pattern::new(b"*a*/").prefix(value.as_bytes(), true, &mut budget);
        assert_eq!(matched, Ok(value.len()));
    }

    #[test]
    fn a_costly_pattern_ends() {
        let value = "é".repeat(50_000);
        let mut budget = Budget::default();
        assert!(Pattern::new(b"*?*?x").prefix(value.as_bytes(), true, &mut budget).is_err());
    }
}
