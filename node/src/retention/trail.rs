//! Which entries are sealed under which key: a walk through both logs that opens nothing.

use std::collections::HashMap;

use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::log::{EntryKind, LeafIndex, LogName};

use crate::journal::{CaseKey, Journal, JournalError, Scanned, StoredBody};

/// Everything sealed under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trail {
    /// Entries of the exchange log.
    pub(super) exchange: Vec<u64>,
    /// Entries of the house log.
    pub(super) house: Vec<u64>,
    /// Kind of the first entry.
    pub(super) kind: EntryKind,
    /// Convenant of the first entry.
    pub(super) convenant: Option<Hash>,
    /// When the newest was recorded, but for those that only read, hold or correct: no term begins before it.
    pub(super) newest: Timestamp,
}

/// The trail of every key that was ever used.
pub(super) fn trails(journal: &Journal) -> Result<HashMap<CaseKey, Trail>, JournalError> {
    let mut trails: HashMap<CaseKey, Trail> = HashMap::new();
    for log in LogName::ALL {
        for scanned in journal.scan(log, LeafIndex(0))? {
            let Scanned::Entry(stored) = scanned? else { continue };
            let StoredBody::Sealed { case, .. } = stored.body else { continue };
            let trail = trails.entry(case).or_insert_with(|| Trail {
                exchange: Vec::new(),
                house: Vec::new(),
                kind: stored.leaf.kind,
                convenant: stored.leaf.convenant,
                newest: stored.leaf.time,
            });
            // Who reads a case, holds it, or corrects what it was told, must not lengthen its term.
            use EntryKind::{CorrectionReceived, HoldLifted, HoldPlaced, Read};
            if !matches!(stored.leaf.kind, Read | HoldPlaced | HoldLifted | CorrectionReceived) {
                trail.newest = trail.newest.max(stored.leaf.time);
            }
            match log {
                LogName::Exchange => trail.exchange.push(stored.index.0),
                LogName::House => trail.house.push(stored.index.0),
            }
        }
    }
    Ok(trails)
}
