//! The link: authenticated connections to the members' nodes, and one verb on them, *deliver a signed statement*.
//!
//! | file | what it is for |
//! |---|---|
//! | [`limits`] | every bound by name |
//! | `gate`, `anteroom`, `socket`, `mux`, `transport` | the stack of a connection: who gets in, how many wait, how long |
//! | `behaviour`, `handler`, `heartbeat` | libp2p's view of a connection and its streams |
//! | `driver`, `line`, `backoff` | the one task that reaches members and keeps them reached |
//! | `outbox`, `sending` | our deliveries to a member |
//! | `receiving`, `reply` | a member's deliveries to us |
//! | `slots` | when and how much is written where nobody may see whether there is something to say |
//! | `wire` | frames on a stream |
//! | `members`, `identity` | who may be here |
//!
//! Every ordered pair of nodes has one long-lived stream, opened by the one that delivers: `Deliver` there, `Receipt` or
//! `Reject` back, many in flight. Which of the (at most two) connections carries it does not matter, so simultaneous
//! dials need no tie-break.

mod anteroom;
mod backoff;
mod behaviour;
mod driver;
mod error;
mod gate;
mod handler;
mod heartbeat;
mod identity;
pub mod limits;
mod line;
mod members;
mod mux;
mod outbox;
mod receiving;
mod reply;
mod sending;
mod slots;
mod socket;
mod start;
#[cfg(test)]
mod tests;
mod transport;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use weegnet_protocol::Oin;
use weegnet_protocol::amendment::SignedAmendment;
use weegnet_protocol::codec::{Blob, Hash};
use weegnet_protocol::frame::{Frame, RejectCode, RequestId, Shown, Watch};
use weegnet_protocol::log::Inclusion;
use weegnet_protocol::sign::Statement;
use zeroize::Zeroizing;

use crate::journal::Recorded;
use driver::Command;
use members::Roster;
use outbox::{Said, Unsent};

pub use error::{DeliverError, LinkError};
pub use members::{Member, PeerStatus};
pub use outbox::Reply;
pub use receiving::{Errand, Inbound, Watching};
pub use reply::{ReplyTo, Written};

/// Who we are on the link.
pub struct LinkConfig {
    /// This organisation.
    pub oin: Oin,
    /// The seed of its Ed25519 link key.
    pub key: Zeroizing<[u8; 32]>,
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
}

/// A statement on its way to one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// To whom.
    pub to: Oin,
    /// What.
    pub statement: Statement,
}

/// A handle on the running link; clones are the same link.
#[derive(Clone)]
pub struct Link {
    roster: watch::Receiver<Roster>,
    commands: mpsc::Sender<Command>,
    refused: Arc<AtomicU64>,
    address: SocketAddr,
    stop: CancellationToken,
}

impl Link {
    /// Delivers what is recorded, and waits for the reply until `until`.
    ///
    /// Waits for a connection when there is none, waits for room when [`limits::OUTBOUND_IN_FLIGHT`] deliveries are
    /// under way to this member, and sends again after a reconnect: delivery is idempotent at the other end. Dropping
    /// the future stops waiting; whether the statement arrived is then unknown.
    pub async fn deliver(&self, outgoing: &Recorded<Outgoing>, until: Instant) -> Result<Reply, DeliverError> {
        let Outgoing { to, statement } = outgoing.get();
        let statement = statement.clone();
        match self.send(to, |request| Frame::Deliver { request, statement }, until).await? {
            Said::Receipt(receipt) => Ok(Reply::Receipt(receipt)),
            Said::Reject(code) => Ok(Reply::Reject(code)),
            Said::Shown(_) | Said::Amended | Said::Chunk(..) => Err(DeliverError::Deadline),
        }
    }

    /// Asks a member for its log, as its witness, and waits for the reply until `until`. Nothing in it is checked.
    pub async fn watch(
        &self,
        of: &Oin,
        watch: Watch,
        until: Instant,
    ) -> Result<Result<Shown, RejectCode>, DeliverError> {
        match self.send(of, |request| Frame::Watch { watch, request }, until).await? {
            Said::Shown(shown) => Ok(Ok(shown)),
            Said::Reject(code) => Ok(Err(code)),
            Said::Receipt(_) | Said::Amended | Said::Chunk(..) => Err(DeliverError::Deadline),
        }
    }

    /// Tells a member how our record in a convenant has changed, and waits until `until` for it to be in force there.
    pub async fn amend(
        &self,
        to: &Oin,
        amendments: Vec<SignedAmendment>,
        until: Instant,
    ) -> Result<Result<(), RejectCode>, DeliverError> {
        match self.send(to, |request| Frame::Amend { request, amendments }, until).await? {
            Said::Amended => Ok(Ok(())),
            Said::Reject(code) => Ok(Err(code)),
            Said::Receipt(_) | Said::Shown(_) | Said::Chunk(..) => Err(DeliverError::Deadline),
        }
    }

    /// Asks a member for a piece of the table that it published, and waits for it until `until`. Nothing of it is checked.
    pub async fn fetch(
        &self,
        from: &Oin,
        root: Hash,
        chunk: u64,
        until: Instant,
    ) -> Result<Result<(Blob, Inclusion), RejectCode>, DeliverError> {
        match self.send(from, |request| Frame::Fetch { root, chunk, request }, until).await? {
            Said::Chunk(cells, inclusion) => Ok(Ok((cells, inclusion))),
            Said::Reject(code) => Ok(Err(code)),
            Said::Receipt(_) | Said::Shown(_) | Said::Amended => Err(DeliverError::Deadline),
        }
    }

    async fn send(
        &self,
        to: &Oin,
        frame: impl FnOnce(RequestId) -> Frame,
        until: Instant,
    ) -> Result<Said, DeliverError> {
        let peer = self.roster.borrow().by_oin(to).cloned().ok_or_else(|| self.not_a_member(*to))?;
        let delivery = timeout_at(until, peer.outbox.send(frame));
        match delivery.await.map_err(|_| DeliverError::Deadline)? {
            Ok(said) => Ok(said),
            Err(Unsent::TooLarge { bytes }) => Err(DeliverError::TooLarge { bytes }),
            Err(Unsent::Closed) => Err(self.not_a_member(*to)),
        }
    }

    /// Replaces the list of members; returns when those who left have been cut off. On an error nothing changes.
    pub async fn set_members(&self, members: Vec<Member>) -> Result<(), LinkError> {
        let (done, answer) = oneshot::channel();
        self.commands.send(Command::SetMembers { members, done }).await.map_err(|_| LinkError::Stopped)?;
        answer.await.map_err(|_| LinkError::Stopped)?
    }

    /// How the link to every member does, by OIN.
    pub fn status(&self) -> Vec<PeerStatus> {
        self.roster.borrow().status()
    }

    /// How many callers with a valid key that is no member's were turned away since the start.
    pub fn strangers_refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Where it listens; the port is the real one.
    pub fn listen_address(&self) -> SocketAddr {
        self.address
    }

    /// A list without the addressee is also what a stopped link has.
    fn not_a_member(&self, oin: Oin) -> DeliverError {
        if self.stop.is_cancelled() { DeliverError::Stopped } else { DeliverError::NotAMember { oin } }
    }
}
