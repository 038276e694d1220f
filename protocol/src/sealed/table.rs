//! What a responder publishes: a table of group elements in which nobody without its secret tells a row from an empty cell.

use alloc::vec::Vec;

use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::ristretto::CompressedRistretto;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha512};

use super::proof::Knowledge;
use super::{CELLS_PER_KEY, TableId};
use crate::codec::{Bytes, Hash};
use crate::log::{Inclusion, ProofError, Tree, hash_leaf};
use crate::time::Timestamp;

/// Bytes of a cell: one compressed group element.
pub const CELL_BYTES: usize = 32;
/// Cells that travel together: 512, which are 16 KiB.
pub const CHUNK_CELLS: usize = 512;
/// Bytes of a chunk.
pub const CHUNK_BYTES: usize = CHUNK_CELLS * CELL_BYTES;
/// The smallest table, also of an empty register: 1,024 cells.
pub const MIN_CELLS: u32 = 1 << 10;
/// The largest: 16,777,216 cells, which are 512 MiB.
pub const MAX_CELLS: u32 = 1 << 24;
/// Of five cells at most four are taken, so that every key finds a place.
const FILL: (u64, u64) = (4, 5);
/// What the places of a key are derived under.
const PLACES: &[u8] = b"weegnet sealed v1 places";

/// The step of the ladder that holds `keys` link keys; `None` above the largest. Sizes double, so that a size tells little
/// about the number of rows.
pub fn cells_for(keys: usize) -> Option<u32> {
    let fits = |cells: u32| keys as u64 * FILL.1 <= u64::from(cells) * FILL.0;
    (10..=24).map(|bits| 1 << bits).find(|cells| fits(*cells))
}

/// What the responder signs about a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// L = αG.
    pub link: Bytes<32>,
    /// Root over its chunks.
    pub root: Hash,
    /// Number of cells.
    pub cells: u32,
    /// Which table.
    pub table: TableId,
    /// That whoever published it knows α.
    pub knows: Knowledge,
    /// The end of its epoch: a question for it is refused afterwards.
    pub valid_until: Timestamp,
}

/// A table that is not what was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongTable {
    /// Not a step of the ladder, or another number of bytes.
    #[error("the table has a size that no table has")]
    Size,
    /// The chunks lead to another root.
    #[error("the table is not the one that was published: its root is another")]
    Root,
    /// The publisher does not show that it knows the secret.
    #[error("the publisher of the table does not prove that it knows its secret")]
    Knowledge,
    /// A cell is no group element.
    #[error("a cell of the table is no group element")]
    Cell,
}

impl Publication {
    /// Checks what can be checked without the cells.
    ///
    /// # Errors
    /// [`WrongTable::Size`], [`WrongTable::Knowledge`].
    pub fn check(&self) -> Result<(), WrongTable> {
        if !self.cells.is_power_of_two() || !(MIN_CELLS..=MAX_CELLS).contains(&self.cells) {
            return Err(WrongTable::Size);
        }
        let knows = self.knows.verify(&self.table, self.cells, &self.root, &self.link);
        knows.then_some(()).ok_or(WrongTable::Knowledge)
    }

    /// Number of chunks.
    pub fn chunks(&self) -> u64 {
        u64::from(self.cells) / CHUNK_CELLS as u64
    }

    /// Checks one chunk as it arrives.
    ///
    /// # Errors
    /// [`ProofError`] when it is not the chunk at that place of this table.
    pub fn check_chunk(&self, chunk: &[u8; CHUNK_BYTES], proof: &Inclusion) -> Result<(), ProofError> {
        proof.verify(&hash_leaf(chunk), self.chunks(), &self.root)
    }
}

/// The cells of a table.
#[derive(Clone)]
pub struct Table {
    cells: Vec<[u8; CELL_BYTES]>,
    tree: Tree,
}

impl core::fmt::Debug for Table {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Table({} cells)", self.cells.len())
    }
}

impl Table {
    /// Of cells; their number is a step of the ladder.
    pub(super) fn new(cells: Vec<[u8; CELL_BYTES]>) -> Self {
        let mut tree = Tree::default();
        for chunk in cells.as_chunks::<CHUNK_CELLS>().0 {
            tree.append(hash_leaf(chunk.as_flattened()));
        }
        Table { cells, tree }
    }

    /// Reads a table that arrived, and checks that it is the published one.
    ///
    /// # Errors
    /// [`WrongTable`].
    pub fn read(publication: &Publication, bytes: &[u8]) -> Result<Self, WrongTable> {
        publication.check()?;
        let (cells, rest) = bytes.as_chunks::<CELL_BYTES>();
        if cells.len() as u64 != u64::from(publication.cells) || !rest.is_empty() {
            return Err(WrongTable::Size);
        }
        let table = Table::new(cells.to_vec());
        if table.root() == publication.root { Ok(table) } else { Err(WrongTable::Root) }
    }

    /// Number of cells.
    pub fn size(&self) -> u32 {
        self.cells.len() as u32
    }

    /// Root over the chunks.
    pub fn root(&self) -> Hash {
        self.tree.root(self.tree.size()).unwrap_or_else(|| unreachable!("a tree has a root of its own size"))
    }

    /// One chunk, with its proof.
    pub fn chunk(&self, number: u64) -> Option<(&[u8], Inclusion)> {
        let proof = self.tree.inclusion(number, self.tree.size())?;
        let chunk = self.cells.as_chunks::<CHUNK_CELLS>().0.get(usize::try_from(number).ok()?)?;
        Some((chunk.as_flattened(), proof))
    }

    /// A cell as it is published.
    pub fn cell(&self, place: u32) -> Option<&[u8; CELL_BYTES]> {
        self.cells.get(place as usize)
    }

    /// A cell as a group element.
    pub(super) fn element(&self, place: u32) -> Result<RistrettoPoint, WrongTable> {
        let cell = self.cell(place).ok_or(WrongTable::Size)?;
        CompressedRistretto(*cell).decompress().ok_or(WrongTable::Cell)
    }
}

/// The three different cells in which a link key may stand; `context` is that of the table.
pub(super) fn places(context: &[u8], key: &[u8], cells: u32) -> [u32; CELLS_PER_KEY] {
    let mut places = [u32::MAX; CELLS_PER_KEY];
    let mut found = 0;
    for round in 0_u8.. {
        let mut hasher = Sha512::new_with_prefix(PLACES);
        hasher.update([round]);
        hasher.update((context.len() as u64).to_be_bytes());
        hasher.update(context);
        hasher.update(key);
        let hash: [u8; 64] = hasher.finalize().into();
        for word in hash.as_chunks::<4>().0 {
            // The number of cells is a power of two: no place is likelier than another.
            let place = u32::from_be_bytes(*word) & (cells - 1);
            if found < CELLS_PER_KEY && !places[..found].contains(&place) {
                places[found] = place;
                found += 1;
            }
        }
        if found == CELLS_PER_KEY || round == u8::MAX {
            break;
        }
    }
    places
}
