//! What waits for one member's reply: kept here across reconnects, gone as soon as its caller stops waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore, oneshot};
use weegnet_protocol::codec::Blob;
use weegnet_protocol::frame::{Frame, RejectCode, RequestId, Shown};
use weegnet_protocol::log::{Inclusion, Receipt};
use weegnet_protocol::statement::Kind;

use super::limits::OUTBOUND_IN_FLIGHT;
use super::wire;

/// What the other side says to a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It is written down there. Nobody has verified the receipt yet.
    Receipt(Receipt),
    /// It is not taken.
    Reject(RejectCode),
}

/// What the other side says to anything of ours.
#[derive(Debug)]
pub(super) enum Said {
    Receipt(Receipt),
    Reject(RejectCode),
    Shown(Shown),
    Amended,
    Chunk(Blob, Inclusion),
}

/// Why a delivery left the outbox without a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsent {
    TooLarge { bytes: usize },
    Closed,
}

/// One member's deliveries in flight. At most [`OUTBOUND_IN_FLIGHT`]: each has a waiting caller with a permit.
#[derive(Debug)]
pub(super) struct Outbox {
    room: Semaphore,
    // A lock and not a task with an inbox: callers and the stream's writer meet here for a few map operations and never
    // across an await. When deliveries come from more than a handful of threads this stops being right.
    shelf: Mutex<Shelf>,
    work: Notify,
}

#[derive(Debug, Default)]
struct Shelf {
    closed: bool,
    last: u64,
    waiting: BTreeMap<RequestId, Waiting>,
    /// What leaves at once.
    unsent: BTreeSet<RequestId>,
    /// What leaves in slots, where there are any.
    for_slots: BTreeSet<RequestId>,
}

#[derive(Debug)]
struct Waiting {
    bytes: Vec<u8>,
    expects: Expects,
    in_slots: bool,
    reply: oneshot::Sender<Said>,
}

/// Which reply belongs to a frame of ours; a reject belongs to any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    Receipt,
    Shown,
    Amended,
    Chunk,
}

impl Expects {
    fn after(frame: &Frame) -> Self {
        match frame {
            Frame::Watch { .. } => Expects::Shown,
            Frame::Amend { .. } => Expects::Amended,
            Frame::Fetch { .. } => Expects::Chunk,
            _ => Expects::Receipt,
        }
    }
}

/// Every statement does but a publication, which goes to every core party on a schedule; who watches a log, fetches a table or
/// tells of a key does so whoever was asked about.
fn leaves_in_slots(frame: &Frame) -> bool {
    match frame {
        Frame::Deliver { statement, .. } => {
            statement.claimed_header().map_or(true, |header| header.kind != Kind::Publication)
        }
        _ => false,
    }
}

impl Outbox {
    pub(super) fn new() -> Self {
        Outbox { room: Semaphore::new(OUTBOUND_IN_FLIGHT), shelf: Mutex::default(), work: Notify::new() }
    }

    /// Sends the frame that is made with a request id; again after every reconnect, for as long as the caller waits.
    pub(super) async fn send(&self, frame: impl FnOnce(RequestId) -> Frame) -> Result<Said, Unsent> {
        let _room = self.room.acquire().await.map_err(|_| Unsent::Closed)?;
        let request = self.next_request();
        let frame = frame(request);
        let expects = Expects::after(&frame);
        let in_slots = leaves_in_slots(&frame);
        let bytes = wire::encode(&frame).map_err(|bytes| Unsent::TooLarge { bytes })?;
        let (reply, answer) = oneshot::channel();
        let _place = self.put(request, Waiting { bytes, expects, in_slots, reply })?;
        self.work.notify_one();
        answer.await.map_err(|_| Unsent::Closed)
    }

    /// Number of deliveries without a reply.
    pub(super) fn in_flight(&self) -> usize {
        self.shelf().waiting.len()
    }

    /// Everything without a reply counts as unsent again: a new stream begins.
    pub(super) fn rewind(&self) {
        let mut shelf = self.shelf();
        let shelf = &mut *shelf;
        (shelf.unsent, shelf.for_slots) = (BTreeSet::new(), BTreeSet::new());
        for (request, waiting) in &shelf.waiting {
            if waiting.in_slots { &mut shelf.for_slots } else { &mut shelf.unsent }.insert(*request);
        }
        self.work.notify_one();
    }

    /// There are no slots: what waited for one leaves with the rest.
    pub(super) fn without_slots(&self) {
        let shelf = &mut *self.shelf();
        shelf.unsent.append(&mut shelf.for_slots);
    }

    /// The next frame for a slot. What was not taken waits for the next one.
    pub(super) fn next_for_slot(&self) -> Option<Vec<u8>> {
        let shelf = &mut *self.shelf();
        while let Some(request) = shelf.for_slots.pop_first() {
            if let Some(waiting) = shelf.waiting.get(&request) {
                return Some(waiting.bytes.clone());
            }
        }
        None
    }

    /// Appends unsent frames to `batch` until it holds `most` bytes; true when none is left.
    pub(super) fn take_unsent(&self, batch: &mut Vec<u8>, most: usize) -> bool {
        let shelf = &mut *self.shelf();
        while batch.len() < most {
            let Some(request) = shelf.unsent.pop_first() else { break };
            if let Some(waiting) = shelf.waiting.get(&request) {
                batch.extend_from_slice(&waiting.bytes);
            }
        }
        shelf.unsent.is_empty()
    }

    /// Returns once something may have become unsent.
    pub(super) async fn work(&self) {
        self.work.notified().await;
    }

    /// Hands a reply to its caller; false for a request that was never made, or when it is no reply to that request. One
    /// whose caller is gone is dropped.
    pub(super) fn answered(&self, request: RequestId, said: Said) -> bool {
        let mut shelf = self.shelf();
        let known = request.0 >= 1 && request.0 <= shelf.last;
        shelf.unsent.remove(&request);
        shelf.for_slots.remove(&request);
        let Some(waiting) = shelf.waiting.remove(&request) else { return known };
        let belongs = match said {
            Said::Receipt(_) => waiting.expects == Expects::Receipt,
            Said::Shown(_) => waiting.expects == Expects::Shown,
            Said::Amended => waiting.expects == Expects::Amended,
            Said::Chunk(..) => waiting.expects == Expects::Chunk,
            Said::Reject(_) => true,
        };
        if belongs {
            // The caller may stop waiting at this very moment.
            let _ = waiting.reply.send(said);
        }
        belongs
    }

    /// Ends all waiting, now and later.
    pub(super) fn close(&self) {
        self.room.close();
        let mut shelf = self.shelf();
        shelf.closed = true;
        shelf.waiting.clear();
        shelf.unsent.clear();
    }

    fn next_request(&self) -> RequestId {
        let mut shelf = self.shelf();
        shelf.last += 1;
        RequestId(shelf.last)
    }

    fn put(&self, request: RequestId, waiting: Waiting) -> Result<Place<'_>, Unsent> {
        let mut shelf = self.shelf();
        if shelf.closed {
            return Err(Unsent::Closed);
        }
        let shelf = &mut *shelf;
        if waiting.in_slots { &mut shelf.for_slots } else { &mut shelf.unsent }.insert(request);
        shelf.waiting.insert(request, waiting);
        Ok(Place { outbox: self, request })
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // No code under the lock leaves the maps half changed.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the delivery off the shelf when its caller stops waiting.
struct Place<'a> {
    outbox: &'a Outbox,
    request: RequestId,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut shelf = self.outbox.shelf();
        shelf.waiting.remove(&self.request);
        shelf.unsent.remove(&self.request);
    }
}
