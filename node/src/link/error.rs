//! What can go wrong on a link, in the words of the operator (`LinkError`) and of the exchange (`DeliverError`).

use std::io;
use std::net::SocketAddr;

use weegnet_protocol::Oin;
use weegnet_protocol::codec::MAX_BYTES;

/// Why a link does not start or does not take a list of members.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Another program, or another node, has this port.
    #[error("{address} is in use by another program: stop it or choose another address")]
    AddressInUse {
        /// The configured address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// A member's link key is no usable Ed25519 key.
    #[error("the link key of {oin} is not a usable Ed25519 public key: correct the convenant's party record")]
    UnusableKey {
        /// Whose.
        oin: Oin,
    },
    /// Two members, or a member and this node, have one link key or one OIN.
    #[error(
        "{oin} stands in the list of members with the OIN or the link key of another member: correct the convenant"
    )]
    Duplicate {
        /// The later of the two.
        oin: Oin,
    },
    /// The TLS library would write session keys to a file.
    #[error("SSLKEYLOGFILE is set, so session keys would be written to a file: unset it and start again")]
    KeyLogging,
    /// The certificate or the first handshake failed.
    #[error("cannot prepare TLS: {reason}")]
    Tls {
        /// What the library says.
        reason: String,
    },
    /// The link has been stopped.
    #[error("the link has been stopped")]
    Stopped,
}

/// Why a delivery ended without a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeliverError {
    /// The addressee is not a member, or stopped being one while the delivery waited.
    #[error("{oin} is not a member of any convenant in force here")]
    NotAMember {
        /// The addressee.
        oin: Oin,
    },
    /// The statement does not fit in a frame.
    #[error("a frame of {bytes} bytes is too large: the limit is {MAX_BYTES}")]
    TooLarge {
        /// What the frame would be.
        bytes: usize,
    },
    /// No reply before the deadline; whether it arrived is unknown, delivering again is safe.
    #[error("no reply before the deadline: try again later")]
    Deadline,
    /// The link has been stopped; whether it arrived is unknown, delivering again is safe.
    #[error("the link has been stopped")]
    Stopped,
}

/// Why a stream ended; the peer learns nothing but the end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamEnd {
    #[error("closed by the peer")]
    Closed,
    #[error("broken: {0}")]
    Broken(#[from] io::Error),
    #[error("the peer does not read what it is sent")]
    NotRead,
    #[error("the peer broke the protocol: {0}")]
    Violation(#[from] Violation),
    #[error("this node stops")]
    Stopping,
}

/// What no honest peer sends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Violation {
    #[error("a frame of {len} bytes")]
    Length { len: usize },
    #[error(transparent)]
    Malformed(#[from] weegnet_protocol::codec::DecodeError),
    #[error("a frame that does not belong in this direction")]
    Direction,
    #[error(transparent)]
    Slot(#[from] weegnet_protocol::slot::NotAPiece),
    #[error("a reply to a delivery that was never made")]
    UnknownRequest,
    #[error("a frame that stopped half-way")]
    HalfFrame,
}
