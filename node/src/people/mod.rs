//! Who may do what on this node: roles given through the journal, proven by credential files.

pub mod account;
mod credential;
pub mod door;
pub mod password;
pub mod patience;
pub mod session;
pub mod totp;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use weegnet_policy::role::{Role, Roles};
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::id::Slug;
use weegnet_protocol::time::Millis;

use crate::clock;

use account::Accounts;
use session::{Ended, SessionEnded, SessionId, Sessions};

pub use credential::{Credential, NotACredential, credential_path};

/// Most people one node knows: 10,000.
const MAX_PEOPLE: usize = 10_000;
/// Longest time for which a supervisor is let in: 366 days. A longer inspection is granted anew.
pub const LONGEST_SUPERVISION: Millis = Millis::hours(366 * 24);

/// The name of a person here: as in convenanten, `a-z 0-9 - _ .`.
pub type PersonName = Slug;

/// Who acts: the person, and the operating-system user at the other end of the socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The person, proven by credential.
    pub person: PersonName,
    /// Numeric user id of the calling process; `u32::MAX` for a browser.
    pub os_user: u32,
    /// How they came in; absent for a credential over the socket.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub way: Option<Way>,
}

/// How somebody came in who did not show a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By password and code in a browser.
    Console,
    /// In a browser, as the organisation's own server for signing in said.
    Oidc,
    /// By a token, from a program.
    Token,
}

/// A role given: the body of a journal entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// To whom.
    pub person: PersonName,
    /// Which roles the person then has.
    pub roles: Roles,
    /// SHA-256 of the credential.
    pub credential: Hash,
    /// By whom; absent for the two people whom `init` makes.
    pub by: Option<Actor>,
    /// When the roles end by themselves: a supervisor's do, nobody else's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Timestamp>,
}

impl Grant {
    /// The roles that hold at `now`.
    pub fn roles_at(&self, now: Timestamp) -> Roles {
        if self.until.is_some_and(|until| until <= now) { Roles::default() } else { self.roles }
    }
}

/// Why a person cannot get these roles, or is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeopleError {
    /// Unknown name or wrong credential.
    #[error("no such person, or the credential does not belong to them: use the file that 'people add' wrote")]
    NotProven,
    /// The person lacks the role.
    #[error("this needs the role {0}: ask an operator to give it, or act as somebody who has it")]
    NeedsRole(Role),
    /// H10: nobody gives a role to themself.
    #[error("nobody gives a role to themself: ask another operator or privacy officer")]
    OwnRole,
    /// Author and approver in one hand.
    #[error("one person never holds both author and approver: give one of them to somebody else")]
    AuthorAndApprover,
    /// A privacy officer is named by a privacy officer.
    #[error("the roles of privacy officer and supervisor are given and taken by a privacy officer, not by an operator")]
    OfficerOnly,
    /// H10: the last one cannot go.
    #[error("this would leave the node without a {0}: give the role to somebody else first")]
    LastOne(Role),
    /// Nothing to give.
    #[error("name at least one role")]
    NoRoles,
    /// The list is full.
    #[error("a node knows at most {MAX_PEOPLE} people")]
    TooMany,
    /// A supervisor's term is missing, over, or too long; or somebody else has one.
    #[error("a supervisor, and only a supervisor, is let in until a date, with --until: in the future, within a year")]
    SupervisorTerm,
    /// A supervisor is nothing else here.
    #[error("a supervisor inspects and holds no other role")]
    SupervisorOnly,
    /// Proven, but no role is left.
    #[error("this needs the role that you no longer have here: ask a privacy officer or an operator")]
    Ended,
    /// Nobody takes a role from themself.
    #[error("nobody takes a role from themself: ask another operator or privacy officer")]
    OwnRoleTaken,
    /// There is nothing to take.
    #[error("nobody with this name has the role {0}: see 'weegnet people list'")]
    HasNotRole(Role),
    /// The name is taken.
    #[error(
        "somebody with this name exists already: choose another name, or give them more with 'weegnet people change'"
    )]
    Exists,
    /// Nobody has the name.
    #[error("nobody here has this name: see 'weegnet people list', or use 'weegnet people add'")]
    Unknown,
    /// What leaves or goes for good needs the second factor once more.
    #[error("this lets something leave or go for good: confirm it with a new code from your app first")]
    NeedsStepUp,
    /// Nobody makes themself another way in from a browser.
    #[error("nobody changes how they sign in themself from a browser: ask an operator or privacy officer")]
    OwnSignIn,
    /// There is no sign-in to end.
    #[error("nobody with this name signs in at the console: see 'weegnet people list'")]
    NoSignIn,
    /// Nothing was said that would change anything.
    #[error("say what changes: --role, --until or --new-credential")]
    NoChange,
}

