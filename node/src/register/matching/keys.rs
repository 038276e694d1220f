//! What a row can be found by: number, full date, and sounds of names with as much of the date as there is.
//!
//! A key that many rows share brings only chance collisions; the search leaves it out and trusts the others.

use super::reading::{Name, Reading};

/// Most keys of one row; a row of a person with aliases has more than one for each kind.
pub const MAX_ROW_KEYS: usize = 24;
/// Most keys that one question looks up.
pub const MAX_ASKED_KEYS: usize = 64;

/// The keys of a row.
pub fn of_row(row: &Reading) -> Vec<Vec<u8>> {
    let mut keys = Keys { all: Vec::with_capacity(8), most: MAX_ROW_KEYS };
    keys.number(row);
    let birth = row.birth;
    if birth.year == 0 {
        return keys.all;
    }
    let year = birth.year.to_string();
    let given = row.given.first();
    if birth.is_full() {
        let date = date(birth.year, birth.month, birth.day);
        keys.push(b'd', &[&date]);
        if let Some(given) = given {
            keys.push(b'g', &[&date, &given.sound]);
            keys.push(b'm', &[&date[4..], &given.sound]);
        }
        for surname in &row.surnames {
            keys.push(b's', &[&date, &surname.sound]);
        }
    }
    for surname in &row.surnames {
        keys.push(b'y', &[&year, &surname.sound]);
        if let Some(given) = given {
            keys.push(b'i', &[&year, &given.sound, initial(&surname.sound)]);
            if birth.is_full() {
                keys.full_name(&surname.sound, &given.sound);
            }
        }
    }
    keys.all
}

/// The keys under which the person of a question may stand, also with names exchanged and read in another way.
pub fn of_question(asked: &Reading) -> Vec<Vec<u8>> {
    let mut keys = Keys { all: Vec::with_capacity(16), most: MAX_ASKED_KEYS };
    keys.number(asked);
    let birth = asked.birth;
    if birth.year == 0 {
        return keys.all;
    }
    let year = birth.year.to_string();
    let surnames: Vec<&str> = asked.surnames.iter().flat_map(sounds).collect();
    let given: Vec<&str> = asked.given.iter().take(2).flat_map(sounds).collect();
    if birth.is_full() {
        let days = [(birth.month, birth.day), (birth.day, birth.month)];
        for (month, day) in days.into_iter().filter(|(month, _)| *month <= 12) {
            let date = date(birth.year, month, day);
            keys.push(b'd', &[&date]);
            for name in surnames.iter().chain(&given) {
                keys.push(b's', &[&date, name]);
                keys.push(b'g', &[&date, name]);
            }
        }
        let date = date(birth.year, birth.month, birth.day);
        for name in given.iter().take(2) {
            keys.push(b'm', &[&date[4..], name]);
        }
    }
    for surname in &surnames {
        keys.push(b'y', &[&year, surname]);
        for given in &given {
            keys.push(b'i', &[&year, given, initial(surname)]);
            if birth.is_full() {
                keys.full_name(surname, given);
            }
        }
    }
    for name in &given {
        keys.push(b'y', &[&year, name]);
    }
    keys.all
}

struct Keys {
    all: Vec<Vec<u8>>,
    most: usize,
}

impl Keys {
    fn push(&mut self, kind: u8, parts: &[&str]) {
        if self.all.len() == self.most || parts.iter().any(|part| part.is_empty()) {
            return;
        }
        let mut key = Vec::with_capacity(24);
        key.push(kind);
        for part in parts {
            key.extend_from_slice(part.as_bytes());
            key.push(b'|');
        }
        if !self.all.contains(&key) {
            self.all.push(key);
        }
    }

    /// A BSN as a whole; of a number without a check digit each half too: a slip stands in one of them.
    fn number(&mut self, person: &Reading) {
        let Some(number) = &person.number else { return };
        self.push(b'n', &[number]);
        if let Some((first, last)) = number.split_at_checked(number.len() / 2).filter(|_| !person.number_is_bsn) {
            self.push(b'h', &["1", first]);
            self.push(b'h', &["2", last]);
        }
    }

    /// Both names without their order: sources exchange them.
    fn full_name(&mut self, one: &str, other: &str) {
        let (first, second) = if one <= other { (one, other) } else { (other, one) };
        self.push(b'f', &[first, second]);
    }
}

fn sounds(name: &Name) -> impl Iterator<Item = &str> {
    [Some(name.sound.as_str()), name.other_sound.as_deref()].into_iter().flatten()
}

fn initial(sound: &str) -> &str {
    sound.char_indices().nth(1).map_or(sound, |(at, _)| &sound[..at])
}

fn date(year: u16, month: u8, day: u8) -> String {
    format!("{year:04}{month:02}{day:02}")
}
