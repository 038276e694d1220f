//! COSE receipts: they hold for one entry of one tree, no bit of them can change, and `coset` reads them too.

use alloc::vec;
use alloc::vec::Vec;

use cbor4ii::core::Value;
use coset::{CoseSign1, TaggedCborSerializable};
use ed25519_dalek::{Signature, Signer};
use proptest::prelude::*;

use crate::codec::{self, Bytes, DecodeError, Hash};
use crate::log::{
    Checkpoint, Consistency, ConsistencyReceipt, CoseCheckpoint, CoseReceiptError, Inclusion, InclusionReceipt,
    LogName, Origin, ProofError, Tree, hash_leaf,
};
use crate::samples::{POLITIE, RECLASSERING, consistency_receipt, inclusion_receipt, leaf, origin};
use crate::sign::cose::{self, Map, int, text};

/// Receipts tried, and bits flipped in each.
const RECEIPTS: u64 = 1_000;
const MUTANTS: u64 = 10;

fn entry(index: u64) -> Vec<u8> {
    index.to_be_bytes().to_vec()
}

fn tree(size: u64) -> Tree {
    let mut tree = Tree::default();
    (0..size).for_each(|index| tree.append(hash_leaf(&entry(index))));
    tree
}

fn checkpoint(tree: &Tree, size: u64) -> Checkpoint {
    Checkpoint { origin: origin(), size, root: tree.root(size).unwrap() }
}

