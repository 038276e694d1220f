use std::collections::HashMap;

use weegnet_policy::convenant::{Convenant, RetentionKind, Terms};
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::exchange::{Matter, ResponderState};
use weegnet_protocol::id::{ConvenantRef, UitvraagId};
use weegnet_protocol::log::{EntryKind, LeafIndex};
use weegnet_protocol::person::{Fields, PersonRef};
use weegnet_protocol::statement::{Contact, Outcome, RefusalCode, Subject};
use weegnet_protocol::time::Millis;

use super::bodies::{Closed, ClosedTrace};
use super::plan::{Part, kind_of, of_case};
use super::pseudonym::Epochs;
use super::trail::Trail;
use super::*;
use crate::config::TimeOfDay;

const SAMPLE: &str = include_str!("../../../deploy/convenant-voorbeeld.toml");
const ASKED: Timestamp = Timestamp::from_seconds(1_795_406_000);
const DAY: u64 = 24;

fn terms() -> Terms {
    Convenant::parse(SAMPLE).unwrap().terms().clone()
}

fn slot(number: u32) -> CaseKey {
    CaseKey::of_slot(number)
}

/// A question that came in at [`ASKED`], is due an hour later and delivered until two hours later.
fn question(minor: bool) -> QuestionRecord {
    let fields =
        Fields { surname: Some("Bakker".parse().unwrap()), birth: "1985".parse().unwrap(), ..Fields::default() };
    let person = PersonRef::try_from(fields).unwrap();
    let subject = Subject { salt: Bytes([0; 32]), minor, person, criteria: Vec::new() };
    let convenant = Convenant::parse(SAMPLE).unwrap();
    let matter = Matter {
        uitvraag_id: UitvraagId::new(ASKED, [1; 10]),
        statement: Bytes([2; 32]),
        from: "00000099000000001000".parse().unwrap(),
        to: "00000099000000002000".parse().unwrap(),
        convenant: ConvenantRef(convenant.id().clone(), convenant.hash(), 0),
        answer_by: ASKED + Millis::hours(1),
        deliver_until: ASKED + Millis::hours(2),
    };
    QuestionRecord {
        vault: slot(0),
        person: Some(slot(1)),
        received: ASKED,
        index: LeafIndex(5),
        statement: None,
        subject: Some(subject),
        urgent: false,
        matter,
        denied: None,
        state: ResponderState::ExpectDeadline,
        candidates: Vec::new(),
        released: false,
        reviewed_by: None,
        first_of_two: None,
        outbox: Vec::new(),
    }
}

fn candidate() -> crate::register::Candidate {
    let text = r#"{"row":{"id":"1","generation":1},"reason":"casus","source_record":null,"comparison":
        {"bsn":"unknown","birth":"same","prefix":"unknown","surname":"same","given_names":"same"}}"#;
    serde_json::from_str(text).unwrap()
}

fn trails(newest: Timestamp) -> HashMap<CaseKey, Trail> {
    let trail = |kind, exchange| Trail { exchange, house: Vec::new(), kind, convenant: None, newest };
    [(slot(0), trail(EntryKind::PolicyDecision, vec![6, 7])), (slot(1), trail(EntryKind::QuestionReceived, vec![5]))]
        .into()
}

fn items(record: &QuestionRecord, newest: Timestamp) -> Vec<Item> {
    of_case(&Record::Question(record.clone()), &terms(), None, &trails(newest))
}

#[test]
fn every_outcome_of_a_question_has_a_term_of_its_own() {
    let kind = |change: fn(&mut QuestionRecord)| {
        let mut record = question(false);
        change(&mut record);
        kind_of(&Record::Question(record)).0
    };
    assert_eq!(kind(|_| {}), RetentionKind::QuestionWithoutMatch);
    assert_eq!(kind(|record| record.state = ResponderState::Withdrawn), RetentionKind::QuestionWithoutMatch);
    assert_eq!(kind(|record| record.candidates.push(candidate())), RetentionKind::QuestionWithheld);
    assert_eq!(kind(|record| record.denied = Some(RefusalCode::Declined)), RetentionKind::Refused);
    let known = |record: &mut QuestionRecord| {
        let contact: Contact = "Informatiepunt, 000 000 0000".parse().unwrap();
        record.state = ResponderState::Answered(Outcome::Known(contact));
    };
    assert_eq!(kind(known), RetentionKind::QuestionReleased);
}

