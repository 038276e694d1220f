//! A member's stream to us: its deliveries in, our receipts and rejects back.
//!
//! What a member can make us hold is bounded in bytes; at the bound we stop reading, so that a member that floods or
//! never reads stalls itself and nobody else.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;

use futures::future::{Either, FutureExt, select};
use futures::io::{AsyncRead, AsyncReadExt, AsyncWrite, BufReader, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task;
use weegnet_protocol::Oin;
use weegnet_protocol::amendment::SignedAmendment;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::frame::{Frame, RejectCode, Watch};
use weegnet_protocol::sign::Statement;
use weegnet_protocol::slot::Emptier;

use super::error::{StreamEnd, Violation};
use super::limits::{INBOUND_FRAME_FLOOR_BYTES, INBOUND_IN_FLIGHT, Limits, READ_BUFFER_BYTES, WRITE_BATCH_BYTES};
use super::members::Peer;
use super::reply::{Answer, ReplyTo};
use super::slots::{self, Beat, Slots};
use super::wire;

/// A delivery that came in, from a member whose identity the link vouches for; the statement is unchecked.
#[derive(Debug)]
pub struct Inbound {
    /// Whose node delivered it.
    pub from: Oin,
    /// What it delivered.
    pub statement: Statement,
    /// How to answer.
    pub reply: ReplyTo,
}

/// A member that came for other than a delivery; nothing that it brings is checked.
#[derive(Debug)]
pub struct Watching {
    /// Whose node.
    pub from: Oin,
    /// What for.
    pub errand: Errand,
    /// How to answer.
    pub reply: ReplyTo,
}

/// What a member comes for beside deliveries.
#[derive(Debug)]
pub enum Errand {
    /// To look at our exchange log, as its witness, with what it holds of that.
    Watch(Watch),
    /// To tell how its own record in a convenant has changed.
    Amend(Vec<SignedAmendment>),
    /// For a piece of the table that we published under this root.
    Fetch(Hash, u64),
}

/// Where what comes in goes.
#[derive(Clone)]
pub(super) struct Desks {
    pub(super) inbound: mpsc::Sender<Inbound>,
    /// Absent where nobody shows a log: witnesses are told so.
    pub(super) watching: Option<mpsc::Sender<Watching>>,
}

impl Desks {
    /// Who comes too often is told to come back, and holds up no delivery; false when nobody is there any more.
    fn visit(&self, from: Oin, errand: Errand, reply: ReplyTo) -> bool {
        match &self.watching {
            Some(watching) => {
                !matches!(watching.try_send(Watching { from, errand, reply }), Err(TrySendError::Closed(_)))
            }
            None => {
                reply.reject(RejectCode::UnknownVersion);
                true
            }
        }
    }
}

/// Takes deliveries until the stream ends.
pub(super) async fn run<S>(stream: S, peer: &Peer, desks: &Desks, beat: &Beat, limits: &Limits) -> StreamEnd
where
    S: AsyncRead + AsyncWrite,
{
    let (reader, writer) = stream.split();
    let (answers, waiting) = mpsc::channel(INBOUND_IN_FLIGHT);
    let taking = pin!(deliveries(reader, peer, desks, answers, limits));
    let answering = pin!(replies(writer, waiting, peer, beat, limits));
    match select(taking, answering).await {
        Either::Left((end, _)) | Either::Right((end, _)) => end,
    }
}

async fn deliveries<S: AsyncRead>(
    from: ReadHalf<S>,
    peer: &Peer,
    desks: &Desks,
    answers: mpsc::Sender<Answer>,
    limits: &Limits,
) -> StreamEnd {
    let mut from = BufReader::with_capacity(READ_BUFFER_BYTES, from);
    let mut emptier = Emptier::default();
    loop {
        let (frame, bytes) = match wire::read(&mut from, limits).await {
            Ok(read) => read,
            Err(end) => return end,
        };
        peer.heard();
        let (frames, in_slot) = match wire::unpack(&mut emptier, frame) {
            Ok(frames) => frames,
            Err(violation) => return violation.into(),
        };
        for (frame, in_piece) in frames {
            let bytes = if in_slot { in_piece } else { bytes };
            if let Some(end) = take(frame, bytes, in_slot, peer, desks, &answers).await {
                return end;
            }
        }
    }
}

/// Hands on one frame; why the stream ends, if it does.
async fn take(
    frame: Frame,
    bytes: usize,
    in_slot: bool,
    peer: &Peer,
    desks: &Desks,
    answers: &mpsc::Sender<Answer>,
) -> Option<StreamEnd> {
    let (Frame::Deliver { request, .. }
    | Frame::Watch { request, .. }
    | Frame::Amend { request, .. }
    | Frame::Fetch { request, .. }) = frame
    else {
        return Some(Violation::Direction.into());
    };
    let weight = u32::try_from(bytes.max(INBOUND_FRAME_FLOOR_BYTES)).unwrap_or(u32::MAX);
    let Ok(room) = Arc::clone(&peer.inbound_room).acquire_many_owned(weight).await else {
        return Some(StreamEnd::Stopping);
    };
    let reply = ReplyTo::new(request, in_slot, answers.clone(), room);
    let from = peer.oin;
    let taken = match frame {
        Frame::Deliver { statement, .. } => desks.inbound.send(Inbound { from, statement, reply }).await.is_ok(),
        Frame::Watch { watch, .. } => desks.visit(from, Errand::Watch(watch), reply),
        Frame::Amend { amendments, .. } => desks.visit(from, Errand::Amend(amendments), reply),
        Frame::Fetch { root, chunk, .. } => desks.visit(from, Errand::Fetch(root, chunk), reply),
        _ => false,
    };
    (!taken).then_some(StreamEnd::Stopping)
}

async fn replies<S: AsyncWrite>(
    mut to: WriteHalf<S>,
    mut waiting: mpsc::Receiver<Answer>,
    peer: &Peer,
    beat: &Beat,
    limits: &Limits,
) -> StreamEnd {
    let mut length = peer.slot();
    let mut slots = Slots::new(beat, *length.borrow_and_update());
    let (mut batch, mut answers) = (Vec::new(), Vec::new());
    // Bounded by the room that each answer holds until it is written.
    let mut for_slot: VecDeque<Answer> = VecDeque::new();
    loop {
        tokio::select! {
            biased;
            // A new stream begins in the new way.
            () = slots::changed(&mut length) => return StreamEnd::Stopping,
            () = slots::due(&mut slots) => {}
            taken = waiting.recv_many(&mut answers, BATCH_ANSWERS) => if taken == 0 {
                return StreamEnd::Stopping;
            },
        }
        if !answers.is_empty() {
            // Whoever can run now may have more for this batch: a write and a TLS record for each would cost more than they say.
            task::yield_now().await;
        }
        while answers.len() < BATCH_ANSWERS
            && let Ok(answer) = waiting.try_recv()
        {
            answers.push(answer);
        }
        for_slot.extend(answers.extract_if(.., |answer| answer.in_slot && slots.is_some()));
        // In their turn with a slot, their room is given back when the slot has been written, also where the end of the last of
        // them goes on in the next.
        let mut written = Vec::new();
        if slots::begun(&mut slots).now_or_never().is_some()
            && let Some(slots) = &mut slots
        {
            let next = || {
                let answer = for_slot.pop_front()?;
                let bytes = encode(&answer.frame);
                written.push(answer);
                Some(bytes)
            };
            slots.write(next, &mut batch);
        }
        for answer in &answers {
            batch.extend_from_slice(&encode(&answer.frame));
        }
        if !batch.is_empty()
            && let Err(end) = wire::write(&mut to, &batch, waiting.is_empty(), limits).await
        {
            return end;
        }
        batch.clear();
        // With them goes their room, and who waits for a receipt to leave goes on.
        answers.clear();
    }
}

/// Receipts of about a kilobyte each make one batch.
const BATCH_ANSWERS: usize = WRITE_BATCH_BYTES / 1024;

/// A reply that exceeds a frame would be an error of our own; the peer is then told to come back.
fn encode(frame: &Frame) -> Vec<u8> {
    wire::encode(frame).unwrap_or_else(|bytes| {
        tracing::error!(bytes, "a reply exceeds the size of a frame; answered busy");
        let request = frame.request();
        wire::encode(&Frame::Reject { request, code: RejectCode::Busy }).unwrap_or_default()
    })
}
