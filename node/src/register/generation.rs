//! One generation: everything one import knew, in a directory of its own, never changed after it was made.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use weegnet_protocol::codec;

use super::disk;
use super::error::Damage;
use super::key::GenerationKey;
use super::page::{self, IndexEntry, IndexKey, PageKind, ROWS_PER_PAGE, RowNumber};
use super::row::Row;

/// Cache of the embedded store for one generation: 8 MiB.
const STORE_CACHE_BYTES: u64 = 8 * 1024 * 1024;

/// Counts the imports of a register; 0 before the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct GenerationNumber(pub u32);

impl GenerationNumber {
    /// Before the first import.
    pub const NONE: GenerationNumber = GenerationNumber(0);
}

/// The name of its directory.
impl fmt::Display for GenerationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gen-{:08}", self.0)
    }
}

impl FromStr for GenerationNumber {
    type Err = Damage;

    fn from_str(text: &str) -> Result<Self, Damage> {
        let digits = text.strip_prefix("gen-").filter(|digits| digits.len() >= 8);
        let number = digits.filter(|digits| digits.bytes().all(|c| c.is_ascii_digit())).and_then(|d| d.parse().ok());
        number.map(GenerationNumber).filter(|number| number.to_string() == text).ok_or(Damage::Current)
    }
}

/// How many pages and rows a generation has: a missing page is noticed, not taken for "not known".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) ids: u32,
    pub(super) find: u32,
    pub(super) rows: u32,
}

/// A generation that can be read.
pub(super) struct Generation {
    number: GenerationNumber,
    key: GenerationKey,
    /// Rows in all.
    rows: u32,
    /// First key of each index page, in order.
    find: Vec<IndexKey>,
    ids: Vec<IndexKey>,
    /// `None` only while it is being dropped.
    store: Option<sled::Db>,
    dir: PathBuf,
    superseded: AtomicBool,
}

impl Generation {
    /// Opens a generation and reads its indexes through once, so that damage there shows at once.
    pub(super) fn open(number: GenerationNumber, dir: &Path, key: GenerationKey) -> Result<Self, Damage> {
        if !dir.is_dir() {
            return Err(Damage::Store);
        }
        let store = open_store(dir)?;
        let mut generation = Generation {
            number,
            key,
            rows: 0,
            find: Vec::new(),
            ids: Vec::new(),
            store: Some(store),
            dir: dir.to_path_buf(),
            superseded: AtomicBool::new(false),
        };
        let manifest: Manifest =
            codec::decode(&generation.page(PageKind::Manifest, 0)?).map_err(|_| Damage::BadPage)?;
        generation.rows = manifest.rows;
        generation.find = generation.first_keys(PageKind::Find, manifest.find)?;
        generation.ids = generation.first_keys(PageKind::Ids, manifest.ids)?;
        Ok(generation)
    }

    pub(super) fn number(&self) -> GenerationNumber {
        self.number
    }

    pub(super) fn rows(&self) -> u32 {
        self.rows
    }

    pub(super) fn key(&self) -> &GenerationKey {
        &self.key
    }

    /// From now on the directory goes as soon as the last reader is done.
    pub(super) fn supersede(&self) {
        self.superseded.store(true, Ordering::Release);
    }

    /// Rows that stand under a key of the find index.
    pub(super) fn find(&self, key: &IndexKey) -> Result<Vec<IndexEntry>, Damage> {
        self.entries(PageKind::Find, &self.find, key)
    }

