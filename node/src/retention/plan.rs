//! What goes when, and why: every key of the vault that is still there, under the term that governs it.

use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};
use weegnet_policy::convenant::{RetentionKind, Terms};
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::exchange::{AskerState, ConsiderationState, Matter, ProposalState, ResponderState};
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::statement::Outcome;
use weegnet_protocol::time::Millis;

use super::bodies::Rule;
use super::trail::{Trail, trails};
use crate::exchange::record::{CaseId, Record};
use crate::journal::{CaseKey, JournalError};
use crate::node::Node;

/// Why a question without a match loses its person at once, whatever the convenant says.
const NO_MATCH_SOURCE: &str = "productregel H5: zonder overeenkomst blijft na de antwoordtermijn geen persoonsgegeven";

/// Why what was kept of a password and a second factor goes when they were replaced or ended, whatever the convenant says.
const SPENT_SOURCE: &str = "product: wie zich niet meer zo aanmeldt, van die blijft geen wachtwoord of sleutel bewaard";
/// Why the secret of a table goes.
const SECRET: &str = "productregel: het geheim van een tabel gaat na zijn tijdvak en de audittermijn";

/// Which part of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Who a question without a match is about.
    Person,
    /// All that is left of it.
    Whole,
}

/// One thing that will go; nothing in it says who it is about.
#[derive(Debug, Clone)]
pub struct Item {
    /// Which case; absent for what is no case.
    pub case: Option<CaseId>,
    /// The term that governs it.
    pub rule: Rule,
    /// How it ended, or what it is.
    pub outcome: &'static str,
    /// Since when the term runs.
    pub since: Timestamp,
    /// When it goes.
    pub due: Timestamp,
    /// A human postponed it until then.
    pub held_until: Option<Timestamp>,
    pub(super) keys: Vec<CaseKey>,
    pub(super) exchange: Vec<u64>,
    pub(super) house: Vec<u64>,
    pub(super) record: Option<Box<Record>>,
}

impl Item {
    /// Which part of a record.
    pub fn part(&self) -> Part {
        self.rule.part
    }

    /// Whether it goes now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due <= now && self.held_until.is_none()
    }
}

/// Everything that will go, the soonest first.
pub fn plan(node: &Node, now: Timestamp) -> Result<Vec<Item>, JournalError> {
    let journal = node.ledger.journal();
    let mut trails = trails(journal)?;
    trails.retain(|key, _| journal.has_key(*key));
    let policies = node.convenants.texts();
    let mut items = Vec::new();
    let mut of_cases = HashSet::new();
    node.ledger.each_case(|record| {
        of_cases.extend(record.keys());
        let policy = node.convenants.policy(&matter(&record).convenant);
        let held_until = node.retention.held_until(&record.id().uitvraag_id, now);
        if let Some(policy) = policy {
            items.extend(of_case(&record, policy.ratified().terms(), held_until, &trails));
        }
    });
    for epoch in node.retention.lock().epochs.all() {
        of_cases.insert(epoch.key);
        let policy = node.convenants.named(&epoch.convenant);
        let rule = policy.and_then(|policy| rule(policy.ratified().terms(), RetentionKind::Pseudonym, false));
        if let (Some(rule), Some(trail)) = (rule, trails.get(&epoch.key)) {
            // The last pseudonym under a key is not made before half the term, and must not outlive the whole of it.
            items.push(item(None, rule, "pseudoniemen", epoch.since, &[(epoch.key, trail)]));
        }
    }
    let (in_use, spent): (HashSet<_>, HashSet<_>) = {
        let people = node.people.read().unwrap_or_else(PoisonError::into_inner);
        (
            people.accounts.keys_in_use().collect(),
            trails.keys().filter(|key| people.accounts.is_spent(**key)).copied().collect(),
        )
    };
    let of = |hash: &Hash| policies.iter().find(|policy| policy.ratified().reference().base() == hash);
    for (key, trail) in trails.iter().filter(|(key, _)| !of_cases.contains(key) && !in_use.contains(key)) {
        // Whoever holds it can open what was sealed for its table, so it goes when its epoch can no longer be audited.
        if trail.kind == EntryKind::TableBuilt {
            // An epoch and the audit term behind it; under a convenant that is not here any more, the product's.
            let terms = trail.convenant.as_ref().and_then(of).map(|policy| policy.ratified().terms().sealed.clone());
            let terms = terms.unwrap_or_default();
            let days = terms.epoch().0 + terms.audit().0;
            let rule = Rule { kind: "tabelgeheim".into(), part: Part::Whole, days, source: SECRET.into() };
            items.push(item(None, rule, "geheim van een tabel", trail.newest, &[(*key, trail)]));
            continue;
        }
        if spent.contains(key) {
            items.push(item(None, spent_rule(), "vervangen aanmelding", trail.newest, &[(*key, trail)]));
            continue;
        }
        let Some((kind, what)) = beside_cases(trail.kind) else { continue };
        // What belongs to no convenant is kept as long as any of them wants it.
        let named =
            trail.convenant.as_ref().and_then(of).and_then(|policy| rule(policy.ratified().terms(), kind, false));
        let longest = || {
            let all = policies.iter().filter_map(|policy| rule(policy.ratified().terms(), kind, false));
            all.max_by_key(|rule| rule.days)
        };
        if let Some(rule) = named.or_else(longest) {
            items.push(item(None, rule, what, trail.newest, &[(*key, trail)]));
        }
    }
    items.sort_by_key(|item| (item.due, item.keys.first().copied()));
    Ok(items)
}

