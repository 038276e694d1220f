//! A party's record in a convenant changes: told by the party itself or by any other member, checked against its party key,
//! written down, and then in force. What contradicts what it signed before is refused, kept, and written down too.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use weegnet_policy::convenant::NotAmended;
use weegnet_protocol::Oin;
use weegnet_protocol::amendment::{AmendmentError, Change, MAX_AMENDMENTS, SignedAmendment};
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::log::{EntryKind, SignedCheckpoint};
use weegnet_protocol::sign::MAX_CLOCK_SKEW;

use super::memory::MemoryError;
use super::signing::State;
use crate::clock;
use crate::exchange::bodies::AmendmentRefused;
use crate::journal::JournalError;
use crate::link::ReplyTo;
use crate::node::Node;
use crate::recovery::amended;

/// Most different amendments of one member that are refused after their signature was looked at; further ones are refused
/// unread until the next start.
const MAX_REFUSED: usize = 16;
/// How long a member that loses its connection by what it told us may take to read our answer: 1 s.
const ANSWERED: Duration = Duration::from_secs(1);

/// What was refused since the start, by the hash of its bytes, for each member.
#[derive(Default)]
pub(super) struct Refused(BTreeMap<Oin, BTreeMap<Hash, RejectCode>>);

impl Refused {
    /// The answer to what need not be looked at: it was refused before, or this member had too much refused.
    fn known(&self, from: &Oin, hash: &Hash) -> Option<RejectCode> {
        let before = self.0.get(from)?;
        before.get(hash).copied().or((before.len() >= MAX_REFUSED).then_some(RejectCode::BadSignature))
    }

    fn remember(&mut self, from: Oin, hash: Hash, code: RejectCode) {
        self.0.entry(from).or_default().insert(hash, code);
    }
}

/// Why amendments are not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// They do not hold.
    #[error(transparent)]
    NotAmended(#[from] NotAmended),
    /// None, or more than a party can have.
    #[error("a party has 1 to {MAX_AMENDMENTS} amendments to one convenant")]
    Number,
    /// Who brings them has nothing to do with this convenant.
    #[error("who brings them is no party to that convenant")]
    NotTheirs,
    /// Our own log gets another name with the journal that it is about, or an old one would pass for it.
    #[error(
        "among these is a new name for this organisation's own log: only 'weegnet witness recover' brings that into force, \
         with the journal it names"
    )]
    Own,
    /// It names a moment that is not there yet.
    #[error("it names a moment more than {} s from now: compare the clock with that of the machine that signed it", MAX_CLOCK_SKEW.0 / 1000)]
    Future,
    /// The party signed more than it admits to.
    #[error(
        "organisation {party} admits to less than it signed: this node holds a checkpoint of {size} entries that the amendment \
         does not cover; both are kept as evidence"
    )]
    Understated {
        /// Who.
        party: Oin,
        /// What it signed.
        size: u64,
    },
    /// This very thing, or too much else, was refused before.
    #[error("it was refused before")]
    Before(RejectCode),
    /// It cannot be written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What was cosigned cannot be laid aside.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

impl Refusal {
    /// Whether the same bytes are refused whatever happens here. What costs no look at a signature is looked at again.
    fn is_lasting(&self) -> bool {
        !matches!(self.code(), RejectCode::WrongConvenant | RejectCode::Busy)
    }

    fn code(&self) -> RejectCode {
        match self {
            Refusal::NotAmended(NotAmended::OtherConvenant | NotAmended::NoParty(_)) => RejectCode::WrongConvenant,
            Refusal::NotAmended(NotAmended::Conflict { .. }) => RejectCode::IdReused,
            Refusal::NotAmended(NotAmended::Amendment(AmendmentError::Malformed)) => RejectCode::NonCanonical,
            Refusal::NotAmended(NotAmended::Gap { .. } | NotAmended::OtherLog) => RejectCode::Unrelated,
            Refusal::NotAmended(_) => RejectCode::BadSignature,
            Refusal::Number => RejectCode::TooLarge,
            Refusal::NotTheirs | Refusal::Own => RejectCode::UnknownIssuer,
            Refusal::Understated { .. } => RejectCode::Contradicted,
            Refusal::Before(code) => *code,
            Refusal::Future | Refusal::Journal(_) | Refusal::Memory(_) => RejectCode::Busy,
        }
    }
}

/// A member brings amendments: its own, or those of another party.
pub(super) async fn answer(node: &Arc<Node>, from: Oin, amendments: &[SignedAmendment], reply: ReplyTo) {
    // Nothing can be written down yet, and who waits here would keep away those whom this node waits for.
    if node.ledger.signing().state() != State::Signs {
        reply.reject(RejectCode::Busy);
        return;
    }
    match take(node, Some(from), amendments).await {
        Ok(()) => {
            let (node, answered) = (Arc::clone(node), reply.amended());
            // Who changed the key of its link is cut off by what it said; it should hear first that it was understood.
            tokio::spawn(async move {
                let _ = tokio::time::timeout(ANSWERED, answered.done()).await;
                let_in(&node).await;
            });
        }
        Err(refusal) => {
            if !matches!(refusal, Refusal::Before(_)) {
                tracing::warn!(peer = %from, %refusal, "amendments of a member are not taken");
            }
            reply.reject(refusal.code());
        }
    }
}

