//! A checkpoint with the lines of those who saw it: one log's signature, and how many witnesses that makes.
//!
//! [`SignedCheckpoint`] stays what a log says of itself; this holds the lines that others added to it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use ed25519_dalek::VerifyingKey;

use super::cosignature::MAX_LINE_BYTES;
use super::note::signature_line;
use super::{Checkpoint, CheckpointError, Cosignature, CosignatureError, SignedCheckpoint, Witness, WitnessName};
use crate::sign::MAX_CLOCK_SKEW;
use crate::time::Timestamp;

/// Most lines beside the log's own that a note may have.
pub const MAX_COSIGNATURES: usize = 16;
/// Longest note that is read: a checkpoint of 2 KiB, of which a real one uses an eighth, and full lines.
const MAX_NOTE_BYTES: usize = 2 * 1024 + MAX_COSIGNATURES * (MAX_LINE_BYTES + 1);

/// A signed note whose first signature is the log's own, followed by up to [`MAX_COSIGNATURES`] lines of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignedCheckpoint {
    signed: SignedCheckpoint,
    /// Without line ends. Lines of a kind that we do not know stay where they are and count for nothing.
    lines: Vec<String>,
}

/// A checkpoint that enough witnesses cosigned. Only [`CosignedCheckpoint::witnessed`] makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witnessed {
    checkpoint: Checkpoint,
    count: usize,
}

impl Witnessed {
    /// What they saw.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
    /// How many different keys cosigned it.
    pub fn count(&self) -> usize {
        self.count
    }
}

/// Why a checkpoint is not witnessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// Not a note of this form, or not signed by the log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A line by a known witness does not hold, so the note is not to be trusted at all.
    #[error("the line of {name} under the checkpoint: {reason}")]
    Cosignature {
        /// Whose name the line bears.
        name: WitnessName,
        /// What is wrong.
        reason: CosignatureError,
    },
    /// Too few witnesses cosigned it so far.
    #[error("{count} of {threshold} witnesses cosigned the checkpoint: wait for more")]
    TooFew {
        /// How many did.
        count: usize,
        /// How many are needed.
        threshold: usize,
    },
    /// There is no place for one more line.
    #[error("a checkpoint holds at most {MAX_COSIGNATURES} cosignatures")]
    Full,
}

impl CosignedCheckpoint {
    /// A checkpoint that nobody cosigned yet.
    ///
    /// # Errors
    /// When its note already has other lines than the log's own: those are read with [`CosignedCheckpoint::parse`].
    pub fn new(signed: SignedCheckpoint) -> Result<Self, CheckpointError> {
        let cosigned = Self::parse(signed.note())?;
        if cosigned.lines.is_empty() { Ok(cosigned) } else { Err(CheckpointError::Malformed) }
    }

    /// Reads a note: the log's line, then at most [`MAX_COSIGNATURES`] lines by others, none of them twice.
    pub fn parse(note: &str) -> Result<Self, CheckpointError> {
        let read = || -> Option<Self> {
            if note.len() > MAX_NOTE_BYTES {
                return None;
            }
            let (text, signatures) = note.split_once("\n\n")?;
            let mut lines = signatures.strip_suffix('\n')?.split('\n');
            let signed = SignedCheckpoint::parse(&format!("{text}\n\n{}\n", lines.next()?)).ok()?;
            let (log, _) = signature_line(signed.note().lines().last()?)?;
            let origin = signed.checkpoint().origin.as_str();
            // One more than may be, so that too many are noticed and the work is bounded.
            let lines: Vec<String> = lines.take(MAX_COSIGNATURES + 1).map(String::from).collect();
            let distinct = lines.iter().enumerate().all(|(at, line)| {
                by_another(line, origin) && !lines[..at].iter().any(|earlier| key_of(earlier) == key_of(line))
            });
            (log == origin && lines.len() <= MAX_COSIGNATURES && distinct)
                .then_some(CosignedCheckpoint { signed, lines })
        };
        read().ok_or(CheckpointError::Malformed)
    }

    /// Adds a cosignature after checking it, in the place of an earlier one by the same witness.
    pub fn add(&mut self, cosignature: &Cosignature, witness: &Witness) -> Result<(), WitnessError> {
        cosignature
            .verify(self.signed.checkpoint(), witness)
            .map_err(|reason| WitnessError::Cosignature { name: cosignature.name().clone(), reason })?;
        let earlier = |line: &String| line.parse().is_ok_and(|line: Cosignature| cosignature.replaces(&line));
        match self.lines.iter().position(earlier) {
            Some(at) => self.lines[at] = cosignature.to_string(),
            None if self.lines.len() < MAX_COSIGNATURES => self.lines.push(cosignature.to_string()),
            None => return Err(WitnessError::Full),
        }
        Ok(())
    }

    /// Checks the log's signature, and that at least `threshold` of these witnesses cosigned.
    ///
    /// Each key counts once, whatever its names. The log's own organisation is no witness of itself, and a cosignature
    /// from more than [`MAX_CLOCK_SKEW`] ahead of `now` counts for nothing. A line by a known witness that does not verify
    /// condemns the whole note, as C2SP `signed-note` asks. A threshold of 0 asks for the log's signature alone.
    pub fn witnessed(
        &self,
        log: &VerifyingKey,
        witnesses: &[Witness],
        threshold: usize,
        now: Timestamp,
    ) -> Result<Witnessed, WitnessError> {
        let checkpoint = self.signed.verify(log)?;
        let itself = checkpoint.origin.oin().map(|oin| WitnessName::of(&oin));
        let cosignatures: Vec<Cosignature> = self.cosignatures().collect();
        let mut counted: Vec<&VerifyingKey> = Vec::new();
        for witness in witnesses {
            let Some(cosignature) = cosignatures.iter().find(|cosignature| cosignature.claims(witness)) else {
                continue;
            };
            cosignature
                .verify(checkpoint, witness)
                .map_err(|reason| WitnessError::Cosignature { name: witness.name.clone(), reason })?;
            let is_other = witness.key != *log && Some(&witness.name) != itself.as_ref();
            if is_other && cosignature.time() <= now + MAX_CLOCK_SKEW && !counted.contains(&&witness.key) {
                counted.push(&witness.key);
            }
        }
        match counted.len() {
            count if count >= threshold => Ok(Witnessed { checkpoint: checkpoint.clone(), count }),
            count => Err(WitnessError::TooFew { count, threshold }),
        }
    }

    /// What the log says of itself.
    pub fn signed(&self) -> &SignedCheckpoint {
        &self.signed
    }

    /// The lines that are Ed25519 cosignatures, whoever made them.
    pub fn cosignatures(&self) -> impl Iterator<Item = Cosignature> + '_ {
        self.lines.iter().filter_map(|line| line.parse().ok())
    }

    /// The note with all its lines.
    pub fn note(&self) -> String {
        let mut note = String::from(self.signed.note());
        for line in &self.lines {
            note.push_str(line);
            note.push('\n');
        }
        note
    }
}

/// A well-formed line, short enough, and not in the log's own name.
fn by_another(line: &str, origin: &str) -> bool {
    line.len() <= MAX_LINE_BYTES && signature_line(line).is_some_and(|(name, _)| name != origin)
}

/// Name and key id.
fn key_of(line: &str) -> Option<(&str, [u8; 4])> {
    let (name, blob) = signature_line(line)?;
    Some((name, *blob.first_chunk()?))
}
