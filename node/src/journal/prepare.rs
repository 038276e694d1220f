//! What a caller's entry becomes before it queues for the writer: hashed, and sealed where it says anything of a person.

use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::{Blob, Hash};
use weegnet_protocol::id::EntryId;
use weegnet_protocol::log::{EntryKind, Leaf, LogName};
use zeroize::Zeroize;

use super::entry::{CaseKey, Entry, EntryBody, KeptBody, Payload};
use super::error::JournalError;
use super::frame::{FRAME_HEADER_BYTES, MAX_PAYLOAD_BYTES};
use super::vault::{Place, SEAL_BYTES, Vault};

/// More than a leaf and the CBOR around the parts of an entry ever have.
const LEAF_AND_HEADS_BYTES: usize = 512;

/// An entry that lacks only its time.
pub(super) struct Prepared {
    pub(super) log: LogName,
    id: EntryId,
    kind: EntryKind,
    convenant: Option<Hash>,
    statement: Option<Hash>,
    body_hash: Option<Hash>,
    envelope: Option<Blob>,
    body: PreparedBody,
}

enum PreparedBody {
    None,
    Public(Vec<u8>),
    Sealed { case: CaseKey, sealed: Vec<u8> },
}

impl Prepared {
    /// Hashes and seals.
    pub(super) fn new(entry: Entry, log: LogName, vault: &Vault) -> Result<Self, JournalError> {
        let bytes = size(&entry);
        if bytes > MAX_PAYLOAD_BYTES {
            return Err(JournalError::TooLarge { bytes, limit: MAX_PAYLOAD_BYTES });
        }
        let (body_hash, body) = match entry.body {
            EntryBody::Absent => (None, PreparedBody::None),
            EntryBody::Dropped(hash) => (Some(hash), PreparedBody::None),
            EntryBody::Public(bytes) => (Some(Hash::of(&[&bytes])), PreparedBody::Public(bytes)),
            EntryBody::Sealed { case, mut bytes } => {
                let hash = Hash::of(&[&bytes]);
                let place = Place { id: entry.id, log };
                let sealed = if vault.has(case) { vault.seal(case, &place, &bytes)? } else { None };
                bytes.zeroize();
                (Some(hash), PreparedBody::Sealed { case, sealed: sealed.ok_or(JournalError::NoCaseKey { case })? })
            }
        };
        let statement = entry.envelope.as_ref().map(|envelope| Hash::of(&[&envelope.0]));
        let Entry { id, kind, convenant, envelope, .. } = entry;
        Ok(Prepared { log, id, kind, convenant, statement, body_hash, envelope, body })
    }

    /// At least as many bytes as the entry's frame will have.
    pub(super) fn max_frame_bytes(&self) -> usize {
        let body = match &self.body {
            PreparedBody::None => 0,
            PreparedBody::Public(bytes) => bytes.len(),
            PreparedBody::Sealed { sealed, .. } => sealed.len(),
        };
        FRAME_HEADER_BYTES + LEAF_AND_HEADS_BYTES + body + self.envelope.as_ref().map_or(0, |bytes| bytes.0.len())
    }

    /// Leaf and payload, at the writer's time.
    pub(super) fn encode(&self, time: Timestamp) -> (Leaf, Vec<u8>) {
        let leaf = Leaf {
            id: self.id,
            body: self.body_hash,
            kind: self.kind,
            time,
            convenant: self.convenant,
            statement: self.statement,
        };
        let body = match &self.body {
            PreparedBody::None => KeptBody::None,
            PreparedBody::Public(bytes) => KeptBody::Public(bytes),
            PreparedBody::Sealed { case, sealed } => KeptBody::Sealed { case: *case, sealed },
        };
        let envelope = self.envelope.as_ref().map(|bytes| bytes.0.as_slice());
        let payload = Payload { leaf: &leaf.encode(), envelope, body }.encode();
        (leaf, payload)
    }
}

fn size(entry: &Entry) -> usize {
    let body = match &entry.body {
        EntryBody::Absent | EntryBody::Dropped(_) => 0,
        EntryBody::Public(bytes) => bytes.len(),
        EntryBody::Sealed { bytes, .. } => bytes.len() + SEAL_BYTES,
    };
    LEAF_AND_HEADS_BYTES + body + entry.envelope.as_ref().map_or(0, |bytes| bytes.0.len())
}
