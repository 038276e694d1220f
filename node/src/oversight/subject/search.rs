//! Every case that is about a person, or in which they were shown as a possible match: over all that can still be decrypted.

use serde::{Deserialize, Serialize};
use weegnet_policy::convenant::Terms;
use weegnet_protocol::exchange::AskerState;
use weegnet_protocol::id::{ConvenantId, UitvraagId};
use weegnet_protocol::log::{EntryKind, LeafIndex, LogName};
use weegnet_protocol::person::PersonRef;
use weegnet_protocol::statement::Subject;
use weegnet_protocol::time::Day;
use weegnet_protocol::{Oin, Timestamp};

use super::Said;
use super::likeness::{Likeness, likeness};
use crate::clock;
use crate::exchange::record::{CaseId, OwnRecord, QuestionRecord, Record};
use crate::exchange::told;
use crate::journal::JournalError;
use crate::node::Node;
use crate::oversight::entries::{self, ByCase, EntryView};
use crate::oversight::facts::{Facts, Outcome, side_name};
use crate::retention::{Part, plan};

/// A day on which every row that is still on disk is within its term: what is kept is found, also when it should be gone.
const ANY_TERM: Day = Day { year: 1970, month: 1, day: 1 };

/// What is kept about one person.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Found {
    /// Cases, in the order of time.
    pub cases: Vec<FoundCase>,
    /// Cases of which only a pseudonym is left.
    pub erased: Vec<ErasedHit>,
    /// Cases that were compared.
    pub compared: u64,
    /// Refused questions and drafts, of which nobody's name was ever kept.
    pub without_person: u64,
    /// Possible matches whose row has left the register since, so that they could not be compared.
    pub rows_gone: u64,
    /// Registers that could not be read.
    pub unreadable_registers: u64,
}

/// A question without a match that is erased, found by the pseudonym that remains.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErasedHit {
    /// When it came in.
    pub when: String,
    /// Who asked.
    pub asker: Party,
    /// Under which convenant.
    pub convenant: ConvenantId,
    /// For which purpose, in words.
    pub purpose: String,
    /// The article that sets it.
    pub article: String,
    /// Its entry in the exchange log, whose body is gone.
    pub entry: String,
}

impl ErasedHit {
    /// What the convenant still says about it.
    pub fn new(node: &Node, asker: Oin, convenant: ConvenantId, received: Timestamp, question: LeafIndex) -> Self {
        let policy = node.convenants.named(&convenant);
        let terms = policy.as_ref().map(|policy| policy.ratified().terms());
        ErasedHit {
            when: received.to_string(),
            asker: Party::of(terms, asker),
            purpose: terms.map_or_else(|| convenant.to_string(), |terms| terms.purpose.description.to_string()),
            article: terms.map_or_else(String::new, |terms| terms.purpose.article.to_string()),
            entry: format!("{}/{}", LogName::Exchange.as_str(), question.0),
            convenant,
        }
    }
}

/// One case.
#[derive(Clone, Serialize, Deserialize)]
pub struct FoundCase {
    /// Which.
    pub case: CaseId,
    /// `eigen-uitvraag`, `ter-goedkeuring` or `ontvangen-vraag`.
    pub kind: String,
    /// How sure it is that it is this person.
    pub likeness: Likeness,
    /// Asked about; otherwise only shown as a possible match for somebody else.
    pub asked_about: bool,
    /// Who asked.
    pub asker: Party,
    /// When it was written, or came in.
    pub when: String,
    /// Under which convenant.
    pub convenant: ConvenantId,
    /// For which purpose, in words, and the article that sets it.
    pub purpose: String,
    /// That article.
    pub article: String,
    /// What was said of the person, when it was asked about them: each part with its name.
    #[serde(default)]
    pub data: Vec<(String, String)>,
    /// When it will be erased, and where that term comes from.
    #[serde(default)]
    pub kept_until: Option<Kept>,
    /// The criteria, in words: of the question about this person only.
    pub criteria: Vec<String>,
    /// On which ground one party may tell the other.
    pub grounds: Vec<Ground>,
    /// Shortened terms.
    pub urgent: bool,
    /// The person may have been under 18.
    pub minor: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// Rows of the register that were shown to a reviewer as possible matches and are about this person.
    pub shown_as_candidate: Vec<String>,
    /// Who got what, from us.
    pub recipients: Vec<Recipient>,
    /// What came from whom.
    pub sources: Vec<Recipient>,
    /// Every entry of the case.
    pub entries: Vec<EntryView>,
}

