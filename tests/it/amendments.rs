//! What a party changes of its own record while the others run: its keys, and that they are in other hands.

use std::fs;
use std::future::{Future, poll_fn};
use std::path::Path;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use serde_json::Value;
use weegnet_node::home::Home;
use weegnet_node::journal::{Entry, EntryBody};
use weegnet_node::link::Reply;
use weegnet_node::node::Node;
use weegnet_node::{clock, witness};
use weegnet_protocol::amendment::SignedAmendment;
use weegnet_protocol::codec;
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::id::EntryId;
use weegnet_protocol::log::{EntryKind, LogName};
use weegnet_tests::forger::{self, Forger};
use weegnet_tests::impostor::Impostor;
use weegnet_tests::{Ask, Federation, Organisation, Person, Refused, Terms, wait};

/// How long an open connection may stay after a revocation came to a node: 5 s.
const CUT_OFF: Duration = Duration::from_secs(5);

fn person(number: usize) -> Person {
    let names = ["Waterlelia", "Waterlelib", "Waterlelic", "Waterlelid", "Waterlelie"];
    Person::new("Radegonda", names[number], "1971-02-11")
}

fn party(organisation: &Organisation) -> String {
    format!("{}.party", organisation.dir().to_str().unwrap())
}

fn change(organisation: &Organisation, verb: &str, more: &[&str]) -> Result<Value, Refused> {
    organisation.json(verb, &[&["--party", &party(organisation)], more].concat())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The file that a change was signed into.
fn signed(change: &Value) -> String {
    change[0]["file"].as_str().unwrap().to_owned()
}

/// Asks, approved by `by`, and waits until the question is in.
fn asks(asker: &Organisation, by: &Organisation, number: usize) {
    let before = by.lines_of("question_received").len();
    let id = asker.author().ask(&Ask::about(&person(number)).to(by).approved_by(by)).unwrap();
    by.approver().approve_when_there(&id);
    by.until_lines("question_received", before + 1);
}

fn ends_by_itself(organisation: &Organisation) {
    let status = wait::until("the node ends when the others know", || organisation.ended());
    assert!(!status.success(), "whoever looks after it starts it again");
}

fn is_connected(organisation: &Organisation, to: &Organisation) -> bool {
    let connected = organisation.status().unwrap()["connected"].clone();
    connected.as_array().unwrap().contains(&Value::String(to.oin.clone()))
}

fn strangers(organisation: &Organisation) -> u64 {
    organisation.status().unwrap()["strangers_refused"].as_u64().unwrap()
}

#[test]
fn a_party_goes_on_with_new_keys_and_a_thief_with_the_old_ones_does_not() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    (0..5).for_each(|number| federation.plant(&person(number)));
    asks(politie, gemeente, 0);
    let (old, old_link) = (Forger::of(&federation, politie), forger::key(politie, "link"));

    change(politie, "convenant rotate", &["--stolen"]).unwrap();
    ends_by_itself(politie);
    for other in [gemeente, om] {
        other.until_lines("convenant_amended", 2);
    }
    politie.start();
    politie.connected_to(&[gemeente, om]);
    let card: Value = serde_json::from_slice(&fs::read(politie.dir().join("card.json")).unwrap()).unwrap();
    for name in ["link", "statement", "witness"] {
        let key = forger::key(politie, name).verifying_key();
        assert_eq!(card["keys"][name].as_str().unwrap(), hex(key.as_bytes()));
        assert!(!politie.dir().join(format!("keys/{name}.key.next")).exists());
    }
    asks(politie, gemeente, 1);
    asks(gemeente, politie, 2);

    // With the stolen link key nobody is let in; with the stolen statement key nothing is taken, whatever moment it names.
    politie.stop();
    let before = [gemeente, om].map(strangers);
    let thief = Impostor::thief(&federation, politie, &old_link);
    wait::until("both turn it away", || (strangers(gemeente) > before[0] && strangers(om) > before[1]).then_some(()));
    drop(thief);
    let insider = Impostor::of(&federation, politie);
    for earlier in [0, 3600] {
        let mut address = old.address(&forger::oin(gemeente));
        address.issued = forger::seconds_from_now(-earlier);
        let draft = old.sign_at(old.draft(&person(3), &[gemeente], 600), address);
        assert_eq!(insider.deliver(gemeente, &draft), Reply::Reject(RejectCode::UnknownIssuer));
    }
    drop(insider);

    // Whatever starts again, with nothing but its journal, knows it all.
    federation.at_once(Organisation::stop);
    for organisation in federation.all() {
        fs::remove_dir_all(organisation.dir().join("store")).unwrap();
    }
    federation.start_all();
    asks(politie, gemeente, 3);
    asks(om, politie, 4);
    for other in [gemeente, om] {
        assert_eq!(other.lines_of("convenant_amended").len(), 2, "told again on every connection, written down once");
    }
    federation.finish();
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_was_approved_before_a_rotation_still_counts_after_it_and_lost_new_keys_are_replaced() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    (0..5).for_each(|number| federation.plant(&person(number)));
    om.stop();
    let id = gemeente.author().ask(&Ask::about(&person(0)).to(om).approved_by(politie).within(600)).unwrap();
    politie.approver().approve_when_there(&id);
    gemeente.until_lines("uitvraag_sent", 1);
    politie.stop();
    change(politie, "convenant rotate", &["--key", "statement"]).unwrap();
    politie.start();
    om.start();
    om.until_lines("question_received", 1);
    assert!(om.lines_of("refusal_sent").is_empty(), "the approval was signed with the key of then");
    politie.connected_to(&[gemeente, om]);
    asks(politie, gemeente, 1);

    // A backup has the journal and not the keys that were made since: then the party key names others.
    politie.stop();
    change(politie, "convenant rotate", &[]).unwrap();
    fs::remove_file(politie.dir().join("keys/link.key.next")).unwrap();
    let silent = politie.try_start().unwrap_err();
    assert!(silent.says("convenant rotate"), "{silent}");
    let rotated = signed(&change(politie, "convenant rotate", &[]).unwrap());
    politie.start();
    gemeente.json("convenant amend", &[&rotated]).unwrap();
    om.until_lines("convenant_amended", 3);
    politie.connected_to(&[gemeente, om]);
    asks(om, politie, 2);
    federation.finish();
}

