//! Who comes alone writes without the thread, and is promised the same.

use std::fs::File;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::thread::{self, ThreadId};

use super::super::pen::LONE_BATCHES;
use super::*;

/// Remembers who wrote, and breaks once it is told to.
#[derive(Default)]
struct WatchedDisk {
    writers: Mutex<Vec<ThreadId>>,
    broken: AtomicBool,
}

impl Disk for WatchedDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        RealDisk.create(path)
    }

    fn allocate(&self, file: &File, bytes: u64) -> io::Result<()> {
        RealDisk.allocate(file, bytes)
    }

    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        self.writers.lock().unwrap().push(thread::current().id());
        if self.broken.load(Ordering::Relaxed) {
            Err(io::Error::other("broken"))
        } else {
            RealDisk.write(file, bytes, at)
        }
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        RealDisk.sync(file)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_folder(path)
    }
}

/// Records until the caller has written itself; how many entries that took. A slow disk keeps the thread at it.
async fn until_written_here(journal: &Journal, disk: &WatchedDisk) -> u64 {
    for number in 1.. {
        journal.record((), vec![public(number, EntryKind::QuestionReceived)]).await.unwrap();
        if disk.writers.lock().unwrap().last() == Some(&thread::current().id()) {
            return number;
        }
    }
    unreachable!("numbers do not end")
}

#[tokio::test]
async fn whoever_comes_alone_for_a_while_writes_itself_and_all_of_it_is_there() {
    let home = Home::new(SMALL);
    let disk = Arc::new(WatchedDisk::default());
    let (journal, _) = home.try_open(disk.clone(), SMALL).unwrap();
    let written = until_written_here(&journal, &disk).await;
    assert!(written > u64::from(LONE_BATCHES));
    let receipt = some_receipt(&journal).await;
    journal.keep_receipt(statement_id(1), receipt).unwrap();
    journal.record((), vec![public(written + 1, EntryKind::AnswerSent)]).await.unwrap();
    journal.clone().close().await;
    let late = journal.record((), vec![public(written + 2, EntryKind::AnswerSent)]).await;
    assert!(matches!(late, Err(JournalError::Closed)));
    drop(journal);
    let (journal, recovery) = home.open(SMALL);
    assert_eq!(recovery, Recovery::default());
    assert_eq!(entries_of(&journal, LogName::Exchange).len() as u64, written + 2);
    assert_eq!(receipts_of(&journal).len(), 1);
    home.verify().unwrap();
}

#[tokio::test]
async fn a_write_that_fails_at_the_caller_ends_the_process_too() {
    let home = Home::new(SMALL);
    let disk = Arc::new(WatchedDisk::default());
    let (journal, _) = home.try_open(disk.clone(), SMALL).unwrap();
    until_written_here(&journal, &disk).await;
    disk.broken.store(true, Ordering::Relaxed);
    let failed = journal.record((), vec![public(90, EntryKind::AnswerSent)]).await;
    assert!(matches!(failed, Err(JournalError::Failed)));
    journal.failed().await;
    disk.broken.store(false, Ordering::Relaxed);
    let later = journal.record((), vec![public(91, EntryKind::AnswerSent)]).await;
    assert!(matches!(later, Err(JournalError::Failed)));
    journal.close().await;
}

#[tokio::test]
async fn nobody_writes_itself_while_others_are_about_to_come() {
    let home = Home::new(SMALL);
    let disk = Arc::new(WatchedDisk::default());
    let (journal, _) = home.try_open(disk.clone(), SMALL).unwrap();
    until_written_here(&journal, &disk).await;
    let others = [journal.attend(std::future::pending::<()>()), journal.attend(std::future::pending::<()>())];
    journal.record((), vec![public(92, EntryKind::AnswerSent)]).await.unwrap();
    assert_ne!(disk.writers.lock().unwrap().last(), Some(&thread::current().id()));
    drop(others);
}
