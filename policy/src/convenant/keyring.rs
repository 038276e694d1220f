//! The keys that a party had before the ones it has now: what still rests on them, and what no longer does.
//!
//! | key | after a rotation | after a revocation |
//! |---|---|---|
//! | statement | what says that it was issued before the moment that the amendment names still counts, until one answer window and grace later | nothing that comes in from now on |
//! | link | nobody is let in with it | nobody is let in with it |
//! | witness | new cosignatures count no longer | new cosignatures count no longer |
//!
//! What stands in a journal before the amendment's own entry was checked with the key that the party had then, and is checked
//! so again: a reader of a journal takes up amendments in its order.

use ed25519_dalek::VerifyingKey;
use weegnet_protocol::amendment::Change;
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::sign::{Header, VerifyError};
use weegnet_protocol::time::{Millis, Timestamp};

use super::NotAmended;
use super::{Party, PartyKeys, PublicKey};

/// What one party has laid down.
#[derive(Debug, Clone, Default)]
pub(super) struct Keyring {
    statements: Vec<FormerStatementKey>,
    links: Vec<PublicKey>,
    witnesses: Vec<PublicKey>,
    revoked: Vec<[u8; 32]>,
}

#[derive(Debug, Clone)]
struct FormerStatementKey {
    key: PublicKey,
    /// What was issued before then still counts.
    until: Timestamp,
}

impl Keyring {
    /// What the party's keys and their ring are after a change of keys; `had` says whether any party has or had a key.
    pub(super) fn changed(
        &self,
        party: &Party,
        change: &Change,
        had: impl Fn(&PublicKey) -> bool,
    ) -> Result<(PartyKeys, Keyring), NotAmended> {
        let (mut keys, mut ring) = (party.keys.clone(), self.clone());
        match change {
            Change::Keys { link, until, witness, statement } => {
                let sound = |key: &Bytes<32>| {
                    let key = PublicKey::from_bytes(&key.0).map_err(|_| NotAmended::WeakKey)?;
                    if had(&key) { Err(NotAmended::UsedKey) } else { Ok(key) }
                };
                let replace = |slot: &mut PublicKey, new: &Option<Bytes<32>>| match new {
                    Some(new) => sound(new).map(|new| Some(std::mem::replace(slot, new))),
                    None => Ok(None),
                };
                let statement = replace(&mut keys.statement, statement)?;
                ring.links.extend(replace(&mut keys.link, link)?);
                ring.witnesses.extend(replace(&mut keys.witness, witness)?);
                ring.statements.extend(statement.map(|key| FormerStatementKey { key, until: *until }));
            }
            Change::Revoked { keys: revoked, .. } => {
                for key in revoked {
                    if !ring.is_of(&keys, &key.0) {
                        return Err(NotAmended::NotItsKey);
                    }
                    if !ring.is_revoked(&key.0) {
                        ring.revoked.push(key.0);
                    }
                }
            }
            Change::NewOrigin { .. } | Change::Address { .. } | Change::Acceded { .. } | Change::Ended { .. } => {}
        }
        Ok((keys, ring))
    }

    /// A statement key, by what a statement says of it.
    pub(super) fn statement_key(
        &self,
        current: &PublicKey,
        header: &Header,
        now: Timestamp,
        grace: Millis,
    ) -> Result<VerifyingKey, VerifyError> {
        let still = |former: &&FormerStatementKey| {
            former.key.id() == header.key_id && header.issued < former.until && now < former.until + grace
        };
        let is_current = (current.id() == header.key_id).then_some(current);
        let key = is_current.or_else(|| self.statements.iter().find(still).map(|former| &former.key));
        key.filter(|key| !self.is_revoked(key.as_bytes())).map(|key| *key.key()).ok_or(VerifyError::UnknownIssuer)
    }

    /// A statement key that the party ever had.
    pub(super) fn any_statement_key(&self, current: &PublicKey, header: &Header) -> Result<VerifyingKey, VerifyError> {
        let mut all = self.statements.iter().map(|former| &former.key).chain([current]);
        all.find(|key| key.id() == header.key_id).map(|key| *key.key()).ok_or(VerifyError::UnknownIssuer)
    }

    /// With which it signed before.
    pub(super) fn statements(&self) -> impl Iterator<Item = &PublicKey> {
        self.statements.iter().map(|former| &former.key)
    }

    /// With which it cosigned before.
    pub(super) fn witnesses(&self) -> &[PublicKey] {
        &self.witnesses
    }

    /// Whether nothing new rests on it because it is in other hands.
    pub(super) fn is_revoked(&self, key: &[u8; 32]) -> bool {
        self.revoked.contains(key)
    }

