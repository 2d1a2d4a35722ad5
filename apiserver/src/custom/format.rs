//! The formats of strings that upstream checks.

use jiff::civil::Date;

/// Whether `text` has the format; a format nobody knows says nothing.
pub(super) fn holds(format: &str, text: &str) -> bool {
    match format {
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "date" => text.len() == 10 && text.parse::<Date>().is_ok(),
        "uuid" => is_uuid(text),
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "cidr" => is_cidr(text),
        "byte" => crate::base64::check_standard(text).is_ok(),
        _ => true,
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    match parts[..] {
        [a, b, c, d, e] => {
            [a, b, c, d, e].map(str::len) == [8, 4, 4, 4, 12] && parts.iter().all(|p| hex(p))
        }
        [whole] => whole.len() == 32 && hex(whole),
        _ => false,
    }
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let longest = match address.parse() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.parse::<u8>().is_ok_and(|length| length <= longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_hold_or_not() {
        let rows = [
            ("date-time", "2026-01-02T03:04:05Z", true),
            ("date-time", "x", false),
            ("date", "2026-01-02", true),
            ("uuid", "00000000-0000-4000-8000-000000000000", true),
            ("uuid", "x", false),
            ("cidr", "10.0.0.0/8", true),
            ("cidr", "10.0.0.0/33", false),
            ("ipv4", "10.0.0.256", false),
            ("whatever", "x", true),
        ];
        for (format, text, expected) in rows {
            assert_eq!(holds(format, text), expected, "{format} {text}");
        }
    }
}
