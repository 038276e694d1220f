//! Builds a new generation beside the valid one; until the switch nobody sees it.

use std::path::PathBuf;

use weegnet_protocol::codec;

use super::disk::{self, Disk};
use super::error::{Damage, RegisterError, io_error};
use super::generation::{self, Generation, GenerationNumber, Manifest, guarded};
use super::key::{GenerationKey, Unsealable};
use super::killpoint;
use super::page::{self, ENTRIES_PER_PAGE, IndexEntry, IndexKey, PageKind, ROWS_PER_PAGE, RowNumber};
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

/// Takes rows one by one; keeps one page of rows and the index entries in memory (24 bytes each).
pub(super) struct Builder {
    disk: Disk,
    number: GenerationNumber,
    dir: PathBuf,
    key: GenerationKey,
    store: Option<sled::Db>,
    rows: u32,
    page: Vec<u8>,
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
            page: Vec::new(),
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
        page::push_row(&mut self.page, &codec::encode(row));
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS_PER_PAGE) {
            self.flush_rows()?;
        }
        Ok(())
    }

    /// Writes the indexes, syncs everything, and reads all of it back.
    pub(super) fn finish(mut self) -> Result<Generation, BuildError> {
        if !self.page.is_empty() {
            self.flush_rows()?;
        }
        self.find.sort_unstable();
        self.ids.sort_unstable();
        let find = self.write_index(PageKind::Find, &self.find)?;
        let ids = self.write_index(PageKind::Ids, &self.ids)?;
        let manifest = Manifest { ids, find, rows: self.rows };
        self.insert(PageKind::Manifest, 0, &codec::encode(&manifest))?;
        if let Some(store) = self.store.take() {
            guarded(|| store.flush())?;
            guarded(|| {
                drop(store);
                Ok(())
            })?;
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

    fn flush_rows(&mut self) -> Result<(), BuildError> {
        let page = std::mem::take(&mut self.page);
        self.insert(PageKind::Rows, (self.rows - 1) / ROWS_PER_PAGE, &page)?;
        killpoint::pass("row-page");
        self.page = page;
        self.page.clear();
        Ok(())
    }

    fn write_index(&self, kind: PageKind, entries: &[IndexEntry]) -> Result<u32, BuildError> {
        let mut pages = 0;
        for chunk in entries.chunks(ENTRIES_PER_PAGE) {
            self.insert(kind, pages, &page::encode_entries(chunk))?;
            pages += 1;
        }
        Ok(pages)
    }

    fn insert(&self, kind: PageKind, number: u32, plain: &[u8]) -> Result<(), BuildError> {
        let place = page::place(kind, number);
        let sealed = self.key.seal(&place, plain)?;
        let store = self.store.as_ref().ok_or(Damage::Store)?;
        guarded(|| store.insert(place, sealed))?;
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