/// Until when something is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// The day on which it goes, if nobody holds it for a reason.
    pub until: String,
    /// Where the term comes from.
    pub source: String,
}

/// An organisation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Party {
    /// Its number.
    pub oin: Oin,
    /// Its name in the convenant.
    pub name: String,
}

impl Party {
    fn of(terms: Option<&Terms>, oin: Oin) -> Self {
        let party = terms.and_then(|terms| terms.party(&oin));
        Party { oin, name: party.map_or_else(String::new, |party| party.name.to_string()) }
    }
}

/// Somebody who got something, or from whom it came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recipient {
    /// Who.
    #[serde(flatten)]
    pub party: Party,
    /// What: `concept`, `vraag`, `goedkeuring`, or the outcome of an answer.
    pub what: String,
    /// When.
    pub when: Option<String>,
    /// Its entry in the exchange log.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entry: Option<LeafIndex>,
    /// Whether it says anything about the person. *Geen mededeling* does not, and whoever got it must not learn by a
    /// correction that there was something to correct.
    pub tells: bool,
}

/// On what ground one party may tell another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ground {
    /// Who tells.
    pub from: Party,
    /// Who is told.
    pub to: Party,
    /// The statute's article.
    pub article: String,
    /// The decision that applies it.
    pub decision: String,
    /// Where both can be read.
    pub source: String,
}

