//! Builds a new generation beside the valid one; until the switch nobody sees it.

use std::path::PathBuf;

use weegnet_protocol::codec;

use super::disk::{self, Disk};
use super::error::{Damage, RegisterError, io_error};
use super::generation::{self, Generation, GenerationNumber, Manifest, guarded};
use super::key::{GenerationKey, Unsealable};
use super::killpoint;
use super::page::{self, BLOCKS_PER_PACK, ENTRIES_PER_BLOCK, IndexEntry, IndexKey, Kind, ROWS_PER_BLOCK, RowNumber};
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

/// Takes rows one by one; keeps one pack of rows and the index entries (24 bytes each) in memory.
pub(super) struct Builder {
    disk: Disk,
    number: GenerationNumber,
    dir: PathBuf,
    key: GenerationKey,
    store: Option<sled::Db>,
    rows: u32,
    /// Rows of the block that is being filled.
    block: Vec<u8>,
    /// Sealed blocks of the pack that is being filled.
    pack: Vec<u8>,
    find: Vec<IndexEntry>,
    ids: Vec<IndexEntry>,
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
            pack: Vec::new(),
            find: Vec::new(),
            ids: Vec::new(),
            done: false,
        })
    }

    /// Adds a row. Ids must be unique: the caller sees to it.
    pub(super) fn push(&mut self, row: &Row) -> Result<(), BuildError> {
        let number = RowNumber(self.rows);
        let until = row::day_number_of(row.keep_until);
        let entry = |key: IndexKey| IndexEntry { key, row: number, until };
        self.ids.push(entry(self.key.id_key(row.id.as_str())));
        self.find.extend(find_keys(&self.key, row).map(entry));
        page::push_item(&mut self.block, &codec::encode(row));
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
        self.write_pack(Kind::Rows, self.rows.div_ceil(ROWS_PER_BLOCK))?;
        let (mut find, mut ids) = (std::mem::take(&mut self.find), std::mem::take(&mut self.ids));
        find.sort_unstable();
        ids.sort_unstable();
        let find = self.write_index(Kind::Find, &find)?;
        let ids = self.write_index(Kind::Ids, &ids)?;
        self.write_block(Kind::Manifest, 0, &codec::encode(&Manifest { ids, find, rows: self.rows }))?;
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
        let block = std::mem::take(&mut self.block);
        self.write_block(Kind::Rows, (self.rows - 1) / ROWS_PER_BLOCK, &block)?;
        killpoint::pass("row-block");
        self.block = block;
        self.block.clear();
        Ok(())
    }

    fn write_index(&mut self, kind: Kind, entries: &[IndexEntry]) -> Result<u32, BuildError> {
        let mut blocks = 0;
        for chunk in entries.chunks(ENTRIES_PER_BLOCK) {
            self.write_block(kind, blocks, &page::encode_entries(chunk))?;
            blocks += 1;
        }
        self.write_pack(kind, blocks)?;
        Ok(blocks)
    }

    /// Seals a block into the pack, which is written when it is full. Blocks of a kind come in order.
    fn write_block(&mut self, kind: Kind, number: u32, plain: &[u8]) -> Result<(), BuildError> {
        let sealed = self.key.seal(&page::place(kind, number), plain)?;
        page::push_item(&mut self.pack, &sealed);
        let full = (number + 1).is_multiple_of(BLOCKS_PER_PACK);
        if full { self.write_pack(kind, number + 1) } else { Ok(()) }
    }

    /// Writes the pack that ends before block `end`, unless it was written when it became full.
    fn write_pack(&mut self, kind: Kind, end: u32) -> Result<(), BuildError> {
        if !self.pack.is_empty() {
            let pack = std::mem::take(&mut self.pack);
            let place = page::place(kind, (end - 1) / BLOCKS_PER_PACK);
            let store = self.store.as_ref().ok_or(Damage::Store)?;
            guarded(|| store.insert(place, pack))?;
        }
        Ok(())
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

/// What a row can be found by: its BSN, and each of its folded surnames with the year of birth.
fn find_keys<'a>(key: &'a GenerationKey, row: &'a Row) -> impl Iterator<Item = IndexKey> + 'a {
    let bsn = row.person.bsn().map(|bsn| key.bsn_key(bsn.as_str()));
    let year = row.person.birth().parts().map(|(year, _, _)| year);
    let names = year.into_iter().flat_map(move |year| {
        row.person.folded_surnames().into_iter().map(move |name| key.name_key(name.as_str(), year))
    });
    bsn.into_iter().chain(names)
}
