//! Who may give, change and take which role, and by what somebody is let in.

use super::*;

fn people() -> (People, Actor, Actor) {
    let mut people = People::default();
    let mut add = |name: &str, role: Role| {
        let credential = Credential::new(name.parse().unwrap());
        let grant = Grant {
            person: name.parse().unwrap(),
            roles: Roles::from([role]),
            credential: credential.hash(),
            by: None,
            until: None,
        };
        people.apply(grant);
        people.prove(&credential, 0).unwrap()
    };
    let operator = add("beheerder", Role::Operator);
    let officer = add("fg", Role::PrivacyOfficer);
    (people, operator, officer)
}

#[test]
fn one_person_never_holds_author_and_approver() {
    let (people, operator, _) = people();
    let both = [Role::Author, Role::Approver].into();
    assert_eq!(people.may_add(&operator, &"jan".parse().unwrap(), both, None), Err(PeopleError::AuthorAndApprover));
}

#[test]
fn nobody_gives_a_role_to_themself() {
    let (people, operator, _) = people();
    let own = operator.person.clone();
    assert_eq!(people.may_add(&operator, &own, [Role::Author].into(), None), Err(PeopleError::OwnRole));
}

#[test]
fn only_an_officer_names_an_officer_and_only_an_operator_the_others() {
    let (people, operator, officer) = people();
    let name = "jan".parse().unwrap();
    assert_eq!(people.may_add(&operator, &name, [Role::PrivacyOfficer].into(), None), Err(PeopleError::OfficerOnly));
    assert_eq!(people.may_add(&officer, &name, [Role::PrivacyOfficer].into(), None), Ok(()));
    assert_eq!(people.may_add(&operator, &name, [Role::Author].into(), None), Ok(()));
    assert!(people.may_add(&officer, &name, [Role::Author].into(), None).is_err());
}

#[test]
fn a_name_without_its_secret_proves_nothing() {
    let (people, operator, _) = people();
    let forged = Credential::new(operator.person.clone());
    assert_eq!(people.prove(&forged, 0), Err(PeopleError::NotProven));
    assert_eq!(people.prove(&Credential::new("niemand".parse().unwrap()), 0), Err(PeopleError::NotProven));
}

#[test]
fn a_supervisor_is_named_by_an_officer_for_a_time_and_is_nothing_else() {
    let (mut people, operator, officer) = people();
    let name: PersonName = "inspecteur".parse().unwrap();
    let supervisor = Roles::from([Role::Supervisor]);
    let now = clock::now();
    let soon = Some(now + Millis::hours(1));
    let may = |by: &Actor, roles, until| people.may_add(by, &name, roles, until);
    assert_eq!(may(&officer, supervisor, soon), Ok(()));
    assert_eq!(may(&operator, supervisor, soon), Err(PeopleError::OfficerOnly));
    for until in [None, Some(now - Millis(1)), Some(now + LONGEST_SUPERVISION + Millis::hours(1))] {
        assert_eq!(may(&officer, supervisor, until), Err(PeopleError::SupervisorTerm));
    }
    assert_eq!(may(&operator, [Role::Author].into(), soon), Err(PeopleError::SupervisorTerm));
    let two = [Role::Supervisor, Role::Reviewer].into();
    assert_eq!(may(&officer, two, soon), Err(PeopleError::SupervisorOnly));
    let credential = Credential::new(name.clone());
    let grant = |until| Grant {
        person: name.clone(),
        roles: supervisor,
        credential: credential.hash(),
        by: Some(officer.clone()),
        until,
    };
    people.apply(grant(soon));
    let actor = people.prove(&credential, 0).unwrap();
    assert!(people.roles(&actor).contains(Role::Supervisor));
    people.apply(grant(Some(now - Millis(1))));
    assert!(!people.roles(&actor).contains(Role::Supervisor));
}

