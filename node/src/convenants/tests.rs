use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ed25519_dalek::SigningKey;
use weegnet_policy::signature;
use weegnet_protocol::amendment::Change;
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::StatementId;
use weegnet_protocol::sign::{Header, Issuers, VerifyError, key_id};
use weegnet_protocol::statement::Kind;
use weegnet_protocol::time::{Millis, Timestamp};

use super::*;

/// The sample that ships; its keys are made from public numbers.
const SAMPLE: &str = include_str!("../../../deploy/convenant-voorbeeld.toml");
const STATEMENT_KEY: u8 = 1;
const PARTY_KEY: u8 = 4;
/// 2026-11-23T12:00:00Z.
const ADOPTED: Timestamp = Timestamp::from_seconds(1_795_435_200);

fn oin(party: u8) -> Oin {
    format!("0000009900000000{party}000").parse().unwrap()
}

/// The keys of the first party are 10 to 14, of the second 20 to 24.
fn key(party: u8, number: u8) -> SigningKey {
    SigningKey::from_bytes(&[10 * party + number; 32])
}

fn new_key() -> SigningKey {
    SigningKey::from_bytes(&[0xe1; 32])
}

/// The convenanten of the gemeente.
fn convenants() -> Convenants {
    Convenants::new(oin(1))
}

fn check(convenants: &Convenants, text: &str) -> Result<Arc<Policy>, AdoptError> {
    let convenant = Convenant::parse(text).unwrap_or_else(|problems| panic!("{problems}"));
    let sign =
        |party: u8| (oin(party), signature::sign(&convenant, oin(party), &key(party, PARTY_KEY), ADOPTED).unwrap());
    convenants.check(text, &(1..=5).map(sign).collect())
}

fn adopt(convenants: &Convenants, text: &str) -> ConvenantRef {
    let policy = check(convenants, text).unwrap();
    let reference = policy.ratified().reference().clone();
    convenants.adopt(policy, ADOPTED);
    reference
}

fn second(first: &ConvenantRef, from: &str) -> String {
    let version = format!("versie = \"2.0\"\nvervangt = \"{}\"", first.base());
    SAMPLE.replacen("versie = \"1.0\"", &version, 1).replacen(
        "geldig_van = 2026-01-01",
        &format!("geldig_van = {from}"),
        1,
    )
}

fn references(policies: &[Arc<Policy>]) -> Vec<ConvenantRef> {
    policies.iter().map(|policy| policy.ratified().reference().clone()).collect()
}

#[test]
fn a_version_holds_from_its_first_day_on_and_what_runs_ends_under_the_one_before() {
    let convenants = convenants();
    let first = adopt(&convenants, SAMPLE);
    let next = adopt(&convenants, &second(&first, "2027-01-01"));
    let policy = convenants.policy(&next).unwrap();
    let begins = policy.ratified().terms().valid_from.0.start();
    let before = begins - Millis(1);
    assert_eq!(references(&convenants.all_at(before)), std::slice::from_ref(&first));
    assert_eq!(references(&convenants.all_at(begins)), std::slice::from_ref(&next));
    assert_eq!(
        references(&convenants.living_at(before)),
        [next.clone(), first.clone()],
        "its parties may connect already"
    );
    assert_eq!(convenants.texts().len(), 2);
    // What was begun before is taken under the old one, and nothing that is begun since.
    assert!(convenants.may_begin_at(&first, before, before) && convenants.may_begin_at(&first, before, begins));
    assert!(!convenants.may_begin_at(&first, begins, begins) && convenants.may_begin_at(&next, begins, begins));
    let old = convenants.policy(&first).unwrap();
    let window = begins + old.ratified().most_window();
    assert!(!convenants.may_begin_at(&first, before, window), "whatever moment it names");
    let over = old.ratified().ends_after(begins);
    assert_eq!(references(&convenants.living_at(over - Millis(1))), [first.clone(), next.clone()]);
    assert_eq!(references(&convenants.living_at(over)), std::slice::from_ref(&next));
    assert!(convenants.policy(&first).is_some(), "its cases go on to be shown, kept and erased as it says");
    // Each of these moments lets others connect, or lets them no more.
    let turned = [before, begins, over].map(|now| convenants.turned_at(now));
    assert!(turned[0] != turned[1] && turned[1] != turned[2]);
}

#[test]
fn a_version_that_is_taken_in_force_late_begins_then() {
    let convenants = convenants();
    let first = adopt(&convenants, SAMPLE);
    let next = adopt(&convenants, &second(&first, "2026-06-01"));
    let before = ADOPTED - Millis(1);
    assert_eq!(references(&convenants.all_at(before)), std::slice::from_ref(&first));
    assert_eq!(references(&convenants.all_at(ADOPTED)), [next]);
    assert!(convenants.may_begin_at(&first, before, ADOPTED) && !convenants.may_begin_at(&first, ADOPTED, ADOPTED));
}

