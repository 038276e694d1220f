//! What an import did, and which rows it refused: row, column and reason, never the value.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use weegnet_protocol::codec::Hash;
use weegnet_protocol::person::{NotABirthDate, NotABsn, NotAName, NotAPerson};

use super::header::Column;
use crate::register::generation::GenerationNumber;
use crate::register::row::NotARecordId;

/// Rejected rows that a report lists; the rest are counted, and stand in the file when one is asked for.
pub const MAX_LISTED_REJECTIONS: usize = 1000;

/// What an import did; when it was stopped, what it would have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows below the header.
    pub rows_read: u64,
    /// Valid rows.
    pub accepted: u64,
    /// Invalid rows whose id was known: the old record stays. They count as rejected too.
    pub kept_old: u64,
    /// Invalid rows.
    pub rejected: u64,
    /// The first [`MAX_LISTED_REJECTIONS`] of them.
    pub rejections: Vec<Rejection>,
    /// Rows of the old generation, within their term, whose id is not in the source any more.
    pub vanished: u64,
    /// Rows of the old generation that are past their term: left out.
    pub expired: u64,
    /// The old generation could not be read: nothing could be kept or compared.
    pub old_unreadable: bool,
    /// SHA-256 of the source, byte for byte.
    pub source_digest: Hash,
    /// The generation that is valid now.
    pub generation: GenerationNumber,
}

/// One refused row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejection {
    /// Counted as a spreadsheet does: 1 is the header. Blank lines do not count.
    pub row: u64,
    /// The first column that is wrong.
    pub column: Column,
    /// Why.
    pub reason: Reason,
}

/// Why a row is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A mandatory value.
    #[error("the value is missing")]
    Missing,
    /// More or fewer fields than the header.
    #[error("the row has another number of fields than the header; perhaps a quote is not closed")]
    ColumnCount,
    /// Beyond the bounds of a record.
    #[error("the row is larger than 64 KiB or has more than 512 fields; perhaps a quote is not closed")]
    TooLarge,
    /// An id that stood before in this source.
    #[error("the id stands in the source before")]
    DuplicateId,
    /// An id or source record.
    #[error(transparent)]
    RecordId(#[from] NotARecordId),
    /// Not a reason of the convenant.
    #[error("this is not a code of the convenant")]
    NotACode,
    /// A retention term that is not a day.
    #[error("write the last day as YYYY-MM-DD or YYYYMMDD")]
    NotADay,
    /// A retention term in the past.
    #[error("the term is over; the record goes")]
    TermIsOver,
    /// A BSN.
    #[error(transparent)]
    Bsn(#[from] NotABsn),
    /// A name.
    #[error(transparent)]
    Name(#[from] NotAName),
    /// A birth date.
    #[error(transparent)]
    BirthDate(#[from] NotABirthDate),
    /// A birth date in the future.
    #[error("it lies in the future")]
    BornLater,
    /// The fields together.
    #[error(transparent)]
    Person(#[from] NotAPerson),
}

/// Collects rejections: the first in memory, all of them in a file when one is asked for.
pub(super) struct Rejections {
    pub(super) listed: Vec<Rejection>,
    pub(super) count: u64,
    /// Lines of the source that the rejected rows take: an unclosed quote may swallow many.
    pub(super) lines: u64,
    file: Option<BufWriter<File>>,
}

impl Rejections {
    pub(super) fn new(file: Option<&Path>) -> io::Result<Self> {
        let open = |path| OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let mut file = file.map(open).transpose()?.map(BufWriter::new);
        if let Some(file) = &mut file {
            writeln!(file, "rij,kolom,reden")?;
        }
        Ok(Rejections { listed: Vec::new(), count: 0, lines: 0, file })
    }

    pub(super) fn push(&mut self, rejection: Rejection, lines: u64) -> io::Result<()> {
        self.count += 1;
        self.lines += lines;
        if self.listed.len() < MAX_LISTED_REJECTIONS {
            self.listed.push(rejection);
        }
        match &mut self.file {
            Some(file) => writeln!(file, "{},{},\"{}\"", rejection.row, rejection.column, rejection.reason),
            None => Ok(()),
        }
    }

    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}