/// The one or two things that will go of a case.
pub(super) fn of_case(
    record: &Record,
    terms: &Terms,
    held_until: Option<Timestamp>,
    trails: &HashMap<CaseKey, Trail>,
) -> Vec<Item> {
    let (kind, outcome) = kind_of(record);
    let matter = matter(record);
    let Some(rule) = rule(terms, kind, is_about_a_minor(record)) else { return Vec::new() };
    let of_keys = |keys: &[CaseKey]| -> Vec<(CaseKey, Trail)> {
        keys.iter().filter_map(|key| Some((*key, trails.get(key)?.clone()))).collect()
    };
    let mut items = Vec::new();
    if let Record::Question(question) = record
        && let Some(person) = question.person
        && kind == RetentionKind::QuestionWithoutMatch
        && person != question.vault
    {
        let rule = no_match_rule(kind);
        let held = of_keys(&[person]);
        let held: Vec<_> = held.iter().map(|(key, trail)| (*key, trail)).collect();
        let mut item = item(Some(record), rule, outcome, question.received, &held);
        // H5 is a rule of the product: no hold and no term keeps it open.
        item.due = matter.answer_by;
        items.push(item);
    }
    let held = of_keys(&record.keys());
    let held: Vec<_> = held.iter().map(|(key, trail)| (*key, trail)).collect();
    let mut whole = item(Some(record), rule, outcome, begin(matter.deliver_until, &held), &held);
    whole.held_until = held_until;
    items.push(whole);
    items
}

fn item(
    record: Option<&Record>,
    rule: Rule,
    outcome: &'static str,
    since: Timestamp,
    trails: &[(CaseKey, &Trail)],
) -> Item {
    Item {
        case: record.map(Record::id),
        outcome,
        since,
        due: since + Millis::hours(24 * u64::from(rule.days)),
        held_until: None,
        keys: trails.iter().map(|(key, _)| *key).collect(),
        exchange: trails.iter().flat_map(|(_, trail)| trail.exchange.iter().copied()).collect(),
        house: trails.iter().flat_map(|(_, trail)| trail.house.iter().copied()).collect(),
        record: record.cloned().map(Box::new),
        rule,
    }
}

/// The rule under which the person of a question without a match goes.
pub(super) fn no_match_rule(kind: RetentionKind) -> Rule {
    Rule { kind: kind.as_str().into(), part: Part::Person, days: 0, source: NO_MATCH_SOURCE.into() }
}

/// The rule under which what was kept of a password goes when it counts no more.
fn spent_rule() -> Rule {
    let kind = RetentionKind::Journal.as_str().into();
    Rule { kind, part: Part::Whole, days: 0, source: SPENT_SOURCE.into() }
}

/// No term begins before the newest of the entries that it governs: a clock that was set back erases nothing early.
fn begin(since: Timestamp, trails: &[(CaseKey, &Trail)]) -> Timestamp {
    trails.iter().map(|(_, trail)| trail.newest).fold(since, Timestamp::max)
}

