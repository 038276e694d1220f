//! Proofs about α that do not tell it: that the publisher knows it (Schnorr), and that every taken cell is α times a row of
//! the register (equal discrete logarithms, all at once as in RFC 9497 §2.2).

use alloc::vec::Vec;

use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};
use curve25519_dalek::{RistrettoPoint, Scalar};
use serde::{Deserialize, Serialize};

use super::TableId;
use super::group::hash_to_scalar;
use crate::codec::{Bytes, Hash};

const KNOWS: &[u8] = b"weegnet sealed v1 knows";
const WEIGHT: &[u8] = b"weegnet sealed v1 weight";
const EQUAL: &[u8] = b"weegnet sealed v1 equal";

/// That somebody knows α of L = αG, for one table and no other: R = rG and s = r + cα.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knowledge {
    commitment: Bytes<32>,
    response: Bytes<32>,
}

impl Knowledge {
    /// `nonce` is uniform, secret and used once.
    pub(super) fn prove(table: &TableId, cells: u32, root: &Hash, secret: &Scalar, nonce: &Scalar) -> Self {
        let link = Bytes(RistrettoPoint::mul_base(secret).compress().to_bytes());
        let commitment = Bytes(RistrettoPoint::mul_base(nonce).compress().to_bytes());
        let challenge = challenge(table, cells, root, &link, &commitment);
        Knowledge { commitment, response: Bytes((nonce + challenge * secret).to_bytes()) }
    }

    /// Whether it holds for this link element and table.
    pub(super) fn verify(&self, table: &TableId, cells: u32, root: &Hash, link: &Bytes<32>) -> bool {
        let (Some(l), Some(r), Some(s)) = (element(link), element(&self.commitment), scalar(&self.response)) else {
            return false;
        };
        let challenge = challenge(table, cells, root, link, &self.commitment);
        // The identity has no discrete logarithm that would keep anything.
        l != RistrettoPoint::identity() && RistrettoPoint::mul_base(&s) == r + l * challenge
    }
}

fn challenge(table: &TableId, cells: u32, root: &Hash, link: &Bytes<32>, commitment: &Bytes<32>) -> Scalar {
    let context = table.context();
    let cells = cells.to_be_bytes();
    hash_to_scalar(&[&link.0, &commitment.0, &root.0, &cells, &context], KNOWS)
}

/// That every one of many elements is the same α, that of L, times its hashed link key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EqualSecret {
    challenge: Bytes<32>,
    response: Bytes<32>,
}

impl EqualSecret {
    /// `nonce` is uniform, secret and used once; `pairs` are a hashed link key and its cell.
    pub(super) fn prove(
        link: &RistrettoPoint,
        pairs: &[(RistrettoPoint, RistrettoPoint)],
        secret: &Scalar,
        nonce: &Scalar,
    ) -> Self {
        let (hashed, taken) = composites(link, pairs);
        let commitments = [RistrettoPoint::mul_base(nonce), hashed * nonce];
        let challenge = equal(link, &hashed, &taken, &commitments);
        EqualSecret { challenge: Bytes(challenge.to_bytes()), response: Bytes((nonce - challenge * secret).to_bytes()) }
    }

    /// Whether all of them are.
    pub(super) fn verify(&self, link: &RistrettoPoint, pairs: &[(RistrettoPoint, RistrettoPoint)]) -> bool {
        let (Some(challenge), Some(response)) = (scalar(&self.challenge), scalar(&self.response)) else {
            return false;
        };
        let (hashed, taken) = composites(link, pairs);
        let commitments =
            [RistrettoPoint::mul_base(&response) + link * challenge, hashed * response + taken * challenge];
        equal(link, &hashed, &taken, &commitments) == challenge
    }
}

/// Both sides as one element each, with weights that nobody can choose.
fn composites(link: &RistrettoPoint, pairs: &[(RistrettoPoint, RistrettoPoint)]) -> (RistrettoPoint, RistrettoPoint) {
    let bytes: Vec<[u8; 64]> = pairs
        .iter()
        .map(|(hashed, taken)| {
            let mut both = [0; 64];
            both[..32].copy_from_slice(&hashed.compress().to_bytes());
            both[32..].copy_from_slice(&taken.compress().to_bytes());
            both
        })
        .collect();
    let link = link.compress().to_bytes();
    let seed = Hash::of(&[&link, bytes.as_flattened()]);
    let weight = |number: usize| hash_to_scalar(&[&seed.0, &(number as u64).to_be_bytes(), &bytes[number]], WEIGHT);
    let weights: Vec<Scalar> = (0..pairs.len()).map(weight).collect();
    let sum = |elements: &mut dyn Iterator<Item = RistrettoPoint>| {
        RistrettoPoint::vartime_multiscalar_mul(&weights, elements.collect::<Vec<_>>())
    };
    (sum(&mut pairs.iter().map(|pair| pair.0)), sum(&mut pairs.iter().map(|pair| pair.1)))
}

fn equal(
    link: &RistrettoPoint,
    hashed: &RistrettoPoint,
    taken: &RistrettoPoint,
    commitments: &[RistrettoPoint; 2],
) -> Scalar {
    let bytes = [link, hashed, taken, &commitments[0], &commitments[1]].map(|point| point.compress().to_bytes());
    hash_to_scalar(&[bytes.as_flattened()], EQUAL)
}

/// A group element that arrived.
pub(super) fn element(bytes: &Bytes<32>) -> Option<RistrettoPoint> {
    CompressedRistretto(bytes.0).decompress()
}

fn scalar(bytes: &Bytes<32>) -> Option<Scalar> {
    Scalar::from_canonical_bytes(bytes.0).into()
}
