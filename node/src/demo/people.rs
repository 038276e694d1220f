//! Invented people: a seeded Dutch register per organisation, and the ones whom the demo asks about.
//!
//! Nobody has a BSN: a generated number could be somebody's.

use weegnet_protocol::person::Fields;
use weegnet_protocol::time::Day;

use super::cast::Who;

/// Rows of each register, beside the ones that the story needs.
pub const ROWS: usize = 300;
/// Where every register begins; each organisation adds its own number.
const SEED: u64 = 0x77ee_6e65_7400;
/// One in this many rows lacks the day, the month, or everything but the year of the birth date.
const PARTIAL_ONE_IN: u64 = 6;
/// One in this many rows carries another name.
const ALIAS_ONE_IN: u64 = 9;

const HEADER: [&str; 10] = [
    "id",
    "bronrecord",
    "reden",
    "bsn",
    "voornamen",
    "voorvoegsel",
    "geslachtsnaam",
    "geboortedatum",
    "aliassen",
    "bewaren_tot",
];

const GIVEN: &[&str] = &[
    "Aïcha",
    "Anneke",
    "Bart",
    "Björn",
    "Carlijn",
    "Chloé",
    "Çiğdem",
    "Daniël",
    "Demi",
    "Dirk-Jan",
    "Eleanor",
    "Esmée",
    "Fatima",
    "Femke",
    "François",
    "Gerrit",
    "Güneş",
    "Hanneke",
    "Ibrahim",
    "IJsbrand",
    "Jan Willem",
    "Jürgen",
    "Kees",
    "Khadija",
    "Lotte",
    "Łukasz",
    "Maarten",
    "Marloes",
    "Mohammed",
    "Noël",
    "Nadia",
    "Ömer",
    "Pieter",
    "Quinten",
    "Renée",
    "Ruben",
    "Saskia",
    "Sjoerd",
    "Søren",
    "Thérèse",
    "Thijs",
    "Umut",
    "Vera",
    "Wouter",
    "Xander",
    "Yara",
    "Zoë",
    "Željko",
];

/// Voorvoegsel and geslachtsnaam.
const SURNAMES: &[(&str, &str)] = &[
    ("", "Bakker"),
    ("", "Jansen"),
    ("", "Visser"),
    ("", "Smit"),
    ("", "Mulder"),
    ("", "Dijkstra"),
    ("", "Yılmaz"),
    ("", "Hoekstra"),
    ("", "Çelik"),
    ("", "Nguyễn"),
    ("", "Kowalczyk"),
    ("", "Müller"),
    ("", "Ouédraogo"),
    ("", "IJzerman"),
    ("", "Van-Dijk-Bos"),
    ("", "Benali"),
    ("", "Şahin"),
    ("", "Groß"),
    ("", "Ferreira"),
    ("de", "Vries"),
    ("de", "Boer"),
    ("de", "Wit"),
    ("van", "Dijk"),
    ("van", "Beek"),
    ("van den", "Berg"),
    ("van den", "Heuvel"),
    ("van der", "Meer"),
    ("van der", "Linden"),
    ("van 't", "Hof"),
    ("'t", "Hart"),
    ("in 't", "Veld"),
    ("ten", "Brink"),
    ("ter", "Horst"),
    ("op den", "Kamp"),
    ("el", "Idrissi"),
    ("El", "Bakkali"),
    ("d'", "Hondt"),
    ("von", "Habsberg"),
    ("dos", "Santos"),
    ("uit den", "Bogaard"),
];

