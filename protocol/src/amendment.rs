//! Amendments: what one party changes in its own record of a convenant, signed with its offline party key alone.
//!
//! Each party numbers its own from 1 and changes nothing of another's, so amendments of different parties never conflict;
//! two different ones of one party with the same number are evidence against it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use core::net::SocketAddr;

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::codec::{self, Blob, Bytes, Hash};
use crate::id::ConvenantId;
use crate::log::{LogName, Origin, SignedCheckpoint};
use crate::oin::Oin;
use crate::sign::{ACCESSION_APPROVAL, AMENDMENT_SIGNATURE, Detached, Signs, VerifyError};
use crate::time::Timestamp;

/// Largest amendment that is read: 4 KiB.
pub const MAX_AMENDMENT_BYTES: usize = 4 * 1024;
/// Most checkpoints that a new origin admits to: one for each earlier origin about which there is something to say.
pub const MAX_ADMITTED: usize = 4;
/// Most amendments of one party to one convenant.
pub const MAX_AMENDMENTS: usize = 16;
/// Most keys that are revoked at once.
pub const MAX_REVOKED: usize = 8;

/// Most approvals that an accession may need: 10.
pub const MAX_APPROVALS: usize = 10;

/// What a party changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// The party lost part of its exchange log for good, and goes on under a new name for it.
    NewOrigin {
        /// The log's name from now on.
        new: Origin,
        /// Its name until now.
        old: Origin,
        /// The largest checkpoint known of `old`: a signed note. Behind it, those of origins before that one, where more
        /// has turned up than an earlier amendment admitted. At most [`MAX_ADMITTED`].
        last: Vec<String>,
    },
    /// The party signs, connects or cosigns with other keys from now on. At least one; the checkpoint key is the name of its
    /// log, and goes with it.
    Keys {
        /// Of its link.
        link: Option<Bytes<32>>,
        /// What was signed with the former statement key, and says that it was issued before this moment, still counts.
        until: Timestamp,
        /// Of its cosignatures.
        witness: Option<Bytes<32>>,
        /// Of its statements.
        statement: Option<Bytes<32>>,
    },
    /// Keys of the party are in other hands, or may be: nothing new rests on them, whatever moment it names.
    Revoked {
        /// Public halves of link, statement or witness keys that it has or had. 1 to [`MAX_REVOKED`], in ascending order.
        keys: Vec<Bytes<32>>,
        /// Since when the party thinks so: what was written down between this moment and the amendment is to be looked at.
        since: Timestamp,
    },
    /// The party's node listens somewhere else.
    Address {
        /// An IP address and a port, as [`core::net::SocketAddr`] writes them.
        address: String,
    },
    /// A party that the convenant names as one that may accede does so, in an office and by a mandate; the document says
    /// whose approval that needs.
    Acceded {
        /// In which office it is signed.
        office: String,
        /// By which mandate.
        mandate: String,
        /// [`Accession`]s that other parties signed, in ascending order of their OINs; at most [`MAX_APPROVALS`].
        approvals: Vec<Blob>,
    },
    /// The party takes no part in the convenant any more, for good; it amends nothing after this.
    Ended {
        /// Since when.
        since: Timestamp,
    },
}

/// What a party approves when another accedes: who, to which text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accession {
    /// SHA-256 of the convenant as its founding parties signed it.
    pub base: Hash,
    /// Who accedes.
    pub party: Oin,
    /// Name of the convenant.
    pub convenant: ConvenantId,
}

impl Accession {
    /// SHA-256 of its canonical bytes: what an approver signs.
    pub fn hash(&self) -> Hash {
        Hash::of(&[&codec::encode(self)])
    }

    /// Approves it with the party key of another party.
    pub fn approve(&self, approver: Oin, key: &SigningKey, now: Timestamp) -> Vec<u8> {
        Detached::sign(ACCESSION_APPROVAL, self.hash(), approver, now, key).encode()
    }
}

