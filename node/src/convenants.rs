//! The convenanten in force here, as the journal holds them: whose keys count, and what is permitted.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use ed25519_dalek::VerifyingKey;
use weegnet_policy::convenant::{Convenant, NotAmended, PartyKeys, PublicKey, Ratified};
use weegnet_policy::decide::{House, LocalRules, Matching, Permit, Policy, PolicyError, Searcher};
use weegnet_protocol::amendment::{AmendmentError, Change, SignedAmendment};
use weegnet_protocol::codec::{self, DecodeError};
use weegnet_protocol::id::{ConvenantId, ConvenantRef};
use weegnet_protocol::log::{EntryKind, Origin, SignedCheckpoint, Witness, WitnessName};
use weegnet_protocol::sign::{Header, Issuers, VerifyError};
use weegnet_protocol::statement::Contact;
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};

use crate::clock;
use crate::exchange::bodies::{ConvenantAmended, ConvenantRatified, Note};
use crate::keys::{NodeKeys, OnlineKeys};
use crate::link::Member;

/// Everything that the parties signed and this node took in force.
pub struct Convenants {
    us: Oin,
    /// What the parties must have signed about this node; a reader of a journal has none.
    keys: Option<NodeKeys>,
    /// The organisation's own rules, which can only forbid.
    local: LocalRules,
    /// The rules of this organisation's own house, made when they are first asked.
    house: OnceLock<House>,
    policies: RwLock<BTreeMap<ConvenantId, Arc<Policy>>>,
    /// Held by whoever checks a statement until it is written down, and alone by whoever writes an amendment down: so that
    /// in the journal no statement stands behind the amendment after which it would not have been taken.
    changing: Arc<tokio::sync::RwLock<()>>,
}

/// As long as this is held, the keys that count stay the same.
pub type Unchanged = tokio::sync::OwnedRwLockReadGuard<()>;

