//! We look at the members' logs: on connecting, soon after something went between us, and at a set interval; what holds
//! is cosigned.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use weegnet_protocol::frame::{MAX_HELD, MAX_OTHERS, Watch};
use weegnet_protocol::id::EntryId;
use weegnet_protocol::log::{CosignedCheckpoint, EntryKind, SignedCheckpoint};
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};

use super::judge::{self, Verdict};
use super::owner;
use crate::clock;
use crate::exchange::bodies::Note;
use crate::journal::{Entry, EntryBody};
use crate::link::{Link, PeerStatus};
use crate::node::Node;

/// How often is looked whether there is something to do: 250 ms.
const TICK: Duration = Duration::from_millis(250);
/// Shortest time between two looks at one log that grew: 5 s.
const SOONEST: Duration = Duration::from_secs(5);
/// After a look that failed: 2 s.
const AGAIN: Duration = Duration::from_secs(2);
/// Longest wait for a log to be shown: 10 s.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where no convenant says how often: 10 min.
const INTERVAL: Millis = Millis::seconds(600);

/// When a member's log was last looked at.
#[derive(Clone, Copy)]
struct Visit {
    /// On the connection that began then.
    connected: Option<Timestamp>,
    at: Instant,
    done: bool,
}

/// Looks at the logs of all members, until the node stops.
pub async fn run(node: Arc<Node>) {
    let Some(link) = node.link.get().cloned() else { return };
    let mut visits: BTreeMap<Oin, Visit> = BTreeMap::new();
    let mut under_way = JoinSet::new();
    let mut summary = clock::now().day();
    loop {
        tokio::select! {
            () = node.stop.cancelled() => return,
            () = tokio::time::sleep(TICK) => {}
        }
        while let Some(ended) = under_way.try_join_next() {
            if let Ok((oin, done)) = ended
                && let Some(visit) = visits.get_mut(&oin)
            {
                (visit.done, visit.at) = (done, Instant::now());
            }
        }
        let interval = Duration::from_millis(interval(&node).0);
        for peer in link.status().into_iter().filter(|peer| peer.connected) {
            if is_due(&node, &peer, visits.get(&peer.oin), interval) {
                visits.insert(peer.oin, Visit { connected: peer.since, at: Instant::now() + PATIENCE, done: false });
                let (node, link) = (Arc::clone(&node), link.clone());
                under_way.spawn(async move { (peer.oin, look(&node, &link, peer.oin).await) });
            }
        }
        let today = clock::now().day();
        if today != summary {
            summary = today;
            summarise(&node).await;
        }
    }
}

fn interval(node: &Node) -> Millis {
    let shortest = node.convenants.all().iter().map(|policy| policy.ratified().witness_interval()).min();
    shortest.unwrap_or(INTERVAL)
}

fn is_due(node: &Node, peer: &PeerStatus, last: Option<&Visit>, interval: Duration) -> bool {
    let Some(last) = last else { return true };
    // A look that is under way ends in the future.
    let Some(since) = Instant::now().checked_duration_since(last.at) else { return false };
    let wait = match last {
        Visit { done: false, .. } => AGAIN,
        Visit { connected, .. } if *connected != peer.since => Duration::ZERO,
        // In slots nobody may see that something was said by how soon it is looked at.
        _ if !peer.in_slots && node.checkpoints.grew(&peer.oin) => SOONEST.min(interval),
        _ => interval,
    };
    since >= wait
}

/// One look, and a second that hands over the cosignature; whether it came to an end.
async fn look(node: &Arc<Node>, link: &Link, oin: Oin) -> bool {
    let mut cosigned = false;
    for _ in 0..2 {
        let Some(held) = bring(node, &oin) else { return false };
        let watch = Watch { held: held.notes.clone(), others: owner::others(node, &oin) };
        let shown = match link.watch(&oin, watch, Instant::now() + PATIENCE).await {
            Ok(Ok(shown)) => shown,
            // Someone who is no witness holds nothing of ours.
            Ok(Err(code)) => {
                if !code.is_temporary() {
                    owner::heard(node, oin);
                }
                return !code.is_temporary();
            }
            Err(_) => return false,
        };
        if let Some(note) = shown.yours.as_deref().and_then(|note| owner::own_checkpoint(node, note)) {
            owner::lost(node, &note);
        }
        owner::heard(node, oin);
        learn(node, &oin, &shown.others).await;
        match judge::judge(&oin, &held.key, &held.signed, &shown) {
            Verdict::Nothing => {
                tracing::warn!(peer = %oin, "what a member shows of its log is not signed by it");
                return true;
            }
            Verdict::Split(one, other) => {
                accuse(node, &oin, &one, &other).await;
                return true;
            }
            Verdict::Consistent(now) => {
                node.checkpoints.proven(&oin, now.checkpoint().size);
                if !cosign(node, &oin, &now) {
                    return true;
                }
                cosigned = true;
            }
        }
    }
    cosigned
}

/// What is held of a member's log.
struct Held {
    key: ed25519_dalek::VerifyingKey,
    notes: Vec<String>,
    signed: Vec<SignedCheckpoint>,
}

