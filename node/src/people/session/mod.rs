//! Who is signed in: sessions in memory, known by the hash of a random id, ended by time, by hand and by a role that goes.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use weegnet_policy::role::Roles;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::time::Millis;
use zeroize::Zeroizing;

use super::totp::TotpKey;
use super::{Actor, PersonName};
use crate::clock;

/// A session of which nobody asked anything for so long ends: 15 min.
pub const IDLE: Millis = Millis::seconds(15 * 60);
/// No session lasts longer: 8 h, a working day.
pub const LONGEST: Millis = Millis::hours(8);
/// How long a second factor that was shown again counts, for what needs it: 5 min.
pub const STEPPED_UP: Millis = Millis::seconds(5 * 60);
/// Sessions of one person; a further one ends the oldest.
pub const MAX_OF_ONE: usize = 5;
/// Sessions of everybody together; a further one ends the one that is idle longest.
const MAX_SESSIONS: usize = 10_000;
/// What the token against forged requests is made of, beside the id.
const CSRF: &[u8] = b"weegnet console: token against forged requests, v1";

/// The random id that a browser keeps in its cookie; this node keeps its hash only.
#[derive(Clone)]
pub struct SessionId(Zeroizing<[u8; 32]>);

/// Tells nothing.
impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// Text that is no session id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a session id")]
pub struct NotASessionId;

impl SessionId {
    /// A new one.
    pub fn random() -> Self {
        SessionId(Zeroizing::new(clock::random()))
    }

    /// As the cookie carries it: 43 characters.
    pub fn token(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64URL_NOPAD.encode(&*self.0))
    }

    /// What every form carries that was made for this session: who does not know the cookie cannot make it.
    pub fn csrf_token(&self) -> String {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.0).expect("HMAC takes keys of any length");
        mac.update(CSRF);
        Bytes::<32>(mac.finalize().into_bytes().into()).to_string()
    }

    /// By which this node knows it.
    pub fn hash(&self) -> Hash {
        Hash::of(&[&*self.0])
    }
}

impl FromStr for SessionId {
    type Err = NotASessionId;

    fn from_str(text: &str) -> Result<Self, NotASessionId> {
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NotASessionId)?);
        let bytes: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| NotASessionId)?;
        Ok(SessionId(Zeroizing::new(*bytes)))
    }
}

/// Why there is no session any more, or never was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionEnded {
    /// No session has this id: it was ended, or the node started again.
    #[error("you are not signed in, or your session was ended: sign in")]
    Unknown,
    /// Nobody asked anything for 15 minutes.
    #[error("your session ended after 15 minutes without use: sign in again")]
    Idle,
    /// Eight hours have passed.
    #[error("your session ended after 8 hours: sign in again")]
    TooLong,
    /// The cookie was shown by another browser than the one that signed in.
    #[error("your session was used from another browser and was ended: sign in again")]
    OtherBrowser,
    /// A role was taken, its time is over, or how this person signs in was changed.
    #[error("your roles or your way of signing in changed, so your session was ended: sign in again")]
    Changed,
}

/// Why, and whose it was.
pub type Ended = (SessionEnded, Option<PersonName>);

/// One session, begun by who proved who they are.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) actor: Actor,
    /// The roles when it began: it ends with the first of them.
    pub(super) roles: Roles,
    /// Which enrolment it rests on: it ends with that.
    pub(super) enrolment: u64,
    /// The second factor's key, for showing it again; none when another server asks for it.
    pub(super) totp: Option<TotpKey>,
    /// SHA-256 of what the browser calls itself.
    pub(super) browser: Hash,
    pub(super) began: Timestamp,
    pub(super) seen: Timestamp,
    pub(super) stepped_up: Option<Timestamp>,
}

