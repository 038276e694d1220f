//! yamux with a bound on what a connection may make us buffer.
//!
//! `libp2p-yamux` lets one connection's receive windows grow to 1 GiB and offers no way to change that; this is the
//! same adapter with the windows fixed at 256 KiB per stream.

use std::collections::VecDeque;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures::io::{AsyncRead, AsyncWrite};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo};
use yamux::{Connection, ConnectionError, Mode, Stream};

use super::limits::STREAMS_PER_CONNECTION;

/// Upgrades a connection to yamux.
#[derive(Clone)]
pub(super) struct Config;

impl Config {
    fn apply<C: AsyncRead + AsyncWrite + Unpin>(io: C, mode: Mode) -> Muxer<C> {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(STREAMS_PER_CONNECTION);
        // The least that yamux accepts: no window ever grows beyond its first 256 KiB.
        config.set_max_connection_receive_window(Some(STREAMS_PER_CONNECTION * yamux::DEFAULT_CREDIT as usize));
        Muxer { connection: Connection::new(io, config, mode), arrived: VecDeque::new(), waker: None }
    }
}

impl UpgradeInfo for Config {
    type Info = &'static str;
    type InfoIter = std::iter::Once<Self::Info>;

    fn protocol_info(&self) -> Self::InfoIter {
        std::iter::once("/yamux/1.0.0")
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> InboundConnectionUpgrade<C> for Config {
    type Output = Muxer<C>;
    type Error = io::Error;
    type Future = Ready<io::Result<Muxer<C>>>;

    fn upgrade_inbound(self, io: C, _: Self::Info) -> Self::Future {
        ready(Ok(Config::apply(io, Mode::Server)))
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> OutboundConnectionUpgrade<C> for Config {
    type Output = Muxer<C>;
    type Error = io::Error;
    type Future = Ready<io::Result<Muxer<C>>>;

    fn upgrade_outbound(self, io: C, _: Self::Info) -> Self::Future {
        ready(Ok(Config::apply(io, Mode::Client)))
    }
}

/// A multiplexed connection.
pub(super) struct Muxer<C> {
    connection: Connection<C>,
    /// Streams that arrived while only `poll` was called, which alone drives the connection; at most
    /// [`STREAMS_PER_CONNECTION`], since yamux ends a connection that opens more.
    arrived: VecDeque<Stream>,
    waker: Option<Waker>,
}

impl<C: AsyncRead + AsyncWrite + Unpin> Muxer<C> {
    fn poll_arrival(&mut self, cx: &mut Context<'_>) -> Poll<Result<Stream, ConnectionError>> {
        self.connection.poll_next_inbound(cx).map(|next| next.unwrap_or(Err(ConnectionError::Closed)))
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> StreamMuxer for Muxer<C> {
    type Substream = Stream;
    type Error = ConnectionError;

    fn poll_inbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Stream, ConnectionError>> {
        if let Some(stream) = self.arrived.pop_front() {
            return Poll::Ready(Ok(stream));
        }
        let arrival = self.poll_arrival(cx);
        if arrival.is_pending() {
            self.waker = Some(cx.waker().clone());
        }
        arrival
    }

    fn poll_outbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Stream, ConnectionError>> {
        self.connection.poll_new_outbound(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        self.connection.poll_close(cx)
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<StreamMuxerEvent, ConnectionError>> {
        match self.poll_arrival(cx) {
            Poll::Ready(Ok(stream)) => {
                self.arrived.push_back(stream);
                if let Some(waker) = self.waker.take() {
                    waker.wake();
                }
                // There may be more; let the others have a turn first.
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }
}
