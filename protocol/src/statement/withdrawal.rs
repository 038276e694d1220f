//! The withdrawal: the asker takes a draft or a question back; the review ends, retention goes on as usual.

use serde::{Deserialize, Serialize};

use crate::codec::Hash;
use crate::id::UitvraagId;
use crate::sign::Content;
use crate::statement::Kind;

/// Addressed to whoever holds the question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Hash of the envelope that is withdrawn.
    pub statement: Hash,
    /// Which uitvraag.
    pub uitvraag_id: UitvraagId,
}

impl Content for Withdrawal {
    const KIND: Kind = Kind::Withdrawal;
}