    /// The row with this record id, when there is one.
    pub(super) fn by_id(&self, id: &str) -> Result<Option<Row>, Damage> {
        let mut rows = self.reader();
        for entry in self.entries(PageKind::Ids, &self.ids, &self.key.id_key(id))? {
            let row = rows.row(entry.row)?;
            if row.id.as_str() == id {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// All entries of the index by record id, sorted.
    pub(super) fn all_ids(&self) -> Result<Vec<IndexEntry>, Damage> {
        let mut all = Vec::with_capacity(self.rows as usize);
        for number in 0..self.ids.len() as u32 {
            all.extend(page::decode_entries(&self.page(PageKind::Ids, number)?)?);
        }
        if all.len() == self.rows as usize { Ok(all) } else { Err(Damage::BadPage) }
    }

    /// Reads rows, keeping the page of the last one.
    pub(super) fn reader(&self) -> RowReader<'_> {
        RowReader { generation: self, page: None }
    }

    /// Decrypts and decodes every row once: nothing becomes valid that cannot be read back.
    pub(super) fn check_rows(&self) -> Result<(), Damage> {
        for number in 0..self.rows.div_ceil(ROWS_PER_PAGE) {
            let expected = ROWS_PER_PAGE.min(self.rows - number * ROWS_PER_PAGE) as usize;
            let page = self.page(PageKind::Rows, number)?;
            let found = page::split_rows(&page).try_fold(0, |sum, row| row.map(|_| sum + 1))?;
            if found != expected {
                return Err(Damage::BadPage);
            }
        }
        Ok(())
    }

    fn first_keys(&self, kind: PageKind, pages: u32) -> Result<Vec<IndexKey>, Damage> {
        let mut keys = Vec::with_capacity(pages.min(1 << 16) as usize);
        for number in 0..pages {
            let page = self.page(kind, number)?;
            let first = page::decode_entries(&page)?.next().ok_or(Damage::BadPage)?;
            if keys.last().is_some_and(|last| *last > first.key) {
                return Err(Damage::BadPage);
            }
            keys.push(first.key);
        }
        Ok(keys)
    }

    fn entries(&self, kind: PageKind, first_keys: &[IndexKey], key: &IndexKey) -> Result<Vec<IndexEntry>, Damage> {
        // Equal keys may have begun at the end of the page before the first one that starts with them.
        let from = first_keys.partition_point(|first| first < key).saturating_sub(1);
        let to = first_keys.partition_point(|first| first <= key);
        let mut found = Vec::new();
        for number in from..to {
            let page = self.page(kind, number as u32)?;
            found.extend(page::decode_entries(&page)?.filter(|entry| entry.key == *key));
        }
        Ok(found)
    }

    fn page(&self, kind: PageKind, number: u32) -> Result<Vec<u8>, Damage> {
        let place = page::place(kind, number);
        let store = self.store.as_ref().ok_or(Damage::Store)?;
        let sealed = guarded(|| store.get(place))?.ok_or(Damage::MissingPage)?;
        self.key.open(&place, &sealed)
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        drop(self.store.take());
        if self.superseded.load(Ordering::Acquire) {
            // What stays behind here is noise without its key, and is removed at the next start.
            let _ = disk::remove_tree(&self.dir);
        }
    }
}

/// Reads rows of one generation; rows asked for in order decrypt each page once.
pub(super) struct RowReader<'g> {
    generation: &'g Generation,
    page: Option<(u32, Vec<u8>)>,
}

impl RowReader<'_> {
    /// The row with this number.
    pub(super) fn row(&mut self, number: RowNumber) -> Result<Row, Damage> {
        let wanted = number.page();
        let page = match self.page.take() {
            Some((have, page)) if have == wanted => page,
            _ => self.generation.page(PageKind::Rows, wanted)?,
        };
        let (_, page) = self.page.insert((wanted, page));
        let bytes = page::split_rows(page).nth((number.0 % ROWS_PER_PAGE) as usize).ok_or(Damage::BadPage)??;
        codec::decode(bytes).map_err(|_| Damage::BadPage)
    }
}

/// Opens the embedded store of a generation.
pub(super) fn open_store(dir: &Path) -> Result<sled::Db, Damage> {
    let config = sled::Config::new()
        .path(dir)
        .cache_capacity(STORE_CACHE_BYTES)
        // Nothing changes after the build, so there is nothing to flush in the background.
        .flush_every_ms(None);
    guarded(|| config.open())
}

/// The store answers damage with an error or with a panic; both mean that it is unreadable.
pub(super) fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, Damage> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Damage::Store)?.map_err(|_| Damage::Store)
}
