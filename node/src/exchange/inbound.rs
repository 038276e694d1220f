//! A statement that came in: idempotent, bounded, verified, decided, written down; then its case goes on.

use std::sync::Arc;

use weegnet_policy::convenant::Ratified;
use weegnet_policy::decide::{Answering, Denial};
use weegnet_protocol::Oin;
use weegnet_protocol::exchange::{ConsiderationState, Matter, ResponderState};
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::sealed::LINK_KEYS;
use weegnet_protocol::sealed::table::{MAX_CELLS, Publication, cells_for};
use weegnet_protocol::sign::{self, Header, Verified, VerifyError};
use weegnet_protocol::statement::{
    Answer, Approval, Correction, Draft, Kind, Refusal, RefusalCode, Uitvraag, Withdrawal,
};
use weegnet_protocol::time::Millis;

use super::approval::{ApprovalCommand, Considered};
use super::bodies::PolicyDecision;
use super::case::{self, Delivery, received};
use super::note;
use super::own::OwnCommand;
use super::question::{Question, QuestionCommand};
use super::record::{ApprovalRecord, CaseId, QuestionRecord, Record, Side};
use crate::clock;
use crate::journal::{CaseKey, EntryBody, JournalError};
use crate::link::Inbound;
use crate::node::Node;
use crate::quota::Counter;

/// Takes one delivery to its end: a receipt, or a reject.
pub async fn receive(node: Arc<Node>, inbound: Inbound) {
    let Inbound { from, statement, reply } = inbound;
    let header = match statement.claimed_header() {
        Ok(header) => header,
        Err(error) => return reply.reject((&error).into()),
    };
    if header.issuer != from {
        return reply.reject(RejectCode::UnknownIssuer);
    }
    if header.audience != node.us() {
        return reply.reject(RejectCode::WrongAudience);
    }
    // Holds the id until this delivery is through, so that a second copy cannot overtake the first.
    let Some(held) = node.under_way.hold(header.id) else { return reply.reject(RejectCode::Busy) };
    let reply = Delivery::new(reply, held, node.convenants.unchanged().await);
    if let Some(seen) = node.ledger.seen(&header.id) {
        let same = seen.hash == statement.hash() && node.ledger.has_body(&seen, &statement);
        return match (same, node.ledger.receipt(&seen)) {
            (true, Some(receipt)) => drop(reply.receipt(receipt)),
            (true, None) => reply.reject(RejectCode::Busy),
            (false, _) => reply.reject(RejectCode::IdReused),
        };
    }
    let kind = header.kind;
    let outcome = match kind {
        Kind::Draft => draft(&node, check::<Draft>(&node, statement), reply).await,
        Kind::Uitvraag => question(&node, check::<Uitvraag>(&node, statement), reply).await,
        Kind::Approval => approval(&node, check::<Approval>(&node, statement), reply).await,
        Kind::Answer => answer(&node, check::<Answer>(&node, statement), reply).await,
        Kind::Refusal => refusal(&node, check::<Refusal>(&node, statement), reply).await,
        Kind::Withdrawal => withdrawal(&node, check::<Withdrawal>(&node, statement), reply).await,
        Kind::Correction => correction(&node, check::<Correction>(&node, statement), reply).await,
        Kind::Publication => publication(&node, check::<Publication>(&node, statement), reply).await,
    };
    if let Err(error) = outcome {
        tracing::error!(peer = %from, ?kind, %error, "a statement could not be written down; the peer will try again");
    }
}

type Checked<T> = Result<Verified<T>, VerifyError>;

fn check<T: sign::Content>(node: &Node, statement: sign::Statement) -> Checked<T> {
    sign::verify(statement, node.convenants.as_ref(), &node.us(), clock::now())
}

/// Unwraps a checked statement or rejects it.
macro_rules! or_reject {
    ($checked:expr, $reply:expr) => {
        match $checked {
            Ok(statement) => statement,
            Err(error) => {
                tracing::warn!(%error, "a statement is not accepted");
                $reply.reject((&error).into());
                return Ok(());
            }
        }
    };
}

