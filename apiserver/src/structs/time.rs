//! Times as Go writes them: whole seconds, or six digits.

use jiff::Timestamp;
use serde_json::Value;

pub(super) fn seconds(value: &Value) -> Result<Value, String> {
    Ok(written(read(value)?, "%Y-%m-%dT%H:%M:%SZ"))
}

pub(super) fn micros(value: &Value) -> Result<Value, String> {
    let at = read(value)?;
    let text = value.as_str().unwrap_or_default();
    let rest = text.get(19..).unwrap_or_default();
    let digits = rest.strip_prefix('.').unwrap_or_default();
    if digits.bytes().take_while(u8::is_ascii_digit).count() != 6 {
        const LAYOUT: &str = "2006-01-02T15:04:05.000000Z07:00";
        return Err(format!(
            "parsing time {text:?} as {LAYOUT:?}: cannot parse {rest:?} as \".000000\""
        ));
    }
    Ok(written(at, "%Y-%m-%dT%H:%M:%S%.6fZ"))
}

/// From the parts that protobuf sends.
pub(super) fn of_parts(seconds: i64, nanos: i64, micro: bool) -> Value {
    let nanos = i32::try_from(nanos).unwrap_or_default();
    let format = if micro { "%Y-%m-%dT%H:%M:%S%.6fZ" } else { "%Y-%m-%dT%H:%M:%SZ" };
    Timestamp::new(seconds, nanos).map_or(Value::Null, |at| written(at, format))
}

fn written(at: Timestamp, format: &str) -> Value {
    at.strftime(format).to_string().into()
}

fn read(value: &Value) -> Result<Timestamp, String> {
    let Some(text) = value.as_str() else {
        let found = if value.is_number() { "number" } else { "value" };
        return Err(format!("json: cannot unmarshal {found} into Go value of type string"));
    };
    text.parse().map_err(|_| {
        const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
        format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {text:?} as \"2006\"")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_in_utc_and_as_long_as_their_type() {
        let at = json!("2026-01-01T01:00:00.123456789+01:00");
        assert_eq!(seconds(&at).unwrap(), "2026-01-01T00:00:00Z");
        let micro = json!("2026-01-01T01:00:00.123456+01:00");
        assert_eq!(micros(&micro).unwrap(), "2026-01-01T00:00:00.123456Z");
        assert!(
            micros(&json!("2026-01-01T00:00:00Z"))
                .unwrap_err()
                .ends_with("cannot parse \"Z\" as \".000000\"")
        );
        assert_eq!(of_parts(0, 5000, true), "1970-01-01T00:00:00.000005Z");
        assert!(seconds(&json!("soon")).unwrap_err().starts_with("parsing time \"soon\""));
    }
}
