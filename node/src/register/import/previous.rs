//! The generation that an import replaces: which of its rows come back, and which are kept for an invalid one.

use std::sync::Arc;

use weegnet_protocol::time::Day;

use crate::register::Register;
use crate::register::error::Damage;
use crate::register::generation::{Generation, GenerationNumber};
use crate::register::page::{IndexEntry, RowNumber};
use crate::register::row::{self, Row};

/// What was known before; nothing of it when it could not be read.
pub(super) struct Previous {
    generation: Option<Arc<Generation>>,
    unreadable: bool,
    /// Sorted by key.
    ids: Vec<IndexEntry<16>>,
    /// By row number: whether its id came by.
    met: Vec<bool>,
    today: u32,
}

impl Previous {
    /// Reads the ids of the valid generation.
    pub(super) fn of(register: &Register, today: Day) -> Previous {
        let nothing = |unreadable| Previous {
            generation: None,
            unreadable,
            ids: Vec::new(),
            met: Vec::new(),
            today: row::day_number_of(today),
        };
        let generation = match register.generation() {
            Err(_) => return nothing(true),
            Ok(None) => return nothing(false),
            Ok(Some(generation)) => generation,
        };
        match read_ids(&generation) {
            Ok(ids) => Previous { met: vec![false; ids.len()], ids, generation: Some(generation), ..nothing(false) },
            Err(damage) => {
                register.mark_unreadable(&generation, damage);
                nothing(true)
            }
        }
    }

    /// Notes that an id stands in the source, and gives the row that it has here, when that is within its term.
    pub(super) fn meet(&mut self, id: &str) -> Option<RowNumber> {
        let key = self.generation.as_ref()?.key().id_key(id);
        let at = self.ids.binary_search_by_key(&key, |entry| entry.key).ok()?;
        let entry = self.ids.get(at)?;
        *self.met.get_mut(entry.row.0 as usize)? = true;
        (entry.until >= self.today).then_some(entry.row)
    }

    /// The old record. `None` when it cannot be read: the import that replaces it goes on.
    pub(super) fn row(&mut self, number: RowNumber) -> Option<Row> {
        let row = self.generation.as_ref()?.reader().row(number);
        self.unreadable |= row.is_err();
        row.ok()
    }

    pub(super) fn number(&self) -> GenerationNumber {
        self.generation.as_ref().map_or(GenerationNumber::NONE, |generation| generation.number())
    }

    pub(super) fn is_unreadable(&self) -> bool {
        self.unreadable
    }

    pub(super) fn within_term(&self) -> u64 {
        self.ids.iter().filter(|entry| entry.until >= self.today).count() as u64
    }

    pub(super) fn expired(&self) -> u64 {
        self.ids.len() as u64 - self.within_term()
    }

    pub(super) fn vanished(&self) -> u64 {
        let met = |entry: &&IndexEntry<16>| self.met.get(entry.row.0 as usize).copied().unwrap_or(false);
        self.ids.iter().filter(|entry| entry.until >= self.today && !met(entry)).count() as u64
    }
}

fn read_ids(generation: &Generation) -> Result<Vec<IndexEntry<16>>, Damage> {
    let ids = generation.all_ids()?;
    let in_range = ids.iter().all(|entry| entry.row.0 < generation.rows());
    if in_range && ids.is_sorted() { Ok(ids) } else { Err(Damage::BadPage) }
}
