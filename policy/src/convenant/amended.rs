//! What the parties changed of their own records since all signed: each by amendments that its party key alone signs.

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;
use weegnet_protocol::amendment::{Amendment, AmendmentError, Change, MAX_AMENDMENTS, SignedAmendment};
use weegnet_protocol::log::{Origin, SignedCheckpoint};
use weegnet_protocol::oin::Oin;
use weegnet_protocol::sign::{Header, VerifyError};
use weegnet_protocol::time::{Millis, Timestamp};

use super::NotAmended;
use super::keyring::Keyring;
use super::{PublicKey, Ratified};

/// The amendments in force, by party.
#[derive(Debug, Clone, Default)]
pub(super) struct Amendments(BTreeMap<Oin, Record>);

/// What one party changed.
#[derive(Debug, Clone, Default)]
struct Record {
    signed: Vec<SignedAmendment>,
    /// How many of them statements rest on.
    number: u32,
    origins: Option<Origins>,
    keyring: Keyring,
    has_acceded: bool,
    has_ended: bool,
}

/// The names of a party's exchange log: the present one, and those it had before it lost part of it.
#[derive(Debug, Clone)]
pub struct Origins {
    current: Origin,
    former: Vec<Origin>,
    admitted: Vec<SignedCheckpoint>,
}

impl Origins {
    /// The present one.
    pub fn current(&self) -> &Origin {
        &self.current
    }

    /// Whether the party's log had this name once.
    pub fn is_former(&self, origin: &Origin) -> bool {
        self.former.contains(origin)
    }

    /// Whether a checkpoint of a former log is covered by what the party admits to have signed there: not larger than the
    /// largest that it knows of, and that one itself where it is as large.
    pub fn admits(&self, note: &SignedCheckpoint) -> bool {
        let said = note.checkpoint();
        self.admitted.iter().map(SignedCheckpoint::checkpoint).any(|last| {
            last.origin == said.origin && (said.size < last.size || (said.size == last.size && said.root == last.root))
        })
    }

    /// The largest checkpoints that the party admits to, one for each former name.
    pub fn admitted(&self) -> &[SignedCheckpoint] {
        &self.admitted
    }

    fn then(before: Option<&Origins>, old: &Origin, new: &Origin, last: Vec<SignedCheckpoint>) -> Self {
        let mut next = before.cloned().unwrap_or(Origins { current: old.clone(), former: vec![], admitted: vec![] });
        next.former.push(std::mem::replace(&mut next.current, new.clone()));
        for note in last {
            let said = note.checkpoint();
            match next.admitted.iter_mut().find(|known| known.checkpoint().origin == said.origin) {
                Some(known) if known.checkpoint().size < said.size => *known = note,
                Some(_) => {}
                None => next.admitted.push(note),
            }
        }
        next
    }
}

