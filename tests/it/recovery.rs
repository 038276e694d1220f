//! A journal that lost its end for good: recovered under a new name for its logs, by an amendment that the others check.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use weegnet_tests::{Ask, Federation, Organisation, Person, Refused, Terms, wait};

fn person(number: usize) -> Person {
    let names = ["Rietgorsema", "Rietgorsemb", "Rietgorsemc", "Rietgorsemd"];
    Person::new("Hildegonda", names[number], "1974-09-21")
}

fn status(organisation: &Organisation) -> Value {
    organisation.witness_status()
}

fn accusations(organisation: &Organisation) -> u64 {
    status(organisation)["evidence"].as_u64().unwrap()
}

fn exchange_size(organisation: &Organisation) -> u64 {
    organisation.lines().iter().filter(|line| line.log == "exchange").count() as u64
}

/// Asks, approved by `by`, and waits until the question is in.
fn asks(asker: &Organisation, by: &Organisation, number: usize, questions: usize) -> String {
    let id = asker.author().ask(&Ask::about(&person(number)).to(by).approved_by(by)).unwrap();
    by.approver().approve_when_there(&id);
    by.until_lines("question_received", questions);
    id
}

fn cosigned_by_all(organisation: &Organisation, others: &[&Organisation]) {
    let size = exchange_size(organisation);
    let all = |other: &&Organisation| {
        let cosigned = status(other)["cosigned"].clone();
        let held = cosigned.as_array().unwrap().iter().find(|held| held["oin"] == organisation.oin.as_str()).cloned();
        held.is_some_and(|held| held["size"].as_u64() >= Some(size))
    };
    wait::until("every other member cosigned everything", || others.iter().all(all).then_some(()));
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("--archive").arg(from).arg(to).status().unwrap().success());
}

fn party(organisation: &Organisation) -> String {
    format!("{}.party", organisation.dir().to_str().unwrap())
}

fn recover(organisation: &Organisation, more: &[&str]) -> Result<Value, Refused> {
    organisation.json("witness recover", &[&["--party", &party(organisation)], more].concat())
}

fn export(federation: &Federation, of: &Organisation, about: &Organisation) -> PathBuf {
    let file = federation.root().join(format!("{}-about-{}.jsonl", of.name, about.name));
    let _ = fs::remove_file(&file);
    of.run("log reconcile", &["--peer", &about.oin, "--export", file.to_str().unwrap()]).unwrap();
    file
}

/// Rolls `politie` back behind a question to gemeente, which gemeente and om cosigned, and lets it find that out.
fn roll_back(federation: &Federation) {
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person(0));
    federation.plant(&person(1));
    let backup = federation.root().join("backup");
    asks(politie, gemeente, 0, 1);
    politie.stop();
    copy(politie.dir(), &backup);
    politie.start();
    asks(politie, gemeente, 1, 2);
    cosigned_by_all(politie, &[gemeente, om]);
    politie.stop();
    copy(&backup, politie.dir());
    politie.start();
    wait::until("the loss is found", || status(politie)["rolled_back_from"]["size"].as_u64());
}

