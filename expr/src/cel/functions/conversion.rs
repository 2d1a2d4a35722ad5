//! `int('1')`, `string(1)`, `type(1)` and the other ways from one type to another.

use std::sync::Arc;

use crate::cel::duration::Duration;
use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::mismatch;
use crate::cel::meter::Meter;
use crate::cel::number;
use crate::cel::signature::{Declaration, function};
use crate::cel::time::Timestamp;
use crate::cel::value::Value;

pub(crate) const TABLE: &[Declaration] = &[
    function("bool", "(bool) bool", same),
    function("bool", "(string) bool", to_bool),
    function("bytes", "(bytes) bytes", same),
    function("bytes", "(string) bytes", to_bytes),
    function("double", "(double) double", same),
    function("double", "(int) double", to_double),
    function("double", "(string) double", to_double),
    function("double", "(uint) double", to_double),
    function("duration", "(duration) duration", same),
    function("duration", "(string) duration", to_duration),
    function("dyn", "(A) dyn", same),
    function("int", "(int) int", same),
    function("int", "(double) int", to_int),
    function("int", "(duration) int", to_int),
    function("int", "(string) int", to_int),
    function("int", "(timestamp) int", to_int),
    function("int", "(uint) int", to_int),
    function("string", "(string) string", same),
    function("string", "(bool) string", to_string),
    function("string", "(bytes) string", to_string),
    function("string", "(double) string", to_string),
    function("string", "(duration) string", to_string),
    function("string", "(int) string", to_string),
    function("string", "(timestamp) string", to_string),
    function("string", "(uint) string", to_string),
    function("timestamp", "(timestamp) timestamp", same),
    function("timestamp", "(int) timestamp", to_timestamp),
    function("timestamp", "(string) timestamp", to_timestamp),
    function("type", "(A) type(A)", to_type),
    function("uint", "(uint) uint", same),
    function("uint", "(double) uint", to_uint),
    function("uint", "(int) uint", to_uint),
    function("uint", "(string) uint", to_uint),
];

fn same<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    arguments.first().cloned().ok_or_else(mismatch)
}

fn to_type<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    arguments.first().map(|value| Value::Type(value.type_of())).ok_or_else(mismatch)
}

fn unreadable(wanted: &str) -> Fault {
    Fault::new(format!("type conversion error from 'string' to '{wanted}'"))
}

fn to_bool<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments.first().and_then(Value::as_str) {
        Some("1" | "t" | "T" | "TRUE" | "true" | "True") => Ok(Value::Bool(true)),
        Some("0" | "f" | "F" | "FALSE" | "false" | "False") => Ok(Value::Bool(false)),
        _ => Err(unreadable("bool")),
    }
}

fn to_bytes<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.first().and_then(Value::as_str).ok_or_else(mismatch)?;
    meter.produce(text.len())?;
    Ok(Value::Bytes(Arc::from(text.as_bytes())))
}

fn to_double<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Double(match arguments {
        [Value::Int(value)] => *value as f64,
        [Value::Uint(value)] => *value as f64,
        [Value::String(text)] => number::parse_double(text).ok_or_else(|| unreadable("double"))?,
        _ => return Err(mismatch()),
    }))
}

fn to_duration<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.first().and_then(Value::as_str).ok_or_else(mismatch)?;
    let span = Duration::parse(text).ok_or_else(|| unreadable("google.protobuf.Duration"))?;
    Ok(Value::Duration(span))
}

fn to_int<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let overflow = || Fault::new("integer overflow");
    Ok(Value::Int(match arguments {
        [Value::Double(value)] => number::double_to_int(*value).ok_or_else(overflow)?,
        [Value::Duration(span)] => span.as_nanos(),
        [Value::String(text)] => text.parse().map_err(|_| unreadable("int"))?,
        [Value::Timestamp(at)] => at.unix_seconds(),
        [Value::Uint(value)] => i64::try_from(*value).map_err(|_| overflow())?,
        _ => return Err(mismatch()),
    }))
}

fn to_uint<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let overflow = || Fault::new("unsigned integer overflow");
    Ok(Value::Uint(match arguments {
        [Value::Double(value)] => number::double_to_uint(*value).ok_or_else(overflow)?,
        [Value::Int(value)] => u64::try_from(*value).map_err(|_| overflow())?,
        // Rust reads `+7`, Go does not.
        [Value::String(text)] if !text.starts_with('+') => {
            text.parse().map_err(|_| unreadable("uint"))?
        }
        [Value::String(_)] => return Err(unreadable("uint")),
        _ => return Err(mismatch()),
    }))
}

fn to_timestamp<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let at = match arguments {
        [Value::Int(seconds)] => {
            Timestamp::from_unix(*seconds, 0).ok_or_else(|| Fault::new("timestamp overflow"))?
        }
        [Value::String(text)] => {
            Timestamp::parse(text).ok_or_else(|| unreadable("google.protobuf.Timestamp"))?
        }
        _ => return Err(mismatch()),
    };
    Ok(Value::Timestamp(at))
}

fn to_string<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::from(match arguments {
        [Value::Bool(value)] => value.to_string(),
        [Value::Bytes(bytes)] => {
            meter.produce(bytes.len())?;
            let text = std::str::from_utf8(bytes);
            let why = "invalid UTF-8 in bytes, cannot convert to string";
            text.map_err(|_| Fault::new(why))?.to_owned()
        }
        [Value::Double(value)] => number::double_text(*value),
        [Value::Duration(span)] => span.to_seconds_text(),
        [Value::Int(value)] => value.to_string(),
        [Value::Timestamp(at)] => at.to_string(),
        [Value::Uint(value)] => value.to_string(),
        _ => return Err(mismatch()),
    }))
}
