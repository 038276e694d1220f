//! How common names and years of birth are in one register, smoothed by how common they are in the country.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use weegnet_protocol::person::frequency;

use super::reading::{Name, Reading};

/// Names of one kind that are counted while a register is built; later ones are taken for rare. A common name stands
/// among the first.
const MAX_COUNTED: usize = 200_000;
/// Names of one kind that are kept: the most common ones.
const MAX_KEPT: usize = 30_000;
/// Fewest persons with a name for it to be kept.
const FEWEST_KEPT: u32 = 3;
/// Rows of an imagined register of the whole country that are counted along: a register of ten says little about names.
const SMOOTHING: f64 = 2000.0;
/// Of persons who stand twice in a register, how many have another given name the second time, about.
const MISTAKES_PER_DOUBLE: f64 = 0.4;
/// Years of birth of the living, about.
const YEARS: f64 = 75.0;

/// Counts while a register is built.
#[derive(Default)]
pub struct Counting {
    rows: u32,
    years: HashMap<u16, u32>,
    surnames: HashMap<u64, u32>,
    surname_sounds: HashMap<u64, u32>,
    given: HashMap<u64, u32>,
    given_sounds: HashMap<u64, u32>,
    /// By surname and full date: the first given name that stood there.
    families: HashMap<u64, u64>,
    dated: u32,
    twins: u32,
    doubles: u32,
}

/// The counts of a register, as they are kept with it.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Census {
    rows: u32,
    years: Vec<(u16, u32)>,
    surnames: Vec<(u64, u32)>,
    surname_sounds: Vec<(u64, u32)>,
    given: Vec<(u64, u32)>,
    given_sounds: Vec<(u64, u32)>,
    /// Rows with a surname, a given name and a full date, of those that were looked at for twins.
    dated: u32,
    /// Of them, those who share surname and date with an earlier one of another given name.
    twins: u32,
    /// Of them, those who share the given name too: one person twice.
    doubles: u32,
}

impl Counting {
    /// Counts one row.
    pub fn add(&mut self, row: &Reading) {
        self.rows = self.rows.saturating_add(1);
        if row.birth.year != 0 {
            *self.years.entry(row.birth.year).or_default() += 1;
        }
        if let Some(name) = row.surnames.first() {
            count(&mut self.surnames, hash(&name.text));
            count(&mut self.surname_sounds, hash(&name.sound));
        }
        if let Some(name) = row.given.first() {
            count(&mut self.given, hash(&name.text));
            count(&mut self.given_sounds, hash(&name.sound));
        }
        self.add_family(row);
    }

    fn add_family(&mut self, row: &Reading) {
        let (Some(surname), Some(given)) = (row.surnames.first(), row.given.first()) else { return };
        if !row.birth.is_full() || given.is_initial() {
            return;
        }
        let birth = row.birth;
        let family = hash(&format!("{}|{}|{}|{}", surname.sound, birth.year, birth.month, birth.day));
        let given = hash(&given.sound);
        match self.families.get(&family) {
            Some(first) if *first == given => self.doubles += 1,
            Some(_) => self.twins += 1,
            None if self.families.len() < MAX_COUNTED => {
                self.families.insert(family, given);
            }
            None => return,
        }
        self.dated += 1;
    }

    /// Ends the count.
    pub fn done(self) -> Census {
        let mut years: Vec<_> = self.years.into_iter().collect();
        years.sort_unstable();
        Census {
            rows: self.rows,
            years,
            surnames: kept(self.surnames),
            surname_sounds: kept(self.surname_sounds),
            given: kept(self.given),
            given_sounds: kept(self.given_sounds),
            dated: self.dated,
            twins: self.twins,
            doubles: self.doubles,
        }
    }
}

impl Census {
    /// Rows in the register.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Share of persons who share surname and date of birth with somebody else here: twins, as far as this register shows
    /// them. Where persons stand twice, as many other given names are mistakes.
    pub fn twins(&self) -> f64 {
        let mistakes = f64::from(self.doubles) * MISTAKES_PER_DOUBLE;
        ((f64::from(self.twins) - mistakes).max(0.0) + 2.0) / (f64::from(self.dated) + 500.0)
    }

    /// Share of rows that say again who stands there already: surname, given name and date of birth.
    pub fn doubles(&self) -> f64 {
        f64::from(self.doubles) / (f64::from(self.dated) + 500.0)
    }

    /// Share of persons with this surname.
    pub fn surname(&self, name: &Name) -> f64 {
        self.share(&self.surnames, &name.text, frequency::surname_per_million(&name.text))
    }

    /// Share of persons whose surname sounds like this one.
    pub fn surname_sound(&self, name: &Name) -> f64 {
        let prior = frequency::surname_per_million(&name.text).saturating_mul(3);
        self.share(&self.surname_sounds, &name.sound, prior).max(self.surname(name))
    }

    /// Share of persons with this first given name.
    pub fn given(&self, name: &Name) -> f64 {
        self.share(&self.given, &name.text, frequency::given_per_million(&name.text))
    }

    /// Share of persons whose first given name has this sound, in any form.
    pub fn given_sound(&self, name: &Name) -> f64 {
        let prior = frequency::given_per_million(&name.text).saturating_mul(3);
        self.share(&self.given_sounds, &name.sound, prior).max(self.given(name))
    }

    /// Share of persons born in this year.
    pub fn year(&self, year: u16) -> f64 {
        let found = self.years.binary_search_by_key(&year, |(year, _)| *year);
        self.smoothed(found.map_or(0, |at| self.years[at].1), 1.0 / YEARS)
    }

    fn share(&self, counts: &[(u64, u32)], text: &str, per_million: u32) -> f64 {
        let found = counts.binary_search_by_key(&hash(text), |(hash, _)| *hash);
        self.smoothed(found.map_or(0, |at| counts[at].1), f64::from(per_million) / 1e6)
    }

    fn smoothed(&self, count: u32, prior: f64) -> f64 {
        (f64::from(count) + SMOOTHING * prior) / (f64::from(self.rows) + SMOOTHING)
    }
}

fn count(counts: &mut HashMap<u64, u32>, name: u64) {
    if let Some(count) = counts.get_mut(&name) {
        *count += 1;
    } else if counts.len() < MAX_COUNTED {
        counts.insert(name, 1);
    }
}

fn kept(counts: HashMap<u64, u32>) -> Vec<(u64, u32)> {
    let mut kept: Vec<_> = counts.into_iter().filter(|(_, count)| *count >= FEWEST_KEPT).collect();
    kept.sort_unstable_by_key(|(_, count)| std::cmp::Reverse(*count));
    kept.truncate(MAX_KEPT);
    kept.sort_unstable();
    kept
}

/// FNV-1a, 64 bits: the same in every build, for it is kept. Names that collide only count as more common.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
