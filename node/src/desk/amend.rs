//! What this organisation changes of its own record in its convenanten: signed here with the party key, from the public files
//! of the journal, so that a node that runs goes on and one that is in other hands is not needed. A signed change comes into
//! force like one of another party.
//!
//! The party key never signs two different amendments with one number: beside it lies everything that it signed, and it
//! signs on only when that is in force.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::{SigningKey, VerifyingKey};
use weegnet_policy::convenant::{NotAmended, Ratified};
use weegnet_protocol::amendment::{Accession, Change, SignedAmendment};
use weegnet_protocol::codec::{self, Blob, Bytes};
use weegnet_protocol::id::ConvenantId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::sign::{ACCESSION_APPROVAL, Detached, Signs};
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};

use crate::audit;
use crate::clock;
use crate::config::{Card, ConfigError};
use crate::convenants::{Convenants, RecallError};
use crate::home::Home;
use crate::journal::StoredBody;
use crate::keys::{self, KeyError, LINK, STATEMENT, WITNESS};

/// What a running node still signs with its former key while it tells the others: 30 s.
const TELLING: Millis = Millis::seconds(30);

/// One of the keys that a party replaces or revokes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnlineKey {
    /// Authenticates connections.
    Link,
    /// Signs statements.
    Statement,
    /// Cosigns the checkpoints of others.
    Witness,
}

impl OnlineKey {
    /// All of them.
    pub const ALL: [OnlineKey; 3] = [OnlineKey::Link, OnlineKey::Statement, OnlineKey::Witness];

    fn file(self) -> &'static str {
        match self {
            OnlineKey::Link => LINK,
            OnlineKey::Statement => STATEMENT,
            OnlineKey::Witness => WITNESS,
        }
    }

    fn of(self, [link, statement, _, witness]: &keys::NodeKeys) -> VerifyingKey {
        match self {
            OnlineKey::Link => *link,
            OnlineKey::Statement => *statement,
            OnlineKey::Witness => *witness,
        }
    }
}

