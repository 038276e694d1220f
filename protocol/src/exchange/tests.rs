use alloc::vec;
use alloc::vec::Vec;

use ed25519_dalek::{SigningKey, VerifyingKey};
use proptest::prelude::*;

use super::*;
use crate::codec::Bytes;
use crate::frame::RejectCode;
use crate::id::StatementId;
use crate::person::{Fields, PersonRef};
use crate::sign::{Address, Header, Issuers, VerifyError, key_id, verify};
use crate::statement::{
    Answer, Approval, Draft, DraftCore, Motivation, Outcome, Recipient, Refusal, RefusalCode, Subject, Withdrawal,
};

const ASKER: u8 = 1;
const OTHER: u8 = 2;
const STRANGER: u8 = 3;

fn oin(n: u8) -> Oin {
    alloc::format!("0000009900000000{n:04}").parse().unwrap()
}

fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

struct Keys;

impl Issuers for Keys {
    fn statement_key(&self, header: &Header, _: Timestamp) -> Result<VerifyingKey, VerifyError> {
        let (issuer, id) = (&header.issuer, &header.key_id);
        let keys = [ASKER, OTHER, STRANGER].map(|n| (oin(n), key(n).verifying_key()));
        let found = keys.into_iter().find(|(oin, key)| oin == issuer && key_id(key) == *id);
        found.map(|(_, key)| key).ok_or(VerifyError::UnknownIssuer)
    }
}

fn at(second: u64) -> Timestamp {
    Timestamp::from_seconds(1_000_000 + second)
}

fn convenant() -> ConvenantRef {
    ConvenantRef("c".parse().unwrap(), Bytes([9; 32]), 0)
}

fn say<T: Content>(from: u8, to: u8, content: T) -> Signed<T> {
    let address = Address {
        issuer: oin(from),
        audience: oin(to),
        id: StatementId::new(at(0), [from; 10]),
        issued: at(0),
        expires: at(1000),
        convenant: convenant(),
    };
    Signed::seal(address, content, [7; 32], &key(from))
}

fn hear<T: Content>(from: u8, to: u8, content: T) -> Verified<T> {
    verify(say(from, to, content).into_statement(), &Keys, &oin(to), at(1)).unwrap()
}

fn uitvraag_id() -> UitvraagId {
    UitvraagId::new(at(0), [1; 10])
}

fn draft() -> Draft {
    let fields = Fields { surname: Some("Bakker".parse().unwrap()), ..Fields::default() };
    let subject = Subject {
        salt: Bytes([1; 32]),
        minor: true,
        person: PersonRef::try_from(fields).unwrap(),
        criteria: vec!["x".parse().unwrap()],
    };
    let motivation = Motivation { salt: Bytes([2; 32]), text: "because".into() };
    let core = DraftCore {
        asker: oin(ASKER),
        urgent: false,
        purpose: "urn:x:y".parse().unwrap(),
        answer_by: at(100),
        convenant: convenant(),
        motivation: motivation.commitment(),
        subject: subject.commitment(),
        uitvraag_id: uitvraag_id(),
    };
    let recipients = vec![Recipient { oin: oin(OTHER), salt: Bytes([3; 32]), reason: None }];
    Draft { core, author: Bytes([4; 16]), subject, motivation, recipients }
}

/// The matter of a draft or question from the asker to the other.
fn matter() -> Matter {
    Matter::sent(&say(ASKER, OTHER, draft()), uitvraag_id(), at(100), at(160))
}

fn answer(outcome: Outcome) -> Answer {
    Answer::new(uitvraag_id(), matter().statement, outcome)
}

fn known() -> Outcome {
    Outcome::Known("loket".parse().unwrap())
}

fn refusal(code: RefusalCode) -> Refusal {
    Refusal { code, statement: matter().statement, uitvraag_id: uitvraag_id() }
}

fn reviewing() -> Responder {
    let mut responder = Responder::new(matter());
    assert_eq!(responder.step(ResponderInput::Permitted, at(1)), Ok(vec![ResponderEffect::Search]));
    let searched = ResponderInput::Searched { candidates: true };
    assert_eq!(responder.step(searched, at(1)), Ok(vec![ResponderEffect::OfferReview]));
    responder
}

fn answers(effects: &[ResponderEffect]) -> Vec<&Answer> {
    let answers = effects.iter().filter_map(|effect| match effect {
        ResponderEffect::Answer(answer) => Some(answer),
        _ => None,
    });
    answers.collect()
}

