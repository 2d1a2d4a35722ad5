//! Days to dates and back, in the calendar that is used everywhere today.

/// A date and a time of day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    /// From 1.
    pub(crate) day: i64,
    /// From 0.
    pub(crate) day_of_year: i64,
    /// Sunday is 0.
    pub(crate) weekday: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    pub(crate) millisecond: i64,
}

impl Civil {
    /// What the calendar and the clock show so many seconds after 1970.
    pub(crate) fn new(seconds: i64, nanos: u32) -> Self {
        let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date(days);
        Self {
            year,
            month,
            day,
            day_of_year: days - from_march(year, 1, 1),
            weekday: (days + 4).rem_euclid(7),
            hour: clock / 3_600,
            minute: clock / 60 % 60,
            second: clock % 60,
            millisecond: i64::from(nanos) / 1_000_000,
        }
    }
}

/// The days from 1970-01-01 to a date that exists.
pub(crate) fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=length).contains(&day).then(|| from_march(year, month, day))
}

/// Counts years from March on, so that the leap day is the last of its year.
fn from_march(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_ten_thousand_years_is_found_again() {
        let (first, last) = (from_march(0, 1, 1), from_march(9999, 12, 31));
        for day in first..=last {
            let (year, month, date) = date(day);
            assert_eq!(days(year, month, date), Some(day));
        }
        assert_eq!(days(1970, 1, 1), Some(0));
        assert_eq!(days(1900, 2, 29), None);
    }
}