impl Found {
    /// Everybody who got anything about the person from us, once each.
    pub fn recipients(&self) -> Vec<Oin> {
        let all = self.cases.iter().filter(|found| found.asked_about).flat_map(|found| &found.recipients);
        let mut all: Vec<Oin> = all.filter(|recipient| recipient.tells).map(|recipient| recipient.party.oin).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The statements in which they got it.
    pub fn said(&self) -> Vec<Said> {
        let said = |found: &FoundCase, recipient: &Recipient| {
            let entry = recipient.entry.filter(|_| recipient.tells)?;
            Some(Said { entry, uitvraag_id: found.case.uitvraag_id, to: recipient.party.oin })
        };
        let all = self.cases.iter().filter(|found| found.asked_about);
        all.flat_map(|found| found.recipients.iter().filter_map(move |recipient| said(found, recipient))).collect()
    }

    /// What a human let stand: matches but those left out, and of the possible ones those included.
    pub fn confirmed(mut self, include: &[UitvraagId], leave_out: &[UitvraagId]) -> Self {
        self.cases.retain(|found| {
            let id = &found.case.uitvraag_id;
            !leave_out.contains(id) && (found.likeness == Likeness::Overeenkomst || include.contains(id))
        });
        self
    }
}

/// Compares the person with every case and every possible match on this node. Reads; sends nothing to anybody (H11).
///
/// # Errors
/// When the journal cannot be read.
pub fn search(node: &Node, person: &PersonRef) -> Result<Found, JournalError> {
    let entries = entries::by_case(node.ledger.journal())?;
    let mut found = Found { erased: pseudonyms(node, person), ..Found::default() };
    node.ledger.each_case(|record| {
        found.compared += 1;
        let asked = match subject(&record) {
            Some(subject) => likeness(person, &subject.person),
            None => {
                found.without_person += 1;
                None
            }
        };
        let rows = match &record {
            Record::Question(question) => candidates(node, question, person, &mut found),
            _ => Vec::new(),
        };
        // Whichever is surer.
        let how = [asked, rows.iter().map(|(_, how)| *how).min_by_key(|how| *how as u8)];
        let Some(how) = how.into_iter().flatten().min_by_key(|how| *how as u8) else { return };
        let shown = rows.into_iter().map(|(row, _)| row).collect();
        found.cases.push(FoundCase::of(node, &record, how, asked.is_some(), shown, &entries));
    });
    found.cases.sort_by(|a, b| (&a.when, a.case).cmp(&(&b.when, b.case)));
    for item in plan(node, clock::now())?.into_iter().filter(|item| item.part() == Part::Whole) {
        let due = item.due.max(item.held_until.unwrap_or(item.due));
        let kept = Kept { until: due.day().to_string(), source: item.rule.source.clone() };
        let of_it = found.cases.iter_mut().find(|found| Some(found.case) == item.case);
        if let Some(found) = of_it {
            found.kept_until = Some(kept);
        }
    }
    Ok(found)
}

/// What is left of the erased: whose keyed pseudonym, under any key that is still held, is this person's.
fn pseudonyms(node: &Node, person: &PersonRef) -> Vec<ErasedHit> {
    let traces = node.retention.traces(node.ledger.journal(), person).into_iter();
    traces.map(|trace| ErasedHit::new(node, trace.asker, trace.convenant, trace.received, trace.question)).collect()
}

/// About whom a case is; `None` when nothing of that was kept.
pub fn subject(record: &Record) -> Option<&Subject> {
    match record {
        Record::Own(own) => Some(&own.draft.subject),
        Record::Approval(approval) => approval.draft.as_ref().map(|draft| &draft.subject),
        Record::Question(question) => question.subject.as_ref(),
    }
}

fn candidates(
    node: &Node,
    question: &QuestionRecord,
    person: &PersonRef,
    found: &mut Found,
) -> Vec<(String, Likeness)> {
    if question.candidates.is_empty() {
        return Vec::new();
    }
    let rows: Vec<_> = question.candidates.iter().map(|candidate| candidate.row.clone()).collect();
    let read =
        node.registers.of(question.matter.convenant.id()).and_then(|register| register.rows_by_id(&rows, ANY_TERM));
    let Ok(read) = read else {
        found.unreadable_registers += 1;
        return Vec::new();
    };
    found.rows_gone += read.iter().filter(|row| row.is_none()).count() as u64;
    let about = |row: crate::register::Row| Some((row.id.to_string(), likeness(person, &row.person)?));
    read.into_iter().flatten().filter_map(about).collect()
}

impl FoundCase {
    fn of(
        node: &Node,
        record: &Record,
        likeness: Likeness,
        asked_about: bool,
        shown_as_candidate: Vec<String>,
        entries: &ByCase,
    ) -> Self {
        let facts = Facts::of(record, &node.convenants);
        let entries = entries.get(&record.vault()).cloned().unwrap_or_default();
        let case = record.id();
        let policy = node.convenants.named(&facts.convenant);
        let terms = policy.as_ref().map(|policy| policy.ratified().terms());
        let party = |oin: Oin| Party::of(terms, oin);
        let (recipients, sources) = exchanged(record, &entries, &party);
        let told: Vec<(Oin, Oin)> = match record {
            Record::Own(own) => own.asks.iter().map(|ask| (ask.matter.to, node.us())).collect(),
            Record::Approval(_) => Vec::new(),
            Record::Question(question) => vec![(node.us(), question.matter.from)],
        };
        let grounds = terms.into_iter().flat_map(|terms| &terms.bases);
        let grounds = grounds.filter(|basis| told.contains(&(basis.from, basis.to))).map(|basis| Ground {
            from: party(basis.from),
            to: party(basis.to),
            article: basis.article.to_string(),
            decision: basis.decision.to_string(),
            source: basis.source.to_string(),
        });
        // What was asked about somebody else is not this person's to read.
        let own = asked_about.then(|| subject(record)).flatten();
        let criteria = own.map(|subject| subject.criteria.clone()).unwrap_or_default();
        let text = |code: &weegnet_protocol::id::Slug| {
            let coded = terms.and_then(|terms| terms.criteria.iter().find(|coded| coded.code == *code));
            coded.map_or_else(|| code.to_string(), |coded| coded.text.to_string())
        };
        FoundCase {
            case,
            kind: side_name(case.side).into(),
            likeness,
            asked_about,
            asker: party(case.asker),
            when: facts.at.to_string(),
            purpose: terms.map_or_else(|| facts.purpose.clone(), |terms| terms.purpose.description.to_string()),
            article: terms.map_or_else(String::new, |terms| terms.purpose.article.to_string()),
            data: own.map(|subject| data(&subject.person)).unwrap_or_default(),
            kept_until: None,
            criteria: criteria.iter().map(text).collect(),
            grounds: grounds.collect(),
            urgent: facts.urgent,
            minor: own.is_some_and(|subject| subject.minor),
            outcome: facts.outcome,
            convenant: facts.convenant,
            shown_as_candidate,
            recipients,
            sources,
            entries,
        }
    }
}

/// What is said of a person, part by part, in the words of a screen.
fn data(person: &PersonRef) -> Vec<(String, String)> {
    let text = |name: &weegnet_protocol::person::NameText| name.as_str().to_owned();
    let aliases: Vec<_> = person.aliases().iter().map(text).collect();
    let birth = person.birth().parts().map(|_| person.birth().to_string());
    let parts = [
        ("BSN", person.bsn().map(|bsn| bsn.as_str().to_owned())),
        ("voornamen", person.given_names().map(text)),
        ("voorvoegsel", person.prefix().map(text)),
        ("geslachtsnaam", person.surname().map(text)),
        ("andere namen", (!aliases.is_empty()).then(|| aliases.join(", "))),
        ("geboortedatum", birth),
    ];
    parts.into_iter().filter_map(|(part, value)| Some((part.to_owned(), value?))).collect()
}

/// When a statement was written down, and where.
type Moment = Option<(String, LeafIndex)>;

/// Who got what from us, and what came from whom.
fn exchanged(
    record: &Record,
    entries: &[EntryView],
    party: &impl Fn(Oin) -> Party,
) -> (Vec<Recipient>, Vec<Recipient>) {
    let of = |entry: &EntryView| (entry.time.clone(), LeafIndex(entry.index));
    let sent = |kind: EntryKind, to: Oin| {
        entries.iter().find(|entry| entry.kind == kind && entry.audience == Some(to)).map(of)
    };
    let came = |kind: EntryKind, from: Oin| {
        entries.iter().find(|entry| entry.kind == kind && entry.issuer == Some(from)).map(of)
    };
    let say = |oin, what: &str, when: Moment| {
        let tells = matches!(what, "concept" | "vraag" | "neem contact op");
        let (when, entry) = when.unzip();
        Recipient { party: party(oin), what: what.into(), when, entry, tells }
    };
    match record {
        Record::Own(own) => own_exchanged(own, &say, &sent, &came),
        Record::Approval(approval) => {
            let asker = approval.matter.from;
            let given = sent(EntryKind::ApprovalGiven, asker);
            let recipients = given.into_iter().map(|when| say(asker, "goedkeuring", Some(when))).collect();
            (recipients, vec![say(asker, "concept", came(EntryKind::DraftReceived, asker))])
        }
        Record::Question(question) => {
            let asker = question.matter.from;
            let answered = sent(EntryKind::AnswerSent, asker);
            let what = if told(&question.state).is_some() { "neem contact op" } else { "geen mededeling" };
            let recipients = answered.into_iter().map(|when| say(asker, what, Some(when))).collect();
            (recipients, vec![say(asker, "vraag", came(EntryKind::QuestionReceived, asker))])
        }
    }
}

fn own_exchanged(
    own: &OwnRecord,
    say: &impl Fn(Oin, &str, Moment) -> Recipient,
    sent: &impl Fn(EntryKind, Oin) -> Moment,
    came: &impl Fn(EntryKind, Oin) -> Moment,
) -> (Vec<Recipient>, Vec<Recipient>) {
    let draft = say(own.matter.to, "concept", sent(EntryKind::DraftSent, own.matter.to));
    let asks = own.asks.iter().map(|ask| say(ask.matter.to, "vraag", sent(EntryKind::UitvraagSent, ask.matter.to)));
    let recipients = std::iter::once(draft).chain(asks).collect();
    let answered = own.asks.iter().filter_map(|ask| {
        use weegnet_protocol::statement::Outcome as Said;
        let what = match &ask.state {
            AskerState::Answered(Said::Known(_)) => "neem contact op",
            AskerState::Answered(Said::NoStatement) => "geen mededeling",
            _ => return None,
        };
        Some(say(ask.matter.to, what, came(EntryKind::AnswerReceived, ask.matter.to)))
    });
    (recipients, answered.collect())
}
