//! What is to be seen of witnessing, from files alone: of a running node, of a stopped one, or of a copy.

use serde::Serialize;
use weegnet_protocol::{Oin, Timestamp};

use super::memory::{Memory, MemoryError};
use crate::home::Home;
use crate::journal::JournalError;
use crate::recovery::{self, view::RecoveryView};

/// A node and its witnesses.
#[derive(Debug, Serialize)]
pub struct WitnessView {
    /// The largest checkpoint of this node's exchange log that enough others cosigned.
    pub witnessed: Option<NoteView>,
    /// Set when others hold a checkpoint that this journal does not have: nothing is signed any more.
    pub rolled_back_from: Option<NoteView>,
    /// Set when this journal continues one that lost its end.
    pub recovery: Option<RecoveryView>,
    /// Pairs of checkpoints in `witness/evidence`: of each, the owner did not show that one continues the other.
    pub evidence: usize,
    /// What this node cosigned of others.
    pub cosigned: Vec<HeldView>,
}

/// A checkpoint.
#[derive(Debug, Serialize)]
pub struct NoteView {
    /// Entries in the log.
    pub size: u64,
    /// Cosignatures under it.
    pub cosignatures: usize,
    /// The signed note with all its lines.
    pub note: String,
}

/// A checkpoint of another.
#[derive(Debug, Serialize)]
pub struct HeldView {
    /// Whose.
    pub oin: Oin,
    /// When it was cosigned.
    pub at: Option<Timestamp>,
    /// Which.
    #[serde(flatten)]
    pub note: NoteView,
}

/// Why nothing can be seen.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// A file of the witness room.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The beginning of the journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Reads the witness room of a node's directory.
pub fn view(home: &Home) -> Result<WitnessView, ViewError> {
    let memory = Memory::open(&home.witness())?;
    let note = |note: &weegnet_protocol::log::CosignedCheckpoint| NoteView {
        size: note.signed().checkpoint().size,
        cosignatures: note.cosignatures().count(),
        note: note.note(),
    };
    let cosigned = memory.all_held().map(|(oin, held)| HeldView {
        oin: *oin,
        at: held.cosignatures().next().map(|line| line.time()),
        note: note(held),
    });
    Ok(WitnessView {
        witnessed: memory.witnessed().map(note),
        rolled_back_from: memory.rollback().map(note),
        recovery: recovery::view::view(home)?,
        evidence: memory.evidence(),
        cosigned: cosigned.collect(),
    })
}
