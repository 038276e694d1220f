//! Cases as they stand: what the projections keep about one uitvraag on one side of it.

use serde::{Deserialize, Serialize};
use weegnet_protocol::codec::Hash;
use weegnet_protocol::exchange::{AskerState, ConsiderationState, Matter, ProposalState, ResponderState};
use weegnet_protocol::id::{StatementId, UitvraagId};
use weegnet_protocol::log::LeafIndex;
use weegnet_protocol::sign::Statement;
use weegnet_protocol::statement::{Draft, RefusalCode, Subject};
use weegnet_protocol::{Oin, Timestamp};

use super::weighed::Weighed;
use crate::journal::CaseKey;
use crate::people::Actor;
use crate::register::Candidate;

/// Which side of an uitvraag this node is on; one node can be on several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// We ask.
    Own,
    /// We are asked to approve.
    Approval,
    /// We are asked whether we know the person.
    Question,
}

impl Side {
    /// All three.
    pub const ALL: [Side; 3] = [Side::Own, Side::Approval, Side::Question];
}

/// Names a case on this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CaseId {
    /// Our side.
    pub side: Side,
    /// Who asks.
    pub asker: Oin,
    /// Which uitvraag.
    pub uitvraag_id: UitvraagId,
}

impl CaseId {
    /// The bytes under which projections keep it.
    pub fn key(&self) -> Vec<u8> {
        let side = [match self.side {
            Side::Own => 0u8,
            Side::Approval => 1,
            Side::Question => 2,
        }];
        [&side[..], self.uitvraag_id.as_bytes(), self.asker.as_str().as_bytes()].concat()
    }
}

/// A statement of ours and whether it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its id.
    pub id: StatementId,
    /// To whom.
    pub to: Oin,
    /// Where it stands in the exchange log.
    pub index: LeafIndex,
    /// Until when it is retried.
    pub expires: Timestamp,
    /// Whether the outbox is done with it: a receipt, a final reject, or no longer needed.
    pub settled: bool,
}

/// Any case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// We ask.
    Own(OwnRecord),
    /// We are asked to approve.
    Approval(ApprovalRecord),
    /// We are asked whether we know the person.
    Question(QuestionRecord),
}

/// An uitvraag of ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OwnRecord {
    /// Key of everything about it.
    pub vault: CaseKey,
    /// Who wrote it.
    pub author: Actor,
    /// When.
    pub written: Timestamp,
    /// What it says.
    pub draft: Draft,
    /// The draft statement, and whether it waits for approval.
    pub matter: Matter,
    /// State of the approval.
    pub proposal: ProposalState,
    /// The approval as it came.
    pub approval: Option<Statement>,
    /// One question per recipient, once approved.
    pub asks: Vec<Ask>,
    /// What the weegploeg made of the answers.
    #[serde(default)]
    pub weighed: Weighed,
    /// Everything we sent.
    pub outbox: Vec<Sent>,
}

/// Our question to one recipient.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ask {
    /// The question statement.
    pub matter: Matter,
    /// Its id.
    pub id: StatementId,
    /// How far it is.
    pub state: AskerState,
}

/// A draft of another core party.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApprovalRecord {
    /// Key of everything about it.
    pub vault: CaseKey,
    /// When it came.
    pub received: Timestamp,
    /// Where it stands in the exchange log.
    pub index: LeafIndex,
    /// The draft as it came; absent when the convenant refused it.
    pub statement: Option<Statement>,
    /// What it says; absent when the convenant refused it.
    pub draft: Option<Draft>,
    /// The draft statement.
    pub matter: Matter,
    /// Why the convenant refuses it.
    pub denied: Option<RefusalCode>,
    /// How far it is.
    pub state: ConsiderationState,
    /// Who decided.
    pub decided_by: Option<Actor>,
    /// Who approved first, where two have to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_of_two: Option<Actor>,
    /// Everything we sent.
    pub outbox: Vec<Sent>,
}

