//! How Go prints: floats, quoted strings, and values in its own syntax.

use std::fmt::Write;

use crate::options::Dialect;
use crate::typed::Typed;

/// `strconv.FormatFloat(float, 'g', -1, 64)`
pub(crate) fn float(float: f64) -> String {
    shortest(&format!("{float:e}"))
}

/// `strconv.FormatFloat(float, 'g', -1, 32)`
pub(crate) fn float32(float: f64) -> String {
    shortest(&format!("{:e}", float as f32))
}

/// Goes from Rust's `1.25e-7` to Go's `1.25e-07`, or to `0.000125` for small exponents.
fn shortest(scientific: &str) -> String {
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return match scientific {
            "inf" => "+Inf".to_owned(),
            "-inf" => "-Inf".to_owned(),
            _ => "NaN".to_owned(),
        };
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..EXPONENT_FROM).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    positional(mantissa, exponent)
}

/// Where Go begins to write exponents for numbers as short as possible.
const EXPONENT_FROM: i32 = 6;

fn positional(mantissa: &str, exponent: i32) -> String {
    let (sign, mantissa) =
        mantissa.strip_prefix('-').map_or(("", mantissa), |positive| ("-", positive));
    let digits: String = mantissa.chars().filter(|&char| char != '.').collect();
    if exponent < 0 {
        let zeros = "0".repeat((-exponent - 1) as usize);
        return format!("{sign}0.{zeros}{digits}");
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        return format!("{sign}{digits}{}", "0".repeat(whole - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
}

/// `strconv.Quote(text)`
pub(crate) fn quote(text: &str) -> String {
    quote_bytes(text.as_bytes())
}

fn quote_bytes(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    for chunk in bytes.utf8_chunks() {
        push_quoted(&mut quoted, chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(quoted, "\\x{byte:02x}");
        }
    }
    quoted.push('"');
    quoted
}

fn push_quoted(quoted: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            char if is_printable(char) => quoted.push(char),
            char => push_code(quoted, char),
        }
    }
}

fn push_code(quoted: &mut String, char: char) {
    let code = u32::from(char);
    // Writing to a string cannot fail.
    let _ = match code {
        ..0x80 => write!(quoted, "\\x{code:02x}"),
        0x80..0x10000 => write!(quoted, "\\u{code:04x}"),
        _ => write!(quoted, "\\U{code:08x}"),
    };
}

fn is_printable(char: char) -> bool {
    let is_odd_space = char != ' ' && char.is_whitespace();
    let is_format = matches!(char,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{f0000}'..);
    !char.is_control() && !is_odd_space && !is_format
}

/// `fmt.Sprintf("%#v", value)`
pub(crate) fn go_syntax(value: &Typed, dialect: Dialect) -> String {
    match value {
        Typed::Null => "<nil>".to_owned(),
        other => nested(other, dialect),
    }
}

fn nested(value: &Typed, dialect: Dialect) -> String {
    match value {
        Typed::Null => "interface {}(nil)".to_owned(),
        Typed::Bool(bool) => bool.to_string(),
        Typed::Int(int) => int.to_string(),
        Typed::Uint(uint) => format!("{uint:#x}"),
        Typed::Float(value) => float(*value),
        Typed::String(text) => quote(text),
        Typed::Bytes(bytes) => quote_bytes(bytes),
        Typed::Timestamp(time) => time.clone(),
        Typed::Sequence(items) => {
            let items: Vec<String> = items.iter().map(|item| nested(item, dialect)).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Typed::Mapping(entries) => mapping(entries, dialect),
    }
}

fn mapping(entries: &[(Typed, Typed)], dialect: Dialect) -> String {
    let of_strings =
        entries.iter().all(|(key, _)| matches!(key, Typed::String(_) | Typed::Bytes(_)));
    let key = if of_strings && dialect == Dialect::Kyaml { "string" } else { "interface {}" };
    let mut shown: Vec<String> = entries
        .iter()
        .map(|(key, value)| format!("{}:{}", nested(key, dialect), nested(value, dialect)))
        .collect();
    shown.sort_unstable();
    format!("map[{key}]interface {{}}{{{}}}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_two_digits_of_exponent() {
        for (value, text) in [
            (1.0, "1"),
            (-2.5, "-2.5"),
            (123456.0, "123456"),
            (1_234_567.0, "1.234567e+06"),
            (1e20, "1e+20"),
            (1e21, "1e+21"),
            (1e-7, "1e-07"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn strings_are_quoted_as_in_go() {
        assert_eq!(quote("a\"\n\u{7f}é\u{feff}"), "\"a\\\"\\n\\x7fé\\ufeff\"");
        assert_eq!(quote_bytes(b"\xb6a\xc3"), "\"\\xb6a\\xc3\"");
    }

    #[test]
    fn values_are_shown_in_go_syntax() {
        let value = Typed::Mapping(vec![
            (Typed::String("b".to_owned()), Typed::Null),
            (Typed::String("a".to_owned()), Typed::Sequence(vec![Typed::Uint(255)])),
        ]);
        assert_eq!(
            go_syntax(&value, Dialect::Sigs),
            "map[interface {}]interface {}{\"a\":[]interface {}{0xff}, \"b\":interface {}(nil)}"
        );
    }
}
