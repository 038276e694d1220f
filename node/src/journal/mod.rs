//! The journal: segments are the truth about everything that happened here. `FORMAT.md` describes every byte.
//!
//! | file | what it does |
//! |---|---|
//! | `mod.rs`, `create.rs` | the handle: open, record, close; making a new journal |
//! | `entry.rs`, `genesis.rs`, `recorded.rs` | what goes in and comes out |
//! | `prepare.rs`, `crowd.rs`, `writer.rs`, `pen.rs` | hash and seal, then one at a time batches, writes, syncs, answers |
//! | `cbor.rs`, `frame.rs`, `framed.rs`, `segment.rs`, `vault.rs` | the bytes |
//! | `window.rs`, `batches.rs`, `tail.rs`, `replay.rs` | reading them back; torn or damaged |
//! | `former.rs`, `rebuild.rs` | the log before a recovered rollback, and a new journal with its entries |
//! | `recovery.rs`, `verify.rs`, `reader.rs` | the three who read: a start, an auditor, the running node |
//! | `shared.rs`, `per_log.rs` | what all handles share, once for each log |
//! | `disk.rs`, `lock.rs` | the world |

mod batches;
mod cbor;
mod create;
mod crowd;
mod disk;
mod entry;
mod error;
mod former;
mod frame;
mod framed;
mod genesis;
mod lock;
mod pen;
mod per_log;
mod prepare;
mod reader;
mod rebuild;
mod recall;
mod recorded;
mod recovery;
mod replay;
mod segment;
mod shared;
mod tail;
mod vault;
mod verify;
mod window;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::thread;

use ed25519_dalek::SigningKey;
use tokio::sync::{mpsc, oneshot, watch};
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::{self, MAX_BYTES};
use weegnet_protocol::id::StatementId;
use weegnet_protocol::log::Receipt;

pub use crowd::Attended;
pub use entry::{CaseKey, Entry, EntryBody, Scanned, Stored, StoredBody};
pub use error::{Damage, Flaw, JournalError};
pub use former::{Continued, Former};
pub use genesis::{GenesisBody, Identity, PublicKeys};
pub use reader::{Bodies, Scan, open_stored};
pub use rebuild::{Rebuild, move_vault, read_checkpoint, read_head};
pub use recall::Vouched;
pub use recorded::Recorded;
pub use recovery::{Recovery, Tail};
pub use verify::{LogReport, Place, Proven, Report, VerifyFailure, verify, verify_telling};

use disk::{Disk, RealDisk};
use frame::KeptReceipt;
use lock::Lock;
use pen::Pen;
use prepare::Prepared;
use recovery::{Recovered, recover};
use segment::WriteError;
use shared::{LogState, Shared};
use vault::Vault;
use writer::{Call, Command, MAX_QUEUED_CALLS, Writer, call_limit};

/// How a journal is laid out on disk; existing segments and blocks keep what they were made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Length of a segment file in bytes.
    pub segment_bytes: u32,
    /// Keys that the vault makes at a time.
    pub slots_per_block: u32,
}

impl Default for Layout {
    /// 16 MiB; 1024 keys.
    fn default() -> Self {
        Layout { segment_bytes: 16 * 1024 * 1024, slots_per_block: 1024 }
    }
}

/// A handle on the open journal; clones share one writer. The files are released when all handles are gone.
#[derive(Clone)]
pub struct Journal {
    shared: Arc<Shared>,
    calls: mpsc::Sender<Command>,
    pen: Arc<Pen>,
    /// Bytes that one call may have.
    call_limit: usize,
    /// Its sender is dropped as the last thing that the writer's thread does.
    ended: watch::Receiver<()>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Journal({})", self.shared.dir.display())
    }
}

impl Journal {
    /// Makes the journal `dir`, whose parent exists, with a genesis in each log. It is there completely or not at all.
    ///
    /// # Errors
    /// [`JournalError::AlreadyExists`] when there is anything in that place, [`JournalError::WrongKey`] when `key` is not
    /// the identity's checkpoint key.
    pub fn create(
        dir: &Path,
        identity: &Identity,
        key: &SigningKey,
        clock: impl Fn() -> Timestamp,
    ) -> Result<(), JournalError> {
        Self::create_with(dir, identity, key, clock, Layout::default())
    }

    /// Like [`Journal::create`], with other sizes.
    ///
    /// # Errors
    /// As [`Journal::create`].
    pub fn create_with(
        dir: &Path,
        identity: &Identity,
        key: &SigningKey,
        clock: impl Fn() -> Timestamp,
        layout: Layout,
    ) -> Result<(), JournalError> {
        create::create(&RealDisk, dir, identity, key, clock(), layout)
    }

