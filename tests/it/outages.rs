//! Nodes that are away for a while: what was recorded arrives when they are back, once, and in time or not at all.

use weegnet_node::link::Reply;
use weegnet_protocol::codec;
use weegnet_tests::forger::Forger;
use weegnet_tests::impostor::Impostor;
use weegnet_tests::terms::contact;
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Person, Terms, wait};

fn person() -> Person {
    Person::new("Evangelina", "Roodborstema", "1977-08-19")
}

#[test]
fn delivers_a_question_when_the_recipient_comes_back() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    om.stop();
    let id = gemeente.author().ask(&Ask::about(&person()).to(om)).unwrap();
    politie.approver().approve_when_there(&id);
    let view = gemeente.author().until_state(&id, "verzonden");
    assert_eq!(answer_of(&view, om)["state"], "onderweg");
    om.start();
    om.reviewer().release_when_there(&id);
    let view = gemeente.author().until_ended(&id);
    assert_eq!(answer_of(&view, om)["outcome"], "Known");
    federation.finish();
}

#[test]
fn says_not_delivered_when_the_recipient_stays_away() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    om.stop();
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).to(politie).within(5)).unwrap();
    politie.approver().approve_when_there(&id);
    let view = gemeente.author().until_ended(&id);
    assert_eq!(answer_of(&view, om)["state"], "niet bezorgd");
    assert_eq!(answer_of(&view, politie)["outcome"], "NoStatement");
    om.start();
    om.connected_to(&[gemeente]);
    gemeente.restart();
    gemeente.connected_to(&[om]);
    let view = gemeente.author().uitvraag(&id).unwrap();
    assert_eq!(answer_of(&view, om)["state"], "niet bezorgd");
    assert!(om.lines_of("question_received").is_empty(), "what is expired is not sent");
    federation.finish_but(|lost| lost.kind == "uitvraag_sent");
}

/// The release counts, also when the asker was away for the rest of the window.
#[test]
fn an_answer_that_was_released_in_time_reaches_an_asker_who_was_away() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).to(politie).within(8)).unwrap();
    politie.approver().approve_when_there(&id);
    om.reviewer().until_in_inbox(&id);
    // Its receipt may be lost with it.
    gemeente.kill();
    om.reviewer().release(&id).unwrap();
    // At the deadline the politie says what everybody says who knows nothing.
    politie.until_lines("answer_sent", 1);
    gemeente.start();
    let view = wait::until("the answers arrive", || {
        let view = gemeente.author().uitvraag(&id).ok()?;
        let arrived = |from| answer_of(&view, from)["outcome"].is_string();
        (arrived(om) && arrived(politie)).then(|| view.clone())
    });
    assert_eq!(answer_of(&view, om)["outcome"], "Known");
    assert_eq!(answer_of(&view, om)["contact"], contact("om"));
    assert_eq!(answer_of(&view, politie)["outcome"], "NoStatement");
    gemeente.restart();
    assert_eq!(answer_of(&gemeente.author().uitvraag(&id).unwrap(), om)["outcome"], "Known");
    federation.finish();
}

#[test]
fn an_approval_reaches_an_asker_who_was_away() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let id = gemeente.author().ask(&Ask::about(&person()).to(om)).unwrap();
    politie.approver().until_draft(&id);
    gemeente.kill();
    politie.approver().approve(&id).unwrap();
    politie.kill();
    gemeente.start();
    politie.start();
    om.until_lines("question_received", 1);
    gemeente.author().withdraw(&id).unwrap();
    om.until_lines("withdrawal_received", 1);
    federation.finish();
}

/// Whatever happens in between, the same statement has one receipt, bit for bit.
#[test]
fn the_same_statement_gets_the_same_receipt_again() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    gemeente.stop();
    let asker = Forger::of(&federation, gemeente);
    let impostor = Impostor::of(&federation, gemeente);
    let draft = asker.draft(&person(), &[om], 3);
    let statement = asker.sign(draft, politie);
    federation.forged(statement.claimed_header().unwrap().id.to_string());
    let Reply::Receipt(first) = impostor.deliver(politie, &statement) else { panic!("a draft is taken") };
    let again = || {
        let Reply::Receipt(receipt) = impostor.deliver(politie, &statement) else { panic!("the same draft is taken") };
        assert_eq!(codec::encode(&receipt), codec::encode(&first));
    };
    again();
    politie.kill();
    politie.start();
    again();
    // Without anything but the journal, and past the deadline of the question itself.
    politie.stop();
    std::fs::remove_dir_all(politie.dir().join("store")).unwrap();
    politie.start();
    wait::until("the draft has expired", || {
        let drafts = politie.approver().uitvragen().unwrap();
        (drafts[0]["state"] == "verlopen").then_some(())
    });
    again();
    assert_eq!(politie.lines_of("draft_received").len(), 1);
    drop(impostor);
    federation.finish();
}
