//! `'%d of %s'.format([3, 'x'])`, in the two ways it was ever done.

use std::fmt::Write;

use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::{list, text};
use crate::cel::list::List;
use crate::cel::meter::Meter;
use crate::cel::number;
use crate::cel::signature::{Declaration, member};
use crate::cel::value::Value;

/// Flux's: numbers as Go prints them.
pub(crate) const NEWEST: &[Declaration] =
    &[member("format", "(string, list(dyn)) string", |meter, given| {
        interpolate(meter, given, Style::Newest)
    })];

/// Kubernetes': numbers as a newspaper prints them (`12,345.68`, `1.2×10⁰⁴`).
pub(crate) const VERSION_2: &[Declaration] =
    &[member("format", "(string, list(dyn)) string", |meter, given| {
        interpolate(meter, given, Style::English)
    })];

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Style {
    English,
    Newest,
}

/// No one reads more digits, and everyone can ask for a billion of them.
const MAX_PRECISION: usize = 1000;

fn interpolate<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>], style: Style) -> Outcome<'a> {
    let (pattern, values) = (text(arguments, 0)?, list(arguments, 1)?);
    let mut writer = Writer { text: String::new(), style, meter };
    writer.run(pattern, values)?;
    Ok(Value::from(writer.text))
}

/// What one clause of a pattern asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clause {
    pub(crate) letter: char,
    precision: usize,
}

/// Splits a clause off a pattern, behind its `%`.
pub(crate) fn clause(pattern: &str) -> Result<(Clause, &str), Fault> {
    let refuse = |why: &str| Fault::new(format!("could not parse formatting clause: {why}"));
    let mut precision = 6;
    let mut rest = pattern;
    if let Some(tail) = pattern.strip_prefix('.') {
        let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
        precision = tail[..digits].parse().map_err(|_| refuse("precision is no integer"))?;
        rest = &tail[digits..];
    }
    if precision > MAX_PRECISION {
        return Err(Fault::limit(format!("precision is larger than the limit of {MAX_PRECISION}")));
    }
    let letter = rest.chars().next().ok_or_else(|| refuse("unexpected end of string"))?;
    if !matches!(letter, 's' | 'd' | 'f' | 'e' | 'b' | 'x' | 'X' | 'o') {
        return Err(refuse(&format!("unrecognized formatting clause \"{letter}\"")));
    }
    Ok((Clause { letter, precision }, &rest[1..]))
}

struct Writer<'m, 'p> {
    text: String,
    style: Style,
    meter: &'m mut Meter<'p>,
}

impl Writer<'_, '_> {
    fn push(&mut self, text: &str) -> Result<(), Fault> {
        self.meter.produce(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    fn run(&mut self, pattern: &str, values: &List<'_>) -> Result<(), Fault> {
        let mut rest = pattern;
        let mut index = 0;
        while let Some((verbatim, tail)) = rest.split_once('%') {
            self.push(verbatim)?;
            if let Some(tail) = tail.strip_prefix('%') {
                self.push("%")?;
                rest = tail;
                continue;
            }
            let value = values.get(index);
            let value = value.ok_or_else(|| Fault::new(format!("index {index} out of range")))?;
            let (clause, tail) = clause(tail)?;
            self.value(&value, clause)
                .map_err(|why| if why.is_limit() { why } else { during(why) })?;
            (rest, index) = (tail, index + 1);
        }
        self.push(rest)
    }

    fn value(&mut self, value: &Value<'_>, clause: Clause) -> Result<(), Fault> {
        match clause.letter {
            's' => self.string(value, 64),
            'd' => self.decimal(value),
            'f' => self.float(value, clause, "fixed-point"),
            'e' => self.float(value, clause, "scientific"),
            'b' => self.binary(value),
            'o' => match value {
                Value::Int(value) => self.push(&signed(*value, |value| format!("{value:o}"))),
                Value::Uint(value) => self.push(&format!("{value:o}")),
                other => Err(refused("octal", "integers", other)),
            },
            letter => self.hex(value, letter == 'X'),
        }
    }

    fn decimal(&mut self, value: &Value<'_>) -> Result<(), Fault> {
        match value {
            Value::Int(value) => self.push(&value.to_string()),
            Value::Uint(value) => self.push(&value.to_string()),
            Value::Double(value) if self.style == Style::Newest => self.push(&plain(*value)),
            other => Err(refused("decimal", "ints, uints, and doubles", other)),
        }
    }

    fn binary(&mut self, value: &Value<'_>) -> Result<(), Fault> {
        match value {
            Value::Bool(value) => self.push(if *value { "1" } else { "0" }),
            Value::Int(value) => self.push(&signed(*value, |value| format!("{value:b}"))),
            Value::Uint(value) => self.push(&format!("{value:b}")),
            other => Err(refused("binary", "ints, uints, and bools", other)),
        }
    }

    fn hex(&mut self, value: &Value<'_>, upper: bool) -> Result<(), Fault> {
        let digits = match value {
            Value::Bytes(bytes) => hex(bytes),
            Value::Int(value) => signed(*value, |value| format!("{value:x}")),
            Value::String(text) => hex(text.as_bytes()),
            Value::Uint(value) => format!("{value:x}"),
            other => return Err(refused("hex", "ints, uints, bytes, and strings", other)),
        };
        self.push(&if upper { digits.to_uppercase() } else { digits })
    }

    fn float(&mut self, value: &Value<'_>, clause: Clause, name: &str) -> Result<(), Fault> {
        let float = match (value, self.style) {
            (Value::Double(value), _) => *value,
            (Value::Int(value), Style::Newest) => *value as f64,
            (Value::Uint(value), Style::Newest) => *value as f64,
            (Value::String(text), Style::English) => match &**text {
                "NaN" => f64::NAN,
                "Infinity" => f64::INFINITY,
                "-Infinity" => f64::NEG_INFINITY,
                _ => return Err(refused(name, "doubles", value)),
            },
            _ => return Err(refused(name, "ints, uints, and doubles", value)),
        };
        let precision = clause.precision;
        let text = match (self.style, clause.letter) {
            (Style::English, 'e') if !float.is_finite() => {
                format!("{:>precision$}", unbounded(float, self.style))
            }
            _ if !float.is_finite() => unbounded(float, self.style),
            (Style::Newest, 'f') => format!("{float:.precision$}"),
            (Style::Newest, _) => scientific(float, precision),
            // It has no sign for zero.
            (Style::English, 'f') => grouped(&format!("{:.precision$}", float + 0.0)),
            // What looks like a precision is a width here, upstream too.
            (Style::English, _) => format!("{:>precision$}", raised(&scientific(float + 0.0, 6))),
        };
        self.push(&text)
    }

    fn string(&mut self, value: &Value<'_>, depth: usize) -> Result<(), Fault> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Fault::limit("value is nested too deep to be formatted"));
        };
        match value {
            Value::Bool(value) => self.push(if *value { "true" } else { "false" }),
            Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => self.push(text),
                Err(_) if self.style == Style::Newest => self.push(&String::from_utf8_lossy(bytes)),
                Err(_) => Err(Fault::new("invalid UTF-8 in bytes, cannot convert to string")),
            },
            Value::Double(value) if self.style == Style::English => {
                self.push(&number::double_text(*value))
            }
            Value::Double(value) => self.push(&plain(*value)),
            Value::Duration(span) => self.push(&span.to_seconds_text()),
            Value::Int(value) => self.push(&value.to_string()),
            Value::List(list) => {
                self.push("[")?;
                for (index, element) in list.iter().enumerate() {
                    self.push(if index > 0 { ", " } else { "" })?;
                    self.nested(&element, depth)?;
                }
                self.push("]")
            }
            Value::Map(map) => self.map(map.entries(), depth),
            Value::Null => self.push("null"),
            Value::Opaque(_) | Value::Optional(_) => Err(refused("string", "primitives", value)),
            Value::String(text) => self.push(text),
            Value::Timestamp(at) => self.push(&at.to_string()),
            Value::Type(named) => self.push(named.name()),
            Value::Uint(value) => self.push(&value.to_string()),
        }
    }

