//! Every call to the disk is broken, in every way: nothing acknowledged is lost, and a start always succeeds.

use super::broken_disk::{Break, BrokenDisk};
use super::*;

/// What the journal promised while it was being broken.
#[derive(Default)]
struct Promises {
    receipts: Vec<(LogName, LeafIndex, Receipt)>,
    sealed: Vec<(LeafIndex, u64, CaseKey)>,
    erasing: Vec<CaseKey>,
    erased: Vec<CaseKey>,
    refused: usize,
}

/// Calls of the workload: enough for several segments and blocks of keys, with batches of more than one sector.
const STEPS: u64 = 14;

/// Works until the journal fails or the work is done.
async fn work(journal: &Journal) -> Promises {
    let mut promises = Promises::default();
    for step in 0..STEPS {
        match attempt(journal, step, &mut promises).await {
            Ok(()) => {}
            Err(JournalError::NoSpace) => promises.refused += 1,
            Err(JournalError::Failed) => {
                journal.failed().await;
                break;
            }
            Err(other) => panic!("step {step}: {other}"),
        }
    }
    promises
}

async fn attempt(journal: &Journal, step: u64, promises: &mut Promises) -> Result<(), JournalError> {
    let case = journal.new_case()?;
    let number = step * 10;
    let wide = EntryBody::Public(vec![0x5a; 700]);
    let entries = match step % 3 {
        0 => {
            vec![sealed(number, EntryKind::QuestionReceived, case), entry(number + 1, EntryKind::PolicyDecision, wide)]
        }
        1 => vec![sealed(number, EntryKind::AnswerSent, case), public(number + 1, EntryKind::Released)],
        _ => vec![sealed(number, EntryKind::DraftReceived, case), entry(number + 1, EntryKind::Candidates, wide)],
    };
    let recorded = journal.record(number, entries).await?;
    promises.receipts.push((LogName::Exchange, recorded.index(), recorded.receipt().clone()));
    promises.sealed.push((recorded.index(), number, case));
    if step % 4 == 1 {
        let receipt = some_receipt(journal).await;
        journal.keep_receipt(statement_id(number), receipt)?;
    }
    if step % 5 == 2 {
        promises.erasing.push(case);
        journal.erase_case(case)?;
        promises.erased.push(case);
    }
    Ok(())
}

fn check(home: &Home, promises: &Promises, context: &str) {
    let (journal, _) =
        home.try_open(Arc::new(BrokenDisk::sound()), SMALL).unwrap_or_else(|error| panic!("{context}: {error}"));
    for (log, index, receipt) in &promises.receipts {
        let found = journal.receipt(*log, *index).unwrap_or_else(|error| panic!("{context}: {error}"));
        assert_eq!(&found, receipt, "{context}");
    }
    for (index, number, case) in &promises.sealed {
        let stored = journal.read(LogName::Exchange, *index).unwrap();
        match journal.body(&stored) {
            body if promises.erased.contains(case) => assert_eq!(body.unwrap(), None, "{context}"),
            // An erasure that was not acknowledged may have happened, or half of it.
            Ok(None) | Err(JournalError::SealBroken { .. }) if promises.erasing.contains(case) => {}
            body => assert_eq!(body.unwrap(), Some(secret(*number)), "{context}"),
        }
    }
    let ids = LogName::ALL.map(|log| entries_of(&journal, log).iter().map(|stored| stored.leaf.id).collect::<Vec<_>>());
    for step in (0..STEPS).filter(|step| step % 3 != 0) {
        let before = !ids[0].contains(&id(step * 10)) || ids[1].contains(&id(step * 10 + 1));
        assert!(before, "{context}: step {step} is in the exchange log and not in the house log");
    }
    let report = home.verify().unwrap_or_else(|error| panic!("{context}: {error}"));
    assert!(report.logs[0].entries > promises.receipts.len() as u64, "{context}");
}

