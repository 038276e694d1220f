//! The group and everything that is derived: ristretto255 of `curve25519-dalek`, hashing to it as in RFC 9497 §4.1, and
//! HKDF-SHA-512 (RFC 5869). No field arithmetic of our own.

use alloc::vec::Vec;

use curve25519_dalek::{RistrettoPoint, Scalar};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

/// Output of SHA-512, in bytes.
const HASH_BYTES: usize = 64;
/// Input block of SHA-512, in bytes.
const BLOCK_BYTES: usize = 128;

/// Hash-to-group of RFC 9497 for ristretto255 and SHA-512, under the domain separation tag `dst` of at most 255 bytes.
pub(super) fn hash_to_group(message: &[&[u8]], dst: &[u8]) -> RistrettoPoint {
    RistrettoPoint::from_uniform_bytes(&expand_message_xmd(message, dst))
}

/// Hash-to-scalar of RFC 9497 §4.1.
pub(super) fn hash_to_scalar(message: &[&[u8]], dst: &[u8]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&expand_message_xmd(message, dst))
}

/// RFC 9380 §5.3.1 with SHA-512, for 64 bytes: one block of output.
fn expand_message_xmd(message: &[&[u8]], dst: &[u8]) -> [u8; HASH_BYTES] {
    debug_assert!(dst.len() <= 255);
    let dst_len = [dst.len() as u8];
    let mut hasher = Sha512::new_with_prefix([0; BLOCK_BYTES]);
    message.iter().for_each(|part| hasher.update(part));
    hasher.update((HASH_BYTES as u16).to_be_bytes());
    hasher.update([0]);
    hasher.update(dst);
    hasher.update(dst_len);
    let first = hasher.finalize();
    let mut hasher = Sha512::new_with_prefix(first);
    hasher.update([1]);
    hasher.update(dst);
    hasher.update(dst_len);
    hasher.finalize().into()
}

/// Encodings of twice each element, for one inversion in all: whoever wants those of the elements themselves multiplies by
/// [`half`] of the scalar before.
pub(super) fn encode_doubled(halves: &[RistrettoPoint]) -> Vec<[u8; 32]> {
    RistrettoPoint::double_and_compress_batch(halves).into_iter().map(|point| point.to_bytes()).collect()
}

/// Half of a scalar.
pub(super) fn half(scalar: &Scalar) -> Zeroizing<Scalar> {
    Zeroizing::new(scalar * Scalar::from(2_u8).invert())
}

/// Keys of 32 bytes from key material and a salt that need not be secret: the first half of HKDF-Extract (RFC 5869 §2.2), which
/// is HMAC under the salt. Made once for many keys.
pub(super) struct Extract(Hmac<Sha512>);

impl Extract {
    /// Under this salt.
    pub(super) fn new(salt: &[u8; 32]) -> Self {
        let mut block = [0; BLOCK_BYTES];
        block[..32].copy_from_slice(salt);
        // HMAC pads a key with zeros to one block (RFC 2104 §2).
        Extract(Hmac::new(&block.into()))
    }

    /// The key of this material, in parts.
    pub(super) fn key(&self, material: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut mac = self.0.clone();
        material.iter().for_each(|part| mac.update(part));
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&mac.finalize().into_bytes()[..32]);
        key
    }
}

/// A secret from which everything else of it is derived, each thing under its own name.
pub(super) struct Derive(Hkdf<Sha512>);

impl Derive {
    /// From key material and a salt that need not be secret.
    pub(super) fn new(salt: &[u8], material: &[u8]) -> Self {
        Derive(Hkdf::new(Some(salt), material))
    }

    /// `N` bytes, at most 255 times 64, under a name and what it is about.
    pub(super) fn bytes<const N: usize>(&self, info: &[&[u8]]) -> Zeroizing<[u8; N]> {
        const { assert!(N <= 255 * HASH_BYTES) };
        let mut out = Zeroizing::new([0; N]);
        // The only error is a length above that bound.
        let done = self.0.expand_multi_info(info, out.as_mut_slice());
        debug_assert!(done.is_ok());
        out
    }

    /// A uniform scalar.
    pub(super) fn scalar(&self, info: &[&[u8]]) -> Zeroizing<Scalar> {
        Zeroizing::new(Scalar::from_bytes_mod_order_wide(&self.bytes::<64>(info)))
    }

    /// A uniform group element.
    pub(super) fn element(&self, info: &[&[u8]]) -> RistrettoPoint {
        RistrettoPoint::from_uniform_bytes(&self.bytes::<64>(info))
    }
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::Scalar;
    use data_encoding::HEXLOWER;

    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap()
    }

    /// RFC 9497 A.1.1: OPRF(ristretto255, SHA-512), mode 0.
    #[test]
    fn hashing_to_the_group_gives_the_published_vectors() {
        let dst = b"HashToGroup-OPRFV1-\x00-ristretto255-SHA512";
        let key = Scalar::from_canonical_bytes(hex("5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e"));
        let blind =
            Scalar::from_canonical_bytes(hex("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"));
        let (key, blind) = (key.unwrap(), blind.unwrap());
        let vectors: [(&[u8], &str, &str); 2] = [
            (
                &[0],
                "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
                "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e",
            ),
            (
                &[0x5a; 17],
                "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
                "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25",
            ),
        ];
        for (input, blinded, evaluated) in vectors {
            let element = hash_to_group(&[input], dst) * blind;
            assert_eq!(element.compress().to_bytes(), hex(blinded));
            assert_eq!((element * key).compress().to_bytes(), hex(evaluated));
        }
    }

    #[test]
    fn halves_encode_as_the_elements_themselves() {
        let (point, scalar) = (hash_to_group(&[b"k"], b"t"), hash_to_scalar(&[b"s"], b"t"));
        let encoded = encode_doubled(&[point * *half(&scalar), RistrettoPoint::mul_base(&half(&scalar))]);
        assert_eq!(encoded, [point * scalar, RistrettoPoint::mul_base(&scalar)].map(|p| p.compress().to_bytes()));
    }

    #[test]
    fn a_message_in_parts_is_the_message() {
        assert_eq!(hash_to_group(&[b"ab", b"c"], b"t"), hash_to_group(&[b"abc"], b"t"));
        assert_ne!(hash_to_group(&[b"abc"], b"t"), hash_to_group(&[b"abc"], b"u"));
        assert_ne!(hash_to_scalar(&[b"abc"], b"t"), hash_to_scalar(&[b"abd"], b"t"));
    }
}
