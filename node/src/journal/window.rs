//! A segment read through a window: a start goes through hundreds of megabytes and must not hold them.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::error::JournalError;

/// Bytes read at a time.
const READ_AHEAD_BYTES: usize = 256 * 1024;

/// Part of a segment in memory.
pub(super) struct Window {
    file: File,
    path: PathBuf,
    length: usize,
    begin: usize,
    bytes: Vec<u8>,
}

impl Window {
    pub(super) fn new(file: File, path: PathBuf, length: usize) -> Self {
        Window { file, path, length, begin: 0, bytes: Vec::new() }
    }

    /// Bytes in the file.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// `count` bytes at an offset.
    pub(super) fn get(&mut self, at: usize, count: usize) -> Result<&[u8], JournalError> {
        let held = self.begin..self.begin + self.bytes.len();
        if at < held.start || at + count > held.end {
            let wanted = count.max(READ_AHEAD_BYTES).min(self.length.saturating_sub(at)).max(count);
            self.bytes.resize(wanted, 0);
            self.begin = at;
            if let Err(error) = self.file.read_exact_at(&mut self.bytes, at as u64) {
                self.bytes.clear();
                return Err(JournalError::io("read", &self.path)(error));
            }
        }
        Ok(&self.bytes[at - self.begin..][..count])
    }

    /// `N` bytes at an offset.
    pub(super) fn chunk<const N: usize>(&mut self, at: usize) -> Result<[u8; N], JournalError> {
        let mut chunk = [0; N];
        chunk.copy_from_slice(self.get(at, N)?);
        Ok(chunk)
    }

    /// Whether nothing but zeroes follows.
    pub(super) fn is_zero_from(&mut self, at: usize) -> Result<bool, JournalError> {
        let mut at = at;
        while at < self.length {
            let count = READ_AHEAD_BYTES.min(self.length - at);
            if self.get(at, count)?.iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
            at += count;
        }
        Ok(true)
    }

    /// All bytes from `at` on, read anew.
    pub(super) fn rest(&mut self, at: usize) -> Result<Vec<u8>, JournalError> {
        let mut bytes = vec![0; self.length.saturating_sub(at)];
        self.file.read_exact_at(&mut bytes, at as u64).map_err(JournalError::io("read", &self.path))?;
        Ok(bytes)
    }

    /// Makes the next look go to the file, which a running writer may have changed.
    pub(super) fn forget(&mut self) {
        self.bytes.clear();
    }
}
