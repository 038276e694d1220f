//! Cells on disk, written whole: the bytes as they travel, under the name of their root.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use weegnet_protocol::codec::Hash;
use weegnet_protocol::sealed::table::{Publication, Table};

/// A table of ours.
pub(super) fn own(dir: &Path, root: &Hash) -> PathBuf {
    dir.join(format!("own-{root}"))
}

/// A table of somebody else.
pub(super) fn held(dir: &Path, root: &Hash) -> PathBuf {
    dir.join(format!("held-{root}"))
}

/// The beginning of one that is being fetched.
pub(super) fn begun(dir: &Path, root: &Hash) -> PathBuf {
    dir.join(format!("begun-{root}"))
}

/// Writes beside, syncs, renames, syncs the folder: nothing, or all of it.
pub(super) fn write(path: &Path, table: &Table) -> io::Result<()> {
    let beside = path.with_extension("new");
    make_dir(path)?;
    let mut file = options().truncate(true).write(true).open(&beside)?;
    for number in 0.. {
        let Some((cells, _)) = table.chunk(number) else { break };
        file.write_all(cells)?;
    }
    file.sync_all()?;
    put(&beside, path)
}

/// Adds a piece to what was fetched so far.
pub(super) fn append(path: &Path, cells: &[u8]) -> io::Result<()> {
    make_dir(path)?;
    options().append(true).open(path)?.write_all(cells)
}

/// Gives a file that is whole its name.
pub(super) fn finish(begun: &Path, path: &Path) -> io::Result<()> {
    File::open(begun)?.sync_all()?;
    put(begun, path)
}

/// Reads a table and checks every cell of it against what was published; `None` when it is not there or not that one.
pub(super) fn read(path: &Path, publication: &Publication) -> Option<Table> {
    let bytes = fs::read(path).ok()?;
    match Table::read(publication, &bytes) {
        Ok(table) => Some(table),
        Err(error) => {
            tracing::error!(root = %publication.root, %error, "a table on disk is damaged");
            None
        }
    }
}

/// Removes what may not be there.
pub(super) fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "a table that is not needed any more stays on disk");
        }
        _ => {}
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).mode(0o600);
    options
}

fn make_dir(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

fn put(beside: &Path, path: &Path) -> io::Result<()> {
    fs::rename(beside, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