/// The people of this node, folded from the journal.
#[derive(Debug, Clone, Default)]
pub struct People {
    grants: BTreeMap<PersonName, Grant>,
    /// How they sign in at the console.
    pub accounts: Accounts,
}

impl People {
    /// Takes a grant that the journal holds.
    pub fn apply(&mut self, grant: Grant) {
        self.grants.insert(grant.person.clone(), grant);
    }

    /// Who has which roles now, and until when.
    pub fn iter(&self) -> impl Iterator<Item = (&PersonName, Roles, Option<Timestamp>)> {
        let now = clock::now();
        self.grants.values().map(move |grant| (&grant.person, grant.roles_at(now), grant.until))
    }

    /// Lets a person in by their credential.
    pub fn prove(&self, credential: &Credential, os_user: u32) -> Result<Actor, PeopleError> {
        let hash = credential.hash();
        // The same work for an unknown name as for a wrong secret.
        let known = self.grants.get(credential.person());
        let expected = known.map_or(Bytes([0; 32]), |grant| grant.credential);
        let equal: bool = hash.0.ct_eq(&expected.0).into();
        match known {
            Some(grant) if equal => Ok(Actor { person: grant.person.clone(), os_user, way: None }),
            _ => Err(PeopleError::NotProven),
        }
    }

    /// Lets a person in by their session, as long as they have every role that they had when it began; tells whether the
    /// second factor was shown a moment ago.
    pub fn enter(
        &self,
        sessions: &Sessions,
        id: &SessionId,
        browser: &Hash,
        touch: bool,
        now: Timestamp,
    ) -> Result<(Actor, Roles, bool), Ended> {
        let session = sessions.enter(id, browser, touch, now)?;
        let person = &session.actor.person;
        let held = self.grants.get(person).map(|grant| grant.roles_at(now)).unwrap_or_default();
        let lost = held == Roles::default() || session.roles.iter().any(|role| !held.contains(role));
        if lost || session.enrolment != self.accounts.enrolment(person) {
            sessions.end(id);
            return Err((SessionEnded::Changed, Some(person.clone())));
        }
        let stepped_up = session.is_stepped_up(now);
        Ok((session.actor, held, stepped_up))
    }

    /// The roles of an actor.
    pub fn roles(&self, actor: &Actor) -> Roles {
        self.grants.get(&actor.person).map(|grant| grant.roles_at(clock::now())).unwrap_or_default()
    }

    /// The roles that somebody has now.
    pub fn roles_of(&self, person: &PersonName) -> Roles {
        self.grants.get(person).map(|grant| grant.roles_at(clock::now())).unwrap_or_default()
    }

    /// Whether `by` may add a person with these roles (H10), as a supervisor until a moment.
    pub fn may_add(
        &self,
        by: &Actor,
        person: &PersonName,
        roles: Roles,
        until: Option<Timestamp>,
    ) -> Result<(), PeopleError> {
        if roles.iter().next().is_none() {
            return Err(PeopleError::NoRoles);
        }
        if *person == by.person {
            return Err(PeopleError::OwnRole);
        }
        if self.grants.contains_key(person) {
            return Err(PeopleError::Exists);
        }
        if self.grants.len() >= MAX_PEOPLE {
            return Err(PeopleError::TooMany);
        }
        fits(roles, until)?;
        roles.iter().try_for_each(|role| self.may_handle(by, role))
    }

