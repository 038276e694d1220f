//! What a witness's room holds, checked against a verified journal, from files alone: that what others cosigned of it stands
//! in it, and that every signature under every note that is kept holds.

use std::collections::BTreeMap;
use std::path::Path;

use ed25519_dalek::VerifyingKey;
use weegnet_protocol::Oin;
use weegnet_protocol::log::{Cosignature, Tree, Witness, WitnessError};

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
    /// This node found out itself that others saw more, and cannot mend that.
    #[error(
        "this node knows of a checkpoint of this journal with {size} entries, which do not stand in it: a backup was restored \
         or segments were cut; put the journal back that has them, or recover with 'weegnet witness recover'"
    )]
    RolledBack {
        /// Entries that it had.
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

/// The keys of a party.
pub struct Member {
    /// Under which its checkpoints are signed.
    pub checkpoint: VerifyingKey,
    /// With which it cosigns and cosigned those of others.
    pub witnesses: Vec<Witness>,
}

/// Checks the room `dir`; `None` where there is none. Among the `members` are we.
///
/// # Errors
/// The first thing that does not hold.
pub fn check(dir: &Path, owner: &Owner<'_>, members: &BTreeMap<Oin, Member>) -> Result<Option<Checked>, CheckError> {
    if !dir.is_dir() {
        return Ok(None);
    }
    let memory = Memory::open(dir)?;
    let mut checked = Checked { witnessed: 0, cosignatures: 0, held: 0 };
    if let Some(note) = memory.witnessed() {
        let witnesses: Vec<Witness> = members.values().flat_map(|member| member.witnesses.clone()).collect();
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
        return Err(CheckError::RolledBack { size: lost.size });
    }
    for (oin, note) in memory.all_held() {
        let signed = note.signed();
        let is_theirs = |member: &Member| signed_by(signed.note(), oin, &member.checkpoint).is_some();
        let is_ours = |us: &Member| {
            let by_us = |line: &Cosignature| us.witnesses.iter().any(|us| line.verify(signed.checkpoint(), us).is_ok());
            note.cosignatures().any(|line| by_us(&line))
        };
        if !members.get(oin).is_some_and(is_theirs) || !members.get(&owner.us).is_some_and(is_ours) {
            return Err(CheckError::Held { oin: *oin });
        }
        checked.held += 1;
    }
    Ok(Some(checked))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use weegnet_protocol::Timestamp;
    use weegnet_protocol::codec::{Bytes, Hash};
    use weegnet_protocol::log::{Checkpoint, CosignedCheckpoint, LogName, Origin, WitnessKey, WitnessName};

    use super::*;

    const US: u8 = 1;
    const OTHER: u8 = 2;

    fn oin(who: u8) -> Oin {
        format!("0000009900000000{who}000").parse().unwrap()
    }

    fn key(who: u8) -> SigningKey {
        SigningKey::from_bytes(&[who; 32])
    }

    fn witness(who: u8, name: u8) -> WitnessKey {
        WitnessKey::new(WitnessName::of(&oin(name)), key(who + 100))
    }

    /// Of the log of `whose`, signed by `signer` and cosigned with the key of `cosigner` in the name of `name`.
    fn note(tree: &Tree, whose: u8, signer: u8, cosigner: u8, name: u8) -> CosignedCheckpoint {
        let origin = Origin::new(&oin(whose), LogName::Exchange, [whose; 8]);
        let checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root(tree.size()).unwrap() };
        let signed = checkpoint.sign(&key(signer));
        let (mut note, witness) = (CosignedCheckpoint::new(signed.clone()).unwrap(), witness(cosigner, name));
        note.add(&witness.cosign(&signed, Timestamp::from_seconds(1_795_406_000)), &witness.witness()).unwrap();
        note
    }

    fn tree(leaves: u8) -> Tree {
        let mut tree = Tree::default();
        (0..leaves).for_each(|leaf| tree.append(Hash::of(&[&[leaf]])));
        tree
    }

    fn checked(write: impl FnOnce(&mut Memory)) -> Result<Option<Checked>, CheckError> {
        let dir = tempfile::tempdir().unwrap();
        write(&mut Memory::open(dir.path()).unwrap());
        let member =
            |who| Member { checkpoint: key(who).verifying_key(), witnesses: vec![witness(who, who).witness()] };
        let members = [US, OTHER].map(|who| (oin(who), member(who))).into();
        check(dir.path(), &Owner { us: oin(US), tree: &tree(5), key: key(US).verifying_key() }, &members)
    }

    #[test]
    fn what_others_cosigned_and_what_is_held_of_them_is_counted() {
        let checked = checked(|memory| {
            memory.is_witnessed(note(&tree(4), US, US, OTHER, OTHER)).unwrap();
            memory.hold(oin(OTHER), note(&tree(9), OTHER, OTHER, US, US)).unwrap();
            // Put back since.
            memory.rolled_back(note(&tree(5), US, US, OTHER, OTHER)).unwrap();
        });
        assert_eq!(checked.unwrap(), Some(Checked { witnessed: 4, cosignatures: 1, held: 1 }));
        let nowhere = Owner { us: oin(US), tree: &tree(5), key: key(US).verifying_key() };
        assert_eq!(check(Path::new("/nowhere"), &nowhere, &BTreeMap::new()).unwrap(), None);
    }

    #[test]
    fn a_longer_or_another_log_that_others_saw_is_a_loss() {
        let mut other = tree(3);
        other.append(Bytes([7; 32]));
        for seen in [tree(6), other] {
            let cosigned = checked(|memory| memory.is_witnessed(note(&seen, US, US, OTHER, OTHER)).unwrap());
            assert!(matches!(cosigned, Err(CheckError::Lost { .. })), "{cosigned:?}");
            let found = checked(|memory| memory.rolled_back(note(&seen, US, US, OTHER, OTHER)).unwrap());
            assert!(matches!(found, Err(CheckError::RolledBack { .. })), "{found:?}");
        }
    }

    #[test]
    fn a_line_that_a_witness_did_not_write_does_not_hold() {
        // The log's own signature, and a witness's: each by a key that is not theirs.
        for (signer, cosigner) in [(OTHER, OTHER), (US, US)] {
            let own = checked(|memory| memory.is_witnessed(note(&tree(4), US, signer, cosigner, OTHER)).unwrap());
            assert!(matches!(own, Err(CheckError::Own(_))), "{own:?}");
        }
        for (signer, cosigner) in [(US, US), (OTHER, OTHER)] {
            let held = checked(|memory| memory.hold(oin(OTHER), note(&tree(9), OTHER, signer, cosigner, US)).unwrap());
            assert!(matches!(held, Err(CheckError::Held { .. })), "{held:?}");
        }
    }
}
