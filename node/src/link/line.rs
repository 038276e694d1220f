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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::members::{Member, Roster};

    const LIMITS: Limits = Limits::STANDARD;

    fn line(now: Instant) -> Line {
        let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key().to_bytes();
        let address = ([127, 0, 0, 1], 1).into();
        let oin = "00000099000000001001".parse().unwrap();
        let other = ("00000099000000001002".parse().unwrap(), libp2p::PeerId::random());
        let roster = Roster::default()
            .next(vec![Member { oin, key, address, slot: weegnet_protocol::time::Millis(0) }], other)
            .unwrap();
        Line::new(roster.by_oin(&oin).unwrap().clone(), address, now)
    }

    fn connection(number: usize) -> ConnectionId {
        ConnectionId::new_unchecked(number)
    }

    #[test]
    fn dials_first_then_opens_on_the_newest_connection() {
        let now = Instant::now();
        let mut line = line(now);
        assert_eq!(line.next(now), Next::Dial);
        line.dialling(connection(1));
        assert_eq!(line.next(now), Next::Nothing);
        // The peer got through first.
        assert_eq!(line.connected(connection(2), CancellationToken::new(), now), None);
        assert_eq!(line.next(now), Next::Open(connection(2)));
        line.opening(connection(2));
        assert_eq!(line.connected(connection(1), CancellationToken::new(), now), None);
        assert_eq!(line.next(now), Next::Nothing);
        assert!(line.expects_stream_on(connection(2)));
    }

    #[test]
    fn losing_the_connection_on_which_it_opens_falls_back_to_the_other() {
        let now = Instant::now();
        let mut line = line(now);
        line.connected(connection(1), CancellationToken::new(), now);
        line.connected(connection(2), CancellationToken::new(), now);
        line.opening(connection(2));
        assert!(line.disconnected(connection(2), now, 0, &LIMITS));
        assert_eq!(line.next(now), Next::Nothing, "not at once");
        assert_eq!(line.next(now + LIMITS.redial_first), Next::Open(connection(1)));
    }

    #[test]
    fn evicts_and_cuts_the_oldest() {
        let now = Instant::now();
        let mut line = line(now);
        let cut = CancellationToken::new();
        line.connected(connection(1), cut.clone(), now);
        line.connected(connection(2), CancellationToken::new(), now);
        assert_eq!(line.connected(connection(3), CancellationToken::new(), now), Some(connection(1)));
        assert!(cut.is_cancelled() && line.cut(connection(1)).is_none());
        assert!(!line.disconnected(connection(1), now, 0, &LIMITS), "its end is no news");
    }

    #[test]
    fn a_peer_that_connects_but_closes_every_stream_is_tried_ever_more_rarely() {
        let mut now = Instant::now();
        let mut line = line(now);
        line.connected(connection(1), CancellationToken::new(), now);
        let mut waits = Vec::new();
        for _ in 0..10 {
            assert_eq!(line.next(now), Next::Open(connection(1)));
            line.opening(connection(1));
            line.ended(Duration::ZERO, now, u16::MAX, &LIMITS);
            let due = line.due().unwrap();
            waits.push(due - now);
            now = due;
        }
        assert!(waits.is_sorted() && waits[0] == LIMITS.redial_first && waits[9] == LIMITS.redial_most, "{waits:?}");
    }

    #[test]
    fn a_steady_stream_makes_up_for_earlier_failures() {
        let now = Instant::now();
        let mut line = line(now);
        for _ in 0..9 {
            line.not_connected(now, u16::MAX, &LIMITS);
        }
        line.ended(LIMITS.steady, now, u16::MAX, &LIMITS);
        assert_eq!(line.due(), Some(now + LIMITS.redial_first));
    }

    #[test]
    fn word_of_a_connection_that_no_longer_counts_changes_nothing() {
        let now = Instant::now();
        let mut line = line(now);
        line.connected(connection(1), CancellationToken::new(), now);
        line.opening(connection(1));
        line.not_opened(connection(7), now, 0, &LIMITS);
        assert!(line.expects_stream_on(connection(1)) && line.failures() == 0);
    }
}
