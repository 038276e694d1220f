//! Verification of a whole journal from public files alone: structure, then every statement's signature, every kept
//! receipt, and that nothing is recorded twice.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use ed25519_dalek::VerifyingKey;
use weegnet_policy::convenant::{Convenant, Ratified};
use weegnet_protocol::Oin;
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::id::{ConvenantRef, StatementId};
use weegnet_protocol::log::{EntryKind, LogName};
use weegnet_protocol::sign::{Envelope, Issuers, VerifyError};
use weegnet_protocol::statement::Kind;

use crate::exchange::bodies::{ConvenantRatified, Note};
use crate::journal::{self, Report, Scanned, StoredBody, VerifyFailure};

pub use crate::journal::{Stored, open_stored};

/// What a complete verification established.
#[derive(Debug)]
pub struct Audit {
    /// About the files.
    pub report: Report,
    /// Statements whose signatures were verified.
    pub statements: u64,
    /// Receipts of peers that were verified.
    pub receipts: u64,
}

/// Why an entry does not hold, although the tree vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// The envelope is not in the one encoding.
    #[error("its envelope cannot be read: {0}")]
    Envelope(VerifyError),
    /// The signature does not verify under the convenant's keys.
    #[error("its signature is not valid: {0}")]
    Signature(VerifyError),
    /// The statement is of another kind than the entry, or between other parties.
    #[error("its statement does not belong in an entry of this kind")]
    Misplaced,
    /// Envelope and leaf name different bodies.
    #[error("its leaf and its envelope name different bodies")]
    OtherBody,
    /// The same statement stands twice.
    #[error("its statement stands in the log twice")]
    Twice,
    /// A convenant that not all parties signed.
    #[error("its convenant is not signed by all parties")]
    NotRatified,
    /// A receipt for something that was not sent before it, or that does not verify.
    #[error("a peer's receipt beside it does not hold")]
    Receipt,
}

/// Verifies the journal in `dir`.
///
/// # Errors
/// The first thing that does not hold.
pub fn audit(dir: &Path, progress: impl FnMut(u64, u64)) -> Result<Audit, VerifyFailure<Objection>> {
    let mut auditor = Auditor::default();
    let report = journal::verify(dir, progress, |scanned| auditor.visit(scanned))?;
    Ok(Audit { report, statements: auditor.statements, receipts: auditor.receipts })
}

/// Every entry that `wanted` takes, once its batch is verified.
///
/// # Errors
/// The first thing in the files that does not verify.
pub fn entries(
    dir: &Path,
    mut wanted: impl FnMut(&Stored) -> bool,
) -> Result<Vec<Stored>, VerifyFailure<std::convert::Infallible>> {
    let mut found = Vec::new();
    journal::verify(
        dir,
        |_, _| {},
        |scanned| {
            if let Scanned::Entry(stored) = scanned
                && wanted(stored)
            {
                found.push(stored.clone());
            }
            Ok(())
        },
    )?;
    Ok(found)
}

/// What is kept of an entry's body: `public`, `sealed`, `erased` when its key was destroyed, `not kept` when only its hash
/// ever was; nothing when it has none. Telling sealed from erased needs the node's vault.
pub fn kept(dir: &Path, stored: &Stored) -> Option<&'static str> {
    match (&stored.body, journal::open_stored(dir, stored)) {
        (StoredBody::Absent, _) => None,
        (StoredBody::Public(_), _) => Some("public"),
        (StoredBody::Dropped, _) => Some("not kept"),
        (StoredBody::Sealed { .. }, Ok(None)) => Some("erased"),
        (StoredBody::Sealed { .. }, _) => Some("sealed"),
    }
}

#[derive(Default)]
struct Auditor {
    convenants: BTreeMap<ConvenantRef, Ratified>,
    seen: HashSet<StatementId>,
    sent: HashMap<StatementId, (Hash, Oin)>,
    statements: u64,
    receipts: u64,
}

impl Auditor {
    fn visit(&mut self, scanned: &Scanned) -> Result<(), Objection> {
        match scanned {
            Scanned::Entry(stored) if stored.leaf.kind == EntryKind::ConvenantRatified => self.convenant(stored),
            Scanned::Entry(stored) => self.statement(stored),
            Scanned::Receipt { statement, receipt } => {
                let (hash, to) = self.sent.get(statement).ok_or(Objection::Receipt)?;
                let key = self.checkpoint_key(to).ok_or(Objection::Receipt)?;
                let checkpoint = receipt.verify(&key).map_err(|_| Objection::Receipt)?;
                let theirs = checkpoint.origin.oin() == Some(*to) && checkpoint.origin.log() == Some(LogName::Exchange);
                if !theirs || receipt.leaf.statement != Some(*hash) {
                    return Err(Objection::Receipt);
                }
                self.receipts += 1;
                Ok(())
            }
        }
    }

    fn convenant(&mut self, stored: &Stored) -> Result<(), Objection> {
        let StoredBody::Public(body) = &stored.body else { return Err(Objection::NotRatified) };
        let note: Note<ConvenantRatified> = codec::decode(&body.0).map_err(|_| Objection::NotRatified)?;
        let convenant = Convenant::parse(&note.content.document).map_err(|_| Objection::NotRatified)?;
        let signatures = note.content.signatures.into_iter().map(|(oin, blob)| (oin, blob.0)).collect();
        let ratified = Ratified::ratify(convenant, &signatures).map_err(|_| Objection::NotRatified)?;
        self.convenants.insert(ratified.reference().clone(), ratified);
        Ok(())
    }

    fn statement(&mut self, stored: &Stored) -> Result<(), Objection> {
        let (Some(bytes), Some((kind, ours))) = (&stored.envelope, carries(stored.leaf.kind)) else {
            // An entry with a statement and a kind that carries none, or the other way round.
            return if stored.envelope.is_none() && carries(stored.leaf.kind).is_none() {
                Ok(())
            } else {
                Err(Objection::Misplaced)
            };
        };
        let envelope = Envelope::decode(&bytes.0).map_err(Objection::Envelope)?;
        let header = &envelope.header;
        let ratified =
            self.convenants.get(&header.convenant).ok_or(Objection::Signature(VerifyError::WrongConvenant))?;
        let key =
            ratified.statement_key(&header.convenant, &header.issuer, &header.key_id).map_err(Objection::Signature)?;
        envelope.verify(&key).map_err(Objection::Signature)?;
        if header.kind != kind || stored.leaf.convenant != Some(*header.convenant.base()) {
            return Err(Objection::Misplaced);
        }
        if stored.leaf.body != Some(envelope.body_hash) {
            return Err(Objection::OtherBody);
        }
        if !self.seen.insert(header.id) {
            return Err(Objection::Twice);
        }
        if ours {
            self.sent.insert(header.id, (Hash::of(&[&bytes.0]), header.audience));
        }
        self.statements += 1;
        Ok(())
    }

    fn checkpoint_key(&self, oin: &Oin) -> Option<VerifyingKey> {
        self.convenants.values().find_map(|ratified| ratified.checkpoint_key(oin).copied())
    }
}

/// Which statement an entry carries, and whether we said it.
fn carries(kind: EntryKind) -> Option<(Kind, bool)> {
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
        _ => return None,
    })
}
