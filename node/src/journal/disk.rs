//! The only calls by which the journal changes a disk, so that tests can break every one of them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

/// Bytes written at a time where the file system cannot preallocate.
const ZEROES_PER_WRITE: usize = 64 * 1024;

/// What the journal does to files. The second implementation lives in the journal's tests.
pub(super) trait Disk: Send + Sync + 'static {
    /// Makes a new file that only its owner can read, or fails when it exists.
    fn create(&self, path: &Path) -> io::Result<File>;
    /// Reserves the first `bytes` of a file and makes it that long; new bytes read as zero.
    fn allocate(&self, file: &File, bytes: u64) -> io::Result<()>;
    /// Writes all of `bytes` at an offset.
    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()>;
    /// fdatasync: after it, what was written survives a loss of power.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Renames a file or folder.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// fsync of a folder: after it, its names survive a loss of power.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// The machine's own.
pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
    }

    fn allocate(&self, file: &File, bytes: u64) -> io::Result<()> {
        match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes) {
            Err(Errno::OPNOTSUPP) => fill_up(file, bytes),
            done => done.map_err(io::Error::from),
        }
    }

    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        file.write_all_at(bytes, at)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        rustix::fs::fdatasync(file).map_err(io::Error::from)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

/// Whether this is the lack of space that a later attempt may not meet.
pub(super) fn is_no_space(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn fill_up(file: &File, bytes: u64) -> io::Result<()> {
    let zeroes = [0; ZEROES_PER_WRITE];
    let mut at = file.metadata()?.len();
    while at < bytes {
        let count = usize::try_from(bytes - at).map_or(ZEROES_PER_WRITE, |rest| rest.min(ZEROES_PER_WRITE));
        file.write_all_at(&zeroes[..count], at)?;
        at += count as u64;
    }
    Ok(())
}
