//! Something or nothing, and the look-ups that may find nothing.

use std::sync::Arc;

use crate::cel::fault::Fault;
use crate::cel::number;
use crate::cel::value::Value;

pub(crate) fn of(value: Value<'_>) -> Value<'_> {
    Value::Optional(Some(Arc::new(value)))
}

/// What an optional element of a literal adds.
pub(crate) fn unwrap(value: Value<'_>) -> Result<Option<Value<'_>>, Fault> {
    match value {
        Value::Optional(inner) => Ok(inner.map(|inner| (*inner).clone())),
        other => {
            let name = other.type_name();
            Err(Fault::new(format!(
                "cannot initialize optional entry from non-optional value {name}"
            )))
        }
    }
}

/// `value[key]`, `value.key`, and with `optional` `value[?key]`, `value.?key`.
///
/// Looking into an optional gives an optional, whatever the look-up asked for.
pub(crate) fn qualify<'a>(
    value: &Value<'a>,
    key: &Value<'_>,
    optional: bool,
) -> Result<Value<'a>, Fault> {
    match value {
        Value::Optional(None) => Ok(Value::Optional(None)),
        Value::Optional(Some(inner)) => Ok(find(inner, key)?.map_or(Value::Optional(None), of)),
        value if optional => Ok(find(value, key)?.map_or(Value::Optional(None), of)),
        value => find(value, key)?.ok_or_else(|| missing(value, key)),
    }
}

/// What is there, if anything. Only an index of the wrong kind is an error: a number has no
/// fields, but asking for one is not wrong.
pub(crate) fn find<'a>(value: &Value<'a>, key: &Value<'_>) -> Result<Option<Value<'a>>, Fault> {
    usable(key)?;
    match value {
        Value::Map(map) => Ok(map.get(key)),
        Value::List(list) => {
            let index = number::to_int_lossless(key).ok_or_else(|| {
                Fault::new(format!("unsupported index type '{}' in list", key.type_name()))
            })?;
            Ok(usize::try_from(index).ok().and_then(|index| list.get(index)))
        }
        _ => Ok(None),
    }
}

/// Refuses what nothing can be looked up by.
pub(crate) fn usable(key: &Value<'_>) -> Result<(), Fault> {
    if number::is_number(key) || matches!(key, Value::String(_) | Value::Bool(_)) {
        return Ok(());
    }
    Err(Fault::new(format!("invalid qualifier type: {}", key.type_name())))
}

fn missing(value: &Value<'_>, key: &Value<'_>) -> Fault {
    let key = match key {
        Value::String(text) => text.to_string(),
        Value::Int(index) => index.to_string(),
        Value::Uint(index) => index.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Double(value) => number::double_text(*value),
        _ => String::new(),
    };
    match value {
        Value::List(_) => Fault::new(format!("index out of bounds: {key}")),
        _ => Fault::new(format!("no such key: {key}")),
    }
}
