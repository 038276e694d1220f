//! What is recorded can be read, proven and found again.

use super::*;

#[tokio::test]
async fn returns_a_receipt_that_verifies_and_outlives_a_restart() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let recorded = journal.record("value", vec![public(1, EntryKind::QuestionReceived)]).await.unwrap();
    assert_eq!((*recorded.get(), recorded.index()), ("value", LeafIndex(1)));
    let checkpoint = recorded.receipt().verify(&key().verifying_key()).unwrap();
    assert_eq!(checkpoint.size, 2);
    assert_eq!(&journal.checkpoint(LogName::Exchange).checkpoint().root, &checkpoint.root);
    journal.record((), vec![public(2, EntryKind::AnswerSent)]).await.unwrap();
    journal.clone().close().await;
    drop(journal);

    let (journal, recovery) = home.open(SMALL);
    assert_eq!(recovery, Recovery::default());
    assert_eq!(&journal.receipt(LogName::Exchange, LeafIndex(1)).unwrap(), recorded.receipt());
    assert_eq!(journal.size(LogName::Exchange), 3);
}

#[tokio::test]
async fn puts_each_entry_of_a_call_in_the_log_of_its_kind() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let entries =
        vec![public(1, EntryKind::Released), public(2, EntryKind::AnswerSent), public(3, EntryKind::CaseClosed)];
    let recorded = journal.record((), entries).await.unwrap();
    assert_eq!(recorded.receipt().leaf.kind, EntryKind::Released);
    let kinds = |log| entries_of(&journal, log).iter().skip(1).map(|stored| stored.leaf.kind).collect::<Vec<_>>();
    assert_eq!(kinds(LogName::House), [EntryKind::Released, EntryKind::CaseClosed]);
    assert_eq!(kinds(LogName::Exchange), [EntryKind::AnswerSent]);
}

#[tokio::test]
async fn reads_back_every_form_of_body_and_envelope() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let case = journal.new_case().unwrap();
    let hash = Hash::of(&[b"dropped"]);
    let bodies = vec![
        entry(1, EntryKind::DraftSent, EntryBody::Absent),
        entry(2, EntryKind::DraftSent, EntryBody::Dropped(hash)),
        sealed(3, EntryKind::DraftSent, case),
        Entry { envelope: None, ..public(4, EntryKind::DraftSent) },
    ];
    journal.record((), bodies).await.unwrap();
    let read = |index| journal.read(LogName::Exchange, LeafIndex(index)).unwrap();
    assert_eq!((read(1).body, read(1).leaf.body), (StoredBody::Absent, None));
    assert_eq!((read(2).body, read(2).leaf.body), (StoredBody::Dropped, Some(hash)));
    assert_eq!(read(3).leaf.body, Some(Hash::of(&[&secret(3)])));
    assert_eq!(journal.body(&read(3)).unwrap(), Some(secret(3)));
    assert_eq!(journal.body(&read(4)).unwrap(), Some(b"body 4".to_vec()));
    assert_eq!(read(4).envelope, None);
    assert_eq!(read(1).envelope, Some(Blob(b"envelope 1".to_vec())));
    assert_eq!(read(1).leaf.statement, Some(Hash::of(&[b"envelope 1"])));
    assert!(matches!(
        journal.read(LogName::Exchange, LeafIndex(5)),
        Err(JournalError::NoSuchEntry { index: LeafIndex(5), .. })
    ));
}

#[tokio::test]
async fn keeps_peers_receipts_with_the_next_batch_or_at_the_end() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let receipt = some_receipt(&journal).await;
    journal.keep_receipt(statement_id(1), receipt.clone()).unwrap();
    journal.record((), vec![public(1, EntryKind::AnswerReceived)]).await.unwrap();
    assert_eq!(receipts_of(&journal), [(statement_id(1), receipt.clone())]);
    journal.keep_receipt(statement_id(2), receipt.clone()).unwrap();
    journal.clone().close().await;
    drop(journal);
    let (journal, _) = home.open(SMALL);
    assert_eq!(receipts_of(&journal), [(statement_id(1), receipt.clone()), (statement_id(2), receipt)]);
    assert_eq!(journal.size(LogName::Exchange), 2);
    drop(journal);
}

