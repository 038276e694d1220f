//! What stands behind the last readable commit record: a batch that never finished, or damage to one that did?
//!
//! A batch is one write into zeroes followed by a sync, and the next batch is written only after that sync. So what a
//! crash leaves of the last batch lacks something, and what lacks is zero: the end, when the write stopped half-way, or
//! whole sectors anywhere, when the power failed and the disk had reordered them. A batch that lacks nothing but does
//! not read was complete, perhaps acknowledged, and was changed later.

use super::frame::{COMMIT_END, Commit, FRAME_HEADER_BYTES, FrameHeader, FrameKind, checksum};

/// Smallest unit that a disk writes at once.
const SECTOR_BYTES: usize = 512;

/// The bytes behind the last readable commit record, to the end of the segment.
pub(super) struct Remains<'a> {
    pub(super) bytes: &'a [u8],
    /// Offset of the first of them in the segment.
    pub(super) base: usize,
    /// Sequence of the frame that belongs at `base`.
    pub(super) sequence: u64,
    /// Where in `bytes` the first frame begins that does not read.
    pub(super) broken: usize,
}

/// What happened to a batch that does not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It was never complete on disk and so never acknowledged; this many bytes are left of it.
    Torn { bytes: u64 },
    /// It was complete, or others were committed after it.
    Damaged,
}

impl Remains<'_> {
    pub(super) fn judge(&self) -> Verdict {
        let end = self.bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let written = &self.bytes[..end];
        if commits(written).any(|(sequence, commit)| self.is_later(sequence, &commit)) {
            return Verdict::Damaged;
        }
        let was_complete = written.ends_with(&COMMIT_END) || self.broken_frame_ends_at(end);
        if was_complete && !self.has_hole(end) { Verdict::Damaged } else { Verdict::Torn { bytes: end as u64 } }
    }

    /// Whether this commit record closes a batch after the one that does not read.
    fn is_later(&self, sequence: u64, commit: &Commit) -> bool {
        let first = sequence.checked_sub(commit.entries).and_then(|rest| rest.checked_sub(commit.receipts));
        first != Some(self.sequence)
    }

    /// Whether the frame that does not read is nevertheless there in full, as after a change to the very last bytes.
    fn broken_frame_ends_at(&self, end: usize) -> bool {
        let header = self.bytes.get(self.broken..).and_then(<[u8]>::first_chunk::<FRAME_HEADER_BYTES>);
        header.is_some_and(|bytes| {
            let header = FrameHeader::read(bytes);
            header.length_is_possible() && self.broken + FRAME_HEADER_BYTES + header.length == end
        })
    }

    /// Whether a sector, or what of it lies between `base` and the end, is all zero.
    fn has_hole(&self, end: usize) -> bool {
        let mut begin = 0;
        while begin < end {
            let next = ((self.base + begin) / SECTOR_BYTES + 1) * SECTOR_BYTES - self.base;
            if self.bytes[begin..next.min(end)].iter().all(|byte| *byte == 0) {
                return true;
            }
            begin = next;
        }
        false
    }
}

/// Every commit frame that reads, wherever it begins.
fn commits(written: &[u8]) -> impl Iterator<Item = (u64, Commit)> {
    (0..written.len()).filter_map(move |at| {
        let header = FrameHeader::read(written[at..].first_chunk::<FRAME_HEADER_BYTES>()?);
        if header.kind() != Some(FrameKind::Commit) || !header.length_is_possible() {
            return None;
        }
        let frame = written[at..].get(..FRAME_HEADER_BYTES + header.length)?;
        if !frame.ends_with(&COMMIT_END) || checksum(frame) != header.crc {
            return None;
        }
        Some((header.sequence, Commit::decode(&frame[FRAME_HEADER_BYTES..])?))
    })
}
