//! One connection: negotiates its streams, keeps its heartbeat, hands deliver streams up.
//!
//! Our own instead of `libp2p-stream`, which drops inbound streams when the acceptor is slow and knows no heartbeat:
//! here a stream is handed up through libp2p's own bounded channel and never lost.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use libp2p::core::upgrade::{InboundUpgrade, OutboundUpgrade, UpgradeInfo};
use libp2p::swarm::handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound};
use libp2p::swarm::{ConnectionHandler, ConnectionHandlerEvent, Stream, StreamProtocol, SubstreamProtocol};
use tokio::time::sleep;
use weegnet_protocol::frame;

use super::heartbeat;
use super::limits::Limits;
use super::members::Peer;

/// What streams are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Deliver,
    Heartbeat,
}

/// What a connection tells the driver.
#[derive(Debug)]
pub(super) enum FromConnection {
    /// Our deliver stream is open.
    Opened(Stream),
    /// Our deliver stream could not be opened.
    NotOpened,
    /// The peer opened its deliver stream.
    Accepted(Stream),
    /// No heartbeat for too long: close the connection.
    Silent,
}

/// What the driver tells a connection: open our deliver stream.
#[derive(Debug)]
pub(super) struct OpenDeliver;

pub(super) struct Handler {
    peer: Arc<Peer>,
    limits: Limits,
    to_open: VecDeque<Use>,
    to_tell: VecDeque<FromConnection>,
    /// Ends when the connection is dead. At first it only waits for a heartbeat stream.
    heart: Option<BoxFuture<'static, ()>>,
}

impl Handler {
    /// The side that dialled opens the heartbeat.
    pub(super) fn new(peer: Arc<Peer>, dialled: bool, limits: Limits) -> Self {
        let to_open = dialled.then_some(Use::Heartbeat).into_iter().collect();
        let heart = Some(sleep(limits.silence).boxed());
        Handler { peer, limits, to_open, to_tell: VecDeque::new(), heart }
    }

    fn beat(&mut self, stream: Stream, ours: bool) {
        let (peer, limits) = (self.peer.clone(), self.limits);
        self.heart = Some(if ours {
            async move { heartbeat::beat(stream, &peer, &limits).await }.boxed()
        } else {
            async move { heartbeat::echo(stream, &peer, &limits).await }.boxed()
        });
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = OpenDeliver;
    type ToBehaviour = FromConnection;
    type InboundProtocol = Agree;
    type OutboundProtocol = Agree;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Use;

    fn listen_protocol(&self) -> SubstreamProtocol<Agree> {
        SubstreamProtocol::new(Agree(&[Use::Deliver, Use::Heartbeat]), ()).with_timeout(self.limits.handshake)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<Agree, Use, FromConnection>> {
        if let Some(event) = self.to_tell.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(event));
        }
        if let Some(purpose) = self.to_open.pop_front() {
            let agree = match purpose {
                Use::Deliver => Agree(&[Use::Deliver]),
                Use::Heartbeat => Agree(&[Use::Heartbeat]),
            };
            let protocol = SubstreamProtocol::new(agree, purpose).with_timeout(self.limits.handshake);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        if let Some(heart) = &mut self.heart
            && heart.poll_unpin(cx).is_ready()
        {
            self.heart = None;
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(FromConnection::Silent));
        }
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, OpenDeliver: OpenDeliver) {
        self.to_open.push_back(Use::Deliver);
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Agree, Agree, (), Use>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol: (stream, purpose), .. }) => {
                match purpose {
                    Use::Deliver => self.to_tell.push_back(FromConnection::Accepted(stream)),
                    Use::Heartbeat => self.beat(stream, false),
                }
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: (stream, purpose), ..
            }) => match purpose {
                Use::Deliver => self.to_tell.push_back(FromConnection::Opened(stream)),
                Use::Heartbeat => self.beat(stream, true),
            },
            // Without a heartbeat stream the first wait runs out and closes the connection.
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info: Use::Deliver, .. }) => {
                self.to_tell.push_back(FromConnection::NotOpened);
            }
            _ => {}
        }
    }
}

/// Agrees on a stream's protocol and hands over the stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Agree(&'static [Use]);

const DELIVER: StreamProtocol = StreamProtocol::new(frame::PROTOCOL);
const HEARTBEAT: StreamProtocol = StreamProtocol::new(heartbeat::PROTOCOL);

impl UpgradeInfo for Agree {
    type Info = StreamProtocol;
    type InfoIter = std::vec::IntoIter<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        let name = |purpose: &Use| match purpose {
            Use::Deliver => DELIVER,
            Use::Heartbeat => HEARTBEAT,
        };
        self.0.iter().map(name).collect::<Vec<_>>().into_iter()
    }
}

impl InboundUpgrade<Stream> for Agree {
    type Output = (Stream, Use);
    type Error = Infallible;
    type Future = Ready<Result<(Stream, Use), Infallible>>;

    fn upgrade_inbound(self, stream: Stream, agreed: StreamProtocol) -> Self::Future {
        ready(Ok((stream, if agreed == DELIVER { Use::Deliver } else { Use::Heartbeat })))
    }
}

impl OutboundUpgrade<Stream> for Agree {
    type Output = (Stream, Use);
    type Error = Infallible;
    type Future = Ready<Result<(Stream, Use), Infallible>>;

    fn upgrade_outbound(self, stream: Stream, agreed: StreamProtocol) -> Self::Future {
        self.upgrade_inbound(stream, agreed)
    }
}
