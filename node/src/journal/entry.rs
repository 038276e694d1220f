//! Entries: what a caller records, what the journal gives back, and the bytes in between.

use weegnet_protocol::codec::{Blob, Hash};
use weegnet_protocol::id::{EntryId, StatementId};
use weegnet_protocol::log::{EntryKind, Leaf, LeafIndex, LogName, Receipt};

use super::cbor::{Reader, write_bytes, write_head, write_text};
use super::error::Flaw;

/// One thing to record; its kind decides the log.
pub struct Entry {
    /// Its name.
    pub id: EntryId,
    /// What happened.
    pub kind: EntryKind,
    /// Base hash of the convenant under which it happened.
    pub convenant: Option<Hash>,
    /// The statement's COSE_Sign1, whose hash goes into the leaf.
    pub envelope: Option<Blob>,
    /// What it is about.
    pub body: EntryBody,
}

/// What an entry is about, and how it is kept. The leaf holds the body's SHA-256, so a body that says anything of a
/// person begins with 32 random bytes: without them an erased body could be guessed.
pub enum EntryBody {
    /// There is none.
    Absent,
    /// Kept in the clear: convenanten, checkpoints. Nothing of a person.
    Public(Vec<u8>),
    /// Kept encrypted under the key of a case, until that is destroyed.
    Sealed {
        /// From [`super::Journal::new_case`].
        case: CaseKey,
        /// In the clear; overwritten after encryption.
        bytes: Vec<u8>,
    },
    /// Not kept: only its SHA-256.
    Dropped(Hash),
}

/// A slot of the vault's key file: the data key of one case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct CaseKey(u32);

impl CaseKey {
    pub(super) fn new(slot: u32) -> Self {
        CaseKey(slot)
    }
    /// The key in a slot, as an entry about its destruction names it.
    pub fn of_slot(slot: u32) -> Self {
        CaseKey(slot)
    }
    /// Number of the slot, from 0.
    pub fn slot(self) -> u32 {
        self.0
    }
}

/// An entry as it stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its log.
    pub log: LogName,
    /// Its place.
    pub index: LeafIndex,
    /// What the tree hashes.
    pub leaf: Leaf,
    /// The statement's COSE_Sign1.
    pub envelope: Option<Blob>,
    /// What is kept of the body.
    pub body: StoredBody,
}

impl Stored {
    /// Envelope and clear body are what the leaf vouches for. A sealed body is checked when it is opened.
    pub(super) fn check(&self) -> Result<(), Flaw> {
        if self.leaf.statement != self.envelope.as_ref().map(|envelope| Hash::of(&[&envelope.0])) {
            return Err(Flaw::Envelope);
        }
        match &self.body {
            StoredBody::Public(body) if self.leaf.body != Some(Hash::of(&[&body.0])) => Err(Flaw::Body),
            _ => Ok(()),
        }
    }
}

/// A body as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredBody {
    /// There never was one.
    Absent,
    /// In the clear.
    Public(Blob),
    /// Encrypted.
    Sealed {
        /// Under whose key.
        case: CaseKey,
        /// Nonce (24 bytes), ciphertext, tag (16 bytes).
        sealed: Blob,
    },
    /// Only the hash in the leaf.
    Dropped,
}

/// What a walk through a log meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// A leaf of the tree.
    Entry(Stored),
    /// A peer's receipt that was kept; not a leaf.
    Receipt {
        /// For which of our statements.
        statement: StatementId,
        /// The peer's.
        receipt: Box<Receipt>,
    },
}

/// The content of an entry frame, borrowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Payload<'a> {
    pub(super) leaf: &'a [u8],
    pub(super) envelope: Option<&'a [u8]>,
    pub(super) body: KeptBody<'a>,
}

/// The bytes kept of a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum KeptBody<'a> {
    None,
    Public(&'a [u8]),
    Sealed { case: CaseKey, sealed: &'a [u8] },
}

const PUBLIC: u64 = 0;
const SEALED: u64 = 1;

impl<'a> Payload<'a> {
    /// Canonical CBOR, by hand: [`weegnet_protocol::codec`] stops at 64 KiB, which a statement of that size exceeds
    /// once its leaf stands beside it, and a start must read 100,000 of these without copying.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.leaf.len() + self.envelope.map_or(0, <[u8]>::len) + 1024);
        let keys = 1 + u64::from(self.envelope.is_some()) + u64::from(self.body != KeptBody::None);
        write_head(&mut out, 5, keys);
        match self.body {
            KeptBody::None => {}
            KeptBody::Public(bytes) => {
                write_text(&mut out, "body");
                write_head(&mut out, 4, 2);
                write_head(&mut out, 0, PUBLIC);
                write_bytes(&mut out, bytes);
            }
            KeptBody::Sealed { case, sealed } => {
                write_text(&mut out, "body");
                write_head(&mut out, 4, 3);
                write_head(&mut out, 0, SEALED);
                write_head(&mut out, 0, u64::from(case.0));
                write_bytes(&mut out, sealed);
            }
        }
        write_text(&mut out, "leaf");
        write_bytes(&mut out, self.leaf);
        if let Some(envelope) = self.envelope {
            write_text(&mut out, "envelope");
            write_bytes(&mut out, envelope);
        }
        out
    }

    /// Reads exactly what [`Payload::encode`] writes.
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let keys = reader.head(5)?;
        let mut body = KeptBody::None;
        let mut key = reader.text()?;
        if key == "body" {
            let parts = reader.head(4)?;
            body = match (parts, reader.head(0)?) {
                (2, PUBLIC) => KeptBody::Public(reader.bytes()?),
                (3, SEALED) => {
                    let case = CaseKey(u32::try_from(reader.head(0)?).ok()?);
                    KeptBody::Sealed { case, sealed: reader.bytes()? }
                }
                _ => return None,
            };
            key = reader.text()?;
        }
        if key != "leaf" {
            return None;
        }
        let leaf = reader.bytes()?;
        let mut envelope = None;
        if !reader.is_at_end() {
            if reader.text()? != "envelope" {
                return None;
            }
            envelope = Some(reader.bytes()?);
        }
        let found = 1 + u64::from(envelope.is_some()) + u64::from(body != KeptBody::None);
        (reader.is_at_end() && found == keys).then_some(Payload { leaf, envelope, body })
    }

    /// The typed entry; `None` when leaf and body do not fit together.
    pub(super) fn to_stored(self, log: LogName, index: LeafIndex) -> Option<Stored> {
        let leaf: Leaf = weegnet_protocol::codec::decode(self.leaf).ok()?;
        let body = match self.body {
            KeptBody::None if leaf.body.is_some() => StoredBody::Dropped,
            KeptBody::None => StoredBody::Absent,
            _ if leaf.body.is_none() => return None,
            KeptBody::Public(bytes) => StoredBody::Public(Blob(bytes.to_vec())),
            KeptBody::Sealed { case, sealed } => StoredBody::Sealed { case, sealed: Blob(sealed.to_vec()) },
        };
        let envelope = self.envelope.map(|bytes| Blob(bytes.to_vec()));
        Some(Stored { log, index, leaf, envelope, body })
    }
}