/// A question of another party.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuestionRecord {
    /// Key of what was decided and answered: nothing under it says who the question is about.
    pub vault: CaseKey,
    /// Key of who it is about: of the question's own body and of this record. Destroyed before the other when there is no
    /// match (H5), and absent from then on; absent, too, when the convenant refused the question.
    pub person: Option<CaseKey>,
    /// When it came.
    pub received: Timestamp,
    /// Where it stands in the exchange log.
    pub index: LeafIndex,
    /// The question as it came; absent when the convenant refused it.
    pub statement: Option<Statement>,
    /// About whom; absent when the convenant refused it.
    pub subject: Option<Subject>,
    /// Shortened terms.
    pub urgent: bool,
    /// The question statement.
    pub matter: Matter,
    /// Why the convenant refuses it.
    pub denied: Option<RefusalCode>,
    /// How far it is.
    pub state: ResponderState,
    /// Possible matches, once recorded.
    pub candidates: Vec<Candidate>,
    /// Whether a release is recorded; the answer follows it.
    pub released: bool,
    /// Who released or withheld.
    pub reviewed_by: Option<Actor>,
    /// Who let it go first, where two have to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_of_two: Option<Actor>,
    /// Everything we sent.
    pub outbox: Vec<Sent>,
}

impl Record {
    /// Its name.
    pub fn id(&self) -> CaseId {
        let (side, matter) = match self {
            Record::Own(own) => (Side::Own, &own.matter),
            Record::Approval(approval) => (Side::Approval, &approval.matter),
            Record::Question(question) => (Side::Question, &question.matter),
        };
        CaseId { side, uitvraag_id: matter.uitvraag_id, asker: matter.from }
    }

    /// What it belongs to.
    pub fn matter(&self) -> &Matter {
        match self {
            Record::Own(own) => &own.matter,
            Record::Approval(approval) => &approval.matter,
            Record::Question(question) => &question.matter,
        }
    }

    /// Key of everything about it.
    pub fn vault(&self) -> CaseKey {
        match self {
            Record::Own(own) => own.vault,
            Record::Approval(approval) => approval.vault,
            Record::Question(question) => question.vault,
        }
    }

    /// The key under which the projection of it stands.
    pub fn sealed_under(&self) -> CaseKey {
        match self {
            Record::Question(question) => question.person.unwrap_or(question.vault),
            other => other.vault(),
        }
    }

    /// All keys of it.
    pub fn keys(&self) -> Vec<CaseKey> {
        let mut keys = vec![self.vault(), self.sealed_under()];
        keys.dedup();
        keys
    }

    /// Everything we sent in it.
    pub fn outbox(&self) -> &[Sent] {
        match self {
            Record::Own(own) => &own.outbox,
            Record::Approval(approval) => &approval.outbox,
            Record::Question(question) => &question.outbox,
        }
    }

    /// Everything we sent in it, to be changed.
    pub fn outbox_mut(&mut self) -> &mut Vec<Sent> {
        match self {
            Record::Own(own) => &mut own.outbox,
            Record::Approval(approval) => &mut approval.outbox,
            Record::Question(question) => &mut question.outbox,
        }
    }

    /// Whether anything can still happen, or anything is still to be delivered.
    pub fn is_open(&self) -> bool {
        let waits = match self {
            Record::Own(own) => {
                own.proposal == ProposalState::ExpectApproval
                    || (own.proposal == ProposalState::Approved && own.asks.len() < own.draft.recipients.len())
                    || own.asks.iter().any(|ask| {
                        use AskerState::{ExpectAnswer, ExpectReceipt, Overdue};
                        matches!(ask.state, ExpectReceipt | ExpectAnswer | Overdue)
                    })
            }
            Record::Approval(approval) => approval.state == ConsiderationState::ExpectVerdict,
            Record::Question(question) => matches!(
                question.state,
                ResponderState::ExpectDecision
                    | ResponderState::ExpectCandidates
                    | ResponderState::ExpectReview
                    | ResponderState::ExpectDeadline
            ),
        };
        waits || self.outbox().iter().any(|sent| !sent.settled)
    }
}

impl QuestionRecord {
    /// Whether nobody here may be meant: then only a pseudonym stays when the answer window closes (H5).
    pub fn is_without_match(&self) -> bool {
        self.denied.is_none() && self.candidates.is_empty() && !self.released
    }

    /// Leaves only what is still needed to answer. Nothing is searched any more.
    pub fn forget_person(&mut self) {
        self.person = None;
        self.statement = None;
        self.subject = None;
        self.urgent = false;
        if self.state == ResponderState::ExpectCandidates {
            self.state = ResponderState::ExpectDeadline;
        }
    }
}

impl OwnRecord {
    /// Hash of the draft core, which the approval names.
    pub fn core_hash(&self) -> Hash {
        self.draft.core.hash()
    }
}
