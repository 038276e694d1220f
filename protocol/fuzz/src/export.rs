//! Decoders of what others check: COSE receipts, cosignatures, tiles.

use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::log::tiles::{self, Level, TilePath};
use weegnet_protocol::log::{
    Checkpoint, ConsistencyReceipt, Cosignature, CosignedCheckpoint, InclusionReceipt, MAX_COSIGNATURES,
    MAX_LINE_BYTES, SignedCheckpoint, hash_leaf,
};

use ed25519_dalek::SigningKey;

/// Entries in a log whose only files are the input.
const ENTRIES: u64 = 2;

/// That an entry is in a log, as COSE.
pub fn inclusion_receipt(data: &[u8]) -> bool {
    match InclusionReceipt::decode(data) {
        Ok(receipt) => {
            assert_eq!(receipt.encode(), data);
            // Any key: only that it comes to an end.
            let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
            assert!(receipt.verify(b"another entry", &key).is_err(), "a receipt without the log's key");
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// That a log only grew, as COSE.
pub fn consistency_receipt(data: &[u8]) -> bool {
    let Ok(receipt) = ConsistencyReceipt::decode(data) else { return false };
    assert_eq!(receipt.encode(), data);
    let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
    for size in [0, 1, 3, u64::MAX] {
        let old = Checkpoint { origin: receipt.claimed_origin().clone(), size, root: Bytes([0; 32]) };
        assert!(receipt.verify(&old, &key).is_err(), "a receipt without the log's key");
    }
    true
}

/// One line of a witness.
pub fn cosignature(data: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(data) else { return false };
    let Ok(cosignature) = line.parse::<Cosignature>() else { return false };
    assert_eq!(cosignature.to_string(), line);
    assert!(line.len() <= MAX_LINE_BYTES && !line.contains('\n'));
    true
}

/// A checkpoint with lines of witnesses.
pub fn cosigned(data: &[u8]) -> bool {
    let Ok(note) = std::str::from_utf8(data) else { return false };
    let Ok(cosigned) = CosignedCheckpoint::parse(note) else { return false };
    assert_eq!(cosigned.note(), note);
    assert!(cosigned.cosignatures().count() <= MAX_COSIGNATURES);
    assert!(SignedCheckpoint::parse(note).is_ok(), "whoever reads a checkpoint reads a cosigned one");
    true
}

/// Entries behind their lengths.
pub fn bundle(data: &[u8]) -> bool {
    (1..=tiles::WIDTH).any(|width| match tiles::read_bundle(data, width) {
        Ok(entries) => {
            assert_eq!(entries.len() as u64, width);
            assert_eq!(tiles::entry_bundle(entries).as_deref(), Ok(data));
            true
        }
        Err(broken) => {
            assert!(broken.entries <= width);
            false
        }
    })
}

/// The path of a tile or bundle.
pub fn tile_path(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let Ok(path) = text.parse::<TilePath>() else { return false };
    assert_eq!(path.to_string(), text);
    assert!((1..=tiles::WIDTH).contains(&path.width()));
    true
}

/// The bundle and tile of a small log, of which the root follows: what verifies holds exactly the entries it is made of.
pub fn tiles(data: &[u8]) -> bool {
    let Ok(entries) = tiles::read_bundle(data, ENTRIES) else { return false };
    let hashes: Vec<Hash> = entries.iter().map(|entry| hash_leaf(entry)).collect();
    let root = weegnet_protocol::log::hash_node(&hashes[0], &hashes[1]);
    let tile: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
    let origin = "weegnet/00000099000000003000/exchange/0f0f0f0f0f0f0f0f".parse().expect("this is an origin");
    let mut checkpoint = Checkpoint { origin, size: ENTRIES, root };
    let read = |path: &TilePath| Some(if path.level() == Level::Entries { data } else { tile.as_slice() });
    assert_eq!(tiles::verify(&checkpoint, read), Ok(()));
    checkpoint.root.0[0] ^= 1;
    assert!(tiles::verify(&checkpoint, read).is_err());
    // Any size: only that it comes to an end with what is missing.
    checkpoint.size = u64::from_be_bytes(root.0[..8].try_into().expect("eight bytes"));
    assert!(tiles::verify(&checkpoint, read).is_err());
    true
}