#[test]
fn a_revocation_reaches_everybody_through_any_member_and_cuts_a_thief_off() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    (0..5).for_each(|number| federation.plant(&person(number)));
    asks(politie, gemeente, 0);
    // The thief has the keys and took the node's place; the owner has the party key and what the journal says in public.
    politie.kill();
    let thief = Impostor::of(&federation, politie);
    for other in [gemeente, om] {
        other.connected_to(&[politie]);
    }
    let revoked = signed(&change(politie, "convenant revoke", &["--only-sign"]).unwrap());
    assert!(om.json("convenant amend", &[&revoked]).unwrap()["amendments"] == 1);
    wait::within(CUT_OFF, "it is cut off where the revocation was brought and where it was told", || {
        [gemeente, om].iter().all(|other| !is_connected(other, politie)).then_some(())
    });
    assert_eq!(gemeente.lines_of("convenant_amended").len(), 1);
    let before = strangers(gemeente);
    wait::until("it is not let in again", || (strangers(gemeente) > before).then_some(()));
    drop(thief);

    // The owner's own node knows nothing of it yet: what its party key signed comes first.
    let unknown = change(politie, "convenant rotate", &[]).unwrap_err();
    assert!(unknown.says("bring it first"), "{unknown}");
    politie.json("convenant amend", &[&revoked]).unwrap();
    let silent = politie.try_start().unwrap_err();
    assert!(silent.says("convenant rotate"), "{silent}");
    let rotated = signed(&change(politie, "convenant rotate", &[]).unwrap());
    politie.start();
    // Nobody lets it in who does not know the new keys; one who does tells the others.
    om.json("convenant amend", &[&rotated]).unwrap();
    gemeente.until_lines("convenant_amended", 2);
    politie.connected_to(&[gemeente, om]);
    asks(politie, gemeente, 1);
    asks(gemeente, politie, 2);
    federation.finish();
}

