//! What survives a crash: the largest checkpoint that this node cosigned of each member, those of its own log that others
//! cosigned, and evidence. Each is a file with signed notes, replaced whole, which any tool for such notes can read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use weegnet_protocol::Oin;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::log::{CosignedCheckpoint, SignedCheckpoint};

/// Most pairs of checkpoints that are kept as evidence; more would tell nothing new.
pub(super) const MAX_EVIDENCE: usize = 64;
/// Name of the file with our own log's cosigned checkpoint.
const OWN: &str = "own.note";
/// Name of the file with a checkpoint of ours that our journal does not have.
const ROLLBACK: &str = "rollback.note";

/// A file of the witness room that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The system said no.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not a signed checkpoint.
    #[error("{0} is not a signed checkpoint: restore it from a backup; without it this node could sign twice")]
    Damaged(PathBuf),
}

/// The files, read.
pub(super) struct Memory {
    dir: PathBuf,
    held: BTreeMap<Oin, CosignedCheckpoint>,
    /// Gathers cosignatures.
    candidate: Option<CosignedCheckpoint>,
    /// The largest one that enough others cosigned.
    witnessed: Option<CosignedCheckpoint>,
    rollback: Option<CosignedCheckpoint>,
    evidence: usize,
}

impl Memory {
    /// Reads the room `dir` and makes nothing, also where nothing is: that a room is missing must still show afterwards.
    pub(super) fn open(dir: &Path) -> Result<Self, MemoryError> {
        let mut held = BTreeMap::new();
        for path in files(&dir.join("held"))? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // What a crash left half written is no note yet.
            let Some(oin) = name.strip_suffix(".note").and_then(|oin| oin.parse().ok()) else { continue };
            held.extend(read(&path)?.map(|note| (oin, note)));
        }
        let evidence = files(&dir.join("evidence"))?.len();
        let (witnessed, rollback) = (read(&dir.join(OWN))?, read(&dir.join(ROLLBACK))?);
        Ok(Memory { dir: dir.into(), held, candidate: None, witnessed, rollback, evidence })
    }

    /// Makes the room where there is none; whether that was needed. Only a node that begins to serve does.
    pub(super) fn make(&self) -> Result<bool, MemoryError> {
        let missing = !self.dir.is_dir();
        fs::create_dir_all(&self.dir).map_err(|source| MemoryError::Io { path: self.dir.clone(), source })?;
        Ok(missing)
    }

    /// The largest checkpoint of a member that this node cosigned.
    pub(super) fn held(&self, oin: &Oin) -> Option<&CosignedCheckpoint> {
        self.held.get(oin)
    }

    /// All of them.
    pub(super) fn all_held(&self) -> impl Iterator<Item = (&Oin, &CosignedCheckpoint)> {
        self.held.iter()
    }

    /// Takes a larger one in its place: synced before it returns, so before anybody is told.
    pub(super) fn hold(&mut self, oin: Oin, note: CosignedCheckpoint) -> Result<(), MemoryError> {
        replace(&self.dir.join("held"), &format!("{oin}.note"), note.note().as_bytes())?;
        self.held.insert(oin, note);
        Ok(())
    }

    /// The checkpoint of our own log that gathers cosignatures.
    pub(super) fn candidate(&mut self) -> &mut Option<CosignedCheckpoint> {
        &mut self.candidate
    }

    /// The largest checkpoint of our own log that enough others cosigned.
    pub(super) fn witnessed(&self) -> Option<&CosignedCheckpoint> {
        self.witnessed.as_ref()
    }

    /// Enough others cosigned this one.
    pub(super) fn is_witnessed(&mut self, note: CosignedCheckpoint) -> Result<(), MemoryError> {
        replace(&self.dir, OWN, note.note().as_bytes())?;
        self.witnessed = Some(note);
        Ok(())
    }

    /// A checkpoint of our own log that our journal does not have.
    pub(super) fn rollback(&self) -> Option<&CosignedCheckpoint> {
        self.rollback.as_ref()
    }

    /// Others hold this checkpoint of our own log, and our journal does not have it.
    pub(super) fn rolled_back(&mut self, note: CosignedCheckpoint) -> Result<(), MemoryError> {
        replace(&self.dir, ROLLBACK, note.note().as_bytes())?;
        self.rollback = Some(note);
        Ok(())
    }

    /// The journal that has it was put back.
    pub(super) fn mended(&mut self) -> Result<(), MemoryError> {
        remove(&self.dir.join(ROLLBACK))?;
        self.rollback = None;
        Ok(())
    }

    /// A member's log has another name now: what was held of the one before lies aside, under its own hash.
    pub(super) fn retire(&mut self, oin: &Oin) -> Result<(), MemoryError> {
        let Some(note) = self.held.get(oin) else { return Ok(()) };
        let name = format!("{oin}.{}.note", Hash::of(&[note.note().as_bytes()]));
        replace(&self.dir.join("former"), &name, note.note().as_bytes())?;
        remove(&self.dir.join("held").join(format!("{oin}.note")))?;
        self.held.remove(oin);
        Ok(())
    }

    /// What others cosigned was of a log that ours only continues.
    pub(super) fn begin_again(&mut self) -> Result<(), MemoryError> {
        remove(&self.dir.join(OWN))?;
        (self.candidate, self.witnessed) = (None, None);
        Ok(())
    }

    /// Keeps two checkpoints of one log that cannot both be true; false when they are kept already, or there are too many.
    pub(super) fn keep_evidence(
        &mut self,
        one: &SignedCheckpoint,
        other: &SignedCheckpoint,
    ) -> Result<bool, MemoryError> {
        let mut notes = [one.note(), other.note()];
        notes.sort_unstable();
        self.keep("notes", &[notes[0].as_bytes(), b"\n", notes[1].as_bytes()].concat())
    }

    /// Keeps what a party key signed although it contradicts what that party signed before; false as above.
    pub(super) fn keep_refused(&mut self, amendments: &[u8]) -> Result<bool, MemoryError> {
        self.keep("amendments", amendments)
    }

    fn keep(&mut self, kind: &str, bytes: &[u8]) -> Result<bool, MemoryError> {
        let name = format!("{}.{kind}", Hash::of(&[bytes]));
        if self.evidence >= MAX_EVIDENCE || self.dir.join("evidence").join(&name).exists() {
            return Ok(false);
        }
        replace(&self.dir.join("evidence"), &name, bytes)?;
        self.evidence += 1;
        Ok(true)
    }

    /// Pairs that are kept.
    pub(super) fn evidence(&self) -> usize {
        self.evidence
    }
}

