//! The last checkpoint of each peer whose signature was verified: receipts of one batch share one signature.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ed25519_dalek::VerifyingKey;
use weegnet_protocol::Oin;
use weegnet_protocol::log::{LogName, Receipt, SignedCheckpoint};

/// Verified checkpoints, one per peer.
#[derive(Debug, Default)]
pub struct Checkpoints {
    last: Mutex<HashMap<Oin, SignedCheckpoint>>,
}

impl Checkpoints {
    /// Whether a receipt holds: signed by this peer's key for its exchange log, and the leaf in that very tree.
    pub fn verify(&self, peer: &Oin, receipt: &Receipt, key: &VerifyingKey) -> bool {
        let known = self.lock().get(peer).filter(|known| known.note() == receipt.checkpoint).cloned();
        let signed = match known {
            Some(signed) => signed,
            None => match self.verify_signature(peer, receipt, key) {
                Some(signed) => signed,
                None => return false,
            },
        };
        let checkpoint = signed.checkpoint();
        receipt.inclusion.verify(&receipt.leaf.hash(), checkpoint.size, &checkpoint.root).is_ok()
    }

    fn verify_signature(&self, peer: &Oin, receipt: &Receipt, key: &VerifyingKey) -> Option<SignedCheckpoint> {
        let signed = SignedCheckpoint::parse(&receipt.checkpoint).ok()?;
        let checkpoint = signed.verify(key).ok()?;
        let theirs = checkpoint.origin.oin() == Some(*peer) && checkpoint.origin.log() == Some(LogName::Exchange);
        if !theirs {
            return None;
        }
        self.lock().insert(*peer, signed.clone());
        Some(signed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Oin, SignedCheckpoint>> {
        // Every change is one insert.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
