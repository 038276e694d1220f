//! What the node itself found out about journals, and what waits for an officer: these concern no case.

use weegnet_protocol::Timestamp;
use weegnet_protocol::codec;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::time::Millis;

use super::{Finding, Material};
use crate::exchange::bodies::{Candidates, Note};
use crate::journal::{Journal, Stored};
use crate::oversight::calendar::Period;
use crate::oversight::entries::EntryView;

/// A correction that came in should be handled 7 days later: *without undue delay* (AVG 16, 17, 19).
pub const HANDLED_WITHIN: Millis = Millis::hours(7 * 24);

/// Kinds of entries that tell of a journal that is not what it was, or of a node that signed unheard.
pub const OF_JOURNALS: [EntryKind; 4] =
    [EntryKind::SplitView, EntryKind::RollbackFound, EntryKind::WitnessOverride, EntryKind::QuestionMisused];

pub(super) fn journals(period: Period, material: &Material<'_>) -> Vec<Finding> {
    let why = "een lid liet twee verschillende journaals zien, dit journaal verloor zijn einde, of deze node tekende zonder een \
               ander lid te horen; de stukken liggen in witness/evidence ('weegnet witness status')";
    let within = material.of_journals.iter().filter(|(at, _)| period.contains(*at));
    let of_case = [EntryKind::QuestionMisused, EntryKind::Candidates];
    let found = within.filter(|(_, entry)| !of_case.contains(&entry.kind)).map(|(_, entry)| {
        let (number, what) = match entry.kind {
            EntryKind::SplitView => (0, "twee ondertekende standen van een lid die elkaar niet voortzetten"),
            EntryKind::RollbackFound => (1, "dit journaal is hersteld nadat het zijn einde verloor"),
            _ => (2, "een beheerder liet de node tekenen zonder dat een ander lid gehoord was"),
        };
        finding("journaal-verschilt", why, what.into(), vec![entry.place()]).counting([number])
    });
    found.collect()
}

/// What opens and does not compare is a miss for who asked: only here it shows.
pub(super) fn misused(period: Period, material: &Material<'_>) -> Vec<Finding> {
    let why = "een verzegelde vraag ging open en was niet gemaakt zoals het hoort: de vrager ziet geen verschil met een vraag die \
               dicht bleef; de vraag zelf is bewaard om aan de functionaris van de vrager te tonen";
    let of_period = material.of_journals.iter().filter(|(at, _)| period.contains(*at));
    let found = of_period.filter(|(_, entry)| entry.kind == EntryKind::QuestionMisused);
    let what = "een verzegelde vraag die open ging en niet klopte";
    found.map(|(_, entry)| finding("verzegelde-vraag-misbruikt", why, what.into(), vec![entry.place()])).collect()
}

/// A question's BSN stands in a register with another name and another date: who it is, only a human can find out.
pub(super) fn contradicted(period: Period, material: &Material<'_>) -> Vec<Finding> {
    let why = "het BSN van een vraag staat in het register bij een andere naam en een andere geboortedatum: geen overeenkomst, maar \
               een fout in het register of in de vraag; er is niets over gemeld ('weegnet log show', wie erom vroeg staat in de zaak)";
    let of_period = material.of_journals.iter().filter(|(at, _)| period.contains(*at));
    let found = of_period.filter(|(_, entry)| entry.kind == EntryKind::Candidates);
    let what = "een BSN dat de naam en de geboortedatum tegenspreken";
    found.map(|(_, entry)| finding("bsn-tegenspraak", why, what.into(), vec![entry.place()])).collect()
}

/// Whether a search met the BSN that was asked beside another name and date. Of what is erased nothing can be said.
pub fn is_contradicted(journal: &Journal, stored: &Stored) -> bool {
    let body = || journal.body(stored).ok().flatten();
    let found = || codec::decode::<Note<Candidates>>(&body()?).ok();
    stored.leaf.kind == EntryKind::Candidates && found().is_some_and(|note| !note.content.contradictions.is_empty())
}

pub(super) fn waiting(period: Period, material: &Material<'_>) -> Vec<Finding> {
    let why =
        "een correctie van een ander wacht langer dan 7 dagen op een functionaris ('weegnet officer corrections')";
    let late = |at: Timestamp| at + HANDLED_WITHIN <= material.now;
    let waiting: Vec<String> = material
        .corrections
        .iter()
        .filter(|(at, _)| period.contains(*at) && late(*at))
        .map(|(_, place)| place.clone())
        .collect();
    if waiting.is_empty() {
        return Vec::new();
    }
    let what = match waiting.len() {
        1 => "1 correctie wacht".into(),
        many => format!("{many} correcties wachten"),
    };
    let many = waiting.len();
    vec![finding("correctie-wacht", why, what, waiting).counting([many])]
}

fn finding(rule: &str, why: &str, what: String, entries: Vec<String>) -> Finding {
    Finding {
        rule: rule.into(),
        why: why.into(),
        what,
        people: Vec::new(),
        cases: Vec::new(),
        entries,
        numbers: Vec::new(),
    }
}

/// The entries among these that concern journals.
pub fn of_journals(entry: &EntryView) -> bool {
    OF_JOURNALS.contains(&entry.kind)
}
