//! What a responder keeps for an epoch, and the table that it makes with it.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use curve25519_dalek::{RistrettoPoint, Scalar};
use zeroize::{Zeroize, Zeroizing};

use super::TableId;
use super::group::{Derive, encode_doubled, half, hash_to_group};
use super::proof::Knowledge;
use super::table::{CELL_BYTES, MAX_CELLS, Publication, Table, cells_for, places};
use crate::codec::Bytes;
use crate::time::Timestamp;

/// Domain of hashed link keys.
pub(super) const LINK_KEY: &[u8] = b"weegnet sealed v1 link key";
/// Salt of everything that a responder derives from its secret.
const SECRET: &[u8] = b"weegnet sealed v1 secret";
/// Longest walk of keys that make way for each other, before a larger table is taken: 1,000.
const MAX_WALK: usize = 1_000;

/// The secret of one table: 32 random bytes from which α, the empty cells and the proof's nonce are derived. New for every
/// epoch: under the same α, changed cells would show who came and went.
pub struct EpochSecret {
    alpha: Zeroizing<Scalar>,
    derive: Derive,
}

/// Tells nothing.
impl core::fmt::Debug for EpochSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("EpochSecret(..)")
    }
}

/// A link key and the cell that stands for it.
#[derive(Clone)]
pub struct Placed {
    key: Vec<u8>,
    cell: [u8; CELL_BYTES],
}

impl Placed {
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(super) fn cell(&self) -> &[u8; CELL_BYTES] {
        &self.cell
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl core::fmt::Debug for Placed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Placed(..)")
    }
}

/// More link keys than the largest table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} link keys do not fit into the largest table of {MAX_CELLS} cells")]
pub struct TooManyKeys(pub usize);

impl EpochSecret {
    /// From 32 random bytes and the table that they are for.
    pub fn new(random: &Zeroizing<[u8; 32]>, table: &TableId) -> Self {
        let mut material = Zeroizing::new(random.to_vec());
        material.extend_from_slice(&table.context());
        let derive = Derive::new(SECRET, &material);
        EpochSecret { alpha: derive.scalar(&[b"alpha"]), derive }
    }

    /// L = αG.
    pub fn link(&self) -> RistrettoPoint {
        RistrettoPoint::mul_base(&self.alpha)
    }

    /// The cells of link keys: αH(k). The dear part of a table, and each is by itself: give every core a part.
    pub fn place(&self, keys: &[Vec<u8>]) -> Vec<Placed> {
        let half = half(&self.alpha);
        let halves: Vec<RistrettoPoint> = keys.iter().map(|key| hashed(key) * *half).collect();
        let cells = encode_doubled(&halves).into_iter();
        cells.zip(keys).map(|(cell, key)| Placed { key: key.clone(), cell }).collect()
    }

    /// Gives each key one of its three places.
    ///
    /// # Errors
    /// [`TooManyKeys`].
    pub fn plan(&self, table: &TableId, mut keys: Vec<Placed>) -> Result<Layout, TooManyKeys> {
        // The same register gives the same table, in whatever order it is read.
        keys.sort_unstable_by_key(|placed| placed.cell);
        keys.dedup_by_key(|placed| placed.cell);
        let context = table.context();
        let mut cells = cells_for(keys.len()).ok_or(TooManyKeys(keys.len()))?;
        let taken = loop {
            match walk(&context, &keys, cells) {
                Some(taken) => break taken,
                None if cells < MAX_CELLS => cells *= 2,
                None => return Err(TooManyKeys(keys.len())),
            }
        };
        Ok(Layout { keys, taken, empties: self.empties() })
    }

    /// What is signed about a table.
    pub fn publish(&self, id: &TableId, table: &Table, valid_until: Timestamp) -> Publication {
        let (cells, root) = (table.size(), table.root());
        let nonce = self.derive.scalar(&[b"knows", &root.0, &cells.to_be_bytes(), &id.context()]);
        Publication {
            link: Bytes(self.link().compress().to_bytes()),
            root,
            cells,
            knows: Knowledge::prove(id, cells, &root, &self.alpha, &nonce),
            table: id.clone(),
            valid_until,
        }
    }

