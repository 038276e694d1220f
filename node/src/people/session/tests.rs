//! When a session ends, by time, by hand, and by what changes.

use proptest::prelude::*;
use weegnet_policy::role::Role;

use super::super::account::{SignInEvent, SignInNote};
use super::super::password::{LITTLE, Verifier};
use super::super::{Grant, People, Way};
use super::*;
use crate::journal::CaseKey;

const MINUTE: Millis = Millis::seconds(60);

fn now() -> Timestamp {
    Timestamp::from_seconds(1_800_000_000)
}

fn browser() -> Hash {
    Hash::of(&[b"a browser"])
}

fn actor(name: &str) -> Actor {
    Actor { person: name.parse().unwrap(), os_user: u32::MAX, way: Some(Way::Console) }
}

fn begin(sessions: &Sessions, people: &People, name: &str, at: Timestamp) -> SessionId {
    let actor = actor(name);
    let (roles, enrolment) = (people.roles_of(&actor.person), people.accounts.enrolment(&actor.person));
    sessions.begin_local(actor, roles, enrolment, TotpKey::random(), browser(), at)
}

fn give(people: &mut People, name: &str, roles: &[Role]) {
    let (person, roles, credential) = (name.parse().unwrap(), roles.iter().copied().collect(), Bytes([1; 32]));
    people.apply(Grant { person, roles, credential, by: None, until: None });
}

fn enrol(people: &mut People, name: &str, slot: u32) {
    let verifier = Verifier::new("drie fietsen bij de brug", &TotpKey::random(), &[0; 32], LITTLE);
    let note = SignInNote { by: None, person: name.parse().unwrap(), what: SignInEvent::Enrolled { verifier } };
    people.accounts.apply(note, CaseKey::of_slot(slot));
}

fn why(sessions: &Sessions, people: &People, id: &SessionId, at: Timestamp) -> Option<SessionEnded> {
    people.enter(sessions, id, &browser(), true, at).err().map(|(ended, _)| ended)
}

#[test]
fn a_session_ends_after_fifteen_minutes_without_use_and_eight_hours_with() {
    let (sessions, mut people) = (Sessions::default(), People::default());
    give(&mut people, "anna", &[Role::Author]);
    let idle = begin(&sessions, &people, "anna", now());
    assert_eq!(why(&sessions, &people, &idle, now() + IDLE - Millis(1)), None);
    assert_eq!(why(&sessions, &people, &idle, now() + IDLE + IDLE - Millis(1)), Some(SessionEnded::Idle));
    assert_eq!(why(&sessions, &people, &idle, now()), Some(SessionEnded::Unknown), "and is gone");
    let used = begin(&sessions, &people, "anna", now());
    let mut at = now();
    while at + MINUTE < now() + LONGEST {
        at = at + MINUTE;
        assert_eq!(why(&sessions, &people, &used, at), None);
    }
    assert_eq!(why(&sessions, &people, &used, now() + LONGEST), Some(SessionEnded::TooLong));
}

#[test]
fn a_page_that_keeps_itself_fresh_keeps_no_session_alive() {
    let (sessions, mut people) = (Sessions::default(), People::default());
    give(&mut people, "anna", &[Role::Author]);
    let id = begin(&sessions, &people, "anna", now());
    for minute in 1..15 {
        let at = now() + Millis(MINUTE.0 * minute);
        assert!(people.enter(&sessions, &id, &browser(), false, at).is_ok());
    }
    assert_eq!(why(&sessions, &people, &id, now() + IDLE), Some(SessionEnded::Idle));
}

#[test]
fn a_cookie_in_another_browser_ends_the_session_for_both() {
    let (sessions, mut people) = (Sessions::default(), People::default());
    give(&mut people, "anna", &[Role::Author]);
    let id = begin(&sessions, &people, "anna", now());
    let thief = people.enter(&sessions, &id, &Hash::of(&[b"another"]), true, now()).unwrap_err();
    assert_eq!(thief, (SessionEnded::OtherBrowser, Some("anna".parse().unwrap())));
    assert_eq!(why(&sessions, &people, &id, now()), Some(SessionEnded::Unknown));
    assert_eq!(why(&sessions, &people, &SessionId::random(), now()), Some(SessionEnded::Unknown), "a guess");
}

