//! Text between quotes, as Go's `%q` prints it in error messages.

use std::fmt::Write;

pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            printable if is_printable(printable) => quoted.push(printable),
            other => {
                let code = other as u32;
                let _ = match code {
                    0..0x80 => write!(quoted, "\\x{code:02x}"),
                    0x80..0x1_0000 => write!(quoted, "\\u{code:04x}"),
                    _ => write!(quoted, "\\U{code:08x}"),
                };
            }
        }
    }
    quoted.push('"');
    quoted
}

/// What Rust shows as it is in `{:?}`, Go does too; combining marks it shows on top.
fn is_printable(character: char) -> bool {
    let escaped = format!("{character:?}");
    !escaped.starts_with("'\\") || character == '\''
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_print_is_escaped() {
        assert_eq!(quote("a\"\\\t\u{1}é\u{a0}\u{200b}'"), r#""a\"\\\t\x01é\u00a0\u200b'""#);
    }
}
