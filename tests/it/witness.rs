//! Members watch each other's journals: what others cosigned, a restored backup, and one key with two histories.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use weegnet_tests::{Ask, Federation, Organisation, Person, Terms, wait};

fn person(number: u8) -> Person {
    Person::new("Wendelmoet", &format!("Roerdomp{}", ["a", "b", "c", "d"][usize::from(number)]), "1979-04-12")
}

fn status(organisation: &Organisation) -> Value {
    organisation.witness_status()
}

fn witnessed(organisation: &Organisation) -> u64 {
    status(organisation)["witnessed"]["size"].as_u64().unwrap_or(0)
}

/// Asks, approved by `by`, so that every log grows.
fn asks(asker: &Organisation, by: &Organisation, number: u8) -> String {
    let id = asker.author().ask(&Ask::about(&person(number)).to(by).approved_by(by)).unwrap();
    by.approver().approve_when_there(&id);
    by.until_lines("question_received", 1);
    id
}

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("--archive").arg(from).arg(to).status().unwrap().success());
}

#[test]
fn what_every_node_signs_is_soon_cosigned_by_others() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let id = asks(gemeente, politie, 0);
    for organisation in [gemeente, politie] {
        let size = organisation.lines().iter().filter(|line| line.log == "exchange").count() as u64;
        wait::until("enough others cosigned everything", || (witnessed(organisation) >= size).then_some(()));
        let own = status(organisation);
        assert!(own["witnessed"]["cosignatures"].as_u64().unwrap() >= 1, "{own}");
        assert_eq!(own["evidence"], 0, "{own}");
        let verified = organisation.json("log verify", &[]).unwrap();
        assert!(verified["witnessed"].as_u64().unwrap() >= size, "{verified}");
    }
    wait::until("om cosigned for both", || (status(om)["cosigned"].as_array().unwrap().len() >= 2).then_some(()));
    gemeente.author().withdraw(&id).unwrap();
    politie.until_lines("withdrawal_received", 1);
    federation.finish();
}

#[test]
fn a_restored_backup_is_found_at_the_start_and_signs_nothing() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie] = ["gemeente", "politie"].map(|name| &federation[name]);
    let (backup, newest) = (federation.root().join("backup"), federation.root().join("newest"));
    politie.stop();
    copy(politie.dir(), &backup);
    politie.start();
    asks(gemeente, politie, 0);
    let size = politie.lines().iter().filter(|line| line.log == "exchange").count() as u64;
    wait::until("others cosigned it", || (witnessed(politie) >= size).then_some(()));
    politie.stop();
    copy(politie.dir(), &newest);

    copy(&backup, politie.dir());
    politie.start();
    wait::until("the loss is found", || status(politie)["rolled_back_from"]["size"].as_u64());
    let before = politie.lines().len();
    let refused = politie.author().ask(&Ask::about(&person(1)).to(gemeente)).unwrap_err();
    assert!(refused.says("lost") && refused.says("put the journal back"), "{refused}");
    politie.restart();
    let again = politie.author().ask(&Ask::about(&person(1)).to(gemeente)).unwrap_err();
    assert!(again.says("lost"), "{again}");
    assert_eq!(politie.lines().len(), before, "nothing was signed");

    // Also in files, while it runs and when it does not, and for whoever works on the stopped one.
    let running = politie.json("log verify", &[]).unwrap_err();
    assert!(running.says("do not stand in it"), "{running}");
    politie.stop();
    let person_added = politie.run("people add", &["--name", "zed", "--role", "reviewer"]).unwrap_err();
    assert!(person_added.says("lost"), "{person_added}");
    assert_eq!(politie.lines().len(), before, "nothing was written");

    // The right journal heals it.
    let lost = politie.json("log verify", &[]).unwrap_err();
    assert!(lost.says("a backup was restored"), "{lost}");
    copy(&newest, politie.dir());
    politie.start();
    politie.author().ask(&Ask::about(&person(1)).to(gemeente)).unwrap();
    assert!(status(politie)["rolled_back_from"].is_null());
    federation.finish_each_alone();
}

#[test]
fn one_key_with_two_histories_is_found_by_those_who_were_shown_them() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    // Politie shows one history to gemeente, and from the same beginning another one to om.
    federation.at_once(Organisation::stop);
    let twin = federation.root().join("twin");
    copy(politie.dir(), &twin);
    for other in [gemeente, om] {
        politie.start();
        other.start();
        politie.connected_to(&[other]);
        politie.author().ask(&Ask::about(&person(0)).to(other).approved_by(other)).unwrap();
        other.until_lines("draft_received", 1);
        let size = politie.lines().iter().filter(|line| line.log == "exchange").count() as u64;
        wait::until("it is cosigned", || (witnessed(politie) >= size).then_some(()));
        politie.stop();
        other.stop();
        copy(&twin, politie.dir());
    }
    gemeente.start();
    om.start();
    wait::until("the two find out", || {
        [gemeente, om].iter().any(|other| status(other)["evidence"].as_u64() > Some(0)).then_some(())
    });
    let finder = [gemeente, om].into_iter().find(|other| status(other)["evidence"].as_u64() > Some(0)).unwrap();
    finder.until_lines("split_view", 1);
    let evidence = std::fs::read_dir(finder.dir().join("witness/evidence")).unwrap().next().unwrap().unwrap();
    let notes = std::fs::read_to_string(evidence.path()).unwrap();
    assert_eq!(notes.matches(&format!("weegnet/{}/exchange/", politie.oin)).count(), 4, "{notes}");
    federation.finish_each_alone();
}
