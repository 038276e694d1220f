//! The promises of what organisations say: one size, commitments to every field, approvals that cover one question.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::codec::{self, Blob, Bytes, DecodeError, Hash};
use crate::id::UitvraagId;
use crate::person::{Fields, PersonRef};
use crate::samples::{
    GEMEENTE, NOW, POLITIE, Party, RECLASSERING, draft, known, recipient, seal, signed_answer, signed_approval,
    signed_uitvraag, subject, uitvraag_id, verify,
};
use crate::sign::{Signed, Verified, read_body};
use crate::time::Millis;

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

fn approval_by(issuer: Party, audience: Party, content: Approval) -> Verified<Approval> {
    verify(seal(issuer, audience, content).into_statement(), audience).unwrap()
}

#[test]
fn an_approval_covers_each_of_its_recipients() {
    let approval = verify::<Approval>(signed_approval().into_statement(), GEMEENTE).unwrap();
    for party in [POLITIE, RECLASSERING] {
        let salt = recipient(party).salt;
        assert_eq!(approval.covers(&draft().core, &party.oin(), &salt), Ok(()));
    }
}

#[test]
fn an_approval_names_its_recipients_in_ascending_order_and_not_in_clear() {
    let approval = Approval::of(&draft());
    assert!(approval.recipients.is_sorted());
    let body = signed_approval().into_statement().body.0;
    let oin = RECLASSERING.oin();
    assert!(!body.windows(20).any(|window| window == oin.as_str().as_bytes()));
}

#[test]
fn an_approval_does_not_cover_another_recipient_or_salt() {
    let approval = verify::<Approval>(signed_approval().into_statement(), GEMEENTE).unwrap();
    let core = draft().core;
    let covers = |oin: &crate::Oin, salt: &Bytes<32>| approval.covers(&core, oin, salt);
    let stranger = Party(9);
    assert_eq!(covers(&stranger.oin(), &recipient(POLITIE).salt), Err(NotApproved::OtherRecipients));
    assert_eq!(covers(&POLITIE.oin(), &recipient(RECLASSERING).salt), Err(NotApproved::OtherRecipients));
    assert_eq!(covers(&POLITIE.oin(), &Bytes([0; 32])), Err(NotApproved::OtherRecipients));
}

#[test]
fn an_approval_does_not_cover_a_question_of_which_any_field_differs() {
    let approval = verify::<Approval>(signed_approval().into_statement(), GEMEENTE).unwrap();
    let good = draft().core;
    for (field, core) in changed_cores(&good).into_iter().enumerate() {
        assert_ne!(core.hash(), good.hash(), "field {field}");
        let refused = approval.covers(&core, &POLITIE.oin(), &recipient(POLITIE).salt);
        assert_eq!(refused, Err(NotApproved::OtherQuestion), "field {field}");
    }
}

/// The core with each field but the asker changed, which has a reason of its own.
fn changed_cores(good: &DraftCore) -> [DraftCore; 7] {
    let changed = |change: fn(&mut DraftCore)| {
        let mut core = good.clone();
        change(&mut core);
        core
    };
    [
        changed(|core| core.urgent = true),
        changed(|core| core.purpose = "https://example.org/doel/ander".parse().unwrap()),
        changed(|core| core.answer_by = NOW + Millis::hours(47)),
        changed(|core| core.convenant.2 = 1),
        changed(|core| core.motivation = Hash::of(&[b"another"])),
        changed(|core| core.subject = Hash::of(&[b"another"])),
        changed(|core| core.uitvraag_id = UitvraagId::new(NOW, [0x12; 10])),
    ]
}

#[test]
fn an_asker_does_not_approve_itself() {
    let (core, salt) = (draft().core, recipient(POLITIE).salt);
    let by_itself = approval_by(GEMEENTE, GEMEENTE, Approval::of(&draft()));
    assert_eq!(by_itself.covers(&core, &POLITIE.oin(), &salt), Err(NotApproved::ByTheAsker));

    let to_another = approval_by(POLITIE, RECLASSERING, Approval::of(&draft()));
    assert_eq!(to_another.covers(&core, &POLITIE.oin(), &salt), Err(NotApproved::ByTheAsker));

    let mut anothers = core.clone();
    anothers.asker = RECLASSERING.oin();
    let approval = approval_by(POLITIE, GEMEENTE, Approval::of(&draft()));
    assert_eq!(approval.covers(&anothers, &POLITIE.oin(), &salt), Err(NotApproved::ByTheAsker));
}

#[test]
fn an_approval_under_another_convenant_than_the_question_covers_nothing() {
    let mut elsewhere = draft();
    elsewhere.core.convenant.0 = "rcpt-ander".parse().unwrap();
    let approval = approval_by(POLITIE, GEMEENTE, Approval::of(&elsewhere));
    let refused = approval.covers(&elsewhere.core, &POLITIE.oin(), &recipient(POLITIE).salt);
    assert_eq!(refused, Err(NotApproved::OtherQuestion));
}

fn checked(change: impl FnOnce(&mut Draft)) -> Result<(), WrongDraft> {
    let mut draft = draft();
    change(&mut draft);
    draft.check()
}

