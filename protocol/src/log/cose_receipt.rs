//! Receipts as COSE (RFC 9942), for those who check with tools that are not ours.
//!
//! RFC 9942 signs the root alone and leaves the proof, with the tree's size in it, unprotected. Here the protected header
//! also says the size, the issuer and the log, and the proof must agree with it: no bit of a receipt can change. What is
//! signed depends on the checkpoint only, so one signature serves all receipts that are exported for it.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use cbor4ii::core::Value;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::{Checkpoint, Consistency, Inclusion, Origin, ProofError, hash_leaf};
use crate::codec::{self, Bytes, DecodeError, Hash};
use crate::sign::cose::{self, ALG, CWT_CLAIMS, EDDSA, ISS, KID, Map, SUB, Sign1, int, text};
use crate::sign::key_id;

// Header parameters of RFC 9942: verifiable data structure (protected), its proofs (unprotected).
const VDS: i128 = 395;
const VDP: i128 = 396;
const RFC9162_SHA256: i128 = 1;
const INCLUSION: i128 = -1;
const CONSISTENCY: i128 = -2;
/// Our own protected parameter: number of leaves under the signed root.
const TREE_SIZE: &str = "weegnet-tree-size";

/// A COSE receipt that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoseReceiptError {
    /// Not a receipt of this kind in the one encoding, or too large.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The issuer is not the organisation whose log it names.
    #[error("the receipt's issuer is not the owner of the log it names")]
    Issuer,
    /// Proof and signed header speak of trees of another size.
    #[error("the proof is for a tree of another size than the signed one")]
    Size,
    /// It names another key than the one it is checked with.
    #[error("the receipt names another key: check it with the checkpoint key of its log")]
    OtherKey,
    /// The signature does not verify strictly over the root that the proof leads to.
    #[error("the receipt's signature does not verify for this entry")]
    BadSignature,
    /// It holds, but for another tree than the given checkpoint's.
    #[error("the receipt is for another tree than the checkpoint")]
    OtherTree,
    /// The proof does not fit.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// A checkpoint signed once more, as COSE: what all receipts for it share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoseCheckpoint {
    checkpoint: Checkpoint,
    head: Head,
}

impl CoseCheckpoint {
    /// Signs with the log's checkpoint key; the one signature behind all receipts for this checkpoint.
    pub fn sign(checkpoint: &Checkpoint, key: &SigningKey) -> Self {
        let mut head = Head {
            origin: checkpoint.origin.clone(),
            size: checkpoint.size,
            key_id: key_id(&key.verifying_key()),
            signature: Bytes([0; 64]),
        };
        head.signature = Bytes(key.sign(&head.to_be_signed(&checkpoint.root)).to_bytes());
        CoseCheckpoint { checkpoint: checkpoint.clone(), head }
    }

    /// The receipt of a leaf, by the bytes that the tree hashes.
    ///
    /// # Errors
    /// When the proof does not lead from this leaf to this root: such a receipt is never written.
    pub fn inclusion(&self, leaf: &[u8], proof: Inclusion) -> Result<InclusionReceipt, CoseReceiptError> {
        proof.verify(&hash_leaf(leaf), self.checkpoint.size, &self.checkpoint.root)?;
        Ok(InclusionReceipt { head: self.head.clone(), proof })
    }

    /// The receipt that the log only grew since `old`.
    ///
    /// # Errors
    /// When the proof does not lead from `old` to this root, or when nothing was added since: RFC 9942 has no proof
    /// without hashes.
    pub fn consistency(&self, old: &Checkpoint, proof: Consistency) -> Result<ConsistencyReceipt, CoseReceiptError> {
        let receipt = ConsistencyReceipt { head: self.head.clone(), first: old.size, proof };
        if receipt.root(old)? == self.checkpoint.root { Ok(receipt) } else { Err(ProofError::Root.into()) }
    }
}

/// That a leaf is in a log: an inclusion proof under a signed root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionReceipt {
    head: Head,
    proof: Inclusion,
}

impl InclusionReceipt {
    /// The tagged COSE_Sign1 with detached payload.
    pub fn encode(&self) -> Vec<u8> {
        self.head.encode(INCLUSION, [self.head.size, self.proof.index], &self.proof.path)
    }

