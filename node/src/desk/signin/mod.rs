//! Coming to the desk by a browser: invited, enrolled, signed in, the second factor once more, signed out. Each is an entry
//! before it is so.

use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize};
use weegnet_policy::decide::{Administering, HouseAct};
use weegnet_policy::role::{Role, Roles};
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::time::Millis;
use zeroize::Zeroizing;

use super::{Desk, DeskError};
use crate::clock;
use crate::exchange::note;
use crate::journal::JournalError;
use crate::node::Node;
use crate::people::account::{INVITED_FOR, SignInEvent, SignInNote};
use crate::people::door::Busy;
use crate::people::password::{self, WeakPassword};
use crate::people::patience::Client;
use crate::people::session::{SessionEnded, SessionId};
use crate::people::totp::{Code, TotpKey};
use crate::people::{Actor, PeopleError, PersonName, Way};

/// A person who is signed in.
pub struct Inside {
    /// At the desk.
    pub desk: Desk,
    /// What they may be.
    pub roles: Roles,
    /// Whether the second factor was shown again a moment ago.
    pub stepped_up: bool,
}

/// The browser that somebody sits at.
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// Where it is.
    pub client: Client,
    /// SHA-256 of what it calls itself.
    pub browser: Hash,
}

/// What somebody typed to sign in.
pub struct Attempt {
    /// The name, as typed.
    pub name: String,
    /// The password.
    pub password: Zeroizing<String>,
    /// The code of the app, as typed.
    pub code: Zeroizing<String>,
}

/// Why somebody did not come in; it says nothing about which names exist.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name, password or code.
    #[error("name, password and code do not belong together: try again with the code that the app shows now")]
    NotProven,
    /// Too many tries.
    #[error("too many tries: wait {} s", .0.0.div_ceil(1000))]
    Wait(Millis),
    /// Too many people at this moment.
    #[error("too many people sign in at this moment: try again")]
    Busy,
    /// The invitation is not one, is used up, or too old.
    #[error("this invitation cannot be used (any more): ask for a new one")]
    NotInvited,
    /// The password.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The code was not of the key that was shown.
    #[error("this is not the code that the app shows for this key: try the next one")]
    WrongCode,
    /// Not recorded, so not done.
    #[error("it could not be written down, so it was not done: {0}")]
    Journal(#[from] JournalError),
}

impl From<Busy> for SignInError {
    fn from(Busy: Busy) -> Self {
        SignInError::Busy
    }
}

/// Somebody who is to sign in at the console.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvitePerson {
    /// Who.
    pub person: PersonName,
    /// SHA-256 of the invitation's code, which the caller has made and hands over; absent: signs in no more.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<Hash>,
}

/// Until when an invitation may be used.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Invited {
    /// Absent when there is none any more.
    pub until: Option<String>,
}

/// Signs somebody in. The answer and the work are the same for a name that nobody has, a wrong password and a wrong code.
pub async fn sign_in(node: &Arc<Node>, attempt: Attempt, visitor: &Visitor) -> Result<SessionId, SignInError> {
    let account = Hash::of(&[b"account", attempt.name.as_bytes()]);
    let patience = &node.door.patience;
    let now = clock::now();
    patience.begin(&account, visitor.client, now).map_err(SignInError::Wait)?;
    let person: Option<PersonName> = attempt.name.parse().ok();
    let (known, roles) = {
        let people = node.people.read().unwrap_or_else(PoisonError::into_inner);
        let roles = person.as_ref().map(|person| people.roles_of(person)).unwrap_or_default();
        let known =
            person.as_ref().filter(|_| roles != Roles::default()).and_then(|person| people.accounts.known(person));
        (known, roles)
    };
    let opened = node.door.open(known.as_ref().map(|known| &known.verifier), attempt.password).await?;
    let now = clock::now();
    // A key that fits nothing takes the place of the one that did not open.
    let is_open = opened.is_some();
    let totp = opened.unwrap_or_else(TotpKey::random);
    let code: Option<Code> = attempt.code.parse().ok();
    let step = code.and_then(|code| totp.accepts(code, now, 0)).filter(|_| is_open);
    let (Some(person), Some(known), Some(step)) = (person.clone(), known, step) else {
        if let Some(person) = person.filter(|person| exists(node, person)) {
            slowed(node, &account, person);
        }
        return Err(SignInError::NotProven);
    };
    // Of two who show the same code at once, one comes in.
    if !node.people.write().unwrap_or_else(PoisonError::into_inner).accounts.use_step(&person, step) {
        return Err(SignInError::NotProven);
    }
    patience.succeeded(&account, visitor.client);
    let actor = Actor { person: person.clone(), os_user: u32::MAX, way: Some(Way::Console) };
    let what = SignInEvent::Entered { way: Way::Console, step: Some(step) };
    record(node, SignInNote { by: Some(actor.clone()), person, what }).await?;
    Ok(node.door.sessions.begin_local(actor, roles, known.enrolment, totp, visitor.browser, now))
}