/// A change by one party of what a convenant says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// SHA-256 of the convenant as all parties signed it.
    pub base: Hash,
    /// Who changes its record.
    pub party: Oin,
    /// What.
    pub change: Change,
    /// The party's own number, from 1 without gaps.
    pub sequence: u32,
    /// Name of the convenant.
    pub convenant: ConvenantId,
}

/// An amendment as it travels and is kept; nothing in it is checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedAmendment {
    /// The canonical bytes of an [`Amendment`].
    pub amendment: Blob,
    /// The party's [`Detached`] signature over them.
    pub signature: Blob,
}

/// Why bytes are no amendment by that party.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmendmentError {
    /// Too large, not canonical, or not one that can mean anything.
    #[error("not an amendment of a convenant")]
    Malformed,
    /// The signature is not the party's over these bytes.
    #[error("not signed with the party key: {0}")]
    Signature(VerifyError),
}

impl Amendment {
    /// The bytes that are signed.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads what [`Amendment::encode`] writes, if it can mean anything.
    pub fn decode(bytes: &[u8]) -> Result<Self, AmendmentError> {
        if bytes.len() > MAX_AMENDMENT_BYTES {
            return Err(AmendmentError::Malformed);
        }
        let amendment: Amendment = codec::decode(bytes).map_err(|_| AmendmentError::Malformed)?;
        if amendment.has_meaning() { Ok(amendment) } else { Err(AmendmentError::Malformed) }
    }

    /// Signs with the party key.
    pub fn sign(&self, key: &SigningKey, now: Timestamp) -> SignedAmendment {
        let bytes = self.encode();
        let signature = Detached::sign(AMENDMENT_SIGNATURE, Hash::of(&[&bytes]), self.party, now, key);
        SignedAmendment { amendment: Blob(bytes), signature: Blob(signature.encode()) }
    }

    /// The checkpoints that a new origin admits to, in its order; who signed them is not checked.
    pub fn admitted(&self) -> Vec<SignedCheckpoint> {
        let Change::NewOrigin { last, .. } = &self.change else { return Vec::new() };
        last.iter().filter_map(|note| SignedCheckpoint::parse(note).ok()).collect()
    }

    /// The moment that it names, if it does.
    pub fn moment(&self) -> Option<Timestamp> {
        match &self.change {
            Change::NewOrigin { .. } | Change::Address { .. } | Change::Acceded { .. } => None,
            Change::Keys { until, .. } => Some(*until),
            Change::Revoked { since, .. } | Change::Ended { since } => Some(*since),
        }
    }

    /// The accession that it asks for, and who says to have approved it, in its order; nothing of that is checked.
    pub fn accession(&self) -> Option<(Accession, Vec<Detached>)> {
        let Change::Acceded { approvals, .. } = &self.change else { return None };
        let accession = Accession { base: self.base, party: self.party, convenant: self.convenant.clone() };
        let approvals = approvals.iter().filter_map(|blob| Detached::decode(&blob.0, ACCESSION_APPROVAL).ok());
        Some((accession, approvals.collect()))
    }

    fn has_meaning(&self) -> bool {
        let change = match &self.change {
            Change::NewOrigin { new, old, last } => self.continues(new, old, last),
            Change::Keys { link, witness, statement, .. } => {
                let all: Vec<_> = [link, witness, statement].into_iter().flatten().collect();
                !all.is_empty() && (1..all.len()).all(|at| !all[..at].contains(&all[at]))
            }
            Change::Revoked { keys, .. } => {
                (1..=MAX_REVOKED).contains(&keys.len()) && keys.windows(2).all(|pair| pair[0].0 < pair[1].0)
            }
            Change::Address { address } => address.parse().is_ok_and(|parsed: SocketAddr| {
                let reachable = !parsed.ip().is_unspecified() && !parsed.ip().is_multicast() && parsed.port() != 0;
                reachable && parsed.to_string() == *address
            }),
            Change::Acceded { office, mandate, approvals } => {
                let read = |blob: &Blob| Detached::decode(&blob.0, ACCESSION_APPROVAL).ok().map(|read| read.issuer);
                let approvers: Option<Vec<_>> = approvals.iter().map(read).collect();
                Signs { office: office.clone(), mandate: mandate.clone() }.is_sound()
                    && approvals.len() <= MAX_APPROVALS
                    && approvers.is_some_and(|approvers| approvers.windows(2).all(|pair| pair[0] < pair[1]))
            }
            Change::Ended { .. } => true,
        };
        self.sequence >= 1 && change
    }

