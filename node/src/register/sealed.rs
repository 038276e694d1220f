//! The link keys of everybody known here, for the table by which others ask sealed.

use std::collections::BTreeSet;
use std::io::Read;

use weegnet_protocol::person::{PROFILE, link_keys};
use weegnet_protocol::time::Day;
use zeroize::Zeroize;

use super::import::{CheckedRow, ImportError, Mapping, read_all};
use super::page::RowNumber;
use super::{GenerationNumber, Register, RegisterError};

/// Link keys, each once. They tell who is known here: nothing but a table is made of them, and they are wiped after that.
pub(crate) struct RegisterKeys {
    /// Of which generation.
    pub(crate) generation: GenerationNumber,
    /// In order.
    pub(crate) keys: Vec<Vec<u8>>,
}

impl Drop for RegisterKeys {
    fn drop(&mut self) {
        self.keys.iter_mut().for_each(Zeroize::zeroize);
    }
}

impl Register {
    /// The link keys of all rows within their term on `today`.
    pub(crate) fn link_keys(&self, today: Day) -> Result<RegisterKeys, RegisterError> {
        let mut all = RegisterKeys { generation: GenerationNumber::NONE, keys: Vec::new() };
        let Some(generation) = self.generation()? else { return Ok(all) };
        all.generation = generation.number();
        let mut rows = generation.reader();
        for number in 0..generation.rows() {
            let row = rows.row(RowNumber(number)).map_err(|damage| self.mark_unreadable(&generation, damage))?;
            if row.is_kept_on(today) {
                // The profile is this version's own.
                let keys = link_keys(&row.person, PROFILE).unwrap_or_default();
                all.keys.extend(keys.iter().map(|key| key.as_bytes().to_vec()));
            }
        }
        all.keys.sort_unstable();
        all.keys.dedup();
        Ok(all)
    }
}

/// The link keys of all rows of a source that were kept on `day`, as an import would take them, and how many rows it would
/// refuse. For an auditor, who has the source and no node.
pub fn source_keys(source: impl Read, mapping: &Mapping, day: Day) -> Result<(BTreeSet<Vec<u8>>, u64), ImportError> {
    let (mut keys, mut refused) = (BTreeSet::new(), 0);
    read_all(source, mapping, day, |row| match row {
        CheckedRow::Person(person) => {
            let of_row = link_keys(person, PROFILE).unwrap_or_default();
            keys.extend(of_row.iter().map(|key| key.as_bytes().to_vec()));
        }
        CheckedRow::Rejected(_) => refused += 1,
    })?;
    Ok((keys, refused))
}
