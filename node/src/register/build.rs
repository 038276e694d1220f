//! Builds a new generation beside the valid one; until the switch nobody sees it.

use std::path::PathBuf;

use weegnet_protocol::codec;

use super::disk::{self, Disk};
use super::error::{Damage, RegisterError, io_error};
use super::generation::{self, Generation, GenerationNumber, Manifest, guarded};
use super::key::{GenerationKey, Unsealable};
use super::killpoint;
use super::matching::{Counting, FOLD_VERSION, Reading, keys};
use super::page::{self, BLOCKS_PER_PACK, ENTRIES_PER_BLOCK, IndexEntry, Kind, ROWS_PER_BLOCK, RowNumber};
use super::row::{self, Row};

/// Why a new generation could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The store did not take a page, or gave back something else.
    #[error("the new generation could not be written ({0}): check disk space; the register is unchanged")]
    Store(#[from] Damage),
    /// No randomness.
    #[error(transparent)]
    Seal(#[from] Unsealable),
    /// The file system refused.
    #[error(transparent)]
    Register(#[from] RegisterError),
}

/// Parts of the index that are collected by themselves, by the first byte of the key: a part that grows copies little.
const PARTS: usize = 256;

/// Takes rows one by one; keeps one pack of rows and the index entries (24 bytes for the id, 16 for each key) in memory.
pub(super) struct Builder {
    disk: Disk,
    number: GenerationNumber,
    dir: PathBuf,
    key: GenerationKey,
    store: Option<sled::Db>,
    rows: u32,
    /// Rows of the block that is being filled.
    block: Vec<u8>,
    /// How those rows are compared.
    readings: Vec<u8>,
    /// Sealed blocks of the pack that is being filled.
    pack: Vec<u8>,
    /// The same of readings, which are written beside the rows.
    readings_pack: Vec<u8>,
    find: Vec<Vec<IndexEntry<8>>>,
    ids: Vec<Vec<IndexEntry<16>>>,
    counting: Counting,
    done: bool,
}

impl Builder {
    pub(super) fn new(
        disk: &Disk,
        number: GenerationNumber,
        key: GenerationKey,
        wrapped_key: &[u8],
    ) -> Result<Self, BuildError> {
        let dir = disk.prepare(number, wrapped_key).map_err(io_error("making a new generation"))?;
        killpoint::pass("prepared");
        let store = generation::open_store(&dir)?;
        Ok(Builder {
            disk: disk.clone(),
            number,
            dir,
            key,
            store: Some(store),
            rows: 0,
            block: Vec::new(),
            readings: Vec::new(),
            pack: Vec::new(),
            readings_pack: Vec::new(),
            find: (0..PARTS).map(|_| Vec::new()).collect(),
            ids: (0..PARTS).map(|_| Vec::new()).collect(),
            counting: Counting::default(),
            done: false,
        })
    }

    /// Adds a row. Ids must be unique: the caller sees to it.
    pub(super) fn push(&mut self, row: &Row) -> Result<(), BuildError> {
        let number = RowNumber(self.rows);
        let until = row::day_number_of(row.keep_until);
        let key = self.key.id_key(row.id.as_str());
        self.ids[usize::from(key[0])].push(IndexEntry { key, row: number, until });
        let reading = Reading::of(&row.person);
        for what in keys::of_row(&reading) {
            let key = self.key.find_key(&what);
            self.find[usize::from(key[0])].push(IndexEntry { key, row: number, until });
        }
        self.counting.add(&reading);
        page::push_item(&mut self.block, &codec::encode(row));
        let mut kept = Vec::with_capacity(128);
        reading.keep(&mut kept);
        page::push_item(&mut self.readings, &kept);
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS_PER_BLOCK) {
            self.write_rows()?;
        }
        Ok(())
    }

    /// Writes the indexes, syncs everything, and reads all of it back.
    pub(super) fn finish(mut self) -> Result<Generation, BuildError> {
        if !self.block.is_empty() {
            self.write_rows()?;
        }
        let blocks = self.rows.div_ceil(ROWS_PER_BLOCK);
        self.write_pack(Kind::Rows, blocks)?;
        self.write_pack(Kind::Readings, blocks)?;
        let find = std::mem::take(&mut self.find);
        let find = self.write_index(Kind::Find, find)?;
        let ids = std::mem::take(&mut self.ids);
        let ids = self.write_index(Kind::Ids, ids)?;
        let census = std::mem::take(&mut self.counting).done();
        self.write_block(Kind::Census, 0, &generation::encode_census(&census)?)?;
        self.write_pack(Kind::Census, 1)?;
        let manifest = Manifest { ids, find, rows: self.rows, readings: true, fold: FOLD_VERSION };
        self.write_block(Kind::Manifest, 0, &codec::encode(&manifest))?;
        self.write_pack(Kind::Manifest, 1)?;
        if let Some(store) = self.store.take() {
            generation::close_store(store, &self.dir)?;
        }
        killpoint::pass("written");
        disk::sync_tree(&self.dir).map_err(io_error("syncing a new generation"))?;
        killpoint::pass("synced");
        let key = self.key.clone();
        let generation = Generation::open(self.number, &self.dir, key)?;
        generation.check_rows()?;
        killpoint::pass("built");
        self.done = true;
        Ok(generation)
    }

    fn write_rows(&mut self) -> Result<(), BuildError> {
        let number = (self.rows - 1) / ROWS_PER_BLOCK;
        let (rows, readings) = (std::mem::take(&mut self.block), std::mem::take(&mut self.readings));
        self.write_block(Kind::Rows, number, &rows)?;
        self.write_block(Kind::Readings, number, &readings)?;
        killpoint::pass("row-block");
        (self.block, self.readings) = (rows, readings);
        self.block.clear();
        self.readings.clear();
        Ok(())
    }

    /// Sorts the parts one by one; together they are sorted, for they are parted by how their keys begin.
    fn write_index<const K: usize>(&mut self, kind: Kind, parts: Vec<Vec<IndexEntry<K>>>) -> Result<u32, BuildError> {
        let mut blocks = 0;
        let mut block = Vec::with_capacity(ENTRIES_PER_BLOCK);
        for mut part in parts {
            part.sort_unstable();
            for entry in part {
                block.push(entry);
                if block.len() == ENTRIES_PER_BLOCK {
                    self.write_block(kind, blocks, &page::encode_entries(&block))?;
                    blocks += 1;
                    block.clear();
                }
            }
        }
        if !block.is_empty() {
            self.write_block(kind, blocks, &page::encode_entries(&block))?;
            blocks += 1;
        }
        self.write_pack(kind, blocks)?;
        Ok(blocks)
    }

    /// Seals a block into the pack, which is written when it is full. Blocks of a kind come in order.
    fn write_block(&mut self, kind: Kind, number: u32, plain: &[u8]) -> Result<(), BuildError> {
        let sealed = self.key.seal(&page::place(kind, number), plain)?;
        page::push_item(self.filling(kind), &sealed);
        let full = (number + 1).is_multiple_of(BLOCKS_PER_PACK);
        if full { self.write_pack(kind, number + 1) } else { Ok(()) }
    }

    /// Writes the pack that ends before block `end`, unless it was written when it became full.
    fn write_pack(&mut self, kind: Kind, end: u32) -> Result<(), BuildError> {
        let pack = std::mem::take(self.filling(kind));
        if !pack.is_empty() {
            let place = page::place(kind, (end - 1) / BLOCKS_PER_PACK);
            let store = self.store.as_ref().ok_or(Damage::Store)?;
            guarded(|| store.insert(place, pack))?;
        }
        Ok(())
    }

    fn filling(&mut self, kind: Kind) -> &mut Vec<u8> {
        if kind == Kind::Readings { &mut self.readings_pack } else { &mut self.pack }
    }
}

/// A build that is given up leaves nothing behind that could be read.
impl Drop for Builder {
    fn drop(&mut self) {
        if !self.done {
            let store = self.store.take();
            let _ = guarded(|| {
                drop(store);
                Ok(())
            });
            // What stays behind here is removed at the next start.
            let _ = self.disk.destroy_key(self.number);
            let _ = disk::remove_tree(&self.dir);
        }
    }
}