#[test]
fn without_a_match_the_person_goes_at_the_deadline_and_the_rest_by_its_term() {
    let items = items(&question(false), ASKED);
    let [person, whole] = &items[..] else { panic!("{items:?}") };
    assert_eq!((person.part(), person.due, &person.keys[..]), (Part::Person, ASKED + Millis::hours(1), &[slot(1)][..]));
    assert_eq!((&person.exchange[..], &person.house[..]), (&[5][..], &[][..]));
    assert_eq!((whole.part(), whole.due), (Part::Whole, ASKED + Millis::hours(2 + 180 * DAY)));
    assert!(!person.is_due(ASKED) && person.is_due(ASKED + Millis::hours(1)));
}

#[test]
fn a_hold_keeps_a_case_and_never_the_person_of_a_question_without_a_match() {
    let held = Some(ASKED + Millis::hours(9_999));
    let items = of_case(&Record::Question(question(false)), &terms(), held, &trails(ASKED));
    let late = ASKED + Millis::hours(9_998);
    assert_eq!(items.iter().map(|item| item.is_due(late)).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn with_a_match_the_person_stays_until_the_term_and_of_a_minor_shorter() {
    let days = |minor| {
        let mut record = question(minor);
        record.candidates.push(candidate());
        let items = items(&record, ASKED);
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].keys, [slot(0), slot(1)]);
        items[0].rule.days
    };
    assert_eq!((days(false), days(true)), (365, 180));
}

#[test]
fn no_term_begins_before_the_entries_that_it_governs() {
    let newest = ASKED + Millis::hours(500);
    let whole = items(&question(false), newest).remove(1);
    assert_eq!((whole.since, whole.due), (newest, newest + Millis::hours(180 * DAY)));
}

#[test]
fn a_case_that_was_read_very_often_is_named_in_pieces_that_fit() {
    let mut item = items(&question(false), ASKED).remove(1);
    item.house = (0..25_000).collect();
    let erased = pass::entries_for_tests(&[item.clone(), item.clone()]);
    assert!(erased.len() > 2);
    let named: Vec<u64> = erased.iter().flat_map(|one| one.gone.iter().flat_map(|gone| gone.house.clone())).collect();
    assert_eq!(named, [item.house.clone(), item.house].concat());
    for one in &erased {
        let back: Erased = codec::decode(&codec::encode(one)).unwrap();
        assert_eq!(back, *one);
    }
    let with_keys = erased.iter().flat_map(|one| &one.gone).filter(|gone| !gone.slots.is_empty()).count();
    assert_eq!(with_keys, 2, "each names its keys once, with its last piece");
}

#[test]
fn an_epoch_takes_pseudonyms_for_half_the_term_and_goes_as_a_whole() {
    let mut epochs = Epochs::default();
    let convenant: weegnet_protocol::id::ConvenantId = "noorderveen".parse().unwrap();
    let closed = || {
        let asker = "00000099000000001000".parse().unwrap();
        let trace = ClosedTrace { asker, received: ASKED, question: LeafIndex(5), names: vec![Bytes([3; 32])] };
        Closed { convenant: "noorderveen".parse().unwrap(), traces: vec![trace] }
    };
    let lasts = Millis::hours(12);
    assert_eq!(epochs.current(&convenant, ASKED, lasts), None);
    epochs.take(slot(8), closed(), ASKED, LeafIndex(1));
    assert_eq!(epochs.current(&convenant, ASKED + Millis::hours(11), lasts), Some(slot(8)));
    assert_eq!(epochs.current(&convenant, ASKED - Millis::hours(3), lasts), Some(slot(8)), "a clock that was set back");
    assert_eq!(epochs.current(&convenant, ASKED + Millis::hours(12), lasts), None);
    epochs.take(slot(9), closed(), ASKED + Millis::hours(12), LeafIndex(2));
    assert_eq!(epochs.current(&convenant, ASKED + Millis::hours(13), lasts), Some(slot(9)));
    epochs.forget(&[slot(8)]);
    assert_eq!(epochs.all().iter().map(|epoch| epoch.key).collect::<Vec<_>>(), [slot(9)]);
}

#[test]
fn a_time_of_day_is_written_in_one_way() {
    let time = TimeOfDay::try_from("03:30".to_owned()).unwrap();
    assert_eq!((time.since_midnight(), String::from(time)), (Millis(210 * 60_000), "03:30".into()));
    for wrong in ["3:30", "24:00", "03:60", "0330", "03:30:00", "-1:30", "+3:30", ""] {
        assert!(TimeOfDay::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}
