//! Text by characters: indices count characters, not bytes.

use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::{int, list, mismatch, text};
use crate::cel::meter::Meter;
use crate::cel::signature::{Declaration, function, member};
use crate::cel::value::Value;

pub(crate) const TABLE: &[Declaration] = &[
    member("contains", "(string, string) bool", contains),
    member("endsWith", "(string, string) bool", ends_with),
    member("startsWith", "(string, string) bool", starts_with),
    member("charAt", "(string, int) string", char_at),
    member("indexOf", "(string, string) int", index_of),
    member("indexOf", "(string, string, int) int", index_of),
    member("lastIndexOf", "(string, string) int", last_index_of),
    member("lastIndexOf", "(string, string, int) int", last_index_of),
    member("lowerAscii", "(string) string", lower_ascii),
    member("upperAscii", "(string) string", upper_ascii),
    member("replace", "(string, string, string) string", replace),
    member("replace", "(string, string, string, int) string", replace),
    member("split", "(string, string) list(string)", split),
    member("split", "(string, string, int) list(string)", split),
    member("substring", "(string, int) string", substring),
    member("substring", "(string, int, int) string", substring),
    member("trim", "(string) string", trim),
    member("join", "(list(string)) string", join),
    member("join", "(list(string), string) string", join),
    function("strings.quote", "(string) string", quote),
];

/// What came with version 3 of the library.
pub(crate) const TABLE_3: &[Declaration] = &[member("reverse", "(string) string", reverse)];

fn search<'a>(
    meter: &mut Meter<'_>,
    arguments: &[Value<'a>],
    found: fn(&str, &str) -> bool,
) -> Outcome<'a> {
    let (subject, wanted) = (text(arguments, 0)?, text(arguments, 1)?);
    meter.scan(subject.len() + wanted.len())?;
    Ok(Value::Bool(found(subject, wanted)))
}

fn contains<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    search(meter, arguments, |subject, wanted| subject.contains(wanted))
}

fn starts_with<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    search(meter, arguments, |subject, wanted| subject.starts_with(wanted))
}

fn ends_with<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    search(meter, arguments, |subject, wanted| subject.ends_with(wanted))
}

fn out_of_range(index: i64) -> Fault {
    Fault::new(format!("index out of range: {index}"))
}

/// The byte at which the character at `index` starts; the end counts as one.
fn byte_at(subject: &str, index: i64) -> Result<usize, Fault> {
    let count = usize::try_from(index).map_err(|_| out_of_range(index))?;
    let mut starts = subject.char_indices().map(|(at, _)| at).chain([subject.len()]);
    starts.nth(count).ok_or_else(|| out_of_range(index))
}

fn char_at<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let subject = text(arguments, 0)?;
    meter.scan(subject.len())?;
    let at = byte_at(subject, int(arguments, 1)?)?;
    Ok(Value::from(subject[at..].chars().next().map(String::from).unwrap_or_default()))
}

fn characters(subject: &str) -> i64 {
    subject.chars().count() as i64
}

fn index_of<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (subject, wanted) = (text(arguments, 0)?, text(arguments, 1)?);
    meter.scan(2 * (subject.len() + wanted.len()))?;
    let offset = if arguments.len() == 3 { int(arguments, 2)? } else { 0 };
    if offset < 0 {
        return Err(out_of_range(offset));
    }
    if wanted.is_empty() {
        return Ok(Value::Int(offset.min(characters(subject))));
    }
    let found = byte_at(subject, offset).ok().and_then(|start| {
        let at = start + subject[start..].find(wanted)?;
        Some(characters(&subject[..at]))
    });
    Ok(Value::Int(found.unwrap_or(-1)))
}

fn last_index_of<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (subject, wanted) = (text(arguments, 0)?, text(arguments, 1)?);
    meter.scan(2 * (subject.len() + wanted.len()))?;
    let length = characters(subject);
    if arguments.len() == 3 {
        let offset = int(arguments, 2)?;
        if offset < 0 {
            return Err(out_of_range(offset));
        }
        if wanted.is_empty() {
            return Ok(Value::Int(offset.min(length)));
        }
        if offset >= length {
            return Ok(Value::Int(-1));
        }
        // A match may start at the offset and reach beyond it.
        let end = byte_at(subject, offset)?;
        let reach = (end + wanted.len()).min(subject.len());
        let within = (reach..=subject.len()).find(|&at| subject.is_char_boundary(at));
        let found = within.and_then(|within| last(&subject[..within], wanted, end));
        return Ok(Value::Int(found.map_or(-1, |at| characters(&subject[..at]))));
    }
    if wanted.is_empty() {
        return Ok(Value::Int(length));
    }
    let found = subject.rfind(wanted);
    Ok(Value::Int(found.map_or(-1, |at| characters(&subject[..at]))))
}

