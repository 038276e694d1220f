//! Corrections: of one size, in codes alone, and only about what their issuer said.

use alloc::collections::BTreeSet;
use alloc::string::String;

use proptest::prelude::*;

use crate::codec::{self, Bytes, DecodeError};
use crate::samples::{
    GEMEENTE, POLITIE, RECLASSERING, corrected, gemeente_contact, known, seal, signed_answer, signed_correction,
    signed_draft, signed_refusal, signed_uitvraag, verify,
};
use crate::sign::{Content, Signed, read_body};
use crate::statement::{CORRECTION_BODY_BYTES, Correction, NotACorrection, NotTheirs, Right, Wish, WrongField};

const FIELDS: [WrongField; 6] = [
    WrongField::Name,
    WrongField::BirthDate,
    WrongField::Bsn,
    WrongField::Criterion,
    WrongField::OtherPerson,
    WrongField::All,
];

fn make(right: Right, wrong: &[WrongField], wish: Wish) -> Result<Correction, NotACorrection> {
    Correction::new(corrected(), right, wrong.iter().copied().collect(), wish, gemeente_contact())
}

fn chosen(bits: u8) -> BTreeSet<WrongField> {
    FIELDS.into_iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, field)| field).collect()
}

#[test]
fn right_fields_and_wish_go_together() {
    use NotACorrection::{AllAndMore, NotWrong, NothingWrong};
    let rectify = |wrong| make(Right::Rectification, wrong, Wish::Rectify);
    assert!(rectify(&[WrongField::All]).is_ok());
    assert!(rectify(&FIELDS[..5]).is_ok());
    assert_eq!(rectify(&[]), Err(NothingWrong));
    assert_eq!(rectify(&[WrongField::All, WrongField::Name]), Err(AllAndMore));
    assert!(make(Right::Rectification, &[WrongField::OtherPerson], Wish::StopUsing).is_ok());
    for right in [Right::Erasure, Right::Objection] {
        assert!(make(right, &[], Wish::StopUsing).is_ok() && make(right, &[], Wish::TakeNote).is_ok());
        assert_eq!(make(right, &[], Wish::Rectify), Err(NotWrong));
        assert_eq!(make(right, &[WrongField::Name], Wish::StopUsing), Err(NotWrong));
    }
}

#[test]
fn a_correction_is_only_about_what_its_issuer_said_to_its_audience() {
    fn about<T: Content>(said: &Signed<T>, by: &Signed<Correction>) -> Result<(), NotTheirs> {
        let hash = said.statement().hash();
        let mut about = corrected();
        (about.statement, about.id) = (hash, said.header().id);
        let wrong = [WrongField::Name].into();
        let correction = Correction::new(about, Right::Rectification, wrong, Wish::Rectify, gemeente_contact());
        correction.unwrap().belongs_to(by.header(), said.header(), &hash)
    }
    let to = |from, to| seal(from, to, signed_correction().content().clone());
    assert_eq!(about(&signed_uitvraag(), &to(GEMEENTE, RECLASSERING)), Ok(()));
    assert_eq!(about(&signed_draft(), &to(GEMEENTE, POLITIE)), Ok(()));
    assert_eq!(about(&signed_answer(known()), &to(RECLASSERING, GEMEENTE)), Ok(()));
    // Said by another, to another, or saying nothing of a person.
    assert!(about(&signed_uitvraag(), &to(POLITIE, RECLASSERING)).is_err());
    assert!(about(&signed_uitvraag(), &to(GEMEENTE, POLITIE)).is_err());
    assert!(about(&signed_answer(known()), &to(GEMEENTE, RECLASSERING)).is_err());
    assert!(about(&signed_refusal(), &to(RECLASSERING, GEMEENTE)).is_err());
    // Another hash, another id.
    let (question, by) = (signed_uitvraag(), to(GEMEENTE, RECLASSERING));
    let correction = signed_correction();
    let belongs = |hash, header: &_| correction.content().belongs_to(by.header(), header, &hash);
    assert_eq!(belongs(question.statement().hash(), question.header()), Ok(()));
    assert!(belongs(Bytes([0; 32]), question.header()).is_err());
    assert!(belongs(question.statement().hash(), signed_draft().header()).is_err());
}

#[test]
fn nothing_of_the_person_is_in_a_correction() {
    let body = signed_correction().into_statement().body.0;
    let holds = |needle: &[u8]| body.windows(needle.len()).any(|window| window == needle);
    for secret in ["Meij", "Zoë", "123456782", "1985", "gedrag-1"] {
        assert!(!holds(secret.as_bytes()), "{secret}");
    }
    assert!(holds(b"birth_date") && holds(b"rectify"));
}

#[test]
fn fields_out_of_order_or_twice_and_other_padding_are_refused() {
    let body = signed_correction().into_statement().body.0;
    assert!(read_body::<Correction>(&body).is_ok());
    let at = body.windows(10).position(|window| window == b"birth_date").unwrap() - 1;
    let (birth, criterion) = (b"\x6abirth_date", b"\x69criterion");
    assert_eq!(&body[at..at + 21], [&birth[..], criterion].concat());
    let mut turned = body.clone();
    turned[at..at + 21].copy_from_slice(&[&criterion[..], birth].concat());
    assert!(codec::check(&turned).is_ok());
    assert_eq!(read_body::<Correction>(&turned), Err(DecodeError::NonCanonical { at: 0 }));
    let padding = body.windows(300).position(|window| window.iter().all(|byte| *byte == 0)).unwrap();
    let mut filled = body;
    filled[padding + 7] = 1;
    assert_eq!(read_body::<Correction>(&filled), Err(DecodeError::Unexpected { expected: "Correction" }));
}

proptest! {
    #[test]
    fn every_correction_has_the_one_size_and_survives(
        right in 0usize..3,
        wish in 0usize..3,
        bits in 0u8..64,
        length in 1usize..=256,
        hash: [u8; 32],
    ) {
        let right = [Right::Rectification, Right::Erasure, Right::Objection][right];
        let wish = [Wish::Rectify, Wish::StopUsing, Wish::TakeNote][wish];
        let contact: String = "x".repeat(length);
        let mut about = corrected();
        about.statement = Bytes(hash);
        if let Ok(correction) = Correction::new(about, right, chosen(bits), wish, contact.parse().unwrap()) {
            let signed: Signed<Correction> = seal(GEMEENTE, RECLASSERING, correction.clone());
            let expected = signed_correction();
            prop_assert_eq!(signed.statement().body.0.len(), CORRECTION_BODY_BYTES);
            prop_assert_eq!(signed.statement().envelope.0.len(), expected.statement().envelope.0.len());
            let read = verify::<Correction>(signed.into_statement(), RECLASSERING).unwrap();
            prop_assert_eq!(read.content(), &correction);
        }
    }
}
