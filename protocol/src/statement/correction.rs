//! The correction: what an organisation said about a person was wrong, is erased or is objected to (AVG 16–17, 19, 21;
//! Wpg 28(5)). It says that to who heard it, in codes alone, and all corrections are of one size.

use alloc::collections::BTreeSet;
use alloc::vec;

use serde::{Deserialize, Serialize};

use crate::codec::{self, Blob, Hash};
use crate::id::{StatementId, UitvraagId};
use crate::sign::{Content, Header};
use crate::statement::{Contact, Kind};
use crate::time::Millis;

/// Size of every correction's body: 1024 bytes.
pub const CORRECTION_BODY_BYTES: usize = 1024;
/// How long after it was said a correction is delivered: 30 days, as long as AVG 12(3) gives to act on a request. The
/// convenant's grace is made for answers that are a little late; an organisation whose node stands still over a weekend,
/// or is being moved, must still be told. What did not arrive by then is told in another way, or said anew.
pub const CORRECTION_DELIVERY: Millis = Millis::hours(24 * 30);
/// CBOR around the content: array head and the 34-byte nonce.
const BODY_OVERHEAD: usize = 1 + 34;

/// On which right of the person it rests: the two that AVG 19 names and that are said per person, and objection. A
/// restriction (AVG 18) is a [`Wish::StopUsing`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Something was wrong (AVG 16, Wpg 28(1)).
    Rectification,
    /// It should no longer be kept (AVG 17, Wpg 28(2)).
    Erasure,
    /// The person objects (AVG 21).
    Objection,
}

/// What was wrong. A closed list: no text leaves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongField {
    /// Given names, prefix or surname.
    Name,
    /// The date of birth.
    BirthDate,
    /// The BSN.
    Bsn,
    /// A criterion that the question cited.
    Criterion,
    /// What was said is about somebody else.
    OtherPerson,
    /// Everything; then nothing else is named.
    All,
}

/// What the recipient is asked to do. It decides for itself: a correction changes nothing there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Rectify what was taken over.
    Rectify,
    /// Use it no longer.
    StopUsing,
    /// Only take note.
    TakeNote,
}

/// The statement that a correction is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Corrected {
    /// SHA-256 of its envelope.
    pub statement: Hash,
    /// Its id.
    pub id: StatementId,
    /// Which uitvraag it belongs to.
    pub uitvraag_id: UitvraagId,
}

/// Addressed to who got the statement that it is about. Nothing in it says who that was about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", deny_unknown_fields)]
pub struct Correction {
    right: Right,
    wish: Wish,
    wrong: BTreeSet<WrongField>,
    contact: Contact,
    padding: Blob,
    statement: Hash,
    statement_id: StatementId,
    uitvraag_id: UitvraagId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    right: Right,
    wish: Wish,
    wrong: BTreeSet<WrongField>,
    contact: Contact,
    padding: Blob,
    statement: Hash,
    statement_id: StatementId,
    uitvraag_id: UitvraagId,
}

/// Parts that make no correction together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotACorrection {
    /// A rectification of nothing.
    #[error("a rectification names what was wrong: at least one field")]
    NothingWrong,
    /// *All* says everything.
    #[error("'all' stands alone: name it, or single fields")]
    AllAndMore,
    /// Who wants something erased, or objects, does not say that it is wrong.
    #[error("an erasure or an objection names no wrong fields, and asks for nothing to be rectified")]
    NotWrong,
}

/// A correction that is not about a statement of its issuer to its audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only who said something about a person corrects it, to who heard it")]
pub struct NotTheirs;

impl TryFrom<Unchecked> for Correction {
    type Error = &'static str;

    /// Accepts only what [`Correction::new`] would make: the padding is part of the one encoding.
    fn try_from(read: Unchecked) -> Result<Self, &'static str> {
        let about = Corrected { statement: read.statement, id: read.statement_id, uitvraag_id: read.uitvraag_id };
        let made = Correction::new(about, read.right, read.wrong, read.wish, read.contact);
        let made = made.map_err(|_| "parts of a correction that go together")?;
        if made.padding == read.padding { Ok(made) } else { Err("a correction is padded to its one size") }
    }
}

impl Correction {
    /// Says what was wrong with a statement; `contact` is the issuer's one neutral contact point in the convenant.
    ///
    /// # Errors
    /// [`NotACorrection`] when right, fields and wish do not go together.
    pub fn new(
        about: Corrected,
        right: Right,
        wrong: BTreeSet<WrongField>,
        wish: Wish,
        contact: Contact,
    ) -> Result<Self, NotACorrection> {
        match right {
            Right::Rectification if wrong.is_empty() => return Err(NotACorrection::NothingWrong),
            Right::Rectification if wrong.contains(&WrongField::All) && wrong.len() > 1 => {
                return Err(NotACorrection::AllAndMore);
            }
            Right::Erasure | Right::Objection if !wrong.is_empty() || wish == Wish::Rectify => {
                return Err(NotACorrection::NotWrong);
            }
            _ => {}
        }
        let Corrected { statement, id, uitvraag_id } = about;
        // 256 bytes of padding and more have a three-byte head, so that the sum comes out whatever is said.
        let padding = Blob(vec![0; 256]);
        let probe = Correction { right, wish, wrong, contact, padding, statement, statement_id: id, uitvraag_id };
        let rest = codec::encode(&probe).len() - 256;
        let padding = Blob(vec![0; CORRECTION_BODY_BYTES - BODY_OVERHEAD - rest]);
        Ok(Correction { padding, ..probe })
    }

    /// Which statement.
    pub fn about(&self) -> Corrected {
        Corrected { statement: self.statement, id: self.statement_id, uitvraag_id: self.uitvraag_id }
    }
    /// On which right it rests.
    pub fn right(&self) -> Right {
        self.right
    }
    /// What was wrong.
    pub fn wrong(&self) -> &BTreeSet<WrongField> {
        &self.wrong
    }
    /// What the recipient is asked to do.
    pub fn wish(&self) -> Wish {
        self.wish
    }
    /// Whom to ask.
    pub fn contact(&self) -> &Contact {
        &self.contact
    }

    /// Whether a correction under `header` may be about the statement under `said`, whose envelope hashes to `hash`: the
    /// same organisation said it, to the same one, under the same convenant, and it tells something of a person.
    ///
    /// # Errors
    /// [`NotTheirs`] otherwise.
    pub fn belongs_to(&self, header: &Header, said: &Header, hash: &Hash) -> Result<(), NotTheirs> {
        let tells = matches!(said.kind, Kind::Draft | Kind::Uitvraag | Kind::Answer);
        let same = said.issuer == header.issuer
            && said.audience == header.audience
            && said.convenant.base() == header.convenant.base()
            && said.id == self.statement_id
            && *hash == self.statement;
        if tells && same { Ok(()) } else { Err(NotTheirs) }
    }
}

impl Content for Correction {
    const KIND: Kind = Kind::Correction;
}
