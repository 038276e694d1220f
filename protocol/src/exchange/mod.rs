//! The exchange as state machines: (state, input, now) → effects. No clock, no network, no storage.
//!
//! | machine | stands for | at |
//! |---|---|---|
//! | [`Proposal`] | a draft that waits for approval | the asker |
//! | [`Consideration`] | the same draft in front of an approver | the other core party |
//! | [`Asker`] | an approved question to one recipient | the asker |
//! | [`Responder`] | that question | the recipient |
//!
//! An input that has been journalled can be fed again after a restart: the same inputs lead to the same state, and the
//! effects of a replay are thrown away. An input that comes too late or belongs elsewhere is an error and changes
//! nothing, so the first journalled one wins every race.

mod asker;
mod consideration;
mod proposal;
mod responder;

pub use asker::{Asker, AskerEffect, AskerInput, AskerState, Progress};
pub use consideration::{Consideration, ConsiderationEffect, ConsiderationInput, ConsiderationState};
pub use proposal::{Proposal, ProposalEffect, ProposalInput, ProposalState};
pub use responder::{Responder, ResponderEffect, ResponderInput, ResponderState};

use serde::{Deserialize, Serialize};

use crate::codec::Hash;
use crate::id::{ConvenantRef, UitvraagId};
use crate::oin::Oin;
use crate::sign::{Content, Header, Signed, Verified};
use crate::time::Timestamp;

/// What both ends know about one statement that waits for a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// Which uitvraag.
    pub uitvraag_id: UitvraagId,
    /// SHA-256 of the draft's or question's envelope.
    pub statement: Hash,
    /// Who sent it.
    pub from: Oin,
    /// To whom.
    pub to: Oin,
    /// Under which convenant.
    pub convenant: ConvenantRef,
    /// When the last answer is due, by the responder's clock.
    pub answer_by: Timestamp,
    /// Until when answers and withdrawals are still delivered.
    pub deliver_until: Timestamp,
}

impl Matter {
    /// The matter of a statement that we sent.
    pub fn sent<T: Content>(
        statement: &Signed<T>,
        uitvraag_id: UitvraagId,
        answer_by: Timestamp,
        until: Timestamp,
    ) -> Self {
        Self::of(statement.header(), statement.statement().hash(), uitvraag_id, answer_by, until)
    }

    /// The matter of a statement that we received.
    pub fn received<T>(
        statement: &Verified<T>,
        uitvraag_id: UitvraagId,
        answer_by: Timestamp,
        until: Timestamp,
    ) -> Self {
        Self::of(statement.header(), statement.statement().hash(), uitvraag_id, answer_by, until)
    }

    /// The matter of the statement with this header and envelope hash.
    pub fn of(header: &Header, hash: Hash, uitvraag_id: UitvraagId, answer_by: Timestamp, until: Timestamp) -> Self {
        Matter {
            uitvraag_id,
            statement: hash,
            from: header.issuer,
            to: header.audience,
            convenant: header.convenant.clone(),
            answer_by,
            deliver_until: until,
        }
    }

    /// Whether a reply comes from the organisation that was addressed and names this very statement.
    fn is_answered_by(&self, reply: &Header, uitvraag_id: UitvraagId, statement: &Hash) -> bool {
        reply.issuer == self.to
            && reply.audience == self.from
            && reply.convenant.is_same_text(&self.convenant)
            && uitvraag_id == self.uitvraag_id
            && *statement == self.statement
    }
}

/// An input that changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The matter has gone on: answered, withdrawn, refused or expired.
    #[error("it is too late for this: the matter has already ended or gone on")]
    TooLate,
    /// It does not belong to this matter.
    #[error("this belongs to another question")]
    Unrelated,
}

#[cfg(test)]
mod tests;
