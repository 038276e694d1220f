//! What all our COSE_Sign1 messages share (RFC 9052 §4.2, RFC 9597), and what all our hash envelopes share (RFC 9995).

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use cbor4ii::core::Value;
use cbor4ii::core::dec::Decode;
use cbor4ii::core::utils::SliceReader;

use super::VerifyError;
use crate::codec::{self, Bytes, DecodeError, Hash};
use crate::time::Timestamp;

const TAG_SIGN1: u64 = 18;
// COSE header parameters (IANA): alg, kid, CWT claims (RFC 9597), typ (RFC 9596), and RFC 9995's two.
pub(crate) const ALG: i128 = 1;
pub(crate) const KID: i128 = 4;
pub(crate) const CWT_CLAIMS: i128 = 15;
const TYP: i128 = 16;
const PAYLOAD_HASH_ALG: i128 = 258;
const PREIMAGE_CONTENT_TYPE: i128 = 259;
pub(crate) const EDDSA: i128 = -8;
const SHA_256: i128 = -16;
const PREIMAGE: &str = "application/cbor";
// CWT claims (RFC 8392): iss, sub, aud, exp, iat, cti.
pub(crate) const ISS: i128 = 1;
pub(crate) const SUB: i128 = 2;
pub(super) const AUD: i128 = 3;
pub(super) const EXP: i128 = 4;
pub(super) const IAT: i128 = 6;
pub(super) const CTI: i128 = 7;

/// A tagged COSE_Sign1 taken apart; nothing but its shape has been looked at.
pub(crate) struct Sign1 {
    pub(crate) protected: Vec<u8>,
    pub(crate) unprotected: Map,
    /// A byte string, or null where the payload travels elsewhere.
    pub(crate) payload: Value,
    pub(crate) signature: Vec<u8>,
}

/// Takes a COSE_Sign1 of any profile apart.
pub(crate) fn sign1(bytes: &[u8]) -> Option<Sign1> {
    let Value::Tag(TAG_SIGN1, inner) = value(bytes)? else { return None };
    let Value::Array(parts) = *inner else { return None };
    match <[Value; 4]>::try_from(parts).ok()? {
        [
            Value::Bytes(protected),
            Value::Map(unprotected),
            payload @ (Value::Bytes(_) | Value::Null),
            Value::Bytes(signature),
        ] => Some(Sign1 { protected, unprotected: Map(unprotected), payload, signature }),
        _ => None,
    }
}

/// An envelope taken apart; nothing but its shape has been looked at.
pub(super) struct Parts {
    pub(super) typ: String,
    pub(super) key_id: Hash,
    pub(super) claims: Map,
    pub(super) payload: Hash,
    pub(super) signature: Bytes<64>,
}

/// Takes an envelope apart. What it leaves out of account shows when the caller encodes again what it read.
pub(super) fn parse(bytes: &[u8]) -> Result<Parts, VerifyError> {
    let shape = || VerifyError::Decode(DecodeError::Unexpected { expected: "COSE_Sign1 hash envelope" });
    let Sign1 { protected, unprotected, payload, signature } = sign1(bytes).ok_or_else(shape)?;
    let Value::Bytes(payload) = payload else { return Err(shape()) };
    if !unprotected.0.is_empty() {
        return Err(shape());
    }
    codec::check(&protected)?;
    let mut map = Map::new(value(&protected)).ok_or_else(shape)?;
    if map.integer(ALG) != Some(EDDSA) || map.integer(PAYLOAD_HASH_ALG) != Some(SHA_256) {
        return Err(shape());
    }
    if map.text(PREIMAGE_CONTENT_TYPE).as_deref() != Some(PREIMAGE) {
        return Err(shape());
    }
    Ok(Parts {
        typ: map.text(TYP).ok_or_else(shape)?,
        key_id: Bytes(map.bytes(KID).ok_or_else(shape)?),
        claims: Map::new(map.take(CWT_CLAIMS)).ok_or_else(shape)?,
        payload: Bytes(payload.try_into().map_err(|_| shape())?),
        signature: Bytes(signature.try_into().map_err(|_| shape())?),
    })
}

