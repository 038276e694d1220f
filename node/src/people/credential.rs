//! What a person shows to be let in: a file with a name and a secret.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use weegnet_protocol::codec::{Bytes, Hash};
use zeroize::Zeroizing;

use super::PersonName;
use crate::clock;
use crate::home::Home;
use crate::keys::{self, KeyError};

/// A credential as its file holds it: `NAME SECRET`.
#[derive(Clone)]
pub struct Credential {
    person: PersonName,
    secret: Bytes<32>,
}

/// Tells the name only.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({}, ..)", self.person)
    }
}

/// Text that is not a credential.
#[derive(Debug, thiserror::Error)]
#[error("not a credential: use the file that 'people add' wrote")]
pub struct NotACredential;

impl Credential {
    /// A new one for a person.
    pub fn new(person: PersonName) -> Self {
        Credential { person, secret: Bytes(clock::random()) }
    }

    /// Whose.
    pub fn person(&self) -> &PersonName {
        &self.person
    }

    /// SHA-256 of the secret: what the journal keeps.
    pub fn hash(&self) -> Hash {
        Hash::of(&[&self.secret.0])
    }

    /// The text of the file and of the bearer token.
    pub fn token(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{} {}", self.person, self.secret))
    }

    /// Writes a new file that its owner alone can read.
    pub fn write(&self, path: &Path) -> Result<(), KeyError> {
        write_file(path, &self.token())
    }

    /// Reads `--as NAME`: a path when it has a slash, otherwise a name in the node's credential directory.
    pub fn read(home: &Home, name: &str) -> Result<Self, KeyError> {
        let path = credential_path(home, name);
        let text = keys::read_secret_text(&path).map_err(|error| match error {
            KeyError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound && !name.contains('/') => {
                KeyError::NoCredential(name.into())
            }
            other => other,
        })?;
        text.trim().parse().map_err(|NotACredential| KeyError::NotACredential(path))
    }
}

impl FromStr for Credential {
    type Err = NotACredential;

    fn from_str(text: &str) -> Result<Self, NotACredential> {
        let (person, secret) = text.split_once(' ').ok_or(NotACredential)?;
        let person = person.parse().map_err(|_| NotACredential)?;
        Ok(Credential { person, secret: Bytes::from_hex(secret).ok_or(NotACredential)? })
    }
}

/// Where the credential called `name` lies.
pub fn credential_path(home: &Home, name: &str) -> PathBuf {
    if name.contains('/') { PathBuf::from(name) } else { home.credentials().join(format!("{name}.credential")) }
}

fn write_file(path: &Path, token: &str) -> Result<(), KeyError> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        keys::create_private_dir(parent)?;
    }
    keys::write_secret(path, format!("{token}\n").as_bytes())
}
