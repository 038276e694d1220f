//! Amendments are told: our own and those of other parties, to every member on every connection, and at once when there is a
//! new one. They verify themselves, so it does not matter who brings them: what a party changed reaches everybody also when
//! its own node is down, or in other hands.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use weegnet_protocol::amendment::SignedAmendment;
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::{Oin, Timestamp};

use crate::link::{Link, PeerStatus};
use crate::node::Node;

/// How often is looked whether somebody must be told: 250 ms.
const TICK: Duration = Duration::from_millis(250);
/// Before somebody is told again that could not take it: 2 s.
const AGAIN: Duration = Duration::from_secs(2);
/// Before a member is told again that does not have the convenant: 1 min.
const LATER: Duration = Duration::from_secs(60);
/// Longest wait for an answer: 10 s.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most members that are told at once.
const AT_ONCE: usize = 16;

/// What a member was told: on the connection that began then, and how many amendments were in force here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    since: Option<Timestamp>,
    amended: usize,
}

/// Whether this member has still to say what it makes of our own amendments, on the connection that there is now.
pub(super) fn must_hear_first(node: &Node, member: &Oin) -> bool {
    !node.convenants.own_amendments(member).is_empty()
        && current(node, member)
            .is_none_or(|now| node.witnesses.told().get(member).is_none_or(|told| *told != now.since))
}

/// Returns when this member knows of every amendment that is in force here, or needs none; before, it may not know the key
/// of what it is to get.
pub async fn has_heard(node: &Node, member: &Oin) {
    loop {
        let heard = || {
            let now = current(node, member)?;
            let told = node.witnesses.heard_of().get(member).copied();
            (told == Some(Told { since: now.since, amended: node.convenants.amended() })).then_some(())
        };
        if !node.convenants.has_amendments_for(member) || heard().is_some() {
            return;
        }
        tokio::time::sleep(TICK).await;
    }
}

fn current(node: &Node, member: &Oin) -> Option<PeerStatus> {
    node.link.get()?.status().into_iter().find(|peer| peer.oin == *member)
}

/// Tells every member what it should know, until the node stops. When our own keys are not ours any more, the node is to end
/// after that.
pub async fn run(node: Arc<Node>) {
    let Some(link) = node.link.get().cloned() else { return };
    // When to try again; while somebody is being told, that is late.
    let mut told: BTreeMap<Oin, (Told, Option<Instant>)> = BTreeMap::new();
    let mut under_way = JoinSet::new();
    let mut outdated = None;
    let mut turned = node.convenants.turned();
    loop {
        tokio::select! {
            () = node.stop.cancelled() => return,
            () = tokio::time::sleep(TICK) => {}
        }
        // A version began, or one that was replaced is over: by the clock, and not by anything that came in.
        let turns = node.convenants.turned();
        if turns != turned {
            turned = turns;
            super::amend::let_in(&node).await;
        }
        while let Some(ended) = under_way.try_join_next() {
            let Ok((oin, what, again)) = ended else { continue };
            told.insert(oin, (what, again));
        }
        let mut waiting = under_way.len();
        for peer in link.status().into_iter().filter(|peer| peer.connected) {
            let now = Told { since: peer.since, amended: node.convenants.amended() };
            let due = told
                .get(&peer.oin)
                .is_none_or(|(told, again)| *told != now || again.is_some_and(|again| again <= Instant::now()));
            let all = node.convenants.amendments_for(&peer.oin);
            if !due || all.is_empty() {
                continue;
            }
            waiting += 1;
            if under_way.len() >= AT_ONCE {
                continue;
            }
            told.insert(peer.oin, (now, Some(Instant::now() + PATIENCE * 2)));
            let (node, link) = (Arc::clone(&node), link.clone());
            under_way.spawn(async move {
                let again = tell(&node, &link, &peer, now, all).await;
                (peer.oin, now, again)
            });
        }
        if node.convenants.keys_changed() {
            let noticed = *outdated.get_or_insert_with(Instant::now);
            if waiting == 0 || noticed.elapsed() > PATIENCE {
                node.keys_changed.cancel();
            }
        }
    }
}

/// When to try again, if ever on this connection.
async fn tell(
    node: &Node,
    link: &Link,
    peer: &PeerStatus,
    now: Told,
    all: Vec<Vec<SignedAmendment>>,
) -> Option<Instant> {
    let mut again = None;
    for amendments in all {
        match link.amend(&peer.oin, amendments, Instant::now() + PATIENCE).await {
            Ok(Ok(())) => {}
            Ok(Err(code)) if code.is_temporary() => return Some(Instant::now() + AGAIN),
            // It may adopt that convenant one day; until then it has nothing to do with it.
            Ok(Err(RejectCode::WrongConvenant)) => again = Some(Instant::now() + LATER),
            Ok(Err(RejectCode::Contradicted)) => tracing::error!(
                peer = %peer.oin,
                "a member holds more of a journal than the amendment that gives it a new name admits to, and goes on refusing \
                 it; if it is this node's, and once it has found that out too, recover again with 'weegnet witness recover'"
            ),
            Ok(Err(code)) => tracing::warn!(peer = %peer.oin, ?code, "a member does not take an amendment"),
            Err(_) => return Some(Instant::now() + AGAIN),
        }
    }
    node.witnesses.told().insert(peer.oin, peer.since);
    node.witnesses.heard_of().insert(peer.oin, now);
    again
}
