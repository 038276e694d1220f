//! When slots begin, and what is written in one: as many bytes whether there is something to say or not.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use weegnet_protocol::frame::Frame;
use weegnet_protocol::slot::{Filler, PIECES_PER_SLOT};
use weegnet_protocol::time::Millis;

use super::wire;
use crate::clock;

/// Longest that is slept before the clock is looked at again: it may have been set.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What says that a slot begins.
#[derive(Debug, Clone)]
pub(crate) enum Beat {
    /// The clock, at every multiple of the slot's length, so that all nodes write at the same moments.
    Clock,
    /// A test, each time it changes.
    #[cfg(test)]
    Hand(watch::Receiver<u64>),
}

/// The slots of one direction of a stream.
#[derive(Debug)]
pub(super) struct Slots {
    beat: Beat,
    length: Millis,
    /// The slot in which was written last, or in which this began.
    last: u64,
    filler: Filler,
}

impl Slots {
    /// None with a member with whom everything leaves at once.
    pub(super) fn new(beat: &Beat, length: Millis) -> Option<Slots> {
        let mut slots = Slots { beat: beat.clone(), length, last: 0, filler: Filler::default() };
        slots.last = slots.number();
        (length.0 > 0).then_some(slots)
    }

    /// Returns when a slot has begun in which nothing was written. Whoever comes late skips what was missed.
    async fn next(&mut self) {
        self.wait().await;
        self.last = self.number();
    }

    async fn wait(&mut self) {
        while self.number() == self.last {
            match &mut self.beat {
                Beat::Clock => {
                    let left = self.length.0 - clock::now().as_millis() % self.length.0;
                    sleep(Duration::from_millis(left).min(LOOK_EVERY)).await;
                }
                #[cfg(test)]
                Beat::Hand(hand) => {
                    if hand.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                }
            }
        }
    }

    /// All that is written in one slot, from the frames that `next` gives, each with its length before it.
    pub(super) fn write(&mut self, mut next: impl FnMut() -> Option<Vec<u8>>, batch: &mut Vec<u8>) {
        for _ in 0..PIECES_PER_SLOT {
            let piece = Frame::Slot { piece: self.filler.piece(&mut next) };
            // A piece is far smaller than a frame may be.
            batch.extend(wire::encode(&piece).unwrap_or_default());
        }
    }

    fn number(&self) -> u64 {
        match &self.beat {
            Beat::Clock => clock::now().as_millis() / self.length.0.max(1),
            #[cfg(test)]
            Beat::Hand(hand) => *hand.borrow(),
        }
    }
}

/// Returns when [`begun`] would at once; never without slots.
pub(super) async fn due(slots: &mut Option<Slots>) {
    match slots {
        Some(slots) => slots.wait().await,
        None => std::future::pending().await,
    }
}

/// Returns when a slot has begun in which nothing was written, and counts it as written; never without slots.
pub(super) async fn begun(slots: &mut Option<Slots>) {
    match slots {
        Some(slots) => slots.next().await,
        None => std::future::pending().await,
    }
}

/// Returns when another length was agreed than there was when `length` was last looked at.
pub(super) async fn changed(length: &mut watch::Receiver<Millis>) {
    if length.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
