//! Rows past their term: they are never found, and go with a generation that has no place for them.

use std::sync::TryLockError;

use weegnet_protocol::time::Day;

use super::build::{BuildError, Builder};
use super::error::io_error;
use super::import::ImportError;
use super::key::GenerationKey;
use super::page::RowNumber;
use super::row;
use super::{Register, RegisterError};

impl Register {
    /// How many rows are past their term on `today`.
    pub fn expired(&self, today: Day) -> Result<u64, RegisterError> {
        let Some(generation) = self.generation()? else { return Ok(0) };
        let ids = generation.all_ids().map_err(|damage| self.mark_unreadable(&generation, damage))?;
        let today = row::day_number_of(today);
        Ok(ids.iter().filter(|entry| entry.until < today).count() as u64)
    }

    /// Replaces the valid generation by one without the rows past their term; how many there were. A crash leaves the one
    /// or the other.
    ///
    /// # Errors
    /// [`ImportError::Busy`] while an import runs, which drops these rows itself.
    pub fn drop_expired(&self, today: Day) -> Result<u64, ImportError> {
        let _alone = match self.importing.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(ImportError::Busy),
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(guard)) => guard.into_inner(),
        };
        let expired = self.expired(today)?;
        let Some(old) = self.generation()?.filter(|_| expired > 0) else { return Ok(0) };
        let number = self.disk.next_number().map_err(io_error("numbering the new generation"))?;
        let (key, wrapped) = GenerationKey::generate(&self.key, &self.scope, number).map_err(BuildError::Seal)?;
        let mut builder = Builder::new(&self.disk, number, key, &wrapped)?;
        let mut rows = old.reader();
        for number in 0..old.rows() {
            let row = rows.row(RowNumber(number)).map_err(|damage| self.mark_unreadable(&old, damage))?;
            if row.is_kept_on(today) {
                builder.push(&row)?;
            }
        }
        let new = builder.finish()?;
        drop(rows);
        drop(old);
        self.switch(new)?;
        Ok(expired)
    }
}
