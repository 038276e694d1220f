//! The COSE_Sign1 hash envelope itself: RFC 9052 §4.2 with the header parameters of RFC 9995 and RFC 9597.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use cbor4ii::core::Value;
use cbor4ii::core::dec::Decode;
use cbor4ii::core::utils::SliceReader;
use ed25519_dalek::VerifyingKey;

use super::{Header, VerifyError};
use crate::codec::{self, Bytes, DecodeError, Hash};
use crate::id::{ConvenantRef, StatementId};
use crate::statement::Kind;
use crate::time::Timestamp;

const TAG_SIGN1: u64 = 18;
// COSE header parameters (IANA): alg, kid, CWT claims (RFC 9597), typ (RFC 9596), and RFC 9995's two.
const ALG: i128 = 1;
const KID: i128 = 4;
const CWT_CLAIMS: i128 = 15;
const TYP: i128 = 16;
const PAYLOAD_HASH_ALG: i128 = 258;
const PREIMAGE_CONTENT_TYPE: i128 = 259;
const EDDSA: i128 = -8;
const SHA_256: i128 = -16;
const PREIMAGE: &str = "application/cbor";
// CWT claims (RFC 8392): iss, aud, exp, iat, cti; ours has a text name.
const ISS: i128 = 1;
const AUD: i128 = 3;
const EXP: i128 = 4;
const IAT: i128 = 6;
const CTI: i128 = 7;
const CONVENANT: &str = "convenant";

/// A decoded envelope. Decoding checks its form; only [`super::verify`] checks the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The protected header.
    pub header: Header,
    /// The payload: SHA-256 of the body.
    pub body_hash: Hash,
    /// Ed25519 signature over [`Envelope::to_be_signed`].
    pub signature: Bytes<64>,
}

impl Envelope {
    /// The Sig_structure of RFC 9052 §4.4.
    pub fn to_be_signed(&self) -> Vec<u8> {
        encode(Value::Array(vec![
            text("Signature1"),
            Value::Bytes(self.protected()),
            Value::Bytes(Vec::new()),
            Value::Bytes(self.body_hash.0.to_vec()),
        ]))
    }

    /// The tagged COSE_Sign1 with an empty unprotected header.
    pub fn encode(&self) -> Vec<u8> {
        encode(Value::Tag(
            TAG_SIGN1,
            Value::Array(vec![
                Value::Bytes(self.protected()),
                Value::Map(Vec::new()),
                Value::Bytes(self.body_hash.0.to_vec()),
                Value::Bytes(self.signature.0.to_vec()),
            ])
            .into(),
        ))
    }

    /// Reads an envelope, refusing whatever [`Envelope::encode`] would not write byte for byte.
    pub fn decode(bytes: &[u8]) -> Result<Self, VerifyError> {
        codec::check(bytes)?;
        let envelope = Self::parse(bytes)?;
        if envelope.encode() != bytes {
            return Err(DecodeError::NonCanonical { at: 0 }.into());
        }
        Ok(envelope)
    }

