//! Where a JSON value ends, and what Go says where there is none.

use crate::gofmt;

/// What stands at the beginning of a text.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// A value of this many bytes, white space before it included.
    Value(usize),
    /// Nothing but white space.
    Nothing,
    /// A value that is not over.
    Unfinished,
    /// Something else: how many bytes were read until it was clear, and what Go says.
    Invalid(usize, String),
}

/// What is expected next.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    AfterKey,
    AfterValue,
}

/// Looks for the value at the beginning of a text.
pub(super) fn find(text: &[u8]) -> Found {
    let mut scan = Scan { text, at: 0, open: Vec::new() };
    match scan.run() {
        Ok(()) => Found::Value(scan.at),
        Err(Stop::End) if text.iter().all(|byte| is_space(*byte)) => Found::Nothing,
        Err(Stop::End) => Found::Unfinished,
        Err(Stop::Invalid(context)) => {
            let shown = shown(text[scan.at]);
            Found::Invalid(scan.at + 1, format!("invalid character {shown} {context}"))
        }
    }
}

/// A byte in quotes; Go takes it for a character.
fn shown(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        other => {
            let quoted = gofmt::quote(&char::from(other).to_string());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    /// The brackets that are open.
    open: Vec<u8>,
}

enum Stop {
    End,
    Invalid(String),
}

type Scanned = Result<(), Stop>;

fn invalid(context: &str) -> Stop {
    Stop::Invalid(context.to_owned())
}

impl Scan<'_> {
    fn run(&mut self) -> Scanned {
        let mut expect = Expect::Value;
        loop {
            let byte = self.next_byte()?;
            expect = match (expect, byte) {
                (Expect::ValueOrEnd, b']') | (Expect::KeyOrEnd, b'}') => self.close(),
                (Expect::Value | Expect::ValueOrEnd, _) => self.value(byte)?,
                (Expect::Key | Expect::KeyOrEnd, b'"') => {
                    self.string()?;
                    Expect::AfterKey
                }
                (Expect::Key | Expect::KeyOrEnd, _) => {
                    return Err(invalid("looking for beginning of object key string"));
                }
                (Expect::AfterKey, b':') => self.skip(Expect::Value),
                (Expect::AfterKey, _) => return Err(invalid("after object key")),
                (Expect::AfterValue, _) => match (self.open.last(), byte) {
                    (Some(b'['), b',') => self.skip(Expect::Value),
                    (Some(b'{'), b',') => self.skip(Expect::Key),
                    (Some(b'['), b']') | (Some(b'{'), b'}') => self.close(),
                    (Some(b'['), _) => return Err(invalid("after array element")),
                    _ => return Err(invalid("after object key:value pair")),
                },
            };
            if matches!(expect, Expect::AfterValue) && self.open.is_empty() {
                return Ok(());
            }
        }
    }

    fn next_byte(&mut self) -> Result<u8, Stop> {
        while self.text.get(self.at).is_some_and(|byte| is_space(*byte)) {
            self.at += 1;
        }
        self.byte()
    }

    fn byte(&self) -> Result<u8, Stop> {
        self.text.get(self.at).copied().ok_or(Stop::End)
    }

    fn skip(&mut self, then: Expect) -> Expect {
        self.at += 1;
        then
    }

    fn close(&mut self) -> Expect {
        self.open.pop();
        self.skip(Expect::AfterValue)
    }

    fn value(&mut self, byte: u8) -> Result<Expect, Stop> {
        match byte {
            b'{' | b'[' => {
                self.open.push(byte);
                return Ok(self.skip(if byte == b'{' {
                    Expect::KeyOrEnd
                } else {
                    Expect::ValueOrEnd
                }));
            }
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            _ => return Err(invalid("looking for beginning of value")),
        }
        Ok(Expect::AfterValue)
    }

    fn word(&mut self, word: &str) -> Scanned {
        for (index, expected) in word.bytes().enumerate() {
            if self.byte()? != expected {
                debug_assert!(index > 0, "the first letter was seen");
                let context = format!("in literal {word} (expecting '{}')", char::from(expected));
                return Err(Stop::Invalid(context));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Scanned {
        self.at += 1;
        loop {
            match self.byte()? {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => self.escape()?,
                ..0x20 => return Err(invalid("in string literal")),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Scanned {
        self.at += 1;
        match self.byte()? {
            b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => self.at += 1,
            b'u' => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.byte()?.is_ascii_hexdigit() {
                        return Err(invalid("in \\u hexadecimal character escape"));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(invalid("in string escape code")),
        }
        Ok(())
    }

    fn number(&mut self) -> Scanned {
        if self.byte()? == b'-' {
            self.at += 1;
        }
        if self.byte()? == b'0' {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if matches!(self.byte(), Ok(b'.')) {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.byte(), Ok(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Ok(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn digits(&mut self, otherwise: &str) -> Scanned {
        if !self.byte()?.is_ascii_digit() {
            return Err(invalid(otherwise));
        }
        while matches!(self.byte(), Ok(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_they_end() {
        assert_eq!(find(b" {\"a\": [1, \"}\"]} {"), Found::Value(16));
        assert_eq!(find(b"2020-01"), Found::Value(4));
        assert_eq!(find(b" \n"), Found::Nothing);
        assert_eq!(find(b"{\"a\": 1"), Found::Unfinished);
    }

    #[test]
    fn faults_are_in_gos_words() {
        for (text, at, words) in [
            ("{a: 1}", 2, "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\" 1}", 6, "invalid character '1' after object key"),
            ("[1 2]", 4, "invalid character '2' after array element"),
            ("{\"a\": nul}", 10, "invalid character '}' in literal null (expecting 'l')"),
            ("\"a\n\"", 3, "invalid character '\\n' in string literal"),
            ("{\"a\": \"\\q\"}", 9, "invalid character 'q' in string escape code"),
            ("{'a'}", 2, "invalid character '\\'' looking for beginning of object key string"),
        ] {
            assert_eq!(find(text.as_bytes()), Found::Invalid(at, words.to_owned()), "{text}");
        }
    }
}
