//! Verification of a journal's files, without a running node and without a secret key. It never changes anything.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use weegnet_protocol::Timestamp;
use weegnet_protocol::log::{EntryKind, LogName, SignedCheckpoint, Tree};

use super::batches::{Batch, Batches, Next};
use super::entry::Scanned;
use super::error::{Damage, Flaw, JournalError};
use super::former::Former;
use super::genesis::GenesisBody;
use super::lock::Lock;
use super::per_log::PerLog;
use super::reader::read_frames;
use super::recovery::{Tail, check_twins, log_dir};
use super::replay::Replay;
use super::segment::{list_segments, segment_path};

/// What a verification established.
#[derive(Debug, Clone)]
pub struct Report {
    /// A node was running: a batch that it was writing is not judged, and `uncommitted` says nothing.
    pub running: bool,
    /// The exchange log, then the house log.
    pub logs: Vec<LogReport>,
}

impl Report {
    /// Whether there is nothing that the next start would cut off.
    pub fn is_clean(&self) -> bool {
        self.logs.iter().all(|log| log.uncommitted.is_none())
    }
}

/// One verified log.
#[derive(Debug, Clone)]
pub struct LogReport {
    /// Which log.
    pub log: LogName,
    /// Its genesis, with the public keys against which everything was verified: compare them with a card you trust.
    pub genesis: GenesisBody,
    /// Number of entries, the genesis included.
    pub entries: u64,
    /// Number of commit records, each with a checkpoint that was verified.
    pub batches: u64,
    /// Peers' receipts that are kept.
    pub receipts: u64,
    /// The last checkpoint; its root is the root over all entries.
    pub checkpoint: SignedCheckpoint,
    /// The tree of all entries, from which every earlier root and every proof can be had.
    pub tree: Tree,
    /// The logs that this one continues after recovered rollbacks, the latest first: that it does is verified.
    pub former: Vec<Former>,
    /// A batch without commit record at the end.
    pub uncommitted: Option<Tail>,
}

/// Where an entry or a kept receipt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Which log.
    pub log: LogName,
    /// The entry, or the one after a kept receipt.
    pub entry: u64,
    /// Number of the segment file, from 1.
    pub segment: u32,
    /// Offset of its frame in that file.
    pub byte: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { log, entry, segment, byte } = self;
        write!(f, "entry {entry} in the {} log (segment {segment}, byte {byte})", log.as_str())
    }
}

/// What holds of a log before the first thing in it that does not: whole batches, each with a verified checkpoint.
#[derive(Debug, Clone)]
pub struct Proven {
    /// Which log.
    pub log: LogName,
    /// The checkpoint of the last of these batches: size and root of what is proven.
    pub checkpoint: SignedCheckpoint,
    /// When the last of these entries was written, by the node's clock.
    pub until: Timestamp,
}

/// Why a journal does not verify.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFailure<E> {
    /// The files cannot be read, or are damaged.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The caller's own check failed.
    #[error("{place} does not verify: {objection}")]
    Objection {
        /// Where.
        place: Place,
        /// What the caller said.
        objection: E,
    },
}

impl<E> From<Damage> for VerifyFailure<E> {
    fn from(damage: Damage) -> Self {
        VerifyFailure::Journal(damage.into())
    }
}

/// Checks frames, chain, tree, the signature of every checkpoint, the hashes of clear bodies and envelopes, and that every
/// entry stands in the log of its kind.
///
/// `visit` sees every entry and kept receipt of the exchange log, then of the house log, once its batch is verified; there
/// the caller checks what the journal knows nothing of, such as the signatures of statements. `progress` gets the bytes
/// read and the bytes in all.
///
/// # Errors
/// The first thing that does not verify. An uncommitted tail is no error but stands in the [`Report`].
pub fn verify<E>(
    dir: &Path,
    progress: impl FnMut(u64, u64),
    mut visit: impl FnMut(&Scanned) -> Result<(), E>,
) -> Result<Report, VerifyFailure<E>> {
    verify_telling(dir, &mut Vec::new(), progress, |scanned, _| visit(scanned))
}

