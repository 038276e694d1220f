//! Key files: four online keys and the store key beside the node, the party key in a directory of its own.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::{SigningKey, VerifyingKey};
use weegnet_protocol::codec::Bytes;
use zeroize::Zeroizing;

use crate::clock;
use crate::config::PublicKeys;
use crate::home::Home;

/// File of the key that authenticates connections.
pub const LINK: &str = "link.key";
/// File of the key that signs statements.
pub const STATEMENT: &str = "statement.key";
/// File of the key that cosigns others' checkpoints.
pub const WITNESS: &str = "witness.key";
/// File of the key that signs checkpoints.
const CHECKPOINT: &str = "checkpoint.key";
/// Length of every key file: 32 secret bytes.
const KEY_BYTES: usize = 32;
/// Longest credential file that is read: 4 KiB.
const MAX_TEXT_BYTES: u64 = 4096;
/// Where systemd puts credentials (`LoadCredential=`); a key found there wins over the file.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// The keys of a running node; zeroized when dropped.
pub struct OnlineKeys {
    /// Authenticates connections.
    pub link: SigningKey,
    /// Signs statements.
    pub statement: SigningKey,
    /// Signs checkpoints.
    pub checkpoint: SigningKey,
    /// Cosigns the checkpoints of others.
    pub witness: SigningKey,
    /// Encrypts what can be rebuilt, and keys pseudonyms.
    pub store: Zeroizing<[u8; KEY_BYTES]>,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("key file {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds something else than 32 bytes.
    #[error("key file {0} does not hold a 32-byte key: restore it from your backup of the keys")]
    Length(PathBuf),
    /// Nobody here has this name, or the file lies elsewhere.
    #[error(
        "there is no credential for '{0}' here: give --as a name that 'weegnet people add' wrote, or the file's path"
    )]
    NoCredential(String),
    /// The file is no credential.
    #[error("{0} is not a credential: use the file that 'weegnet people add' wrote")]
    NotACredential(PathBuf),
    /// Others than the owner can read it.
    #[error("key file {0} can be read by others: run 'chmod 600' on it, and rotate the key if anybody may have")]
    Exposed(PathBuf),
}

/// Makes all keys of a new node; `party` goes into its own directory.
pub fn create(home: &Home) -> Result<PublicKeys, KeyError> {
    let keys = home.keys();
    create_private_dir(&keys)?;
    create_private_dir(&home.party())?;
    let make = |path: PathBuf| -> Result<Bytes<32>, KeyError> {
        let seed = Zeroizing::new(clock::random::<KEY_BYTES>());
        write_secret(&path, &*seed)?;
        Ok(Bytes(SigningKey::from_bytes(&seed).verifying_key().to_bytes()))
    };
    write_secret(&keys.join("store.key"), &*Zeroizing::new(clock::random::<KEY_BYTES>()))?;
    Ok(PublicKeys {
        link: make(keys.join("link.key"))?,
        statement: make(keys.join("statement.key"))?,
        checkpoint: make(keys.join("checkpoint.key"))?,
        witness: make(keys.join("witness.key"))?,
        party: make(home.party().join("party.key"))?,
    })
}

/// The public halves of link, statement, checkpoint and witness key, in this order.
pub type NodeKeys = [VerifyingKey; 4];

impl OnlineKeys {
    /// What a convenant must say of this node.
    pub fn public(&self) -> NodeKeys {
        [&self.link, &self.statement, &self.checkpoint, &self.witness].map(SigningKey::verifying_key)
    }

    /// These, or in the place of those that were replaced the ones that [`write_next`] made for them, which take the old ones'
    /// files. `named` are those that the convenanten in force name; a key that is nowhere stays what it was, and the node does
    /// not serve with it.
    ///
    /// # Errors
    /// When a file cannot be read or take its place.
    pub fn renewed(mut self, home: &Home, named: &NodeKeys) -> Result<Self, KeyError> {
        let slots = [(LINK, &mut self.link, 0), (STATEMENT, &mut self.statement, 1), (WITNESS, &mut self.witness, 3)];
        for (name, slot, place) in slots {
            if slot.verifying_key() == named[place] {
                continue;
            }
            let (next, path) = (next_path(home, name), home.keys().join(name));
            let ready = |path: &Path| -> Result<Option<SigningKey>, KeyError> {
                let seed = if path.is_file() { Some(read_secret(path)?) } else { None };
                Ok(seed.map(|seed| SigningKey::from_bytes(&seed)).filter(|key| key.verifying_key() == named[place]))
            };
            if let Some(key) = ready(&next)? {
                // The old key is gone with this: nothing is signed with it any more.
                std::fs::rename(&next, &path).map_err(|source| KeyError::Io { path, source })?;
                sync_dir(&home.keys())?;
                *slot = key;
            } else if let Some(key) = ready(&path)? {
                // A credential of the system still has the old one.
                *slot = key;
            }
        }
        Ok(self)
    }

    /// Reads the keys that a running node needs; never the party key.
    pub fn load(home: &Home) -> Result<Self, KeyError> {
        let signing = |name: &str| online(home, name).map(|seed| SigningKey::from_bytes(&seed));
        Ok(OnlineKeys {
            link: signing(LINK)?,
            statement: signing(STATEMENT)?,
            checkpoint: signing(CHECKPOINT)?,
            witness: signing(WITNESS)?,
            store: online(home, "store.key")?,
        })
    }
}

