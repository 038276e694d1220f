//! Keys of a register: one per generation, wrapped by the node's, so that an old generation can be made unreadable.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use weegnet_protocol::id::Slug;
use zeroize::Zeroizing;

use super::error::Damage;
use super::generation::GenerationNumber;
use super::page::{FindKey, IndexKey};

/// Bytes of the random nonce in front of every ciphertext.
const NONCE_BYTES: usize = 24;

/// The node's key under which the keys of all generations are wrapped.
pub struct RegisterKey(Zeroizing<[u8; 32]>);

impl RegisterKey {
    /// Takes 32 secret bytes.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        RegisterKey(bytes)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*derive(&self.0, b"weegnet register wrap v1")).into())
    }
}

impl fmt::Debug for RegisterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegisterKey(..)")
    }
}

/// The keys of one generation: pages are encrypted, and what is searched by is an HMAC.
#[derive(Clone)]
pub(super) struct GenerationKey {
    cipher: XChaCha20Poly1305,
    index: Hmac<Sha256>,
}

impl GenerationKey {
    /// A new key, and the form in which it may stand on disk. Fails only when the system gives no randomness.
    pub(super) fn generate(
        node: &RegisterKey,
        scope: &Slug,
        number: GenerationNumber,
    ) -> Result<(Self, Vec<u8>), Unsealable> {
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(secret.as_mut_slice()).map_err(|_| Unsealable)?;
        let wrapped = seal(&node.cipher(), &wrap_context(scope, number), secret.as_slice())?;
        Ok((Self::from_secret(&secret), wrapped))
    }

    /// Unwraps the key of one generation of one convenant; the wrapped form fits no other.
    pub(super) fn unwrap(
        node: &RegisterKey,
        scope: &Slug,
        number: GenerationNumber,
        wrapped: &[u8],
    ) -> Result<Self, Damage> {
        let opened = Zeroizing::new(open(&node.cipher(), &wrap_context(scope, number), wrapped).ok_or(Damage::Key)?);
        let mut secret = Zeroizing::new([0; 32]);
        if opened.len() != secret.len() {
            return Err(Damage::Key);
        }
        secret.copy_from_slice(&opened);
        Ok(Self::from_secret(&secret))
    }

    fn from_secret(secret: &Zeroizing<[u8; 32]>) -> Self {
        let cipher = XChaCha20Poly1305::new(&(*derive(secret, b"weegnet register pages v1")).into());
        GenerationKey { cipher, index: mac(derive(secret, b"weegnet register index v1").as_slice()) }
    }

    /// Encrypts a page for one place in the store.
    pub(super) fn seal(&self, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, Unsealable> {
        seal(&self.cipher, place, plain)
    }

    /// Decrypts the page of one place.
    pub(super) fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Damage> {
        open(&self.cipher, place, sealed).ok_or(Damage::BadPage)
    }

    /// The index key of a record id.
    pub(super) fn id_key(&self, id: &str) -> IndexKey {
        self.index_key(&[b"id|", id.as_bytes()])
    }

    /// The index key of one thing that rows are found by.
    pub(super) fn find_key(&self, what: &[u8]) -> FindKey {
        let [a, b, c, d, e, f, g, h, ..] = self.index_key(&[b"find|", what]);
        [a, b, c, d, e, f, g, h]
    }

    fn index_key(&self, parts: &[&[u8]]) -> IndexKey {
        let mut mac = self.index.clone();
        parts.iter().for_each(|part| mac.update(part));
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        let mut key = [0; 16];
        key.copy_from_slice(&full[..16]);
        key
    }
}

/// The system gave no randomness, or a page outgrew what can be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a page of the register cannot be encrypted: the system gives no randomness")]
pub struct Unsealable;

fn wrap_context(scope: &Slug, number: GenerationNumber) -> Vec<u8> {
    format!("{scope}|{number}").into_bytes()
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes a key of any length (RFC 2104 §2), so the error cannot occur.
    Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
}

fn derive(secret: &Zeroizing<[u8; 32]>, label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut mac = mac(secret.as_slice());
    mac.update(label);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn seal(cipher: &XChaCha20Poly1305, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, Unsealable> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| Unsealable)?;
    let body = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context }).map_err(|_| Unsealable)?;
    Ok([nonce.as_slice(), &body].concat())
}

fn open(cipher: &XChaCha20Poly1305, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: context }).ok()
}
