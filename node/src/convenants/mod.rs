//! The convenanten in force here, as the journal holds them: whose keys count, and what is permitted.
//!
//! | file | what it answers |
//! |---|---|
//! | `texts` | which version holds now, and what may still go on under one that was replaced |
//! | `keys` | who may connect, sign and cosign, with which keys |
//! | `house` | what is decided at home |
//! | `told` | which amendments a member should know |

mod house;
mod keys;
mod texts;
mod told;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use weegnet_policy::convenant::{Convenant, NotAmended, NotNext, Ratified};
use weegnet_policy::decide::{House, LocalRules, Policy};
use weegnet_protocol::amendment::{AmendmentError, SignedAmendment};
use weegnet_protocol::codec::{self, DecodeError};
use weegnet_protocol::id::{ConvenantId, ConvenantRef};
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::{Oin, Timestamp};

use crate::exchange::bodies::{ConvenantAmended, ConvenantRatified, Note};
use crate::keys::{NodeKeys, OnlineKeys};

/// Everything that the parties signed and this node took in force.
pub struct Convenants {
    us: Oin,
    /// What the parties must have signed about this node; a reader of a journal has none.
    keys: Option<NodeKeys>,
    /// The organisation's own rules, which can only forbid.
    local: LocalRules,
    /// The rules of this organisation's own house, made when they are first asked.
    house: OnceLock<House>,
    /// By name, each version behind the one that it replaces.
    policies: RwLock<BTreeMap<ConvenantId, Vec<Version>>>,
    /// Held by whoever checks a statement until it is written down, and alone by whoever writes an amendment down: so that
    /// in the journal no statement stands behind the amendment after which it would not have been taken.
    changing: Arc<tokio::sync::RwLock<()>>,
}

/// One version of a convenant.
#[derive(Clone)]
struct Version {
    policy: Arc<Policy>,
    /// Since when it holds here: its first day, or the moment at which it was taken in force if that came later.
    since: Timestamp,
}

/// As long as this is held, the keys that count stay the same.
pub type Unchanged = tokio::sync::OwnedRwLockReadGuard<()>;

/// Why a convenant cannot come into force here.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// The document has problems.
    #[error("the convenant cannot be used; 'weegnet convenant check' explains each of these:\n{0}")]
    Document(String),
    /// Signatures are missing or wrong.
    #[error("{0}")]
    NotRatified(String),
    /// This node is no party.
    #[error(
        "this organisation is not a party to the convenant: adopt it on a node of one that it names, or let all parties sign \
         a text that names this one"
    )]
    NotAParty,
    /// The party record is not this node's.
    #[error("the convenant names other keys for this organisation than this node has: compare with 'weegnet card'")]
    OtherKeys,
    /// The policies cannot be built.
    #[error(
        "the convenant's policies cannot be built, so nothing came into force: {0}; report this with the convenant"
    )]
    Policy(String),
    /// Another text of the same convenant is in force, and this is not the version after it.
    #[error(transparent)]
    NotNext(#[from] NotNext),
}

