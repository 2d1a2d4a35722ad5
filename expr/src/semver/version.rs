//! A version: its parts, and which of two comes first.

use std::cmp::Ordering;
use std::fmt;

use crate::Error;
use crate::semver::grammar::Scanner;
use crate::semver::quote::quote;

/// A version. It borrows from the text it was read from.
///
/// Two versions are ordered by [`precedence`](Self::precedence), in which metadata does not count;
/// that is why there is no `==` between them.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    numbers: [u64; 3],
    pre: &'a str,
    metadata: &'a str,
    original: &'a str,
}

/// Longer texts are refused.
const MAX_BYTES: usize = 256;

impl<'a> Version<'a> {
    /// Reads a version as people write it: `v1.2`, `1`, `01.2.3` are versions too.
    ///
    /// # Errors
    ///
    /// [`Error::Version`] with Masterminds' text.
    #[doc(alias = "NewVersion")]
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        check_length(text)?;
        let mut scanner = Scanner::new(text);
        scanner.skip("v");
        let numbers = [scanner.digits(), scanner.dotted_digits(), scanner.dotted_digits()];
        let pre = scanner.identifiers("-");
        let metadata = scanner.identifiers("+");
        if numbers[0].is_empty() || !scanner.is_at_end() {
            return Err(refuse("invalid semantic version"));
        }
        let number = |digits: &str| match digits {
            "" => Ok(0),
            digits => parse_number(digits)
                .map_err(|why| refuse(format!("error parsing version segment: {why}"))),
        };
        let [major, minor, patch] = numbers.map(number);
        let numbers = [major?, minor?, patch?];
        check_pre(pre)?;
        Ok(Self { numbers, pre, metadata, original: text })
    }

    /// Reads a version as the standard writes it: three numbers without leading zeros, no `v`.
    ///
    /// # Errors
    ///
    /// [`Error::Version`] with Masterminds' text, which says more than that of
    /// [`parse`](Self::parse).
    #[doc(alias = "StrictNewVersion")]
    pub fn parse_strict(text: &'a str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(refuse("version string empty"));
        }
        check_length(text)?;
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(refuse("invalid semantic version"));
        };
        let (rest, metadata) = rest.split_once('+').map_or((rest, None), |(a, b)| (a, Some(b)));
        metadata.map_or(Ok(()), check_metadata)?;
        let (patch, pre) = rest.split_once('-').map_or((rest, None), |(a, b)| (a, Some(b)));
        pre.map_or(Ok(()), check_identifiers)?;
        for part in [major, minor, patch] {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(refuse("invalid characters in version"));
            }
            if part.len() > 1 && part.starts_with('0') {
                return Err(refuse("version segment starts with 0"));
            }
        }
        let number = |part| parse_number(part).map_err(refuse);
        let numbers = [number(major)?, number(minor)?, number(patch)?];
        let (pre, metadata) = (pre.unwrap_or_default(), metadata.unwrap_or_default());
        Ok(Self { numbers, pre, metadata, original: text })
    }

    pub(crate) fn from_parts(numbers: [u64; 3], pre: &'a str) -> Self {
        Self { numbers, pre, metadata: "", original: "" }
    }

    /// The first number.
    pub fn major(&self) -> u64 {
        self.numbers[0]
    }

    /// The second number, 0 when it was left out.
    pub fn minor(&self) -> u64 {
        self.numbers[1]
    }

    /// The third number, 0 when it was left out.
    pub fn patch(&self) -> u64 {
        self.numbers[2]
    }

    /// What follows the dash: `rc.1`. Empty for a release.
    pub fn pre_release(&self) -> &'a str {
        self.pre
    }

    /// What follows the plus sign.
    pub fn metadata(&self) -> &'a str {
        self.metadata
    }

    /// The text that the version was read from, with its `v` and all.
    pub fn original(&self) -> &'a str {
        self.original
    }

    /// Which of two versions comes first. Metadata does not count: `1.2.3+a` and `1.2.3+b` are
    /// equal.
    #[doc(alias = "Compare")]
    pub fn precedence(&self, other: &Version<'_>) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.pre, other.pre) {
            ("", "") => Ordering::Equal,
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (a, b) => compare_pre(a, b),
        })
    }
}