impl Session {
    fn ended(&self, browser: &Hash, now: Timestamp) -> Option<SessionEnded> {
        if self.began + LONGEST <= now {
            Some(SessionEnded::TooLong)
        } else if self.seen + IDLE <= now {
            Some(SessionEnded::Idle)
        } else if self.browser != *browser {
            Some(SessionEnded::OtherBrowser)
        } else {
            None
        }
    }

    pub(super) fn is_stepped_up(&self, now: Timestamp) -> bool {
        self.stepped_up.is_some_and(|at| at <= now && now < at + STEPPED_UP)
    }
}

/// Everybody who is signed in; nothing of it is on disk, so that a start signs everybody out.
#[derive(Default)]
pub struct Sessions {
    all: Mutex<HashMap<Hash, Session>>,
}

/// Tells how many there are.
impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sessions({})", self.lock().len())
    }
}

impl Sessions {
    /// Keeps a new session.
    pub(super) fn begin(&self, session: Session) -> SessionId {
        let id = SessionId::random();
        let mut all = self.lock();
        let now = session.began;
        all.retain(|_, other| other.ended(&other.browser, now).is_none());
        let of_one = |other: &&Session| other.actor.person == session.actor.person;
        if all.values().filter(of_one).count() >= MAX_OF_ONE {
            let oldest = all.iter().filter(|(_, other)| of_one(other)).min_by_key(|(_, other)| other.began);
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                all.remove(&oldest);
            }
        }
        if all.len() >= MAX_SESSIONS
            && let Some(idle) = all.iter().min_by_key(|(_, other)| other.seen).map(|(id, _)| *id)
        {
            all.remove(&idle);
        }
        all.insert(id.hash(), session);
        id
    }

    /// Begins one for somebody who showed password and code at this moment. The second factor for what leaves or goes for good
    /// is another code than the one that let them in.
    pub(crate) fn begin_local(
        &self,
        actor: Actor,
        roles: Roles,
        enrolment: u64,
        totp: TotpKey,
        browser: Hash,
        now: Timestamp,
    ) -> SessionId {
        let (began, seen) = (now, now);
        self.begin(Session { actor, roles, enrolment, totp: Some(totp), browser, began, seen, stepped_up: None })
    }

    /// The second factor's key of this person's session.
    pub(crate) fn second_factor(&self, id: &SessionId, person: &PersonName) -> Option<TotpKey> {
        let all = self.lock();
        all.get(&id.hash()).filter(|session| session.actor.person == *person)?.totp.clone()
    }

    /// The session with this id; what is over is gone. `touch` is what a person does, and not what a page does by itself.
    pub(super) fn enter(&self, id: &SessionId, browser: &Hash, touch: bool, now: Timestamp) -> Result<Session, Ended> {
        let mut all = self.lock();
        let session = all.get_mut(&id.hash()).ok_or((SessionEnded::Unknown, None))?;
        if let Some(ended) = session.ended(browser, now) {
            let person = session.actor.person.clone();
            all.remove(&id.hash());
            return Err((ended, Some(person)));
        }
        if touch {
            session.seen = session.seen.max(now);
        }
        Ok(session.clone())
    }

    /// Notes that the second factor was shown again.
    pub(crate) fn step_up(&self, id: &SessionId, now: Timestamp) {
        if let Some(session) = self.lock().get_mut(&id.hash()) {
            session.stepped_up = Some(now);
        }
    }

    /// Ends one.
    pub fn end(&self, id: &SessionId) {
        self.lock().remove(&id.hash());
    }

    /// Ends all of a person.
    pub fn end_all_of(&self, person: &PersonName) {
        self.lock().retain(|_, session| session.actor.person != *person);
    }

    /// Whether there is one with this id.
    pub fn has(&self, id: &SessionId) -> bool {
        self.lock().contains_key(&id.hash())
    }

    /// How many a person has.
    pub fn count_of(&self, person: &PersonName) -> usize {
        self.lock().values().filter(|session| session.actor.person == *person).count()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Hash, Session>> {
        // Every change is one insert or remove.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
