//! A log as C2SP `tlog-tiles`: static files from which anybody can recompute its root and every proof.
//!
//! [`hash_tiles`] and [`entry_bundle`] write them, [`verify`] reads them back against a checkpoint. Pure: what is written
//! and read goes through the caller.

mod path;
mod verify;

use alloc::vec::Vec;

use super::Tree;

pub use path::{Level, NotATilePath, TilePath};
pub use verify::{TileError, verify};

/// Where the signed note lies beside the tiles.
pub const CHECKPOINT: &str = "checkpoint";
/// Hashes in a full tile, and entries in a full bundle.
pub const WIDTH: u64 = 256;
/// Binary levels from one level of tiles to the next.
const HEIGHT: u32 = 8;
/// Levels of tiles that a tree of less than 2^64 leaves can have.
const LEVELS: u8 = 8;
/// Longest entry in a bundle: its length is written in 16 bits.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;

/// An entry that has no place in a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry of {len} bytes does not fit in a bundle: the limit is {MAX_ENTRY_BYTES}")]
pub struct EntryTooLong {
    /// Its bytes.
    pub len: usize,
}

/// Bytes that are no bundle of so many entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bundle breaks off or goes on behind entry {entries}")]
pub struct NotABundle {
    /// How many entries could be read.
    pub entries: u64,
}

/// Every tile of hashes of a tree of `size` leaves, level by level, full ones before the partial one.
///
/// Nothing when the tree has fewer leaves. Tiles of a smaller size stay as they are when the tree grows, but for the
/// partial one of each level.
pub fn hash_tiles(tree: &Tree, size: u64) -> impl Iterator<Item = (TilePath, Vec<u8>)> + '_ {
    let size = if size <= tree.size() { size } else { 0 };
    (0..LEVELS).flat_map(move |level| TilePath::of_level(Level::Hashes(level), size)).map(move |path| {
        let level = path.level().binary();
        let hashes = path.places().filter_map(|index| tree.node(level, index));
        (path, hashes.flat_map(|hash| hash.0).collect())
    })
}

/// Where the entries of a log of `size` leaves lie: which leaves each bundle holds says [`TilePath::places`].
pub fn bundles(size: u64) -> impl Iterator<Item = TilePath> {
    TilePath::of_level(Level::Entries, size)
}

/// The bundle of these entries, each as the bytes that the tree hashes.
pub fn entry_bundle<E: AsRef<[u8]>>(entries: impl IntoIterator<Item = E>) -> Result<Vec<u8>, EntryTooLong> {
    let mut bundle = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong { len: entry.len() })?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// The entries of a bundle that must hold exactly `width` of them.
pub fn read_bundle(bundle: &[u8], width: u64) -> Result<Vec<&[u8]>, NotABundle> {
    let (mut entries, mut rest) = (Vec::new(), bundle);
    for read in 0..width {
        let broken = NotABundle { entries: read };
        let (length, behind) = rest.split_first_chunk().ok_or(broken)?;
        let (entry, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(broken)?;
        entries.push(entry);
        rest = behind;
    }
    if rest.is_empty() { Ok(entries) } else { Err(NotABundle { entries: width }) }
}
