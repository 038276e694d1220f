//! Who may start a journal, and what a start makes of files that are missing, misplaced or left over.

use std::fs;

use super::*;

/// A journal with three segments in the exchange log.
async fn long_journal() -> Home {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    for number in 1..=5 {
        let wide = entry(number, EntryKind::AnswerSent, EntryBody::Public(vec![7; 3000]));
        journal.record((), vec![wide]).await.unwrap();
    }
    journal.close().await;
    assert!(home.segment(LogName::Exchange, 3).exists());
    home
}

fn damage_of(home: &Home) -> Damage {
    let verified = home.verify();
    let Err(VerifyFailure::Journal(JournalError::Damaged(of_verify))) = verified else {
        panic!("verification says {verified:?}");
    };
    match home.try_open(Arc::new(RealDisk), SMALL) {
        Err(JournalError::Damaged(damage)) => assert_eq!(damage, of_verify),
        other => panic!("a start says {other:?}"),
    }
    of_verify
}

#[tokio::test]
async fn refuses_a_second_process() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    assert!(matches!(home.try_open(Arc::new(RealDisk), SMALL), Err(JournalError::InUse { .. })));
    journal.close().await;
    home.open(SMALL);
}

#[test]
fn refuses_another_key() {
    let home = Home::new(SMALL);
    let other = SigningKey::from_bytes(&[8; 32]);
    assert!(matches!(Journal::open(&home.journal, other.clone(), clock()), Err(JournalError::WrongKey)));
    let empty = Home::empty();
    let made = Journal::create(&empty.journal, &identity(), &other, clock());
    assert!(matches!(made, Err(JournalError::WrongKey)));
}

#[test]
fn refuses_a_folder_without_journal_and_one_with() {
    let home = Home::empty();
    assert!(matches!(Journal::open(&home.journal, key(), clock()), Err(JournalError::Missing { .. })));
    Journal::create(&home.journal, &identity(), &key(), clock()).unwrap();
    let again = Journal::create(&home.journal, &identity(), &key(), clock());
    assert!(matches!(again, Err(JournalError::AlreadyExists { .. })));
    let (journal, _) = Journal::open(&home.journal, key(), clock()).unwrap();
    assert_eq!(journal.genesis(LogName::House).name, identity().name);
    assert_ne!(journal.genesis(LogName::House).origin, journal.genesis(LogName::Exchange).origin);
}

#[tokio::test]
async fn says_which_segment_is_missing() {
    for number in [1, 2] {
        let home = long_journal().await;
        fs::remove_file(home.segment(LogName::Exchange, number)).unwrap();
        let damage = damage_of(&home);
        assert_eq!((damage.segment, damage.flaw), (number, Flaw::MissingSegment));
    }
}

#[tokio::test]
async fn refuses_a_segment_in_anothers_place() {
    let home = long_journal().await;
    let (first, second) = (home.segment(LogName::Exchange, 1), home.segment(LogName::Exchange, 2));
    fs::copy(&first, &second).unwrap();
    assert_eq!(damage_of(&home).flaw, Flaw::Header);
    fs::copy(home.segment(LogName::House, 1), &first).unwrap();
    assert_eq!(damage_of(&home).flaw, Flaw::Header);
}

#[tokio::test]
async fn refuses_a_segment_of_another_journal() {
    let (home, other) = (long_journal().await, long_journal().await);
    fs::copy(other.segment(LogName::Exchange, 2), home.segment(LogName::Exchange, 2)).unwrap();
    assert_eq!(damage_of(&home).flaw, Flaw::Chain);
}

#[tokio::test]
async fn refuses_a_log_of_another_organisation() {
    let (home, other) = (long_journal().await, Home::empty());
    let stranger = Identity { name: "Gemeente Anders".into(), ..identity() };
    create::create(&RealDisk, &other.journal, &stranger, &key(), clock()(), SMALL).unwrap();
    fs::copy(other.segment(LogName::House, 1), home.segment(LogName::House, 1)).unwrap();
    assert_eq!(damage_of(&home).flaw, Flaw::Genesis);
}

#[tokio::test]
async fn refuses_a_segment_of_another_length() {
    for number in [1, 3] {
        let home = long_journal().await;
        let file = fs::OpenOptions::new().write(true).open(home.segment(LogName::Exchange, number)).unwrap();
        file.set_len(8 * 1024 - 1).unwrap();
        assert_eq!(damage_of(&home).flaw, Flaw::CutOff);
        file.set_len(8 * 1024 + 1).unwrap();
        assert_eq!(damage_of(&home).flaw, Flaw::SegmentLength);
    }
}

#[tokio::test]
async fn removes_a_segment_that_was_being_made() {
    let home = long_journal().await;
    let unfinished = recovery::log_dir(&home.journal, LogName::Exchange).join("00000004.seg.new");
    fs::write(&unfinished, [0; 100]).unwrap();
    assert!(home.verify().unwrap().is_clean());
    let (journal, recovery) = home.open(SMALL);
    assert_eq!((recovery, unfinished.exists()), (Recovery::default(), false));
    assert_eq!(journal.size(LogName::Exchange), 6);
}

#[tokio::test]
async fn a_refused_start_changes_neither_log() {
    let home = long_journal().await;
    // A tail in one log, damage in the other.
    let (tail, damaged) = (home.segment(LogName::Exchange, 3), home.segment(LogName::House, 1));
    let mut bytes = fs::read(&tail).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[end + 1..end + 3].copy_from_slice(&[0, 9]);
    fs::write(&tail, &bytes).unwrap();
    let mut house = fs::read(&damaged).unwrap();
    house[200] ^= 1;
    fs::write(&damaged, house).unwrap();
    assert_eq!(damage_of(&home).log, LogName::House);
    assert_eq!(fs::read(&tail).unwrap(), bytes);
}