async fn question(node: &Arc<Node>, checked: Checked<Uitvraag>, reply: Delivery) -> Result<(), JournalError> {
    let question = or_reject!(checked, reply);
    let content = question.content();
    let (header, uitvraag_id) = (question.header().clone(), content.core.uitvraag_id);
    let id = CaseId { side: Side::Question, uitvraag_id, asker: header.issuer };
    let Some(_opening) = node.opening.hold(id) else {
        reply.reject(RejectCode::Busy);
        return Ok(());
    };
    let (Some(policy), false) = (node.convenants.policy(&header.convenant), has_case(node, &id)) else {
        reply.reject(RejectCode::IdReused);
        return Ok(());
    };
    if !begins_in_time(node, &header, uitvraag_id) {
        reply.reject(RejectCode::WrongConvenant);
        return Ok(());
    }
    // Nothing is written down of what cannot be tried: the asker takes the table that is published now.
    let of_ours = |root| node.tables.take_questions(&node.us(), root, header.convenant.id(), header.issued);
    if content.sealed().is_some_and(|sealed| !of_ours(&sealed.root)) {
        reply.reject(RejectCode::OtherTable);
        return Ok(());
    }
    let now = clock::now();
    let until = content.core.answer_by + policy.ratified().grace();
    let matter = Matter::received(&question, uitvraag_id, content.core.answer_by, until);
    let (subject, urgent) = (content.subject().cloned(), content.core.urgent);
    let approval =
        sign::verify::<Approval>(content.approval.clone(), node.convenants.as_ref(), &content.core.asker, now);
    // Not a question without an approval: one whose approver changed its record, which this node is to be told first.
    if matches!(approval, Err(VerifyError::Behind { .. })) {
        reply.reject(RejectCode::Behind);
        return Ok(());
    }
    let counters = vec![Counter::Asker(header.convenant.id().clone(), header.issuer)];
    let waits = policy.ratified().waiting() > Millis(0);
    let (counted, reservation) = node.quota.reserve(counters, subject.as_ref().filter(|_| waits), now);
    // Of a closed question without a match only a pseudonym tells when it was asked.
    let closed = subject.as_ref().filter(|_| waits).and_then(|subject| {
        node.retention.last_asked(node.ledger.journal(), header.convenant.id(), &header.issuer, &subject.person)
    });
    let answering = Answering {
        us: node.us(),
        now,
        asked_today_by_this_asker: counted.today.into(),
        same_person_last_asked_by_this_asker: counted.same_person_at.max(closed),
    };
    let vault = node.ledger.new_case()?;
    match policy.may_answer(question, approval, &answering) {
        Ok(permit) => {
            let decision = decision(&header, vault, id, None, permit.policy_ids());
            let person = node.ledger.new_case()?;
            let body = EntryBody::Sealed { case: person, bytes: permit.question().statement().body.0.clone() };
            let entries = vec![received(EntryKind::QuestionReceived, permit.question(), body), decision];
            let statement = permit.question().statement().clone();
            let recorded = match node.ledger.record(permit, entries).await {
                Ok(recorded) => recorded,
                Err(error) => return busy(reply, error),
            };
            node.ledger.put_seen(header.id, matter.statement, recorded.index());
            reservation.keep();
            node.retention.watch(matter.answer_by, id);
            let record = QuestionRecord {
                vault,
                person: Some(person),
                received: recorded.receipt().leaf.time,
                index: recorded.index(),
                statement: Some(statement),
                subject,
                urgent,
                matter,
                denied: None,
                state: ResponderState::ExpectCandidates,
                candidates: Vec::new(),
                released: false,
                reviewed_by: None,
                first_of_two: None,
                outbox: Vec::new(),
            };
            let told = Some(reply.receipt(recorded.receipt().clone()));
            case::start(node, Node::questions, Question { record, permit: Some(recorded), told });
        }
        Err(refused) => {
            let weegnet_policy::decide::Refused { question, denial } = *refused;
            let code = denial.refusal_code();
            log_denial(&header, &denial);
            // Nothing of the person is kept of a question that is refused.
            let body = EntryBody::Dropped(question.statement().body_hash());
            let decision = decision(&header, vault, id, Some(code), &denial.policy_ids);
            let entries = vec![received(EntryKind::QuestionReceived, &question, body), decision];
            let recorded = match node.ledger.record((), entries).await {
                Ok(recorded) => recorded,
                Err(error) => return busy(reply, error),
            };
            node.ledger.put_seen(header.id, matter.statement, recorded.index());
            let record = QuestionRecord {
                vault,
                person: None,
                received: recorded.receipt().leaf.time,
                index: recorded.index(),
                statement: None,
                subject: None,
                urgent,
                matter,
                denied: Some(code),
                state: ResponderState::ExpectDecision,
                candidates: Vec::new(),
                released: false,
                reviewed_by: None,
                first_of_two: None,
                outbox: Vec::new(),
            };
            reply.receipt(recorded.receipt().clone());
            case::start(node, Node::questions, Question { record, permit: None, told: None });
        }
    }
    Ok(())
}

