//! Answers: of one size whatever they say, and padded in one way.

use proptest::prelude::*;

use crate::codec::{self, Bytes, DecodeError};
use crate::samples::{GEMEENTE, RECLASSERING, known, seal, signed_answer, uitvraag_id, verify};
use crate::sign::{Signed, read_body};
use crate::statement::{ANSWER_BODY_BYTES, Answer, Contact, MAX_CONTACT_BYTES, NotAContact, Outcome};

#[test]
fn every_answer_has_exactly_one_size() {
    let sizes = |outcome: Outcome| {
        let signed = signed_answer(outcome);
        (signed.statement().body.0.len(), signed.statement().envelope.0.len())
    };
    let expected = sizes(Outcome::NoStatement);
    assert_eq!(expected.0, ANSWER_BODY_BYTES);
    for length in 1..=MAX_CONTACT_BYTES {
        let contact = "x".repeat(length).parse().unwrap();
        assert_eq!(sizes(Outcome::Known(contact)), expected, "a contact of {length} bytes");
    }
}

#[test]
fn a_contact_is_one_line_of_bounded_length() {
    assert!("Meldpunt, 088-0000000".parse::<Contact>().is_ok());
    assert!("é".repeat(128).parse::<Contact>().is_ok());
    for bad in ["", " x", "x ", "a\nb", "a\u{7f}b"] {
        assert_eq!(bad.parse::<Contact>(), Err(NotAContact), "{bad:?}");
    }
    assert!("x".repeat(MAX_CONTACT_BYTES + 1).parse::<Contact>().is_err());
}

#[test]
fn an_answer_padded_in_any_other_way_is_refused() {
    let body = signed_answer(known()).into_statement().body.0;
    assert!(read_body::<Answer>(&body).is_ok());
    let (start, length) = longest_run_of_zeros(&body);
    let mut filled = body.clone();
    filled[start + length / 2] = 1;
    assert_eq!(read_body::<Answer>(&filled), Err(DecodeError::Unexpected { expected: "Answer" }));

    // One byte shorter, with the length of the byte string (two bytes before it) corrected.
    let mut shorter = body;
    shorter.remove(start);
    let padding = u16::from_be_bytes([shorter[start - 2], shorter[start - 1]]) - 1;
    shorter[start - 2..start].copy_from_slice(&padding.to_be_bytes());
    assert!(codec::check(&shorter).is_ok());
    assert!(read_body::<Answer>(&shorter).is_err());
}

fn longest_run_of_zeros(bytes: &[u8]) -> (usize, usize) {
    let mut best = (0, 0);
    let mut start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != 0 {
            start = at + 1;
        } else if at + 1 - start > best.1 {
            best = (start, at + 1 - start);
        }
    }
    best
}

proptest! {
    #[test]
    fn an_answer_of_any_contact_has_the_one_size_and_survives(contact in "[a-zA-Z0-9é€]{1,80}", hash: [u8; 32]) {
        let answer = Answer::new(uitvraag_id(), Bytes(hash), Outcome::Known(contact.parse().unwrap()));
        let signed: Signed<Answer> = seal(RECLASSERING, GEMEENTE, answer.clone());
        prop_assert_eq!(signed.statement().body.0.len(), ANSWER_BODY_BYTES);
        let read = verify::<Answer>(signed.into_statement(), GEMEENTE).unwrap();
        prop_assert_eq!(read.content(), &answer);
    }

    #[test]
    fn padding_of_other_bytes_never_reads_as_an_answer(at in 0usize..300, byte in 1u8..) {
        let mut body = signed_answer(Outcome::NoStatement).into_statement().body.0;
        let (start, length) = longest_run_of_zeros(&body);
        body[start + at % length] = byte;
        prop_assert!(read_body::<Answer>(&body).is_err());
    }
}