    /// Reads a receipt, refusing whatever [`InclusionReceipt::encode`] would not write byte for byte.
    pub fn decode(bytes: &[u8]) -> Result<Self, CoseReceiptError> {
        let (head, proof) = Head::decode(bytes, INCLUSION)?;
        let [size, index] = proof.numbers;
        head.has_size(size)?;
        let receipt = InclusionReceipt { head, proof: Inclusion { index, path: proof.path } };
        same(receipt.encode(), bytes).map(|()| receipt)
    }

    /// Checks that the holder of `key` signed a tree in which this leaf stands, and says which tree.
    pub fn verify(&self, leaf: &[u8], key: &VerifyingKey) -> Result<Checkpoint, CoseReceiptError> {
        let root = self.proof.root(&hash_leaf(leaf), self.head.size)?;
        self.head.verify(root, key)
    }

    /// [`InclusionReceipt::verify`], and that the tree is this checkpoint's: size, root and origin.
    pub fn verify_under(
        &self,
        leaf: &[u8],
        checkpoint: &Checkpoint,
        key: &VerifyingKey,
    ) -> Result<(), CoseReceiptError> {
        if self.verify(leaf, key)? == *checkpoint { Ok(()) } else { Err(CoseReceiptError::OtherTree) }
    }

    /// The log it names, not yet believed.
    pub fn claimed_origin(&self) -> &Origin {
        &self.head.origin
    }

    /// The place it names, not yet believed.
    pub fn claimed_index(&self) -> u64 {
        self.proof.index
    }
}

/// That a log only grew: a consistency proof under the signed root of the larger tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyReceipt {
    head: Head,
    first: u64,
    proof: Consistency,
}

impl ConsistencyReceipt {
    /// The tagged COSE_Sign1 with detached payload.
    pub fn encode(&self) -> Vec<u8> {
        self.head.encode(CONSISTENCY, [self.first, self.head.size], &self.proof.path)
    }

    /// Reads a receipt, refusing whatever [`ConsistencyReceipt::encode`] would not write byte for byte.
    pub fn decode(bytes: &[u8]) -> Result<Self, CoseReceiptError> {
        let (head, proof) = Head::decode(bytes, CONSISTENCY)?;
        let [first, second] = proof.numbers;
        head.has_size(second)?;
        let receipt = ConsistencyReceipt { head, first, proof: Consistency { path: proof.path } };
        same(receipt.encode(), bytes).map(|()| receipt)
    }

    /// Checks that the holder of `key` signed a tree that begins with `old`'s, and says which tree.
    pub fn verify(&self, old: &Checkpoint, key: &VerifyingKey) -> Result<Checkpoint, CoseReceiptError> {
        self.head.verify(self.root(old)?, key)
    }

    /// The log it names, not yet believed.
    pub fn claimed_origin(&self) -> &Origin {
        &self.head.origin
    }

    fn root(&self, old: &Checkpoint) -> Result<Hash, CoseReceiptError> {
        if old.origin != self.head.origin || old.size != self.first {
            return Err(CoseReceiptError::OtherTree);
        }
        if self.first >= self.head.size {
            return Err(ProofError::OutOfRange.into());
        }
        Ok(self.proof.root(self.first, &old.root, self.head.size)?)
    }
}

/// What of a receipt is signed, but for the root, and the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Head {
    origin: Origin,
    size: u64,
    key_id: Hash,
    signature: Bytes<64>,
}

impl Head {
    fn has_size(&self, size: u64) -> Result<(), CoseReceiptError> {
        if self.size == size { Ok(()) } else { Err(CoseReceiptError::Size) }
    }

    fn verify(&self, root: Hash, key: &VerifyingKey) -> Result<Checkpoint, CoseReceiptError> {
        if self.key_id != key_id(key) {
            return Err(CoseReceiptError::OtherKey);
        }
        key.verify_strict(&self.to_be_signed(&root), &Signature::from_bytes(&self.signature.0))
            .map_err(|_| CoseReceiptError::BadSignature)?;
        Ok(Checkpoint { origin: self.origin.clone(), size: self.size, root })
    }

    fn to_be_signed(&self, root: &Hash) -> Vec<u8> {
        cose::to_be_signed(self.protected(), &root.0)
    }

