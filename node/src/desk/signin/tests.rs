//! Who comes in by a browser, who does not, and what is written down about it.

use super::testing::{House, Member, PASSWORD, attempt, visitor};
use super::*;
use crate::people::account::InvitationCode;

async fn inside(house: &House, id: &SessionId) -> Inside {
    Desk::enter_by_session(&house.node, id, &visitor().browser, true).await.unwrap()
}

fn what(house: &House, name: &str) -> Vec<&'static str> {
    let named = house.noted().into_iter().filter(|note| note.person.as_str() == name);
    let said = named.map(|note| match note.what {
        SignInEvent::Invited { .. } => "invited",
        SignInEvent::Enrolled { .. } => "enrolled",
        SignInEvent::Revoked => "revoked",
        SignInEvent::Entered { .. } => "entered",
        SignInEvent::SteppedUp { .. } => "stepped up",
        SignInEvent::Left { everywhere: true } => "left everywhere",
        SignInEvent::Left { everywhere: false } => "left",
        SignInEvent::Stolen => "stolen",
        SignInEvent::Slowed => "slowed",
    });
    said.collect()
}

#[tokio::test]
async fn somebody_who_is_invited_enrols_signs_in_confirms_and_signs_out_and_all_of_it_is_written_down() {
    let house = House::new().await;
    house.add("beheerder", "anna", Role::Author).await;
    let anna = house.enrol("beheerder", "anna").await;
    let id = anna.sign_in(&house).await;
    let inside = inside(&house, &id).await;
    assert_eq!((inside.desk.actor().way, inside.desk.actor().person.as_str()), (Some(Way::Console), "anna"));
    assert!(inside.roles.contains(Role::Author) && !inside.stepped_up);
    inside.desk.step_up(&id, &anna.next_code(), &visitor()).await.unwrap();
    assert!(self::inside(&house, &id).await.stepped_up);
    inside.desk.sign_out(&id, false).await.unwrap();
    assert!(Desk::enter_by_session(&house.node, &id, &visitor().browser, true).await.is_err());
    assert_eq!(what(&house, "anna"), ["invited", "enrolled", "entered", "stepped up", "left"]);
}

#[tokio::test]
async fn the_answer_is_the_same_for_an_unknown_name_a_wrong_password_and_a_wrong_code() {
    let house = House::new().await;
    house.add("beheerder", "anna", Role::Author).await;
    let anna = house.enrol("beheerder", "anna").await;
    let right = anna.code();
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let mut answers = Vec::new();
    for (name, password, code) in [
        ("niemand", PASSWORD, right.as_str()),
        ("beheerder", PASSWORD, &right),
        ("Geen Naam!", PASSWORD, &right),
        ("anna", "drie fietsen bij de brus", &right),
        ("anna", PASSWORD, wrong),
        ("anna", PASSWORD, "geen code"),
    ] {
        // Each from the beginning, so that nobody is slowed down.
        let from = Visitor { client: std::net::IpAddr::from([198, 51, 100, answers.len() as u8]).into(), ..visitor() };
        let refused = sign_in(&house.node, attempt(name, password, code), &from).await.unwrap_err();
        answers.push(refused.to_string());
    }
    assert!(answers.iter().all(|answer| *answer == SignInError::NotProven.to_string()), "{answers:?}");
}

#[tokio::test]
async fn a_code_lets_nobody_in_twice_not_even_after_a_start() {
    let house = House::new().await;
    house.add("beheerder", "anna", Role::Author).await;
    let anna = house.enrol("beheerder", "anna").await;
    let code = anna.next_code();
    let first = sign_in(&house.node, attempt("anna", PASSWORD, &code), &visitor()).await.unwrap();
    assert!(sign_in(&house.node, attempt("anna", PASSWORD, &code), &visitor()).await.is_err());
    let desk = inside(&house, &first).await.desk;
    assert!(desk.step_up(&first, &code, &visitor()).await.is_err(), "nor does it confirm");
    drop(desk);
    let house = house.start_again();
    assert!(sign_in(&house.node, attempt("anna", PASSWORD, &code), &visitor()).await.is_err());
    assert!(Desk::enter_by_session(&house.node, &first, &visitor().browser, true).await.is_err(), "signed out");
}

