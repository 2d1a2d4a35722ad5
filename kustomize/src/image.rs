//! References to container images.

use regex::Regex;

use crate::pattern;

/// The parts of a reference; without a colon and an at sign.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Image<'a> {
    pub(crate) name: &'a str,
    pub(crate) tag: &'a str,
    pub(crate) digest: &'a str,
}

impl<'a> Image<'a> {
    /// Takes a reference apart. The part before the first slash may be a host with a port.
    pub(crate) fn parse(text: &'a str) -> Self {
        let from = text.find('/').unwrap_or_default();
        let find = |sign: char| text[from..].find(sign).map(|at| at + from);
        match (find(':'), find('@')) {
            (None, None) => Self { name: text, ..Self::default() },
            (Some(colon), Some(at)) if colon < at => {
                let (tag, digest) = (&text[colon..at], &text[at..]);
                Self { name: &text[..colon], tag: without(tag, ':'), digest: without(digest, '@') }
            }
            (_, Some(at)) => Self { name: &text[..at], tag: "", digest: without(&text[at..], '@') },
            (Some(colon), None) => {
                Self { name: &text[..colon], tag: without(&text[colon..], ':'), digest: "" }
            }
        }
    }
}

fn without(text: &str, sign: char) -> &str {
    text.strip_prefix(sign).unwrap_or(text)
}

/// Which references an entry of `images` means.
///
/// Its name is a part of a regular expression in the original, dots and all; most contain nothing
/// that matters but dots, and are compared character by character.
#[derive(Debug)]
pub(crate) struct Matcher(Pattern);

#[derive(Debug)]
enum Pattern {
    /// A dot stands for any character.
    Dotted(String),
    Expression(Box<Regex>),
}

impl Matcher {
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        let is_ordinary = |char: char| {
            char.is_alphanumeric() || matches!(char, '.' | '/' | '-' | '_' | ':' | '@')
        };
        if name.chars().all(is_ordinary) {
            return Ok(Self(Pattern::Dotted(name.to_owned())));
        }
        let tag = "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?";
        match pattern::compile(&format!("^{name}{tag}$")) {
            Ok(expression) => Ok(Self(Pattern::Expression(Box::new(expression)))),
            Err(_) => Err(format!("image name {name:?} is no regular expression")),
        }
    }

    pub(crate) fn matches(&self, reference: &str) -> bool {
        match &self.0 {
            Pattern::Expression(expression) => expression.is_match(reference),
            Pattern::Dotted(name) => dotted(reference, name).is_some_and(is_tag_and_digest),
        }
    }
}

/// What follows the name.
fn dotted<'r>(reference: &'r str, name: &str) -> Option<&'r str> {
    let mut rest = reference.chars();
    for wanted in name.chars() {
        let found = rest.next()?;
        if found != wanted && (wanted != '.' || found == '\n') {
            return None;
        }
    }
    Some(rest.as_str())
}

fn is_tag_and_digest(rest: &str) -> bool {
    let is_word = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'{' | b'}' | b'-'))
    };
    let (tag, digest) = match rest.find('@') {
        Some(at) => (&rest[..at], Some(&rest[at..])),
        None => (rest, None),
    };
    (tag.is_empty() || tag.strip_prefix(':').is_some_and(is_word))
        && digest.is_none_or(|digest| digest.strip_prefix("@sha256:").is_some_and(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_a_name_and_maybe_tag_and_digest() {
        let parts = |text| {
            let Image { name, tag, digest } = Image::parse(text);
            (name, tag, digest)
        };
        assert_eq!(parts("nginx"), ("nginx", "", ""));
        assert_eq!(parts("nginx:1.2"), ("nginx", "1.2", ""));
        assert_eq!(parts("nginx@sha256:ab"), ("nginx", "", "sha256:ab"));
        assert_eq!(parts("nginx:1@sha256:ab"), ("nginx", "1", "sha256:ab"));
        assert_eq!(parts("foo.com:443/nginx:1@sha256:a"), ("foo.com:443/nginx", "1", "sha256:a"));
        assert_eq!(parts("foo.com:443/nginx"), ("foo.com:443/nginx", "", ""));
        // Without a slash a port looks like a tag.
        assert_eq!(parts("foo.com:443"), ("foo.com", "443", ""));
    }

    #[test]
    fn a_name_is_half_a_regular_expression() {
        let matches = |name, reference| Matcher::new(name).unwrap().matches(reference);
        assert!(matches("nginx", "nginx"));
        assert!(matches("nginx", "nginx:1.2@sha256:ab"));
        assert!(matches("nginx", "nginx:{TAG}"));
        assert!(!matches("nginx", "nginx2"));
        assert!(!matches("nginx", "library/nginx"));
        assert!(!matches("nginx", "nginx@sha512:ab"));
        assert!(matches("foo.io/a", "fooxio/a:1"));
        assert!(matches("foo.*", "foo/bar:1"));
        assert!(matches("(a|b)", "b:1"));
        assert!(Matcher::new("a(").is_err());
    }
}
