//! Periods, legal terms and office hours: dates in, dates out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use weegnet_protocol::Timestamp;
use weegnet_protocol::time::{Day, Millis};

/// Whole days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First day (UTC).
    pub from: Day,
    /// Last day (UTC).
    pub to: Day,
}

/// Text that is not a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a period as 2026, 2026-11, or 2026-11-01..2026-11-30")]
pub struct NotAPeriod;

impl Period {
    /// Whether a moment falls in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        let day = at.day().to_days();
        self.from.to_days() <= day && day <= self.to.to_days()
    }

    /// Whether it consists of whole calendar months. Overlapping shorter ones could be subtracted from each other.
    pub fn is_whole_months(&self) -> bool {
        self.from.day == 1 && next(self.to).day == 1
    }
}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        if let Some((from, to)) = text.split_once("..") {
            let period = Period { from: day(from)?, to: day(to)? };
            return if period.from.to_days() <= period.to.to_days() { Ok(period) } else { Err(NotAPeriod) };
        }
        let (first, months) = match text.len() {
            4 => (day(&format!("{text}-01-01"))?, 12),
            7 => (day(&format!("{text}-01"))?, 1),
            _ => return Err(NotAPeriod),
        };
        Ok(Period { from: first, to: Day::from_days(plus_months(first, months).to_days() - 1) })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from, self.to)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Reads `YYYY-MM-DD`.
fn day(text: &str) -> Result<Day, NotAPeriod> {
    let number = |part: &str| part.bytes().all(|c| c.is_ascii_digit()).then(|| part.parse::<u16>().ok()).flatten();
    let read = || {
        if text.len() != 10 || !text.is_ascii() || &text[4..5] != "-" || &text[7..8] != "-" {
            return None;
        }
        let (month, day) = (number(&text[5..7])?, number(&text[8..])?);
        Day::new(number(&text[..4])?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    };
    read().ok_or(NotAPeriod)
}

fn next(day: Day) -> Day {
    Day::from_days(day.to_days() + 1)
}

/// The same day so many months later, or the last day of that month where it has no such day (Regulation 1182/71,
/// article 3(2)(c)). A term that ends in a weekend is not lengthened: the earlier date is the safe one.
pub fn plus_months(from: Day, months: u16) -> Day {
    let months = (u32::from(from.year)) * 12 + u32::from(from.month) - 1 + u32::from(months);
    let (year, month) = (u16::try_from(months / 12).unwrap_or(9999), (months % 12 + 1) as u8);
    let exists = (1..=from.day).rev().find_map(|day| Day::new(year, month, day));
    exists.unwrap_or(from)
}

/// Office hours begin: 07:00, Dutch time.
pub const OFFICE_OPENS: u64 = 7;
/// Office hours end: 19:00, Dutch time.
pub const OFFICE_CLOSES: u64 = 19;

/// Whether a moment lies in office hours: Monday to Friday, [`OFFICE_OPENS`] to [`OFFICE_CLOSES`], Dutch time. Public
/// holidays are not known here.
pub fn in_office_hours(at: Timestamp) -> bool {
    let local = dutch(at);
    let hour = local.as_millis() / 3_600_000 % 24;
    // 1970-01-01 was a Thursday.
    let weekday = (local.day().to_days() + 3).rem_euclid(7);
    weekday < 5 && (OFFICE_OPENS..OFFICE_CLOSES).contains(&hour)
}

/// The moment as a clock in the Netherlands shows it: summer time from the last Sunday of March to that of October, 01:00
/// UTC (Directive 2000/84/EC).
pub fn dutch(at: Timestamp) -> Timestamp {
    let year = at.day().year;
    let summer = last_sunday(year, 3) + Millis::hours(1) <= at && at < last_sunday(year, 10) + Millis::hours(1);
    at + Millis::hours(if summer { 2 } else { 1 })
}

/// The last Sunday of a month with 31 days.
fn last_sunday(year: u16, month: u8) -> Timestamp {
    let last = Day { year, month, day: 31 }.to_days();
    Day::from_days(last - (last + 4).rem_euclid(7)).start()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, hour: u64) -> Timestamp {
        day(text).unwrap().start() + Millis::hours(hour)
    }

    #[test]
    fn a_period_is_a_year_a_month_or_days() {
        let month: Period = "2026-11".parse().unwrap();
        assert_eq!(month.to_string(), "2026-11-01..2026-11-30");
        assert!(month.is_whole_months());
        assert_eq!("2028".parse::<Period>().unwrap().to_string(), "2028-01-01..2028-12-31");
        assert!(!"2026-11-01..2026-11-29".parse::<Period>().unwrap().is_whole_months());
        assert!(month.contains(at("2026-11-30", 23)) && !month.contains(at("2026-12-01", 0)));
        for bad in ["", "26", "2026-13", "2026-11-30..2026-11-01", "2026-11-31..2026-12-01", "2026-1é"] {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_month_later_is_the_same_day_or_the_last_one() {
        let later = |from: &str, months| plus_months(day(from).unwrap(), months).to_string();
        assert_eq!(later("2026-11-23", 1), "2026-12-23");
        assert_eq!(later("2026-12-31", 2), "2027-02-28");
        assert_eq!(later("2027-12-31", 2), "2028-02-29");
        assert_eq!(later("2026-11-23", 3), "2027-02-23");
    }

    #[test]
    fn office_hours_follow_the_clock_on_the_wall() {
        // Monday 23 November 2026, winter: 06:00 UTC is 07:00.
        assert!(in_office_hours(at("2026-11-23", 6)) && !in_office_hours(at("2026-11-23", 5)));
        assert!(!in_office_hours(at("2026-11-23", 18)), "19:00 is after hours");
        // Monday 6 July 2026, summer: 05:00 UTC is 07:00.
        assert!(in_office_hours(at("2026-07-06", 5)) && !in_office_hours(at("2026-07-06", 17)));
        assert!(!in_office_hours(at("2026-11-22", 10)), "a Sunday");
        assert_eq!(last_sunday(2026, 3).day().to_string(), "2026-03-29");
        assert_eq!(last_sunday(2026, 10).day().to_string(), "2026-10-25");
    }
}
