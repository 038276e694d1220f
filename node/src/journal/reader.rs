//! Reading what is committed: entries, bodies, receipts, and scans that rebuild projections.

use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use weegnet_protocol::codec;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::log::{Consistency, LeafIndex, LogName, Receipt, SignedCheckpoint};

use super::Journal;
use super::batches::{Batch, Batches, Next, Position};
use super::entry::{CaseKey, Payload, Scanned, Stored, StoredBody};
use super::error::{Damage, Flaw, JournalError};
use super::former::Former;
use super::frame::{Commit, FRAME_HEADER_BYTES, FrameHeader, FrameKind, KeptReceipt, checksum};
use super::genesis::GenesisBody;
use super::recovery::log_dir;
use super::segment::segment_path;
use super::shared::Shared;
use super::vault::{Opened, Place, Vault};

impl Journal {
    /// Number of committed entries, the genesis included.
    pub fn size(&self, log: LogName) -> u64 {
        self.shared.size(log)
    }

    /// The latest checkpoint.
    pub fn checkpoint(&self, log: LogName) -> SignedCheckpoint {
        (*self.shared.checkpoint(log)).clone()
    }

    /// The root of the first `size` committed entries.
    pub fn root(&self, log: LogName, size: u64) -> Option<Hash> {
        let state = self.shared.read(log);
        (size <= state.size()).then(|| state.tree.root(size)).flatten()
    }

    /// That the first `first` committed entries are the beginning of the first `second`.
    pub fn consistency(&self, log: LogName, first: u64, second: u64) -> Option<Consistency> {
        let state = self.shared.read(log);
        (second <= state.size()).then(|| state.tree.consistency(first, second)).flatten()
    }

    /// The logs that this one continues after recovered rollbacks, the latest first.
    pub fn former(&self, log: LogName) -> &[Former] {
        self.shared.former.get(log)
    }

    /// What leaf 0 says about this node.
    pub fn genesis(&self, log: LogName) -> &GenesisBody {
        self.shared.genesis.get(log)
    }

    /// One entry, checked against the tree.
    pub fn read(&self, log: LogName, index: LeafIndex) -> Result<Stored, JournalError> {
        let (position, checkpoint, inclusion) = {
            let state = self.shared.read(log);
            let position = usize::try_from(index.0).ok().and_then(|at| state.entries.get(at)).copied();
            let position = position.ok_or(JournalError::NoSuchEntry { log, index })?;
            (position, state.checkpoint.clone(), state.tree.inclusion(index.0, state.size()))
        };
        let damage = |flaw| damage(log, position, index.0, flaw);
        let payload = self.shared.payload(log, position, FrameKind::Entry, index.0)?;
        let payload = Payload::decode(&payload).ok_or(damage(Flaw::Content))?;
        let stored = payload.to_stored(log, index).ok_or(damage(Flaw::Content))?;
        stored.check().map_err(damage)?;
        let tree = checkpoint.checkpoint();
        let proof = inclusion.ok_or(damage(Flaw::Root))?;
        proof.verify(&stored.leaf.hash(), tree.size, &tree.root).map_err(|_| damage(Flaw::Root))?;
        Ok(stored)
    }

    /// The body in the clear; `None` when there is none, only its hash is kept, or its key was destroyed.
    pub fn body(&self, stored: &Stored) -> Result<Option<Vec<u8>>, JournalError> {
        open_body(&self.shared.vault, stored)
    }

    /// The original receipt of an entry: against the checkpoint of the batch that committed it, the same bytes for ever.
    pub fn receipt(&self, log: LogName, index: LeafIndex) -> Result<Receipt, JournalError> {
        let leaf = self.read(log, index)?.leaf;
        let (mark, inclusion) = {
            let state = self.shared.read(log);
            let mark = state.commit_of(index);
            (mark, mark.and_then(|mark| state.tree.inclusion(index.0, mark.size)))
        };
        let (Some(mark), Some(inclusion)) = (mark, inclusion) else {
            return Err(JournalError::NoSuchEntry { log, index });
        };
        let payload = self.shared.payload(log, mark.position, FrameKind::Commit, index.0)?;
        let commit = Commit::decode(&payload).ok_or(damage(log, mark.position, index.0, Flaw::Content))?;
        Ok(Receipt { leaf, inclusion, checkpoint: commit.note })
    }

    /// All entries from `from` on that are committed now, and the peers' receipts kept among them, in order. Ends after
    /// the first error.
    pub fn scan(&self, log: LogName, from: LeafIndex) -> Result<Scan, JournalError> {
        let (begin, first, last) = {
            let state = self.shared.read(log);
            // The batch with `from`; behind the end, the last batch with entries, for the receipts after it.
            let target = LeafIndex(from.0.min(state.size().saturating_sub(1)));
            let batch = state.commits.partition_point(|mark| mark.size <= target.0);
            let first = batch.checked_sub(1).map_or(0, |before| state.commits[before].size);
            let begin = usize::try_from(first).ok().and_then(|at| state.entries.get(at)).copied();
            (begin, first, state.commits.last().map(|mark| mark.position))
        };
        let (Some(begin), Some(last)) = (begin, last) else {
            return Err(JournalError::NoSuchEntry { log, index: from });
        };
        let dir = log_dir(&self.shared.dir, log);
        let batches = Batches::from_middle(log, &dir, begin, last.segment, first)?;
        Ok(Scan { log, batches, from, index: first, last, ready: VecDeque::new(), ended: false })
    }
}

