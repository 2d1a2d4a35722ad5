//! Lists: order, sums, positions, slices.

use std::cmp::Ordering;

use crate::cel::ast::Operator;
use crate::cel::duration::Duration;
use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::{int, list, mismatch};
use crate::cel::list::List;
use crate::cel::meter::Meter;
use crate::cel::operators;
use crate::cel::signature::{Declaration, function, member, unguarded};
use crate::cel::value::Value;

pub(crate) const TABLE: &[Declaration] = &[
    member("isSorted", "(list(int)) bool", is_sorted),
    member("isSorted", "(list(uint)) bool", is_sorted),
    member("isSorted", "(list(double)) bool", is_sorted),
    member("isSorted", "(list(bool)) bool", is_sorted),
    member("isSorted", "(list(duration)) bool", is_sorted),
    member("isSorted", "(list(timestamp)) bool", is_sorted),
    member("isSorted", "(list(string)) bool", is_sorted),
    member("isSorted", "(list(bytes)) bool", is_sorted),
    member("sum", "(list(int)) int", |meter, given| sum(meter, given, Value::Int(0))),
    member("sum", "(list(uint)) uint", |meter, given| sum(meter, given, Value::Uint(0))),
    member("sum", "(list(double)) double", |meter, given| sum(meter, given, Value::Double(0.0))),
    member("sum", "(list(duration)) duration", |meter, given| {
        sum(meter, given, Value::Duration(Duration::from_nanos(0)))
    }),
    member("max", "(list(int)) int", max),
    member("max", "(list(uint)) uint", max),
    member("max", "(list(double)) double", max),
    member("max", "(list(bool)) bool", max),
    member("max", "(list(duration)) duration", max),
    member("max", "(list(timestamp)) timestamp", max),
    member("max", "(list(string)) string", max),
    member("max", "(list(bytes)) bytes", max),
    member("min", "(list(int)) int", min),
    member("min", "(list(uint)) uint", min),
    member("min", "(list(double)) double", min),
    member("min", "(list(bool)) bool", min),
    member("min", "(list(duration)) duration", min),
    member("min", "(list(timestamp)) timestamp", min),
    member("min", "(list(string)) string", min),
    member("min", "(list(bytes)) bytes", min),
    member("indexOf", "(list(A), A) int", index_of),
    member("lastIndexOf", "(list(A), A) int", last_index_of),
    member("includes", "(dyn, dyn) bool", includes),
    member("slice", "(list(T), int, int) list(T)", slice),
    unguarded("flatten", "(list(list(T))) list(T)", flatten),
    member("flatten", "(list(dyn), int) list(dyn)", flatten),
    member("sort", "(list(int)) list(int)", sort_list),
    member("sort", "(list(uint)) list(uint)", sort_list),
    member("sort", "(list(double)) list(double)", sort_list),
    member("sort", "(list(bool)) list(bool)", sort_list),
    member("sort", "(list(duration)) list(duration)", sort_list),
    member("sort", "(list(timestamp)) list(timestamp)", sort_list),
    member("sort", "(list(string)) list(string)", sort_list),
    member("sort", "(list(bytes)) list(bytes)", sort_list),
    function("lists.range", "(int) list(int)", range),
    member("reverse", "(list(T)) list(T)", reverse),
    member("distinct", "(list(T)) list(T)", distinct),
];

fn is_sorted<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let list = list(arguments, 0)?;
    meter.step(list.len() as u64)?;
    let mut sorted = true;
    for (a, b) in list.iter().zip(list.iter().skip(1)) {
        sorted = sorted && !matches!(operators::compare(&a, &b), Ok(Some(Ordering::Greater)));
    }
    Ok(Value::Bool(sorted))
}

fn sum<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>], zero: Value<'a>) -> Outcome<'a> {
    let mut sum = zero;
    for element in list(arguments, 0)?.iter() {
        meter.step(1)?;
        sum = operators::binary(meter, Operator::Add, &sum, &element)?;
    }
    Ok(sum)
}

fn max<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    best(meter, arguments, "max", Ordering::Less)
}

fn min<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    best(meter, arguments, "min", Ordering::Greater)
}

fn best<'a>(
    meter: &mut Meter<'_>,
    arguments: &[Value<'a>],
    name: &str,
    worse: Ordering,
) -> Outcome<'a> {
    let mut best: Option<Value<'a>> = None;
    for element in list(arguments, 0)?.iter() {
        meter.step(1)?;
        let order = best.as_ref().map(|best| operators::compare(best, &element));
        // What has no order with the best so far (NaN) is not better.
        if order.is_none_or(|order| order.is_ok_and(|order| order == Some(worse))) {
            best = Some(element);
        }
    }
    best.ok_or_else(|| Fault::new(format!("{name} called on empty list")))
}

fn position<'a>(
    meter: &mut Meter<'_>,
    elements: impl Iterator<Item = (usize, Value<'a>)>,
    wanted: &Value<'a>,
) -> Outcome<'a> {
    for (index, element) in elements {
        if operators::equal(meter, &element, wanted)? {
            return Ok(Value::Int(index as i64));
        }
    }
    Ok(Value::Int(-1))
}

