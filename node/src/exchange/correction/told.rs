//! A correction of ours: signed, recorded and then delivered, also across a crash in between.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;
use weegnet_protocol::Oin;
use weegnet_protocol::id::{ConvenantRef, StatementId};
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::statement::{CORRECTION_DELIVERY, Correction};

use super::Told;
use crate::clock;
use crate::exchange::case::{self, Letter};
use crate::exchange::outbox;
use crate::exchange::record::Sent;
use crate::journal::{Entry, JournalError, Recorded};
use crate::link::Outgoing;
use crate::node::Node;

/// A correction, before it is signed.
pub struct Telling {
    /// Its id.
    pub id: StatementId,
    /// What is said.
    pub content: Correction,
    /// To whom.
    pub to: Oin,
    /// Under the convenant of the statement that it is about.
    pub convenant: ConvenantRef,
    /// The house log's entry about who decided on it.
    pub note: Entry,
}

/// Tells all of these, also when nobody waits for it any more. `alone` is held until then.
///
/// # Errors
/// When one is not written down: then that one and those after it are not sent.
pub async fn tell(node: &Arc<Node>, all: Vec<Telling>, alone: OwnedMutexGuard<()>) -> Result<(), JournalError> {
    let task = {
        let node = Arc::clone(node);
        async move {
            let _alone = alone;
            for telling in all {
                tell_one(&node, telling).await?;
            }
            Ok(())
        }
    };
    // Who asked for it may hang up between an entry and its delivery; a task of its own goes on.
    match tokio::spawn(node.ledger.attend(task)).await {
        Ok(result) => result,
        Err(ended) => std::panic::resume_unwind(ended.into_panic()),
    }
}

/// Records a correction and the decision on it in one batch, and only then begins to deliver it. Where nothing serves, the
/// next start delivers it.
///
/// It is sealed under a key of its own: the case that it is about may be erased before it has arrived.
async fn tell_one(node: &Arc<Node>, telling: Telling) -> Result<(), JournalError> {
    let Telling { id, content, to, convenant, note } = telling;
    let (kind, vault) = (EntryKind::CorrectionSent, node.ledger.new_case()?);
    let letter = Letter { content, to, kind, convenant, expires: clock::now() + CORRECTION_DELIVERY, vault };
    let (recorded, posted) = case::write_as(node, id, letter, vec![note]).await?;
    node.corrections.lock().told.insert(id, Told { sent: posted.sent.clone(), ended: None });
    if node.link.get().is_some() {
        deliver(node, recorded, &posted.sent);
    }
    Ok(())
}

/// Takes up every delivery that was not through when the node stopped.
pub fn resume(node: &Arc<Node>) {
    let now = clock::now();
    let waiting: Vec<Sent> = {
        let state = node.corrections.lock();
        let waiting = state.told.values().filter(|told| told.ended.is_none() && told.sent.expires > now);
        waiting.map(|told| told.sent.clone()).collect()
    };
    for sent in waiting {
        match node.ledger.recall(&sent) {
            Ok(recorded) => deliver(node, recorded, &sent),
            Err(error) => {
                tracing::error!(statement = %sent.id, %error, "a recorded correction cannot be delivered");
                node.corrections.ended(&sent.id, outbox::Delivered::Expired);
            }
        }
    }
}

fn deliver(node: &Arc<Node>, recorded: Recorded<Outgoing>, sent: &Sent) {
    let (node, id, expires) = (Arc::clone(node), sent.id, sent.expires);
    tokio::spawn(async move {
        tokio::select! {
            () = node.stop.cancelled() => {}
            delivered = outbox::deliver(&node, recorded, id, expires) => node.corrections.ended(&id, delivered),
        }
    });
}
