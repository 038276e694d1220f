//! Ed25519 where implementations differ (C2SP/CCTV): only what verifies strictly is a signature here.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Vector {
    number: u32,
    key: String,
    sig: String,
    msg: String,
    flags: Option<Vec<String>>,
}

/// Each of these alone is a reason to refuse: a weak key or point, a second encoding, or a signature that only
/// cofactored verification takes.
const REFUSED: [&str; 5] = ["low_order_A", "low_order_R", "low_order_residue", "non_canonical_A", "non_canonical_R"];

/// Returns how many vectors there were and how many of them are accepted.
fn run_all(json: &str) -> (usize, usize) {
    let vectors: Vec<Vector> = serde_json::from_str(json).unwrap();
    let mut accepted = 0;
    for vector in &vectors {
        let flags = vector.flags.as_deref().unwrap_or_default();
        let right = !flags.iter().any(|flag| REFUSED.contains(&flag.as_str()));
        let (key, signature) = (Bytes::from_hex(&vector.key).unwrap(), Bytes::from_hex(&vector.sig).unwrap());
        let verified = VerifyingKey::from_bytes(&key.0)
            .is_ok_and(|key| super::super::strict(&key, vector.msg.as_bytes(), &signature).is_ok());
        assert_eq!(verified, right, "vector {} {flags:?}", vector.number);
        accepted += usize::from(verified);
    }
    (vectors.len(), accepted)
}

#[test]
fn agrees_with_the_published_edge_cases_beside_the_crate() {
    let (all, accepted) = run_all(include_str!("../../../vectors/ed25519-cctv.json"));
    assert!(all >= 60 && accepted >= 2, "{accepted} of {all}");
}

#[test]
fn agrees_with_all_published_edge_cases_where_they_are_given() {
    if let Some(folder) = samples::published() {
        let (all, accepted) = run_all(&std::fs::read_to_string(folder.join("ed25519/cctv.json")).unwrap());
        assert!(all >= 900 && accepted >= 40, "{accepted} of {all}");
    }
}

#[test]
fn a_weak_key_signs_nothing_although_its_signature_fits_everything() {
    use ed25519_dalek::Verifier;
    let mut identity = [0; 32];
    identity[0] = 1;
    let key = VerifyingKey::from_bytes(&identity).unwrap();
    let mut envelope = Envelope::decode(&signed_refusal().statement().envelope.0).unwrap();
    envelope.signature.0 = [0; 64];
    envelope.signature.0[0] = 1;
    let lax = Signature::from_bytes(&envelope.signature.0);
    assert!(key.verify(&envelope.to_be_signed(), &lax).is_ok(), "the sample fits without strictness");
    assert_eq!(envelope.verify(&key), Err(VerifyError::BadSignature));
}

#[test]
fn a_signature_has_one_scalar_only() {
    // The group order L, little endian: s + L is the same scalar written a second time.
    let order = Bytes::<32>::from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let mut statement = signed_refusal().into_statement();
    let at = statement.envelope.0.len() - 32;
    let mut carry = 0;
    for (byte, add) in statement.envelope.0[at..].iter_mut().zip(order.0) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(samples::verify::<Refusal>(statement, GEMEENTE).unwrap_err(), VerifyError::BadSignature);
}
