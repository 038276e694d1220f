//! Legal hold: a privacy officer postpones the erasure of what this node holds about one uitvraag.

use weegnet_protocol::Timestamp;
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::time::Millis;

use super::Retention;
use super::bodies::{HoldLifted, HoldPlaced};
use crate::exchange::note;
use crate::exchange::record::Record;
use crate::journal::{Entry, JournalError};
use crate::node::Node;
use crate::people::Actor;

/// Longest hold; it can be renewed.
pub const MAX_HOLD_DAYS: u64 = 366;
/// Longest reason: 2,000 bytes.
pub const MAX_HOLD_REASON_BYTES: usize = 2000;

/// A hold that was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Which uitvraag.
    pub uitvraag_id: UitvraagId,
    /// Who placed it.
    pub by: Actor,
    /// Why.
    pub reason: String,
    /// When.
    pub placed: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// Why a hold cannot be placed or lifted.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// Nothing to hold.
    #[error(
        "there is nothing of this uitvraag here to hold; if it was here, it has been erased and cannot be brought back: \
         'weegnet retention proof' shows when"
    )]
    NothingThere,
    /// In the past, or too far.
    #[error("a hold ends after today and within {MAX_HOLD_DAYS} days; it can be renewed by placing it again")]
    Until,
    /// No reason.
    #[error("give the reason of the hold, at most {MAX_HOLD_REASON_BYTES} bytes")]
    Reason,
    /// No such hold.
    #[error("no hold lies on this uitvraag")]
    NoHold,
    /// Not written down, so not done.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Hold {
    pub(super) fn of(placed: HoldPlaced, at: Timestamp) -> Self {
        let HoldPlaced { by, uitvraag_id, reason, until } = placed;
        Hold { uitvraag_id, by, reason, placed: at, until }
    }
}

impl Retention {
    /// Holds that have not run out.
    pub fn holds(&self, now: Timestamp) -> Vec<Hold> {
        self.lock().holds.values().filter(|hold| now < hold.until).cloned().collect()
    }

    /// Until when erasure of an uitvraag is postponed.
    pub fn held_until(&self, uitvraag_id: &UitvraagId, now: Timestamp) -> Option<Timestamp> {
        self.lock().holds.get(uitvraag_id).map(|hold| hold.until).filter(|until| now < *until)
    }

    /// Postpones erasure; a newer hold replaces an older one.
    pub async fn place(&self, node: &Node, placed: HoldPlaced, now: Timestamp) -> Result<Hold, HoldError> {
        if placed.reason.trim().is_empty() || placed.reason.len() > MAX_HOLD_REASON_BYTES {
            return Err(HoldError::Reason);
        }
        if placed.until <= now || now + Millis::hours(24 * MAX_HOLD_DAYS) < placed.until {
            return Err(HoldError::Until);
        }
        let _no_pass = self.passing.lock().await;
        let entries = sealed_with_each(node, &placed.uitvraag_id, EntryKind::HoldPlaced, &placed);
        if entries.is_empty() {
            return Err(HoldError::NothingThere);
        }
        let recorded = node.ledger.record((), entries).await?;
        let hold = Hold::of(placed, recorded.receipt().leaf.time);
        self.lock().holds.insert(hold.uitvraag_id, hold.clone());
        Ok(hold)
    }

    /// Ends a hold before its date.
    pub async fn lift(&self, node: &Node, lifted: HoldLifted, now: Timestamp) -> Result<(), HoldError> {
        if lifted.reason.trim().is_empty() || lifted.reason.len() > MAX_HOLD_REASON_BYTES {
            return Err(HoldError::Reason);
        }
        if self.held_until(&lifted.uitvraag_id, now).is_none() {
            return Err(HoldError::NoHold);
        }
        let entries = sealed_with_each(node, &lifted.uitvraag_id, EntryKind::HoldLifted, &lifted);
        if entries.is_empty() {
            return Err(HoldError::NothingThere);
        }
        node.ledger.record((), entries).await?;
        self.lock().holds.remove(&lifted.uitvraag_id);
        Ok(())
    }
}

/// One entry for each case of the uitvraag here, sealed with that case: a hold lasts no longer than what it holds.
fn sealed_with_each<T: serde::Serialize + Clone>(
    node: &Node,
    uitvraag_id: &UitvraagId,
    kind: EntryKind,
    content: &T,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    node.ledger.each_case(|record| {
        if record.id().uitvraag_id == *uitvraag_id {
            let convenant = match &record {
                Record::Own(own) => &own.matter.convenant,
                Record::Approval(approval) => &approval.matter.convenant,
                Record::Question(question) => &question.matter.convenant,
            };
            entries.push(note(kind, Some(convenant), record.vault(), content.clone()));
        }
    });
    entries
}
