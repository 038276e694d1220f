use std::collections::BTreeMap;

use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::{ConvenantRef, StatementId};
use weegnet_protocol::sign::{Header, Issuers, key_id};
use weegnet_protocol::statement::Kind;
use weegnet_protocol::time::Timestamp;

use super::*;
use crate::convenant::{NotRatified, Ratified};
use crate::testing::{
    GEMEENTE, NOW, OM, PARTY_KEY, POLITIE, SAMPLE, STATEMENT_KEY, ZORG, changed, key, oin, signatures,
};

fn convenant() -> Convenant {
    Convenant::parse(SAMPLE).unwrap()
}

fn refusal(signatures: &BTreeMap<Oin, Vec<u8>>) -> NotRatified {
    Ratified::ratify(convenant(), signatures).unwrap_err()
}

#[test]
fn what_all_parties_signed_is_ratified() {
    let ratified = Ratified::ratify(convenant(), &signatures(&convenant())).unwrap();
    assert_eq!(ratified.reference(), &convenant().reference());
    assert_eq!(ratified.parties().len(), 5);
}

#[test]
fn one_missing_signature_is_named() {
    let mut signatures = signatures(&convenant());
    signatures.remove(&oin(OM));
    assert_eq!(refusal(&signatures), NotRatified { missing: vec![oin(OM)], wrong: vec![] });
    // Also a party that never answers has to sign.
    signatures.remove(&oin(ZORG));
    assert_eq!(refusal(&signatures).missing, [oin(OM), oin(ZORG)]);
    assert!(refusal(&signatures).to_string().contains(oin(ZORG).as_str()));
}

#[test]
fn one_changed_byte_of_the_text_takes_all_signatures_away() {
    let signatures = signatures(&convenant());
    let other = Convenant::parse(&changed(SAMPLE, &[("2592000", "2592001")])).unwrap();
    let refusal = Ratified::ratify(other, &signatures).unwrap_err();
    assert_eq!(refusal.wrong.len(), 5);
    assert!(refusal.wrong.iter().all(|(_, why)| *why == WrongSignature::OtherText));
}

#[test]
fn one_changed_bit_of_a_signature_is_named() {
    let sound = signatures(&convenant());
    let length = sound[&oin(POLITIE)].len();
    for bit in (0..length * 8).step_by(11) {
        let mut signatures = sound.clone();
        signatures.get_mut(&oin(POLITIE)).unwrap()[bit / 8] ^= 1 << (bit % 8);
        let refusal = refusal(&signatures);
        assert_eq!(refusal.missing, []);
        assert_eq!(refusal.wrong.iter().map(|(oin, _)| *oin).collect::<Vec<_>>(), [oin(POLITIE)], "bit {bit}");
    }
}

#[test]
fn a_signature_with_another_key_or_of_another_party_does_not_count() {
    let convenant = convenant();
    let by = |issuer: usize, signer: usize, which: usize| {
        let by = (oin(issuer), Some(signs(&convenant.terms().parties[POLITIE])));
        let detached = Detached::sign_as(CONVENANT_SIGNATURE, convenant.hash(), by, NOW, &key(signer, which));
        let mut signatures = signatures(&convenant);
        signatures.insert(oin(POLITIE), detached.encode());
        refusal(&signatures).wrong
    };
    // The node's own statement key is none of the party's offline one.
    assert_eq!(by(POLITIE, POLITIE, STATEMENT_KEY), [(oin(POLITIE), WrongSignature::OtherKey)]);
    assert_eq!(by(POLITIE, GEMEENTE, PARTY_KEY), [(oin(POLITIE), WrongSignature::OtherKey)]);
    assert_eq!(by(GEMEENTE, GEMEENTE, PARTY_KEY), [(oin(POLITIE), WrongSignature::OtherKey)]);
    assert_eq!(by(GEMEENTE, POLITIE, PARTY_KEY), [(oin(POLITIE), WrongSignature::OtherKey)]);
}

