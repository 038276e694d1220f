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
use super::matching::{Census, FOLD_VERSION, Reading};
use super::page::{self, BLOCKS_PER_PACK, FindKey, IndexEntry, IndexKey, Kind, ROWS_PER_BLOCK, RowNumber};
use super::row::Row;
use crate::embedded;

/// Cache of the embedded store for one generation: 8 MiB. More would not help: keys are HMACs, so nothing is asked for
/// near what was asked for before.
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

/// How many blocks and rows a generation has: a missing one is noticed, not taken for "not known".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) ids: u32,
    pub(super) find: u32,
    pub(super) rows: u32,
    /// Whether readings stand beside the rows.
    #[serde(default)]
    pub(super) readings: bool,
    /// The fold under which the index was made; 1 where none is said.
    #[serde(default = "first_fold")]
    pub(super) fold: u32,
}

fn first_fold() -> u32 {
    1
}

/// A generation that can be read.
pub(super) struct Generation {
    number: GenerationNumber,
    key: GenerationKey,
    /// Rows in all.
    rows: u32,
    /// First key of each index block, in order.
    find: Vec<FindKey>,
    ids: Vec<IndexKey>,
    /// `None` when the index was made under another fold: rows can be read, nobody can be found.
    census: Option<Census>,
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
            census: None,
            store: Some(store),
            dir: dir.to_path_buf(),
            superseded: AtomicBool::new(false),
        };
        let manifest: Manifest = codec::decode(&generation.block(Kind::Manifest, 0)?).map_err(|_| Damage::BadPage)?;
        generation.rows = manifest.rows;
        if manifest.fold == FOLD_VERSION && manifest.readings {
            generation.find = generation.first_keys(Kind::Find, manifest.find)?;
            let census = generation.block(Kind::Census, 0)?;
            generation.census = Some(decode_census(&census)?);
        }
        generation.ids = generation.first_keys(Kind::Ids, manifest.ids)?;
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

    /// Rows that stand under a key of the find index; at most `most`, and one more when there are more.
    pub(super) fn find(&self, key: &FindKey, most: usize) -> Result<Vec<IndexEntry<8>>, Damage> {
        self.entries(Kind::Find, &self.find, key, most)
    }

    /// How common names are here.
    ///
    /// # Errors
    /// [`Damage::OtherFold`]: the index is of another version of the fold.
    pub(super) fn census(&self) -> Result<&Census, Damage> {
        self.census.as_ref().ok_or(Damage::OtherFold)
    }

    /// The row with this record id, when there is one.
    pub(super) fn by_id(&self, id: &str) -> Result<Option<Row>, Damage> {
        let mut rows = self.reader();
        for entry in self.entries(Kind::Ids, &self.ids, &self.key.id_key(id), usize::MAX)? {
            let row = rows.row(entry.row)?;
            if row.id.as_str() == id {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// All entries of the index by record id, sorted.
    pub(super) fn all_ids(&self) -> Result<Vec<IndexEntry<16>>, Damage> {
        let mut all = Vec::with_capacity(self.rows as usize);
        self.each_block(Kind::Ids, self.ids.len() as u32, |_, block| {
            all.extend(page::decode_entries(block)?);
            Ok(())
        })?;
        if all.len() == self.rows as usize { Ok(all) } else { Err(Damage::BadPage) }
    }

    /// Reads rows, keeping the block of the last one.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { generation: self, kind: Kind::Rows, block: None }
    }

    /// Reads how rows are compared, keeping the block of the last one.
    pub(super) fn readings(&self) -> Reader<'_> {
        Reader { generation: self, kind: Kind::Readings, block: None }
    }

    /// Decrypts every row once: nothing becomes valid that cannot be read back.
    pub(super) fn check_rows(&self) -> Result<(), Damage> {
        for kind in [Kind::Rows, Kind::Readings] {
            self.each_block(kind, self.rows.div_ceil(ROWS_PER_BLOCK), |number, block| {
                let expected = ROWS_PER_BLOCK.min(self.rows - number * ROWS_PER_BLOCK);
                let found = page::items(block).try_fold(0, |sum, row| row.map(|_| sum + 1))?;
                if found == expected { Ok(()) } else { Err(Damage::BadPage) }
            })?;
        }
        Ok(())
    }

    fn first_keys<const K: usize>(&self, kind: Kind, blocks: u32) -> Result<Vec<[u8; K]>, Damage> {
        let mut keys: Vec<[u8; K]> = Vec::new();
        self.each_block(kind, blocks, |_, block| {
            let first = page::decode_entries(block)?.next().ok_or(Damage::BadPage)?;
            if keys.last().is_some_and(|last| *last > first.key) {
                return Err(Damage::BadPage);
            }
            keys.push(first.key);
            Ok(())
        })?;
        Ok(keys)
    }

    fn entries<const K: usize>(
        &self,
        kind: Kind,
        first_keys: &[[u8; K]],
        key: &[u8; K],
        most: usize,
    ) -> Result<Vec<IndexEntry<K>>, Damage> {
        // Equal keys may have begun at the end of the block before the first one that starts with them.
        let from = first_keys.partition_point(|first| first < key).saturating_sub(1);
        let to = first_keys.partition_point(|first| first <= key);
        let mut found = Vec::new();
        for number in from..to {
            let block = self.block(kind, number as u32)?;
            found.extend(page::decode_entries(&block)?.filter(|entry: &IndexEntry<K>| entry.key == *key));
            if found.len() > most {
                break;
            }
        }
        Ok(found)
    }

    fn each_block(
        &self,
        kind: Kind,
        blocks: u32,
        mut visit: impl FnMut(u32, &[u8]) -> Result<(), Damage>,
    ) -> Result<(), Damage> {
        for first in (0..blocks).step_by(BLOCKS_PER_PACK as usize) {
            let pack = self.pack(kind, first / BLOCKS_PER_PACK)?;
            let mut sealed = page::items(&pack);
            for number in first..blocks.min(first + BLOCKS_PER_PACK) {
                let sealed = sealed.next().ok_or(Damage::MissingPage)??;
                visit(number, &self.key.open(&page::place(kind, number), sealed)?)?;
            }
        }
        Ok(())
    }

    fn block(&self, kind: Kind, number: u32) -> Result<Vec<u8>, Damage> {
        let pack = self.pack(kind, number / BLOCKS_PER_PACK)?;
        let in_pack = (number % BLOCKS_PER_PACK) as usize;
        let sealed = page::items(&pack).nth(in_pack).ok_or(Damage::MissingPage)??;
        self.key.open(&page::place(kind, number), sealed)
    }

    fn pack(&self, kind: Kind, number: u32) -> Result<sled::IVec, Damage> {
        let store = self.store.as_ref().ok_or(Damage::Store)?;
        guarded(|| store.get(page::place(kind, number)))?.ok_or(Damage::MissingPage)
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

/// Reads rows of one generation, or how they are compared; those asked for in order decrypt each block once.
pub(super) struct Reader<'g> {
    generation: &'g Generation,
    kind: Kind,
    block: Option<(u32, Vec<u8>)>,
}

impl Reader<'_> {
    /// The row with this number.
    pub(super) fn row(&mut self, number: RowNumber) -> Result<Row, Damage> {
        // The page is authentic, so nothing but what `build` encoded can stand here.
        cbor4ii::serde::from_slice(self.item(number)?).map_err(|_| Damage::BadPage)
    }

    /// How the row with this number is compared.
    pub(super) fn reading(&mut self, number: RowNumber) -> Result<Reading, Damage> {
        Reading::kept(self.item(number)?).ok_or(Damage::BadPage)
    }

    fn item(&mut self, number: RowNumber) -> Result<&[u8], Damage> {
        let wanted = number.block();
        let block = match self.block.take() {
            Some((have, block)) if have == wanted => block,
            _ => self.generation.block(self.kind, wanted)?,
        };
        let (_, block) = self.block.insert((wanted, block));
        page::items(block).nth(number.place_in_block()).ok_or(Damage::BadPage)?
    }
}

