//! Running the node: people, convenanten in force, registers.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};
use weegnet_policy::convenant::Ratified;
use weegnet_policy::decide::{Administering, HouseAct};
use weegnet_policy::role::{Role, Roles};
use weegnet_protocol::codec::{self, Blob, Hash};
use weegnet_protocol::id::{ConvenantId, EntryId};
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::{Oin, Timestamp};

use super::{Desk, DeskError};
use crate::clock;
use crate::convenants::Convenants;
use crate::exchange::bodies::{ConvenantAdopted, ConvenantRatified, Note, RegisterImported, RegisterRefolded};
use crate::exchange::note;
use crate::journal::{Entry, EntryBody};
use crate::people::{Grant, PersonName};
use crate::register::{self, ImportRules};

pub use crate::register::{ImportError, ImportReport, Mapping, Progress, Quality, check as check_source};

/// What a register is after it was indexed anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refolded {
    /// Which.
    pub convenant: ConvenantId,
    /// Rows in it.
    pub rows: u64,
    /// Version of the fold.
    pub fold: u32,
}

/// Somebody who is to have roles here.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddPerson {
    /// Name.
    pub person: PersonName,
    /// Roles.
    pub roles: Roles,
    /// SHA-256 of the credential's secret, which the caller has made and keeps.
    pub credential: Hash,
    /// When a supervisor's role ends by itself.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// What somebody who is here already gets.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangePerson {
    /// Who.
    pub person: PersonName,
    /// Roles beside those that they have.
    #[serde(default)]
    pub more: Roles,
    /// When a supervisor's role ends by itself from now on.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// SHA-256 of a new credential's secret; the old one lets nobody in any more.
    #[serde(default)]
    pub credential: Option<Hash>,
}

/// A role that somebody is to lose.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeRole {
    /// Whose.
    pub person: PersonName,
    /// Which.
    pub role: Role,
}

/// A person and their roles.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PersonView {
    /// Name.
    pub person: PersonName,
    /// Roles.
    pub roles: Roles,
    /// When they end by themselves.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<String>,
    /// How they sign in at the console: `enrolled`, or until when they are invited.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub console: Option<String>,
}

/// A convenant with its signatures.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adopt {
    /// The document.
    pub document: String,
    /// A detached signature per party.
    pub signatures: BTreeMap<Oin, Blob>,
}

/// A convenant that is in force here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InForce {
    /// Which.
    pub convenant: ConvenantId,
    /// SHA-256 of the canonical document.
    pub hash: Hash,
    /// Number of parties.
    pub parties: usize,
    /// Its version, in words of the parties.
    pub version: String,
    /// First day on which it holds (UTC).
    pub from: String,
    /// Whether that day has come.
    pub begun: bool,
    /// `geldt`, `geldt nog niet`, or `vervangen`.
    pub state: String,
}

impl InForce {
    fn of(ratified: &Ratified, convenants: &Convenants) -> Self {
        let (reference, terms) = (ratified.reference(), ratified.terms());
        let begun = terms.valid_from.0.start() <= clock::now();
        let replaced = begun && !convenants.may_begin(reference, clock::now());
        let state = if replaced { "vervangen" } else { ["geldt nog niet", "geldt"][usize::from(begun)] };
        InForce {
            convenant: reference.id().clone(),
            hash: *reference.base(),
            parties: ratified.parties().len(),
            version: terms.version.to_string(),
            from: terms.valid_from.to_string(),
            begun,
            state: state.into(),
        }
    }
}

/// How an import is to go.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Which register; may be left out when one convenant is in force.
    pub convenant: Option<ConvenantId>,
    /// From another layout.
    pub mapping: Mapping,
    /// More than 5 % rejected is fine.
    pub confirm_rejected: bool,
    /// More than 10 % vanished is fine.
    pub confirm_vanished: bool,
}

impl Desk {
    /// Gives a new person roles.
    pub async fn add_person(&self, add: AddPerson) -> Result<(), DeskError> {
        let _alone = self.node.changing_people.lock().await;
        let own = add.person == self.actor.person;
        for oversight in add.roles.iter().map(Role::is_of_oversight).collect::<BTreeSet<_>>() {
            self.may(HouseAct::Administer(Administering { oversight, own, ..Administering::default() })).await?;
        }
        let may = {
            let people = self.node.people.read().unwrap_or_else(PoisonError::into_inner);
            people.may_add(&self.actor, &add.person, add.roles, add.until)
        };
        if let Err(error) = may {
            return Err(self.no_role_changes(error).await);
        }
        let AddPerson { person, roles, credential, until } = add;
        self.grant(EntryKind::RoleGiven, Grant { person, roles, credential, by: Some(self.actor.clone()), until }).await
    }