    /// An element: the older style quotes what is text.
    fn nested(&mut self, value: &Value<'_>, depth: usize) -> Result<(), Fault> {
        let start = self.text.len();
        match (self.style, value) {
            (Style::English, Value::Double(value)) if value.is_finite() => {
                return self.push(&grouped(&format!("{value:.6}")));
            }
            (Style::English, Value::Duration(span)) => {
                return self.push(&format!("duration({})", quote(&span.to_seconds_text())));
            }
            (Style::English, Value::Timestamp(at)) => {
                return self.push(&format!("timestamp({})", quote(&at.to_string())));
            }
            _ => self.string(value, depth)?,
        }
        let quoted = match value {
            Value::String(_) | Value::Bytes(_) => true,
            Value::Double(value) => !value.is_finite(),
            _ => false,
        };
        if self.style == Style::Newest || !quoted {
            return Ok(());
        }
        let text = self.text.split_off(start);
        let prefix = if matches!(value, Value::Bytes(_)) { "b" } else { "" };
        self.push(&format!("{prefix}{}", quote(&text)))
    }

    fn map(&mut self, entries: Vec<(Value<'_>, Value<'_>)>, depth: usize) -> Result<(), Fault> {
        let start = self.text.len();
        let mut written = Vec::with_capacity(entries.len());
        for (key, value) in &entries {
            self.nested(key, depth)?;
            let key = self.text.split_off(start);
            self.nested(value, depth)?;
            written.push((key, self.text.split_off(start)));
        }
        written.sort();
        let colon = if self.style == Style::Newest { ": " } else { ":" };
        self.push("{")?;
        for (index, (key, value)) in written.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            self.push(&format!("{comma}{key}{colon}{value}"))?;
        }
        self.push("}")
    }
}

fn during(why: Fault) -> Fault {
    Fault::new(format!("error during formatting: {}", why.into_message()))
}

fn refused(clause: &str, takes: &str, given: &Value<'_>) -> Fault {
    let given = given.type_name();
    Fault::new(format!("{clause} clause can only be used on {takes}, was given {given}"))
}

/// Go writes a sign where Rust writes two's complement.
fn signed(value: i64, digits: impl Fn(u64) -> String) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", digits(value.unsigned_abs()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Without an exponent, however long.
fn plain(value: f64) -> String {
    if value.is_finite() { format!("{value}") } else { unbounded(value, Style::Newest) }
}

fn unbounded(value: f64, style: Style) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    match style {
        _ if value.is_nan() => "NaN".to_owned(),
        Style::Newest => format!("{sign}Infinity"),
        Style::English => format!("{sign}∞"),
    }
}

/// Go writes an exponent with a sign and two digits.
fn scientific(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// `1.2e+04` as `1.2×10⁰⁴`.
fn raised(text: &str) -> String {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "+00"));
    let raised = exponent.chars().filter_map(|character| match character {
        '-' => Some('⁻'),
        '0'..='9' => "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(character as usize - '0' as usize),
        _ => None,
    });
    format!("{digits}×10{}", raised.collect::<String>())
}

/// `12345.6` as `12,345.6`.
fn grouped(text: &str) -> String {
    let (sign, number) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut grouped = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

/// As Go's `%q` quotes.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            control if control.is_ascii_control() => {
                let _ = write!(quoted, "\\x{:02x}", control as u32);
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
