//! What the parties agreed about sealed questions: when traffic leaves, how long a table is asked by, and how long behind that
//! its publisher can be called to account. All of it may be left out; then the product's terms hold.

use serde::Serialize;

use super::problem::Fault;
use super::reader::{Fields, Notes};
use super::terms::{Party, WindowTerms};
use super::values::{Days, Seconds};

/// Length of a slot where the convenant does not say: a quarter of an hour. Test organisations alone then have none.
pub const DEFAULT_SLOT: Seconds = Seconds(900);
/// Longest slot: a day.
pub const MAX_SLOT: Seconds = Seconds(86_400);
/// How long a table takes questions where the convenant does not say.
pub const DEFAULT_EPOCH: Days = Days(7);
/// Longest epoch: whoever steals a table's secret can test who stood in it, and open what was sealed for it.
pub const MAX_EPOCH: Days = Days(31);
/// How long the secret of a table stays behind its epoch where the convenant does not say.
pub const DEFAULT_AUDIT: Days = Days(30);
/// Longest audit term.
pub const MAX_AUDIT: Days = Days(366);

/// As it stands in the document; what is left out has the product's value.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct SealedTerms {
    #[serde(rename = "slot_seconden", skip_serializing_if = "Option::is_none")]
    slot: Option<Seconds>,
    #[serde(rename = "tijdvak_dagen", skip_serializing_if = "Option::is_none")]
    epoch: Option<Days>,
    #[serde(rename = "audittermijn_dagen", skip_serializing_if = "Option::is_none")]
    audit: Option<Days>,
    /// All parties are test organisations; stands in the document elsewhere.
    #[serde(skip)]
    tests_only: bool,
}

impl SealedTerms {
    /// Whether the document says nothing.
    pub fn is_empty(&self) -> bool {
        (self.slot, self.epoch, self.audit) == (None, None, None)
    }

    pub(super) fn among(self, parties: Option<&[Party]>) -> SealedTerms {
        let tests_only = parties.is_some_and(|parties| parties.iter().all(|party| party.oin.is_test()));
        SealedTerms { tests_only, ..self }
    }

    /// Statements leave once in so long, and as much whether there is something to say or not. 0, which only test
    /// organisations may agree on: at once, and without cover.
    pub fn slot(&self) -> Seconds {
        self.slot.unwrap_or(if self.tests_only { Seconds(0) } else { DEFAULT_SLOT })
    }

    /// How long a table takes questions.
    pub fn epoch(&self) -> Days {
        self.epoch.unwrap_or(DEFAULT_EPOCH)
    }

    /// How long its secret stays behind that, to show an auditor who stood in it.
    pub fn audit(&self) -> Days {
        self.audit.unwrap_or(DEFAULT_AUDIT)
    }
}