async fn draft(node: &Arc<Node>, checked: Checked<Draft>, reply: Delivery) -> Result<(), JournalError> {
    let draft = or_reject!(checked, reply);
    let core = &draft.content().core;
    let (header, uitvraag_id) = (draft.header().clone(), core.uitvraag_id);
    let id = CaseId { side: Side::Approval, uitvraag_id, asker: header.issuer };
    let Some(_opening) = node.opening.hold(id) else {
        reply.reject(RejectCode::Busy);
        return Ok(());
    };
    let (Some(policy), false) = (node.convenants.policy(&header.convenant), has_case(node, &id)) else {
        reply.reject(RejectCode::IdReused);
        return Ok(());
    };
    if !begins_in_time(node, &header, uitvraag_id) {
        reply.reject(RejectCode::WrongConvenant);
        return Ok(());
    }
    let left = |oin: &Oin| !policy.ratified().takes_part(oin);
    if draft.content().recipients.iter().any(|to| left(&to.oin)) {
        tracing::warn!(peer = %header.issuer, "a draft names an organisation that takes no part: it is not taken");
        reply.reject(RejectCode::NotTakingPart);
        return Ok(());
    }
    let now = clock::now();
    let until = core.answer_by + policy.ratified().grace();
    let matter = Matter::received(&draft, uitvraag_id, core.answer_by, until);
    let vault = node.ledger.new_case()?;
    let denial = policy.may_receive_draft(&draft, &node.us(), now).err();
    let denied = denial.as_ref().map(Denial::refusal_code);
    let body = match denied {
        None => EntryBody::Sealed { case: vault, bytes: draft.statement().body.0.clone() },
        Some(_) => EntryBody::Dropped(draft.statement().body_hash()),
    };
    let mut entries = vec![received(EntryKind::DraftReceived, &draft, body)];
    if let Some(denial) = &denial {
        log_denial(&header, denial);
        entries.push(decision(&header, vault, id, denied, &denial.policy_ids));
    }
    let recorded = match node.ledger.record((), entries).await {
        Ok(recorded) => recorded,
        Err(error) => return busy(reply, error),
    };
    node.ledger.put_seen(header.id, matter.statement, recorded.index());
    let keep = denied.is_none();
    let record = ApprovalRecord {
        vault,
        received: recorded.receipt().leaf.time,
        index: recorded.index(),
        statement: keep.then(|| draft.statement().clone()),
        draft: keep.then(|| draft.content().clone()),
        matter,
        denied,
        state: ConsiderationState::ExpectVerdict,
        decided_by: None,
        first_of_two: None,
        outbox: Vec::new(),
    };
    reply.receipt(recorded.receipt().clone());
    case::start(node, Node::approvals, Considered { record });
    Ok(())
}

async fn approval(node: &Node, checked: Checked<Approval>, reply: Delivery) -> Result<(), JournalError> {
    let approval = or_reject!(checked, reply);
    match node.own_by_core(&approval.content().core) {
        Some(inbox) => forward(inbox.send(OwnCommand::Approval(Box::new(approval), reply)).await),
        None => unrelated(reply),
    }
}

async fn answer(node: &Node, checked: Checked<Answer>, reply: Delivery) -> Result<(), JournalError> {
    let answer = or_reject!(checked, reply);
    let id = CaseId { side: Side::Own, uitvraag_id: answer.content().uitvraag_id(), asker: node.us() };
    match node.own().get(&id) {
        Some(inbox) => forward(inbox.send(OwnCommand::Answer(Box::new(answer), reply)).await),
        None => unrelated(reply),
    }
}

async fn refusal(node: &Node, checked: Checked<Refusal>, reply: Delivery) -> Result<(), JournalError> {
    let refusal = or_reject!(checked, reply);
    let id = CaseId { side: Side::Own, uitvraag_id: refusal.content().uitvraag_id, asker: node.us() };
    match node.own().get(&id) {
        Some(inbox) => forward(inbox.send(OwnCommand::Refusal(Box::new(refusal), reply)).await),
        None => unrelated(reply),
    }
}

async fn withdrawal(node: &Node, checked: Checked<Withdrawal>, reply: Delivery) -> Result<(), JournalError> {
    let withdrawal = or_reject!(checked, reply);
    let Withdrawal { uitvraag_id, statement } = *withdrawal.content();
    let asker = withdrawal.header().issuer;
    let id = |side| CaseId { side, uitvraag_id, asker };
    let is_question = node.ledger.case(&id(Side::Question)).is_some_and(|record| match record {
        Record::Question(question) => question.matter.statement == statement,
        _ => false,
    });
    if is_question {
        return match node.questions().get(&id(Side::Question)) {
            Some(inbox) => forward(inbox.send(QuestionCommand::Withdrawal(Box::new(withdrawal), reply)).await),
            None => unrelated(reply),
        };
    }
    match node.approvals().get(&id(Side::Approval)) {
        Some(inbox) => forward(inbox.send(ApprovalCommand::Withdrawal(Box::new(withdrawal), reply)).await),
        None => unrelated(reply),
    }
}