/// Lets in whom the convenanten in force name, with the keys that they name now, and cuts off whoever they do not.
pub async fn let_in(node: &Node) {
    let Some(link) = node.link.get() else { return };
    if let Err(error) = link.set_members(node.convenants.members()).await {
        tracing::error!(%error, "the members that may connect could not be changed");
    }
}

/// Takes a party's amendments to one convenant in force, from the first on; those that are in force are passed over. `from`
/// is the member that brings them, if it is one. Who may connect changes with [`let_in`].
///
/// # Errors
/// Why nothing of it came into force.
pub async fn take(node: &Arc<Node>, from: Option<Oin>, amendments: &[SignedAmendment]) -> Result<(), Refusal> {
    let mut refused = node.witnesses.amending.lock().await;
    let hash = Hash::of(&[&codec::encode(&amendments)]);
    if let Some(code) = from.and_then(|from| refused.known(&from, &hash)) {
        return Err(Refusal::Before(code));
    }
    let taken = check_and_take(node, from, amendments).await;
    if let (Some(from), Err(refusal)) = (from, &taken)
        && refusal.is_lasting()
    {
        refused.remember(from, hash, refusal.code());
    }
    taken
}

async fn check_and_take(node: &Arc<Node>, from: Option<Oin>, amendments: &[SignedAmendment]) -> Result<(), Refusal> {
    if !(1..=MAX_AMENDMENTS).contains(&amendments.len()) {
        return Err(Refusal::Number);
    }
    let party = amendments[0].claimed().map_err(NotAmended::from)?.party;
    let _alone = node.convenants.change().await;
    let amended_now = match node.convenants.check_amendments(amendments) {
        Ok(amended) => amended,
        Err(NotAmended::Conflict { sequence, known }) => {
            let body =
                AmendmentRefused { party, amendments: amendments.to_vec(), known: Some((*known).clone()), held: None };
            refuse(node, &body).await;
            return Err(NotAmended::Conflict { sequence, known }.into());
        }
        Err(why) => return Err(why.into()),
    };
    if amended_now.new.is_empty() {
        return Ok(());
    }
    if from.is_some_and(|from| from != party && amended_now.policy.ratified().party(&from).is_none()) {
        return Err(Refusal::NotTheirs);
    }
    let new: Vec<_> = amended_now.new.iter().filter_map(|signed| signed.claimed().ok()).collect();
    let renamed = new.iter().any(|amendment| matches!(amendment.change, Change::NewOrigin { .. }));
    if party == node.us() && renamed {
        return Err(Refusal::Own);
    }
    let soon = clock::now() + MAX_CLOCK_SKEW;
    if new.iter().any(|amendment| amendment.moment().is_some_and(|moment| moment > soon)) {
        return Err(Refusal::Future);
    }
    let origins = amended_now.policy.ratified().origins(&party);
    let covered = |note: &SignedCheckpoint| {
        origins.is_none_or(|origins| origins.current() == &note.checkpoint().origin || origins.admits(note))
    };
    let held = node.witnesses.memory().held(&party).map(|note| note.signed().clone());
    let seen = held.into_iter().chain(node.checkpoints.unproven(&party));
    if let Some(more) = seen.into_iter().find(|note| !covered(note)) {
        let held = Some(more.note().into());
        refuse(node, &AmendmentRefused { party, amendments: amendments.to_vec(), known: None, held }).await;
        return Err(Refusal::Understated { party, size: more.checkpoint().size });
    }
    let reference = amended_now.policy.ratified().reference().clone();
    let entries = amended_now.new.iter().map(|signed| amended(&reference, signed)).collect();
    node.ledger.record((), entries).await?;
    node.convenants.adopt(amended_now.policy, clock::now());
    tracing::warn!(%party, "a party changed its record in a convenant, as its party key signed");
    if renamed {
        begin_again(node, &party)?;
    }
    Ok(())
}

/// A member lost part of its journal, and goes on under a new name for it.
fn begin_again(node: &Node, party: &Oin) -> Result<(), MemoryError> {
    // Only what is of a log before: another convenant may have brought the new name already.
    let former = node.witnesses.held_origin(party).is_some_and(|held| node.convenants.is_former_origin(party, &held));
    if former {
        node.witnesses.memory().retire(party)?;
    }
    node.checkpoints.forget(party);
    Ok(())
}

/// Kept once, written down once; a party key that signs without end fills nobody's disk.
async fn refuse(node: &Arc<Node>, body: &AmendmentRefused) {
    let kept = node.witnesses.memory().keep_refused(&codec::encode(body));
    match kept {
        Ok(true) => super::watcher::note(node, EntryKind::AmendmentRefused, body).await,
        Ok(false) => {}
        Err(error) => tracing::error!(%error, "evidence of two amendments could not be kept"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_member_has_only_so_much_looked_at_and_takes_nothing_from_another() {
        let [one, other]: [Oin; 2] = ["00000099000000001000", "00000099000000002000"].map(|oin| oin.parse().unwrap());
        let hash = |number: usize| Hash::of(&[&number.to_be_bytes()]);
        let mut refused = Refused::default();
        for number in 0..MAX_REFUSED {
            assert_eq!(refused.known(&one, &hash(number)), None, "looked at");
            refused.remember(one, hash(number), RejectCode::Contradicted);
            assert_eq!(refused.known(&one, &hash(number)), Some(RejectCode::Contradicted), "and not again");
        }
        assert_eq!(refused.known(&one, &hash(MAX_REFUSED)), Some(RejectCode::BadSignature));
        assert_eq!(refused.known(&other, &hash(MAX_REFUSED)), None);
    }
}
