//! The logs that a log continues after a recovered rollback: what its genesis says of them, and their trees again.
//!
//! The entries of a former log stand in the present one at the same places, behind another genesis. With the former genesis
//! leaf its tree can be had again, so every checkpoint and receipt of that log still verifies as far as it was kept.

use serde::{Deserialize, Serialize};
use weegnet_protocol::codec::{self, Blob, Hash};
use weegnet_protocol::log::{EntryKind, Leaf, LogName, Origin, SignedCheckpoint, Tree};

use super::genesis::GenesisBody;

/// Most logs that one may continue, one after another.
const MAX_FORMER: usize = 16;

/// What a genesis says of the log before it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Continued {
    /// The former genesis: its body.
    pub body: Blob,
    /// The former log's checkpoint, a signed note, up to which its entries stand here too.
    pub kept: String,
    /// The largest checkpoints known of former logs, as the amendment names them: signed notes. Of the exchange log only.
    pub last: Vec<String>,
    /// The former genesis: its leaf.
    pub leaf: Blob,
}

/// A log that the present one continues.
#[derive(Clone, Debug)]
pub struct Former {
    /// What its genesis said.
    pub genesis: GenesisBody,
    /// Up to where its entries stand in the present log.
    pub kept: SignedCheckpoint,
    /// The largest checkpoints known of it and of logs before it.
    pub last: Vec<SignedCheckpoint>,
    leaf: Hash,
    tree: Tree,
}

impl Former {
    /// All logs that a genesis says its log continues, the latest first; `None` when what it says does not hold: other keys,
    /// another log, a checkpoint that the log's key did not sign.
    pub(super) fn all(genesis: &GenesisBody, log: LogName) -> Option<Vec<Former>> {
        let mut all: Vec<Former> = Vec::new();
        let mut next = genesis.clone();
        while let Some(continued) = next.continued.take() {
            let former = Self::of(&continued, log)?;
            let is_new = |origin: &Origin| *origin != genesis.origin && all.iter().all(|f| f.genesis.origin != *origin);
            if all.len() == MAX_FORMER || !former.genesis.is_twin_of(genesis) || !is_new(&former.genesis.origin) {
                return None;
            }
            next = former.genesis.clone();
            all.push(former);
        }
        Some(all)
    }

    fn of(continued: &Continued, log: LogName) -> Option<Former> {
        let genesis: GenesisBody = codec::decode(&continued.body.0).ok()?;
        let leaf: Leaf = codec::decode(&continued.leaf.0).ok()?;
        let kept = SignedCheckpoint::parse(&continued.kept).ok()?;
        let key = genesis.checkpoint_key()?;
        let signed = |note: &SignedCheckpoint| note.verify(&key).is_ok();
        let last: Option<Vec<_>> = continued.last.iter().map(|note| SignedCheckpoint::parse(note).ok()).collect();
        let last = last?;
        let holds = leaf.kind == EntryKind::Genesis
            && leaf.body == Some(Hash::of(&[&continued.body.0]))
            && genesis.origin.log() == Some(log)
            && genesis.origin.oin() == Some(genesis.oin)
            && kept.checkpoint().origin == genesis.origin
            && kept.checkpoint().size >= 1
            && signed(&kept)
            && last.iter().all(signed);
        holds.then(|| Former { genesis, kept, last, leaf: leaf.hash(), tree: Tree::default() })
    }

    /// Takes the present log's next leaf, which was the former one's too but for the genesis. False when the tree is not the
    /// one of the checkpoint up to which it was kept.
    pub(super) fn take(&mut self, leaf: Hash) -> bool {
        let (size, kept) = (self.tree.size(), self.kept.checkpoint());
        if size >= kept.size {
            return true;
        }
        self.tree.append(if size == 0 { self.leaf } else { leaf });
        size + 1 < kept.size || self.tree.root(kept.size) == Some(kept.root)
    }

    /// Whether all that was kept of it stands in the present log.
    pub(super) fn is_whole(&self) -> bool {
        self.tree.size() == self.kept.checkpoint().size
    }

    /// Its name.
    pub fn origin(&self) -> &Origin {
        &self.genesis.origin
    }

    /// Its root over the first `size` entries, as far as they were kept.
    pub fn root(&self, size: u64) -> Option<Hash> {
        self.tree.root(size)
    }

    /// Whether a checkpoint of it is about entries that were kept.
    pub fn has(&self, note: &SignedCheckpoint) -> bool {
        let said = note.checkpoint();
        said.origin == *self.origin() && self.root(said.size) == Some(said.root)
    }
}
