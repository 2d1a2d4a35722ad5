//! Times as goyaml reads them, written as Go writes them.

/// A time in the form of RFC 3339, as Go prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) String);

impl Time {
    /// Reads `2006-1-2`, with or without a time of day.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut rest = &text[5..];
        let year: u32 = text[..4].parse().ok()?;
        let month = number(&mut rest)?;
        literal(&mut rest, '-')?;
        let day = number(&mut rest)?;
        if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
            return None;
        }
        let clock = clock(rest)?;
        Some(Self(format!("{year:04}-{month:02}-{day:02}T{clock}")))
    }
}

fn clock(mut rest: &str) -> Option<String> {
    let Some(separator) = rest.chars().next() else { return Some("00:00:00Z".to_owned()) };
    rest = &rest[separator.len_utf8()..];
    let hour = number(&mut rest)?;
    literal(&mut rest, ':')?;
    let minute = number(&mut rest)?;
    literal(&mut rest, ':')?;
    let second = number(&mut rest)?;
    let fraction = fraction(&mut rest);
    let zone = match separator {
        'T' | 't' => zone(rest)?,
        ' ' if rest.is_empty() => "Z".to_owned(),
        _ => return None,
    };
    let fits = hour < 24 && minute < 60 && second < 60;
    fits.then(|| format!("{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

/// One or two digits.
fn number(rest: &mut &str) -> Option<u32> {
    let length = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let value = rest[..length].parse().ok()?;
    *rest = &rest[length..];
    Some(value)
}

fn literal(rest: &mut &str, char: char) -> Option<()> {
    *rest = rest.strip_prefix(char)?;
    Some(())
}

/// A fraction of a second, cut to nanoseconds and without zeros at its end.
fn fraction(rest: &mut &str) -> String {
    let Some(after) = rest.strip_prefix(['.', ',']) else { return String::new() };
    let length = after.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return String::new();
    }
    let digits = after[..length.min(9)].trim_end_matches('0');
    *rest = &after[length..];
    if digits.is_empty() { String::new() } else { format!(".{digits}") }
}

fn zone(rest: &str) -> Option<String> {
    if rest == "Z" {
        return Some("Z".to_owned());
    }
    let [sign @ (b'+' | b'-'), hours @ .., b':', m1, m2] = rest.as_bytes() else { return None };
    let digits = [hours.first()?, hours.get(1)?, m1, m2];
    if hours.len() != 2 || !digits.iter().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let hours = u32::from(digits[0] - b'0') * 10 + u32::from(digits[1] - b'0');
    let minutes = u32::from(m1 - b'0') * 10 + u32::from(m2 - b'0');
    if hours > 24 || minutes > 60 {
        return None;
    }
    let total = hours * 60 + minutes;
    if total == 0 {
        return Some("Z".to_owned());
    }
    Some(format!("{}{:02}:{:02}", char::from(*sign), total / 60, total % 60))
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_forms_are_read() {
        for (text, rfc3339) in [
            ("2020-01-01", "2020-01-01T00:00:00Z"),
            ("2020-1-2T3:4:5Z", "2020-01-02T03:04:05Z"),
            ("2020-1-2t3:4:5.250+02:00", "2020-01-02T03:04:05.25+02:00"),
            ("2020-1-2 3:4:5,5", "2020-01-02T03:04:05.5Z"),
            ("2020-02-29T00:00:00+00:00", "2020-02-29T00:00:00Z"),
        ] {
            assert_eq!(Time::parse(text), Some(Time(rfc3339.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_text() {
        for text in
            ["2021-02-29", "2020-13-01", "2020-01-01T00:00:00", "20200-01-01", "2020-01-01 1:2"]
        {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }
}
