//! Questions that were tampered with, and questions about several persons at once.

use super::*;
use crate::sealed::ask::NotAsked;
use crate::sealed::open::Misuse;
use crate::sealed::{BOX_BYTES, LINK_KEYS, VOUCHER_BYTES, VOUCHERS};

#[test]
fn a_question_that_was_changed_anywhere_does_not_open() {
    let responder = Responder::knowing(&[somebody(1)]);
    let subject = subject(somebody(1));
    let question = responder.asked(&subject, 4);
    assert!(matches!(responder.open(&subject, &question), Opening::Opened(_)));
    // Every voucher once in each of its parts, and the content here and there.
    for number in 0..VOUCHERS {
        for at in [number % 32, 32 + number % 33, 65 + number % 16] {
            let mut wrong = question.clone();
            wrong.vouchers.0[number * VOUCHER_BYTES + at] ^= 1 << (number % 8);
            assert!(!matches!(responder.open(&subject, &wrong), Opening::Opened(_)), "voucher {number}, byte {at}");
        }
    }
    for at in (0..BOX_BYTES).step_by(97) {
        let mut wrong = question.clone();
        wrong.content.0[at] ^= 1;
        assert!(matches!(responder.open(&subject, &wrong), Opening::Misused(Misuse::Key)), "content, byte {at}");
    }
    let mut wrong = question.clone();
    wrong.root.0[0] ^= 1;
    assert!(matches!(responder.open(&subject, &wrong), Opening::Miss));
    let opener = Opener { secret: &responder.secret, publication: &responder.publication, table: &responder.table };
    let other = UitvraagId::new(NOW, [6; 10]);
    assert!(matches!(opener.open(&other, &subject.commitment(), &question, keys), Opening::Miss), "another uitvraag");
}

#[test]
fn a_question_about_somebody_else_than_was_approved_is_misuse() {
    let responder = Responder::knowing(&[somebody(1), somebody(2)]);
    let (approved, asked) = (subject(somebody(1)), subject(somebody(2)));
    let opened = responder.open(&approved, &responder.asked(&asked, 1));
    assert!(matches!(opened, Opening::Misused(Misuse::Commitment)));
}

#[test]
fn a_question_that_mixes_persons_is_misuse_whoever_of_them_is_known() {
    let (approved, other) = (subject(somebody(1)), somebody(2));
    let mixed: Vec<LinkKey> = keys(&approved.person).into_iter().chain(keys(&other)).collect();
    for known in [somebody(1), other] {
        let responder = Responder::knowing(&[known]);
        let question = responder.asked_with(&approved, &mixed, 1);
        assert!(matches!(responder.open(&approved, &question), Opening::Misused(Misuse::Vouchers)));
    }
    // With fewer keys than the person has: the others would not have opened it, and that is for nobody to choose.
    let responder = Responder::knowing(&[somebody(1)]);
    let question = responder.asked_with(&approved, &keys(&approved.person)[..1], 1);
    assert!(matches!(responder.open(&approved, &question), Opening::Misused(Misuse::Vouchers)));
}

#[test]
fn what_cannot_be_asked_is_not_asked() {
    let responder = Responder::knowing(&[]);
    let subject = subject(somebody(1));
    let try_with = |keys: &[LinkKey], subject: &Subject| {
        let Responder { publication, table, .. } = &responder;
        ask(&id(), subject, keys, publication, table, &Bytes([1; 32])).unwrap_err()
    };
    let weak = |number: usize| LinkKey { bytes: vec![number as u8], strong: false };
    assert_eq!(try_with(&[], &subject), NotAsked::TooThin);
    assert_eq!(try_with(&[weak(1)], &subject), NotAsked::TooThin);
    let many: Vec<_> = (0..=LINK_KEYS).map(weak).collect();
    assert_eq!(try_with(&many, &subject), NotAsked::TooManyKeys(17));
    let long = Fields {
        surname: Some("ä".repeat(200).parse().unwrap()),
        aliases: vec!["ö".repeat(200).parse().unwrap(); 16],
        ..Fields::default()
    };
    let large = Subject { person: PersonRef::try_from(long).unwrap(), ..subject };
    assert_eq!(try_with(&keys(&somebody(1)), &large), NotAsked::TooLarge);
}
