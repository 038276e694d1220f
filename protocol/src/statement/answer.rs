//! The answer: `Known` with one neutral contact point, or `NoStatement`; both of one size (R5, R6).

use alloc::string::String;
use alloc::vec;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::codec::{self, Blob, Hash, text_serde};
use crate::id::UitvraagId;
use crate::sign::Content;
use crate::statement::Kind;

/// Size of every answer's body: 1024 bytes.
pub const ANSWER_BODY_BYTES: usize = 1024;
/// Longest contact point: 256 bytes of UTF-8.
pub const MAX_CONTACT_BYTES: usize = 256;
/// CBOR around the content: array head and the 34-byte nonce.
const BODY_OVERHEAD: usize = 1 + 34;

/// The party's one neutral contact point, from the convenant: 1 to [`MAX_CONTACT_BYTES`] bytes, one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact(String);

/// Text that is not a contact point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a contact point is one line of 1 to {MAX_CONTACT_BYTES} bytes")]
pub struct NotAContact;

impl Contact {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Contact {
    type Err = NotAContact;

    fn from_str(text: &str) -> Result<Self, NotAContact> {
        let fits = (1..=MAX_CONTACT_BYTES).contains(&text.len());
        if fits && text.trim() == text && !text.chars().any(char::is_control) {
            Ok(Contact(text.into()))
        } else {
            Err(NotAContact)
        }
    }
}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_serde!(Contact, "a contact point of one line");

/// The only two outcomes that ever travel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// "Neem contact op met …".
    Known(Contact),
    /// "Geen mededeling (zegt niets over of iemand bekend is)".
    NoStatement,
}

/// The answer to one question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unpadded", deny_unknown_fields)]
pub struct Answer {
    outcome: Outcome,
    padding: Blob,
    question: Hash,
    uitvraag_id: UitvraagId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unpadded {
    outcome: Outcome,
    padding: Blob,
    question: Hash,
    uitvraag_id: UitvraagId,
}

impl TryFrom<Unpadded> for Answer {
    type Error = &'static str;

    /// Accepts only what [`Answer::new`] would make: the padding is part of the one encoding.
    fn try_from(read: Unpadded) -> Result<Self, &'static str> {
        let answer = Answer::new(read.uitvraag_id, read.question, read.outcome);
        if answer.padding == read.padding { Ok(answer) } else { Err("an answer is padded to its one size") }
    }
}

/// Tells nothing of the outcome, which is about a person.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({})", self.uitvraag_id)
    }
}

impl Answer {
    /// The answer to the question whose envelope hashes to `question`.
    pub fn new(uitvraag_id: UitvraagId, question: Hash, outcome: Outcome) -> Self {
        // 256 bytes of padding and more have a three-byte head, so that the sum comes out whatever the outcome.
        let probe = Answer { padding: Blob(vec![0; 256]), outcome, question, uitvraag_id };
        let rest = codec::encode(&probe).len() - 256;
        let padding = Blob(vec![0; ANSWER_BODY_BYTES - BODY_OVERHEAD - rest]);
        Answer { padding, ..probe }
    }

    /// Which uitvraag.
    pub fn uitvraag_id(&self) -> UitvraagId {
        self.uitvraag_id
    }
    /// Hash of the question's envelope: an answer is bound to one question (H8).
    pub fn question(&self) -> &Hash {
        &self.question
    }
    /// What is answered.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

impl Content for Answer {
    const KIND: Kind = Kind::Answer;
}
