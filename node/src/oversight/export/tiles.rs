//! Whole logs as C2SP tlog-tiles: a folder per log, with its checkpoint, tiles and entry bundles.

use weegnet_protocol::log::tiles;

use super::{ExportError, Log, zip};

/// A zip with `exchange/…` and `house/…`.
pub fn tiles(logs: &[Log]) -> Result<Vec<u8>, ExportError> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for log in logs {
        let checkpoint = log.checkpoint.checkpoint();
        if log.tree.root(checkpoint.size) != Some(checkpoint.root) {
            return Err(ExportError::Tree);
        }
        let folder = log.name.as_str();
        files.push((format!("{folder}/{}", tiles::CHECKPOINT), log.checkpoint.note().as_bytes().to_vec()));
        for (path, bytes) in tiles::hash_tiles(&log.tree, checkpoint.size) {
            files.push((format!("{folder}/{path}"), bytes));
        }
        for path in tiles::bundles(checkpoint.size) {
            let places = path.places();
            let (from, to) = (places.start as usize, places.end as usize);
            let leaves = log.entries.get(from..to).ok_or(ExportError::Tree)?.iter().map(|stored| stored.leaf.encode());
            files.push((format!("{folder}/{path}"), tiles::entry_bundle(leaves)?));
        }
    }
    zip(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))
}
