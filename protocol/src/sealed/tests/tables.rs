//! Tables: sizes, places, chunks, and what does not pass for one.

use super::*;
use crate::sealed::table::{CELL_BYTES, MAX_CELLS, MIN_CELLS, WrongTable, cells_for, places};

#[test]
fn the_ladder_holds_what_it_says_and_tells_little() {
    assert_eq!((cells_for(0), cells_for(819), cells_for(820)), (Some(MIN_CELLS), Some(1024), Some(2048)));
    assert_eq!(cells_for(140_000), Some(1 << 18));
    assert_eq!((cells_for(13_421_772), cells_for(13_421_773)), (Some(MAX_CELLS), None));
}

#[test]
fn a_key_has_three_different_places_that_change_with_the_epoch() {
    let (one, other) = (table_id(1).context(), table_id(2).context());
    let mut moved = 0;
    for number in 0..500_u32 {
        let key = number.to_be_bytes();
        let [a, b, c] = places(&one, &key, MIN_CELLS);
        assert!(a != b && b != c && a != c && a.max(b).max(c) < MIN_CELLS);
        moved += u32::from(places(&other, &key, MIN_CELLS) != [a, b, c]);
    }
    assert!(moved > 490);
}

#[test]
fn every_key_stands_in_one_of_its_places_up_to_the_last_that_fits() {
    let keys: BTreeSet<Vec<u8>> = (0..819_u32).map(|number| number.to_be_bytes().to_vec()).collect();
    let full = Responder::holding(1, keys);
    assert_eq!(full.table.size(), 1024);
    for key in &full.keys {
        let cell = (super::super::secret::hashed(key) * full.secret.alpha()).compress().to_bytes();
        let mut all = places(&table_id(1).context(), key, 1024).into_iter();
        assert!(all.any(|place| full.table.cell(place) == Some(&cell)));
    }
    let empty = Responder::knowing(&[]);
    assert_eq!(empty.table.size(), MIN_CELLS);
    let subject = subject(somebody(1));
    assert!(matches!(empty.open(&subject, &empty.asked(&subject, 1)), Opening::Miss));
}

#[test]
fn a_register_gives_one_table_in_whatever_order_it_is_read() {
    let (id, mut keys) = (table_id(1), (0..50_u8).map(|number| vec![number]).collect::<Vec<_>>());
    let secret = EpochSecret::new(&Zeroizing::new([1; 32]), &id);
    let lay = |keys: &[Vec<u8>]| super::lay(&secret, &id, keys);
    let root = lay(&keys).root();
    keys.reverse();
    keys.push(vec![7]);
    assert_eq!(lay(&keys).root(), root, "also when a key stands twice");
    keys.pop();
    keys.pop();
    assert_ne!(lay(&keys).root(), root);
}

#[test]
fn only_the_published_table_is_read() {
    let responder = Responder::knowing(&[somebody(1), somebody(2)]);
    let Responder { publication, table, .. } = &responder;
    let mut bytes: Vec<u8> = Vec::new();
    for number in 0..publication.chunks() {
        let (chunk, proof) = table.chunk(number).unwrap();
        let chunk: &[u8; crate::sealed::table::CHUNK_BYTES] = chunk.try_into().unwrap();
        publication.check_chunk(chunk, &proof).unwrap();
        let mut wrong = *chunk;
        wrong[17] ^= 1;
        assert!(publication.check_chunk(&wrong, &proof).is_err());
        bytes.extend_from_slice(chunk);
    }
    assert!(table.chunk(publication.chunks()).is_none());
    assert_eq!(Table::read(publication, &bytes).unwrap().root(), publication.root);
    for at in [0, 31, CELL_BYTES * 700, bytes.len() - 1] {
        let mut wrong = bytes.clone();
        wrong[at] ^= 0x80;
        assert_eq!(Table::read(publication, &wrong).unwrap_err(), WrongTable::Root);
    }
    assert_eq!(Table::read(publication, &bytes[1..]).unwrap_err(), WrongTable::Size);
    for cells in [0, 1000, 512, 1 << 25] {
        let wrong = Publication { cells, ..publication.clone() };
        assert_eq!(wrong.check(), Err(WrongTable::Size));
    }
}

#[test]
fn who_does_not_know_the_secret_publishes_nothing() {
    let one = Responder::knowing(&[somebody(1)]).publication;
    let other = Responder::in_epoch(2, &[somebody(1)]).publication;
    one.check().unwrap();
    let zero = Bytes([0; 32]);
    let wrong = [
        Publication { link: other.link, ..one.clone() },
        Publication { link: zero, ..one.clone() },
        Publication { knows: other.knows.clone(), ..one.clone() },
        Publication { root: other.root, ..one.clone() },
        Publication { cells: one.cells * 2, ..one.clone() },
        Publication { table: other.table.clone(), ..one.clone() },
    ];
    for (number, wrong) in wrong.iter().enumerate() {
        assert_eq!(wrong.check(), Err(WrongTable::Knowledge), "case {number}");
    }
}
