//! How long ago something was, as people say it: `90s`, `5m30s`, `3d4h`.

use jiff::Timestamp;

/// The time between an RFC 3339 text and now; what is not there is unknown.
pub(super) fn since(text: &str, now: Timestamp) -> String {
    match text.parse::<Timestamp>() {
        Ok(then) => human(now.duration_since(then).as_secs()),
        Err(_) => "<unknown>".to_owned(),
    }
}

/// Between two texts; empty where the first is none.
pub(super) fn between(start: &str, end: &str, now: Timestamp) -> String {
    let Ok(start) = start.parse::<Timestamp>() else { return String::new() };
    human(end.parse().unwrap_or(now).duration_since(start).as_secs())
}

/// Two units at most, and the smaller only while it says something.
pub(super) fn human(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        s if s < 2 * MINUTE => format!("{s}s"),
        s if s < 10 * MINUTE => two(s, (MINUTE, 'm'), (1, 's')),
        s if s < 3 * HOUR => format!("{}m", s / MINUTE),
        s if s < 8 * HOUR => two(s, (HOUR, 'h'), (MINUTE, 'm')),
        s if s < 2 * DAY => format!("{}h", s / HOUR),
        s if s < 8 * DAY => two(s, (DAY, 'd'), (HOUR, 'h')),
        s if s < 2 * YEAR => format!("{}d", s / DAY),
        s if s < 8 * YEAR => two(s, (YEAR, 'y'), (DAY, 'd')),
        s => format!("{}y", s / YEAR),
    }
}

fn two(seconds: i64, large: (i64, char), small: (i64, char)) -> String {
    let (whole, rest) = (seconds / large.0, seconds % large.0 / small.0);
    if rest == 0 {
        format!("{whole}{}", large.1)
    } else {
        format!("{whole}{}{rest}{}", large.1, small.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_as_roughly_as_it_is_long() {
        let (m, h, d, y) = (60, 3600, 86400, 365 * 86400);
        let rows = [
            (-5, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (2 * m, "2m"),
            (9 * m + 59, "9m59s"),
            (10 * m + 5, "10m"),
            (179 * m, "179m"),
            (3 * h + 5 * m, "3h5m"),
            (8 * h + 5 * m, "8h"),
            (47 * h, "47h"),
            (3 * d + 4 * h, "3d4h"),
            (8 * d, "8d"),
            (729 * d, "729d"),
            (2 * y + 3 * d, "2y3d"),
            (9 * y + d, "9y"),
        ];
        for (seconds, text) in rows {
            assert_eq!(human(seconds), text, "{seconds}");
        }
    }
}
