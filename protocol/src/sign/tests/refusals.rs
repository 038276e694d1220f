//! Every reason not to believe a statement, one by one, with a good signature wherever the signature is not the reason.

use alloc::vec;
use alloc::vec::Vec;

use cbor4ii::core::Value;

use super::forge::{Forgery, envelope_of, envelope_parts};
use super::*;
use crate::codec::MAX_BYTES;
use crate::samples::{Parties, convenant, verify};

fn refused(statement: Statement) -> VerifyError {
    verify::<Refusal>(statement, GEMEENTE).unwrap_err()
}

fn refused_at(statement: &Statement, now: Timestamp) -> Option<VerifyError> {
    super::super::verify::<Refusal>(statement.clone(), &Parties, &GEMEENTE.oin(), now).err()
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

#[test]
fn refuses_a_statement_to_somebody_else() {
    let statement = signed_refusal().into_statement();
    assert_eq!(verify::<Refusal>(statement, POLITIE).unwrap_err(), VerifyError::WrongAudience);
}

#[test]
fn refuses_an_unknown_issuer_and_an_unknown_key() {
    let stranger = Forgery::new().claim(1, text("00000099000000009000"));
    assert_eq!(refused(stranger.sign()), VerifyError::UnknownIssuer);

    let key_of_politie = key_id(&POLITIE.statement_key().verifying_key());
    let mut in_anothers_name = Forgery::new().with(4, Value::Bytes(key_of_politie.0.to_vec()));
    in_anothers_name.signer = POLITIE;
    assert_eq!(refused(in_anothers_name.sign()), VerifyError::UnknownIssuer);
}

#[test]
fn refuses_another_convenant_another_text_and_another_amendment() {
    let cite = |id: &str, base: [u8; 32], amendment: i128| {
        let cited = Value::Array(vec![text(id), Value::Bytes(base.to_vec()), Value::Integer(amendment)]);
        Forgery::new().claims(|claims| claims.last_mut().unwrap().1 = cited).sign()
    };
    assert!(verify::<Refusal>(cite("rcpt-voorbeeld", convenant().base().0, 0), GEMEENTE).is_ok());
    assert_eq!(refused(cite("rcpt-ander", convenant().base().0, 0)), VerifyError::WrongConvenant);
    assert_eq!(refused(cite("rcpt-voorbeeld", [0xc1; 32], 0)), VerifyError::WrongConvenant);
    assert_eq!(refused(cite("rcpt-voorbeeld", convenant().base().0, 1)), VerifyError::WrongConvenant);
}

#[test]
fn refuses_an_expired_statement_from_the_moment_it_expires() {
    let signed = signed_refusal();
    let since = signed.header().expires;
    assert_eq!(refused_at(signed.statement(), since - Millis(1)), None);
    assert_eq!(refused_at(signed.statement(), since), Some(VerifyError::Expired { since }));
    assert_eq!(refused_at(signed.statement(), since + Millis::hours(1)), Some(VerifyError::Expired { since }));
}

#[test]
fn accepts_a_clock_that_runs_120_seconds_ahead_and_not_a_millisecond_more() {
    let signed = signed_refusal();
    let at = signed.header().issued;
    assert_eq!(MAX_CLOCK_SKEW, Millis(120_000));
    assert_eq!(refused_at(signed.statement(), at - MAX_CLOCK_SKEW), None);
    let earlier = at - MAX_CLOCK_SKEW - Millis(1);
    assert_eq!(refused_at(signed.statement(), earlier), Some(VerifyError::FromTheFuture { at }));
}

#[test]
fn refuses_versions_and_kinds_that_are_not_known() {
    for media_type in [
        "application/vnd.weegnet.refusal.v2+cose",
        "application/vnd.weegnet.weging.v1+cose",
        "application/vnd.weegnet.refusal.v1",
        "",
    ] {
        assert_eq!(refused(Forgery::new().with(16, text(media_type)).sign()), VerifyError::UnknownVersion);
    }
}

#[test]
fn refuses_a_kind_where_another_belongs() {
    let wrong = verify::<Answer>(signed_refusal().into_statement(), GEMEENTE).unwrap_err();
    assert_eq!(wrong, VerifyError::WrongKind { expected: Kind::Answer, found: Kind::Refusal });
}

#[test]
fn refuses_a_body_of_another_kind_under_a_right_header() {
    let mut forgery = Forgery::new();
    forgery.body = signed_withdrawal().into_statement().body.0;
    assert!(matches!(refused(forgery.sign()), VerifyError::Decode(DecodeError::Unexpected { .. })));
}

#[test]
fn refuses_another_body_than_the_signed_one() {
    let (mut statement, other) = (signed_refusal().into_statement(), signed_refusal());
    let mut content = other.content().clone();
    content.code = crate::statement::RefusalCode::Declined;
    statement.body = samples::seal(RECLASSERING, GEMEENTE, content).into_statement().body;
    assert_eq!(refused(statement), VerifyError::WrongBody);
}

#[test]
fn refuses_every_flipped_bit_of_an_envelope_and_of_a_body() {
    let good = signed_refusal().into_statement();
    for bit in 0..good.envelope.0.len() * 8 {
        let mut bad = good.clone();
        bad.envelope.0[bit / 8] ^= 1 << (bit % 8);
        assert!(verify::<Refusal>(bad, GEMEENTE).is_err(), "envelope bit {bit}");
    }
    for bit in 0..good.body.0.len() * 8 {
        let mut bad = good.clone();
        bad.body.0[bit / 8] ^= 1 << (bit % 8);
        assert!(verify::<Refusal>(bad, GEMEENTE).is_err(), "body bit {bit}");
    }
}

#[test]
fn refuses_a_signature_by_another_key_than_the_named_one() {
    let mut forgery = Forgery::new();
    forgery.signer = POLITIE;
    assert_eq!(refused(forgery.sign()), VerifyError::BadSignature);
}

#[test]
fn refuses_a_filled_unprotected_header() {
    for filled in [&b"\xa1\x01\x27"[..], b"\xa1\x61x\x01", b"\xf6", b"\x80"] {
        let mut forgery = Forgery::new();
        forgery.unprotected = filled.to_vec();
        assert!(matches!(refused(forgery.sign()), VerifyError::Decode(DecodeError::Unexpected { .. })));
    }
}

#[test]
fn refuses_every_second_encoding_of_an_envelope() {
    let non_canonical = |change: fn(&mut Forgery), what: &str| {
        let mut forgery = Forgery::new();
        change(&mut forgery);
        let error = refused(forgery.sign());
        assert!(matches!(error, VerifyError::Decode(DecodeError::NonCanonical { .. })), "{what}: {error}");
    };
    non_canonical(
        |forgery| {
            forgery.head = vec![0xd2, 0x9f];
            forgery.tail = vec![0xff];
        },
        "an indefinite outer array",
    );
    non_canonical(|forgery| forgery.tail = vec![0], "a trailing byte");
    non_canonical(|forgery| forgery.head = vec![0xd8, 0x12, 0x84], "a tag in a longer head than it needs");
    non_canonical(|forgery| forgery.head = vec![0xd2, 0x98, 0x04], "an array length in a longer head");
    non_canonical(|forgery| forgery.unprotected = vec![0xbf, 0xff], "an indefinite empty map");
    non_canonical(|forgery| forgery.unprotected = vec![0xb8, 0x00], "an empty map in a longer head");
    non_canonical(|forgery| forgery.protected.push(0), "a trailing byte in the protected header");
    non_canonical(
        |forgery| {
            assert_eq!(forgery.protected[..3], [0xa6, 0x01, 0x27]);
            forgery.protected.splice(2..3, [0x38, 0x07]);
        },
        "an algorithm in a longer head than it needs",
    );
    non_canonical(
        |forgery| {
            forgery.protected.splice(..1, [0xbf]);
            forgery.protected.push(0xff);
        },
        "an indefinite protected map",
    );
}

#[test]
fn refuses_a_protected_header_that_is_nested_too_deep_before_decoding_it() {
    let mut forgery = Forgery::new();
    forgery.protected = [&[0xa1, 0x01][..], &[0x81; 20_000], &[0x00]].concat();
    let error = refused(forgery.sign());
    // The map is the first of the levels, so the last that fits is opened behind its key.
    let at = 2 + crate::codec::MAX_DEPTH - 1;
    assert_eq!(error, VerifyError::Decode(DecodeError::NonCanonical { at }));
}

#[test]
fn refuses_header_parameters_out_of_order_twice_unknown_or_missing() {
    let swapped = Forgery::new().protected(|pairs| pairs.swap(0, 1));
    assert!(matches!(refused(swapped.sign()), VerifyError::Decode(DecodeError::NonCanonical { .. })));
    let twice = Forgery::new().protected(|pairs| pairs.insert(0, pairs[0].clone()));
    assert!(matches!(refused(twice.sign()), VerifyError::Decode(DecodeError::NonCanonical { .. })));
    let unknown = Forgery::new().protected(|pairs| pairs.insert(1, (Value::Integer(2), Value::Array(vec![]))));
    assert!(matches!(refused(unknown.sign()), VerifyError::Decode(_)), "an unknown (crit) parameter");
    let unknown_claim = Forgery::new().claims(|claims| claims.insert(1, (Value::Integer(2), text("sub"))));
    assert!(matches!(refused(unknown_claim.sign()), VerifyError::Decode(_)), "an unknown claim");
    for at in 0..6 {
        let missing = Forgery::new().protected(|pairs| drop(pairs.remove(at)));
        assert!(matches!(refused(missing.sign()), VerifyError::Decode(_)), "parameter {at}");
        let missing = Forgery::new().claims(|claims| drop(claims.remove(at)));
        assert!(matches!(refused(missing.sign()), VerifyError::Decode(_)), "claim {at}");
    }
}

#[test]
fn refuses_header_values_of_another_algorithm_type_or_range() {
    let bytes = |len: usize| Value::Bytes(vec![7; len]);
    for (label, value) in [
        (1, Value::Integer(-7)),
        (1, text("EdDSA")),
        (4, bytes(31)),
        (4, bytes(33)),
        (258, Value::Integer(-44)),
        (259, text("application/json")),
        (15, Value::Array(vec![])),
    ] {
        let error = refused(Forgery::new().with(label, value).sign());
        assert!(matches!(error, VerifyError::Decode(DecodeError::Unexpected { .. })), "{label}: {error}");
    }
    for (claim, value) in [
        (1, text("0000009900000000300")),
        (3, text("00000099000000001000 ")),
        (4, Value::Integer(-1)),
        (4, Value::Integer(i128::from(u64::MAX))),
        (6, text("1795406000")),
        (7, bytes(15)),
        (7, bytes(16)),
    ] {
        let error = refused(Forgery::new().claim(claim, value).sign());
        assert!(matches!(error, VerifyError::Decode(DecodeError::Unexpected { .. })), "claim {claim}: {error}");
    }
}

#[test]
fn refuses_parts_of_another_number_type_or_length() {
    let good = signed_refusal().into_statement();
    let with = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut parts = envelope_parts(&good);
        change(&mut parts);
        refused(Statement { envelope: Blob(envelope_of(parts)), body: good.body.clone() })
    };
    for error in [
        with(&|parts| drop(parts.pop())),
        with(&|parts| parts.push(Value::Null)),
        with(&|parts| parts[2] = Value::Null),
        with(&|parts| parts[2] = Value::Bytes(vec![0; 31])),
        with(&|parts| parts[3] = Value::Bytes(vec![0; 63])),
        with(&|parts| parts[3] = Value::Bytes(vec![0; 65])),
        with(&|parts| parts[0] = Value::Map(vec![])),
    ] {
        assert!(matches!(error, VerifyError::Decode(DecodeError::Unexpected { .. })), "{error}");
    }
    let untagged = Statement { envelope: Blob(good.envelope.0[1..].to_vec()), body: good.body.clone() };
    assert!(matches!(refused(untagged), VerifyError::Decode(DecodeError::Unexpected { .. })));
}

