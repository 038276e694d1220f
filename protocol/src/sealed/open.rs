//! Trying a question at the responder. The same work is done for every question: all 48 vouchers, no early end.
//!
//! On a miss nothing of it can be tried on anybody who is not in the table: every voucher that does not open is, for the
//! holder of α too, two uniform and independent elements.

use alloc::vec::Vec;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{Nonce, Tag};
use curve25519_dalek::Scalar;
use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::ristretto::CompressedRistretto;
use zeroize::Zeroizing;

use super::ask::{Content, STRONG, ask, content_cipher, voucher_cipher};
use super::group::{Extract, encode_doubled, half};
use super::secret::EpochSecret;
use super::table::{Publication, Table};
use super::{CONTENT_BYTES, LinkKey, SHARE_BYTES, Sealed, VOUCHER_BYTES, VOUCHERS};
use crate::codec::{self, Hash};
use crate::id::UitvraagId;
use crate::person::PersonRef;
use crate::statement::Subject;

/// What came out.
#[derive(Debug)]
pub enum Opening {
    /// Nobody in the table: forget it.
    Miss,
    /// Somebody in the table, and everything in it was made as it should be.
    Opened(Opened),
    /// It opened, and was not made as it should be. On the wire that is a miss, or a bad question would tell who is known.
    Misused(Misuse),
}

/// A person who is known here and is asked about, after everything was made again and found equal.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    subject: Subject,
}

/// Tells nothing.
impl core::fmt::Debug for Opened {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Opened(..)")
    }
}

impl Opened {
    /// About whom.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// About whom.
    pub fn into_subject(self) -> Subject {
        self.subject
    }
}

/// How a question that opened was wrong; with the statement it is evidence for the privacy officers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// The shares give a key that does not open the content.
    #[error("the vouchers opened, and what they give does not open the content")]
    Key,
    /// The content is not person, criteria, salt and seed.
    #[error("the content is not what is sealed in a question")]
    Content,
    /// The content is not what the approval covers.
    #[error("the content is about somebody else than what was approved")]
    Commitment,
    /// Made again from the content, the question is another: it asked about others too.
    #[error("made again from its content, the question is another one")]
    Vouchers,
}

/// The responder's side of one table.
pub struct Opener<'a> {
    /// Its secret.
    pub secret: &'a EpochSecret,
    /// What was published.
    pub publication: &'a Publication,
    /// Its cells.
    pub table: &'a Table,
}

impl Opener<'_> {
    /// Tries a question whose `commitment` was approved. `keys` are the link keys of a person in this table's profile.
    pub fn open(
        &self,
        uitvraag_id: &UitvraagId,
        commitment: &Hash,
        question: &Sealed,
        keys: impl Fn(&PersonRef) -> Vec<LinkKey>,
    ) -> Opening {
        let half = half(self.secret.alpha());
        let product = |voucher: &[u8; VOUCHER_BYTES]| {
            // What is no element takes as long, and opens nothing.
            let q = voucher.first_chunk::<32>().and_then(|q| CompressedRistretto(*q).decompress());
            q.unwrap_or(RISTRETTO_BASEPOINT_POINT) * *half
        };
        let products = Zeroizing::new(encode_doubled(&question.vouchers().map(product).collect::<Vec<_>>()));
        let extract = Extract::new(&question.root.0);
        let mut shares = [const { None }; VOUCHERS];
        for ((share, voucher), s) in shares.iter_mut().zip(question.vouchers()).zip(products.iter()) {
            *share = attempt(voucher, s, &extract, uitvraag_id);
        }
        let Some(key) = key_of(&shares) else { return Opening::Miss };
        match self.check(&key, uitvraag_id, commitment, question, keys) {
            Ok(subject) => Opening::Opened(Opened { subject }),
            Err(misuse) => Opening::Misused(misuse),
        }
    }

    /// Opens the content and makes the whole question again from it.
    fn check(
        &self,
        key: &[u8; 32],
        uitvraag_id: &UitvraagId,
        commitment: &Hash,
        question: &Sealed,
        keys: impl Fn(&PersonRef) -> Vec<LinkKey>,
    ) -> Result<Subject, Misuse> {
        let (sealed, tag) = question.content.0.split_at(CONTENT_BYTES);
        let mut plain = Zeroizing::new(sealed.to_vec());
        let tag = Tag::try_from(tag).map_err(|_| Misuse::Key)?;
        let cipher = content_cipher(key, &Extract::new(&question.root.0), uitvraag_id);
        let opened = cipher.decrypt_inout_detached(&Nonce::default(), &[], plain.as_mut_slice().into(), &tag);
        opened.map_err(|_| Misuse::Key)?;
        let content = read(&plain).ok_or(Misuse::Content)?;
        if content.subject.commitment() != *commitment {
            return Err(Misuse::Commitment);
        }
        let keys = keys(&content.subject.person);
        let again = ask(uitvraag_id, &content.subject, &keys, self.publication, self.table, &content.seed);
        if again.as_ref() == Ok(question) { Ok(content.subject) } else { Err(Misuse::Vouchers) }
    }
}

fn attempt(voucher: &[u8; VOUCHER_BYTES], s: &[u8; 32], extract: &Extract, uitvraag_id: &UitvraagId) -> Option<Share> {
    let (q, sealed) = voucher.split_first_chunk::<32>()?;
    let (sealed, tag) = sealed.split_at(SHARE_BYTES);
    let mut share = Zeroizing::new([0; SHARE_BYTES]);
    share.copy_from_slice(sealed);
    let tag = Tag::try_from(tag).ok()?;
    let cipher = voucher_cipher(q, s, extract, uitvraag_id);
    cipher.decrypt_inout_detached(&Nonce::default(), &[], share.as_mut_slice().into(), &tag).ok()?;
    Share::read(&share)
}

/// Length, content, zeros.
fn read(plain: &[u8]) -> Option<Content> {
    let (length, rest) = plain.split_first_chunk::<2>()?;
    let (content, padding) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    if padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    codec::decode(content).ok()
}

/// One share that opened.
struct Share {
    tag: u8,
    value: Zeroizing<Scalar>,
}

impl Share {
    fn read(bytes: &[u8; SHARE_BYTES]) -> Option<Self> {
        let (tag, value) = bytes.split_first()?;
        let value: [u8; 32] = value.try_into().ok()?;
        let value = Option::<Scalar>::from(Scalar::from_canonical_bytes(value))?;
        Some(Share { tag: *tag, value: Zeroizing::new(value) })
    }
}

/// The key, from one strong share or two different weak ones.
fn key_of(shares: &[Option<Share>; VOUCHERS]) -> Option<Zeroizing<[u8; 32]>> {
    let opened = || shares.iter().flatten();
    if let Some(strong) = opened().find(|share| share.tag == STRONG) {
        return Some(Zeroizing::new(strong.value.to_bytes()));
    }
    let first = opened().next()?;
    let second = opened().find(|share| share.tag != first.tag)?;
    // The line through both, where it crosses zero.
    let (x1, x2) = (Scalar::from(first.tag), Scalar::from(second.tag));
    let slope = Zeroizing::new((*second.value - *first.value) * (x2 - x1).invert());
    Some(Zeroizing::new((*first.value - *slope * x1).to_bytes()))
}