/// Chooses a password and gets the second factor's key, which is shown once. The name is the invited person's.
pub async fn begin_enrolment(
    node: &Arc<Node>,
    name: &str,
    code: Hash,
    password: Zeroizing<String>,
    visitor: &Visitor,
) -> Result<TotpKey, SignInError> {
    let person = invited(node, name, code, visitor)?;
    password::check(&password, &person)?;
    Ok(node.door.enrol(code, person, password, clock::now()).await?)
}

/// Ends an enrolment: the app shows the code of the key that it was given.
pub async fn finish_enrolment(
    node: &Arc<Node>,
    name: &str,
    code: Hash,
    shown: &str,
    visitor: &Visitor,
) -> Result<(), SignInError> {
    let person = invited(node, name, code, visitor)?;
    let now = clock::now();
    let enrolling = node.door.enrolling_with(&code, now).filter(|enrolling| enrolling.person == person);
    let enrolling = enrolling.ok_or(SignInError::NotInvited)?;
    let shown: Code = shown.parse().map_err(|_| SignInError::WrongCode)?;
    if enrolling.totp.accepts(shown, now, 0).is_none() {
        return Err(SignInError::WrongCode);
    }
    let _alone = node.changing_people.lock().await;
    // Of two who use one invitation at once, one does.
    if !node.people.read().unwrap_or_else(PoisonError::into_inner).accounts.is_invited(&person, &code, now) {
        return Err(SignInError::NotInvited);
    }
    let by = Actor { person: person.clone(), os_user: u32::MAX, way: Some(Way::Console) };
    let what = SignInEvent::Enrolled { verifier: enrolling.verifier };
    record(node, SignInNote { by: Some(by), person: person.clone(), what }).await?;
    node.door.enrolled(&code);
    node.door.sessions.end_all_of(&person);
    Ok(())
}

/// The key that was shown to whoever enrols with this code, to be shown again after a code that did not fit.
pub fn key_being_enrolled(node: &Node, name: &str, code: Hash) -> Option<TotpKey> {
    let enrolling = node.door.enrolling_with(&code, clock::now())?;
    (enrolling.person.as_str() == name).then_some(enrolling.totp)
}

/// The person whose invitation this is; a wrong one counts as a failed try.
fn invited(node: &Node, name: &str, code: Hash, visitor: &Visitor) -> Result<PersonName, SignInError> {
    let account = Hash::of(&[b"invitation", name.as_bytes()]);
    let now = clock::now();
    node.door.patience.begin(&account, visitor.client, now).map_err(SignInError::Wait)?;
    let person: PersonName = name.parse().map_err(|_| SignInError::NotInvited)?;
    let people = node.people.read().unwrap_or_else(PoisonError::into_inner);
    if people.roles_of(&person) == Roles::default() || !people.accounts.is_invited(&person, &code, now) {
        return Err(SignInError::NotInvited);
    }
    node.door.patience.succeeded(&account, visitor.client);
    Ok(person)
}

fn exists(node: &Node, person: &PersonName) -> bool {
    node.people.read().unwrap_or_else(PoisonError::into_inner).accounts.known(person).is_some()
}

/// Notes once that an account is guessed at: when it begins to be slowed down. Nobody waits for it, so that the time that an
/// answer takes says nothing about which names exist.
fn slowed(node: &Arc<Node>, account: &Hash, person: PersonName) {
    if !node.door.patience.begins_to_be_slow(account) {
        return;
    }
    let noting = {
        let node = Arc::clone(node);
        async move {
            let entry = SignInNote { by: None, person, what: SignInEvent::Slowed };
            if let Err(error) = record(&node, entry).await {
                tracing::error!(%error, "that an account is guessed at could not be written down");
            }
        }
    };
    tokio::spawn(node.ledger.attend(noting));
}

/// Writes it down, and then it is so.
async fn record(node: &Node, entry: SignInNote) -> Result<(), JournalError> {
    let vault = node.ledger.new_case()?;
    node.ledger.record((), vec![note(EntryKind::SignIn, None, vault, entry.clone())]).await?;
    node.people.write().unwrap_or_else(PoisonError::into_inner).accounts.apply(entry, vault);
    Ok(())
}

impl Desk {
    /// Lets a person in by their session. `by_hand` is what a person does, and not what a page does by itself.
    pub async fn enter_by_session(
        node: &Arc<Node>,
        id: &SessionId,
        browser: &Hash,
        by_hand: bool,
    ) -> Result<Inside, SessionEnded> {
        Self::enter_by_session_at(node, id, browser, by_hand, clock::now()).await
    }

