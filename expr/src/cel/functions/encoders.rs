//! Base64 and JSON as text.

use std::sync::Arc;

use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::{mismatch, text};
use crate::cel::meter::Meter;
use crate::cel::signature::{Declaration, function};
use crate::cel::value::Value;

pub(crate) const TABLE: &[Declaration] = &[
    function("base64.decode", "(string) bytes", decode),
    function("base64.encode", "(bytes) string", encode),
];

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Bytes(bytes)] = arguments else { return Err(mismatch()) };
    meter.produce(bytes.len() * 4 / 3 + 4)?;
    let mut encoded = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, &byte| group << 8 | u32::from(byte));
        let group = group << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = ALPHABET[(group >> (18 - 6 * place) & 63) as usize];
            encoded.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    Ok(Value::from(encoded))
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
