//! A correction of ours: signed, recorded and then delivered, also across a crash in between.

use std::sync::Arc;

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
    /// What is said.
    pub content: Correction,
    /// To whom.
    pub to: Oin,
    /// Under the convenant of the statement that it is about.
    pub convenant: ConvenantRef,
}

/// Records a correction, in one batch with the house log's note of who decided on it, and only then begins to deliver it.
/// Where nothing serves, the next start delivers it.
///
/// It is sealed under a key of its own: the case that it is about may be erased before it has arrived.
///
/// # Errors
/// When it is not written down: then nothing is sent.
pub async fn tell(
    node: &Arc<Node>,
    telling: Telling,
    note: impl FnOnce(StatementId) -> Entry,
) -> Result<StatementId, JournalError> {
    let now = clock::now();
    let id = StatementId::new(now, clock::random());
    let letter = Letter {
        content: telling.content,
        to: telling.to,
        kind: EntryKind::CorrectionSent,
        convenant: telling.convenant,
        expires: now + CORRECTION_DELIVERY,
        vault: node.ledger.new_case()?,
    };
    let (recorded, posted) = case::write_as(node, id, letter, vec![note(id)]).await?;
    node.corrections.lock().told.insert(id, Told { sent: posted.sent.clone(), ended: None });
    if node.link.get().is_some() {
        deliver(node, recorded, &posted.sent);
    }
    Ok(id)
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
