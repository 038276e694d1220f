//! Forgetting: what goes when, under which term of the convenant; and that it is gone.
//!
//! | file | what it does |
//! |---|---|
//! | `plan.rs`, `trail.rs` | what there is, since when its term runs, when it goes |
//! | `pass.rs` | erases what is due: entry first, then keys, projections and counts |
//! | `window.rs` | a question without a match: who it was about goes when its answer window closes (H5) |
//! | `pseudonym.rs` | what is left of those: keyed pseudonyms whose key is replaced and destroyed |
//! | `hold.rs` | a human postpones, for a reason and until a date |
//! | `schedule.rs` | when: before serving, at the end of answer windows, daily |
//! | `proof.rs` | shows from files alone that what an entry names does not open any more |
//! | `bodies.rs` | what the entries say |
//!
//! Everything that is written about forgetting stands in the house log, so that the size of the exchange log tells nobody
//! whether a question met a match.

pub mod bodies;
mod hold;
mod pass;
mod plan;
pub mod proof;
mod pseudonym;
mod schedule;
mod trail;
mod window;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec;
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::log::EntryKind;

use crate::exchange::bodies::Note;
use crate::exchange::record::{CaseId, QuestionRecord, Record};
use crate::journal::{CaseKey, Journal, JournalError, Stored, StoredBody};

pub use hold::{Hold, HoldError, MAX_HOLD_DAYS, MAX_HOLD_REASON_BYTES};
pub use pass::{Report, RetentionError, pass};
pub use plan::{Item, Part, plan};
pub use pseudonym::{Epoch, Trace};
pub use schedule::{before_acting, before_serving, keep};

use bodies::{Closed, Erased, HoldLifted, HoldPlaced};
use pseudonym::Epochs;

/// What the node knows about forgetting; all of it stands in the journal.
#[derive(Default)]
pub struct Retention {
    state: Mutex<State>,
    /// One pass at a time.
    passing: tokio::sync::Mutex<()>,
    /// A window closes earlier than the schedule expected.
    sooner: Notify,
}

#[derive(Default)]
struct State {
    /// Number of the latest pass.
    passes: u64,
    holds: BTreeMap<UitvraagId, Hold>,
    epochs: Epochs,
    /// Questions whose answer window is open, by its end.
    windows: BTreeSet<(Timestamp, CaseId)>,
    /// Questions that their owners have forgotten and whose keys are still there: it could not be written down.
    unclosed: BTreeMap<CaseId, QuestionRecord>,
    /// Keys that an entry names as destroyed.
    named: Vec<CaseKey>,
}

impl Retention {
    /// Takes up what an entry of the house log says.
    pub fn recall(&self, journal: &Journal, stored: &Stored) -> Result<(), JournalError> {
        let kind = stored.leaf.kind;
        if !matches!(kind, EntryKind::Erased | EntryKind::HoldPlaced | EntryKind::HoldLifted | EntryKind::CaseClosed) {
            return Ok(());
        }
        // An erased body says nothing any more, and its hold or pseudonyms went with it.
        let Some(body) = journal.body(stored)? else { return Ok(()) };
        let mut state = self.lock();
        match kind {
            EntryKind::Erased => {
                if let Ok(erased) = codec::decode::<Erased>(&body) {
                    state.passes = state.passes.max(erased.pass);
                    state
                        .named
                        .extend(erased.gone.iter().flat_map(|gone| gone.slots.iter().copied().map(CaseKey::of_slot)));
                }
            }
            EntryKind::HoldPlaced => {
                if let Ok(note) = codec::decode::<Note<HoldPlaced>>(&body) {
                    state.holds.insert(note.content.uitvraag_id, Hold::of(note.content, stored.leaf.time));
                }
            }
            EntryKind::HoldLifted => {
                if let Ok(note) = codec::decode::<Note<HoldLifted>>(&body) {
                    state.holds.remove(&note.content.uitvraag_id);
                }
            }
            _ => {
                if let (StoredBody::Sealed { case, .. }, Ok(note)) =
                    (&stored.body, codec::decode::<Note<Closed>>(&body))
                {
                    state.epochs.take(*case, note.content, stored.leaf.time, stored.index);
                }
            }
        }
        Ok(())
    }

    /// Finishes what a crash left between an entry and the keys that it names: called before anything is read.
    pub fn complete(&self, journal: &Journal) -> Result<usize, JournalError> {
        let named = std::mem::take(&mut self.lock().named);
        let left: Vec<CaseKey> = named.into_iter().filter(|key| journal.has_key(*key)).collect();
        if !left.is_empty() {
            tracing::warn!(
                keys = left.len(),
                "keys that the journal names as destroyed were still there; they are destroyed now"
            );
            journal.erase_cases(&left)?;
            self.lock().epochs.forget(&left);
        }
        Ok(left.len())
    }

    /// Takes up a case: a question without a match is looked at again when its window closes.
    pub fn recall_case(&self, record: &Record) {
        if let Record::Question(question) = record
            && question.person.is_some()
            && question.is_without_match()
        {
            self.watch(question.matter.answer_by, record.id());
        }
    }

    /// A question came in: who it is about is looked at again when its window closes.
    pub fn watch(&self, answer_by: Timestamp, case: CaseId) {
        let mut state = self.lock();
        state.windows.insert((answer_by, case));
        if state.windows.first().is_some_and(|first| first.1 == case) {
            self.sooner.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one insert or remove.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
