//! A member looks at our log: it is shown, and what it holds of it is compared with what we have.

use std::sync::Arc;

use tokio::sync::mpsc;
use weegnet_protocol::frame::{MAX_HELD, MAX_OTHERS, RejectCode, Shown, Watch};
use weegnet_protocol::log::{CosignedCheckpoint, LogName, SignedCheckpoint};

use super::{Witnesses, threshold};
use crate::clock;
use crate::link::{Errand, ReplyTo, Watching};
use crate::node::Node;

/// A rollback that was found before stays one until the journal has what others hold: nothing is signed, also by who works
/// on a stopped node.
pub fn before_anything(node: &Node) {
    let known = node.witnesses.memory().rollback().map(|note| note.signed().clone());
    if known.is_some_and(|note| !lost(node, &note))
        && let Err(error) = node.witnesses.memory().mended()
    {
        tracing::error!(%error, "the mark of a rollback cannot be removed");
    }
}

/// Before anything is served: others are heard first, where there are any.
pub fn before_serving(node: &Node) {
    match node.witnesses.memory().make() {
        Ok(false) => {}
        Ok(true) => tracing::warn!(
            "there was no witness/ in the node's directory, and an empty one is made: what others cosigned of this journal, \
             and what it cosigned of theirs, is gone; the others are asked what they hold. If there is a copy of it, stop \
             this node and put it back"
        ),
        Err(error) => tracing::error!(%error, "the witness's room cannot be made"),
    }
    if let Err(error) = begin_again(node) {
        tracing::error!(%error, "what was cosigned of logs that have another name now cannot be laid aside");
    }
    if threshold(&node.convenants) > 0 {
        node.ledger.signing().wait_for_others();
    }
}

/// What was cosigned of a log that has another name since is no longer compared with anything.
fn begin_again(node: &Node) -> Result<(), super::MemoryError> {
    let mut memory = node.witnesses.memory();
    let ours = &node.ledger.journal().genesis(LogName::Exchange).origin;
    if memory.witnessed().is_some_and(|note| note.signed().checkpoint().origin != *ours) {
        memory.begin_again()?;
    }
    let former = |(oin, note): (&weegnet_protocol::Oin, &CosignedCheckpoint)| {
        node.convenants.is_former_origin(oin, &note.signed().checkpoint().origin).then_some(*oin)
    };
    let former: Vec<_> = memory.all_held().filter_map(former).collect();
    former.iter().try_for_each(|oin| memory.retire(oin))
}

/// Answers witnesses until the node stops.
pub async fn show(node: Arc<Node>, mut watching: mpsc::Receiver<Watching>) {
    loop {
        tokio::select! {
            () = node.stop.cancelled() => return,
            Some(Watching { from, errand, reply }) = watching.recv() => match errand {
                Errand::Watch(watch) => answer(&node, from, watch, reply).await,
                Errand::Amend(amendments) => super::amend::answer(&node, from, &amendments, reply).await,
                Errand::Fetch(root, chunk) => crate::sealed::give(&node, from, root, chunk, reply),
            },
        }
    }
}

async fn answer(node: &Arc<Node>, from: weegnet_protocol::Oin, watch: Watch, reply: ReplyTo) {
    let journal = node.ledger.journal();
    let mut held = Vec::new();
    for note in watch.held.iter().take(MAX_HELD) {
        let ours = own_checkpoint(node, note);
        let ours = ours.as_ref().filter(|note| !lost(node, note) && is_present(node, note));
        held.push(ours.map(|note| note.checkpoint().size));
    }
    if let Some(note) = watch.held.first() {
        node.witnesses.cosigned(node, note, &from);
    }
    heard(node, from);
    super::watcher::learn(node, &from, &watch.others).await;
    // Shown the log under its new name before it knows of it, a member would take us for one that has two histories.
    if super::tell::must_hear_first(node, &from) {
        reply.reject(RejectCode::Busy);
        return;
    }
    let least = held.iter().flatten().max().copied().unwrap_or(0);
    let checkpoint = node.witnesses.candidate(node, least);
    let size = checkpoint.checkpoint().size;
    let consistency =
        held.into_iter().map(|held| held.and_then(|held| journal.consistency(LogName::Exchange, held, size))).collect();
    let yours = node.witnesses.memory().held(&from).map(CosignedCheckpoint::note);
    reply.shown(Shown { yours, others: others(node, &from), checkpoint: checkpoint.note().into(), consistency });
}

/// A member said what it holds of our log: with enough of them, we sign.
pub(super) fn heard(node: &Node, from: weegnet_protocol::Oin) {
    let heard = node.witnesses.hear(from);
    if heard >= threshold(&node.convenants) && node.ledger.signing().begin() {
        tracing::info!(heard, "other members know of no more of this journal than it has: signing");
    }
}