/// Signed, and not in force yet: all amendments of this organisation to one convenant.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// To which.
    pub convenant: ConvenantId,
    /// From the first on.
    pub amendments: Vec<SignedAmendment>,
    /// Where they lie, beside the party key.
    pub file: PathBuf,
}

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub enum NotPrepared {
    /// The card.
    #[error(transparent)]
    Card(#[from] ConfigError),
    /// The journal does not say what is in force.
    #[error("the journal does not say what is in force: {0}; look with 'weegnet log verify'")]
    Journal(String),
    /// An entry of it.
    #[error("a convenant in the journal cannot be taken up again: {0}")]
    Convenant(#[from] RecallError),
    /// Nothing to change.
    #[error(
        "there is no such convenant in force here, or this organisation left it: look with 'weegnet convenant show'"
    )]
    NoConvenant,
    /// The party key, or an online key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The party key is another organisation's.
    #[error("this is not the party key that convenant '{0}' names for this organisation: give its own with --party")]
    OtherPartyKey(ConvenantId),
    /// What was signed before is not in force here.
    #[error(
        "{0} holds an amendment that this party key signed and that is not in force here: bring it first with 'weegnet \
         convenant amend'"
    )]
    NotBrought(PathBuf),
    /// A file that is no approval.
    #[error(
        "a file given with --approval is no approval of an accession: make it with 'weegnet convenant approve-accession'"
    )]
    NoApproval,
    /// Who would accede may not, or takes part.
    #[error("organisation {0} is not named by this convenant as one that may accede, or takes part already")]
    NotAcceding(Oin),
    /// This organisation does not approve accessions.
    #[error("this organisation is no founding core party of this convenant: its approval is not asked")]
    NoApprover,
    /// New keys wait for a start.
    #[error(
        "the keys of the last rotation are not in use yet: start the node once, or let 'weegnet people list' open it"
    )]
    NotTaken,
    /// Others would refuse it.
    #[error("the others would not take this amendment: {0}")]
    NotAmended(#[from] NotAmended),
    /// A file beside the party key.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Makes new keys beside the present ones, and signs that they take their place; `stolen` ones are revoked in the same go.
///
/// # Errors
/// See [`NotPrepared`]; new keys that nobody signed are of no use to anybody.
pub fn rotate(home: &Home, party: &Path, which: &[OnlineKey], stolen: bool) -> Result<Vec<Prepared>, NotPrepared> {
    let signer = Signer::open(home, party)?;
    let named = signer.convenants.own_keys().ok_or(NotPrepared::NoConvenant)?;
    if OnlineKey::ALL.iter().any(|key| keys::next(home, key.file()) == Some(key.of(&named))) {
        return Err(NotPrepared::NotTaken);
    }
    signer.can_sign()?;
    let new = |key: OnlineKey| match which.contains(&key) {
        true => keys::write_next(home, key.file()).map(|key| Some(Bytes(key.to_bytes()))),
        false => Ok(None),
    };
    let (link, statement, witness) = (new(OnlineKey::Link)?, new(OnlineKey::Statement)?, new(OnlineKey::Witness)?);
    let keys = Change::Keys { link, until: clock::now() + TELLING, witness, statement };
    let revoked = stolen.then(|| signer.revoked(which, clock::now())).transpose()?;
    signer.sign(&revoked.into_iter().chain([keys]).collect::<Vec<_>>(), None)
}

/// Signs that nothing new rests on these keys; without a new one the node does no more.
///
/// # Errors
/// See [`NotPrepared`].
pub fn revoke(home: &Home, party: &Path, which: &[OnlineKey], since: Timestamp) -> Result<Vec<Prepared>, NotPrepared> {
    let signer = Signer::open(home, party)?;
    signer.can_sign()?;
    signer.sign(&[signer.revoked(which, since)?], None)
}

/// Before anything is made or signed: whether the key is the right one for every convenant, and all that it signed before, as
/// far as that lies beside it in `dir`, is in force.
///
/// # Errors
/// [`NotPrepared::OtherPartyKey`], [`NotPrepared::NotBrought`].
pub fn all_in_force(convenants: &Convenants, key: &SigningKey, dir: &Path) -> Result<(), NotPrepared> {
    let us = convenants.us();
    for policy in convenants.texts() {
        let ratified = policy.ratified();
        let named = ratified.party(&us).map(|party| *party.keys.party.key());
        if named != Some(key.verifying_key()) {
            return Err(NotPrepared::OtherPartyKey(ratified.reference().id().clone()));
        }
        let path = file(dir, ratified);
        let bytes = match std::fs::read(&path) {
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => continue,
            read => read.map_err(|source| NotPrepared::Io { path: path.clone(), source })?,
        };
        let signed: Vec<SignedAmendment> = codec::decode(&bytes).map_err(|_| NotPrepared::NotBrought(path.clone()))?;
        if !ratified.amendments(&us).starts_with(&signed) {
            return Err(NotPrepared::NotBrought(path));
        }
    }
    Ok(())
}

/// Where all that the party key signed for a convenant lies.
fn file(dir: &Path, ratified: &Ratified) -> PathBuf {
    dir.join(Convenants::file_of(ratified.reference(), ratified.terms().replaces.is_some()))
}

/// Signs that this node listens somewhere else.
///
/// # Errors
/// See [`NotPrepared`].
pub fn relocate(home: &Home, party: &Path, address: SocketAddr) -> Result<Vec<Prepared>, NotPrepared> {
    let signer = Signer::open(home, party)?;
    signer.can_sign()?;
    signer.sign(&[Change::Address { address: address.to_string() }], None)
}

/// Signs that this organisation takes no part in a convenant any more, for good.
///
/// # Errors
/// See [`NotPrepared`].
pub fn end(home: &Home, party: &Path, convenant: &ConvenantId) -> Result<Vec<Prepared>, NotPrepared> {
    let signer = Signer::open(home, party)?;
    signer.can_sign()?;
    signer.sign(&[Change::Ended { since: clock::now() }], Some(convenant))
}

/// Signs that this organisation accedes to a convenant that names it as one that may, with the approvals that it got.
///
/// # Errors
/// See [`NotPrepared`]; [`NotAmended::NotApproved`] names whose approval is missing.
pub fn accede(
    home: &Home,
    party: &Path,
    convenant: &ConvenantId,
    approvals: &[Vec<u8>],
) -> Result<Vec<Prepared>, NotPrepared> {
    let signer = Signer::open(home, party)?;
    signer.can_sign()?;
    let mut read = BTreeMap::new();
    for bytes in approvals {
        let approval = Detached::decode(bytes, ACCESSION_APPROVAL).map_err(|_| NotPrepared::NoApproval)?;
        read.insert(approval.issuer, Blob(bytes.clone()));
    }
    let signatory = signer.signatory(convenant)?;
    let approvals = read.into_values().collect();
    signer.sign_where(
        &[Change::Acceded { office: signatory.office, mandate: signatory.mandate, approvals }],
        |ratified| ratified.id() == convenant && !ratified.takes_part(&signer.convenants.us()),
    )
}

/// Signs that this organisation approves that another one accedes.
///
/// # Errors
/// See [`NotPrepared`].
pub fn approve_accession(
    home: &Home,
    party: &Path,
    convenant: &ConvenantId,
    acceding: Oin,
) -> Result<Vec<u8>, NotPrepared> {
    let signer = Signer::open(home, party)?;
    signer.can_sign()?;
    let ratified = signer.acceding_to(convenant, &acceding).ok_or(NotPrepared::NotAcceding(acceding))?;
    let us = signer.convenants.us();
    if !ratified.approvers().1.contains(&us) {
        return Err(NotPrepared::NoApprover);
    }
    let (base, convenant) = (*ratified.reference().base(), ratified.id().clone());
    Ok(Accession { base, party: acceding, convenant }.approve(us, &signer.key, clock::now()))
}

/// What is signed, in whose name and in which office, as it is shown to whoever signs.
///
/// # Errors
/// See [`NotPrepared`].
pub fn signs(home: &Home, convenant: &ConvenantId) -> Result<(Arc<Ratified>, Signs), NotPrepared> {
    let convenants = in_force(home)?;
    let policy = convenants.versions(convenant).pop().ok_or(NotPrepared::NoConvenant)?;
    let ratified = Arc::clone(policy.ratified());
    let signatory = signatory(&ratified, &convenants.us())?;
    Ok((ratified, signatory))
}

fn signatory(ratified: &Ratified, us: &Oin) -> Result<Signs, NotPrepared> {
    let named = &ratified.party(us).ok_or(NotPrepared::NoConvenant)?.signatory;
    Ok(Signs { office: named.office.to_string(), mandate: named.mandate.to_string() })
}

/// The convenanten in force here, from the public files of the journal.
///
/// # Errors
/// When the journal does not say.
pub fn in_force(home: &Home) -> Result<Convenants, NotPrepared> {
    let convenants = Convenants::new(Card::load(home)?.oin);
    let is_convenant = |kind| matches!(kind, EntryKind::ConvenantRatified | EntryKind::ConvenantAmended);
    let entries = audit::entries(&home.journal(), |stored| is_convenant(stored.leaf.kind));
    for stored in entries.map_err(|error| NotPrepared::Journal(error.to_string()))? {
        if let StoredBody::Public(body) = &stored.body {
            convenants.recall(stored.leaf.kind, &body.0, stored.leaf.time)?;
        }
    }
    Ok(convenants)
}

struct Signer<'a> {
    convenants: Convenants,
    key: SigningKey,
    dir: &'a Path,
}

