//! What the parties changed of their own records since all signed: each by amendments that its party key alone signs.

use std::collections::BTreeMap;

use weegnet_protocol::amendment::{Amendment, AmendmentError, Change, MAX_AMENDMENTS, SignedAmendment};
use weegnet_protocol::log::{Origin, SignedCheckpoint};
use weegnet_protocol::oin::Oin;

use super::Ratified;

/// The amendments in force, by party.
#[derive(Debug, Clone, Default)]
pub(super) struct Amendments(BTreeMap<Oin, Record>);

/// What one party changed.
#[derive(Debug, Clone, Default)]
struct Record {
    signed: Vec<SignedAmendment>,
    origins: Option<Origins>,
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

/// Why an amendment does not come into force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAmended {
    /// Not one, or not signed by the party.
    #[error(transparent)]
    Amendment(#[from] AmendmentError),
    /// It belongs to another convenant, or to another text of it.
    #[error("it changes another convenant than the one in force: check which text it names")]
    OtherConvenant,
    /// The signer is not one of the parties.
    #[error("organisation {0} is no party to this convenant")]
    NoParty(Oin),
    /// It is in force.
    #[error("it is in force already")]
    Known,
    /// The party signed other words under the same number: both together are evidence.
    #[error("this party signed two different amendments with the number {sequence}: keep both, and ask it which holds")]
    Conflict {
        /// The number.
        sequence: u32,
        /// The one that is in force.
        known: Box<SignedAmendment>,
    },
    /// One before it is missing.
    #[error("it has the number {found}, and the next of this party is {expected}: bring those before it first")]
    Gap {
        /// The next number.
        expected: u32,
        /// The one it has.
        found: u32,
    },
    /// Too many.
    #[error("a party amends one convenant at most {MAX_AMENDMENTS} times: make a new convenant")]
    TooMany,
    /// It names another log than the one this party has, or one that it had before as its new one.
    #[error("it does not continue the log that this party has now")]
    OtherLog,
    /// A checkpoint in it that this party never signed, or of no log that it had.
    #[error("a checkpoint that it names is not signed by this party, or of no log that it had")]
    Checkpoint,
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
        if known.len() >= MAX_AMENDMENTS {
            return Err(NotAmended::TooMany);
        }
        let origins = self.next_origins(&amendment, record.and_then(|record| record.origins.as_ref()))?;
        let mut amended = self.clone();
        let record = amended.amendments.0.entry(amendment.party).or_default();
        record.origins = Some(origins);
        record.signed.push(signed.clone());
        Ok(amended)
    }

    fn next_origins(&self, amendment: &Amendment, before: Option<&Origins>) -> Result<Origins, NotAmended> {
        let Change::NewOrigin { new, old, .. } = &amendment.change;
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

    /// The next amendment of a party, to be signed by it.
    pub fn next_amendment(&self, party: Oin, change: Change) -> Amendment {
        let sequence = u32::try_from(self.amendments(&party).len() + 1).unwrap_or(u32::MAX);
        let reference = self.reference();
        Amendment { base: *reference.base(), party, change, sequence, convenant: reference.id().clone() }
    }
}
