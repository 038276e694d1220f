//! A case as oversight counts it: what kind, when, under which purpose, with whom, and how it ended. Who was asked about
//! is not among it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use weegnet_protocol::exchange::{AskerState, ConsiderationState, ProposalState, ResponderState};
use weegnet_protocol::id::{ConvenantId, UitvraagId};
use weegnet_protocol::statement::{Outcome as Said, RefusalCode};
use weegnet_protocol::{Oin, Timestamp};

use super::calendar::Period;
use crate::convenants::Convenants;
use crate::exchange::record::{ApprovalRecord, OwnRecord, QuestionRecord, Record, Side};
use crate::journal::CaseKey;
use crate::people::PersonName;

/// How a case ended, or that it has not. The words are those of the console; none says that somebody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Not yet.
    Loopt,
    /// Another core party approved, or we did.
    Goedgekeurd,
    /// It was not approved, or not in time.
    NietGoedgekeurd,
    /// At least one organisation let its contact point go, or we did.
    NeemContactOp,
    /// Nobody said anything.
    GeenMededeling,
    /// The convenant refused it.
    Geweigerd,
    /// Taken back.
    Ingetrokken,
    /// It did not arrive, or no answer came.
    NietBezorgd,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 8] = [
        Outcome::Loopt,
        Outcome::Goedgekeurd,
        Outcome::NietGoedgekeurd,
        Outcome::NeemContactOp,
        Outcome::GeenMededeling,
        Outcome::Geweigerd,
        Outcome::Ingetrokken,
        Outcome::NietBezorgd,
    ];

    /// The name in data and on screens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Loopt => "loopt",
            Outcome::Goedgekeurd => "goedgekeurd",
            Outcome::NietGoedgekeurd => "niet-goedgekeurd",
            Outcome::NeemContactOp => "neem-contact-op",
            Outcome::GeenMededeling => "geen-mededeling",
            Outcome::Geweigerd => "geweigerd",
            Outcome::Ingetrokken => "ingetrokken",
            Outcome::NietBezorgd => "niet-bezorgd",
        }
    }
}

impl FromStr for Outcome {
    type Err = NoSuchWord;

    fn from_str(text: &str) -> Result<Self, NoSuchWord> {
        let all = || Outcome::ALL.map(Outcome::as_str).join(", ");
        Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == text).ok_or_else(|| NoSuchWord(all()))
    }
}

/// A word that selects nothing: those that select something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such word here: choose one of {0}")]
pub struct NoSuchWord(String);

/// Our side of a case, by its name on screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseKind(pub Side);

impl FromStr for CaseKind {
    type Err = NoSuchWord;

    fn from_str(text: &str) -> Result<Self, NoSuchWord> {
        let all = [Side::Own, Side::Approval, Side::Question];
        let found = all.into_iter().find(|side| side_name(*side) == text);
        found.map(CaseKind).ok_or_else(|| NoSuchWord(all.map(side_name).join(", ")))
    }
}

impl TryFrom<String> for CaseKind {
    type Error = NoSuchWord;

    fn try_from(text: String) -> Result<Self, NoSuchWord> {
        text.parse()
    }
}

impl From<CaseKind> for String {
    fn from(kind: CaseKind) -> Self {
        side_name(kind.0).into()
    }
}

/// The name of a side in data and on screens.
pub const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Own => "eigen-uitvraag",
        Side::Approval => "ter-goedkeuring",
        Side::Question => "ontvangen-vraag",
    }
}

/// One case, without who was asked about.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Which uitvraag.
    pub uitvraag: UitvraagId,
    /// Key of everything about it.
    pub vault: CaseKey,
    /// Our side.
    pub side: Side,
    /// When it was written, or came in.
    pub at: Timestamp,
    /// When the answers are due.
    pub answer_by: Timestamp,
    /// Under which convenant.
    pub convenant: ConvenantId,
    /// For which purpose; the convenant's name when it is no longer in force.
    pub purpose: String,
    /// Who else took part.
    pub peers: Vec<Oin>,
    /// How it ended.
    pub outcome: Outcome,
    /// Shortened terms.
    pub urgent: bool,
    /// About somebody who may be under 18.
    pub minor: bool,
    /// Who wrote it here.
    pub author: Option<PersonName>,
    /// Who approved or declined it here.
    pub approver: Option<PersonName>,
    /// Who released or withheld here.
    pub reviewer: Option<PersonName>,
    /// Number of possible matches that waited for a reviewer.
    pub candidates: usize,
    /// Whether a release is recorded.
    pub released: bool,
}

/// Which cases are meant. All that is said must hold.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// When it was written, or came in.
    pub period: Period,
    /// The purpose's URI, or the convenant's name.
    #[serde(default)]
    pub purpose: Option<String>,
    /// `eigen-uitvraag`, `ter-goedkeuring` or `ontvangen-vraag`.
    #[serde(default)]
    pub kind: Option<CaseKind>,
    /// An organisation that took part.
    #[serde(default)]
    pub peer: Option<Oin>,
    /// How it ended.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// Who had a part in it here: as author, approver or reviewer.
    #[serde(default)]
    pub author: Option<PersonName>,
}

impl Selection {
    /// Everything in a period.
    pub fn all_of(period: Period) -> Self {
        Selection { period, purpose: None, kind: None, peer: None, outcome: None, author: None }
    }

    /// Whether nothing but the period is said.
    pub fn is_whole_period(&self) -> bool {
        *self == Selection::all_of(self.period)
    }

