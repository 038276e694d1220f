//! The convenant's parties and terms as Cedar entities, made once.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use cedar_policy::{Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema};
use weegnet_protocol::oin::Oin;
use weegnet_protocol::time::Timestamp;

use super::engine::{Action, PolicyError};
use crate::convenant::{AnswerMode, Party, Ratified, Seconds};
use crate::role::{Role, Roles};

/// The name of the one house that a node knows.
const HOUSE: &str = "own";

/// Everything that stays the same between decisions.
#[derive(Debug)]
pub(super) struct World {
    pub(super) entities: Entities,
    pub(super) convenant: EntityUid,
    pub(super) house: EntityUid,
    persons: Vec<EntityUid>,
    parties: BTreeMap<Oin, Member>,
    stranger: EntityUid,
}

/// What is asked of a party in Rust, before Cedar is.
#[derive(Debug)]
pub(super) struct Member {
    uid: EntityUid,
    pub(super) core: bool,
    pub(super) answers: bool,
    pub(super) weging: bool,
    may_tell: BTreeSet<Oin>,
}

impl Member {
    /// Whether the convenant gives it a legal basis to answer `asker`.
    pub(super) fn may_tell(&self, asker: &Oin) -> bool {
        self.may_tell.contains(asker)
    }
}

impl World {
    pub(super) fn new(ratified: &Ratified, schema: &Schema) -> Result<World, PolicyError> {
        let names = Names::new()?;
        let (persons, mut entities) = people(&names);
        let mut parties = BTreeMap::new();
        for party in ratified.parties() {
            let member = member(ratified, party, &names);
            let (practice, oin) = (ratified.terms().practice(), &party.oin);
            let agreed = [practice.is_weging(oin), practice.needs_second(oin), practice.secrecy(oin).is_some()];
            entities.push(party_entity(oin.is_test(), party.mode, &member, agreed, &names)?);
            parties.insert(party.oin, member);
        }
        // Whoever is no party is one stranger, who may do nothing.
        let stranger = Member {
            uid: names.party("stranger"),
            core: false,
            answers: false,
            weging: false,
            may_tell: BTreeSet::new(),
        };
        entities.push(party_entity(false, AnswerMode::Never, &stranger, [false; 3], &names)?);
        let convenant = uid(&names.convenant, ratified.reference().id().as_str());
        let core = parties.values().filter(|member| member.core).map(|member| member.uid.clone());
        entities.push(convenant_entity(convenant.clone(), ratified, core)?);
        let entities = Entities::from_entities(entities, Some(schema)).map_err(broken)?;
        Ok(World { entities, convenant, house: uid(&names.house, HOUSE), persons, parties, stranger: stranger.uid })
    }

    /// Where only the own house is decided about.
    pub(super) fn without_convenant(schema: &Schema) -> Result<World, PolicyError> {
        let names = Names::new()?;
        let (persons, entities) = people(&names);
        let entities = Entities::from_entities(entities, Some(schema)).map_err(broken)?;
        let house = uid(&names.house, HOUSE);
        let convenant = uid(&names.convenant, "none");
        Ok(World { entities, convenant, house, persons, parties: BTreeMap::new(), stranger: names.party("stranger") })
    }

    /// What an action is about.
    pub(super) fn resource(&self, action: Action) -> EntityUid {
        if action.is_of_the_house() { self.house.clone() } else { self.convenant.clone() }
    }

    /// The person who holds these roles.
    pub(super) fn person(&self, roles: Roles) -> EntityUid {
        self.persons[roles.index()].clone()
    }

    /// The party, or the stranger.
    pub(super) fn party(&self, oin: &Oin) -> EntityUid {
        self.member(oin).map_or_else(|| self.stranger.clone(), |member| member.uid.clone())
    }

    /// The party's facts.
    pub(super) fn member(&self, oin: &Oin) -> Option<&Member> {
        self.parties.get(oin)
    }
}

/// Everybody, as the set of roles that they hold, with the house in which they act.
fn people(names: &Names) -> (Vec<EntityUid>, Vec<Entity>) {
    let mut entities = vec![Entity::new_no_attrs(uid(&names.house, HOUSE), HashSet::new())];
    let persons: Vec<_> = Roles::all_sets().map(|roles| names.person(roles)).collect();
    for (roles, uid) in Roles::all_sets().zip(&persons) {
        entities.push(Entity::new_no_attrs(uid.clone(), roles.iter().map(|role| names.role(role)).collect()));
    }
    entities.extend(Role::ALL.map(|role| Entity::new_no_attrs(names.role(role), HashSet::new())));
    (persons, entities)
}

