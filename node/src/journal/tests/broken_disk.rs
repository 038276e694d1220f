//! A disk that breaks at a chosen call, in every way that a disk, a full file system or a lost power supply can.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rustix::io::Errno;

use super::super::disk::{Disk, RealDisk};

/// How the chosen call goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Break {
    /// The process dies before the call.
    Before,
    /// The process dies when half of a write is done.
    Halfway,
    /// The process dies after the call, before anybody hears of it.
    After,
    /// The call fails; later ones work again.
    Error,
    /// The call fails for lack of space; later ones work again.
    NoSpace,
}

impl Break {
    pub(super) const ALL: [Break; 5] = [Break::Before, Break::Halfway, Break::After, Break::Error, Break::NoSpace];
}

/// Counts calls, breaks one of them, and remembers what was not synced.
pub(super) struct BrokenDisk {
    at: u64,
    how: Break,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: u64,
    dead: bool,
    unsynced: Vec<Change>,
    /// Offset and bytes of every whole write.
    writes: Vec<(u64, Vec<u8>)>,
}

/// Something that a loss of power may undo.
enum Change {
    Write { file: File, at: u64, before: Vec<u8> },
    Length { file: File, before: u64 },
    Rename { from: PathBuf, to: PathBuf },
}

impl BrokenDisk {
    /// Breaks call number `at`, counted from 1.
    pub(super) fn new(at: u64, how: Break) -> Self {
        BrokenDisk { at, how, state: Mutex::default() }
    }

    /// Breaks nothing.
    pub(super) fn sound() -> Self {
        Self::new(0, Break::Error)
    }

    pub(super) fn calls(&self) -> u64 {
        self.state.lock().unwrap().calls
    }

    pub(super) fn writes(&self) -> Vec<(u64, Vec<u8>)> {
        self.state.lock().unwrap().writes.clone()
    }

    /// Undoes what was not synced: each sector of it that `is_lost` says, numbered over all of them.
    pub(super) fn lose_power(&self, is_lost: impl Fn(usize) -> bool) {
        let mut state = self.state.lock().unwrap();
        state.dead = true;
        let mut sector = 0;
        for change in state.unsynced.drain(..).rev() {
            match change {
                Change::Write { file, at, before } => {
                    let mut begin = 0;
                    while begin < before.len() {
                        let end = (((at as usize + begin) / 512 + 1) * 512 - at as usize).min(before.len());
                        if is_lost(sector) {
                            file.write_all_at(&before[begin..end], at + begin as u64).unwrap();
                        }
                        sector += 1;
                        begin = end;
                    }
                }
                Change::Length { file, before } => {
                    if is_lost(sector) {
                        file.set_len(before).unwrap();
                    }
                }
                Change::Rename { from, to } => {
                    if is_lost(sector) {
                        std::fs::rename(to, from).unwrap();
                    }
                }
            }
        }
    }

    /// Does `work`, or the part of it that the break leaves.
    fn call<T>(
        &self,
        change: impl FnOnce() -> Option<Change>,
        halfway: Option<impl FnOnce()>,
        work: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.state.lock().unwrap();
        let error = |errno: Errno| Err(io::Error::from(errno));
        if state.dead {
            return error(Errno::IO);
        }
        state.calls += 1;
        if state.calls == self.at {
            state.dead = !matches!(self.how, Break::Error | Break::NoSpace);
            return match self.how {
                Break::Before | Break::Error => error(Errno::IO),
                Break::NoSpace => error(Errno::NOSPC),
                Break::Halfway => {
                    // What is no write has no half.
                    if let Some(halfway) = halfway {
                        state.unsynced.extend(change());
                        halfway();
                    }
                    error(Errno::IO)
                }
                Break::After => {
                    state.unsynced.extend(change());
                    work()?;
                    error(Errno::IO)
                }
            };
        }
        state.unsynced.extend(change());
        work()
    }

    fn synced(&self, is_synced: impl Fn(&Change) -> bool) {
        self.state.lock().unwrap().unsynced.retain(|change| !is_synced(change));
    }
}

impl Disk for BrokenDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        self.call(|| None, None::<fn()>, || RealDisk.create(path))
    }

    fn allocate(&self, file: &File, bytes: u64) -> io::Result<()> {
        let change =
            || Some(Change::Length { file: file.try_clone().unwrap(), before: file.metadata().unwrap().len() });
        self.call(change, None::<fn()>, || RealDisk.allocate(file, bytes))
    }

    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        let change = || {
            let mut before = vec![0; bytes.len()];
            let readable = file.metadata().unwrap().len().saturating_sub(at).min(bytes.len() as u64) as usize;
            file.read_exact_at(&mut before[..readable], at).unwrap();
            Some(Change::Write { file: file.try_clone().unwrap(), at, before })
        };
        let half = || RealDisk.write(file, &bytes[..bytes.len() / 2], at).unwrap();
        self.call(change, Some(half), || RealDisk.write(file, bytes, at))?;
        self.state.lock().unwrap().writes.push((at, bytes.to_vec()));
        Ok(())
    }

    /// Believed, not done: what the tests lose they lose through [`BrokenDisk::lose_power`].
    fn sync(&self, file: &File) -> io::Result<()> {
        self.call(|| None, None::<fn()>, || Ok(()))?;
        let inode = file.metadata()?.ino();
        self.synced(|change| match change {
            Change::Write { file, .. } | Change::Length { file, .. } => {
                file.metadata().is_ok_and(|found| found.ino() == inode)
            }
            Change::Rename { .. } => false,
        });
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let change = || Some(Change::Rename { from: from.into(), to: to.into() });
        self.call(change, None::<fn()>, || RealDisk.rename(from, to))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.call(|| None, None::<fn()>, || Ok(()))?;
        self.synced(|change| matches!(change, Change::Rename { to, .. } if to.parent() == Some(path)));
        Ok(())
    }
}
