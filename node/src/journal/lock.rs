//! One process per journal: an exclusive lock on the file `lock`, which the kernel lets go when the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::error::JournalError;

/// Name of the file in the journal's folder.
const FILE: &str = "lock";
/// How long a lock may still be held by a process that is just being started: it has our files until it runs its own
/// program.
const PATIENCE: Duration = Duration::from_millis(500);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(10);

/// While this lives, no other process writes in the journal's folder.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or says [`JournalError::InUse`] after half a second.
    pub(super) fn take(dir: &Path) -> Result<Self, JournalError> {
        let path = dir.join(FILE);
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = open.map_err(JournalError::io("open", &path))?;
        let until = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(JournalError::InUse { dir: dir.into() }),
                Err(TryLockError::Error(error)) => return Err(JournalError::io("lock", path)(error)),
            }
        }
    }

    /// Whether some process holds it now; what cannot be asked is not held.
    pub(super) fn is_held(dir: &Path) -> bool {
        match File::open(dir.join(FILE)) {
            Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
            Err(_) => false,
        }
    }
}
