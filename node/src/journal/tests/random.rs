//! Whatever was recorded in whatever batches, a restart gives the same journal.

use proptest::prelude::*;

use super::broken_disk::BrokenDisk;
use super::*;

/// One entry of a call.
#[derive(Clone, Debug)]
struct Item {
    kind: EntryKind,
    body: u8,
    length: usize,
    has_envelope: bool,
}

fn item() -> impl Strategy<Value = Item> {
    let kinds = prop::sample::select(vec![
        EntryKind::QuestionReceived,
        EntryKind::PolicyDecision,
        EntryKind::AnswerSent,
        EntryKind::Candidates,
        EntryKind::Released,
    ]);
    let parts = (kinds, 0..4u8, 0..900usize, any::<bool>());
    parts.prop_map(|(kind, body, length, has_envelope)| Item { kind, body, length, has_envelope })
}

/// Calls, which all run at the same time.
fn calls() -> impl Strategy<Value = Vec<Vec<Item>>> {
    prop::collection::vec(prop::collection::vec(item(), 1..4), 1..25)
}

fn to_entry(number: u64, item: &Item, case: CaseKey) -> Entry {
    let bytes = vec![number as u8; item.length];
    let body = match item.body {
        0 => EntryBody::Absent,
        1 => EntryBody::Public(bytes),
        2 => EntryBody::Sealed { case, bytes },
        _ => EntryBody::Dropped(Hash::of(&[&bytes])),
    };
    let made = entry(number, item.kind, body);
    Entry { envelope: made.envelope.filter(|_| item.has_envelope), ..made }
}

/// All that can be read of a journal.
fn everything(journal: &Journal) -> Vec<(Stored, Receipt, Option<Vec<u8>>)> {
    let read = |stored: Stored| {
        let receipt = journal.receipt(stored.log, stored.index).unwrap();
        receipt.verify(&key().verifying_key()).unwrap();
        let body = journal.body(&stored).unwrap();
        assert_eq!(journal.read(stored.log, stored.index).unwrap(), stored);
        (stored, receipt, body)
    };
    LogName::ALL.into_iter().flat_map(|log| entries_of(journal, log)).map(read).collect()
}

async fn fill(journal: &Journal, calls: &[Vec<Item>]) {
    let mut number = 0;
    let mut running = Vec::new();
    for call in calls {
        let case = journal.new_case().unwrap();
        let entries = call.iter().map(|item| {
            number += 1;
            to_entry(number, item, case)
        });
        let (journal, entries) = (journal.clone(), entries.collect());
        running.push(tokio::spawn(async move { journal.record((), entries).await.map(Recorded::into_inner) }));
    }
    for call in running {
        call.await.unwrap().unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_restart_gives_the_same_journal(calls in calls()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let home = Home::new(SMALL);
            let open = || home.try_open(Arc::new(BrokenDisk::sound()), SMALL).unwrap().0;
            let journal = open();
            fill(&journal, &calls).await;
            let before = everything(&journal);
            assert_eq!(before.len(), 2 + calls.iter().map(Vec::len).sum::<usize>());
            let checkpoints = LogName::ALL.map(|log| journal.checkpoint(log));
            journal.close().await;
            assert!(home.verify().unwrap().is_clean());
            let journal = open();
            assert_eq!(everything(&journal), before);
            assert_eq!(LogName::ALL.map(|log| journal.checkpoint(log)), checkpoints);
            journal.close().await;
        });
    }

    #[test]
    fn no_bytes_make_reading_an_entry_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = super::super::frame::Commit::decode(&bytes);
        if let Some(payload) = super::super::entry::Payload::decode(&bytes) {
            prop_assert_eq!(&payload.encode(), &bytes);
        }
    }

    #[test]
    fn a_commit_record_is_the_protocols_cbor(note in "[ -~\n—]{0,400}", size: u64, entries in 0..300u64) {
        #[derive(serde::Serialize)]
        struct Oracle { note: String, size: u64, entries: u64, receipts: u64 }
        let mut chain = super::super::frame::Chain::after(0, Hash::of(&[]));
        let commit = super::super::frame::Commit { note: note.clone(), size, entries, receipts: 0 };
        chain.push_commit(&commit);
        prop_assert_eq!(chain.bytes.len() % 8, 0);
        let payload = &chain.bytes[super::super::frame::FRAME_HEADER_BYTES..];
        prop_assert_eq!(super::super::frame::Commit::decode(payload), Some(commit));
        let oracle = codec::encode(&Oracle { note, size, entries, receipts: 0 });
        prop_assert!(payload.starts_with(&oracle));
    }

    #[test]
    fn an_entry_has_one_encoding(
        leaf in prop::collection::vec(any::<u8>(), 0..300),
        envelope in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
        at in 0..1000usize,
        flip in 1..255u8,
    ) {
        use super::super::entry::{KeptBody, Payload};
        let body = KeptBody::Sealed { case: CaseKey::new(7), sealed: &[1, 2, 3] };
        let payload = Payload { leaf: &leaf, envelope: envelope.as_deref(), body };
        let mut bytes = payload.encode();
        prop_assert!(codec::check(&bytes).is_ok());
        prop_assert_eq!(Payload::decode(&bytes), Some(payload));
        let at = at % bytes.len();
        bytes[at] ^= flip;
        if let Some(other) = Payload::decode(&bytes) {
            prop_assert_ne!(other, payload);
            prop_assert_eq!(&other.encode(), &bytes);
        }
    }
}