    async fn enter_by_session_at(
        node: &Arc<Node>,
        id: &SessionId,
        browser: &Hash,
        by_hand: bool,
        now: Timestamp,
    ) -> Result<Inside, SessionEnded> {
        let entered = {
            let people = node.people.read().unwrap_or_else(PoisonError::into_inner);
            people.enter(&node.door.sessions, id, browser, by_hand, now)
        };
        match entered {
            Ok(entered) => {
                let (actor, roles, stepped_up) = entered;
                Ok(Inside { desk: Desk { node: Arc::clone(node), actor, stepped_up }, roles, stepped_up })
            }
            Err((ended, whose)) => {
                if let (SessionEnded::OtherBrowser, Some(person)) = (ended, whose) {
                    let entry = SignInNote { by: None, person, what: SignInEvent::Stolen };
                    if let Err(error) = record(node, entry).await {
                        tracing::error!(%error, "that a session was used elsewhere could not be written down");
                    }
                }
                Err(ended)
            }
        }
    }

    /// Shows the second factor again: for what lets something leave or go for good.
    pub async fn step_up(&self, id: &SessionId, code: &str, visitor: &Visitor) -> Result<(), SignInError> {
        let person = &self.actor.person;
        // Counted by session: who guesses at this name from outside keeps nobody inside from acting.
        let account = Hash::of(&[b"step-up", &id.hash().0]);
        let patience = &self.node.door.patience;
        let now = clock::now();
        patience.begin(&account, visitor.client, now).map_err(SignInError::Wait)?;
        let totp = self.node.door.sessions.second_factor(id, person).ok_or(SignInError::NotProven)?;
        let code: Code = code.parse().map_err(|_| SignInError::NotProven)?;
        let step = {
            let mut people = self.node.people.write().unwrap_or_else(PoisonError::into_inner);
            let after = people.accounts.step(person);
            let step = totp.accepts(code, now, after).ok_or(SignInError::NotProven)?;
            people.accounts.use_step(person, step).then_some(step).ok_or(SignInError::NotProven)?
        };
        patience.succeeded(&account, visitor.client);
        let what = SignInEvent::SteppedUp { step };
        record(&self.node, SignInNote { by: Some(self.actor.clone()), person: person.clone(), what }).await?;
        self.node.door.sessions.step_up(id, now);
        Ok(())
    }

    /// Ends the session, or all of this person's, and writes it down.
    pub async fn sign_out(&self, id: &SessionId, everywhere: bool) -> Result<(), DeskError> {
        // Ending needs no permission, not even the journal's: first it is so, and then it is written down.
        match everywhere {
            true => self.node.door.sessions.end_all_of(&self.actor.person),
            false => self.node.door.sessions.end(id),
        }
        let person = self.actor.person.clone();
        let what = SignInEvent::Left { everywhere };
        Ok(record(&self.node, SignInNote { by: Some(self.actor.clone()), person, what }).await?)
    }

    /// Invites somebody to enrol, or ends their signing in: by who could make them a credential, and never from a browser for
    /// oneself. Whatever sessions they have end when they enrol anew, or at once when it ends.
    pub async fn invite(&self, invite: InvitePerson) -> Result<Invited, DeskError> {
        let _alone = self.node.changing_people.lock().await;
        let InvitePerson { person, code } = invite;
        let own = person == self.actor.person;
        let (held, has_any) = {
            let people = self.node.people.read().unwrap_or_else(PoisonError::into_inner);
            (people.roles_of(&person), people.accounts.has_any(&person))
        };
        if own && self.actor.way.is_some() {
            return Err(self.no_role_changes(PeopleError::OwnSignIn).await);
        }
        let oversight = held.iter().any(Role::is_of_oversight);
        // Who could sign in as an officer could act as that officer.
        self.may(HouseAct::Administer(Administering { oversight, ..Administering::default() })).await?;
        if code.is_some() && held == Roles::default() {
            return Err(PeopleError::Unknown.into());
        }
        let what = match code {
            Some(code) => SignInEvent::Invited { code, until: clock::now() + INVITED_FOR },
            None if has_any => SignInEvent::Revoked,
            None => return Err(PeopleError::NoSignIn.into()),
        };
        let until = match &what {
            SignInEvent::Invited { until, .. } => Some(until.to_string()),
            _ => None,
        };
        record(&self.node, SignInNote { by: Some(self.actor.clone()), person: person.clone(), what }).await?;
        if until.is_none() {
            self.node.door.sessions.end_all_of(&person);
        }
        Ok(Invited { until })
    }

    /// Whoever has no role left does not sign in either, and nothing is kept of their password; the caller holds
    /// `changing_people`.
    pub(super) async fn ends_with_roles(&self, person: PersonName) -> Result<(), DeskError> {
        let has_any = {
            let people = self.node.people.read().unwrap_or_else(PoisonError::into_inner);
            people.accounts.has_any(&person)
        };
        if has_any {
            let (by, what) = (Some(self.actor.clone()), SignInEvent::Revoked);
            record(&self.node, SignInNote { by, person: person.clone(), what }).await?;
        }
        self.node.door.sessions.end_all_of(&person);
        Ok(())
    }

    /// What lets something leave or go for good: with a credential at once, in a browser after the second factor once more.
    pub(super) fn expect_stepped_up(&self) -> Result<(), PeopleError> {
        if self.stepped_up { Ok(()) } else { Err(PeopleError::NeedsStepUp) }
    }
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests;