    /// Opens the journal `dir` and starts its writer thread. Whatever was not committed is cut off and reported.
    ///
    /// # Errors
    /// [`JournalError::InUse`], [`JournalError::WrongKey`]; [`JournalError::Damaged`] before anything is changed.
    pub fn open(
        dir: &Path,
        key: SigningKey,
        clock: impl Fn() -> Timestamp + Send + 'static,
    ) -> Result<(Journal, Recovery), JournalError> {
        Self::open_with(dir, key, clock, Layout::default())
    }

    /// Like [`Journal::open`], with other sizes for what is made from now on.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_with(
        dir: &Path,
        key: SigningKey,
        clock: impl Fn() -> Timestamp + Send + 'static,
        layout: Layout,
    ) -> Result<(Journal, Recovery), JournalError> {
        Self::open_on(Arc::new(RealDisk), dir, key, clock, layout)
    }

    fn open_on(
        disk: Arc<dyn Disk>,
        dir: &Path,
        key: SigningKey,
        clock: impl Fn() -> Timestamp + Send + 'static,
        layout: Layout,
    ) -> Result<(Journal, Recovery), JournalError> {
        if !dir.is_dir() {
            return Err(JournalError::Missing { dir: dir.into() });
        }
        let lock = Lock::take(dir)?;
        let (recovered, recovery) = recover(&*disk, dir)?;
        let highest_case = recovered.exchange.replay.highest_case.max(recovered.house.replay.highest_case);
        let vault = Vault::open(disk.clone(), dir, highest_case)?;
        let parts = recovered.try_map(|_, Recovered { replay, tip }| {
            let genesis = replay.genesis.ok_or(JournalError::WrongKey)?;
            if genesis.checkpoint_key() != Some(key.verifying_key()) {
                return Err(JournalError::WrongKey);
            }
            let checkpoint = Arc::new(replay.checkpoint.ok_or(JournalError::WrongKey)?);
            let state = LogState { tree: replay.tree, entries: replay.entries, commits: replay.commits, checkpoint };
            Ok((((genesis, replay.former), RwLock::new(state)), tip))
        })?;
        let (memory, tips) = parts.unzip();
        let (genesis, logs) = memory.unzip();
        let (genesis, former) = genesis.unzip();
        let alarm = watch::Sender::new(false);
        let shared = Arc::new(Shared {
            dir: dir.into(),
            genesis,
            former,
            vault,
            logs,
            alarm,
            crowd: Arc::default(),
            _lock: lock,
        });
        let (calls, queue) = mpsc::channel(MAX_QUEUED_CALLS);
        let writer = Writer {
            shared: shared.clone(),
            disk,
            tips,
            key,
            clock: Box::new(clock),
            segment_bytes: layout.segment_bytes,
            receipts: VecDeque::new(),
            receipt_bytes: 0,
            closed: false,
        };
        let pen = Arc::new(Pen::new(shared.clone(), writer));
        let (alive, ended) = watch::channel(());
        let (held, watched) = (pen.clone(), shared.clone());
        let run = move || {
            writer::run(&held, &watched, queue);
            drop((held, watched));
            drop(alive);
        };
        let spawned = thread::Builder::new().name("journal".into()).spawn(run);
        spawned.map_err(JournalError::io("start the writer of", dir))?;
        let call_limit = call_limit(layout.segment_bytes);
        Ok((Journal { shared, calls, pen, call_limit, ended }, recovery))
    }

    /// A key for a case, under which its bodies are sealed. It counts as used once an entry that refers to it is
    /// recorded; until then another process may give it out again.
    ///
    /// # Errors
    /// [`JournalError::NoSpace`]; [`JournalError::Failed`] when the process must end.
    pub fn new_case(&self) -> Result<CaseKey, JournalError> {
        self.shared.vault.new_case().map_err(|error| match error {
            WriteError::NoSpace => JournalError::NoSpace,
            WriteError::Failed(error) => self.vault_failed(&error),
        })
    }

    /// Destroys the key of a case, and with it all bodies sealed under it; their hashes, and so the tree, remain.
    pub fn erase_case(&self, case: CaseKey) -> Result<(), JournalError> {
        self.erase_cases(&[case])
    }

    /// As [`Journal::erase_case`], with one sync for all. A crash in between leaves some destroyed and some not: the
    /// caller records which before, and calls again.
    pub fn erase_cases(&self, cases: &[CaseKey]) -> Result<(), JournalError> {
        if let Some(case) = cases.iter().find(|case| !self.shared.vault.has(**case)) {
            return Err(JournalError::NoCaseKey { case: *case });
        }
        self.shared.vault.erase(cases).map_err(|error| self.vault_failed(&error))
    }

    /// Records all entries, each log's in one batch, and returns when they are synced in both logs: the house log first.
    /// The receipt is that of the first entry. A caller that stops waiting may find its entries recorded all the same.
    ///
    /// # Errors
    /// [`JournalError::NoSpace`]: nothing is recorded, later calls try again. [`JournalError::Failed`]: it is unknown what
    /// is recorded, and the process must end.
    pub async fn record<T>(&self, value: T, entries: Vec<Entry>) -> Result<Recorded<T>, JournalError> {
        let entries = self.prepare(entries)?;
        let bytes = entries.iter().map(Prepared::max_frame_bytes).sum();
        if bytes > self.call_limit {
            return Err(JournalError::TooLarge { bytes, limit: self.call_limit });
        }
        let (reply, answer) = oneshot::channel();
        if let Err(call) = self.pen.write_alone(Call { entries, bytes, reply }) {
            self.calls.send(Command::Record(call)).await.map_err(|_| self.gone())?;
        }
        let done = match answer.await {
            Ok(done) => done?,
            // Closed before its turn, or the writer is no more: only once it has ended is it known which.
            Err(_) => {
                self.clone().ended().await;
                return Err(self.gone());
            }
        };
        let size = done.checkpoint.checkpoint().size;
        let inclusion = self.shared.inclusion(done.log, done.index, size).ok_or(JournalError::Failed)?;
        let receipt = Receipt { leaf: done.leaf, inclusion, checkpoint: done.checkpoint.note().into() };
        Ok(Recorded::new(value, done.index, receipt))
    }

    /// Runs a task that records: while it can run, the batch stays open for it, so that tasks that come together share
    /// one sync.
    pub fn attend<F: Future>(&self, task: F) -> Attended<F> {
        Attended::new(&self.shared.crowd, task)
    }

    /// Returns when every task that was ever attended has ended, and with it what it does after its entries are recorded.
    pub async fn unattended(&self) {
        self.shared.crowd.dispersed().await;
    }

    /// Keeps a peer's receipt beside the exchange log's entries, with its next batch. A crash before that loses it, and
    /// the peer gives it again.
    ///
    /// # Errors
    /// [`JournalError::Busy`] when the queue is full: it is not kept.
    pub fn keep_receipt(&self, statement: StatementId, receipt: Receipt) -> Result<(), JournalError> {
        let payload = codec::encode(&KeptReceipt { statement, receipt });
        let limit = MAX_BYTES.min(self.call_limit / 2);
        if payload.len() > limit {
            return Err(JournalError::TooLarge { bytes: payload.len(), limit });
        }
        self.calls.try_send(Command::Keep(payload)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => JournalError::Busy,
            mpsc::error::TrySendError::Closed(_) => self.gone(),
        })
    }

    /// Resolves when a write has failed and the process must end; never when the journal is closed in order.
    pub async fn failed(&self) {
        let mut alarm = self.shared.alarm.subscribe();
        // The sender lives in `shared`, so waiting ends only with the alarm.
        let _ = alarm.wait_for(|alarmed| *alarmed).await;
    }

    /// Records what was already asked, and returns when the writer has ended, also when it had failed. The lock on the
    /// folder goes with the last handle.
    pub async fn close(self) {
        // An error means that the writer is ending already.
        let _ = self.calls.send(Command::Close).await;
        self.ended().await;
    }

    fn prepare(&self, entries: Vec<Entry>) -> Result<Vec<Prepared>, JournalError> {
        if self.shared.is_alarmed() {
            return Err(JournalError::Failed);
        }
        if entries.is_empty() {
            return Err(JournalError::NotRecordable);
        }
        let prepare = |entry: Entry| {
            let log = entry.kind.log().ok_or(JournalError::NotRecordable)?;
            Prepared::new(entry, log, &self.shared.vault)
        };
        entries.into_iter().map(prepare).collect()
    }

    async fn ended(mut self) {
        while self.ended.changed().await.is_ok() {}
    }

    fn gone(&self) -> JournalError {
        if self.shared.is_alarmed() { JournalError::Failed } else { JournalError::Closed }
    }

    fn vault_failed(&self, error: &io::Error) -> JournalError {
        tracing::error!(%error, "a write to the vault failed: this process must end");
        self.shared.sound_alarm();
        JournalError::Failed
    }
}
