//! Spans of time, read and printed as in Go.

use std::fmt;

/// A span of time in nanoseconds, at most ±292 years.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Duration(pub(super) i64);

impl Duration {
    /// The span of so many nanoseconds.
    pub fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// The span in nanoseconds.
    pub fn as_nanos(self) -> i64 {
        self.0
    }

    /// In seconds, rounded as Go rounds them.
    fn seconds(self) -> f64 {
        (self.0 / 1_000_000_000) as f64 + (self.0 % 1_000_000_000) as f64 / 1e9
    }

    /// Reads `1h30m`, `-1.5s`, `250ms`, as Go does.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let negative = text.starts_with('-');
        let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
        if rest == "0" {
            return Some(Self(0));
        }
        let mut nanos: u64 = 0;
        loop {
            let (part, tail) = part(rest)?;
            nanos = nanos.checked_add(part).filter(|&sum| sum <= 1 << 63)?;
            if tail.is_empty() {
                break;
            }
            rest = tail;
        }
        let signed =
            if negative { 0_i64.checked_sub_unsigned(nanos) } else { nanos.try_into().ok() };
        signed.map(Self)
    }

    /// In seconds with a fraction, as `string(duration)` prints it: `5400s`, `0.25s`.
    pub(crate) fn to_seconds_text(self) -> String {
        format!("{}s", self.seconds())
    }
}

/// A number and a unit, in nanoseconds, and what follows.
fn part(text: &str) -> Option<(u64, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = text.split_at(digits(text));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(tail) => tail.split_at(digits(tail)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let unit: u64 = match &rest[..end] {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let nanos = whole.checked_mul(unit).filter(|&nanos| nanos <= 1 << 63)?;
    // Digits beyond what an i64 holds are dropped, as Go drops them.
    let (mut part, mut scale) = (0_u64, 1_f64);
    for digit in fraction.bytes() {
        match part.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit - b'0'))) {
            Some(more) if more <= i64::MAX as u64 => (part, scale) = (more, scale * 10.0),
            _ => break,
        }
    }
    let fraction = (part as f64 * (unit as f64 / scale)) as u64;
    Some((nanos.checked_add(fraction)?, &rest[end..]))
}

/// As Go prints it: `1h30m0s`, `1.5s`, `250ms`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{nanos}ns"),
            1_000..1_000_000 => write!(f, "{}µs", Fraction(nanos, 1_000)),
            1_000_000..1_000_000_000 => write!(f, "{}ms", Fraction(nanos, 1_000_000)),
            _ => {
                let (minutes, nanos) = (nanos / 60_000_000_000, nanos % 60_000_000_000);
                if minutes >= 60 {
                    write!(f, "{}h", minutes / 60)?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                write!(f, "{}s", Fraction(nanos, 1_000_000_000))
            }
        }
    }
}

/// A number of units with the fraction that is not zero.
struct Fraction(u64, u64);

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, unit) = *self;
        write!(f, "{}", value / unit)?;
        let width = unit.ilog10() as usize;
        let fraction = format!("{:0width$}", value % unit);
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { Ok(()) } else { write!(f, ".{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_and_prints_as_in_go() {
        for (text, printed) in [
            ("1h30m", Some("1h30m0s")),
            ("-1.5h", Some("-1h30m0s")),
            ("1500ms", Some("1.5s")),
            (".5us", Some("500ns")),
            ("1.0000000001s", Some("1s")),
            ("0", Some("0s")),
            ("+0", Some("0s")),
            ("-9223372036854775808ns", Some("-2562047h47m16.854775808s")),
            ("9223372036854775808ns", None),
            ("1", None),
            ("1d", None),
            ("", None),
            ("1 h", None),
            ("..5s", None),
        ] {
            let read = Duration::parse(text).map(|span| span.to_string());
            assert_eq!(read.as_deref(), printed, "{text}");
        }
    }
}