/// The last place not behind `most` at which `wanted` starts.
fn last(subject: &str, wanted: &str, most: usize) -> Option<usize> {
    let mut end = subject.len();
    loop {
        let at = subject[..end].rfind(wanted)?;
        if at <= most {
            return Some(at);
        }
        end = at + wanted.len() - 1;
        while !subject.is_char_boundary(end) {
            end -= 1;
        }
    }
}

fn mapped<'a>(
    meter: &mut Meter<'_>,
    arguments: &[Value<'a>],
    map: impl FnOnce(&str) -> String,
) -> Outcome<'a> {
    let subject = text(arguments, 0)?;
    meter.produce(subject.len())?;
    Ok(Value::from(map(subject)))
}

fn lower_ascii<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    mapped(meter, arguments, str::to_ascii_lowercase)
}

fn upper_ascii<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    mapped(meter, arguments, str::to_ascii_uppercase)
}

fn trim<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    mapped(meter, arguments, |subject| subject.trim().to_owned())
}

fn reverse<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    mapped(meter, arguments, |subject| subject.chars().rev().collect())
}

fn replace<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (subject, old, new) = (text(arguments, 0)?, text(arguments, 1)?, text(arguments, 2)?);
    let limit = if arguments.len() == 4 { int(arguments, 3)? } else { -1 };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    meter.scan(subject.len() + old.len())?;
    let times = subject.matches(old).take(limit).count();
    meter.produce(subject.len().saturating_add(times.saturating_mul(new.len())))?;
    Ok(Value::from(subject.replacen(old, new, limit)))
}

fn split<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (subject, separator) = (text(arguments, 0)?, text(arguments, 1)?);
    let limit = if arguments.len() == 3 { int(arguments, 2)? } else { -1 };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    meter.scan(subject.len())?;
    let parts = if separator.is_empty() {
        characters_up_to(subject, limit)
    } else {
        subject.splitn(limit, separator).collect()
    };
    meter.produce(subject.len() + parts.len() * size_of::<Value<'_>>())?;
    let parts = parts.into_iter().map(|part| Value::from(part.to_owned()));
    Ok(Value::from(parts.collect::<Vec<_>>()))
}

/// Every character for itself, and in the last place whatever is left.
fn characters_up_to(subject: &str, limit: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = subject;
    while let Some(first) = rest.chars().next().filter(|_| parts.len() < limit) {
        let whole = parts.len() + 1 == limit;
        let (part, tail) = rest.split_at(if whole { rest.len() } else { first.len_utf8() });
        parts.push(part);
        rest = tail;
    }
    parts
}

fn substring<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (subject, start) = (text(arguments, 0)?, int(arguments, 1)?);
    meter.produce(subject.len())?;
    if arguments.len() == 2 {
        return Ok(Value::from(subject[byte_at(subject, start)?..].to_owned()));
    }
    let end = int(arguments, 2)?;
    if start > end {
        let why = format!("invalid substring range. start: {start}, end: {end}");
        return Err(Fault::new(why));
    }
    let (start, end) = (byte_at(subject, start)?, byte_at(subject, end)?);
    Ok(Value::from(subject[start..end].to_owned()))
}

fn join<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let list = list(arguments, 0)?;
    let separator = if arguments.len() == 2 { text(arguments, 1)? } else { "" };
    let mut joined = String::new();
    for (index, element) in list.iter().enumerate() {
        let Value::String(part) = element else {
            return Err(Fault::new(format!("join: invalid input: {}", element.type_name())));
        };
        meter.produce(part.len() + separator.len())?;
        joined.push_str(if index > 0 { separator } else { "" });
        joined.push_str(&part);
    }
    Ok(Value::from(joined))
}

fn quote<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let subject = text(arguments, 0).map_err(|_| mismatch())?;
    meter.produce(2 * subject.len() + 2)?;
    let mut quoted = String::from("\"");
    for character in subject.chars() {
        match character {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    Ok(Value::from(quoted))
}
