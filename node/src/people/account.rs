//! How people sign in at the console, folded from the journal: invited, enrolled, used, ended.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::time::Millis;
use zeroize::Zeroizing;

use super::password::Verifier;
use super::{Actor, PersonName, Way};
use crate::clock;
use crate::journal::CaseKey;

/// How long an invitation may be used: 72 h.
pub const INVITED_FOR: Millis = Millis::hours(72);
/// Longest text that is read as a code: 32 letters and what people put between them.
const MAX_CODE_BYTES: usize = 64;

/// Something about signing in: the body of a journal entry ([`SignIn`](weegnet_protocol::log::EntryKind::SignIn)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInNote {
    /// Who did it; absent where nobody proved who they are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<Actor>,
    /// Whose sign-in it is about.
    pub person: PersonName,
    /// What happened.
    pub what: SignInEvent,
}

/// What happens to somebody's sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInEvent {
    /// May enrol, once, with the code of this hash.
    Invited {
        /// SHA-256 of the code's 20 bytes.
        code: Hash,
        /// Until when.
        until: Timestamp,
    },
    /// Has a password and a second factor from now on; an entry of its own, so that it can be erased alone.
    Enrolled {
        /// What is kept of the two.
        verifier: Verifier,
    },
    /// Signs in no more.
    Revoked,
    /// Signed in.
    Entered {
        /// How.
        way: Way,
        /// The code's step, so that it counts once, also after a start; none where another server asked for it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        step: Option<u64>,
    },
    /// Showed the second factor again, to let something leave or go for good.
    SteppedUp {
        /// The code's step.
        step: u64,
    },
    /// Signed out.
    Left {
        /// In every browser.
        everywhere: bool,
    },
    /// A session was shown by another browser than its own, and ended.
    Stolen,
    /// So many tries failed that this account is slowed down.
    Slowed,
}

/// The code of an invitation, which one person uses once: 160 bits.
#[derive(Clone)]
pub struct InvitationCode(Zeroizing<[u8; 20]>);

/// Text that is no such code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the code of an invitation: copy all of it, 32 letters and digits")]
pub struct NotAnInvitationCode;

impl InvitationCode {
    /// A new one.
    pub fn random() -> Self {
        InvitationCode(Zeroizing::new(clock::random()))
    }

    /// What the journal keeps of it.
    pub fn hash(&self) -> Hash {
        Hash::of(&[&*self.0])
    }

    /// As it is handed over: four letters and digits together.
    pub fn to_type(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(BASE32_NOPAD.encode(&*self.0));
        let mut groups = Zeroizing::new(String::with_capacity(40));
        for (at, c) in text.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                groups.push('-');
            }
            groups.push(c);
        }
        groups
    }
}

impl std::str::FromStr for InvitationCode {
    type Err = NotAnInvitationCode;

    /// In capitals or not, with blanks and dashes wherever they are.
    fn from_str(text: &str) -> Result<Self, NotAnInvitationCode> {
        if text.len() > MAX_CODE_BYTES {
            return Err(NotAnInvitationCode);
        }
        let plain = text.bytes().filter(|c| !b" -".contains(c)).map(|c| c.to_ascii_uppercase());
        let plain = Zeroizing::new(plain.collect::<Vec<_>>());
        let bytes = Zeroizing::new(BASE32_NOPAD.decode(&plain).map_err(|_| NotAnInvitationCode)?);
        let bytes: &[u8; 20] = bytes.as_slice().try_into().map_err(|_| NotAnInvitationCode)?;
        Ok(InvitationCode(Zeroizing::new(*bytes)))
    }
}

/// How everybody signs in.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    all: BTreeMap<PersonName, Account>,
    /// Keys of entries with verifiers that count no more: they go at the next pass.
    spent: BTreeSet<CaseKey>,
}

#[derive(Debug, Clone, Default)]
struct Account {
    invitation: Option<(Hash, Timestamp)>,
    enrolled: Option<Enrolled>,
    /// The latest step of which a code was used.
    step: u64,
    /// Counts changes, so that what rested on an earlier one ends.
    changes: u64,
}

#[derive(Debug, Clone)]
struct Enrolled {
    verifier: Verifier,
    key: CaseKey,
}

