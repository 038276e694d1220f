//! Moments as people here read them: the time of Dutch clocks, and how long something may still take.

use weegnet_protocol::Timestamp;
use weegnet_protocol::time::Day;

use super::words::Words;

/// Milliseconds in an hour.
const HOUR: u64 = 3_600_000;

/// A moment on a page.
#[derive(Debug, Clone)]
pub struct Moment {
    /// For machines: RFC 3339, UTC.
    pub machine: String,
    /// For people: `23-11-2026 22:40`, Dutch time.
    pub text: String,
}

/// A moment that the desk wrote as RFC 3339; shown as it is when it is none.
pub fn moment(written: &str) -> Moment {
    let text = read(written).map_or_else(|| written.to_owned(), dutch_time);
    Moment { machine: written.into(), text }
}

/// A day that the desk wrote as `2026-11-23`, as people here write it; shown as it is when it is none.
pub fn day(written: &str) -> String {
    match written.splitn(3, '-').collect::<Vec<_>>()[..] {
        [year, month, day] => format!("{day}-{month}-{year}"),
        _ => written.to_owned(),
    }
}

/// How long until then: the largest unit that says enough.
pub fn left(written: &str, now: Timestamp, words: Words) -> String {
    let Some(until) = read(written) else { return String::new() };
    let Some(rest) = until.as_millis().checked_sub(now.as_millis()).filter(|rest| *rest > 0) else {
        return words.say("left-over");
    };
    let minutes = rest.div_ceil(60_000);
    match minutes {
        0..=90 => words.with("left-minutes", "n", minutes),
        91..=2880 => words.with("left-hours", "n", minutes / 60),
        _ => words.with("left-days", "n", minutes / 1440),
    }
}

/// `2026-11-23T21:40:00.000Z`, with or without the thousandths.
fn read(written: &str) -> Option<Timestamp> {
    let (date, time) = written.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-');
    let day = Day::new(date.next()?.parse().ok()?, date.next()?.parse().ok()?, date.next()?.parse().ok()?)?;
    let mut time = time.splitn(3, ':');
    let (hours, minutes): (u64, u64) = (time.next()?.parse().ok()?, time.next()?.parse().ok()?);
    let seconds: u64 = time.next()?.split('.').next()?.parse().ok()?;
    Some(Timestamp::from_millis(day.start().as_millis() + ((hours * 60 + minutes) * 60 + seconds) * 1000))
}

/// Europe/Amsterdam: an hour ahead of UTC, two from the last Sunday of March to the last of October, 01:00 UTC.
fn dutch_time(at: Timestamp) -> String {
    let year = at.day().year;
    let turn = |month: u8| last_sunday(year, month) * 24 * HOUR + HOUR;
    let summer = (turn(3)..turn(10)).contains(&at.as_millis());
    let local = Timestamp::from_millis(at.as_millis() + if summer { 2 * HOUR } else { HOUR });
    let (day, minutes) = (local.day(), local.as_millis() / 60_000 % 1440);
    format!("{:02}-{:02}-{} {:02}:{:02}", day.day, day.month, day.year, minutes / 60, minutes % 60)
}

/// Days since 1970-01-01 of the last Sunday of a month with 31 days.
fn last_sunday(year: u16, month: u8) -> u64 {
    let last = u64::try_from(Day { year, month, day: 31 }.to_days()).unwrap_or(0);
    // 1970-01-01 was a Thursday.
    last - (last + 4) % 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dutch_clocks_turn_when_europe_does() {
        for (utc, dutch) in [
            ("2026-01-01T12:00:00Z", "01-01-2026 13:00"),
            ("2026-03-29T00:59:00Z", "29-03-2026 01:59"),
            ("2026-03-29T01:00:00Z", "29-03-2026 03:00"),
            ("2026-10-25T00:59:00Z", "25-10-2026 02:59"),
            ("2026-10-25T01:00:00Z", "25-10-2026 02:00"),
            ("2026-12-31T23:30:00Z", "01-01-2027 00:30"),
        ] {
            assert_eq!(moment(utc).text, dutch);
        }
    }
}
