//! What was said about a person was wrong: everybody who heard it is told, by a human's decision, and by nobody else.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use weegnet_node::clock;
use weegnet_node::home::Home;
use weegnet_node::journal::{Entry, EntryBody};
use weegnet_node::link::Reply;
use weegnet_node::node::Node;
use weegnet_node::retention::Part;
use weegnet_node::retention::bodies::{Cause, Erased, Gone, Rule};
use weegnet_protocol::codec::{self, Bytes};
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::id::{EntryId, UitvraagId};
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::statement::{Contact, Corrected, Correction, Right, Wish, WrongField};
use weegnet_tests::forger::{Forger, oin};
use weegnet_tests::impostor::Impostor;
use weegnet_tests::organisation::Line;
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Organisation, Person, Refused, Terms, wait};

const OFFICER: &str = "privacyfunctionaris";

/// Corrections of one organisation that a node writes down in a day.
const MAX_A_DAY: usize = 100;

fn person() -> Person {
    Person::new("Ysbrandina", "Lepelaarstra", "1979-08-30")
}

/// A request for access about the person; its id.
fn request(at: &Organisation, person: &Person) -> String {
    let path = at.dir().with_file_name(format!("verzoek-{}.json", at.name));
    std::fs::write(&path, person.to_json()).unwrap();
    let args = ["--person", path.to_str().unwrap(), "--requester", "self", "--verified-by", "paspoort gezien"];
    let found = at.by(OFFICER).json("subject find", &args).unwrap();
    std::fs::remove_file(&path).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

fn tell(at: &Organisation, request: &str, more: &[&str]) -> Result<Value, Refused> {
    at.by(OFFICER).json("subject tell", &[&[request], more].concat())
}

/// Looks, and then tells exactly those.
fn look_and_tell(at: &Organisation, request: &str, more: &[&str]) -> Value {
    let shown = tell(at, request, more).unwrap();
    let code = shown["confirm"].as_str().unwrap_or_else(|| panic!("nobody to tell: {shown}")).to_owned();
    tell(at, request, &[more, &["--confirm", &code]].concat()).unwrap()
}

fn corrections(at: &Organisation, more: &[&str]) -> Vec<Value> {
    at.by(OFFICER).json("officer corrections", more).unwrap().as_array().unwrap().clone()
}

fn recipients(view: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = view["recipients"].as_array().unwrap().iter();
    let mut all: Vec<_> = all.map(|to| (text(&to["oin"]), text(&to["what"]))).collect();
    all.sort();
    all
}

fn exchange(at: &Organisation) -> Vec<Line> {
    at.lines().into_iter().filter(|line| line.log == "exchange" && line.kind != "house_checkpoint").collect()
}

/// Waits until everything that was told has arrived.
fn until_told(at: &Organisation, request: &str, count: usize) {
    wait::until("everybody has it", || {
        let shown = at.by(OFFICER).json("subject show", &[request]).ok()?;
        let told = shown["told"].as_array()?.clone();
        (told.len() == count && told.iter().all(|line| line["progress"] == "receipted")).then_some(())
    });
}

#[test]
fn who_heard_it_is_told_by_a_decision_and_an_officer_there_is_done_with_it() {
    let federation = Federation::start(Terms::core().and("reclassering", "casus"));
    let [gemeente, politie, om, reclassering] =
        ["gemeente", "politie", "om", "reclassering"].map(|name| &federation[name]);
    federation.at_once(|at| match at.name {
        "om" | "reclassering" => federation.knows(at.name, &[person()]),
        _ => {}
    });
    let ask = Ask::about(&person()).to(om).to(politie).to_because(reclassering).within(15);
    let id = gemeente.author().ask(&ask).unwrap();
    politie.approver().approve_when_there(&id);
    // One answers, one withholds, one does not know the person.
    om.reviewer().release_when_there(&id);
    reclassering.reviewer().until_in_inbox(&id);
    reclassering.reviewer().withhold(&id).unwrap();
    let view = gemeente.author().until_ended(&id);
    for silent in [politie, reclassering] {
        assert_eq!(answer_of(&view, silent)["outcome"], "NoStatement");
    }
    politie.until_lines("case_closed", 1);

    let request_id = request(gemeente, &person());
    let early = tell(gemeente, &request_id, &["--wrong", "name"]).unwrap_err();
    assert!(early.says("do that first with"), "{early}");
    let what = ["--what", "geboortejaar is 1978"];
    let objection = gemeente.by(OFFICER).json("subject rectify", &[&[&request_id[..]], &what[..]].concat()).unwrap();
    assert_eq!(objection["recipients"], serde_json::json!([politie.oin, om.oin, reclassering.oin]));
    federation.plant_words(["geboortejaar is 1978".to_owned()]);

    // It shows whom it would tell, and nothing leaves: neither by recording it nor by looking (H11).
    let before: Vec<_> = federation.all().iter().map(|at| exchange(at).len()).collect();
    let shown = tell(gemeente, &request_id, &["--wrong", "birth-date"]).unwrap();
    let all = [(&politie.oin, "concept"), (&politie.oin, "vraag"), (&om.oin, "vraag"), (&reclassering.oin, "vraag")];
    assert_eq!(recipients(&shown), all.map(|(oin, what)| (oin.clone(), what.to_owned())));
    assert!(shown["recipients"].as_array().unwrap().iter().all(|to| to["told"].is_null()));
    for wrong in [&[][..], &["--wrong", "all", "--wrong", "bsn"], &["--wrong", "birth-date", "--number", "2"]] {
        assert!(tell(gemeente, &request_id, wrong).is_err(), "{wrong:?}");
    }
    let code = shown["confirm"].as_str().unwrap();
    // What is confirmed is what was shown, not something else under the same code.
    let other = tell(gemeente, &request_id, &["--wrong", "name", "--confirm", code]).unwrap_err();
    assert!(other.says("not what was shown"), "{other}");
    assert_eq!(federation.all().iter().map(|at| exchange(at).len()).collect::<Vec<_>>(), before);

    let house = |at: &Organisation| at.lines().iter().filter(|line| line.log == "house").count();
    let heard = [politie, om, reclassering];
    let quiet = heard.map(house);
    let told = tell(gemeente, &request_id, &["--wrong", "birth-date", "--confirm", code]).unwrap();
    assert!(told["confirm"].is_null() && told["recipients"].as_array().unwrap().len() == 4);
    until_told(gemeente, &request_id, 4);
    let again = tell(gemeente, &request_id, &["--wrong", "birth-date"]).unwrap();
    assert!(again["confirm"].is_null(), "nobody is told twice: {again}");

    // Each with a named human's decision; the recipients' exchange logs grew by one entry for each and nothing else did.
    assert_eq!(gemeente.lines_of("correction_sent").len(), 4);
    assert_eq!(heard.map(house), quiet);
    let counts = [2, 1, 1];
    assert_eq!(heard.map(|at| at.lines_of("correction_received").len()), counts);
    assert_eq!([0, 1, 2].map(|at| exchange(heard[at]).len() - before[at + 1]), counts);

    // Who knew the person, who withheld that and who did not hold the same; no screen says about whom it is.
    for (at, count) in heard.into_iter().zip(counts) {
        let kept = |line: &Line| at.json("log show", &[&line.id]).unwrap()["kept"].clone();
        assert!(at.lines_of("correction_received").iter().all(|line| kept(line) == "sealed"));
        let waiting = corrections(at, &[]);
        assert_eq!(waiting.len(), count, "{waiting:?}");
        for one in &waiting {
            assert_eq!((&one["from"], &one["says"]["right"]), (&gemeente.oin.clone().into(), &"rectification".into()));
            assert_eq!(one["says"]["wrong"], serde_json::json!(["birth_date"]));
            assert_eq!((&one["says"]["wish"], &one["says"]["uitvraag"]), (&"rectify".into(), &id.clone().into()));
            let heard = at.json("log show", &[one["says"]["entry"].as_str().unwrap()]).unwrap();
            let kind = if one["says"]["about"] == "concept" { "draft_received" } else { "question_received" };
            assert_eq!(heard["kind"], kind, "{heard}");
            assert!(!one.to_string().contains("Lepelaarstra"));
        }
    }
    let one = corrections(om, &[])[0]["id"].as_str().unwrap().to_owned();
    let done = |by: &str| om.by(by).json("officer corrections done", &[&one, "--what", "bronregister verbeterd"]);
    for who in ["cor", "beheerder"] {
        assert!(done(who).unwrap_err().says("U bent geen privacyfunctionaris"), "{who}");
        assert!(om.by(who).json("officer corrections", &[]).is_err(), "{who}");
        assert!(gemeente.by(who).json("subject tell", &[&request_id]).is_err(), "{who}");
    }
    assert_eq!(done(OFFICER).unwrap()["handled"]["by"], OFFICER);
    assert!(done(OFFICER).unwrap_err().says("handled before"));
    // Also from the journal alone.
    om.stop();
    std::fs::remove_dir_all(om.dir().join("store")).unwrap();
    om.start();
    assert!(corrections(om, &[]).is_empty());
    assert_eq!(corrections(om, &["--all"])[0]["handled"]["what"], "bronregister verbeterd");

    // Who answered tells the asker; who said nothing tells nobody, or it would say that there was something.
    let at_om = request(om, &person());
    om.by(OFFICER).json("subject object", &[&at_om, "--what", "bezwaar"]).unwrap();
    let told = look_and_tell(om, &at_om, &[]);
    assert_eq!(recipients(&told), [(gemeente.oin.clone(), "antwoord".to_owned())]);
    until_told(om, &at_om, 1);
    assert_eq!(corrections(gemeente, &[])[0]["says"]["wish"], "stop_using");
    let at_politie = request(politie, &person());
    politie.by(OFFICER).json("subject erasure", &[&at_politie, "--what", "wissen"]).unwrap();
    assert_eq!(recipients(&tell(politie, &at_politie, &[]).unwrap()), []);

    // What a human found to be about somebody else is told to nobody, also when it was recorded before.
    let mistaken = request(gemeente, &person());
    gemeente.by(OFFICER).json("subject rectify", &[&mistaken, "--what", "naam"]).unwrap();
    let decide = [&mistaken, "--disclose", "--reason", "een naamgenoot", "--leave-out", &id];
    gemeente.by(OFFICER).json("subject decide", &decide).unwrap();
    assert_eq!(recipients(&tell(gemeente, &mistaken, &["--wrong", "name"]).unwrap()), []);

    // The case machines never noticed.
    assert_eq!(gemeente.author().uitvraag(&id).unwrap()["answers"], view["answers"]);
    federation.at_once(Organisation::stop);
    for at in federation.all() {
        for peer in at.json("log reconcile", &[]).unwrap().as_array().unwrap() {
            assert_eq!(peer["sent"], peer["proven"], "{}: {peer:#}", at.name);
        }
    }
    federation.finish();
}

#[test]
fn a_correction_survives_a_kill_and_a_recipient_that_is_not_there() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).within(60)).unwrap();
    politie.approver().approve_when_there(&id);
    om.until_lines("question_received", 1);
    // A withdrawal ends the case on both sides; who heard the question has heard it.
    gemeente.author().withdraw(&id).unwrap();
    om.until_lines("withdrawal_received", 1);
    let request_id = request(gemeente, &person());
    gemeente.by(OFFICER).json("subject rectify", &[&request_id, "--what", "het is een ander"]).unwrap();
    om.stop();
    let told = look_and_tell(gemeente, &request_id, &["--wrong", "other-person", "--ask", "stop-using"]);
    let to_om = told["recipients"].as_array().unwrap().iter().find(|to| to["oin"] == om.oin.as_str()).unwrap();
    assert_eq!(to_om["told"], "under_way");
    // The entry is synced, nobody has it.
    gemeente.kill();
    gemeente.start();
    assert!(tell(gemeente, &request_id, &["--wrong", "other-person"]).unwrap()["confirm"].is_null());
    om.start();
    until_told(gemeente, &request_id, 2);
    assert_eq!(om.lines_of("correction_received").len(), 1);
    // Decided while the node stands still, it leaves with the next start; and the wish is another than the first.
    gemeente.by(OFFICER).json("subject object", &[&request_id, "--what", "bezwaar"]).unwrap();
    assert!(tell(gemeente, &request_id, &[]).unwrap_err().says("--number"));
    gemeente.stop();
    look_and_tell(gemeente, &request_id, &["--number", "2", "--ask", "take-note"]);
    gemeente.start();
    until_told(gemeente, &request_id, 4);
    assert_eq!(corrections(om, &[])[1]["says"]["wish"], "take_note");
    federation.finish();
}

