//! Packs and blocks. A *pack* is one value of the store and holds 512 keys or 64 rows, because one value per key costs
//! forty times the time. It consists of *blocks*, each encrypted by itself, so that a search decrypts 64 keys and not 512.

use super::error::Damage;

/// Blocks of one pack.
pub(super) const BLOCKS_PER_PACK: u32 = 8;
/// Entries of one index block.
pub(super) const ENTRIES_PER_BLOCK: usize = 64;
/// Rows of one block of rows or readings.
pub(super) const ROWS_PER_BLOCK: u32 = 8;

/// Bytes of an entry behind its key.
const PLACE_BYTES: usize = 4 + 4;

/// A truncated HMAC of a record id.
pub(super) type IndexKey = [u8; 16];
/// A truncated HMAC of what a row is found by; half as long, for there are several of each row. Rows under equal keys are
/// only *possible* matches: the comparison decides.
pub(super) type FindKey = [u8; 8];

/// The place of a row in its generation, in the order of import.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct RowNumber(pub(super) u32);

impl RowNumber {
    /// The block that holds the row.
    pub(super) fn block(self) -> u32 {
        self.0 / ROWS_PER_BLOCK
    }

    /// Where in that block.
    pub(super) fn place_in_block(self) -> usize {
        (self.0 % ROWS_PER_BLOCK) as usize
    }
}

/// One entry of an index, under a key of `K` bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct IndexEntry<const K: usize> {
    /// What is searched by.
    pub(super) key: [u8; K],
    /// Where the row is.
    pub(super) row: RowNumber,
    /// Last day of the row, in days since 1970-01-01; spares reading rows that are past it.
    pub(super) until: u32,
}

/// What a block holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Index by number, date and sounds of names.
    Find,
    /// Index by record id.
    Ids,
    /// How common names are.
    Census,
    /// Rows.
    Rows,
    /// The names and dates of those rows, as they are compared.
    Readings,
    /// How many there are of the others.
    Manifest,
}

/// The key of a pack in the store; of a block, the context that it is encrypted in.
pub(super) fn place(kind: Kind, number: u32) -> [u8; 5] {
    let letter = match kind {
        Kind::Find => b'f',
        Kind::Ids => b'i',
        Kind::Census => b'c',
        Kind::Rows => b'r',
        Kind::Readings => b'n',
        Kind::Manifest => b'm',
    };
    let [a, b, c, d] = number.to_be_bytes();
    [letter, a, b, c, d]
}

/// Puts sorted entries one after another.
pub(super) fn encode_entries<const K: usize>(entries: &[IndexEntry<K>]) -> Vec<u8> {
    let mut block = Vec::with_capacity(entries.len() * (K + PLACE_BYTES));
    for entry in entries {
        block.extend_from_slice(&entry.key);
        block.extend_from_slice(&entry.row.0.to_be_bytes());
        block.extend_from_slice(&entry.until.to_be_bytes());
    }
    block
}

/// Takes entries apart; refuses a block without any.
pub(super) fn decode_entries<const K: usize>(block: &[u8]) -> Result<impl Iterator<Item = IndexEntry<K>>, Damage> {
    let entries = block.chunks_exact(K + PLACE_BYTES);
    if block.is_empty() || !entries.remainder().is_empty() {
        return Err(Damage::BadPage);
    }
    Ok(entries.map(|entry| {
        let mut key = [0; K];
        key.copy_from_slice(&entry[..K]);
        let number = |at: usize| u32::from_be_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]);
        IndexEntry { key, row: RowNumber(number(K)), until: number(K + 4) }
    }))
}

/// Appends one item with its length: a row to a block, a sealed block to a pack.
pub(super) fn push_item(list: &mut Vec<u8>, item: &[u8]) {
    // A row comes from a record of at most 64 KiB, and a block holds eight.
    list.extend_from_slice(&(item.len() as u32).to_be_bytes());
    list.extend_from_slice(item);
}

/// The items that were appended.
pub(super) fn items(mut list: &[u8]) -> impl Iterator<Item = Result<&[u8], Damage>> {
    std::iter::from_fn(move || {
        if list.is_empty() {
            return None;
        }
        let split = list.split_first_chunk::<4>();
        let item = split.and_then(|(len, rest)| rest.split_at_checked(u32::from_be_bytes(*len) as usize));
        list = item.map(|(_, rest)| rest).unwrap_or_default();
        Some(item.map(|(item, _)| item).ok_or(Damage::BadPage))
    })
}
