//! Statements as COSE hash envelopes (RFC 9995): bytes and types on one side, `Verified<T>` on the other.
//!
//! What is signed is the SHA-256 of a *body*; the body travels beside its envelope. Destroy the body and the signature,
//! the tree and all receipts still verify, while nobody can confirm a guess at what it said: it began with 32 random
//! bytes.

pub(crate) mod cose;
mod detached;
mod envelope;

use alloc::vec::Vec;
use core::marker::PhantomData;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codec::{self, Blob, Bytes, DecodeError, Hash};
use crate::id::{ConvenantRef, StatementId};
use crate::oin::Oin;
use crate::statement::Kind;
use crate::time::{Millis, Timestamp};

pub use detached::{
    ACCESSION_APPROVAL, AMENDMENT_SIGNATURE, CONVENANT_SIGNATURE, Detached, MAX_SIGNATORY_BYTES, Signs,
};
pub use envelope::Envelope;

/// How far ahead of our clock an issuer's may run: 120 s.
pub const MAX_CLOCK_SKEW: Millis = Millis::seconds(120);

/// What the protected header of every statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the body is.
    pub kind: Kind,
    /// SHA-256 of the signing key's 32 public bytes.
    pub key_id: Hash,
    /// Who says it.
    pub issuer: Oin,
    /// The one organisation it is said to.
    pub audience: Oin,
    /// Its name, under which delivery is idempotent.
    pub id: StatementId,
    /// When it was said; whole seconds.
    pub issued: Timestamp,
    /// Until when it may be delivered; whole seconds.
    pub expires: Timestamp,
    /// Under which convenant.
    pub convenant: ConvenantRef,
}

/// Something that can be said: the typed content of a body.
pub trait Content: Serialize + DeserializeOwned {
    /// Which statement kind carries it.
    const KIND: Kind;
}

/// A statement as it travels: a COSE_Sign1 and the body that it hashes. Nothing about it has been checked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The content whose hash is signed: CBOR `[32 random bytes, content]`.
    pub body: Blob,
    /// The tagged COSE_Sign1.
    pub envelope: Blob,
}

impl core::fmt::Debug for Statement {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Statement({} + {} bytes)", self.envelope.0.len(), self.body.0.len())
    }
}

impl Statement {
    /// SHA-256 of the envelope: what the journal and answers refer to.
    pub fn hash(&self) -> Hash {
        Hash::of(&[&self.envelope.0])
    }

    /// SHA-256 of the body.
    pub fn body_hash(&self) -> Hash {
        Hash::of(&[&self.body.0])
    }

    /// Reads the header without believing it: for routing and for finding an earlier receipt.
    pub fn claimed_header(&self) -> Result<Header, VerifyError> {
        Ok(Envelope::decode(&self.envelope.0)?.header)
    }
}

/// Content with the header it was signed under; made by its issuer, not yet recorded.
#[derive(Clone)]
pub struct Signed<T> {
    header: Header,
    content: T,
    statement: Statement,
}

impl<T> core::fmt::Debug for Signed<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Signed({:?} {})", self.header.kind, self.header.id)
    }
}

/// All of a [`Header`] but what the content and the key decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Who says it.
    pub issuer: Oin,
    /// To whom.
    pub audience: Oin,
    /// Its name.
    pub id: StatementId,
    /// When.
    pub issued: Timestamp,
    /// Until when it may be delivered.
    pub expires: Timestamp,
    /// Under which convenant.
    pub convenant: ConvenantRef,
}

impl<T: Content> Signed<T> {
    /// Signs `content`; `nonce` must be fresh randomness. Times are cut to whole seconds: `issued` down, `expires` up.
    pub fn seal(address: Address, content: T, nonce: [u8; 32], key: &SigningKey) -> Self {
        let header = Header {
            kind: T::KIND,
            key_id: key_id(&key.verifying_key()),
            issuer: address.issuer,
            audience: address.audience,
            id: address.id,
            issued: address.issued.floor_second(),
            expires: address.expires.ceil_second(),
            convenant: address.convenant,
        };
        let body = Body { nonce: Bytes(nonce), content };
        let body_bytes = body.encode();
        let mut envelope = Envelope { header, body_hash: Hash::of(&[&body_bytes]), signature: Bytes([0; 64]) };
        envelope.signature = Bytes(key.sign(&envelope.to_be_signed()).to_bytes());
        let statement = Statement { envelope: Blob(envelope.encode()), body: Blob(body_bytes) };
        Signed { header: envelope.header, content: body.content, statement }
    }
}

impl<T> Signed<T> {
    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }
    /// The content.
    pub fn content(&self) -> &T {
        &self.content
    }
    /// The bytes.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }
    /// The bytes, alone.
    pub fn into_statement(self) -> Statement {
        self.statement
    }
}

/// A statement whose signature, issuer, audience, freshness and canonical bytes were checked. Only [`verify`] makes it.
#[derive(Clone)]
pub struct Verified<T> {
    header: Header,
    content: T,
    statement: Statement,
    _only_here: PhantomData<()>,
}

