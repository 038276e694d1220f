//! What a document must keep to beyond the form of its fields; each check notes all that it finds.

use std::collections::BTreeMap;

use weegnet_protocol::oin::Oin;

use super::problem::Fault;
use super::reader::Notes;
use super::terms::{
    BsnTerms, Coded, InformingTerms, LegalBasis, MinorTerms, Party, Processor, QuotaTerms, RetentionTerm, WindowTerms,
};
use super::values::{AnswerMode, Date, RetentionKind, Seconds};

/// Most questions a day per author when a real organisation takes part (H1).
pub const PRODUCT_AUTHOR_CEILING: u32 = 10;
/// Most questions a day per organisation when a real organisation takes part (H1).
pub const PRODUCT_ORGANISATION_CEILING: u32 = 30;
/// Longest answer window that any convenant may set, in days.
pub const MAX_WINDOW_DAYS: u64 = 90;
/// Fewest core parties: one asks, another approves (H1).
pub const MIN_CORE_PARTIES: usize = 2;

const DAY: u64 = 86_400;

pub(super) fn validity(notes: &mut Notes, from: Date, to: Date) {
    if to < from {
        notes.add("geldig_tot", Fault::EndsBeforeItBegins);
    }
}

pub(super) fn codes(notes: &mut Notes, list: &str, codes: &[Coded]) {
    twice(notes, codes.iter().enumerate().map(|(i, coded)| (format!("{list}[{i}].code"), &coded.code)));
}

pub(super) fn window(notes: &mut Notes, window: &WindowTerms) {
    if !(window.least <= window.default && window.default <= window.most) {
        notes.add("antwoordtermijn", Fault::WindowOrder);
    }
    if window.most.0 > MAX_WINDOW_DAYS * 86_400 {
        notes.add("antwoordtermijn.maximum_seconden", Fault::WindowTooLong);
    }
}

pub(super) fn bsn(notes: &mut Notes, bsn: &BsnTerms) {
    if bsn.allowed && bsn.law.is_none() {
        notes.add("bsn", Fault::BsnWithoutLaw);
    }
}

/// A term for every kind (R12), a shorter one for minors (H6), and pseudonyms that outlast the waiting time.
pub(super) fn retention(
    notes: &mut Notes,
    terms: &[RetentionTerm],
    minors: Option<&MinorTerms>,
    waiting: Option<Seconds>,
) {
    twice(notes, terms.iter().enumerate().map(|(i, term)| (format!("bewaartermijnen[{i}].soort"), &term.kind)));
    for kind in RetentionKind::ALL.iter().filter(|kind| !terms.iter().any(|term| term.kind == **kind)) {
        notes.add("bewaartermijnen", Fault::NoTerm { kind: *kind });
    }
    let personal = terms.iter().filter(|term| term.kind.names_a_person());
    if let (Some(shortest), Some(minors)) = (personal.map(|term| term.term).min(), minors)
        && minors.retention > shortest
    {
        notes.add("minderjarigen.bewaartermijn_dagen", Fault::MinorsKeptLonger);
    }
    let pseudonyms = terms.iter().enumerate().find(|(_, term)| term.kind == RetentionKind::Pseudonym);
    if let (Some((i, term)), Some(waiting)) = (pseudonyms, waiting)
        && u64::from(term.term.0) * DAY < 2 * waiting.0
    {
        notes.add(format!("bewaartermijnen[{i}].termijn_dagen"), Fault::PseudonymsTooShort);
    }
}

/// The brakes of H1: quotas and waiting time.
pub(super) fn brakes(notes: &mut Notes, parties: &[Party], quota: Option<&QuotaTerms>, waiting: Option<Seconds>) {
    if all_test(parties) {
        return;
    }
    if let Some(quota) = quota {
        if quota.per_author > PRODUCT_AUTHOR_CEILING {
            notes.add("quota.per_opsteller_per_dag", Fault::AboveCeiling);
        }
        if quota.per_organisation > PRODUCT_ORGANISATION_CEILING {
            notes.add("quota.per_organisatie_per_dag", Fault::AboveCeiling);
        }
    }
    if waiting == Some(Seconds(0)) {
        notes.add("wachttijd_seconden", Fault::NoWaitingTime);
    }
}

