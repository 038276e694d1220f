//! What the data of a source is like, before it is imported: counts, never values, and nobody is matched.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::io::Read;

use serde::{Deserialize, Serialize};
use weegnet_protocol::person::{BirthDate, PersonRef};
use weegnet_protocol::time::Day;

use super::import::{CheckedRow, ImportError, Mapping, read_all};
use super::matching::Reading;

/// Rejected rows that are listed; the rest are counted.
const MAX_LISTED: usize = 100;
/// From this many rows with one full name and date on they are a cluster of namesakes.
const CLUSTER: u32 = 3;

/// What a source holds, in counts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Quality {
    /// Rows below the header.
    pub rows: u64,
    /// Rows that an import would refuse; codes of a convenant are not looked at.
    pub rejected: u64,
    /// The first of them: row, column, reason; never the value.
    pub rejections: Vec<(u64, String, String)>,
    /// How many for each column and reason.
    pub rejected_by: BTreeMap<String, u64>,
    /// Without any birth date: such a row is found by its BSN only.
    pub without_birth_date: u64,
    /// With a year, or year and month, only.
    pub birth_date_in_part: u64,
    /// Born on 1 January, which is read as a year only.
    pub first_of_january: u64,
    /// With an unknown surname.
    pub without_surname: u64,
    /// Without given names, or with initials only.
    pub without_given_name: u64,
    /// Without a BSN.
    pub without_bsn: u64,
    /// Rows whose BSN another row has too.
    pub sharing_a_bsn: u64,
    /// Rows that are found by nothing: no BSN, and no date or no name.
    pub unfindable: u64,
    /// Rows that share full name and birth date with another one: one person twice, or namesakes.
    pub sharing_name_and_date: u64,
    /// Groups of at least three of them.
    pub namesake_clusters: u64,
    /// The largest group.
    pub largest_cluster: u32,
}

/// Reads a whole source and counts. Takes about 40 bytes of memory a row.
pub fn check(source: impl Read, mapping: &Mapping, today: Day) -> Result<Quality, ImportError> {
    let mut quality = Quality::default();
    let mut seen = Seen::default();
    read_all(source, mapping, today, |row| {
        quality.rows += 1;
        match row {
            CheckedRow::Person(person) => {
                quality.count(person);
                seen.take(person);
            }
            CheckedRow::Rejected(rejection) => {
                quality.rejected += 1;
                let (column, reason) = (rejection.column.to_string(), rejection.reason.to_string());
                *quality.rejected_by.entry(format!("{column}: {reason}")).or_default() += 1;
                if quality.rejections.len() < MAX_LISTED {
                    quality.rejections.push((rejection.row, column, reason));
                }
            }
        }
    })?;
    seen.tell(&mut quality);
    Ok(quality)
}

impl Quality {
    fn count(&mut self, person: &PersonRef) {
        let reading = Reading::of(person);
        let given = reading.given.iter().any(|name| !name.is_initial());
        let is = u64::from;
        self.without_birth_date += is(reading.birth.year == 0);
        self.first_of_january += is(reading.birth.new_year);
        self.birth_date_in_part += is(matches!(person.birth(), BirthDate::Year(_) | BirthDate::Month(..)));
        self.without_surname += is(reading.surnames.is_empty());
        self.without_given_name += is(!given);
        self.without_bsn += is(person.bsn().is_none());
        let nameless = reading.surnames.is_empty() && reading.given.is_empty();
        self.unfindable += is(person.bsn().is_none() && (reading.birth.year == 0 || nameless));
    }
}

/// Keyed hashes of what may stand twice, with how often.
#[derive(Default)]
struct Seen {
    hasher: RandomState,
    bsns: HashMap<u64, u32>,
    persons: HashMap<u64, u32>,
}

impl Seen {
    fn take(&mut self, person: &PersonRef) {
        if let Some(bsn) = person.bsn() {
            *self.bsns.entry(self.hasher.hash_one(bsn.as_str())).or_default() += 1;
        }
        let reading = Reading::of(person);
        if let (Some(surname), Some(given), true) =
            (reading.surnames.first(), reading.given.first(), reading.birth.year != 0)
        {
            let birth = (reading.birth.year, reading.birth.month, reading.birth.day);
            *self.persons.entry(self.hasher.hash_one((&surname.text, &given.text, birth))).or_default() += 1;
        }
    }

    fn tell(&self, quality: &mut Quality) {
        let sharing = |counts: &HashMap<u64, u32>| counts.values().filter(|n| **n > 1).map(|n| u64::from(*n)).sum();
        quality.sharing_a_bsn = sharing(&self.bsns);
        quality.sharing_name_and_date = sharing(&self.persons);
        quality.namesake_clusters = self.persons.values().filter(|n| **n >= CLUSTER).count() as u64;
        quality.largest_cluster = self.persons.values().copied().max().unwrap_or(0);
    }
}