/// Why a convenant cannot come into force here.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// The document has problems.
    #[error("the convenant cannot be used:\n{0}")]
    Document(String),
    /// Signatures are missing or wrong.
    #[error("{0}")]
    NotRatified(String),
    /// This node is no party.
    #[error("this organisation is not a party to the convenant")]
    NotAParty,
    /// The party record is not this node's.
    #[error("the convenant names other keys for this organisation than this node has: compare with 'weegnet card'")]
    OtherKeys,
    /// The policies cannot be built.
    #[error("the convenant's policies cannot be built: {0}")]
    Policy(String),
    /// Another text of the same convenant is in force.
    #[error("another text of this convenant is in force here: a new version needs a new id until amendments exist")]
    OtherTextInForce,
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

    /// The keys that this node must have: what the convenanten in force name for it, whichever a party replaced left out.
    pub fn own_keys(&self) -> Option<NodeKeys> {
        let all = self.all();
        let records: Vec<_> = all.iter().filter_map(|policy| policy.ratified().party(&self.us)).collect();
        let named = |of: fn(&PartyKeys) -> &PublicKey| {
            let mut keys = records.iter().map(|party| *of(&party.keys).key());
            let first = keys.clone().next();
            keys.find(|key| !self.is_retired(&self.us, key)).or(first)
        };
        let (link, statement) = (named(|keys| &keys.link)?, named(|keys| &keys.statement)?);
        Some([link, statement, named(|keys| &keys.checkpoint)?, named(|keys| &keys.witness)?])
    }

    /// Whether this node has other keys than the convenanten in force name for it, or some that were revoked.
    pub fn keys_changed(&self) -> bool {
        let retired = |ours: &NodeKeys| ours.iter().any(|key| self.is_retired(&self.us, key));
        self.keys.as_ref().is_some_and(|ours| retired(ours) || self.own_keys().is_some_and(|named| named != *ours))
    }

    /// Whether an organisation does without this key now, under any convenant.
    fn is_retired(&self, oin: &Oin, key: &VerifyingKey) -> bool {
        self.all().iter().any(|policy| policy.ratified().is_retired(oin, key))
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
        let named = &party.keys;
        let agreed = [named.link.key(), named.statement.key(), named.checkpoint.key(), named.witness.key()];
        let known = self.policy(ratified.reference()).is_some();
        if !known && self.keys.as_ref().is_some_and(|ours| ours.iter().zip(agreed).any(|(ours, agreed)| ours != agreed))
        {
            return Err(AdoptError::OtherKeys);
        }
        let in_force =
            self.all().into_iter().find(|policy| policy.ratified().reference().id() == ratified.reference().id());
        if in_force.is_some_and(|policy| policy.ratified().reference() != ratified.reference()) {
            return Err(AdoptError::OtherTextInForce);
        }
        Policy::with_local(Arc::new(ratified), &self.local)
            .map(Arc::new)
            .map_err(|error| AdoptError::Policy(error.to_string()))
    }

    /// Takes up an entry of a journal that was verified, if it is about a convenant.
    ///
    /// # Errors
    /// It never came into force like that.
    pub fn recall(&self, kind: EntryKind, body: &[u8]) -> Result<(), RecallError> {
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
        self.adopt(policy);
        Ok(())
    }

    /// Takes a recorded convenant in force.
    pub fn adopt(&self, policy: Arc<Policy>) {
        let id = policy.ratified().reference().id().clone();
        self.policies.write().unwrap_or_else(PoisonError::into_inner).insert(id, policy);
    }

    /// Checks the next amendments of one party to one convenant, in order; those in force already are passed over. What
    /// comes out is not in force before it is recorded.
    pub fn check_amendments(&self, amendments: &[SignedAmendment]) -> Result<Amended, NotAmended> {
        let first = amendments.first().ok_or(AmendmentError::Malformed)?.claimed()?;
        let mut policy = self.named(&first.convenant).ok_or(NotAmended::OtherConvenant)?;
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

    /// Our own amendments, by convenant, for a member that is a party to it.
    pub fn own_amendments(&self, member: &Oin) -> Vec<Vec<SignedAmendment>> {
        let all = self.all();
        let shared = all.iter().filter(|policy| policy.ratified().party(member).is_some());
        let own = shared.map(|policy| policy.ratified().amendments(&self.us).to_vec());
        own.filter(|amendments| !amendments.is_empty()).collect()
    }

    /// What a member should know, by convenant and party: our own amendments, and those of other parties, but for changes of
    /// no more than the name of a log, which their owners tell themselves. Each from the first on.
    pub fn amendments_for(&self, member: &Oin) -> Vec<Vec<SignedAmendment>> {
        let all = self.all();
        let shared = all.iter().filter(|policy| policy.ratified().party(member).is_some());
        let chains = shared.flat_map(|policy| {
            let ratified = policy.ratified();
            let others = ratified.parties().iter().map(|party| party.oin).filter(|oin| *oin != self.us);
            let others = others.map(|oin| ratified.amendments(&oin)).filter(|chain| is_for_all(chain));
            std::iter::once(ratified.amendments(&self.us)).chain(others).filter(|chain| !chain.is_empty())
        });
        chains.map(<[SignedAmendment]>::to_vec).collect()
    }

    /// Whether [`Convenants::amendments_for`] this member are any.
    pub fn has_amendments_for(&self, member: &Oin) -> bool {
        self.amended() > 0 && !self.amendments_for(member).is_empty()
    }

    /// How many amendments are in force, to all convenanten.
    pub fn amended(&self) -> usize {
        self.all().iter().map(|policy| policy.ratified().amended()).sum()
    }

    /// Whether nothing passes under this convenant between us and another organisation, because one of the two left it.
    pub fn has_ended(&self, reference: &ConvenantRef, other: &Oin) -> bool {
        self.policy(reference).is_some_and(|policy| {
            let ratified = policy.ratified();
            ratified.has_ended(other) || ratified.has_ended(&self.us)
        })
    }

    /// Where the convenanten in force say that we listen.
    pub fn own_address(&self) -> Option<SocketAddr> {
        self.all().iter().find_map(|policy| policy.ratified().party(&self.us).map(|party| party.address))
    }

    /// The name of an organisation's exchange log, once it has had to change it.
    pub fn current_origin(&self, oin: &Oin) -> Option<Origin> {
        let all = self.all();
        let mut said = all.iter().filter_map(|policy| policy.ratified().origins(oin));
        said.find(|origins| !self.is_former_origin(oin, origins.current())).map(|origins| origins.current().clone())
    }

    /// Whether an organisation's exchange log had this name before it lost part of it.
    pub fn is_former_origin(&self, oin: &Oin, origin: &Origin) -> bool {
        self.all().iter().any(|policy| policy.ratified().origins(oin).is_some_and(|origins| origins.is_former(origin)))
    }

    /// Whether an organisation admits to a checkpoint of a log that it lost part of.
    pub fn admits(&self, oin: &Oin, note: &SignedCheckpoint) -> bool {
        self.all().iter().any(|policy| policy.ratified().origins(oin).is_some_and(|origins| origins.admits(note)))
    }

    /// The largest checkpoint that an organisation admits to of the log that this one is of.
    pub fn admitted(&self, oin: &Oin, note: &SignedCheckpoint) -> Option<SignedCheckpoint> {
        let same = |admitted: &&SignedCheckpoint| admitted.checkpoint().origin == note.checkpoint().origin;
        let all = self.all();
        let mut said = all.iter().filter_map(|policy| policy.ratified().origins(oin));
        said.find_map(|origins| origins.admitted().iter().find(same).cloned())
    }

    /// All in force.
    pub fn all(&self) -> Vec<Arc<Policy>> {
        self.policies.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The rules of this organisation's own house, of which no convenant speaks.
    pub fn house(&self) -> Result<&House, PolicyError> {
        if let Some(house) = self.house.get() {
            return Ok(house);
        }
        let made = House::new(&self.local)?;
        Ok(self.house.get_or_init(|| made))
    }

    /// Whether our node may search its register for a question that was permitted: the convenant may have changed since.
    pub fn may_search(&self, permit: &Permit) -> bool {
        let question = permit.question();
        let matching = Matching {
            by: Searcher::Node,
            us: self.us,
            asker: question.header().issuer,
            person_is_author_of_question: false,
            now: clock::now(),
            answer_by: question.content().core.answer_by,
        };
        self.policy(&question.header().convenant).is_some_and(|policy| policy.may_match(&matching).is_ok())
    }

    /// The one with this name.
    pub fn named(&self, id: &ConvenantId) -> Option<Arc<Policy>> {
        self.policies.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The one with exactly this text.
    pub fn policy(&self, reference: &ConvenantRef) -> Option<Arc<Policy>> {
        self.named(reference.id()).filter(|policy| policy.ratified().reference() == reference)
    }

    /// How long answers are still delivered after their deadline.
    pub fn grace(&self, reference: &ConvenantRef) -> Millis {
        self.policy(reference).map_or(Millis(0), |policy| policy.ratified().grace())
    }

    /// Our own neutral contact point.
    pub fn own_contact(&self, reference: &ConvenantRef) -> Option<Contact> {
        let policy = self.policy(reference)?;
        policy.ratified().contact(&self.us).cloned()
    }

    /// Between test organisations only: what the convenant itself lets go.
    pub fn automatic_release(&self, permit: &Permit) -> Option<Contact> {
        let policy = self.policy(&permit.question().header().convenant)?;
        policy.automatic_release(permit, clock::now()).map(|release| release.contact().clone())
    }

    /// The key that signs an organisation's checkpoints.
    pub fn checkpoint_key(&self, oin: &Oin) -> Option<VerifyingKey> {
        self.all().iter().find_map(|policy| policy.ratified().checkpoint_key(oin).copied())
    }

    /// An organisation as a witness.
    pub fn witness(&self, oin: &Oin) -> Option<Witness> {
        let all = self.all();
        let mut keys = all.iter().filter_map(|policy| policy.ratified().witness_key(oin).copied());
        let key = keys.find(|key| !self.is_retired(oin, key))?;
        Some(Witness { name: WitnessName::of(oin), key })
    }

    /// Everybody who may cosign our checkpoints.
    pub fn witnesses(&self) -> Vec<Witness> {
        self.members().iter().filter_map(|member| self.witness(&member.oin)).collect()
    }

    /// The organisations that may ask us, under any convenant.
    pub fn core_parties(&self) -> BTreeSet<Oin> {
        let all = self.all();
        let parties = all.iter().flat_map(|policy| policy.ratified().parties());
        parties.filter(|party| party.is_core()).map(|party| party.oin).collect()
    }

    /// Everybody who may connect: all parties but ourselves, each with the link key that it did not replace or revoke under
    /// any convenant; who revoked it and has no other yet, and who left all shared convenanten, is not among them. Where we
    /// left ourselves, the others stay until they know and let us in no more.
    pub fn members(&self) -> Vec<Member> {
        let mut members = BTreeMap::new();
        let amended = self.amended() > 0;
        for policy in self.all() {
            for party in policy.ratified().parties().iter().filter(|party| party.oin != self.us) {
                if amended
                    && (policy.ratified().has_ended(&party.oin) || self.is_retired(&party.oin, party.keys.link.key()))
                {
                    continue;
                }
                let member = Member { oin: party.oin, key: *party.keys.link.as_bytes(), address: party.address };
                members.insert(party.oin, member);
            }
        }
        members.into_values().collect()
    }
}

impl Issuers for Convenants {
    fn statement_key(&self, header: &Header, now: Timestamp) -> Result<VerifyingKey, VerifyError> {
        let policy = self.policy(&header.convenant).ok_or(VerifyError::WrongConvenant)?;
        if policy.ratified().has_ended(&self.us) {
            return Err(VerifyError::WrongConvenant);
        }
        let key = policy.ratified().statement_key(header, now)?;
        // Another convenant may have brought the news that it is stolen.
        let stolen = self.all().iter().any(|policy| policy.ratified().is_revoked(&header.issuer, &key));
        if stolen { Err(VerifyError::UnknownIssuer) } else { Ok(key) }
    }
}

/// Whether somebody else than the party itself has to tell of it.
fn is_for_all(chain: &[SignedAmendment]) -> bool {
    let named = |signed: &SignedAmendment| {
        signed.claimed().is_ok_and(|amendment| !matches!(amendment.change, Change::NewOrigin { .. }))
    };
    chain.iter().any(named)
}