/// Like [`verify`]; puts into `proven` what holds of each log, also when something does not. Both logs are read to their
/// own first flaw, and `visit`, which is told where each stands, may see entries of the house log after it objected to
/// one of the exchange log.
///
/// # Errors
/// As [`verify`].
pub fn verify_telling<E>(
    dir: &Path,
    proven: &mut Vec<Proven>,
    mut progress: impl FnMut(u64, u64),
    mut visit: impl FnMut(&Scanned, Place) -> Result<(), E>,
) -> Result<Report, VerifyFailure<E>> {
    if !log_dir(dir, LogName::Exchange).is_dir() && !log_dir(dir, LogName::House).is_dir() {
        return Err(JournalError::Missing { dir: dir.into() }.into());
    }
    let sizes = PerLog::try_each(|log| segment_sizes(&log_dir(dir, log)))?;
    let total = sizes.exchange.iter().chain(&sizes.house).sum();
    let mut before = 0;
    let mut walk = |log| {
        let mut walk = Walk { log, replay: Replay::new(log), receipts: 0, proven: None, uncommitted: None };
        let sizes = sizes.get(log);
        let at = |segment: u32, byte: u64| before + sizes.iter().take(segment as usize - 1).sum::<u64>() + byte;
        let walked = walk.run(&log_dir(dir, log), |segment, byte| progress(at(segment, byte), total), &mut visit);
        before += sizes.iter().sum::<u64>();
        progress(before, total);
        proven.extend(walk.proven.take());
        walked.map(|()| walk)
    };
    let (exchange, house) = (walk(LogName::Exchange), walk(LogName::House));
    let read = PerLog { exchange: exchange?, house: house? };
    check_twins(&read.exchange.replay, &read.house.replay)?;
    // Asked last: a writer that was there at any moment of the reading may have left what looks like a tail.
    let running = Lock::is_held(dir);
    let logs = read.try_map(|_, walk| walk.report(running))?;
    Ok(Report { running, logs: vec![logs.exchange, logs.house] })
}

/// The verification of one log.
struct Walk {
    log: LogName,
    replay: Replay,
    receipts: u64,
    proven: Option<Proven>,
    uncommitted: Option<Tail>,
}

impl Walk {
    fn run<E>(
        &mut self,
        log_dir: &Path,
        mut progress: impl FnMut(u32, u64),
        visit: &mut impl FnMut(&Scanned, Place) -> Result<(), E>,
    ) -> Result<(), VerifyFailure<E>> {
        let mut batches = Batches::from_start(self.log, log_dir)?;
        loop {
            match batches.advance()? {
                Next::Batch(batch) => self.batch(&batch, visit)?,
                Next::End(end) => {
                    self.replay.continues()?;
                    self.uncommitted = Tail::of(self.log, &end);
                    return Ok(());
                }
            }
            let position = batches.position();
            progress(position.segment, u64::from(position.offset));
        }
    }

    fn batch<E>(
        &mut self,
        batch: &Batch,
        visit: &mut impl FnMut(&Scanned, Place) -> Result<(), E>,
    ) -> Result<(), VerifyFailure<E>> {
        let log = self.log;
        let first = self.replay.tree.size();
        self.replay.apply(batch)?;
        self.replay.verify_latest()?;
        let mut entry = first;
        let mut until = self.proven.as_ref().map(|proven| proven.until);
        for (scanned, frame) in read_frames(batch, log, first)?.iter().zip(&batch.frames) {
            let (segment, byte) = (frame.position.segment, u64::from(frame.position.offset));
            match scanned {
                Scanned::Entry(stored) => {
                    if let Some(flaw) = misplaced(stored.leaf.kind, log, entry) {
                        return Err(Damage { log, segment, byte, entry, flaw }.into());
                    }
                    until = Some(stored.leaf.time);
                }
                Scanned::Receipt { .. } => self.receipts += 1,
            }
            let place = Place { log, entry, segment, byte };
            visit(scanned, place).map_err(|objection| VerifyFailure::Objection { place, objection })?;
            entry += u64::from(matches!(scanned, Scanned::Entry(_)));
        }
        let proven = self.replay.checkpoint.clone().zip(until);
        self.proven = proven.map(|(checkpoint, until)| Proven { log, checkpoint, until });
        Ok(())
    }

    fn report(self, running: bool) -> Result<LogReport, Damage> {
        let Replay { tree, commits, genesis, checkpoint, former, .. } = self.replay;
        let missing = Damage { log: self.log, segment: 1, byte: 0, entry: 0, flaw: Flaw::Genesis };
        Ok(LogReport {
            log: self.log,
            genesis: genesis.ok_or(missing)?,
            entries: tree.size(),
            batches: commits.len() as u64,
            receipts: self.receipts,
            checkpoint: checkpoint.ok_or(missing)?,
            tree,
            former,
            uncommitted: self.uncommitted.filter(|_| !running),
        })
    }
}

/// Whether an entry of this kind does not belong at this place.
fn misplaced(kind: EntryKind, log: LogName, entry: u64) -> Option<Flaw> {
    match (kind, entry) {
        (EntryKind::Genesis, 0) => None,
        (EntryKind::Genesis, _) | (_, 0) => Some(Flaw::Genesis),
        _ if kind.log() == Some(log) => None,
        _ => Some(Flaw::WrongLog),
    }
}

fn segment_sizes(log_dir: &Path) -> Result<Vec<u64>, JournalError> {
    let size =
        |path: PathBuf| std::fs::metadata(&path).map(|file| file.len()).map_err(JournalError::io("measure", path));
    list_segments(log_dir)?.into_iter().map(|number| size(segment_path(log_dir, number))).collect()
}
