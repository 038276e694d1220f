//! Checkpoints that members signed of their exchange logs, as receipts and other members bring them: verified, and kept
//! until a member's log has been shown to hold them all.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ed25519_dalek::VerifyingKey;
use weegnet_protocol::Oin;
use weegnet_protocol::log::{LogName, Receipt, SignedCheckpoint};

/// Most members that are remembered to have told of one log; further ones wait until these are looked at.
const MAX_TELLERS: usize = 16;

/// Verified checkpoints.
#[derive(Debug, Default)]
pub struct Checkpoints {
    members: Mutex<HashMap<Oin, Member>>,
}

/// Of one member.
#[derive(Debug, Default)]
struct Member {
    /// Of its last receipt: receipts of one batch share one signature.
    last: Option<SignedCheckpoint>,
    /// Whether `last` has not been proven to belong to what was seen before.
    grew: bool,
    /// What others say that it signed, by who says so; not proven yet.
    told: BTreeMap<Oin, SignedCheckpoint>,
}

impl Checkpoints {
    /// Whether a receipt holds: signed by this peer's key for its exchange log, and the leaf in that very tree.
    ///
    /// `is_theirs` says whether the log of that name is the peer's: a new name needs an amendment.
    pub fn verify(
        &self,
        peer: &Oin,
        receipt: &Receipt,
        key: &VerifyingKey,
        is_theirs: impl FnOnce(&SignedCheckpoint) -> bool,
    ) -> bool {
        let known = {
            let members = self.lock();
            let last = members.get(peer).and_then(|member| member.last.as_ref());
            last.filter(|known| known.note() == receipt.checkpoint).cloned()
        };
        let is_new = known.is_none();
        let Some(signed) = known.or_else(|| SignedCheckpoint::parse(&receipt.checkpoint).ok()) else { return false };
        if !is_theirs(&signed) || (is_new && !self.verify_signature(peer, &signed, key)) {
            return false;
        }
        let checkpoint = signed.checkpoint();
        receipt.inclusion.verify(&receipt.leaf.hash(), checkpoint.size, &checkpoint.root).is_ok()
    }

    fn verify_signature(&self, peer: &Oin, signed: &SignedCheckpoint, key: &VerifyingKey) -> bool {
        let Ok(checkpoint) = signed.verify(key) else { return false };
        let theirs = checkpoint.origin.oin() == Some(*peer) && checkpoint.origin.log() == Some(LogName::Exchange);
        if theirs {
            let mut members = self.lock();
            let member = members.entry(*peer).or_default();
            (member.last, member.grew) = (Some(signed.clone()), true);
        }
        theirs
    }

    /// A member goes on under a new name for its log: what was seen of the old one is settled.
    pub fn forget(&self, peer: &Oin) {
        self.lock().remove(peer);
    }

    /// `teller` says that `peer` signed this, which has been verified.
    pub fn told(&self, peer: &Oin, teller: &Oin, signed: SignedCheckpoint) {
        let mut members = self.lock();
        let told = &mut members.entry(*peer).or_default().told;
        if told.len() < MAX_TELLERS || told.contains_key(teller) {
            told.insert(*teller, signed);
        }
    }

    /// What has been seen of a member's log and was not proven to belong to it yet: what others told first.
    pub fn unproven(&self, peer: &Oin) -> Vec<SignedCheckpoint> {
        let members = self.lock();
        let Some(member) = members.get(peer) else { return Vec::new() };
        let last = member.last.as_ref().filter(|_| member.grew);
        member.told.values().chain(last).cloned().collect()
    }

    /// A member's log of this size was shown to begin with all that was brought: smaller ones are settled.
    pub fn proven(&self, peer: &Oin, size: u64) {
        if let Some(member) = self.lock().get_mut(peer) {
            member.told.retain(|_, told| told.checkpoint().size > size);
            if member.last.as_ref().is_none_or(|last| last.checkpoint().size <= size) {
                member.grew = false;
            }
        }
    }

    /// Whether a member has signed something since its log was last looked at.
    pub fn grew(&self, peer: &Oin) -> bool {
        self.lock().get(peer).is_some_and(|member| member.grew || !member.told.is_empty())
    }

    /// The largest checkpoint per member, of what is `held` and what receipts brought.
    pub fn latest(&self, held: impl IntoIterator<Item = (Oin, SignedCheckpoint)>) -> Vec<(Oin, String)> {
        let mut latest: BTreeMap<Oin, SignedCheckpoint> = held.into_iter().collect();
        for (oin, member) in self.lock().iter() {
            let Some(last) = &member.last else { continue };
            if latest.get(oin).is_none_or(|known| known.checkpoint().size < last.checkpoint().size) {
                latest.insert(*oin, last.clone());
            }
        }
        latest.into_iter().map(|(oin, signed)| (oin, signed.note().into())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Oin, Member>> {
        // Every change is whole.
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