/// What signing in needs to know of an account.
#[derive(Debug, Clone)]
pub struct Known {
    /// What is kept of password and second factor.
    pub verifier: Verifier,
    /// Which enrolment that is.
    pub enrolment: u64,
}

impl Accounts {
    /// Takes up what an entry sealed under `key` says.
    pub fn apply(&mut self, note: SignInNote, key: CaseKey) {
        let account = self.all.entry(note.person).or_default();
        match note.what {
            SignInEvent::Invited { code, until } => account.invitation = Some((code, until)),
            SignInEvent::Enrolled { verifier } => {
                account.invitation = None;
                account.changes += 1;
                self.spent.extend(account.enrolled.replace(Enrolled { verifier, key }).map(|old| old.key));
            }
            SignInEvent::Revoked => {
                account.invitation = None;
                account.changes += 1;
                self.spent.extend(account.enrolled.take().map(|old| old.key));
            }
            SignInEvent::Entered { step, .. } => account.step = account.step.max(step.unwrap_or(0)),
            SignInEvent::SteppedUp { step } => account.step = account.step.max(step),
            SignInEvent::Left { .. } | SignInEvent::Stolen | SignInEvent::Slowed => {}
        }
    }

    /// How somebody signs in, if they are enrolled.
    pub fn known(&self, person: &PersonName) -> Option<Known> {
        let account = self.all.get(person)?;
        let enrolled = account.enrolled.as_ref()?;
        Some(Known { verifier: enrolled.verifier.clone(), enrolment: account.changes })
    }

    /// Which enrolment holds now; it changes with every new one.
    pub fn enrolment(&self, person: &PersonName) -> u64 {
        self.all.get(person).map_or(0, |account| account.changes)
    }

    /// The latest step of which somebody used a code.
    pub fn step(&self, person: &PersonName) -> u64 {
        self.all.get(person).map_or(0, |account| account.step)
    }

    /// Uses up a code's step: `false` when that, or a later one, was used.
    pub fn use_step(&mut self, person: &PersonName, step: u64) -> bool {
        let account = self.all.entry(person.clone()).or_default();
        let fresh = step > account.step;
        account.step = account.step.max(step);
        fresh
    }

    /// Whether this is the code of an invitation that holds at `now`.
    pub fn is_invited(&self, person: &PersonName, code: &Hash, now: Timestamp) -> bool {
        let invitation = self.all.get(person).and_then(|account| account.invitation);
        let (expected, until) =
            invitation.unwrap_or((weegnet_protocol::codec::Bytes([0; 32]), Timestamp::from_millis(0)));
        bool::from(code.0.ct_eq(&expected.0)) && now < until
    }

    /// How somebody signs in: `enrolled`, or until when they are invited.
    pub fn how(&self, person: &PersonName, now: Timestamp) -> Option<String> {
        let account = self.all.get(person)?;
        let invited = account.invitation.filter(|(_, until)| now < *until);
        match (account.enrolled.is_some(), invited) {
            (false, None) => None,
            (true, None) => Some("enrolled".into()),
            (false, Some((_, until))) => Some(format!("invited until {until}")),
            (true, Some((_, until))) => Some(format!("enrolled, invited anew until {until}")),
        }
    }

    /// Whether somebody can sign in, or may enrol.
    pub fn has_any(&self, person: &PersonName) -> bool {
        self.all.get(person).is_some_and(|account| account.enrolled.is_some() || account.invitation.is_some())
    }

    /// Keys of the entries by which people sign in: they are kept as long as that.
    pub fn keys_in_use(&self) -> impl Iterator<Item = CaseKey> {
        self.all.values().filter_map(|account| account.enrolled.as_ref().map(|enrolled| enrolled.key))
    }

