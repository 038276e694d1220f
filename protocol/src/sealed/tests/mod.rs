//! Publishing, asking, opening and auditing, played against each other.

mod attacks;
mod audits;
mod games;
mod long;
mod tables;

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::ask::ask;
use super::open::{Opener, Opening};
use super::secret::EpochSecret;
use super::table::{Publication, Table};
use super::{LinkKey, Sealed, TableId};
use crate::codec::Bytes;
use crate::id::UitvraagId;
use crate::person::{Fields, PROFILE, PersonRef, link_keys};
use crate::samples::{NOW, RECLASSERING};
use crate::statement::Subject;
use crate::time::Millis;

/// Whoever is called this, born then.
fn person(surname: &str, birth: &str) -> PersonRef {
    let fields = Fields { surname: Some(surname.parse().unwrap()), birth: birth.parse().unwrap(), ..Fields::default() };
    PersonRef::try_from(fields).unwrap()
}

/// Link keys of the tests: the whole name with the date opens alone, the name with the year and the date by itself do not.
fn keys(person: &PersonRef) -> Vec<LinkKey> {
    let surname = person.surname().map(|name| name.as_str()).unwrap_or_default();
    let birth = format!("{}", person.birth());
    let key = |text: String, strong| LinkKey { bytes: text.into_bytes(), strong };
    vec![
        key(format!("full|{surname}|{birth}"), true),
        key(format!("year|{surname}|{}", &birth[..4]), false),
        key(format!("date|{birth}"), false),
    ]
}

fn subject(person: PersonRef) -> Subject {
    Subject { salt: Bytes([7; 32]), minor: false, person, criteria: vec!["c1".parse().unwrap()] }
}

fn id() -> UitvraagId {
    UitvraagId::new(NOW, [5; 10])
}

fn table_id(epoch: u64) -> TableId {
    TableId { epoch, party: RECLASSERING.oin(), profile: 1, scope: "voorbeeld".parse().unwrap() }
}

/// What an implementation that is not ours derives again (`tests/sealed/derive.py`).
pub(crate) fn golden() -> serde_json::Value {
    use data_encoding::HEXLOWER;
    use serde_json::json;
    let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
    let people: Vec<_> = (0..20).map(somebody).collect();
    let responder = Responder::knowing(&people);
    let Responder { secret, publication, table, keys: all } = &responder;
    let subject = subject(somebody(3));
    let question = responder.asked(&subject, 0x21);
    let whole: Vec<u8> = (0..publication.chunks()).flat_map(|number| table.chunk(number).unwrap().0.to_vec()).collect();
    let shown = secret.disclose(&publication.table, table, all).unwrap();
    let link_keys: Vec<_> =
        keys(&subject.person).iter().map(|key| json!({ "key": hex(&key.bytes), "strong": key.strong })).collect();
    json!({
        "table_id": hex(&publication.table.context()),
        "random": hex(&[1 ^ 0x42; 32]),
        "register": all.iter().map(|key| hex(key)).collect::<Vec<_>>(),
        "cells": publication.cells,
        "table_sha256": crate::codec::Hash::of(&[&whole]).to_string(),
        "publication": hex(&crate::codec::encode(publication)),
        "disclosure": hex(&crate::codec::encode(&shown)),
        "uitvraag_id": hex(id().as_bytes()),
        "seed": hex(&[0x21; 32]),
        "subject": hex(&crate::codec::encode(&subject)),
        "commitment": subject.commitment().to_string(),
        "link_keys": link_keys,
        "sealed": hex(&crate::codec::encode(&question)),
    })
}

/// A table of the reclassering in which these persons stand, under the keys that nodes use.
pub(crate) fn published(scope: &crate::id::ConvenantId, people: &[PersonRef]) -> (Publication, Table) {
    let id = TableId { epoch: 7, party: RECLASSERING.oin(), profile: PROFILE.0 as u16, scope: scope.clone() };
    let secret = EpochSecret::new(&Zeroizing::new([0x37; 32]), &id);
    let keys: Vec<Vec<u8>> = people.iter().flat_map(real_keys).map(|key| key.bytes).collect();
    let table = lay(&secret, &id, &keys);
    (secret.publish(&id, &table, NOW + Millis::hours(24)), table)
}

/// The link keys of a person as nodes derive them.
pub(crate) fn real_keys(person: &PersonRef) -> Vec<LinkKey> {
    link_keys(person, PROFILE).unwrap().iter().map(LinkKey::from).collect()
}

fn lay(secret: &EpochSecret, id: &TableId, keys: &[Vec<u8>]) -> Table {
    let layout = secret.plan(id, secret.place(keys)).unwrap();
    let middle = layout.cells() / 2 - 3;
    layout.table(vec![layout.fill(0..middle), layout.fill(middle..u32::MAX)]).unwrap()
}

