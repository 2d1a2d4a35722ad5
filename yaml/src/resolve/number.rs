//! Numbers as Go's `strconv` reads them.

use std::borrow::Cow;

use crate::options::Dialect;

#[derive(Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Uint(u64),
    Float(f64),
}

/// Reads a word that begins with a digit or a sign.
pub(super) fn parse(text: &str, dialect: Dialect) -> Option<Number> {
    if let Some(int) = short_decimal(text) {
        return Some(Number::Int(int));
    }
    let plain: Cow<'_, str> =
        if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    let (radix, digits) = radix(plain.strip_prefix(['+', '-']).unwrap_or(&plain));
    whole(&plain, radix, digits)
        .or_else(|| is_float(&plain).then(|| float(&plain).map(Number::Float)).flatten())
        .or_else(|| sign_after_prefix(&plain, dialect))
}

/// The common case, without looking at every rule.
fn short_decimal(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let is_plain = bytes.len() < 19
        && bytes.iter().all(u8::is_ascii_digit)
        && (bytes[0] != b'0' || bytes.len() == 1);
    is_plain.then(|| bytes.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

fn radix(unsigned: &str) -> (u32, &str) {
    let prefixed = unsigned.get(..2).zip(unsigned.get(2..)).filter(|(_, rest)| !rest.is_empty());
    match prefixed {
        Some(("0x" | "0X", rest)) => (16, rest),
        Some(("0b" | "0B", rest)) => (2, rest),
        Some(("0o" | "0O", rest)) => (8, rest),
        _ if unsigned.len() > 1 && unsigned.starts_with('0') => (8, &unsigned[1..]),
        _ => (10, unsigned),
    }
}

fn whole(plain: &str, radix: u32, digits: &str) -> Option<Number> {
    if !digits.starts_with(|char: char| char.is_digit(radix)) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    match plain.as_bytes()[0] {
        b'-' if value <= 1 << 63 => Some(Number::Int(0_i64.wrapping_sub_unsigned(value))),
        b'-' => None,
        sign => match i64::try_from(value) {
            Ok(int) => Some(Number::Int(int)),
            Err(_) => (sign != b'+').then_some(Number::Uint(value)),
        },
    }
}

/// `0b-11` is -3: the original strips the prefix and reads a signed number.
fn sign_after_prefix(plain: &str, dialect: Dialect) -> Option<Number> {
    let (digits, radix) = match plain.get(..2)? {
        "0b" => (&plain[2..], 2),
        "0o" if dialect == Dialect::Kyaml => (&plain[2..], 8),
        _ => return None,
    };
    i64::from_str_radix(digits, radix).ok().map(Number::Int)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits(text);
    let rest = &text[whole..];
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => (digits(rest), &rest[digits(rest)..]),
        None => (0, rest),
    };
    if whole + fraction == 0 {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        None => rest.is_empty(),
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Reads a word that begins with a point; underscores may stand between digits.
pub(super) fn point_first(text: &str) -> Option<f64> {
    if !text.contains('_') {
        return float(text);
    }
    let between_digits = |(at, _): (usize, &str)| {
        let around = [text.as_bytes().get(at.wrapping_sub(1)), text.as_bytes().get(at + 1)];
        around.iter().all(|byte| byte.is_some_and(u8::is_ascii_digit))
    };
    text.match_indices('_').all(between_digits).then(|| float(&text.replace('_', ""))).flatten()
}

/// A number that does not fit is no number.
fn float(text: &str) -> Option<f64> {
    text.parse().ok().filter(|float: &f64| float.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sigs(text: &str) -> Option<Number> {
        parse(text, Dialect::Sigs)
    }

    #[test]
    fn every_notation_of_whole_numbers_is_read() {
        for (text, int) in [
            ("0", 0),
            ("-0", 0),
            ("+12", 12),
            ("1_000", 1000),
            ("0x1F", 31),
            ("-0x1f", -31),
            ("0b101", 5),
            ("0o17", 15),
            ("017", 15),
            ("0b-11", -3),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(sigs(text), Some(Number::Int(int)), "{text}");
        }
        assert_eq!(sigs("18446744073709551615"), Some(Number::Uint(u64::MAX)));
    }

    #[test]
    fn what_does_not_fit_is_a_float_or_text() {
        assert_eq!(sigs("99999999999999999999"), Some(Number::Float(1e20)));
        assert_eq!(sigs("+18446744073709551615"), Some(Number::Float(18446744073709551615.0)));
        assert_eq!(sigs("1e999"), None);
        assert_eq!(sigs("0x"), None);
        assert_eq!(sigs("1.2.3"), None);
        assert_eq!(sigs("-"), None);
    }
}
