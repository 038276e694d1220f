//! The tree against an implementation that is not ours (`ct-merkle`), for every proof up to [`SIZES`] leaves.

use alloc::vec::Vec;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;

use crate::codec::{Bytes, Hash};
use crate::log::{Consistency, Inclusion, ProofError, Tree, hash_leaf};

/// Largest tree that is tried: every size up to two complete levels beyond a byte's worth of shapes.
const SIZES: u64 = 64;

fn leaf(index: u64) -> Vec<u8> {
    index.to_be_bytes()[8 - (index as usize % 9)..].to_vec()
}

fn tree(size: u64) -> Tree {
    let mut tree = Tree::default();
    (0..size).for_each(|index| tree.append(hash_leaf(&leaf(index))));
    tree
}

fn oracle(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|index| tree.push(leaf(index)));
    tree
}

fn hashes(proof: &[u8]) -> Vec<Hash> {
    proof.chunks_exact(32).map(|hash| Bytes(hash.try_into().unwrap())).collect()
}

#[test]
fn an_empty_tree_has_the_hash_of_nothing_as_its_root() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Tree::default().root(0), Hash::from_hex(empty));
    assert_eq!(Tree::default().root(1), None);
}

#[test]
fn every_root_is_the_one_another_implementation_computes() {
    let ours = tree(SIZES);
    for size in 1..=SIZES {
        assert_eq!(ours.root(size).unwrap().0[..], oracle(size).root().as_bytes()[..], "{size}");
    }
}

#[test]
fn every_inclusion_proof_equals_the_oracles_and_verifies() {
    let ours = tree(SIZES);
    for size in 1..=SIZES {
        let (root, theirs) = (ours.root(size).unwrap(), oracle(size));
        for index in 0..size {
            let proof = ours.inclusion(index, size).unwrap();
            assert_eq!(proof.path, hashes(theirs.prove_inclusion(index as usize).as_bytes()), "{index} of {size}");
            assert_eq!(proof.verify(&hash_leaf(&leaf(index)), size, &root), Ok(()), "{index} of {size}");
        }
        assert_eq!(ours.inclusion(size, size), None);
    }
    assert_eq!(ours.inclusion(0, SIZES + 1), None);
}

#[test]
fn every_consistency_proof_equals_the_oracles_and_verifies() {
    let ours = tree(SIZES);
    for second in 1..=SIZES {
        let (new, theirs) = (ours.root(second).unwrap(), oracle(second));
        for first in 1..=second {
            let old = ours.root(first).unwrap();
            let proof = ours.consistency(first, second).unwrap();
            let expected = theirs.prove_consistency((second - first) as usize);
            assert_eq!(proof.path, hashes(expected.as_bytes()), "{first} to {second}");
            assert_eq!(proof.verify(first, &old, second, &new), Ok(()), "{first} to {second}");
        }
        assert_eq!(ours.consistency(0, second), None);
        assert_eq!(ours.consistency(second + 1, second), None);
    }
    assert_eq!(ours.consistency(1, SIZES + 1), None);
}

#[test]
fn a_proof_holds_for_one_leaf_place_size_and_root_only() {
    let ours = tree(17);
    for size in 1..=17 {
        let root = ours.root(size).unwrap();
        for index in 0..size {
            let (proof, hash) = (ours.inclusion(index, size).unwrap(), hash_leaf(&leaf(index)));
            for (other_index, other_size) in (0..18).flat_map(|i| (0..18).map(move |s| (i, s))) {
                let moved = Inclusion { index: other_index, path: proof.path.clone() };
                let other_root = ours.root(other_size).unwrap_or(root);
                if (other_index, other_size) != (index, size) {
                    assert!(moved.verify(&hash, other_size, &other_root).is_err(), "{index}/{size} as {other_index}");
                }
            }
            assert!(proof.verify(&hash_leaf(b"another"), size, &root).is_err());
        }
    }
}

#[test]
fn a_proof_with_any_hash_changed_added_or_missing_is_refused() {
    let ours = tree(13);
    let (old, new) = (ours.root(6).unwrap(), ours.root(13).unwrap());
    let inclusion = ours.inclusion(9, 13).unwrap();
    let consistency = ours.consistency(6, 13).unwrap();
    let included = |path: Vec<Hash>| Inclusion { index: 9, path }.verify(&hash_leaf(&leaf(9)), 13, &new);
    let consistent = |path: Vec<Hash>| Consistency { path }.verify(6, &old, 13, &new);
    for at in 0..inclusion.path.len() {
        assert_eq!(included(with_flip(&inclusion.path, at)), Err(ProofError::Root));
        assert!(included(without(&inclusion.path, at)).is_err());
        assert!(included(with_extra(&inclusion.path, at)).is_err());
    }
    for at in 0..consistency.path.len() {
        assert_eq!(consistent(with_flip(&consistency.path, at)), Err(ProofError::Root));
        assert!(consistent(without(&consistency.path, at)).is_err());
        assert!(consistent(with_extra(&consistency.path, at)).is_err());
    }
}

#[test]
fn a_tree_that_did_not_grow_needs_no_proof_and_accepts_none() {
    let root = tree(5).root(5).unwrap();
    let other = tree(4).root(4).unwrap();
    assert_eq!(Consistency { path: Vec::new() }.verify(5, &root, 5, &root), Ok(()));
    assert_eq!(Consistency { path: Vec::new() }.verify(5, &root, 5, &other), Err(ProofError::Root));
    assert_eq!(Consistency { path: Vec::from([root]) }.verify(5, &root, 5, &root), Err(ProofError::Length));
    assert_eq!(Consistency { path: Vec::new() }.verify(0, &root, 5, &root), Err(ProofError::OutOfRange));
    assert_eq!(Consistency { path: Vec::new() }.verify(6, &root, 5, &root), Err(ProofError::OutOfRange));
}

#[test]
fn a_rewritten_past_has_no_consistency_proof() {
    let mut forged = Tree::default();
    (0..13).for_each(|index| forged.append(hash_leaf(&leaf(if index == 3 { 99 } else { index }))));
    let old = tree(6).root(6).unwrap();
    let proof = forged.consistency(6, 13).unwrap();
    assert_eq!(proof.verify(6, &old, 13, &forged.root(13).unwrap()), Err(ProofError::Root));
}

#[test]
fn truncating_gives_back_exactly_the_smaller_tree() {
    for size in 0..=SIZES {
        for kept in 0..=size {
            let mut ours = tree(size);
            ours.truncate(kept);
            assert_eq!((ours.size(), ours.root(kept)), (kept, tree(kept).root(kept)));
        }
        let mut regrown = tree(SIZES);
        regrown.truncate(size);
        (size..SIZES).for_each(|index| regrown.append(hash_leaf(&leaf(index))));
        assert_eq!(regrown.root(SIZES), tree(SIZES).root(SIZES), "regrown from {size}");
    }
}

fn with_flip(path: &[Hash], at: usize) -> Vec<Hash> {
    let mut path = path.to_vec();
    path[at].0[at] ^= 1;
    path
}

fn without(path: &[Hash], at: usize) -> Vec<Hash> {
    let mut path = path.to_vec();
    path.remove(at);
    path
}

fn with_extra(path: &[Hash], at: usize) -> Vec<Hash> {
    let mut path = path.to_vec();
    path.insert(at, path[at]);
    path
}