#[tokio::test]
async fn whoever_tries_too_often_waits_whether_the_name_exists_or_not() {
    let house = House::new().await;
    house.add("beheerder", "anna", Role::Author).await;
    let anna = house.enrol("beheerder", "anna").await;
    for name in ["anna", "niemand"] {
        let account = Hash::of(&[b"account", name.as_bytes()]);
        let elsewhere = std::net::IpAddr::from([203, 0, 113, 9]).into();
        // Failures up to a moment two minutes from now, each at the first moment that counts.
        let mut at = clock::now();
        for _ in 0..16 {
            if let Err(wait) = house.node.door.patience.begin(&account, elsewhere, at) {
                at = at + wait;
            }
        }
        let refused = sign_in(&house.node, attempt(name, PASSWORD, &anna.code()), &visitor()).await;
        assert!(matches!(refused, Err(SignInError::Wait(_))), "{name}");
    }
}

#[tokio::test]
async fn that_an_account_is_guessed_at_is_written_down_once() {
    let house = House::new().await;
    house.add("beheerder", "anna", Role::Author).await;
    house.enrol("beheerder", "anna").await;
    for _ in 0..3 {
        assert!(sign_in(&house.node, attempt("anna", "raden raden raden", "123456"), &visitor()).await.is_err());
    }
    house.node.ledger.journal().unattended().await;
    assert_eq!(what(&house, "anna"), ["invited", "enrolled", "slowed"]);
}

#[tokio::test]
async fn an_invitation_is_for_one_name_once_and_names_nobody_else() {
    let house = House::new().await;
    for name in ["anna", "bert"] {
        house.add("beheerder", name, Role::Author).await;
    }
    let code = house.invitation("beheerder", "anna").await.hash();
    let begin = |name: &'static str, code: Hash, password: &'static str| {
        let node = Arc::clone(&house.node);
        async move { begin_enrolment(&node, name, code, Zeroizing::new(password.to_owned()), &visitor()).await }
    };
    assert!(matches!(begin("bert", code, PASSWORD).await, Err(SignInError::NotInvited)));
    let other = InvitationCode::random().hash();
    assert!(matches!(begin("anna", other, PASSWORD).await, Err(SignInError::NotInvited)));
    assert!(matches!(begin("anna", code, "kort").await, Err(SignInError::Weak(WeakPassword::Short))));
    let app = begin("anna", code, PASSWORD).await.unwrap();
    let wrong = if app.shown(clock::now()) == "000000" { "000001" } else { "000000" };
    assert!(finish_enrolment(&house.node, "anna", code, wrong, &visitor()).await.is_err());
    finish_enrolment(&house.node, "anna", code, &app.shown(clock::now()), &visitor()).await.unwrap();
    assert!(matches!(begin("anna", code, PASSWORD).await, Err(SignInError::NotInvited)), "used");
    let newer = house.invitation("beheerder", "bert").await;
    let newest = house.invitation("beheerder", "bert").await;
    assert!(matches!(begin("bert", newer.hash(), PASSWORD).await, Err(SignInError::NotInvited)), "replaced");
    assert!(begin("bert", newest.hash(), PASSWORD).await.is_ok());
}

#[tokio::test]
async fn who_could_make_a_credential_invites_and_nobody_themself_from_a_browser() {
    let house = House::new().await;
    house.add("beheerder", "anna", Role::Author).await;
    let code = || Some(InvitationCode::random().hash());
    let invite = |by: Desk, name: &str, code| {
        let invite = InvitePerson { person: name.parse().unwrap(), code };
        async move { by.invite(invite).await }
    };
    let (operator, officer) = (house.desk("beheerder"), house.desk("privacyfunctionaris"));
    assert!(
        invite(operator.clone(), "privacyfunctionaris", code()).await.is_err(),
        "who signs in as an officer is one"
    );
    assert!(invite(officer.clone(), "anna", code()).await.is_err());
    assert!(invite(house.desk("anna"), "anna", code()).await.is_err());
    assert!(invite(operator.clone(), "niemand", code()).await.is_err());
    assert!(invite(operator.clone(), "anna", None).await.is_err(), "nothing to end");
    assert!(invite(officer, "privacyfunctionaris", code()).await.is_ok(), "with a credential, to begin with");
    let beheerder = house.enrol("beheerder", "beheerder").await;
    let id = beheerder.sign_in(&house).await;
    let inside = inside(&house, &id).await;
    let refused = invite(inside.desk.clone(), "beheerder", code()).await;
    assert!(matches!(refused, Err(DeskError::People(PeopleError::OwnSignIn))));
    assert!(invite(inside.desk, "anna", code()).await.is_ok());
}

