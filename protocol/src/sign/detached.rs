//! Detached signatures over a document that lies in a file of its own: a hash envelope without audience or expiry.
//!
//! The payload is the SHA-256 of the document's canonical bytes; `typ` says what kind of document that is. Where a board signs,
//! the office and the mandate of who does it for the board stand in the protected header, as private claims of its CWT
//! claims (RFC 8392 §4.3): `functie` and `mandaat`.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use cbor4ii::core::Value;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};

use super::cose::{self, IAT, ISS, Parts, int, text};
use super::{VerifyError, key_id};
use crate::codec::{self, Bytes, DecodeError, Hash};
use crate::oin::Oin;
use crate::time::Timestamp;

/// Media type of a party's signature under a convenant.
pub const CONVENANT_SIGNATURE: &str = "application/vnd.weegnet.convenant-signature.v2+cose";

/// Media type of a party's signature under an amendment of its own record in a convenant.
pub const AMENDMENT_SIGNATURE: &str = "application/vnd.weegnet.convenant-amendment.v1+cose";

/// Media type of a party's approval that another party accedes to a convenant.
pub const ACCESSION_APPROVAL: &str = "application/vnd.weegnet.convenant-accession.v1+cose";

/// Longest office, and longest mandate: 1,024 bytes.
pub const MAX_SIGNATORY_BYTES: usize = 1024;

const OFFICE: &str = "functie";
const MANDATE: &str = "mandaat";

/// For whom somebody signs: an office, never a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signs {
    /// The office.
    pub office: String,
    /// What gives it the power to sign.
    pub mandate: String,
}

impl Signs {
    /// Whether both say something, on one line and within [`MAX_SIGNATORY_BYTES`].
    pub fn is_sound(&self) -> bool {
        let line = |text: &str| (1..=MAX_SIGNATORY_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
        line(&self.office) && line(&self.mandate)
    }
}

/// What a detached signature says. Decoding checks its form; [`Detached::verify`] checks the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detached {
    /// Media type of the signature, and so of what is signed.
    pub typ: &'static str,
    /// SHA-256 of the signing key's 32 public bytes.
    pub key_id: Hash,
    /// Who signs.
    pub issuer: Oin,
    /// When, by the signer's own clock; whole seconds.
    pub issued: Timestamp,
    /// SHA-256 of the document.
    pub document: Hash,
    /// In which office, where a board signs.
    pub signs: Option<Signs>,
    /// Ed25519 signature.
    pub signature: Bytes<64>,
}

impl Detached {
    /// Signs a document by its hash; the moment is cut to whole seconds.
    pub fn sign(typ: &'static str, document: Hash, issuer: Oin, issued: Timestamp, key: &SigningKey) -> Self {
        Self::sign_as(typ, document, (issuer, None), issued, key)
    }

    /// The same, in an office where one is given.
    pub fn sign_as(
        typ: &'static str,
        document: Hash,
        (issuer, signs): (Oin, Option<Signs>),
        issued: Timestamp,
        key: &SigningKey,
    ) -> Self {
        let mut detached = Detached {
            typ,
            key_id: key_id(&key.verifying_key()),
            issuer,
            issued: issued.floor_second(),
            document,
            signs,
            signature: Bytes([0; 64]),
        };
        detached.signature = Bytes(key.sign(&detached.to_be_signed()).to_bytes());
        detached
    }

    /// The tagged COSE_Sign1 with an empty unprotected header.
    pub fn encode(&self) -> Vec<u8> {
        cose::encode(self.protected(), &self.document, &self.signature)
    }

    /// Reads a signature of type `typ`, refusing whatever [`Detached::encode`] would not write byte for byte.
    pub fn decode(bytes: &[u8], typ: &'static str) -> Result<Self, VerifyError> {
        let shape = || VerifyError::Decode(DecodeError::Unexpected { expected: "detached signature" });
        codec::check(bytes)?;
        let Parts { typ: found, key_id, mut claims, payload, signature } = cose::parse(bytes)?;
        if found != typ {
            return Err(VerifyError::UnknownVersion);
        }
        let issuer = claims.text(ISS).and_then(|oin| oin.parse().ok()).ok_or_else(shape)?;
        let issued = claims.seconds(IAT).ok_or_else(shape)?;
        let signs = match (claims.text_of(OFFICE), claims.text_of(MANDATE)) {
            (None, None) => None,
            (Some(office), Some(mandate)) => Some(Signs { office, mandate }).filter(Signs::is_sound),
            _ => return Err(shape()),
        };
        let detached = Detached { typ, key_id, issuer, issued, document: payload, signs, signature };
        if detached.encode() != bytes {
            return Err(DecodeError::NonCanonical { at: 0 }.into());
        }
        Ok(detached)
    }

