//! Receipts: they hold for exactly what was written down, and no bit of them can change.

use crate::codec::{self, Hash};
use crate::log::{CheckpointError, ProofError, Receipt, ReceiptError};
use crate::samples::{POLITIE, RECLASSERING, leaf, origin, receipt, receipt_at};
use crate::time::Millis;

#[test]
fn a_receipt_holds_under_its_logs_key_at_every_place() {
    let key = RECLASSERING.checkpoint_key().verifying_key();
    for size in 1..=33 {
        for at in 0..size {
            let checkpoint = receipt_at(at, size).verify(&key).unwrap();
            assert_eq!((checkpoint.size, checkpoint.origin), (size, origin()));
        }
    }
}

#[test]
fn a_receipt_under_another_key_is_refused() {
    let key = POLITIE.checkpoint_key().verifying_key();
    assert_eq!(receipt().verify(&key), Err(ReceiptError::Checkpoint(CheckpointError::BadSignature)));
}

#[test]
fn a_receipt_for_another_leaf_place_or_tree_is_refused() {
    let key = RECLASSERING.checkpoint_key().verifying_key();
    let mut other_leaf = receipt();
    other_leaf.leaf.time = other_leaf.leaf.time + Millis(1);
    assert_eq!(other_leaf.verify(&key), Err(ReceiptError::Proof(ProofError::Root)));

    let mut other_place = receipt();
    other_place.inclusion.index = 7;
    assert_eq!(other_place.verify(&key), Err(ReceiptError::Proof(ProofError::OutOfRange)));

    let mut other_tree = receipt();
    other_tree.checkpoint = receipt_at(4, 8).checkpoint;
    assert!(other_tree.verify(&key).is_err());
}

#[test]
fn every_flipped_bit_of_a_receipt_is_refused() {
    let key = RECLASSERING.checkpoint_key().verifying_key();
    for (at, size) in [(0, 1), (4, 7), (6, 7), (2, 3), (5, 8)] {
        let good = codec::encode(&receipt_at(at, size));
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let accepted = codec::decode::<Receipt>(&bytes).is_ok_and(|read| read.verify(&key).is_ok());
            assert!(!accepted, "bit {bit} of the receipt for {at} of {size}");
        }
    }
}

#[test]
fn every_field_of_a_leaf_changes_its_hash() {
    let good = leaf();
    let mut changed = [good.clone(), good.clone(), good.clone(), good.clone(), good.clone(), good.clone()];
    changed[0].id = crate::id::StatementId::new(good.time, [9; 10]).into();
    changed[1].body = None;
    changed[2].kind = crate::log::EntryKind::AnswerSent;
    changed[3].time = good.time + Millis(1);
    changed[4].convenant = Some(Hash::of(&[b"another"]));
    changed[5].statement = None;
    for (field, other) in changed.iter().enumerate() {
        assert_ne!(other.hash(), good.hash(), "field {field}");
        assert_eq!(codec::decode::<crate::log::Leaf>(&other.encode()).unwrap(), *other);
    }
}