/// The protected header, encoded.
pub(super) fn protected(typ: &str, key_id: &Hash, claims: Value) -> Vec<u8> {
    codec::encode_value(&Value::Map(vec![
        (int(ALG), int(EDDSA)),
        (int(KID), Value::Bytes(key_id.0.to_vec())),
        (int(CWT_CLAIMS), claims),
        (int(TYP), text(typ)),
        (int(PAYLOAD_HASH_ALG), int(SHA_256)),
        (int(PREIMAGE_CONTENT_TYPE), text(PREIMAGE)),
    ]))
}

/// The Sig_structure of RFC 9052 §4.4.
pub(crate) fn to_be_signed(protected: Vec<u8>, payload: &[u8]) -> Vec<u8> {
    codec::encode_value(&Value::Array(vec![
        text("Signature1"),
        Value::Bytes(protected),
        Value::Bytes(Vec::new()),
        Value::Bytes(payload.to_vec()),
    ]))
}

/// The tagged hash envelope, whose unprotected header is empty.
pub(super) fn encode(protected: Vec<u8>, payload: &Hash, signature: &Bytes<64>) -> Vec<u8> {
    encode_sign1(protected, Value::Map(Vec::new()), Value::Bytes(payload.0.to_vec()), signature)
}

/// The tagged COSE_Sign1 of these parts.
pub(crate) fn encode_sign1(protected: Vec<u8>, unprotected: Value, payload: Value, signature: &Bytes<64>) -> Vec<u8> {
    let parts = vec![Value::Bytes(protected), unprotected, payload, Value::Bytes(signature.0.to_vec())];
    codec::encode_value(&Value::Tag(TAG_SIGN1, Value::Array(parts).into()))
}

/// A decoded map from which each known key is taken; what is left over shows when the envelope is encoded again.
pub(crate) struct Map(pub(crate) Vec<(Value, Value)>);

impl Map {
    pub(crate) fn new(value: Option<Value>) -> Option<Self> {
        match value? {
            Value::Map(pairs) => Some(Map(pairs)),
            _ => None,
        }
    }
    pub(crate) fn take_key(&mut self, key: &Value) -> Option<Value> {
        let at = self.0.iter().position(|(k, _)| k == key)?;
        Some(self.0.remove(at).1)
    }
    pub(crate) fn take(&mut self, key: i128) -> Option<Value> {
        self.take_key(&int(key))
    }
    pub(crate) fn integer(&mut self, key: i128) -> Option<i128> {
        match self.take(key)? {
            Value::Integer(i) => Some(i),
            _ => None,
        }
    }
    pub(crate) fn text(&mut self, key: i128) -> Option<String> {
        match self.take(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    /// A text under a text key: a private claim.
    pub(crate) fn text_of(&mut self, key: &str) -> Option<String> {
        match self.take_key(&text(key))? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    pub(crate) fn bytes<const N: usize>(&mut self, key: i128) -> Option<[u8; N]> {
        match self.take(key)? {
            Value::Bytes(bytes) => bytes.try_into().ok(),
            _ => None,
        }
    }
    pub(crate) fn seconds(&mut self, key: i128) -> Option<Timestamp> {
        // Bounded so that the moment still fits in milliseconds and is encoded as it was.
        let seconds = u64::try_from(self.integer(key)?).ok()?;
        (seconds <= u64::MAX / 1000).then(|| Timestamp::from_seconds(seconds))
    }
}

pub(crate) fn int(value: i128) -> Value {
    Value::Integer(value)
}

pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.into())
}

pub(crate) fn value(bytes: &[u8]) -> Option<Value> {
    Value::decode(&mut SliceReader::new(bytes)).ok()
}