#[test]
fn somebody_gets_more_within_the_same_rules_and_a_new_credential_from_who_could_have_let_them_in() {
    let (mut people, operator, officer) = people();
    let (jan, inspector) = (Credential::new("jan".parse().unwrap()), Credential::new("inspecteur".parse().unwrap()));
    let soon = clock::now() + Millis::hours(1);
    for (of, role, until) in [(&jan, Role::Author, None), (&inspector, Role::Supervisor, Some(soon))] {
        let (person, by) = (of.person().clone(), Some(operator.clone()));
        people.apply(Grant { person, roles: [role].into(), credential: of.hash(), by, until });
    }
    let change = |by: &Actor, who: &PersonName, more: &[Role], until, credential| {
        people.may_change(by, who, more.iter().copied().collect(), until, credential)
    };
    let (name, inspector) = (jan.person(), inspector.person());
    let given = change(&operator, name, &[Role::Reviewer], None, None).unwrap();
    assert_eq!((given.roles, given.credential), ([Role::Author, Role::Reviewer].into(), jan.hash()));
    let refused = [
        (change(&operator, name, &[Role::Approver], None, None), PeopleError::AuthorAndApprover),
        (change(&operator, name, &[Role::PrivacyOfficer], None, None), PeopleError::OfficerOnly),
        (change(&operator, name, &[Role::Supervisor], Some(soon), None), PeopleError::SupervisorOnly),
        (change(&operator, name, &[], Some(soon), None), PeopleError::SupervisorTerm),
        (change(&operator, name, &[], None, None), PeopleError::NoChange),
        (change(&operator, &operator.person, &[Role::Author], None, None), PeopleError::OwnRole),
        (change(&operator, &"niemand".parse().unwrap(), &[Role::Author], None, None), PeopleError::Unknown),
        (change(&operator, inspector, &[], Some(soon + Millis(1)), None), PeopleError::OfficerOnly),
        (change(&operator, inspector, &[], None, Some(jan.hash())), PeopleError::OfficerOnly),
        (change(&operator, &officer.person, &[], None, Some(jan.hash())), PeopleError::OfficerOnly),
        (change(&officer, name, &[], None, Some(jan.hash())), PeopleError::NeedsRole(Role::Operator)),
        (change(&officer, inspector, &[Role::Reviewer], None, None), PeopleError::SupervisorOnly),
    ];
    for (number, (found, expected)) in refused.into_iter().enumerate() {
        assert_eq!(found.unwrap_err(), expected, "case {number}");
    }
    assert_eq!(change(&officer, inspector, &[], Some(soon + Millis(1)), None).unwrap().until, Some(soon + Millis(1)));
    let renewed = Credential::new(name.clone());
    people.apply(change(&operator, name, &[], None, Some(renewed.hash())).unwrap());
    assert_eq!(people.prove(&jan, 0), Err(PeopleError::NotProven));
    assert!(people.prove(&renewed, 0).is_ok());
}

#[test]
fn the_last_of_those_who_run_or_oversee_the_node_cannot_go() {
    let (mut people, operator, officer) = people();
    let second = Credential::new("fg2".parse().unwrap());
    let grant = Grant {
        person: second.person().clone(),
        roles: [Role::PrivacyOfficer].into(),
        credential: second.hash(),
        by: Some(officer.clone()),
        until: None,
    };
    people.apply(grant);
    let second = people.prove(&second, 0).unwrap();
    let officer_role = Role::PrivacyOfficer;
    assert_eq!(people.may_take(&operator, &officer.person, officer_role), Err(PeopleError::OfficerOnly));
    assert_eq!(people.may_take(&officer, &officer.person, officer_role), Err(PeopleError::OwnRoleTaken));
    let taken = people.may_take(&officer, &second.person, officer_role).unwrap();
    assert_eq!(taken.roles, Roles::default());
    people.apply(taken);
    assert!(people.may_take(&second, &officer.person, officer_role).is_err(), "who lost the role takes none");
    let (mut people, operator, _) = self::people();
    let other = Credential::new("beheer2".parse().unwrap());
    let roles = [Role::Operator].into();
    let by = Some(operator.clone());
    people.apply(Grant { person: other.person().clone(), roles, credential: other.hash(), by, until: None });
    let other = people.prove(&other, 0).unwrap();
    people.apply(people.may_take(&operator, &other.person, Role::Operator).unwrap());
    let gone = people.may_take(&operator, &other.person, Role::Operator);
    assert_eq!(gone, Err(PeopleError::HasNotRole(Role::Operator)));
}