#[test]
fn a_correction_reaches_what_is_erased_on_either_side_and_says_no_more_there() {
    let federation = Federation::start(Terms { grace: 10, ..Terms::core() });
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).within(2)).unwrap();
    politie.approver().approve_when_there(&id);
    gemeente.author().until_ended(&id);
    om.until_lines("case_closed", 1);
    politie.until_lines("approval_given", 1);
    let request_id = request(gemeente, &person());
    gemeente.by(OFFICER).json("subject rectify", &[&request_id, "--what", "naam"]).unwrap();
    // Both cases are forgotten; politie keeps its own.
    for at in [gemeente, om] {
        at.stop();
        forget(at.dir(), &id);
        at.start();
    }
    federation.start_all();
    let before = [politie, om].map(|at| exchange(at).len());
    let plan = || {
        let plan = politie.json("retention plan", &[]).unwrap();
        let line = plan.as_array().unwrap().iter().find(|line| line["uitvraag"] == id.as_str()).cloned();
        line.unwrap_or_else(|| panic!("{plan}"))
    };
    let due = plan();
    wait::until_clock(due["since"].as_str().unwrap(), Duration::ZERO);
    let told = look_and_tell(gemeente, &request_id, &["--wrong", "name"]);
    assert_eq!(recipients(&told), [(politie.oin.clone(), "concept".into()), (om.oin.clone(), "vraag".into())]);
    until_told(gemeente, &request_id, 2);
    assert_eq!(plan(), due, "whoever corrects makes nothing stay longer");
    // Alike for who sends and who counts entries; only the officer there sees the difference.
    assert_eq!([politie, om].map(|at| exchange(at).len()), before.map(|count| count + 1));
    let (at_politie, at_om) = (corrections(politie, &[]).remove(0), corrections(om, &[]).remove(0));
    assert_eq!(at_politie["says"]["uitvraag"], id.as_str());
    assert!(at_om["says"].is_null() && at_om["from"] == gemeente.oin.as_str(), "{at_om}");
    let kept = |at: &Organisation| {
        let entry = format!("exchange/{}", at.lines_of("correction_received")[0].index);
        at.json("log show", &[&entry]).unwrap()["kept"].clone()
    };
    assert_eq!((kept(politie), kept(om)), ("sealed".into(), "not kept".into()));
    om.by(OFFICER)
        .json("officer corrections done", &[at_om["id"].as_str().unwrap(), "--what", "niets meer hier"])
        .unwrap();
    federation.finish();
}