fn remove(path: &Path) -> Result<(), MemoryError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(MemoryError::Io { path: path.into(), source }),
        _ => Ok(()),
    }
}

/// What lies in a folder; nothing where there is none.
fn files(dir: &Path) -> Result<Vec<PathBuf>, MemoryError> {
    let io = |source| MemoryError::Io { path: dir.into(), source };
    match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        found => found.map_err(io)?.map(|entry| Ok(entry.map_err(io)?.path())).collect(),
    }
}

fn read(path: &Path) -> Result<Option<CosignedCheckpoint>, MemoryError> {
    match fs::read_to_string(path) {
        Ok(note) => CosignedCheckpoint::parse(&note).map(Some).map_err(|_| MemoryError::Damaged(path.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(MemoryError::Io { path: path.into(), source }),
    }
}

/// Writes beside, syncs, renames, syncs the folder, which is made when it is not there: the old file or the new one, whole.
fn replace(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), MemoryError> {
    let (path, beside) = (dir.join(name), dir.join(format!("{name}.new")));
    let write = || {
        if !dir.is_dir() {
            fs::create_dir_all(dir)?;
            // Or the folder itself could be lost with the machine.
            dir.parent().map_or(Ok(()), |above| File::open(above)?.sync_all())?;
        }
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        File::open(dir)?.sync_all()
    };
    write().map_err(|source| MemoryError::Io { path: path.clone(), source })
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use weegnet_protocol::log::{Checkpoint, LogName, Origin};

    use super::*;

    fn note(size: u64, root: u8) -> CosignedCheckpoint {
        let oin: Oin = "00000099000000002000".parse().unwrap();
        let origin = Origin::new(&oin, LogName::Exchange, [1; 8]);
        let checkpoint = Checkpoint { origin, size, root: weegnet_protocol::codec::Bytes([root; 32]) };
        CosignedCheckpoint::new(checkpoint.sign(&SigningKey::from_bytes(&[7; 32]))).unwrap()
    }

    #[test]
    fn what_is_held_survives_and_what_a_crash_left_half_written_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let oin: Oin = "00000099000000002000".parse().unwrap();
        let mut memory = Memory::open(dir.path()).unwrap();
        memory.hold(oin, note(5, 1)).unwrap();
        memory.hold(oin, note(6, 2)).unwrap();
        memory.is_witnessed(note(4, 3)).unwrap();
        fs::write(dir.path().join("held").join(format!("{oin}.note.new")), "half").unwrap();
        let memory = Memory::open(dir.path()).unwrap();
        assert_eq!(memory.held(&oin), Some(&note(6, 2)));
        assert_eq!(memory.witnessed(), Some(&note(4, 3)));
    }

    #[test]
    fn reading_makes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let room = dir.path().join("witness");
        let memory = Memory::open(&room).unwrap();
        assert!(memory.witnessed().is_none() && memory.all_held().next().is_none());
        assert!(!room.exists(), "a missing room stays missing");
        assert!(memory.make().unwrap() && room.is_dir());
        assert!(!memory.make().unwrap(), "and is made once");
        drop(Memory::open(&room).unwrap());
        assert_eq!(fs::read_dir(&room).unwrap().count(), 0, "nor is anything made in it");
    }

    #[test]
    fn a_damaged_note_is_refused_and_not_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("held")).unwrap();
        fs::write(dir.path().join("held/00000099000000002000.note"), "nothing").unwrap();
        assert!(matches!(Memory::open(dir.path()), Err(MemoryError::Damaged(_))));
    }

    #[test]
    fn evidence_is_kept_once_and_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let mut memory = Memory::open(dir.path()).unwrap();
        let (one, other) = (note(5, 1), note(5, 2));
        assert!(memory.keep_evidence(one.signed(), other.signed()).unwrap());
        assert!(!memory.keep_evidence(other.signed(), one.signed()).unwrap(), "the same pair");
        for root in 3..=u8::try_from(MAX_EVIDENCE + 9).unwrap() {
            memory.keep_evidence(one.signed(), note(5, root).signed()).unwrap();
        }
        assert_eq!(memory.evidence(), MAX_EVIDENCE);
        assert_eq!(Memory::open(dir.path()).unwrap().evidence(), MAX_EVIDENCE);
    }
}
