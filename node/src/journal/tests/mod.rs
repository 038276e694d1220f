//! The journal under test: one place for set-up, one file per promise.

mod alone;
mod broken_disk;
mod continued;
mod faults;
mod flips;
mod mutations;
mod random;
mod record;
mod scale;
mod start;
mod torn;
mod vault;
mod verify;

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ed25519_dalek::SigningKey;
use tempfile::TempDir;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::{Blob, Bytes, Hash};
use weegnet_protocol::id::{EntryId, StatementId};
use weegnet_protocol::log::{EntryKind, LeafIndex, LogName, Receipt};

use super::disk::{Disk, RealDisk};
use super::*;

/// Small enough that a handful of entries fills one.
const SMALL: Layout = Layout { segment_bytes: 8 * 1024, slots_per_block: 4 };

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn identity() -> Identity {
    let keys = PublicKeys {
        link: Bytes([1; 32]),
        party: Bytes([2; 32]),
        witness: Bytes([3; 32]),
        statement: Bytes([4; 32]),
        checkpoint: Bytes(key().verifying_key().to_bytes()),
    };
    Identity { oin: "00000099000000001000".parse().unwrap(), name: "Gemeente Voorbeeld".into(), keys }
}

/// A clock that moves a millisecond at every look.
fn clock() -> impl Fn() -> Timestamp + Send + 'static {
    let millis = AtomicU64::new(1_795_406_033_120);
    move || Timestamp::from_millis(millis.fetch_add(1, Ordering::Relaxed))
}

/// A folder with a new journal in it.
struct Home {
    _dir: TempDir,
    journal: PathBuf,
}

impl Home {
    fn new(layout: Layout) -> Self {
        let home = Self::empty();
        create::create(&RealDisk, &home.journal, &identity(), &key(), clock()(), layout).unwrap();
        home
    }

    fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let journal = dir.path().join("journal");
        Home { _dir: dir, journal }
    }

    fn open(&self, layout: Layout) -> (Journal, Recovery) {
        self.try_open(Arc::new(RealDisk), layout).unwrap()
    }

    fn try_open(&self, disk: Arc<dyn Disk>, layout: Layout) -> Result<(Journal, Recovery), JournalError> {
        Journal::open_on(disk, &self.journal, key(), clock(), layout)
    }

    fn verify(&self) -> Result<Report, VerifyFailure<Infallible>> {
        verify(&self.journal, |_, _| {}, |_| Ok(()))
    }

    fn segment(&self, log: LogName, number: u32) -> PathBuf {
        segment::segment_path(&recovery::log_dir(&self.journal, log), number)
    }
}

/// A copy of a journal's folder in a folder of its own.
fn copy(from: &Path) -> Home {
    let home = Home::empty();
    copy_into(from, &home.journal);
    home
}

fn copy_into(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        if item.file_type().unwrap().is_dir() {
            copy_into(&item.path(), &to.join(item.file_name()));
        } else {
            std::fs::copy(item.path(), to.join(item.file_name())).unwrap();
        }
    }
}

fn id(number: u64) -> EntryId {
    EntryId::new(Timestamp::from_millis(number), [9; 10])
}

fn statement_id(number: u64) -> StatementId {
    StatementId::new(Timestamp::from_millis(number), [5; 10])
}

fn entry(number: u64, kind: EntryKind, body: EntryBody) -> Entry {
    let envelope = Some(Blob(format!("envelope {number}").into_bytes()));
    Entry { id: id(number), kind, convenant: Some(Hash::of(&[b"convenant"])), envelope, body }
}

fn public(number: u64, kind: EntryKind) -> Entry {
    entry(number, kind, EntryBody::Public(format!("body {number}").into_bytes()))
}

fn sealed(number: u64, kind: EntryKind, case: CaseKey) -> Entry {
    entry(number, kind, EntryBody::Sealed { case, bytes: secret(number) })
}

fn secret(number: u64) -> Vec<u8> {
    format!("who it is about, {number}").into_bytes()
}

/// A peer's receipt; the journal keeps it as it is.
async fn some_receipt(journal: &Journal) -> Receipt {
    journal.receipt(LogName::Exchange, LeafIndex(0)).unwrap()
}

fn entries_of(journal: &Journal, log: LogName) -> Vec<Stored> {
    let only_entries = |scanned| match scanned {
        Scanned::Entry(stored) => Some(stored),
        Scanned::Receipt { .. } => None,
    };
    journal.scan(log, LeafIndex(0)).unwrap().filter_map(|scanned| only_entries(scanned.unwrap())).collect()
}

fn receipts_of(journal: &Journal) -> Vec<(StatementId, Receipt)> {
    let only_receipts = |scanned| match scanned {
        Scanned::Entry(_) => None,
        Scanned::Receipt { statement, receipt } => Some((statement, *receipt)),
    };
    let scan = journal.scan(LogName::Exchange, LeafIndex(0)).unwrap();
    scan.filter_map(|scanned| only_receipts(scanned.unwrap())).collect()
}
