//! Envelopes that our encoder would never write, correctly signed: so that a refusal is never owed to the signature.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use cbor4ii::core::Value;
use cbor4ii::core::dec::Decode;
use cbor4ii::core::utils::SliceReader;
use ed25519_dalek::Signer;

use crate::codec::{Blob, Hash, encode_value};
use crate::samples::{GEMEENTE, Party, RECLASSERING, signed_refusal};
use crate::sign::Statement;

/// The parts of a COSE_Sign1, each as bytes that need not be right.
pub(super) struct Forgery {
    pub(super) signer: Party,
    /// What precedes the four parts: tag and array head.
    pub(super) head: Vec<u8>,
    /// The protected header's map, without the byte string around it.
    pub(super) protected: Vec<u8>,
    /// The unprotected header as an encoded item.
    pub(super) unprotected: Vec<u8>,
    pub(super) body: Vec<u8>,
    /// What follows the four parts.
    pub(super) tail: Vec<u8>,
}

impl Forgery {
    /// A refusal from reclassering to the gemeente in which nothing is wrong yet.
    pub(super) fn new() -> Self {
        let statement = signed_refusal().into_statement();
        let parts = envelope_parts(&statement);
        let Value::Bytes(protected) = &parts[0] else { panic!("the protected header is a byte string") };
        Forgery {
            signer: RECLASSERING,
            head: vec![0xd2, 0x84],
            protected: protected.clone(),
            unprotected: vec![0xa0],
            body: statement.body.0,
            tail: vec![],
        }
    }

    /// Changes the protected header as a list of pairs, which is written in the order it then has.
    pub(super) fn protected(mut self, change: impl FnOnce(&mut Vec<(Value, Value)>)) -> Self {
        let Some(Value::Map(mut pairs)) = value(&self.protected) else { panic!("the header is a map") };
        change(&mut pairs);
        self.protected = encode_value(&Value::Map(pairs));
        self
    }

    /// Replaces one parameter of the protected header.
    pub(super) fn with(self, label: i128, new: Value) -> Self {
        self.protected(|pairs| {
            let pair = pairs.iter_mut().find(|(key, _)| *key == Value::Integer(label)).unwrap();
            pair.1 = new;
        })
    }

    /// Changes the CWT claims.
    pub(super) fn claims(self, change: impl FnOnce(&mut Vec<(Value, Value)>)) -> Self {
        self.protected(|pairs| {
            let pair = pairs.iter_mut().find(|(key, _)| *key == Value::Integer(15)).unwrap();
            let Value::Map(claims) = &mut pair.1 else { panic!("the claims are a map") };
            change(claims);
        })
    }

    /// Replaces one claim.
    pub(super) fn claim(self, label: i128, new: Value) -> Self {
        self.claims(|claims| claims.iter_mut().find(|(key, _)| *key == Value::Integer(label)).unwrap().1 = new)
    }

    /// The statement, with a signature that is right for what it says.
    pub(super) fn sign(self) -> Statement {
        let payload = Hash::of(&[&self.body]).0.to_vec();
        let signed = encode_value(&Value::Array(vec![
            Value::Text("Signature1".into()),
            Value::Bytes(self.protected.clone()),
            Value::Bytes(vec![]),
            Value::Bytes(payload.clone()),
        ]));
        let signature = self.signer.statement_key().sign(&signed).to_bytes().to_vec();
        let mut envelope = self.head;
        envelope.extend(encode_value(&Value::Bytes(self.protected)));
        envelope.extend(self.unprotected);
        envelope.extend(encode_value(&Value::Bytes(payload)));
        envelope.extend(encode_value(&Value::Bytes(signature)));
        envelope.extend(self.tail);
        Statement { body: Blob(self.body), envelope: Blob(envelope) }
    }
}

/// The four parts of an envelope.
pub(super) fn envelope_parts(statement: &Statement) -> Vec<Value> {
    let Some(Value::Tag(18, inner)) = value(&statement.envelope.0) else { panic!("the envelope is tagged") };
    let Value::Array(parts) = *inner else { panic!("the envelope is an array") };
    parts
}

/// An envelope of these parts.
pub(super) fn envelope_of(parts: Vec<Value>) -> Vec<u8> {
    encode_value(&Value::Tag(18, Box::new(Value::Array(parts))))
}

fn value(bytes: &[u8]) -> Option<Value> {
    Value::decode(&mut SliceReader::new(bytes)).ok()
}

#[test]
fn a_forgery_without_a_change_is_the_genuine_statement() {
    assert_eq!(Forgery::new().sign(), signed_refusal().into_statement());
    assert_eq!(Forgery::new().signer.oin(), RECLASSERING.oin());
    assert_ne!(GEMEENTE.oin(), RECLASSERING.oin());
}
