//! `getHours()` and its kin: parts of a point in time, lengths of a span.

use crate::cel::calendar::Civil;
use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::{mismatch, text};
use crate::cel::meter::Meter;
use crate::cel::signature::{Declaration, member};
use crate::cel::value::Value;

/// The three ways to ask for a part: in UTC, in a zone, and of a span.
macro_rules! part {
    ($run:ident, $part:expr) => {
        part!($run, $part, |_| Err(mismatch()));
    };
    ($run:ident, $part:expr, $span:expr) => {
        fn $run<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
            let part: fn(Civil) -> i64 = $part;
            let span: fn(i64) -> Result<i64, Fault> = $span;
            of(arguments, part, span)
        }
    };
}

part!(full_year, |at| at.year);
part!(month, |at| at.month - 1);
part!(day_of_year, |at| at.day_of_year);
part!(day_of_month, |at| at.day - 1);
part!(date, |at| at.day);
part!(day_of_week, |at| at.weekday);
part!(hours, |at| at.hour, |nanos| Ok(nanos / 3_600_000_000_000));
part!(minutes, |at| at.minute, |nanos| Ok(nanos / 60_000_000_000));
part!(seconds, |at| at.second, |nanos| Ok(nanos / 1_000_000_000));
part!(milliseconds, |at| at.millisecond, |nanos| Ok(nanos / 1_000_000));

pub(crate) const TABLE: &[Declaration] = &[
    member("getFullYear", "(timestamp) int", full_year),
    member("getFullYear", "(timestamp, string) int", full_year),
    member("getMonth", "(timestamp) int", month),
    member("getMonth", "(timestamp, string) int", month),
    member("getDayOfYear", "(timestamp) int", day_of_year),
    member("getDayOfYear", "(timestamp, string) int", day_of_year),
    member("getDayOfMonth", "(timestamp) int", day_of_month),
    member("getDayOfMonth", "(timestamp, string) int", day_of_month),
    member("getDate", "(timestamp) int", date),
    member("getDate", "(timestamp, string) int", date),
    member("getDayOfWeek", "(timestamp) int", day_of_week),
    member("getDayOfWeek", "(timestamp, string) int", day_of_week),
    member("getHours", "(timestamp) int", hours),
    member("getHours", "(timestamp, string) int", hours),
    member("getHours", "(duration) int", hours),
    member("getMinutes", "(timestamp) int", minutes),
    member("getMinutes", "(timestamp, string) int", minutes),
    member("getMinutes", "(duration) int", minutes),
    member("getSeconds", "(timestamp) int", seconds),
    member("getSeconds", "(timestamp, string) int", seconds),
    member("getSeconds", "(duration) int", seconds),
    member("getMilliseconds", "(timestamp) int", milliseconds),
    member("getMilliseconds", "(timestamp, string) int", milliseconds),
    member("getMilliseconds", "(duration) int", milliseconds),
];

fn of<'a>(
    arguments: &[Value<'a>],
    part: fn(Civil) -> i64,
    span: fn(i64) -> Result<i64, Fault>,
) -> Outcome<'a> {
    let value = match arguments {
        [Value::Timestamp(at)] => part(at.utc()),
        [Value::Timestamp(at), _] => {
            let zone = text(arguments, 1)?;
            let local =
                at.at(zone).ok_or_else(|| Fault::new(format!("unknown time zone {zone}")))?;
            part(local)
        }
        [Value::Duration(length)] => span(length.as_nanos())?,
        _ => return Err(mismatch()),
    };
    Ok(Value::Int(value))
}