/// Breaks each call of a run on a copy of `base`.
async fn break_every_call(base: &Home, mut check: impl FnMut(Home, Arc<BrokenDisk>, Promises, String)) {
    let home = copy(&base.journal);
    let sound = Arc::new(BrokenDisk::sound());
    let (journal, _) = home.try_open(sound.clone(), SMALL).unwrap();
    let promises = work(&journal).await;
    assert_eq!(promises.receipts.len() as u64, STEPS);
    journal.close().await;
    assert!(sound.calls() > 60, "{} calls are too few to be the whole of it", sound.calls());

    for at in 1..=sound.calls() {
        for how in Break::ALL {
            let home = copy(&base.journal);
            let disk = Arc::new(BrokenDisk::new(at, how));
            let promises = match home.try_open(disk.clone(), SMALL) {
                Err(_) => Promises::default(),
                Ok((journal, _)) => {
                    let promises = work(&journal).await;
                    journal.close().await;
                    promises
                }
            };
            check(home, disk, promises, format!("call {at} broken {how:?}"));
        }
    }
}

#[tokio::test]
async fn loses_nothing_acknowledged_when_any_call_breaks() {
    let base = Home::new(SMALL);
    let mut refusals = 0;
    break_every_call(&base, |home, _, promises, context| {
        refusals += promises.refused;
        check(&home, &promises, &context);
        assert!(home.verify().unwrap().is_clean(), "{context}");
    })
    .await;
    assert!(refusals > 0, "no lack of space was met");
}

#[tokio::test]
async fn loses_nothing_acknowledged_when_the_power_fails_at_any_call() {
    let base = Home::new(SMALL);
    let losses: [fn(usize) -> bool; 3] = [|sector| sector % 2 == 0, |sector| sector % 2 == 1, |sector| sector == 0];
    let mut runs = 0;
    break_every_call(&base, |home, disk, promises, context| {
        runs += 1;
        match runs % 4 {
            0 => disk.lose_power(|_| true),
            some => disk.lose_power(losses[some - 1]),
        }
        check(&home, &promises, &context);
    })
    .await;
}

#[tokio::test]
async fn cutting_off_a_tail_may_itself_be_cut_short() {
    let base = Home::new(SMALL);
    let (at, tail) = first_tail(&base).await;
    assert!(tail.bytes > 0, "no tail after call {at}");
    for at in 1..=calls_to_open(&base).await {
        for how in Break::ALL {
            let home = copy(&base.journal);
            let disk = Arc::new(BrokenDisk::new(at, how));
            assert!(home.try_open(disk.clone(), SMALL).is_err());
            disk.lose_power(|sector| sector % 2 == 0);
            check(&home, &Promises::default(), &format!("call {at} broken {how:?}"));
        }
    }
}

/// Calls to the disk before an opened journal is asked anything.
async fn calls_to_open(home: &Home) -> u64 {
    let sound = Arc::new(BrokenDisk::sound());
    copy(&home.journal).try_open(sound.clone(), SMALL).unwrap().0.close().await;
    sound.calls()
}

/// Leaves `base` with a tail, made by breaking a write halfway.
async fn first_tail(base: &Home) -> (u64, Tail) {
    for at in calls_to_open(base).await + 1.. {
        let home = copy(&base.journal);
        let (journal, _) = home.try_open(Arc::new(BrokenDisk::new(at, Break::Halfway)), SMALL).unwrap();
        work(&journal).await;
        journal.close().await;
        let report = home.verify().unwrap();
        let torn = report.logs.iter().find_map(|log| log.uncommitted);
        if let Some(tail) = torn {
            std::fs::remove_dir_all(&base.journal).unwrap();
            copy_into(&home.journal, &base.journal);
            return (at, tail);
        }
    }
    unreachable!("some call is a write");
}

