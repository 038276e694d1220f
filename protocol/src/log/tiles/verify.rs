//! Whether tiles and bundles are those of a checkpoint.

use alloc::vec::Vec;

use super::{LEVELS, Level, NotABundle, TilePath, WIDTH, read_bundle};
use crate::codec::{Bytes, Hash};
use crate::log::{Checkpoint, Tree, hash_leaf};

/// What is wrong with an export, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// A file is missing.
    #[error("{path} is missing")]
    Missing {
        /// Which.
        path: TilePath,
    },
    /// A tile does not have the bytes that its width needs.
    #[error("{path} has {len} bytes; {} are needed", path.width() * 32)]
    Length {
        /// Which.
        path: TilePath,
        /// The bytes it has.
        len: usize,
    },
    /// A bundle cannot be read.
    #[error("{path}: {reason}")]
    Bundle {
        /// Which.
        path: TilePath,
        /// Where it breaks off.
        reason: NotABundle,
    },
    /// An entry is not the one whose hash stands in the tile.
    #[error("entry {index} in {path} is not the one that the tile at the bottom of the tree names")]
    Entry {
        /// In which bundle.
        path: TilePath,
        /// Which of the log's entries.
        index: u64,
    },
    /// A hash is not the one over the tile below it.
    #[error("hash {at} in {path} is not the one over the tile below it")]
    Hash {
        /// In which tile.
        path: TilePath,
        /// Which of the level's hashes.
        at: u64,
    },
    /// All fits together, but is another tree than the checkpoint's.
    #[error("the tiles lead to another root than the checkpoint's")]
    Root,
}

/// Checks that every tile and bundle of the checkpoint's size is there, that entries, tiles and the tiles above them agree,
/// and that they lead to its root. `read` gives the bytes at a path; it is asked for each path once, lowest level first.
///
/// Who signed the checkpoint is not looked at. Needs 32 bytes of memory for every 256 entries.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify<B: AsRef<[u8]>>(
    checkpoint: &Checkpoint,
    mut read: impl FnMut(&TilePath) -> Option<B>,
) -> Result<(), TileError> {
    let size = checkpoint.size;
    let mut bundles = TilePath::of_level(Level::Entries, size);
    // Hashes over the full tiles of the level below.
    let mut below: Vec<Hash> = Vec::new();
    // Hashes of the partial tile of each level, from the lowest up: together they cover the tree.
    let mut edges: Vec<Vec<Hash>> = Vec::new();
    for level in 0..LEVELS {
        let mut above = Vec::new();
        let mut edge = Vec::new();
        for path in TilePath::of_level(Level::Hashes(level), size) {
            let hashes = tile(path, &mut read)?;
            match level {
                0 => entries(bundles.next(), &hashes, &mut read)?,
                _ => agree(path, &hashes, &below)?,
            }
            if path.width() == WIDTH { above.extend(root_of(&hashes)) } else { edge = hashes }
        }
        below = above;
        edges.push(edge);
    }
    if root(edges) == checkpoint.root { Ok(()) } else { Err(TileError::Root) }
}

fn tile<B: AsRef<[u8]>>(path: TilePath, read: &mut impl FnMut(&TilePath) -> Option<B>) -> Result<Vec<Hash>, TileError> {
    let bytes = read(&path).ok_or(TileError::Missing { path })?;
    let (hashes, rest) = bytes.as_ref().as_chunks::<32>();
    if hashes.len() as u64 != path.width() || !rest.is_empty() {
        return Err(TileError::Length { path, len: bytes.as_ref().len() });
    }
    Ok(hashes.iter().copied().map(Bytes).collect())
}

fn entries<B: AsRef<[u8]>>(
    path: Option<TilePath>,
    hashes: &[Hash],
    read: &mut impl FnMut(&TilePath) -> Option<B>,
) -> Result<(), TileError> {
    // There are as many bundles as tiles at the bottom.
    let Some(path) = path else { return Ok(()) };
    let bytes = read(&path).ok_or(TileError::Missing { path })?;
    let entries = read_bundle(bytes.as_ref(), path.width()).map_err(|reason| TileError::Bundle { path, reason })?;
    let differs = entries.iter().zip(hashes).zip(path.places()).find(|((entry, hash), _)| hash_leaf(entry) != **hash);
    differs.map_or(Ok(()), |(_, index)| Err(TileError::Entry { path, index }))
}

fn agree(path: TilePath, hashes: &[Hash], below: &[Hash]) -> Result<(), TileError> {
    let differs = path
        .places()
        .zip(hashes)
        .find(|(at, hash)| usize::try_from(*at).ok().and_then(|at| below.get(at)) != Some(*hash));
    differs.map_or(Ok(()), |(at, _)| Err(TileError::Hash { path, at }))
}

/// The hash over a full tile.
fn root_of(hashes: &[Hash]) -> Option<Hash> {
    let mut tree = Tree::default();
    hashes.iter().for_each(|hash| tree.append(*hash));
    tree.root(tree.size())
}

/// The root over what the partial tiles of all levels cover: the upper levels lie to the left of the lower ones.
fn root(edges: Vec<Vec<Hash>>) -> Hash {
    let mut right: Option<Hash> = None;
    for edge in edges {
        let mut tree = Tree::default();
        edge.iter().for_each(|hash| tree.append(*hash));
        let here = tree.size();
        right = match right {
            // Whatever lies to the right of complete subtrees hashes in as if it were one more leaf of this level.
            Some(hash) => {
                tree.append(hash);
                tree.root(here + 1)
            }
            None if here == 0 => None,
            None => tree.root(here),
        };
    }
    right.unwrap_or_else(|| Hash::of(&[]))
}
