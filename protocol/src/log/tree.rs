//! The tree itself: every complete subtree's hash, 64 bytes per leaf in all.

use alloc::vec::Vec;

use super::{Consistency, Inclusion, hash_node};
use crate::codec::Hash;

/// An append-only Merkle tree (RFC 9162 §2.1) that can prove every earlier size of itself.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// `levels[k][i]` is the hash over leaves `i·2^k` to `(i+1)·2^k`.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Appends a leaf by its [`super::hash_leaf`].
    pub fn append(&mut self, leaf_hash: Hash) {
        let mut hash = leaf_hash;
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(hash);
            let [.., left, right] = row.as_slice() else { break };
            if row.len() % 2 == 1 {
                break;
            }
            hash = hash_node(left, right);
        }
    }

    /// Forgets all leaves from `size` on, as when a batch was not committed.
    pub fn truncate(&mut self, size: u64) {
        for (level, row) in self.levels.iter_mut().enumerate() {
            row.truncate((size >> level) as usize);
        }
    }

    /// The root over the first `size` leaves; `None` when there are fewer.
    pub fn root(&self, size: u64) -> Option<Hash> {
        match size {
            0 => Some(Hash::of(&[])),
            _ if size > self.size() => None,
            _ => Some(self.over(0, size)),
        }
    }

    /// Proof that leaf `index` is among the first `size`.
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Inclusion> {
        if index >= size || size > self.size() {
            return None;
        }
        let mut path = Vec::new();
        let (mut begin, mut end) = (0, size);
        while end - begin > 1 {
            let middle = begin + split(end - begin);
            if index < middle {
                path.push(self.over(middle, end));
                end = middle;
            } else {
                path.push(self.over(begin, middle));
                begin = middle;
            }
        }
        path.reverse();
        Some(Inclusion { index, path })
    }

    /// Proof that the tree of `first` leaves is the beginning of the tree of `second`.
    pub fn consistency(&self, first: u64, second: u64) -> Option<Consistency> {
        if first == 0 || first > second || second > self.size() {
            return None;
        }
        let mut path = Vec::new();
        let (mut begin, mut end) = (0, second);
        while first < end {
            let middle = begin + split(end - begin);
            if first <= middle {
                path.push(self.over(middle, end));
                end = middle;
            } else {
                path.push(self.over(begin, middle));
                begin = middle;
            }
        }
        if begin != 0 {
            path.push(self.over(begin, end));
        }
        path.reverse();
        Some(Consistency { path })
    }

    /// The hash over the `index`-th run of `2^level` leaves; `None` where that is not complete.
    pub fn node(&self, level: u32, index: u64) -> Option<Hash> {
        self.levels.get(usize::try_from(level).ok()?)?.get(usize::try_from(index).ok()?).copied()
    }

    /// Hash over the leaves `begin..end`, which lie in this tree and as RFC 9162 splits it.
    fn over(&self, begin: u64, end: u64) -> Hash {
        let count = end - begin;
        if count.is_power_of_two() && begin.is_multiple_of(count) {
            let level = count.trailing_zeros() as usize;
            return self.levels[level][(begin >> level) as usize];
        }
        let middle = begin + split(count);
        hash_node(&self.over(begin, middle), &self.over(middle, end))
    }
}

/// The largest power of two smaller than `count`, which is at least 2.
fn split(count: u64) -> u64 {
    count.next_power_of_two() / 2
}
