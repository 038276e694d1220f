//! What a witness's room holds, checked against a verified journal, from files alone: that what others cosigned of it stands
//! in it, and that every signature under every note that is kept holds.

use std::path::Path;

use ed25519_dalek::VerifyingKey;
use weegnet_protocol::Oin;
use weegnet_protocol::log::{Tree, Witness, WitnessError};

use super::judge::signed_by;
use super::memory::{Memory, MemoryError};
use crate::clock;

/// What holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Entries of our exchange log up to which others vouch for it; 0 when nobody does yet.
    pub witnessed: u64,
    /// How many of them.
    pub cosignatures: usize,
    /// Checkpoints of others that we cosigned.
    pub held: usize,
}

/// Why the room does not hold.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A file cannot be read.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// A line under our own checkpoint does not hold.
    #[error("the cosigned checkpoint of this journal does not hold: {0}")]
    Own(#[from] WitnessError),
    /// Others saw a longer or another log.
    #[error(
        "other members cosigned this journal with {size} entries, and those do not stand in it: a backup was restored or \
         segments were cut; put the journal back that has them"
    )]
    Lost {
        /// Entries that they saw.
        size: u64,
    },
    /// A checkpoint of a member that we cosigned, it seems.
    #[error("the checkpoint that is held of {oin} is not one that it signed and this node cosigned")]
    Held {
        /// Whose.
        oin: Oin,
    },
}

/// The exchange log that was verified, and whose it is.
pub struct Owner<'a> {
    /// Whose.
    pub us: Oin,
    /// All its entries.
    pub tree: &'a Tree,
    /// Under which its checkpoints are signed.
    pub key: VerifyingKey,
}

/// Checks the room `dir`; `None` where there is none. `keys` are a member's, for its checkpoints and as a witness.
///
/// # Errors
/// The first thing that does not hold.
pub fn check(
    dir: &Path,
    owner: &Owner<'_>,
    keys: impl Fn(&Oin) -> Option<(VerifyingKey, Witness)>,
    members: &[Oin],
) -> Result<Option<Checked>, CheckError> {
    if !dir.is_dir() {
        return Ok(None);
    }
    let memory = Memory::open(dir)?;
    let mut checked = Checked { witnessed: 0, cosignatures: 0, held: 0 };
    if let Some(note) = memory.witnessed() {
        let witnesses: Vec<Witness> = members.iter().filter_map(|oin| Some(keys(oin)?.1)).collect();
        let witnessed = note.witnessed(&owner.key, &witnesses, 1, clock::now())?;
        let size = witnessed.checkpoint().size;
        if owner.tree.root(size) != Some(witnessed.checkpoint().root) {
            return Err(CheckError::Lost { size });
        }
        checked.witnessed = size;
        checked.cosignatures = witnessed.count();
    }
    // The mark of a rollback stays until the next start, also when the journal has been put back.
    if let Some(lost) = memory.rollback().map(|note| note.signed().checkpoint())
        && owner.tree.root(lost.size) != Some(lost.root)
    {
        return Err(CheckError::Lost { size: lost.size });
    }
    let ours = keys(&owner.us).map(|(_, witness)| witness);
    for (oin, note) in memory.all_held() {
        let signed = keys(oin).is_some_and(|(key, _)| signed_by(note.signed().note(), oin, &key).is_some());
        let cosigned = ours
            .as_ref()
            .is_some_and(|ours| note.cosignatures().any(|line| line.verify(note.signed().checkpoint(), ours).is_ok()));
        if !signed || !cosigned {
            return Err(CheckError::Held { oin: *oin });
        }
        checked.held += 1;
    }
    Ok(Some(checked))
}
