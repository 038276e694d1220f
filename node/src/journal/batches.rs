//! Reading a log from disk, one committed batch after another: for a start, for verification and for scans.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use weegnet_protocol::codec::Hash;
use weegnet_protocol::log::LogName;

use super::error::{Damage, Flaw, JournalError};
use super::frame::{Commit, FRAME_HEADER_BYTES, FrameHeader, FrameKind, checksum};
use super::segment::{SEGMENT_HEADER_BYTES, SegmentHeader, list_segments, segment_path};
use super::tail::{Remains, Verdict};
use super::window::Window;

/// A place in a log's files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Position {
    pub(super) segment: u32,
    pub(super) offset: u32,
}

/// One frame of a batch; its payload stands in the batch.
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    pub(super) position: Position,
    payload: Range<usize>,
}

/// What one commit record closes.
pub(super) struct Batch {
    pub(super) frames: Vec<Frame>,
    bytes: Vec<u8>,
    pub(super) commit: Commit,
    pub(super) commit_position: Position,
}

impl Batch {
    pub(super) fn payload(&self, frame: &Frame) -> &[u8] {
        &self.bytes[frame.payload.clone()]
    }
}

/// The end of a log: what the writer continues from.
#[derive(Debug)]
pub(super) struct End {
    /// Where the last batch begins in this segment; equal to `position` when the segment has none.
    pub(super) last_batch: Position,
    /// Behind the last commit record.
    pub(super) position: Position,
    pub(super) capacity: u32,
    pub(super) sequence: u64,
    pub(super) previous: Hash,
    /// Bytes behind the last commit record that were never committed.
    pub(super) torn: u64,
}

/// What comes next in a log.
pub(super) enum Next {
    Batch(Batch),
    End(End),
}

/// Walks the committed batches of one log.
pub(super) struct Batches {
    log: LogName,
    dir: PathBuf,
    /// Number of the last segment there was at the beginning of the walk.
    last: u32,
    window: Window,
    header: SegmentHeader,
    /// Where the last batch begins.
    last_batch: usize,
    /// Behind the last batch.
    offset: usize,
    /// What the next frame must continue; `None` before the first of a walk that began in the middle.
    chain: Option<(u64, Hash)>,
    /// Entries in the batches so far.
    entries: u64,
    /// Entries met, those of the batch being read included: to say where damage is.
    met: u64,
}

/// A batch that reads, where it ends, and what the next frame must continue.
struct Found {
    batch: Batch,
    end: usize,
    chain: (u64, Hash),
}

/// Why a batch does not read.
enum Trouble {
    /// It may be one that never finished.
    Broken {
        at: usize,
        flaw: Flaw,
    },
    Error(JournalError),
}

impl From<JournalError> for Trouble {
    fn from(error: JournalError) -> Self {
        Trouble::Error(error)
    }
}

impl Batches {
    /// From the first segment on.
    pub(super) fn from_start(log: LogName, dir: &Path) -> Result<Self, JournalError> {
        let numbers = list_segments(dir)?;
        let missing = |segment| Damage { log, segment, byte: 0, entry: 0, flaw: Flaw::MissingSegment };
        let gap = numbers.iter().zip(1..).find(|(found, expected)| *found != expected);
        if let Some((_, expected)) = gap {
            return Err(missing(expected).into());
        }
        let last = *numbers.last().ok_or(missing(1))?;
        let mut batches = Self::open(log, dir, 1, last, 0)?;
        batches.chain = Some((batches.header.sequence, batches.header.hash()));
        Ok(batches)
    }

    /// From the beginning of a batch in the middle, whose first entry is `entry`.
    pub(super) fn from_middle(
        log: LogName,
        dir: &Path,
        begin: Position,
        last: u32,
        entry: u64,
    ) -> Result<Self, JournalError> {
        let mut batches = Self::open(log, dir, begin.segment, last, entry)?;
        batches.offset = begin.offset as usize;
        batches.last_batch = batches.offset;
        Ok(batches)
    }

