//! What is left of questions without a match: keyed pseudonyms. An epoch is one key, a slot of the vault; it takes new
//! pseudonyms for half the convenant's term, and is destroyed, with everything made under it, at the end of the term.

use std::collections::HashMap;

use weegnet_policy::convenant::RetentionKind;
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::ConvenantId;
use weegnet_protocol::log::LeafIndex;
use weegnet_protocol::person::PersonRef;
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};

use super::Retention;
use super::bodies::{Closed, ClosedTrace};
use crate::journal::{CaseKey, Journal};
use crate::node::Node;

/// One key for pseudonyms, and what was made under it.
#[derive(Debug, Clone)]
pub struct Epoch {
    /// Where the key lies.
    pub key: CaseKey,
    /// Under which convenant.
    pub convenant: ConvenantId,
    /// When the first pseudonym was made under it.
    pub since: Timestamp,
    traces: HashMap<Bytes<32>, Vec<Trace>>,
}

/// That a person was asked about and not found; who, only those can tell who name the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Who asked.
    pub asker: Oin,
    /// Under which convenant.
    pub convenant: ConvenantId,
    /// When.
    pub received: Timestamp,
    /// The question's entry in the exchange log; its body is gone.
    pub question: LeafIndex,
    /// The entry in the house log that keeps the pseudonym.
    pub closed: LeafIndex,
}

#[derive(Debug, Default)]
pub(super) struct Epochs(Vec<Epoch>);

impl Epochs {
    /// Takes pseudonyms that are recorded.
    pub(super) fn take(&mut self, key: CaseKey, closed: Closed, at: Timestamp, index: LeafIndex) {
        let Closed { convenant, traces } = closed;
        let place = match self.0.iter().position(|epoch| epoch.key == key) {
            Some(place) => place,
            None => {
                self.0.push(Epoch { key, convenant: convenant.clone(), since: at, traces: HashMap::new() });
                self.0.len() - 1
            }
        };
        let epoch = &mut self.0[place];
        epoch.since = epoch.since.min(at);
        for ClosedTrace { asker, received, question, names } in traces {
            let trace = Trace { asker, convenant: convenant.clone(), received, question, closed: index };
            for name in names {
                epoch.traces.entry(name).or_default().push(trace.clone());
            }
        }
    }

    pub(super) fn forget(&mut self, keys: &[CaseKey]) {
        self.0.retain(|epoch| !keys.contains(&epoch.key));
    }

    /// The key under which new pseudonyms are made; a new one begins when there is none, or it is older than `lasts`.
    pub(super) fn current(&self, convenant: &ConvenantId, now: Timestamp, lasts: Millis) -> Option<CaseKey> {
        let ours = self.0.iter().filter(|epoch| epoch.convenant == *convenant);
        ours.max_by_key(|epoch| epoch.since).filter(|epoch| now < epoch.since + lasts).map(|epoch| epoch.key)
    }

    pub(super) fn all(&self) -> &[Epoch] {
        &self.0
    }
}

impl Retention {
    /// The pseudonyms of a person under every key that is still there.
    pub fn pseudonyms(&self, journal: &Journal, person: &PersonRef) -> Vec<(CaseKey, Vec<Bytes<32>>)> {
        let keys: Vec<_> = self.lock().epochs.all().iter().map(|epoch| epoch.key).collect();
        keys.into_iter().filter_map(|key| Some((key, names(journal, key, person)?))).collect()
    }

    /// Questions about a person that are erased and of which a pseudonym is left: for subject access.
    pub fn traces(&self, journal: &Journal, person: &PersonRef) -> Vec<Trace> {
        let state = self.lock();
        let mut found = Vec::new();
        for epoch in state.epochs.all().iter().filter(|epoch| !epoch.traces.is_empty()) {
            let names = names(journal, epoch.key, person).unwrap_or_default();
            for trace in names.iter().filter_map(|name| epoch.traces.get(name)).flatten() {
                if !found.contains(trace) {
                    found.push(trace.clone());
                }
            }
        }
        found.sort_by_key(|trace| trace.received);
        found
    }

    /// When one asker last asked about a person, as far as pseudonyms tell: for the waiting time.
    pub fn last_asked(
        &self,
        journal: &Journal,
        convenant: &ConvenantId,
        asker: &Oin,
        person: &PersonRef,
    ) -> Option<Timestamp> {
        let ours = |trace: &Trace| trace.asker == *asker && trace.convenant == *convenant;
        self.traces(journal, person).into_iter().filter(ours).map(|trace| trace.received).max()
    }
}

/// Half the convenant's term: how long one key takes new pseudonyms. The other half they are kept.
pub(super) fn epoch_lasts(node: &Node, convenant: &ConvenantId) -> Millis {
    let policy = node.convenants.named(convenant);
    let term =
        policy.and_then(|policy| policy.ratified().terms().retention_of(RetentionKind::Pseudonym).map(|t| t.term));
    term.map_or(Millis(0), |days| Millis::hours(u64::from(days.0) * 12))
}

/// A person is the same by BSN, or by folded surname and birth date, as for the waiting time.
pub(super) fn names(journal: &Journal, key: CaseKey, person: &PersonRef) -> Option<Vec<Bytes<32>>> {
    let birth = person.birth().to_string();
    let bsn = person.bsn().map(|bsn| journal.pseudonym(key, &[b"bsn|", bsn.as_str().as_bytes()]));
    let surnames = person.folded_surnames().into_iter();
    let surnames =
        surnames.map(|name| journal.pseudonym(key, &[b"name|", name.as_str().as_bytes(), b"|", birth.as_bytes()]));
    bsn.into_iter().chain(surnames).collect()
}
