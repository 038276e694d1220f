//! The stack of one connection: TCP, members-only TLS 1.3, bounded yamux.

use std::net::{IpAddr, SocketAddr, TcpListener};

use libp2p::core::Multiaddr;
use libp2p::core::Transport as _;
use libp2p::core::multiaddr::Protocol;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::upgrade::Version;
use libp2p::{PeerId, tcp};

use super::anteroom::Anteroom;
use super::error::LinkError;
use super::gate::Gate;
use super::limits::{Limits, PENDING_INBOUND};
use super::mux;
use super::socket::Impatient;

/// The whole stack.
pub(super) fn build(gate: Gate, limits: Limits) -> Boxed<(PeerId, StreamMuxerBox)> {
    let stack = tcp::tokio::Transport::new(tcp::Config::new())
        .map(move |socket, _| Impatient::new(socket, limits.write))
        .upgrade(Version::V1)
        .authenticate(gate)
        .multiplex(mux::Config)
        .boxed();
    Anteroom::new(stack, PENDING_INBOUND, limits.handshake).boxed()
}

/// Makes sure that nobody listens there.
///
/// libp2p sets `SO_REUSEPORT`, with which a second node on one port would start and silently take every other caller.
pub(super) fn check_free(address: SocketAddr) -> Result<(), LinkError> {
    TcpListener::bind(address).map(drop).map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => LinkError::AddressInUse { address },
        _ => LinkError::Listen { address, source },
    })
}

pub(super) fn to_multiaddr(address: SocketAddr) -> Multiaddr {
    Multiaddr::from(address.ip()).with(Protocol::Tcp(address.port()))
}

pub(super) fn to_socket_address(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::from(ip),
        Protocol::Ip6(ip) => IpAddr::from(ip),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}
