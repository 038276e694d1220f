//! The promises of published tables and of questions that are sealed for them.

use alloc::vec::Vec;

use crate::codec::{self, Bytes};
use crate::samples::{
    GEMEENTE, NOW, POLITIE, RECLASSERING, seal, signed_publication, signed_sealed_uitvraag, signed_uitvraag, verify,
};
use crate::sealed::table::Publication;
use crate::statement::{AskedSubject, NotPublished, Uitvraag};
use crate::time::Millis;

fn checked(content: Publication) -> Result<(), NotPublished> {
    verify::<Publication>(seal(RECLASSERING, GEMEENTE, content).into_statement(), GEMEENTE).unwrap().check()
}

#[test]
fn a_table_is_published_by_its_own_party_under_its_own_convenant() {
    let good = signed_publication().content().clone();
    assert_eq!(checked(good.clone()), Ok(()));
    let mut other = good.clone();
    other.table.party = POLITIE.oin();
    assert_eq!(checked(other), Err(NotPublished::NotTheirs));
    let mut other = good.clone();
    other.table.scope = "iets-anders".parse().unwrap();
    assert_eq!(checked(other), Err(NotPublished::NotTheirs));
    for change in [
        (|it| it.root = Bytes([1; 32])) as fn(&mut Publication),
        |it| it.cells *= 2,
        |it| it.cells = 3,
        |it| it.table.epoch += 1,
    ] {
        let mut other = good.clone();
        change(&mut other);
        assert!(matches!(checked(other), Err(NotPublished::Table(_))));
    }
}

#[test]
fn a_table_takes_what_was_asked_in_time_whenever_that_arrives() {
    let table = signed_publication().content().clone();
    assert!(table.takes_questions_of(table.valid_until, &RECLASSERING.oin()));
    assert!(!table.takes_questions_of(table.valid_until + Millis(1), &RECLASSERING.oin()));
    assert!(!table.takes_questions_of(NOW, &POLITIE.oin()));
}

#[test]
fn a_sealed_question_shows_nobody_and_everything_else_that_an_open_one_does() {
    let question = signed_sealed_uitvraag();
    assert_eq!(question.content().subject(), None);
    assert!(question.content().sealed().is_some());
    assert_eq!(question.content().core, signed_uitvraag().content().core);
    let body = question.into_statement().body.0;
    for word in ["Meij", "123456782", "gedrag-1"] {
        assert!(!body.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
}

#[test]
fn a_question_is_open_or_sealed_and_never_both_or_of_another_size() {
    let question = signed_sealed_uitvraag().content().clone();
    let bytes = codec::encode(&question);
    assert_eq!(codec::decode::<Uitvraag>(&bytes).unwrap(), question);
    let AskedSubject::Sealed(sealed) = &question.subject else { panic!("it is sealed") };
    let whole = codec::encode(&**sealed);
    // 3,888 bytes of vouchers, one fewer: no length but the one is a question.
    let head = [&[0x59_u8][..], &3888_u16.to_be_bytes()].concat();
    let at = whole.windows(3).position(|window| window == head).unwrap();
    let mut shorter: Vec<u8> = whole.clone();
    shorter[at + 1..at + 3].copy_from_slice(&3887_u16.to_be_bytes());
    shorter.remove(at + 3);
    assert!(codec::decode::<crate::sealed::Sealed>(&shorter).is_err());
    assert!(codec::decode::<crate::sealed::Sealed>(&whole).is_ok());
}