/// Destroys the keys of every case about an uitvraag behind an entry that names them, as a retention pass does.
fn forget(dir: &Path, id: &str) {
    let node = Node::open(Home::at(dir)).unwrap();
    let id: UitvraagId = id.parse().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    node.ledger.cases().into_iter().filter(|record| record.id().uitvraag_id == id).for_each(|record| {
        let (case, keys) = (record.id(), record.keys());
        let (salt, cause) = (Bytes([0; 32]), Cause::Operator);
        let mut erased = Erased { salt, pass: 1, cause, by: None, rules: vec![], gone: vec![], register_rows: vec![] };
        let slots = keys.iter().map(|key| key.slot()).collect();
        let (name, exchange, house) = (Some(erased.name(&case)), vec![], vec![]);
        erased.rules.push(Rule { kind: "proef".into(), part: Part::Whole, days: 0, source: "proef".into() });
        erased.gone.push(Gone { name, rule: 0, slots, exchange, house });
        let entry = Entry {
            id: EntryId::new(clock::now(), clock::random()),
            kind: EntryKind::Erased,
            convenant: None,
            envelope: None,
            body: EntryBody::Public(codec::encode(&erased)),
        };
        runtime.block_on(node.ledger.record((), vec![entry])).unwrap();
        node.ledger.erase(&keys, &[case]).unwrap();
    });
    node.ledger.close();
}

