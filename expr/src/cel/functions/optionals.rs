//! Optionals: `optional.of`, `value`, `first` and their kin.
//!
//! `or` and `orValue` are declared here for the check of types; they evaluate their argument only
//! when it is needed, which a function cannot.

use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::{list, mismatch};
use crate::cel::meter::Meter;
use crate::cel::optional;
use crate::cel::signature::{Declaration, function, member};
use crate::cel::value::Value;

pub(crate) const TABLE: &[Declaration] = &[
    function("optional.of", "(V) optional(V)", of),
    function("optional.ofNonZeroValue", "(V) optional(V)", of_non_zero),
    function("optional.none", "() optional(V)", none),
    function("optional.unwrap", "(list(optional(V))) list(V)", unwrap),
    member("unwrapOpt", "(list(optional(V))) list(V)", unwrap),
    member("value", "(optional(V)) V", value),
    member("hasValue", "(optional(V)) bool", has_value),
    member("or", "(optional(V), optional(V)) optional(V)", or),
    member("orValue", "(optional(V), V) V", or),
    member("first", "(list(V)) optional(V)", first),
    member("last", "(list(V)) optional(V)", last),
];

fn of<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    arguments.first().cloned().map(optional::of).ok_or_else(mismatch)
}

fn of_non_zero<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let value = arguments.first().ok_or_else(mismatch)?;
    let zero = match value {
        Value::Bool(value) => !value,
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::Double(value) => *value == 0.0,
        Value::Duration(span) => span.as_nanos() == 0,
        Value::Int(value) => *value == 0,
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Null => true,
        Value::Opaque(_) | Value::Optional(_) | Value::Type(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Timestamp(at) => at.to_string() == "0001-01-01T00:00:00Z",
        Value::Uint(value) => *value == 0,
    };
    Ok(if zero { Value::Optional(None) } else { optional::of(value.clone()) })
}

fn none<'a>(_: &mut Meter<'_>, _: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Optional(None))
}

fn unwrap<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let list = list(arguments, 0)?;
    meter.produce(list.len() * size_of::<Value<'_>>())?;
    let mut values = Vec::new();
    for element in list.iter() {
        values.extend(optional::unwrap(element)?);
    }
    Ok(Value::from(values))
}

fn value<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Optional(Some(value))] => Ok((**value).clone()),
        [Value::Optional(None)] => Err(Fault::new("optional.none() dereference")),
        _ => Err(mismatch()),
    }
}

fn has_value<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(matches!(arguments, [Value::Optional(Some(_))])))
}

/// Reached only where the call is written in a way that does not wait: `or(a, b)`.
fn or<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Optional(None), other] => Ok(other.clone()),
        [Value::Optional(Some(value)), Value::Optional(_)] => Ok(optional::of((**value).clone())),
        [Value::Optional(Some(value)), _] => Ok((**value).clone()),
        _ => Err(mismatch()),
    }
}

fn first<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(list(arguments, 0)?.get(0).map_or(Value::Optional(None), optional::of))
}

fn last<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let list = list(arguments, 0)?;
    let last = list.len().checked_sub(1).and_then(|index| list.get(index));
    Ok(last.map_or(Value::Optional(None), optional::of))
}
