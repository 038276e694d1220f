//! Whose keys count, under whatever version of whatever convenant: to connect, to sign, to cosign.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use ed25519_dalek::VerifyingKey;
use weegnet_policy::convenant::{PartyKeys, PublicKey, statement_key};
use weegnet_protocol::log::{Origin, SignedCheckpoint, Witness, WitnessName};
use weegnet_protocol::sign::{Header, Issuers, VerifyError};
use weegnet_protocol::{Oin, Timestamp};

use super::Convenants;
use crate::keys::NodeKeys;
use crate::link::Member;

impl Convenants {
    /// The keys that this node must have: what the convenanten in force name for it, whichever a party replaced left out.
    pub fn own_keys(&self) -> Option<NodeKeys> {
        let all = self.texts();
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
    pub(super) fn is_retired(&self, oin: &Oin, key: &VerifyingKey) -> bool {
        self.texts().iter().any(|policy| policy.ratified().is_retired(oin, key))
    }

    /// With which keys we signed statements before the present one.
    pub fn own_former_statement_keys(&self) -> Vec<VerifyingKey> {
        let mut former = Vec::new();
        for policy in self.texts() {
            for key in policy.ratified().former_statement_keys(&self.us) {
                if !former.contains(&key) {
                    former.push(key);
                }
            }
        }
        former
    }

    /// Where the convenanten in force say that we listen.
    pub fn own_address(&self) -> Option<SocketAddr> {
        self.texts().iter().find_map(|policy| policy.ratified().party(&self.us).map(|party| party.address))
    }

    /// The name of an organisation's exchange log, once it has had to change it.
    pub fn current_origin(&self, oin: &Oin) -> Option<Origin> {
        let all = self.texts();
        let mut said = all.iter().filter_map(|policy| policy.ratified().origins(oin));
        said.find(|origins| !self.is_former_origin(oin, origins.current())).map(|origins| origins.current().clone())
    }

    /// Whether an organisation's exchange log had this name before it lost part of it.
    pub fn is_former_origin(&self, oin: &Oin, origin: &Origin) -> bool {
        self.texts()
            .iter()
            .any(|policy| policy.ratified().origins(oin).is_some_and(|origins| origins.is_former(origin)))
    }

    /// Whether an organisation admits to a checkpoint of a log that it lost part of.
    pub fn admits(&self, oin: &Oin, note: &SignedCheckpoint) -> bool {
        self.texts().iter().any(|policy| policy.ratified().origins(oin).is_some_and(|origins| origins.admits(note)))
    }

    /// The largest checkpoint that an organisation admits to of the log that this one is of.
    pub fn admitted(&self, oin: &Oin, note: &SignedCheckpoint) -> Option<SignedCheckpoint> {
        let same = |admitted: &&SignedCheckpoint| admitted.checkpoint().origin == note.checkpoint().origin;
        let all = self.texts();
        let mut said = all.iter().filter_map(|policy| policy.ratified().origins(oin));
        said.find_map(|origins| origins.admitted().iter().find(same).cloned())
    }

    /// The key that signs an organisation's checkpoints.
    pub fn checkpoint_key(&self, oin: &Oin) -> Option<VerifyingKey> {
        self.texts().iter().find_map(|policy| policy.ratified().checkpoint_key(oin).copied())
    }

    /// An organisation as a witness.
    pub fn witness(&self, oin: &Oin) -> Option<Witness> {
        let all = self.texts();
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
        let all = self.texts();
        let parties = all.iter().flat_map(|policy| policy.ratified().parties());
        parties.filter(|party| party.is_core()).map(|party| party.oin).collect()
    }

    /// Everybody who may connect: all parties but ourselves, each with the link key that it did not replace or revoke under
    /// any convenant; who revoked it and has no other yet, and who left all shared convenanten or acceded to none, is not among
    /// them. Where we left ourselves, the others stay until they know and let us in no more.
    pub fn members(&self) -> Vec<Member> {
        let mut members = BTreeMap::new();
        let amended = self.amended() > 0;
        for policy in self.living() {
            for party in policy.ratified().parties().iter().filter(|party| party.oin != self.us) {
                if !policy.ratified().takes_part(&party.oin)
                    || amended && self.is_retired(&party.oin, party.keys.link.key())
                {
                    continue;
                }
                // Under several convenanten the longest: one with slots is not given away by one without.
                let slot = policy.ratified().terms().sealed.slot().millis();
                let slot = members.get(&party.oin).map_or(slot, |member: &Member| slot.max(member.slot));
                let (key, address) = (*party.keys.link.as_bytes(), party.address);
                members.insert(party.oin, Member { oin: party.oin, key, address, slot });
            }
        }
        members.into_values().collect()
    }
}

impl Issuers for Convenants {
    fn statement_key(&self, header: &Header, now: Timestamp) -> Result<VerifyingKey, VerifyError> {
        let policy = self.policy(&header.convenant).ok_or(VerifyError::WrongConvenant)?;
        if !policy.ratified().takes_part(&self.us) {
            return Err(VerifyError::WrongConvenant);
        }
        let versions = self.versions(header.convenant.id());
        let key = statement_key(versions.iter().map(|policy| policy.ratified().as_ref()), header, now)?;
        // Another convenant may have brought the news that it is stolen.
        let stolen = self.texts().iter().any(|policy| policy.ratified().is_revoked(&header.issuer, &key));
        if stolen { Err(VerifyError::UnknownIssuer) } else { Ok(key) }
    }
}