fn cose(tree: &Tree, size: u64) -> CoseCheckpoint {
    CoseCheckpoint::sign(&checkpoint(tree, size), &RECLASSERING.checkpoint_key())
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn every_entry_of_every_tree_has_a_receipt_that_holds_for_it_alone() {
    let (key, tree) = (RECLASSERING.checkpoint_key().verifying_key(), tree(20));
    for size in 1..=20 {
        let signed = cose(&tree, size);
        for index in 0..size {
            let receipt = signed.inclusion(&entry(index), tree.inclusion(index, size).unwrap()).unwrap();
            let read = InclusionReceipt::decode(&receipt.encode()).unwrap();
            assert_eq!(read, receipt);
            assert_eq!((read.claimed_index(), read.claimed_origin()), (index, &origin()));
            assert_eq!(read.verify(&entry(index), &key), Ok(checkpoint(&tree, size)));
            assert_eq!(read.verify_under(&entry(index), &checkpoint(&tree, size), &key), Ok(()));
            assert_eq!(read.verify(&entry(index + 1), &key), Err(CoseReceiptError::BadSignature));
        }
    }
}

#[test]
fn every_growth_has_a_receipt_that_holds_for_it_alone() {
    let (key, tree) = (RECLASSERING.checkpoint_key().verifying_key(), tree(20));
    for second in 2..=20 {
        let signed = cose(&tree, second);
        for first in 1..second {
            let old = checkpoint(&tree, first);
            let receipt = signed.consistency(&old, tree.consistency(first, second).unwrap()).unwrap();
            let read = ConsistencyReceipt::decode(&receipt.encode()).unwrap();
            assert_eq!(read, receipt);
            assert_eq!(read.verify(&old, &key), Ok(checkpoint(&tree, second)));
            for wrong in [
                checkpoint(&tree, first + 1),
                Checkpoint { root: Hash::of(&[b"another past"]), ..old.clone() },
                Checkpoint { origin: Origin::new(&POLITIE.oin(), LogName::Exchange, [0x0f; 8]), ..old.clone() },
            ] {
                assert!(read.verify(&wrong, &key).is_err(), "{first} to {second}");
            }
        }
    }
}

#[test]
fn one_signature_serves_all_receipts_of_a_checkpoint() {
    let tree = tree(9);
    let signed = cose(&tree, 9);
    let signature = |bytes: &[u8]| bytes[bytes.len() - 64..].to_vec();
    let one = signed.inclusion(&entry(3), tree.inclusion(3, 9).unwrap()).unwrap().encode();
    let two = signed.inclusion(&entry(8), tree.inclusion(8, 9).unwrap()).unwrap().encode();
    let grown = signed.consistency(&checkpoint(&tree, 4), tree.consistency(4, 9).unwrap()).unwrap().encode();
    assert_eq!((signature(&one), signature(&one)), (signature(&two), signature(&grown)));
}

#[test]
fn what_does_not_hold_is_never_written() {
    let tree = tree(9);
    let signed = cose(&tree, 9);
    let refused = |leaf: u64, proof: Inclusion| signed.inclusion(&entry(leaf), proof).unwrap_err();
    assert_eq!(refused(4, tree.inclusion(3, 9).unwrap()), ProofError::Root.into());
    assert_eq!(refused(3, tree.inclusion(3, 8).unwrap()), ProofError::Length.into());
    let grown = |old: &Checkpoint, path: Vec<Hash>| signed.consistency(old, Consistency { path }).unwrap_err();
    assert_eq!(grown(&checkpoint(&tree, 9), vec![]), ProofError::OutOfRange.into(), "nothing was added");
    assert_eq!(grown(&checkpoint(&tree, 0), vec![]), ProofError::OutOfRange.into(), "everything begins with nothing");
    let other_past = Checkpoint { root: Hash::of(&[b"another past"]), ..checkpoint(&tree, 5) };
    assert_eq!(grown(&other_past, tree.consistency(5, 9).unwrap().path), ProofError::Root.into());
}

#[test]
fn refuses_another_key_and_another_tree() {
    let (key, other) = (RECLASSERING.checkpoint_key().verifying_key(), POLITIE.checkpoint_key().verifying_key());
    let (receipt, leaf) = (inclusion_receipt(), leaf().encode());
    assert_eq!(receipt.verify(&leaf, &other), Err(CoseReceiptError::OtherKey));
    let tree = receipt.verify(&leaf, &key).unwrap();
    for wrong in [
        Checkpoint { size: tree.size + 1, ..tree.clone() },
        Checkpoint { root: Hash::of(&[]), ..tree.clone() },
        Checkpoint { origin: Origin::new(&RECLASSERING.oin(), LogName::House, [0x0f; 8]), ..tree.clone() },
    ] {
        assert_eq!(receipt.verify_under(&leaf, &wrong, &key), Err(CoseReceiptError::OtherTree));
    }
    let bytes = receipt.encode();
    let unexpected = CoseReceiptError::Decode(DecodeError::Unexpected { expected: "COSE receipt" });
    assert_eq!(ConsistencyReceipt::decode(&bytes), Err(unexpected.clone()), "an inclusion is no consistency");
    assert_eq!(InclusionReceipt::decode(&consistency_receipt().1.encode()), Err(unexpected));
}

#[test]
fn every_flipped_bit_of_a_receipt_is_refused() {
    let key = RECLASSERING.checkpoint_key().verifying_key();
    let tree = tree(21);
    for (index, size) in [(0, 1), (0, 2), (4, 7), (6, 7), (20, 21), (12, 16)] {
        let receipt = cose(&tree, size).inclusion(&entry(index), tree.inclusion(index, size).unwrap()).unwrap();
        let good = receipt.encode();
        for bit in 0..good.len() * 8 {
            let read = InclusionReceipt::decode(&flipped(&good, bit));
            assert!(read.is_err() || read.unwrap().verify(&entry(index), &key).is_err(), "bit {bit}: {index}/{size}");
        }
        for bit in 0..64 {
            assert!(receipt.verify(&flipped(&entry(index), bit), &key).is_err());
        }
    }
    for (first, second) in [(1, 2), (3, 7), (4, 21), (20, 21)] {
        let old = checkpoint(&tree, first);
        let proof = tree.consistency(first, second).unwrap();
        let good = cose(&tree, second).consistency(&old, proof).unwrap().encode();
        for bit in 0..good.len() * 8 {
            let read = ConsistencyReceipt::decode(&flipped(&good, bit));
            assert!(read.is_err() || read.unwrap().verify(&old, &key).is_err(), "bit {bit}: {first} to {second}");
        }
    }
}

#[test]
fn a_thousand_receipts_hold_and_none_of_ten_thousand_mutants() {
    let (key, tree) = (RECLASSERING.checkpoint_key().verifying_key(), tree(RECEIPTS));
    let signed = cose(&tree, RECEIPTS);
    for index in 0..RECEIPTS {
        let proof = tree.inclusion(index, RECEIPTS).unwrap();
        let good = signed.inclusion(&entry(index), proof).unwrap().encode();
        assert!(InclusionReceipt::decode(&good).unwrap().verify(&entry(index), &key).is_ok());
        for mutant in 0..MUTANTS {
            // A number without pattern that is the same in every run.
            let Bytes([a, b, c, d, ..]) = Hash::of(&[&index.to_be_bytes(), &mutant.to_be_bytes()]);
            let bit = u32::from_be_bytes([a, b, c, d]) as usize % (good.len() * 8);
            let read = InclusionReceipt::decode(&flipped(&good, bit));
            assert!(read.is_err() || read.unwrap().verify(&entry(index), &key).is_err(), "bit {bit} of {index}");
        }
    }
}

/// The sample's parts as a forger with the log's own key would put them together again.
fn forged(
    protected: impl FnOnce(&mut Vec<(Value, Value)>),
    unprotected: impl FnOnce(&mut Vec<(Value, Value)>),
    payload: Value,
) -> Vec<u8> {
    let good = inclusion_receipt().encode();
    let parts = cose::sign1(&good).unwrap();
    let Some(Value::Map(mut header)) = cose::value(&parts.protected) else { panic!("the header is a map") };
    protected(&mut header);
    let header = codec::encode_value(&Value::Map(header));
    let Map(mut rest) = parts.unprotected;
    unprotected(&mut rest);
    let key = RECLASSERING.checkpoint_key();
    let root = inclusion_receipt().verify(&leaf().encode(), &key.verifying_key()).unwrap().root;
    let signature = Bytes(key.sign(&cose::to_be_signed(header.clone(), &root.0)).to_bytes());
    cose::encode_sign1(header, Value::Map(rest), payload, &signature)
}

fn replace(pairs: &mut [(Value, Value)], label: Value, value: Value) {
    pairs.iter_mut().find(|(key, _)| *key == label).unwrap().1 = value;
}

/// An unprotected header's proofs.
fn proofs(kind: i128, proofs: Vec<Value>) -> Value {
    Value::Map(vec![(int(kind), Value::Array(proofs))])
}

fn proof(size: i128, index: i128, path: Vec<Value>) -> Value {
    Value::Bytes(codec::encode_value(&Value::Array(vec![int(size), int(index), Value::Array(path)])))
}

#[test]
fn refuses_every_other_header_although_it_is_signed() {
    let nothing = |_: &mut Vec<(Value, Value)>| {};
    assert_eq!(forged(nothing, nothing, Value::Null), inclusion_receipt().encode(), "a forgery without a change");
    let claims = |iss: &str, sub: &str| Value::Map(vec![(int(1), text(iss)), (int(2), text(sub))]);
    let (oin, other) = (RECLASSERING.oin(), POLITIE.oin());
    let header = |label: Value, value: Value| forged(|pairs| replace(pairs, label, value), nothing, Value::Null);
    for (bytes, what) in [
        (header(int(1), int(-7)), "another algorithm"),
        (header(int(395), int(2)), "another data structure"),
        (header(int(4), Value::Bytes(vec![7; 31])), "a short key id"),
        (header(int(15), claims(oin.as_str(), "weegnet/other")), "no origin"),
        (header(int(15), claims(other.as_str(), origin().as_str())), "another issuer"),
        (header(int(15), claims("", origin().as_str())), "no issuer"),
        (header(text("weegnet-tree-size"), int(-1)), "a negative size"),
        (header(text("weegnet-tree-size"), text("7")), "a size in words"),
        (header(text("weegnet-tree-size"), int(8)), "another size than in the proof"),
        (forged(|pairs| drop(pairs.pop()), nothing, Value::Null), "no size"),
        (forged(|pairs| pairs.insert(1, (int(2), Value::Array(vec![int(1)]))), nothing, Value::Null), "one more"),
        (forged(|pairs| pairs.swap(0, 1), nothing, Value::Null), "another order"),
        (forged(nothing, |pairs| pairs.insert(0, (int(4), Value::Bytes(vec![1]))), Value::Null), "a key beside it"),
        (forged(nothing, |pairs| pairs.clear(), Value::Null), "no proof"),
        (forged(nothing, nothing, Value::Bytes(vec![0; 32])), "an attached payload"),
    ] {
        assert!(InclusionReceipt::decode(&bytes).is_err(), "{what}");
    }
    assert_eq!(
        InclusionReceipt::decode(&header(int(15), claims(other.as_str(), origin().as_str()))),
        Err(CoseReceiptError::Issuer)
    );
    assert_eq!(InclusionReceipt::decode(&header(text("weegnet-tree-size"), int(8))), Err(CoseReceiptError::Size));
}

#[test]
fn refuses_every_other_form_of_proof() {
    let nothing = |_: &mut Vec<(Value, Value)>| {};
    let path = || vec![Value::Bytes(vec![1; 32]); 3];
    let with = |value: Value| forged(nothing, |pairs| replace(pairs, int(396), value), Value::Null);
    let trailing = |item: Value| match item {
        Value::Bytes(mut bytes) => {
            bytes.push(0);
            Value::Bytes(bytes)
        }
        other => other,
    };
    for (value, what) in [
        (Value::Map(vec![]), "no kind"),
        (proofs(-1, vec![]), "no proof"),
        (proofs(-1, vec![proof(7, 4, path()), proof(7, 4, path())]), "two proofs"),
        (proofs(-2, vec![proof(7, 4, path())]), "another kind"),
        (proofs(-1, vec![proof(8, 4, path())]), "another size"),
        (proofs(-1, vec![proof(7, -1, path())]), "a negative place"),
        (proofs(-1, vec![proof(7, 4, vec![Value::Bytes(vec![1; 31])])]), "a short hash"),
        (proofs(-1, vec![proof(7, 4, vec![text("hash")])]), "a hash in words"),
        (proofs(-1, vec![trailing(proof(7, 4, path()))]), "trailing bytes"),
        (proofs(-1, vec![Value::Array(vec![int(7), int(4), Value::Array(path())])]), "not wrapped"),
    ] {
        assert!(InclusionReceipt::decode(&with(value)).is_err(), "{what}");
    }
    let elsewhere = InclusionReceipt::decode(&with(proofs(-1, vec![proof(7, 4, path())]))).unwrap();
    let key = RECLASSERING.checkpoint_key().verifying_key();
    assert_eq!(elsewhere.verify(&leaf().encode(), &key), Err(CoseReceiptError::BadSignature));
}

#[test]
fn coset_reads_and_verifies_a_receipt_and_writes_it_back() {
    let bytes = inclusion_receipt().encode();
    let key = RECLASSERING.checkpoint_key().verifying_key();
    let root = inclusion_receipt().verify(&leaf().encode(), &key).unwrap().root;
    let theirs = CoseSign1::from_tagged_slice(&bytes).unwrap();
    assert_eq!(theirs.payload, None);
    let verified = theirs.verify_detached_signature(&root.0, b"", |signature, data| {
        key.verify_strict(data, &Signature::from_slice(signature).unwrap())
    });
    assert!(verified.is_ok());
    assert_eq!(theirs.to_tagged_vec().unwrap(), bytes);
}

proptest! {
    #[test]
    fn garbage_is_never_a_receipt(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(InclusionReceipt::decode(&bytes).is_err() && ConsistencyReceipt::decode(&bytes).is_err());
    }

    #[test]
    fn every_receipt_survives_its_encoding(size in 1u64..400, index: prop::sample::Index, random: [u8; 8]) {
        let (index, tree) = (index.index(size as usize) as u64, tree(size));
        let origin = Origin::new(&POLITIE.oin(), LogName::House, random);
        let checkpoint = Checkpoint { origin, ..checkpoint(&tree, size) };
        let key = POLITIE.checkpoint_key();
        let signed = CoseCheckpoint::sign(&checkpoint, &key);
        let receipt = signed.inclusion(&entry(index), tree.inclusion(index, size).unwrap()).unwrap();
        let read = InclusionReceipt::decode(&receipt.encode()).unwrap();
        prop_assert_eq!(read.verify(&entry(index), &key.verifying_key()), Ok(checkpoint));
    }
}
