//! A question without a match: when its answer window closes, who it was about goes, and a keyed pseudonym is all that
//! stays (H5). The answer lies under a key of its own and is delivered all the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::ConvenantId;
use weegnet_protocol::log::EntryKind;

use super::bodies::{Cause, Closed, ClosedTrace, Erased, Gone, name};
use super::plan::{Part, kind_of, no_match_rule};
use super::pseudonym::{epoch_lasts, names};
use crate::clock;
use crate::exchange::record::{CaseId, QuestionRecord, Record, Side};
use crate::exchange::{QuestionCommand, note};
use crate::journal::JournalError;
use crate::node::Node;
use crate::retention::pass::public;

/// Questions that are closed with one entry: their traces must fit into it.
const MAX_CLOSED_TOGETHER: usize = 100;

/// Closes the windows that have ended; how many persons went. What could not be written down is tried again.
pub(super) async fn close(node: &Arc<Node>, cause: Cause, pass: u64, now: Timestamp) -> Result<usize, JournalError> {
    let mut of_convenants: BTreeMap<ConvenantId, Vec<QuestionRecord>> = BTreeMap::new();
    let mut closed = 0;
    for (answer_by, case) in node.retention.ended_windows(now) {
        match forget(node, case).await {
            Some(record) => of_convenants.entry(record.matter.convenant.id().clone()).or_default().push(record),
            None => node.retention.unwatch(answer_by, case),
        }
    }
    for (convenant, records) in of_convenants {
        for some in records.chunks(MAX_CLOSED_TOGETHER) {
            if let Err(error) = close_some(node, &convenant, some, cause, pass, now).await {
                // Their owners have forgotten already; the journal has not. A record says which keys must still go.
                records_again(node, some);
                return Err(error);
            }
            closed += some.len();
        }
    }
    Ok(closed)
}

/// Closes the windows that have ended as a pass of its own.
pub(super) async fn close_now(node: &Arc<Node>, now: Timestamp) -> Result<(), JournalError> {
    let _alone = node.retention.passing.lock().await;
    let number = node.retention.lock().passes + 1;
    if close(node, Cause::Window, number, now).await? > 0 {
        node.retention.lock().passes = number;
    }
    Ok(())
}

/// The owner of the case forgets, or the projection of a case that has none; `None` when there is a match or nothing left.
async fn forget(node: &Arc<Node>, case: CaseId) -> Option<QuestionRecord> {
    if let Some(record) = node.retention.take_unclosed(&case) {
        return Some(record);
    }
    if let Some(owner) = node.questions().get(&case) {
        let (done, forgotten) = oneshot::channel();
        if owner.send(QuestionCommand::CloseWindow(done)).await.is_ok()
            && let Ok(record) = forgotten.await
        {
            return record.map(|record| *record);
        }
        // It has just ended, and left its projection.
    }
    match node.ledger.case(&case) {
        Some(Record::Question(record)) if record.is_without_match() => Some(record),
        _ => None,
    }
}

async fn close_some(
    node: &Arc<Node>,
    convenant: &ConvenantId,
    records: &[QuestionRecord],
    cause: Cause,
    pass: u64,
    now: Timestamp,
) -> Result<(), JournalError> {
    let lasts = epoch_lasts(node, convenant);
    let journal = node.ledger.journal();
    let current = node.retention.lock().epochs.current(convenant, now, lasts);
    let epoch = match current {
        Some(epoch) => epoch,
        None => node.ledger.new_case()?,
    };
    let salt = Bytes(clock::random());
    let mut erased =
        Erased { salt, pass, cause, by: None, rules: Vec::new(), gone: Vec::new(), register_rows: Vec::new() };
    let mut traces = Vec::new();
    let mut keys = Vec::new();
    for record in records {
        let Some(person) = record.person else { continue };
        let rule = no_match_rule(kind_of(&Record::Question(record.clone())).0);
        let place = erased.rules.iter().position(|known| *known == rule).unwrap_or_else(|| {
            erased.rules.push(rule);
            erased.rules.len() - 1
        });
        erased.gone.push(Gone {
            name: Some(name(&salt, &id(record))),
            rule: u16::try_from(place).unwrap_or_default(),
            slots: vec![person.slot()],
            exchange: vec![record.index.0],
            house: Vec::new(),
        });
        keys.push(person);
        // After twice that time nothing of it may be left, so none is made.
        let fresh = now < record.received + lasts + lasts;
        let named =
            record.subject.as_ref().filter(|_| fresh).and_then(|subject| names(journal, epoch, &subject.person));
        traces.extend(named.map(|names| ClosedTrace {
            asker: record.matter.from,
            received: record.received,
            question: record.index,
            names,
        }));
    }
    let mut entries = vec![public(EntryKind::Erased, &erased)];
    let closed = Closed { convenant: convenant.clone(), traces };
    if !closed.traces.is_empty() {
        let reference = records.first().map(|record| &record.matter.convenant);
        entries.push(note(EntryKind::CaseClosed, reference, epoch, closed.clone()));
    }
    let recorded = node.ledger.record((), entries).await?;
    // From here on a crash is finished by the next start: the entry names the keys.
    for record in records {
        if node.questions().get(&id(record)).is_none() {
            let mut record = record.clone();
            record.forget_person();
            node.ledger.put(&Record::Question(record));
        }
    }
    node.ledger.erase(&keys, &[])?;
    for record in records {
        node.quota.forget(&Record::Question(record.clone()));
        node.retention.unwatch(record.matter.answer_by, id(record));
    }
    if !closed.traces.is_empty() {
        let time = recorded.receipt().leaf.time;
        // The second entry of the call, in the same log.
        let index = weegnet_protocol::log::LeafIndex(recorded.index().0 + 1);
        node.retention.lock().epochs.take(epoch, closed, time, index);
    }
    Ok(())
}

fn records_again(node: &Node, records: &[QuestionRecord]) {
    let mut state = node.retention.lock();
    state.unclosed.extend(records.iter().map(|record| (id(record), record.clone())));
}

fn id(record: &QuestionRecord) -> CaseId {
    CaseId { side: Side::Question, uitvraag_id: record.matter.uitvraag_id, asker: record.matter.from }
}

impl super::Retention {
    /// Windows that have ended at `now`.
    fn ended_windows(&self, now: Timestamp) -> Vec<(Timestamp, CaseId)> {
        self.lock().windows.iter().take_while(|(answer_by, _)| *answer_by <= now).copied().collect()
    }

    /// When the next window ends.
    pub(super) fn next_window(&self) -> Option<Timestamp> {
        self.lock().windows.first().map(|(answer_by, _)| *answer_by)
    }

    fn unwatch(&self, answer_by: Timestamp, case: CaseId) {
        self.lock().windows.remove(&(answer_by, case));
    }

    fn take_unclosed(&self, case: &CaseId) -> Option<QuestionRecord> {
        self.lock().unclosed.remove(case)
    }
}

/// Whether a part of the plan is done by [`close`].
pub(super) fn is_ours(part: Part) -> bool {
    part == Part::Person
}
