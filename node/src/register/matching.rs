//! Which rows may be about the person of a question, and why: field by field, never a score (H3).

use serde::{Deserialize, Serialize};
use weegnet_protocol::id::Slug;
use weegnet_protocol::person::{NameText, PersonRef, fold, fold_given, fold_surname};
use weegnet_protocol::time::Day;

use super::error::Damage;
use super::generation::Generation;
use super::row::{self, RecordId, Row, RowRef};

/// A row that may be about the person asked about. Only a human decides whether it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Candidate {
    /// Where to find the row again when it is shown.
    pub row: RowRef,
    /// Coded reason of being known in this context.
    pub reason: Slug,
    /// Question against row.
    pub comparison: Comparison,
    /// Where the organisation finds the person in its own source.
    pub source_record: Option<RecordId>,
}

impl Candidate {
    /// The row's own id.
    pub fn record_id(&self) -> &RecordId {
        &self.row.id
    }
}

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

/// Rows that match the person on `today`, in the order of their ids.
///
/// A row matches by an equal BSN; or by a folded surname or alias together with a compatible birth date, unless the
/// first given names or the BSNs differ. A name alone never matches.
pub(super) fn find(generation: &Generation, person: &PersonRef, today: Day) -> Result<Vec<Candidate>, Damage> {
    let key = generation.key();
    let mut keys: Vec<_> = person.bsn().map(|bsn| key.bsn_key(bsn.as_str())).into_iter().collect();
    if let Some((year, _, _)) = person.birth().parts() {
        keys.extend(person.folded_surnames().iter().map(|name| key.name_key(name.as_str(), year)));
    }
    let mut numbers = Vec::new();
    for key in &keys {
        let entries = generation.find(key)?;
        numbers.extend(entries.iter().filter(|e| e.until >= row::day_number_of(today)).map(|e| e.row));
    }
    numbers.sort_unstable();
    numbers.dedup();
    let mut rows = generation.reader();
    let mut found = Vec::new();
    for number in numbers {
        let row = rows.row(number)?;
        if row.is_kept_on(today) && matches(person, &row.person) {
            found.push(candidate(generation, person, row));
        }
    }
    found.sort_by(|a, b| a.row.id.cmp(&b.row.id));
    Ok(found)
}

fn candidate(generation: &Generation, asked: &PersonRef, row: Row) -> Candidate {
    let comparison = compare(asked, &row.person);
    let Row { id, reason, source_record, .. } = row;
    Candidate { row: RowRef { id, generation: generation.number() }, source_record, reason, comparison }
}

/// Whether both can be the same person by the rules of [`find`].
pub fn matches(asked: &PersonRef, known: &PersonRef) -> bool {
    match bsn(asked, known) {
        Likeness::Same => true,
        Likeness::Conflict => false,
        Likeness::Variant | Likeness::Unknown => {
            asked.birth().compatible(&known.birth())
                && given_names(asked, known) != Likeness::Conflict
                && share_a_surname(asked, known)
        }
    }
}

/// Compares field by field.
pub(super) fn compare(asked: &PersonRef, known: &PersonRef) -> Comparison {
    Comparison {
        bsn: bsn(asked, known),
        given_names: given_names(asked, known),
        prefix: prefix(asked, known),
        surname: surname(asked, known),
        birth: birth(asked, known),
    }
}

fn bsn(asked: &PersonRef, known: &PersonRef) -> Likeness {
    match (asked.bsn(), known.bsn()) {
        (Some(a), Some(b)) if a == b => Likeness::Same,
        (Some(_), Some(_)) => Likeness::Conflict,
        _ => Likeness::Unknown,
    }
}

fn given_names(asked: &PersonRef, known: &PersonRef) -> Likeness {
    let (Some(a), Some(b)) = (asked.given_names(), known.given_names()) else { return Likeness::Unknown };
    let (first_a, first_b) = (fold_given(a.as_str()), fold_given(b.as_str()));
    let (short, long) = match (first_a.as_str(), first_b.as_str()) {
        ("", _) | (_, "") => return Likeness::Unknown,
        (a, b) if a.len() <= b.len() => (a, b),
        (a, b) => (b, a),
    };
    let initial = short.chars().count() == 1;
    match () {
        () if a == b => Likeness::Same,
        () if short == long || initial && long.starts_with(short) => Likeness::Variant,
        () => Likeness::Conflict,
    }
}

fn prefix(asked: &PersonRef, known: &PersonRef) -> Likeness {
    match (asked.prefix(), known.prefix()) {
        (Some(a), Some(b)) if a == b => Likeness::Same,
        (Some(a), Some(b)) if fold(a.as_str()) == fold(b.as_str()) => Likeness::Variant,
        (Some(_), Some(_)) => Likeness::Conflict,
        _ => Likeness::Unknown,
    }
}

fn surname(asked: &PersonRef, known: &PersonRef) -> Likeness {
    let is_known = |name: &&NameText| !fold_surname(name.as_str()).is_empty();
    let (a, b) = (asked.surname().filter(is_known), known.surname().filter(is_known));
    match (a, b) {
        (Some(a), Some(b)) if a == b => Likeness::Same,
        _ if share_a_surname(asked, known) => Likeness::Variant,
        (Some(_), Some(_)) => Likeness::Conflict,
        _ => Likeness::Unknown,
    }
}

fn birth(asked: &PersonRef, known: &PersonRef) -> Likeness {
    let (a, b) = (asked.birth(), known.birth());
    match () {
        () if a.parts().is_none() || b.parts().is_none() => Likeness::Unknown,
        () if a == b => Likeness::Same,
        () if a.compatible(&b) => Likeness::Variant,
        () => Likeness::Conflict,
    }
}

fn share_a_surname(asked: &PersonRef, known: &PersonRef) -> bool {
    let theirs = known.folded_surnames();
    asked.folded_surnames().iter().any(|name| theirs.binary_search(name).is_ok())
}
