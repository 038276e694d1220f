//! The one answer that every delivery gets, also when whoever took it forgets to.

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use weegnet_protocol::frame::{Frame, RejectCode, RequestId, Shown};
use weegnet_protocol::log::Receipt;

/// How to answer one delivery. Dropped without an answer it says [`RejectCode::Busy`].
#[derive(Debug)]
pub struct ReplyTo {
    request: RequestId,
    open: Option<(mpsc::Sender<Answer>, OwnedSemaphorePermit)>,
}

/// A reply on its way to the writer; its room is given back when it has been written.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) frame: Frame,
    pub(super) _room: OwnedSemaphorePermit,
}

impl ReplyTo {
    /// `answers` must have a place for every permit that is out.
    pub(super) fn new(request: RequestId, answers: mpsc::Sender<Answer>, room: OwnedSemaphorePermit) -> Self {
        ReplyTo { request, open: Some((answers, room)) }
    }

    /// It is written down.
    pub fn receipt(mut self, receipt: Receipt) {
        let request = self.request;
        self.send(Frame::Receipt { request, receipt });
    }

    /// It is not taken.
    pub fn reject(mut self, code: RejectCode) {
        let request = self.request;
        self.send(Frame::Reject { request, code });
    }

    /// The log as it stands, to a witness.
    pub fn shown(mut self, shown: Shown) {
        let request = self.request;
        self.send(Frame::Shown { shown, request });
    }

    fn send(&mut self, frame: Frame) {
        if let Some((answers, room)) = self.open.take() {
            // Fails only when the stream is gone; the peer then delivers again on the next one.
            let _ = answers.try_send(Answer { frame, _room: room });
        }
    }
}

impl Drop for ReplyTo {
    fn drop(&mut self) {
        let request = self.request;
        self.send(Frame::Reject { request, code: RejectCode::Busy });
    }
}