/// What "in effect at every reachable node" means: 5 minutes.
const IN_EFFECT: Duration = Duration::from_secs(300);

#[test]
fn a_revocation_is_in_effect_within_five_minutes_also_where_a_node_was_away_and_what_fell_before_it_is_listed() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    (0..2).for_each(|number| federation.plant(&person(number)));
    asks(politie, gemeente, 0);
    let before = gemeente.json("log verify", &[]).unwrap();
    assert_eq!(before["in_revocation_window_in_all"], 0);
    om.stop();
    politie.kill();
    let args = ["--only-sign", "--since", "2026-01-01"];
    let revoked = signed(&change(politie, "convenant revoke", &args).unwrap());
    gemeente.json("convenant amend", &[&revoked]).unwrap();
    // One who was away, and never hears it from the party itself.
    let thief = Impostor::of(&federation, politie);
    om.start();
    wait::within(IN_EFFECT, "it is in effect where a node was away", || {
        (om.lines_of("convenant_amended").len() == 1).then_some(())
    });
    wait::within(CUT_OFF, "the thief is cut off there", || (!is_connected(om, politie)).then_some(()));
    let refused = strangers(om);
    wait::until("it is not let in again", || (strangers(om) > refused).then_some(()));
    drop(thief);
    let verified = gemeente.json("log verify", &[]).unwrap();
    let listed = verified["in_revocation_window"].as_array().unwrap();
    assert!(!listed.is_empty() && verified["verified"] == true, "{verified:#}");
    assert!(listed.iter().all(|one| one["issuer"] == politie.oin.as_str()), "{verified:#}");
    federation.finish_each_alone();
}

#[test]
fn a_change_waits_for_a_statement_between_its_check_and_its_entry() {
    let federation = Federation::prepare(Terms::core());
    let [gemeente, politie] = ["gemeente", "politie"].map(|name| &federation[name]);
    let revoked = signed(&change(politie, "convenant revoke", &["--only-sign"]).unwrap());
    let amendments: Vec<SignedAmendment> = codec::decode(&fs::read(revoked).unwrap()).unwrap();
    let node = Node::open(Home::open(gemeente.dir()).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let statement = node.convenants.unchanged().await;
        let mut taking = pin!(witness::take(&node, None, &amendments));
        assert!(poll_fn(|context| Poll::Ready(taking.as_mut().poll(context).is_pending())).await);
        // What was handed to the journal before this is in it when this is.
        node.ledger.record((), vec![house_checkpoint(&node)]).await.unwrap();
        assert!(poll_fn(|context| Poll::Ready(taking.as_mut().poll(context).is_pending())).await);
        assert_eq!(node.convenants.amended(), 0, "the statement is taken with what was in force when it was checked");
        drop(statement);
        taking.await.unwrap();
        assert_eq!(node.convenants.amended(), 1);
        node.ledger.close();
        node.ledger.journal().clone().close().await;
    });
    drop(node);
    federation.finish();
}

fn house_checkpoint(node: &Node) -> Entry {
    let note = node.ledger.journal().checkpoint(LogName::House);
    Entry {
        id: EntryId::new(clock::now(), clock::random()),
        kind: EntryKind::HouseCheckpoint,
        convenant: None,
        envelope: None,
        body: EntryBody::Public(note.note().as_bytes().to_vec()),
    }
}