    /// Checks that `issuer` signed exactly this document with exactly this key, strictly.
    pub fn verify(&self, document: &Hash, issuer: &Oin, key: &VerifyingKey) -> Result<(), VerifyError> {
        if self.issuer != *issuer || self.key_id != key_id(key) {
            return Err(VerifyError::UnknownIssuer);
        }
        if self.document != *document {
            return Err(VerifyError::WrongBody);
        }
        super::strict(key, &self.to_be_signed(), &self.signature)
    }

    fn to_be_signed(&self) -> Vec<u8> {
        cose::to_be_signed(self.protected(), &self.document.0)
    }

    fn protected(&self) -> Vec<u8> {
        let mut claims =
            vec![(int(ISS), text(&self.issuer.to_string())), (int(IAT), int(i128::from(self.issued.as_seconds())))];
        if let Some(Signs { office, mandate }) = &self.signs {
            claims.extend([(text(OFFICE), text(office)), (text(MANDATE), text(mandate))]);
        }
        cose::protected(self.typ, &self.key_id, Value::Map(claims))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_seconds(1_795_000_000);

    fn signed() -> (Detached, SigningKey, Oin) {
        let (key, oin) = (SigningKey::from_bytes(&[7; 32]), "00000099000000001000".parse().unwrap());
        (Detached::sign(CONVENANT_SIGNATURE, Hash::of(&[b"text"]), oin, AT, &key), key, oin)
    }

    #[test]
    fn a_signature_travels_unchanged_and_verifies() {
        let (signed, key, oin) = signed();
        let read = Detached::decode(&signed.encode(), CONVENANT_SIGNATURE).unwrap();
        assert_eq!(read, signed);
        assert_eq!(read.verify(&Hash::of(&[b"text"]), &oin, &key.verifying_key()), Ok(()));
    }

    #[test]
    fn a_signature_says_in_which_office_it_was_put_and_no_bit_of_that_changes() {
        let (_, key, oin) = signed();
        let signs = Signs { office: "burgemeester".into(), mandate: "Gemeentewet, artikel 171".into() };
        let document = Hash::of(&[b"text"]);
        let sealed = Detached::sign_as(CONVENANT_SIGNATURE, document, (oin, Some(signs.clone())), AT, &key);
        let bytes = sealed.encode();
        let read = Detached::decode(&bytes, CONVENANT_SIGNATURE).unwrap();
        assert_eq!(read.signs, Some(signs.clone()));
        assert_eq!(read.verify(&document, &oin, &key.verifying_key()), Ok(()));
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let accepted = Detached::decode(&changed, CONVENANT_SIGNATURE)
                .and_then(|read| read.verify(&document, &oin, &key.verifying_key()));
            assert!(accepted.is_err(), "bit {bit}");
        }
        for (office, mandate) in [("", "een"), ("een", ""), ("een\ntwee", "drie")] {
            let signs = Signs { office: office.into(), mandate: mandate.into() };
            let sealed = Detached::sign_as(CONVENANT_SIGNATURE, document, (oin, Some(signs)), AT, &key);
            assert!(Detached::decode(&sealed.encode(), CONVENANT_SIGNATURE).is_err(), "{office:?} {mandate:?}");
        }
    }

    #[test]
    fn refuses_another_document_issuer_key_or_type() {
        let (signed, key, oin) = signed();
        let (text, other) = (Hash::of(&[b"text"]), SigningKey::from_bytes(&[8; 32]).verifying_key());
        let stranger = "00000099000000002000".parse().unwrap();
        assert_eq!(signed.verify(&Hash::of(&[b"next"]), &oin, &key.verifying_key()), Err(VerifyError::WrongBody));
        assert_eq!(signed.verify(&text, &stranger, &key.verifying_key()), Err(VerifyError::UnknownIssuer));
        assert_eq!(signed.verify(&text, &oin, &other), Err(VerifyError::UnknownIssuer));
        assert_eq!(Detached::decode(&signed.encode(), "application/other"), Err(VerifyError::UnknownVersion));
    }

    #[test]
    fn no_changed_bit_survives() {
        let (signed, key, oin) = signed();
        let bytes = signed.encode();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let accepted = Detached::decode(&changed, CONVENANT_SIGNATURE)
                .and_then(|read| read.verify(&Hash::of(&[b"text"]), &oin, &key.verifying_key()));
            assert!(accepted.is_err(), "bit {bit}");
        }
    }
}