#[test]
fn a_signature_in_another_office_than_the_text_names_does_not_count() {
    let convenant = convenant();
    let named = signs(&convenant.terms().parties[POLITIE]);
    let with = |signs: Option<Signs>| {
        let by = (oin(POLITIE), signs);
        let mut signatures = signatures(&convenant);
        let detached =
            Detached::sign_as(CONVENANT_SIGNATURE, convenant.hash(), by, NOW, &key(POLITIE, PARTY_KEY)).encode();
        signatures.insert(oin(POLITIE), detached);
        Ratified::ratify(convenant.clone(), &signatures)
    };
    assert!(with(Some(named.clone())).is_ok());
    for other in [
        None,
        Some(Signs { office: "beheerder".into(), ..named.clone() }),
        Some(Signs { mandate: "geen".into(), ..named.clone() }),
    ] {
        assert_eq!(with(other).unwrap_err().wrong, [(oin(POLITIE), WrongSignature::OtherSignatory)]);
    }
}

#[test]
fn garbage_and_the_signatures_of_strangers_do_not_count() {
    let mut signatures = signatures(&convenant());
    signatures.insert(oin(POLITIE), vec![0; 100]);
    signatures.insert(oin(8), Vec::new());
    let wrong = refusal(&signatures).wrong;
    assert_eq!(wrong, [(oin(POLITIE), WrongSignature::Invalid), (oin(8), WrongSignature::NoParty)]);
}

#[test]
fn nobody_signs_for_a_stranger_or_with_a_key_that_is_not_listed() {
    let convenant = convenant();
    let wrong = sign(&convenant, oin(GEMEENTE), &key(GEMEENTE, STATEMENT_KEY), NOW);
    assert_eq!(wrong, Err(NotSigned::OtherKey(oin(GEMEENTE))));
    assert_eq!(sign(&convenant, oin(8), &key(GEMEENTE, PARTY_KEY), NOW), Err(NotSigned::NoParty(oin(8))));
}

#[test]
fn statement_keys_are_found_under_this_very_text_only() {
    let ratified = Ratified::ratify(convenant(), &signatures(&convenant())).unwrap();
    let ConvenantRef(id, base, _) = ratified.reference().clone();
    let sound = key(POLITIE, STATEMENT_KEY).verifying_key();
    let find = |reference: &ConvenantRef, party, which: usize| {
        let header = Header {
            kind: Kind::Answer,
            key_id: key_id(&key(POLITIE, which).verifying_key()),
            issuer: oin(party),
            audience: oin(GEMEENTE),
            id: StatementId::new(NOW, [0; 10]),
            issued: NOW,
            expires: NOW,
            convenant: reference.clone(),
        };
        ratified.statement_key(&header, NOW)
    };
    assert_eq!(find(ratified.reference(), POLITIE, STATEMENT_KEY), Ok(sound));
    for other in [ConvenantRef("ander".parse().unwrap(), base, 0), ConvenantRef(id.clone(), Hash::of(&[b"other"]), 0)] {
        assert_eq!(find(&other, POLITIE, STATEMENT_KEY), Err(VerifyError::WrongConvenant));
    }
    let behind = Err(VerifyError::Behind { cited: 1, known: 0 });
    assert_eq!(find(&ConvenantRef(id, base, 1), POLITIE, STATEMENT_KEY), behind);
    assert_eq!(find(ratified.reference(), GEMEENTE, STATEMENT_KEY), Err(VerifyError::UnknownIssuer));
    assert_eq!(find(ratified.reference(), POLITIE, PARTY_KEY), Err(VerifyError::UnknownIssuer));
    assert_eq!(find(ratified.reference(), 8, STATEMENT_KEY), Err(VerifyError::UnknownIssuer));
}

#[test]
fn a_convenant_holds_through_its_last_day() {
    let ratified = Ratified::ratify(convenant(), &signatures(&convenant())).unwrap();
    let terms = ratified.terms();
    let (first, end) = (terms.valid_from.0.start(), terms.valid_until());
    assert_eq!(end.to_string(), "2030-01-01T00:00:00.000Z");
    let before = |at: Timestamp| Timestamp::from_millis(at.as_millis() - 1);
    assert!(ratified.in_force(first) && ratified.in_force(before(end)));
    assert!(!ratified.in_force(before(first)) && !ratified.in_force(end));
}
