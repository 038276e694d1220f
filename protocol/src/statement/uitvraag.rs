//! The uitvraag: one approved question about one person to one organisation.

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use crate::codec::Bytes;
use crate::sealed::Sealed;
use crate::sign::{Content, Statement};
use crate::statement::{DraftCore, Kind, Subject};

/// What one recipient gets: the question, its approval, and the salt that shows the approval names *it*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uitvraag {
    /// What is asked; the approval covers its hash.
    pub core: DraftCore,
    /// Salt of this recipient's commitment in the approval.
    pub salt: Bytes<32>,
    /// About whom: open, or sealed.
    pub subject: AskedSubject,
    /// The approval as another core party signed it, addressed to the asker.
    pub approval: Statement,
}

/// How the person travels: in clear between core parties, sealed to everybody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AskedSubject {
    /// In clear, with the salt of its commitment.
    Open(Subject),
    /// For who knows the person; the approval covers the commitment that what is inside must have.
    Sealed(Box<Sealed>),
}

impl Uitvraag {
    /// The subject, when it can be read, checked against the commitment that was approved.
    pub fn subject(&self) -> Option<&Subject> {
        match &self.subject {
            AskedSubject::Open(subject) => (subject.commitment() == self.core.subject).then_some(subject),
            AskedSubject::Sealed(_) => None,
        }
    }

    /// What stands in place of the person, when that is sealed.
    pub fn sealed(&self) -> Option<&Sealed> {
        match &self.subject {
            AskedSubject::Open(_) => None,
            AskedSubject::Sealed(sealed) => Some(sealed),
        }
    }
}

impl Content for Uitvraag {
    const KIND: Kind = Kind::Uitvraag;
}
