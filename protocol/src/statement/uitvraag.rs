//! The uitvraag: one approved question about one person to one organisation.

use serde::{Deserialize, Serialize};

use crate::codec::Bytes;
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

/// How the person travels. The sealed form comes later; it takes the place of the open one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AskedSubject {
    /// In clear, with the salt of its commitment.
    Open(Subject),
}

impl Uitvraag {
    /// The subject, when it can be read, checked against the commitment that was approved.
    pub fn subject(&self) -> Option<&Subject> {
        let AskedSubject::Open(subject) = &self.subject;
        (subject.commitment() == self.core.subject).then_some(subject)
    }
}

impl Content for Uitvraag {
    const KIND: Kind = Kind::Uitvraag;
}
