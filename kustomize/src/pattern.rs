//! Regular expressions as Go reads them, written as our crate reads them.
//!
//! Go and the `regex` crate know the same language, and spell some of it otherwise: a brace that
//! repeats nothing is a brace, a bracket within brackets is a bracket, `\d` is ASCII, `\<` a sign.
//! The grammar is <https://pkg.go.dev/regexp/syntax@go1.26.0>.

use std::fmt::Write as _;

use regex::{Regex, RegexBuilder};

/// Compiles a regular expression of Go's.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = Translation::new(pattern).whole();
    let built = translated.and_then(|it| RegexBuilder::new(&it).size_limit(1 << 20).build().ok());
    built.ok_or_else(|| format!("{pattern:?} is no regular expression"))
}

/// The names that may stand between `[:` and `:]`.
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// More repetitions than these are an error.
const MAX_REPEAT: u32 = 1000;

struct Translation<'p> {
    rest: &'p str,
    written: String,
    /// Whether what was written last is a repetition, which cannot be repeated.
    is_repeated: bool,
}

impl<'p> Translation<'p> {
    fn new(pattern: &'p str) -> Self {
        Self { rest: pattern, written: String::with_capacity(pattern.len()), is_repeated: false }
    }

    /// The whole pattern, or nothing where Go has an error.
    fn whole(mut self) -> Option<String> {
        while let Some(char) = self.next() {
            let was_repeated = std::mem::take(&mut self.is_repeated);
            match char {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '*' | '+' | '?' => self.repeat(was_repeated, &char.to_string())?,
                '{' => match self.counts() {
                    Some((counts, rest)) => {
                        self.rest = rest;
                        self.repeat(was_repeated, &counts?)?;
                    }
                    None => self.literal('{'),
                },
                other => self.written.push(other),
            }
        }
        Some(self.written)
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let char = chars.next()?;
        self.rest = chars.as_str();
        Some(char)
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// A character that stands for itself, also where signs mean something.
    fn literal(&mut self, char: char) {
        if char.is_ascii_alphanumeric() || !char.is_ascii() {
            self.written.push(char);
        } else {
            let _ = write!(self.written, "\\x{{{:x}}}", u32::from(char));
        }
    }

    fn repeat(&mut self, was_repeated: bool, sign: &str) -> Option<()> {
        self.written.push_str(sign);
        if self.skip("?") {
            self.written.push('?');
        }
        self.is_repeated = true;
        (!was_repeated).then_some(())
    }

    /// `n}`, `n,}` or `n,m}`, and what follows; the inner is nothing where the numbers are too large.
    fn counts(&self) -> Option<(Option<String>, &'p str)> {
        let (counts, rest) = self.rest.split_once('}')?;
        let (least, most) = counts.split_once(',').map_or((counts, None), |(a, b)| (a, Some(b)));
        let is_number = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_digit())
                && (text.len() == 1 || !text.starts_with('0'))
                && !text.is_empty()
        };
        if !is_number(least) || most.is_some_and(|most| !most.is_empty() && !is_number(most)) {
            return None;
        }
        let number = |text: &str| text.parse().ok().filter(|number: &u32| *number <= MAX_REPEAT);
        let valid = match (number(least), most) {
            (Some(_), None | Some("")) => true,
            (Some(least), Some(most)) => number(most).is_some_and(|most| least <= most),
            (None, _) => false,
        };
        Some((valid.then(|| format!("{{{counts}}}")), rest))
    }

    /// What follows `(`: nothing, a name, or flags, of which Go has four.
    fn group(&mut self) -> Option<()> {
        self.written.push('(');
        if !self.skip("?") {
            return Some(());
        }
        let is_named = self.rest.starts_with("P<") || self.rest.starts_with('<');
        let end = if is_named { self.rest.find('>') } else { self.rest.find([':', ')']) };
        let (words, rest) = self.rest.split_at(end?);
        let _ = write!(self.written, "?{words}");
        self.rest = rest;
        (is_named || words.bytes().all(|flag| b"imsU-".contains(&flag))).then_some(())
    }

    fn escape(&mut self) -> Option<()> {
        let before = self.rest;
        match self.next()? {
            'Q' => {
                let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                text.chars().for_each(|char| self.literal(char));
                self.rest = rest;
            }
            sign @ ('A' | 'z') => self.written.extend(['\\', sign]),
            edge @ ('b' | 'B') => {
                let _ = write!(self.written, "(?-u:\\{edge})");
            }
            _ => {
                self.rest = before;
                if !self.escaped_class()? {
                    let char = self.escaped_char()?;
                    self.literal(char);
                }
            }
        }
        Some(())
    }

    /// Writes `\d` and its like, or `\pL` and its like, if that is what follows the backslash.
    fn escaped_class(&mut self) -> Option<bool> {
        let sign = self.rest.chars().next()?;
        if matches!(sign, 'p' | 'P') {
            return self.unicode_class().map(|()| true);
        }
        let class = match sign {
            'd' => "[[:digit:]]",
            'D' => "[[:^digit:]]",
            // Without the vertical tab that `[[:space:]]` has.
            's' => r"[\t\n\f\r ]",
            'S' => r"[^\t\n\f\r ]",
            'w' => "[[:word:]]",
            'W' => "[[:^word:]]",
            _ => return Some(false),
        };
        self.next();
        self.written.push_str(class);
        Some(true)
    }

    fn unicode_class(&mut self) -> Option<()> {
        let sign = self.next()?;
        let name = match self.next()? {
            '{' => {
                let (name, rest) = self.rest.split_once('}')?;
                self.rest = rest;
                name.to_owned()
            }
            letter => letter.to_string(),
        };
        let (is_not, name) = name.strip_prefix('^').map_or((false, &*name), |name| (true, name));
        let is_loose = |char: char| char.is_ascii_alphabetic() || matches!(char, '_' | '-' | ' ');
        if name.is_empty() || !name.chars().all(is_loose) {
            return None;
        }
        let sign = if (sign == 'P') == is_not { 'p' } else { 'P' };
        let _ = write!(self.written, "\\{sign}{{{name}}}");
        Some(())
    }

    /// The character that an escape stands for.
    fn escaped_char(&mut self) -> Option<char> {
        let is_octal = |char: char| char.is_digit(8);
        match self.next()? {
            'a' => Some('\x07'),
            'f' => Some('\x0c'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\x0b'),
            'x' => self.hexadecimal(),
            '1'..='7' if !self.rest.starts_with(is_octal) => None,
            first @ '0'..='7' => {
                let more = self.rest.chars().take(2).take_while(|char| is_octal(*char)).count();
                let (digits, rest) = self.rest.split_at(more);
                self.rest = rest;
                char::from_u32(u32::from_str_radix(&format!("{first}{digits}"), 8).ok()?)
            }
            sign => (sign.is_ascii() && !sign.is_ascii_alphanumeric()).then_some(sign),
        }
    }

    fn hexadecimal(&mut self) -> Option<char> {
        let digits = if self.skip("{") {
            let (digits, rest) = self.rest.split_once('}')?;
            self.rest = rest;
            digits
        } else {
            let (digits, rest) = self.rest.split_at_checked(2)?;
            self.rest = rest;
            digits
        };
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        char::from_u32(u32::from_str_radix(digits, 16).ok()?).filter(|_| are_digits)
    }

    /// What follows `[`: ranges and classes, in which no other sign means anything.
    fn class(&mut self) -> Option<()> {
        self.written.push('[');
        if self.skip("^") {
            self.written.push('^');
        }
        let mut is_first = true;
        loop {
            if !is_first && self.skip("]") {
                self.written.push(']');
                return Some(());
            }
            is_first = false;
            if self.posix_class()? {
                continue;
            }
            if let Some(escape) = self.rest.strip_prefix('\\') {
                let before = std::mem::replace(&mut self.rest, escape);
                if self.escaped_class()? {
                    continue;
                }
                self.rest = before;
            }
            self.range()?;
        }
    }

    /// Writes `[:digit:]` and its like, if that is what follows.
    fn posix_class(&mut self) -> Option<bool> {
        let Some((name, rest)) = self.rest.strip_prefix("[:").and_then(|it| it.split_once(":]"))
        else {
            return Some(false);
        };
        self.rest = rest;
        let _ = write!(self.written, "[:{name}:]");
        POSIX.contains(&name.strip_prefix('^').unwrap_or(name)).then_some(true)
    }

    /// Writes a character, or two with all between them.
    fn range(&mut self) -> Option<()> {
        let low = self.class_char()?;
        let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]");
        self.literal(low);
        if is_range && self.rest.len() > 1 {
            self.next();
            let high = self.class_char()?;
            self.written.push('-');
            self.literal(high);
            return (low <= high).then_some(());
        }
        Some(())
    }

    fn class_char(&mut self) -> Option<char> {
        match self.next()? {
            '\\' => self.escaped_char(),
            other => Some(other),
        }
    }
}

#[cfg(test)]
mod tests;