#[test]
fn what_is_lost_for_good_is_admitted_and_the_node_goes_on_under_a_new_name() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    // Nothing is lost yet, and a running node is nothing to recover.
    let running = recover(politie, &[]).unwrap_err();
    assert!(running.says("is using"), "{running}");
    politie.stop();
    let whole = recover(politie, &[]).unwrap_err();
    assert!(whole.says("nothing to recover"), "{whole}");
    politie.start();

    roll_back(&federation);
    let lost = status(politie)["rolled_back_from"]["size"].as_u64().unwrap();
    let refused = politie.author().ask(&Ask::about(&person(2)).to(gemeente)).unwrap_err();
    assert!(refused.says("witness recover"), "{refused}");
    politie.stop();
    let before = politie.lines();
    let other = politie.json("witness recover", &["--party", &party(om)]).unwrap_err();
    assert!(other.says("not the party key"), "{other}");
    assert_eq!(politie.lines(), before, "a party key of another changes nothing");

    // That the log was shown shorter than it was is found, too, by who looked before this node knew.
    let found = federation.at_once(accusations);
    let recovered = recover(politie, &[]).unwrap();
    assert_eq!(recovered["former"][0]["known_to_have_had"].as_u64(), Some(lost), "{recovered:#}");
    let after = politie.lines();
    for line in before.iter().filter(|line| line.index > 0) {
        assert!(after.contains(line), "every entry that was left stands at its place: {line:?}");
    }
    let verified = politie.json("log verify", &[]).unwrap();
    for log in verified["logs"].as_array().unwrap() {
        let left = before.iter().filter(|line| line.log == log["log"].as_str().unwrap()).count() as u64;
        assert_eq!(log["continues"][0]["entries"].as_u64(), Some(left), "{log:#}");
    }
    let evidence = PathBuf::from(recovered["evidence"].as_str().unwrap());
    let old = Command::new(weegnet_tests::binary::weegnet()).args(["log", "verify"]).arg(&evidence).output().unwrap();
    let (said, why) = (String::from_utf8(old.stdout).unwrap(), String::from_utf8(old.stderr).unwrap());
    assert!(
        said.contains("Every frame, hash and checkpoint verifies"),
        "the old journal is whole without its vault: {said}"
    );
    assert!(!old.status.success() && why.contains("do not stand in it"), "and others hold more of it: {why}");
    assert!(!evidence.join("journal/vault.keys").exists(), "the vault is moved, not copied");
    let twice = recover(politie, &[]).unwrap_err();
    assert!(twice.says("nothing to recover"), "{twice}");

    politie.start();
    for other in [gemeente, om] {
        other.until_lines("convenant_amended", 1);
    }
    // Old cases go on, and new ones go through, with receipts under the new name.
    asks(politie, gemeente, 2, 3);
    asks(gemeente, politie, 3, 1);
    cosigned_by_all(politie, &[gemeente, om]);
    assert_eq!(federation.at_once(accusations), found, "nobody takes it for a second history");
    assert!(status(politie)["rolled_back_from"].is_null());
    let name = recovered["origin"].as_str().unwrap();
    wait::until("the new log is witnessed", || {
        status(politie)["witnessed"]["note"].as_str()?.starts_with(name).then_some(())
    });
    // It is told again after every start, and is the same.
    om.restart();
    politie.restart();
    politie.connected_to(&[gemeente, om]);
    cosigned_by_all(politie, &[gemeente, om]);
    assert_eq!(om.lines_of("convenant_amended").len(), 1);

    federation.at_once(Organisation::stop);
    // What was lost has a name: the other side can show it.
    let file = export(&federation, gemeente, politie);
    let differs = politie
        .json("log reconcile", &["--peer", &gemeente.oin, "--against", file.to_str().unwrap()])
        .expect_err("one side cannot show everything");
    let all: Value = serde_json::from_str(&differs.stdout).unwrap();
    assert!(!all[0]["against"]["not_ours"].as_array().unwrap().is_empty(), "{all:#}");
    // What politie gave receipts for and then lost, gemeente proves with them; each journal verifies by itself.
    let proven = &gemeente.json("log reconcile", &["--peer", &politie.oin]).unwrap()[0];
    assert_eq!(proven["sent"], proven["proven"], "{proven:#}");
    federation.finish_each_alone();
}

#[test]
fn of_a_fork_it_is_said_how_far_others_saw_the_other_branch() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    (0..4).for_each(|number| federation.plant(&person(number)));
    let twin = federation.root().join("twin");
    politie.stop();
    copy(politie.dir(), &twin);
    politie.start();
    politie.author().ask(&Ask::about(&person(0)).to(gemeente).approved_by(gemeente)).unwrap();
    gemeente.until_lines("draft_received", 1);
    cosigned_by_all(politie, &[gemeente, om]);
    let branch = exchange_size(politie);

    // From the same beginning it goes on alone, until it is longer than what the others saw.
    federation.at_once(Organisation::stop);
    copy(&twin, politie.dir());
    politie.start();
    politie.by("beheerder").json("witness override", &["--reason", "de anderen zijn er niet"]).unwrap();
    let mut numbers = (1..4).cycle();
    while exchange_size(politie) <= branch {
        let person = person(numbers.next().unwrap());
        politie.author().ask(&Ask::about(&person).to(gemeente).approved_by(gemeente)).unwrap();
    }
    let kept = exchange_size(politie);
    assert!(kept > branch);
    gemeente.start();
    wait::until("the fork is found", || status(politie)["rolled_back_from"]["size"].as_u64());
    politie.stop();
    let recovered = recover(politie, &[]).unwrap();
    let former = &recovered["former"][0];
    assert_eq!(former["branch"].as_u64(), Some(branch), "{recovered:#}");
    assert!(former["kept"].as_u64() >= Some(kept), "{recovered:#}");
    assert_eq!(former["known_to_have_had"], former["kept"], "nothing is missing at the end: {recovered:#}");
    let words = politie.run("witness status", &[]).unwrap();
    let said = format!("others saw another branch of it, of {branch} entries; what stood only there is lost for good");
    assert!(words.contains(&said), "{words}");
    fs::remove_dir_all(&twin).unwrap();
    federation.finish_each_alone();
}

