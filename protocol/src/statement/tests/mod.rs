//! The promises of what organisations say to each other.

mod answer;
mod approval;
mod correction;
mod draft;
mod publication;

use crate::samples::{GEMEENTE, POLITIE, draft, known, recipient, signed_answer, signed_uitvraag, subject};
use crate::statement::{AskedSubject, Kind, Subject};

#[test]
fn a_question_shows_its_subject_only_if_it_is_the_approved_one() {
    let mut question = signed_uitvraag().content().clone();
    assert_eq!(question.subject(), Some(&subject()));
    question.subject = AskedSubject::Open(Subject { minor: true, ..subject() });
    assert_eq!(question.subject(), None);
}

#[test]
fn a_question_names_no_other_recipient_and_no_motivation() {
    let body = signed_uitvraag().into_statement().body.0;
    let holds = |needle: &[u8]| body.windows(needle.len()).any(|window| window == needle);
    assert!(holds(GEMEENTE.oin().as_str().as_bytes()));
    assert!(!holds(&recipient(POLITIE).salt.0), "another recipient's salt would tell who else is asked");
    assert!(!holds(draft().motivation.text.as_bytes()));
    assert!(!holds(&draft().motivation.salt.0));
}

#[test]
fn nothing_of_a_person_or_an_outcome_shows_in_debug_output() {
    let answer = signed_answer(known()).content().clone();
    let shown = alloc::format!("{:?} {:?} {answer:?}", draft(), signed_uitvraag().content());
    let salt = alloc::format!("{}", subject().salt);
    for secret in ["Meij", "123456782", "1985", "gedrag-1", "Noodzaak", "Known", "Meldpunt", salt.as_str()] {
        assert!(!shown.contains(secret), "{secret} shows");
    }
}

#[test]
fn every_kind_has_one_media_type() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_media_type(kind.media_type()), Some(kind));
    }
    assert_eq!(Kind::from_media_type("application/vnd.weegnet.draft.v2+cose"), None);
}
