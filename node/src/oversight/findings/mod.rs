//! What deserves a look: each finding with the rule that raised it and the entries behind it. Never a score, never a rank;
//! a finding says nothing about whether anything is wrong. Who was asked about is not among it.

mod node;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use weegnet_protocol::Timestamp;
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::person::{FoldedName, PersonRef, fold, fold_surname};
use weegnet_protocol::time::Millis;

use super::acts::HumanAct;
use super::calendar::{OFFICE_CLOSES, OFFICE_OPENS, Period, in_office_hours};
use super::entries::{ByCase, EntryView};
use super::facts::{Facts, Outcome};
use crate::exchange::record::Side;
use crate::journal::CaseKey;
use crate::people::PersonName;
use crate::register::same_person;

pub use node::{HANDLED_WITHIN, is_contradicted, of_journals};

/// Many questions by one author: 5 on one day (UTC).
pub const MANY_A_DAY: usize = 5;
/// Many questions by one author: 20 in the period.
pub const MANY_IN_PERIOD: usize = 20;
/// Repeated questions about one person: 2 by the same asker, within the period.
pub const REPEATED: usize = 2;
/// A question should have been weighed 28 days after its answers were due.
pub const WEIGHED_WITHIN: Millis = Millis::hours(28 * 24);
/// Reviews of one reviewer before their share of withheld answers is looked at: 5.
pub const REVIEWS_AT_LEAST: usize = 5;
/// Withheld share that deserves a look: 4 of 5.
pub const WITHHELD_OF_FIVE: usize = 4;

/// One thing that deserves a look.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the rule.
    pub rule: String,
    /// What the rule looks for, with its threshold.
    pub why: String,
    /// What was found.
    pub what: String,
    /// People here whom it concerns.
    pub people: Vec<PersonName>,
    /// Uitvragen that it concerns.
    pub cases: Vec<UitvraagId>,
    /// The entries behind it.
    pub entries: Vec<String>,
    /// The numbers in [`Finding::what`], in their order, for a screen that says it in other words.
    #[serde(skip)]
    pub numbers: Vec<u64>,
}

impl Finding {
    fn counting<const N: usize>(self, numbers: [usize; N]) -> Self {
        Finding { numbers: numbers.map(|number| number as u64).into(), ..self }
    }
}

/// All that the rules look at.
pub struct Material<'a> {
    /// Cases, without persons.
    pub facts: &'a [Facts],
    /// About whom each case is, as far as it can still be decrypted.
    pub persons: &'a HashMap<CaseKey, PersonRef>,
    /// What people did.
    pub acts: &'a [HumanAct],
    /// Which entries belong to which case.
    pub entries: &'a ByCase,
    /// Everybody who has or had a role here.
    pub staff: &'a [PersonName],
    /// Entries about journals that are not what they were, and searches that a register contradicted, and when.
    pub of_journals: &'a [(Timestamp, EntryView)],
    /// Corrections that wait: since when, and the entry with which each came in.
    pub corrections: &'a [(Timestamp, String)],
    /// The moment as of which is judged.
    pub now: Timestamp,
}

/// Applies every rule to one period.
pub fn findings(period: Period, material: &Material<'_>) -> Vec<Finding> {
    let within: Vec<&Facts> = material.facts.iter().filter(|facts| period.contains(facts.at)).collect();
    let acts: Vec<&HumanAct> = material.acts.iter().filter(|act| period.contains(act.at)).collect();
    let rules = [
        many_by_one_author(&within, material),
        repeated(&within, material),
        outside_office_hours(&acts),
        unreviewed(&within, material),
        withheld_share(&within, material),
        urgent(&within, material),
        minors(&within, material),
        not_weighed(&within, material),
        self_or_colleague(&within, material),
        node::journals(period, material),
        node::waiting(period, material),
        node::misused(period, material),
        node::contradicted(period, material),
    ];
    rules.into_iter().flatten().collect()
}

fn many_by_one_author(facts: &[&Facts], material: &Material<'_>) -> Vec<Finding> {
    let why =
        format!("een opsteller met ten minste {MANY_A_DAY} uitvragen op een dag, of {MANY_IN_PERIOD} in de periode");
    let mut authors: BTreeMap<&PersonName, Vec<&Facts>> = BTreeMap::new();
    for one in facts {
        if let Some(author) = &one.author {
            authors.entry(author).or_default().push(one);
        }
    }
    let mut found = Vec::new();
    for (author, own) in authors {
        let mut days: BTreeMap<i64, usize> = BTreeMap::new();
        own.iter().for_each(|one| *days.entry(one.at.day().to_days()).or_default() += 1);
        let most = days.values().copied().max().unwrap_or(0);
        if most >= MANY_A_DAY || own.len() >= MANY_IN_PERIOD {
            let what = format!("{} uitvragen in de periode, hoogstens {most} op een dag", own.len());
            let starts = |entry: &EntryView| entry.kind == EntryKind::DraftWritten;
            let people = vec![author.clone()];
            let finding = finding("veel-vragen-opsteller", &why, what, people, &own, material, starts);
            found.push(finding.counting([own.len(), most]));
        }
    }
    found
}