#[test]
fn what_the_party_key_did_not_sign_in_order_changes_nothing() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    politie.stop();
    let foreign = politie.json("convenant rotate", &["--party", &party(om)]).unwrap_err();
    assert!(foreign.says("not the party key"), "{foreign}");
    assert!(!politie.dir().join("keys/link.key.next").exists());

    let first = signed(&change(politie, "convenant revoke", &["--key", "witness", "--only-sign"]).unwrap());
    let bytes = fs::read(&first).unwrap();
    let changed = federation.root().join("changed.amendments");
    for at in [bytes.len() / 3, bytes.len() / 2, bytes.len() - 10] {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        fs::write(&changed, bytes).unwrap();
        gemeente.json("convenant amend", &[text(&changed)]).unwrap_err();
    }
    assert!(gemeente.lines_of("convenant_amended").is_empty());

    // Somebody made the party key sign another first one: whichever comes second is refused, and kept as evidence.
    let other = federation.root().join("other.amendments");
    fs::rename(&first, &other).unwrap();
    let rival = signed(&change(politie, "convenant revoke", &["--key", "link", "--only-sign"]).unwrap());
    gemeente.json("convenant amend", &[text(&other)]).unwrap();
    let conflict = gemeente.json("convenant amend", &[&rival]).unwrap_err();
    assert!(conflict.says("two different amendments"), "{conflict}");
    gemeente.until_lines("amendment_refused", 1);
    om.until_lines("convenant_amended", 1);
    assert_eq!(gemeente.lines_of("convenant_amended").len(), 1);
    // Its own node hears from them what its party key signed, and goes no further with a key that was revoked.
    politie.start();
    ends_by_itself(politie);
    assert_eq!(politie.lines_of("convenant_amended").len(), 1);
    federation.finish_each_alone();
}

#[test]
fn who_moves_is_found_and_who_ends_its_participation_is_talked_to_no_more() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    (0..5).for_each(|number| federation.plant(&person(number)));
    om.stop();
    let mut there = om.address;
    there.set_port(there.port() + 100);
    let taken = change(om, "convenant move", &["--address", &gemeente.address.to_string()]).unwrap_err();
    assert!(taken.says("listens at that address"), "{taken}");
    change(om, "convenant move", &["--address", &there.to_string()]).unwrap();
    let config = fs::read_to_string(om.dir().join("node.toml")).unwrap();
    fs::write(om.dir().join("node.toml"), config.replace(&om.address.to_string(), &there.to_string())).unwrap();
    om.start();
    om.connected_to(&[gemeente, politie]);
    gemeente.until_lines("convenant_amended", 1);
    let card: Value = serde_json::from_slice(&fs::read(om.dir().join("card.json")).unwrap()).unwrap();
    assert_eq!(card["address"], there.to_string());

    let ask = Ask::about(&person(0)).to(politie).approved_by(om).within(600);
    let pending = gemeente.author().ask(&ask).unwrap();
    om.approver().approve_when_there(&pending);
    politie.until_lines("question_received", 1);
    let waiting = Ask::about(&person(3)).to(politie).approved_by(om).within(600);
    let waiting = gemeente.author().ask(&waiting).unwrap();
    om.approver().until_draft(&waiting);
    change(politie, "convenant end", &["--convenant", "noorderveen-proef"]).unwrap();
    wait::within(CUT_OFF, "the others cut it off", || {
        [gemeente, om].iter().all(|other| !is_connected(other, politie)).then_some(())
    });
    let refused = om.approver().approve(&waiting).unwrap_err();
    assert!(refused.says("takes no part") && refused.says(&politie.oin), "{refused}");
    let view = gemeente.author().uitvraag(&pending).unwrap();
    let state = weegnet_tests::verbs::answer_of(&view, politie)["state"].as_str().unwrap().to_owned();
    assert!(state.contains("deelname beëindigd"), "{view:#}");
    for (asker, to) in [(gemeente, politie), (politie, gemeente)] {
        let refused = asker.author().ask(&Ask::about(&person(1)).to(to).approved_by(om)).unwrap_err();
        assert!(refused.says("ended its participation"), "{refused}");
    }
    let again = change(politie, "convenant rotate", &[]).unwrap_err();
    assert!(again.says("left it"), "{again}");

    federation.at_once(Organisation::stop);
    federation.at_once(|organisation| fs::remove_dir_all(organisation.dir().join("store")).unwrap());
    federation.at_once(Organisation::start);
    gemeente.connected_to(&[om]);
    asks(gemeente, om, 2);
    assert!(!is_connected(gemeente, politie) && !is_connected(om, politie));
    federation.finish_each_alone();
}