impl<T> core::fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Verified({:?} {})", self.header.kind, self.header.id)
    }
}

impl<T> Verified<T> {
    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }
    /// The content.
    pub fn content(&self) -> &T {
        &self.content
    }
    /// The bytes.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }
}

/// Why a statement is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Envelope or body is not in the one encoding, or too large.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The envelope has a version or kind that this node does not know.
    #[error("the statement has a kind or version that this node does not know")]
    UnknownVersion,
    /// The statement is of another kind than belongs here.
    #[error("a {found:?} stands where a {expected:?} belongs")]
    WrongKind {
        /// What belongs here.
        expected: Kind,
        /// What stands here.
        found: Kind,
    },
    /// Said to somebody else.
    #[error("the statement is addressed to another organisation")]
    WrongAudience,
    /// The issuer is no party, or the key is none of theirs.
    #[error("the issuer or its key is not known under this convenant")]
    UnknownIssuer,
    /// The statement cites another text of the convenant than ours.
    #[error("the statement cites a convenant, or a text of it, that is not in force here")]
    WrongConvenant,
    /// Its issuer changed its record more often than is known here.
    #[error(
        "the statement rests on amendment {cited} of its issuer, and {known} are in force here: the others must be told first"
    )]
    Behind {
        /// The issuer's number.
        cited: u32,
        /// How many are in force here.
        known: u32,
    },
    /// Past its expiry.
    #[error("the statement expired at {since}")]
    Expired {
        /// When it expired.
        since: Timestamp,
    },
    /// Issued more than [`MAX_CLOCK_SKEW`] ahead of our clock.
    #[error("the statement was issued in the future, at {at}: check both clocks")]
    FromTheFuture {
        /// The issuer's moment.
        at: Timestamp,
    },
    /// The body is not the one whose hash was signed.
    #[error("the body is not the one that was signed")]
    WrongBody,
    /// The signature does not verify strictly (RFC 8032, small-order and non-canonical keys refused).
    #[error("the signature does not verify")]
    BadSignature,
}

/// Where statement keys are found.
pub trait Issuers {
    /// The key with this id, if its issuer may sign statements with it under exactly this convenant text: the one that it
    /// has at `now`, or one that it had when this one was issued.
    ///
    /// # Errors
    /// [`VerifyError::WrongConvenant`] when the text is not in force here, [`VerifyError::UnknownIssuer`] when it names
    /// no such party or key.
    fn statement_key(&self, header: &Header, now: Timestamp) -> Result<VerifyingKey, VerifyError>;
}

/// Checks a statement completely and types it.
pub fn verify<T: Content>(
    statement: Statement,
    issuers: &impl Issuers,
    audience: &Oin,
    now: Timestamp,
) -> Result<Verified<T>, VerifyError> {
    let envelope = Envelope::decode(&statement.envelope.0)?;
    let header = &envelope.header;
    if header.kind != T::KIND {
        return Err(VerifyError::WrongKind { expected: T::KIND, found: header.kind });
    }
    if header.audience != *audience {
        return Err(VerifyError::WrongAudience);
    }
    if header.issued > now + MAX_CLOCK_SKEW {
        return Err(VerifyError::FromTheFuture { at: header.issued });
    }
    if header.expires <= now {
        return Err(VerifyError::Expired { since: header.expires });
    }
    let key = issuers.statement_key(header, now)?;
    envelope.verify(&key)?;
    let body: Body<T> = Body::decode(&statement.body.0)?;
    if envelope.body_hash != statement.body_hash() {
        return Err(VerifyError::WrongBody);
    }
    Ok(Verified { header: envelope.header, content: body.content, statement, _only_here: PhantomData })
}

/// SHA-256 of a public key's 32 bytes: the `kid` of statements.
pub fn key_id(key: &VerifyingKey) -> Hash {
    Hash::of(&[key.as_bytes()])
}

/// A body: 32 random bytes, so that no guess at the content can be confirmed, then the content.
#[derive(Serialize, Deserialize)]
struct Body<T> {
    nonce: Bytes<32>,
    content: T,
}

impl<T: Content> Body<T> {
    fn encode(&self) -> Vec<u8> {
        codec::encode(&(&self.nonce, &self.content))
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (nonce, content) = codec::decode::<(Bytes<32>, T)>(bytes)?;
        Ok(Body { nonce, content })
    }
}

/// Reads a body without its envelope, from a journal whose tree already vouches for it.
pub fn read_body<T: Content>(bytes: &[u8]) -> Result<T, DecodeError> {
    Body::decode(bytes).map(|body: Body<T>| body.content)
}

fn strict(key: &VerifyingKey, message: &[u8], signature: &Bytes<64>) -> Result<(), VerifyError> {
    key.verify_strict(message, &Signature::from_bytes(&signature.0)).map_err(|_| VerifyError::BadSignature)
}

#[cfg(test)]
mod tests;