    /// Gives somebody who is here already further roles, a later end, or a new credential.
    pub async fn change_person(&self, change: ChangePerson) -> Result<(), DeskError> {
        let _alone = self.node.changing_people.lock().await;
        let own = change.person == self.actor.person;
        let held = {
            let people = self.node.people.read().unwrap_or_else(PoisonError::into_inner);
            people.roles_of(&change.person)
        };
        // Who could make an officer a credential could act as that officer.
        let touched = if change.more.iter().next().is_none() { held } else { change.more };
        let renews = change.credential.is_some() && held.iter().any(Role::is_of_oversight);
        for oversight in touched.iter().map(|role| renews || role.is_of_oversight()).collect::<BTreeSet<_>>() {
            self.may(HouseAct::Administer(Administering { oversight, own, ..Administering::default() })).await?;
        }
        let may = {
            let people = self.node.people.read().unwrap_or_else(PoisonError::into_inner);
            people.may_change(&self.actor, &change.person, change.more, change.until, change.credential)
        };
        match may {
            Ok(grant) => self.grant(EntryKind::RoleGiven, grant).await,
            Err(error) => Err(self.no_role_changes(error).await),
        }
    }

    async fn grant(&self, kind: EntryKind, grant: Grant) -> Result<(), DeskError> {
        let vault = self.node.ledger.new_case()?;
        self.node.ledger.record((), vec![note(kind, None, vault, grant.clone())]).await?;
        self.node.people.write().unwrap_or_else(PoisonError::into_inner).apply(grant);
        Ok(())
    }

    /// Takes a role from somebody else; what that person did remains theirs.
    pub async fn take_role(&self, take: TakeRole) -> Result<(), DeskError> {
        // One change at a time: two officers who remove each other at once would leave none.
        let _alone = self.node.changing_people.lock().await;
        let last = {
            let people = self.node.people.read().unwrap_or_else(PoisonError::into_inner);
            people.is_last(&take.person, take.role)
        };
        let (oversight, own) = (take.role.is_of_oversight(), take.person == self.actor.person);
        self.may(HouseAct::Administer(Administering { oversight, own, last, look: false })).await?;
        let may = {
            let people = self.node.people.read().unwrap_or_else(PoisonError::into_inner);
            people.may_take(&self.actor, &take.person, take.role)
        };
        let remaining = match may {
            Ok(remaining) => remaining,
            Err(error) => return Err(self.no_role_changes(error).await),
        };
        let left_with_none = (remaining.roles == Roles::default()).then(|| remaining.person.clone());
        self.grant(EntryKind::RoleTaken, remaining).await?;
        match left_with_none {
            Some(person) => self.ends_with_roles(person).await,
            None => Ok(()),
        }
    }

    /// Who has which roles.
    pub fn people(&self) -> Vec<PersonView> {
        let people = self.node.people.read().unwrap_or_else(PoisonError::into_inner);
        let view = |(person, roles, until): (&PersonName, Roles, Option<Timestamp>)| PersonView {
            person: person.clone(),
            roles,
            until: until.map(|until| until.to_string()),
            console: people.accounts.how(person, clock::now()),
        };
        people.iter().map(view).collect()
    }

    /// Takes a convenant in force that every party signed.
    pub async fn adopt(&self, adopt: Adopt) -> Result<InForce, DeskError> {
        self.may(HouseAct::RUN).await?;
        let _alone = self.node.convenants.change().await;
        let signatures = adopt.signatures.iter().map(|(oin, blob)| (*oin, blob.0.clone())).collect();
        let policy = self.node.convenants.check(&adopt.document, &signatures)?;
        let ratified = policy.ratified();
        let reference = ratified.reference().clone();
        let in_force = InForce::of(ratified, &self.node.convenants);
        if self.node.convenants.policy(&reference).is_some() {
            return Ok(in_force);
        }
        let body = ConvenantRatified { document: adopt.document, signatures: adopt.signatures.into_iter().collect() };
        let entry = Entry {
            id: EntryId::new(clock::now(), clock::random()),
            kind: EntryKind::ConvenantRatified,
            convenant: Some(*reference.base()),
            envelope: None,
            body: EntryBody::Public(codec::encode(&Note::new(body))),
        };
        // Who did it stands in the house log: the convenant itself is public.
        let vault = self.node.ledger.new_case()?;
        let adopted = ConvenantAdopted { by: self.actor.clone(), convenant: reference.id().clone() };
        let by = note(EntryKind::Configuration, Some(&reference), vault, adopted);
        self.node.ledger.record((), vec![entry, by]).await?;
        self.node.convenants.adopt(policy, clock::now());
        if let Some(link) = self.node.link.get() {
            link.set_members(self.node.convenants.members())
                .await
                .map_err(|error| DeskError::Input(error.to_string()))?;
        }
        Ok(in_force)
    }

