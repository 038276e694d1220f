//! The file of an embedded store: dropping a store does not wait for its threads, which hold the file a moment longer.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// The file that a store locks while it is open.
const FILE: &str = "db";
/// Longest wait for the threads of a store that was just closed: 5 s.
const LONGEST: Duration = Duration::from_secs(5);
/// Between two attempts to get the lock.
const PAUSE: Duration = Duration::from_millis(1);

/// Returns when nobody holds the store in a directory any more, or there is none; an error when that takes too long.
pub fn wait_until_closed(dir: &Path) -> io::Result<()> {
    let file = match File::open(dir.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if since.elapsed() > LONGEST => return Err(io::ErrorKind::TimedOut.into()),
            // A lock that can be waited for with a bound does not exist, so it is asked for again.
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
        }
    }
}