/// A responder with a table of these persons.
struct Responder {
    secret: EpochSecret,
    publication: Publication,
    table: Table,
    keys: BTreeSet<Vec<u8>>,
}

impl Responder {
    fn knowing(people: &[PersonRef]) -> Self {
        Responder::in_epoch(1, people)
    }

    fn in_epoch(epoch: u64, people: &[PersonRef]) -> Self {
        let keys: BTreeSet<Vec<u8>> = people.iter().flat_map(keys).map(|key| key.bytes).collect();
        Responder::holding(epoch, keys)
    }

    fn holding(epoch: u64, keys: BTreeSet<Vec<u8>>) -> Self {
        let id = table_id(epoch);
        let secret = EpochSecret::new(&Zeroizing::new([epoch as u8 ^ 0x42; 32]), &id);
        let table = lay(&secret, &id, &keys.iter().cloned().collect::<Vec<_>>());
        let publication = secret.publish(&id, &table, NOW + Millis::hours(24));
        Responder { secret, publication, table, keys }
    }

    /// A question as an asker who keeps to the rules makes it.
    fn asked(&self, subject: &Subject, seed: u8) -> Sealed {
        self.asked_with(subject, &keys(&subject.person), seed)
    }

    fn asked_with(&self, subject: &Subject, keys: &[LinkKey], seed: u8) -> Sealed {
        ask(&id(), subject, keys, &self.publication, &self.table, &Bytes([seed; 32])).unwrap()
    }

    fn open(&self, subject: &Subject, question: &Sealed) -> Opening {
        let opener = Opener { secret: &self.secret, publication: &self.publication, table: &self.table };
        opener.open(&id(), &subject.commitment(), question, keys)
    }
}

fn somebody(number: usize) -> PersonRef {
    person(
        &format!("Achternaam{number}"),
        &format!("19{:02}-{:02}-{:02}", 20 + number % 80, 1 + number % 12, 1 + number % 28),
    )
}

#[test]
fn who_knows_the_person_opens_and_nobody_else() {
    let people: Vec<_> = (0..40).map(somebody).collect();
    let responder = Responder::knowing(&people);
    for number in [0, 7, 39] {
        let subject = subject(somebody(number));
        let Opening::Opened(opened) = responder.open(&subject, &responder.asked(&subject, 9)) else {
            panic!("{number} is known");
        };
        assert!(*opened.subject() == subject);
    }
    for number in [40, 77, 400] {
        let subject = subject(person(&format!("Niemand{number}"), "1900-02-03"));
        assert!(matches!(responder.open(&subject, &responder.asked(&subject, 9)), Opening::Miss));
    }
}

#[test]
fn one_weak_key_opens_nothing_and_two_do() {
    let known = person("Bakker", "1980-05-06");
    let responder = Responder::knowing(&[known]);
    // The same date, another name; the same name and year, another day: one weak key each.
    for other in [person("Visser", "1980-05-06"), person("Bakker", "1980-09-10")] {
        let subject = subject(other);
        assert!(matches!(responder.open(&subject, &responder.asked(&subject, 3)), Opening::Miss));
    }
    // Both weak keys, and not the strong one: as of two rows, or of one that is written otherwise.
    let both = Responder::knowing(&[person("Visser", "1980-05-06"), person("Bakker", "1980-09-10")]);
    let subject = subject(person("Bakker", "1980-05-06"));
    assert!(matches!(both.open(&subject, &both.asked(&subject, 3)), Opening::Opened(_)));
}

#[test]
fn a_question_is_made_the_same_again_and_differs_with_every_seed() {
    let responder = Responder::knowing(&[somebody(1)]);
    let subject = subject(somebody(1));
    let (one, again, other) =
        (responder.asked(&subject, 1), responder.asked(&subject, 1), responder.asked(&subject, 2));
    assert!(one == again && one != other);
    let first: Vec<_> = one.vouchers().map(|voucher| voucher[..32].to_vec()).collect();
    assert!(other.vouchers().all(|voucher| !first.contains(&voucher[..32].to_vec())));
    assert!(first.is_sorted(), "the order tells nothing");
}

#[test]
fn a_question_for_one_table_opens_at_no_other() {
    let known = somebody(1);
    let subject = subject(known.clone());
    let (one, other) = (Responder::in_epoch(1, core::slice::from_ref(&known)), Responder::in_epoch(2, &[known]));
    let question = one.asked(&subject, 1);
    assert!(matches!(one.open(&subject, &question), Opening::Opened(_)));
    assert!(matches!(other.open(&subject, &question), Opening::Miss));
}
