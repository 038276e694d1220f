//! Projections in sled: cases as they stand, and which statement was written down where. Everything here can be rebuilt
//! from the journal; nothing here is the truth.
//!
//! Keys are HMACs, values are encrypted: cases under their own vault key, so that erasing a case erases its projection.

mod seal;

use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use weegnet_protocol::codec::{Blob, Bytes, Hash};
use weegnet_protocol::id::StatementId;
use weegnet_protocol::log::LeafIndex;
use zeroize::Zeroizing;

use crate::embedded;
use crate::journal::CaseKey;

pub use seal::SealKey;

/// Memory that sled may use for its cache: 8 MiB.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// Name of the entry that says up to where the journal is folded in; absent while a node runs.
const FOLDED: &[u8] = b"folded";

/// How many entries of each log the projections hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folded {
    /// Size of the exchange log.
    pub exchange: u64,
    /// Size of the house log.
    pub house: u64,
}

/// Where a statement stands in our exchange log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// SHA-256 of its envelope.
    pub hash: Hash,
    /// Which entry.
    pub index: LeafIndex,
}

/// A projection that cannot be read or written: rebuild it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// sled said no.
    #[error("the projections cannot be read or written ({0}); they are rebuilt from the journal")]
    Sled(#[from] sled::Error),
    /// A value does not decrypt or decode.
    #[error("a projection is damaged; they are rebuilt from the journal")]
    Damaged,
    /// The directory cannot be removed for a rebuild.
    #[error("{path} cannot be replaced: {source}")]
    Io {
        /// Which directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The open projections.
#[derive(Debug)]
pub struct Store {
    db: sled::Db,
    cases: sled::Tree,
    open: sled::Tree,
    statements: sled::Tree,
    key: SealKey,
    index_key: Zeroizing<[u8; 32]>,
}

impl Store {
    /// Opens the projections, whatever state they are in.
    pub fn open(dir: &Path, key: &[u8; 32]) -> Result<Self, StoreError> {
        // Where that takes too long, opening says why.
        let _ = embedded::wait_until_closed(dir);
        let db = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(Some(1000)).open()?;
        let derive = |label: &[u8]| Zeroizing::new(mac(key, &[label]).0);
        Ok(Store {
            cases: db.open_tree("cases")?,
            open: db.open_tree("open")?,
            statements: db.open_tree("statements")?,
            key: SealKey::new(&derive(b"weegnet store values")),
            index_key: derive(b"weegnet store index"),
            db,
        })
    }

    /// Throws the projections away and begins with empty ones.
    pub fn replace(dir: &Path, key: &[u8; 32]) -> Result<Self, StoreError> {
        match std::fs::remove_dir_all(dir) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(StoreError::Io { path: dir.to_path_buf(), source }),
        }
        Store::open(dir, key)
    }

    /// Takes the mark of a clean stop, so that a crash leaves none.
    pub fn take_folded(&self) -> Result<Option<Folded>, StoreError> {
        let value = self.db.remove(FOLDED)?;
        self.db.flush()?;
        value.map(|bytes| decode(&self.key.open(&bytes, FOLDED).ok_or(StoreError::Damaged)?)).transpose()
    }

    /// Leaves the mark of a clean stop.
    pub fn put_folded(&self, folded: Folded) -> Result<(), StoreError> {
        self.db.flush()?;
        self.db.insert(FOLDED, self.key.seal(&encode(&folded)?, FOLDED))?;
        self.db.flush()?;
        Ok(())
    }

    /// Where a statement stands in our exchange log, if it was written down.
    pub fn seen(&self, id: &StatementId) -> Result<Option<Seen>, StoreError> {
        let index = self.index(b"statement", id.as_bytes());
        let Some(bytes) = self.statements.get(index.0)? else { return Ok(None) };
        decode(&self.key.open(&bytes, &index.0).ok_or(StoreError::Damaged)?).map(Some)
    }

    /// Notes where a statement stands.
    pub fn put_seen(&self, id: &StatementId, seen: Seen) -> Result<(), StoreError> {
        let index = self.index(b"statement", id.as_bytes());
        self.statements.insert(index.0, self.key.seal(&encode(&seen)?, &index.0))?;
        Ok(())
    }

    /// A case as it stands; `unseal` decrypts under the case's own key, `None` when that was destroyed.
    pub fn case<T: DeserializeOwned>(
        &self,
        id: &[u8],
        unseal: impl Fn(CaseKey, &[u8]) -> Option<Zeroizing<Vec<u8>>>,
    ) -> Result<Option<T>, StoreError> {
        match self.cases.get(self.index(b"case", id).0)? {
            Some(bytes) => open_case(&bytes, unseal),
            None => Ok(None),
        }
    }

    /// Where all cases stand.
    pub fn case_ids(&self) -> Result<Vec<[u8; 32]>, StoreError> {
        let ids = self.cases.iter().keys().map(|key| {
            let key: sled::IVec = key?;
            <[u8; 32]>::try_from(&key[..]).map_err(|_| StoreError::Damaged)
        });
        ids.collect()
    }

    /// The case at one of [`Store::case_ids`].
    pub fn case_at<T: DeserializeOwned>(
        &self,
        id: &[u8; 32],
        unseal: impl Fn(CaseKey, &[u8]) -> Option<Zeroizing<Vec<u8>>>,
    ) -> Result<Option<T>, StoreError> {
        match self.cases.get(id)? {
            Some(bytes) => open_case(&bytes, unseal),
            None => Ok(None),
        }
    }

    /// Writes a case as it stands: its vault slot in clear, the rest under its own key.
    pub fn put_case(&self, id: &[u8], slot: CaseKey, sealed: &[u8], open: bool) -> Result<(), StoreError> {
        let index = self.index(b"case", id);
        self.cases.insert(index.0, encode(&(slot, Blob(sealed.to_vec())))?)?;
        if open {
            self.open.insert(index.0, &[])?;
        } else {
            self.open.remove(index.0)?;
        }
        Ok(())
    }

    /// Takes out a case whose key was destroyed.
    pub fn remove_case(&self, id: &[u8]) -> Result<(), StoreError> {
        let index = self.index(b"case", id);
        self.open.remove(index.0)?;
        self.cases.remove(index.0)?;
        Ok(())
    }

    /// All cases, or those where something can still happen.
    pub fn cases<T: DeserializeOwned>(
        &self,
        only_open: bool,
        unseal: impl Fn(CaseKey, &[u8]) -> Option<Zeroizing<Vec<u8>>>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        let keys = if only_open { self.open.iter().keys() } else { self.cases.iter().keys() };
        for key in keys {
            let value = self.cases.get(key?)?.ok_or(StoreError::Damaged)?;
            found.extend(open_case(&value, &unseal)?);
        }
        Ok(found)
    }

    fn index(&self, label: &[u8], id: &[u8]) -> Bytes<32> {
        mac(&self.index_key, &[label, id])
    }
}

/// A case's value is its slot and what is sealed under that slot's key; a destroyed key leaves nothing.
fn open_case<T: DeserializeOwned>(
    value: &[u8],
    unseal: impl Fn(CaseKey, &[u8]) -> Option<Zeroizing<Vec<u8>>>,
) -> Result<Option<T>, StoreError> {
    let (slot, sealed): (CaseKey, Blob) = decode(value)?;
    match unseal(slot, &sealed.0) {
        Some(plain) => decode(&plain).map(Some),
        None => Ok(None),
    }
}

/// A keyed pseudonym.
pub fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Bytes<32> {
    // HMAC takes keys of any length.
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("a 32-byte key");
    for part in parts {
        mac.update(part);
    }
    Bytes(mac.finalize().into_bytes().into())
}

/// CBOR for our own projections: never leaves the node, so without the limits of the protocol.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    cbor4ii::serde::to_vec(Vec::with_capacity(512), value).map_err(|_| StoreError::Damaged)
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    cbor4ii::serde::from_slice(bytes).map_err(|_| StoreError::Damaged)
}

#[cfg(test)]
mod tests;
