//! Journal and projections as one thing to the rest of the node: what is recorded, and how cases stand.
//!
//! The journal is the truth. A projection that cannot be read is thrown away and folded again, while the node runs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use weegnet_policy::decide::Permit;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::{ConvenantRef, StatementId};
use weegnet_protocol::log::{LeafIndex, LogName, Receipt};
use weegnet_protocol::sign::Statement;
use zeroize::Zeroizing;

use crate::convenants::Convenants;
use crate::exchange;
use crate::exchange::record::{CaseId, Record, Sent};
use crate::journal::{Attended, CaseKey, Entry, Journal, JournalError, Recorded, Stored};
use crate::link::Outgoing;
use crate::store::{self, Folded, Seen, Store, StoreError};
use crate::witness::signing::Signing;

/// Place under which a case's projection is sealed.
const PROJECTION: &[u8] = b"weegnet case projection v1";

/// What is recorded, and how cases stand.
pub struct Ledger {
    journal: Journal,
    store: RwLock<Store>,
    dir: PathBuf,
    key: Zeroizing<[u8; 32]>,
    convenants: Arc<Convenants>,
    signing: Signing,
}

impl Ledger {
    /// Opens the projections beside an open journal and folds in what they lack.
    pub fn open(
        journal: Journal,
        dir: PathBuf,
        key: Zeroizing<[u8; 32]>,
        convenants: Arc<Convenants>,
    ) -> Result<Self, StoreError> {
        let expected = Folded { exchange: journal.size(LogName::Exchange), house: journal.size(LogName::House) };
        let store = match Store::open(&dir, &key).and_then(|store| Ok((store.take_folded()?, store))) {
            Ok((Some(folded), store)) if folded == expected => store,
            other => {
                if let Err(error) = other {
                    tracing::warn!(%error, "the projections cannot be opened");
                }
                Self::refold(&journal, &dir, &key, &convenants)?
            }
        };
        Ok(Ledger { journal, store: RwLock::new(store), dir, key, convenants, signing: Signing::default() })
    }

    /// Marks the projections as complete: the last act of a clean stop.
    pub fn close(&self) {
        let folded =
            Folded { exchange: self.journal.size(LogName::Exchange), house: self.journal.size(LogName::House) };
        if let Err(error) = self.read(|store| store.put_folded(folded)) {
            tracing::warn!(%error, "the projections are rebuilt at the next start");
        }
    }

    /// The journal, for reading.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Whether this node signs.
    pub fn signing(&self) -> &Signing {
        &self.signing
    }

