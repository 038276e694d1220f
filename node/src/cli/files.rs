//! Files that a person hands to a verb: bounded, so that the wrong file is an error and not all of the memory.

use std::io::Read;
use std::path::Path;

use super::Failure;

/// Largest file that a verb reads whole: 2 MiB, as large as a convenant can be.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

/// The text of a file of at most 2 MiB.
pub fn text(path: &Path) -> Result<String, Failure> {
    let text = String::from_utf8(bytes(path)?);
    Ok(text.map_err(|_| format!("{}: not UTF-8 text: is this the right file?", path.display()))?)
}

/// A file of at most 2 MiB.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let say = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let file = std::fs::File::open(path).map_err(|error| say(&error))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| say(&error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(say(&format!("larger than {MAX_FILE_BYTES} bytes: is this the right file?")).into());
    }
    Ok(bytes)
}
