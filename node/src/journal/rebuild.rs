//! A new journal with the entries of one that lost its end: the same leaves at the same places, behind a new genesis that
//! says which log it continues. Without a vault, which is moved and never copied: a key that is destroyed must be gone.

use std::fs;
use std::io;
use std::path::Path;

use ed25519_dalek::SigningKey;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::Blob;
use weegnet_protocol::log::{Checkpoint, LeafIndex, LogName, Origin, SignedCheckpoint, Tree, hash_leaf};

use super::batches::{Batches, Next};
use super::create::{clear, failure, genesis_payload, make_dir};
use super::disk::{Disk, RealDisk};
use super::entry::{Entry, Payload, StoredBody};
use super::error::{Flaw, JournalError};
use super::former::Continued;
use super::frame::{FRAME_HEADER_BYTES, FrameKind};
use super::framed::frame_batch;
use super::genesis::GenesisBody;
use super::prepare::Prepared;
use super::recovery::{log_dir, read_log};
use super::segment::{Tip, WriteError};
use super::writer::COMMIT_FRAME_BYTES;
use super::{Journal, Layout};

/// What a new journal gets beside the entries of the old one.
pub struct Rebuild<'a> {
    /// The names of its logs: exchange, then house. Fresh.
    pub origins: [Origin; 2],
    /// The largest checkpoints known of the exchange logs before it.
    pub last: &'a [SignedCheckpoint],
    /// What is recorded behind the old entries.
    pub entries: Vec<Entry>,
    /// By this node's clock.
    pub now: Timestamp,
}

impl Journal {
    /// Writes into `dir` a journal without vault that continues this one, and reads it back. Nothing may be recorded in this
    /// one any more: the vault is to be moved, and with it the bodies' keys.
    ///
    /// # Errors
    /// [`JournalError::WrongKey`], [`JournalError::NoSpace`], [`JournalError::Io`]; what is in `dir` is then of no use.
    pub fn rebuild(&self, dir: &Path, key: &SigningKey, rebuild: Rebuild<'_>) -> Result<(), JournalError> {
        self.rebuild_on(&RealDisk, dir, key, rebuild, Layout::default())
    }

    pub(super) fn rebuild_on(
        &self,
        disk: &dyn Disk,
        dir: &Path,
        key: &SigningKey,
        rebuild: Rebuild<'_>,
        layout: Layout,
    ) -> Result<(), JournalError> {
        let Rebuild { origins, last, entries, now } = rebuild;
        make_dir(dir)?;
        clear(dir)?;
        let mut more = [Vec::new(), Vec::new()];
        for entry in entries {
            let log = entry.kind.log().ok_or(JournalError::NotRecordable)?;
            let prepared = Prepared::new(entry, log, &self.shared.vault)?;
            more[usize::from(log == LogName::House)].push(prepared.encode(now).1);
        }
        for ((log, origin), more) in LogName::ALL.into_iter().zip(origins).zip(more) {
            let last = if log == LogName::Exchange { last } else { &[] };
            let genesis = self.continuing(log, origin, last)?;
            if genesis.checkpoint_key() != Some(key.verifying_key()) {
                return Err(JournalError::WrongKey);
            }
            let path = log_dir(dir, log);
            make_dir(&path)?;
            let tip = Tip::create(disk, log, &path, layout.segment_bytes).map_err(|error| failure(error, &path))?;
            let mut copy =
                Copy { disk, tip, tree: Tree::default(), origin: genesis.origin.clone(), key, layout, latest: None };
            self.copy(log, &genesis, now, &mut copy)?;
            if !more.is_empty() {
                copy.batch(more, Vec::new())?;
            }
            copy.sync().map_err(JournalError::io("sync", &path))?;
            disk.sync_folder(&path).map_err(JournalError::io("sync", &path))?;
            // What was just written must be a log, and must continue the old one.
            read_log(log, &path)?;
        }
        disk.sync_folder(dir).map_err(JournalError::io("sync", dir))
    }

    fn continuing(&self, log: LogName, origin: Origin, last: &[SignedCheckpoint]) -> Result<GenesisBody, JournalError> {
        let stored = self.read(log, LeafIndex(0))?;
        let StoredBody::Public(body) = stored.body else { return Err(JournalError::NotRecordable) };
        let continued = Continued {
            body,
            kept: self.checkpoint(log).note().into(),
            last: last.iter().map(|note| note.note().into()).collect(),
            leaf: Blob(stored.leaf.encode()),
        };
        Ok(GenesisBody { origin, continued: Some(continued), ..self.genesis(log).clone() })
    }