    /// Whether it is not the party's any more.
    pub(super) fn is_former(&self, key: &[u8; 32]) -> bool {
        self.former().any(|former| former.as_bytes() == key)
    }

    /// All that were replaced.
    pub(super) fn former(&self) -> impl Iterator<Item = &PublicKey> {
        self.statements.iter().map(|former| &former.key).chain(&self.links).chain(&self.witnesses)
    }

    /// Whether it is a link, statement or witness key that the party has or had.
    fn is_of(&self, keys: &PartyKeys, key: &[u8; 32]) -> bool {
        self.is_former(key) || [&keys.link, &keys.statement, &keys.witness].iter().any(|own| own.as_bytes() == key)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use weegnet_protocol::amendment::{Amendment, SignedAmendment};
    use weegnet_protocol::id::StatementId;
    use weegnet_protocol::sign::{Issuers, key_id};
    use weegnet_protocol::statement::Kind;

    use super::super::Ratified;
    use super::*;
    use crate::testing::{GEMEENTE, NOW, OM, PARTY_KEY, POLITIE, SAMPLE, STATEMENT_KEY, key, oin, ratified};

    /// Places of these keys in [`crate::testing`].
    const LINK_KEY: usize = 0;
    const CHECKPOINT_KEY: usize = 2;
    const WITNESS_KEY: usize = 3;

    fn new(number: u8) -> SigningKey {
        SigningKey::from_bytes(&[0xe0 | number; 32])
    }

    fn bytes(key: &SigningKey) -> Bytes<32> {
        Bytes(key.verifying_key().to_bytes())
    }

    fn signed(before: &Ratified, change: Change) -> SignedAmendment {
        before.next_amendment(oin(POLITIE), change).sign(&key(POLITIE, PARTY_KEY), NOW)
    }

    fn keys(link: Option<&SigningKey>, witness: Option<&SigningKey>, statement: Option<&SigningKey>) -> Change {
        Change::Keys { link: link.map(bytes), until: NOW, witness: witness.map(bytes), statement: statement.map(bytes) }
    }

    fn revoked(keys: &[&SigningKey]) -> Change {
        let mut keys: Vec<_> = keys.iter().map(|key| bytes(key)).collect();
        keys.sort_by_key(|key| key.0);
        Change::Revoked { keys, since: NOW }
    }

    fn header(ratified: &Ratified, signer: &SigningKey, issued: Timestamp) -> Header {
        Header {
            kind: Kind::Answer,
            key_id: key_id(&signer.verifying_key()),
            issuer: oin(POLITIE),
            audience: oin(GEMEENTE),
            id: StatementId::new(NOW, [0; 10]),
            issued,
            expires: issued + Millis::hours(1),
            convenant: ratified.reference().clone(),
        }
    }

    fn counts(ratified: &Ratified, signer: &SigningKey, issued: Timestamp, now: Timestamp) -> bool {
        ratified.statement_key(&header(ratified, signer, issued), now) == Ok(signer.verifying_key())
    }

    #[test]
    fn new_keys_count_and_what_the_former_statement_key_said_before_still_does_for_a_while() {
        let (before, old) = (ratified(SAMPLE), key(POLITIE, STATEMENT_KEY));
        let after = before.amend(&signed(&before, keys(Some(&new(1)), Some(&new(2)), Some(&new(3))))).unwrap();
        let named = &after.party(&oin(POLITIE)).unwrap().keys;
        assert_eq!(named.link.key(), &new(1).verifying_key());
        assert_eq!(named.checkpoint.key(), &key(POLITIE, CHECKPOINT_KEY).verifying_key());
        assert_eq!(after.witness_keys(&oin(POLITIE)), [key(POLITIE, WITNESS_KEY), new(2)].map(|k| k.verifying_key()));
        assert_eq!(after.party(&oin(OM)), before.party(&oin(OM)), "nobody else's record changes");
        let (earlier, later) = (NOW - Millis(1), NOW + Millis::hours(1));
        assert!(counts(&after, &new(3), later, later));
        assert!(counts(&after, &old, earlier, later), "an answer that was on its way");
        assert!(!counts(&after, &old, NOW, later), "not what it says since");
        let over = NOW + Millis(after.most_window().0 + after.grace().0);
        assert!(counts(&after, &old, earlier, over - Millis(1)) && !counts(&after, &old, earlier, over));
        for retired in [key(POLITIE, LINK_KEY), old.clone(), key(POLITIE, WITNESS_KEY)] {
            assert!(after.is_retired(&oin(POLITIE), &retired.verifying_key()));
        }
        assert!(!after.is_retired(&oin(POLITIE), &new(1).verifying_key()));
        assert!(after.own_statement_key(&header(&after, &old, later)).is_ok(), "its own journal goes on to verify");
    }

    #[test]
    fn nothing_new_rests_on_a_revoked_key_whatever_moment_it_names() {
        let (before, old) = (ratified(SAMPLE), key(POLITIE, STATEMENT_KEY));
        let link = key(POLITIE, LINK_KEY);
        let after = before.amend(&signed(&before, revoked(&[&old, &link]))).unwrap();
        let earlier = NOW - Millis::hours(1);
        assert!(counts(&before, &old, earlier, NOW) && !counts(&after, &old, earlier, NOW));
        assert!(after.is_retired(&oin(POLITIE), &link.verifying_key()));
        assert!(!after.is_retired(&oin(POLITIE), &key(POLITIE, WITNESS_KEY).verifying_key()));
        assert!(after.own_statement_key(&header(&after, &old, earlier)).is_ok());
        // New keys bring the party back, and the revoked one not with them.
        let again = after.amend(&signed(&after, keys(Some(&new(1)), None, Some(&new(3))))).unwrap();
        assert!(counts(&again, &new(3), NOW, NOW) && !counts(&again, &old, earlier, NOW));
        // One that was laid down before can still turn out to be stolen.
        let late = again.amend(&signed(&again, keys(None, None, Some(&new(4))))).unwrap();
        assert!(counts(&late, &new(3), earlier, NOW));
        let late = late.amend(&signed(&late, revoked(&[&new(3)]))).unwrap();
        assert!(!counts(&late, &new(3), earlier, NOW) && counts(&late, &new(4), NOW, NOW));
    }

    #[test]
    fn a_new_key_is_sound_and_new_to_all() {
        let before = ratified(SAMPLE);
        let after = before.amend(&signed(&before, keys(None, None, Some(&new(3))))).unwrap();
        for used in [key(OM, LINK_KEY), key(POLITIE, CHECKPOINT_KEY), key(POLITIE, STATEMENT_KEY), new(3)] {
            let refused = after.amend(&signed(&after, keys(Some(&used), None, None))).unwrap_err();
            assert_eq!(refused, NotAmended::UsedKey);
        }
        let weak = Change::Keys { link: Some(Bytes([0; 32])), until: NOW, witness: None, statement: None };
        assert_eq!(before.amend(&signed(&before, weak)).unwrap_err(), NotAmended::WeakKey);
    }

    #[test]
    fn a_party_revokes_its_own_online_keys_only() {
        let before = ratified(SAMPLE);
        for other in [key(OM, STATEMENT_KEY), key(POLITIE, CHECKPOINT_KEY), key(POLITIE, PARTY_KEY), new(1)] {
            let refused = before.amend(&signed(&before, revoked(&[&other]))).unwrap_err();
            assert_eq!(refused, NotAmended::NotItsKey);
        }
    }

    #[test]
    fn a_party_moves_to_where_nobody_else_is_and_leaves_for_good() {
        let before = ratified(SAMPLE);
        let at = |address: String| Change::Address { address };
        let taken = before.party(&oin(OM)).unwrap().address;
        assert_eq!(before.amend(&signed(&before, at(taken.to_string()))).unwrap_err(), NotAmended::UsedAddress);
        let moved = before.amend(&signed(&before, at("192.0.2.99:7000".into()))).unwrap();
        assert_eq!(moved.party(&oin(POLITIE)).unwrap().address, "192.0.2.99:7000".parse().unwrap());
        let left = moved.amend(&signed(&moved, Change::Ended { since: NOW })).unwrap();
        assert!(left.has_ended(&oin(POLITIE)) && !left.has_ended(&oin(OM)) && !moved.has_ended(&oin(POLITIE)));
        let old = key(POLITIE, STATEMENT_KEY);
        assert!(counts(&moved, &old, NOW, NOW) && !counts(&left, &old, NOW, NOW), "nothing it says is taken");
        assert!(left.own_statement_key(&header(&left, &old, NOW)).is_ok());
        assert_eq!(left.amend(&signed(&left, at("192.0.2.98:7000".into()))).unwrap_err(), NotAmended::Ended);
    }

    #[test]
    fn the_offline_key_alone_changes_keys() {
        let before = ratified(SAMPLE);
        let words: Amendment = before.next_amendment(oin(POLITIE), keys(Some(&new(1)), None, None));
        for wrong in [key(POLITIE, STATEMENT_KEY), key(POLITIE, LINK_KEY), key(OM, PARTY_KEY)] {
            let refused = before.amend(&words.sign(&wrong, NOW)).unwrap_err();
            assert!(matches!(refused, NotAmended::Amendment(_)), "{refused}");
        }
    }
}