#[tokio::test]
async fn a_role_that_is_taken_and_a_sign_in_that_is_ended_end_the_sessions() {
    let house = House::new().await;
    for name in ["anna", "bert"] {
        house.add("beheerder", name, Role::Author).await;
    }
    let (anna, bert) = (house.enrol("beheerder", "anna").await, house.enrol("beheerder", "bert").await);
    let (annas, berts) = (anna.sign_in(&house).await, bert.sign_in(&house).await);
    let take = crate::desk::operator::TakeRole { person: "anna".parse().unwrap(), role: Role::Author };
    house.desk("beheerder").take_role(take).await.unwrap();
    let ended = async |id: &SessionId| Desk::enter_by_session(&house.node, id, &visitor().browser, true).await.err();
    assert_eq!(ended(&annas).await, Some(SessionEnded::Unknown));
    assert_eq!(what(&house, "anna"), ["invited", "enrolled", "entered", "revoked"], "it was the last one");
    assert_eq!(ended(&berts).await, None);
    let end = InvitePerson { person: "bert".parse().unwrap(), code: None };
    house.desk("beheerder").invite(end).await.unwrap();
    assert_eq!(ended(&berts).await, Some(SessionEnded::Unknown));
    assert!(sign_in(&house.node, attempt("anna", PASSWORD, &anna.next_code()), &visitor()).await.is_err());
}

#[tokio::test]
async fn a_sign_in_that_is_ended_lets_nobody_in_and_leaves_nothing_of_the_password() {
    let house = House::new().await;
    house.add("beheerder", "anna", Role::Author).await;
    let first = house.enrol("beheerder", "anna").await;
    let id = first.sign_in(&house).await;
    let again = house.enrol("beheerder", "anna").await;
    assert!(Desk::enter_by_session(&house.node, &id, &visitor().browser, true).await.is_err(), "another enrolment");
    assert!(sign_in(&house.node, attempt("anna", PASSWORD, &first.next_code()), &visitor()).await.is_err());
    let enrolled = |house: &House| what(house, "anna").iter().filter(|what| **what == "enrolled").count();
    assert_eq!(enrolled(&house), 2);
    house.desk("beheerder").retention_run(false).await.unwrap();
    assert_eq!(enrolled(&house), 1, "the replaced one is erased, and the one in use stays");
    let house = house.start_again();
    let id = sign_in(&house.node, attempt("anna", PASSWORD, &again.next_code()), &visitor()).await.unwrap();
    let end = InvitePerson { person: "anna".parse().unwrap(), code: None };
    house.desk("beheerder").invite(end).await.unwrap();
    assert!(Desk::enter_by_session(&house.node, &id, &visitor().browser, true).await.is_err());
    house.desk("beheerder").retention_run(false).await.unwrap();
    assert_eq!(enrolled(&house), 0);
    let house = house.start_again();
    assert!(sign_in(&house.node, attempt("anna", PASSWORD, &again.next_code()), &visitor()).await.is_err());
}

#[tokio::test]
async fn what_goes_for_good_needs_the_second_factor_once_more_in_a_browser_and_not_with_a_credential() {
    let house = House::new().await;
    let beheerder: Member = house.enrol("beheerder", "beheerder").await;
    let id = beheerder.sign_in(&house).await;
    let at_first = inside(&house, &id).await.desk;
    let refused = at_first.retention_run(false).await;
    assert!(matches!(refused, Err(DeskError::People(PeopleError::NeedsStepUp))));
    assert!(at_first.retention_run(true).await.is_ok(), "looking needs none");
    at_first.step_up(&id, &beheerder.next_code(), &visitor()).await.unwrap();
    assert!(inside(&house, &id).await.desk.retention_run(false).await.is_ok());
    assert!(house.desk("beheerder").retention_run(false).await.is_ok());
    let officer = house.enrol("privacyfunctionaris", "privacyfunctionaris").await;
    let id = officer.sign_in(&house).await;
    let export = crate::desk::oversee::Export { format: crate::oversight::export::Format::Csv, period: None };
    let refused = inside(&house, &id).await.desk.export(export).await;
    assert!(matches!(refused, Err(DeskError::People(PeopleError::NeedsStepUp))));
}

#[tokio::test]
async fn a_session_in_another_browser_is_written_down() {
    let house = House::new().await;
    house.add("beheerder", "anna", Role::Author).await;
    let anna = house.enrol("beheerder", "anna").await;
    let id = anna.sign_in(&house).await;
    let thief = Desk::enter_by_session(&house.node, &id, &Hash::of(&[b"another"]), true).await;
    assert_eq!(thief.err(), Some(SessionEnded::OtherBrowser));
    assert_eq!(what(&house, "anna"), ["invited", "enrolled", "entered", "stolen"]);
}
