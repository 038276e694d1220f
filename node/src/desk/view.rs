//! What the desk shows: plain values for the API, the command line and the console.

use serde::{Deserialize, Serialize};
use weegnet_policy::convenant::Ratified;
use weegnet_protocol::Oin;
use weegnet_protocol::exchange::{AskerState, ConsiderationState, ProposalState};
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::id::{ConvenantId, Slug, UitvraagId};
use weegnet_protocol::person::PersonRef;
use weegnet_protocol::statement::{Outcome as Said, RefusalCode};
use weegnet_protocol::time::Day;

use crate::exchange::record::{ApprovalRecord, Ask, OwnRecord, QuestionRecord, Record};
use crate::exchange::weighed::{Besluit, Outcome, Weging};
use crate::people::PersonName;
pub use crate::register::{Band, Comparison, Likeness, Rarity, Remark};
use crate::register::{Register, RegisterError};

/// One line of a list of uitvragen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Summary {
    /// Which.
    pub id: UitvraagId,
    /// `own`, or `approval` when it waits for or had our approval.
    pub side: String,
    /// Who asks.
    pub asker: Oin,
    /// Under which convenant.
    pub convenant: ConvenantId,
    /// How far it is.
    pub state: String,
    /// When the answers are due.
    pub answer_by: String,
}

impl Summary {
    /// Without anything about the person.
    pub fn of(record: &Record) -> Self {
        let (side, matter, state) = match record {
            Record::Own(own) => ("own", &own.matter, own_state(own)),
            Record::Approval(approval) => ("approval", &approval.matter, approval_state(approval.state)),
            Record::Question(question) => ("question", &question.matter, "ontvangen".into()),
        };
        Summary {
            id: matter.uitvraag_id,
            side: side.into(),
            asker: matter.from,
            convenant: matter.convenant.id().clone(),
            state,
            answer_by: matter.answer_by.to_string(),
        }
    }
}

/// An uitvraag of ours, with the answers so far.
#[derive(Clone, Serialize, Deserialize)]
pub struct OwnView {
    /// Which.
    pub id: UitvraagId,
    /// How far it is as a whole.
    pub state: String,
    /// Whether nothing more will happen.
    pub ended: bool,
    /// Under which convenant.
    pub convenant: ConvenantId,
    /// Who wrote it.
    pub author: PersonName,
    /// Who approves.
    pub approver: Oin,
    /// When the answers are due.
    pub answer_by: String,
    /// About whom.
    pub person: PersonRef,
    /// On which criteria.
    pub criteria: Vec<Slug>,
    /// Whether the person may be under 18.
    pub minor: bool,
    /// Per recipient.
    pub answers: Vec<AnswerView>,
    /// Whether it waits for two people of the approving organisation, as the convenant asks for about minors.
    #[serde(default)]
    pub second_approver: bool,
    /// Whether the weegploeg can weigh or decide now.
    #[serde(default)]
    pub weighs: bool,
    /// The last weging of each core party.
    #[serde(default)]
    pub wegingen: Vec<WegingView>,
    /// Core parties whose weging is not recorded.
    #[serde(default)]
    pub unweighed: Vec<Oin>,
    /// What was decided last.
    #[serde(default)]
    pub besluit: Option<BesluitView>,
}

/// A weging as it was written down.
#[derive(Clone, Serialize, Deserialize)]
pub struct WegingView {
    /// Of which core party.
    pub of: Oin,
    /// Who wrote it down.
    pub by: PersonName,
    /// When.
    pub at: String,
    /// Criterion by criterion, each with its reason.
    pub criteria: Vec<(Slug, String)>,
}

/// A decision as it was written down.
#[derive(Clone, Serialize, Deserialize)]
pub struct BesluitView {
    /// What.
    pub outcome: Outcome,
    /// Who is invited.
    pub with: Vec<Oin>,
    /// Why.
    pub reason: String,
    /// Who wrote it down.
    pub by: PersonName,
    /// When.
    pub at: String,
}

/// State of a recipient to whom nothing was sent.
pub const NOT_ASKED: &str = "nog niet gevraagd";

