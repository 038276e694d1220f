//! Afterwards: the asker shows an auditor who was asked about, the responder who stands in its table. Both from exports, with
//! no node and nobody's online key.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use curve25519_dalek::RistrettoPoint;
use serde::{Deserialize, Serialize};

use super::ask::{NotAsked, ask};
use super::proof::{self, EqualSecret};
use super::secret::{EpochSecret, empty, hashed};
use super::table::{Publication, Table, WrongTable, places};
use super::{LinkKey, Sealed};
use crate::codec::{Bytes, Hash};
use crate::id::UitvraagId;
use crate::statement::Subject;

/// What does not hold of what an asker shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTheQuestion {
    /// The person, criteria and salt are not those that were approved.
    #[error("this is not the person who was approved")]
    Commitment,
    /// It cannot be made again.
    #[error(transparent)]
    NotAsked(#[from] NotAsked),
    /// Made again, it is another.
    #[error(
        "made again from what is shown, the question is another one: it asked about somebody else, or about others too"
    )]
    Another,
}

/// Checks bit by bit that a question was about this person and nobody else.
///
/// # Errors
/// [`NotTheQuestion`].
pub fn question(
    uitvraag_id: &UitvraagId,
    commitment: &Hash,
    asked: &Sealed,
    shown: (&Subject, &Bytes<32>, &[LinkKey]),
    publication: &Publication,
    table: &Table,
) -> Result<(), NotTheQuestion> {
    let (subject, seed, keys) = shown;
    if subject.commitment() != *commitment {
        return Err(NotTheQuestion::Commitment);
    }
    let again = ask(uitvraag_id, subject, keys, publication, table, seed)?;
    if again == *asked { Ok(()) } else { Err(NotTheQuestion::Another) }
}

/// What a responder shows of a table without its secret: which cell stands for which row, and that it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// From which the empty cells come.
    pub empties: Bytes<32>,
    /// The cell of each link key, in the order of the keys.
    pub places: Vec<u32>,
    /// That each of them is α times its hashed key.
    pub equal: EqualSecret,
}

/// What does not hold of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTheRegister {
    /// It is not the published table.
    #[error(transparent)]
    Table(#[from] WrongTable),
    /// A key of a row has no cell, or not one of its own.
    #[error("a row of the register does not stand where it must")]
    Missing,
    /// A cell is neither a row of the register nor empty: somebody who is not in it could be heard about.
    #[error("a cell stands for somebody who is not in the register")]
    Stranger,
    /// The proof does not hold.
    #[error("the cells are not made with the secret that was published")]
    Proof,
}

impl EpochSecret {
    /// Shows that a table holds these link keys and nobody else, without showing α. `None` when it does not.
    pub fn disclose(&self, id: &super::TableId, table: &Table, keys: &BTreeSet<Vec<u8>>) -> Option<Disclosure> {
        let context = id.context();
        let mut found = Vec::with_capacity(keys.len());
        let mut pairs = Vec::with_capacity(keys.len());
        let all: Vec<Vec<u8>> = keys.iter().cloned().collect();
        for placed in self.place(&all) {
            let mut own = places(&context, placed.key(), table.size()).into_iter();
            let place = own.find(|place| table.cell(*place) == Some(placed.cell()))?;
            pairs.push((hashed(placed.key()), table.element(place).ok()?));
            found.push(place);
        }
        let nonce = self.nonce(&[b"equal", &table.root().0, &(keys.len() as u64).to_be_bytes()]);
        let equal = EqualSecret::prove(&self.link(), &pairs, self.alpha(), &nonce);
        Some(Disclosure { empties: Bytes(*self.empties()), places: found, equal })
    }
}

/// Checks that a table holds exactly the link keys of a register scope.
///
/// # Errors
/// [`NotTheRegister`].
pub fn table(
    publication: &Publication,
    table: &Table,
    keys: &BTreeSet<Vec<u8>>,
    shown: &Disclosure,
) -> Result<(), NotTheRegister> {
    publication.check()?;
    if table.root() != publication.root {
        return Err(WrongTable::Root.into());
    }
    if shown.places.len() != keys.len() {
        return Err(NotTheRegister::Missing);
    }
    let context = publication.table.context();
    let mut is_taken = vec![false; table.size() as usize];
    let mut pairs: Vec<(RistrettoPoint, RistrettoPoint)> = Vec::with_capacity(keys.len());
    for (key, place) in keys.iter().zip(&shown.places) {
        if !places(&context, key, table.size()).contains(place) || is_taken[*place as usize] {
            return Err(NotTheRegister::Missing);
        }
        is_taken[*place as usize] = true;
        pairs.push((hashed(key), table.element(*place)?));
    }
    let empties = || (0..table.size()).filter(|place| !is_taken[*place as usize]);
    let expected = empty(&shown.empties.0, empties());
    if empties().zip(&expected).any(|(place, expected)| table.cell(place) != Some(expected)) {
        return Err(NotTheRegister::Stranger);
    }
    let link = proof::element(&publication.link).ok_or(WrongTable::Knowledge)?;
    if shown.equal.verify(&link, &pairs) { Ok(()) } else { Err(NotTheRegister::Proof) }
}
