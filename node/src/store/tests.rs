use weegnet_protocol::Timestamp;

use super::*;

fn seen(n: u8) -> (StatementId, Seen) {
    let id = StatementId::new(Timestamp::from_millis(u64::from(n)), [n; 10]);
    (id, Seen { hash: Bytes([n; 32]), index: LeafIndex(u64::from(n)) })
}

#[test]
fn finds_what_was_put_and_nothing_under_another_key() {
    let dir = tempfile::tempdir().unwrap();
    let (id, value) = seen(1);
    let store = Store::open(dir.path(), &[1; 32]).unwrap();
    store.put_seen(&id, value).unwrap();
    assert_eq!(store.seen(&id).unwrap(), Some(value));
    assert_eq!(store.seen(&seen(2).0).unwrap(), None);
    drop(store);
    let stranger = Store::open(dir.path(), &[2; 32]).unwrap();
    assert_eq!(stranger.seen(&id).unwrap(), None);
}

#[test]
fn the_mark_of_a_clean_stop_is_taken_once() {
    let dir = tempfile::tempdir().unwrap();
    let folded = Folded { exchange: 3, house: 4 };
    let store = Store::open(dir.path(), &[1; 32]).unwrap();
    store.put_folded(folded).unwrap();
    drop(store);
    let store = Store::open(dir.path(), &[1; 32]).unwrap();
    assert_eq!(store.take_folded().unwrap(), Some(folded));
    drop(store);
    let store = Store::open(dir.path(), &[1; 32]).unwrap();
    assert_eq!(store.take_folded().unwrap(), None);
}

#[test]
fn a_case_whose_key_was_destroyed_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &[1; 32]).unwrap();
    let sealed = encode(&42u32).unwrap();
    let slot: CaseKey = serde_json::from_str("7").unwrap();
    store.put_case(b"one", slot, &sealed, true).unwrap();
    let open = |_, bytes: &[u8]| Some(Zeroizing::new(bytes.to_vec()));
    assert_eq!(store.case::<u32>(b"one", open).unwrap(), Some(42));
    assert_eq!(store.case::<u32>(b"one", |_, _| None).unwrap(), None);
    assert_eq!(store.cases::<u32>(true, open).unwrap(), [42]);
    store.put_case(b"one", slot, &sealed, false).unwrap();
    assert!(store.cases::<u32>(true, open).unwrap().is_empty());
}