#[test]
fn only_the_next_version_is_taken_and_a_known_one_again() {
    let convenants = convenants();
    let first = adopt(&convenants, SAMPLE);
    let next = second(&first, "2027-01-01");
    adopt(&convenants, &next);
    for again in [SAMPLE, &next] {
        assert!(check(&convenants, again).is_ok());
    }
    let rival = second(&first, "2027-02-01");
    assert!(matches!(check(&convenants, &rival), Err(AdoptError::NotNext(NotNext::NamesAnother { .. }))));
    let unnamed = SAMPLE.replacen("versie = \"1.0\"", "versie = \"1.1\"", 1);
    assert!(matches!(check(&convenants, &unnamed), Err(AdoptError::NotNext(NotNext::NamesNone { .. }))));
}

fn says(convenants: &Convenants, text: &ConvenantRef, signer: &SigningKey) -> Result<(), VerifyError> {
    let header = Header {
        kind: Kind::Answer,
        key_id: key_id(&signer.verifying_key()),
        issuer: oin(2),
        audience: oin(1),
        id: StatementId::new(ADOPTED, [0; 10]),
        issued: ADOPTED,
        expires: ADOPTED + Millis::hours(1),
        convenant: text.clone(),
    };
    convenants.statement_key(&header, ADOPTED).map(drop)
}

fn change(convenants: &Convenants, text: &ConvenantRef, change: Change) {
    let policy = convenants.policy(text).unwrap();
    let signed = policy.ratified().next_amendment(oin(2), change).sign(&key(2, PARTY_KEY), ADOPTED);
    let amended = convenants.check_amendments(&[signed]).unwrap();
    convenants.adopt(amended.policy, ADOPTED);
}

#[test]
fn a_key_that_was_replaced_under_one_version_is_replaced_under_the_others() {
    let convenants = convenants();
    let first = adopt(&convenants, SAMPLE);
    let statement = Some(Bytes(new_key().verifying_key().to_bytes()));
    change(&convenants, &first, Change::Keys { link: None, until: ADOPTED, witness: None, statement });
    // Written before the rotation, and signed since: it names the old key.
    let next = adopt(&convenants, &second(&first, "2027-01-01"));
    for text in [&first, &next] {
        assert_eq!(says(&convenants, text, &new_key()), Ok(()));
        assert_eq!(says(&convenants, text, &key(2, STATEMENT_KEY)), Err(VerifyError::UnknownIssuer));
    }
    let revoked = vec![Bytes(new_key().verifying_key().to_bytes())];
    change(&convenants, &first, Change::Revoked { keys: revoked, since: ADOPTED });
    for text in [&first, &next] {
        assert_eq!(says(&convenants, text, &new_key()), Err(VerifyError::UnknownIssuer));
    }
}

#[test]
fn a_statement_cites_the_amendments_of_its_issuer_and_who_has_fewer_is_behind() {
    let convenants = convenants();
    let first = adopt(&convenants, SAMPLE);
    let signer = key(2, STATEMENT_KEY);
    assert_eq!(says(&convenants, &first.at(1), &signer), Err(VerifyError::Behind { cited: 1, known: 0 }));
    change(&convenants, &first, Change::Address { address: "192.0.2.99:7000".into() });
    assert_eq!(says(&convenants, &first.at(1), &signer), Ok(()));
    assert_eq!(says(&convenants, &first, &signer), Ok(()), "what was on its way");
    assert_eq!(says(&convenants, &first.at(2), &signer), Err(VerifyError::Behind { cited: 2, known: 1 }));
    assert_eq!(convenants.cited(&first).amendment(), 0, "we amended nothing");
}

#[test]
fn who_left_is_no_member_and_says_nothing() {
    let convenants = convenants();
    let first = adopt(&convenants, SAMPLE);
    let is_member = |convenants: &Convenants| convenants.members().iter().any(|member| member.oin == oin(2));
    assert!(is_member(&convenants) && !convenants.has_ended(&first, &oin(2)));
    change(&convenants, &first, Change::Ended { since: ADOPTED });
    assert!(!is_member(&convenants) && convenants.has_ended(&first, &oin(2)));
    assert_eq!(says(&convenants, &first, &key(2, STATEMENT_KEY)), Err(VerifyError::UnknownIssuer));
}

#[test]
fn a_change_waits_for_statements_between_check_and_entry_and_they_for_it() {
    let convenants = convenants();
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(statement) = pin!(convenants.unchanged()).poll(&mut context) else {
        panic!("nobody changes anything")
    };
    let Poll::Ready(another) = pin!(convenants.unchanged()).poll(&mut context) else { panic!("they go on together") };
    let mut change = pin!(convenants.change());
    assert!(change.as_mut().poll(&mut context).is_pending());
    drop((statement, another));
    let Poll::Ready(changing) = change.as_mut().poll(&mut context) else { panic!("nothing is in between any more") };
    let mut next = pin!(convenants.unchanged());
    assert!(next.as_mut().poll(&mut context).is_pending());
    drop(changing);
    assert!(next.as_mut().poll(&mut context).is_ready());
}
