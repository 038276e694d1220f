//! A start: reads both logs, refuses damage before anything is changed, and cuts off what was never committed.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use weegnet_protocol::log::LogName;

use super::batches::{Batches, End, Next};
use super::disk::Disk;
use super::error::{Damage, Flaw, JournalError};
use super::per_log::PerLog;
use super::replay::Replay;
use super::segment::{Tip, remove_unfinished, segment_path};

/// What a start found behind the last commit records and removed: work that was never acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovery {
    /// At most one per log.
    pub tails: Vec<Tail>,
}

/// An uncommitted batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// Which log.
    pub log: LogName,
    /// The last segment.
    pub segment: u32,
    /// Where the batch began.
    pub byte: u64,
    /// How much of it there was.
    pub bytes: u64,
}

impl Tail {
    pub(super) fn of(log: LogName, end: &End) -> Option<Self> {
        let byte = u64::from(end.position.offset);
        (end.torn > 0).then_some(Tail { log, segment: end.position.segment, byte, bytes: end.torn })
    }
}

/// A log that can be continued.
pub(super) struct Recovered {
    pub(super) replay: Replay,
    pub(super) tip: Tip,
}

/// The folder of one log.
pub(super) fn log_dir(dir: &Path, log: LogName) -> PathBuf {
    dir.join(log.as_str())
}

/// Reads both logs and makes them ready to continue.
pub(super) fn recover(disk: &dyn Disk, dir: &Path) -> Result<(PerLog<Recovered>, Recovery), JournalError> {
    let read = PerLog::try_each(|log| read_log(log, &log_dir(dir, log)))?;
    check_twins(&read.exchange.0, &read.house.0)?;
    let mut recovery = Recovery::default();
    let recovered = read.try_map(|log, (replay, end)| {
        let log_dir = log_dir(dir, log);
        remove_unfinished(&log_dir)?;
        let tip = open_tip(log, &log_dir, &end)?;
        let tail = Tail::of(log, &end);
        settle(disk, &tip, &end, tail).map_err(JournalError::io("settle", segment_path(&log_dir, tip.number)))?;
        recovery.tails.extend(tail);
        Ok::<_, JournalError>(Recovered { replay, tip })
    })?;
    Ok((recovered, recovery))
}

/// Both logs are of the same organisation with the same keys.
pub(super) fn check_twins(exchange: &Replay, house: &Replay) -> Result<(), Damage> {
    match (&exchange.genesis, &house.genesis) {
        // Both logs are recovered together.
        (Some(ours), Some(theirs)) if ours.is_twin_of(theirs) && exchange.former.len() == house.former.len() => Ok(()),
        _ => Err(Damage { log: LogName::House, segment: 1, byte: 0, entry: 0, flaw: Flaw::Genesis }),
    }
}

pub(super) fn read_log(log: LogName, log_dir: &Path) -> Result<(Replay, End), JournalError> {
    let mut batches = Batches::from_start(log, log_dir)?;
    let mut replay = Replay::new(log);
    let end = loop {
        match batches.advance()? {
            Next::Batch(batch) => replay.apply(&batch)?,
            Next::End(end) => break end,
        }
    };
    // Every checkpoint was compared with the tree, so the signature of the last one vouches for all entries; those of the
    // others are for `verify`.
    replay.verify_latest()?;
    replay.continues()?;
    Ok((replay, end))
}

fn open_tip(log: LogName, log_dir: &Path, end: &End) -> Result<Tip, JournalError> {
    let path = segment_path(log_dir, end.position.segment);
    let file = OpenOptions::new().read(true).write(true).open(&path).map_err(JournalError::io("open", path))?;
    Ok(Tip {
        log,
        dir: log_dir.into(),
        file,
        number: end.position.segment,
        capacity: u64::from(end.capacity),
        end: u64::from(end.position.offset),
        sequence: end.sequence,
        previous: end.previous,
    })
}

/// Makes the disk hold what was read.
///
/// The last batch may have been read from memory that never reached the disk: its process was killed before the sync, or
/// the sync failed, after which the kernel believes those pages to be clean. Written again, they are synced for certain.
/// The tail becomes zeroes, as preallocated; a crash in between leaves what the next start takes for a tail again.
fn settle(disk: &dyn Disk, tip: &Tip, end: &End, tail: Option<Tail>) -> io::Result<()> {
    let begin = u64::from(end.last_batch.offset);
    let mut last_batch = vec![0; (end.position.offset - end.last_batch.offset) as usize];
    tip.file.read_exact_at(&mut last_batch, begin)?;
    disk.write(&tip.file, &last_batch, begin)?;
    if let Some(tail) = tail {
        disk.write(&tip.file, &vec![0; usize::try_from(tail.bytes).unwrap_or_default()], tail.byte)?;
    }
    disk.sync(&tip.file)?;
    disk.sync_folder(&tip.dir)
}
