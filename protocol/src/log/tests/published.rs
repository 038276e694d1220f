//! Published Merkle vectors (transparency-dev/merkle): a small set beside the crate, all of them where a folder is named.

use alloc::string::String;
use alloc::vec::Vec;
use std::path::Path;

use data_encoding::BASE64;
use serde::Deserialize;

use crate::codec::{Bytes, Hash};
use crate::log::{Consistency, Inclusion};
use crate::samples;

#[derive(Deserialize)]
#[serde(untagged)]
enum Vector {
    #[serde(rename_all = "camelCase")]
    Inclusion {
        leaf_idx: u64,
        tree_size: u64,
        root: String,
        leaf_hash: String,
        proof: Option<Vec<String>>,
        want_err: bool,
    },
    #[serde(rename_all = "camelCase")]
    Consistency { size1: u64, size2: u64, root1: String, root2: String, proof: Option<Vec<String>>, want_err: bool },
}

fn hash(text: &str) -> Option<Hash> {
    Some(Bytes(BASE64.decode(text.as_bytes()).ok()?.try_into().ok()?))
}

/// `None` when one of the hashes has the wrong length: our proofs cannot hold such a one.
fn path(proof: &[String]) -> Option<Vec<Hash>> {
    proof.iter().map(|text| hash(text)).collect()
}

/// Some consistency vectors put words where no hash is looked at: those become hashes of their own.
fn root(text: &str) -> Hash {
    hash(text).unwrap_or_else(|| Hash::of(&[text.as_bytes()]))
}

impl Vector {
    /// Whether we accept it, and whether we should.
    fn run(self) -> (bool, bool) {
        match self {
            Vector::Inclusion { leaf_idx: index, tree_size, root, leaf_hash, proof, want_err } => {
                let accepted = || -> Option<bool> {
                    let inclusion = Inclusion { index, path: path(&proof.unwrap_or_default())? };
                    Some(inclusion.verify(&hash(&leaf_hash)?, tree_size, &hash(&root)?).is_ok())
                };
                (accepted().unwrap_or(false), !want_err)
            }
            Vector::Consistency { size1, size2, root1, root2, proof, want_err } => {
                let accepted = path(&proof.unwrap_or_default()).is_some_and(|path| {
                    Consistency { path }.verify(size1, &root(&root1), size2, &root(&root2)).is_ok()
                });
                (accepted, !want_err)
            }
        }
    }
}

/// Runs every `.json` below `folder`; returns how many there were and how many of them are accepted.
fn run_all(folder: &Path) -> (usize, usize) {
    let mut counts = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let place = entry.unwrap().path();
        if place.is_dir() {
            let (all, accepted) = run_all(&place);
            counts = (counts.0 + all, counts.1 + accepted);
        } else if place.extension().is_some_and(|extension| extension == "json") {
            let vector: Vector = serde_json::from_slice(&std::fs::read(&place).unwrap()).unwrap();
            let (accepted, right) = vector.run();
            assert_eq!(accepted, right, "{}", place.display());
            counts = (counts.0 + 1, counts.1 + usize::from(accepted));
        }
    }
    counts
}

#[test]
fn agrees_with_the_published_vectors_beside_the_crate() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/merkle");
    let (all, accepted) = run_all(&folder);
    assert!(all >= 12 && accepted >= 4 && all - accepted >= 8, "{accepted} of {all}");
}

#[test]
fn agrees_with_all_published_vectors_where_they_are_given() {
    if let Some(folder) = samples::published() {
        let (all, accepted) = run_all(&folder.join("merkle"));
        assert!(all >= 190 && accepted >= 12, "{accepted} of {all}");
    }
}
