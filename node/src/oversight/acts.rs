//! What people did and read, as the house log holds it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec;
use weegnet_protocol::log::EntryKind;

use super::entries::{self, EntryView};
use crate::exchange::bodies::{Act, ActDenied, DraftWritten, Note, Read, Released};
use crate::exchange::record::CaseId;
use crate::exchange::weighed::{Besluit, Weging};
use crate::journal::{Journal, JournalError};
use crate::people::Actor;

/// Something a person did that concerns a case.
#[derive(Debug, Clone)]
pub struct HumanAct {
    /// Who; not known any more when the body is erased.
    pub by: Option<Actor>,
    /// In which case, as far as that is known.
    pub case: Option<CaseId>,
    /// When.
    pub at: Timestamp,
    /// Where it stands.
    pub entry: EntryView,
}

/// Every act in the house log, in its order.
pub fn all(journal: &Journal) -> Result<Vec<HumanAct>, JournalError> {
    let mut acts = Vec::new();
    entries::each(journal, |stored| {
        let body = || journal.body(&stored).ok().flatten();
        let (by, case) = match stored.leaf.kind {
            EntryKind::DraftWritten => parts(body(), |note: DraftWritten| (Some(note.by), Some(note.case))),
            EntryKind::VerdictGiven | EntryKind::WithdrawalWritten | EntryKind::NotReleased | EntryKind::FirstOfTwo => {
                parts(body(), |note: Act| (Some(note.by), Some(note.case)))
            }
            EntryKind::Released => match parts(body(), |note: Released| (note.by, Some(note.case))) {
                // Between test organisations the convenant itself let it go: nobody did.
                (None, Some(_)) => return,
                other => other,
            },
            EntryKind::Weging => parts(body(), |note: Weging| (Some(note.by), Some(note.case))),
            EntryKind::Besluit => parts(body(), |note: Besluit| (Some(note.by), Some(note.case))),
            EntryKind::Read => parts(body(), |note: Read| (Some(note.by), Some(note.case))),
            EntryKind::ActDenied => parts(body(), |note: ActDenied| (Some(note.by), None)),
            _ => return,
        };
        acts.push(HumanAct { by, case, at: stored.leaf.time, entry: EntryView::of(&stored) });
    })?;
    Ok(acts)
}

fn parts<T: Serialize + DeserializeOwned>(
    body: Option<Vec<u8>>,
    read: impl FnOnce(T) -> (Option<Actor>, Option<CaseId>),
) -> (Option<Actor>, Option<CaseId>) {
    let note = body.and_then(|body| codec::decode::<Note<T>>(&body).ok());
    note.map_or((None, None), |note| read(note.content))
}
