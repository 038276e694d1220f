//! Which rows may be about the person of a question, and why: field by field, never a score (H3).
//!
//! | file | what it does |
//! |---|---|
//! | `reading.rs`, `kept.rs` | a person as folded names and what the date says; the same in a page |
//! | `keys.rs`, `search.rs` | what a row is found by; which rows are compared |
//! | `compare.rs`, `similar.rs` | in which way two fields agree |
//! | `census.rs`, `weigh.rs` | how much that says in this register: certain, probable, possible or nothing |
//! | `explain.rs` | the words for the reviewer |
//! | `plain.rs` | two references without a register |
//!
//! Everything but [`find`] is pure, so that `evaluate` (in the tests) measures what a node runs.

mod census;
mod compare;
mod explain;
mod kept;
pub mod keys;
mod plain;
mod reading;
mod search;
mod similar;
mod weigh;

use serde::{Deserialize, Serialize};
use weegnet_protocol::id::Slug;
use weegnet_protocol::person::PersonRef;
use weegnet_protocol::time::Day;

use super::error::Damage;
use super::generation::{Generation, Reader};
use super::page::RowNumber;
use super::row::{self, RecordId, Row, RowRef};

pub use census::{Census, Counting};
pub use compare::{Agreement, DateAgreement, NameMatch, NumberAgreement};
pub use explain::{Comparison, Likeness, Rarity, Remark};
pub use plain::same_person;
pub use reading::{Birth, Name, Reading};
pub use search::{Found, MOST_COMPARED, MOST_SHOWN, MOST_UNDER_A_KEY, Rows, search};
pub use weegnet_protocol::person::FOLD_VERSION;
pub use weigh::{Asked, Band, Verdict};

/// A row that may be about the person asked about. Only a human decides whether it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Candidate {
    /// Where to find the row again when it is shown.
    pub row: RowRef,
    /// Coded reason of being known in this context.
    pub reason: Slug,
    /// Question against row.
    pub comparison: Comparison,
    /// Where the organisation finds the person in its own source.
    pub source_record: Option<RecordId>,
    /// How sure the comparison is; candidates recorded before bands were are possible.
    #[serde(default = "possible")]
    pub band: Band,
    /// What a human should know beside the comparison.
    #[serde(default)]
    pub remarks: Vec<Remark>,
    /// How rare the asked name is in this register.
    #[serde(default)]
    pub rarity: Rarity,
    /// How many rows of that name this register should hold, whoever they are.
    #[serde(default)]
    pub namesakes: u32,
}

fn possible() -> Band {
    Band::Possible
}

impl Candidate {
    /// The row's own id.
    pub fn record_id(&self) -> &RecordId {
        &self.row.id
    }
}

/// What a register says about a question.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Searched {
    /// Rows that may be about the person, in the order of their ids.
    pub candidates: Vec<Candidate>,
    /// Rows with the person's BSN and another name and date: not a match, but a mistake here or there.
    pub contradictions: Vec<RowRef>,
}

/// Rows that match the person on `today`.
pub(super) fn find(generation: &Generation, person: &PersonRef, today: Day) -> Result<Searched, Damage> {
    let asked = Reading::of(person);
    let mut rows = Kept { generation, rows: generation.reader(), readings: generation.readings(), today };
    let found = search(&mut rows, &asked)?;
    let (rarity, namesakes) = explain::rarity(&asked, generation.census()?);
    let number = generation.number();
    let mut searched = Searched::default();
    for (at, verdict) in found.candidates {
        let Some(row) = rows.row(at)? else { continue };
        let known = Reading::of(&row.person);
        searched.candidates.push(Candidate {
            comparison: explain::comparison(person, &row.person, &verdict),
            remarks: explain::remarks(&asked, &known, &verdict),
            band: verdict.band.unwrap_or(Band::Possible),
            row: RowRef { id: row.id, generation: number },
            reason: row.reason,
            source_record: row.source_record,
            rarity,
            namesakes,
        });
    }
    for at in found.contradictions {
        searched.contradictions.extend(rows.row(at)?.map(|row| RowRef { id: row.id, generation: number }));
    }
    searched.candidates.sort_by(|a, b| a.row.id.cmp(&b.row.id));
    searched.contradictions.sort();
    Ok(searched)
}

/// The rows of a generation that may still be used.
struct Kept<'g> {
    generation: &'g Generation,
    rows: Reader<'g>,
    readings: Reader<'g>,
    today: Day,
}

impl Kept<'_> {
    fn row(&mut self, at: u32) -> Result<Option<Row>, Damage> {
        let row = self.rows.row(RowNumber(at))?;
        Ok(Some(row).filter(|row| row.is_kept_on(self.today)))
    }
}

impl Rows for Kept<'_> {
    type Error = Damage;

    fn under(&self, key: &[u8], most: usize) -> Result<Vec<u32>, Damage> {
        let today = row::day_number_of(self.today);
        let entries = self.generation.find(&self.generation.key().find_key(key), most)?;
        if entries.len() > most {
            return Ok(entries.iter().map(|entry| entry.row.0).collect());
        }
        Ok(entries.iter().filter(|entry| entry.until >= today).map(|entry| entry.row.0).collect())
    }

    fn reading(&mut self, at: u32) -> Result<Option<Reading>, Damage> {
        // Rows past their term were left out above, and are once more before anything of them is shown.
        self.readings.reading(RowNumber(at)).map(Some)
    }

    fn census(&self) -> Result<&Census, Damage> {
        self.generation.census()
    }
}
