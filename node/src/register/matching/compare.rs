//! Question against row, field by field: in which of a few ways do two names, dates, numbers agree?

use super::reading::{Birth, Name, Reading};
use super::similar::{likeness, slips};

/// Shortest name, in letters, in which a slip of the pen is looked for: in shorter ones every name is near another.
const LONG_ENOUGH: usize = 4;
/// From this length on a name may have two slips.
const LONG: usize = 7;
/// Jaro–Winkler likeness from which two names are near, and from which they are distant relatives.
const NEAR: f64 = 0.92;
const FAR: f64 = 0.84;

/// How two names agree, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Agreement {
    /// Folded alike.
    Same,
    /// Forms of one name.
    Form,
    /// Spelled differently, sounding alike.
    Sound,
    /// One slip of the pen apart.
    Near,
    /// One is the initial of the other.
    Initial,
    /// Two slips apart, or otherwise much alike.
    Far,
    /// Other names.
    Conflict,
    /// At least one side does not know it.
    Unknown,
}

/// A name of the question beside one of the row.
#[derive(Clone, Copy, Debug)]
pub struct NameMatch {
    /// How they agree.
    pub agreement: Agreement,
    /// Which of the names that were asked.
    pub asked: usize,
    /// Which of the row's.
    pub known: usize,
}

/// What two persons are called beside first given name and surname.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aside {
    /// The same.
    Same,
    /// Other.
    Conflict,
    /// At least one side does not say.
    Unknown,
}

/// How two birth dates agree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DateAgreement {
    /// The same day.
    Day,
    /// The same month, as far as both know.
    Month,
    /// The same year, as far as both know.
    Year,
    /// Day and month exchanged.
    Swapped,
    /// One digit other, or two neighbours exchanged.
    Slip,
    /// The same month of the same year, another day; or the same day of another year.
    Close,
    /// The same year, another day and month.
    YearOnly,
    /// Other dates.
    Conflict,
    /// At least one side does not know it.
    Unknown,
}

/// How two identity numbers agree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NumberAgreement {
    /// Equal.
    Same,
    /// One slip apart; never between BSNs, which carry a check digit.
    Slip,
    /// Other numbers.
    Conflict,
    /// At least one side does not know it.
    Unknown,
}

/// The best agreement between surnames.
pub fn surnames(asked: &Reading, known: &Reading) -> NameMatch {
    best(&asked.surnames, &known.surnames, asked.surnames.len())
}

/// The best agreement between given names. The first of each counts before any other pair.
pub fn given(asked: &Reading, known: &Reading) -> NameMatch {
    let first = best(asked.given.get(..1).unwrap_or_default(), known.given.get(..1).unwrap_or_default(), 1);
    if first.agreement != Agreement::Conflict {
        return first;
    }
    let any = best(&asked.given, &known.given, asked.given.len());
    // Initials of further names agree by chance too often.
    if any.agreement <= Agreement::Near { any } else { first }
}

/// Whether one of the further given names is the same, when the first ones are.
pub fn further(asked: &Reading, known: &Reading) -> Aside {
    let (Some(ours), Some(theirs)) = (asked.given.get(1..), known.given.get(1..)) else { return Aside::Unknown };
    if ours.is_empty() || theirs.is_empty() {
        return Aside::Unknown;
    }
    match best(ours, theirs, ours.len()).agreement {
        Agreement::Same | Agreement::Form | Agreement::Sound | Agreement::Near => Aside::Same,
        Agreement::Conflict => Aside::Conflict,
        Agreement::Initial | Agreement::Far | Agreement::Unknown => Aside::Unknown,
    }
}

/// Whether the voorvoegsels begin alike.
pub fn prefixes(asked: &Reading, known: &Reading) -> Aside {
    match (asked.prefix, known.prefix) {
        (Some(a), Some(b)) if a == b => Aside::Same,
        (Some(_), Some(_)) => Aside::Conflict,
        _ => Aside::Unknown,
    }
}

fn best(asked: &[Name], known: &[Name], most: usize) -> NameMatch {
    let mut best = NameMatch { agreement: Agreement::Unknown, asked: 0, known: 0 };
    for (a, ours) in asked.iter().enumerate().take(most) {
        for (k, theirs) in known.iter().enumerate() {
            let found = NameMatch { agreement: names(ours, theirs), asked: a, known: k };
            if found.agreement < best.agreement {
                best = found;
            }
        }
    }
    best
}