    fn continues(&self, new: &Origin, old: &Origin, last: &[String]) -> bool {
        let own = |origin: &Origin| origin.oin() == Some(self.party) && origin.log() == Some(LogName::Exchange);
        let admitted = self.admitted();
        let earlier = |note: &SignedCheckpoint| own(&note.checkpoint().origin) && note.checkpoint().origin != *new;
        let once = |at: usize| {
            admitted[..at].iter().all(|other| other.checkpoint().origin != admitted[at].checkpoint().origin)
        };
        own(new)
            && own(old)
            && new != old
            && (1..=MAX_ADMITTED).contains(&last.len())
            && admitted.len() == last.len()
            && admitted.iter().all(earlier)
            && (0..admitted.len()).all(once)
            && admitted[0].checkpoint().origin == *old
    }
}

impl SignedAmendment {
    /// What it says, whoever signed it.
    pub fn claimed(&self) -> Result<Amendment, AmendmentError> {
        Amendment::decode(&self.amendment.0)
    }

    /// Checks that the party that it names signed these very bytes with this key.
    pub fn verify(&self, key: &VerifyingKey) -> Result<Amendment, AmendmentError> {
        let amendment = self.claimed()?;
        let signature = Detached::decode(&self.signature.0, AMENDMENT_SIGNATURE).map_err(AmendmentError::Signature)?;
        let document = Hash::of(&[&self.amendment.0]);
        signature.verify(&document, &amendment.party, key).map_err(AmendmentError::Signature)?;
        Ok(amendment)
    }