    fn protected(&self) -> Vec<u8> {
        let claims = vec![(int(ISS), text(issuer(&self.origin))), (int(SUB), text(self.origin.as_str()))];
        codec::encode_value(&Value::Map(vec![
            (int(ALG), int(EDDSA)),
            (int(KID), Value::Bytes(self.key_id.0.to_vec())),
            (int(CWT_CLAIMS), Value::Map(claims)),
            (int(VDS), int(RFC9162_SHA256)),
            (text(TREE_SIZE), int(self.size.into())),
        ]))
    }

    fn encode(&self, kind: i128, [one, two]: [u64; 2], path: &[Hash]) -> Vec<u8> {
        let path = path.iter().map(|hash| Value::Bytes(hash.0.to_vec())).collect();
        let proof = Value::Array(vec![int(one.into()), int(two.into()), Value::Array(path)]);
        let proofs = vec![Value::Bytes(codec::encode_value(&proof))];
        let unprotected = Value::Map(vec![(int(VDP), Value::Map(vec![(int(kind), Value::Array(proofs))]))]);
        cose::encode_sign1(self.protected(), unprotected, Value::Null, &self.signature)
    }

    /// Reads all parts. What it leaves out of account shows when the caller encodes again what it read.
    fn decode(bytes: &[u8], kind: i128) -> Result<(Self, ReadProof), CoseReceiptError> {
        codec::check(bytes)?;
        let Sign1 { protected, mut unprotected, payload, signature } = cose::sign1(bytes).ok_or_else(shape)?;
        codec::check(&protected)?;
        let mut header = Map::new(cose::value(&protected)).ok_or_else(shape)?;
        if payload != Value::Null || header.integer(ALG) != Some(EDDSA) || header.integer(VDS) != Some(RFC9162_SHA256) {
            return Err(shape());
        }
        let mut claims = Map::new(header.take(CWT_CLAIMS)).ok_or_else(shape)?;
        let origin: Origin = claims.text(SUB).and_then(|origin| origin.parse().ok()).ok_or_else(shape)?;
        let named: String = claims.text(ISS).ok_or_else(shape)?;
        if named != issuer(&origin) {
            return Err(CoseReceiptError::Issuer);
        }
        let head = Head {
            size: header.take_key(&text(TREE_SIZE)).and_then(|size| unsigned(&size)).ok_or_else(shape)?,
            key_id: Bytes(header.bytes(KID).ok_or_else(shape)?),
            signature: Bytes(signature.try_into().map_err(|_| shape())?),
            origin,
        };
        Ok((head, ReadProof::of(&mut unprotected, kind).ok_or_else(shape)?))
    }
}

/// The one proof of a receipt: two numbers, whose meaning its kind decides, and hashes.
pub(super) struct ReadProof {
    pub(super) numbers: [u64; 2],
    pub(super) path: Vec<Hash>,
}

impl ReadProof {
    /// Reads it from an unprotected header, whoever wrote that.
    pub(super) fn of(unprotected: &mut Map, kind: i128) -> Option<Self> {
        let Value::Array(proofs) = Map::new(unprotected.take(VDP))?.take(kind)? else { return None };
        let [Value::Bytes(proof)] = proofs.as_slice() else { return None };
        codec::check(proof).ok()?;
        let Value::Array(parts) = cose::value(proof)? else { return None };
        let [one, two, Value::Array(path)] = parts.as_slice() else { return None };
        let path = path.iter().map(|hash| match hash {
            Value::Bytes(hash) => hash.as_slice().try_into().ok().map(Bytes),
            _ => None,
        });
        Some(ReadProof { numbers: [unsigned(one)?, unsigned(two)?], path: path.collect::<Option<_>>()? })
    }
}

/// The OIN in an origin, which always has one.
fn issuer(origin: &Origin) -> &str {
    origin.as_str().split('/').nth(1).unwrap_or_default()
}

fn unsigned(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

fn same(encoded: Vec<u8>, bytes: &[u8]) -> Result<(), CoseReceiptError> {
    if encoded == bytes { Ok(()) } else { Err(DecodeError::NonCanonical { at: 0 }.into()) }
}

fn shape() -> CoseReceiptError {
    DecodeError::Unexpected { expected: "COSE receipt" }.into()
}
