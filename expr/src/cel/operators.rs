//! Arithmetic, order, equality and membership.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::cel::ast::Operator;
use crate::cel::duration::Duration;
use crate::cel::fault::Fault;
use crate::cel::meter::Meter;
use crate::cel::number;
use crate::cel::value::Value;

pub(crate) fn binary<'a>(
    meter: &mut Meter<'_>,
    operator: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
) -> Result<Value<'a>, Fault> {
    let ordered = |wanted: fn(Ordering) -> bool, meter: &mut Meter<'_>| {
        meter.scan(left.own_bytes().min(right.own_bytes()) as usize)?;
        compare(left, right)?
            .map(|order| Value::Bool(wanted(order)))
            .ok_or_else(|| no_overload(operator))
    };
    match operator {
        Operator::Equal => equal(meter, left, right).map(Value::Bool),
        Operator::NotEqual => equal(meter, left, right).map(|same| Value::Bool(!same)),
        Operator::Less => ordered(Ordering::is_lt, meter),
        Operator::LessOrEqual => ordered(Ordering::is_le, meter),
        Operator::Greater => ordered(Ordering::is_gt, meter),
        Operator::GreaterOrEqual => ordered(Ordering::is_ge, meter),
        Operator::In => {
            contains(meter, right, left)?.map(Value::Bool).ok_or_else(|| no_overload(operator))
        }
        Operator::Add => add(meter, left, right),
        Operator::Subtract => subtract(left, right),
        Operator::Multiply | Operator::Divide | Operator::Remainder => scale(operator, left, right),
    }
}

fn no_overload(operator: Operator) -> Fault {
    Fault::overload(operator.name())
}

pub(crate) fn negate<'a>(value: &Value<'a>) -> Result<Value<'a>, Fault> {
    match value {
        Value::Double(value) => Ok(Value::Double(-value)),
        Value::Duration(span) => {
            let nanos = span.as_nanos().checked_neg();
            nanos
                .map(|nanos| Value::Duration(Duration::from_nanos(nanos)))
                .ok_or_else(|| overflow("duration"))
        }
        Value::Int(value) => value.checked_neg().map(Value::Int).ok_or_else(|| overflow("integer")),
        _ => Err(Fault::overload("-_")),
    }
}

fn overflow(what: &str) -> Fault {
    Fault::new(format!("{what} overflow"))
}

fn add<'a>(meter: &mut Meter<'_>, left: &Value<'a>, right: &Value<'a>) -> Result<Value<'a>, Fault> {
    Ok(match (left, right) {
        (Value::Int(a), Value::Int(b)) => int(a.checked_add(*b))?,
        (Value::Uint(a), Value::Uint(b)) => uint(a.checked_add(*b))?,
        (Value::Double(a), Value::Double(b)) => Value::Double(a + b),
        (Value::String(a), Value::String(b)) => {
            meter.produce(a.len() + b.len())?;
            Value::from([&**a, &**b].concat())
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            meter.produce(a.len() + b.len())?;
            Value::Bytes(Arc::from([&**a, &**b].concat()))
        }
        (Value::List(a), Value::List(b)) => {
            meter.produce((a.len() + b.len()) * size_of::<Value<'_>>())?;
            Value::from(a.iter().chain(b.iter()).collect::<Vec<_>>())
        }
        (Value::Duration(a), Value::Duration(b)) => span(a.as_nanos().checked_add(b.as_nanos()))?,
        (Value::Timestamp(at), Value::Duration(span))
        | (Value::Duration(span), Value::Timestamp(at)) => {
            at.checked_add(*span).map(Value::Timestamp).ok_or_else(|| overflow("timestamp"))?
        }
        _ => return Err(no_overload(Operator::Add)),
    })
}

fn subtract<'a>(left: &Value<'a>, right: &Value<'a>) -> Result<Value<'a>, Fault> {
    Ok(match (left, right) {
        (Value::Int(a), Value::Int(b)) => int(a.checked_sub(*b))?,
        (Value::Uint(a), Value::Uint(b)) => uint(a.checked_sub(*b))?,
        (Value::Double(a), Value::Double(b)) => Value::Double(a - b),
        (Value::Duration(a), Value::Duration(b)) => span(a.as_nanos().checked_sub(b.as_nanos()))?,
        (Value::Timestamp(at), Value::Duration(span)) => {
            at.checked_sub(*span).map(Value::Timestamp).ok_or_else(|| overflow("timestamp"))?
        }
        (Value::Timestamp(a), Value::Timestamp(b)) => {
            a.since(*b).map(Value::Duration).ok_or_else(|| overflow("timestamp"))?
        }
        _ => return Err(no_overload(Operator::Subtract)),
    })
}