fn bring(node: &Node, oin: &Oin) -> Option<Held> {
    let key = node.convenants.checkpoint_key(oin)?;
    let memory = node.witnesses.memory();
    let cosigned = memory.held(oin);
    let current = node.convenants.current_origin(oin);
    let is_of_today = |note: &SignedCheckpoint| current.as_ref().is_none_or(|now| note.checkpoint().origin == *now);
    let cosigned = cosigned.filter(|note| is_of_today(note.signed()));
    let mut notes: Vec<String> = cosigned.map(CosignedCheckpoint::note).into_iter().collect();
    let mut signed: Vec<SignedCheckpoint> = cosigned.map(|note| note.signed().clone()).into_iter().collect();
    for note in node.checkpoints.unproven(oin) {
        if notes.len() < MAX_HELD && is_of_today(&note) && !signed.contains(&note) {
            notes.push(note.note().into());
            signed.push(note);
        }
    }
    Some(Held { key, notes, signed })
}

/// Cosigns a checkpoint that is larger than what was cosigned before; whether there was one.
fn cosign(node: &Node, oin: &Oin, now: &SignedCheckpoint) -> bool {
    let mut memory = node.witnesses.memory();
    let before = memory.held(oin).map(|note| note.signed().checkpoint().size);
    if before.is_some_and(|before| before >= now.checkpoint().size) {
        return false;
    }
    let Ok(mut note) = CosignedCheckpoint::new(now.clone()) else { return false };
    let line = node.witnesses.key.cosign(now, clock::now());
    let kept = note.add(&line, &node.witnesses.key.witness()).map(|()| memory.hold(*oin, note));
    match kept {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::error!(%error, "a cosignature could not be kept, so it is not given");
            false
        }
        Err(_) => false,
    }
}

/// Takes in what a member knows of third parties.
pub(super) async fn learn(node: &Arc<Node>, from: &Oin, others: &[String]) {
    for note in others.iter().take(MAX_OTHERS) {
        let Some(claimed) = SignedCheckpoint::parse(note).ok().and_then(|note| note.checkpoint().origin.oin()) else {
            continue;
        };
        if claimed == node.us() {
            if let Some(ours) = owner::own_checkpoint(node, note) {
                owner::lost(node, &ours);
            }
            continue;
        }
        let Some(key) = node.convenants.checkpoint_key(&claimed) else { continue };
        let Some(signed) = judge::signed_by(note, &claimed, &key) else { continue };
        if node.convenants.is_former_origin(&claimed, &signed.checkpoint().origin) {
            // It admitted to less than it signed: that, too, cannot both be true.
            if let Some(last) =
                node.convenants.admitted(&claimed, &signed).filter(|_| !node.convenants.admits(&claimed, &signed))
            {
                accuse(node, &claimed, &last, &signed).await;
            }
            continue;
        }
        let held = node.witnesses.memory().held(&claimed).map(|note| note.signed().clone());
        let known = held.into_iter().chain(node.checkpoints.unproven(&claimed));
        // Under another name it may be a log that was recovered, whose amendment comes from its owner: it is asked then.
        let same_log = |known: &SignedCheckpoint| known.checkpoint().origin == signed.checkpoint().origin;
        match known.into_iter().find(|known| same_log(known) && judge::contradict(known, &signed)) {
            Some(known) => accuse(node, &claimed, &known, &signed).await,
            None => node.checkpoints.told(&claimed, from, signed),
        }
    }
}

/// Two checkpoints of one log that cannot both be true, or of which its owner did not show that one continues the other, as
/// also after a restored backup: kept, written down, and said aloud.
async fn accuse(node: &Arc<Node>, oin: &Oin, one: &SignedCheckpoint, other: &SignedCheckpoint) {
    match node.witnesses.memory().keep_evidence(one, other) {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => {
            tracing::error!(%error, "evidence of a split view could not be kept");
            return;
        }
    }
    tracing::error!(peer = %oin, one = one.checkpoint().size, other = other.checkpoint().size,
        "a member did not show that its log continues what it signed before; the two signed checkpoints are kept as evidence");
    note(node, EntryKind::SplitView, &(oin, one.note(), other.note())).await;
}

#[derive(serde::Serialize)]
struct Summary {
    cosigned: usize,
    evidence: usize,
    witnessed: Option<u64>,
}

async fn summarise(node: &Arc<Node>) {
    let summary = {
        let memory = node.witnesses.memory();
        let witnessed = memory.witnessed().map(|note| note.signed().checkpoint().size);
        Summary { cosigned: memory.all_held().count(), evidence: memory.evidence(), witnessed }
    };
    note(node, EntryKind::WitnessSummary, &summary).await;
}

pub(super) async fn note<T: serde::Serialize>(node: &Arc<Node>, kind: EntryKind, content: &T) {
    let body = EntryBody::Public(weegnet_protocol::codec::encode(&Note::new(content)));
    let id = EntryId::new(clock::now(), clock::random());
    let entry = Entry { id, kind, convenant: None, envelope: None, body };
    if let Err(error) = node.ledger.record((), vec![entry]).await {
        tracing::error!(%error, ?kind, "it could not be written down");
    }
}
