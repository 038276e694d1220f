//! What is shown afterwards holds, and what is not so cannot be shown.

use super::*;
use crate::sealed::audit::{self, NotTheQuestion, NotTheRegister};

#[test]
fn the_asker_shows_who_was_asked_about_and_cannot_show_another() {
    let responder = Responder::knowing(&[somebody(5)]);
    let subject = subject(somebody(1));
    let question = responder.asked(&subject, 8);
    let Responder { publication, table, .. } = &responder;
    let check = |subject: &Subject, seed: u8, keys: &[LinkKey], commitment: &Subject, asked: &Sealed| {
        let shown = (subject, &Bytes([seed; 32]), keys);
        audit::question(&id(), &commitment.commitment(), asked, shown, publication, table)
    };
    let own = keys(&subject.person);
    check(&subject, 8, &own, &subject, &question).unwrap();
    let other = super::subject(somebody(2));
    assert_eq!(check(&other, 8, &keys(&other.person), &subject, &question), Err(NotTheQuestion::Commitment));
    assert_eq!(check(&other, 8, &keys(&other.person), &other, &question), Err(NotTheQuestion::Another));
    assert_eq!(check(&subject, 9, &own, &subject, &question), Err(NotTheQuestion::Another));
    // Several persons in one question: not opened anywhere, and found all the same.
    let mixed: Vec<LinkKey> = own.iter().cloned().chain(keys(&somebody(2))).collect();
    let question = responder.asked_with(&subject, &mixed, 8);
    assert!(matches!(responder.open(&subject, &question), Opening::Miss));
    assert_eq!(check(&subject, 8, &own, &subject, &question), Err(NotTheQuestion::Another));
}

#[test]
fn the_responder_shows_its_table_without_its_secret() {
    let people: Vec<_> = (0..60).map(somebody).collect();
    let responder = Responder::knowing(&people);
    let Responder { secret, publication, table, keys } = &responder;
    let shown = secret.disclose(&publication.table, table, keys).unwrap();
    audit::table(publication, table, keys, &shown).unwrap();

    // Somebody stands in the table who is not in the register, or the other way round.
    let fishing = Responder::knowing(&(0..61).map(somebody).collect::<Vec<_>>());
    assert!(fishing.secret.disclose(&table_id(1), &fishing.table, &fishing.keys).is_some());
    let hidden = fishing.secret.disclose(&table_id(1), &fishing.table, keys).unwrap();
    let checked = audit::table(&fishing.publication, &fishing.table, keys, &hidden);
    assert_eq!(checked, Err(NotTheRegister::Stranger));
    assert!(secret.disclose(&table_id(1), table, &fishing.keys).is_none(), "who is not in it cannot be shown");
    assert_eq!(audit::table(publication, table, &fishing.keys, &shown), Err(NotTheRegister::Missing));

    // Empty cells from elsewhere, a proof of another table, a place of another key.
    let other = Responder::in_epoch(2, &people);
    let theirs = other.secret.disclose(&table_id(2), &other.table, keys).unwrap();
    let wrong = |change: &dyn Fn(&mut audit::Disclosure)| {
        let mut wrong = shown.clone();
        change(&mut wrong);
        audit::table(publication, table, keys, &wrong).unwrap_err()
    };
    assert_eq!(wrong(&|shown| shown.equal = theirs.equal.clone()), NotTheRegister::Proof);
    assert_eq!(wrong(&|shown| shown.empties = theirs.empties), NotTheRegister::Stranger);
    assert_eq!(wrong(&|shown| shown.places.swap(0, 1)), NotTheRegister::Missing);
    assert_eq!(wrong(&|shown| shown.places[0] = u32::MAX), NotTheRegister::Missing);
}

#[test]
fn a_cell_made_with_another_secret_is_found() {
    let people: Vec<_> = (0..10).map(somebody).collect();
    let responder = Responder::knowing(&people);
    let Responder { secret, publication, table, keys } = &responder;
    let shown = secret.disclose(&publication.table, table, keys).unwrap();
    // The same table, published under another link element by somebody who knows that one's secret.
    let id = &publication.table;
    let other = EpochSecret::new(&Zeroizing::new([99; 32]), id);
    let relinked = other.publish(id, table, NOW);
    relinked.check().unwrap();
    assert_eq!(audit::table(&relinked, table, keys, &shown), Err(NotTheRegister::Proof));
}