fn scale<'a>(operator: Operator, left: &Value<'a>, right: &Value<'a>) -> Result<Value<'a>, Fault> {
    let zero = || match operator {
        Operator::Divide => Fault::new("division by zero"),
        _ => Fault::new("modulus by zero"),
    };
    match (operator, left, right) {
        (Operator::Multiply, Value::Int(a), Value::Int(b)) => int(a.checked_mul(*b)),
        (Operator::Multiply, Value::Uint(a), Value::Uint(b)) => uint(a.checked_mul(*b)),
        (Operator::Multiply, Value::Double(a), Value::Double(b)) => Ok(Value::Double(a * b)),
        (Operator::Divide, Value::Double(a), Value::Double(b)) => Ok(Value::Double(a / b)),
        (Operator::Divide | Operator::Remainder, Value::Int(_), Value::Int(0))
        | (Operator::Divide | Operator::Remainder, Value::Uint(_), Value::Uint(0)) => Err(zero()),
        (Operator::Divide, Value::Int(a), Value::Int(b)) => int(a.checked_div(*b)),
        (Operator::Divide, Value::Uint(a), Value::Uint(b)) => Ok(Value::Uint(a / b)),
        (Operator::Remainder, Value::Int(a), Value::Int(b)) => int(a.checked_rem(*b)),
        (Operator::Remainder, Value::Uint(a), Value::Uint(b)) => Ok(Value::Uint(a % b)),
        _ => Err(no_overload(operator)),
    }
}

fn int<'a>(value: Option<i64>) -> Result<Value<'a>, Fault> {
    value.map(Value::Int).ok_or_else(|| overflow("integer"))
}

fn uint<'a>(value: Option<u64>) -> Result<Value<'a>, Fault> {
    value.map(Value::Uint).ok_or_else(|| overflow("unsigned integer"))
}

fn span<'a>(nanos: Option<i64>) -> Result<Value<'a>, Fault> {
    let span = nanos.map(|nanos| Value::Duration(Duration::from_nanos(nanos)));
    span.ok_or_else(|| overflow("duration"))
}

/// How two values compare; `None` when values of these types do not.
pub(crate) fn compare(left: &Value<'_>, right: &Value<'_>) -> Result<Option<Ordering>, Fault> {
    let nan = |value: &Value<'_>| matches!(value, Value::Double(value) if value.is_nan());
    Ok(match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
        (a, b) if number::is_number(a) && number::is_number(b) && (nan(a) || nan(b)) => {
            return Err(Fault::new("NaN values cannot be ordered"));
        }
        (a, b) => number::compare(a, b),
    })
}

/// Whether two values are the same. Values of different types are not, except that numbers are
/// compared by what they are worth.
pub(crate) fn equal(
    meter: &mut Meter<'_>,
    left: &Value<'_>,
    right: &Value<'_>,
) -> Result<bool, Fault> {
    equal_within(meter, left, right, MAX_DEPTH)
}

/// Deeper than any document that `serde_json` reads.
const MAX_DEPTH: usize = 512;

fn equal_within(
    meter: &mut Meter<'_>,
    left: &Value<'_>,
    right: &Value<'_>,
    depth: usize,
) -> Result<bool, Fault> {
    meter.step(1 + left.own_bytes().min(right.own_bytes()) / 10)?;
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Fault::limit("values are nested too deep to be compared"));
    };
    Ok(match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b.iter()) {
                if !equal_within(meter, &a, &b, depth)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(a), Value::Map(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            meter.step(a.len() as u64)?;
            for (key, value) in a.entries() {
                let Some(other) = b.get(&key) else { return Ok(false) };
                if !equal_within(meter, &value, &other, depth)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Null, Value::Null) | (Value::Optional(None), Value::Optional(None)) => true,
        (Value::Opaque(a), Value::Opaque(b)) => a.is_same(b),
        (Value::Optional(Some(a)), Value::Optional(Some(b))) => equal_within(meter, a, b, depth)?,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a.name() == b.name(),
        (a, b) => number::compare(a, b) == Some(Ordering::Equal),
    })
}

/// Whether a list has the element or a map the key; `None` for anything else.
pub(crate) fn contains(
    meter: &mut Meter<'_>,
    container: &Value<'_>,
    wanted: &Value<'_>,
) -> Result<Option<bool>, Fault> {
    match container {
        Value::List(list) => {
            for element in list.iter() {
                if equal(meter, &element, wanted)? {
                    return Ok(Some(true));
                }
            }
            Ok(Some(false))
        }
        Value::Map(map) => Ok(Some(map.get(wanted).is_some())),
        _ => Ok(None),
    }
}
