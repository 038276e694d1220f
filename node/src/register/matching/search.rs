//! Finding: keys, then comparison, then what is worth a human's time.

use super::census::Census;
use super::keys;
use super::reading::Reading;
use super::weigh::{Asked, Band, Verdict};

/// A key that more rows share brings chance collisions and nothing else: the search goes by the other keys.
pub const MOST_UNDER_A_KEY: usize = 24;
/// Most rows that one question is compared with; those under the rarest keys first.
pub const MOST_COMPARED: usize = 64;
/// Most rows that a reviewer is shown for one question. A band that would bring more says nothing about a person, so it
/// is left out as a whole, with those below it: rows are never chosen among equals.
pub const MOST_SHOWN: usize = 25;

/// Where rows are looked up.
pub trait Rows {
    /// What can go wrong.
    type Error;
    /// Rows under one of [`keys`], as numbers; `most` or, when there are more, at least one more.
    fn under(&self, key: &[u8], most: usize) -> Result<Vec<u32>, Self::Error>;
    /// One row; `None` when it is not to be found any more.
    fn reading(&mut self, row: u32) -> Result<Option<Reading>, Self::Error>;
    /// How common names are.
    fn census(&self) -> Result<&Census, Self::Error>;
}

/// What a search found, by row number.
#[derive(Default)]
pub struct Found {
    /// Worth a human's look.
    pub candidates: Vec<(u32, Verdict)>,
    /// Rows with the same number and another name and date: a mistake in the data, not a hit.
    pub contradictions: Vec<u32>,
    /// Rows that were compared.
    pub compared: usize,
}

/// Finds the rows that may be about the person asked about.
pub fn search<R: Rows>(rows: &mut R, asked: &Reading) -> Result<Found, R::Error> {
    let numbers = numbers(rows, asked)?;
    let census = rows.census()?;
    let weighing = Asked::new(asked, census);
    let mut found = Found { compared: numbers.len(), ..Found::default() };
    for number in numbers {
        let Some(known) = rows.reading(number)? else { continue };
        let verdict = weighing.against(&known);
        if verdict.contradiction {
            found.contradictions.push(number);
        }
        if verdict.band.is_some() {
            found.candidates.push((number, verdict));
        }
    }
    keep_what_can_be_reviewed(&mut found.candidates);
    Ok(found)
}

fn numbers<R: Rows>(rows: &R, asked: &Reading) -> Result<Vec<u32>, R::Error> {
    let mut lists = Vec::new();
    for key in keys::of_question(asked) {
        // An identity number is no coincidence, however many rows carry it.
        let most = if key[0] == b'n' { MOST_COMPARED } else { MOST_UNDER_A_KEY };
        let list = rows.under(&key, most)?;
        if list.len() <= most {
            lists.push(list);
        }
    }
    lists.sort_by_key(Vec::len);
    let mut numbers: Vec<u32> = Vec::new();
    for list in lists {
        numbers.extend(list);
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() >= MOST_COMPARED {
            break;
        }
    }
    Ok(numbers)
}

fn keep_what_can_be_reviewed(candidates: &mut Vec<(u32, Verdict)>) {
    for band in [Band::Possible, Band::Probable, Band::Certain] {
        if candidates.len() <= MOST_SHOWN {
            return;
        }
        candidates.retain(|(_, verdict)| verdict.band.is_some_and(|found| found < band));
    }
}
