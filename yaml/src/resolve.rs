//! What a plain word means: null, a boolean, a number, a time, or its own text.

mod number;
mod time;

use std::borrow::Cow;

use self::number::Number;
pub(crate) use self::time::Time;
use crate::options::Dialect;

/// A scalar with its type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Time(Time),
    /// What `!!binary` says, where it is no text.
    Bytes(Vec<u8>),
    /// The text as it stands.
    Text,
}

/// The types of scalars, by the tags that name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    Str,
}

impl Type {
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool => "!!bool",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Str => "!!str",
        }
    }

    fn from_tag(tag: &str) -> Option<Self> {
        [Self::Null, Self::Bool, Self::Int, Self::Float, Self::Timestamp, Self::Str]
            .into_iter()
            .find(|known| known.tag() == tag)
    }
}

impl Resolved {
    pub(crate) fn kind(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) | Self::Uint(_) => Type::Int,
            Self::Float(_) => Type::Float,
            Self::Time(_) => Type::Timestamp,
            Self::Bytes(_) | Self::Text => Type::Str,
        }
    }
}

/// Resolves a word that carries no tag.
pub(crate) fn resolve(text: &str, dialect: Dialect) -> Resolved {
    let Some(&first) = text.as_bytes().first() else { return Resolved::Null };
    match first {
        b'0'..=b'9' | b'+' | b'-' => {
            if let Some(constant) = constant(text, dialect) {
                return constant;
            }
            if let Some(time) = Time::parse(text) {
                return Resolved::Time(time);
            }
            numeric(text, dialect)
        }
        b'.' => constant(text, dialect).unwrap_or_else(|| match number::point_first(text) {
            Some(float) => Resolved::Float(float),
            None => Resolved::Text,
        }),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => {
            constant(text, dialect).unwrap_or(Resolved::Text)
        }
        _ => Resolved::Text,
    }
}

/// Resolves a word under a tag in its short form; other tags than those of scalars are ignored.
pub(crate) fn resolve_as(tag: &str, text: &str, dialect: Dialect) -> Result<Resolved, String> {
    let Some(wanted) = Type::from_tag(tag) else { return Ok(Resolved::Text) };
    if wanted == Type::Str {
        return Ok(Resolved::Text);
    }
    let mut found = resolve(text, dialect);
    if matches!(found, Resolved::Time(_)) && wanted != Type::Timestamp {
        found = numeric(text, dialect);
    }
    match (wanted, found) {
        (Type::Float, Resolved::Int(int)) => Ok(Resolved::Float(int as f64)),
        (wanted, found) if found.kind() == wanted => Ok(found),
        (_, found) => Err(format!("cannot decode {} `{text}` as a {tag}", found.kind().tag())),
    }
}

/// The short form of a tag.
pub(crate) fn short_tag(tag: &str) -> Cow<'_, str> {
    match tag.strip_prefix(LONG_PREFIX) {
        Some(name) => Cow::Owned(format!("!!{name}")),
        None => Cow::Borrowed(tag),
    }
}

/// The long form of a tag.
pub(crate) fn long_tag(tag: &str) -> Cow<'_, str> {
    match tag.strip_prefix("!!") {
        Some(name) => Cow::Owned(format!("{LONG_PREFIX}{name}")),
        None => Cow::Borrowed(tag),
    }
}

const LONG_PREFIX: &str = "tag:yaml.org,2002:";

fn numeric(text: &str, dialect: Dialect) -> Resolved {
    match number::parse(text, dialect) {
        Some(Number::Int(int)) => Resolved::Int(int),
        Some(Number::Uint(uint)) => Resolved::Uint(uint),
        Some(Number::Float(float)) => Resolved::Float(float),
        None => Resolved::Text,
    }
}

fn constant(text: &str, dialect: Dialect) -> Option<Resolved> {
    if text.len() > 5 {
        return None;
    }
    Some(match text {
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Resolved::Float(f64::NEG_INFINITY),
        _ if dialect == Dialect::Sigs => Resolved::Bool(old_bool(text)?),
        _ => return None,
    })
}

/// The booleans that YAML 1.1 has beside true and false.
pub(crate) fn old_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Whether YAML 1.1 would read a number to the base of 60, such as `12:30`.
pub(crate) fn is_base60(text: &str) -> bool {
    if !matches!(text.as_bytes(), [b'0'..=b'9', ..] | [b'+' | b'-', b'0'..=b'9', ..]) {
        return false;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = unsigned.split(':');
    let first = parts.next().unwrap_or_default();
    if !first.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        return false;
    }
    let rest: Vec<&str> = parts.collect();
    let Some((last, middle)) = rest.split_last() else { return false };
    let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
    middle.iter().chain([&last]).all(|part| is_sixtieth(part))
        && fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

fn is_sixtieth(part: &str) -> bool {
    match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [ten, digit] => matches!(ten, b'0'..=b'5') && digit.is_ascii_digit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_is_a_boolean_to_kubernetes_and_a_word_to_kustomize() {
        assert_eq!(resolve("yes", Dialect::Sigs), Resolved::Bool(true));
        assert_eq!(resolve("yes", Dialect::Kyaml), Resolved::Text);
    }

    #[test]
    fn file_modes_are_octal() {
        assert_eq!(resolve("0644", Dialect::Sigs), Resolved::Int(420));
        assert_eq!(resolve("08", Dialect::Sigs), Resolved::Float(8.0));
        assert_eq!(resolve("0o17", Dialect::Kyaml), Resolved::Int(15));
        assert_eq!(resolve("0o17", Dialect::Sigs), Resolved::Int(15));
    }

    #[test]
    fn a_tag_that_does_not_fit_names_both_types() {
        let error = resolve_as("!!int", "x", Dialect::Sigs).unwrap_err();
        assert_eq!(error, "cannot decode !!str `x` as a !!int");
    }

    #[test]
    fn a_clock_time_is_a_number_to_the_base_of_sixty() {
        assert!(is_base60("12:30:45"));
        assert!(is_base60("-1_0:30.5"));
        assert!(!is_base60("12:60"));
        assert!(!is_base60("12"));
    }
}
