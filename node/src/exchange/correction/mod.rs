//! Corrections go beside the cases: a case may have ended, been withdrawn or been erased, and who heard something about a
//! person must still be told that it was wrong. No case machine takes part, and none is disturbed.
//!
//! Everything here stands in the journal; a start takes it up from there.

mod heard;
mod told;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::id::StatementId;
use weegnet_protocol::log::{EntryKind, LeafIndex};
use weegnet_protocol::sign::{Envelope, Header};
use weegnet_protocol::{Oin, Timestamp};

use super::outbox::Delivered;
use super::record::Sent;
use crate::journal::Stored;

pub(super) use heard::take;
pub(super) use told::resume;
pub use told::{Telling, tell};

/// What was said wrongly: by us, and to us.
#[derive(Debug, Default)]
pub struct Corrections {
    state: Mutex<State>,
    /// Held while somebody tells, or handles: nobody is told twice because two officers decide at once.
    pub deciding: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct State {
    told: BTreeMap<StatementId, Told>,
    heard: BTreeMap<StatementId, Heard>,
}

#[derive(Debug)]
struct Told {
    sent: Sent,
    ended: Option<Delivered>,
}

/// A correction that came in.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// Who said it.
    pub from: Oin,
    /// When it was written down.
    pub at: Timestamp,
    /// Where it stands in the exchange log.
    pub index: LeafIndex,
    /// Where it stands in the house log that a privacy officer is done with it.
    pub handled: Option<LeafIndex>,
}

/// How far a correction of ours is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// It is tried again until it is taken or its time has passed.
    UnderWay,
    /// The recipient's receipt is kept.
    Receipted,
    /// The recipient's node does not take it.
    Rejected,
    /// Its time passed.
    Expired,
}

impl Progress {
    /// Whether nothing more need be sent.
    pub fn is_told(self) -> bool {
        matches!(self, Progress::UnderWay | Progress::Receipted)
    }
}

impl Corrections {
    /// Takes up an entry.
    pub fn recall(&self, stored: &Stored) {
        let kind = stored.leaf.kind;
        let header = || Some(Envelope::decode(&stored.envelope.as_ref()?.0).ok()?.header);
        match kind {
            EntryKind::CorrectionSent => {
                if let Some(Header { id, audience, expires, .. }) = header() {
                    let sent = Sent { id, to: audience, index: stored.index, expires, settled: false };
                    self.lock().told.insert(id, Told { sent, ended: None });
                }
            }
            EntryKind::CorrectionReceived => {
                if let Some(Header { id, issuer, .. }) = header() {
                    let heard = Heard { from: issuer, at: stored.leaf.time, index: stored.index, handled: None };
                    self.lock().heard.insert(id, heard);
                }
            }
            EntryKind::CorrectionHandled => {
                // Named as the correction is, so that it counts also when what it says is erased.
                if let Ok(id) = StatementId::from_bytes(*stored.leaf.id.as_bytes()) {
                    self.handled(&id, stored.index);
                }
            }
            _ => {}
        }
    }

    /// A peer's receipt is kept; for a correction of ours, or anything else.
    pub fn receipted(&self, id: &StatementId) {
        self.ended(id, Delivered::Receipted);
    }

    /// How far a correction of ours is.
    pub fn progress(&self, id: &StatementId, now: Timestamp) -> Option<Progress> {
        self.lock().told.get(id).map(|told| match told.ended {
            Some(Delivered::Receipted) => Progress::Receipted,
            Some(Delivered::Rejected(RejectCode::Expired) | Delivered::Expired) => Progress::Expired,
            Some(Delivered::Rejected(_)) => Progress::Rejected,
            None if now >= told.sent.expires => Progress::Expired,
            None => Progress::UnderWay,
        })
    }

    /// Every correction that came in, in the order of their ids, which is about that of time.
    pub fn all_heard(&self) -> Vec<(StatementId, Heard)> {
        self.lock().heard.iter().map(|(id, heard)| (*id, *heard)).collect()
    }

    /// One that came in.
    pub fn heard(&self, id: &StatementId) -> Option<Heard> {
        self.lock().heard.get(id).copied()
    }

    /// A privacy officer is done with one.
    pub fn handled(&self, id: &StatementId, entry: LeafIndex) {
        if let Some(heard) = self.lock().heard.get_mut(id) {
            heard.handled = Some(entry);
        }
    }

    fn ended(&self, id: &StatementId, how: Delivered) {
        if let Some(told) = self.lock().told.get_mut(id) {
            told.ended = Some(how);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one insert or one field.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_is_told_until_its_time_has_passed_or_it_is_refused() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let expires = now + weegnet_protocol::statement::CORRECTION_DELIVERY;
        let id = StatementId::new(now, [1; 10]);
        let to = "00000099000000001000".parse().unwrap();
        let corrections = Corrections::default();
        assert_eq!(corrections.progress(&id, now), None);
        let sent = Sent { id, to, index: LeafIndex(7), expires, settled: false };
        corrections.lock().told.insert(id, Told { sent, ended: None });
        for (ended, at, progress) in [
            (None, now, Progress::UnderWay),
            (None, expires, Progress::Expired),
            (Some(Delivered::Expired), now, Progress::Expired),
            (Some(Delivered::Rejected(RejectCode::Expired)), now, Progress::Expired),
            (Some(Delivered::Rejected(RejectCode::Unrelated)), now, Progress::Rejected),
            (Some(Delivered::Receipted), expires, Progress::Receipted),
        ] {
            corrections.lock().told.get_mut(&id).unwrap().ended = ended;
            assert_eq!(corrections.progress(&id, at), Some(progress), "{ended:?}");
            let again = matches!(progress, Progress::Expired | Progress::Rejected);
            assert_eq!(progress.is_told(), !again, "{ended:?}");
        }
    }

    #[test]
    fn a_receipt_for_anything_else_changes_nothing() {
        let corrections = Corrections::default();
        let id = StatementId::new(Timestamp::from_seconds(1), [2; 10]);
        corrections.receipted(&id);
        corrections.handled(&id, LeafIndex(1));
        assert!(corrections.all_heard().is_empty() && corrections.progress(&id, Timestamp::from_seconds(2)).is_none());
    }
}
