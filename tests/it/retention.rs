//! What must be forgotten is gone, in time and provably; what a human holds stays; and a backup brings nothing back.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use weegnet_node::home::Home;
use weegnet_node::link::Reply;
use weegnet_node::node::Node;
use weegnet_protocol::person::{Fields, PersonRef};
use weegnet_protocol::statement::RefusalCode;
use weegnet_protocol::time::Millis;
use weegnet_tests::archive::{ARCHIVE_WORDS, Archive, furnish, places_of, someone, vault_keys};
use weegnet_tests::checker::first_found;
use weegnet_tests::faults::files;
use weegnet_tests::forger::Forger;
use weegnet_tests::impostor::Impostor;
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Organisation, Person, Terms};

/// Cases of each of four kinds in the story, and in the long run.
const CASES: usize = 50;
const LONG_CASES: usize = 2_500;

fn person() -> Person {
    Person::new("Wilhelmina", "Ooievaarsnestra", "1981-02-28")
}

fn short_terms() -> Terms {
    Terms { retention_days: 1, ..Terms::core() }
}

/// What is kept of the body of an entry.
fn kept(organisation: &Organisation, log: &str, index: u64) -> String {
    let shown = organisation.json("log show", &[&format!("{log}/{index}")]).unwrap();
    shown["kept"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn who_a_question_without_a_match_was_about_goes_when_its_window_closes() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("politie", &[person()]);
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).to(politie).within(8)).unwrap();
    politie.approver().approve_when_there(&id);
    politie.reviewer().until_in_inbox(&id);
    let asked = |at: &Organisation| at.until_lines("question_received", 1)[0].index;
    assert_eq!(kept(om, "exchange", asked(om)), "sealed");
    let view = gemeente.author().until_ended(&id);
    assert_eq!(answer_of(&view, om)["outcome"], "NoStatement");
    om.until_lines("case_closed", 1);
    weegnet_tests::wait::until("the body is erased", || (kept(om, "exchange", asked(om)) == "erased").then_some(()));
    // Where somebody may be meant, a human has looked or not: the term of the convenant decides.
    assert_eq!(kept(politie, "exchange", asked(politie)), "sealed");
    assert!(politie.lines_of("erased").is_empty());
    // The exchange log does not tell which of the two had a match.
    let of_the_question = ["question_received", "policy_decision", "answer_sent"];
    let shape = |at: &Organisation| -> Vec<String> {
        let lines = at.lines().into_iter().filter(|line| line.log == "exchange");
        lines.map(|line| line.kind).filter(|kind| of_the_question.contains(&kind.as_str())).collect()
    };
    assert_eq!(shape(om), shape(politie));
    let proof = om.json("retention proof", &[&id]).unwrap();
    assert_eq!((proof["bodies"].as_u64(), proof["still_open"].as_u64()), (Some(1), Some(0)));
    let plan = om.json("retention plan", &[]).unwrap();
    let rest: Vec<_> = plan.as_array().unwrap().iter().filter(|line| line["uitvraag"] == id.as_str()).collect();
    assert_eq!(rest.len(), 1, "{plan}");
    assert_eq!(
        (rest[0]["kind"].as_str(), rest[0]["part"].as_str()),
        (Some("vraag-zonder-overeenkomst"), Some("whole"))
    );
    // A pseudonym is left, also after a restart without projections; it names nobody but to who names the person.
    for round in 0..2 {
        om.stop();
        if round == 1 {
            fs::remove_dir_all(om.dir().join("store")).unwrap();
        }
        assert_eq!((traces(om, &person()), traces(om, &Person::number(7))), (1, 0));
        om.start();
    }
    federation.plant(&person());
    federation.finish();
}