    /// Verifies the signature strictly.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), VerifyError> {
        super::strict(key, &self.to_be_signed(), &self.signature)
    }

    fn parse(bytes: &[u8]) -> Result<Self, VerifyError> {
        let shape = || VerifyError::Decode(DecodeError::Unexpected { expected: "COSE_Sign1 hash envelope" });
        let Value::Tag(TAG_SIGN1, inner) = value(bytes).ok_or_else(shape)? else { return Err(shape()) };
        let Value::Array(parts) = *inner else { return Err(shape()) };
        let [Value::Bytes(protected), Value::Map(unprotected), Value::Bytes(payload), Value::Bytes(signature)] =
            <[Value; 4]>::try_from(parts).map_err(|_| shape())?
        else {
            return Err(shape());
        };
        if !unprotected.is_empty() {
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
        let kind = map.text(TYP).ok_or_else(shape)?;
        let kind = Kind::from_media_type(&kind).ok_or(VerifyError::UnknownVersion)?;
        let key_id = map.bytes(KID).ok_or_else(shape)?;
        let mut claims = Map::new(map.take(CWT_CLAIMS)).ok_or_else(shape)?;
        let mut read = || -> Option<Header> {
            Some(Header {
                kind,
                key_id: Bytes(key_id),
                issuer: claims.text(ISS)?.parse().ok()?,
                audience: claims.text(AUD)?.parse().ok()?,
                id: StatementId::from_bytes(claims.bytes(CTI)?).ok()?,
                issued: claims.seconds(IAT)?,
                expires: claims.seconds(EXP)?,
                convenant: claims.convenant()?,
            })
        };
        Ok(Envelope {
            header: read().ok_or_else(shape)?,
            body_hash: Bytes(payload.try_into().map_err(|_| shape())?),
            signature: Bytes(signature.try_into().map_err(|_| shape())?),
        })
    }

    fn protected(&self) -> Vec<u8> {
        let header = &self.header;
        let ConvenantRef(convenant, base, amendment) = &header.convenant;
        let claims = Value::Map(vec![
            (int(ISS), text(header.issuer.as_str())),
            (int(AUD), text(header.audience.as_str())),
            (int(EXP), int(i128::from(header.expires.as_seconds()))),
            (int(IAT), int(i128::from(header.issued.as_seconds()))),
            (int(CTI), Value::Bytes(header.id.as_bytes().to_vec())),
            (
                text(CONVENANT),
                Value::Array(vec![
                    text(convenant.as_str()),
                    Value::Bytes(base.0.to_vec()),
                    int(i128::from(*amendment)),
                ]),
            ),
        ]);
        encode(Value::Map(vec![
            (int(ALG), int(EDDSA)),
            (int(KID), Value::Bytes(header.key_id.0.to_vec())),
            (int(CWT_CLAIMS), claims),
            (int(TYP), text(header.kind.media_type())),
            (int(PAYLOAD_HASH_ALG), int(SHA_256)),
            (int(PREIMAGE_CONTENT_TYPE), text(PREIMAGE)),
        ]))
    }
}

/// A decoded map from which each known key is taken; what is left over shows when the envelope is encoded again.
struct Map(Vec<(Value, Value)>);

impl Map {
    fn new(value: Option<Value>) -> Option<Self> {
        match value? {
            Value::Map(pairs) => Some(Map(pairs)),
            _ => None,
        }
    }
    fn take_key(&mut self, key: &Value) -> Option<Value> {
        let at = self.0.iter().position(|(k, _)| k == key)?;
        Some(self.0.remove(at).1)
    }
    fn take(&mut self, key: i128) -> Option<Value> {
        self.take_key(&int(key))
    }
    fn integer(&mut self, key: i128) -> Option<i128> {
        match self.take(key)? {
            Value::Integer(i) => Some(i),
            _ => None,
        }
    }
    fn text(&mut self, key: i128) -> Option<String> {
        match self.take(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    fn bytes<const N: usize>(&mut self, key: i128) -> Option<[u8; N]> {
        match self.take(key)? {
            Value::Bytes(bytes) => bytes.try_into().ok(),
            _ => None,
        }
    }
    fn seconds(&mut self, key: i128) -> Option<Timestamp> {
        // Bounded so that the moment still fits in milliseconds and is encoded as it was.
        let seconds = u64::try_from(self.integer(key)?).ok()?;
        (seconds <= u64::MAX / 1000).then(|| Timestamp::from_seconds(seconds))
    }
    fn convenant(&mut self) -> Option<ConvenantRef> {
        let Value::Array(parts) = self.take_key(&text(CONVENANT))? else { return None };
        let [Value::Text(id), Value::Bytes(base), Value::Integer(amendment)] = <[Value; 3]>::try_from(parts).ok()?
        else {
            return None;
        };
        Some(ConvenantRef(id.parse().ok()?, Bytes(base.try_into().ok()?), u32::try_from(amendment).ok()?))
    }
}

fn int(value: i128) -> Value {
    Value::Integer(value)
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn value(bytes: &[u8]) -> Option<Value> {
    Value::decode(&mut SliceReader::new(bytes)).ok()
}

fn encode(value: Value) -> Vec<u8> {
    codec::encode_value(&value)
}