    pub(super) fn alpha(&self) -> &Scalar {
        &self.alpha
    }

    /// From which the empty cells come: shown to an auditor, it tells which cells are empty and nothing else.
    pub(super) fn empties(&self) -> Zeroizing<[u8; 32]> {
        self.derive.bytes(&[b"empty cells"])
    }

    pub(super) fn nonce(&self, info: &[&[u8]]) -> Zeroizing<Scalar> {
        self.derive.scalar(info)
    }
}

/// Which key stands where in a table whose cells are not filled yet.
pub struct Layout {
    keys: Vec<Placed>,
    taken: Vec<Option<u32>>,
    empties: Zeroizing<[u8; 32]>,
}

impl core::fmt::Debug for Layout {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Layout({} cells)", self.taken.len())
    }
}

impl Layout {
    /// Number of cells.
    pub fn cells(&self) -> u32 {
        self.taken.len() as u32
    }

    /// The cells of some places: give every core a part.
    pub fn fill(&self, places: Range<u32>) -> Vec<[u8; CELL_BYTES]> {
        // The last part may be shorter.
        let places = places.start..places.end.min(self.cells());
        let part = places.start as usize..places.end as usize;
        let Some(taken) = self.taken.get(part) else { return Vec::new() };
        let is_empty = |place: &u32| self.taken[*place as usize].is_none();
        let mut empties = empty(&self.empties, places.filter(is_empty)).into_iter();
        let cell = |key: &Option<u32>| match key {
            Some(key) => self.keys[*key as usize].cell,
            None => empties.next().unwrap_or([0; CELL_BYTES]),
        };
        taken.iter().map(cell).collect()
    }

    /// The table, of all parts in their order. `None` when they are not all.
    pub fn table(&self, parts: Vec<Vec<[u8; CELL_BYTES]>>) -> Option<Table> {
        let cells = parts.concat();
        (cells.len() == self.taken.len()).then(|| Table::new(cells))
    }
}

/// H(k).
pub(super) fn hashed(key: &[u8]) -> RistrettoPoint {
    hash_to_group(&[key], LINK_KEY)
}

/// What stands in empty cells: twice an element that follows from the place.
pub(super) fn empty(empties: &[u8; 32], places: impl Iterator<Item = u32>) -> Vec<[u8; CELL_BYTES]> {
    let derive = Derive::new(b"weegnet sealed v1 empty", empties);
    let halves: Vec<RistrettoPoint> = places.map(|place| derive.element(&[&place.to_be_bytes()])).collect();
    encode_doubled(&halves)
}

/// Which key stands in which cell (cuckoo hashing with three places); `None` when the keys do not find one.
fn walk(context: &[u8], keys: &[Placed], cells: u32) -> Option<Vec<Option<u32>>> {
    let mut taken: Vec<Option<u32>> = vec![None; cells as usize];
    // Which of its places a key tries next: round and round, so that no chance is needed.
    let mut turn = vec![0_u8; keys.len()];
    for first in 0..keys.len() as u32 {
        let mut homeless = first;
        let mut steps = 0;
        loop {
            let places = places(context, &keys[homeless as usize].key, cells);
            if let Some(free) = places.iter().find(|place| taken[**place as usize].is_none()) {
                taken[*free as usize] = Some(homeless);
                break;
            }
            if steps == MAX_WALK {
                return None;
            }
            steps += 1;
            let turn = &mut turn[homeless as usize];
            let place = places[usize::from(*turn) % places.len()];
            *turn = turn.wrapping_add(1);
            homeless = taken[place as usize].replace(homeless)?;
        }
    }
    Some(taken)
}