#[test]
fn a_node_that_was_off_when_the_window_closed_erases_first_and_answers_all_the_same() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).within(6)).unwrap();
    politie.approver().approve_when_there(&id);
    let question = om.until_lines("question_received", 1)[0].index;
    om.kill();
    let answer_by = gemeente.author().uitvraag(&id).unwrap()["answer_by"].as_str().unwrap().to_owned();
    weegnet_tests::wait::until_clock(&answer_by, std::time::Duration::ZERO);
    om.start();
    assert_eq!(kept(om, "exchange", question), "erased", "before anything is served");
    assert_eq!(answer_of(&gemeente.author().until_ended(&id), om)["outcome"], "NoStatement");
    let order: Vec<_> = om.lines().into_iter().filter(|l| l.kind == "erased" || l.kind == "answer_sent").collect();
    assert!(order.iter().all(|line| line.kind != "erased" || line.log == "house"));
    federation.plant(&person());
    federation.finish();
}

#[test]
fn the_waiting_time_outlasts_the_person() {
    let federation = Federation::start(Terms { waiting: 3600, ..Terms::core() });
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    gemeente.stop();
    let asker = Forger::of(&federation, gemeente);
    let impostor = Impostor::of(&federation, gemeente);
    let ask = |person: &Person, within| {
        federation.plant(person);
        let draft = asker.draft(person, &[om], within);
        let question = impostor.approved(&federation, &asker, &draft, politie, om);
        assert!(matches!(impostor.deliver(om, &question), Reply::Receipt(_)));
        question
    };
    ask(&person(), 8);
    om.until_lines("case_closed", 1);
    om.restart();
    let again = ask(&Person::new("W.", "OOIEVAARSNESTRA", "1981-02-28"), 600);
    assert_eq!(impostor.refusal_of(&again), RefusalCode::QuotaExceeded);
    drop(impostor);
    gemeente.start();
    federation.finish_but(|_| true);
}

/// How many erased questions a person is recognised in.
fn traces(at: &Organisation, person: &Person) -> usize {
    let node = Node::open(Home::at(at.dir())).unwrap();
    let person = PersonRef::try_from(serde_json::from_str::<Fields>(&person.to_json()).unwrap()).unwrap();
    let found = node.retention.traces(node.ledger.journal(), &person).len();
    let pseudonyms = node.retention.pseudonyms(node.ledger.journal(), &person);
    assert_eq!(pseudonyms.len(), 1, "one epoch");
    node.ledger.close();
    found
}

#[test]
fn what_is_past_its_term_is_erased_and_proven_and_no_backup_brings_it_back() {
    erases(CASES);
}

#[test]
#[ignore = "minutes: tests/run long"]
fn ten_thousand_cases_are_erased_and_nothing_of_them_is_found() {
    erases(LONG_CASES);
}

