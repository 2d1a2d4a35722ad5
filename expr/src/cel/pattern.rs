//! Go's regular expressions, in the words of the `regex` crate.
//!
//! Both are automata that never backtrack. They differ in what `\d`, `\w`, `\s` and `\b` mean
//! (ASCII in Go) and in what a bracket may hold (`[a&&b]`, `[[a]` are plain characters in Go).

use regex::{Regex, RegexBuilder};

/// The most memory that one compiled pattern may take.
const SIZE_LIMIT: usize = 1 << 20;

/// Go's own limit on `x{n}`.
const REPEAT_LIMIT: u32 = 1000;

pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = Translator { rest: pattern, out: String::new() }.run()?;
    RegexBuilder::new(&translated)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(SIZE_LIMIT)
        .nest_limit(200)
        .build()
        .map_err(|_| format!("error parsing regexp: {pattern:?}"))
}

const NAMED: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

struct Translator<'p> {
    rest: &'p str,
    out: String,
}

impl<'p> Translator<'p> {
    fn run(mut self) -> Result<String, String> {
        while let Some(character) = self.next() {
            match character {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                '{' => self.repeat()?,
                '*' | '+' | '?' => self.quantify(character)?,
                other => self.out.push(other),
            }
        }
        Ok(self.out)
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next();
        self.rest = characters.as_str();
        next
    }

    fn skip(&mut self, wanted: &str) -> bool {
        let tail = self.rest.strip_prefix(wanted);
        self.rest = tail.unwrap_or(self.rest);
        tail.is_some()
    }

    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let letter = self.next().ok_or("error parsing regexp: trailing backslash")?;
        let plain = match letter {
            'd' => "[0-9]",
            'D' => "[^0-9]",
            's' => "[\\t\\n\\x0C\\r ]",
            'S' => "[^\\t\\n\\x0C\\r ]",
            'w' => "[0-9A-Za-z_]",
            'W' => "[^0-9A-Za-z_]",
            'b' if !in_class => "(?-u:\\b)",
            'B' if !in_class => "(?-u:\\B)",
            'A' | 'z' if !in_class => {
                self.out.push('\\');
                self.out.push(letter);
                return Ok(());
            }
            'Q' if !in_class => {
                let (verbatim, tail) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.out.push_str(&regex::escape(verbatim));
                self.rest = tail;
                return Ok(());
            }
            '0'..='7' => return self.octal(letter),
            'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' | 'p' | 'P' => {
                self.out.push('\\');
                self.out.push(letter);
                // `{…}` belongs to the escape, and counts nothing.
                let end = self.rest.find('}').filter(|_| self.rest.starts_with('{'));
                let (braces, tail) = self.rest.split_at(end.map_or(0, |end| end + 1));
                self.out.push_str(braces);
                self.rest = tail;
                return Ok(());
            }
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => {
                self.out.push_str(&format!("\\x{{{:x}}}", other as u32));
                return Ok(());
            }
            other => {
                return Err(format!("error parsing regexp: invalid escape sequence: `\\{other}`"));
            }
        };
        self.out.push_str(plain);
        Ok(())
    }

    /// `\0`, `\012`, `\123`: a single digit other than 0 would be a back reference.
    fn octal(&mut self, first: char) -> Result<(), String> {
        let more =
            self.rest.bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
        if first != '0' && more == 0 {
            return Err(format!("error parsing regexp: invalid escape sequence: `\\{first}`"));
        }
        let digits = format!("{first}{}", &self.rest[..more]);
        self.rest = &self.rest[more..];
        let code = u32::from_str_radix(&digits, 8).unwrap_or_default();
        self.out.push_str(&format!("\\x{{{code:x}}}"));
        Ok(())
    }

    /// `[…]`, with every character escaped that only means something in Rust.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.skip("^") {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            if self.rest.starts_with("[:") && self.rest.contains(":]") {
                let end = self.rest.find(":]").map_or(0, |at| at + 2);
                let (named, tail) = self.rest.split_at(end);
                let name = named.trim_matches(['[', ':', '^', ']']);
                if !NAMED.contains(&name) {
                    return Err(format!(
                        "error parsing regexp: invalid character class range: `{named}`"
                    ));
                }
                self.out.push_str(named);
                self.rest = tail;
                first = false;
                continue;
            }
            match self.next().ok_or("error parsing regexp: missing closing ]")? {
                ']' if !first => break,
                '\\' => self.escape(true)?,
                '-' => self.dash(first)?,
                special @ ('[' | '&' | '~' | ']' | '^') => {
                    self.out.push('\\');
                    self.out.push(special);
                }
                other => self.out.push(other),
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    /// A dash is a range between two characters and itself at an end; elsewhere Go refuses it.
    fn dash(&mut self, first: bool) -> Result<(), String> {
        if first || self.rest.starts_with(']') {
            self.out.push_str("\\-");
            return Ok(());
        }
        self.out.push('-');
        if self.skip("-") {
            self.out.push_str("\\-");
        }
        Ok(())
    }

    /// `(?…)`: the flags and groups that Go has. Names are dropped: nothing here asks for them.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if !self.skip("?") {
            return Ok(());
        }
        if self.skip("P<") || self.skip("<") {
            let (name, tail) = self.rest.split_once('>').unwrap_or_default();
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            self.rest = tail;
            return if !name.is_empty() && name.chars().all(word) {
                Ok(())
            } else {
                Err("error parsing regexp: invalid named capture".to_owned())
            };
        }
        self.out.push('?');
        let end = self.rest.find([':', ')']).unwrap_or(self.rest.len());
        let flags = &self.rest[..end];
        if !flags.chars().all(|flag| matches!(flag, 'i' | 'm' | 's' | 'U' | '-')) {
            return Err(format!(
                "error parsing regexp: invalid or unsupported Perl syntax: `(?{flags}`"
            ));
        }
        self.out.push_str(flags);
        self.rest = &self.rest[end..];
        Ok(())
    }

    /// `a**` is refused in Go, as is `a{2}{3}`; `a*?` is a lazy `a*`.
    fn quantify(&mut self, quantifier: char) -> Result<(), String> {
        self.out.push(quantifier);
        self.end_of_quantifier()
    }

    fn end_of_quantifier(&mut self) -> Result<(), String> {
        if self.skip("?") {
            self.out.push('?');
        }
        let count = self.rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        if self.rest.starts_with(['*', '+', '?']) || count.is_some_and(|(count, _)| is_count(count))
        {
            return Err("error parsing regexp: invalid nested repetition operator".to_owned());
        }
        Ok(())
    }

    /// `{2,5}` counts, anything else between braces stands for itself.
    fn repeat(&mut self) -> Result<(), String> {
        let Some(count) =
            self.rest.split_once('}').map(|(count, _)| count).filter(|it| is_count(it))
        else {
            self.out.push_str("\\{");
            return Ok(());
        };
        let too_many =
            |text: &str| !text.is_empty() && text.parse().is_ok_and(|n: u32| n > REPEAT_LIMIT);
        if count.split(',').any(|part| too_many(part) || part.len() > 4) {
            return Err("error parsing regexp: invalid repeat count".to_owned());
        }
        self.out.push('{');
        self.out.push_str(count);
        self.out.push('}');
        self.rest = &self.rest[count.len() + 1..];
        self.end_of_quantifier()
    }
}

