//! Entries as anybody may see them: leaf and header, nothing of a body.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use weegnet_protocol::Oin;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::{ConvenantId, EntryId};
use weegnet_protocol::log::{EntryKind, LeafIndex, LogName};
use weegnet_protocol::sign::Envelope;

use crate::journal::{CaseKey, Journal, JournalError, Scanned, Stored, StoredBody};

/// One entry without its body.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct EntryView {
    /// Its log.
    pub log: LogName,
    /// Its place.
    pub index: u64,
    /// When, RFC 3339.
    pub time: String,
    /// What happened.
    pub kind: EntryKind,
    /// Its name.
    pub id: EntryId,
    /// Who said it, if it is a statement.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issuer: Option<Oin>,
    /// To whom.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub audience: Option<Oin>,
    /// Under which convenant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub convenant: Option<ConvenantId>,
    /// SHA-256 of the body.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<Hash>,
    /// SHA-256 of the statement's envelope.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub statement: Option<Hash>,
}

impl EntryView {
    /// Of a stored entry.
    pub fn of(stored: &Stored) -> Self {
        let header = stored.envelope.as_ref().and_then(|envelope| Envelope::decode(&envelope.0).ok()).map(|e| e.header);
        EntryView {
            log: stored.log,
            index: stored.index.0,
            time: stored.leaf.time.to_string(),
            kind: stored.leaf.kind,
            id: stored.leaf.id,
            issuer: header.as_ref().map(|header| header.issuer),
            audience: header.as_ref().map(|header| header.audience),
            convenant: header.as_ref().map(|header| header.convenant.id().clone()),
            body: stored.leaf.body,
            statement: stored.leaf.statement,
        }
    }

    /// Log and index, as `log show` takes them.
    pub fn place(&self) -> String {
        format!("{}/{}", self.log.as_str(), self.index)
    }
}

/// The name of a kind in data.
pub fn kind_name(kind: EntryKind) -> String {
    serde_json::to_value(kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Shows every entry of both logs once, the exchange log first.
pub fn each(journal: &Journal, mut show: impl FnMut(Stored)) -> Result<(), JournalError> {
    for log in LogName::ALL {
        for scanned in journal.scan(log, LeafIndex(0))? {
            if let Scanned::Entry(stored) = scanned? {
                show(stored);
            }
        }
    }
    Ok(())
}

/// Under whose key an entry's body is sealed: everything about one case is under one.
pub fn slot(stored: &Stored) -> Option<CaseKey> {
    match stored.body {
        StoredBody::Sealed { case, .. } => Some(case),
        _ => None,
    }
}

/// Which entries belong to which case.
pub type ByCase = HashMap<CaseKey, Vec<EntryView>>;

/// The entries of every case, in the order of the logs. A question that came in is sealed under a key of its own, or not at
/// all, so that who it is about can go before the rest: it belongs to the decision right behind it.
pub fn by_case(journal: &Journal) -> Result<ByCase, JournalError> {
    let mut found = ByCase::new();
    let mut question = None;
    each(journal, |stored| {
        let received = question.take();
        let view = EntryView::of(&stored);
        match slot(&stored) {
            _ if view.kind == EntryKind::QuestionReceived => question = Some(view),
            Some(slot) => {
                let decided = view.kind == EntryKind::PolicyDecision;
                found.entry(slot).or_default().extend(received.filter(|_| decided).into_iter().chain([view]));
            }
            None => {}
        }
    })?;
    Ok(found)
}
