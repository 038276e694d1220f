//! Bodies can be forgotten, and nothing but bodies.

use super::*;

#[tokio::test]
async fn erasing_a_case_destroys_its_bodies_and_nothing_else() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let (first, second) = (journal.new_case().unwrap(), journal.new_case().unwrap());
    let entries = vec![
        sealed(1, EntryKind::QuestionReceived, first),
        sealed(2, EntryKind::Candidates, first),
        sealed(3, EntryKind::QuestionReceived, second),
    ];
    let receipt = journal.record((), entries).await.unwrap().receipt().clone();
    journal.erase_case(first).unwrap();
    let body = |log, index| journal.body(&journal.read(log, LeafIndex(index)).unwrap()).unwrap();
    assert_eq!(body(LogName::Exchange, 1), None);
    assert_eq!(body(LogName::House, 1), None);
    assert_eq!(body(LogName::Exchange, 2), Some(secret(3)));
    let late = journal.record((), vec![sealed(4, EntryKind::AnswerSent, first)]).await;
    assert!(matches!(late, Err(JournalError::NoCaseKey { .. })));
    journal.close().await;

    assert!(home.verify().unwrap().is_clean());
    let (journal, _) = home.open(SMALL);
    assert_eq!(journal.receipt(LogName::Exchange, LeafIndex(1)).unwrap(), receipt);
    assert_eq!(journal.body(&journal.read(LogName::Exchange, LeafIndex(1)).unwrap()).unwrap(), None);
    let keys = std::fs::read(home.journal.join(super::super::vault::FILE)).unwrap();
    assert_eq!(keys[64..96], [0; 32]);
}

#[tokio::test]
async fn erases_many_cases_at_once_or_none_when_one_was_never_given_out() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let cases: Vec<_> = (0..6).map(|_| journal.new_case().unwrap()).collect();
    let entries = cases.iter().zip(1..).map(|(case, number)| sealed(number, EntryKind::Candidates, *case)).collect();
    journal.record((), entries).await.unwrap();
    let unknown = CaseKey::new(7);
    let refused = journal.erase_cases(&[cases[0], unknown]);
    assert!(matches!(refused, Err(JournalError::NoCaseKey { case }) if case == unknown));
    assert!(journal.has_key(cases[0]) && !journal.has_key(unknown));
    let pseudonym = journal.pseudonym(cases[0], &[b"wie"]);
    assert!(pseudonym.is_some() && pseudonym != journal.pseudonym(cases[5], &[b"wie"]));
    journal.erase_cases(&cases[..5]).unwrap();
    journal.erase_cases(&cases[..5]).unwrap();
    assert!(cases[..5].iter().all(|case| !journal.has_key(*case)) && journal.has_key(cases[5]));
    assert_eq!(journal.pseudonym(cases[0], &[b"wie"]), None);
}

#[tokio::test]
async fn a_sealed_body_stands_nowhere_in_the_clear() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let case = journal.new_case().unwrap();
    journal.record((), vec![sealed(1, EntryKind::QuestionReceived, case)]).await.unwrap();
    journal.close().await;
    let written = std::fs::read(home.segment(LogName::Exchange, 1)).unwrap();
    assert!(!written.windows(10).any(|window| secret(1).starts_with(window)));
}

#[tokio::test]
async fn never_gives_out_a_key_that_an_entry_uses_or_that_was_erased() {
    let home = Home::new(SMALL);
    let mut used = Vec::new();
    for round in 0..5 {
        let (journal, _) = home.open(SMALL);
        for number in 0..3 {
            let case = journal.new_case().unwrap();
            assert!(!used.contains(&case), "{case:?} again");
            if number == 1 {
                journal.erase_case(case).unwrap();
                used.push(case);
                continue;
            }
            journal.record((), vec![sealed(round * 3 + number, EntryKind::Candidates, case)]).await.unwrap();
            used.push(case);
        }
        journal.close().await;
    }
}

#[tokio::test]
async fn a_body_opens_only_at_its_own_entry() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let case = journal.new_case().unwrap();
    let pair = vec![sealed(1, EntryKind::Candidates, case), sealed(2, EntryKind::Candidates, case)];
    journal.record((), pair).await.unwrap();
    let (first, second) =
        (journal.read(LogName::House, LeafIndex(1)).unwrap(), journal.read(LogName::House, LeafIndex(2)).unwrap());
    let swapped = Stored { body: second.body, ..first };
    assert!(matches!(journal.body(&swapped), Err(JournalError::SealBroken { .. })));
}

#[tokio::test]
async fn refuses_a_case_that_was_never_given_out() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let unknown = CaseKey::new(3);
    let recorded = journal.record((), vec![sealed(1, EntryKind::Candidates, unknown)]).await;
    assert!(matches!(recorded, Err(JournalError::NoCaseKey { .. })));
    assert!(matches!(journal.erase_case(unknown), Err(JournalError::NoCaseKey { .. })));
}
