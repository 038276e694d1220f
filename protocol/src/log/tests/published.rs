//! Published Merkle vectors (transparency-dev/merkle) and receipts (RFC 9942): a small set beside the crate, all of them
//! where a folder is named.

use alloc::string::String;
use alloc::vec::Vec;
use std::path::Path;

use data_encoding::BASE64;
use serde::Deserialize;

use cbor4ii::core::Value;

use crate::codec::{Bytes, Hash};
use crate::log::cose_receipt::ReadProof;
use crate::log::{Consistency, ConsistencyReceipt, Inclusion, InclusionReceipt, ProofError, hash_node};
use crate::samples;
use crate::sign::cose::{self, ALG, CWT_CLAIMS, ISS, Map};

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

/// The proof of a receipt of the RFC, whose ES256 signature is not ours to verify.
fn example(folder: &Path, name: &str, kind: i128) -> ReadProof {
    let bytes = std::fs::read(folder.join(name)).unwrap();
    assert!(InclusionReceipt::decode(&bytes).is_err() && ConsistencyReceipt::decode(&bytes).is_err(), "{name}: ES256");
    let mut parts = cose::sign1(&bytes).unwrap();
    let mut header = Map::new(cose::value(&parts.protected)).unwrap();
    assert_eq!((parts.payload, parts.signature.len()), (Value::Null, 64), "{name}");
    assert_eq!((header.integer(ALG), header.integer(395)), (Some(-7), Some(1)), "{name}");
    assert!(Map::new(header.take(CWT_CLAIMS)).unwrap().text(ISS).unwrap().starts_with("https://"), "{name}");
    assert!(ReadProof::of(&mut Map(parts.unprotected.0.clone()), -3 - kind).is_none(), "{name}: another kind");
    ReadProof::of(&mut parts.unprotected, kind).unwrap()
}

/// The two examples speak of one tree: from what they share follow its roots, to which both must lead.
fn run_examples(folder: &Path) {
    let inclusion = example(folder, "inclusion-receipt.cbor", -1);
    let consistency = example(folder, "consistency-receipt.cbor", -2);
    assert_eq!((inclusion.numbers, consistency.numbers), ([5, 3], [3, 5]));
    let [two, first_two, four] = inclusion.path[..] else { panic!("three hashes") };
    let [same_two, three, same_first_two, same_four] = consistency.path[..] else { panic!("four hashes") };
    assert_eq!((two, first_two, four), (same_two, same_first_two, same_four));
    let old = hash_node(&first_two, &two);
    let new = Inclusion { index: 3, path: inclusion.path }.root(&three, 5).unwrap();
    let grown = Consistency { path: consistency.path };
    assert_eq!(grown.verify(3, &old, 5, &new), Ok(()));
    assert_eq!(grown.verify(3, &new, 5, &new), Err(ProofError::Root));
}

#[test]
fn agrees_with_the_receipts_of_rfc_9942_beside_the_crate() {
    run_examples(&Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/cose-receipts"));
}

#[test]
fn agrees_with_the_receipts_of_rfc_9942_where_they_are_given() {
    if let Some(folder) = samples::published() {
        run_examples(&folder.join("cose-receipts"));
    }
}
