//! What libp2p asks of us: a handler per connection, for members only, and a letter box between driver and handlers.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use libp2p::PeerId;
use libp2p::core::transport::PortUse;
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, THandlerInEvent, ToSwarm,
};
use tokio::sync::watch;

use super::gate::Refused;
use super::handler::{FromConnection, Handler, OpenDeliver};
use super::limits::Limits;
use super::members::Roster;

pub(super) struct Behaviour {
    roster: watch::Receiver<Roster>,
    limits: Limits,
    // Bounded by the driver: one request per peer at a time, one event per poll of a handler.
    queue: VecDeque<ToSwarm<Event, OpenDeliver>>,
    waker: Option<Waker>,
}

/// Something happened on a connection.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) peer: PeerId,
    pub(super) connection: ConnectionId,
    pub(super) what: FromConnection,
}

impl Behaviour {
    pub(super) fn new(roster: watch::Receiver<Roster>, limits: Limits) -> Self {
        Behaviour { roster, limits, queue: VecDeque::new(), waker: None }
    }

    /// Opens our deliver stream on a connection; answered by `Opened`, `NotOpened` or the connection's end.
    pub(super) fn open_deliver(&mut self, peer_id: PeerId, connection: ConnectionId) {
        let handler = NotifyHandler::One(connection);
        self.queue.push_back(ToSwarm::NotifyHandler { peer_id, handler, event: OpenDeliver });
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// The second look: who was a member during the handshake may not be one any more.
    fn handler(&self, peer: &PeerId, dialled: bool) -> Result<Handler, ConnectionDenied> {
        let roster = self.roster.borrow();
        let (peer, _) = roster.by_id(peer).ok_or_else(|| ConnectionDenied::new(Refused::Stranger))?;
        Ok(Handler::new(peer.clone(), dialled, self.limits))
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Event;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<Handler, ConnectionDenied> {
        self.handler(&peer, false)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<Handler, ConnectionDenied> {
        self.handler(&peer, true)
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, what: FromConnection) {
        self.queue.push_back(ToSwarm::GenerateEvent(Event { peer, connection, what }));
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Event, THandlerInEvent<Self>>> {
        match self.queue.pop_front() {
            Some(event) => Poll::Ready(event),
            None => {
                self.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_left_during_the_handshake_gets_no_handler() {
        let (_list, roster) = watch::channel(Roster::default());
        let mut behaviour = Behaviour::new(roster, Limits::STANDARD);
        let (id, stranger, nowhere) = (ConnectionId::new_unchecked(1), PeerId::random(), Multiaddr::empty());
        assert!(behaviour.handle_established_inbound_connection(id, stranger, &nowhere, &nowhere).is_err());
        let dialled = (Endpoint::Dialer, PortUse::New);
        assert!(
            behaviour.handle_established_outbound_connection(id, stranger, &nowhere, dialled.0, dialled.1).is_err()
        );
    }
}