/// What one recipient said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AnswerView {
    /// Who.
    pub oin: Oin,
    /// How far it is.
    pub state: String,
    /// Whether it is asked sealed: whoever is no core party is.
    #[serde(default)]
    pub sealed: bool,
    /// `Known` or `NoStatement`, once answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<String>,
    /// The neutral contact point, with `Known`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact: Option<String>,
    /// On which days a reviewer is on duty there, as it declared in the convenant; nothing is derived from it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub roster: Option<String>,
}

impl OwnView {
    /// As it stands.
    pub fn of(own: &OwnRecord) -> Self {
        let asked = own.asks.iter().map(answer);
        let waiting = own.draft.recipients.iter().filter(|to| !own.asks.iter().any(|ask| ask.matter.to == to.oin));
        let waiting = waiting.map(|to| AnswerView {
            oin: to.oin,
            state: NOT_ASKED.into(),
            sealed: false,
            outcome: None,
            contact: None,
            roster: None,
        });
        OwnView {
            id: own.matter.uitvraag_id,
            state: own_state(own),
            ended: has_ended(own),
            convenant: own.matter.convenant.id().clone(),
            author: own.author.person.clone(),
            approver: own.matter.to,
            answer_by: own.matter.answer_by.to_string(),
            person: own.draft.subject.person.clone(),
            criteria: own.draft.subject.criteria.clone(),
            minor: own.draft.subject.minor,
            answers: asked.chain(waiting).collect(),
            second_approver: false,
            weighs: false,
            wegingen: own.weighed.wegingen.iter().map(WegingView::of).collect(),
            unweighed: Vec::new(),
            besluit: own.weighed.besluit.as_ref().map(BesluitView::of),
        }
    }

    /// With what the text says under which was asked.
    pub(super) fn of_text(&mut self, text: &Ratified, own: &OwnRecord) {
        let practice = text.terms().practice();
        for answer in &mut self.answers {
            answer.roster = practice.of(&answer.oin).and_then(|party| party.roster).map(|days| days.to_string());
        }
        self.second_approver =
            self.minor && practice.terms.minor_second && own.proposal == ProposalState::ExpectApproval;
        self.weighs = own.proposal == ProposalState::Approved && self.ended && !own.weighed.is_decided();
        self.unweighed = missing_wegingen(text, own);
    }
}

impl WegingView {
    fn of(weging: &Weging) -> Self {
        let (by, at) = (weging.by.person.clone(), weging.at.to_string());
        WegingView { of: weging.of, by, at, criteria: weging.criteria.clone() }
    }
}

impl BesluitView {
    fn of(besluit: &Besluit) -> Self {
        let (by, at) = (besluit.by.person.clone(), besluit.at.to_string());
        BesluitView { outcome: besluit.outcome, with: besluit.with.clone(), reason: besluit.reason.clone(), by, at }
    }
}

/// Core parties whose weging is not recorded.
pub(super) fn missing_wegingen(text: &Ratified, own: &OwnRecord) -> Vec<Oin> {
    let core = text.parties().iter().filter(|party| party.is_core()).map(|party| party.oin);
    core.filter(|oin| !own.weighed.wegingen.iter().any(|weging| weging.of == *oin)).collect()
}

fn answer(ask: &Ask) -> AnswerView {
    let (state, outcome, contact) = match &ask.state {
        AskerState::ExpectReceipt => ("onderweg".to_owned(), None, None),
        AskerState::ExpectAnswer => ("ontvangen".to_owned(), None, None),
        AskerState::Answered(Said::Known(contact)) => {
            ("beantwoord".to_owned(), Some("Known"), Some(contact.to_string()))
        }
        AskerState::Answered(Said::NoStatement) => ("beantwoord".to_owned(), Some("NoStatement"), None),
        AskerState::Refused(code) => (refusal(*code), None, None),
        AskerState::Rejected(code) => (rejected(*code), None, None),
        AskerState::Withdrawn => ("ingetrokken".to_owned(), None, None),
        AskerState::Overdue | AskerState::Undelivered => ("niet bezorgd".to_owned(), None, None),
        AskerState::Unanswered => ("geen antwoord gekomen".to_owned(), None, None),
    };
    AnswerView { oin: ask.matter.to, state, sealed: false, outcome: outcome.map(Into::into), contact, roster: None }
}

