//! Verification reads everything, trusts nothing and changes nothing.

use std::collections::BTreeMap;

use weegnet_protocol::log::{Checkpoint, Leaf, Tree};

use super::super::entry::{KeptBody, Payload};
use super::super::frame::{Chain, Commit, FrameKind};
use super::super::segment::SEGMENT_HEADER_BYTES;
use super::*;

#[tokio::test]
async fn reports_both_logs_and_shows_every_frame() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let receipt = some_receipt(&journal).await;
    journal.keep_receipt(statement_id(1), receipt).unwrap();
    journal.record((), vec![public(1, EntryKind::AnswerSent), public(2, EntryKind::Released)]).await.unwrap();
    let checkpoint = journal.checkpoint(LogName::Exchange);
    let genesis = journal.genesis(LogName::House).clone();
    journal.close().await;

    let (mut seen, mut last) = (BTreeMap::new(), (0, 0));
    let count = |scanned: &Scanned| {
        let what = match scanned {
            Scanned::Entry(stored) => stored.log.as_str(),
            Scanned::Receipt { .. } => "receipt",
        };
        *seen.entry(what).or_insert(0) += 1;
        Ok::<_, Infallible>(())
    };
    let report = verify(&home.journal, |done, total| last = (done, total), count).unwrap();
    assert_eq!(seen, BTreeMap::from([("exchange", 2), ("house", 2), ("receipt", 1)]));
    assert_eq!(last.0, last.1);
    assert!(report.is_clean() && !report.running);
    let [exchange, house] = &report.logs[..] else { panic!("two logs") };
    assert_eq!((exchange.entries, exchange.batches, exchange.receipts), (2, 2, 1));
    assert_eq!((&exchange.checkpoint, &house.genesis), (&checkpoint, &genesis));
}

#[tokio::test]
async fn stops_at_the_callers_objection() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    journal.record((), vec![public(1, EntryKind::Released)]).await.unwrap();
    journal.close().await;
    let object = |scanned: &Scanned| match scanned {
        Scanned::Entry(stored) if stored.leaf.kind == EntryKind::Released => Err("no such reviewer"),
        _ => Ok(()),
    };
    let failure = verify(&home.journal, |_, _| {}, object).unwrap_err();
    let said = failure.to_string();
    assert!(said.starts_with("entry 1 in the house log (segment 1, byte "), "{said}");
    assert!(said.ends_with(") does not verify: no such reviewer"), "{said}");
}

#[tokio::test]
async fn says_what_is_still_proven_of_both_logs_before_the_damage() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    journal.record((), vec![public(1, EntryKind::AnswerSent), public(2, EntryKind::Released)]).await.unwrap();
    let (exchange, house) = (journal.checkpoint(LogName::Exchange), journal.checkpoint(LogName::House));
    let time = journal.read(LogName::Exchange, LeafIndex(1)).unwrap().leaf.time;
    journal.record((), vec![public(3, EntryKind::AnswerSent)]).await.unwrap();
    let broken = journal.shared.read(LogName::Exchange).entries[2];
    journal.close().await;
    let path = home.segment(LogName::Exchange, broken.segment);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[broken.offset as usize + 70] ^= 1;
    std::fs::write(&path, bytes).unwrap();

    let mut proven = Vec::new();
    let failure = verify_telling(&home.journal, &mut proven, |_, _| {}, |_, _| Ok::<_, Infallible>(())).unwrap_err();
    let VerifyFailure::Journal(JournalError::Damaged(damage)) = failure else { panic!("{failure}") };
    assert_eq!((damage.log, damage.entry, damage.byte), (LogName::Exchange, 2, u64::from(broken.offset)));
    let [first, second] = &proven[..] else { panic!("{proven:?}") };
    assert_eq!((first.log, &first.checkpoint, first.until), (LogName::Exchange, &exchange, time));
    assert_eq!((second.log, &second.checkpoint), (LogName::House, &house));
}

