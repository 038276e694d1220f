//! Segments: the preallocated files of a log, and the end of the last one, where the writer appends.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::log::LogName;

use super::disk::{Disk, is_no_space};
use super::error::JournalError;

/// Length of a segment's header; the first frame stands behind it.
pub(super) const SEGMENT_HEADER_BYTES: usize = 64;
const MAGIC: [u8; 8] = *b"WEEGNETJ";
const VERSION: u8 = 1;
const SUFFIX: &str = ".seg";
const UNFINISHED_SUFFIX: &str = ".seg.new";

/// The first bytes of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SegmentHeader {
    pub(super) log: LogName,
    /// From 1, without gaps.
    pub(super) number: u32,
    /// Length of the file in bytes.
    pub(super) capacity: u32,
    /// Sequence of the first frame.
    pub(super) sequence: u64,
    /// Hash of the last frame of the segment before; zeroes in the first.
    pub(super) previous: Hash,
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(SEGMENT_HEADER_BYTES);
        bytes.extend(MAGIC);
        bytes.extend([VERSION, log_byte(self.log), 0, 0]);
        bytes.extend(self.number.to_be_bytes());
        bytes.extend(self.capacity.to_be_bytes());
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.previous.0);
        bytes.extend(crc32c::crc32c(&bytes).to_be_bytes());
        let mut header = [0; SEGMENT_HEADER_BYTES];
        header.copy_from_slice(&bytes);
        header
    }

    /// Reads exactly what [`SegmentHeader::encode`] writes.
    pub(super) fn decode(bytes: &[u8; SEGMENT_HEADER_BYTES]) -> Option<Self> {
        let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let mut previous = [0; 32];
        previous.copy_from_slice(&bytes[28..60]);
        let header = SegmentHeader {
            log: LogName::ALL.into_iter().find(|log| log_byte(*log) == bytes[9])?,
            number: number(12),
            capacity: number(16),
            sequence: u64::from(number(20)) << 32 | u64::from(number(24)),
            previous: Bytes(previous),
        };
        (header.encode() == *bytes).then_some(header)
    }

    /// What the first frame names as the frame before it.
    pub(super) fn hash(&self) -> Hash {
        Hash::of(&[&self.encode()])
    }
}

/// The file of a segment.
pub(super) fn segment_path(log_dir: &Path, number: u32) -> PathBuf {
    log_dir.join(format!("{number:08}{SUFFIX}"))
}

/// The numbers of the segments in a folder, ascending; gaps are the caller's to judge.
pub(super) fn list_segments(log_dir: &Path) -> Result<Vec<u32>, JournalError> {
    let mut numbers = Vec::new();
    for name in names(log_dir)? {
        if let Some(number) = name.strip_suffix(SUFFIX).and_then(|digits| digits.parse().ok())
            && segment_path(log_dir, number) == log_dir.join(&name)
        {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Removes segments that were being made when the process ended; nothing was ever written to them.
pub(super) fn remove_unfinished(log_dir: &Path) -> Result<(), JournalError> {
    for name in names(log_dir)?.into_iter().filter(|name| name.ends_with(UNFINISHED_SUFFIX)) {
        let path = log_dir.join(name);
        fs::remove_file(&path).map_err(JournalError::io("remove", path))?;
    }
    Ok(())
}

/// Where the writer appends.
pub(super) struct Tip {
    pub(super) log: LogName,
    pub(super) dir: PathBuf,
    pub(super) file: File,
    pub(super) number: u32,
    pub(super) capacity: u64,
    /// Offset behind the last commit frame.
    pub(super) end: u64,
    /// Sequence of the next frame.
    pub(super) sequence: u64,
    /// What the next frame names as the frame before it.
    pub(super) previous: Hash,
}

/// Why bytes are not on the disk.
#[derive(Debug)]
pub(super) enum WriteError {
    /// The disk is full, and nothing was written: later it may go.
    NoSpace,
    /// Unknown what is on the disk: the process must end.
    Failed(io::Error),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        WriteError::Failed(error)
    }
}

impl Tip {
    /// Makes the first segment of a log in an empty folder.
    pub(super) fn create(disk: &dyn Disk, log: LogName, dir: &Path, capacity: u32) -> Result<Self, WriteError> {
        let header = SegmentHeader { log, number: 1, capacity, sequence: 0, previous: Bytes([0; 32]) };
        Self::start_segment(disk, dir, header)
    }

    /// Makes room for `bytes` in one segment, in a new one of `capacity` when this one has not enough left.
    pub(super) fn reserve(&mut self, disk: &dyn Disk, bytes: u64, capacity: u32) -> Result<(), WriteError> {
        if self.end + bytes <= self.capacity {
            return Ok(());
        }
        let header = SegmentHeader {
            log: self.log,
            number: self.number + 1,
            capacity,
            sequence: self.sequence,
            previous: self.previous,
        };
        *self = Self::start_segment(disk, &self.dir, header)?;
        Ok(())
    }

    /// Appends a reserved batch and syncs it.
    pub(super) fn append(&mut self, disk: &dyn Disk, batch: &super::frame::Chain) -> io::Result<()> {
        disk.write(&self.file, &batch.bytes, self.end)?;
        disk.sync(&self.file)?;
        // From here on a crash is recoverable: whatever happens to this process, a start finds the whole batch.
        self.end += batch.bytes.len() as u64;
        self.sequence = batch.sequence;
        self.previous = batch.previous;
        Ok(())
    }

    /// The segment gets its name only when it is complete, so a crash leaves either all of it or a file to remove.
    fn start_segment(disk: &dyn Disk, dir: &Path, header: SegmentHeader) -> Result<Self, WriteError> {
        let path = segment_path(dir, header.number);
        let unfinished = path.with_extension(&UNFINISHED_SUFFIX[1..]);
        // What an attempt without enough space left behind.
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let prepare = || -> io::Result<File> {
            let file = disk.create(&unfinished)?;
            disk.allocate(&file, u64::from(header.capacity))?;
            disk.write(&file, &header.encode(), 0)?;
            disk.sync(&file)?;
            disk.rename(&unfinished, &path)?;
            disk.sync_folder(dir)?;
            Ok(file)
        };
        let file = prepare().map_err(|error| match is_no_space(&error) {
            true => WriteError::NoSpace,
            false => WriteError::Failed(error),
        })?;
        Ok(Tip {
            log: header.log,
            dir: dir.into(),
            file,
            number: header.number,
            capacity: u64::from(header.capacity),
            end: SEGMENT_HEADER_BYTES as u64,
            sequence: header.sequence,
            previous: header.hash(),
        })
    }
}

fn log_byte(log: LogName) -> u8 {
    match log {
        LogName::Exchange => 1,
        LogName::House => 2,
    }
}

fn names(dir: &Path) -> Result<Vec<String>, JournalError> {
    let mut names = Vec::new();
    for item in fs::read_dir(dir).map_err(JournalError::io("read", dir))? {
        let item = item.map_err(JournalError::io("read", dir))?;
        names.extend(item.file_name().into_string());
    }
    Ok(names)
}
