//! Bodies of the journal entries that are not statements: who did what, and why.

use serde::{Deserialize, Serialize};
use weegnet_protocol::Oin;
use weegnet_protocol::amendment::SignedAmendment;
use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::id::{ConvenantId, Slug, StatementId};
use weegnet_protocol::sealed::table::Publication;
use weegnet_protocol::sign::Statement;
use weegnet_protocol::statement::Subject;

use super::record::CaseId;
use crate::people::Actor;
use crate::register::{Candidate, GenerationNumber, RowRef};

/// Every such body begins with 32 random bytes, so that its hash confirms no guess.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Note<T> {
    nonce: Bytes<32>,
    /// What is noted.
    pub content: T,
}

impl<T> Note<T> {
    /// With fresh randomness.
    pub fn new(content: T) -> Self {
        Note { nonce: Bytes(crate::clock::random()), content }
    }
}

/// An author wrote a question ([`DraftWritten`](weegnet_protocol::log::EntryKind::DraftWritten)).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DraftWritten {
    /// Who.
    pub by: Actor,
    /// Which case.
    pub case: CaseId,
    /// Whom we ask for approval.
    pub approver: Oin,
}

/// What the convenant says about something that came in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PolicyDecision {
    /// Which case.
    pub case: CaseId,
    /// Why it is refused; absent when it is permitted.
    pub denied: Option<weegnet_protocol::statement::RefusalCode>,
    /// The policies that decided.
    pub policy_ids: Vec<String>,
}

/// A person tried what the convenant or their roles forbid.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ActDenied {
    /// Who tried.
    pub by: Actor,
    /// Under which convenant; absent when a role was missing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub convenant: Option<ConvenantId>,
    /// What: `ask`, `approve`, `release`; `role` when a role was missing, `roles` when H10 forbids giving or taking one.
    pub act: String,
    /// The policies that forbade it, or the role that was missing.
    pub policy_ids: Vec<String>,
}

/// An approver decided; a reviewer released; an author took something back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Act {
    /// Who.
    pub by: Actor,
    /// Approved or released (`true`), declined or withheld (`false`).
    pub yes: bool,
    /// Which case.
    pub case: CaseId,
    /// The internal reason, which never leaves.
    pub reason: Option<String>,
}

/// What a search found, for a reviewer; also when it found nobody.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Candidates {
    /// Which case.
    pub case: CaseId,
    /// The possible matches.
    pub rows: Vec<Candidate>,
    /// Rows with the person's BSN and another name and date: a mistake in the data for a human to look at, not a match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contradictions: Vec<RowRef>,
}

/// A table of who is known here was made ([`TableBuilt`](weegnet_protocol::log::EntryKind::TableBuilt)). Under its key lies
/// the secret with which questions for it open: that key is destroyed at the end of the audit term.
#[derive(Clone, Serialize, Deserialize)]
pub struct TableBuilt {
    /// Who wanted it; absent when it was due.
    pub by: Option<Actor>,
    /// What is signed about it.
    pub publication: Publication,
    /// The register's generation that it is made of.
    pub generation: GenerationNumber,
    /// From which everything secret about it is derived.
    pub random: Bytes<32>,
}

/// A question was sealed for one organisation ([`QuestionSealed`](weegnet_protocol::log::EntryKind::QuestionSealed)): with
/// the draft, what shows an auditor who was asked about.
#[derive(Clone, Serialize, Deserialize)]
pub struct QuestionSealed {
    /// Which case.
    pub case: CaseId,
    /// For whom.
    pub to: Oin,
    /// The statement.
    pub statement: StatementId,
    /// Root of the table that it was made for.
    pub root: Hash,
    /// From which everything in it follows.
    pub seed: Bytes<32>,
}

/// A sealed question was tried ([`QuestionTried`](weegnet_protocol::log::EntryKind::QuestionTried)); also when it did not open.
#[derive(Clone, Serialize, Deserialize)]
pub struct QuestionTried {
    /// Which case.
    pub case: CaseId,
    /// About whom, when it opened and somebody here may be meant.
    pub subject: Option<Subject>,
    /// How it was wrong, when it opened and was not made as it should be.
    pub misuse: Option<String>,
    /// The statement itself, then: what our privacy officer can show to the other side's.
    pub evidence: Option<Statement>,
}

/// Released without a human, between test organisations only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Released {
    /// Who; absent for `automatisch`.
    pub by: Option<Actor>,
    /// Which case.
    pub case: CaseId,
    /// On which ground of the convenant's list, where secrecy binds us; it never leaves.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ground: Option<Slug>,
}

/// Somebody read what is about a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Read {
    /// Who.
    pub by: Actor,
    /// Which case.
    pub case: CaseId,
    /// What for.
    pub why: String,
}

/// A privacy officer is done with a correction that came in
/// ([`CorrectionHandled`](weegnet_protocol::log::EntryKind::CorrectionHandled)).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CorrectionHandled {
    /// Who.
    pub by: Actor,
    /// Which.
    pub correction: StatementId,
    /// What was done, in words.
    pub what: String,
}

/// A register was replaced.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegisterImported {
    /// Who.
    pub by: Actor,
    /// For which convenant.
    pub convenant: ConvenantId,
    /// Rows in the new generation.
    pub rows: u64,
    /// Rows of the file that were refused.
    pub rejected: u64,
    /// SHA-256 of the file.
    pub source: Hash,
}

/// A register is indexed anew, from the values as they were given.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegisterRefolded {
    /// Who.
    pub by: Actor,
    /// For which convenant.
    pub refolded: ConvenantId,
    /// Version of the fold.
    pub fold: u32,
}

/// A convenant came into force here; public.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConvenantRatified {
    /// The document as it was signed.
    pub document: String,
    /// A detached signature per party.
    pub signatures: Vec<(Oin, weegnet_protocol::codec::Blob)>,
}

/// A party changed its record in a convenant; public.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConvenantAmended {
    /// What its party key signed.
    pub amendment: SignedAmendment,
}

/// A party's change of its record that contradicts what it signed before; public.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AmendmentRefused {
    /// Whose.
    pub party: Oin,
    /// What its party key signed.
    pub amendments: Vec<SignedAmendment>,
    /// The one with the same number that is in force.
    pub known: Option<SignedAmendment>,
    /// The checkpoint that it signed, and that the amendment does not admit to.
    pub held: Option<String>,
}

/// Our own journal lost its end for good, and goes on under a new name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rollback {
    /// Who decided that.
    pub by: Actor,
    /// Entries of the exchange log that are left.
    pub kept: u64,
    /// The largest checkpoints known of what was lost.
    pub last: Vec<String>,
}

/// An operator brought amendments of a party by hand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AmendmentBrought {
    /// Who.
    pub by: Actor,
    /// To which convenant.
    pub convenant: ConvenantId,
    /// Whose.
    pub party: Oin,
}

/// An operator took a convenant in force.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConvenantAdopted {
    /// Who.
    pub by: Actor,
    /// Which.
    pub convenant: ConvenantId,
}