/// A note that we once signed for our own exchange log.
pub fn own_checkpoint(node: &Node, note: &str) -> Option<SignedCheckpoint> {
    let parsed = CosignedCheckpoint::parse(note).ok()?;
    super::judge::signed_by(parsed.signed().note(), &node.us(), &node.keys.checkpoint.verifying_key())
}

/// Whether our journal holds what we once signed, or we admitted that it is lost.
pub fn stands(node: &Node, note: &SignedCheckpoint) -> bool {
    let former = node.ledger.journal().former(LogName::Exchange);
    is_present(node, note) || former.iter().any(|former| former.has(note)) || node.convenants.admits(&node.us(), note)
}

fn is_present(node: &Node, note: &SignedCheckpoint) -> bool {
    let (journal, said) = (node.ledger.journal(), note.checkpoint());
    journal.genesis(LogName::Exchange).origin == said.origin
        && journal.root(LogName::Exchange, said.size) == Some(said.root)
}

/// Whether our journal lacks what we once signed. Then a backup was restored, or segments were cut, or two nodes run
/// under one key: this one signs no more.
pub(super) fn lost(node: &Node, note: &SignedCheckpoint) -> bool {
    if stands(node, note) {
        return false;
    }
    let journal = node.ledger.journal();
    let checkpoint = note.checkpoint();
    let same_log = journal.genesis(LogName::Exchange).origin == checkpoint.origin;
    node.ledger.signing().stop();
    let ours = journal.size(LogName::Exchange);
    tracing::error!(
        ours,
        theirs = checkpoint.size,
        same_log,
        "another member holds a checkpoint that this node signed and this journal does not have: nothing is signed any \
         more; put the journal back that has it, or recover from its loss with 'weegnet witness recover'"
    );
    let kept = CosignedCheckpoint::new(note.clone()).map(|note| {
        let mut memory = node.witnesses.memory();
        if memory.rollback().is_none_or(|known| known.signed().checkpoint().size < checkpoint.size) {
            return memory.rolled_back(note);
        }
        Ok(())
    });
    if let Ok(Err(error)) = kept {
        tracing::error!(%error, "the checkpoint that shows it could not be kept");
    }
    true
}

/// The latest checkpoints that we know of third parties.
pub(super) fn others(node: &Node, but: &weegnet_protocol::Oin) -> Vec<String> {
    let memory = node.witnesses.memory();
    let held = memory.all_held().map(|(oin, note)| (*oin, note.signed().clone()));
    node.checkpoints
        .latest(held)
        .into_iter()
        .filter(|(oin, _)| oin != but)
        .map(|(_, note)| note)
        .take(MAX_OTHERS)
        .collect()
}

impl Witnesses {
    /// A witness brings what it holds of our log: if its cosignature stands under our candidate, that counts.
    fn cosigned(&self, node: &Node, note: &str, from: &weegnet_protocol::Oin) {
        let Ok(theirs) = CosignedCheckpoint::parse(note) else { return };
        let Some(witness) = node.convenants.witness(from) else { return };
        let mut memory = self.memory();
        let Some(mut candidate) = memory.candidate().clone() else { return };
        if candidate.signed() != theirs.signed() {
            return;
        }
        let Some(line) = theirs.cosignatures().find(|line| *line.name() == witness.name) else { return };
        if let Err(error) = candidate.add(&line, &witness) {
            tracing::warn!(peer = %from, %error, "a cosignature does not hold");
            return;
        }
        *memory.candidate() = Some(candidate.clone());
        let witnesses = node.convenants.witnesses();
        let key = node.keys.checkpoint.verifying_key();
        let enough = candidate.witnessed(&key, &witnesses, threshold(&node.convenants).max(1), clock::now()).is_ok();
        if enough && let Err(error) = memory.is_witnessed(candidate) {
            tracing::error!(%error, "the witnessed checkpoint could not be kept");
        }
    }

    /// The checkpoint that witnesses are asked to cosign: one for all, until enough did, so that their lines meet.
    fn candidate(&self, node: &Node, least: u64) -> SignedCheckpoint {
        let mut memory = self.memory();
        let done = memory.witnessed().map(|note| note.signed().checkpoint().size);
        let candidate = memory.candidate();
        let usable = candidate.as_ref().filter(|note| {
            let size = note.signed().checkpoint().size;
            size >= least && done.is_none_or(|done| size > done)
        });
        match usable {
            Some(note) => note.signed().clone(),
            None => {
                let latest = node.ledger.journal().checkpoint(LogName::Exchange);
                *candidate = CosignedCheckpoint::new(latest.clone()).ok();
                latest
            }
        }
    }
}