impl Shared {
    /// The payload of the frame at a known place.
    fn payload(&self, log: LogName, position: Position, kind: FrameKind, entry: u64) -> Result<Vec<u8>, JournalError> {
        let path = segment_path(&log_dir(&self.dir, log), position.segment);
        let file = File::open(&path).map_err(JournalError::io("open", &path))?;
        let at = u64::from(position.offset);
        let mut header = [0; FRAME_HEADER_BYTES];
        file.read_exact_at(&mut header, at).map_err(JournalError::io("read", &path))?;
        let header = FrameHeader::read(&header);
        if !header.length_is_possible() || header.kind() != Some(kind) {
            return Err(damage(log, position, entry, Flaw::Frame).into());
        }
        let mut frame = vec![0; FRAME_HEADER_BYTES + header.length];
        file.read_exact_at(&mut frame, at).map_err(JournalError::io("read", &path))?;
        if checksum(&frame) != header.crc {
            return Err(damage(log, position, entry, Flaw::Frame).into());
        }
        Ok(frame.split_off(FRAME_HEADER_BYTES))
    }
}

/// Iterates over the committed frames of a log.
pub struct Scan {
    log: LogName,
    batches: Batches,
    from: LeafIndex,
    /// Of the next entry in the files.
    index: u64,
    /// The last commit record there was at the beginning.
    last: Position,
    ready: VecDeque<Scanned>,
    ended: bool,
}

impl Iterator for Scan {
    type Item = Result<Scanned, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(scanned) = self.ready.pop_front() {
                return Some(Ok(scanned));
            }
            if self.ended {
                return None;
            }
            if let Err(error) = self.read_batch() {
                self.ended = true;
                return Some(Err(error));
            }
        }
    }
}

impl Scan {
    fn read_batch(&mut self) -> Result<(), JournalError> {
        let Next::Batch(batch) = self.batches.advance()? else {
            // The writer committed up to `last`, so the files end only there.
            return Err(damage(self.log, self.batches.position(), self.index, Flaw::Uncommitted).into());
        };
        self.ended = batch.commit_position == self.last;
        let from = self.from.0;
        let read = read_frames(&batch, self.log, self.index)?;
        self.index += batch.commit.entries;
        self.ready.extend(read.into_iter().filter(|scanned| match scanned {
            Scanned::Entry(stored) => stored.index.0 >= from,
            Scanned::Receipt { .. } => true,
        }));
        Ok(())
    }
}

/// The frames of a batch whose first entry has index `first`, each checked against its own leaf.
pub(super) fn read_frames(batch: &Batch, log: LogName, first: u64) -> Result<Vec<Scanned>, Damage> {
    let mut index = first;
    let mut read = Vec::with_capacity(batch.frames.len());
    for frame in &batch.frames {
        let damage = |flaw| damage(log, frame.position, index, flaw);
        let payload = batch.payload(frame);
        read.push(match frame.kind {
            FrameKind::Entry => {
                let payload = Payload::decode(payload).ok_or(damage(Flaw::Content))?;
                let stored = payload.to_stored(log, LeafIndex(index)).ok_or(damage(Flaw::Content))?;
                stored.check().map_err(damage)?;
                index += 1;
                Scanned::Entry(stored)
            }
            _ => {
                let kept: KeptReceipt = codec::decode(payload).map_err(|_| damage(Flaw::Content))?;
                Scanned::Receipt { statement: kept.statement, receipt: Box::new(kept.receipt) }
            }
        });
    }
    Ok(read)
}

fn damage(log: LogName, position: Position, entry: u64, flaw: Flaw) -> Damage {
    Damage { log, segment: position.segment, byte: u64::from(position.offset), entry, flaw }
}

/// Opens the body of an entry of the journal `dir`, without its running node; needs the vault.
pub fn open_stored(dir: &Path, stored: &Stored) -> Result<Option<Vec<u8>>, JournalError> {
    Bodies::open(dir)?.body(stored)
}

/// Opens the bodies of a journal without its running node.
pub struct Bodies(Vault);

impl Bodies {
    /// With the vault of the journal `dir`, which is secret.
    ///
    /// # Errors
    /// [`JournalError::Io`] when the key file cannot be read, [`JournalError::Vault`] when it is not one.
    pub fn open(dir: &Path) -> Result<Self, JournalError> {
        Vault::open_to_read(dir).map(Bodies)
    }

    /// The body of an entry; `None` when there is none, or its key was destroyed.
    ///
    /// # Errors
    /// [`JournalError::SealBroken`] when it is not what its leaf vouches for.
    pub fn body(&self, stored: &Stored) -> Result<Option<Vec<u8>>, JournalError> {
        open_body(&self.0, stored)
    }

    /// Whether the vault reaches as far as it did when this key was given out.
    pub fn reach(&self, case: CaseKey) -> bool {
        self.0.has_block_of(case).unwrap_or(false)
    }
}

fn open_body(vault: &Vault, stored: &Stored) -> Result<Option<Vec<u8>>, JournalError> {
    let broken = JournalError::SealBroken { log: stored.log, index: stored.index };
    let body = match &stored.body {
        StoredBody::Absent | StoredBody::Dropped => return Ok(None),
        StoredBody::Public(body) => body.0.clone(),
        StoredBody::Sealed { case, sealed } => {
            let place = Place { id: stored.leaf.id, log: stored.log };
            let opened = vault.open_sealed(*case, &place, &sealed.0);
            match opened.map_err(JournalError::io("read", super::vault::FILE))? {
                Opened::Body(body) => body,
                Opened::Erased => return Ok(None),
                Opened::Broken => return Err(broken),
            }
        }
    };
    if stored.leaf.body == Some(Hash::of(&[&body])) { Ok(Some(body)) } else { Err(broken) }
}
