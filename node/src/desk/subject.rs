//! Subject access: an officer takes a verified request, searches, decides and writes the letter. Each step is recorded
//! before anything of it is shown; nothing of it leaves the node. Telling others is an act of its own (`tell`).

use serde::{Deserialize, Serialize};
use weegnet_policy::decide::HouseAct;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::{EntryId, UitvraagId};
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::person::{Fields, PersonRef};
use weegnet_protocol::{Oin, Timestamp};

use super::tell::ToldLine;
use super::{Desk, DeskError};
use crate::clock;
use crate::exchange::note;
use crate::journal::{CaseKey, Entry};
use crate::oversight::calendar::plus_months;
use crate::oversight::subject::letter::{self, Sender};
use crate::oversight::subject::search::{self, Found};
use crate::oversight::subject::{
    self, CASES_PER_ENTRY, Decision, EXCEPTION_MONTHS, Objection, Received, Request, Requester, Step, SubjectStep, Term,
};

/// Longest text that an officer writes: 4,000 bytes.
const MAX_TEXT_BYTES: usize = 4000;

/// A verified request for access.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindRequest {
    /// About whom.
    pub person: Fields,
    /// Who asks.
    pub requester: Requester,
    /// How it was established who asks, and for whom.
    pub verified_by: String,
    /// The organisation's own reference.
    #[serde(default)]
    pub case_number: Option<String>,
    /// When it came in; now when absent.
    #[serde(default)]
    pub received: Option<Timestamp>,
}

/// One line of the list of requests; nothing about the person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequestLine {
    /// Which.
    pub id: EntryId,
    /// Who asks.
    pub requester: Requester,
    /// How far it is.
    pub state: String,
    /// The legal term.
    #[serde(flatten)]
    pub term: Term,
}

/// A request with what was found.
#[derive(Clone, Serialize, Deserialize)]
pub struct RequestView {
    /// Which, and how far.
    #[serde(flatten)]
    pub line: RequestLine,
    /// The organisation's own reference.
    pub case_number: Option<String>,
    /// How it was established who asks.
    pub verified_by: String,
    /// What is kept.
    pub found: Found,
    /// Everybody who got anything about the person from us.
    pub recipients: Vec<Oin>,
    /// Earlier requests that are, or may be, about the same person.
    pub earlier: Vec<EntryId>,
    /// The decision that holds.
    pub decision: Option<Decision>,
    /// What the person wants changed or stopped; `subject tell` numbers them from 1.
    pub objections: Vec<Objection>,
    /// Who was told, and whether it arrived.
    #[serde(default)]
    pub told: Vec<ToldLine>,
}

/// A human's decision on a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// The letter of UAVG 41(1), `a` to `j`; the overview goes out when absent.
    #[serde(default)]
    pub exception: Option<char>,
    /// Why.
    pub reason: String,
    /// Until when the exception holds.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Possible matches that are the person.
    #[serde(default)]
    pub include: Vec<UitvraagId>,
    /// Matches that are not.
    #[serde(default)]
    pub leave_out: Vec<UitvraagId>,
}

/// What is said in words.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The words.
    pub text: String,
}

/// A letter as it goes out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Letter {
    /// Markdown.
    pub text: String,
}

impl Desk {
    /// Whether this person handles requests.
    pub async fn handles_requests(&self) -> Result<(), DeskError> {
        self.may(HouseAct::SubjectAccess { content: true }).await
    }

    /// Takes a request and finds everything that is kept about the person.
    pub async fn subject_find(&self, find: FindRequest) -> Result<RequestView, DeskError> {
        self.may(HouseAct::SubjectAccess { content: true }).await?;
        let person = PersonRef::try_from(find.person).map_err(|error| DeskError::Input(error.to_string()))?;
        let verified_by = words(&find.verified_by, "say how it was established who asks, with --verified-by")?;
        let now = clock::now();
        let on = find.received.unwrap_or(now);
        if on > now {
            return Err(DeskError::Input("the request cannot have come in after today".into()));
        }
        let case_number = find.case_number.map(|text| words(&text, "the reference is empty")).transpose()?;
        let received = Received { person, requester: find.requester, verified_by, case_number, on };
        let slot = self.node.ledger.new_case()?;
        let first = self.step(slot, None, Step::Received(received.clone()));
        let id = first.id;
        self.node.ledger.record((), vec![first]).await?;
        self.found(&Request { id, slot, received, steps: Vec::new() }).await
    }

