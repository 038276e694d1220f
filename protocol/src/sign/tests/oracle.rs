//! `coset`, a COSE implementation that is not ours, must read and write the very same envelopes.

use alloc::vec;

use coset::cbor::value::Value;
use coset::iana::Algorithm;
use coset::{CoseSign1, CoseSign1Builder, HeaderBuilder, RegisteredLabelWithPrivate, TaggedCborSerializable};
use ed25519_dalek::Verifier;

use super::*;

fn all() -> [Statement; 6] {
    [
        signed_draft().into_statement(),
        signed_approval().into_statement(),
        signed_uitvraag().into_statement(),
        signed_answer(known()).into_statement(),
        signed_refusal().into_statement(),
        signed_withdrawal().into_statement(),
    ]
}

#[test]
fn coset_reads_verifies_and_writes_back_every_envelope() {
    for statement in all() {
        let ours = Envelope::decode(&statement.envelope.0).unwrap();
        let theirs = CoseSign1::from_tagged_slice(&statement.envelope.0).unwrap();
        assert_eq!(theirs.protected.header.alg, Some(RegisteredLabelWithPrivate::Assigned(Algorithm::EdDSA)));
        assert_eq!(theirs.protected.header.key_id, ours.header.key_id.0);
        assert!(theirs.unprotected.is_empty());
        assert_eq!(theirs.payload.as_deref(), Some(&ours.body_hash.0[..]));
        assert_eq!(theirs.tbs_data(b""), ours.to_be_signed());

        let signers = [GEMEENTE, POLITIE, RECLASSERING].map(|party| party.statement_key().verifying_key());
        let key = signers.into_iter().find(|key| key_id(key) == ours.header.key_id).unwrap();
        let verified = theirs
            .verify_signature(b"", |signature, data| key.verify(data, &Signature::from_slice(signature).unwrap()));
        assert!(verified.is_ok());
        assert_eq!(theirs.to_tagged_vec().unwrap(), statement.envelope.0);
    }
}

#[test]
fn what_coset_builds_is_byte_for_byte_what_we_build() {
    let signed = signed_refusal();
    let header = signed.header();
    let int = |value: u64| Value::Integer(value.into());
    let claims = Value::Map(vec![
        (int(1), Value::Text(header.issuer.as_str().into())),
        (int(3), Value::Text(header.audience.as_str().into())),
        (int(4), int(header.expires.as_seconds())),
        (int(6), int(header.issued.as_seconds())),
        (int(7), Value::Bytes(header.id.as_bytes().to_vec())),
        (
            Value::Text("convenant".into()),
            Value::Array(vec![
                Value::Text("rcpt-voorbeeld".into()),
                Value::Bytes(header.convenant.base().0.to_vec()),
                int(0),
            ]),
        ),
    ]);
    let protected = HeaderBuilder::new()
        .algorithm(Algorithm::EdDSA)
        .key_id(header.key_id.0.to_vec())
        .value(15, claims)
        .value(16, Value::Text("application/vnd.weegnet.refusal.v1+cose".into()))
        .value(258, Value::Integer((-16).into()))
        .value(259, Value::Text("application/cbor".into()))
        .build();
    let built = CoseSign1Builder::new()
        .protected(protected)
        .payload(signed.statement().body_hash().0.to_vec())
        .create_signature(b"", |data| RECLASSERING.statement_key().sign(data).to_bytes().to_vec())
        .build();
    assert_eq!(built.to_tagged_vec().unwrap(), signed.statement().envelope.0);
}