#[test]
fn a_session_ends_with_the_first_of_its_roles_and_with_its_enrolment() {
    let (sessions, mut people) = (Sessions::default(), People::default());
    give(&mut people, "anna", &[Role::Author, Role::Reviewer]);
    let id = begin(&sessions, &people, "anna", now());
    give(&mut people, "anna", &[Role::Author, Role::Reviewer, Role::Operator]);
    assert_eq!(why(&sessions, &people, &id, now()), None, "more is no reason");
    give(&mut people, "anna", &[Role::Author, Role::Operator]);
    assert_eq!(why(&sessions, &people, &id, now()), Some(SessionEnded::Changed));
    give(&mut people, "bert", &[Role::Approver]);
    enrol(&mut people, "bert", 1);
    let id = begin(&sessions, &people, "bert", now());
    assert_eq!(why(&sessions, &people, &id, now()), None);
    enrol(&mut people, "bert", 2);
    assert_eq!(why(&sessions, &people, &id, now()), Some(SessionEnded::Changed));
    let id = begin(&sessions, &people, "bert", now());
    give(&mut people, "bert", &[]);
    assert_eq!(why(&sessions, &people, &id, now()), Some(SessionEnded::Changed));
}

#[test]
fn the_second_factor_once_more_counts_for_five_minutes_and_signing_in_is_not_it() {
    let (sessions, mut people) = (Sessions::default(), People::default());
    give(&mut people, "cor", &[Role::Reviewer]);
    let id = begin(&sessions, &people, "cor", now());
    let stepped_up = |at| people.enter(&sessions, &id, &browser(), true, at).unwrap().2;
    assert!(!stepped_up(now()));
    sessions.step_up(&id, now());
    assert!(stepped_up(now()) && stepped_up(now() + STEPPED_UP - Millis(1)));
    assert!(!stepped_up(now() + STEPPED_UP));
    let other = begin(&sessions, &people, "cor", now());
    assert!(!people.enter(&sessions, &other, &browser(), true, now()).unwrap().2, "of this session alone");
}

#[test]
fn signing_out_ends_one_session_or_all_of_one_person() {
    let (sessions, mut people) = (Sessions::default(), People::default());
    for name in ["anna", "bert"] {
        give(&mut people, name, &[Role::Author]);
    }
    let [one, two] = [(); 2].map(|()| begin(&sessions, &people, "anna", now()));
    let other = begin(&sessions, &people, "bert", now());
    sessions.end(&one);
    assert_eq!((sessions.count_of(&actor("anna").person), sessions.has(&two)), (1, true));
    let three = begin(&sessions, &people, "anna", now());
    sessions.end_all_of(&actor("anna").person);
    assert!(!sessions.has(&two) && !sessions.has(&three) && sessions.has(&other));
}

#[test]
fn one_person_has_five_sessions_and_the_oldest_goes_first() {
    let (sessions, mut people) = (Sessions::default(), People::default());
    give(&mut people, "anna", &[Role::Author]);
    let all: Vec<_> = (0..=MAX_OF_ONE as u64)
        .map(|second| begin(&sessions, &people, "anna", now() + Millis::seconds(second)))
        .collect();
    assert_eq!(sessions.count_of(&actor("anna").person), MAX_OF_ONE);
    assert!(!sessions.has(&all[0]) && all[1..].iter().all(|id| sessions.has(id)));
}

#[test]
fn nothing_in_memory_can_be_shown_as_a_cookie() {
    let id = SessionId::random();
    assert_ne!(id.hash().to_string(), *id.token());
    assert_eq!(id.token().parse::<SessionId>().unwrap().hash(), id.hash());
    assert_eq!(format!("{id:?}"), "SessionId(..)");
}

proptest! {
    #[test]
    fn no_text_but_its_own_is_a_session_id(text in "[A-Za-z0-9_=. -]{0,60}") {
        if let Ok(id) = text.parse::<SessionId>() {
            prop_assert_eq!(&*id.token(), &text);
        }
    }
}