#[tokio::test]
async fn many_receipts_do_not_wait_for_an_entry() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let receipt = some_receipt(&journal).await;
    for number in 0..100 {
        journal.keep_receipt(statement_id(number), receipt.clone()).unwrap();
    }
    // Behind the receipts in the queue; in another log.
    journal.record((), vec![public(1, EntryKind::Read)]).await.unwrap();
    assert!(receipts_of(&journal).len() > 80);
    journal.close().await;
    assert!(home.verify().unwrap().logs[0].receipts == 100);
}

#[tokio::test]
async fn groups_what_waits_into_few_batches() {
    let home = Home::new(Layout::default());
    let (journal, _) = home.open(Layout::default());
    let calls: Vec<_> = (1..=2000)
        .map(|number| {
            let journal = journal.clone();
            tokio::spawn(async move { journal.record(number, vec![public(number, EntryKind::AnswerSent)]).await })
        })
        .collect();
    for call in calls {
        let recorded = call.await.unwrap().unwrap();
        assert_eq!(recorded.receipt().leaf.id, id(*recorded.get()));
        recorded.receipt().verify(&key().verifying_key()).unwrap();
        let again = journal.receipt(LogName::Exchange, recorded.index()).unwrap();
        assert_eq!(&again, recorded.receipt());
    }
    journal.close().await;
    let report = home.verify().unwrap();
    assert_eq!(report.logs[0].entries, 2001);
    assert!(report.logs[0].batches < 1000, "{} batches", report.logs[0].batches);
}

#[tokio::test]
async fn refuses_what_it_cannot_record_and_stays_in_service() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    assert!(matches!(journal.record((), vec![]).await, Err(JournalError::NotRecordable)));
    let genesis = public(1, EntryKind::Genesis);
    assert!(matches!(journal.record((), vec![genesis]).await, Err(JournalError::NotRecordable)));
    let large = entry(1, EntryKind::AnswerSent, EntryBody::Public(vec![1; 8 * 1024]));
    assert!(matches!(journal.record((), vec![large]).await, Err(JournalError::TooLarge { .. })));
    let huge = entry(1, EntryKind::AnswerSent, EntryBody::Public(vec![1; 2 * 1024 * 1024]));
    assert!(matches!(journal.record((), vec![huge]).await, Err(JournalError::TooLarge { .. })));
    assert!(journal.record((), vec![public(1, EntryKind::AnswerSent)]).await.is_ok());
}

#[tokio::test]
async fn a_statement_of_the_largest_size_fits() {
    let home = Home::new(Layout::default());
    let (journal, _) = home.open(Layout::default());
    let case = journal.new_case().unwrap();
    let mut large = sealed(1, EntryKind::DraftReceived, case);
    large.envelope = Some(Blob(vec![1; codec::MAX_BYTES]));
    large.body = EntryBody::Sealed { case, bytes: vec![2; codec::MAX_BYTES] };
    journal.record((), vec![large]).await.unwrap();
    let stored = journal.read(LogName::Exchange, LeafIndex(1)).unwrap();
    assert_eq!(journal.body(&stored).unwrap(), Some(vec![2; codec::MAX_BYTES]));
}

#[tokio::test]
async fn scans_from_any_entry_across_segments() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    for number in (1..80).step_by(2) {
        let pair = vec![public(number, EntryKind::UitvraagSent), public(number + 1, EntryKind::AnswerReceived)];
        journal.record((), pair).await.unwrap();
    }
    assert!(home.segment(LogName::Exchange, 3).exists());
    for from in 0..=81 {
        let scanned = journal.scan(LogName::Exchange, LeafIndex(from)).unwrap();
        let indices = scanned.map(|scanned| match scanned.unwrap() {
            Scanned::Entry(stored) => stored.index.0,
            Scanned::Receipt { .. } => unreachable!("none was kept"),
        });
        assert_eq!(indices.collect::<Vec<_>>(), (from..81).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_closed_journal_takes_nothing_and_is_free_to_open() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    journal.clone().close().await;
    let late = journal.record((), vec![public(1, EntryKind::Read)]).await;
    assert!(matches!(late, Err(JournalError::Closed)));
    drop(journal);
    home.open(SMALL);
}
