//! Lists as sets.

use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::list;
use crate::cel::list::List;
use crate::cel::meter::Meter;
use crate::cel::operators;
use crate::cel::signature::{Declaration, function};
use crate::cel::value::Value;

pub(crate) const TABLE: &[Declaration] = &[
    function("sets.contains", "(list(T), list(T)) bool", contains),
    function("sets.equivalent", "(list(T), list(T)) bool", equivalent),
    function("sets.intersects", "(list(T), list(T)) bool", intersects),
];

fn has(meter: &mut Meter<'_>, list: &List<'_>, wanted: &Value<'_>) -> Result<bool, Fault> {
    for element in list.iter() {
        if operators::equal(meter, &element, wanted)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn all_in(meter: &mut Meter<'_>, part: &List<'_>, whole: &List<'_>) -> Result<bool, Fault> {
    for element in part.iter() {
        if !has(meter, whole, &element)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn contains<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    all_in(meter, list(arguments, 1)?, list(arguments, 0)?).map(Value::Bool)
}

fn equivalent<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (a, b) = (list(arguments, 0)?, list(arguments, 1)?);
    Ok(Value::Bool(all_in(meter, a, b)? && all_in(meter, b, a)?))
}

fn intersects<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (a, b) = (list(arguments, 0)?, list(arguments, 1)?);
    for element in a.iter() {
        if has(meter, b, &element)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}
