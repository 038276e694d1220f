//! The same rows in a new generation: indexed again after the fold changed, or without those past their term.

use std::sync::{MutexGuard, TryLockError};

use weegnet_protocol::time::Day;

use super::build::{BuildError, Builder};
use super::error::io_error;
use super::import::ImportError;
use super::key::GenerationKey;
use super::page::RowNumber;
use super::{GenerationNumber, Register, Status};

impl Register {
    /// Indexes every row anew from what was given at its import, under the fold of this version. Rows past their term on
    /// `today` go. A crash leaves the old generation or the new one.
    ///
    /// # Errors
    /// [`ImportError::Busy`] while an import runs, which indexes anew itself.
    pub fn refold(&self, today: Day) -> Result<Status, ImportError> {
        let _alone = self.alone()?;
        self.rebuild(today)?;
        Ok(self.status()?)
    }

    /// Nothing else replaces the generation meanwhile.
    pub(super) fn alone(&self) -> Result<MutexGuard<'_, ()>, ImportError> {
        match self.importing.try_lock() {
            Err(TryLockError::WouldBlock) => Err(ImportError::Busy),
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(guard)) => Ok(guard.into_inner()),
        }
    }

    /// Copies the rows within their term into a new generation and makes it the valid one. The caller is alone.
    pub(super) fn rebuild(&self, today: Day) -> Result<GenerationNumber, ImportError> {
        let Some(old) = self.generation()? else { return Ok(GenerationNumber::NONE) };
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
        Ok(number)
    }
}