    /// All requests; nothing about the persons.
    pub async fn subject_list(&self) -> Result<Vec<RequestLine>, DeskError> {
        self.may(HouseAct::SubjectAccess { content: false }).await?;
        self.inspects("subject list", String::new(), None).await?;
        let requests = self.aside(Desk::subject_requests).await?;
        Ok(requests.iter().map(RequestLine::of).collect())
    }

    /// One request, with what is kept about the person now.
    pub async fn subject_show(&self, id: EntryId) -> Result<RequestView, DeskError> {
        self.may(HouseAct::SubjectAccess { content: true }).await?;
        let request = self.subject_request(id)?;
        self.found(&request).await
    }

    /// Decides on a request: the overview goes out, or an exception applies for a time.
    pub async fn subject_decide(&self, id: EntryId, decide: Decide) -> Result<RequestLine, DeskError> {
        self.may(HouseAct::SubjectAccess { content: true }).await?;
        let request = self.subject_request(id)?;
        let reason = words(&decide.reason, "a decision needs its reasons, with --reason")?;
        let now = clock::now();
        match (decide.exception, decide.until) {
            (None, None) => {}
            (None, Some(_)) => {
                return Err(DeskError::Input(
                    "only an exception ends: leave --until out when the overview goes out".into(),
                ));
            }
            (Some(letter), Some(until)) => {
                if !('a'..='j').contains(&letter) {
                    return Err(DeskError::Input("UAVG 41(1) has the grounds a to j".into()));
                }
                let latest = plus_months(now.day(), EXCEPTION_MONTHS).start();
                if until <= now || until > latest {
                    let message =
                        format!("an exception holds until a date in the next {EXCEPTION_MONTHS} months, with --until");
                    return Err(DeskError::Input(message));
                }
            }
            (Some(_), None) => {
                return Err(DeskError::Input("an exception holds for a time: say until when with --until".into()));
            }
        }
        let Decide { exception, until, include, leave_out, .. } = decide;
        let decision = Decision { exception, reason, until, include, leave_out };
        self.subject_record(&request, Step::Decided(decision)).await
    }

    /// Lengthens the legal term once, within the first month, for a reason.
    pub async fn subject_extend(&self, id: EntryId, why: Words) -> Result<RequestLine, DeskError> {
        self.may(HouseAct::SubjectAccess { content: true }).await?;
        let request = self.subject_request(id)?;
        let reason = words(&why.text, "an extension needs its reason, with --reason")?;
        if request.is_answered() {
            return Err(DeskError::Input("a letter was written already, so there is no term left to lengthen".into()));
        }
        let today = clock::now().day();
        let first = subject::due(request.received.on.day(), false);
        if request.term(today).extended.is_some() || today.to_days() > first.to_days() {
            let message = format!("the term can be lengthened once, by {first} at the latest");
            return Err(DeskError::Input(message));
        }
        self.subject_record(&request, Step::Extended(reason)).await
    }

    /// The outward letter that follows from the decision. *Nothing* and *an exception* give the same words.
    pub async fn subject_letter(&self, id: EntryId) -> Result<Letter, DeskError> {
        self.may(HouseAct::SubjectAccess { content: true }).await?;
        self.expect_stepped_up()?;
        let request = self.subject_request(id)?;
        let decision = request.decision().filter(|_| !request.must_be_decided_anew(clock::now()));
        let decision = decision.ok_or_else(|| {
            DeskError::Input("no decision holds yet: decide first with 'weegnet subject decide'".into())
        })?;
        let found = match decision.exception {
            Some(_) => None,
            None => {
                let found = search::search(&self.node, &request.received.person)?;
                Some(found.confirmed(&decision.include, &decision.leave_out))
            }
        };
        let mut contacts: Vec<String> = self
            .node
            .convenants
            .all()
            .iter()
            .map(|policy| policy.ratified().terms().citizen_contact.to_string())
            .collect();
        contacts.dedup();
        let sender = Sender { name: self.node.config.name.clone(), contacts };
        let text = letter::letter(&sender, &request, found.as_ref(), clock::now().day());
        self.subject_record(&request, Step::Letter(Hash::of(&[text.as_bytes()]))).await?;
        Ok(Letter { text })
    }

    /// Records what the person wants corrected, and who got the data from us.
    pub async fn subject_rectify(&self, id: EntryId, what: Words) -> Result<Objection, DeskError> {
        self.objection(id, what, Step::Rectify).await
    }

