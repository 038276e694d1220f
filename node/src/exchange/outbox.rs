//! The outbox: a recorded statement is retried until it is receipted, finally rejected, or out of time.

use std::time::Duration;

use weegnet_protocol::Timestamp;
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::id::StatementId;
use weegnet_protocol::log::{Receipt, SignedCheckpoint};

use crate::clock;
use crate::journal::Recorded;
use crate::link::{DeliverError, Outgoing, Reply};
use crate::node::Node;
use crate::witness;

/// How long to wait after a reply that may change, doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Longest wait between two tries: 30 s.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often is looked whether somebody left: 1 s.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Times that *unrelated* is not believed: a withdrawal can overtake the question before it on its way.
const UNRELATED_TRIES: u32 = 4;

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// The peer wrote it down.
    Receipted,
    /// The peer will never take it.
    Rejected(RejectCode),
    /// Nobody took it in time.
    Expired,
}

/// Delivers one recorded statement.
pub(crate) async fn deliver(
    node: &Node,
    recorded: Recorded<Outgoing>,
    id: StatementId,
    expires: Timestamp,
) -> Delivered {
    let Some(link) = node.link.get() else { return std::future::pending().await };
    let mut pause = FIRST_PAUSE;
    let mut unrelated = 0;
    while clock::now() < expires {
        let deadline = tokio::time::Instant::now() + clock::until(expires);
        let delivery = async {
            // A member that has not heard of a new key refuses for good what is signed with it.
            let heard = witness::has_heard(node, &recorded.get().to);
            tokio::time::timeout_at(deadline, heard).await.map_err(|_| DeliverError::Deadline)?;
            link.deliver(&recorded, deadline).await
        };
        let reply = tokio::select! {
            reply = delivery => reply,
            () = has_ended(node, recorded.get()) => return Delivered::Rejected(RejectCode::WrongConvenant),
        };
        match reply {
            Ok(Reply::Receipt(receipt)) if is_for(node, &recorded, &receipt) => {
                node.ledger.keep_receipt(id, receipt);
                return Delivered::Receipted;
            }
            Ok(Reply::Receipt(_)) => {
                tracing::warn!(peer = %recorded.get().to, statement = %id, "a receipt does not verify; the statement is sent again");
            }
            Ok(Reply::Reject(code)) if code.is_temporary() => {
                tracing::info!(peer = %recorded.get().to, statement = %id, ?code, "the peer cannot take a statement now");
            }
            Ok(Reply::Reject(RejectCode::Unrelated)) if unrelated < UNRELATED_TRIES => unrelated += 1,
            Ok(Reply::Reject(code)) => {
                tracing::warn!(peer = %recorded.get().to, statement = %id, ?code, "the peer does not take a statement");
                return Delivered::Rejected(code);
            }
            Err(error) => tracing::info!(peer = %recorded.get().to, statement = %id, %error, "not delivered yet"),
        }
        tokio::time::sleep(pause.min(clock::until(expires))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Delivered::Expired
}

/// Returns when nothing passes between the two any more, because one of them left the convenant.
async fn has_ended(node: &Node, outgoing: &Outgoing) {
    let Ok(header) = outgoing.statement.claimed_header() else { return std::future::pending().await };
    while !node.convenants.has_ended(&header.convenant, &outgoing.to) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A receipt counts only if the peer's checkpoint key signed a tree that holds this very statement.
fn is_for(node: &Node, recorded: &Recorded<Outgoing>, receipt: &Receipt) -> bool {
    let outgoing = recorded.get();
    if receipt.leaf.statement != Some(outgoing.statement.hash()) {
        return false;
    }
    let Some(key) = node.convenants.checkpoint_key(&outgoing.to) else { return false };
    let expected = node.origin_of(&outgoing.to);
    let is_theirs = |note: &SignedCheckpoint| expected.is_none_or(|expected| note.checkpoint().origin == expected);
    node.checkpoints.verify(&outgoing.to, receipt, &key, is_theirs)
}