/// Who informs, and for whom processors work, are parties (AVG 14, 28).
pub(super) fn roles(
    notes: &mut Notes,
    parties: &[Party],
    informing: Option<&InformingTerms>,
    processors: &[Processor],
) {
    let is_party = |oin: &Oin| parties.iter().any(|party| party.oin == *oin);
    if informing.is_some_and(|informing| !is_party(&informing.by)) {
        notes.add("informeren.wie", Fault::NoParty);
    }
    for (i, _) in processors.iter().enumerate().filter(|(_, processor)| !is_party(&processor.controller)) {
        notes.add(format!("verwerkers[{i}].voor"), Fault::NoParty);
    }
}

pub(super) fn parties(notes: &mut Notes, parties: &[Party], bases: Option<&[LegalBasis]>) {
    let each = || parties.iter().enumerate().map(|(i, party)| (format!("partijen[{i}]"), party));
    twice(notes, each().map(|(path, party)| (format!("{path}.oin"), party.oin)));
    twice(notes, each().map(|(path, party)| (format!("{path}.adres"), party.address)));
    let keys = each().flat_map(|(path, party)| {
        party.keys.named().map(|(name, key)| (format!("{path}.sleutels.{name}"), *key.as_bytes()))
    });
    twice(notes, keys);
    if parties.iter().filter(|party| party.is_core() && party.is_founder()).count() < MIN_CORE_PARTIES {
        notes.add("partijen", Fault::FewCoreParties);
    }
    let real = !all_test(parties);
    for (path, party) in each() {
        if party.address.ip().is_unspecified() || party.address.ip().is_multicast() || party.address.port() == 0 {
            notes.add(format!("{path}.adres"), Fault::Unreachable);
        }
        if real && party.mode == AnswerMode::Automatic {
            notes.add(format!("{path}.modus"), Fault::AutomaticAmongReal);
        }
        if let Some(bases) = bases
            && party.mode != AnswerMode::Never
            && !bases.iter().any(|basis| basis.from == party.oin && is_core(parties, &basis.to))
        {
            notes.add(format!("{path}.modus"), Fault::NoBasis);
        }
    }
    bases.iter().for_each(|bases| self::bases(notes, parties, bases));
}

fn bases(notes: &mut Notes, parties: &[Party], bases: &[LegalBasis]) {
    let is_party = |oin: &Oin| parties.iter().any(|party| party.oin == *oin);
    for (i, basis) in bases.iter().enumerate() {
        match parties.iter().find(|party| party.oin == basis.from) {
            None => notes.add(format!("grondslagen[{i}].van"), Fault::NoParty),
            Some(party) if party.mode == AnswerMode::Never => {
                notes.add(format!("grondslagen[{i}].van"), Fault::NeverAnswers);
            }
            Some(_) => {}
        }
        if !is_party(&basis.to) {
            notes.add(format!("grondslagen[{i}].aan"), Fault::NoParty);
        } else if !is_core(parties, &basis.to) {
            notes.add(format!("grondslagen[{i}].aan"), Fault::NeverAsks);
        }
        if basis.from == basis.to {
            notes.add(format!("grondslagen[{i}]"), Fault::TellsItself);
        }
    }
    let each = bases.iter().enumerate();
    twice(notes, each.map(|(i, basis)| (format!("grondslagen[{i}]"), (basis.from, basis.to, &basis.category))));
}

fn is_core(parties: &[Party], oin: &Oin) -> bool {
    parties.iter().any(|party| party.oin == *oin && party.is_core())
}

fn all_test(parties: &[Party]) -> bool {
    parties.iter().all(|party| party.oin.is_test())
}

/// Notes everything that was there before.
fn twice<T: Ord>(notes: &mut Notes, items: impl Iterator<Item = (String, T)>) {
    let mut seen = BTreeMap::new();
    for (path, item) in items {
        match seen.get(&item) {
            Some(other) => notes.add(path, Fault::Twice { other: String::clone(other) }),
            None => drop(seen.insert(item, path)),
        }
    }
}
