//! The one answer that every delivery gets, also when whoever took it forgets to.

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use weegnet_protocol::codec::Blob;
use weegnet_protocol::frame::{Frame, RejectCode, RequestId, Shown};
use weegnet_protocol::log::{Inclusion, Receipt};

/// How to answer one delivery. Dropped without an answer it says [`RejectCode::Busy`].
#[derive(Debug)]
pub struct ReplyTo {
    request: RequestId,
    /// It came in a slot, and is answered in one.
    in_slot: bool,
    open: Option<(mpsc::Sender<Answer>, OwnedSemaphorePermit)>,
}

/// That a reply has left.
#[derive(Debug)]
pub struct Written(oneshot::Receiver<()>);

impl Written {
    /// Returns when the reply has been written to the connection, or the connection is gone.
    pub async fn done(self) {
        // Nothing is ever sent: the sender goes with the frame.
        let _ = self.0.await;
    }
}

/// A reply on its way to the writer; its room is given back when it has been written.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) frame: Frame,
    pub(super) in_slot: bool,
    /// Dropped with it, once it is written.
    pub(super) _written: Option<oneshot::Sender<()>>,
    pub(super) _room: OwnedSemaphorePermit,
}

impl ReplyTo {
    /// `answers` must have a place for every permit that is out.
    pub(super) fn new(
        request: RequestId,
        in_slot: bool,
        answers: mpsc::Sender<Answer>,
        room: OwnedSemaphorePermit,
    ) -> Self {
        ReplyTo { request, in_slot, open: Some((answers, room)) }
    }

    /// It is written down. What is returned resolves when the receipt has left, or never will.
    pub fn receipt(mut self, receipt: Receipt) -> Written {
        let request = self.request;
        let (writing, written) = oneshot::channel();
        self.send(Frame::Receipt { request, receipt }, Some(writing));
        Written(written)
    }

    /// It is not taken.
    pub fn reject(mut self, code: RejectCode) {
        let request = self.request;
        self.send(Frame::Reject { request, code }, None);
    }

    /// The log as it stands, to a witness.
    pub fn shown(mut self, shown: Shown) {
        let request = self.request;
        self.send(Frame::Shown { shown, request }, None);
    }

    /// A piece of our table.
    pub fn chunk(mut self, cells: Blob, inclusion: Inclusion) {
        let request = self.request;
        self.send(Frame::Chunk { cells, request, inclusion }, None);
    }

    /// The amendments are in force here. What is returned resolves as for a receipt.
    pub fn amended(mut self) -> Written {
        let request = self.request;
        let (writing, written) = oneshot::channel();
        self.send(Frame::Amended { request }, Some(writing));
        Written(written)
    }

    fn send(&mut self, frame: Frame, written: Option<oneshot::Sender<()>>) {
        if let Some((answers, room)) = self.open.take() {
            // Fails only when the stream is gone; the peer then delivers again on the next one.
            let _ = answers.try_send(Answer { frame, in_slot: self.in_slot, _written: written, _room: room });
        }
    }
}

impl Drop for ReplyTo {
    fn drop(&mut self) {
        let request = self.request;
        self.send(Frame::Reject { request, code: RejectCode::Busy }, None);
    }
}
