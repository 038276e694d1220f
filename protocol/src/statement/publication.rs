//! The publication: what a responder signs about a table of who it knows, so that it can be asked sealed.

use crate::oin::Oin;
use crate::sealed::table::{Publication, WrongTable};
use crate::sign::{Content, Verified};
use crate::statement::Kind;
use crate::time::Timestamp;

/// A publication that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPublished {
    /// Of somebody else, or for another convenant than the one that it is said under.
    #[error("a table is published by its own party, under the convenant whose register it is made of")]
    NotTheirs,
    /// Its size or its proof of knowledge does not hold.
    #[error(transparent)]
    Table(#[from] WrongTable),
}

impl Verified<Publication> {
    /// Checks all that can be checked without the cells.
    ///
    /// # Errors
    /// [`NotPublished`].
    pub fn check(&self) -> Result<(), NotPublished> {
        let (header, table) = (self.header(), &self.content().table);
        if table.party != header.issuer || table.scope != *header.convenant.id() {
            return Err(NotPublished::NotTheirs);
        }
        Ok(self.content().check()?)
    }
}

impl Publication {
    /// Whether a question that was signed at `issued` may be for this table of `responder`. What was asked in time is
    /// opened also when it arrives later.
    pub fn takes_questions_of(&self, issued: Timestamp, responder: &Oin) -> bool {
        self.table.party == *responder && issued <= self.valid_until
    }
}

impl Content for Publication {
    const KIND: Kind = Kind::Publication;
}