/// What `of` cosigned of `organisation`, as a file.
fn cosigned_note(federation: &Federation, of: &Organisation, organisation: &Organisation, name: &str) -> PathBuf {
    let cosigned = status(of)["cosigned"].clone();
    let mut all = cosigned.as_array().unwrap().iter();
    let note = all.find(|held| held["oin"] == organisation.oin.as_str()).unwrap()["note"].as_str().unwrap().to_owned();
    let file = federation.root().join(name);
    fs::write(&file, note).unwrap();
    file
}

#[test]
fn who_admits_to_less_than_it_signed_is_refused_until_it_admits_to_all() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    (0..4).for_each(|number| federation.plant(&person(number)));
    let backup = federation.root().join("backup");
    politie.stop();
    copy(politie.dir(), &backup);
    politie.start();
    asks(politie, gemeente, 0, 1);
    cosigned_by_all(politie, &[gemeente, om]);
    let early = cosigned_note(&federation, gemeente, politie, "early.note");
    asks(politie, gemeente, 1, 2);
    cosigned_by_all(politie, &[gemeente, om]);
    let late = cosigned_note(&federation, gemeente, politie, "late.note");
    politie.stop();
    copy(&backup, politie.dir());

    // Before it heard anybody: with an early checkpoint only. Another organisation's is none of its own.
    let foreign = cosigned_note(&federation, gemeente, om, "om.note");
    let refused = recover(politie, &["--checkpoint", foreign.to_str().unwrap()]).unwrap_err();
    assert!(refused.says("not a checkpoint of this organisation"), "{refused}");
    recover(politie, &["--checkpoint", early.to_str().unwrap()]).unwrap();
    politie.start();
    for other in [gemeente, om] {
        other.until_lines("amendment_refused", 1);
        assert!(other.lines_of("convenant_amended").is_empty(), "nothing of it is in force");
    }
    wait::until("it hears that it lost more", || status(politie)["rolled_back_from"]["size"].as_u64());
    let silent = politie.author().ask(&Ask::about(&person(2)).to(gemeente)).unwrap_err();
    assert!(silent.says("witness recover"), "{silent}");
    // Without an amendment that holds, nothing of the new log is cosigned.
    let held = cosigned_note(&federation, gemeente, politie, "held.note");
    assert_eq!(fs::read(&held).unwrap(), fs::read(&late).unwrap());

    // It admits to all of it; who is not there now gets it by hand.
    politie.stop();
    om.stop();
    let recovered = recover(politie, &[]).unwrap();
    assert_eq!(recovered["former"].as_array().unwrap().len(), 2, "{recovered:#}");
    let file = PathBuf::from(recovered["evidence"].as_str().unwrap()).join("amendments/noorderveen-proef.amendments");
    let brought = om.json("convenant amend", &[file.to_str().unwrap()]).unwrap();
    assert_eq!(brought["amendments"], 2, "{brought}");
    om.json("convenant amend", &[file.to_str().unwrap()]).expect("the same again changes nothing");
    om.start();
    politie.start();
    assert_eq!(gemeente.until_lines("convenant_amended", 2).len(), 2);
    assert_eq!(om.lines_of("convenant_amended").len(), 2);
    asks(politie, gemeente, 2, 3);
    asks(gemeente, politie, 3, 1);
    cosigned_by_all(politie, &[gemeente, om]);

    // The same backup once more, and another word under the first number: refused, and kept.
    politie.stop();
    let own = federation.root().join("own.amendments");
    fs::copy(&file, &own).unwrap();
    copy(&backup, politie.dir());
    let own = politie.json("convenant amend", &[own.to_str().unwrap()]).unwrap_err();
    assert!(own.says("witness recover"), "an old journal does not pass for the new one: {own}");
    let now = cosigned_note(&federation, gemeente, politie, "now.note");
    let elsewhere = recover(politie, &["--checkpoint", now.to_str().unwrap()]).unwrap_err();
    assert!(elsewhere.says("put the journal back that was recovered"), "{elsewhere}");
    recover(politie, &["--checkpoint", late.to_str().unwrap()]).unwrap();
    politie.start();
    for other in [gemeente, om] {
        other.until_lines("amendment_refused", 2);
        assert_eq!(other.lines_of("convenant_amended").len(), 2);
    }
    wait::until("it hears of the log that it is not", || status(politie)["rolled_back_from"]["size"].as_u64());
    politie.stop();
    let lost = politie.json("log verify", &[]).unwrap_err();
    assert!(lost.says("do not stand in it"), "{lost}");
    // By itself, without what others hold of it, it is whole.
    fs::remove_file(politie.dir().join("witness/rollback.note")).unwrap();
    federation.finish_each_alone();
}