impl Ratified {
    /// The same convenant with one more amendment in force. Everything is checked against the party's record in the
    /// document: its party key, its checkpoint key, its number, and that it continues the log the party has.
    ///
    /// # Errors
    /// Why it does not count. [`NotAmended::Known`] and [`NotAmended::Conflict`] only for what the party did sign.
    pub fn amend(&self, signed: &SignedAmendment) -> Result<Ratified, NotAmended> {
        let claimed = signed.claimed()?;
        if claimed.convenant != *self.reference().id() || claimed.base != *self.reference().base() {
            return Err(NotAmended::OtherConvenant);
        }
        let party = self.party(&claimed.party).ok_or(NotAmended::NoParty(claimed.party))?;
        let amendment = signed.verify(party.keys.party.key())?;
        let record = self.amendments.0.get(&party.oin);
        let known = record.map_or(&[][..], |record| &record.signed);
        let number = usize::try_from(amendment.sequence).unwrap_or(usize::MAX);
        if let Some(before) = known.get(number - 1) {
            let same = before.amendment == signed.amendment;
            let conflict = NotAmended::Conflict { sequence: amendment.sequence, known: Box::new(before.clone()) };
            return Err(if same { NotAmended::Known } else { conflict });
        }
        if number != known.len() + 1 {
            let expected = u32::try_from(known.len() + 1).unwrap_or(u32::MAX);
            return Err(NotAmended::Gap { expected, found: amendment.sequence });
        }
        if record.is_some_and(|record| record.has_ended) {
            return Err(NotAmended::Ended);
        }
        if known.len() >= MAX_AMENDMENTS {
            return Err(NotAmended::TooMany);
        }
        let mut next = record.cloned().unwrap_or_default();
        let mut changed = party.clone();
        match &amendment.change {
            Change::NewOrigin { new, old, .. } => {
                next.origins = Some(self.next_origins(&amendment, (old, new), next.origins.as_ref())?);
            }
            Change::Keys { .. } | Change::Revoked { .. } => {
                (changed.keys, next.keyring) = next.keyring.changed(party, &amendment.change, |key| self.had(key))?;
            }
            Change::Address { address } => {
                changed.address = address.parse().map_err(|_| AmendmentError::Malformed)?;
                if self.parties().iter().any(|other| other.oin != party.oin && other.address == changed.address) {
                    return Err(NotAmended::UsedAddress);
                }
            }
            Change::Acceded { .. } => {
                self.accession(party, &amendment)?;
                next.has_acceded = true;
            }
            Change::Ended { .. } => next.has_ended = true,
        }
        next.signed.push(signed.clone());
        next.number += u32::from(!matches!(amendment.change, Change::NewOrigin { .. }));
        let mut amended = self.clone();
        amended.amendments.0.insert(amendment.party, next);
        if let Some(record) = self.place(&amendment.party).and_then(|place| amended.parties.get_mut(place)) {
            *record = changed;
        }
        Ok(amended)
    }

    fn next_origins(
        &self,
        amendment: &Amendment,
        (old, new): (&Origin, &Origin),
        before: Option<&Origins>,
    ) -> Result<Origins, NotAmended> {
        if before.is_some_and(|before| before.current != *old || before.is_former(new)) {
            return Err(NotAmended::OtherLog);
        }
        let key = self.checkpoint_key(&amendment.party).ok_or(NotAmended::NoParty(amendment.party))?;
        let admitted = amendment.admitted();
        let theirs = |note: &SignedCheckpoint| {
            let origin = &note.checkpoint().origin;
            let had = origin == old || before.is_some_and(|before| before.is_former(origin));
            had && note.verify(key).is_ok()
        };
        if !admitted.iter().all(theirs) {
            return Err(NotAmended::Checkpoint);
        }
        Ok(Origins::then(before, old, new, admitted))
    }

    /// The amendments of a party that are in force, in the order of their numbers.
    pub fn amendments(&self, oin: &Oin) -> &[SignedAmendment] {
        self.amendments.0.get(oin).map_or(&[], |record| &record.signed)
    }

    /// The names of a party's exchange log, once it has had to change it.
    pub fn origins(&self, oin: &Oin) -> Option<&Origins> {
        self.amendments.0.get(oin)?.origins.as_ref()
    }

    /// How many amendments are in force, of all parties.
    pub fn amended(&self) -> usize {
        self.amendments.0.values().map(|record| record.signed.len()).sum()
    }

    /// Whether a party ended its participation; it goes on to be named, as what it did goes on to be shown.
    pub fn has_ended(&self, oin: &Oin) -> bool {
        self.amendments.0.get(oin).is_some_and(|record| record.has_ended)
    }

    /// Whether a party acceded, and did not found it.
    pub fn has_acceded(&self, oin: &Oin) -> bool {
        self.amendments.0.get(oin).is_some_and(|record| record.has_acceded)
    }

    /// How many amendments of its own a party has made, without new names for its log: what its statements cite.
    pub fn number_of(&self, oin: &Oin) -> u32 {
        self.amendments.0.get(oin).map_or(0, |record| record.number)
    }