    /// Whether a case is meant.
    pub fn takes(&self, facts: &Facts) -> bool {
        let people = [&facts.author, &facts.approver, &facts.reviewer];
        self.period.contains(facts.at)
            && self
                .purpose
                .as_ref()
                .is_none_or(|purpose| *purpose == facts.purpose || *purpose == *facts.convenant.as_str())
            && self.kind.is_none_or(|kind| kind.0 == facts.side)
            && self.peer.is_none_or(|peer| facts.peers.contains(&peer))
            && self.outcome.is_none_or(|outcome| outcome == facts.outcome)
            && self.author.as_ref().is_none_or(|name| people.into_iter().flatten().any(|person| person == name))
    }
}

impl Facts {
    /// What of a case is counted.
    pub fn of(record: &Record, convenants: &Convenants) -> Self {
        let matter = match record {
            Record::Own(own) => &own.matter,
            Record::Approval(approval) => &approval.matter,
            Record::Question(question) => &question.matter,
        };
        let policy = convenants.policy(&matter.convenant);
        let purpose = policy.map_or_else(
            || matter.convenant.id().to_string(),
            |policy| policy.ratified().terms().purpose.uri.to_string(),
        );
        let blank = Facts {
            uitvraag: matter.uitvraag_id,
            vault: record.vault(),
            side: record.id().side,
            at: Timestamp::from_millis(0),
            answer_by: matter.answer_by,
            convenant: matter.convenant.id().clone(),
            purpose,
            peers: vec![matter.from],
            outcome: Outcome::Loopt,
            urgent: false,
            minor: false,
            author: None,
            approver: None,
            reviewer: None,
            candidates: 0,
            released: false,
        };
        match record {
            Record::Own(own) => Facts {
                at: own.written,
                peers: own_peers(own),
                outcome: own_outcome(own),
                urgent: own.draft.core.urgent,
                minor: own.draft.subject.minor,
                author: Some(own.author.person.clone()),
                ..blank
            },
            Record::Approval(approval) => Facts {
                at: approval.received,
                outcome: approval_outcome(approval),
                urgent: approval.draft.as_ref().is_some_and(|draft| draft.core.urgent),
                minor: approval.draft.as_ref().is_some_and(|draft| draft.subject.minor),
                approver: approval.decided_by.as_ref().map(|by| by.person.clone()),
                ..blank
            },
            Record::Question(question) => Facts {
                at: question.received,
                outcome: question_outcome(question),
                urgent: question.urgent,
                minor: question.subject.as_ref().is_some_and(|subject| subject.minor),
                reviewer: question.reviewed_by.as_ref().map(|by| by.person.clone()),
                candidates: question.candidates.len(),
                released: question.released,
                ..blank
            },
        }
    }
}

fn own_peers(own: &OwnRecord) -> Vec<Oin> {
    let mut peers: Vec<Oin> = own.asks.iter().map(|ask| ask.matter.to).chain([own.matter.to]).collect();
    peers.sort_unstable();
    peers.dedup();
    peers
}

fn own_outcome(own: &OwnRecord) -> Outcome {
    match own.proposal {
        ProposalState::ExpectApproval => return Outcome::Loopt,
        ProposalState::Refused(RefusalCode::Declined) | ProposalState::Expired => return Outcome::NietGoedgekeurd,
        ProposalState::Refused(_) => return Outcome::Geweigerd,
        ProposalState::Rejected(_) => return Outcome::NietBezorgd,
        ProposalState::Withdrawn => return Outcome::Ingetrokken,
        ProposalState::Approved => {}
    }
    let any = |wanted: fn(&AskerState) -> bool| own.asks.iter().any(|ask| wanted(&ask.state));
    let open = |state: &AskerState| matches!(state, AskerState::ExpectReceipt | AskerState::ExpectAnswer);
    match () {
        () if any(|state| matches!(state, AskerState::Answered(Said::Known(_)))) => Outcome::NeemContactOp,
        () if own.asks.len() < own.draft.recipients.len() || own.asks.iter().any(|ask| open(&ask.state)) => {
            Outcome::Loopt
        }
        () if any(|state| matches!(state, AskerState::Answered(Said::NoStatement))) => Outcome::GeenMededeling,
        () if any(|state| matches!(state, AskerState::Withdrawn)) => Outcome::Ingetrokken,
        () if any(|state| matches!(state, AskerState::Refused(_))) => Outcome::Geweigerd,
        () => Outcome::NietBezorgd,
    }
}

fn approval_outcome(approval: &ApprovalRecord) -> Outcome {
    match approval.state {
        ConsiderationState::ExpectVerdict => Outcome::Loopt,
        ConsiderationState::Approved => Outcome::Goedgekeurd,
        ConsiderationState::Refused(RefusalCode::Declined) | ConsiderationState::Expired => Outcome::NietGoedgekeurd,
        ConsiderationState::Refused(_) => Outcome::Geweigerd,
        ConsiderationState::Withdrawn => Outcome::Ingetrokken,
    }
}

fn question_outcome(question: &QuestionRecord) -> Outcome {
    match &question.state {
        ResponderState::Answered(Said::Known(_)) => Outcome::NeemContactOp,
        ResponderState::Answered(Said::NoStatement) => Outcome::GeenMededeling,
        ResponderState::Refused(_) => Outcome::Geweigerd,
        ResponderState::Withdrawn => Outcome::Ingetrokken,
        _ => Outcome::Loopt,
    }
}
