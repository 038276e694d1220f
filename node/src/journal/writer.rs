//! The one writer: groups calls into batches, writes each with one sync per log, and then answers. Its thread does so for
//! all; `pen.rs` says when a caller does.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use tokio::sync::{mpsc, oneshot};
use weegnet_protocol::Timestamp;
use weegnet_protocol::log::{Checkpoint, Leaf, LeafIndex, LogName, SignedCheckpoint};

use super::disk::Disk;
use super::error::JournalError;
use super::frame::FRAME_HEADER_BYTES;
use super::framed::{Framed, frame_batch};
use super::pen::{Alarm, Pen};
use super::per_log::PerLog;
use super::prepare::Prepared;
use super::segment::{SEGMENT_HEADER_BYTES, Tip, WriteError};
use super::shared::Shared;

/// Calls that wait for the writer; further callers wait for their turn.
pub(super) const MAX_QUEUED_CALLS: usize = 1024;
/// Calls in one batch.
const MAX_BATCH_CALLS: usize = 256;
/// Bytes of one batch in each log: 4 MiB.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Peers' receipts that wait for the next batch of the exchange log, before they are written without one.
const MAX_WAITING_RECEIPTS: usize = 256;
/// More than a commit frame ever has.
pub(super) const COMMIT_FRAME_BYTES: usize = 1024;

/// What the writer is asked.
pub(super) enum Command {
    Record(Call),
    /// The payload of a receipt frame.
    Keep(Vec<u8>),
    Close,
}

/// One call to `record`.
pub(super) struct Call {
    /// At least one.
    pub(super) entries: Vec<Prepared>,
    /// At most [`call_limit`].
    pub(super) bytes: usize,
    pub(super) reply: oneshot::Sender<Result<Done, Refusal>>,
}

/// Where the first entry of a call stands now.
pub(super) struct Done {
    pub(super) log: LogName,
    pub(super) index: LeafIndex,
    pub(super) leaf: Leaf,
    pub(super) checkpoint: Arc<SignedCheckpoint>,
}

/// Why a call was not recorded.
#[derive(Clone, Copy)]
pub(super) enum Refusal {
    NoSpace,
    Failed,
}

impl From<Refusal> for JournalError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoSpace => JournalError::NoSpace,
            Refusal::Failed => JournalError::Failed,
        }
    }
}

/// Bytes that one call, or all of a batch in one log, may have in segments of this size.
pub(super) fn call_limit(segment_bytes: u32) -> usize {
    (segment_bytes as usize).saturating_sub(SEGMENT_HEADER_BYTES + COMMIT_FRAME_BYTES).min(MAX_BATCH_BYTES)
}

/// What it takes to write.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) tips: PerLog<Tip>,
    pub(super) key: SigningKey,
    pub(super) clock: Box<dyn Fn() -> Timestamp + Send>,
    /// Size of the next segments.
    pub(super) segment_bytes: u32,
    /// Receipts to write with the next batch of the exchange log.
    pub(super) receipts: VecDeque<Vec<u8>>,
    pub(super) receipt_bytes: usize,
    /// No more is written.
    pub(super) closed: bool,
}

/// What goes into one log in one batch.
#[derive(Default)]
struct Work {
    payloads: Vec<Vec<u8>>,
    leaves: Vec<Leaf>,
    receipts: Vec<Vec<u8>>,
    bytes: usize,
}

/// The thread: serves until the journal is closed, all handles are gone, or a write fails.
pub(super) fn run(pen: &Pen, shared: &Shared, mut calls: mpsc::Receiver<Command>) {
    let alarm = Alarm::armed(shared);
    let mut carried = None;
    loop {
        let Some(first) = carried.take().or_else(|| calls.blocking_recv()) else { break };
        shared.crowd.linger();
        let Some(mut writer) = pen.take() else {
            return die(pen, shared, &io::Error::other("a write did not end"), calls, Some(first));
        };
        let mut batch = Vec::new();
        let mut closing = false;
        carried = writer.collect(first, &mut calls, &mut batch, &mut closing);
        let served = pen.serve(&mut writer, batch);
        drop(writer);
        if let Err(error) = served {
            return die(pen, shared, &error, calls, carried);
        }
        if closing {
            break;
        }
    }
    if pen.take_last().end(shared.is_alarmed()) {
        alarm.disarm();
    }
}