#[test]
fn known_leaves_only_after_a_release() {
    let mut responder = reviewing();
    let effects = responder.step(ResponderInput::Released("loket".parse().unwrap()), at(50)).unwrap();
    assert_eq!(answers(&effects)[0].outcome(), &known());
    assert_eq!(responder.step(ResponderInput::Released("loket".parse().unwrap()), at(51)), Err(Refused::TooLate));
    assert_eq!(responder.step(ResponderInput::Tick, at(100)), Ok(vec![]));
}

#[test]
fn a_release_without_candidates_is_refused() {
    let mut responder = Responder::new(matter());
    let release = || ResponderInput::Released("loket".parse().unwrap());
    assert_eq!(responder.step(release(), at(1)), Err(Refused::TooLate));
    responder.step(ResponderInput::Permitted, at(1)).unwrap();
    assert_eq!(responder.step(release(), at(1)), Err(Refused::TooLate));
    responder.step(ResponderInput::Searched { candidates: false }, at(1)).unwrap();
    assert_eq!(responder.step(release(), at(1)), Err(Refused::TooLate));
}

#[test]
fn whatever_was_not_released_is_answered_alike_at_the_deadline_and_not_before() {
    let no_hit = {
        let mut responder = Responder::new(matter());
        responder.step(ResponderInput::Permitted, at(1)).unwrap();
        responder.step(ResponderInput::Searched { candidates: false }, at(1)).unwrap();
        responder
    };
    let withheld = {
        let mut responder = reviewing();
        responder.step(ResponderInput::Withheld, at(5)).unwrap();
        responder
    };
    let unsearched = {
        let mut responder = Responder::new(matter());
        responder.step(ResponderInput::Permitted, at(1)).unwrap();
        responder
    };
    for mut responder in [no_hit, withheld, reviewing(), unsearched] {
        assert_eq!(responder.wake_at(), Some(at(100)));
        assert_eq!(responder.step(ResponderInput::Tick, at(99)), Ok(vec![]));
        let effects = responder.step(ResponderInput::Tick, at(100)).unwrap();
        assert_eq!(answers(&effects), [&answer(Outcome::NoStatement)]);
        assert_eq!(responder.wake_at(), None);
    }
}

#[test]
fn nothing_is_released_from_the_deadline_on() {
    let mut responder = reviewing();
    assert_eq!(responder.step(ResponderInput::Released("loket".parse().unwrap()), at(100)), Err(Refused::TooLate));
    let effects = responder.step(ResponderInput::Tick, at(100)).unwrap();
    assert_eq!(answers(&effects), [&answer(Outcome::NoStatement)]);
}

#[test]
fn a_withdrawn_question_is_not_answered() {
    let mut responder = reviewing();
    assert_eq!(responder.step(ResponderInput::Withdrawn, at(9)), Ok(vec![ResponderEffect::EndReview]));
    assert_eq!(responder.step(ResponderInput::Tick, at(100)), Ok(vec![]));
    assert_eq!(responder.step(ResponderInput::Released("loket".parse().unwrap()), at(10)), Err(Refused::TooLate));
}

#[test]
fn a_denied_question_is_refused_and_never_searched() {
    let mut responder = Responder::new(matter());
    let effects = responder.step(ResponderInput::Denied(RefusalCode::NotApproved), at(1)).unwrap();
    assert_eq!(effects, [ResponderEffect::Refuse(refusal(RefusalCode::NotApproved))]);
    assert_eq!(responder.step(ResponderInput::Permitted, at(2)), Err(Refused::TooLate));
}

#[test]
fn an_answer_ends_the_question_even_before_its_receipt() {
    let mut asker = Asker::new(matter());
    let answer = hear(OTHER, ASKER, answer(known()));
    assert_eq!(asker.step(AskerInput::Answered(&answer), at(50)), Ok(vec![AskerEffect::StopDelivery]));
    assert_eq!(asker.step(AskerInput::Receipted, at(51)), Ok(vec![]));
    assert_eq!(asker.state(), &AskerState::Answered(known()));
}

#[test]
fn no_known_follows_a_no_statement() {
    let mut asker = Asker::new(matter());
    asker.step(AskerInput::Answered(&hear(OTHER, ASKER, answer(Outcome::NoStatement))), at(100)).unwrap();
    let late = hear(OTHER, ASKER, answer(known()));
    assert_eq!(asker.step(AskerInput::Answered(&late), at(101)), Err(Refused::TooLate));
    assert_eq!(asker.state(), &AskerState::Answered(Outcome::NoStatement));
}

