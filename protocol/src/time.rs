//! Moments, durations and calendar days, all given from outside.

use core::fmt;
use core::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(u64);

/// A length of time in whole milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Millis(pub u64);

impl Millis {
    /// A length of whole seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Millis(seconds.saturating_mul(1000))
    }
    /// A length of whole hours.
    pub const fn hours(hours: u64) -> Self {
        Millis(hours.saturating_mul(3_600_000))
    }
}

impl Timestamp {
    /// A moment from milliseconds since the epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Timestamp(millis)
    }
    /// A moment from whole seconds since the epoch, as in a NumericDate (RFC 8392).
    pub const fn from_seconds(seconds: u64) -> Self {
        Timestamp(seconds.saturating_mul(1000))
    }
    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }
    /// Whole seconds since the epoch, rounded down.
    pub const fn as_seconds(self) -> u64 {
        self.0 / 1000
    }
    /// This moment rounded down to a whole second, as it stands in a statement's header.
    pub const fn floor_second(self) -> Self {
        Timestamp(self.0 / 1000 * 1000)
    }
    /// This moment rounded up to a whole second.
    pub const fn ceil_second(self) -> Self {
        Timestamp(self.0.div_ceil(1000) * 1000)
    }
    /// How long until `later`; zero when it has passed.
    pub fn until(self, later: Timestamp) -> Millis {
        Millis(later.0.saturating_sub(self.0))
    }
    /// The calendar day in UTC.
    pub fn day(self) -> Day {
        Day::from_days((self.0 / 86_400_000) as i64)
    }
}

impl Add<Millis> for Timestamp {
    type Output = Timestamp;
    fn add(self, length: Millis) -> Timestamp {
        Timestamp(self.0.saturating_add(length.0))
    }
}

impl Sub<Millis> for Timestamp {
    type Output = Timestamp;
    fn sub(self, length: Millis) -> Timestamp {
        Timestamp(self.0.saturating_sub(length.0))
    }
}

/// RFC 3339 in UTC, with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0 % 86_400_000;
        let (h, m, s, ms) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
        write!(f, "{}T{h:02}:{m:02}:{s:02}.{ms:03}Z", self.day())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day {
    /// Year, 1 to 9999.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
}

impl Day {
    /// The day, if it exists.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Day> {
        let exists =
            (1..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= month_length(year, month);
        exists.then_some(Day { year, month, day })
    }

    /// The same day `years` later; 29 February becomes 1 March where it does not exist.
    pub fn plus_years(self, years: u16) -> Day {
        let year = self.year.saturating_add(years);
        Day::new(year, self.month, self.day).unwrap_or(Day { year, month: 3, day: 1 })
    }

    /// Days since 1970-01-01 (proleptic Gregorian; H. Hinnant, *chrono-compatible low-level date algorithms*).
    pub fn to_days(self) -> i64 {
        let (y, m, d) = (i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let y = if m <= 2 { y - 1 } else { y };
        let era = y.div_euclid(400);
        let year_of_era = y.rem_euclid(400);
        let day_of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }

    /// The day that is `days` after 1970-01-01.
    pub fn from_days(days: i64) -> Day {
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + i64::from(month <= 2);
        Day { year: year as u16, month: month as u8, day: (doy - (153 * mp + 2) / 5 + 1) as u8 }
    }

    /// The first moment of this day in UTC.
    pub fn start(self) -> Timestamp {
        Timestamp(self.to_days().max(0) as u64 * 86_400_000)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Number of days in a month.
pub(crate) fn month_length(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        for days in -719_162..=2_932_896 / 4 {
            assert_eq!(Day::from_days(days).to_days(), days);
        }
    }

    #[test]
    fn prints_rfc_3339() {
        assert_eq!(Timestamp::from_millis(1_795_406_033_120).to_string(), "2026-11-23T03:53:53.120Z");
    }

    #[test]
    fn knows_leap_years() {
        assert!(Day::new(2000, 2, 29).is_some());
        assert!(Day::new(1900, 2, 29).is_none());
        assert_eq!(Day::new(2008, 2, 29).unwrap().plus_years(18), Day { year: 2026, month: 3, day: 1 });
    }
}