fn is_count(text: &str) -> bool {
    let (least, most) = text.split_once(',').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(pattern: &str, text: &str) -> bool {
        compile(pattern).expect(pattern).is_match(text)
    }

    #[test]
    fn classes_are_ascii() {
        assert!(!is_match(r"^\d$", "٣"));
        assert!(!is_match(r"^\w$", "ü"));
        assert!(is_match(r"^[^\d]$", "x") && !is_match(r"^[^\d]$", "3"));
        assert!(is_match(r"^[\D]$", "x") && !is_match(r"^[\D]$", "3"));
    }

    #[test]
    fn a_bracket_holds_plain_characters() {
        assert!(is_match("^[a&&b]$", "&"));
        assert!(is_match("^[[a]$", "["));
        assert!(is_match("^[]a]$", "]"));
        assert!(is_match("^[a-]$", "-"));
        assert!(is_match("^[[:alpha:]]$", "x"));
    }

    #[test]
    fn a_brace_without_a_count_is_a_brace() {
        assert!(is_match("^a{$", "a{"));
        assert!(is_match("^a{,2}$", "a{,2}"));
        assert!(is_match("^a{2}$", "aa"));
        assert!(compile("a{1001}").is_err());
    }

    #[test]
    fn what_go_does_not_have_is_refused() {
        for pattern in ["(?=a)", "(?<!a)b", r"\1", "(?x)a", "a(", r"\y", "\\"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
