//! What the driver knows about reaching one member: its connections, our stream on one of them, the next attempt.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use libp2p::swarm::ConnectionId;
use tokio::task;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::backoff;
use super::limits::{CONNECTIONS_PER_PEER, Limits};
use super::members::Peer;

pub(super) struct Line {
    pub(super) peer: Arc<Peer>,
    pub(super) address: SocketAddr,
    /// Oldest first.
    connections: Vec<Connection>,
    sending: Sending,
    dialling: Option<ConnectionId>,
    failures: u32,
    not_before: Instant,
}

struct Connection {
    id: ConnectionId,
    /// Ends the connection's stream tasks.
    cut: CancellationToken,
}

/// Our deliver stream; there is never more than one, so that no two tasks empty one outbox.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sending {
    Idle,
    Opening(ConnectionId),
    Open(task::Id),
}

/// What to do next to reach the member.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Nothing,
    Dial,
    Open(ConnectionId),
}

impl Line {
    pub(super) fn new(peer: Arc<Peer>, address: SocketAddr, now: Instant) -> Self {
        Line {
            peer,
            address,
            connections: Vec::new(),
            sending: Sending::Idle,
            dialling: None,
            failures: 0,
            not_before: now,
        }
    }

    /// When [`Line::next`] may have something to do; `None` while something is under way.
    pub(super) fn due(&self) -> Option<Instant> {
        let busy = self.sending != Sending::Idle || (self.connections.is_empty() && self.dialling.is_some());
        (!busy).then_some(self.not_before)
    }

    pub(super) fn next(&self, now: Instant) -> Next {
        match (self.due(), self.connections.last()) {
            (Some(due), Some(newest)) if due <= now => Next::Open(newest.id),
            (Some(due), None) if due <= now => Next::Dial,
            _ => Next::Nothing,
        }
    }

    pub(super) fn dialling(&mut self, attempt: ConnectionId) {
        self.dialling = Some(attempt);
    }

    pub(super) fn is_dialling(&self, attempt: ConnectionId) -> bool {
        self.dialling == Some(attempt)
    }

    pub(super) fn opening(&mut self, connection: ConnectionId) {
        self.sending = Sending::Opening(connection);
    }

    /// A new authenticated connection; returns the one that it evicts.
    pub(super) fn connected(&mut self, id: ConnectionId, cut: CancellationToken, now: Instant) -> Option<ConnectionId> {
        if self.is_dialling(id) {
            self.dialling = None;
        }
        self.connections.push(Connection { id, cut });
        // Whoever got through is alive: our stream opens at once.
        self.not_before = now;
        let evicted = (self.connections.len() > CONNECTIONS_PER_PEER).then(|| self.connections[0].id);
        if let Some(oldest) = evicted {
            self.forget(oldest);
        }
        self.count();
        evicted
    }

    /// The dial did not become a connection.
    pub(super) fn not_connected(&mut self, now: Instant, chance: u16, limits: &Limits) {
        self.dialling = None;
        self.failed(now, chance, limits);
    }

    /// A connection is gone, or shall go: its streams end. False when it was not known.
    pub(super) fn disconnected(&mut self, id: ConnectionId, now: Instant, chance: u16, limits: &Limits) -> bool {
        let known = self.forget(id);
        if self.sending == Sending::Opening(id) {
            self.not_opened(id, now, chance, limits);
        }
        self.count();
        known
    }

    /// All connections; their streams end.
    pub(super) fn cut_all(&mut self) -> Vec<ConnectionId> {
        let all: Vec<_> = self.connections.iter().map(|connection| connection.id).collect();
        for id in &all {
            self.forget(*id);
        }
        self.count();
        all
    }

    /// The token of a connection that is still wanted.
    pub(super) fn cut(&self, id: ConnectionId) -> Option<CancellationToken> {
        self.connections.iter().find(|connection| connection.id == id).map(|connection| connection.cut.clone())
    }

    pub(super) fn expects_stream_on(&self, connection: ConnectionId) -> bool {
        self.sending == Sending::Opening(connection)
    }

    pub(super) fn opened(&mut self, task: task::Id) {
        self.sending = Sending::Open(task);
    }

    pub(super) fn not_opened(&mut self, connection: ConnectionId, now: Instant, chance: u16, limits: &Limits) {
        if self.expects_stream_on(connection) {
            self.sending = Sending::Idle;
            self.failed(now, chance, limits);
        }
    }

    pub(super) fn is_sending_in(&self, task: task::Id) -> bool {
        self.sending == Sending::Open(task)
    }

    /// Our stream ended after it lived this long.
    pub(super) fn ended(&mut self, lived: Duration, now: Instant, chance: u16, limits: &Limits) {
        self.sending = Sending::Idle;
        if lived >= limits.steady {
            self.failures = 0;
        }
        self.failed(now, chance, limits);
    }

    /// Number of attempts that failed since the last steady stream.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    fn failed(&mut self, now: Instant, chance: u16, limits: &Limits) {
        self.failures = self.failures.saturating_add(1);
        self.not_before = now + backoff::delay(self.failures, chance, limits);
    }

    fn forget(&mut self, id: ConnectionId) -> bool {
        let place = self.connections.iter().position(|connection| connection.id == id);
        if let Some(place) = place {
            self.connections.remove(place).cut.cancel();
        }
        place.is_some()
    }

    fn count(&self) {
        self.peer.set_connections(self.connections.len());
    }
}
