//! Reads versions and constraints from left to right.

/// A place in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// Longest first.
const OPERATORS: [&str; 11] = ["!=", ">=", "=>", "<=", "=<", "~>", "=", ">", "<", "~", "^"];

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The same text from another place on.
    pub(crate) fn from(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    pub(crate) fn skip(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn run(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.bytes().take_while(|&byte| wanted(byte)).count();
        self.at += end;
        &rest[..end]
    }

    pub(crate) fn digits(&mut self) -> &'a str {
        self.run(|byte| byte.is_ascii_digit())
    }

    /// `.2`, without the dot; nothing when there is no digit behind it.
    pub(crate) fn dotted_digits(&mut self) -> &'a str {
        self.dotted(Self::digits)
    }

    fn dotted(&mut self, part: fn(&mut Self) -> &'a str) -> &'a str {
        let start = self.at;
        let found = if self.skip(".") { part(self) } else { "" };
        if found.is_empty() {
            self.at = start;
        }
        found
    }

    /// `-rc.1` or `+build.7`, without the sign; nothing when what follows is no identifier.
    pub(crate) fn identifiers(&mut self, sign: &str) -> &'a str {
        let start = self.at;
        let identifier =
            |scanner: &mut Self| scanner.run(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !self.skip(sign) || identifier(self).is_empty() {
            self.at = start;
            return "";
        }
        while !self.dotted(identifier).is_empty() {}
        &self.text[start + sign.len()..self.at]
    }

    /// Blanks and line ends; whether there were any.
    pub(crate) fn blank(&mut self) -> bool {
        !self.run(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)).is_empty()
    }

    pub(crate) fn operator(&mut self) -> &'static str {
        let found = OPERATORS.into_iter().find(|operator| self.rest().starts_with(operator));
        let found = found.unwrap_or_default();
        self.at += found.len();
        found
    }

    /// A version in which `x`, `X` and `*` stand for any number.
    pub(crate) fn pattern(&mut self) -> Option<Pattern<'a>> {
        let start = self.at;
        self.skip("v");
        // Upstream's expression lists its alternatives within a bracket, bars included.
        let part = |scanner: &mut Self| {
            scanner.run(|byte| byte.is_ascii_digit() || matches!(byte, b'|' | b'x' | b'X' | b'*'))
        };
        let major = part(self);
        if major.is_empty() {
            self.at = start;
            return None;
        }
        let minor = self.dotted(part);
        let patch = self.dotted(part);
        let pre = self.identifiers("-");
        self.identifiers("+");
        let text = &self.text[start..self.at];
        Some(Pattern { text, numbers: [major, minor, patch], pre })
    }
}

/// `v1.2.x-rc.1+build`, taken apart but not yet judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pattern<'a> {
    pub(crate) text: &'a str,
    /// What was left out is empty.
    pub(crate) numbers: [&'a str; 3],
    pub(crate) pre: &'a str,
}