    /// Writes entries down, if this node signs; the record is of the first.
    pub async fn record<T: Send + 'static>(&self, value: T, entries: Vec<Entry>) -> Result<Recorded<T>, JournalError> {
        self.signing.allowed().await?;
        self.journal.record(value, entries).await
    }

    /// Runs a task that records; see [`Journal::attend`].
    pub fn attend<F: Future>(&self, task: F) -> Attended<F> {
        self.journal.attend(task)
    }

    /// A new key for everything about one case.
    pub fn new_case(&self) -> Result<CaseKey, JournalError> {
        self.journal.new_case()
    }

    /// Keeps a peer's receipt for a statement of ours.
    pub fn keep_receipt(&self, id: StatementId, receipt: Receipt) {
        if let Err(error) = self.journal.keep_receipt(id, receipt) {
            tracing::warn!(statement = %id, %error, "a receipt is not kept; the peer gives it again");
        }
    }

    /// Where a received statement stands, if it was written down.
    pub fn seen(&self, id: &StatementId) -> Option<Seen> {
        self.ask(|store| store.seen(id))
    }

    /// Notes where a received statement stands.
    pub fn put_seen(&self, id: StatementId, hash: Hash, index: LeafIndex) {
        self.tell(|store| store.put_seen(&id, Seen { hash, index }));
    }

    /// Whether the entry holds exactly this statement's body hash.
    pub fn has_body(&self, seen: &Seen, statement: &Statement) -> bool {
        self.stored(seen.index).is_some_and(|stored| stored.leaf.body == Some(statement.body_hash()))
    }

    /// The receipt that was given for an entry, bit for bit.
    pub fn receipt(&self, seen: &Seen) -> Option<Receipt> {
        self.journal.receipt(LogName::Exchange, seen.index).ok()
    }

    /// A recorded statement of ours, for the outbox.
    pub fn recall(&self, sent: &Sent) -> Result<Recorded<Outgoing>, JournalError> {
        let stored = self.journal.read(LogName::Exchange, sent.index)?;
        let body = self.journal.body(&stored)?;
        let (Some(envelope), Some(body)) = (stored.envelope, body) else { return Err(JournalError::NotRecordable) };
        let statement = Statement { envelope, body: weegnet_protocol::codec::Blob(body) };
        self.journal.recall(sent.index, Outgoing { to: sent.to, statement })
    }

    /// The record of a permit that was made once more for the entry of its question.
    pub fn recall_permit(&self, index: LeafIndex, permit: Permit) -> Option<Recorded<Permit>> {
        self.journal.recall(index, permit).ok()
    }

    /// How a case stands.
    pub fn case(&self, id: &CaseId) -> Option<Record> {
        self.ask(|store| store.case(&id.key(), |slot, sealed| self.unseal(slot, sealed)))
    }

    /// Whether a case exists.
    pub fn has_case(&self, id: &CaseId) -> bool {
        self.case(id).is_some()
    }

    /// All cases, in the order of their ids, which is that of time.
    pub fn cases(&self) -> Vec<Record> {
        self.all(false)
    }

    /// The cases where something can still happen.
    pub fn open_cases(&self) -> Vec<Record> {
        self.all(true)
    }

    /// Shows every case once, in no particular order, without holding them all.
    pub fn each_case(&self, mut show: impl FnMut(Record)) {
        for id in self.ask(|store| store.case_ids().map(Some)).unwrap_or_default() {
            let record = self.ask(|store| store.case_at(&id, |slot, sealed| self.unseal(slot, sealed)));
            if let Some(record) = record {
                show(record);
            }
        }
    }

    /// Notes how a case stands.
    pub fn put(&self, record: &Record) {
        self.tell(|store| put(store, &self.journal, record));
    }

    /// Destroys keys that an entry already names as destroyed, and takes these cases out of the projections.
    pub fn erase(&self, keys: &[CaseKey], cases: &[CaseId]) -> Result<(), JournalError> {
        self.journal.erase_cases(keys)?;
        for case in cases {
            self.tell(|store| store.remove_case(&case.key()));
        }
        Ok(())
    }

    fn all(&self, only_open: bool) -> Vec<Record> {
        let found = self.ask(|store| store.cases(only_open, |slot, sealed| self.unseal(slot, sealed)).map(Some));
        let mut found: Vec<Record> = found.unwrap_or_default();
        found.sort_by_key(|record| (record.id().uitvraag_id, record.id().side));
        found
    }

    fn stored(&self, index: LeafIndex) -> Option<Stored> {
        self.journal.read(LogName::Exchange, index).ok()
    }

    fn unseal(&self, slot: CaseKey, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.journal.unseal(slot, PROJECTION, sealed)
    }

    /// Reads; on damage rebuilds and reads once more.
    fn ask<T>(&self, read: impl Fn(&Store) -> Result<Option<T>, StoreError>) -> Option<T> {
        match self.read(&read) {
            Ok(found) => found,
            Err(error) => {
                self.rebuild(&error);
                self.read(&read).ok().flatten()
            }
        }
    }

    /// Writes; on damage rebuilds, which folds in what was to be written only if the journal holds it, so writes again.
    fn tell(&self, write: impl Fn(&Store) -> Result<(), StoreError>) {
        if let Err(error) = self.read(&write) {
            self.rebuild(&error);
            if let Err(error) = self.read(&write) {
                tracing::error!(%error, "a projection cannot be written; it is rebuilt at the next start");
            }
        }
    }

    fn read<T>(&self, use_store: impl Fn(&Store) -> Result<T, StoreError>) -> Result<T, StoreError> {
        use_store(&self.store.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn rebuild(&self, error: &StoreError) {
        tracing::warn!(%error, "rebuilding the projections from the journal");
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        match Self::refold(&self.journal, &self.dir, &self.key, &self.convenants) {
            Ok(fresh) => *store = fresh,
            Err(error) => tracing::error!(%error, "the projections cannot be rebuilt"),
        }
    }

    fn refold(journal: &Journal, dir: &Path, key: &[u8; 32], convenants: &Convenants) -> Result<Store, StoreError> {
        let store = Store::replace(dir, key)?;
        let grace = |convenant: &ConvenantRef| convenants.grace(convenant);
        let folding = exchange::fold(journal, &grace);
        for (id, seen) in folding.seen {
            store.put_seen(&id, seen)?;
        }
        for record in folding.records.values() {
            put(&store, journal, record)?;
        }
        Ok(store)
    }
}

fn put(store: &Store, journal: &Journal, record: &Record) -> Result<(), StoreError> {
    let vault = record.sealed_under();
    let plain = Zeroizing::new(store::encode(record)?);
    // A case whose key is gone has no projection.
    let Some(sealed) = journal.seal(vault, PROJECTION, &plain) else { return Ok(()) };
    store.put_case(&record.id().key(), vault, &sealed, record.is_open())
}
