//! Receipts: that a node has written an entry down, checkable with its checkpoint key alone.

use alloc::string::String;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::{Checkpoint, CheckpointError, Inclusion, Leaf, ProofError, SignedCheckpoint};

/// Leaf, inclusion proof and signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// What was written down.
    pub leaf: Leaf,
    /// Where in the tree.
    pub inclusion: Inclusion,
    /// The signed note of the tree.
    pub checkpoint: String,
}

/// A receipt that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The checkpoint is not one, or not signed by the expected key.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The leaf is not in that tree.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl Receipt {
    /// Checks signature and inclusion, and says which tree holds the leaf.
    pub fn verify(&self, checkpoint_key: &VerifyingKey) -> Result<Checkpoint, ReceiptError> {
        let signed = SignedCheckpoint::parse(&self.checkpoint)?;
        let checkpoint = signed.verify(checkpoint_key)?;
        self.inclusion.verify(&self.leaf.hash(), checkpoint.size, &checkpoint.root)?;
        Ok(checkpoint.clone())
    }
}
