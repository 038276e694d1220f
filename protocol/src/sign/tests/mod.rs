//! The promises of signatures: what is sealed verifies, and nothing else does.

mod edge_cases;
mod forge;
mod oracle;
mod published;
mod refusals;

use super::*;
use crate::samples::{
    self, GEMEENTE, NOW, POLITIE, RECLASSERING, known, signed_answer, signed_approval, signed_draft, signed_refusal,
    signed_uitvraag, signed_withdrawal,
};
use crate::statement::{Answer, Approval, Draft, Outcome, Refusal, Uitvraag, Withdrawal};

fn survives<T: Content + PartialEq + core::fmt::Debug>(signed: &Signed<T>, audience: samples::Party) {
    let verified = samples::verify::<T>(signed.statement().clone(), audience).unwrap();
    assert_eq!(verified.header(), signed.header());
    assert_eq!(verified.content(), signed.content());
    assert_eq!(verified.statement(), signed.statement());
    assert_eq!(signed.statement().claimed_header().unwrap(), *signed.header());
    assert_eq!(signed.header().kind, T::KIND);
    assert_eq!(read_body::<T>(&signed.statement().body.0).unwrap(), *signed.content());

    let envelope = Envelope::decode(&signed.statement().envelope.0).unwrap();
    assert_eq!(envelope.encode(), signed.statement().envelope.0);
    assert_eq!(envelope.body_hash, signed.statement().body_hash());
}

#[test]
fn every_kind_survives_signing_and_verifying() {
    survives::<Draft>(&signed_draft(), POLITIE);
    survives::<Approval>(&signed_approval(), GEMEENTE);
    survives::<Uitvraag>(&signed_uitvraag(), RECLASSERING);
    survives::<Answer>(&signed_answer(known()), GEMEENTE);
    survives::<Answer>(&signed_answer(Outcome::NoStatement), GEMEENTE);
    survives::<Refusal>(&signed_refusal(), GEMEENTE);
    survives::<Withdrawal>(&signed_withdrawal(), RECLASSERING);
}

#[test]
fn a_statement_travels_unchanged() {
    let statement = signed_uitvraag().into_statement();
    assert_eq!(codec::decode::<Statement>(&codec::encode(&statement)).unwrap(), statement);
}

#[test]
fn times_are_cut_to_whole_seconds_and_never_shorten_a_validity() {
    let mut address = samples::address(RECLASSERING, GEMEENTE);
    address.issued = NOW + Millis(999);
    address.expires = NOW + Millis(1001);
    let content = signed_refusal().content().clone();
    let header = Signed::seal(address, content, [0; 32], &RECLASSERING.statement_key()).header().clone();
    assert_eq!((header.issued, header.expires), (NOW, NOW + Millis(2000)));
}

#[test]
fn the_same_content_under_another_nonce_has_another_hash() {
    let seal = |nonce| {
        let content = signed_answer(known()).content().clone();
        let address = samples::address(RECLASSERING, GEMEENTE);
        Signed::seal(address, content, nonce, &RECLASSERING.statement_key()).into_statement()
    };
    assert_ne!(seal([1; 32]).body_hash(), seal([2; 32]).body_hash());
    assert_ne!(seal([1; 32]).hash(), seal([2; 32]).hash());
}

#[test]
fn nothing_of_the_content_shows_in_debug_output() {
    let signed = signed_answer(known());
    let verified = samples::verify::<Answer>(signed.statement().clone(), GEMEENTE).unwrap();
    let shown = alloc::format!("{signed:?} {verified:?} {:?}", signed.statement());
    assert!(!shown.contains("Known") && !shown.contains("Meldpunt"), "{shown}");
}
