//! What organisations say to each other: one file per kind of statement.

mod answer;
mod approval;
mod correction;
mod draft;
mod publication;
mod refusal;
mod uitvraag;
mod withdrawal;

pub use answer::{ANSWER_BODY_BYTES, Answer, Contact, MAX_CONTACT_BYTES, NotAContact, Outcome};
pub use approval::{Approval, NotApproved, recipient_commitment};
pub use correction::{
    CORRECTION_BODY_BYTES, CORRECTION_DELIVERY, Corrected, Correction, NotACorrection, NotTheirs, Right, Wish,
    WrongField,
};
pub use draft::{
    Draft, DraftCore, MAX_CRITERIA, MAX_MOTIVATION_BYTES, MAX_RECIPIENTS, Motivation, Recipient, Subject, WrongDraft,
};
pub use publication::NotPublished;
pub use refusal::{Refusal, RefusalCode};
pub use uitvraag::{AskedSubject, Uitvraag};
pub use withdrawal::Withdrawal;

/// The kinds of statements, each with its media type (`typ`, RFC 9596).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A question that waits for the approval of another core party.
    Draft,
    /// That approval.
    Approval,
    /// An approved question to one organisation.
    Uitvraag,
    /// `Known` or `NoStatement`.
    Answer,
    /// A question or draft is not taken on, for a reason that says nothing about the person.
    Refusal,
    /// The asker takes the question back.
    Withdrawal,
    /// What was said about a person is wrong, erased or objected to.
    Correction,
    /// A table of who is known somewhere, in which nobody else can read who that is.
    Publication,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 8] = [
        Kind::Draft,
        Kind::Approval,
        Kind::Uitvraag,
        Kind::Answer,
        Kind::Refusal,
        Kind::Withdrawal,
        Kind::Correction,
        Kind::Publication,
    ];

    /// The media type that stands as `typ` in the protected header.
    pub const fn media_type(self) -> &'static str {
        match self {
            Kind::Draft => "application/vnd.weegnet.draft.v1+cose",
            Kind::Approval => "application/vnd.weegnet.approval.v1+cose",
            Kind::Uitvraag => "application/vnd.weegnet.uitvraag.v1+cose",
            Kind::Answer => "application/vnd.weegnet.answer.v1+cose",
            Kind::Refusal => "application/vnd.weegnet.refusal.v1+cose",
            Kind::Withdrawal => "application/vnd.weegnet.withdrawal.v1+cose",
            Kind::Correction => "application/vnd.weegnet.correction.v1+cose",
            Kind::Publication => "application/vnd.weegnet.publication.v1+cose",
        }
    }

    /// The kind with this media type.
    pub fn from_media_type(text: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.media_type() == text)
    }
}

#[cfg(test)]
mod tests;
