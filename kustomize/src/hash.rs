//! The suffix that makes the name of a generated object follow its content.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::node::Node;

/// Ten characters that depend on what an object holds.
pub(crate) fn name_suffix(object: &Node) -> Result<String, String> {
    let content = match object.str_at("kind").unwrap_or_default() {
        "ConfigMap" => content(object, "ConfigMap", &["data"], "binaryData")?,
        "Secret" => content(object, "Secret", &["data", "type"], "stringData")?,
        _ => object.to_value()?,
    };
    let mut json = String::new();
    write(&content, &mut json);
    let digest = Sha256::digest(json.as_bytes());
    let hex = digest.iter().take(5).flat_map(|byte| [byte >> 4, byte & 0xf]);
    Ok(hex.map(|digit| char::from(DIGITS[usize::from(digit)])).collect())
}

/// Hexadecimal digits without vowels and what looks like them.
const DIGITS: &[u8; 16] = b"gh2k456789mbcdtf";

/// What of an object counts; its name does not, though the original believes so.
fn content(object: &Node, kind: &str, fields: &[&str], optional: &str) -> Result<Value, String> {
    let mut map = Map::new();
    map.insert("kind".to_owned(), kind.into());
    map.insert("name".to_owned(), "".into());
    for field in fields {
        map.insert((*field).to_owned(), value(object, field)?);
    }
    if let Value::Object(found) = value(object, optional)? {
        map.insert(optional.to_owned(), found.into());
    }
    Ok(Value::Object(map))
}

fn value(object: &Node, field: &str) -> Result<Value, String> {
    match object.get(field) {
        None => Ok("".into()),
        Some(found) if found.is_scalar() => Ok(found.text().into()),
        // The original reads a list into a map, and keeps the map it could not fill.
        Some(found) if found.is_sequence() => Ok(Value::Null),
        Some(found) => found.to_value(),
    }
}

/// Writes JSON as Go does: keys in order, and signs that mean something to HTML escaped.
pub(crate) fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::String(text) => write_text(text, out),
        Value::Number(number) => write_number(number, out),
        other => out.push_str(&other.to_string()),
    }
}

/// Numbers are floats to Go.
fn write_number(number: &serde_json::Number, out: &mut String) {
    let Some(float) = number.as_f64() else { return out.push_str(&number.to_string()) };
    if float == 0.0 || (1e-6..1e21).contains(&float.abs()) {
        return out.push_str(&float.to_string());
    }
    let text = format!("{float:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    out.push_str(&format!("{digits}e{sign}{exponent}"));
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..'\u{20}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(char)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suffix(text: &str) -> String {
        name_suffix(&Node::parse_all(text).unwrap()[0]).unwrap()
    }

    #[test]
    fn an_empty_config_map_has_always_the_same_suffix() {
        let empty = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
        assert_eq!(suffix(empty), "6ct58987ht");
        assert_eq!(suffix(&empty.replace("name: a", "name: other")), "6ct58987ht");
    }

    #[test]
    fn data_counts_and_labels_do_not() {
        let one = suffix("kind: ConfigMap\nmetadata: {labels: {a: b}}\ndata: {k: v}\n");
        assert_eq!(one, suffix("kind: ConfigMap\ndata: {k: v}\n"));
        assert_ne!(one, suffix("kind: ConfigMap\ndata: {k: w}\n"));
        assert_ne!(one, suffix("kind: ConfigMap\nbinaryData: {k: v}\n"));
    }

    /// What the original answers.
    #[test]
    fn odd_content_has_a_suffix_too() {
        for (content, wanted) in [
            ("kind: ConfigMap\ndata:\n", "6ct58987ht"),
            ("kind: ConfigMap\ndata: null\n", "g886t7dd28"),
            ("kind: ConfigMap\ndata: [1]\n", "dk855m5d49"),
            (
                "kind: ConfigMap\ndata: {a: 12345678901234567890, b: 1.5, c: 1e30, d: '<&>\u{2028}'}\n\
                 binaryData: {x: YQ==}\n",
                "mm5g9bckcb",
            ),
            ("kind: Secret\ntype: Opaque\ndata: {a: YQ==}\nstringData: {b: c}\n", "7fmf5bk8ct"),
            ("kind: Secret\ndata: abc\n", "6mhg7bfcd2"),
            ("kind: ConfigMap\ndata: {}\n", "42745tchd9"),
            ("kind: ConfigMap\ndata: {a: \"\\u0001\\u007f\", b: \"x\\ny\"}\n", "b7gg4kt6hh"),
        ] {
            assert_eq!(suffix(content), wanted, "{content}");
        }
    }

    #[test]
    fn json_is_written_as_go_does() {
        let value =
            serde_json::json!({"b": "<&>\u{2028}\u{1}", "a": [1, 1.5, true, null, 1e-7, 1e21]});
        let mut json = String::new();
        write(&value, &mut json);
        let wanted = r#"{"a":[1,1.5,true,null,1e-7,1e+21],"b":"\u003c\u0026\u003e\u2028\u0001"}"#;
        assert_eq!(json, wanted);
    }
}
