//! Asking: an author writes a question, our own side of the convenant is asked, the draft goes to another core party.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use weegnet_policy::decide::{Asking, Denial, Policy, Withdrawing};
use weegnet_policy::role::Role;
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::{ConvenantId, Slug, UitvraagId};
use weegnet_protocol::person::{Fields, PersonRef};
use weegnet_protocol::statement::{Draft, DraftCore, Motivation, Recipient, Subject};
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};

use super::view::{OwnView, Summary};
use super::{Desk, DeskError};
use crate::clock;
use crate::exchange::record::{CaseId, OwnRecord, Record, Side};
use crate::exchange::{self, ActError, OwnCommand};
use crate::quota;

/// A question as an author writes it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskRequest {
    /// Under which convenant.
    pub convenant: ConvenantId,
    /// About whom.
    pub person: Fields,
    /// Codes of the convenant's criteria.
    pub criteria: Vec<Slug>,
    /// Necessity, proportionality, subsidiarity.
    pub motivation: String,
    /// Who is asked, beyond the core with a coded reason.
    pub to: Vec<To>,
    /// Shortened terms.
    #[serde(default)]
    pub urgent: bool,
    /// Seconds until the answers are due; the convenant's standard when absent.
    #[serde(default)]
    pub answer_within: Option<u64>,
    /// Which core party approves; the first other one when absent.
    #[serde(default)]
    pub approver: Option<Oin>,
}

/// One organisation to ask.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct To {
    /// Which.
    pub oin: Oin,
    /// Why, by code.
    #[serde(default)]
    pub reason: Option<Slug>,
}

/// What would be asked, and what stands in its way.
#[derive(Clone, Serialize, Deserialize)]
pub struct Rehearsal {
    /// Under which convenant.
    pub convenant: ConvenantId,
    /// About whom.
    pub person: PersonRef,
    /// Whether the person may be under 18.
    pub minor: bool,
    /// On which criteria.
    pub criteria: Vec<Slug>,
    /// Why.
    pub motivation: String,
    /// Shortened terms.
    pub urgent: bool,
    /// When the answers would be due.
    pub answer_by: String,
    /// Who would be asked, and why.
    pub recipients: Vec<(Oin, Option<Slug>)>,
    /// Who would approve.
    pub approver: Oin,
    /// Why it cannot be asked like this.
    pub denial: Option<Box<Denial>>,
}

/// A question as it would be signed.
struct Written {
    policy: Arc<Policy>,
    convenant: ConvenantId,
    draft: Draft,
    approver: Oin,
    now: Timestamp,
}

impl Desk {
    /// Writes a question and sends it for approval.
    pub async fn ask(&self, request: AskRequest) -> Result<UitvraagId, DeskError> {
        self.expect(Role::Author).await?;
        let Written { policy, convenant, draft, approver, now } = self.written(request)?;
        let (counted, reservation) =
            self.node.quota.reserve(quota::asking(&convenant, &self.actor.person), Some(&draft.subject), now);
        match policy.may_ask(&self.asking(&draft, &counted, now)) {
            Ok(permit) => {
                self.can_be_asked(&policy, &draft, now)?;
                let id = exchange::begin(&self.node, self.actor.clone(), draft, &permit, approver).await?;
                reservation.keep_as_draft();
                Ok(id)
            }
            Err(denial) => {
                drop(reservation);
                Err(self.denied("ask", &convenant, denial).await)
            }
        }
    }

    /// What would be asked, and of whom, if this were sent now: the same rules, and nothing happens. Whether somebody asked
    /// about this person before is among the rules; so what is refused is recorded like a question that was: nobody finds out
    /// about person after person without a trace.
    pub async fn rehearse(&self, request: AskRequest) -> Result<Rehearsal, DeskError> {
        self.expect(Role::Author).await?;
        let Written { policy, convenant, draft, approver, now } = self.written(request)?;
        let (counted, reservation) =
            self.node.quota.reserve(quota::asking(&convenant, &self.actor.person), Some(&draft.subject), now);
        let permitted = policy.may_ask(&self.asking(&draft, &counted, now));
        drop(reservation);
        let denial = match permitted {
            Ok(_) => {
                self.can_be_asked(&policy, &draft, now)?;
                None
            }
            Err(denial) => match self.denied("ask", &convenant, denial).await {
                DeskError::Denied(denial) => Some(denial),
                error => return Err(error),
            },
        };
        Ok(Rehearsal {
            convenant,
            person: draft.subject.person,
            minor: draft.subject.minor,
            criteria: draft.subject.criteria,
            motivation: draft.motivation.text,
            urgent: draft.core.urgent,
            answer_by: draft.core.answer_by.to_string(),
            recipients: draft.recipients.into_iter().map(|to| (to.oin, to.reason)).collect(),
            approver,
            denial,
        })
    }