    /// The convenanten in force here, with their versions that were replaced and those that are to come.
    pub fn in_force(&self) -> Vec<InForce> {
        let convenants = &self.node.convenants;
        convenants.texts().iter().map(|policy| InForce::of(policy.ratified(), convenants)).collect()
    }

    /// Whether this person may replace a register, and of which convenant that is.
    pub async fn may_import(&self, convenant: Option<ConvenantId>) -> Result<(), DeskError> {
        self.may(HouseAct::RUN).await?;
        let convenant = self.register_of(convenant)?;
        self.policy(&convenant).map(|_| ())
    }

    /// Replaces a register by the rows of `source`, and records that. Blocks: call it where that is allowed.
    pub fn import(
        &self,
        source: impl Read,
        options: &ImportOptions,
        runtime: &tokio::runtime::Handle,
        progress: impl FnMut(Progress),
    ) -> Result<(ConvenantId, ImportReport), DeskError> {
        runtime.block_on(self.may(HouseAct::RUN))?;
        let convenant = self.register_of(options.convenant.clone())?;
        let policy = self.policy(&convenant)?;
        let us = self.node.us();
        let ratified = policy.ratified();
        let rules = ImportRules {
            reasons: ratified.terms().register_reasons.iter().map(|coded| coded.code.clone()).collect(),
            max_rows: ratified.party(&us).map_or(0, |party| u32::try_from(party.max_rows).unwrap_or(u32::MAX)),
            today: clock::now().day(),
            confirm_rejected: options.confirm_rejected,
            confirm_vanished: options.confirm_vanished,
            rejected_to: None,
        };
        let register = self.node.registers.of(&convenant)?;
        let report = register::import(&register, source, &options.mapping, &rules, progress)?;
        let body = RegisterImported {
            by: self.actor.clone(),
            convenant: convenant.clone(),
            rows: report.accepted + report.kept_old,
            rejected: report.rejected,
            source: report.source_digest,
        };
        let vault = self.node.ledger.new_case()?;
        let entry = note(EntryKind::RegisterImported, Some(ratified.reference()), vault, body);
        runtime.block_on(self.node.ledger.record((), vec![entry]))?;
        self.node.tables.look();
        Ok((convenant, report))
    }

    /// Indexes a register anew under the fold of this version, from the values as they were given. Recorded first. Blocks:
    /// call it where that is allowed.
    pub fn refold(
        &self,
        convenant: Option<ConvenantId>,
        runtime: &tokio::runtime::Handle,
    ) -> Result<Refolded, DeskError> {
        runtime.block_on(self.expect(Role::Operator))?;
        let convenant = self.register_of(convenant)?;
        let policy = self.policy(&convenant)?;
        let register = self.node.registers.of(&convenant)?;
        let vault = self.node.ledger.new_case()?;
        let fold = register::matching::FOLD_VERSION;
        let body = RegisterRefolded { by: self.actor.clone(), refolded: convenant.clone(), fold };
        let entry = note(EntryKind::Configuration, Some(policy.ratified().reference()), vault, body);
        runtime.block_on(self.node.ledger.record((), vec![entry]))?;
        let status = register.refold(clock::now().day())?;
        Ok(Refolded { convenant, rows: status.rows.into(), fold })
    }

    pub(super) fn register_of(&self, named: Option<ConvenantId>) -> Result<ConvenantId, DeskError> {
        let mut all = self.node.convenants.all().into_iter();
        match (named, all.next(), all.next()) {
            (Some(id), _, _) => Ok(id),
            (None, Some(only), None) => Ok(only.ratified().reference().id().clone()),
            (None, None, _) => Err(DeskError::Input("no convenant is in force here: adopt one first".into())),
            (None, Some(_), Some(_)) => {
                Err(DeskError::Input("several convenanten are in force here: say which with --convenant".into()))
            }
        }
    }
}