/// The census as it stands in its block, which may be larger than what travels.
pub(super) fn encode_census(census: &Census) -> Result<Vec<u8>, Damage> {
    cbor4ii::serde::to_vec(Vec::new(), census).map_err(|_| Damage::BadPage)
}

fn decode_census(bytes: &[u8]) -> Result<Census, Damage> {
    cbor4ii::serde::from_slice(bytes).map_err(|_| Damage::BadPage)
}

/// Opens the embedded store of a generation.
pub(super) fn open_store(dir: &Path) -> Result<sled::Db, Damage> {
    embedded::wait_until_closed(dir).map_err(|_| Damage::Store)?;
    let config = sled::Config::new()
        .path(dir)
        .cache_capacity(STORE_CACHE_BYTES)
        // Nothing changes after the build, so there is nothing to flush in the background.
        .flush_every_ms(None);
    guarded(|| config.open())
}

/// Closes a store that was written, and returns when its threads are done with the file: dropping it does not wait.
pub(super) fn close_store(store: sled::Db, dir: &Path) -> Result<(), Damage> {
    guarded(|| store.flush())?;
    guarded(|| {
        drop(store);
        Ok(())
    })?;
    embedded::wait_until_closed(dir).map_err(|_| Damage::Store)
}

/// The store answers damage with an error or with a panic; both mean that it is unreadable.
pub(super) fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, Damage> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Damage::Store)?.map_err(|_| Damage::Store)
}