fn repeated(facts: &[&Facts], material: &Material<'_>) -> Vec<Finding> {
    let why = format!("dezelfde organisatie vraagt ten minste {REPEATED} keer naar wie dezelfde persoon kan zijn");
    let mut groups: Vec<(&PersonRef, Vec<&Facts>)> = Vec::new();
    for one in facts.iter().filter(|one| one.side != Side::Approval) {
        let Some(person) = material.persons.get(&one.vault) else { continue };
        let same = |(other, group): &&mut (&PersonRef, Vec<&Facts>)| {
            let first = group[0];
            let asker = one.side == first.side && (one.side == Side::Own || one.peers == first.peers);
            asker && one.convenant == first.convenant && same_person(person, other)
        };
        match groups.iter_mut().find(same) {
            Some((_, group)) => group.push(one),
            None => groups.push((person, vec![one])),
        }
    }
    let many = groups.into_iter().filter(|(_, group)| group.len() >= REPEATED);
    many.map(|(_, group)| {
        let what = format!("{} vragen over wie dezelfde persoon kan zijn", group.len());
        let mut people: Vec<_> = group.iter().filter_map(|one| one.author.clone()).collect();
        people.sort();
        people.dedup();
        finding("herhaalde-vragen-persoon", &why, what, people, &group, material, is_question).counting([group.len()])
    })
    .collect()
}

fn outside_office_hours(acts: &[&HumanAct]) -> Vec<Finding> {
    let why = format!(
        "handelingen buiten maandag tot en met vrijdag, {OFFICE_OPENS} tot {OFFICE_CLOSES} uur Nederlandse tijd"
    );
    let mut late: BTreeMap<Option<PersonName>, Vec<&HumanAct>> = BTreeMap::new();
    for act in acts.iter().filter(|act| !in_office_hours(act.at)) {
        late.entry(act.by.as_ref().map(|by| by.person.clone())).or_default().push(act);
    }
    let say = |(person, acts): (Option<PersonName>, Vec<&HumanAct>)| {
        let mut cases: Vec<_> = acts.iter().filter_map(|act| act.case.map(|case| case.uitvraag_id)).collect();
        cases.sort_unstable();
        cases.dedup();
        Finding {
            rule: "buiten-kantooruren".into(),
            why: why.clone(),
            what: format!("{} handelingen buiten kantooruren", acts.len()),
            people: person.into_iter().collect(),
            cases,
            entries: acts.iter().map(|act| act.entry.place()).collect(),
            numbers: vec![acts.len() as u64],
        }
    };
    late.into_iter().map(say).collect()
}

fn unreviewed(facts: &[&Facts], material: &Material<'_>) -> Vec<Finding> {
    let why = "mogelijke overeenkomsten die niemand beoordeelde voordat de antwoordtermijn verstreek";
    let missed = |one: &&&Facts| {
        one.side == Side::Question
            && one.candidates > 0
            && one.reviewer.is_none()
            && !one.released
            && one.answer_by <= material.now
            && one.outcome != Outcome::Ingetrokken
    };
    let found = facts.iter().filter(missed).flat_map(|one| {
        let what = |one: &Facts| format!("{} mogelijke overeenkomsten, niet beoordeeld", one.candidates);
        let found = each_case("onbeoordeeld-bij-termijn", why, [one].into_iter(), material, what);
        found.into_iter().map(|finding| finding.counting([one.candidates]))
    });
    found.collect()
}

fn withheld_share(facts: &[&Facts], material: &Material<'_>) -> Vec<Finding> {
    let why = format!(
        "een beoordelaar met ten minste {REVIEWS_AT_LEAST} beoordelingen, waarvan ten minste {WITHHELD_OF_FIVE} op de 5 niet \
         verstrekt"
    );
    let mut reviewers: BTreeMap<&PersonName, Vec<&Facts>> = BTreeMap::new();
    for one in facts {
        if let Some(reviewer) = &one.reviewer {
            reviewers.entry(reviewer).or_default().push(one);
        }
    }
    let many = |(reviewer, reviewed): (&PersonName, Vec<&Facts>)| {
        let withheld = reviewed.iter().filter(|one| !one.released).count();
        let deserves = reviewed.len() >= REVIEWS_AT_LEAST && withheld * 5 >= reviewed.len() * WITHHELD_OF_FIVE;
        let what = format!("{withheld} van {} beoordelingen: niet verstrekt", reviewed.len());
        let says = |entry: &EntryView| matches!(entry.kind, EntryKind::Released | EntryKind::NotReleased);
        let people = vec![reviewer.clone()];
        let numbers = [withheld, reviewed.len()];
        deserves
            .then(|| finding("aandeel-niet-verstrekt", &why, what, people, &reviewed, material, says).counting(numbers))
    };
    reviewers.into_iter().filter_map(many).collect()
}