/// Why an entry of a journal is no convenant or amendment that came into force.
#[derive(Debug, thiserror::Error)]
pub enum RecallError {
    /// Its bytes.
    #[error(transparent)]
    Body(#[from] DecodeError),
    /// The convenant.
    #[error(transparent)]
    Convenant(#[from] AdoptError),
    /// The amendment.
    #[error(transparent)]
    Amendment(#[from] NotAmended),
}

/// Amendments that hold and are not in force yet.
pub struct Amended {
    /// Whose.
    pub party: Oin,
    /// The convenant with them.
    pub policy: Arc<Policy>,
    /// Those that are new.
    pub new: Vec<SignedAmendment>,
}

impl Convenants {
    /// None yet.
    pub fn new(us: Oin) -> Self {
        let local = LocalRules::default();
        Convenants {
            us,
            keys: None,
            local,
            house: OnceLock::new(),
            policies: RwLock::new(BTreeMap::new()),
            changing: Arc::default(),
        }
    }

    /// With an organisation's own rules, which can only forbid.
    pub fn with_rules(self, local: LocalRules) -> Self {
        Convenants { local, ..self }
    }

    /// Those that were read back, of a node with these keys: a convenant that names others for it does not come into force
    /// from now on.
    pub fn of_node(self, keys: &OnlineKeys) -> Self {
        Convenants { keys: Some(keys.public()), ..self }
    }

    /// Waits until no amendment is being written down.
    pub async fn unchanged(&self) -> Unchanged {
        Arc::clone(&self.changing).read_owned().await
    }

    /// Waits until no statement is between its check and its entry.
    pub async fn change(&self) -> tokio::sync::OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.changing).write_owned().await
    }

    /// This organisation.
    pub fn us(&self) -> Oin {
        self.us
    }

    /// Checks a document and its signatures; the result is not in force before it is recorded.
    pub fn check(&self, document: &str, signatures: &BTreeMap<Oin, Vec<u8>>) -> Result<Arc<Policy>, AdoptError> {
        let convenant = Convenant::parse(document).map_err(|problems| AdoptError::Document(problems.to_string()))?;
        let ratified =
            Ratified::ratify(convenant, signatures).map_err(|error| AdoptError::NotRatified(error.to_string()))?;
        let party = ratified.party(&self.us).ok_or(AdoptError::NotAParty)?;
        if self.policy(ratified.reference()).is_none() {
            let versions = self.versions(ratified.id());
            let last = versions.last();
            last.map_or(Ok(()), |last| ratified.follows(last.ratified()))?;
            let named = &party.keys;
            let agreed = [named.link.key(), named.statement.key(), named.checkpoint.key(), named.witness.key()];
            // A key that this party replaced under the version before: the one that took its place counts here too.
            let replaced = |key| last.is_some() && self.is_retired(&self.us, key);
            let other = |ours: &NodeKeys| ours.iter().zip(agreed).any(|(ours, key)| ours != key && !replaced(key));
            if self.keys.as_ref().is_some_and(other) {
                return Err(AdoptError::OtherKeys);
            }
        }
        Policy::with_local(Arc::new(ratified), &self.local)
            .map(Arc::new)
            .map_err(|error| AdoptError::Policy(error.to_string()))
    }

    /// Takes up an entry of a journal that was verified, if it is about a convenant.
    ///
    /// # Errors
    /// It never came into force like that.
    pub fn recall(&self, kind: EntryKind, body: &[u8], at: Timestamp) -> Result<(), RecallError> {
        let policy = match kind {
            EntryKind::ConvenantRatified => {
                let note: Note<ConvenantRatified> = codec::decode(body)?;
                let signatures = note.content.signatures.into_iter().map(|(oin, blob)| (oin, blob.0)).collect();
                self.check(&note.content.document, &signatures)?
            }
            EntryKind::ConvenantAmended => {
                let note: Note<ConvenantAmended> = codec::decode(body)?;
                self.check_amendments(&[note.content.amendment])?.policy
            }
            _ => return Ok(()),
        };
        self.adopt(policy, at);
        Ok(())
    }

    /// Takes a convenant in force that was recorded at that moment, or one with more amendments.
    pub fn adopt(&self, policy: Arc<Policy>, at: Timestamp) {
        let mut policies = self.policies.write().unwrap_or_else(PoisonError::into_inner);
        let versions = policies.entry(policy.ratified().id().clone()).or_default();
        match versions.iter_mut().find(|known| known.reference() == policy.ratified().reference()) {
            Some(known) => known.policy = policy,
            None => {
                let since = policy.ratified().terms().valid_from.0.start().max(at);
                versions.push(Version { policy, since });
            }
        }
    }

    /// Checks the next amendments of one party to one convenant, in order; those in force already are passed over. What
    /// comes out is not in force before it is recorded.
    pub fn check_amendments(&self, amendments: &[SignedAmendment]) -> Result<Amended, NotAmended> {
        let first = amendments.first().ok_or(AmendmentError::Malformed)?.claimed()?;
        let text = ConvenantRef(first.convenant.clone(), first.base, 0);
        let mut policy = self.policy(&text).ok_or(NotAmended::OtherConvenant)?;
        let mut new = Vec::new();
        for signed in amendments {
            // In force to the byte: its signature was checked when it came.
            if policy.ratified().amendments(&first.party).contains(signed) {
                continue;
            }
            if signed.claimed()?.party != first.party {
                return Err(AmendmentError::Malformed.into());
            }
            match policy.amend(signed) {
                Ok(next) => {
                    policy = Arc::new(next);
                    new.push(signed.clone());
                }
                Err(NotAmended::Known) => {}
                Err(why) => return Err(why),
            }
        }
        Ok(Amended { party: first.party, policy, new })
    }
}

#[cfg(test)]
mod tests;
