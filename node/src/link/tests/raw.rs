//! A libp2p client that is not ours: plain TLS, plain yamux, streams by hand.

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::core::Transport as _;
use libp2p::core::upgrade::Version;
use libp2p::swarm::SwarmEvent;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{PeerId, Stream, StreamProtocol, Swarm, swarm, tcp, tls, yamux};
use libp2p_stream::{Control, IncomingStreams};
use tokio::sync::watch;
use weegnet_protocol::codec;
use weegnet_protocol::frame::{Frame, PROTOCOL, RequestId};

use super::*;
use crate::link::identity;
use crate::link::transport::to_multiaddr;

pub(super) struct Client {
    node: PeerId,
    control: Control,
    incoming: IncomingStreams,
    /// Connections that are open.
    pub(super) open: watch::Receiver<usize>,
    /// How the dial failed, if it did.
    pub(super) failed: watch::Receiver<Option<String>>,
    _driver: tokio_util::task::AbortOnDropHandle<()>,
}

impl Client {
    /// Dials the node with the link key of `number`; returns when that succeeded or failed.
    pub(super) async fn dial(number: u8, node: &Node) -> Client {
        let key = identity::keypair(&seed(number));
        let transport = tcp::tokio::Transport::default()
            .upgrade(Version::V1)
            .authenticate(tls::Config::new(&key).unwrap())
            .multiplex(yamux::Config::default())
            .boxed();
        let streams = libp2p_stream::Behaviour::new();
        let mut control = streams.new_control();
        let incoming = control.accept(StreamProtocol::new(PROTOCOL)).unwrap();
        let config = swarm::Config::with_tokio_executor().with_idle_connection_timeout(PATIENCE * 10);
        let mut swarm = Swarm::new(transport, streams, key.public().to_peer_id(), config);
        let peer = identity::peer_id(&node.member().key).unwrap();
        let options = DialOpts::peer_id(peer).addresses(vec![to_multiaddr(node.link.listen_address())]);
        swarm.dial(options.allocate_new_port().build()).unwrap();
        let (count, open) = watch::channel(0);
        let (failure, failed) = watch::channel(None);
        let driver = tokio::spawn(async move {
            loop {
                match swarm.select_next_some().await {
                    SwarmEvent::ConnectionEstablished { .. } => count.send_modify(|open| *open += 1),
                    SwarmEvent::ConnectionClosed { .. } => count.send_modify(|open| *open -= 1),
                    SwarmEvent::OutgoingConnectionError { error, .. } => {
                        failure.send_replace(Some(format!("{error:?}")));
                    }
                    _ => {}
                }
            }
        });
        let _driver = tokio_util::task::AbortOnDropHandle::new(driver);
        let client = Client { node: peer, control, incoming, open, failed, _driver };
        eventually("the dial ends", || client.is_open() || client.failed.borrow().is_some()).await;
        client
    }

    pub(super) fn is_open(&self) -> bool {
        *self.open.borrow() > 0
    }

    /// Returns once the connection is gone.
    pub(super) async fn closed(&self) {
        timeout(PATIENCE, self.open.clone().wait_for(|open| *open == 0)).await.unwrap().unwrap();
    }

    pub(super) async fn open(&self) -> Stream {
        self.try_open(PROTOCOL).await.unwrap()
    }

    /// The next stream that the node opens.
    pub(super) async fn accepted(&mut self) -> Stream {
        timeout(PATIENCE, self.incoming.next()).await.unwrap().unwrap().1
    }

    pub(super) async fn try_open(&self, protocol: &'static str) -> Option<Stream> {
        let mut control = self.control.clone();
        let opening = control.open_stream(self.node, StreamProtocol::new(protocol));
        timeout(PATIENCE, opening).await.unwrap().ok()
    }
}

pub(super) fn delivery(request: u64, text: &str) -> Frame {
    Frame::Deliver { request: RequestId(request), statement: statement(text) }
}

/// Length and value, whatever they are.
pub(super) fn framed(value: &[u8]) -> Vec<u8> {
    [&u32::try_from(value.len()).unwrap().to_be_bytes()[..], value].concat()
}

pub(super) async fn send(stream: &mut Stream, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
    stream.flush().await.unwrap();
}

pub(super) async fn send_frame(stream: &mut Stream, frame: &Frame) {
    send(stream, &framed(&codec::encode(frame))).await;
}

/// The next frame; `None` when the stream has ended.
pub(super) async fn receive(stream: &mut Stream) -> Option<Frame> {
    let read = async {
        let mut head = [0; 4];
        stream.read_exact(&mut head).await.ok()?;
        let mut value = vec![0; u32::from_be_bytes(head) as usize];
        stream.read_exact(&mut value).await.ok()?;
        Some(codec::decode(&value).unwrap())
    };
    timeout(PATIENCE, read).await.unwrap()
}

/// Whether one delivery on this stream gets its receipt.
pub(super) async fn works(stream: &mut Stream) -> bool {
    send_frame(stream, &delivery(77, "still there?")).await;
    matches!(receive(stream).await, Some(Frame::Receipt { request: RequestId(77), .. }))
}