/// Why somebody is known here: a code of the convenant's `register_redenen`.
fn reason(who: Who) -> &'static str {
    match who {
        Who::Reclassering => "toezicht",
        Who::Zorg => "begeleiding",
        Who::Gemeente | Who::Politie | Who::Om => "casus",
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the same people on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// The person of the story, as the gemeente asks.
pub fn asked() -> Fields {
    fields("Noël", "van", "IJsselmuiden", "1985-03-12")
}

/// Somebody else, for the question that is forbidden.
pub fn forbidden() -> Fields {
    fields("Sjoerd", "", "Hoekstra", "1990-06-01")
}

/// Somebody else, for the question that nobody approved.
pub fn unapproved() -> Fields {
    fields("Wouter", "", "Mulder", "1988-02-14")
}

/// Whom to ask about next, as voornamen, voorvoegsel, geslachtsnaam, geboortedatum: politie knows her.
pub const NEXT: [&str; 4] = ["Zoë", "van der", "Hoff", "1991-07-23"];

/// Only constants of this file come here; a test sees that all of them can be read.
fn fields(given: &str, prefix: &str, surname: &str, birth: &str) -> Fields {
    Fields {
        given_names: given.parse().ok(),
        prefix: prefix.parse().ok(),
        surname: surname.parse().ok(),
        birth: birth.parse().unwrap_or_default(),
        ..Fields::default()
    }
}

/// Voornamen, voorvoegsel, geslachtsnaam, geboortedatum, aliassen.
type Written = [String; 5];

/// Who is known where, for the story. Two know the person; politie has somebody with the same initial, the OM somebody
/// with the same name and another birth date.
fn story(who: Who) -> &'static [[&'static str; 4]] {
    match who {
        Who::Gemeente => &[],
        Who::Politie => &[["N.", "van", "IJsselmuiden", "19850000"], [NEXT[0], NEXT[1], NEXT[2], "1991-07"]],
        Who::Om => &[["Noël", "van", "IJsselmuiden", "1958-12-03"]],
        Who::Reclassering => &[["Noël", "van", "IJsselmuiden", "1985-03-12"]],
        // Asked sealed: names and date that are alike open it, a year alone would not.
        Who::Zorg => &[["Noel", "", "Ysselmuiden", "1985-03-12"]],
    }
}

/// An organisation's register as CSV, the same people every time.
///
/// # Errors
/// When a row cannot be written.
pub fn register(who: Who, today: Day) -> Result<Vec<u8>, csv::Error> {
    let mut chance = Chance(SEED + who as u64);
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(HEADER)?;
    let story = story(who);
    // The story's rows stand somewhere in between, as anybody else's.
    let place = chance.below(ROWS as u64) as usize;
    for number in 0..ROWS + story.len() {
        let [given, prefix, surname, birth, aliases] = match number.checked_sub(place).and_then(|at| story.get(at)) {
            Some(known) => [known[0], known[1], known[2], known[3], ""].map(String::from),
            None => invented(&mut chance),
        };
        let name = who.part().name;
        let until = Day { year: today.year + 1 + chance.below(4) as u16, month: 12, day: 31 };
        csv.write_record([
            format!("{}{number:04}", &name[..1]),
            format!("{name}/{}", 100_000 + chance.below(900_000)),
            reason(who).to_owned(),
            String::new(),
            given,
            prefix,
            surname,
            birth,
            aliases,
            until.to_string(),
        ])?;
    }
    csv.into_inner().map_err(|error| error.into_error().into())
}

fn invented(chance: &mut Chance) -> Written {
    let (prefix, surname) = chance.one_of(SURNAMES);
    let (year, month, day) = (1948 + chance.below(58), 1 + chance.below(12), 1 + chance.below(28));
    let birth = match chance.below(PARTIAL_ONE_IN * 3) {
        0 => format!("{year}0000"),
        1 => format!("{year}-{month:02}"),
        2 => year.to_string(),
        3 => format!("{year}{month:02}{day:02}"),
        _ => format!("{year}-{month:02}-{day:02}"),
    };
    let alias = match chance.below(ALIAS_ONE_IN) {
        0 => format!("{surname}-{}", chance.one_of(SURNAMES).1),
        _ => String::new(),
    };
    [chance.one_of(GIVEN).into(), prefix.into(), surname.into(), birth, alias]
}

#[cfg(test)]
mod tests {
    use weegnet_protocol::person::PersonRef;

    use super::*;

    const TODAY: Day = Day { year: 2026, month: 11, day: 23 };

    #[test]
    fn everybody_who_is_asked_about_can_be_asked_about() {
        for person in [asked(), forbidden(), unapproved(), fields(NEXT[0], NEXT[1], NEXT[2], NEXT[3])] {
            assert!(person.given_names.is_some() && person.birth.parts().is_some_and(|(_, month, _)| month > 0));
            assert!(PersonRef::try_from(person).is_ok());
        }
    }

    #[test]
    fn a_register_is_the_same_every_time_and_different_for_everybody() {
        let registers = Who::ALL.map(|who| register(who, TODAY).unwrap());
        assert_eq!(registers, Who::ALL.map(|who| register(who, TODAY).unwrap()));
        for (i, one) in registers.iter().enumerate() {
            assert!(registers[..i].iter().all(|other| other != one));
        }
    }

    #[test]
    fn nobody_has_a_bsn() {
        for who in Who::ALL {
            let bytes = register(who, TODAY).unwrap();
            let mut rows = csv::Reader::from_reader(bytes.as_slice());
            assert!(rows.records().all(|row| row.unwrap()[3].is_empty()));
        }
    }
}