    /// The segment being read, and the offset behind what has been read of it.
    pub(super) fn position(&self) -> Position {
        Position { segment: self.header.number, offset: self.offset as u32 }
    }

    /// What damage at `byte` of the current segment is.
    pub(super) fn damage(&self, byte: usize, flaw: Flaw) -> Damage {
        let segment = self.header.number;
        Damage { log: self.log, segment, byte: byte as u64, entry: self.met, flaw }
    }

    /// The next committed batch, or the end.
    pub(super) fn advance(&mut self) -> Result<Next, JournalError> {
        loop {
            let (at, flaw) = match self.read_batch() {
                Ok(Some(batch)) => return Ok(Next::Batch(self.pass(batch))),
                Ok(None) if self.header.number == self.last => return Ok(Next::End(self.end(0))),
                Ok(None) => {
                    self.next_segment()?;
                    continue;
                }
                Err(Trouble::Error(error)) => return Err(error),
                Err(Trouble::Broken { at, flaw }) => (at, flaw),
            };
            if self.header.number != self.last {
                return Err(self.damage(at, flaw).into());
            }
            let rest = self.window.rest(self.offset)?;
            let sequence = self.chain.map_or(0, |(sequence, _)| sequence);
            let remains = Remains { bytes: &rest, base: self.offset, sequence, broken: at - self.offset };
            let verdict = remains.judge();
            // A running writer may have finished the batch since it was first read: what is complete now is no tail, and
            // what the judgement saw committed after it was written later than it.
            self.window.forget();
            if let Ok(Some(batch)) = self.read_batch() {
                return Ok(Next::Batch(self.pass(batch)));
            }
            return match verdict {
                Verdict::Torn { bytes } => Ok(Next::End(self.end(bytes))),
                Verdict::Damaged => Err(self.damage(at, flaw).into()),
            };
        }
    }

    /// Reads one batch; `None` when only zeroes are left in the segment.
    fn read_batch(&mut self) -> Result<Option<Found>, Trouble> {
        let (capacity, length) = (self.header.capacity as usize, self.window.length());
        let mut batch = Batch {
            frames: Vec::new(),
            bytes: Vec::new(),
            commit: Commit::default(),
            commit_position: self.position(),
        };
        let (mut at, mut chain) = (self.offset, self.chain);
        self.met = self.entries;
        loop {
            let broken = |flaw| Err(Trouble::Broken { at, flaw });
            if at + FRAME_HEADER_BYTES > length {
                return self.nothing_more(at, batch.frames.is_empty());
            }
            let header = FrameHeader::read(&self.window.chunk(at)?);
            if header.length == 0 {
                return self.nothing_more(at, batch.frames.is_empty());
            }
            let end = at + FRAME_HEADER_BYTES + header.length;
            if !header.length_is_possible() || end > capacity {
                return broken(Flaw::Frame);
            }
            if end > length {
                return Err(self.cut_off().into());
            }
            let frame = self.window.get(at, end - at)?;
            if checksum(frame) != header.crc {
                return broken(Flaw::Frame);
            }
            let hash = Hash::of(&[frame]);
            let position = Position { segment: self.header.number, offset: at as u32 };
            let payload = &frame[FRAME_HEADER_BYTES..];
            // The frame is as it was written: whatever is wrong from here on is no half-finished write.
            if chain.is_some_and(|expected| expected != (header.sequence, header.previous)) {
                return Err(JournalError::from(self.damage(at, Flaw::Chain)).into());
            }
            let Some(kind) = header.kind() else {
                return Err(JournalError::from(self.damage(at, Flaw::Content)).into());
            };
            chain = Some((header.sequence.wrapping_add(1), hash));
            if kind != FrameKind::Commit {
                self.met += u64::from(kind == FrameKind::Entry);
                let begin = batch.bytes.len();
                batch.bytes.extend_from_slice(payload);
                batch.frames.push(Frame { kind, position, payload: begin..batch.bytes.len() });
                at = end;
                continue;
            }
            let commit = Commit::decode(payload);
            batch.commit = commit.ok_or_else(|| JournalError::from(self.damage(at, Flaw::Content)))?;
            batch.commit_position = position;
            let entries = batch.frames.iter().filter(|frame| frame.kind == FrameKind::Entry).count() as u64;
            let receipts = batch.frames.len() as u64 - entries;
            if (batch.commit.entries, batch.commit.receipts) != (entries, receipts) {
                return Err(JournalError::from(self.damage(at, Flaw::Count)).into());
            }
            return Ok(chain.map(|chain| Found { batch, end, chain }));
        }
    }

