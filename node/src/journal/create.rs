//! Making a new journal: built beside its place under another name, then renamed into it.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::id::EntryId;
use weegnet_protocol::log::{Checkpoint, EntryKind, Leaf, LogName, Tree, hash_leaf};

use super::Layout;
use super::disk::Disk;
use super::entry::{KeptBody, Payload};
use super::error::JournalError;
use super::framed::write_genesis;
use super::genesis::{GenesisBody, Identity};
use super::lock::Lock;
use super::recovery::log_dir;
use super::segment::{Tip, WriteError};
use super::vault::{self, Vault, random};

pub(super) fn create(
    disk: &dyn Disk,
    dir: &Path,
    identity: &Identity,
    key: &SigningKey,
    now: Timestamp,
    layout: Layout,
) -> Result<(), JournalError> {
    if identity.keys.checkpoint.0 != key.verifying_key().to_bytes() {
        return Err(JournalError::WrongKey);
    }
    if fs::symlink_metadata(dir).is_ok() {
        return Err(JournalError::AlreadyExists { dir: dir.into() });
    }
    let staging = staging(dir);
    make_dir(&staging)?;
    // Held until the end, also under the new name: the lock is on the file, not on its path.
    let _lock = Lock::take(&staging)?;
    clear(&staging)?;
    for log in LogName::ALL {
        let log_dir = log_dir(&staging, log);
        make_dir(&log_dir)?;
        let genesis = genesis(identity, log, key, now)?;
        let written = Tip::create(disk, log, &log_dir, layout.segment_bytes)
            .and_then(|mut tip| Ok(write_genesis(disk, &mut tip, genesis.0, genesis.1)?));
        written.map_err(|error| failure(error, &log_dir))?;
    }
    let finish = || -> io::Result<()> {
        Vault::create(disk, &staging, layout.slots_per_block)?;
        disk.sync_folder(&staging)?;
        disk.rename(&staging, dir)?;
        disk.sync_folder(parent(dir))
    };
    finish().map_err(|error| failure(error.into(), dir))
}

/// Payload and checkpoint of a log with nothing but its genesis.
fn genesis(
    identity: &Identity,
    log: LogName,
    key: &SigningKey,
    now: Timestamp,
) -> Result<(Vec<u8>, weegnet_protocol::log::SignedCheckpoint), JournalError> {
    let mut chance = [0; 8];
    random(&mut chance)?;
    let genesis = GenesisBody::new(identity, log, chance);
    let payload = genesis_payload(&genesis, now)?;
    let leaf = Payload::decode(&payload).map(|payload| hash_leaf(payload.leaf)).ok_or(JournalError::NotRecordable)?;
    let mut tree = Tree::default();
    tree.append(leaf);
    let root = tree.root(1).unwrap_or(leaf);
    Ok((payload, Checkpoint { origin: genesis.origin, size: 1, root }.sign(key)))
}

/// The entry frame's payload of a genesis.
pub(super) fn genesis_payload(genesis: &GenesisBody, now: Timestamp) -> Result<Vec<u8>, JournalError> {
    let mut id = [0; 10];
    random(&mut id)?;
    let body = codec::encode(genesis);
    let leaf = Leaf {
        id: EntryId::new(now, id),
        body: Some(Hash::of(&[&body])),
        kind: EntryKind::Genesis,
        time: now,
        convenant: None,
        statement: None,
    };
    Ok(Payload { leaf: &leaf.encode(), envelope: None, body: KeptBody::Public(&body) }.encode())
}

/// `journal.new` for `journal`.
pub(super) fn staging(dir: &Path) -> PathBuf {
    let mut name: OsString = dir.file_name().unwrap_or_default().into();
    name.push(".new");
    dir.with_file_name(name)
}

fn parent(dir: &Path) -> &Path {
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

pub(super) fn make_dir(path: &Path) -> Result<(), JournalError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(JournalError::io("make", path)(error)),
        _ => Ok(()),
    }
}

/// Removes what an attempt that was cut short left behind.
pub(super) fn clear(staging: &Path) -> Result<(), JournalError> {
    let gone = |path: &Path, removed: io::Result<()>| match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(JournalError::io("remove", path)(error)),
        _ => Ok(()),
    };
    for log in LogName::ALL {
        let path = log_dir(staging, log);
        gone(&path, fs::remove_dir_all(&path))?;
    }
    let path = staging.join(vault::FILE);
    gone(&path, fs::remove_file(&path))
}

pub(super) fn failure(error: WriteError, path: &Path) -> JournalError {
    match error {
        WriteError::NoSpace => JournalError::NoSpace,
        WriteError::Failed(error) => JournalError::io("write", path)(error),
    }
}