impl<'a> Signer<'a> {
    fn open(home: &Home, dir: &'a Path) -> Result<Self, NotPrepared> {
        Ok(Signer { convenants: in_force(home)?, key: keys::load_party_in(dir)?, dir })
    }

    fn signatory(&self, convenant: &ConvenantId) -> Result<Signs, NotPrepared> {
        let policy = self.convenants.versions(convenant).pop().ok_or(NotPrepared::NoConvenant)?;
        signatory(policy.ratified(), &self.convenants.us())
    }

    /// The newest version to which this organisation may still accede.
    fn acceding_to(&self, convenant: &ConvenantId, acceding: &Oin) -> Option<Arc<Ratified>> {
        let versions = self.convenants.versions(convenant);
        let may = |ratified: &Ratified| {
            ratified.party(acceding).is_some_and(|party| party.accedes) && !ratified.takes_part(acceding)
        };
        let policy = versions.iter().rev().find(|policy| may(policy.ratified()))?;
        Some(Arc::clone(policy.ratified()))
    }

    fn revoked(&self, which: &[OnlineKey], since: Timestamp) -> Result<Change, NotPrepared> {
        let named = self.convenants.own_keys().ok_or(NotPrepared::NoConvenant)?;
        let mut keys: Vec<_> = which.iter().map(|key| Bytes(key.of(&named).to_bytes())).collect();
        keys.sort_by_key(|key| key.0);
        Ok(Change::Revoked { keys, since })
    }

    fn can_sign(&self) -> Result<(), NotPrepared> {
        all_in_force(&self.convenants, &self.key, self.dir)
    }

    /// Signs the same changes for every convenant that it has not left, or for `only` this one, and lays them beside the party key before anybody sees them.
    fn sign(&self, changes: &[Change], only: Option<&ConvenantId>) -> Result<Vec<Prepared>, NotPrepared> {
        self.sign_where(changes, |ratified| only.is_none_or(|only| only == ratified.id()))
    }

    fn sign_where(&self, changes: &[Change], wanted: impl Fn(&Ratified) -> bool) -> Result<Vec<Prepared>, NotPrepared> {
        let us = self.convenants.us();
        let mut all = Vec::new();
        for policy in self.convenants.texts() {
            let mut ratified = (**policy.ratified()).clone();
            if !wanted(&ratified) || ratified.party(&us).is_none() || ratified.has_ended(&us) {
                continue;
            }
            for change in changes {
                let signed = ratified.next_amendment(us, change.clone()).sign(&self.key, clock::now());
                // What we would refuse from another we do not say.
                ratified = ratified.amend(&signed)?;
            }
            let (amendments, file) = (ratified.amendments(&us).to_vec(), file(self.dir, &ratified));
            all.push(Prepared { convenant: ratified.reference().id().clone(), amendments, file });
        }
        for prepared in &all {
            let path = &prepared.file;
            keys::replace(path, &codec::encode(&prepared.amendments))
                .map_err(|source| NotPrepared::Io { path: path.clone(), source })?;
        }
        if all.is_empty() { Err(NotPrepared::NoConvenant) } else { Ok(all) }
    }
}
