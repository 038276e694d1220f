//! Where the five directories lie: a temporary directory that goes with the demo, or one that stays.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use super::cast::Who;
use super::error::DemoError;
use crate::clock;
use crate::home::Home;

/// Used where the system's own temporary directory has a path that is too long for a socket.
const SHORT_TEMPORARY: &str = "/tmp";
/// How often removing is tried while a process that is just ending still writes.
const REMOVE_TRIES: usize = 5;

/// A directory of the demo; a temporary one is removed when this is dropped.
#[derive(Debug)]
pub struct Place {
    dir: PathBuf,
    keep: bool,
}

impl Place {
    /// `kept` must be new or empty; without it a temporary directory.
    ///
    /// # Errors
    /// When the directory cannot be made, holds something, or has a path that is too long for a socket.
    pub fn make(kept: Option<&Path>) -> Result<Self, DemoError> {
        match kept {
            Some(dir) => {
                let dir = std::path::absolute(dir).map_err(|source| DemoError::io(dir, source))?;
                refuse_long(&dir)?;
                match std::fs::read_dir(&dir).map(|mut entries| entries.next().is_none()) {
                    Ok(true) => {}
                    Ok(false) => return Err(DemoError::NotEmpty(dir)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => make(&dir, true)?,
                    Err(error) => return Err(DemoError::io(&dir, error)),
                }
                Ok(Place { dir, keep: true })
            }
            None => {
                let name = format!("weegnet-{}", HEXLOWER.encode(&clock::random::<6>()));
                let mut dir = std::env::temp_dir().join(&name);
                if refuse_long(&dir).is_err() {
                    dir = Path::new(SHORT_TEMPORARY).join(&name);
                }
                // Not made when it exists: it would be somebody else's.
                make(&dir, false)?;
                Ok(Place { dir, keep: false })
            }
        }
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether it stays.
    pub fn is_kept(&self) -> bool {
        self.keep
    }

    /// A new file in it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<PathBuf, DemoError> {
        let path = self.dir.join(name);
        std::fs::write(&path, content).map_err(|source| DemoError::io(&path, source))?;
        Ok(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.keep {
            // Whatever is left after that is in the temporary directory and belongs to invented organisations.
            let _ = (0..REMOVE_TRIES).find(|_| std::fs::remove_dir_all(&self.dir).is_ok());
        }
    }
}

fn make(dir: &Path, recursive: bool) -> Result<(), DemoError> {
    let made = DirBuilder::new().recursive(recursive).mode(0o700).create(dir);
    made.map_err(|source| DemoError::io(dir, source))
}

fn refuse_long(dir: &Path) -> Result<(), DemoError> {
    for who in Who::ALL {
        Home::at(&dir.join(who.part().name)).socket()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_place_goes_and_a_kept_one_stays() {
        let temporary = Place::make(None).unwrap();
        let gone = temporary.dir().to_owned();
        assert!(gone.is_dir());
        drop(temporary);
        assert!(!gone.exists());

        let outer = tempfile::tempdir().unwrap();
        let dir = outer.path().join("demo");
        drop(Place::make(Some(&dir)).unwrap());
        assert!(dir.is_dir());
    }

    #[test]
    fn refuses_a_directory_that_holds_something() {
        let outer = tempfile::tempdir().unwrap();
        std::fs::write(outer.path().join("a"), "").unwrap();
        assert!(matches!(Place::make(Some(outer.path())), Err(DemoError::NotEmpty(_))));
    }

    #[test]
    fn refuses_a_path_that_no_socket_can_have() {
        let dir = Path::new("/tmp").join("a".repeat(100));
        assert!(matches!(Place::make(Some(&dir)), Err(DemoError::Home(_))));
        assert!(!dir.exists());
    }
}
