//! Text as Go prints it: quoted strings, floats, JSON, and values inside error messages.

use serde_json::Value;

use crate::scalar::Scalar;
use crate::value;

/// `strconv.Quote`.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for it in text.chars() {
        match it {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            ' '..='~' => out.push(it),
            _ if it < '\u{80}' => out.push_str(&format!("\\x{:02x}", u32::from(it))),
            _ if is_printable(it) => out.push(it),
            _ if it < '\u{10000}' => out.push_str(&format!("\\u{:04x}", u32::from(it))),
            _ => out.push_str(&format!("\\U{:08x}", u32::from(it))),
        }
    }
    out.push('"');
    out
}

/// Whether Go would print the character as it is. A leading letter keeps Rust from escaping
/// combining marks, which Go does not escape.
fn is_printable(it: char) -> bool {
    let text: String = ['a', it].iter().collect();
    !text.escape_debug().any(|it| it == '\\')
}

/// `fmt.Sprintf("%v", float)`: the shortest digits, with an exponent from a million on.
pub(crate) fn float_text(float: f64) -> String {
    if float == 0.0 {
        return if float.is_sign_negative() { "-0".to_owned() } else { "0".to_owned() };
    }
    let (digits, exponent) = shortest(float);
    if !(-4..6).contains(&exponent) { scientific(&digits, exponent) } else { plain(float) }
}

/// A float as Go's JSON encoder writes it.
pub(crate) fn write_float_json(float: f64, out: &mut String) {
    let size = float.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let (digits, exponent) = shortest(float);
        // Of a negative exponent the encoder takes the leading zero away.
        out.push_str(&scientific(&digits, exponent).replace("e-0", "e-"));
    } else {
        out.push_str(&plain(float));
    }
}

fn plain(float: f64) -> String {
    format!("{float}")
}

/// The significant digits with their sign, and the decimal exponent of the first.
fn shortest(float: f64) -> (String, i32) {
    let text = format!("{float:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (digits.to_owned(), exponent.parse().unwrap_or(0))
}

fn scientific(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// A JSON string as `encoding/json` writes it: safe inside HTML.
pub(crate) fn write_json_string_for_html(text: &str, out: &mut String) {
    out.push('"');
    for it in text.chars() {
        match it {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(it)));
            }
            _ => push_json_char(it, out),
        }
    }
    out.push('"');
}

/// The inside of a JSON string as the encoder of `fieldsV1` writes it.
pub(crate) fn push_json_text(text: &str, out: &mut String) {
    if text.bytes().all(|it| it >= b' ' && it != b'"' && it != b'\\') {
        return out.push_str(text);
    }
    for it in text.chars() {
        push_json_char(it, out);
    }
}

fn push_json_char(it: char, out: &mut String) {
    match it {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if it < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(it))),
        _ => out.push(it),
    }
}

/// A value as `encoding/json` writes it: keys sorted, strings safe inside HTML.
pub(crate) fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, out);
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (index, (name, value)) in value::sorted(map).enumerate() {
                separate(index, out);
                write_json_string_for_html(name, out);
                out.push(':');
                write_json(value, out);
            }
            out.push('}');
        }
        scalar => Scalar::of(scalar).write_json(out),
    }
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

/// `%v` of the pointer that upstream wraps a value in: `&{map[a:1]}`.
pub(crate) fn wrapped(value: &Value) -> String {
    format!("&{{{}}}", verbose(value))
}

fn verbose(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(verbose).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(map) => {
            let entries: Vec<_> = value::sorted(map)
                .map(|(name, value)| format!("{name}:{}", verbose(value)))
                .collect();
            format!("map[{}]", entries.join(" "))
        }
        scalar => Scalar::of(scalar).to_string(),
    }
}

/// `%#v` of the same pointer.
pub(crate) fn wrapped_syntax(value: &Value) -> String {
    format!("&value.valueUnstructured{{Value:{}}}", syntax(value))
}

fn syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::String(text) => quote(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(map) => {
            let entries: Vec<_> = value::sorted(map)
                .map(|(name, value)| format!("{}:{}", quote(name), syntax(value)))
                .collect();
            format!("map[string]interface {{}}{{{}}}", entries.join(", "))
        }
        scalar => Scalar::of(scalar).to_string(),
    }
}

/// `%T` of a decoded value.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
        Value::Number(_) => match Scalar::of(value) {
            Scalar::Int(_) => "int64",
            _ => "float64",
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn floats_are_printed_as_go_prints_them() {
        let cases = [
            (80.0, "80"),
            (1.5, "1.5"),
            (100_000.0, "100000"),
            (1_000_000.0, "1e+06"),
            (123_456_789.0, "1.23456789e+08"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e21, "1e+21"),
            (1e-7, "1e-07"),
            (-0.25, "-0.25"),
        ];
        for (float, text) in cases {
            assert_eq!(float_text(float), text, "{float}");
        }
    }

    #[test]
    fn json_floats_lose_the_zero_of_a_negative_exponent() {
        let json = |float| {
            let mut out = String::new();
            write_float_json(float, &mut out);
            out
        };
        assert_eq!(json(1e-7), "1e-7");
        assert_eq!(json(1e21), "1e+21");
        assert_eq!(json(1e20), "100000000000000000000");
        assert_eq!(json(0.000_001), "0.000001");
    }

    #[test]
    fn strings_are_quoted_as_go_quotes_them() {
        assert_eq!(quote("a\"b\\c\u{7}\u{1}é\u{a0}"), r#""a\"b\\c\a\x01é\u00a0""#);
    }

    #[test]
    fn values_in_messages_look_like_gos() {
        assert_eq!(wrapped(&json!({"b": [1, "x"], "a": null})), "&{map[a:<nil> b:[1 x]]}");
        assert_eq!(
            wrapped_syntax(&json!({"a": [1.5, "x"]})),
            r#"&value.valueUnstructured{Value:map[string]interface {}{"a":[]interface {}{1.5, "x"}}}"#
        );
    }
}
