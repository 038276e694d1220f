//! A correction that came in. The sender gets the same receipt whatever is, was or never was known here, and nothing but
//! one entry changes: a privacy officer decides what follows.

use weegnet_protocol::Oin;
use weegnet_protocol::Timestamp;
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::log::{EntryKind, LogName};
use weegnet_protocol::sign::{Envelope, Verified};
use weegnet_protocol::statement::{Corrected, Correction};

use super::{Corrections, Heard};
use crate::clock;
use crate::exchange::case::{Delivery, received};
use crate::exchange::own::unrelated;
use crate::exchange::record::{CaseId, Record, Side};
use crate::journal::{CaseKey, EntryBody, JournalError, Stored, StoredBody};
use crate::node::Node;

/// Corrections that one organisation gets written down here in a day (UTC); more are told to come back. It counts all of
/// them alike: a bound per case would tell which cases are still there.
const MAX_A_DAY: usize = 100;

/// Takes a verified correction to its end: a receipt, or a reject.
pub async fn take(node: &Node, correction: Verified<Correction>, reply: Delivery) -> Result<(), JournalError> {
    let (header, content) = (correction.header(), correction.content());
    // By the statement's id: that is remembered for good, also when the case is erased.
    let Some(seen) = node.ledger.seen(&content.about().id) else { return unrelated(reply) };
    let Ok(said) = node.ledger.journal().read(LogName::Exchange, seen.index) else {
        reply.reject(RejectCode::Busy);
        return Ok(());
    };
    let envelope = said.envelope.as_ref().and_then(|bytes| Envelope::decode(&bytes.0).ok());
    if envelope.is_none_or(|envelope| content.belongs_to(header, &envelope.header, &seen.hash).is_err()) {
        return unrelated(reply);
    }
    let policy = node.convenants.policy(&header.convenant);
    // Its one text is the contact point that all parties signed, or it would be a way to say anything.
    if policy.and_then(|policy| policy.ratified().contact(&header.issuer).cloned()).as_ref() != Some(content.contact())
    {
        reply.reject(RejectCode::WrongConvenant);
        return Ok(());
    }
    if node.corrections.heard_on_day_of(clock::now(), &header.issuer) >= MAX_A_DAY {
        reply.reject(RejectCode::Busy);
        return Ok(());
    }
    let body = match case_of(node, &said, content.about(), header.issuer) {
        Some(vault) => EntryBody::Sealed { case: vault, bytes: correction.statement().body.0.clone() },
        None => EntryBody::Dropped(correction.statement().body_hash()),
    };
    let entry = received(EntryKind::CorrectionReceived, &correction, body);
    let recorded = match node.ledger.record((), vec![entry]).await {
        Ok(recorded) => recorded,
        Err(error) => {
            reply.reject(RejectCode::Busy);
            return Err(error);
        }
    };
    node.ledger.put_seen(header.id, correction.statement().hash(), recorded.index());
    let heard = Heard { from: header.issuer, at: recorded.receipt().leaf.time, index: recorded.index(), handled: None };
    node.corrections.lock().heard.insert(header.id, heard);
    reply.receipt(recorded.receipt().clone());
    Ok(())
}

/// The key of the case that the corrected statement belongs to, when it is still there.
fn case_of(node: &Node, said: &Stored, about: Corrected, issuer: Oin) -> Option<CaseKey> {
    let (side, asker) = match said.leaf.kind {
        EntryKind::DraftReceived => (Side::Approval, issuer),
        EntryKind::QuestionReceived => (Side::Question, issuer),
        EntryKind::AnswerReceived => (Side::Own, node.us()),
        _ => return None,
    };
    let id = CaseId { side, asker, uitvraag_id: about.uitvraag_id };
    let record = node.ledger.case(&id)?;
    let holds_it = match &record {
        Record::Own(own) => matches!(said.body, StoredBody::Sealed { case, .. } if case == own.vault),
        Record::Approval(approval) => approval.matter.statement == about.statement,
        Record::Question(question) => question.matter.statement == about.statement,
    };
    // Of a question without a match who it was about is erased first; this key holds what was decided, and no person.
    let vault = record.vault();
    (holds_it && node.ledger.journal().has_key(vault)).then_some(vault)
}

impl Corrections {
    fn heard_on_day_of(&self, now: Timestamp, from: &Oin) -> usize {
        self.lock().heard.values().filter(|heard| heard.from == *from && heard.at.day() == now.day()).count()
    }
}