/// A moment or length in milliseconds as Cedar counts it; beyond its range as far away as it goes.
pub(super) fn long(millis: u64) -> RestrictedExpression {
    RestrictedExpression::new_long(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// The moment in milliseconds.
pub(super) fn moment(at: Timestamp) -> RestrictedExpression {
    long(at.as_millis())
}

struct Names {
    person: EntityTypeName,
    role: EntityTypeName,
    party: EntityTypeName,
    convenant: EntityTypeName,
    house: EntityTypeName,
}

impl Names {
    fn new() -> Result<Names, PolicyError> {
        let name = |text: &str| text.parse::<EntityTypeName>().map_err(broken);
        Ok(Names {
            person: name("Person")?,
            role: name("Role")?,
            party: name("Party")?,
            convenant: name("Convenant")?,
            house: name("House")?,
        })
    }
    fn person(&self, roles: Roles) -> EntityUid {
        uid(&self.person, &roles.index().to_string())
    }
    fn role(&self, role: Role) -> EntityUid {
        uid(&self.role, role.as_str())
    }
    fn party(&self, name: &str) -> EntityUid {
        uid(&self.party, name)
    }
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn member(ratified: &Ratified, party: &Party, names: &Names) -> Member {
    let bases = ratified.terms().bases.iter();
    Member {
        uid: names.party(party.oin.as_str()),
        core: party.is_core(),
        answers: party.mode != AnswerMode::Never,
        weging: ratified.terms().practice().is_weging(&party.oin),
        may_tell: bases.filter(|basis| basis.from == party.oin).map(|basis| basis.to).collect(),
    }
}

/// `agreed`: for the weging, with a second reviewer, bound to secrecy.
fn party_entity(
    test: bool,
    mode: AnswerMode,
    member: &Member,
    agreed: [bool; 3],
    names: &Names,
) -> Result<Entity, PolicyError> {
    let [weging, second, secrecy] = agreed.map(RestrictedExpression::new_bool);
    let may_tell = member.may_tell.iter().map(|oin| RestrictedExpression::new_entity_uid(names.party(oin.as_str())));
    let attributes = [
        ("core", RestrictedExpression::new_bool(member.core)),
        ("test", RestrictedExpression::new_bool(test)),
        ("mode", RestrictedExpression::new_string(mode.as_str().into())),
        ("may_tell", RestrictedExpression::new_set(may_tell)),
        ("weging", weging),
        ("second", second),
        ("secrecy", secrecy),
    ];
    entity(member.uid.clone(), attributes)
}

fn convenant_entity(
    uid: EntityUid,
    ratified: &Ratified,
    core: impl Iterator<Item = EntityUid>,
) -> Result<Entity, PolicyError> {
    let (terms, quota) = (ratified.terms(), ratified.quota());
    let practice = terms.practice();
    let attributes = [
        ("only_test", RestrictedExpression::new_bool(ratified.only_test_organisations())),
        ("purpose", RestrictedExpression::new_string(terms.purpose.uri.to_string())),
        ("valid_from", moment(terms.valid_from.0.start())),
        ("valid_until", moment(terms.valid_until())),
        ("window_least", long(ratified.least_window().0)),
        ("window_most", long(ratified.most_window().0)),
        ("window_urgent", long(practice.terms.urgent_least.map_or(ratified.least_window(), Seconds::millis).0)),
        ("working_days", long(practice.terms.least_working_days.unwrap_or(0).into())),
        ("minor_second", RestrictedExpression::new_bool(practice.terms.minor_second)),
        ("waiting", long(ratified.waiting().0)),
        ("quota_author", long(quota.per_author.into())),
        ("quota_organisation", long(quota.per_organisation.into())),
        ("bsn", RestrictedExpression::new_bool(terms.bsn.allowed)),
        ("core", RestrictedExpression::new_set(core.map(RestrictedExpression::new_entity_uid))),
    ];
    entity(uid, attributes)
}

fn entity<const N: usize>(
    uid: EntityUid,
    attributes: [(&str, RestrictedExpression); N],
) -> Result<Entity, PolicyError> {
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Entity::new(uid, attributes, HashSet::new()).map_err(broken)
}

fn broken(error: impl std::fmt::Display) -> PolicyError {
    PolicyError::Entities(error.to_string())
}
