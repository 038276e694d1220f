//! How cases begin: a new uitvraag of ours, and everything that was open when the node stopped.

use std::sync::Arc;

use weegnet_policy::decide::{Answering, AskPermit, Permit};
use weegnet_protocol::Oin;
use weegnet_protocol::exchange::{Matter, ProposalState, ResponderState};
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::sign;
use weegnet_protocol::statement::{Approval, Draft, Uitvraag};

use super::approval::Considered;
use super::bodies::DraftWritten;
use super::case::{self, Letter};
use super::own::Own;
use super::question::Question;
use super::record::{CaseId, OwnRecord, QuestionRecord, Record, Side};
use super::{ActError, note};
use crate::journal::Recorded;
use crate::node::Node;
use crate::people::Actor;

/// Records a permitted draft and sends it to the approver.
pub async fn begin(
    node: &Arc<Node>,
    by: Actor,
    draft: Draft,
    permit: &AskPermit,
    approver: Oin,
) -> Result<UitvraagId, ActError> {
    let core = draft.core.clone();
    if core.hash() != *permit.core() {
        return Err(ActError::TooLate);
    }
    let vault = node.ledger.new_case()?;
    let case = CaseId { side: Side::Own, uitvraag_id: core.uitvraag_id, asker: node.us() };
    let written = DraftWritten { by: by.clone(), case, approver };
    let letter = Letter {
        content: draft.clone(),
        to: approver,
        kind: EntryKind::DraftSent,
        convenant: core.convenant.clone(),
        expires: core.answer_by,
        vault,
    };
    let notes = vec![note(EntryKind::DraftWritten, Some(&core.convenant), vault, written)];
    let (recorded, posted) = case::write(node, letter, notes).await?;
    let grace = node.convenants.grace(&core.convenant);
    let record = OwnRecord {
        vault,
        author: by.clone(),
        written: recorded.receipt().leaf.time,
        matter: Matter::of(&posted.header, posted.hash, core.uitvraag_id, core.answer_by, core.answer_by + grace),
        proposal: ProposalState::ExpectApproval,
        approval: None,
        asks: Vec::new(),
        weighed: Default::default(),
        outbox: vec![posted.sent],
        draft,
    };
    node.ledger.put(&Record::Own(record.clone()));
    node.expect_approval(core.hash(), case);
    case::start(node, Node::own, Own { record });
    Ok(core.uitvraag_id)
}

/// Starts the owner of every case where something can still happen.
pub fn resume_all(node: &Arc<Node>) {
    super::correction::resume(node);
    for record in node.ledger.open_cases() {
        match record {
            Record::Own(record) => {
                node.expect_approval(record.core_hash(), Record::Own(record.clone()).id());
                case::start(node, Node::own, Own { record });
            }
            Record::Approval(record) => case::start(node, Node::approvals, Considered { record }),
            Record::Question(record) => {
                let permit = permit_again(node, &record);
                case::start(node, Node::questions, Question { record, permit, told: None });
            }
        }
    }
}

/// Decides a recorded question once more, as of the moment it came in, when the search had not been done.
fn permit_again(node: &Node, record: &QuestionRecord) -> Option<Recorded<Permit>> {
    if record.state != ResponderState::ExpectCandidates {
        return None;
    }
    let statement = record.statement.clone()?;
    let question = sign::verify::<Uitvraag>(statement, node.convenants.as_ref(), &node.us(), record.received).ok()?;
    let content = question.content();
    let approval = sign::verify::<Approval>(
        content.approval.clone(),
        node.convenants.as_ref(),
        &content.core.asker,
        record.received,
    );
    let policy = node.convenants.policy(&record.matter.convenant)?;
    let answering = Answering {
        us: node.us(),
        now: record.received,
        asked_today_by_this_asker: 0,
        same_person_last_asked_by_this_asker: None,
    };
    let permit = policy.may_answer(question, approval, &answering).ok()?;
    node.ledger.recall_permit(record.index, permit)
}