async fn correction(node: &Node, checked: Checked<Correction>, reply: Delivery) -> Result<(), JournalError> {
    let correction = or_reject!(checked, reply);
    super::correction::take(node, correction, reply).await
}

/// A table by which its publisher can be asked: only core parties ask, so nobody else takes it.
async fn publication(node: &Node, checked: Checked<Publication>, reply: Delivery) -> Result<(), JournalError> {
    let publication = or_reject!(checked, reply);
    let header = publication.header();
    let policy = node.convenants.policy(&header.convenant);
    // No larger than the rows that the parties agreed on need: it is fetched, and kept for an audit.
    let fits = |ratified: &Ratified| {
        let rows = ratified.party(&header.issuer).and_then(|party| usize::try_from(party.max_rows).ok());
        let most = rows.and_then(|rows| cells_for(rows.saturating_mul(LINK_KEYS))).unwrap_or(MAX_CELLS);
        // Keys that find no place take the next step.
        publication.content().cells <= most.saturating_mul(2)
    };
    // Nor for longer than they agreed on.
    let in_term = |ratified: &Ratified| {
        // A signature counts whole seconds.
        let latest = header.issued + Millis::seconds(1) + crate::sealed::epoch(&ratified.terms().sealed);
        publication.content().valid_until <= latest
    };
    let ours = policy.is_some_and(|policy| {
        let ratified = policy.ratified();
        ratified.party(&node.us()).is_some_and(|us| us.is_core()) && fits(ratified) && in_term(ratified)
    });
    let checked = publication.check();
    if !ours || checked.is_err() {
        tracing::warn!(peer = %header.issuer, ?checked, "a table is not taken");
        reply.reject(RejectCode::OtherTable);
        return Ok(());
    }
    if !node.tables.takes_another(&header.issuer, header.convenant.id(), clock::now()) {
        tracing::warn!(peer = %header.issuer, "a member publishes more tables than it may in a day: this one has to wait");
        reply.reject(RejectCode::TooOften);
        return Ok(());
    }
    let body = EntryBody::Sealed { case: node.ledger.new_case()?, bytes: publication.statement().body.0.clone() };
    let entry = received(EntryKind::PublicationReceived, &publication, body);
    let recorded = match node.ledger.record((), vec![entry]).await {
        Ok(recorded) => recorded,
        Err(error) => return busy(reply, error),
    };
    node.ledger.put_seen(header.id, publication.statement().hash(), recorded.index());
    node.tables.learn(publication.content().clone(), recorded.receipt().leaf.time);
    reply.receipt(recorded.receipt().clone());
    Ok(())
}

/// Whether this text holds, or the uitvraag was begun before the version that took its place.
fn begins_in_time(node: &Node, header: &Header, uitvraag_id: UitvraagId) -> bool {
    let in_time = node.convenants.may_begin(&header.convenant, uitvraag_id.made_at());
    if !in_time {
        tracing::warn!(
            peer = %header.issuer, convenant = %header.convenant.id(), text = %header.convenant.base(),
            "a question or draft cites a version of the convenant that another one replaced before it was begun: it is not \
             taken; the asker takes the new version in force with 'weegnet convenant adopt'"
        );
    }
    in_time
}

/// Whether there is a case already: a running one, or one that has ended.
fn has_case(node: &Node, id: &CaseId) -> bool {
    let runs = match id.side {
        Side::Own => node.own().get(id).is_some(),
        Side::Approval => node.approvals().get(id).is_some(),
        Side::Question => node.questions().get(id).is_some(),
    };
    runs || node.ledger.has_case(id)
}

/// A case that has just ended drops its inbox, and with it the reply, which then says *busy*: the peer tries again.
fn forward<T>(_: Result<(), T>) -> Result<(), JournalError> {
    Ok(())
}

fn unrelated(reply: Delivery) -> Result<(), JournalError> {
    super::own::unrelated(reply)
}

fn busy(reply: Delivery, error: JournalError) -> Result<(), JournalError> {
    reply.reject(RejectCode::Busy);
    Err(error)
}

fn decision(
    header: &Header,
    vault: CaseKey,
    case: CaseId,
    denied: Option<RefusalCode>,
    policy_ids: &[String],
) -> crate::journal::Entry {
    let body = PolicyDecision { case, denied, policy_ids: policy_ids.to_vec() };
    note(EntryKind::PolicyDecision, Some(&header.convenant), vault, body)
}

fn log_denial(header: &Header, denial: &Denial) {
    tracing::warn!(peer = %header.issuer, statement = %header.id, policies = ?denial.policy_ids, "a question or draft is refused");
}
