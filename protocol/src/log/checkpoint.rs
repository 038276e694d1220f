//! Checkpoints: C2SP `tlog-checkpoint` in a signed note, one signature by the log's checkpoint key.

use alloc::format;
use alloc::string::String;

use data_encoding::BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::Origin;
use super::note::{self, signature_line};
use crate::codec::{Bytes, Hash};

/// Longest signed note that is read: 16 KiB.
const MAX_NOTE_BYTES: usize = 16 * 1024;

/// Which tree: the text that is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose log.
    pub origin: Origin,
    /// Number of leaves.
    pub size: u64,
    /// Root over all leaves.
    pub root: Hash,
}

/// Why a note is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed note with a checkpoint in the one form that we write.
    #[error("not a signed checkpoint")]
    Malformed,
    /// No signature by the expected key.
    #[error("the checkpoint's signature does not verify")]
    BadSignature,
}

impl Checkpoint {
    /// Origin, size and root on a line each.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root.0))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let origin = lines.next()?.parse().ok()?;
        let size = lines.next()?.parse().ok()?;
        let root = Bytes(BASE64.decode(lines.next()?.as_bytes()).ok()?.try_into().ok()?);
        let checkpoint = Checkpoint { origin, size, root };
        (checkpoint.text() == text).then_some(checkpoint)
    }

    /// Signs with the log's checkpoint key.
    pub fn sign(&self, key: &SigningKey) -> SignedCheckpoint {
        let text = self.text();
        let mut blob = note::key_id(self.origin.as_str(), note::ED25519, &key.verifying_key()).to_vec();
        blob.extend_from_slice(&key.sign(text.as_bytes()).to_bytes());
        let note = format!("{text}\n{}\n", note::write_line(self.origin.as_str(), &blob));
        SignedCheckpoint { checkpoint: self.clone(), note }
    }
}

/// A checkpoint whose note has been parsed; [`SignedCheckpoint::verify`] says who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: String,
}

impl SignedCheckpoint {
    /// Reads a signed note whose text is a checkpoint without extension lines.
    pub fn parse(note: &str) -> Result<Self, CheckpointError> {
        let read = || -> Option<Self> {
            if note.len() > MAX_NOTE_BYTES {
                return None;
            }
            let (text, signatures) = note.split_once("\n\n")?;
            let checkpoint = Checkpoint::parse(&format!("{text}\n"))?;
            let mut lines = signatures.strip_suffix('\n')?.split('\n');
            lines.all(|line| signature_line(line).is_some()).then(|| SignedCheckpoint { checkpoint, note: note.into() })
        };
        read().ok_or(CheckpointError::Malformed)
    }

    /// Checks the log's own signature, strictly.
    pub fn verify(&self, key: &VerifyingKey) -> Result<&Checkpoint, CheckpointError> {
        let expected = note::key_id(self.checkpoint.origin.as_str(), note::ED25519, key);
        let ours = |line: &str| -> Option<[u8; 64]> {
            let (name, blob) = signature_line(line)?;
            let signature = blob.strip_prefix(&expected)?;
            (name == self.checkpoint.origin.as_str()).then(|| signature.try_into().ok())?
        };
        let (_, signatures) = self.note.split_once("\n\n").ok_or(CheckpointError::Malformed)?;
        let mut candidates = signatures.split_terminator('\n').filter_map(ours);
        let (Some(signature), None) = (candidates.next(), candidates.next()) else {
            return Err(CheckpointError::BadSignature);
        };
        key.verify_strict(self.checkpoint.text().as_bytes(), &Signature::from_bytes(&signature))
            .map(|()| &self.checkpoint)
            .map_err(|_| CheckpointError::BadSignature)
    }

    /// What it says, whoever signed it.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The signed note.
    pub fn note(&self) -> &str {
        &self.note
    }
}
