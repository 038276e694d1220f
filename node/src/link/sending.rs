//! Our stream to one member: deliveries out, their receipts and rejects back.

use futures::future::{Either, FutureExt, select};
use futures::io::{AsyncRead, AsyncReadExt, AsyncWrite, BufReader, ReadHalf, WriteHalf};
use std::pin::pin;

use tokio::task;
use weegnet_protocol::frame::Frame;
use weegnet_protocol::slot::Emptier;

use super::error::{StreamEnd, Violation};
use super::limits::{Limits, READ_BUFFER_BYTES, WRITE_BATCH_BYTES};
use super::members::Peer;
use super::outbox::Said;
use super::slots::{self, Beat, Slots};
use super::wire;

/// Sends what waits in the peer's outbox until the stream ends. At most one runs per peer.
pub(super) async fn run<S>(stream: S, peer: &Peer, beat: &Beat, limits: &Limits) -> StreamEnd
where
    S: AsyncRead + AsyncWrite,
{
    peer.outbox.rewind();
    let (reader, writer) = stream.split();
    let (out, back) = (pin!(deliveries(writer, peer, beat, limits)), pin!(replies(reader, peer, limits)));
    match select(out, back).await {
        Either::Left((end, _)) | Either::Right((end, _)) => end,
    }
}

async fn deliveries<S: AsyncWrite>(mut to: WriteHalf<S>, peer: &Peer, beat: &Beat, limits: &Limits) -> StreamEnd {
    let mut length = peer.slot();
    let mut slots = Slots::new(beat, *length.borrow_and_update());
    let mut batch = Vec::with_capacity(WRITE_BATCH_BYTES);
    loop {
        batch.clear();
        // First, so that no amount of other work keeps a slot waiting.
        if slots::begun(&mut slots).now_or_never().is_some()
            && let Some(slots) = &mut slots
        {
            slots.write(|| peer.outbox.next_for_slot(), &mut batch);
            if let Err(end) = wire::write(&mut to, &batch, true, limits).await {
                return end;
            }
            continue;
        }
        if slots.is_none() {
            peer.outbox.without_slots();
        }
        let last = peer.outbox.take_unsent(&mut batch, WRITE_BATCH_BYTES);
        if batch.is_empty() {
            tokio::select! {
                // A new stream begins in the new way.
                () = slots::changed(&mut length) => return StreamEnd::Stopping,
                () = slots::due(&mut slots) => {}
                // Whoever can run now may have more for this batch.
                () = peer.outbox.work() => task::yield_now().await,
            }
        } else if let Err(end) = wire::write(&mut to, &batch, last, limits).await {
            return end;
        }
    }
}

async fn replies<S: AsyncRead>(from: ReadHalf<S>, peer: &Peer, limits: &Limits) -> StreamEnd {
    let mut from = BufReader::with_capacity(READ_BUFFER_BYTES, from);
    let mut emptier = Emptier::default();
    loop {
        let frame = match wire::read(&mut from, limits).await {
            Ok((frame, _)) => frame,
            Err(end) => return end,
        };
        peer.heard();
        let frames = match wire::unpack(&mut emptier, frame) {
            Ok((frames, _)) => frames,
            Err(violation) => return violation.into(),
        };
        for (frame, _) in frames {
            if let Err(violation) = answered(peer, frame) {
                return violation.into();
            }
        }
    }
}

fn answered(peer: &Peer, frame: Frame) -> Result<(), Violation> {
    let (request, said) = match frame {
        Frame::Receipt { request, receipt } => (request, Said::Receipt(receipt)),
        Frame::Reject { request, code } => (request, Said::Reject(code)),
        Frame::Shown { request, shown } => (request, Said::Shown(shown)),
        Frame::Amended { request } => (request, Said::Amended),
        Frame::Chunk { cells, request, inclusion } => (request, Said::Chunk(cells, inclusion)),
        Frame::Deliver { .. }
        | Frame::Watch { .. }
        | Frame::Amend { .. }
        | Frame::Fetch { .. }
        | Frame::Slot { .. } => {
            return Err(Violation::Direction);
        }
    };
    if peer.outbox.answered(request, said) { Ok(()) } else { Err(Violation::UnknownRequest) }
}