#[test]
fn only_who_said_it_corrects_it() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).within(60)).unwrap();
    politie.approver().approve_when_there(&id);
    let question = om.until_lines("question_received", 1).remove(0);
    let about = Corrected {
        statement: Bytes::from_hex(question.statement.as_deref().unwrap()).unwrap(),
        id: question.id.parse().unwrap(),
        uitvraag_id: id.parse().unwrap(),
    };
    let contact_of =
        |forger: &Forger, at: &Organisation| -> Contact { forger.convenant().contact(&oin(at)).unwrap().clone() };
    let correction = |about, contact| {
        let wrong = [WrongField::Name].into();
        Correction::new(about, Right::Rectification, wrong, Wish::Rectify, contact).unwrap()
    };

    // Politie approved the question, and never asked it.
    politie.stop();
    let other = Forger::of(&federation, politie);
    let impostor = Impostor::of(&federation, politie);
    let foreign = other.sign(correction(about, contact_of(&other, politie)), om);
    assert_eq!(impostor.deliver(om, &foreign), Reply::Reject(RejectCode::Unrelated));
    // Nor is it told so in the asker's name.
    let asker = Forger::of(&federation, gemeente);
    let stolen = asker.sign(correction(about, contact_of(&asker, gemeente)), om);
    assert_eq!(impostor.deliver(om, &stolen), Reply::Reject(RejectCode::UnknownIssuer));
    drop(impostor);
    politie.start();

    wait::out_of_midnight();
    gemeente.stop();
    let impostor = Impostor::of(&federation, gemeente);
    let ours = contact_of(&asker, gemeente);
    for (what, about) in [
        ("another statement", Corrected { statement: Bytes([7; 32]), ..about }),
        ("an id that nobody sent", Corrected { id: foreign.claimed_header().unwrap().id, ..about }),
    ] {
        let statement = asker.sign(correction(about, ours.clone()), om);
        assert_eq!(impostor.deliver(om, &statement), Reply::Reject(RejectCode::Unrelated), "{what}");
    }
    // Its one text is what all parties signed.
    let smuggled = asker.sign(correction(about, "Bel over Ysbrandina".parse().unwrap()), om);
    assert_eq!(impostor.deliver(om, &smuggled), Reply::Reject(RejectCode::WrongConvenant));
    assert!(om.lines_of("correction_received").is_empty());
    // The right one is taken once, and its receipt stays the same.
    let right = asker.sign(correction(about, ours), om);
    federation.forged(right.claimed_header().unwrap().id.to_string());
    let Reply::Receipt(receipt) = impostor.deliver(om, &right) else { panic!("it is taken") };
    assert_eq!(impostor.deliver(om, &right), Reply::Receipt(receipt));
    assert_eq!(om.lines_of("correction_received").len(), 1);
    // Who says it again and again is told to come back another day.
    let busy = (1..=MAX_A_DAY).find(|_| {
        let again = asker.sign(correction(about, contact_of(&asker, gemeente)), om);
        let reply = impostor.deliver(om, &again);
        federation.forged(again.claimed_header().unwrap().id.to_string());
        reply == Reply::Reject(RejectCode::Busy)
    });
    assert_eq!(busy, Some(MAX_A_DAY));
    drop(impostor);
    gemeente.start();
    federation.start_all();
    gemeente.author().withdraw(&id).unwrap();
    om.until_lines("withdrawal_received", 1);
    federation.finish();
}