fn index_of<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let wanted = arguments.get(1).ok_or_else(mismatch)?;
    position(meter, list(arguments, 0)?.iter().enumerate(), wanted)
}

fn last_index_of<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let wanted = arguments.get(1).ok_or_else(mismatch)?;
    let list = list(arguments, 0)?;
    position(meter, (0..list.len()).rev().zip(list.iter().rev()), wanted)
}

fn includes<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let [container, wanted] = arguments else { return Err(mismatch()) };
    let found = match container {
        Value::List(_) => operators::contains(meter, container, wanted)?.unwrap_or(false),
        single => operators::equal(meter, single, wanted)?,
    };
    Ok(Value::Bool(found))
}

fn slice<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (list, start, end) = (list(arguments, 0)?, int(arguments, 1)?, int(arguments, 2)?);
    let length = list.len();
    let refuse = |why: String| Err(Fault::new(format!("cannot slice({start}, {end}), {why}")));
    let (Ok(from), Ok(to)) = (usize::try_from(start), usize::try_from(end)) else {
        return refuse("negative indexes not supported".to_owned());
    };
    if from > to {
        return refuse("start index must be less than or equal to end index".to_owned());
    }
    if to > length {
        return refuse(format!("list is length {length}"));
    }
    meter.produce((to - from) * size_of::<Value<'_>>())?;
    Ok(Value::from((from..to).filter_map(|index| list.get(index)).collect::<Vec<_>>()))
}

fn flatten<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let depth = if arguments.len() == 2 { int(arguments, 1)? } else { 1 };
    if depth < 0 {
        return Err(Fault::new("level must be non-negative"));
    }
    let mut flat = Vec::new();
    flatten_into(meter, list(arguments, 0)?, depth.min(MAX_DEPTH), &mut flat)?;
    Ok(Value::from(flat))
}

/// Deeper than any document that `serde_json` reads.
const MAX_DEPTH: i64 = 256;

fn flatten_into<'a>(
    meter: &mut Meter<'_>,
    list: &List<'a>,
    depth: i64,
    flat: &mut Vec<Value<'a>>,
) -> Result<(), Fault> {
    for element in list.iter() {
        match element {
            Value::List(nested) if depth > 0 => flatten_into(meter, &nested, depth - 1, flat)?,
            other => {
                meter.produce(size_of::<Value<'_>>())?;
                flat.push(other);
            }
        }
    }
    meter.step(1)
}

fn sort_list<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let list = list(arguments, 0)?;
    meter.produce(2 * list.len() * size_of::<Value<'_>>())?;
    sort(meter, list.iter().map(|element| (element.clone(), element)).collect())
}

/// Sorts values by their keys, which have to be of one type that has an order.
pub(crate) fn sort<'a>(
    meter: &mut Meter<'_>,
    mut keyed: Vec<(Value<'a>, Value<'a>)>,
) -> Outcome<'a> {
    if let Some((first, _)) = keyed.first() {
        if operators::compare(first, first).is_ok_and(|order| order.is_none()) {
            return Err(Fault::new("list elements must be comparable"));
        }
        let name = first.type_name();
        if keyed.iter().any(|(key, _)| key.type_name() != name) {
            return Err(Fault::new("list elements must have the same type"));
        }
    }
    let count = keyed.len() as u64;
    meter.step(count * u64::from(count.checked_ilog2().unwrap_or_default()))?;
    // NaN has no order; where it ends up does not matter, as long as sorting ends.
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Value::Double(a), Value::Double(b)) => a.total_cmp(b),
        (a, b) => operators::compare(a, b).ok().flatten().unwrap_or(Ordering::Equal),
    });
    Ok(Value::from(keyed.into_iter().map(|(_, value)| value).collect::<Vec<_>>()))
}

fn range<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let count = int(arguments, 0)?;
    if count < 0 {
        let why = format!("lists.range: size must be non-negative, got {count}");
        return Err(Fault::new(why));
    }
    let bytes = usize::try_from(count).unwrap_or(usize::MAX);
    meter.produce(bytes.saturating_mul(size_of::<Value<'_>>()))?;
    Ok(Value::from((0..count).map(Value::Int).collect::<Vec<_>>()))
}

fn reverse<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let list = list(arguments, 0)?;
    meter.produce(list.len() * size_of::<Value<'_>>())?;
    Ok(Value::from(list.iter().rev().collect::<Vec<_>>()))
}

/// Compares everything with everything, as the original does: the budget of steps bounds it.
fn distinct<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let mut kept: Vec<Value<'a>> = Vec::new();
    'elements: for element in list(arguments, 0)?.iter() {
        for known in &kept {
            if operators::equal(meter, known, &element)? {
                continue 'elements;
            }
        }
        meter.produce(size_of::<Value<'_>>())?;
        kept.push(element);
    }
    Ok(Value::from(kept))
}