#[test]
fn an_answer_counts_only_from_the_recipient_and_to_this_question() {
    let mut asker = Asker::new(matter());
    let stranger = hear(STRANGER, ASKER, answer(known()));
    assert_eq!(asker.step(AskerInput::Answered(&stranger), at(2)), Err(Refused::Unrelated));
    let other_question = hear(OTHER, ASKER, Answer::new(uitvraag_id(), Bytes([0; 32]), known()));
    assert_eq!(asker.step(AskerInput::Answered(&other_question), at(2)), Err(Refused::Unrelated));
    let other_id = UitvraagId::new(at(5), [5; 10]);
    let other_uitvraag = hear(OTHER, ASKER, Answer::new(other_id, matter().statement, known()));
    assert_eq!(asker.step(AskerInput::Answered(&other_uitvraag), at(2)), Err(Refused::Unrelated));
}

#[test]
fn an_answer_after_the_grace_is_too_late() {
    let mut asker = Asker::new(matter());
    asker.step(AskerInput::Receipted, at(1)).unwrap();
    let answer = hear(OTHER, ASKER, answer(known()));
    assert_eq!(asker.step(AskerInput::Answered(&answer), at(161)), Err(Refused::TooLate));
    asker.step(AskerInput::Tick, at(160)).unwrap();
    assert_eq!(asker.state(), &AskerState::Unanswered);
}

#[test]
fn a_question_that_does_not_arrive_in_time_is_undelivered() {
    let mut asker = Asker::new(matter());
    assert_eq!(asker.step(AskerInput::Tick, at(99)), Ok(vec![]));
    assert_eq!(asker.step(AskerInput::Tick, at(100)), Ok(vec![AskerEffect::StopDelivery]));
    assert_eq!(asker.state(), &AskerState::Overdue);
    assert_eq!(asker.step(AskerInput::Tick, at(159)), Ok(vec![]));
    assert_eq!(asker.step(AskerInput::Tick, at(160)), Ok(vec![]));
    assert_eq!(asker.state(), &AskerState::Undelivered);
}

#[test]
fn an_answer_counts_although_the_receipt_got_lost() {
    let mut asker = Asker::new(matter());
    asker.step(AskerInput::Tick, at(100)).unwrap();
    let answer = hear(OTHER, ASKER, answer(known()));
    assert_eq!(asker.step(AskerInput::Answered(&answer), at(120)), Ok(vec![AskerEffect::StopDelivery]));
    assert_eq!(asker.state(), &AskerState::Answered(known()));
}

#[test]
fn a_question_is_withdrawn_once() {
    let mut asker = Asker::new(matter());
    let withdrawal = Withdrawal { uitvraag_id: uitvraag_id(), statement: matter().statement };
    let expected = vec![AskerEffect::StopDelivery, AskerEffect::Withdraw(withdrawal)];
    assert_eq!(asker.step(AskerInput::Withdraw, at(2)), Ok(expected));
    assert_eq!(asker.step(AskerInput::Withdraw, at(3)), Err(Refused::TooLate));
    let answer = hear(OTHER, ASKER, answer(known()));
    assert_eq!(asker.step(AskerInput::Answered(&answer), at(4)), Err(Refused::TooLate));
}

#[test]
fn a_rejected_question_stays_rejected() {
    let mut asker = Asker::new(matter());
    asker.step(AskerInput::Rejected(RejectCode::WrongConvenant), at(2)).unwrap();
    assert_eq!(asker.state(), &AskerState::Rejected(RejectCode::WrongConvenant));
    assert_eq!(asker.step(AskerInput::Rejected(RejectCode::Expired), at(3)), Err(Refused::TooLate));
    let mut answered = Asker::resume(matter(), AskerState::ExpectAnswer);
    assert_eq!(answered.step(AskerInput::Rejected(RejectCode::Expired), at(3)), Err(Refused::TooLate));
}

#[test]
fn nothing_is_asked_before_exactly_this_draft_is_approved() {
    let mut proposal = Proposal::new(matter(), Approval::of(&draft()));
    let mut other = draft();
    other.recipients[0].salt = Bytes([8; 32]);
    let wrong = hear(OTHER, ASKER, Approval::of(&other));
    assert_eq!(proposal.step(ProposalInput::Approved(&wrong), at(2)), Err(Refused::Unrelated));
    let stranger = hear(STRANGER, ASKER, Approval::of(&draft()));
    assert_eq!(proposal.step(ProposalInput::Approved(&stranger), at(2)), Err(Refused::Unrelated));
    let right = hear(OTHER, ASKER, Approval::of(&draft()));
    let effects = proposal.step(ProposalInput::Approved(&right), at(2)).unwrap();
    assert_eq!(effects, [ProposalEffect::StopDelivery, ProposalEffect::Ask]);
    assert_eq!(proposal.step(ProposalInput::Approved(&right), at(3)), Err(Refused::TooLate));
}

