//! A member's record in a convenant changes: told by the member itself on every connection, checked once, written down, and
//! then in force. What contradicts what it signed before is refused, kept, and written down too.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use weegnet_policy::convenant::NotAmended;
use weegnet_protocol::amendment::{AmendmentError, MAX_AMENDMENTS, SignedAmendment};
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::log::{EntryKind, SignedCheckpoint};
use weegnet_protocol::{Oin, Timestamp};

use super::memory::MemoryError;
use super::signing::State;
use crate::exchange::bodies::AmendmentRefused;
use crate::journal::JournalError;
use crate::link::{Link, PeerStatus, ReplyTo};
use crate::node::Node;
use crate::recovery::amended;

/// Most different amendments of one member that are refused after their signature was looked at; further ones are refused
/// unread until the next start.
const MAX_REFUSED: usize = 16;
/// How often is looked whether somebody must be told: 250 ms.
const TICK: Duration = Duration::from_millis(250);
/// Before somebody is told again that could not take it: 2 s.
const AGAIN: Duration = Duration::from_secs(2);
/// Before a member is told again that does not have the convenant: 1 min.
const LATER: Duration = Duration::from_secs(60);
/// Longest wait for an answer: 10 s.
const PATIENCE: Duration = Duration::from_secs(10);

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
    /// Somebody else's.
    #[error("a member brings amendments of another")]
    NotTheirs,
    /// Our own come into force with the journal that they are about, or an old one would pass for it.
    #[error(
        "these are this organisation's own: only 'weegnet witness recover' brings them into force, with the journal they name"
    )]
    Own,
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
            Refusal::Journal(_) | Refusal::Memory(_) => RejectCode::Busy,
        }
    }
}

/// A member brings its own amendments.
pub(super) async fn answer(node: &Arc<Node>, from: Oin, amendments: &[SignedAmendment], reply: ReplyTo) {
    // Nothing can be written down yet, and who waits here would keep away those whom this node waits for.
    if node.ledger.signing().state() != State::Signs {
        reply.reject(RejectCode::Busy);
        return;
    }
    match take(node, Some(from), amendments).await {
        Ok(()) => reply.amended(),
        Err(refusal) => {
            if !matches!(refusal, Refusal::Before(_)) {
                tracing::warn!(peer = %from, %refusal, "amendments of a member are not taken");
            }
            reply.reject(refusal.code());
        }
    }
}

/// Takes a party's amendments to one convenant in force, from the first on; those that are in force are passed over. `from`
/// is the member that brings them, if it is one.
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
    if from.is_some_and(|from| from != party) {
        return Err(Refusal::NotTheirs);
    }
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
    if party == node.us() {
        return Err(Refusal::Own);
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
    node.convenants.adopt(amended_now.policy);
    // Only what is of a log before: another convenant may have brought the new name already.
    let former = node.witnesses.held_origin(&party).is_some_and(|held| node.convenants.is_former_origin(&party, &held));
    if former {
        node.witnesses.memory().retire(&party)?;
    }
    node.checkpoints.forget(&party);
    tracing::warn!(%party, "a member lost part of its journal and goes on under a new name for it, as its party key signed");
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

/// Whether this member has still to say what it makes of our amendments, on the connection that there is now.
pub(super) fn must_hear_first(node: &Node, member: &Oin) -> bool {
    if node.convenants.own_amendments(member).is_empty() {
        return false;
    }
    let now = node.link.get().and_then(|link| link.status().into_iter().find(|peer| peer.oin == *member));
    let told = node.witnesses.told().get(member).copied();
    told.is_none() || told != now.map(|peer| peer.since)
}

/// Tells every member of our amendments, on each connection, until the node stops.
pub async fn run(node: Arc<Node>) {
    let Some(link) = node.link.get().cloned() else { return };
    // On which connection, and when to try again; while somebody is being told, that is late.
    let mut told: BTreeMap<Oin, (Option<Timestamp>, Option<Instant>)> = BTreeMap::new();
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            () = node.stop.cancelled() => return,
            () = tokio::time::sleep(TICK) => {}
        }
        while let Some(ended) = under_way.try_join_next() {
            let Ok((oin, since, again)) = ended else { continue };
            told.insert(oin, (since, again));
        }
        for peer in link.status().into_iter().filter(|peer| peer.connected) {
            let due = told.get(&peer.oin).is_none_or(|(since, again)| {
                *since != peer.since || again.is_some_and(|again| again <= Instant::now())
            });
            let own = node.convenants.own_amendments(&peer.oin);
            if !due || own.is_empty() {
                continue;
            }
            told.insert(peer.oin, (peer.since, Some(Instant::now() + PATIENCE * 2)));
            let (node, link) = (Arc::clone(&node), link.clone());
            under_way.spawn(async move {
                let again = tell(&node, &link, &peer, own).await;
                (peer.oin, peer.since, again)
            });
        }
    }
}

/// When to try again, if ever on this connection.
async fn tell(node: &Node, link: &Link, peer: &PeerStatus, own: Vec<Vec<SignedAmendment>>) -> Option<Instant> {
    let mut again = None;
    for amendments in own {
        match link.amend(&peer.oin, amendments, Instant::now() + PATIENCE).await {
            Ok(Ok(())) => {}
            Ok(Err(code)) if code.is_temporary() => return Some(Instant::now() + AGAIN),
            // It may adopt that convenant one day; until then it has nothing to do with it.
            Ok(Err(RejectCode::WrongConvenant)) => again = Some(Instant::now() + LATER),
            Ok(Err(RejectCode::Contradicted)) => tracing::error!(
                peer = %peer.oin,
                "a member holds more of what this node signed than its amendment admits to: it goes on refusing this journal; \
                 once this node has found that out too, recover again with 'weegnet witness recover'"
            ),
            Ok(Err(code)) => tracing::warn!(peer = %peer.oin, ?code, "a member does not take this node's amendments"),
            Err(_) => return Some(Instant::now() + AGAIN),
        }
    }
    node.witnesses.told().insert(peer.oin, peer.since);
    again
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