/// Whether no answer can come any more.
fn has_ended(own: &OwnRecord) -> bool {
    let is_open = |ask: &Ask| matches!(ask.state, AskerState::ExpectReceipt | AskerState::ExpectAnswer);
    match own.proposal {
        ProposalState::ExpectApproval => false,
        ProposalState::Approved => own.asks.len() == own.draft.recipients.len() && !own.asks.iter().any(is_open),
        _ => true,
    }
}

fn own_state(own: &OwnRecord) -> String {
    match &own.proposal {
        ProposalState::ExpectApproval => "ter goedkeuring".into(),
        ProposalState::Approved if !has_ended(own) => "verzonden".into(),
        ProposalState::Approved if own.weighed.is_decided() => "besloten".into(),
        ProposalState::Approved => {
            let all = |is: fn(&AskerState) -> bool| own.asks.iter().all(|ask| is(&ask.state));
            match () {
                () if all(|state| matches!(state, AskerState::Answered(_))) => "beantwoord",
                () if all(|state| matches!(state, AskerState::Answered(_) | AskerState::Withdrawn)) => "ingetrokken",
                () => "afgelopen; niet iedereen heeft geantwoord",
            }
            .into()
        }
        ProposalState::Refused(code) => refusal(*code),
        ProposalState::Rejected(code) => rejected(*code),
        ProposalState::Withdrawn => "ingetrokken".into(),
        ProposalState::Expired => "verlopen zonder goedkeuring".into(),
    }
}

/// What a peer's reject means to whoever asked.
fn rejected(code: RejectCode) -> String {
    let why = match code {
        RejectCode::WrongConvenant => {
            ": deze versie van het convenant geldt daar niet; is zij daar aangenomen, of al vervangen?"
        }
        RejectCode::NotTakingPart => {
            ": er wordt een organisatie genoemd die daar niet (meer) deelneemt; vraag opnieuw zonder haar"
        }
        _ => "",
    };
    format!("niet aangenomen ({code:?}){why}")
}

fn approval_state(state: ConsiderationState) -> String {
    match state {
        ConsiderationState::ExpectVerdict => "ter goedkeuring".into(),
        ConsiderationState::Approved => "goedgekeurd".into(),
        ConsiderationState::Refused(code) => refusal(code),
        ConsiderationState::Withdrawn => "ingetrokken".into(),
        ConsiderationState::Expired => "verlopen".into(),
    }
}

fn refusal(code: RefusalCode) -> String {
    match code {
        RefusalCode::NotApproved => "geweigerd: geen geldige goedkeuring",
        RefusalCode::NotPermitted => "geweigerd: het convenant laat deze vraag niet toe",
        RefusalCode::QuotaExceeded => "geweigerd: het quotum is bereikt",
        RefusalCode::Deadline => "geweigerd: de antwoordtermijn klopt niet",
        RefusalCode::Malformed => "geweigerd: de onderdelen horen niet bij elkaar",
        RefusalCode::Declined => "niet goedgekeurd",
    }
    .into()
}

/// A draft of another core party: everything an approver needs.
#[derive(Clone, Serialize, Deserialize)]
pub struct DraftView {
    /// Which.
    pub id: UitvraagId,
    /// Who asks.
    pub asker: Oin,
    /// How far it is.
    pub state: String,
    /// Under which convenant.
    pub convenant: ConvenantId,
    /// When the answers are due.
    pub answer_by: String,
    /// Shortened terms.
    pub urgent: bool,
    /// About whom.
    pub person: PersonRef,
    /// On which criteria.
    pub criteria: Vec<Slug>,
    /// Whether the person may be under 18.
    pub minor: bool,
    /// Why.
    pub motivation: String,
    /// Who will be asked, and why.
    pub recipients: Vec<(Oin, Option<Slug>)>,
    /// Who approved first, where two people have to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first: Option<PersonName>,
}

