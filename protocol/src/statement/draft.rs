//! The draft: one question about one person, before another core party has approved it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::codec::{self, Bytes, Hash};
use crate::id::{ConvenantRef, Slug, UitvraagId};
use crate::oin::Oin;
use crate::person::PersonRef;
use crate::purpose::Purpose;
use crate::sign::Content;
use crate::statement::{Kind, recipient_commitment};
use crate::time::Timestamp;

/// Longest motivation: 8 KiB of UTF-8.
pub const MAX_MOTIVATION_BYTES: usize = 8 * 1024;
/// Most criteria that one question cites.
pub const MAX_CRITERIA: usize = 32;
/// Most organisations that one question goes to.
pub const MAX_RECIPIENTS: usize = 256;

/// What is asked, without the person, the words and the recipients: the part that every recipient can recompute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftCore {
    /// Who asks.
    pub asker: Oin,
    /// Handled with shortened terms (H12).
    pub urgent: bool,
    /// For what; inside the signature (H2).
    pub purpose: Purpose,
    /// Commitment to person, criteria and minority: [`Subject::commitment`].
    pub subject: Hash,
    /// When the asker expects the last answer; the responder's clock decides.
    pub answer_by: Timestamp,
    /// Under which convenant.
    pub convenant: ConvenantRef,
    /// Salted hash of the motivation, which only core parties read.
    pub motivation: Hash,
    /// Which question.
    pub uitvraag_id: UitvraagId,
}

impl DraftCore {
    /// SHA-256 of the canonical draft core: what an approval names.
    pub fn hash(&self) -> Hash {
        Hash::of(&[&codec::encode(self)])
    }
}

/// About whom and on which criteria, with the salt of its commitment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// 32 random bytes.
    pub salt: Bytes<32>,
    /// Whether the person is, or may be, under 18 (H6).
    pub minor: bool,
    /// The one person (H1).
    pub person: PersonRef,
    /// Codes of the convenant's criteria.
    pub criteria: Vec<Slug>,
}

/// Tells nothing: with the salt at hand a guess at the person could be confirmed.
impl core::fmt::Debug for Subject {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Subject(..)")
    }
}

impl Subject {
    /// C = SHA-256(salt ‖ canonical {person, criteria, minor}).
    pub fn commitment(&self) -> Hash {
        #[derive(Serialize)]
        struct Committed<'a> {
            minor: bool,
            person: &'a PersonRef,
            criteria: &'a [Slug],
        }
        let committed = Committed { minor: self.minor, person: &self.person, criteria: &self.criteria };
        Hash::of(&[&self.salt.0, &codec::encode(&committed)])
    }
}

/// Why the question is necessary, proportionate and subsidiary; free text for core parties only (H7).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Motivation {
    /// 32 random bytes.
    pub salt: Bytes<32>,
    /// The text, at most [`MAX_MOTIVATION_BYTES`].
    pub text: String,
}

impl core::fmt::Debug for Motivation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Motivation(..)")
    }
}

impl Motivation {
    /// SHA-256(salt ‖ text).
    pub fn commitment(&self) -> Hash {
        Hash::of(&[&self.salt.0, self.text.as_bytes()])
    }
}

/// One organisation that will be asked, with the salt under which the approval names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Which organisation.
    pub oin: Oin,
    /// 32 random bytes.
    pub salt: Bytes<32>,
    /// Code of the reason to ask it; required beyond the core parties.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Slug>,
}

impl Recipient {
    /// SHA-256(salt ‖ OIN): how the approval names this recipient without telling the others.
    pub fn commitment(&self) -> Hash {
        recipient_commitment(&self.salt, &self.oin)
    }
}

/// Everything an approver needs to judge a question; travels only to core parties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// What is asked.
    pub core: DraftCore,
    /// Pseudonym of the author within the asking organisation.
    pub author: Bytes<16>,
    /// About whom.
    pub subject: Subject,
    /// Why.
    pub motivation: Motivation,
    /// Who will be asked.
    pub recipients: Vec<Recipient>,
}

/// A draft whose parts do not belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongDraft {
    /// Person, criteria, minority or motivation are not the ones committed to.
    #[error("the draft's commitments do not match its contents")]
    Commitment,
    /// No recipient, one twice, the asker itself, or more than [`MAX_RECIPIENTS`].
    #[error("a draft names between 1 and {MAX_RECIPIENTS} different recipients, none of them the asker")]
    Recipients,
    /// No criterion, one twice, or more than [`MAX_CRITERIA`].
    #[error("a draft names between 1 and {MAX_CRITERIA} different criteria")]
    Criteria,
    /// No motivation, or longer than [`MAX_MOTIVATION_BYTES`].
    #[error("the motivation is empty or longer than {MAX_MOTIVATION_BYTES} bytes")]
    Motivation,
    /// A motivation with characters that change what is around it on a screen.
    #[error("the motivation holds control or direction characters other than line breaks and tabs: take them out")]
    MotivationControl,
}

impl Draft {
    /// Checks that the parts belong together and keep their bounds.
    pub fn check(&self) -> Result<(), WrongDraft> {
        if self.subject.commitment() != self.core.subject || self.motivation.commitment() != self.core.motivation {
            return Err(WrongDraft::Commitment);
        }
        let distinct = all_distinct(self.recipients.iter().map(|recipient| recipient.oin));
        let asks_itself = self.recipients.iter().any(|recipient| recipient.oin == self.core.asker);
        if !(1..=MAX_RECIPIENTS).contains(&self.recipients.len()) || !distinct || asks_itself {
            return Err(WrongDraft::Recipients);
        }
        if !(1..=MAX_CRITERIA).contains(&self.subject.criteria.len()) || !all_distinct(self.subject.criteria.iter()) {
            return Err(WrongDraft::Criteria);
        }
        if self.motivation.text.trim().is_empty() || self.motivation.text.len() > MAX_MOTIVATION_BYTES {
            return Err(WrongDraft::Motivation);
        }
        if self.motivation.text.chars().any(misleads) {
            return Err(WrongDraft::MotivationControl);
        }
        Ok(())
    }
}

/// Whether a character could make a screen show something else than the text: an approver approves what is there.
fn misleads(c: char) -> bool {
    let direction =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    direction || breaks || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

fn all_distinct<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items.windows(2).all(|pair| pair[0] != pair[1])
}

impl Content for Draft {
    const KIND: Kind = Kind::Draft;
}
