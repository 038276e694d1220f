//! What the writer and all readers of one journal share.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::log::{Inclusion, Leaf, LeafIndex, LogName, SignedCheckpoint, Tree};

use super::batches::Position;
use super::crowd::Crowd;
use super::former::Former;
use super::genesis::GenesisBody;
use super::lock::Lock;
use super::per_log::PerLog;
use super::replay::CommitMark;
use super::vault::Vault;

/// Kept alive by every handle and by the writer, and with it the lock on the folder.
pub(super) struct Shared {
    pub(super) dir: PathBuf,
    pub(super) genesis: PerLog<GenesisBody>,
    /// The logs that each continues.
    pub(super) former: PerLog<Vec<Former>>,
    pub(super) vault: Vault,
    /// A lock for each log because readers need the tree and the places together, for microseconds; the writer holds it
    /// only to add to them, never while it writes to disk.
    pub(super) logs: PerLog<RwLock<LogState>>,
    pub(super) alarm: watch::Sender<bool>,
    /// Tasks that are about to record.
    pub(super) crowd: Arc<Crowd>,
    pub(super) _lock: Lock,
}

/// One log in memory: about 80 bytes per entry.
pub(super) struct LogState {
    /// May already hold leaves of the batch being written: nothing beyond the checkpoint's size is shown.
    pub(super) tree: Tree,
    pub(super) entries: Vec<Position>,
    pub(super) commits: Vec<CommitMark>,
    pub(super) checkpoint: Arc<SignedCheckpoint>,
}

impl LogState {
    /// Number of committed entries.
    pub(super) fn size(&self) -> u64 {
        self.checkpoint.checkpoint().size
    }

    /// The commit record of the batch that an entry came with.
    pub(super) fn commit_of(&self, index: LeafIndex) -> Option<CommitMark> {
        let at = self.commits.partition_point(|mark| mark.size <= index.0);
        self.commits.get(at).copied()
    }
}

impl Shared {
    pub(super) fn read(&self, log: LogName) -> RwLockReadGuard<'_, LogState> {
        self.logs.get(log).read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn size(&self, log: LogName) -> u64 {
        self.read(log).size()
    }

    pub(super) fn checkpoint(&self, log: LogName) -> Arc<SignedCheckpoint> {
        self.read(log).checkpoint.clone()
    }

    pub(super) fn inclusion(&self, log: LogName, index: LeafIndex, size: u64) -> Option<Inclusion> {
        self.read(log).tree.inclusion(index.0, size)
    }

    /// For the writer, before it writes: the tree with these leaves.
    pub(super) fn grow(&self, log: LogName, leaves: &[Leaf]) -> (u64, Hash) {
        let mut state = self.write(log);
        leaves.iter().for_each(|leaf| state.tree.append(leaf.hash()));
        let size = state.tree.size();
        let root = state.tree.root(size).unwrap_or_else(|| Hash::of(&[]));
        (size, root)
    }

    /// For the writer, after the sync: shows a batch to readers.
    pub(super) fn publish(
        &self,
        log: LogName,
        entries: Vec<Position>,
        commit: CommitMark,
        checkpoint: Arc<SignedCheckpoint>,
    ) {
        let mut state = self.write(log);
        state.entries.extend(entries);
        state.commits.push(commit);
        state.checkpoint = checkpoint;
    }

    /// Tells everybody that this process must end.
    pub(super) fn sound_alarm(&self) {
        self.alarm.send_replace(true);
    }

    pub(super) fn is_alarmed(&self) -> bool {
        *self.alarm.borrow()
    }

    fn write(&self, log: LogName) -> RwLockWriteGuard<'_, LogState> {
        self.logs.get(log).write().unwrap_or_else(PoisonError::into_inner)
    }
}
