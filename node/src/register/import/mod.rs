//! Import: the organisation's own source becomes the next generation, whole or not at all.

mod header;
mod mapping;
mod parse;
mod previous;
mod report;

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::path::PathBuf;

use weegnet_protocol::id::Slug;
use weegnet_protocol::person::PersonRef;
use weegnet_protocol::time::Day;

use self::header::Layout;
use self::parse::RowRules;
use self::previous::Previous;
use self::report::Rejections;
use super::Register;
use super::build::{BuildError, Builder};
use super::error::{RegisterError, io_error};
use super::key::GenerationKey;
use super::page::IndexKey;
use super::source::{Next, Record, Records, SourceError};

pub use header::{Column, HeaderProblem};
pub use mapping::{Mapping, MappingError};
pub use report::{ImportReport, MAX_LISTED_REJECTIONS, Reason, Rejection};

/// Rows between two reports of progress.
const ROWS_PER_PROGRESS: u64 = 1000;
/// More than one rejected line in this many stops an import: 5 %.
const REJECTED_ONE_IN: u64 = 20;
/// More than one vanished row in this many stops an import: 10 %.
const VANISHED_ONE_IN: u64 = 10;

/// What the convenant and the operator say about an import.
#[derive(Debug, Clone)]
pub struct ImportRules {
    /// Codes that `reden` may have.
    pub reasons: BTreeSet<Slug>,
    /// Most rows of this register: the convenant's ceiling.
    pub max_rows: u32,
    /// For the retention terms.
    pub today: Day,
    /// Go on although more than 5 % of the rows are rejected.
    pub confirm_rejected: bool,
    /// Go on although more than 10 % of the known rows vanish.
    pub confirm_vanished: bool,
    /// A file for all rejected rows (CSV: row, column, reason).
    pub rejected_to: Option<PathBuf>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Rows read below the header.
    pub rows: u64,
    /// Bytes read from the source.
    pub bytes: u64,
}

/// The steps of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Rows are read, checked, encrypted and written.
    Reading,
    /// Indexes are written, everything is synced and read back.
    Sealing,
    /// The new generation is valid.
    Done,
}

