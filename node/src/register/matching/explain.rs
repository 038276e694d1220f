//! What a reviewer sees of a comparison: a word per field, why a variant is one, and how rare the name is. Never a number
//! that ranks persons (H3).

use serde::{Deserialize, Serialize};
use weegnet_protocol::person::{NameText, PersonRef, fold};

use super::census::Census;
use super::compare::{Agreement, DateAgreement, NumberAgreement};
use super::reading::Reading;
use super::weigh::Verdict;

/// Bearers of a full name in ten thousand from which it is common, and from which it is not rare.
const COMMON: f64 = 1.0;
const NOT_RARE: f64 = 0.05;

/// How the fields of a question and a row relate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// Burgerservicenummer.
    pub bsn: Likeness,
    /// Geboortedatum.
    pub birth: Likeness,
    /// Voorvoegsel.
    pub prefix: Likeness,
    /// Geslachtsnaam, or an alias in its place.
    pub surname: Likeness,
    /// Voornamen.
    pub given_names: Likeness,
}

/// How two values of one field relate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// Written alike.
    Same,
    /// Written differently, or one less completely, but they can be the same.
    Variant,
    /// They cannot be the same.
    Conflict,
    /// At least one side does not know it.
    Unknown,
}

/// Why a field is a variant, or what else a human should know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// Given name and surname stand in each other's place.
    NamesExchanged,
    /// The surname is an alias, or a part of a double name.
    SurnamePartOrAlias,
    /// The surnames sound alike.
    SurnameSoundsAlike,
    /// The surnames differ in a letter or two.
    SurnameSlip,
    /// The given names are forms of one name.
    GivenNameForm,
    /// The given names sound alike.
    GivenNameSoundsAlike,
    /// The given names differ in a letter or two.
    GivenNameSlip,
    /// Only an initial of the given name is known on one side.
    GivenNameInitial,
    /// It is not the first given name that agrees.
    GivenNameNotFirst,
    /// The date is known only in part on one side.
    DateInPart,
    /// 1 January counts as a year only: it is what offices write when they know no more.
    FirstOfJanuary,
    /// Day and month are exchanged.
    DayAndMonthExchanged,
    /// The dates differ in a digit or two.
    DateSlip,
}

/// How rare a full name is here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rarity {
    /// Many people are called so.
    Common,
    /// Some.
    #[default]
    Uncommon,
    /// Few.
    Rare,
}

/// Compares field by field.
pub(in crate::register) fn comparison(asked: &PersonRef, known: &PersonRef, verdict: &Verdict) -> Comparison {
    let written = |a: Option<&NameText>, b: Option<&NameText>| a.is_some() && a == b;
    Comparison {
        bsn: match verdict.number {
            NumberAgreement::Same => Likeness::Same,
            NumberAgreement::Slip => Likeness::Variant,
            NumberAgreement::Conflict => Likeness::Conflict,
            NumberAgreement::Unknown => Likeness::Unknown,
        },
        birth: match verdict.birth {
            DateAgreement::Unknown => Likeness::Unknown,
            DateAgreement::Conflict | DateAgreement::YearOnly => Likeness::Conflict,
            _ if asked.birth() == known.birth() => Likeness::Same,
            _ => Likeness::Variant,
        },
        prefix: prefix(asked, known),
        surname: name(verdict.surname.agreement, written(asked.surname(), known.surname())),
        given_names: name(verdict.given.agreement, written(asked.given_names(), known.given_names())),
    }
}

/// What a human should know beside the words.
pub(in crate::register) fn remarks(asked: &Reading, known: &Reading, verdict: &Verdict) -> Vec<Remark> {
    let (surname, given) = (verdict.surname, verdict.given);
    let aside = surname.asked > 0 || surname.known > 0;
    let agrees = |agreement| agreement < Agreement::Conflict;
    let all = [
        (verdict.exchanged, Remark::NamesExchanged),
        (aside && agrees(surname.agreement), Remark::SurnamePartOrAlias),
        (matches!(surname.agreement, Agreement::Sound | Agreement::Form), Remark::SurnameSoundsAlike),
        (matches!(surname.agreement, Agreement::Near | Agreement::Far), Remark::SurnameSlip),
        (given.agreement == Agreement::Form, Remark::GivenNameForm),
        (given.agreement == Agreement::Sound, Remark::GivenNameSoundsAlike),
        (matches!(given.agreement, Agreement::Near | Agreement::Far), Remark::GivenNameSlip),
        (given.agreement == Agreement::Initial, Remark::GivenNameInitial),
        (agrees(given.agreement) && (given.asked > 0 || given.known > 0), Remark::GivenNameNotFirst),
        (matches!(verdict.birth, DateAgreement::Month | DateAgreement::Year), Remark::DateInPart),
        (asked.birth.new_year || known.birth.new_year, Remark::FirstOfJanuary),
        (verdict.birth == DateAgreement::Swapped, Remark::DayAndMonthExchanged),
        (matches!(verdict.birth, DateAgreement::Slip | DateAgreement::Close), Remark::DateSlip),
    ];
    all.into_iter().filter(|(applies, _)| *applies).map(|(_, remark)| remark).collect()
}

/// How rare the asked name is in this register, and how many with that name it should hold, whoever they are.
pub(in crate::register) fn rarity(asked: &Reading, census: &Census) -> (Rarity, u32) {
    let surname = asked.surnames.first().map_or(1.0, |name| census.surname(name));
    let given = asked.given.first().filter(|name| !name.is_initial()).map_or(1.0, |name| census.given(name));
    let share = surname * given;
    let expected = (share * f64::from(census.rows())).round() as u32;
    let rarity = match share * 1e4 {
        share if share >= COMMON => Rarity::Common,
        share if share >= NOT_RARE => Rarity::Uncommon,
        _ => Rarity::Rare,
    };
    (rarity, expected)
}

fn name(agreement: Agreement, written_alike: bool) -> Likeness {
    match agreement {
        Agreement::Unknown => Likeness::Unknown,
        Agreement::Conflict => Likeness::Conflict,
        Agreement::Same if written_alike => Likeness::Same,
        _ => Likeness::Variant,
    }
}

/// `v.d.` is `van der`: each word may be the beginning of the other.
fn prefix(asked: &PersonRef, known: &PersonRef) -> Likeness {
    let (Some(a), Some(b)) = (asked.prefix(), known.prefix()) else { return Likeness::Unknown };
    if a == b {
        return Likeness::Same;
    }
    let words = |name: &NameText| match fold(name.as_str()) {
        words if words == ["vd"] => vec!["v".to_owned(), "d".to_owned()],
        words => words,
    };
    let (a, b) = (words(a), words(b));
    let fits = |(a, b): (&String, &String)| a.starts_with(b.as_str()) || b.starts_with(a.as_str());
    if a.len() == b.len() && a.iter().zip(&b).all(fits) { Likeness::Variant } else { Likeness::Conflict }
}