/// How two names agree.
pub fn names(a: &Name, b: &Name) -> Agreement {
    let length = |name: &Name| name.text.chars().count();
    let (short, long) = if length(a) <= length(b) { (a, b) } else { (b, a) };
    if short.text.is_empty() {
        return Agreement::Unknown;
    }
    if a.text == b.text {
        return Agreement::Same;
    }
    if a.shares_a_root(b) {
        return Agreement::Form;
    }
    // A digit is no spelling.
    if [a, b].iter().any(|name| name.text.bytes().any(|c| c.is_ascii_digit())) {
        return Agreement::Conflict;
    }
    if short.is_initial() {
        let initial = long.text.starts_with(short.text.as_str()) || long.root.starts_with(short.text.as_str());
        return if initial { Agreement::Initial } else { Agreement::Conflict };
    }
    let (least, most) = (length(short), length(long));
    let apart = if least >= LONG_ENOUGH { slips(&a.text, &b.text, 2) } else { None };
    let likeness = likeness(&a.text, &b.text);
    // In a short name only an exchange of two letters is looked for.
    if least == 3 && most == 3 && slips(&a.text, &b.text, 1).is_some() && same_letters(&a.text, &b.text) {
        return Agreement::Far;
    }
    if a.sounds_like(b) && (a.sound.len() >= 3 || likeness >= 0.8) && likeness >= 0.6 {
        return Agreement::Sound;
    }
    let begins = least >= LONG_ENOUGH && long.text.starts_with(short.text.as_str());
    match apart {
        Some(1) => Agreement::Near,
        _ if least >= 5 && likeness >= NEAR => Agreement::Near,
        Some(2) if least >= LONG => Agreement::Near,
        Some(2) if most >= 5 => Agreement::Far,
        _ if begins || likeness >= FAR => Agreement::Far,
        _ => Agreement::Conflict,
    }
}

fn same_letters(a: &str, b: &str) -> bool {
    let sorted = |name: &str| {
        let mut letters: Vec<char> = name.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(a) == sorted(b)
}

/// How two dates agree.
pub fn births(a: Birth, b: Birth) -> DateAgreement {
    if a.year == 0 || b.year == 0 {
        return DateAgreement::Unknown;
    }
    if !(a.is_full() && b.is_full()) {
        let fits = |x: u8, y: u8| x == 0 || y == 0 || x == y;
        return match () {
            () if a.year != b.year || !fits(a.month, b.month) || !fits(a.day, b.day) => DateAgreement::Conflict,
            () if a.month != 0 && a.month == b.month => DateAgreement::Month,
            () => DateAgreement::Year,
        };
    }
    if a == b {
        return DateAgreement::Day;
    }
    if a.year == b.year && a.month == b.day && a.day == b.month {
        return DateAgreement::Swapped;
    }
    let digits = |birth: Birth| {
        let number = u32::from(birth.year) * 10_000 + u32::from(birth.month) * 100 + u32::from(birth.day);
        std::array::from_fn::<u8, 8, _>(|at| (number / 10u32.pow(7 - at as u32) % 10) as u8)
    };
    let (x, y) = (digits(a), digits(b));
    let other: Vec<usize> = (0..8).filter(|at| x[*at] != y[*at]).collect();
    let exchanged = |i: usize, j: usize| j == i + 1 && x[i] == y[j] && x[j] == y[i];
    match *other.as_slice() {
        [_] => DateAgreement::Slip,
        [i, j] if exchanged(i, j) => DateAgreement::Slip,
        _ if a.year == b.year && a.month == b.month => DateAgreement::Close,
        _ if a.month == b.month && a.day == b.day => DateAgreement::Close,
        _ if a.year == b.year => DateAgreement::YearOnly,
        _ => DateAgreement::Conflict,
    }
}

/// How two numbers agree.
pub fn numbers(asked: &Reading, known: &Reading) -> NumberAgreement {
    match (&asked.number, &known.number) {
        (Some(a), Some(b)) if a == b => NumberAgreement::Same,
        (Some(a), Some(b)) if !asked.number_is_bsn && slips(a, b, 1).is_some() => NumberAgreement::Slip,
        (Some(_), Some(_)) => NumberAgreement::Conflict,
        _ => NumberAgreement::Unknown,
    }
}