    /// Whoever is no core party is asked sealed or not at all: the author hears it now, and not the approver.
    fn can_be_asked(&self, policy: &Policy, draft: &Draft, now: Timestamp) -> Result<(), DeskError> {
        let (us, convenant, person) = (self.node.us(), draft.core.convenant.id(), &draft.subject.person);
        for to in draft.recipients.iter().filter(|to| !policy.ratified().asks_openly(&us, &to.oin)) {
            let asked = self.node.tables.can_ask(convenant, &to.oin, person, now);
            asked.map_err(|error| DeskError::Input(error.to_string()))?;
        }
        Ok(())
    }

    fn asking<'a>(&self, draft: &'a Draft, counted: &quota::Counted, now: Timestamp) -> Asking<'a> {
        Asking {
            roles: self.roles(),
            us: self.node.us(),
            draft,
            now,
            asked_today_by_author: counted.today.into(),
            asked_today_by_organisation: counted.also_today.into(),
            same_person_last_asked: counted.same_person_at,
        }
    }

    fn written(&self, request: AskRequest) -> Result<Written, DeskError> {
        let policy = self.policy(&request.convenant)?;
        let ratified = Arc::clone(policy.ratified());
        let now = clock::now();
        let us = self.node.us();
        let answer_by = match request.answer_within {
            Some(seconds) => now + Millis::seconds(seconds),
            None => ratified.default_answer_by(now, request.urgent),
        };
        let person = PersonRef::try_from(request.person).map_err(|error| DeskError::Input(error.to_string()))?;
        if person.birth().is_after(now.day()) {
            return Err(DeskError::Input("the birth date lies in the future: correct it".into()));
        }
        let minor = person.birth().may_be_minor(now.day());
        let subject = Subject { salt: Bytes(clock::random()), minor, person, criteria: request.criteria };
        let motivation = Motivation { salt: Bytes(clock::random()), text: request.motivation };
        let core = DraftCore {
            asker: us,
            urgent: request.urgent,
            purpose: ratified.terms().purpose.uri.clone(),
            answer_by: answer_by.ceil_second(),
            convenant: ratified.reference().clone(),
            motivation: motivation.commitment(),
            subject: subject.commitment(),
            uitvraag_id: UitvraagId::new(now, clock::random()),
        };
        let recipients = request
            .to
            .into_iter()
            .map(|to| Recipient { oin: to.oin, salt: Bytes(clock::random()), reason: to.reason })
            .collect();
        let author = Bytes(clock::random());
        let draft = Draft { core, author, subject, motivation, recipients };
        draft.check().map_err(|error| DeskError::Input(error.to_string()))?;
        let approver = match request.approver {
            Some(approver) => approver,
            None => ratified
                .parties()
                .iter()
                .filter(|party| party.is_core())
                .map(|party| party.oin)
                .find(|oin| *oin != us && ratified.takes_part(oin))
                .ok_or_else(|| DeskError::Input("the convenant has no other core party that could approve".into()))?,
        };
        if approver == us || !ratified.party(&approver).is_some_and(|party| party.is_core()) {
            let message = "a question is approved by another core party: name one with --approver".to_owned();
            return Err(DeskError::Input(message));
        }
        let mut asked = draft.recipients.iter().map(|recipient| recipient.oin).chain([us, approver]);
        if let Some(oin) = asked.find(|oin| ratified.party(oin).is_some() && !ratified.takes_part(oin)) {
            let what = match ratified.has_ended(&oin) {
                true => "ended its participation in this convenant",
                false => "has not acceded to this convenant yet ('weegnet convenant accede')",
            };
            let message = format!("organisation {oin} {what}: nothing is asked of it or by it");
            return Err(DeskError::Input(message));
        }
        Ok(Written { policy, convenant: request.convenant, draft, approver, now })
    }

    /// All uitvragen that this person may see: own ones, and drafts that wait for approval here.
    pub async fn uitvragen(&self) -> Result<Vec<Summary>, DeskError> {
        self.expect_any(&[Role::Author, Role::Approver, Role::PrivacyOfficer]).await?;
        let (authors, approvers) = (self.sees_own(), self.sees_drafts());
        let shown = |record: &Record| match record {
            Record::Own(_) => authors,
            Record::Approval(_) => approvers,
            Record::Question(_) => false,
        };
        Ok(self.node.ledger.cases().iter().filter(|record| shown(record)).map(Summary::of).collect())
    }

    /// Uitvragen of ours alone; nothing about persons.
    pub async fn own_uitvragen(&self) -> Result<Vec<Summary>, DeskError> {
        self.expect_any(&[Role::Author, Role::PrivacyOfficer]).await?;
        let cases = self.node.ledger.cases();
        Ok(cases.iter().filter(|record| matches!(record, Record::Own(_))).map(Summary::of).collect())
    }

    /// One uitvraag of ours, with the answers so far.
    pub async fn uitvraag(&self, id: UitvraagId) -> Result<OwnView, DeskError> {
        if !self.sees_own() {
            // Whoever sees drafts may well look for one here: that is no attempt at anything.
            if self.sees_drafts() {
                self.own_case(id)?;
            }
            self.expect(Role::Author).await?;
        }
        let (case, record) = self.own_case(id)?;
        self.reads(&Record::Own(record.clone()), case, "uitvraag show").await?;
        let mut view = OwnView::of(&record);
        let convenant = &record.draft.core.convenant;
        if let Some(policy) = self.node.convenants.policy(convenant) {
            let us = self.node.us();
            view.answers.iter_mut().for_each(|to| to.sealed = !policy.ratified().asks_openly(&us, &to.oin));
            view.of_text(policy.ratified(), &record);
        }
        for answer in view.answers.iter_mut().filter(|answer| answer.outcome.is_none()) {
            if self.node.convenants.has_ended(convenant, &answer.oin) {
                answer.state += "; deelname beëindigd";
            }
        }
        Ok(view)
    }

    /// Whether nothing more can happen to an uitvraag. Says nothing about anybody, so it is no reading.
    pub async fn has_ended(&self, id: UitvraagId) -> Result<bool, DeskError> {
        if !self.sees_own() {
            self.expect(Role::Author).await?;
        }
        let (_, record) = self.own_case(id)?;
        Ok(OwnView::of(&record).ended)
    }

    /// Takes a question or draft back.
    pub async fn withdraw(&self, id: UitvraagId) -> Result<(), DeskError> {
        let found = self.own_case(id);
        let case = match &found {
            Ok((case, record)) => match self.node.convenants.policy(&record.draft.core.convenant) {
                Some(policy) => {
                    let asker = record.draft.core.asker;
                    let withdrawing = Withdrawing { roles: self.roles(), us: self.node.us(), asker };
                    if let Err(denial) = policy.may_withdraw(&withdrawing) {
                        return Err(self.denied("withdraw", record.draft.core.convenant.id(), denial).await);
                    }
                    *case
                }
                // The convenant has ended: who may take back has not changed.
                None => self.expect(Role::Author).await.map(|()| *case)?,
            },
            Err(_) => {
                self.expect(Role::Author).await?;
                return found.map(drop);
            }
        };
        let inbox = self.node.own().get(&case).ok_or(ActError::TooLate)?;
        let (done, result) = oneshot::channel();
        inbox.send(OwnCommand::Withdraw(self.actor.clone(), done)).await.map_err(|_| ActError::TooLate)?;
        Ok(result.await.map_err(|_| ActError::TooLate)??)
    }

    pub(super) fn own_case(&self, id: UitvraagId) -> Result<(CaseId, OwnRecord), DeskError> {
        let case = CaseId { side: Side::Own, uitvraag_id: id, asker: self.node.us() };
        match self.node.ledger.case(&case) {
            Some(Record::Own(record)) => Ok((case, record)),
            _ => Err(DeskError::NotFound("uitvraag")),
        }
    }

    fn sees_own(&self) -> bool {
        let roles = self.roles();
        roles.contains(Role::Author) || roles.contains(Role::PrivacyOfficer)
    }

    fn sees_drafts(&self) -> bool {
        let roles = self.roles();
        roles.contains(Role::Approver) || roles.contains(Role::PrivacyOfficer)
    }
}
