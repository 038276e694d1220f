//! A batch as bytes behind the end of a log, and where everything in it will stand.

use std::io;
use std::sync::Arc;

use weegnet_protocol::log::SignedCheckpoint;

use super::batches::Position;
use super::disk::Disk;
use super::frame::{Chain, Commit, FrameKind};
use super::replay::CommitMark;
use super::segment::Tip;

/// A batch in the making, framed and not yet written.
pub(super) struct Framed {
    pub(super) chain: Chain,
    pub(super) entries: Vec<Position>,
    pub(super) commit: CommitMark,
    pub(super) checkpoint: Arc<SignedCheckpoint>,
}

/// Frames a batch behind the tip: entries, receipts, commit record.
pub(super) fn frame_batch(
    tip: &Tip,
    payloads: &[Vec<u8>],
    receipts: &[Vec<u8>],
    checkpoint: Arc<SignedCheckpoint>,
) -> Framed {
    let mut chain = Chain::after(tip.sequence, tip.previous);
    let position = |at: usize| Position { segment: tip.number, offset: (tip.end as usize + at) as u32 };
    let entries = payloads.iter().map(|payload| position(chain.push(FrameKind::Entry, payload))).collect();
    for receipt in receipts {
        chain.push(FrameKind::Receipt, receipt);
    }
    let size = checkpoint.checkpoint().size;
    let commit = chain.push_commit(&Commit {
        note: checkpoint.note().into(),
        size,
        entries: payloads.len() as u64,
        receipts: receipts.len() as u64,
    });
    Framed { chain, entries, commit: CommitMark { size, position: position(commit) }, checkpoint }
}

/// Writes the batch of a new log: its genesis.
pub(super) fn write_genesis(
    disk: &dyn Disk,
    tip: &mut Tip,
    payload: Vec<u8>,
    checkpoint: SignedCheckpoint,
) -> io::Result<()> {
    let framed = frame_batch(tip, &[payload], &[], Arc::new(checkpoint));
    tip.append(disk, &framed.chain)
}