impl DraftView {
    /// As it stands; `None` when nothing of it was kept.
    pub fn of(record: &ApprovalRecord) -> Option<Self> {
        let draft = record.draft.as_ref()?;
        Some(DraftView {
            id: record.matter.uitvraag_id,
            asker: record.matter.from,
            state: approval_state(record.state),
            convenant: record.matter.convenant.id().clone(),
            answer_by: record.matter.answer_by.to_string(),
            urgent: draft.core.urgent,
            person: draft.subject.person.clone(),
            criteria: draft.subject.criteria.clone(),
            minor: draft.subject.minor,
            motivation: draft.motivation.text.clone(),
            recipients: draft.recipients.iter().map(|to| (to.oin, to.reason.clone())).collect(),
            first: record.first_of_two.as_ref().map(|first| first.person.clone()),
        })
    }
}

/// One line of a reviewer's inbox, without anything about the person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InboxItem {
    /// Which.
    pub id: UitvraagId,
    /// Who asks.
    pub asker: Oin,
    /// Under which convenant.
    pub convenant: ConvenantId,
    /// Shortened terms.
    pub urgent: bool,
    /// When it came.
    pub received: String,
    /// When the answer is due.
    pub answer_by: String,
    /// Number of possible matches.
    pub possible_matches: usize,
}

impl InboxItem {
    /// As it stands.
    pub fn of(question: &QuestionRecord) -> Self {
        InboxItem {
            id: question.matter.uitvraag_id,
            asker: question.matter.from,
            convenant: question.matter.convenant.id().clone(),
            urgent: question.urgent,
            received: question.received.to_string(),
            answer_by: question.matter.answer_by.to_string(),
            possible_matches: question.candidates.len(),
        }
    }
}

/// A question with its possible matches, for a reviewer.
#[derive(Clone, Serialize, Deserialize)]
pub struct ReviewView {
    /// Which, from whom, until when.
    #[serde(flatten)]
    pub item: InboxItem,
    /// Who is asked about; absent when it is no longer kept.
    pub person: Option<PersonRef>,
    /// On which criteria.
    pub criteria: Vec<Slug>,
    /// Possible matches in the order of the register, never ranked.
    pub candidates: Vec<CandidateView>,
}

/// One possible match.
#[derive(Clone, Serialize, Deserialize)]
pub struct CandidateView {
    /// The register's own id of the row.
    pub record_id: String,
    /// The source record.
    pub source_record: Option<String>,
    /// Coded reason of being known in this context.
    pub reason: Slug,
    /// The row's person; absent when the register has been replaced since.
    pub person: Option<PersonRef>,
    /// Field by field: same, variant, conflict, unknown.
    pub comparison: Comparison,
    /// How sure the comparison is: certain, probable, possible. No number, and no order among persons.
    pub band: Band,
    /// Why a field is a variant, and what else a human should know.
    pub remarks: Vec<Remark>,
    /// How rare the name that was asked is in this register.
    pub rarity: Rarity,
    /// How many rows of that name this register should hold, whoever they are.
    pub namesakes: u32,
}

impl ReviewView {
    /// As it stands, with the rows as the register has them now.
    pub fn of(question: &QuestionRecord, register: &Register, today: Day) -> Result<Self, RegisterError> {
        let mut candidates = Vec::with_capacity(question.candidates.len());
        let rows: Vec<_> = question.candidates.iter().map(|candidate| candidate.row.clone()).collect();
        let rows = register.rows_by_id(&rows, today)?;
        for (candidate, row) in question.candidates.iter().zip(rows) {
            let person = row.map(|row| row.person);
            candidates.push(CandidateView {
                record_id: candidate.record_id().to_string(),
                source_record: candidate.source_record.as_ref().map(ToString::to_string),
                reason: candidate.reason.clone(),
                person,
                comparison: candidate.comparison,
                band: candidate.band,
                remarks: candidate.remarks.clone(),
                rarity: candidate.rarity,
                namesakes: candidate.namesakes,
            });
        }
        let subject = question.subject.as_ref();
        Ok(ReviewView {
            item: InboxItem::of(question),
            person: subject.map(|subject| subject.person.clone()),
            criteria: subject.map(|subject| subject.criteria.clone()).unwrap_or_default(),
            candidates,
        })
    }
}