#[test]
fn an_approval_after_the_deadline_asks_nobody() {
    let mut proposal = Proposal::new(matter(), Approval::of(&draft()));
    let approval = hear(OTHER, ASKER, Approval::of(&draft()));
    assert_eq!(proposal.step(ProposalInput::Approved(&approval), at(100)), Err(Refused::TooLate));
    proposal.step(ProposalInput::Tick, at(100)).unwrap();
    assert_eq!(proposal.state(), &ProposalState::Expired);
}

#[test]
fn a_withdrawn_or_declined_draft_asks_nobody() {
    let approval = hear(OTHER, ASKER, Approval::of(&draft()));
    let mut withdrawn = Proposal::new(matter(), Approval::of(&draft()));
    withdrawn.step(ProposalInput::Withdraw, at(1)).unwrap();
    assert_eq!(withdrawn.step(ProposalInput::Approved(&approval), at(2)), Err(Refused::TooLate));
    let mut declined = Proposal::new(matter(), Approval::of(&draft()));
    let refusal = hear(OTHER, ASKER, refusal(RefusalCode::Declined));
    declined.step(ProposalInput::Refused(&refusal), at(1)).unwrap();
    assert_eq!(declined.state(), &ProposalState::Refused(RefusalCode::Declined));
    assert_eq!(declined.step(ProposalInput::Approved(&approval), at(2)), Err(Refused::TooLate));
}

#[test]
fn a_draft_is_decided_once_and_in_time() {
    let new = || Consideration::new(matter(), Approval::of(&draft()));
    let mut approved = new();
    let effects = approved.step(ConsiderationInput::Approve, at(99)).unwrap();
    assert_eq!(effects, [ConsiderationEffect::Approve(Approval::of(&draft()))]);
    assert_eq!(approved.step(ConsiderationInput::Decline, at(99)), Err(Refused::TooLate));
    let mut late = new();
    assert_eq!(late.step(ConsiderationInput::Approve, at(100)), Err(Refused::TooLate));
    late.step(ConsiderationInput::Tick, at(100)).unwrap();
    assert_eq!(late.state(), &ConsiderationState::Expired);
    let mut withdrawn = new();
    withdrawn.step(ConsiderationInput::Withdrawn, at(3)).unwrap();
    assert_eq!(withdrawn.step(ConsiderationInput::Approve, at(4)), Err(Refused::TooLate));
}

#[derive(Debug, Clone)]
enum Event {
    Searched(bool),
    Released,
    Withheld,
    Withdrawn,
    Tick,
}

fn events() -> impl Strategy<Value = Vec<(Event, u64)>> {
    let event = prop_oneof![
        any::<bool>().prop_map(Event::Searched),
        Just(Event::Released),
        Just(Event::Withheld),
        Just(Event::Withdrawn),
        Just(Event::Tick),
    ];
    proptest::collection::vec((event, 0u64..30), 0..20)
}

proptest! {
    /// Two machines in virtual time: whatever happens in whatever order, at most one answer leaves, `Known` only after
    /// a release in time, and the asker ends with exactly what was sent.
    #[test]
    fn at_most_one_answer_leaves_and_the_asker_ends_with_it(events in events()) {
        let mut responder = Responder::new(matter());
        responder.step(ResponderInput::Permitted, at(0)).unwrap();
        let mut asker = Asker::new(matter());
        let (mut now, mut sent, mut candidates) = (0, Vec::new(), false);
        for (event, pause) in events {
            now += pause;
            let input = match event {
                Event::Searched(found) => ResponderInput::Searched { candidates: found },
                Event::Released => ResponderInput::Released("loket".parse().unwrap()),
                Event::Withheld => ResponderInput::Withheld,
                Event::Withdrawn => ResponderInput::Withdrawn,
                Event::Tick => ResponderInput::Tick,
            };
            let searching = responder.state() == &ResponderState::ExpectCandidates;
            candidates |= searching && matches!(input, ResponderInput::Searched { candidates: true });
            for effect in responder.step(input, at(now)).unwrap_or_default() {
                if let ResponderEffect::Answer(answer) = effect {
                    if *answer.outcome() == known() {
                        prop_assert!(candidates && now < 100);
                    } else {
                        prop_assert!(now >= 100);
                    }
                    let heard = hear(OTHER, ASKER, answer.clone());
                    if now <= 160 {
                        prop_assert!(asker.step(AskerInput::Answered(&heard), at(now)).is_ok());
                        prop_assert_eq!(asker.state(), &AskerState::Answered(answer.outcome().clone()));
                    }
                    sent.push(answer);
                }
            }
        }
        prop_assert!(sent.len() <= 1);
    }
}
