//! Any byte of a committed part that changes is noticed by a start and by a verification; neither ever panics.

use std::os::unix::fs::FileExt;

use super::*;

/// Less than the tests of other things need: every byte of it is changed.
const TINY: Layout = Layout { segment_bytes: 4 * 1024, slots_per_block: 4 };

/// A journal with two segments in the exchange log and one in the house log, and all kinds of frames.
async fn full_journal() -> Home {
    let home = Home::new(TINY);
    let (journal, _) = home.open(TINY);
    let case = journal.new_case().unwrap();
    let receipt = some_receipt(&journal).await;
    for number in 1..=2 {
        let wide = entry(10 + number, EntryKind::AnswerSent, EntryBody::Public(vec![7; 600]));
        let entries = vec![sealed(number, EntryKind::QuestionReceived, case), wide];
        journal.record((), entries).await.unwrap();
    }
    journal.keep_receipt(statement_id(1), receipt).unwrap();
    journal.record((), vec![public(20, EntryKind::Released), public(21, EntryKind::AnswerSent)]).await.unwrap();
    journal.close().await;
    assert!(home.segment(LogName::Exchange, 2).exists() && !home.segment(LogName::Exchange, 3).exists());
    home
}

/// Offset behind the last byte that was written.
fn written(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

#[tokio::test]
async fn notices_a_change_of_any_committed_byte() {
    let home = full_journal().await;
    for (log, number) in [(LogName::Exchange, 1), (LogName::Exchange, 2), (LogName::House, 1)] {
        let path = home.segment(log, number);
        let bytes = std::fs::read(&path).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        // All of a finished segment, with a sample of its zeroes; of the last one what was written.
        let finished = (log, number) == (LogName::Exchange, 1);
        let zeroes = (written(&bytes)..bytes.len()).step_by(37).filter(|_| finished);
        for at in (0..written(&bytes)).chain(zeroes) {
            let flip = if at / 8 % 2 == 0 { 1 << (at % 8) } else { 0xff };
            file.write_all_at(&[bytes[at] ^ flip], at as u64).unwrap();
            let context = format!("{log:?} segment {number} byte {at} flip {flip:02x}");
            let opened = home.try_open(Arc::new(RealDisk), TINY).map(|_| ());
            assert!(matches!(opened, Err(JournalError::Damaged(_))), "{context}: {opened:?}");
            let verified = home.verify();
            assert!(
                matches!(verified, Err(VerifyFailure::Journal(JournalError::Damaged(_)))),
                "{context}: {verified:?}"
            );
            file.write_all_at(&bytes[at..=at], at as u64).unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "a refused start changes nothing");
    }
    assert!(home.verify().unwrap().is_clean());
}

#[tokio::test]
async fn says_where_the_damage_is() {
    let home = full_journal().await;
    let stored_at = {
        let (journal, _) = home.open(TINY);
        let stored_at = journal.shared.read(LogName::Exchange).entries[4];
        journal.close().await;
        stored_at
    };
    let file =
        std::fs::OpenOptions::new().write(true).open(home.segment(LogName::Exchange, stored_at.segment)).unwrap();
    file.write_all_at(&[0xff], u64::from(stored_at.offset) + 60).unwrap();
    let Err(JournalError::Damaged(damage)) = home.try_open(Arc::new(RealDisk), TINY).map(|_| ()) else {
        panic!("damage was not noticed");
    };
    assert_eq!((damage.log, damage.segment), (LogName::Exchange, stored_at.segment));
    assert_eq!((damage.byte, damage.entry), (u64::from(stored_at.offset), 4));
}

#[tokio::test]
async fn a_change_behind_the_last_commit_costs_nothing_acknowledged() {
    let home = full_journal().await;
    let path = home.segment(LogName::House, 1);
    let bytes = std::fs::read(&path).unwrap();
    for at in (written(&bytes)..bytes.len()).step_by(97) {
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all_at(&[0x10], at as u64).unwrap();
        assert!(!home.verify().unwrap().is_clean());
        let (journal, recovery) = home.open(TINY);
        assert_eq!((journal.size(LogName::House), recovery.tails.len()), (2, 1));
        journal.close().await;
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_changed_key_file_is_refused_or_opens_no_body() {
    let home = full_journal().await;
    let path = home.journal.join(super::super::vault::FILE);
    let bytes = std::fs::read(&path).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    for at in 0..96 {
        file.write_all_at(&[bytes[at] ^ 4], at as u64).unwrap();
        match home.try_open(Arc::new(RealDisk), TINY) {
            Err(error) => assert!(at < 64 && matches!(error, JournalError::Vault { .. }), "byte {at}: {error}"),
            Ok((journal, _)) => {
                assert!(at >= 64, "byte {at}");
                let stored = journal.read(LogName::Exchange, LeafIndex(1)).unwrap();
                assert!(matches!(journal.body(&stored), Err(JournalError::SealBroken { .. })));
                journal.close().await;
            }
        }
        file.write_all_at(&bytes[at..=at], at as u64).unwrap();
    }
    file.set_len(64).unwrap();
    assert!(matches!(home.try_open(Arc::new(RealDisk), TINY), Err(JournalError::Vault { .. })));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(home.try_open(Arc::new(RealDisk), TINY), Err(JournalError::Vault { .. })));
}
