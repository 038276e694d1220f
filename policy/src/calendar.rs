//! Working days in the Netherlands, computed: Algemene termijnenwet, articles 1 and 3. Days are days in UTC, as everywhere.

use weegnet_protocol::time::{Day, Millis, Timestamp};

/// Most working days that are counted ahead.
pub const MAX_WORKING_DAYS: u32 = 90;

/// The first Sunday after the first full moon of spring, as the Gregorian calendar reckons it (Meeus, Jones, Butcher).
pub fn easter(year: u16) -> Day {
    let year = i64::from(year);
    let golden = year % 19;
    let (century, in_century) = (year / 100, year % 100);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let moon = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (in_century / 4) - moon - in_century % 4) % 7;
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    let days = moon + weekday - 7 * late + 114;
    let first = Day::new(year as u16, (days / 31) as u8, 1).map_or(0, Day::to_days);
    Day::from_days(first + days % 31)
}

/// Whether it is a generally recognised holiday, or Good Friday, which counts as one.
pub fn is_holiday(day: Day) -> bool {
    let after_easter = day.to_days() - easter(day.year).to_days();
    // The King's birthday moves when it falls on a Sunday.
    let kings_day = match Day::new(day.year, 4, 27) {
        Some(day) if weekday(day) == SUNDAY => 26,
        _ => 27,
    };
    matches!((day.month, day.day), (1, 1) | (5, 5) | (12, 25) | (12, 26))
        || (day.month == 4 && day.day == kings_day)
        // Good Friday, Easter Monday, Ascension Day, Whit Monday.
        || [-2, 1, 39, 50].contains(&after_easter)
}

/// Whether people work: no Saturday, Sunday or holiday.
pub fn is_working_day(day: Day) -> bool {
    weekday(day) < SATURDAY && !is_holiday(day)
}

/// Monday is 0.
pub fn weekday(day: Day) -> u8 {
    // 1 January 1970 was a Thursday.
    (day.to_days() + 3).rem_euclid(7) as u8
}

const SATURDAY: u8 = 5;
const SUNDAY: u8 = 6;

/// Whole working days between two moments: after the day of the first, and over by the second. At most
/// [`MAX_WORKING_DAYS`] are counted.
pub fn working_days(from: Timestamp, to: Timestamp) -> u32 {
    // Among more days than this there are always as many working days as are counted.
    let to = to.min(from + Millis::hours(3 * 24 * u64::from(MAX_WORKING_DAYS)));
    let days = (from.day().to_days() + 1)..to.day().to_days();
    let working = days.filter(|day| is_working_day(Day::from_days(*day))).count();
    u32::try_from(working).map_or(MAX_WORKING_DAYS, |working| working.min(MAX_WORKING_DAYS))
}

/// The end of the last of so many whole working days after the day of `from`.
pub fn after_working_days(from: Timestamp, count: u32) -> Timestamp {
    let (mut day, mut left) = (from.day().to_days() + 1, count.min(MAX_WORKING_DAYS));
    while left > 0 {
        left -= u32::from(is_working_day(Day::from_days(day)));
        day += 1;
    }
    Day::from_days(day).start()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        let parts: Vec<u16> = text.split('-').map(|part| part.parse().unwrap()).collect();
        Day::new(parts[0], parts[1] as u8, parts[2] as u8).unwrap()
    }

    #[test]
    fn easter_falls_on_the_published_days() {
        for published in [
            "1818-03-22",
            "1943-04-25",
            "2000-04-23",
            "2008-03-23",
            "2019-04-21",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2028-04-16",
            "2029-04-01",
            "2030-04-21",
            "2038-04-25",
            "2049-04-18",
        ] {
            let day = day(published);
            assert_eq!(easter(day.year), day);
        }
    }

    #[test]
    fn the_holidays_are_the_published_ones() {
        // As the government published them for these years.
        for (year, published) in [
            (2025, "01-01 04-18 04-21 04-26 05-05 05-29 06-09 12-25 12-26"),
            (2026, "01-01 04-03 04-06 04-27 05-05 05-14 05-25 12-25 12-26"),
            (2027, "01-01 03-26 03-29 04-27 05-05 05-06 05-17 12-25 12-26"),
            (2028, "01-01 04-14 04-17 04-27 05-05 05-25 06-05 12-25 12-26"),
        ] {
            let first = Day::new(year, 1, 1).unwrap().to_days();
            let found: Vec<_> = (first..first + 366)
                .map(Day::from_days)
                .filter(|day| day.year == year && is_holiday(*day))
                .map(|day| format!("{:02}-{:02}", day.month, day.day))
                .collect();
            assert_eq!(found.join(" "), published, "{year}");
        }
    }

    #[test]
    fn weekends_and_holidays_do_not_count() {
        assert_eq!(weekday(day("2026-11-23")), 0);
        // Thursday before Easter: Friday and Monday are holidays.
        let thursday = day("2026-04-02").start();
        assert_eq!(after_working_days(thursday, 1), day("2026-04-08").start());
        assert_eq!(working_days(thursday, day("2026-04-07").start()), 0);
        assert_eq!(working_days(thursday, day("2026-04-08").start()), 1);
        assert_eq!(after_working_days(thursday, 0), day("2026-04-03").start());
        assert_eq!(working_days(thursday, Timestamp::from_millis(u64::MAX)), MAX_WORKING_DAYS);
        assert_eq!(working_days(day("2026-04-08").start(), thursday), 0);
    }

    #[test]
    fn as_many_working_days_pass_as_were_asked_for() {
        for from in (20_454..22_000).map(|days| Day::from_days(days).start()) {
            for count in [0, 1, 2, 5, 10] {
                assert_eq!(working_days(from, after_working_days(from, count)), count);
            }
        }
    }
}
