//! Decisions: what the convenant permits, as values that the next step takes.

use weegnet_protocol::sign::Verified;
use weegnet_protocol::statement::Uitvraag;

/// This convenant allows exactly this verified question, which it owns, by these policy ids.
#[derive(Debug)]
pub struct Permit {
    question: Verified<Uitvraag>,
    policy_ids: Vec<String>,
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