    /// Whether a party does without this link, statement or witness key now: it was replaced, or revoked.
    pub fn is_retired(&self, oin: &Oin, key: &VerifyingKey) -> bool {
        let ring = self.amendments.0.get(oin).map(|record| &record.keyring);
        ring.is_some_and(|ring| ring.is_former(key.as_bytes()) || ring.is_revoked(key.as_bytes()))
    }

    /// Whether a party revoked this key.
    pub fn is_revoked(&self, oin: &Oin, key: &VerifyingKey) -> bool {
        self.amendments.0.get(oin).is_some_and(|record| record.keyring.is_revoked(key.as_bytes()))
    }

    /// With what a party signed statements before the key that it has now, the first one first.
    pub fn former_statement_keys(&self, oin: &Oin) -> Vec<VerifyingKey> {
        let ring = self.amendments.0.get(oin).map(|record| &record.keyring);
        ring.into_iter().flat_map(Keyring::statements).map(|key| *key.key()).collect()
    }

    /// With what a party cosigns and ever cosigned.
    pub fn witness_keys(&self, oin: &Oin) -> Vec<VerifyingKey> {
        let former = self.amendments.0.get(oin).map_or(&[][..], |record| record.keyring.witnesses());
        let current = self.party(oin).map(|party| &party.keys.witness);
        former.iter().chain(current).map(|key| *key.key()).collect()
    }

    /// The key of a statement that its issuer wrote down itself: any that it ever had. Whether others take it is theirs to
    /// say.
    ///
    /// # Errors
    /// As for the key of a statement of another.
    pub fn own_statement_key(&self, header: &Header) -> Result<VerifyingKey, VerifyError> {
        let (current, ring) = self.statement_keys(header)?;
        self.has_number(header)?;
        ring.map_or_else(
            || Keyring::default().any_statement_key(current, header),
            |ring| ring.any_statement_key(current, header),
        )
    }

    /// See [`weegnet_protocol::sign::Issuers`].
    pub(super) fn amended_statement_key(&self, header: &Header, now: Timestamp) -> Result<VerifyingKey, VerifyError> {
        let (current, ring) = self.statement_keys(header)?;
        if !self.takes_part(&header.issuer) {
            return Err(VerifyError::UnknownIssuer);
        }
        self.has_number(header)?;
        let grace = Millis(self.most_window().0.saturating_add(self.grace().0));
        match ring {
            Some(ring) => ring.statement_key(current, header, now, grace),
            None => Keyring::default().statement_key(current, header, now, grace),
        }
    }

    /// Whether all amendments that a statement rests on are here.
    fn has_number(&self, header: &Header) -> Result<(), VerifyError> {
        let (cited, known) = (header.convenant.amendment(), self.number_of(&header.issuer));
        if cited > known { Err(VerifyError::Behind { cited, known }) } else { Ok(()) }
    }

    fn statement_keys(&self, header: &Header) -> Result<(&PublicKey, Option<&Keyring>), VerifyError> {
        if !header.convenant.is_same_text(self.reference()) {
            return Err(VerifyError::WrongConvenant);
        }
        let party = self.party(&header.issuer).ok_or(VerifyError::UnknownIssuer)?;
        Ok((&party.keys.statement, self.amendments.0.get(&header.issuer).map(|record| &record.keyring)))
    }

    /// Whether any party has or had this key.
    fn had(&self, key: &PublicKey) -> bool {
        let mut named = self.parties().iter().flat_map(|party| party.keys.named());
        let mut former = self.amendments.0.values().flat_map(|record| record.keyring.former());
        named.any(|(_, one)| one == key) || former.any(|one| one == key)
    }

