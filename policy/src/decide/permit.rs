//! What a decision yields: values that only this module makes and that the next step takes.

use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::oin::Oin;
use weegnet_protocol::sign::Verified;
use weegnet_protocol::statement::{Approval, Contact, Draft, Uitvraag};

use super::{Answering, Denial};

/// This person may send exactly this draft to another core party for approval.
#[derive(Debug)]
pub struct AskPermit {
    pub(super) core: Hash,
    pub(super) uitvraag_id: UitvraagId,
    pub(super) policy_ids: Vec<String>,
}

impl AskPermit {
    /// Hash of the draft core that was judged.
    pub fn core(&self) -> &Hash {
        &self.core
    }
    /// Which uitvraag.
    pub fn uitvraag_id(&self) -> UitvraagId {
        self.uitvraag_id
    }
    /// The policies that permit it.
    pub fn policy_ids(&self) -> &[String] {
        &self.policy_ids
    }
}

/// This person may approve exactly this verified draft, which the permit owns.
#[derive(Debug)]
pub struct ApprovePermit {
    pub(super) draft: Verified<Draft>,
    pub(super) policy_ids: Vec<String>,
}

impl ApprovePermit {
    /// The draft.
    pub fn draft(&self) -> &Verified<Draft> {
        &self.draft
    }
    /// What to sign: the approval of exactly this draft.
    pub fn approval(&self) -> Approval {
        Approval::of(self.draft.content())
    }
    /// The policies that permit it.
    pub fn policy_ids(&self) -> &[String] {
        &self.policy_ids
    }
}

/// This convenant allows exactly this verified question, which the permit owns, by these policy ids.
#[derive(Debug)]
pub struct Permit {
    pub(super) question: Verified<Uitvraag>,
    pub(super) policy_ids: Vec<String>,
    pub(super) approver: Option<Oin>,
    pub(super) answering: Answering,
}

impl Permit {
    /// The question.
    pub fn question(&self) -> &Verified<Uitvraag> {
        &self.question
    }
    /// The policies that permit it.
    pub fn policy_ids(&self) -> &[String] {
        &self.policy_ids
    }
}

/// A question that is not permitted, given back so that its refusal can be recorded and signed.
#[derive(Debug)]
pub struct Refused {
    /// The question.
    pub question: Verified<Uitvraag>,
    /// Why.
    pub denial: Denial,
}

/// A `Known` may leave for exactly this question, with exactly this contact point.
#[derive(Debug)]
pub struct ReleasePermit {
    pub(super) uitvraag_id: UitvraagId,
    pub(super) question: Hash,
    pub(super) contact: Contact,
    pub(super) policy_ids: Vec<String>,
}

impl ReleasePermit {
    /// Which uitvraag.
    pub fn uitvraag_id(&self) -> UitvraagId {
        self.uitvraag_id
    }
    /// Hash of the question's envelope.
    pub fn question(&self) -> &Hash {
        &self.question
    }
    /// The one neutral contact point (R5).
    pub fn contact(&self) -> &Contact {
        &self.contact
    }
    /// The policies that permit it.
    pub fn policy_ids(&self) -> &[String] {
        &self.policy_ids
    }
}