/// `major.minor.patch-pre+metadata`, with what was left out filled in.
impl fmt::Display for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

/// Compares pre-releases identifier by identifier; a shorter one comes first.
pub(crate) fn compare_pre(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => match compare_identifiers(a.unwrap_or_default(), b.unwrap_or_default()) {
                Ordering::Equal => {}
                decided => return decided,
            },
        }
    }
}

/// Numbers come before words. What does not fit 64 bits is a word, as upstream has it.
fn compare_identifiers(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    if a.is_empty() || b.is_empty() {
        return a.len().cmp(&b.len());
    }
    match (number(a), number(b)) {
        (Some(a), Some(b)) if a > b => Ordering::Greater,
        (Some(_), _) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

fn refuse(message: impl Into<String>) -> Error {
    Error::Version { message: message.into() }
}

fn check_length(text: &str) -> Result<(), Error> {
    if text.len() > MAX_BYTES {
        return Err(refuse(format!("version string is too long (max {MAX_BYTES} bytes)")));
    }
    Ok(())
}

/// Digits and nothing else, as far as 64 bits go.
fn number(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// Reads digits, and words a failure as Go does.
fn parse_number(digits: &str) -> Result<u64, String> {
    number(digits).ok_or_else(|| {
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let why = if plain { "value out of range" } else { "invalid syntax" };
        format!("strconv.ParseUint: parsing {}: {why}", quote(digits))
    })
}

/// Checks an optional pre-release: upstream's two ways to read a version share this check.
fn check_pre(pre: &str) -> Result<(), Error> {
    if pre.is_empty() { Ok(()) } else { check_identifiers(pre) }
}

fn is_identifier(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn check_identifiers(pre: &str) -> Result<(), Error> {
    for part in pre.split('.') {
        if !is_identifier(part) {
            return Err(refuse("invalid prerelease string"));
        }
        let number = part.bytes().all(|byte| byte.is_ascii_digit());
        if number && part.len() > 1 && part.starts_with('0') {
            return Err(refuse("version segment starts with 0"));
        }
    }
    Ok(())
}

fn check_metadata(metadata: &str) -> Result<(), Error> {
    if metadata.split('.').all(is_identifier) {
        return Ok(());
    }
    Err(refuse("invalid metadata string"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(a: &str, b: &str) -> Ordering {
        let parse = |text| Version::parse(text).expect("a version");
        parse(a).precedence(&parse(b))
    }

    #[test]
    fn the_order_of_the_standard_holds() {
        let ordered = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.10",
            "2",
        ];
        for pair in ordered.windows(2) {
            assert_eq!(order(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(order(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn metadata_and_the_prefix_do_not_count() {
        assert_eq!(order("v1.2.3+a", "1.2.3+b"), Ordering::Equal);
    }

    #[test]
    fn the_two_ways_to_read_differ() {
        for (text, loose, strict) in [
            ("1.2", None, Some("invalid semantic version")),
            ("v1.2.3", None, Some("invalid characters in version")),
            ("01.2.3", None, Some("version segment starts with 0")),
            ("", Some("invalid semantic version"), Some("version string empty")),
            (
                "1.2.3-01",
                Some("version segment starts with 0"),
                Some("version segment starts with 0"),
            ),
            ("1.2.3-", Some("invalid semantic version"), Some("invalid prerelease string")),
            (
                "1.2.",
                Some("invalid semantic version"),
                Some("strconv.ParseUint: parsing \"\": invalid syntax"),
            ),
            ("1.2.3+a_b", Some("invalid semantic version"), Some("invalid metadata string")),
        ] {
            let why = |read: Result<Version<'_>, Error>| read.err().map(|error| error.to_string());
            assert_eq!(why(Version::parse(text)).as_deref(), loose, "{text}");
            assert_eq!(why(Version::parse_strict(text)).as_deref(), strict, "{text}");
        }
    }

    #[test]
    fn a_long_text_is_refused() {
        let text = format!("1.2.3-{}", "a".repeat(251));
        let error = Version::parse(&text).unwrap_err();
        assert_eq!(error.to_string(), "version string is too long (max 256 bytes)");
    }
}
