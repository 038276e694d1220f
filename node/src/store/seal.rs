//! Authenticated encryption of stored values: XChaCha20-Poly1305 with a random nonce in front.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::clock;

/// Bytes of the nonce in front of every sealed value.
const NONCE_BYTES: usize = 24;

/// A key under which values are stored.
#[derive(Clone)]
pub struct SealKey(XChaCha20Poly1305);

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(..)")
    }
}

impl SealKey {
    /// From 32 secret bytes.
    pub fn new(key: &[u8; 32]) -> Self {
        SealKey(XChaCha20Poly1305::new(key.into()))
    }

    /// Nonce and ciphertext; `place` binds the value to where it is stored.
    pub fn seal(&self, plain: &[u8], place: &[u8]) -> Vec<u8> {
        let nonce = clock::random::<NONCE_BYTES>();
        let payload = Payload { msg: plain, aad: place };
        // Encryption fails for plaintexts of more than 256 GiB only.
        let ciphertext = self.0.encrypt(&XNonce::from(nonce), payload).expect("a value of ordinary size");
        [&nonce[..], &ciphertext].concat()
    }

    /// The plaintext, if it was sealed under this key for this place.
    pub fn open(&self, sealed: &[u8], place: &[u8]) -> Option<Vec<u8>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: place }).ok()
    }
}