/// Wherever a segment is cut, all whole batches before the cut are proven, and it is said which entry is the first that is
/// not, and where the file ends.
#[tokio::test]
async fn a_cut_at_any_byte_leaves_everything_before_it_proven() {
    const STEP_BYTES: usize = 199;
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    for number in 0..12 {
        let wide = entry(number, EntryKind::AnswerSent, EntryBody::Public(vec![7; 700]));
        journal.record((), vec![wide, public(100 + number, EntryKind::QuestionReceived)]).await.unwrap();
    }
    let entries = journal.shared.read(LogName::Exchange).entries.clone();
    journal.close().await;
    for segment in 1..=2 {
        let path = home.segment(LogName::Exchange, segment);
        let whole = std::fs::read(&path).unwrap();
        let starts = entries.iter().filter(|at| at.segment == segment).map(|at| at.offset as usize);
        let around = starts.flat_map(|at| [at - 1, at, at + 1]);
        for length in (0..whole.len()).step_by(STEP_BYTES).chain(around).chain([whole.len() - 1]) {
            std::fs::write(&path, &whole[..length]).unwrap();
            let mut proven = Vec::new();
            let failure = verify_telling(&home.journal, &mut proven, |_, _| {}, |_, _| Ok::<_, Infallible>(()));
            let Err(VerifyFailure::Journal(JournalError::Damaged(damage))) = failure else { panic!("{length}") };
            assert_eq!((damage.flaw, damage.segment, damage.byte), (Flaw::CutOff, segment, length as u64));
            let size =
                |log| proven.iter().find(|proven| proven.log == log).map_or(0, |of| of.checkpoint.checkpoint().size);
            assert_eq!(size(LogName::House), 1, "the other log is proven to its end");
            // Entries that begin before the cut may be cut in two, or their commit record may be.
            let begun = entries.iter().filter(|at| (at.segment, at.offset as usize) < (segment, length)).count() as u64;
            let proven = size(LogName::Exchange);
            assert!(proven <= begun && begun <= proven + 2, "{length}: {proven} of {begun}");
            assert!((proven..=proven + 2).contains(&damage.entry), "{length}: {proven}, {}", damage.entry);
        }
        std::fs::write(&path, &whole).unwrap();
    }
    home.verify().unwrap();
}

#[tokio::test]
async fn may_run_beside_a_writer() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let writing = tokio::spawn({
        let journal = journal.clone();
        async move {
            for number in 1..=300 {
                let wide = entry(number, EntryKind::AnswerSent, EntryBody::Public(vec![7; 900]));
                journal.record((), vec![wide, public(number, EntryKind::Released)]).await.unwrap();
            }
        }
    });
    let path = home.journal.clone();
    let verifying = tokio::task::spawn_blocking(move || {
        let mut entries = 0;
        while entries < 200 {
            let report = verify(&path, |_, _| {}, |_| Ok::<_, Infallible>(())).unwrap();
            assert!(report.running && report.is_clean());
            assert!(report.logs[0].entries >= entries);
            entries = report.logs[0].entries;
        }
    });
    writing.await.unwrap();
    verifying.await.unwrap();
    journal.close().await;
    assert_eq!(home.verify().unwrap().logs[0].entries, 301);
}

#[tokio::test]
async fn reports_an_uncommitted_tail_and_leaves_it() {
    let home = Home::new(SMALL);
    let path = home.segment(LogName::House, 1);
    let sound = std::fs::read(&path).unwrap();
    let end = sound.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let mut bytes = sound.clone();
    bytes[end..end + 200].fill(3);
    bytes[end..end + 4].copy_from_slice(&[0, 0, 3, 0]);
    std::fs::write(&path, &bytes).unwrap();
    let report = home.verify().unwrap();
    let tail = Tail { log: LogName::House, segment: 1, byte: end as u64, bytes: 200 };
    assert_eq!((report.is_clean(), report.logs[1].uncommitted), (false, Some(tail)));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    // A running node would be in the middle of writing it.
    let lock = Lock::take(&home.journal).unwrap();
    assert!(home.verify().unwrap().is_clean());
    drop(lock);
    let (journal, recovery) = home.open(SMALL);
    assert_eq!(recovery.tails, [tail]);
    journal.close().await;
    assert_eq!(std::fs::read(&path).unwrap(), sound);
}