/// Changes the draft and commits to what it then says, so that no refusal is owed to the commitments.
fn committed(change: impl FnOnce(&mut Draft)) -> Result<(), WrongDraft> {
    checked(|draft| {
        change(draft);
        draft.core.subject = draft.subject.commitment();
        draft.core.motivation = draft.motivation.commitment();
    })
}

#[test]
fn a_draft_whose_parts_belong_together_passes() {
    assert_eq!(checked(|_| ()), Ok(()));
    assert_eq!(committed(|draft| draft.motivation.text = "x".repeat(MAX_MOTIVATION_BYTES)), Ok(()));
    assert_eq!(committed(|draft| draft.subject.criteria = codes(MAX_CRITERIA)), Ok(()));
    assert_eq!(committed(|draft| draft.recipients = organisations(MAX_RECIPIENTS)), Ok(()));
}

#[test]
fn a_draft_with_other_contents_than_it_commits_to_is_wrong() {
    assert_eq!(checked(|draft| draft.subject.minor = true), Err(WrongDraft::Commitment));
    assert_eq!(checked(|draft| draft.motivation.text.push('!')), Err(WrongDraft::Commitment));
    assert_eq!(checked(|draft| draft.core.subject.0[0] ^= 1), Err(WrongDraft::Commitment));
    assert_eq!(checked(|draft| draft.core.motivation.0[0] ^= 1), Err(WrongDraft::Commitment));
}

#[test]
fn a_draft_names_each_recipient_once_and_never_the_asker() {
    assert_eq!(checked(|draft| draft.recipients.clear()), Err(WrongDraft::Recipients));
    assert_eq!(checked(|draft| draft.recipients.push(recipient(GEMEENTE))), Err(WrongDraft::Recipients));
    let too_many = |draft: &mut Draft| draft.recipients = organisations(MAX_RECIPIENTS + 1);
    assert_eq!(checked(too_many), Err(WrongDraft::Recipients));
    let twice = Recipient { salt: Bytes([0; 32]), ..recipient(POLITIE) };
    assert_eq!(checked(|draft| draft.recipients.push(twice)), Err(WrongDraft::Recipients));
}

#[test]
fn a_draft_cites_between_one_and_32_different_criteria() {
    assert_eq!(committed(|draft| draft.subject.criteria.clear()), Err(WrongDraft::Criteria));
    let twice = |draft: &mut Draft| draft.subject.criteria.push(draft.subject.criteria[0].clone());
    assert_eq!(committed(twice), Err(WrongDraft::Criteria));
    assert_eq!(committed(|draft| draft.subject.criteria = codes(MAX_CRITERIA + 1)), Err(WrongDraft::Criteria));
}

#[test]
fn a_draft_without_words_or_with_too_many_is_wrong() {
    for text in [String::new(), " \n\t".into(), "x".repeat(MAX_MOTIVATION_BYTES + 1)] {
        assert_eq!(committed(|draft| draft.motivation.text = text), Err(WrongDraft::Motivation));
    }
}

fn codes(count: usize) -> Vec<crate::id::Slug> {
    (0..count).map(|n| alloc::format!("code-{n}").parse().unwrap()).collect()
}

fn organisations(count: usize) -> Vec<Recipient> {
    let oin = |n: usize| alloc::format!("0000009900000{n:04}000").parse().unwrap();
    (5000..5000 + count).map(|n| Recipient { oin: oin(n), ..recipient(POLITIE) }).collect()
}

#[test]
fn the_commitment_changes_with_every_field_of_the_subject() {
    let with = |fields: Fields| Subject { person: PersonRef::try_from(fields).unwrap(), ..subject() };
    let fields = || {
        let person = subject().person;
        Fields {
            bsn: person.bsn().cloned(),
            given_names: person.given_names().cloned(),
            prefix: person.prefix().cloned(),
            surname: person.surname().cloned(),
            aliases: person.aliases().to_vec(),
            birth: person.birth(),
        }
    };
    let others = vec![
        Subject { salt: Bytes([0x5b; 32]), ..subject() },
        Subject { minor: true, ..subject() },
        Subject { criteria: subject().criteria[..1].to_vec(), ..subject() },
        Subject { criteria: subject().criteria.into_iter().rev().collect(), ..subject() },
        with(Fields { bsn: None, ..fields() }),
        with(Fields { given_names: Some("Zoe Anna".parse().unwrap()), ..fields() }),
        with(Fields { prefix: None, ..fields() }),
        with(Fields { surname: Some("Meij.".parse().unwrap()), ..fields() }),
        with(Fields { surname: fields().prefix, prefix: fields().surname, ..fields() }),
        with(Fields { aliases: vec![], ..fields() }),
        with(Fields { birth: "1985-04".parse().unwrap(), ..fields() }),
        with(Fields { birth: "1985".parse().unwrap(), ..fields() }),
    ];
    assert_eq!(with(fields()).commitment(), subject().commitment());
    let mut all: Vec<Hash> = others.iter().map(Subject::commitment).collect();
    all.push(subject().commitment());
    all.sort();
    all.dedup();
    assert_eq!(all.len(), others.len() + 1);
}

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
        prop_assert_eq!(Blob(body).0.len(), ANSWER_BODY_BYTES);
    }
}
