//! Base64 and JSON as text.

use std::sync::Arc;

use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::{mismatch, text};
use crate::cel::meter::Meter;
use crate::cel::number;
use crate::cel::signature::{Declaration, function};
use crate::cel::value::Value;

pub(crate) const TABLE: &[Declaration] = &[
    function("base64.decode", "(string) bytes", decode),
    function("base64.encode", "(bytes) string", encode),
    function("json.encode", "(dyn) string", encode_json),
];

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Bytes(bytes)] = arguments else { return Err(mismatch()) };
    meter.produce(bytes.len() * 4 / 3 + 4)?;
    Ok(Value::from(base64(bytes)))
}

fn base64(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, &byte| group << 8 | u32::from(byte));
        let group = group << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = ALPHABET[(group >> (18 - 6 * place) & 63) as usize];
            encoded.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    encoded
}

/// Padding may be left out altogether, as `cel-go` allows.
fn decode<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let encoded = text(arguments, 0)?;
    meter.produce(encoded.len())?;
    let decoded = decoded(encoded).ok_or_else(|| Fault::new("illegal base64 data"))?;
    Ok(Value::Bytes(Arc::from(decoded)))
}

fn decoded(encoded: &str) -> Option<Vec<u8>> {
    // Go skips line ends wherever they are.
    let digits: Vec<u8> = encoded.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let padding = digits.iter().rev().take_while(|&&byte| byte == b'=').count();
    if padding > 2 || (padding > 0 && !digits.len().is_multiple_of(4)) {
        return None;
    }
    let digits = &digits[..digits.len() - padding];
    if digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for chunk in digits.chunks(4) {
        let mut group = 0_u32;
        for &digit in chunk {
            let value = ALPHABET.iter().position(|&candidate| candidate == digit)?;
            group = group << 6 | value as u32;
        }
        let group = (group << (6 * (4 - chunk.len()))).to_be_bytes();
        bytes.extend_from_slice(&group[1..chunk.len()]);
    }
    Some(bytes)
}

fn encode_json<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let mut text = String::new();
    write_json(meter, arguments.first().ok_or_else(mismatch)?, &mut text, 64)?;
    Ok(Value::from(text))
}

/// What a double holds exactly. Larger integers are written as text, as protobuf does.
const EXACT: u64 = (1 << 53) - 1;

fn write_json(
    meter: &mut Meter<'_>,
    value: &Value<'_>,
    out: &mut String,
    depth: usize,
) -> Result<(), Fault> {
    meter.produce(value.own_bytes() as usize + 8)?;
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Fault::limit("value is nested too deep to be encoded"));
    };
    match value {
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Bytes(bytes) => quote(&base64(bytes), out),
        Value::Double(value) if value.is_finite() => out.push_str(&number::json_text(*value)),
        Value::Double(_) => return Err(Fault::new("JSON has neither NaN nor infinities")),
        Value::Duration(span) => quote(&span.to_seconds_text(), out),
        Value::Int(value) if value.unsigned_abs() <= EXACT => out.push_str(&value.to_string()),
        Value::Int(value) => quote(&value.to_string(), out),
        Value::List(list) => {
            out.push('[');
            for (index, element) in list.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write_json(meter, &element, out, depth)?;
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (index, (key, value)) in map.entries().iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                quote(&json_key(key)?, out);
                out.push(':');
                write_json(meter, value, out, depth)?;
            }
            out.push('}');
        }
        Value::Null => out.push_str("null"),
        Value::Opaque(_) | Value::Optional(_) | Value::Type(_) => {
            let name = value.type_name();
            return Err(Fault::new(format!("type conversion error from '{name}' to JSON")));
        }
        Value::String(text) => quote(text, out),
        Value::Timestamp(at) => quote(&at.to_string(), out),
        Value::Uint(value) if *value <= EXACT => out.push_str(&value.to_string()),
        Value::Uint(value) => quote(&value.to_string(), out),
    }
    Ok(())
}

fn json_key(key: &Value<'_>) -> Result<String, Fault> {
    Ok(match key {
        Value::String(text) => text.to_string(),
        other => {
            let name = other.type_name();
            return Err(Fault::new(format!("type conversion error from '{name}' to JSON")));
        }
    })
}

fn quote(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}
