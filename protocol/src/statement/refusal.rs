//! The refusal: a question or a draft is not taken on. What it says never depends on the person.

use serde::{Deserialize, Serialize};

use crate::codec::Hash;
use crate::id::UitvraagId;
use crate::sign::Content;
use crate::statement::Kind;

/// Why, as coarsely as a peer may know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// No valid approval of another core party covers this question to this recipient.
    NotApproved,
    /// The convenant does not permit this question.
    NotPermitted,
    /// The asker's quota is used up.
    QuotaExceeded,
    /// The answer window had closed, or is not one that the convenant allows.
    Deadline,
    /// The parts of the question do not belong together.
    Malformed,
    /// A person at the other core party declined the draft.
    Declined,
}

/// Addressed to whoever sent the draft or question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Why.
    pub code: RefusalCode,
    /// Hash of the envelope that is refused.
    pub statement: Hash,
    /// Which uitvraag.
    pub uitvraag_id: UitvraagId,
}

impl Content for Refusal {
    const KIND: Kind = Kind::Refusal;
}
