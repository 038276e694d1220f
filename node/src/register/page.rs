//! Pages: many small things packed into one value of the store, because one value per key costs forty times the time.

use super::error::Damage;

/// Entries of one index page.
pub(super) const ENTRIES_PER_PAGE: usize = 512;
/// Rows of one row page. Fewer than entries: showing one row decrypts the whole page.
pub(super) const ROWS_PER_PAGE: u32 = 64;

const KEY_BYTES: usize = 16;
const ENTRY_BYTES: usize = KEY_BYTES + 4 + 4;

/// A truncated HMAC. Entries with equal keys are only *possible* matches; the row decides.
pub(super) type IndexKey = [u8; KEY_BYTES];

/// The place of a row in its generation, in the order of import.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct RowNumber(pub(super) u32);

impl RowNumber {
    /// The page that holds the row.
    pub(super) fn page(self) -> u32 {
        self.0 / ROWS_PER_PAGE
    }
}

/// One entry of an index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct IndexEntry {
    /// What is searched by.
    pub(super) key: IndexKey,
    /// Where the row is.
    pub(super) row: RowNumber,
    /// Last day of the row, in days since 1970-01-01; spares reading rows that are past it.
    pub(super) until: u32,
}

/// What a page holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PageKind {
    /// Index by BSN and by name with year.
    Find,
    /// Index by record id.
    Ids,
    /// Rows.
    Rows,
    /// How many there are of the others.
    Manifest,
}

/// The key of a page in the store, and the context it is encrypted in.
pub(super) fn place(kind: PageKind, number: u32) -> [u8; 5] {
    let letter = match kind {
        PageKind::Find => b'f',
        PageKind::Ids => b'i',
        PageKind::Rows => b'r',
        PageKind::Manifest => b'm',
    };
    let [a, b, c, d] = number.to_be_bytes();
    [letter, a, b, c, d]
}

/// Packs sorted entries.
pub(super) fn encode_entries(entries: &[IndexEntry]) -> Vec<u8> {
    let mut page = Vec::with_capacity(entries.len() * ENTRY_BYTES);
    for entry in entries {
        page.extend_from_slice(&entry.key);
        page.extend_from_slice(&entry.row.0.to_be_bytes());
        page.extend_from_slice(&entry.until.to_be_bytes());
    }
    page
}

/// Unpacks entries; refuses an empty page.
pub(super) fn decode_entries(page: &[u8]) -> Result<impl ExactSizeIterator<Item = IndexEntry>, Damage> {
    let (entries, rest) = page.as_chunks::<ENTRY_BYTES>();
    if entries.is_empty() || !rest.is_empty() {
        return Err(Damage::BadPage);
    }
    Ok(entries.iter().map(|entry| {
        let mut key = [0; KEY_BYTES];
        key.copy_from_slice(&entry[..KEY_BYTES]);
        let number = |at: usize| u32::from_be_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]);
        IndexEntry { key, row: RowNumber(number(KEY_BYTES)), until: number(KEY_BYTES + 4) }
    }))
}

/// Appends one encoded row to a row page.
pub(super) fn push_row(page: &mut Vec<u8>, row: &[u8]) {
    // A row is bounded by the largest record that is read: 64 KiB.
    page.extend_from_slice(&(row.len() as u32).to_be_bytes());
    page.extend_from_slice(row);
}

/// The rows of a page, each in its encoding.
pub(super) fn split_rows(mut page: &[u8]) -> impl Iterator<Item = Result<&[u8], Damage>> {
    std::iter::from_fn(move || {
        if page.is_empty() {
            return None;
        }
        let Some((len, rest)) = page.split_first_chunk::<4>() else {
            page = &[];
            return Some(Err(Damage::BadPage));
        };
        let Some((row, rest)) = rest.split_at_checked(u32::from_be_bytes(*len) as usize) else {
            page = &[];
            return Some(Err(Damage::BadPage));
        };
        page = rest;
        Some(Ok(row))
    })
}