/// Why an import did not happen. The register is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Another import of this register is running.
    #[error("another import of this register is running: wait for it to end")]
    Busy,
    /// The source cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Its header does not fit.
    #[error(transparent)]
    Header(#[from] HeaderProblem),
    /// More rows than the convenant allows.
    #[error("the source has more than the {max_rows} rows that the convenant allows here: select fewer, or amend it")]
    TooManyRows {
        /// The ceiling.
        max_rows: u32,
    },
    /// Too much would change.
    #[error("{}", confirmation(report, *rejected, *vanished))]
    NeedsConfirmation {
        /// More than 5 % rejected.
        rejected: bool,
        /// More than 10 % vanished.
        vanished: bool,
        /// What the import would have done.
        report: Box<ImportReport>,
    },
    /// The new generation could not be written.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The register itself.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The file for rejected rows.
    #[error("the file for rejected rows cannot be written: check the path and disk space")]
    RejectedFile(#[source] io::Error),
}

/// Reads `source` and makes its valid rows the next generation of the register; all of it, or nothing.
///
/// An invalid row whose id is known keeps the old record, unless its term is over. An id that stands twice is refused
/// the second time. Memory is bounded by the ceiling: some 100 bytes per row of the source and of the old generation.
pub fn import(
    register: &Register,
    source: impl Read,
    mapping: &Mapping,
    rules: &ImportRules,
    mut progress: impl FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let _alone = register.alone()?;
    let mut records = Records::new(source, mapping.delimiter.unwrap_or(b','));
    let layout = match records.next()? {
        Next::End => return Err(HeaderProblem::Empty.into()),
        Next::TooLarge { .. } => return Err(HeaderProblem::TooLarge.into()),
        Next::Record(header) => Layout::read(&header, mapping)?,
    };
    let mut intake = Intake::new(register, &layout, rules)?;
    loop {
        match records.next()? {
            Next::End => break,
            Next::TooLarge { lines } => intake.reject((Column::Id, Reason::TooLarge), lines)?,
            Next::Record(record) => intake.take(&record)?,
        }
        if intake.rows_read.is_multiple_of(ROWS_PER_PROGRESS) {
            progress(Progress { phase: Phase::Reading, rows: intake.rows_read, bytes: records.bytes() });
        }
    }
    let at = |phase, rows| Progress { phase, rows, bytes: records.bytes() };
    let rows_read = intake.rows_read;
    progress(at(Phase::Sealing, rows_read));
    let report = intake.finish(records.digest())?;
    progress(at(Phase::Done, rows_read));
    Ok(report)
}

/// One row of a source that is only looked at.
pub(super) enum CheckedRow<'a> {
    Person(&'a PersonRef),
    Rejected(Rejection),
}

/// Reads a source as an import would, without a register and without a convenant's codes.
pub(super) fn read_all(
    source: impl Read,
    mapping: &Mapping,
    today: Day,
    mut take: impl FnMut(CheckedRow<'_>),
) -> Result<(), ImportError> {
    let mut records = Records::new(source, mapping.delimiter.unwrap_or(b','));
    let layout = match records.next()? {
        Next::End => return Err(HeaderProblem::Empty.into()),
        Next::TooLarge { .. } => return Err(HeaderProblem::TooLarge.into()),
        Next::Record(header) => Layout::read(&header, mapping)?,
    };
    let rules = RowRules { reasons: None, today };
    let hasher = RandomState::new();
    let mut ids: HashSet<u64> = HashSet::new();
    let mut number = 1;
    loop {
        number += 1;
        let read = match records.next()? {
            Next::End => return Ok(()),
            Next::TooLarge { .. } => Err((Column::Id, Reason::TooLarge)),
            Next::Record(record) => parse::read_id(&layout, &record).and_then(|id| {
                if ids.insert(hasher.hash_one(id.as_str())) {
                    parse::read_row(&layout, &record, id, &rules)
                } else {
                    Err((Column::Id, Reason::DuplicateId))
                }
            }),
        };
        match read {
            Ok(row) => take(CheckedRow::Person(&row.person)),
            Err((column, reason)) => take(CheckedRow::Rejected(Rejection { row: number, column, reason })),
        }
    }
}

/// Takes records one by one and decides at the end.
struct Intake<'a> {
    register: &'a Register,
    layout: &'a Layout,
    rules: &'a ImportRules,
    previous: Previous,
    builder: Builder,
    rejections: Rejections,
    /// Keyed digests of the ids seen, at most as many as the ceiling.
    seen: HashSet<IndexKey>,
    id_key: GenerationKey,
    rows_read: u64,
    accepted: u64,
    kept_old: u64,
}

impl<'a> Intake<'a> {
    fn new(register: &'a Register, layout: &'a Layout, rules: &'a ImportRules) -> Result<Self, ImportError> {
        let previous = Previous::of(register, rules.today);
        let number = register.disk.next_number().map_err(io_error("numbering the new generation"))?;
        let (key, wrapped) =
            GenerationKey::generate(&register.key, &register.scope, number).map_err(BuildError::Seal)?;
        let rejections = Rejections::new(rules.rejected_to.as_deref()).map_err(ImportError::RejectedFile)?;
        let id_key = key.clone();
        let builder = Builder::new(&register.disk, number, key, &wrapped)?;
        Ok(Intake {
            register,
            layout,
            rules,
            previous,
            builder,
            rejections,
            seen: HashSet::new(),
            id_key,
            rows_read: 0,
            accepted: 0,
            kept_old: 0,
        })
    }

    fn take(&mut self, record: &Record<'_>) -> Result<(), ImportError> {
        let id = match parse::read_id(self.layout, record) {
            Ok(id) => id,
            Err(wrong) => return self.reject(wrong, record.lines()),
        };
        if !self.seen.insert(self.id_key.id_key(id.as_str())) {
            return self.reject((Column::Id, Reason::DuplicateId), record.lines());
        }
        if self.seen.len() > self.rules.max_rows as usize {
            return Err(ImportError::TooManyRows { max_rows: self.rules.max_rows });
        }
        let old = self.previous.meet(id.as_str());
        let rules = RowRules { reasons: Some(&self.rules.reasons), today: self.rules.today };
        match parse::read_row(self.layout, record, id, &rules) {
            Ok(row) => {
                self.builder.push(&row)?;
                self.accepted += 1;
                self.rows_read += 1;
                Ok(())
            }
            Err((column, reason)) => {
                if let Some(old) = old.filter(|_| reason != Reason::TermIsOver)
                    && let Some(row) = self.previous.row(old)
                    && self.rules.reasons.contains(&row.reason)
                {
                    self.builder.push(&row)?;
                    self.kept_old += 1;
                }
                self.reject((column, reason), record.lines())
            }
        }
    }

    fn reject(&mut self, (column, reason): parse::Wrong, lines: u64) -> Result<(), ImportError> {
        self.rows_read += 1;
        // Counted from the header, which is row 1.
        let rejection = Rejection { row: self.rows_read + 1, column, reason };
        self.rejections.push(rejection, lines).map_err(ImportError::RejectedFile)
    }

    fn finish(mut self, source_digest: weegnet_protocol::codec::Hash) -> Result<ImportReport, ImportError> {
        self.rejections.finish().map_err(ImportError::RejectedFile)?;
        let lines = self.accepted + self.rejections.lines;
        let vanished = self.previous.vanished();
        let mut report = ImportReport {
            rows_read: self.rows_read,
            accepted: self.accepted,
            kept_old: self.kept_old,
            rejected: self.rejections.count,
            rejections: std::mem::take(&mut self.rejections.listed),
            vanished,
            expired: self.previous.expired(),
            old_unreadable: self.previous.is_unreadable(),
            source_digest,
            generation: self.previous.number(),
        };
        let too_many_rejected = self.rejections.lines * REJECTED_ONE_IN > lines && !self.rules.confirm_rejected;
        let too_many_vanished =
            vanished * VANISHED_ONE_IN > self.previous.within_term() && !self.rules.confirm_vanished;
        if too_many_rejected || too_many_vanished {
            let report = Box::new(report);
            return Err(ImportError::NeedsConfirmation {
                rejected: too_many_rejected,
                vanished: too_many_vanished,
                report,
            });
        }
        let generation = self.builder.finish()?;
        report.generation = generation.number();
        self.register.switch(generation)?;
        Ok(report)
    }
}

fn confirmation(report: &ImportReport, rejected: bool, vanished: bool) -> String {
    let mut why = Vec::new();
    if rejected {
        why.push(format!("{} of {} rows are rejected (more than 5 %)", report.rejected, report.rows_read));
    }
    if vanished {
        why.push(format!("{} known rows are not in the source (more than 10 %)", report.vanished));
    }
    format!("{}: nothing was replaced; correct the source, or confirm that it is right", why.join(" and "))
}
