//! Exports: what of a journal is public, for tools that are not ours. No body of an entry is in any of them, but for
//! convenanten and checkpoints, which are public.

pub mod lines;
pub mod pack;
pub mod tiles;

use std::io::{Cursor, Write};

use serde::{Deserialize, Serialize};
use weegnet_protocol::log::{LeafIndex, LogName, SignedCheckpoint, Tree};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::calendar::Period;
use crate::journal::{Journal, JournalError, Scanned, Stored};

/// In which form entries leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One JSON object per entry.
    Jsonl,
    /// One line per entry.
    Csv,
    /// C2SP tlog-tiles, per log.
    Tiles,
    /// A signed zip: period, convenant, counts, findings, checkpoints, proofs, and how to verify them.
    Pack,
}

impl Format {
    /// The name in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
            Format::Tiles => "tiles",
            Format::Pack => "pack",
        }
    }
}

/// Why an export could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A pack is about a period.
    #[error("an audit pack is about a period: say which")]
    NoPeriod,
    /// The files could not be put together.
    #[error("the export could not be put together: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The same.
    #[error("the export could not be put together: {0}")]
    Io(#[from] std::io::Error),
    /// A value has no JSON.
    #[error("the export could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A line has no CSV.
    #[error("the export could not be written as CSV: {0}")]
    Csv(#[from] csv::Error),
    /// An entry is too long for a bundle.
    #[error(transparent)]
    Entry(#[from] weegnet_protocol::log::tiles::EntryTooLong),
    /// What others cosigned cannot be read.
    #[error(transparent)]
    Witness(#[from] crate::witness::view::ViewError),
    /// The tree and the checkpoint do not belong together.
    #[error("the journal's tree and its checkpoint disagree: run 'weegnet log verify'")]
    Tree,
}

/// One log as it stood at a checkpoint.
pub struct Log {
    /// Which.
    pub name: LogName,
    /// What the node signed.
    pub checkpoint: SignedCheckpoint,
    /// Every entry that it covers.
    pub entries: Vec<Stored>,
    /// The tree over them.
    pub tree: Tree,
}

impl Log {
    /// Both logs, each at its latest checkpoint.
    pub fn all(journal: &Journal) -> Result<Vec<Log>, JournalError> {
        LogName::ALL.into_iter().map(|name| Log::of(journal, name)).collect()
    }

    fn of(journal: &Journal, name: LogName) -> Result<Log, JournalError> {
        let checkpoint = journal.checkpoint(name);
        let size = checkpoint.checkpoint().size;
        let mut log = Log { name, checkpoint, entries: Vec::new(), tree: Tree::default() };
        for scanned in journal.scan(name, LeafIndex(0))? {
            // Whatever was written since the checkpoint is not covered by it.
            match scanned? {
                Scanned::Entry(stored) if stored.index.0 < size => {
                    log.tree.append(stored.leaf.hash());
                    log.entries.push(stored);
                }
                _ => {}
            }
        }
        Ok(log)
    }

    /// The entries of a period, or all.
    pub fn within(&self, period: Option<Period>) -> impl Iterator<Item = &Stored> {
        self.entries.iter().filter(move |stored| period.is_none_or(|period| period.contains(stored.leaf.time)))
    }
}

/// Puts files into a zip, in the order given.
pub fn zip<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Vec<u8>, ExportError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        zip.start_file(path, SimpleFileOptions::default())?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
