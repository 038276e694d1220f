//! Frames: the records of a segment, each with its checksum and the hash of the one before it.

use serde::{Deserialize, Serialize};
use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::id::StatementId;
use weegnet_protocol::log::Receipt;

use super::cbor::{Reader, write_head, write_text};

/// Length (4), CRC32C (4), type (1), sequence (8), hash of the previous frame (32).
pub(super) const FRAME_HEADER_BYTES: usize = 49;
/// Largest payload of a frame: 1 MiB.
pub(super) const MAX_PAYLOAD_BYTES: usize = 1024 * 1024;
/// The last bytes of every commit frame. Found at the end of what was written, they say that the batch was complete.
pub(super) const COMMIT_END: [u8; 8] = *b"WEEGEND\n";
/// Commit frames end at multiples of this, so that the first frame of a batch has its length and checksum in one sector.
const ALIGNMENT_BYTES: usize = 8;

/// What a frame holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FrameKind {
    /// A leaf with what belongs to it.
    Entry = 1,
    /// A peer's receipt.
    Receipt = 2,
    /// The end of a batch.
    Commit = 3,
}

/// The fixed part of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FrameHeader {
    pub(super) length: usize,
    pub(super) crc: u32,
    pub(super) kind: u8,
    pub(super) sequence: u64,
    pub(super) previous: Hash,
}

impl FrameHeader {
    /// Reads the fixed part; says nothing about its truth.
    pub(super) fn read(bytes: &[u8; FRAME_HEADER_BYTES]) -> Self {
        let [l0, l1, l2, l3, c0, c1, c2, c3, kind, s0, s1, s2, s3, s4, s5, s6, s7, previous @ ..] = *bytes;
        FrameHeader {
            length: u32::from_be_bytes([l0, l1, l2, l3]) as usize,
            crc: u32::from_be_bytes([c0, c1, c2, c3]),
            kind,
            sequence: u64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
            previous: Bytes(previous),
        }
    }

    /// Whether a frame can have this length at all.
    pub(super) fn length_is_possible(&self) -> bool {
        (1..=MAX_PAYLOAD_BYTES).contains(&self.length)
    }

    pub(super) fn kind(&self) -> Option<FrameKind> {
        [FrameKind::Entry, FrameKind::Receipt, FrameKind::Commit].into_iter().find(|kind| *kind as u8 == self.kind)
    }
}

/// The CRC32C of a whole frame: all of it but the checksum itself.
pub(super) fn checksum(frame: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&frame[..4]), &frame[8..])
}

/// Frames under construction, chained to what stands before them.
pub(super) struct Chain {
    pub(super) bytes: Vec<u8>,
    pub(super) sequence: u64,
    pub(super) previous: Hash,
}

impl Chain {
    /// Continues behind the frame (or segment header) that hashes to `previous`.
    pub(super) fn after(sequence: u64, previous: Hash) -> Self {
        Chain { bytes: Vec::new(), sequence, previous }
    }

    /// Adds a frame; returns where it begins.
    pub(super) fn push(&mut self, kind: FrameKind, payload: &[u8]) -> usize {
        let begin = self.bytes.len();
        self.bytes.extend((payload.len() as u32).to_be_bytes());
        self.bytes.extend([0; 4]);
        self.bytes.push(kind as u8);
        self.bytes.extend(self.sequence.to_be_bytes());
        self.bytes.extend(self.previous.0);
        self.bytes.extend_from_slice(payload);
        let crc = checksum(&self.bytes[begin..]);
        self.bytes[begin + 4..begin + 8].copy_from_slice(&crc.to_be_bytes());
        self.previous = Hash::of(&[&self.bytes[begin..]]);
        self.sequence += 1;
        begin
    }

    /// Adds the commit frame, padded so that it ends aligned when the first byte stands at an aligned place.
    pub(super) fn push_commit(&mut self, commit: &Commit) -> usize {
        let mut payload = commit.encode();
        let end = self.bytes.len() + FRAME_HEADER_BYTES + payload.len() + COMMIT_END.len();
        payload.resize(payload.len() + end.next_multiple_of(ALIGNMENT_BYTES) - end, 0);
        payload.extend(COMMIT_END);
        self.push(FrameKind::Commit, &payload)
    }
}

/// The record that closes a batch; without it the batch never happened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Commit {
    /// The signed checkpoint of the tree with this batch.
    pub(super) note: String,
    /// Number of leaves with this batch.
    pub(super) size: u64,
    /// Entry frames in this batch.
    pub(super) entries: u64,
    /// Receipt frames in this batch.
    pub(super) receipts: u64,
}

impl Commit {
    /// Canonical CBOR, by hand as entries are: a start may read one of these for every entry.
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.note.len() + 64);
        write_head(&mut out, 5, 4);
        write_text(&mut out, "note");
        write_text(&mut out, &self.note);
        for (key, number) in [("size", self.size), ("entries", self.entries), ("receipts", self.receipts)] {
            write_text(&mut out, key);
            write_head(&mut out, 0, number);
        }
        out
    }

    /// Reads exactly a commit frame's payload, padding and end mark included.
    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(payload.strip_suffix(&COMMIT_END)?);
        let key = |reader: &mut Reader<'_>, expected| (reader.text()? == expected).then_some(());
        if reader.head(5)? != 4 {
            return None;
        }
        key(&mut reader, "note")?;
        let note = reader.text()?.into();
        let mut number = |expected| {
            key(&mut reader, expected)?;
            reader.head(0)
        };
        let commit = Commit { note, size: number("size")?, entries: number("entries")?, receipts: number("receipts")? };
        let padding = reader.rest();
        (padding.len() < ALIGNMENT_BYTES && padding.iter().all(|byte| *byte == 0)).then_some(commit)
    }
}

/// The content of a receipt frame.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptReceipt {
    pub(super) receipt: Receipt,
    pub(super) statement: StatementId,
}
