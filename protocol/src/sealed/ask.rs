//! A question for one table: everything in it follows from one seed, so that it can be made again to check it.

use alloc::vec::Vec;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use curve25519_dalek::traits::MultiscalarMul;
use curve25519_dalek::{RistrettoPoint, Scalar};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::group::{Derive, Extract, encode_doubled, half};
use super::secret::hashed;
use super::table::{Publication, Table, WrongTable, places};
use super::{
    BOX_BYTES, CELLS_PER_KEY, CONTENT_BYTES, LINK_KEYS, LinkKey, SHARE_BYTES, Sealed, VOUCHER_BYTES, VOUCHERS,
    VOUCHERS_BYTES,
};
use crate::codec::{self, Bytes, Hash};
use crate::id::UitvraagId;
use crate::statement::Subject;

/// Salt of everything that an asker derives from its seed.
const SEED: &[u8] = b"weegnet sealed v1 seed";
/// Tag of a share that opens alone.
pub(super) const STRONG: u8 = 0;

/// Why a question cannot be made for a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAsked {
    /// The table is not the published one.
    #[error(transparent)]
    Table(#[from] WrongTable),
    /// More than [`LINK_KEYS`].
    #[error("a person has at most {LINK_KEYS} link keys, not {0}")]
    TooManyKeys(usize),
    /// No key alone, and no two keys together, could open it.
    #[error("what is known of the person is too little for anybody to recognise them by")]
    TooThin,
    /// Person and criteria are larger than what is sealed.
    #[error("the person and criteria take more than {CONTENT_BYTES} bytes: leave out aliases")]
    TooLarge,
}

/// What is sealed: about whom, on which criteria, and the seed that lets whoever opens it check everything.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    pub(super) seed: Bytes<32>,
    pub(super) subject: Subject,
}

/// Seals a question about `subject` for one table. `seed` is 32 random bytes for this recipient alone; kept with the case,
/// it shows an auditor who was asked about.
///
/// # Errors
/// [`NotAsked`].
pub fn ask(
    uitvraag_id: &UitvraagId,
    subject: &Subject,
    keys: &[LinkKey],
    publication: &Publication,
    table: &Table,
    seed: &Bytes<32>,
) -> Result<Sealed, NotAsked> {
    if keys.len() > LINK_KEYS {
        return Err(NotAsked::TooManyKeys(keys.len()));
    }
    if !keys.iter().any(|key| key.strong) && keys.len() < 2 {
        return Err(NotAsked::TooThin);
    }
    let link = super::proof::element(&publication.link).ok_or(WrongTable::Knowledge)?;
    if table.root() != publication.root {
        return Err(WrongTable::Root.into());
    }
    let root = &publication.root;
    // Were a seed used twice, the two questions would still have nothing in common.
    let mut material = Zeroizing::new(seed.0.to_vec());
    material.extend_from_slice(uitvraag_id.as_bytes());
    material.extend_from_slice(&subject.commitment().0);
    let derive = Derive::new(SEED, &material);
    let sharing = Sharing::new(&derive, root);
    let context = publication.table.context();
    let mut halves: Vec<RistrettoPoint> = Vec::with_capacity(2 * VOUCHERS);
    let mut shares = Vec::with_capacity(VOUCHERS);
    for number in 0..LINK_KEYS {
        let (key, strong) = match keys.get(number) {
            Some(key) => (Zeroizing::new(key.bytes.clone()), key.strong),
            // Nobody has such a key in a table.
            None => (Zeroizing::new(derive.bytes::<32>(&[b"dummy", &[number as u8]]).to_vec()), false),
        };
        let element = hashed(&key);
        let share = sharing.share(number, strong);
        for (turn, place) in places(&context, &key, publication.cells).into_iter().enumerate() {
            let at = [number as u8, turn as u8];
            let beta = half(&derive.scalar(&[b"beta", &at, &root.0]));
            let gamma = half(&derive.scalar(&[b"gamma", &at, &root.0]));
            halves.push(element * *beta + RistrettoPoint::mul_base(&gamma));
            halves.push(RistrettoPoint::multiscalar_mul([*beta, *gamma], [table.element(place)?, link]));
            shares.push(share.clone());
        }
    }
    debug_assert_eq!(shares.len(), LINK_KEYS * CELLS_PER_KEY);
    let encoded = Zeroizing::new(encode_doubled(&halves));
    let extract = Extract::new(&root.0);
    let pairs = encoded.as_chunks::<2>().0.iter().zip(&shares);
    let mut vouchers: Vec<_> = pairs.map(|([q, s], share)| voucher(q, s, &extract, uitvraag_id, share)).collect();
    vouchers.sort_unstable();
    let mut all = Bytes([0; VOUCHERS_BYTES]);
    all.0.copy_from_slice(vouchers.as_flattened());
    let content = Content { seed: *seed, subject: subject.clone() };
    let content = seal(&content, &sharing.key(), uitvraag_id, &extract).ok_or(NotAsked::TooLarge)?;
    Ok(Sealed { root: *root, content, vouchers: all })
}

