//! Kubernetes' `semver`: strict versions, or loose ones when asked.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::{mismatch, text};
use crate::cel::meter::Meter;
use crate::cel::opaque::{Kind, Opaque};
use crate::cel::signature::{Declaration, function, member};
use crate::cel::value::Value;

pub(crate) const TABLE: &[Declaration] = &[
    function("semver", "(string) kubernetes.Semver", semver),
    function("semver", "(string, bool) kubernetes.Semver", semver),
    function("isSemver", "(string) bool", is_semver),
    function("isSemver", "(string, bool) bool", is_semver),
    member("isGreaterThan", "(kubernetes.Semver, kubernetes.Semver) bool", |_, given| {
        Ok(Value::Bool(order(given)?.is_gt()))
    }),
    member("isLessThan", "(kubernetes.Semver, kubernetes.Semver) bool", |_, given| {
        Ok(Value::Bool(order(given)?.is_lt()))
    }),
    member("compareTo", "(kubernetes.Semver, kubernetes.Semver) int", |_, given| {
        Ok(Value::Int(order(given)? as i64))
    }),
    member("major", "(kubernetes.Semver) int", |_, given| number(given, 0)),
    member("minor", "(kubernetes.Semver) int", |_, given| number(given, 1)),
    member("patch", "(kubernetes.Semver) int", |_, given| number(given, 2)),
];

#[derive(Clone, Debug)]
pub(crate) struct Version {
    numbers: [u64; 3],
    pre: Vec<Identifier>,
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Identifier {
    Number(u64),
    Text(String),
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let (text, build) = split(text, '+');
        let (text, pre) = split(text, '-');
        let mut parts = text.split('.');
        let mut numbers = [0; 3];
        for place in &mut numbers {
            *place = numeric(parts.next()?)?;
        }
        let pre = pre.map_or(Some(Vec::new()), |pre| pre.split('.').map(identifier).collect());
        let well_formed = |part: &str| !part.is_empty() && part.bytes().all(is_identifier);
        let build = build.is_none_or(|build| build.split('.').all(well_formed));
        (parts.next().is_none() && build).then_some(Self { numbers, pre: pre? })
    }

    /// Drops a leading `v` and leading zeros, and fills up `1` and `1.2`.
    fn normalize(text: &str) -> Option<String> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text.splitn(3, '.').map(without_zeros).collect();
        if parts.len() < 3 && parts.last().is_some_and(|last| last.contains(['+', '-'])) {
            return None;
        }
        parts.resize(3, "0".to_owned());
        Some(parts.join("."))
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let pre = match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ => self.pre.cmp(&other.pre),
        };
        self.numbers.cmp(&other.numbers).then(pre)
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn without_zeros(part: &str) -> String {
    if part.len() < 2 {
        return part.to_owned();
    }
    let trimmed = part.trim_start_matches('0');
    let digit = trimmed.starts_with(|c: char| c.is_ascii_digit());
    if digit { trimmed.to_owned() } else { format!("0{trimmed}") }
}

fn numeric(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit())
        && (text.len() < 2 || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

fn is_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn identifier(part: &str) -> Option<Identifier> {
    if part.is_empty() || !part.bytes().all(is_identifier) {
        return None;
    }
    if part.bytes().all(|byte| byte.is_ascii_digit()) {
        return numeric(part).map(Identifier::Number);
    }
    Some(Identifier::Text(part.to_owned()))
}

fn read(arguments: &[Value<'_>]) -> Result<Option<Version>, Fault> {
    let text = text(arguments, 0)?;
    Ok(match arguments.get(1) {
        Some(Value::Bool(true)) => Version::normalize(text).and_then(|text| Version::parse(&text)),
        _ => Version::parse(text),
    })
}

fn semver<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let version = read(arguments)?.ok_or_else(|| Fault::new("not a semantic version"))?;
    Ok(Value::Opaque(Arc::new(Opaque(Kind::Version(version)))))
}

fn is_semver<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(read(arguments)?.is_some()))
}

fn of<'v>(arguments: &'v [Value<'_>], index: usize) -> Result<&'v Version, Fault> {
    match arguments.get(index) {
        Some(Value::Opaque(opaque)) => match &opaque.0 {
            Kind::Version(version) => Ok(version),
            _ => Err(mismatch()),
        },
        _ => Err(mismatch()),
    }
}

fn order(arguments: &[Value<'_>]) -> Result<Ordering, Fault> {
    Ok(of(arguments, 0)?.compare(of(arguments, 1)?))
}

fn number<'a>(arguments: &[Value<'a>], place: usize) -> Outcome<'a> {
    Ok(Value::Int(of(arguments, 0)?.numbers[place] as i64))
}
