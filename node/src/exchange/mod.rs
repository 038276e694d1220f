//! Drives the exchange: takes what the link hands up, runs one owner per case, performs what the machines decide.
//!
//! | file | what |
//! |---|---|
//! | `inbound` | a received statement: checked, decided, written down, handed to its case |
//! | `case` | the one owner of a case: inbox, timer, deliveries |
//! | `own`, `approval`, `question` | the three sides of an uitvraag |
//! | `correction` | what was said was wrong: told and heard beside the cases |
//! | `outbox` | deliveries, retried |
//! | `weighed` | what the weegploeg makes of the answers |
//! | `record`, `bodies` | what projections and journal keep |
//! | `fold` | journal → projections |

pub mod bodies;
pub mod record;
pub mod weighed;

mod approval;
mod case;
pub mod correction;
mod fold;
mod inbound;
mod outbox;
mod own;
mod question;
mod start;

pub use approval::ApprovalCommand;
pub use case::{Delivery, Inboxes};
pub(crate) use case::{Letter, write};
pub use fold::{Folding, fold};
pub use inbound::receive;
pub(crate) use outbox::{Delivered, deliver};
pub use own::OwnCommand;
pub use question::{QuestionCommand, told};
pub use start::{begin, resume_all};

use serde::Serialize;
use weegnet_protocol::exchange::Refused;
use weegnet_protocol::id::{ConvenantRef, EntryId};
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::statement::Kind;

use crate::clock;
use crate::journal::{CaseKey, Entry, EntryBody, JournalError};

/// Why what a person wanted did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The case has gone on or ended.
    #[error("too late: this has already been decided, withdrawn, answered, or its term has passed")]
    TooLate,
    /// It could not be written down, so it was not done.
    #[error("it could not be written down, so it was not done: {0}")]
    Journal(#[from] JournalError),
}

impl From<Refused> for ActError {
    fn from(_: Refused) -> Self {
        ActError::TooLate
    }
}

/// An entry that is not a statement, its body sealed under a case's key.
pub fn note<T: Serialize>(kind: EntryKind, convenant: Option<&ConvenantRef>, vault: CaseKey, content: T) -> Entry {
    let bytes = weegnet_protocol::codec::encode(&bodies::Note::new(content));
    Entry {
        id: EntryId::new(clock::now(), clock::random()),
        kind,
        convenant: convenant.map(|convenant| *convenant.base()),
        envelope: None,
        body: EntryBody::Sealed { case: vault, bytes },
    }
}

/// Which statement an entry carries, and whether we said it.
pub fn carries(kind: EntryKind) -> Option<(Kind, bool)> {
    Some(match kind {
        EntryKind::DraftSent => (Kind::Draft, true),
        EntryKind::DraftReceived => (Kind::Draft, false),
        EntryKind::ApprovalGiven => (Kind::Approval, true),
        EntryKind::ApprovalReceived => (Kind::Approval, false),
        EntryKind::UitvraagSent => (Kind::Uitvraag, true),
        EntryKind::QuestionReceived => (Kind::Uitvraag, false),
        EntryKind::RefusalSent => (Kind::Refusal, true),
        EntryKind::RefusalReceived => (Kind::Refusal, false),
        EntryKind::AnswerSent => (Kind::Answer, true),
        EntryKind::AnswerReceived => (Kind::Answer, false),
        EntryKind::WithdrawalSent => (Kind::Withdrawal, true),
        EntryKind::WithdrawalReceived => (Kind::Withdrawal, false),
        EntryKind::CorrectionSent => (Kind::Correction, true),
        EntryKind::CorrectionReceived => (Kind::Correction, false),
        EntryKind::PublicationSent => (Kind::Publication, true),
        EntryKind::PublicationReceived => (Kind::Publication, false),
        _ => return None,
    })
}
