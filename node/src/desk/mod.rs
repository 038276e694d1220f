//! The desk: the only door for command line, API and console. Every act names a proven person, is checked against roles
//! and convenant, and is recorded; what is shown is what is recorded.

pub mod amend;
pub mod ask;
pub mod consider;
pub mod corrections;
pub mod figures;
pub mod glance;
pub mod guide;
pub mod operator;
pub mod oversee;
pub mod reconcile;
pub mod recover;
pub mod retain;
pub mod review;
pub mod sealed;
pub mod signin;
pub mod subject;
pub mod tell;
pub mod view;
pub mod weigh;
pub mod witness;

use std::sync::{Arc, PoisonError};

use weegnet_policy::decide::{Denial, HouseAct, Policy};
use weegnet_policy::role::{Role, Roles};
use weegnet_protocol::id::ConvenantId;
use weegnet_protocol::log::EntryKind;

use crate::convenants::AdoptError;
use crate::exchange::bodies::{ActDenied, Read};
use crate::exchange::record::{CaseId, Record};
use crate::exchange::{ActError, note};
use crate::journal::JournalError;
use crate::node::Node;
use crate::people::{Actor, Credential, PeopleError};
use crate::register::{ImportError, RegisterError};

/// A person at the desk of a node.
#[derive(Clone)]
pub struct Desk {
    node: Arc<Node>,
    actor: Actor,
    /// The second factor was shown a moment ago, or there is none to show: a credential.
    stepped_up: bool,
}

/// Why the desk does not do something; its message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Not proven, or without the role.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The convenant or a rule of the product forbids it.
    #[error("{}", .0.nl)]
    Denied(Box<Denial>),
    /// Too late, or not recorded.
    #[error(transparent)]
    Act(#[from] ActError),
    /// No such case on this node, or not in this role.
    #[error("there is no {0} with this id here")]
    NotFound(&'static str),
    /// No such convenant in force here.
    #[error("no convenant '{0}' is in force here: adopt it first with 'weegnet convenant adopt'")]
    NoConvenant(ConvenantId),
    /// Something in the request cannot be.
    #[error("{0}")]
    Input(String),
    /// The convenant cannot come into force.
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    /// The register cannot be read.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The import stopped.
    #[error(transparent)]
    Import(#[from] ImportError),
}

impl DeskError {
    /// Whether there was no room to write it down: nothing was done, and it can be tried again.
    pub fn is_no_space(&self) -> bool {
        matches!(self, DeskError::Act(ActError::Journal(JournalError::NoSpace)))
    }
}

impl From<JournalError> for DeskError {
    fn from(error: JournalError) -> Self {
        DeskError::Act(ActError::Journal(error))
    }
}

impl Desk {
    /// Lets a person in by their credential; `os_user` is the calling process's.
    pub fn enter(node: &Arc<Node>, credential: &Credential, os_user: u32) -> Result<Self, DeskError> {
        let people = node.people.read().unwrap_or_else(PoisonError::into_inner);
        let actor = people.prove(credential, os_user)?;
        // A supervisor's time is over, or a role was taken: not even the list of people is theirs.
        if people.roles(&actor) == Roles::default() {
            return Err(PeopleError::Ended.into());
        }
        drop(people);
        Ok(Desk { node: Arc::clone(node), actor, stepped_up: true })
    }

    /// Who stands here.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    fn roles(&self) -> Roles {
        self.node.people.read().unwrap_or_else(PoisonError::into_inner).roles(&self.actor)
    }

    /// Whether there was a first of two people, who is somebody else than this one.
    fn is_another(&self, first: Option<&Actor>) -> bool {
        first.is_some_and(|first| first.person != self.actor.person)
    }

    /// Whether this person may do this in the own house; whoever may not is turned away, and that is recorded.
    async fn may(&self, act: HouseAct) -> Result<(), DeskError> {
        let house = self.node.convenants.house().map_err(|error| DeskError::Input(error.to_string()))?;
        let Err(denial) = house.may(self.roles(), act) else { return Ok(()) };
        let by = self.actor.clone();
        let body =
            ActDenied { by, convenant: None, act: act.action().name().into(), policy_ids: denial.policy_ids.clone() };
        let vault = self.node.ledger.new_case()?;
        self.node.ledger.record((), vec![note(EntryKind::ActDenied, None, vault, body)]).await?;
        Err(DeskError::Denied(Box::new(denial)))
    }

    /// Work that reads a whole journal: on a thread where that may take its time, so that nobody else waits for it.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, DeskError> {
        let desk = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&desk)).await;
        done.unwrap_or_else(|_| Err(DeskError::Input("this broke off: look into the log of the node".into())))
    }

    async fn expect(&self, role: Role) -> Result<(), DeskError> {
        self.expect_any(&[role]).await
    }

    /// One of these roles; whoever has none of them is turned away, and that is recorded.
    async fn expect_any(&self, roles: &[Role]) -> Result<(), DeskError> {
        let held = self.roles();
        if roles.iter().any(|role| held.contains(*role)) {
            return Ok(());
        }
        let missing = roles.iter().map(|role| format!("role-{role}")).collect();
        Err(self.turned_away("role", missing, PeopleError::NeedsRole(roles[0])).await)
    }

    /// Records that somebody tried what is not for them, and hands the error on.
    async fn turned_away(&self, act: &str, policy_ids: Vec<String>, error: PeopleError) -> DeskError {
        let body = ActDenied { by: self.actor.clone(), convenant: None, act: act.into(), policy_ids };
        let recorded = async {
            let vault = self.node.ledger.new_case()?;
            self.node.ledger.record((), vec![note(EntryKind::ActDenied, None, vault, body)]).await
        };
        recorded.await.map_or_else(DeskError::from, |_| error.into())
    }

    /// Records an attempt at roles that H10 forbids; a mistake in the request is none.
    async fn no_role_changes(&self, error: PeopleError) -> DeskError {
        use PeopleError::{LastOne, NeedsRole, OfficerOnly, OwnRole, OwnRoleTaken};
        match error {
            NeedsRole(_) | OwnRole | OfficerOnly | OwnRoleTaken | LastOne(_) => {
                self.turned_away("roles", vec!["H10".into()], error).await
            }
            error => error.into(),
        }
    }

    fn policy(&self, id: &ConvenantId) -> Result<Arc<Policy>, DeskError> {
        self.node.convenants.named(id).ok_or_else(|| DeskError::NoConvenant(id.clone()))
    }

    /// Records that our own side forbade an act, and hands the denial on.
    async fn denied(&self, act: &str, convenant: &ConvenantId, denial: Denial) -> DeskError {
        let body = ActDenied {
            by: self.actor.clone(),
            convenant: Some(convenant.clone()),
            act: act.into(),
            policy_ids: denial.policy_ids.clone(),
        };
        let vault = match self.node.ledger.new_case() {
            Ok(vault) => vault,
            Err(error) => return error.into(),
        };
        let reference = self.node.convenants.named(convenant).map(|policy| policy.ratified().reference().clone());
        match self.node.ledger.record((), vec![note(EntryKind::ActDenied, reference.as_ref(), vault, body)]).await {
            Ok(_) => DeskError::Denied(Box::new(denial)),
            Err(error) => error.into(),
        }
    }

    /// Records that this person reads what is about somebody: journal before screen.
    async fn reads(&self, record: &Record, case: CaseId, why: &str) -> Result<(), DeskError> {
        let body = Read { by: self.actor.clone(), case, why: why.into() };
        self.node.ledger.record((), vec![note(EntryKind::Read, None, record.vault(), body)]).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
