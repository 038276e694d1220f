//! Subject access (AVG 15–21, UAVG 41, Wpg 25, 27): who asked what is kept about them, what was found, decided and written.
//!
//! A request is the entries that it left in the house log, all sealed under one key of its own. Its name is that of the
//! first of them. There is no index of names: a search compares with whatever can still be decrypted, each time anew.

pub mod letter;
pub mod likeness;
pub mod search;

use serde::{Deserialize, Serialize};
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::id::{EntryId, StatementId, UitvraagId};
use weegnet_protocol::log::{EntryKind, LeafIndex};
use weegnet_protocol::person::PersonRef;
use weegnet_protocol::statement::Right;
use weegnet_protocol::time::{Day, Millis};
use weegnet_protocol::{Oin, Timestamp};

use super::calendar::plus_months;
use super::entries::{self, EntryView};
use crate::exchange::bodies::Note;
use crate::exchange::record::CaseId;
use crate::journal::{CaseKey, Journal, JournalError};
use crate::people::Actor;

/// Months until an answer is due, from the day of receipt (AVG 12(3)).
pub const TERM_MONTHS: u16 = 1;
/// Months by which it can be lengthened once, with a reason (AVG 12(3)).
pub const EXTENSION_MONTHS: u16 = 2;
/// Longest time before an exception is decided on anew: 12 months.
pub const EXCEPTION_MONTHS: u16 = 12;
/// Cases named in one entry; more go into further ones: 400.
pub const CASES_PER_ENTRY: usize = 400;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requester {
    /// The person.
    #[serde(rename = "self")]
    Person,
    /// Their lawyer.
    Lawyer,
    /// Their parent, guardian or curator.
    Guardian,
}

impl Requester {
    /// The name on a screen, in Dutch.
    pub const fn dutch(self) -> &'static str {
        match self {
            Requester::Person => "betrokkene",
            Requester::Lawyer => "advocaat of gemachtigde",
            Requester::Guardian => "wettelijk vertegenwoordiger",
        }
    }
}

/// One entry of a request: the body of [`SubjectAccess`](EntryKind::SubjectAccess).
#[derive(Clone, Serialize, Deserialize)]
pub struct SubjectStep {
    /// Which request; absent in the first entry, which names it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<EntryId>,
    /// Who.
    pub by: Actor,
    /// What.
    pub step: Step,
}

/// What was done in a request.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It came in, and who asks was verified.
    Received(Received),
    /// It was searched; these cases were found.
    Searched(Vec<CaseId>),
    /// What was found is shown once more.
    Shown,
    /// Its term was lengthened.
    Extended(String),
    /// A human decided.
    Decided(Decision),
    /// A letter was written: its SHA-256.
    Letter(Hash),
    /// What is kept is wrong, says the person; these got it.
    Rectify(Objection),
    /// The person wants it erased; these got it.
    Erase(Objection),
    /// The person objects; these got it.
    Object(Objection),
    /// One of these is told; its correction is recorded in the same batch.
    Told(Told),
}

/// A verified request.
#[derive(Clone, Serialize, Deserialize)]
pub struct Received {
    /// About whom.
    pub person: PersonRef,
    /// Who asks.
    pub requester: Requester,
    /// How it was established who asks, and for whom.
    pub verified_by: String,
    /// The organisation's own reference.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub case_number: Option<String>,
    /// The day on which it came in; the term runs from then.
    pub on: Timestamp,
}

/// A named human decided, for a reason.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Decision {
    /// The letter of UAVG 41(1), when an exception applies; otherwise the overview goes out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exception: Option<char>,
    /// Why.
    pub reason: String,
    /// Until when an exception holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Timestamp>,
    /// Possible matches that a human found to be the person.
    pub include: Vec<UitvraagId>,
    /// Matches that a human found to be somebody else.
    pub leave_out: Vec<UitvraagId>,
}

/// What the person wants changed or stopped.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Objection {
    /// In their words, or the officer's.
    pub what: String,
    /// Who got anything about the person from us. Recording it tells nobody.
    pub recipients: Vec<Oin>,
    /// The statements in which they got it, which are known by this also when their case is erased.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub said: Vec<Said>,
}

/// A statement of ours that tells something about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Said {
    /// Its entry in the exchange log.
    pub entry: LeafIndex,
    /// Which uitvraag it belongs to.
    pub uitvraag_id: UitvraagId,
    /// Who got it.
    pub to: Oin,
}

/// A correction goes to one recipient.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Told {
    /// What the person wants: the entry in which that was recorded.
    pub objection: EntryId,
    /// The statement that it is about.
    pub about: Said,
    /// The correction.
    pub correction: StatementId,
}

/// A request, as its entries tell it.
#[derive(Clone)]
pub struct Request {
    /// Its name.
    pub id: EntryId,
    /// Key of everything about it.
    pub slot: CaseKey,
    /// What came in.
    pub received: Received,
    /// All steps after that, with when and where.
    pub steps: Vec<(EntryView, SubjectStep)>,
}

