//! The only set-up code of this crate's tests: the sample convenant, its keys, and questions under it.

use std::collections::BTreeMap;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::{ConvenantRef, StatementId, UitvraagId};
use weegnet_protocol::oin::Oin;
use weegnet_protocol::person::{Fields, PersonRef};
use weegnet_protocol::sign::{Address, CONVENANT_SIGNATURE, Content, Detached, Signed, Signs, Statement};
use weegnet_protocol::statement::{Draft, DraftCore, Motivation, Recipient, Subject};
use weegnet_protocol::time::{Millis, Timestamp};

use crate::convenant::{Convenant, Ratified};

/// The sample that ships; its keys are made from public numbers.
pub const SAMPLE: &str = include_str!("../../deploy/convenant-voorbeeld.toml");
/// 2026-11-23T12:00:00Z.
pub const NOW: Timestamp = Timestamp::from_seconds(1_795_435_200);
pub const DAY: Millis = Millis::hours(24);

/// The parties of the sample, in its order.
pub const GEMEENTE: usize = 0;
pub const POLITIE: usize = 1;
pub const OM: usize = 2;
pub const RECLASSERING: usize = 3;
pub const ZORG: usize = 4;

pub const STATEMENT_KEY: usize = 1;
pub const PARTY_KEY: usize = 4;

pub fn oin(party: usize) -> Oin {
    format!("0000009900000000{}000", party + 1).parse().unwrap()
}

/// The number of the same party in [`real`].
pub fn real_oin(party: usize) -> Oin {
    oin(party).as_str().replace("00000099", "00000001").parse().unwrap()
}

pub fn key(party: usize, key: usize) -> SigningKey {
    SigningKey::from_bytes(&[(10 * (party + 1) + key) as u8; 32])
}

/// `text` with each first part replaced by its second; each must occur.
pub fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "not in the text: {from}");
        text.replace(from, to)
    })
}

/// The sample with real organisations' numbers, and so with the reclassering never asked: its legal bases, which stand
/// last, are gone.
pub fn real() -> String {
    let text = changed(SAMPLE, &[("00000099", "00000001")]);
    let (head, tail) = text.split_once("rol = \"reclassering\"").unwrap();
    let text = format!("{head}rol = \"reclassering\"{}", tail.replacen("na_verstrekking", "nooit", 1));
    let bases = text.find("[[grondslagen]]\nvan = \"00000001000000004000\"").unwrap();
    text[..bases].to_owned()
}

pub fn signatures(convenant: &Convenant) -> BTreeMap<Oin, Vec<u8>> {
    let sign = |(i, party): (usize, &crate::convenant::Party)| {
        let signs = Signs { office: party.signatory.office.to_string(), mandate: party.signatory.mandate.to_string() };
        let by = (party.oin, Some(signs));
        (party.oin, Detached::sign_as(CONVENANT_SIGNATURE, convenant.hash(), by, NOW, &key(i, PARTY_KEY)).encode())
    };
    convenant.terms().parties.iter().enumerate().map(sign).collect()
}

/// Reads, signs by all and ratifies.
pub fn ratified(text: &str) -> Arc<Ratified> {
    let convenant = Convenant::parse(text).unwrap_or_else(|problems| panic!("{problems}"));
    let signatures = signatures(&convenant);
    Arc::new(Ratified::ratify(convenant, &signatures).unwrap())
}

pub fn person(surname: &str, birth: &str) -> PersonRef {
    let fields = Fields { surname: Some(surname.parse().unwrap()), birth: birth.parse().unwrap(), ..Fields::default() };
    PersonRef::try_from(fields).unwrap()
}

pub fn person_by_bsn() -> PersonRef {
    let fields =
        Fields { bsn: Some("123456782".parse().unwrap()), birth: "1985".parse().unwrap(), ..Fields::default() };
    PersonRef::try_from(fields).unwrap()
}

pub fn recipient(oin: Oin, reason: Option<&str>) -> Recipient {
    let salt = Bytes([oin.as_str().as_bytes()[16]; 32]);
    Recipient { oin, salt, reason: reason.map(|reason| reason.parse().unwrap()) }
}

/// A question of the gemeente about one adult to politie and, among test organisations, reclassering. Not committed to.
pub fn draft(ratified: &Ratified) -> Draft {
    let to = |party: usize, reason| recipient(ratified.parties()[party].oin, reason);
    let mut recipients = vec![to(POLITIE, None)];
    if ratified.only_test_organisations() {
        recipients.push(to(RECLASSERING, Some("lopend-toezicht")));
    }
    Draft {
        core: DraftCore {
            asker: ratified.parties()[GEMEENTE].oin,
            urgent: false,
            purpose: ratified.terms().purpose.uri.clone(),
            answer_by: NOW + Millis(5 * DAY.0),
            convenant: ratified.reference().clone(),
            motivation: Bytes([0; 32]),
            subject: Bytes([0; 32]),
            uitvraag_id: UitvraagId::new(NOW, [1; 10]),
        },
        author: Bytes([1; 16]),
        subject: Subject {
            salt: Bytes([2; 32]),
            minor: false,
            person: person("Bakker", "1985-03-12"),
            criteria: vec!["dreiging-geuit".parse().unwrap()],
        },
        motivation: Motivation { salt: Bytes([3; 32]), text: "Noodzaak, proportionaliteit, subsidiariteit.".into() },
        recipients,
    }
}

/// Signs with a party's statement key.
pub fn signed<T: Content>(content: T, from: Oin, to: Oin, convenant: &ConvenantRef, issued: Timestamp) -> Statement {
    let party = usize::from(from.as_str().as_bytes()[16] - b'1');
    let id = StatementId::new(issued, [4; 10]);
    let expires = issued + Millis(200 * DAY.0);
    let address = Address { issuer: from, audience: to, id, issued, expires, convenant: convenant.clone() };
    Signed::seal(address, content, [5; 32], &key(party, STATEMENT_KEY)).into_statement()
}
