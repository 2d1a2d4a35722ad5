//! Regular expressions: `matches`, and Kubernetes' `find` and `findAll`.

use crate::cel::eval::Outcome;
use crate::cel::functions::{int, text};
use crate::cel::meter::Meter;
use crate::cel::signature::{Declaration, function, member};
use crate::cel::value::Value;

pub(crate) const MATCHES: &[Declaration] = &[
    function("matches", "(string, string) bool", matches),
    member("matches", "(string, string) bool", matches),
];

pub(crate) const FIND: &[Declaration] = &[
    member("find", "(string, string) string", find),
    member("findAll", "(string, string) list(string)", find_all),
    member("findAll", "(string, string, int) list(string)", find_all),
];

fn matches<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (subject, pattern) = (text(arguments, 0)?, text(arguments, 1)?);
    meter.scan(subject.len())?;
    Ok(Value::Bool(meter.regex(pattern)?.is_match(subject)))
}

fn find<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (subject, pattern) = (text(arguments, 0)?, text(arguments, 1)?);
    meter.produce(subject.len())?;
    let found = meter.regex(pattern)?.find(subject);
    Ok(Value::from(found.map_or("", |found| found.as_str()).to_owned()))
}

fn find_all<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (subject, pattern) = (text(arguments, 0)?, text(arguments, 1)?);
    let limit = if arguments.len() == 3 { int(arguments, 2)? } else { -1 };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    // At most one match a byte, and one at the end.
    meter.produce((subject.len() + 1).min(limit) * size_of::<Value<'_>>())?;
    let found = meter.regex(pattern)?.find_iter(subject).take(limit);
    let found = found.map(|found| Value::from(found.as_str().to_owned()));
    Ok(Value::from(found.collect::<Vec<_>>()))
}