fn urgent(facts: &[&Facts], material: &Material<'_>) -> Vec<Finding> {
    let why = "elke vraag met spoed wordt gemeld";
    each_case("spoed", why, facts.iter().filter(|one| one.urgent), material, |_| "een vraag met spoed".into())
}

fn minors(facts: &[&Facts], material: &Material<'_>) -> Vec<Finding> {
    let why = "elke vraag over iemand die minderjarig is of kan zijn wordt gemeld";
    each_case("minderjarige", why, facts.iter().filter(|one| one.minor), material, |_| {
        "over iemand die minderjarig is of kan zijn".into()
    })
}

fn not_weighed(facts: &[&Facts], material: &Material<'_>) -> Vec<Finding> {
    let days = WEIGHED_WITHIN.0 / 86_400_000;
    let why = format!("een beantwoorde uitvraag zonder weging binnen {days} dagen na de antwoordtermijn");
    let missing = |one: &&&Facts| {
        let answered = matches!(one.outcome, Outcome::NeemContactOp | Outcome::GeenMededeling);
        let weighed = || entries_of(one, material).any(|entry| entry.kind == EntryKind::Weging);
        one.side == Side::Own && answered && one.answer_by + WEIGHED_WITHIN <= material.now && !weighed()
    };
    each_case("zonder-weging", &why, facts.iter().filter(missing), material, |_| "geen weging in het journaal".into())
}

/// A person's name here is an account name such as `j.de-vries`: what of it equals the surname asked about.
fn self_or_colleague(facts: &[&Facts], material: &Material<'_>) -> Vec<Finding> {
    let why = "de gevraagde geslachtsnaam komt overeen met een deel van de accountnaam van wie hier een rol heeft of had; van \
               medewerkers is hier alleen die accountnaam bekend";
    let mut found = Vec::new();
    for one in facts.iter().filter(|one| one.side == Side::Own) {
        let Some(person) = material.persons.get(&one.vault) else { continue };
        let asked = person.folded_surnames();
        let matching = material.staff.iter().filter(|name| account_names(name).any(|part| asked.contains(&part)));
        for name in matching {
            let own = one.author.as_ref() == Some(name);
            let what = if own { "mogelijk een vraag over zichzelf" } else { "mogelijk een vraag over een collega" };
            let mut people: Vec<_> = one.author.iter().cloned().chain([name.clone()]).collect();
            people.dedup();
            let finding = finding("zichzelf-of-collega", why, what.into(), people, &[one], material, is_question);
            found.push(finding.counting([usize::from(own)]));
        }
    }
    found
}

/// The parts of an account name, and each of its ends as one name: `j.de-vries` has `vries` and `de vries`.
fn account_names(name: &PersonName) -> impl Iterator<Item = FoldedName> {
    let words = fold(name.as_str());
    let ends: Vec<FoldedName> = (0..words.len()).map(|from| fold_surname(&words[from..].join(" "))).collect();
    let parts: Vec<FoldedName> = words.iter().map(|word| fold_surname(word)).collect();
    ends.into_iter().chain(parts).filter(|name| name.as_str().len() > 2)
}

fn is_question(entry: &EntryView) -> bool {
    matches!(entry.kind, EntryKind::DraftWritten | EntryKind::QuestionReceived)
}

fn entries_of<'a>(one: &Facts, material: &'a Material<'_>) -> impl Iterator<Item = &'a EntryView> {
    material.entries.get(&one.vault).into_iter().flatten()
}

fn each_case<'a>(
    rule: &str,
    why: &str,
    cases: impl Iterator<Item = &'a &'a Facts>,
    material: &Material<'_>,
    what: impl Fn(&Facts) -> String,
) -> Vec<Finding> {
    let say = |one: &&Facts| {
        let people = [&one.author, &one.approver, &one.reviewer].into_iter().flatten().cloned().collect();
        finding(rule, why, what(one), people, &[one], material, |_| true)
    };
    cases.map(say).collect()
}

fn finding(
    rule: &str,
    why: &str,
    what: String,
    people: Vec<PersonName>,
    cases: &[&Facts],
    material: &Material<'_>,
    shows: impl Fn(&EntryView) -> bool,
) -> Finding {
    let entries = cases.iter().flat_map(|one| entries_of(one, material)).filter(|entry| shows(entry));
    Finding {
        rule: rule.into(),
        why: why.into(),
        what,
        people,
        entries: entries.map(EntryView::place).collect(),
        cases: cases.iter().map(|one| one.uitvraag).collect(),
        numbers: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