fn erases(count: usize) {
    let federation = Federation::prepare(short_terms());
    let [gemeente, om] = ["gemeente", "om"].map(|name| &federation[name]);
    let archive = furnish(&federation, om, gemeente, count, Millis::hours(72));
    let before = vault_keys(om.dir());
    let backup = federation.root().join("backup");
    copy(om.dir(), &backup);

    // The plan names kinds, dates and sources, and nobody.
    let plan = om.run("retention plan", &["--json"]).unwrap();
    assert!(ARCHIVE_WORDS.iter().all(|word| !plan.contains(word)));
    let plan: Vec<Value> = serde_json::from_str(&plan).unwrap();
    let due = |kind: &str, part: &str| {
        plan.iter().filter(|l| l["kind"] == kind && l["part"] == part && l["is_due"] == true).count()
    };
    assert_eq!(due("vraag-zonder-overeenkomst", "person"), count);
    assert_eq!(due("vraag-zonder-overeenkomst", "whole"), count);
    for kind in ["vraag-niet-verstrekt", "geweigerde-vraag", "goedkeuring"] {
        assert_eq!(due(kind, "whole"), count, "{kind}");
    }
    let dry = om.json("retention run", &["--dry-run"]).unwrap();
    assert_eq!(dry["erased"]["goedkeuring"], count);
    assert_eq!(om.lines_of("erased").len(), 0);

    // Only a privacy officer holds; an officer does not run, an author does not even look.
    let held = archive.withheld[0].to_string();
    let tomorrow = day_from_now(1);
    let hold = ["--reason", "Bezwaarprocedure.", "--until", &tomorrow];
    om.run("retention hold", &[&[held.as_str()][..], &hold, &["--as", "beheerder"]].concat()).unwrap_err();
    om.run("retention run", &["--as", "privacyfunctionaris"]).unwrap_err();
    om.run("retention plan", &["--as", "anna"]).unwrap_err();
    om.run("retention hold", &[&held, "--reason", "x", "--until", &day_from_now(400)]).unwrap_err();
    om.run("retention hold", &[&[held.as_str()][..], &hold].concat()).unwrap();
    assert_eq!(om.json("retention holds", &[]).unwrap()[0]["uitvraag"], held.as_str());

    let report = om.json("retention run", &[]).unwrap();
    assert_eq!((report["persons"].as_u64(), report["held"].as_u64()), (Some(count as u64), Some(1)), "{report}");
    assert_eq!(report["erased"]["vraag-niet-verstrekt"], count - 1);
    assert_eq!(om.json("retention run", &[]).unwrap()["pass"], Value::Null, "twice is once");
    let proof = om.json("retention proof", &["--pass", "1"]).unwrap();
    assert_eq!((proof["still_open"].as_u64(), proof["not_judged"].as_u64()), (Some(0), Some(0)));
    assert!(proof["backups"]["statement"].as_str().unwrap().contains("does not say"));
    all_gone(om, &archive, Some(&held));

    // Lifted, it goes with the next pass; what is gone cannot be held.
    om.run("retention lift", &[&held, "--reason", "Ingetrokken."]).unwrap();
    om.json("retention run", &[]).unwrap();
    all_gone(om, &archive, None);
    let refused = om.run("retention hold", &[&[held.as_str()][..], &hold].concat()).unwrap_err();
    assert!(refused.says("has been erased"), "{refused}");
    nothing_left(om, &before);

    // A crash between the entry and the keys: the old vault lies beside the new journal. The next start finishes.
    fs::copy(backup.join("journal/vault.keys"), om.dir().join("journal/vault.keys")).unwrap();
    let unfinished = om.run("retention proof", &["--pass", "1"]).unwrap_err();
    assert!(unfinished.says("still open"), "{unfinished}");
    om.start();
    om.stop();
    all_gone(om, &archive, None);
    nothing_left(om, &before);

    // A whole backup comes back: what was erased since goes before anything is served.
    fs::remove_dir_all(om.dir()).unwrap();
    copy(&backup, om.dir());
    let mut config = fs::read_to_string(om.dir().join("node.toml")).unwrap();
    config.push_str("backups_bewaard_dagen = 30\nbewaarronde_utc = \"04:15\"\n");
    fs::write(om.dir().join("node.toml"), config).unwrap();
    // An officer looks before the node has started: it is gone first, or nothing would be shown.
    let officer = om.by("privacyfunctionaris");
    officer.json("officer log", &[]).unwrap();
    all_gone(om, &archive, None);
    om.start();
    om.stop();
    nothing_left(om, &before);
    let proof = om.json("retention proof", &["--pass", "1"]).unwrap();
    assert_eq!(proof["backups"]["until"], day_from_now(30));
    fs::remove_dir_all(&backup).unwrap();
    federation.plant_words(ARCHIVE_WORDS.map(str::to_owned));
    federation.plant(&someone(0));
    federation.finish_but(|_| true);
}

/// No body of any of these cases opens, every proof holds, and everything else still verifies.
fn all_gone(om: &Organisation, archive: &Archive, but: Option<&str>) {
    assert_eq!(om.json("log verify", &[]).unwrap()["verified"], true);
    let Archive { without_match, withheld, refused, approved } = archive;
    for id in [without_match, withheld, refused, approved].into_iter().filter_map(|ids| ids.first()) {
        let id = id.to_string();
        if but == Some(id.as_str()) {
            om.json("retention proof", &[&id]).unwrap_err();
            continue;
        }
        let proof = om.json("retention proof", &[&id]).unwrap();
        assert_eq!((proof["still_open"].as_u64(), proof["not_judged"].as_u64()), (Some(0), Some(0)), "{proof}");
        assert!(proof["bodies"].as_u64() > Some(0));
    }
    let kinds = ["draft_received", "question_received", "policy_decision", "answer_sent", "not_released"];
    let lines: Vec<_> = om.lines().into_iter().filter(|line| kinds.contains(&line.kind.as_str())).collect();
    for line in lines.iter().step_by(lines.len() / 5 + 1).filter(|_| but.is_none()) {
        let kept = kept(om, &line.log, line.index);
        assert!(kept == "erased" || kept == "not kept", "{line:?} is {kept}");
    }
}