    /// The next amendment of a party, to be signed by it.
    pub fn next_amendment(&self, party: Oin, change: Change) -> Amendment {
        let sequence = u32::try_from(self.amendments(&party).len() + 1).unwrap_or(u32::MAX);
        let reference = self.reference();
        Amendment { base: *reference.base(), party, change, sequence, convenant: reference.id().clone() }
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use weegnet_protocol::codec::{Bytes, Hash};
    use weegnet_protocol::log::{Checkpoint, LogName};

    use super::*;
    use crate::testing::{GEMEENTE, NOW, OM, PARTY_KEY, POLITIE, SAMPLE, STATEMENT_KEY, key, oin, ratified};

    /// Place of the checkpoint key among a party's keys in [`crate::testing`].
    const CHECKPOINT_KEY: usize = 2;

    fn origin(number: u8) -> Origin {
        Origin::new(&oin(POLITIE), LogName::Exchange, [number; 8])
    }

    fn note(log: u8, size: u64, root: u8) -> SignedCheckpoint {
        note_by(log, size, root, &key(POLITIE, CHECKPOINT_KEY))
    }

    fn note_by(log: u8, size: u64, root: u8, key: &SigningKey) -> SignedCheckpoint {
        Checkpoint { origin: origin(log), size, root: Bytes([root; 32]) }.sign(key)
    }

    fn change(old: u8, new: u8, last: &[SignedCheckpoint]) -> Change {
        let last = last.iter().map(|note| note.note().into()).collect();
        Change::NewOrigin { new: origin(new), old: origin(old), last }
    }

    fn amendment(sequence: u32, change: Change) -> Amendment {
        let ratified = ratified(SAMPLE);
        Amendment { sequence, ..ratified.next_amendment(oin(POLITIE), change) }
    }

    fn signed(sequence: u32, change: Change) -> SignedAmendment {
        amendment(sequence, change).sign(&key(POLITIE, PARTY_KEY), NOW)
    }

    fn first() -> SignedAmendment {
        signed(1, change(1, 2, &[note(1, 50, 5)]))
    }

    #[test]
    fn a_party_changes_its_own_record_and_nobody_elses() {
        let before = ratified(SAMPLE);
        assert!(before.origins(&oin(POLITIE)).is_none());
        let amended = before.amend(&first()).unwrap();
        let origins = amended.origins(&oin(POLITIE)).unwrap();
        assert_eq!((origins.current(), origins.is_former(&origin(1))), (&origin(2), true));
        assert_eq!(amended.amendments(&oin(POLITIE)), [first()]);
        assert!(amended.origins(&oin(OM)).is_none() && amended.amendments(&oin(GEMEENTE)).is_empty());
        assert_eq!(amended.reference(), before.reference(), "the text stays the same");
        assert_eq!(amended.number_of(&oin(POLITIE)), 0, "no statement rests on the name of a log");
        let moved = amended.amend(&signed(2, Change::Address { address: "192.0.2.99:7000".into() })).unwrap();
        assert_eq!((moved.number_of(&oin(POLITIE)), moved.number_of(&oin(OM))), (1, 0));
    }

    #[test]
    fn admits_to_what_is_not_larger_than_the_largest_it_knows() {
        let amended = ratified(SAMPLE).amend(&first()).unwrap();
        let origins = amended.origins(&oin(POLITIE)).unwrap();
        assert!(origins.admits(&note(1, 49, 9)) && origins.admits(&note(1, 50, 5)));
        for more in [note(1, 51, 5), note(1, 50, 6), note(2, 3, 1), note(7, 1, 1)] {
            assert!(!origins.admits(&more), "{}", more.note());
        }
    }

    #[test]
    fn only_the_party_key_signs_and_only_for_this_text() {
        let before = ratified(SAMPLE);
        let words = amendment(1, change(1, 2, &[note(1, 50, 5)]));
        for wrong in [key(POLITIE, STATEMENT_KEY), key(POLITIE, CHECKPOINT_KEY), key(OM, PARTY_KEY)] {
            let refused = before.amend(&words.sign(&wrong, NOW)).unwrap_err();
            assert!(matches!(refused, NotAmended::Amendment(AmendmentError::Signature(_))), "{refused}");
        }
        let other = Amendment { base: Hash::of(&[b"another text"]), ..words.clone() };
        let refused = before.amend(&other.sign(&key(POLITIE, PARTY_KEY), NOW)).unwrap_err();
        assert_eq!(refused, NotAmended::OtherConvenant);
        let stranger = oin(7);
        let log = |number| Origin::new(&stranger, LogName::Exchange, [number; 8]);
        let last = Checkpoint { origin: log(1), size: 1, root: Bytes([1; 32]) }.sign(&key(POLITIE, CHECKPOINT_KEY));
        let change = Change::NewOrigin { new: log(2), old: log(1), last: vec![last.note().into()] };
        let strange = Amendment { party: stranger, change, ..words };
        let refused = before.amend(&strange.sign(&key(POLITIE, PARTY_KEY), NOW)).unwrap_err();
        assert_eq!(refused, NotAmended::NoParty(stranger));
    }

    #[test]
    fn a_checkpoint_that_the_party_never_signed_is_not_admitted_to() {
        let before = ratified(SAMPLE);
        let forged = note_by(1, 50, 5, &key(OM, CHECKPOINT_KEY));
        assert_eq!(before.amend(&signed(1, change(1, 2, &[forged]))).unwrap_err(), NotAmended::Checkpoint);
        let of_no_log = signed(1, change(1, 2, &[note(1, 50, 5), note(3, 4, 1)]));
        assert_eq!(before.amend(&of_no_log).unwrap_err(), NotAmended::Checkpoint);
    }

    #[test]
    fn the_next_one_continues_the_log_that_the_party_has() {
        let amended = ratified(SAMPLE).amend(&first()).unwrap();
        let gap = NotAmended::Gap { expected: 2, found: 3 };
        assert_eq!(amended.amend(&signed(3, change(2, 3, &[note(2, 60, 1)]))).unwrap_err(), gap);
        assert_eq!(amended.amend(&signed(2, change(1, 3, &[note(1, 60, 1)]))).unwrap_err(), NotAmended::OtherLog);
        assert_eq!(amended.amend(&signed(2, change(2, 1, &[note(2, 60, 1)]))).unwrap_err(), NotAmended::OtherLog);
        let twice = amended.amend(&signed(2, change(2, 3, &[note(2, 60, 1), note(1, 55, 7)]))).unwrap();
        let origins = twice.origins(&oin(POLITIE)).unwrap();
        assert_eq!(origins.current(), &origin(3));
        assert!(origins.admits(&note(1, 55, 7)), "it found out later that it had lost more");
        assert!(origins.admits(&note(2, 60, 1)) && !origins.admits(&note(1, 56, 7)));
        let less = amended.amend(&signed(2, change(2, 3, &[note(2, 60, 1), note(1, 40, 7)]))).unwrap();
        assert!(less.origins(&oin(POLITIE)).unwrap().admits(&note(1, 50, 5)), "what was admitted stays so");
    }

    #[test]
    fn two_different_ones_with_one_number_are_evidence_and_the_same_one_is_known() {
        let amended = ratified(SAMPLE).amend(&first()).unwrap();
        assert_eq!(amended.amend(&first()).unwrap_err(), NotAmended::Known);
        let other = signed(1, change(1, 9, &[note(1, 50, 5)]));
        let known = Box::new(first());
        assert_eq!(amended.amend(&other).unwrap_err(), NotAmended::Conflict { sequence: 1, known });
        let forged = amendment(1, change(1, 9, &[note(1, 50, 5)])).sign(&key(OM, PARTY_KEY), NOW);
        let refused = amended.amend(&forged).unwrap_err();
        assert!(
            matches!(refused, NotAmended::Amendment(_)),
            "what it did not sign is no evidence against it: {refused}"
        );
    }

    #[test]
    fn a_party_does_not_amend_without_end() {
        let mut amended = (*ratified(SAMPLE)).clone();
        for number in 1..=u8::try_from(MAX_AMENDMENTS).unwrap() {
            amended = amended.amend(&signed(number.into(), change(number, number + 1, &[note(number, 9, 1)]))).unwrap();
        }
        let number = u8::try_from(MAX_AMENDMENTS + 1).unwrap();
        let more = signed(number.into(), change(number, number + 1, &[note(number, 9, 1)]));
        assert_eq!(amended.amend(&more).unwrap_err(), NotAmended::TooMany);
    }
}