#[test]
fn refuses_every_second_encoding_of_a_body_although_its_hash_is_signed() {
    let good = Forgery::new().body;
    assert_eq!(good[..3], [0x82, 0x58, 0x20]);
    let spliced = |range: core::ops::Range<usize>, new: &[u8]| {
        let mut body = good.clone();
        body.splice(range, new.iter().copied());
        body
    };
    let indefinite = [&[0x9f], &good[1..], &[0xff]].concat();
    let trailing = [&good[..], &[0xf6]].concat();
    for (body, what) in [
        (spliced(0..1, &[0x98, 0x02]), "a longer array head"),
        (spliced(1..3, &[0x59, 0x00, 0x20]), "a longer head of the random bytes"),
        (indefinite, "an indefinite array"),
        (trailing, "trailing bytes"),
    ] {
        let mut forgery = Forgery::new();
        forgery.body = body;
        let error = refused(forgery.sign());
        assert!(matches!(error, VerifyError::Decode(DecodeError::NonCanonical { .. })), "{what}: {error}");
    }
    let mut without_nonce = Forgery::new();
    without_nonce.body = [&[0x81], &good[35..]].concat();
    assert!(matches!(refused(without_nonce.sign()), VerifyError::Decode(_)));
}

#[test]
fn refuses_what_is_too_large_before_looking_at_it() {
    let large = || vec![0; MAX_BYTES + 1];
    let too_large = VerifyError::Decode(DecodeError::TooLarge { len: MAX_BYTES + 1 });
    let good = signed_refusal().into_statement();
    assert_eq!(refused(Statement { envelope: Blob(large()), body: good.body }), too_large);
    let mut forgery = Forgery::new();
    forgery.body = large();
    assert_eq!(refused(forgery.sign()), too_large);
}
