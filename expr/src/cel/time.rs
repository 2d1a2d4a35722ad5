//! Points in time, with Go's range and Go's way of writing them.

use std::cmp::Ordering;
use std::fmt;

use jiff::tz::TimeZone;

use crate::cel::calendar::{self, Civil};
use crate::cel::duration::Duration;

/// A point in time between the years 1 and 9999, to the nanosecond.
///
/// It is printed in the zone that it was written in; two that are the same instant are equal.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
    /// Seconds east of Greenwich, for printing.
    offset: i32,
}

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

impl Timestamp {
    /// The point so many seconds after 1970, or `None` outside the years 1 to 9999.
    pub fn from_unix(seconds: i64, nanos: u32) -> Option<Self> {
        let offset = 0;
        (SECONDS.contains(&seconds) && nanos < 1_000_000_000).then_some(Self {
            seconds,
            nanos,
            offset,
        })
    }

    /// Whole seconds since 1970.
    pub fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// The nanoseconds after the whole second.
    pub fn subsec_nanos(self) -> u32 {
        self.nanos
    }

    /// The same instant, printed in UTC.
    pub fn to_utc(self) -> Self {
        Self { offset: 0, ..self }
    }

    /// Reads RFC 3339, as Go does.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| -> Option<i64> {
            let digits = text.get(from..to)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        if bytes[4] != b'-' || bytes[7] != b'-' || *bytes.get(10)? != b'T' {
            return None;
        }
        // Go takes one digit for the hour where its layout says two.
        let hour_end = if bytes.get(12) == Some(&b':') { 12 } else { 13 };
        let (hour, minute) = (number(11, hour_end)?, number(hour_end + 1, hour_end + 3)?);
        let (second, end) = (number(hour_end + 4, hour_end + 6)?, hour_end + 6);
        if bytes[hour_end] != b':' || bytes[hour_end + 3] != b':' {
            return None;
        }
        let (nanos, zone) = fraction(text.get(end..)?)?;
        let days = calendar::days(year, month, day)?;
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let offset = offset(zone)?;
        let local = days * 86_400 + hour * 3_600 + minute * 60 + second;
        let at = Self::from_unix(local - i64::from(offset), nanos)?;
        Some(Self { offset, ..at })
    }

    pub(crate) fn checked_add(self, span: Duration) -> Option<Self> {
        let nanos = i64::from(self.nanos) + span.as_nanos().rem_euclid(1_000_000_000);
        let seconds =
            self.seconds + span.as_nanos().div_euclid(1_000_000_000) + nanos / 1_000_000_000;
        let sum = Self::from_unix(seconds, (nanos % 1_000_000_000) as u32)?;
        Some(Self { offset: self.offset, ..sum })
    }

    pub(crate) fn checked_sub(self, span: Duration) -> Option<Self> {
        match span.as_nanos().checked_neg() {
            Some(nanos) => self.checked_add(Duration::from_nanos(nanos)),
            None => self
                .checked_add(Duration::from_nanos(i64::MAX))?
                .checked_add(Duration::from_nanos(1)),
        }
    }

    pub(crate) fn since(self, earlier: Self) -> Option<Duration> {
        let seconds = i128::from(self.seconds) - i128::from(earlier.seconds);
        let nanos = seconds * 1_000_000_000 + i128::from(self.nanos) - i128::from(earlier.nanos);
        i64::try_from(nanos).ok().map(Duration::from_nanos)
    }

    /// The calendar and the clock in a zone: a name of the tz database, `UTC`, or `±HH:MM`.
    pub(crate) fn at(self, zone: &str) -> Option<Civil> {
        let offset = match zone.contains(':') {
            true => zone_offset(zone)?,
            false => named_offset(zone, self.seconds)?,
        };
        Some(Civil::new(self.seconds.checked_add(offset)?, self.nanos))
    }

    pub(crate) fn utc(self) -> Civil {
        Civil::new(self.seconds, self.nanos)
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanos).cmp(&(other.seconds, other.nanos))
    }
}

/// `.25Z` to nanoseconds and the rest. Go also takes a comma.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(tail) = text.strip_prefix(['.', ',']) else { return Some((0, text)) };
    let end = tail.bytes().take_while(u8::is_ascii_digit).count();
    if end == 0 {
        return None;
    }
    let digits = &tail[..end.min(9)];
    let nanos: u32 = digits.parse().ok()?;
    Some((nanos * 10_u32.pow(9 - digits.len() as u32), &tail[end..]))
}

/// `Z` or `±HH:MM` to seconds east of Greenwich.
fn offset(zone: &str) -> Option<i32> {
    if zone == "Z" {
        return Some(0);
    }
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let sign = match zone.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let two = |text: &str, most: i32| -> Option<i32> {
        let fits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|&value| fits && value <= most)
    };
    Some(sign * (two(hours, 24)? * 3_600 + two(minutes, 60)? * 60))
}

/// What CEL takes as an offset: `02:00`, `+02:00`, `-8:30`. A name has no colon.
fn zone_offset(zone: &str) -> Option<i64> {
    let (hours, minutes) = zone.split_once(':')?;
    let negative = hours.starts_with('-');
    let hours: i64 = hours.parse().ok()?;
    let minutes: i64 = minutes.parse().ok()?;
    let minutes = if negative { -minutes } else { minutes };
    hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)
}

fn named_offset(zone: &str, seconds: i64) -> Option<i64> {
    // The machine's own zone is nothing that an answer may depend on: controllers run in UTC.
    if matches!(zone, "" | "UTC" | "Local") {
        return Some(0);
    }
    // Go's names are names of files.
    let found = TimeZone::get(zone).ok().filter(|found| found.iana_name() == Some(zone))?;
    // jiff ends a day before we do; no zone changes its rules that late.
    let last = jiff::Timestamp::MAX.as_second();
    let at = jiff::Timestamp::from_second(seconds.min(last)).ok()?;
    Some(i64::from(found.to_offset(at).seconds()))
}

/// RFC 3339 with the fraction that is not zero.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Civil::new(self.seconds + i64::from(self.offset), self.nanos);
        write!(f, "{:04}-{:02}-{:02}T", at.year, at.month, at.day)?;
        write!(f, "{:02}:{:02}:{:02}", at.hour, at.minute, at.second)?;
        if self.nanos > 0 {
            let fraction = format!("{:09}", self.nanos);
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return f.write_str("Z");
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.unsigned_abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_reads_and_prints_as_in_go() {
        for (text, printed) in [
            ("2026-01-02T03:04:05+02:00", Some("2026-01-02T03:04:05+02:00")),
            ("2026-01-02T03:04:05.120Z", Some("2026-01-02T03:04:05.12Z")),
            ("9999-12-31T23:59:59.999999999Z", Some("9999-12-31T23:59:59.999999999Z")),
            ("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z")),
            ("0001-01-01T00:00:00+01:00", None),
            ("2026-02-30T00:00:00Z", None),
            ("2026-01-02 03:04:05Z", None),
            ("2026-01-02T03:04:05", None),
            ("2026-01-02T03:04:60Z", None),
            ("ü026-01-02T03:04:05Z", None),
        ] {
            let read = Timestamp::parse(text).map(|at| at.to_string());
            assert_eq!(read.as_deref(), printed, "{text}");
        }
    }
}
