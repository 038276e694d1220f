//! Which generation is valid: one small file, replaced atomically; and what else lies beside it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::Damage;
use super::generation::GenerationNumber;

const CURRENT: &str = "current";
const CURRENT_NEW: &str = "current.new";
/// Bytes of the longest valid `current`, with some room: more is not read.
const CURRENT_MAX_BYTES: u64 = 64;

/// The directory of one register.
#[derive(Debug, Clone)]
pub(super) struct Disk(PathBuf);

impl Disk {
    /// Makes the directory when it is not there.
    pub(super) fn open(dir: &Path) -> io::Result<Disk> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        Ok(Disk(dir.to_path_buf()))
    }

    /// The directory of a generation.
    pub(super) fn generation(&self, number: GenerationNumber) -> PathBuf {
        self.0.join(number.to_string())
    }

    fn key_path(&self, number: GenerationNumber) -> PathBuf {
        self.0.join(format!("{number}.key"))
    }

    /// The valid generation; number 0 is the register before its first import.
    pub(super) fn current(&self) -> io::Result<Result<GenerationNumber, Damage>> {
        use io::Read;
        let mut text = String::new();
        let read = File::open(self.0.join(CURRENT)).and_then(|f| f.take(CURRENT_MAX_BYTES).read_to_string(&mut text));
        match read {
            Ok(_) => {
                let number = text.strip_suffix('\n').and_then(|name| name.parse().ok());
                Ok(number.ok_or(Damage::Current))
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Err(Damage::Current)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if self.numbers()?.is_empty() {
                    self.make_current(GenerationNumber::NONE)?;
                    Ok(Ok(GenerationNumber::NONE))
                } else {
                    Ok(Err(Damage::Current))
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Makes a generation the valid one: before the rename the old one is, after it the new one.
    pub(super) fn make_current(&self, number: GenerationNumber) -> io::Result<()> {
        let new = self.0.join(CURRENT_NEW);
        write_synced(&new, format!("{number}\n").as_bytes())?;
        fs::rename(&new, self.0.join(CURRENT))?;
        sync_dir(&self.0)
    }

    /// A number that no generation here has or had while its files lay here.
    pub(super) fn next_number(&self) -> io::Result<GenerationNumber> {
        let current = self.current()?.unwrap_or(GenerationNumber::NONE);
        let highest = self.numbers()?.into_iter().max().unwrap_or(current).max(current);
        Ok(GenerationNumber(highest.0.saturating_add(1)))
    }

    /// Writes the wrapped key of a new generation and makes its directory.
    pub(super) fn prepare(&self, number: GenerationNumber, wrapped_key: &[u8]) -> io::Result<PathBuf> {
        write_synced(&self.key_path(number), wrapped_key)?;
        let dir = self.generation(number);
        DirBuilder::new().mode(0o700).create(&dir)?;
        sync_dir(&self.0)?;
        Ok(dir)
    }

    /// The wrapped key of a generation.
    pub(super) fn wrapped_key(&self, number: GenerationNumber) -> io::Result<Vec<u8>> {
        fs::read(self.key_path(number))
    }

    /// Overwrites and removes a generation's key: from here on its pages are noise.
    pub(super) fn destroy_key(&self, number: GenerationNumber) -> io::Result<()> {
        let path = self.key_path(number);
        match OpenOptions::new().write(true).open(&path) {
            Ok(mut file) => {
                let len = file.metadata()?.len() as usize;
                file.write_all(&vec![0; len])?;
                file.sync_all()?;
                fs::remove_file(&path)?;
                sync_dir(&self.0)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes everything of every generation but one: what a crash or a reader left behind.
    pub(super) fn remove_all_but(&self, kept: GenerationNumber) -> io::Result<()> {
        for number in self.numbers()?.into_iter().filter(|number| *number != kept) {
            self.destroy_key(number)?;
            remove_tree(&self.generation(number))?;
        }
        match fs::remove_file(self.0.join(CURRENT_NEW)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn numbers(&self) -> io::Result<Vec<GenerationNumber>> {
        let mut numbers: Vec<GenerationNumber> = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let name = entry?.file_name();
            let number = name.to_str().map(|name| name.strip_suffix(".key").unwrap_or(name));
            numbers.extend(number.and_then(|number| number.parse::<GenerationNumber>().ok()));
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }
}

/// Syncs every file below a directory and the directories themselves: the embedded store's own flush does not.
pub(super) fn sync_tree(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() { sync_tree(&entry.path())? } else { File::open(entry.path())?.sync_all()? }
    }
    sync_dir(dir)
}

/// Removes a directory with all that is in it; it may already be gone.
pub(super) fn remove_tree(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