    fn copy(
        &self,
        log: LogName,
        genesis: &GenesisBody,
        now: Timestamp,
        copy: &mut Copy<'_>,
    ) -> Result<(), JournalError> {
        let mut first = Some(genesis_payload(genesis, now)?);
        let mut batches = Batches::from_start(log, &log_dir(&self.shared.dir, log))?;
        while let Next::Batch(batch) = batches.advance()? {
            let (mut entries, mut receipts) = (Vec::new(), Vec::new());
            for frame in &batch.frames {
                match frame.kind {
                    FrameKind::Entry => entries.push(first.take().unwrap_or_else(|| batch.payload(frame).to_vec())),
                    _ => receipts.push(batch.payload(frame).to_vec()),
                }
            }
            copy.batch(entries, receipts)?;
        }
        Ok(())
    }
}

/// The folder of a journal without its process: who it is, and what it continues.
///
/// # Errors
/// Damage, or [`JournalError::Missing`].
pub fn read_head(dir: &Path, log: LogName) -> Result<GenesisBody, JournalError> {
    if !log_dir(dir, log).is_dir() {
        return Err(JournalError::Missing { dir: dir.into() });
    }
    let mut batches = Batches::from_start(log, &log_dir(dir, log))?;
    let damage = batches.damage(0, Flaw::Genesis);
    let Next::Batch(batch) = batches.advance()? else { return Err(damage.into()) };
    let first = batch.frames.first().and_then(|frame| Payload::decode(batch.payload(frame)));
    Ok(first.and_then(|payload| GenesisBody::read(payload, log)).ok_or(damage)?)
}

/// The last checkpoint in the folder of a journal without its process; everything is read and compared with it.
///
/// # Errors
/// Damage, or [`JournalError::Missing`].
pub fn read_checkpoint(dir: &Path, log: LogName) -> Result<SignedCheckpoint, JournalError> {
    if !log_dir(dir, log).is_dir() {
        return Err(JournalError::Missing { dir: dir.into() });
    }
    let (replay, _) = read_log(log, &log_dir(dir, log))?;
    replay.checkpoint.ok_or(JournalError::WrongKey)
}

/// A log being written again, one sync per segment: nobody hears of it before all of it is there.
struct Copy<'a> {
    disk: &'a dyn Disk,
    tip: Tip,
    tree: Tree,
    origin: Origin,
    key: &'a SigningKey,
    layout: Layout,
    latest: Option<SignedCheckpoint>,
}

impl Copy<'_> {
    fn batch(&mut self, entries: Vec<Vec<u8>>, receipts: Vec<Vec<u8>>) -> Result<(), JournalError> {
        for payload in &entries {
            let leaf = Payload::decode(payload).ok_or(JournalError::NotRecordable)?.leaf;
            self.tree.append(hash_leaf(leaf));
        }
        let checkpoint = match &self.latest {
            Some(latest) if entries.is_empty() => latest.clone(),
            _ => {
                let size = self.tree.size();
                let root = self.tree.root(size).ok_or(JournalError::NotRecordable)?;
                Checkpoint { origin: self.origin.clone(), size, root }.sign(self.key)
            }
        };
        self.latest = Some(checkpoint.clone());
        let frames = entries.iter().chain(&receipts);
        let bytes = frames.map(|payload| FRAME_HEADER_BYTES + payload.len()).sum::<usize>() + COMMIT_FRAME_BYTES;
        self.write(&entries, &receipts, checkpoint, bytes as u64).map_err(|error| failure(error, &self.tip.dir))
    }

    fn write(
        &mut self,
        entries: &[Vec<u8>],
        receipts: &[Vec<u8>],
        checkpoint: SignedCheckpoint,
        bytes: u64,
    ) -> Result<(), WriteError> {
        if self.tip.end + bytes > self.tip.capacity {
            self.sync()?;
        }
        self.tip.reserve(self.disk, bytes, self.layout.segment_bytes)?;
        let chain = frame_batch(&self.tip, entries, receipts, checkpoint.into()).chain;
        self.disk.write(&self.tip.file, &chain.bytes, self.tip.end)?;
        self.tip.end += chain.bytes.len() as u64;
        (self.tip.sequence, self.tip.previous) = (chain.sequence, chain.previous);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.sync(&self.tip.file)
    }
}

/// Moves the vault from one journal's folder into another's; done already where the first has none.
pub fn move_vault(from: &Path, to: &Path) -> io::Result<()> {
    let disk = RealDisk;
    match disk.rename(&from.join(super::vault::FILE), &to.join(super::vault::FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // A vault that is nowhere would be found at the next start, and by then it would be too late to stop here.
    fs::metadata(to.join(super::vault::FILE))?;
    disk.sync_folder(to)?;
    disk.sync_folder(from)
}