    /// What a person then has, as the journal records it, when `by` gives them further roles, a supervisor a new end, or
    /// anybody a new credential, after which the old one lets nobody in (H10).
    pub fn may_change(
        &self,
        by: &Actor,
        person: &PersonName,
        more: Roles,
        until: Option<Timestamp>,
        credential: Option<Hash>,
    ) -> Result<Grant, PeopleError> {
        if more.iter().next().is_none() && until.is_none() && credential.is_none() {
            return Err(PeopleError::NoChange);
        }
        if *person == by.person {
            return Err(PeopleError::OwnRole);
        }
        let grant = self.grants.get(person).ok_or(PeopleError::Unknown)?;
        let held = grant.roles_at(clock::now());
        let roles: Roles = held.iter().chain(more.iter()).collect();
        let is_supervisor = roles.contains(Role::Supervisor);
        let until = until.or(grant.until.filter(|_| is_supervisor && held.contains(Role::Supervisor)));
        fits(roles, until)?;
        more.iter().try_for_each(|role| self.may_handle(by, role))?;
        if grant.until != until && is_supervisor {
            self.may_handle(by, Role::Supervisor)?;
        }
        if credential.is_some() {
            // Who could make one for an officer could act as that officer.
            let oversees = [Role::PrivacyOfficer, Role::Supervisor].into_iter().find(|role| roles.contains(*role));
            self.may_handle(by, oversees.unwrap_or(Role::Operator))?;
        }
        let credential = credential.unwrap_or(grant.credential);
        Ok(Grant { person: person.clone(), roles, credential, by: Some(by.clone()), until })
    }

    /// Whether nobody else has this role, which the node cannot be without (H10).
    pub fn is_last(&self, person: &PersonName, role: Role) -> bool {
        let held = |grant: &&Grant| grant.roles_at(clock::now()).contains(role);
        let needed = matches!(role, Role::PrivacyOfficer | Role::Operator);
        needed && self.grants.get(person).filter(held).is_some() && self.grants.values().filter(held).count() == 1
    }

    /// The roles that remain when `by` takes one from a person, as the journal records it (H10).
    pub fn may_take(&self, by: &Actor, person: &PersonName, role: Role) -> Result<Grant, PeopleError> {
        self.may_handle(by, role)?;
        if *person == by.person {
            return Err(PeopleError::OwnRoleTaken);
        }
        let held = |grant: &&Grant| grant.roles_at(clock::now()).contains(role);
        let grant = self.grants.get(person).filter(held).ok_or(PeopleError::HasNotRole(role))?;
        if self.is_last(person, role) {
            return Err(PeopleError::LastOne(role));
        }
        let roles = grant.roles.iter().filter(|other| *other != role).collect();
        Ok(Grant { roles, by: Some(by.clone()), ..grant.clone() })
    }

    /// Oversight is named by oversight, everybody else by an operator.
    fn may_handle(&self, by: &Actor, role: Role) -> Result<(), PeopleError> {
        let held = self.roles(by);
        match role {
            Role::PrivacyOfficer | Role::Supervisor if held.contains(Role::PrivacyOfficer) => Ok(()),
            Role::PrivacyOfficer | Role::Supervisor => Err(PeopleError::OfficerOnly),
            _ if held.contains(Role::Operator) => Ok(()),
            _ => Err(PeopleError::NeedsRole(Role::Operator)),
        }
    }
}

/// Whether one person may hold these roles together, until then.
fn fits(roles: Roles, until: Option<Timestamp>) -> Result<(), PeopleError> {
    if roles.contains(Role::Author) && roles.contains(Role::Approver) {
        return Err(PeopleError::AuthorAndApprover);
    }
    let supervisor = roles.contains(Role::Supervisor);
    if supervisor && roles.iter().count() > 1 {
        return Err(PeopleError::SupervisorOnly);
    }
    let now = clock::now();
    let fits = until.is_some_and(|until| now < until && until <= now + LONGEST_SUPERVISION);
    if supervisor != fits || until.is_some() != supervisor {
        return Err(PeopleError::SupervisorTerm);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
