//! `log verify` believes nobody: not the files beside the journal, not a journal that was cut, and it makes nothing itself.

use std::fs;

use weegnet_tests::faults::files;
use weegnet_tests::terms::string;
use weegnet_tests::{Ask, Federation, Organisation, Person, Terms};

fn person() -> Person {
    Person::new("Wolfertje", "Kwartelkoningsma", "1981-02-03")
}

fn card(organisation: &Organisation) -> serde_json::Value {
    organisation.json("card", &[]).unwrap()
}

#[test]
fn a_journal_verifies_under_the_key_that_is_trusted_and_under_no_other() {
    let federation = Federation::prepare(Terms::core());
    let [gemeente, om] = ["gemeente", "om"].map(|name| &federation[name]);
    let (own, other) = (card(gemeente), card(om));
    let verify = |key: &str| gemeente.json("log verify", &["--checkpoint-key", key]);
    let key = string(&own["keys"], "checkpoint");
    assert_eq!(verify(&key).unwrap()["checkpoint_key"], *key);
    verify(&key.to_uppercase()).unwrap();
    for wrong in [string(&other["keys"], "checkpoint"), string(&own["keys"], "statement")] {
        let refused = verify(&wrong).unwrap_err();
        assert!(refused.says("not under the one that you trust: it is not that organisation's"), "{refused}");
        assert!(refused.says(&key), "it says under which one: {refused}");
    }
    for no_key in ["", "00", &key[1..]] {
        let refused = verify(no_key).unwrap_err();
        assert!(refused.says("--checkpoint-key takes a public key of 64"), "{refused}");
    }

    // A card that was changed is found as far as keys go, whoever wrote it; what it says about itself is nobody's key.
    let path = gemeente.dir().join("card.json");
    let whole = fs::read_to_string(&path).unwrap();
    let with = |field: &str, value: &str| {
        let mut changed = own.clone();
        match field {
            "oin" => changed["oin"] = value.into(),
            key => changed["keys"][key] = value.into(),
        }
        fs::write(&path, changed.to_string()).unwrap();
        gemeente.run("log verify", &[]).unwrap_err()
    };
    for field in ["link", "statement", "witness", "party"] {
        let refused = with(field, &string(&other["keys"], field));
        assert!(refused.says(&format!("card.json names a {field} key that neither")), "{refused}");
    }
    for (field, value) in [("oin", om.oin.clone()), ("checkpoint", string(&other["keys"], "checkpoint"))] {
        let refused = with(field, &value);
        assert!(refused.says("another organisation or key than card.json says"), "{refused}");
    }
    fs::write(&path, whole).unwrap();

    // Nor does a node work for somebody else's journal.
    let path = gemeente.dir().join("node.toml");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.replace(&gemeente.oin, &om.oin)).unwrap();
    let refused = gemeente.run("log verify", &[]).unwrap_err();
    assert!(refused.says("node.toml says") && refused.says(&om.oin), "{refused}");
    let refused = gemeente.try_start().unwrap_err();
    assert!(refused.says("node.toml says that this is organisation") && refused.says(&gemeente.oin), "{refused}");
    fs::write(&path, whole).unwrap();
    gemeente.run("log verify", &[]).unwrap();
    federation.finish();
}

#[test]
fn what_is_missing_is_said_and_reading_makes_nothing() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie] = ["gemeente", "politie"].map(|name| &federation[name]);
    federation.plant(&person());
    let id = gemeente.author().ask(&Ask::about(&person()).to(politie).within(60)).unwrap();
    politie.approver().approve_when_there(&id);
    gemeente.until_lines("approval_received", 1);
    politie.until_lines("question_received", 1);
    gemeente.author().withdraw(&id).unwrap();
    politie.until_lines("withdrawal_received", 1);
    gemeente.stop();

    // Without what others cosigned nobody can say that nothing was cut; looking does not bring it back.
    let (room, aside) = (gemeente.dir().join("witness"), federation.root().join("aside"));
    fs::rename(&room, &aside).unwrap();
    let before = files(gemeente.dir());
    for _ in 0..2 {
        let refused = gemeente.run("log verify", &[]).unwrap_err();
        assert!(refused.says("witness/ is missing"), "{refused}");
        assert_eq!(gemeente.witness_status()["witnessed"], serde_json::Value::Null);
        gemeente.run("log list", &[]).unwrap();
        card(gemeente);
    }
    assert_eq!(files(gemeente.dir()), before, "reading made nothing");
    assert!(!room.exists());
    // Nor does working on the stopped node.
    gemeente.json("people list", &["--as", "beheerder"]).unwrap();
    assert!(gemeente.run("log verify", &[]).unwrap_err().says("witness/ is missing"));
    // A start says that it is gone, and asks the others.
    let logged = gemeente.log().len();
    gemeente.start();
    assert!(gemeente.log()[logged..].contains("there was no witness/ in the node's directory"));
    gemeente.stop();
    fs::remove_dir_all(&room).unwrap();
    fs::rename(&aside, &room).unwrap();
    gemeente.run("log verify", &[]).unwrap();

    // Cut anywhere: where the file ends, at which entry, and what is proven until when.
    let segment = gemeente.dir().join("journal/exchange/00000001.seg");
    let whole = fs::read(&segment).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    let entries = gemeente.lines().iter().filter(|line| line.log == "exchange").count() as u64;
    let mut proven_before = 0;
    for length in [0, 63, 64, used / 3, used / 2, used, used + 4096, whole.len() - 1] {
        fs::write(&segment, &whole[..length]).unwrap();
        let refused = gemeente.run("log verify", &["--json"]).unwrap_err();
        assert!(refused.says(&format!("segment 1, byte {length}, entry")), "{refused}");
        assert!(refused.says("something was cut off"), "{refused}");
        let told: serde_json::Value = serde_json::from_str(&refused.stdout).unwrap();
        let proven = told["proven"].as_array().unwrap();
        let of = |log: &str| proven.iter().find(|proven| proven["log"] == *log);
        let house = of("house").expect("the other log holds");
        assert!(house["until"].as_str().unwrap().starts_with("20"), "{told:#}");
        let exchange = of("exchange").map_or(0, |proven| proven["entries"].as_u64().unwrap());
        assert!(exchange >= proven_before, "{told:#}");
        proven_before = exchange;
        let words = gemeente.run("log verify", &[]).unwrap_err().stdout;
        let expected = match exchange {
            0 => "exchange  nothing is proven".to_owned(),
            some => format!("exchange  still proven: the first {some} entries, until 20"),
        };
        assert!(words.contains(&expected), "{words}");
        assert!(gemeente.try_start().is_err(), "a cut journal is not used");
    }
    assert_eq!(proven_before, entries, "all that was written stood before the last cuts");
    fs::write(&segment, &whole).unwrap();
    gemeente.run("log verify", &[]).unwrap();
    federation.finish();
}
