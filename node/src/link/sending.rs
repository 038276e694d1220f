//! Our stream to one member: deliveries out, their receipts and rejects back.

use futures::future::{Either, select};
use futures::io::{AsyncRead, AsyncReadExt, AsyncWrite, BufReader, ReadHalf, WriteHalf};
use std::pin::pin;

use tokio::task;
use weegnet_protocol::frame::Frame;

use super::error::{StreamEnd, Violation};
use super::limits::{Limits, READ_BUFFER_BYTES, WRITE_BATCH_BYTES};
use super::members::Peer;
use super::outbox::Said;
use super::wire;

/// Sends what waits in the peer's outbox until the stream ends. At most one runs per peer.
pub(super) async fn run<S>(stream: S, peer: &Peer, limits: &Limits) -> StreamEnd
where
    S: AsyncRead + AsyncWrite,
{
    peer.outbox.rewind();
    let (reader, writer) = stream.split();
    let (out, back) = (pin!(deliveries(writer, peer, limits)), pin!(replies(reader, peer, limits)));
    match select(out, back).await {
        Either::Left((end, _)) | Either::Right((end, _)) => end,
    }
}

async fn deliveries<S: AsyncWrite>(mut to: WriteHalf<S>, peer: &Peer, limits: &Limits) -> StreamEnd {
    let mut batch = Vec::with_capacity(WRITE_BATCH_BYTES);
    loop {
        batch.clear();
        let last = peer.outbox.take_unsent(&mut batch, WRITE_BATCH_BYTES);
        if batch.is_empty() {
            peer.outbox.work().await;
            // Whoever can run now may have more for this batch.
            task::yield_now().await;
        } else if let Err(end) = wire::write(&mut to, &batch, last, limits).await {
            return end;
        }
    }
}

async fn replies<S: AsyncRead>(from: ReadHalf<S>, peer: &Peer, limits: &Limits) -> StreamEnd {
    let mut from = BufReader::with_capacity(READ_BUFFER_BYTES, from);
    loop {
        let frame = match wire::read(&mut from, limits).await {
            Ok((frame, _)) => frame,
            Err(end) => return end,
        };
        peer.heard();
        let (request, said) = match frame {
            Frame::Receipt { request, receipt } => (request, Said::Receipt(receipt)),
            Frame::Reject { request, code } => (request, Said::Reject(code)),
            Frame::Shown { request, shown } => (request, Said::Shown(shown)),
            Frame::Amended { request } => (request, Said::Amended),
            Frame::Chunk { cells, request, inclusion } => (request, Said::Chunk(cells, inclusion)),
            Frame::Deliver { .. } | Frame::Watch { .. } | Frame::Amend { .. } | Frame::Fetch { .. } => {
                return Violation::Direction.into();
            }
        };
        if !peer.outbox.answered(request, said) {
            return Violation::UnknownRequest.into();
        }
    }
}