    /// Records that the person wants it erased, and who got the data from us. Erases nothing.
    pub async fn subject_erasure(&self, id: EntryId, what: Words) -> Result<Objection, DeskError> {
        self.objection(id, what, Step::Erase).await
    }

    /// Records that the person objects, and who got the data from us.
    pub async fn subject_object(&self, id: EntryId, what: Words) -> Result<Objection, DeskError> {
        self.objection(id, what, Step::Object).await
    }

    async fn objection(
        &self,
        id: EntryId,
        what: Words,
        step: impl FnOnce(Objection) -> Step,
    ) -> Result<Objection, DeskError> {
        self.may(HouseAct::SubjectAccess { content: true }).await?;
        let request = self.subject_request(id)?;
        let what = words(&what.text, "say what it is about, with --what")?;
        let found = self.confirmed(&request)?;
        let objection = Objection { what, recipients: found.recipients(), said: found.said() };
        self.subject_record(&request, step(objection.clone())).await?;
        Ok(objection)
    }

    /// What is kept about the person, as far as a human let it stand.
    pub(super) fn confirmed(&self, request: &Request) -> Result<Found, DeskError> {
        let found = search::search(&self.node, &request.received.person)?;
        Ok(match request.decision() {
            Some(decision) => found.confirmed(&decision.include, &decision.leave_out),
            None => found.confirmed(&[], &[]),
        })
    }

    /// Searches, records which cases were found, and only then gives them.
    async fn found(&self, request: &Request) -> Result<RequestView, DeskError> {
        let person = &request.received.person;
        let wanted = person.clone();
        let found = self.aside(move |desk| Ok(search::search(&desk.node, &wanted)?)).await?;
        self.node.ledger.record((), self.searched(request, &found)).await?;
        let others = self.aside(Desk::subject_requests).await?;
        let about = |other: &&Request| {
            other.id < request.id && subject::likeness::likeness(person, &other.received.person).is_some()
        };
        let objections = request.objections().into_iter().map(|(_, _, objection)| objection.clone());
        Ok(RequestView {
            line: RequestLine::of(request),
            case_number: request.received.case_number.clone(),
            verified_by: request.received.verified_by.clone(),
            recipients: found.recipients(),
            earlier: others.iter().filter(about).map(|other| other.id).collect(),
            decision: request.decision().cloned(),
            objections: objections.collect(),
            told: self.told(request),
            found,
        })
    }

    /// The entries that say which cases are about to be shown.
    pub(super) fn searched(&self, request: &Request, found: &Found) -> Vec<Entry> {
        let cases: Vec<_> = found.cases.iter().map(|found| found.case).collect();
        let entry = |cases: &[_]| self.step(request.slot, Some(request.id), Step::Searched(cases.to_vec()));
        if cases.is_empty() { vec![entry(&[])] } else { cases.chunks(CASES_PER_ENTRY).map(entry).collect() }
    }

    async fn subject_record(&self, request: &Request, step: Step) -> Result<RequestLine, DeskError> {
        let entry = self.step(request.slot, Some(request.id), step);
        self.node.ledger.record((), vec![entry]).await?;
        self.subject_request(request.id).map(|request| RequestLine::of(&request))
    }

    pub(super) fn step(&self, slot: CaseKey, request: Option<EntryId>, step: Step) -> Entry {
        let body = SubjectStep { request, by: self.actor.clone(), step };
        note(EntryKind::SubjectAccess, None, slot, body)
    }

    fn subject_requests(&self) -> Result<Vec<Request>, DeskError> {
        Ok(subject::requests(self.node.ledger.journal())?)
    }

    pub(super) fn subject_request(&self, id: EntryId) -> Result<Request, DeskError> {
        let mut all = self.subject_requests()?.into_iter();
        all.find(|request| request.id == id).ok_or(DeskError::NotFound("request for access"))
    }
}

impl RequestLine {
    fn of(request: &Request) -> Self {
        let now = clock::now();
        RequestLine {
            id: request.id,
            requester: request.received.requester,
            state: request.state(now),
            term: request.term(now.day()),
        }
    }
}

/// Text of a human that must say something.
pub(super) fn words(text: &str, missing: &str) -> Result<String, DeskError> {
    match text.trim() {
        "" => Err(DeskError::Input(missing.into())),
        text if text.len() > MAX_TEXT_BYTES => {
            Err(DeskError::Input(format!("write at most {MAX_TEXT_BYTES} bytes, not {}", text.len())))
        }
        text => Ok(text.into()),
    }
}