/// Reads them.
pub(super) fn sealed(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<SealedTerms> {
    let mut number = |key, least, most, unit| {
        if !fields.has(key) {
            return Some(None);
        }
        fields.number(notes, key, least..=most, unit).map(Some)
    };
    let slot = number("slot_seconden", 0, MAX_SLOT.0, "seconds")?.map(Seconds);
    let mut days = |key, most: Days| {
        let days = number(key, 1, most.0.into(), "days")?;
        Some(days.and_then(|days| u32::try_from(days).ok()).map(Days))
    };
    let (epoch, audit) = (days("tijdvak_dagen", MAX_EPOCH)?, days("audittermijn_dagen", MAX_AUDIT)?);
    Some(SealedTerms { slot, epoch, audit, tests_only: false })
}

/// Real organisations need slots, and a question must reach its recipient before it is over.
pub(super) fn check(
    notes: &mut Notes,
    sealed: &SealedTerms,
    parties: Option<&[Party]>,
    window: Option<&WindowTerms>,
    urgent: Option<Seconds>,
) {
    let slot = sealed.slot();
    if slot == Seconds(0) && parties.is_some_and(|parties| parties.iter().any(|party| !party.oin.is_test())) {
        notes.add("verzegeld.slot_seconden", Fault::NoSlots);
    }
    let shortest = window.map(|window| urgent.map_or(window.least, |urgent| urgent.min(window.least)));
    if shortest.is_some_and(|shortest| slot > shortest) {
        notes.add("verzegeld.slot_seconden", Fault::SlotTooLong);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convenant::{Convenant, differences, readable};
    use crate::lang::Lang;
    use crate::testing::{SAMPLE, changed, real};

    const AGREED: &str = "tijdvak_dagen = 7\naudittermijn_dagen = 30\n";

    fn parsed(text: &str) -> Convenant {
        Convenant::parse(text).unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn with(agreed: &str) -> String {
        changed(SAMPLE, &[(AGREED, agreed)])
    }

    fn faults(text: &str) -> Vec<(String, Fault)> {
        let problems = Convenant::parse(text).unwrap_err();
        problems.iter().map(|problem| (problem.path.clone(), problem.fault.clone())).collect()
    }

    #[test]
    fn what_is_left_out_has_the_products_terms_and_is_not_signed() {
        let without = changed(&real(), &[(AGREED, "")]);
        let (without, sample) = (parsed(&without), parsed(&real()));
        let [one, other] = [&without, &sample].map(|convenant| {
            let sealed = &convenant.terms().sealed;
            (sealed.slot(), sealed.epoch(), sealed.audit())
        });
        assert_eq!(one, (Seconds(900), Days(7), Days(30)));
        assert_eq!(one, other);
        assert!(without.terms().sealed.is_empty());
        assert_ne!(without.hash(), sample.hash(), "what is said is signed");
    }

    #[test]
    fn only_test_organisations_do_without_slots() {
        let direct = with("slot_seconden = 0\n");
        assert_eq!(parsed(&direct).terms().sealed.slot(), Seconds(0));
        assert_eq!(parsed(SAMPLE).terms().sealed.slot(), Seconds(0), "unless they say so");
        assert_eq!(parsed(&with("slot_seconden = 60\n")).terms().sealed.slot(), Seconds(60));
        let real = changed(&real(), &[(AGREED, "slot_seconden = 0\n")]);
        assert_eq!(faults(&real), [("verzegeld.slot_seconden".into(), Fault::NoSlots)]);
    }

    #[test]
    fn a_question_reaches_its_recipient_before_it_is_over() {
        assert_eq!(parsed(&with("slot_seconden = 3600\n")).terms().sealed.slot(), Seconds(3600));
        let too_long = [("verzegeld.slot_seconden".into(), Fault::SlotTooLong)];
        assert_eq!(faults(&with("slot_seconden = 3601\n")), too_long);
        let urgent = changed(&real(), &[("[verzegeld]", "[werkwijze]\nspoed_minimum_seconden = 899\n\n[verzegeld]")]);
        assert_eq!(faults(&urgent), too_long);
    }

    #[test]
    fn no_term_passes_its_ceiling() {
        for (key, most) in [("slot_seconden", MAX_SLOT.0), ("tijdvak_dagen", 31), ("audittermijn_dagen", 366)] {
            let [(path, fault)] = faults(&with(&format!("{key} = {}\n", most + 1))).try_into().unwrap();
            assert_eq!(path, format!("verzegeld.{key}"));
            assert!(matches!(fault, Fault::OutOfRange { most: said, .. } if said == most), "{fault:?}");
        }
    }

    #[test]
    fn people_read_them_and_what_changes() {
        let text = readable(&parsed(&real()), &Default::default());
        assert!(text.contains("elk 15 minuten") && text.contains("7 dagen") && text.contains("30 dagen"), "{text}");
        let said =
            differences(&parsed(SAMPLE), &parsed(&changed(SAMPLE, &[("tijdvak_dagen = 7", "tijdvak_dagen = 6")])));
        let said: Vec<_> = said.iter().map(|words| words.of_lang(Lang::Nl)).collect();
        assert_eq!(said, ["verzegeld.tijdvak_dagen wordt 6 (was 7)"]);
    }
}