    /// Whether the verifier under this key counts no more.
    pub fn is_spent(&self, key: CaseKey) -> bool {
        self.spent.contains(&key)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::password::LITTLE;
    use super::super::totp::TotpKey;
    use super::*;

    fn note(what: SignInEvent) -> SignInNote {
        SignInNote { by: None, person: "anna".parse().unwrap(), what }
    }

    fn enrolled() -> SignInEvent {
        SignInEvent::Enrolled {
            verifier: Verifier::new("drie fietsen bij de brug", &TotpKey::random(), &[0; 32], LITTLE),
        }
    }

    #[test]
    fn an_invitation_is_used_once_and_in_time() {
        let (mut accounts, anna): (_, PersonName) = (Accounts::default(), "anna".parse().unwrap());
        let (code, now) = (InvitationCode::random(), Timestamp::from_seconds(1_000));
        let until = now + INVITED_FOR;
        accounts.apply(note(SignInEvent::Invited { code: code.hash(), until }), CaseKey::of_slot(1));
        assert!(accounts.is_invited(&anna, &code.hash(), now));
        assert!(!accounts.is_invited(&anna, &InvitationCode::random().hash(), now));
        assert!(!accounts.is_invited(&"bert".parse().unwrap(), &code.hash(), now));
        assert!(!accounts.is_invited(&anna, &code.hash(), until), "too late");
        accounts.apply(note(enrolled()), CaseKey::of_slot(2));
        assert!(!accounts.is_invited(&anna, &code.hash(), now), "used");
    }

    #[test]
    fn what_was_replaced_or_revoked_counts_no_more_and_is_to_go() {
        let (mut accounts, anna): (_, PersonName) = (Accounts::default(), "anna".parse().unwrap());
        accounts.apply(note(enrolled()), CaseKey::of_slot(1));
        let first = accounts.enrolment(&anna);
        accounts.apply(note(enrolled()), CaseKey::of_slot(2));
        assert_ne!(accounts.enrolment(&anna), first);
        assert!(accounts.is_spent(CaseKey::of_slot(1)) && !accounts.is_spent(CaseKey::of_slot(2)));
        assert_eq!(accounts.keys_in_use().collect::<Vec<_>>(), [CaseKey::of_slot(2)]);
        accounts.apply(note(SignInEvent::Revoked), CaseKey::of_slot(3));
        assert!(accounts.known(&anna).is_none() && accounts.is_spent(CaseKey::of_slot(2)));
        assert_eq!(accounts.keys_in_use().count(), 0);
    }

    #[test]
    fn a_code_counts_once_also_after_a_start() {
        let (mut accounts, anna): (_, PersonName) = (Accounts::default(), "anna".parse().unwrap());
        assert!(accounts.use_step(&anna, 7));
        assert!(!accounts.use_step(&anna, 7) && !accounts.use_step(&anna, 6) && accounts.use_step(&anna, 8));
        let mut started = Accounts::default();
        started.apply(note(SignInEvent::Entered { way: Way::Console, step: Some(8) }), CaseKey::of_slot(1));
        started.apply(note(SignInEvent::SteppedUp { step: 9 }), CaseKey::of_slot(2));
        assert!(!started.use_step(&anna, 9) && started.use_step(&anna, 10));
    }

    #[test]
    fn entries_about_signing_in_read_back_as_they_were_written() {
        let code = InvitationCode::random().hash();
        let events = [
            SignInEvent::Invited { code, until: Timestamp::from_millis(5) },
            enrolled(),
            SignInEvent::Revoked,
            SignInEvent::Entered { way: Way::Oidc, step: None },
            SignInEvent::SteppedUp { step: 9 },
            SignInEvent::Left { everywhere: true },
            SignInEvent::Stolen,
            SignInEvent::Slowed,
        ];
        for event in events {
            let bytes = weegnet_protocol::codec::encode(&note(event.clone()));
            assert_eq!(weegnet_protocol::codec::decode::<SignInNote>(&bytes), Ok(note(event)));
        }
    }

    proptest! {
        #[test]
        fn reads_the_code_that_it_wrote_however_it_is_typed(bytes: [u8; 20], lower: bool, blank in 0..32usize) {
            let code = InvitationCode(Zeroizing::new(bytes));
            let mut text = code.to_type().to_string();
            text.insert(blank, ' ');
            let text = if lower { text.to_lowercase() } else { text };
            prop_assert_eq!(text.parse::<InvitationCode>().map(|read| read.hash()), Ok(code.hash()));
        }

        #[test]
        fn no_text_breaks_the_reading_of_a_code(text in ".{0,80}") {
            if let Ok(code) = text.parse::<InvitationCode>() {
                let plain: String = text.chars().filter(|c| !" -".contains(*c)).collect();
                prop_assert_eq!(code.to_type().replace('-', ""), plain.to_uppercase());
            }
        }
    }
}
