//! The COSE_Sign1 hash envelope itself: RFC 9052 §4.2 with the header parameters of RFC 9995 and RFC 9597.

use alloc::vec;
use alloc::vec::Vec;

use cbor4ii::core::Value;
use ed25519_dalek::VerifyingKey;

use super::cose::{self, AUD, CTI, EXP, IAT, ISS, Map, Parts, int, text};
use super::{Header, VerifyError};
use crate::codec::{self, Bytes, DecodeError, Hash};
use crate::id::{ConvenantRef, StatementId};
use crate::statement::Kind;

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
        cose::to_be_signed(self.protected(), &self.body_hash.0)
    }

    /// The tagged COSE_Sign1 with an empty unprotected header.
    pub fn encode(&self) -> Vec<u8> {
        cose::encode(self.protected(), &self.body_hash, &self.signature)
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
        let Parts { typ, key_id, mut claims, payload, signature } = cose::parse(bytes)?;
        let kind = Kind::from_media_type(&typ).ok_or(VerifyError::UnknownVersion)?;
        let mut read = || -> Option<Header> {
            Some(Header {
                kind,
                key_id,
                issuer: claims.text(ISS)?.parse().ok()?,
                audience: claims.text(AUD)?.parse().ok()?,
                id: StatementId::from_bytes(claims.bytes(CTI)?).ok()?,
                issued: claims.seconds(IAT)?,
                expires: claims.seconds(EXP)?,
                convenant: convenant(&mut claims)?,
            })
        };
        Ok(Envelope { header: read().ok_or_else(shape)?, body_hash: payload, signature })
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
        cose::protected(header.kind.media_type(), &header.key_id, claims)
    }
}

fn convenant(claims: &mut Map) -> Option<ConvenantRef> {
    let Value::Array(parts) = claims.take_key(&text(CONVENANT))? else { return None };
    let [Value::Text(id), Value::Bytes(base), Value::Integer(amendment)] = <[Value; 3]>::try_from(parts).ok()? else {
        return None;
    };
    Some(ConvenantRef(id.parse().ok()?, Bytes(base.try_into().ok()?), u32::try_from(amendment).ok()?))
}
