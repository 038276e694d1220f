//! What is on disk already, as a value that may go on: statements for the outbox, permits for a search, and projections
//! sealed under the key of their case.

use weegnet_policy::decide::Permit;
use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::log::{LeafIndex, LogName};
use zeroize::Zeroizing;

use super::entry::CaseKey;
use super::error::JournalError;
use super::{Journal, Recorded};
use crate::link::Outgoing;
use crate::store::{SealKey, mac};

/// Something that an entry of the exchange log vouches for by the hash of its envelope.
pub trait Vouched {
    /// SHA-256 of the envelope.
    fn envelope_hash(&self) -> Hash;
}

impl Vouched for Outgoing {
    fn envelope_hash(&self) -> Hash {
        self.statement.hash()
    }
}

impl Vouched for Permit {
    fn envelope_hash(&self) -> Hash {
        self.question().statement().hash()
    }
}

impl Journal {
    /// The record of a value whose statement stands at `index` of the exchange log.
    ///
    /// # Errors
    /// [`JournalError::NotRecordable`] when another statement stands there.
    pub fn recall<T: Vouched>(&self, index: LeafIndex, value: T) -> Result<Recorded<T>, JournalError> {
        let stored = self.read(LogName::Exchange, index)?;
        if stored.leaf.statement != Some(value.envelope_hash()) {
            return Err(JournalError::NotRecordable);
        }
        Ok(Recorded::new(value, index, self.receipt(LogName::Exchange, index)?))
    }

    /// Whether the key of a case is still there.
    pub fn has_key(&self, case: CaseKey) -> bool {
        self.shared.vault.has(case) && self.shared.vault.key(case).ok().flatten().is_some()
    }

    /// A keyed pseudonym under the key of a slot; `None` when that key is gone, and with it the link to whom it names.
    pub fn pseudonym(&self, case: CaseKey, parts: &[&[u8]]) -> Option<Bytes<32>> {
        let key = self.shared.vault.key(case).ok().flatten()?;
        let key = Zeroizing::new(mac(&key, &[b"weegnet pseudonym v1"]).0);
        Some(mac(&key, parts))
    }

    /// Seals a projection of a case under the case's key; `None` when that key is gone.
    pub fn seal(&self, case: CaseKey, place: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let key = self.shared.vault.key(case).ok().flatten()?;
        Some(SealKey::new(&key).seal(plain, place))
    }

    /// Opens what [`Journal::seal`] sealed; `None` when the key is gone or the bytes are not its.
    pub fn unseal(&self, case: CaseKey, place: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let key = self.shared.vault.key(case).ok().flatten()?;
        SealKey::new(&key).open(sealed, place).map(Zeroizing::new)
    }
}