fn die(pen: &Pen, shared: &Shared, error: &io::Error, mut calls: mpsc::Receiver<Command>, carried: Option<Command>) {
    refused(error);
    shared.sound_alarm();
    pen.take_last().closed = true;
    calls.close();
    let mut waiting = carried;
    while let Some(command) = waiting.or_else(|| calls.try_recv().ok()) {
        if let Command::Record(call) = command {
            answer(vec![call], Refusal::Failed);
        }
        waiting = None;
    }
}

/// Says that a write failed.
pub(super) fn refused(error: &io::Error) {
    tracing::error!(%error, "a write to the journal failed: this process must end");
}

impl Writer {
    /// Fills a batch with what waits; returns the call that no longer fits.
    fn collect(
        &mut self,
        first: Command,
        calls: &mut mpsc::Receiver<Command>,
        batch: &mut Vec<Call>,
        closing: &mut bool,
    ) -> Option<Command> {
        let limit = call_limit(self.segment_bytes);
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Command::Record(call) if bytes + call.bytes > limit => return Some(Command::Record(call)),
                Command::Record(call) => {
                    bytes += call.bytes;
                    batch.push(call);
                }
                // With that many waiting there was no space to write them: the peer gives this one again.
                Command::Keep(_) if self.has_many_receipts() => {}
                Command::Keep(payload) => {
                    self.receipt_bytes += FRAME_HEADER_BYTES + payload.len();
                    self.receipts.push_back(payload);
                }
                Command::Close => {
                    *closing = true;
                    return None;
                }
            }
            let full = batch.len() == MAX_BATCH_CALLS || self.has_many_receipts();
            next = if full { None } else { calls.try_recv().ok() };
        }
        None
    }

    fn has_many_receipts(&self) -> bool {
        self.receipts.len() >= MAX_WAITING_RECEIPTS || self.receipt_bytes >= call_limit(self.segment_bytes) / 2
    }

    /// Records a batch and answers its callers; an error ends the writer.
    pub(super) fn serve(&mut self, batch: Vec<Call>) -> io::Result<()> {
        if self.shared.is_alarmed() {
            answer(batch, Refusal::Failed);
            return Err(io::Error::other("the vault failed before"));
        }
        if self.has_many_receipts() {
            match self.write_receipts() {
                // Without space they stay, and are tried again with the next batch.
                Ok(()) | Err(WriteError::NoSpace) => {}
                Err(WriteError::Failed(error)) => {
                    answer(batch, Refusal::Failed);
                    return Err(error);
                }
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        match self.record(&batch) {
            Ok(done) => {
                for (call, done) in batch.into_iter().zip(done) {
                    // A caller that no longer waits has its entries recorded all the same.
                    let _ = call.reply.send(Ok(done));
                }
                Ok(())
            }
            Err(WriteError::NoSpace) => {
                tracing::warn!("no disk space for a new journal segment: work is refused until there is");
                answer(batch, Refusal::NoSpace);
                Ok(())
            }
            Err(WriteError::Failed(error)) => {
                answer(batch, Refusal::Failed);
                Err(error)
            }
        }
    }

    fn record(&mut self, batch: &[Call]) -> Result<Vec<Done>, WriteError> {
        let now = (self.clock)();
        let mut work = PerLog::<Work>::default();
        let mut firsts = Vec::with_capacity(batch.len());
        for call in batch {
            let log = call.entries[0].log;
            firsts.push((log, work.get(log).leaves.len()));
            for entry in &call.entries {
                let (leaf, payload) = entry.encode(now);
                let work = work.get_mut(entry.log);
                work.bytes += FRAME_HEADER_BYTES + payload.len();
                work.payloads.push(payload);
                work.leaves.push(leaf);
            }
        }
        self.take_receipts(&mut work.exchange);
        let sizes = PerLog { exchange: self.shared.size(LogName::Exchange), house: self.shared.size(LogName::House) };
        let checkpoints = self.write(&work)?;
        let done = |(log, at): (LogName, usize)| {
            let checkpoint = checkpoints.get(log).clone()?;
            let leaf = work.get(log).leaves[at].clone();
            Some(Done { log, index: LeafIndex(sizes.get(log) + at as u64), leaf, checkpoint })
        };
        let missing = || WriteError::Failed(io::Error::other("a recorded call has no checkpoint"));
        firsts.into_iter().map(|first| done(first).ok_or_else(missing)).collect()
    }

    /// Receipts ride along as far as they fit; they are lost in a crash before, and then the peers give them again.
    fn take_receipts(&mut self, work: &mut Work) {
        let limit = call_limit(self.segment_bytes);
        if work.payloads.is_empty() {
            return;
        }
        while let Some(payload) = self.receipts.front() {
            let bytes = FRAME_HEADER_BYTES + payload.len();
            if work.bytes + bytes > limit {
                return;
            }
            work.bytes += bytes;
            self.receipt_bytes -= bytes;
            work.receipts.extend(self.receipts.pop_front());
        }
    }

    /// A batch of receipts alone, under the checkpoint that there is.
    fn write_receipts(&mut self) -> Result<(), WriteError> {
        let receipts = self.receipts.iter().cloned().collect();
        let exchange = Work { receipts, bytes: self.receipt_bytes, ..Work::default() };
        self.write(&PerLog { exchange, house: Work::default() })?;
        self.receipts.clear();
        self.receipt_bytes = 0;
        Ok(())
    }

    /// Writes and syncs, the house log first, and shows the entries to readers only after both.
    fn write(&mut self, work: &PerLog<Work>) -> Result<PerLog<Option<Arc<SignedCheckpoint>>>, WriteError> {
        for log in LogName::ALL {
            let bytes = work.get(log).bytes;
            if bytes > 0 {
                let room = (bytes + COMMIT_FRAME_BYTES) as u64;
                self.tips.get_mut(log).reserve(&*self.disk, room, self.segment_bytes)?;
            }
        }
        let mut written = PerLog::<Option<Framed>>::default();
        for log in [LogName::House, LogName::Exchange] {
            let work = work.get(log);
            if work.bytes > 0 {
                let framed = self.frame(log, work);
                self.tips.get_mut(log).append(&*self.disk, &framed.chain)?;
                *written.get_mut(log) = Some(framed);
            }
        }
        Ok(written.map(|log, framed| {
            let framed = framed?;
            self.shared.publish(log, framed.entries, framed.commit, framed.checkpoint.clone());
            Some(framed.checkpoint)
        }))
    }

    fn frame(&self, log: LogName, work: &Work) -> Framed {
        let tip = self.tips.get(log);
        let checkpoint = if work.leaves.is_empty() {
            self.shared.checkpoint(log)
        } else {
            let (size, root) = self.shared.grow(log, &work.leaves);
            let origin = self.shared.genesis.get(log).origin.clone();
            Arc::new(Checkpoint { origin, size, root }.sign(&self.key))
        };
        frame_batch(tip, &work.payloads, &work.receipts, checkpoint)
    }

    /// Writes no more; whether all is as it should be. Receipts for which there is no space are given again by the peers.
    fn end(&mut self, alarmed: bool) -> bool {
        self.closed = true;
        !alarmed && (self.receipts.is_empty() || !matches!(self.write_receipts(), Err(WriteError::Failed(_))))
    }
}

pub(super) fn answer(calls: Vec<Call>, refusal: Refusal) {
    for call in calls {
        let _ = call.reply.send(Err(refusal));
    }
}