    /// Zeroes to the end of the segment close it, if no frames wait for their commit record.
    fn nothing_more<T>(&mut self, at: usize, closed: bool) -> Result<Option<T>, Trouble> {
        let length = self.window.length();
        let is_short = length < self.header.capacity as usize;
        if is_short && (at + FRAME_HEADER_BYTES > length || self.window.is_zero_from(at)?) {
            return Err(self.cut_off().into());
        }
        if !self.window.is_zero_from(at)? {
            return Err(Trouble::Broken { at, flaw: Flaw::Frame });
        }
        if closed { Ok(None) } else { Err(Trouble::Broken { at, flaw: Flaw::Uncommitted }) }
    }

    /// Everything up to where the file ends was read: what stood behind that is gone.
    fn cut_off(&self) -> JournalError {
        self.damage(self.window.length(), Flaw::CutOff).into()
    }

    fn pass(&mut self, found: Found) -> Batch {
        self.last_batch = self.offset;
        self.offset = found.end;
        self.chain = Some(found.chain);
        self.entries += found.batch.commit.entries;
        found.batch
    }

    fn next_segment(&mut self) -> Result<(), JournalError> {
        let mut next = Self::open(self.log, &self.dir, self.header.number + 1, self.last, self.entries)?;
        if self.chain.is_some_and(|chain| chain != (next.header.sequence, next.header.previous)) {
            return Err(next.damage(0, Flaw::Chain).into());
        }
        next.chain = Some((next.header.sequence, next.header.hash()));
        *self = next;
        Ok(())
    }

    fn end(&self, torn: u64) -> End {
        let (sequence, previous) = self.chain.unwrap_or((self.header.sequence, self.header.hash()));
        let last_batch = Position { segment: self.header.number, offset: self.last_batch as u32 };
        End { last_batch, position: self.position(), capacity: self.header.capacity, sequence, previous, torn }
    }

    fn open(log: LogName, dir: &Path, number: u32, last: u32, entries: u64) -> Result<Self, JournalError> {
        let path = segment_path(dir, number);
        let damage = |byte, flaw| Damage { log, segment: number, byte, entry: entries, flaw };
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(damage(0, Flaw::MissingSegment).into());
            }
            opened => opened.map_err(JournalError::io("open", &path))?,
        };
        let length = file.metadata().map_err(JournalError::io("measure", &path))?.len();
        let mut window = Window::new(file, path, length as usize);
        if length < SEGMENT_HEADER_BYTES as u64 {
            return Err(damage(length, Flaw::CutOff).into());
        }
        let header = SegmentHeader::decode(&window.chunk(0)?);
        let header = header.filter(|header| header.log == log && header.number == number);
        let header = header.ok_or(damage(0, Flaw::Header))?;
        // A shorter one is read as far as it goes, so that what is still proven can be said.
        if length > u64::from(header.capacity) {
            return Err(damage(length, Flaw::SegmentLength).into());
        }
        let offset = SEGMENT_HEADER_BYTES;
        Ok(Batches {
            log,
            dir: dir.into(),
            last,
            window,
            header,
            last_batch: offset,
            offset,
            chain: None,
            entries,
            met: entries,
        })
    }
}
