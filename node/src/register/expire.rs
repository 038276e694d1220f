//! Rows past their term: they are never found, and go with a generation that has no place for them.

use weegnet_protocol::time::Day;

use super::import::ImportError;
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
        let _alone = self.alone()?;
        let expired = self.expired(today)?;
        if expired > 0 {
            self.rebuild(today)?;
        }
        Ok(expired)
    }
}
