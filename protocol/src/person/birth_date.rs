//! Birth dates, as far as they are known: a day, a month, a year or nothing (BRP).

use core::fmt;
use core::str::FromStr;

use crate::codec::text_serde;
use crate::time::{Day, month_length};

/// A birth date that may be partial.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum BirthDate {
    /// Nothing is known.
    #[default]
    Unknown,
    /// Only the year.
    Year(u16),
    /// Year and month.
    Month(u16, u8),
    /// The full date.
    Date(Day),
}

/// Text that is not a birth date; says why, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotABirthDate {
    /// None of the accepted notations.
    #[error("write a birth date as YYYY-MM-DD, YYYYMMDD, YYYY-MM or YYYY, with 00 or 0000 for unknown parts")]
    Notation,
    /// A day or month that does not exist, or a year outside 1800–2999.
    #[error("this date does not exist")]
    Impossible,
}

impl BirthDate {
    fn from_parts(year: u16, month: u8, day: u8) -> Result<Self, NotABirthDate> {
        let date = match (year, month, day) {
            (0, 0, 0) => BirthDate::Unknown,
            (_, 0, 0) => BirthDate::Year(year),
            (_, 1..=12, 0) => BirthDate::Month(year, month),
            _ => BirthDate::Date(Day::new(year, month, day).ok_or(NotABirthDate::Impossible)?),
        };
        if date == BirthDate::Unknown || (1800..3000).contains(&year) {
            Ok(date)
        } else {
            Err(NotABirthDate::Impossible)
        }
    }

    /// The latest day on which the person can have been born; `None` when nothing is known.
    pub fn latest(&self) -> Option<Day> {
        match *self {
            BirthDate::Unknown => None,
            BirthDate::Year(year) => Day::new(year, 12, 31),
            BirthDate::Month(year, month) => Day::new(year, month, month_length(year, month)),
            BirthDate::Date(day) => Some(day),
        }
    }

    /// Whether the person may be under 18 on `today`; an unknown date may (H6).
    pub fn may_be_minor(&self, today: Day) -> bool {
        self.latest().is_none_or(|born| born.plus_years(18) > today)
    }

    /// Whether nobody with this birth date has been born on `today`.
    pub fn is_after(&self, today: Day) -> bool {
        self.parts()
            .is_some_and(|(year, month, day)| (year, month.max(1), day.max(1)) > (today.year, today.month, today.day))
    }

    /// Whether both can be the same date: all parts that both know are equal, and both know the year at least.
    pub fn compatible(&self, other: &BirthDate) -> bool {
        let (Some((y1, m1, d1)), Some((y2, m2, d2))) = (self.parts(), other.parts()) else {
            return false;
        };
        let agree = |a: u8, b: u8| a == 0 || b == 0 || a == b;
        y1 == y2 && agree(m1, m2) && agree(d1, d2)
    }

    /// Year, month and day, with 0 for an unknown month or day; `None` when nothing is known.
    pub fn parts(&self) -> Option<(u16, u8, u8)> {
        match *self {
            BirthDate::Unknown => None,
            BirthDate::Year(year) => Some((year, 0, 0)),
            BirthDate::Month(year, month) => Some((year, month, 0)),
            BirthDate::Date(Day { year, month, day }) => Some((year, month, day)),
        }
    }
}

impl FromStr for BirthDate {
    type Err = NotABirthDate;

    /// Reads `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-MM`, `YYYY`, with zeros for unknown parts, and `unknown` or nothing.
    fn from_str(text: &str) -> Result<Self, NotABirthDate> {
        let bytes = text.as_bytes();
        let number = |digits: &[u8]| -> Result<u16, NotABirthDate> {
            digits.iter().try_fold(0u16, |sum, c| match c {
                b'0'..=b'9' => Ok(sum * 10 + u16::from(c - b'0')),
                _ => Err(NotABirthDate::Notation),
            })
        };
        let (year, month, day) = match bytes.len() {
            0 => return Ok(BirthDate::Unknown),
            _ if text == "unknown" => return Ok(BirthDate::Unknown),
            4 => (&bytes[..4], &b"0"[..], &b"0"[..]),
            7 if bytes[4] == b'-' => (&bytes[..4], &bytes[5..7], &b"0"[..]),
            8 => (&bytes[..4], &bytes[4..6], &bytes[6..8]),
            10 if bytes[4] == b'-' && bytes[7] == b'-' => (&bytes[..4], &bytes[5..7], &bytes[8..10]),
            _ => return Err(NotABirthDate::Notation),
        };
        BirthDate::from_parts(number(year)?, number(month)? as u8, number(day)? as u8)
    }
}

impl fmt::Display for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BirthDate::Unknown => f.write_str("unknown"),
            BirthDate::Year(year) => write!(f, "{year:04}"),
            BirthDate::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            BirthDate::Date(day) => write!(f, "{day}"),
        }
    }
}

/// Tells nothing: see [`super::PersonRef`].
impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate(..)")
    }
}

text_serde!(BirthDate, "a birth date");
