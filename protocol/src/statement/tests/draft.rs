//! Drafts: parts that belong together, within their bounds, committed to field by field.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::codec::{Bytes, Hash};
use crate::person::{Fields, PersonRef};
use crate::samples::{GEMEENTE, POLITIE, draft, recipient, subject};
use crate::statement::{Draft, MAX_CRITERIA, MAX_MOTIVATION_BYTES, MAX_RECIPIENTS, Recipient, Subject, WrongDraft};

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
