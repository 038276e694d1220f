//! What one side says it sent, the other can show, and where it cannot, that is found: by digests only.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use weegnet_tests::{Ask, Federation, Organisation, Person, Terms};

/// The directories of a node that say what its journal holds: its own, and what others cosigned.
const OF_THE_JOURNAL: [&str; 2] = ["journal", "witness"];

fn person() -> Person {
    Person::new("Leopoldina", "Kuifmezenstra", "1969-05-17")
}

#[test]
fn both_sides_show_the_same_and_what_one_cannot_show_is_listed() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    let before = federation.root().join("before");
    for round in 0..2 {
        let id = gemeente.author().ask(&Ask::about(&person()).to(om).to(politie).within(30)).unwrap();
        politie.approver().approve_when_there(&id);
        om.reviewer().release_when_there(&id);
        gemeente.author().withdraw(&id).unwrap();
        politie.until_lines("withdrawal_received", round + 1);
        gemeente.author().until_ended(&id);
        federation.at_once(Organisation::stop);
        if round == 0 {
            fs::create_dir(&before).unwrap();
            OF_THE_JOURNAL.iter().for_each(|name| copy(&om.dir().join(name), &before.join(name)));
        }
        federation.start_all();
    }
    federation.at_once(Organisation::stop);

    // By receipts alone, for every peer: three statements to om (two questions), more to politie.
    for organisation in federation.all() {
        let all = organisation.json("log reconcile", &[]).unwrap();
        for peer in all.as_array().unwrap() {
            assert_eq!(peer["sent"], peer["proven"], "{}: {peer:#}", organisation.name);
        }
    }
    let of_om = &gemeente.json("log reconcile", &["--peer", &om.oin]).unwrap()[0];
    assert_eq!((&of_om["sent"], &of_om["received"]), (&Value::from(2), &Value::from(2)));
    let never = &gemeente.json("log reconcile", &["--peer", &om.oin, "--period", "2020..2021-06"]).unwrap()[0];
    assert_eq!((&never["sent"], &never["received"]), (&Value::from(0), &Value::from(0)));

    // Against each other's digests, in every direction.
    for ours in federation.all() {
        for theirs in federation.all().iter().filter(|theirs| theirs.oin != ours.oin) {
            let compared = compare(ours, theirs, &export(&federation, theirs, ours)).unwrap();
            assert_eq!(compared["against"]["listed"].as_u64(), Some(statements(&compared)), "{compared:#}");
        }
    }
    let file = export(&federation, om, gemeente);
    let digests = fs::read_to_string(&file).unwrap();
    assert!(!digests.contains(&politie.oin), "digests for one name no other");
    federation.plant(&person());
    assert!(person().words().iter().all(|word| !digests.contains(word)));

    // A line left out, a line made up, a receipt of another log.
    let (first, rest) = digests.split_once('\n').unwrap();
    let found = differs(gemeente, om, &write(&file, rest));
    assert_eq!((lists(&found, "not_theirs"), lists(&found, "not_ours")), (1, 0), "{found:#}");
    let mut line: Value = serde_json::from_str(first).unwrap();
    line["statement"] = Value::from("ab".repeat(32));
    let found = differs(gemeente, om, &write(&file, &format!("{line}\n{rest}")));
    assert_eq!((lists(&found, "not_theirs"), lists(&found, "not_received")), (1, 0), "{found:#}");
    assert_eq!(lists(&found, "not_ours"), 1, "{found:#}");
    let answer = digests.lines().find(|line| line.contains("answer_sent")).unwrap();
    let mut line: Value = serde_json::from_str(answer).unwrap();
    line["receipt"]["root"] = Value::from("cd".repeat(32));
    let found = differs(gemeente, om, &write(&file, &digests.replace(answer, &line.to_string())));
    assert_eq!((lists(&found, "other_log"), lists(&found, "not_theirs")), (1, 0), "{found:#}");
    let of_another = compare(gemeente, om, &export(&federation, politie, gemeente)).unwrap_err();
    assert!(of_another.says("is between this organisation and that peer"), "{of_another}");
    let refused = compare(gemeente, om, &write(&file, "no digest\n")).unwrap_err();
    assert!(refused.says("line 1"), "{refused}");

    // A journal put back from an older copy, with what others had cosigned of it by then: its own files verify, and the other side shows what it has lost.
    let now = federation.root().join("now");
    fs::create_dir(&now).unwrap();
    for name in OF_THE_JOURNAL {
        fs::rename(om.dir().join(name), now.join(name)).unwrap();
        copy(&before.join(name), &om.dir().join(name));
    }
    om.run("log verify", &[]).unwrap();
    let found = differs(gemeente, om, &export(&federation, om, gemeente));
    assert_eq!((lists(&found, "not_theirs"), lists(&found, "not_sent")), (1, 1), "{found:#}");
    let found = differs(om, gemeente, &export(&federation, gemeente, om));
    assert_eq!((lists(&found, "not_ours"), lists(&found, "not_received")), (1, 1), "{found:#}");
    assert_eq!(lists(&found, "other_log"), 1, "a receipt of ours for more than our log now has: {found:#}");
    for name in OF_THE_JOURNAL {
        fs::remove_dir_all(om.dir().join(name)).unwrap();
        fs::rename(now.join(name), om.dir().join(name)).unwrap();
    }
    fs::remove_dir_all(before).unwrap();
    federation.finish();
}

fn export(federation: &Federation, of: &Organisation, about: &Organisation) -> PathBuf {
    let file = federation.root().join(format!("{}-about-{}.jsonl", of.name, about.name));
    let _ = fs::remove_file(&file);
    of.run("log reconcile", &["--peer", &about.oin, "--export", file.to_str().unwrap()]).unwrap();
    file
}

fn compare(ours: &Organisation, theirs: &Organisation, file: &Path) -> Result<Value, weegnet_tests::Refused> {
    let args = ["--peer", &theirs.oin, "--against", file.to_str().unwrap()];
    ours.json("log reconcile", &args).map(|all| all[0].clone())
}

/// The comparison fails, and says why.
fn differs(ours: &Organisation, theirs: &Organisation, file: &Path) -> Value {
    let refused = compare(ours, theirs, file).expect_err("a difference is no success");
    assert!(refused.says("cannot show everything"), "{refused}");
    let all: Value = serde_json::from_str(&refused.stdout).unwrap();
    all[0]["against"].clone()
}

fn lists(against: &Value, what: &str) -> usize {
    against[what].as_array().unwrap().len()
}

fn statements(compared: &Value) -> u64 {
    compared["sent"].as_u64().unwrap() + compared["received"].as_u64().unwrap()
}

fn write(file: &Path, text: &str) -> PathBuf {
    let changed = file.with_extension("changed");
    fs::write(&changed, text).unwrap();
    changed
}

fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(copied.success());
}
