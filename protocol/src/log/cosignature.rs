//! Cosignatures: C2SP `tlog-cosignature`, Ed25519 (`cosignature/v1`), by which others say that a log only grew.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::note::{self, signature_line};
use super::{Checkpoint, SignedCheckpoint};
use crate::codec::{Bytes, text_serde};
use crate::oin::Oin;
use crate::time::Timestamp;

/// Longest signature line that is read, without its line end: 1 KiB.
pub const MAX_LINE_BYTES: usize = 1024;
/// Longest name of a witness, in bytes.
const MAX_NAME_BYTES: usize = 255;
/// Type of a timestamped Ed25519 cosignature in a signed note.
const COSIGNATURE: u8 = 0x04;
/// Key id, time, signature.
const BLOB_BYTES: usize = 4 + 8 + 64;

/// The name under which a witness signs: that of a key in a signed note.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WitnessName(String);

/// Text that cannot name a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a witness's name has 1 to {MAX_NAME_BYTES} bytes without blanks, control characters and plus signs")]
pub struct NotAWitnessName;

impl WitnessName {
    /// `weegnet/<OIN>/witness`, the name of a member's witness.
    pub fn of(oin: &Oin) -> Self {
        WitnessName(format!("weegnet/{oin}/witness"))
    }
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WitnessName {
    type Err = NotAWitnessName;

    fn from_str(name: &str) -> Result<Self, NotAWitnessName> {
        let fits = name.len() <= MAX_NAME_BYTES && note::is_key_name(name);
        if fits { Ok(WitnessName(name.into())) } else { Err(NotAWitnessName) }
    }
}

impl fmt::Display for WitnessName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for WitnessName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_serde!(WitnessName, "the name of a witness");

/// Who may cosign, and with which key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The name in its lines.
    pub name: WitnessName,
    /// Its public key; one key makes one witness, whatever its names, because a cosignature does not sign the name.
    pub key: VerifyingKey,
}

impl Witness {
    fn key_id(&self) -> [u8; 4] {
        note::key_id(self.name.as_str(), COSIGNATURE, &self.key)
    }
}

/// A witness's own key.
pub struct WitnessKey {
    name: WitnessName,
    key: SigningKey,
}

impl WitnessKey {
    /// The key under its name.
    pub fn new(name: WitnessName, key: SigningKey) -> Self {
        WitnessKey { name, key }
    }

    /// What others need to check its cosignatures.
    pub fn witness(&self) -> Witness {
        Witness { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Says that, at `time`, this is the largest tree seen of this log, and that it begins with every earlier one.
    ///
    /// The caller has verified the log's signature and the consistency with what it cosigned before, and has synced that
    /// it cosigns this: a second tree of the same size under the same name is what witnesses exist to prevent.
    /// The time is cut to whole seconds.
    pub fn cosign(&self, signed: &SignedCheckpoint, time: Timestamp) -> Cosignature {
        let time = time.floor_second();
        let signature = Bytes(self.key.sign(&message(signed.checkpoint(), time)).to_bytes());
        Cosignature { key_id: self.witness().key_id(), name: self.name.clone(), time, signature }
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessKey({})", self.name)
    }
}

/// One line under a checkpoint; shown and read without its line end. Reading checks its form only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    name: WitnessName,
    key_id: [u8; 4],
    time: Timestamp,
    signature: Bytes<64>,
}

/// A cosignature that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// Not a line that holds an Ed25519 cosignature.
    #[error("not a cosignature line")]
    Malformed,
    /// By another name or key than the witness's.
    #[error("the cosignature is by another witness")]
    OtherWitness,
    /// The signature does not verify strictly.
    #[error("the cosignature does not verify for this checkpoint")]
    BadSignature,
}

impl Cosignature {
    /// Checks that this witness, at [`Cosignature::time`], said it of this checkpoint.
    pub fn verify(&self, checkpoint: &Checkpoint, witness: &Witness) -> Result<(), CosignatureError> {
        if !self.claims(witness) {
            return Err(CosignatureError::OtherWitness);
        }
        witness
            .key
            .verify_strict(&message(checkpoint, self.time), &Signature::from_bytes(&self.signature.0))
            .map_err(|_| CosignatureError::BadSignature)
    }

    /// Whose name it bears.
    pub fn name(&self) -> &WitnessName {
        &self.name
    }

    /// When it was made, by the witness's clock; whole seconds.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// Whether name and key id are this witness's.
    pub(super) fn claims(&self, witness: &Witness) -> bool {
        self.name == witness.name && self.key_id == witness.key_id()
    }

    /// Whether both bear the same name and key id.
    pub(super) fn replaces(&self, other: &Cosignature) -> bool {
        self.name == other.name && self.key_id == other.key_id
    }
}

impl fmt::Display for Cosignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blob = Vec::with_capacity(BLOB_BYTES);
        blob.extend_from_slice(&self.key_id);
        blob.extend_from_slice(&self.time.as_seconds().to_be_bytes());
        blob.extend_from_slice(&self.signature.0);
        f.write_str(&note::write_line(self.name.as_str(), &blob))
    }
}

impl FromStr for Cosignature {
    type Err = CosignatureError;

    fn from_str(line: &str) -> Result<Self, CosignatureError> {
        let read = || -> Option<Self> {
            if line.len() > MAX_LINE_BYTES {
                return None;
            }
            let (name, blob) = signature_line(line)?;
            let blob: [u8; BLOB_BYTES] = blob.try_into().ok()?;
            let (key_id, rest) = blob.split_first_chunk()?;
            let (seconds, signature) = rest.split_first_chunk()?;
            let seconds = u64::from_be_bytes(*seconds);
            // Bounded so that the moment still fits in milliseconds; that is below the 2^63 - 1 of the specification.
            let time = (seconds <= u64::MAX / 1000).then(|| Timestamp::from_seconds(seconds))?;
            let signature = Bytes(signature.try_into().ok()?);
            Some(Cosignature { name: name.parse().ok()?, key_id: *key_id, time, signature })
        };
        read().filter(|cosignature| cosignature.to_string() == line).ok_or(CosignatureError::Malformed)
    }
}

/// The two header lines, then the note's text.
fn message(checkpoint: &Checkpoint, time: Timestamp) -> Vec<u8> {
    format!("cosignature/v1\ntime {}\n{}", time.as_seconds(), checkpoint.text()).into_bytes()
}