/// Where the legal term stands.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Term {
    /// The day on which the request came in.
    pub received: String,
    /// The last day for an answer.
    pub due: String,
    /// Why it was lengthened.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub extended: Option<String>,
    /// Whether that day has passed without a letter.
    pub overdue: bool,
}

impl Request {
    /// The decision that holds.
    pub fn decision(&self) -> Option<&Decision> {
        self.steps.iter().rev().find_map(|(_, step)| match &step.step {
            Step::Decided(decision) => Some(decision),
            _ => None,
        })
    }

    /// Whether a letter was written after the decision that holds.
    pub fn is_answered(&self) -> bool {
        let last = self.steps.iter().rev().find(|(_, step)| matches!(step.step, Step::Decided(_) | Step::Letter(_)));
        last.is_some_and(|(_, step)| matches!(step.step, Step::Letter(_)))
    }

    /// What the person wants changed or stopped, each with the entry that recorded it and the right that it rests on.
    pub fn objections(&self) -> Vec<(EntryId, Right, &Objection)> {
        let objections = self.steps.iter().filter_map(|(entry, step)| match &step.step {
            Step::Rectify(objection) => Some((entry.id, Right::Rectification, objection)),
            Step::Erase(objection) => Some((entry.id, Right::Erasure, objection)),
            Step::Object(objection) => Some((entry.id, Right::Objection, objection)),
            _ => None,
        });
        objections.collect()
    }

    /// Whom it was said to that something was wrong.
    pub fn told(&self) -> impl Iterator<Item = &Told> {
        self.steps.iter().filter_map(|(_, step)| match &step.step {
            Step::Told(told) => Some(told),
            _ => None,
        })
    }

    /// Whether its exception ran out, so that a human must decide anew.
    pub fn must_be_decided_anew(&self, now: Timestamp) -> bool {
        self.decision().and_then(|decision| decision.until).is_some_and(|until| until <= now)
    }

    /// The legal term.
    pub fn term(&self, today: Day) -> Term {
        let extended = self.steps.iter().find_map(|(_, step)| match &step.step {
            Step::Extended(reason) => Some(reason.clone()),
            _ => None,
        });
        let due = due(self.received.on.day(), extended.is_some());
        let overdue = !self.is_answered() && today.to_days() > due.to_days();
        Term { received: self.received.on.day().to_string(), due: due.to_string(), extended, overdue }
    }

    /// How far it is, in the words of the console.
    pub fn state(&self, now: Timestamp) -> String {
        match self.decision() {
            None => "ontvangen".into(),
            Some(_) if self.must_be_decided_anew(now) => "uitzondering verlopen: opnieuw besluiten".into(),
            Some(_) if !self.is_answered() => "besloten, nog geen brief".into(),
            Some(Decision { until: Some(until), .. }) => {
                // The moment at which it ends is the first of the day after.
                format!("beantwoord, uitzondering tot en met {}", (*until - Millis(1)).day())
            }
            Some(_) => "beantwoord".into(),
        }
    }
}

/// The last day for an answer.
pub fn due(received: Day, extended: bool) -> Day {
    plus_months(received, TERM_MONTHS + if extended { EXTENSION_MONTHS } else { 0 })
}

/// All requests whose entries can still be opened, in the order in which they came.
pub fn requests(journal: &Journal) -> Result<Vec<Request>, JournalError> {
    let mut requests: Vec<Request> = Vec::new();
    entries::each(journal, |stored| {
        if stored.leaf.kind != EntryKind::SubjectAccess {
            return;
        }
        let body = journal.body(&stored).ok().flatten();
        let note = body.and_then(|body| codec::decode::<Note<SubjectStep>>(&body).ok());
        let (Some(note), Some(slot)) = (note, entries::slot(&stored)) else { return };
        match note.content {
            SubjectStep { request: None, step: Step::Received(received), .. } => {
                requests.push(Request { id: stored.leaf.id, slot, received, steps: Vec::new() });
            }
            step => {
                if let Some(request) = requests.iter_mut().find(|request| Some(request.id) == step.request) {
                    request.steps.push((EntryView::of(&stored), step));
                }
            }
        }
    })?;
    Ok(requests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_term_is_one_month_and_three_when_lengthened() {
        let day = Day { year: 2026, month: 11, day: 30 };
        assert_eq!(due(day, false).to_string(), "2026-12-30");
        assert_eq!(due(day, true).to_string(), "2027-02-28");
    }

    #[test]
    fn a_step_is_read_back_as_it_was_written() {
        let by = Actor { person: "fg".parse().unwrap(), os_user: 1, way: None };
        let id = UitvraagId::new(Timestamp::from_seconds(1), [1; 10]);
        let reason = "noodzaak".to_owned();
        let until = Some(Timestamp::from_seconds(2));
        let decision = Decision { exception: Some('d'), reason, until, include: vec![id], leave_out: vec![] };
        for step in [Step::Shown, Step::Decided(decision), Step::Searched(vec![])] {
            let body = codec::encode(&Note::new(SubjectStep { request: None, by: by.clone(), step }));
            codec::decode::<Note<SubjectStep>>(&body).unwrap();
        }
    }
}