#[tokio::test]
async fn a_start_writes_the_last_batch_again_because_its_sync_may_have_failed() {
    let home = Home::new(SMALL);
    let before = Arc::new(BrokenDisk::sound());
    let (journal, _) = home.try_open(before.clone(), SMALL).unwrap();
    journal.record((), vec![public(1, EntryKind::AnswerSent), public(2, EntryKind::Released)]).await.unwrap();
    journal.close().await;
    let after = Arc::new(BrokenDisk::sound());
    home.try_open(after.clone(), SMALL).unwrap().0.close().await;
    let batches = before.writes().split_off(2);
    assert_eq!(batches.len(), 2);
    assert!(batches.iter().all(|batch| after.writes().contains(batch)));
}

#[tokio::test]
async fn stays_up_without_space_and_serves_again_with_it() {
    let home = Home::new(SMALL);
    let sound = Arc::new(BrokenDisk::sound());
    let (journal, _) = home.try_open(sound.clone(), SMALL).unwrap();
    let fill = |number| vec![entry(number, EntryKind::AnswerSent, EntryBody::Public(vec![1; 4000]))];
    journal.record((), fill(1)).await.unwrap();
    let next_segment = sound.calls() + 1;
    journal.close().await;

    let home = Home::new(SMALL);
    let full = Arc::new(BrokenDisk::new(next_segment, Break::NoSpace));
    let (journal, _) = home.try_open(full, SMALL).unwrap();
    journal.record((), fill(1)).await.unwrap();
    let refused = journal.record((), fill(2)).await;
    assert!(matches!(refused, Err(JournalError::NoSpace)));
    assert_eq!(journal.size(LogName::Exchange), 2);
    assert_eq!(journal.record((), fill(3)).await.unwrap().index(), LeafIndex(2));
    journal.close().await;
    assert_eq!(home.verify().unwrap().logs[0].entries, 3);
}

#[tokio::test]
async fn says_that_the_process_must_end_after_a_failed_write() {
    let home = Home::new(SMALL);
    let first_write = calls_to_open(&home).await + 1;
    let (journal, _) = home.try_open(Arc::new(BrokenDisk::new(first_write, Break::Error)), SMALL).unwrap();
    let waiting = tokio::spawn({
        let journal = journal.clone();
        async move { journal.failed().await }
    });
    let answer = |number| journal.record((), vec![public(number, EntryKind::AnswerSent)]);
    assert!(matches!(answer(1).await, Err(JournalError::Failed)));
    // The disk works again, but nothing is tried again.
    assert!(matches!(answer(2).await, Err(JournalError::Failed)));
    waiting.await.unwrap();
}

#[tokio::test]
async fn says_that_the_process_must_end_when_the_writer_panics() {
    let home = Home::new(SMALL);
    let clock = || -> Timestamp { panic!("no time") };
    let (journal, _) = Journal::open_on(Arc::new(RealDisk), &home.journal, key(), clock, SMALL).unwrap();
    let recorded = journal.record((), vec![public(1, EntryKind::AnswerSent)]).await;
    assert!(matches!(recorded, Err(JournalError::Failed)));
    journal.failed().await;
}

#[test]
fn a_new_journal_is_there_completely_or_not_at_all() {
    let make =
        |disk: &BrokenDisk, home: &Home| create::create(disk, &home.journal, &identity(), &key(), clock()(), SMALL);
    let sound = BrokenDisk::sound();
    make(&sound, &Home::empty()).unwrap();
    for at in 1..=sound.calls() {
        for how in Break::ALL {
            for power in [false, true] {
                let home = Home::empty();
                let disk = BrokenDisk::new(at, how);
                let made = make(&disk, &home);
                if power {
                    disk.lose_power(|_| true);
                }
                let context = format!("call {at} broken {how:?}, power lost: {power}: {made:?}");
                match make(&BrokenDisk::sound(), &home) {
                    Ok(()) => assert!(made.is_err(), "{context}"),
                    Err(JournalError::AlreadyExists { .. }) => {}
                    Err(error) => panic!("{context}, then {error}"),
                }
                check(&home, &Promises::default(), &context);
            }
        }
    }
}