/// Calls to the disk at which the verb is killed, and of how many such calls one is taken.
const KILLED_AT: [(&str, usize); 4] = [("rename", 1), ("unlink", 2), ("fsync", 6), ("fdatasync", 2)];

fn weegnet(args: &[&str]) -> std::process::Output {
    Command::new(weegnet_tests::binary::weegnet()).args(args).output().unwrap()
}

/// `witness recover` under strace, which writes what it saw to `log`.
fn traced(dir: &str, party: &str, call: &str, injection: Option<String>, log: &Path) -> bool {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", &format!("trace={call}"), "-o"]).arg(log);
    if let Some(injection) = injection {
        strace.args(["-e", &injection]);
    }
    let verb = ["witness", "recover", dir, "--party", party];
    strace.arg(weegnet_tests::binary::weegnet()).args(verb).output().expect("strace is installed").status.success()
}

#[test]
fn a_recovery_that_is_killed_leaves_the_old_journal_or_the_new_one() {
    let federation = Federation::start(Terms::core());
    let politie = &federation["politie"];
    roll_back(&federation);
    politie.stop();
    let (found, tried, log) =
        (federation.root().join("found"), federation.root().join("tried"), federation.root().join("strace"));
    copy(politie.dir(), &found);
    let (dir, party) = (tried.to_str().unwrap(), party(politie));
    let (mut old, mut new) = (0, 0);
    for (call, every) in KILLED_AT {
        copy(&found, &tried);
        assert!(traced(dir, &party, call, None, &log));
        // strace counts for each thread; the last calls of the busiest one are the swap's.
        let calls =
            fs::read_to_string(&log).unwrap().lines().filter(|line| line.contains(&format!(" {call}("))).count();
        for number in (1..=calls).rev().step_by(every) {
            copy(&found, &tried);
            let killed = !traced(dir, &party, call, Some(format!("inject={call}:signal=SIGKILL:when={number}")), &log);
            let start = weegnet(&["people", "list", dir, "--as", "beheerder"]);
            assert!(start.status.success(), "{call} {number}: {start:?}");
            let verified = weegnet(&["log", "verify", dir]);
            assert!(String::from_utf8_lossy(&verified.stdout).contains("Every frame"), "{call} {number}: {verified:?}");
            let status = weegnet(&["witness", "status", dir, "--json"]);
            let status: Value = serde_json::from_slice(&status.stdout).unwrap();
            let (lost, recovered) = (!status["rolled_back_from"].is_null(), !status["recovery"].is_null());
            assert_ne!(lost, recovered, "{call} {number}: {status:#}");
            assert_eq!(verified.status.success(), recovered, "{call} {number}: {verified:?}");
            if killed {
                *(if recovered { &mut new } else { &mut old }) += 1;
            }
            if lost {
                let again = weegnet(&["witness", "recover", dir, "--party", &party]);
                assert!(again.status.success(), "{call} {number}: {again:?}");
                assert!(weegnet(&["log", "verify", dir]).status.success(), "{call} {number}");
            }
            assert!(!tried.join("journal.recovering").exists() && !tried.join("journal.recovered").exists());
        }
    }
    println!("killed: {old} before the new journal was whole, {new} after");
    assert!(old > 0 && new > 0, "both sides of the step that counts: {old}, {new}");
    for left in [&found, &tried] {
        fs::remove_dir_all(left).unwrap();
    }
    // The directory itself was never recovered: by itself, without what others hold of it, it is whole.
    let _ = fs::remove_file(federation["politie"].dir().join("witness/rollback.note"));
    federation.finish_each_alone();
}