/// Makes a key that is to take the place of the one in `name`, one of [`LINK`], [`STATEMENT`] and [`WITNESS`], beside it; what
/// was made for that and never named is made anew.
pub fn write_next(home: &Home, name: &str) -> Result<VerifyingKey, KeyError> {
    let path = next_path(home, name);
    match std::fs::remove_file(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(KeyError::Io { path, source }),
        _ => {}
    }
    let seed = Zeroizing::new(clock::random::<KEY_BYTES>());
    write_secret(&path, &*seed)?;
    sync_dir(&home.keys())?;
    Ok(SigningKey::from_bytes(&seed).verifying_key())
}

/// The public half of what lies ready to take the place of `name`.
pub fn next(home: &Home, name: &str) -> Option<VerifyingKey> {
    read_secret(&next_path(home, name)).ok().map(|seed| SigningKey::from_bytes(&seed).verifying_key())
}

fn next_path(home: &Home, name: &str) -> PathBuf {
    home.keys().join(format!("{name}.next"))
}

fn sync_dir(path: &Path) -> Result<(), KeyError> {
    let synced = std::fs::File::open(path).and_then(|dir| dir.sync_all());
    synced.map_err(|source| KeyError::Io { path: path.into(), source })
}

/// Reads the offline party key, for signing a convenant.
pub fn load_party(home: &Home) -> Result<SigningKey, KeyError> {
    load_party_in(&home.party())
}

/// Reads the party key from the directory that `init` made for it, wherever that lies now.
pub fn load_party_in(dir: &Path) -> Result<SigningKey, KeyError> {
    read_secret(&dir.join("party.key")).map(|seed| SigningKey::from_bytes(&seed))
}

fn online(home: &Home, name: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyError> {
    let credential = std::env::var_os(CREDENTIALS_DIRECTORY).map(|dir| Path::new(&dir).join(name));
    match credential {
        Some(path) if path.is_file() => read_bytes(&path),
        _ => read_secret(&home.keys().join(name)),
    }
}

/// A new directory for its owner alone.
pub fn create_private_dir(path: &Path) -> Result<(), KeyError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| KeyError::Io { path: path.into(), source })
}

/// A new, synced file that its owner alone can read.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| KeyError::Io { path: path.into(), source })
}

/// Puts a file that its owner alone can read in the place of what is there: all of it or nothing.
pub fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let next = path.with_extension("next");
    // What a crash left there, or somebody else put there, is neither written into nor followed.
    match std::fs::remove_file(&next) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&next)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&next, path)?;
    path.parent().map_or(Ok(()), |dir| std::fs::File::open(dir)?.sync_all())
}

/// Refuses a file that others than its owner can read.
///
/// # Errors
/// [`KeyError::Exposed`], or that it cannot be looked at.
pub fn private(path: &Path) -> Result<(), KeyError> {
    let metadata = std::fs::metadata(path).map_err(|source| KeyError::Io { path: path.into(), source })?;
    if metadata.permissions().mode() & 0o077 == 0 { Ok(()) } else { Err(KeyError::Exposed(path.into())) }
}

fn read_secret(path: &Path) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyError> {
    private(path)?;
    read_bytes(path)
}

/// A short text that its owner alone can read.
pub fn read_secret_text(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let io = |source| KeyError::Io { path: path.into(), source };
    let file = std::fs::File::open(path).map_err(io)?;
    if file.metadata().map_err(io)?.permissions().mode() & 0o077 != 0 {
        return Err(KeyError::Exposed(path.into()));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_TEXT_BYTES).read_to_string(&mut text).map_err(|_| KeyError::NotACredential(path.into()))?;
    Ok(text)
}

fn read_bytes(path: &Path) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_BYTES + 1));
    let file = std::fs::File::open(path).map_err(|source| KeyError::Io { path: path.into(), source })?;
    file.take(KEY_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| KeyError::Io { path: path.into(), source })?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    if bytes.len() != KEY_BYTES {
        return Err(KeyError::Length(path.into()));
    }
    key.copy_from_slice(&bytes);
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_key_that_others_can_read() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("node"));
        create(&home).unwrap();
        assert!(OnlineKeys::load(&home).is_ok());
        let path = home.keys().join("statement.key");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(OnlineKeys::load(&home), Err(KeyError::Exposed(_))));
    }

    #[test]
    fn the_running_node_never_reads_the_party_key() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("node"));
        create(&home).unwrap();
        std::fs::remove_dir_all(home.party()).unwrap();
        assert!(OnlineKeys::load(&home).is_ok());
        assert!(load_party(&home).is_err());
    }

    #[test]
    fn a_new_key_takes_the_place_of_the_old_one_when_a_convenant_names_it_and_not_before() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("node"));
        create(&home).unwrap();
        let named = OnlineKeys::load(&home).unwrap().public();
        let next = write_next(&home, STATEMENT).unwrap();
        let same = OnlineKeys::load(&home).unwrap().renewed(&home, &named).unwrap();
        assert_eq!((same.public(), super::next(&home, STATEMENT)), (named, Some(next)));
        let [link, _, checkpoint, witness] = named;
        let renamed = [link, next, checkpoint, witness];
        let taken = OnlineKeys::load(&home).unwrap().renewed(&home, &renamed).unwrap();
        assert_eq!((taken.public(), super::next(&home, STATEMENT)), (renamed, None));
        assert_eq!(OnlineKeys::load(&home).unwrap().public(), renamed, "and stays");
        let mode = std::fs::metadata(home.keys().join(STATEMENT)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // What is nowhere cannot be taken.
        let lost = OnlineKeys::load(&home).unwrap().renewed(&home, &named).unwrap();
        assert_eq!(lost.public(), renamed);
    }

    #[test]
    fn makes_keys_once() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("node"));
        create(&home).unwrap();
        assert!(create(&home).is_err());
    }
}