/// Forges a second batch with sound frames, chain and tree around one entry, signed by `signer`.
fn forge(home: &Home, log: LogName, signer: &SigningKey, change: impl FnOnce(&mut Leaf, &mut Checkpoint)) {
    let path = home.segment(log, 1);
    let mut batches = batches::Batches::from_start(log, &recovery::log_dir(&home.journal, log)).unwrap();
    let mut replay = replay::Replay::new(log);
    let end = loop {
        match batches.advance().unwrap() {
            batches::Next::Batch(batch) => replay.apply(&batch).unwrap(),
            batches::Next::End(end) => break end,
        }
    };
    replay.verify_latest().unwrap();
    let body = b"forged".to_vec();
    let mut leaf = Leaf {
        id: id(1),
        body: Some(Hash::of(&[&body])),
        kind: EntryKind::AnswerSent,
        time: clock()(),
        convenant: None,
        statement: None,
    };
    let mut checkpoint = replay.checkpoint.as_ref().unwrap().checkpoint().clone();
    checkpoint.size = 2;
    change(&mut leaf, &mut checkpoint);
    let mut tree: Tree = replay.tree.clone();
    tree.append(leaf.hash());
    if checkpoint.root == replay.tree.root(1).unwrap() {
        checkpoint.root = tree.root(2).unwrap();
    }
    let payload = Payload { leaf: &leaf.encode(), envelope: None, body: KeptBody::Public(&body) }.encode();
    let mut chain = Chain::after(end.sequence, end.previous);
    chain.push(FrameKind::Entry, &payload);
    let note = checkpoint.sign(signer).note().into();
    chain.push_commit(&Commit { note, size: 2, entries: 1, receipts: 0 });
    let mut bytes = std::fs::read(&path).unwrap();
    let at = end.position.offset as usize;
    assert!(at > SEGMENT_HEADER_BYTES);
    bytes[at..at + chain.bytes.len()].copy_from_slice(&chain.bytes);
    std::fs::write(path, bytes).unwrap();
}

fn flaw_of_forgery(log: LogName, signer: SigningKey, change: impl FnOnce(&mut Leaf, &mut Checkpoint)) -> Option<Flaw> {
    let home = Home::new(SMALL);
    forge(&home, log, &signer, change);
    match home.verify() {
        Ok(_) => None,
        Err(VerifyFailure::Journal(JournalError::Damaged(damage))) => Some(damage.flaw),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn finds_what_checksums_do_not_show() {
    let exchange = |change: fn(&mut Leaf, &mut Checkpoint)| flaw_of_forgery(LogName::Exchange, key(), change);
    assert_eq!(exchange(|_, _| {}), None, "the forger's own sound entry");
    assert_eq!(flaw_of_forgery(LogName::House, key(), |_, _| {}), Some(Flaw::WrongLog));
    let other = SigningKey::from_bytes(&[8; 32]);
    assert_eq!(flaw_of_forgery(LogName::Exchange, other, |_, _| {}), Some(Flaw::Signature));
    assert_eq!(exchange(|leaf, _| leaf.kind = EntryKind::Genesis), Some(Flaw::Genesis));
    assert_eq!(exchange(|leaf, _| leaf.body = Some(Hash::of(&[b"another"]))), Some(Flaw::Body));
    assert_eq!(exchange(|leaf, _| leaf.body = None), Some(Flaw::Content));
    assert_eq!(exchange(|leaf, _| leaf.statement = Some(Hash::of(&[]))), Some(Flaw::Envelope));
    assert_eq!(exchange(|_, checkpoint| checkpoint.root = Hash::of(&[b"another"])), Some(Flaw::Root));
    assert_eq!(exchange(|_, checkpoint| checkpoint.size = 3), Some(Flaw::Root));
    let another_origin = |_: &mut Leaf, checkpoint: &mut Checkpoint| {
        checkpoint.origin = weegnet_protocol::log::Origin::new(&identity().oin, LogName::Exchange, [0; 8]);
    };
    assert_eq!(exchange(another_origin), Some(Flaw::Root));
}
