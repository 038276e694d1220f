//! Inclusion and consistency proofs and their verification: RFC 9162 §2.1.3.2 and §2.1.4.2.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::codec::Hash;

/// RFC 9162 leaf hash: SHA-256(0x00 ‖ leaf).
pub fn hash_leaf(leaf: &[u8]) -> Hash {
    Hash::of(&[&[0], leaf])
}

/// RFC 9162 node hash: SHA-256(0x01 ‖ left ‖ right).
pub fn hash_node(left: &Hash, right: &Hash) -> Hash {
    Hash::of(&[&[1], &left.0, &right.0])
}

/// A proof that does not prove what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index is not in a tree of this size, or the sizes are the wrong way round.
    #[error("the proof is for another place or size")]
    OutOfRange,
    /// The number of hashes is not what this place and size need.
    #[error("the proof has the wrong length")]
    Length,
    /// The recomputed root is not the given one.
    #[error("the proof leads to another root")]
    Root,
}

/// That a leaf is in a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    /// Sibling hashes from the leaf up.
    pub path: Vec<Hash>,
    /// Position of the leaf.
    pub index: u64,
}

impl Inclusion {
    /// Checks that `leaf_hash` stands at the index in the tree with this size and root.
    pub fn verify(&self, leaf_hash: &Hash, size: u64, root: &Hash) -> Result<(), ProofError> {
        if self.root(leaf_hash, size)? == *root { Ok(()) } else { Err(ProofError::Root) }
    }

    /// The root of the tree of this size in which `leaf_hash` stands at the index, if the path is the right one.
    pub fn root(&self, leaf_hash: &Hash, size: u64) -> Result<Hash, ProofError> {
        if self.index >= size {
            return Err(ProofError::OutOfRange);
        }
        let (mut place, mut last) = (self.index, size - 1);
        let mut hash = *leaf_hash;
        for sibling in &self.path {
            if last == 0 {
                return Err(ProofError::Length);
            }
            if place & 1 == 1 || place == last {
                hash = hash_node(sibling, &hash);
                while place & 1 == 0 && place != 0 {
                    place >>= 1;
                    last >>= 1;
                }
            } else {
                hash = hash_node(&hash, sibling);
            }
            place >>= 1;
            last >>= 1;
        }
        if last == 0 { Ok(hash) } else { Err(ProofError::Length) }
    }
}

/// That a tree is the beginning of a larger one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// The hashes, as in RFC 9162 §2.1.4.1.
    pub path: Vec<Hash>,
}

impl Consistency {
    /// Checks that the tree of `first` leaves is the beginning of the tree of `second` leaves.
    pub fn verify(&self, first: u64, first_root: &Hash, second: u64, second_root: &Hash) -> Result<(), ProofError> {
        if self.root(first, first_root, second)? == *second_root { Ok(()) } else { Err(ProofError::Root) }
    }

    /// The root of the tree of `second` leaves to which this leads from the tree of `first` leaves, whose root it must
    /// lead to as well.
    pub fn root(&self, first: u64, first_root: &Hash, second: u64) -> Result<Hash, ProofError> {
        if first == 0 || first > second {
            return Err(ProofError::OutOfRange);
        }
        if first == second {
            return if self.path.is_empty() { Ok(*first_root) } else { Err(ProofError::Length) };
        }
        let mut path = self.path.iter();
        let start = if first.is_power_of_two() { first_root } else { path.next().ok_or(ProofError::Length)? };
        let (mut place, mut last) = (first - 1, second - 1);
        while place & 1 == 1 {
            place >>= 1;
            last >>= 1;
        }
        let (mut old, mut new) = (*start, *start);
        for sibling in path {
            if last == 0 {
                return Err(ProofError::Length);
            }
            if place & 1 == 1 || place == last {
                old = hash_node(sibling, &old);
                new = hash_node(sibling, &new);
                while place & 1 == 0 && place != 0 {
                    place >>= 1;
                    last >>= 1;
                }
            } else {
                new = hash_node(&new, sibling);
            }
            place >>= 1;
            last >>= 1;
        }
        match (last, old == *first_root) {
            (0, true) => Ok(new),
            (0, false) => Err(ProofError::Root),
            _ => Err(ProofError::Length),
        }
    }
}