/// The question's key, as a scalar, and a line through it: any two weak shares give it back.
struct Sharing {
    key: Zeroizing<Scalar>,
    slope: Zeroizing<Scalar>,
}

impl Sharing {
    fn new(derive: &Derive, root: &Hash) -> Self {
        Sharing { key: derive.scalar(&[b"key", &root.0]), slope: derive.scalar(&[b"slope", &root.0]) }
    }

    fn key(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }

    fn share(&self, number: usize, strong: bool) -> Zeroizing<[u8; SHARE_BYTES]> {
        let mut share = Zeroizing::new([0; SHARE_BYTES]);
        let tag = if strong { STRONG } else { number as u8 + 1 };
        let value = if strong { *self.key } else { *self.key + *self.slope * Scalar::from(tag) };
        share[0] = tag;
        share[1..].copy_from_slice(value.as_bytes());
        share
    }
}

fn voucher(
    q: &[u8; 32],
    s: &[u8; 32],
    extract: &Extract,
    uitvraag_id: &UitvraagId,
    share: &[u8; SHARE_BYTES],
) -> [u8; VOUCHER_BYTES] {
    let mut voucher = [0; VOUCHER_BYTES];
    voucher[..32].copy_from_slice(q);
    let (sealed, tag) = voucher[32..].split_at_mut(SHARE_BYTES);
    sealed.copy_from_slice(share);
    let cipher = voucher_cipher(q, s, extract, uitvraag_id);
    // The only error is a length that no cipher takes.
    if let Ok(made) = cipher.encrypt_inout_detached(&Nonce::default(), &[], sealed.into()) {
        tag.copy_from_slice(&made);
    }
    voucher
}

/// KDF(S, Q, root, id): used once, so its nonce is zero.
pub(super) fn voucher_cipher(
    q: &[u8; 32],
    s: &[u8; 32],
    extract: &Extract,
    uitvraag_id: &UitvraagId,
) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&(*extract.key(&[s, q, uitvraag_id.as_bytes(), b"voucher"])).into())
}

/// The cipher of the content.
pub(super) fn content_cipher(key: &[u8; 32], extract: &Extract, uitvraag_id: &UitvraagId) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&(*extract.key(&[key, uitvraag_id.as_bytes(), b"content"])).into())
}

fn seal(content: &Content, key: &[u8; 32], uitvraag_id: &UitvraagId, extract: &Extract) -> Option<Bytes<BOX_BYTES>> {
    let encoded = Zeroizing::new(codec::encode(content));
    let mut sealed = Bytes([0; BOX_BYTES]);
    let (plain, tag) = sealed.0.split_at_mut(CONTENT_BYTES);
    // Length, content, zeros.
    let (length, rest) = plain.split_at_mut(2);
    length.copy_from_slice(&u16::try_from(encoded.len()).ok()?.to_be_bytes());
    rest.get_mut(..encoded.len())?.copy_from_slice(&encoded);
    let made = content_cipher(key, extract, uitvraag_id).encrypt_inout_detached(&Nonce::default(), &[], plain.into());
    tag.copy_from_slice(&made.ok()?);
    Some(sealed)
}