fn rule(terms: &Terms, kind: RetentionKind, minor: bool) -> Option<Rule> {
    let term = terms.retention_of(kind)?;
    let shorter = terms.minors.retention.0.min(term.term.0);
    let days = if minor && kind.names_a_person() { shorter } else { term.term.0 };
    Some(Rule { kind: kind.as_str().into(), part: Part::Whole, days, source: term.source.as_str().into() })
}

/// Which term governs a case, and how the case ended.
pub(super) fn kind_of(record: &Record) -> (RetentionKind, &'static str) {
    match record {
        Record::Own(own) if own.approval.is_none() => (RetentionKind::OwnDraft, proposal(&own.proposal)),
        Record::Own(own) => {
            (RetentionKind::OwnAsked, if own.asks.iter().any(is_known) { "bekend" } else { "gevraagd" })
        }
        Record::Approval(approval) if approval.denied.is_some() => (RetentionKind::Refused, "geweigerd"),
        Record::Approval(approval) => (
            RetentionKind::Approval,
            match approval.state {
                ConsiderationState::ExpectVerdict => "wacht op goedkeuring",
                ConsiderationState::Approved => "goedgekeurd",
                ConsiderationState::Refused(_) => "afgewezen",
                ConsiderationState::Withdrawn => "ingetrokken",
                ConsiderationState::Expired => "verlopen",
            },
        ),
        Record::Question(question) if question.denied.is_some() => (RetentionKind::Refused, "geweigerd"),
        Record::Question(question) => match &question.state {
            ResponderState::Answered(Outcome::Known(_)) => (RetentionKind::QuestionReleased, "verstrekt"),
            _ if question.released => (RetentionKind::QuestionReleased, "verstrekt"),
            state => {
                let kind = match question.candidates.is_empty() {
                    true => RetentionKind::QuestionWithoutMatch,
                    false => RetentionKind::QuestionWithheld,
                };
                let outcome = match state {
                    ResponderState::Withdrawn => "ingetrokken",
                    ResponderState::Answered(_) => "geen mededeling",
                    _ => "in behandeling",
                };
                (kind, outcome)
            }
        },
    }
}

fn proposal(state: &ProposalState) -> &'static str {
    match state {
        ProposalState::ExpectApproval => "wacht op goedkeuring",
        ProposalState::Withdrawn => "ingetrokken",
        ProposalState::Refused(_) => "afgewezen",
        _ => "niet goedgekeurd",
    }
}

fn is_known(ask: &crate::exchange::record::Ask) -> bool {
    matches!(ask.state, AskerState::Answered(Outcome::Known(_)))
}

/// What stands in the house log and belongs to no case.
fn beside_cases(kind: EntryKind) -> Option<(RetentionKind, &'static str)> {
    Some(match kind {
        // Roles are taken up from the journal at every start, and tell who could do what: they stay.
        EntryKind::RoleGiven | EntryKind::RoleTaken => return None,
        EntryKind::SignIn => (RetentionKind::Journal, "aanmelding"),
        EntryKind::SubjectAccess => (RetentionKind::SubjectAccess, "inzageverzoek"),
        EntryKind::CorrectionSent => (RetentionKind::SubjectAccess, "verzonden correctie"),
        EntryKind::CorrectionHandled => (RetentionKind::SubjectAccess, "afgehandelde correctie"),
        EntryKind::CaseClosed => (RetentionKind::Pseudonym, "pseudoniemen"),
        EntryKind::ActDenied => (RetentionKind::Journal, "geweigerde handeling"),
        EntryKind::RegisterImported => (RetentionKind::Journal, "import"),
        EntryKind::Configuration => (RetentionKind::Journal, "instelling"),
        EntryKind::Inspected => (RetentionKind::Journal, "toezicht"),
        EntryKind::Exported => (RetentionKind::Journal, "export"),
        _ => (RetentionKind::Journal, "overig"),
    })
}

fn is_about_a_minor(record: &Record) -> bool {
    match record {
        Record::Own(own) => own.draft.subject.minor,
        Record::Approval(approval) => approval.draft.as_ref().is_some_and(|draft| draft.subject.minor),
        Record::Question(question) => question.subject.as_ref().is_some_and(|subject| subject.minor),
    }
}

pub(super) fn matter(record: &Record) -> &Matter {
    match record {
        Record::Own(own) => &own.matter,
        Record::Approval(approval) => &approval.matter,
        Record::Question(question) => &question.matter,
    }
}
