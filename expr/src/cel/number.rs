//! Numbers across their types: equality, order, and conversions that lose nothing.

use std::cmp::Ordering;

use crate::cel::value::Value;

/// 2^63 and 2^64, the first doubles beyond `int` and `uint`.
const INT_END: f64 = 9_223_372_036_854_775_808.0;
const UINT_END: f64 = 18_446_744_073_709_551_616.0;

/// How two numbers compare, or `None` when one is not a number.
pub(crate) fn compare(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    Some(match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Uint(a), Value::Uint(b)) => a.cmp(b),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b)?,
        (Value::Int(a), Value::Uint(b)) => int_uint(*a, *b),
        (Value::Uint(a), Value::Int(b)) => int_uint(*b, *a).reverse(),
        (Value::Int(a), Value::Double(b)) => int_double(*a, *b)?,
        (Value::Double(a), Value::Int(b)) => int_double(*b, *a)?.reverse(),
        (Value::Uint(a), Value::Double(b)) => uint_double(*a, *b)?,
        (Value::Double(a), Value::Uint(b)) => uint_double(*b, *a)?.reverse(),
        _ => return None,
    })
}

fn int_uint(a: i64, b: u64) -> Ordering {
    u64::try_from(a).map_or(Ordering::Less, |a| a.cmp(&b))
}

fn int_double(a: i64, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    if b < -INT_END {
        return Some(Ordering::Greater);
    }
    if b > INT_END {
        return Some(Ordering::Less);
    }
    (a as f64).partial_cmp(&b)
}

fn uint_double(a: u64, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    if b < 0.0 {
        return Some(Ordering::Greater);
    }
    if b > UINT_END {
        return Some(Ordering::Less);
    }
    (a as f64).partial_cmp(&b)
}

pub(crate) fn is_number(value: &Value<'_>) -> bool {
    matches!(value, Value::Int(_) | Value::Uint(_) | Value::Double(_))
}

pub(crate) fn to_int_lossless(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(value) => Some(*value),
        Value::Uint(value) => i64::try_from(*value).ok(),
        Value::Double(value) => double_to_int(*value).filter(|&int| int as f64 == *value),
        _ => None,
    }
}

pub(crate) fn to_uint_lossless(value: &Value<'_>) -> Option<u64> {
    match value {
        Value::Uint(value) => Some(*value),
        Value::Int(value) => u64::try_from(*value).ok(),
        Value::Double(value) => double_to_uint(*value).filter(|&uint| uint as f64 == *value),
        _ => None,
    }
}

/// Cuts the fraction off; `None` outside what an `int` holds.
pub(crate) fn double_to_int(value: f64) -> Option<i64> {
    (value > -INT_END && value < INT_END).then_some(value as i64)
}

/// Cuts the fraction off; `None` outside what a `uint` holds.
pub(crate) fn double_to_uint(value: f64) -> Option<u64> {
    (0.0..UINT_END).contains(&value).then_some(value as u64)
}

/// As Go prints it with `%g`-like brevity: `1`, `0.25`, `1e+21`, `+Inf`.
pub(crate) fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let exponential = format!("{value:e}");
    let (digits, exponent) = exponential.split_once('e').unwrap_or((&exponential, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// As JSON has it: without an exponent between 1e-6 and 1e21.
pub(crate) fn json_text(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return format!("{value}");
    }
    let text = format!("{value:e}");
    if text.contains("e-") { text } else { text.replace('e', "e+") }
}

/// Reads a double as Go's `ParseFloat` does: also `inf`, `NaN` and hexadecimal.
pub(crate) fn parse_double(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some(hex) = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
        let value = parse_hex_double(hex)?;
        return Some(if text.starts_with('-') { -value } else { value });
    }
    if text.contains('_') {
        return parse_double(&without_separators(text)?);
    }
    let named = ["inf", "infinity", "nan"].iter().any(|name| unsigned.eq_ignore_ascii_case(name));
    // Go has no signed NaN, and refuses what is too large.
    if unsigned.len() < text.len() && unsigned.eq_ignore_ascii_case("nan") {
        return None;
    }
    text.parse().ok().filter(|value: &f64| named || value.is_finite())
}

/// `1_000` without its underscores, each of which has to stand between two digits.
fn without_separators(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let fine =
        text.match_indices('_').all(|(at, _)| digit(at.checked_sub(1)) && digit(Some(at + 1)));
    fine.then(|| text.replace('_', ""))
}

/// `1.8p3` is 1.5 × 2³; the exponent is a must.
fn parse_hex_double(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + fraction.len() == 0 || whole.len() + fraction.len() > 13 {
        return None;
    }
    let digits = u64::from_str_radix(&format!("{whole}{fraction}"), 16).ok()?;
    let exponent: i32 = exponent.parse().ok().filter(|exponent: &i32| exponent.abs() < 900)?;
    Some(digits as f64 * 2_f64.powi(exponent - 4 * fraction.len() as i32))
}
