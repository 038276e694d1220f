//! The approval: another core party has read the question and lets it go to exactly these organisations (H1).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::codec::{Bytes, Hash};
use crate::oin::Oin;
use crate::sign::{Content, Verified};
use crate::statement::{Draft, DraftCore, Kind};

/// Signed by the approving core party, addressed to the asker, shown by the asker to every recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// [`DraftCore::hash`] of what was approved.
    pub core: Hash,
    /// For each recipient SHA-256(salt ‖ OIN), in ascending order.
    pub recipients: Vec<Hash>,
}

/// Why an approval does not cover a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// The approval names another draft core.
    #[error("the approval is for another question")]
    OtherQuestion,
    /// The approval does not name this recipient.
    #[error("the approval does not name this recipient")]
    OtherRecipients,
    /// The asker approved its own question.
    #[error("a question is approved by another core party than the one that asks")]
    ByTheAsker,
}

impl Approval {
    /// The approval of exactly this draft.
    pub fn of(draft: &Draft) -> Self {
        let mut recipients: Vec<Hash> = draft.recipients.iter().map(|recipient| recipient.commitment()).collect();
        recipients.sort();
        Approval { core: draft.core.hash(), recipients }
    }
}

impl Verified<Approval> {
    /// Whether another organisation than the asker approved exactly this question to exactly this recipient.
    pub fn covers(&self, core: &DraftCore, recipient: &Oin, salt: &Bytes<32>) -> Result<(), NotApproved> {
        if self.header().issuer == core.asker || self.header().audience != core.asker {
            return Err(NotApproved::ByTheAsker);
        }
        if self.content().core != core.hash() || !self.header().convenant.is_same_text(&core.convenant) {
            return Err(NotApproved::OtherQuestion);
        }
        if !self.content().recipients.contains(&recipient_commitment(salt, recipient)) {
            return Err(NotApproved::OtherRecipients);
        }
        Ok(())
    }
}

/// SHA-256(salt ‖ OIN).
pub fn recipient_commitment(salt: &Bytes<32>, oin: &Oin) -> Hash {
    Hash::of(&[&salt.0, oin.as_str().as_bytes()])
}

impl Content for Approval {
    const KIND: Kind = Kind::Approval;
}
