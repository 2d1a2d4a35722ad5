//! What stands between quotes.

/// The quote that `text` starts with: one character, or three.
pub(crate) fn quote(text: &str) -> Option<&'static str> {
    ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| text.starts_with(quote))
}

/// Where the text before the closing `quote` ends.
pub(crate) fn end(body: &str, quote: &str, raw: bool) -> Option<usize> {
    let lines = quote.len() == 3;
    let mut characters = body.char_indices();
    while let Some((at, character)) = characters.next() {
        if body[at..].starts_with(quote) {
            return Some(at);
        }
        match character {
            '\n' | '\r' if !lines => return None,
            '\\' if !raw => {
                characters.next()?;
            }
            _ => {}
        }
    }
    None
}

/// The text that `body` stands for.
pub(crate) fn text(body: &str) -> Result<String, &'static str> {
    let mut text = String::with_capacity(body.len());
    unescape(body, |piece| match piece {
        Piece::Verbatim(verbatim) => {
            text.push_str(verbatim);
            Ok(())
        }
        Piece::Code { code, .. } => {
            text.push(char::from_u32(code).ok_or("invalid unicode code point")?);
            Ok(())
        }
    })?;
    Ok(text)
}

/// The bytes that `body` stands for: `\x` and octal escapes give a byte each, not a character.
pub(crate) fn bytes(body: &str) -> Result<Vec<u8>, &'static str> {
    let mut bytes = Vec::with_capacity(body.len());
    unescape(body, |piece| match piece {
        Piece::Verbatim(verbatim) => {
            bytes.extend_from_slice(verbatim.as_bytes());
            Ok(())
        }
        Piece::Code { unicode: true, .. } => Err("unicode escapes are for strings, not for bytes"),
        Piece::Code { code, .. } => {
            bytes.push(u8::try_from(code).map_err(|_| "octal escape is larger than a byte")?);
            Ok(())
        }
    })?;
    Ok(bytes)
}

enum Piece<'s> {
    Verbatim(&'s str),
    Code { code: u32, unicode: bool },
}

fn unescape<'s>(
    mut body: &'s str,
    mut take: impl FnMut(Piece<'s>) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    while let Some(at) = body.find('\\') {
        take(Piece::Verbatim(&body[..at]))?;
        let mut escape = body[at + 1..].chars();
        let letter = escape.next().ok_or("found '\\' as last character")?;
        let tail = escape.as_str();
        let (code, used) = match letter {
            'a' => (7, 0),
            'b' => (8, 0),
            'f' => (12, 0),
            'n' => (10, 0),
            'r' => (13, 0),
            't' => (9, 0),
            'v' => (11, 0),
            '\\' | '\'' | '"' | '`' | '?' => (letter as u32, 0),
            'x' | 'X' => (digits(tail, 2, 16)?, 2),
            'u' => (digits(tail, 4, 16)?, 4),
            'U' => (digits(tail, 8, 16)?, 8),
            '0'..='3' => ((letter as u32 - '0' as u32) * 64 + digits(tail, 2, 8)?, 2),
            _ => return Err("unable to unescape string"),
        };
        take(Piece::Code { code, unicode: matches!(letter, 'u' | 'U') })?;
        body = &tail[used..];
    }
    take(Piece::Verbatim(body))
}

fn digits(tail: &str, count: usize, radix: u32) -> Result<u32, &'static str> {
    let digits = tail.get(..count).filter(|digits| digits.chars().all(|c| c.is_digit(radix)));
    let digits = digits.ok_or("unable to unescape string: too few digits")?;
    u32::from_str_radix(digits, radix).map_err(|_| "unable to unescape string")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_a_character_in_text_and_a_byte_in_bytes() {
        assert_eq!(text("\\xe9\\351\\u00e9").as_deref(), Ok("ééé"));
        assert_eq!(bytes("\\xe9\\351é").as_deref(), Ok(&[0xe9, 0xe9, 0xc3, 0xa9][..]));
        assert!(bytes("\\u00e9").is_err());
    }

    #[test]
    fn a_surrogate_is_no_character() {
        assert_eq!(text("\\ud800"), Err("invalid unicode code point"));
        assert_eq!(text("\\U0001F600").as_deref(), Ok("😀"));
    }

    #[test]
    fn a_string_of_one_quote_ends_at_the_line() {
        assert_eq!(end("a\nb'", "'", false), None);
        assert_eq!(end("a\nb'''", "'''", false), Some(3));
        assert_eq!(end("a\\'b'", "'", false), Some(4));
        assert_eq!(end("a\\'b'", "'", true), Some(2));
    }
}
