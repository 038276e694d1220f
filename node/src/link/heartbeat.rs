//! One byte to and fro on a stream of its own, so that both ends notice a connection that is dead without saying so.
//!
//! Not libp2p's ping: that one measures, reports and keeps counters; this one carries a zero byte and nothing else.

use std::io;

use futures::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use super::limits::Limits;
use super::members::Peer;

/// Name of the heartbeat's stream protocol.
pub(super) const PROTOCOL: &str = "/weegnet/heartbeat/1";

/// The side that dialled: a byte every `limits.beat`. Returns when none came back for `limits.silence`.
pub(super) async fn beat<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, peer: &Peer, limits: &Limits) {
    let mut byte = [0];
    loop {
        let there_and_back = async {
            stream.write_all(&[0]).await?;
            stream.flush().await?;
            stream.read_exact(&mut byte).await
        };
        if !in_time(there_and_back, limits).await {
            return;
        }
        peer.heard();
        sleep(limits.beat).await;
    }
}

/// The side that was dialled: sends every byte back. Returns when none came for `limits.silence`.
pub(super) async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, peer: &Peer, limits: &Limits) {
    let mut byte = [0];
    loop {
        let there_and_back = async {
            stream.read_exact(&mut byte).await?;
            stream.write_all(&byte).await?;
            stream.flush().await
        };
        if !in_time(there_and_back, limits).await {
            return;
        }
        peer.heard();
        // Bytes that come faster than beats wait in the stream's window, where they cost nothing.
        sleep(limits.beat / 2).await;
    }
}

async fn in_time<T>(work: impl Future<Output = io::Result<T>>, limits: &Limits) -> bool {
    matches!(timeout(limits.silence, work).await, Ok(Ok(_)))
}
