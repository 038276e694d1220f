//! The convenant's parties and terms as Cedar entities, made once.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use cedar_policy::{Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema};
use weegnet_protocol::oin::Oin;
use weegnet_protocol::time::Timestamp;

use super::engine::PolicyError;
use crate::convenant::{AnswerMode, Party, Ratified};
use crate::role::{Role, Roles};

/// Everything that stays the same between decisions.
#[derive(Debug)]
pub(super) struct World {
    pub(super) entities: Entities,
    pub(super) convenant: EntityUid,
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
        let mut entities = Vec::new();
        let persons: Vec<_> = Roles::all_sets().map(|roles| names.person(roles)).collect();
        for (roles, uid) in Roles::all_sets().zip(&persons) {
            entities.push(Entity::new_no_attrs(uid.clone(), roles.iter().map(|role| names.role(role)).collect()));
        }
        entities.extend(Role::ALL.map(|role| Entity::new_no_attrs(names.role(role), HashSet::new())));
        let mut parties = BTreeMap::new();
        for party in ratified.parties() {
            let member = member(ratified, party, &names);
            entities.push(party_entity(party.oin.is_test(), party.mode, &member, &names)?);
            parties.insert(party.oin, member);
        }
        // Whoever is no party is one stranger, who may do nothing.
        let stranger = Member { uid: names.party("stranger"), core: false, answers: false, may_tell: BTreeSet::new() };
        entities.push(party_entity(false, AnswerMode::Never, &stranger, &names)?);
        let convenant = uid(&names.convenant, ratified.reference().id().as_str());
        entities.push(convenant_entity(convenant.clone(), ratified)?);
        let entities = Entities::from_entities(entities, Some(schema)).map_err(broken)?;
        Ok(World { entities, convenant, persons, parties, stranger: stranger.uid })
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
}

impl Names {
    fn new() -> Result<Names, PolicyError> {
        let name = |text: &str| text.parse::<EntityTypeName>().map_err(broken);
        Ok(Names { person: name("Person")?, role: name("Role")?, party: name("Party")?, convenant: name("Convenant")? })
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
        may_tell: bases.filter(|basis| basis.from == party.oin).map(|basis| basis.to).collect(),
    }
}

fn party_entity(test: bool, mode: AnswerMode, member: &Member, names: &Names) -> Result<Entity, PolicyError> {
    let may_tell = member.may_tell.iter().map(|oin| RestrictedExpression::new_entity_uid(names.party(oin.as_str())));
    let attributes = [
        ("core", RestrictedExpression::new_bool(member.core)),
        ("test", RestrictedExpression::new_bool(test)),
        ("mode", RestrictedExpression::new_string(mode.as_str().into())),
        ("may_tell", RestrictedExpression::new_set(may_tell)),
    ];
    entity(member.uid.clone(), attributes)
}

fn convenant_entity(uid: EntityUid, ratified: &Ratified) -> Result<Entity, PolicyError> {
    let (terms, quota) = (ratified.terms(), ratified.quota());
    let attributes = [
        ("only_test", RestrictedExpression::new_bool(ratified.only_test_organisations())),
        ("purpose", RestrictedExpression::new_string(terms.purpose.uri.to_string())),
        ("valid_from", moment(terms.valid_from.0.start())),
        ("valid_until", moment(terms.valid_until())),
        ("window_least", long(ratified.least_window().0)),
        ("window_most", long(ratified.most_window().0)),
        ("waiting", long(ratified.waiting().0)),
        ("quota_author", long(quota.per_author.into())),
        ("quota_organisation", long(quota.per_organisation.into())),
        ("bsn", RestrictedExpression::new_bool(terms.bsn.allowed)),
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
