//! The new journal takes the old one's place: a few renames, each of which may be the last thing that this process does.
//!
//! As long as the new journal has its first name, nothing has happened. Once it has its second, the next start finishes the
//! rest before it does anything else; each step is done already where it was done before.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use weegnet_protocol::log::{LogName, Origin};

use crate::home::Home;
use crate::journal::{self, JournalError};

/// Why the new journal is not in its place.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// The old one is not what the new one was made from.
    #[error(
        "{recovered} was made to continue another journal than the one in {journal}: if that was put back since, move \
         {recovered} away"
    )]
    OtherJournal {
        /// The new one.
        recovered: PathBuf,
        /// The one in its place.
        journal: PathBuf,
    },
    /// One of the two cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The system said no.
    #[error("{path}: {source}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The folder of the journal that the exchange log of this name continues.
pub(super) fn former(home: &Home, new: &Origin) -> PathBuf {
    home.former().join(new.as_str().rsplit('/').next().unwrap_or_default())
}

/// The new journal is whole: from here on it will be the journal.
pub(super) fn complete(home: &Home) -> Result<(), SwapError> {
    complete_passing(home, &mut |_| Ok(()))
}

/// Brings to its end what was begun; whether there was anything.
///
/// # Errors
/// [`SwapError::OtherJournal`] before anything is moved; [`SwapError::Io`] anywhere: the next attempt goes on.
pub fn finish(home: &Home) -> Result<bool, SwapError> {
    finish_passing(home, &mut |_| Ok(()))
}

/// Told the name of each step when it is done; what it says instead of `Ok` is the end, as a kill would be.
type Pass<'a> = &'a mut dyn FnMut(&'static str) -> io::Result<()>;

fn complete_passing(home: &Home, pass: Pass<'_>) -> Result<(), SwapError> {
    let done = pass("built").and_then(|()| rename(&home.recovering(), &home.recovered()));
    done.and_then(|()| pass("complete")).map_err(io_at(home.recovered()))
}

fn finish_passing(home: &Home, pass: Pass<'_>) -> Result<bool, SwapError> {
    let (recovered, journal) = (home.recovered(), home.journal());
    if !recovered.is_dir() {
        return Ok(false);
    }
    let genesis = journal::read_head(&recovered, LogName::Exchange)?;
    let former = former(home, &genesis.origin);
    if journal.is_dir() {
        continues(&recovered, &journal)?;
        journal::move_vault(&journal, &recovered).and_then(|()| pass("vault")).map_err(io_at(&journal))?;
        fs::create_dir_all(&former).map_err(io_at(&former))?;
        let moved = rename(&journal, &former.join("journal")).and_then(|()| pass("old journal"));
        moved.map_err(io_at(&former))?;
    }
    // About the log before; copies lie beside the old journal.
    for name in ["own.note", "rollback.note"] {
        let path = home.witness().join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_at(&path)(error)),
            _ => {}
        }
    }
    pass("notes").and_then(|()| rename(&recovered, &journal)).map_err(io_at(&journal))?;
    pass("new journal").map_err(io_at(&journal))?;
    Ok(true)
}

/// The journal in its place must be the one that the new one was made from, up to its last checkpoint.
fn continues(recovered: &Path, journal: &Path) -> Result<(), SwapError> {
    for log in LogName::ALL {
        let kept = journal::read_head(recovered, log)?.continued.map(|continued| continued.kept);
        if kept.as_deref() != Some(journal::read_checkpoint(journal, log)?.note()) {
            return Err(SwapError::OtherJournal { recovered: recovered.into(), journal: journal.into() });
        }
    }
    Ok(())
}

/// Renames within one disk; both folders are synced.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    for folder in [to.parent(), from.parent()].into_iter().flatten() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A whole file, synced; whatever was there before is replaced.
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn io_at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> SwapError {
    let path = path.into();
    move |source| SwapError::Io { path, source }
}