/// Every file is searched for the words of everybody, and for every key that was destroyed.
fn nothing_left(om: &Organisation, before: &[[u8; 32]]) {
    let words = ARCHIVE_WORDS.map(str::to_owned);
    for path in files(om.dir()) {
        assert_eq!(first_found(&path, &words), None, "{}", path.display());
    }
    let now = vault_keys(om.dir());
    let destroyed: Vec<[u8; 32]> =
        before.iter().zip(&now).filter(|(_, now)| **now == [0; 32]).map(|(key, _)| *key).collect();
    assert!(destroyed.len() >= 4, "only {} keys were destroyed", destroyed.len());
    assert_eq!(places_of(om.dir(), &destroyed), 0);
}

#[test]
fn register_rows_past_their_term_go_with_the_next_pass() {
    let federation = Federation::prepare(Terms::core());
    let om = &federation["om"];
    let row = |id: u32, until: &str| format!("{id},,casus,,Ab,,Roerdompsma,1970-01-0{id},,{until}\n");
    let header = "id,bronrecord,reden,bsn,voornamen,voorvoegsel,geslachtsnaam,geboortedatum,aliassen,bewaren_tot\n";
    // Kept until today: within its term when imported, past it tomorrow.
    let csv = format!("{header}{}{}", row(1, &day_from_now(0)), row(2, "2098-12-31"));
    om.by("beheerder").import(csv.as_bytes(), &[]).unwrap();
    let node = Node::open(Home::at(om.dir())).unwrap();
    let convenant = node.convenants.all()[0].ratified().reference().id().clone();
    let register = node.registers.of(&convenant).unwrap();
    let tomorrow = weegnet_node::clock::now() + Millis::hours(24);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    use weegnet_node::retention::{bodies::Cause, pass};
    let at = |now| runtime.block_on(pass(&node, Cause::Daily, None, now, false)).unwrap();
    assert_eq!((at(weegnet_node::clock::now()).register_rows, register.status().unwrap().rows), (0, 2));
    assert_eq!((at(tomorrow).register_rows, register.status().unwrap().rows), (1, 1));
    assert_eq!(at(tomorrow).pass, None, "twice is once");
    node.ledger.close();
    drop((register, node));
    federation.finish();
}

fn day_from_now(days: u64) -> String {
    (weegnet_node::clock::now() + Millis::hours(24 * days)).day().to_string()
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

#[test]
fn a_key_that_goes_without_an_entry_or_comes_back_is_found_by_a_verification() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).within(6)).unwrap();
    politie.approver().approve_when_there(&id);
    om.until_lines("candidates", 1);
    let path = om.dir().join("journal").join("vault.keys");
    let before = fs::read(&path).unwrap();
    gemeente.author().until_ended(&id);
    om.until_lines("erased", 1);
    federation.at_once(Organisation::stop);
    let now = fs::read(&path).unwrap();
    let verify = || om.run("log verify", &[]).map_err(|refused| refused.to_string());
    verify().unwrap();
    let zeroed = |slot: usize| {
        let mut keys = now.clone();
        keys[64 + 32 * slot..][..32].fill(0);
        fs::write(&path, keys).unwrap();
        verify()
    };
    let unsaid = zeroed(0).unwrap_err();
    assert!(unsaid.contains("no entry says that it was erased"), "{unsaid}");
    fs::write(&path, &before).unwrap();
    let back = verify().unwrap_err();
    assert!(back.contains("an entry says that its body was erased, and its key is in the vault"), "{back}");
    fs::write(&path, &now[..now.len() / 2]).unwrap();
    let short = verify().unwrap_err();
    assert!(short.contains("the vault"), "{short}");
    fs::write(&path, &now).unwrap();
    federation.finish();
}
