//! The genesis: leaf 0 of each log, public and in the clear, from which everything else in the log is checked.

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use weegnet_protocol::Oin;
use weegnet_protocol::codec::{self, Bytes};
use weegnet_protocol::log::{EntryKind, LogName, Origin};

use super::entry::{KeptBody, Payload, StoredBody};
use super::former::Continued;

/// The public keys of an organisation's node, and of the organisation itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKeys {
    /// Ed25519 key of the link.
    pub link: Bytes<32>,
    /// The party's own, kept offline.
    pub party: Bytes<32>,
    /// Witness key.
    pub witness: Bytes<32>,
    /// Signs statements.
    pub statement: Bytes<32>,
    /// Signs this journal's checkpoints.
    pub checkpoint: Bytes<32>,
}

/// Whose journal it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The organisation.
    pub oin: Oin,
    /// Its name.
    pub name: String,
    /// Its public keys.
    pub keys: PublicKeys,
}

/// The body of leaf 0.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisBody {
    /// The organisation.
    pub oin: Oin,
    /// Public keys.
    pub keys: PublicKeys,
    /// The organisation's name.
    pub name: String,
    /// The name of this log.
    pub origin: Origin,
    /// The log that this one continues, after a rollback that was recovered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub continued: Option<Continued>,
}

impl GenesisBody {
    /// The genesis of one log; `random` must be fresh.
    pub(super) fn new(identity: &Identity, log: LogName, random: [u8; 8]) -> Self {
        GenesisBody {
            oin: identity.oin,
            keys: identity.keys.clone(),
            name: identity.name.clone(),
            origin: Origin::new(&identity.oin, log, random),
            continued: None,
        }
    }

    /// Reads leaf 0 of `log`; `None` when it is not a genesis of that log.
    pub(super) fn read(payload: Payload<'_>, log: LogName) -> Option<Self> {
        let KeptBody::Public(_) = payload.body else { return None };
        let stored = payload.to_stored(log, weegnet_protocol::log::LeafIndex(0))?;
        let StoredBody::Public(body) = stored.body else { return None };
        let genesis: GenesisBody = codec::decode(&body.0).ok()?;
        let names_this_log = genesis.origin.log() == Some(log) && genesis.origin.oin() == Some(genesis.oin);
        let vouched = stored.leaf.body == Some(codec::Hash::of(&[&body.0]));
        (stored.leaf.kind == EntryKind::Genesis && names_this_log && vouched).then_some(genesis)
    }

    /// The key that signs the log's checkpoints.
    pub fn checkpoint_key(&self) -> Option<VerifyingKey> {
        VerifyingKey::from_bytes(&self.keys.checkpoint.0).ok()
    }

    /// Whether both logs say the same about the organisation.
    pub(super) fn is_twin_of(&self, other: &GenesisBody) -> bool {
        self.oin == other.oin && self.keys == other.keys && self.name == other.name
    }
}
