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

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use weegnet_protocol::Timestamp;
    use weegnet_protocol::codec::Bytes;
    use weegnet_protocol::id::EntryId;
    use weegnet_protocol::log::EntryKind;

    use super::*;
    use crate::journal::{Entry, EntryBody, Identity, Journal, PublicKeys, Rebuild};

    /// Every place at which a swap can be interrupted, in its order.
    const STEPS: [&str; 6] = ["built", "complete", "vault", "old journal", "notes", "new journal"];

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_795_406_000)
    }

    fn create(dir: &Path) {
        let other = Bytes([1; 32]);
        let checkpoint = Bytes(key().verifying_key().to_bytes());
        let keys = PublicKeys { link: other, party: other, witness: other, statement: other, checkpoint };
        let oin = "00000099000000001000".parse().unwrap();
        Journal::create(dir, &Identity { oin, name: "Gemeente".into(), keys }, &key(), now).unwrap();
    }

    fn open(home: &Home) -> Journal {
        Journal::open(&home.journal(), key(), now).unwrap().0
    }

    /// A node's directory with a journal of two cases, and a new one beside it that was just built.
    async fn built() -> (tempfile::TempDir, Home) {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        create(&home.journal());
        fs::create_dir(home.witness()).unwrap();
        for name in ["own.note", "rollback.note"] {
            fs::write(home.witness().join(name), "a note").unwrap();
        }
        let journal = open(&home);
        for number in 1..=2 {
            let body = EntryBody::Sealed { case: journal.new_case().unwrap(), bytes: vec![number; 40] };
            let id = EntryId::new(now(), [number; 10]);
            let entry = Entry { id, kind: EntryKind::Released, convenant: None, envelope: None, body };
            journal.record((), vec![entry]).await.unwrap();
        }
        let oin = "00000099000000001000".parse().unwrap();
        let origins = LogName::ALL.map(|log| Origin::new(&oin, log, [9; 8]));
        let rebuild = Rebuild { origins, last: &[], entries: Vec::new(), now: now() };
        journal.rebuild(&home.recovering(), &key(), rebuild).unwrap();
        journal.close().await;
        (dir, home)
    }

    /// Both bodies open, and so the vault is where its journal is; whether it is the new one.
    async fn is_new(home: &Home) -> bool {
        let journal = open(home);
        for number in 1..=2 {
            let stored = journal.read(LogName::House, weegnet_protocol::log::LeafIndex(number)).unwrap();
            assert_eq!(journal.body(&stored).unwrap().map(|body| body.len()), Some(40));
        }
        let new = !journal.former(LogName::Exchange).is_empty();
        journal.close().await;
        new
    }

    fn swap(home: &Home, pass: Pass<'_>) -> Result<bool, SwapError> {
        complete_passing(home, pass)?;
        finish_passing(home, pass)
    }

    #[tokio::test]
    async fn whatever_interrupts_it_the_next_start_has_the_old_journal_or_the_new_one() {
        for (at, step) in STEPS.iter().enumerate() {
            let (_dir, home) = built().await;
            let mut passed = Vec::new();
            let killed = swap(&home, &mut |done| {
                passed.push(done);
                if done == *step { Err(io::Error::other("killed here")) } else { Ok(()) }
            });
            assert!(killed.is_err(), "{step}");
            assert_eq!(passed, STEPS[..=at], "every step has a name");
            // What a start does first, and a start after one that was killed at the same place.
            let first = finish_passing(&home, &mut |done| {
                if done == *step { Err(io::Error::other("killed here")) } else { Ok(()) }
            });
            assert!(first.is_ok() || at >= 2, "{step}");
            finish(&home).unwrap();
            assert!(!finish(&home).unwrap(), "nothing is left to do");
            assert_eq!(is_new(&home).await, at > 0, "{step}");
            assert_eq!(home.witness().join("rollback.note").exists(), at == 0, "{step}");
            if at > 0 {
                let old = home.former().join("0909090909090909/journal");
                assert!(journal::read_head(&old, LogName::House).unwrap().continued.is_none());
                assert!(!old.join("vault.keys").exists(), "the keys are in one place");
            }
        }
    }

    #[tokio::test]
    async fn a_journal_that_was_put_back_meanwhile_is_not_thrown_out() {
        let (dir, home) = built().await;
        complete(&home).unwrap();
        let aside = dir.path().join("aside");
        fs::rename(home.journal(), &aside).unwrap();
        create(&home.journal());
        assert!(matches!(finish(&home), Err(SwapError::OtherJournal { .. })));
        assert!(home.journal().join("vault.keys").exists(), "nothing was moved");
        // The one that it was made from, with more than it had then.
        fs::remove_dir_all(home.journal()).unwrap();
        fs::rename(&aside, home.journal()).unwrap();
        let journal = open(&home);
        let body = EntryBody::Public(vec![1]);
        let id = EntryId::new(now(), [8; 10]);
        let entry = Entry { id, kind: EntryKind::HouseCheckpoint, convenant: None, envelope: None, body };
        journal.record((), vec![entry]).await.unwrap();
        journal.close().await;
        assert!(matches!(finish(&home), Err(SwapError::OtherJournal { .. })));
        fs::remove_dir_all(home.recovered()).unwrap();
        assert!(!finish(&home).unwrap());
        assert!(!is_new(&home).await);
    }
}
