//! Quantities in their one canonical spelling: `1000m` is `1`, `1024Mi` is `1Gi`.

const REFUSED: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// How a quantity counts its thousands.
#[derive(Clone, Copy, PartialEq)]
enum Format {
    Decimal,
    Binary,
    Exponent,
}

const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// A quantity in billionths; none where it is none or too large to compare.
pub(super) fn nanos(text: &str) -> Option<i128> {
    let (negative, value, _) = read(text).ok()??;
    let value = value.at_most_nano();
    let zeros = u32::try_from(value.exponent + 9).ok()?;
    let digits = &value.digits;
    let digits: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let nanos = digits.checked_mul(10i128.checked_pow(zeros)?)?;
    Some(if negative { -nanos } else { nanos })
}

/// # Errors
///
/// When it is no quantity.
pub(super) fn canonical(text: &str) -> Result<String, String> {
    let Some((negative, value, format)) = read(text)? else { return Ok(text.trim().to_owned()) };
    let value = value.at_most_nano();
    let sign = if negative && !value.digits.is_empty() { "-" } else { "" };
    Ok(format!("{sign}{}", value.written(format)))
}

/// The sign, the number and the way it is spelt. None is more than anybody measures, and stays as
/// it is.
fn read(text: &str) -> Result<Option<(bool, Decimal, Format)>, String> {
    let refused = || REFUSED.to_owned();
    let text = text.trim();
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(digits);
    if !number.contains(|c: char| c.is_ascii_digit()) || number.matches('.').count() > 1 {
        return Err(refused());
    }
    let (format, scale) = scale_of(suffix).ok_or_else(refused)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut value = Decimal {
        digits: format!("{whole}{fraction}").trim_start_matches('0').to_owned(),
        exponent: -i32::try_from(fraction.len()).map_err(|_| refused())?,
    };
    if value.digits.len() > 25 {
        return Ok(None);
    }
    match scale {
        Scale::Ten(power) => value.exponent += power,
        Scale::Two(power) => value = value.times(1 << (10 * power)).ok_or_else(refused)?,
    }
    Ok(Some((negative, value, format)))
}

enum Scale {
    Ten(i32),
    Two(u32),
}

fn scale_of(suffix: &str) -> Option<(Format, Scale)> {
    if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((Format::Decimal, Scale::Ten(*power)));
    }
    if let Some(power) = BINARY.iter().position(|name| *name == suffix) {
        return Some((Format::Binary, Scale::Two(u32::try_from(power).ok()?)));
    }
    let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    (power.abs() <= 100).then_some((Format::Exponent, Scale::Ten(power)))
}

/// A number without sign: its digits, and how many zeros follow them.
struct Decimal {
    digits: String,
    exponent: i32,
}

impl Decimal {
    fn times(self, factor: u128) -> Option<Self> {
        let digits = self.digits.parse::<u128>().unwrap_or_default().checked_mul(factor)?;
        let digits = if digits == 0 { String::new() } else { digits.to_string() };
        Some(Self { digits, ..self })
    }

    /// Nothing smaller than a billionth is told apart; what is left is rounded up.
    fn at_most_nano(mut self) -> Self {
        let mut dropped = false;
        while self.exponent < -9 {
            match self.digits.pop() {
                Some(digit) => dropped |= digit != '0',
                None => break,
            }
            self.exponent += 1;
        }
        if dropped {
            let up = self.digits.parse::<u128>().unwrap_or_default() + 1;
            self.digits = up.to_string();
        }
        while self.digits.ends_with('0') {
            self.digits.pop();
            self.exponent += 1;
        }
        if self.digits.is_empty() {
            self.exponent = 0;
        }
        self
    }

    fn integer(&self) -> Option<u128> {
        let zeros = u32::try_from(self.exponent).ok()?;
        let digits: u128 = if self.digits.is_empty() { 0 } else { self.digits.parse().ok()? };
        digits.checked_mul(10u128.checked_pow(zeros)?)
    }

    fn written(&self, format: Format) -> String {
        let whole = self.integer();
        match (format, whole) {
            (Format::Binary, Some(whole)) if whole >= 1024 => {
                let mut whole = whole;
                let mut power = 0;
                while whole % 1024 == 0 && power + 1 < BINARY.len() {
                    whole /= 1024;
                    power += 1;
                }
                format!("{whole}{}", BINARY[power])
            }
            (Format::Exponent, _) => {
                let (digits, power) = self.in_threes();
                if power == 0 { digits } else { format!("{digits}e{power}") }
            }
            _ => {
                let (digits, power) = self.in_threes();
                let suffix = DECIMAL.iter().find(|(_, at)| *at == power).map(|(name, _)| *name);
                match suffix {
                    Some(suffix) => format!("{digits}{suffix}"),
                    None => format!("{digits}e{power}"),
                }
            }
        }
    }

    /// The digits before an exponent that is a multiple of three, 18 at most.
    fn in_threes(&self) -> (String, i32) {
        if self.digits.is_empty() {
            return ("0".to_owned(), 0);
        }
        let power = (self.exponent.div_euclid(3) * 3).min(18);
        let zeros = usize::try_from(self.exponent - power).unwrap_or_default();
        (format!("{}{}", self.digits, "0".repeat(zeros)), power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_amount_has_one_spelling() {
        let rows = [
            ("0", "0"),
            ("-0", "0"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("0.5", "500m"),
            ("1.5", "1500m"),
            (".5", "500m"),
            ("1000", "1k"),
            ("1024", "1024"),
            ("100k", "100k"),
            ("1000k", "1M"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("0.5Mi", "512Ki"),
            ("1e3", "1e3"),
            ("12e3", "12e3"),
            ("1E3", "1e3"),
            ("1E", "1E"),
            ("100n", "100n"),
            ("0.1n", "1n"),
            ("-1000m", "-1"),
            ("+5", "5"),
            ("10000000000", "10G"),
        ];
        for (text, spelt) in rows {
            assert_eq!(canonical(text).unwrap(), spelt, "{text}");
        }
    }

    #[test]
    fn quantities_are_compared_by_what_they_are() {
        assert!(nanos("1500m") > nanos("1") && nanos("1Gi") > nanos("1000Mi"));
        assert_eq!(nanos("1e3"), nanos("1k"));
        assert_eq!(nanos("x"), None);
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for bad in ["", "a", "1x", "1.2.3", "-", "1 k", "1e", "e3"] {
            assert_eq!(canonical(bad).unwrap_err(), REFUSED, "{bad}");
        }
    }
}