    /// SHA-256 of amendment and signature: another signature under the same words is other bytes.
    pub fn hash(&self) -> Hash {
        Hash::of(&[&codec::encode(self)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{NOW, RECLASSERING, amendment, signed_amendment};

    #[test]
    fn what_a_party_signs_verifies_with_its_party_key_only() {
        let (signed, key) = (signed_amendment(), RECLASSERING.party_key().verifying_key());
        assert_eq!(signed.verify(&key), Ok(amendment()));
        let other = RECLASSERING.statement_key().verifying_key();
        assert!(matches!(signed.verify(&other), Err(AmendmentError::Signature(_))));
    }

    #[test]
    fn a_signature_under_a_convenant_is_none_under_an_amendment() {
        let (mut signed, key) = (signed_amendment(), RECLASSERING.party_key());
        let document = Hash::of(&[&signed.amendment.0]);
        let convenant = crate::sign::CONVENANT_SIGNATURE;
        signed.signature = Blob(Detached::sign(convenant, document, RECLASSERING.oin(), NOW, &key).encode());
        let refused = signed.verify(&key.verifying_key());
        assert_eq!(refused, Err(AmendmentError::Signature(VerifyError::UnknownVersion)));
    }

    #[test]
    fn no_changed_bit_survives() {
        let (signed, key) = (signed_amendment(), RECLASSERING.party_key().verifying_key());
        for bit in 0..signed.amendment.0.len() * 8 {
            let mut changed = signed.clone();
            changed.amendment.0[bit / 8] ^= 1 << (bit % 8);
            assert!(changed.verify(&key).is_err(), "bit {bit}");
        }
        for bit in 0..signed.signature.0.len() * 8 {
            let mut changed = signed.clone();
            changed.signature.0[bit / 8] ^= 1 << (bit % 8);
            assert!(changed.verify(&key).is_err(), "bit {bit} of the signature");
        }
    }

    #[test]
    fn refuses_what_can_mean_nothing() {
        let with = |change: &dyn Fn(&mut Amendment)| {
            let mut amendment = amendment();
            change(&mut amendment);
            Amendment::decode(&amendment.encode())
        };
        assert!(with(&|_| ()).is_ok());
        let Change::NewOrigin { new, old, last } = amendment().change else { panic!("a new origin") };
        let change = |new: &Origin, old: &Origin, last: &[String]| Change::NewOrigin {
            new: new.clone(),
            old: old.clone(),
            last: last.into(),
        };
        let strange = Origin::new(&crate::samples::POLITIE.oin(), LogName::Exchange, [7; 8]);
        let house = Origin::new(&RECLASSERING.oin(), LogName::House, [7; 8]);
        let twice = [last[0].clone(), last[0].clone()];
        for change in [
            change(&old, &old, &last),
            change(&strange, &old, &last),
            change(&house, &old, &last),
            change(&new, &house, &last),
            change(&new, &old, &[]),
            change(&new, &old, &twice),
            change(&new, &old, &["no note".into()]),
            change(&old, &new, &last),
        ] {
            assert_eq!(
                with(&|amendment| amendment.change = change.clone()),
                Err(AmendmentError::Malformed),
                "{change:?}"
            );
        }
        assert_eq!(with(&|amendment| amendment.sequence = 0), Err(AmendmentError::Malformed));
    }

    #[test]
    fn an_accession_says_in_which_office_and_names_each_approver_once() {
        let accession =
            Accession { base: amendment().base, party: RECLASSERING.oin(), convenant: amendment().convenant };
        let [one, other] = [crate::samples::GEMEENTE, crate::samples::POLITIE]
            .map(|party| Blob(accession.approve(party.oin(), &party.party_key(), NOW)));
        let with = |office: &str, approvals: &[&Blob]| {
            let approvals = approvals.iter().map(|blob| (*blob).clone()).collect();
            let change = Change::Acceded { office: office.into(), mandate: "Mandaatbesluit".into(), approvals };
            Amendment::decode(&Amendment { change, ..amendment() }.encode())
        };
        let read = with("directeur", &[&one, &other]).unwrap();
        let (said, approvals) = read.accession().unwrap();
        assert_eq!((said, approvals.len()), (accession, 2));
        assert!(with("directeur", &[]).is_ok(), "whose approval it needs is the document's to say");
        for refused in [
            with("", &[&one]),
            with("directeur", &[&other, &one]),
            with("directeur", &[&one, &one]),
            with("directeur", &[&Blob([1].into())]),
        ] {
            assert_eq!(refused, Err(AmendmentError::Malformed));
        }
    }

    #[test]
    fn keys_are_changed_and_revoked_in_one_way_only() {
        let with = |change: Change| Amendment::decode(&Amendment { change, ..amendment() }.encode()).is_ok();
        let key = |number: u8| Bytes([number; 32]);
        let keys = |link, witness, statement| Change::Keys { link, until: NOW, witness, statement };
        assert!(with(keys(Some(key(1)), None, Some(key(2)))));
        assert!(!with(keys(None, None, None)) && !with(keys(Some(key(1)), None, Some(key(1)))));
        let revoked = |keys: &[u8]| Change::Revoked { keys: keys.iter().copied().map(key).collect(), since: NOW };
        assert!(with(revoked(&[1])) && with(revoked(&[1, 2, 3])));
        let nine: Vec<u8> = (1..=9).collect();
        for wrong in [&[][..], &[2, 1], &[1, 1], &nine] {
            assert!(!with(revoked(wrong)), "{wrong:?}");
        }
        let at = |address: &str| Change::Address { address: address.into() };
        assert!(with(at("192.0.2.7:7441")) && with(at("[2001:db8::7]:7441")));
        for wrong in ["192.0.2.7", "192.0.2.7:0", "0.0.0.0:7441", "224.0.0.1:7441", "[2001:DB8::7]:7441", "gem:7441"] {
            assert!(!with(at(wrong)), "{wrong}");
        }
    }
}
