//! What is known about a person is nowhere in the clear: not in logs, not in error texts, not in the files of a node.
//!
//! Every story ends by looking for its own planted words ([`weegnet_tests::checker::finds_nothing_in_the_clear`]); this
//! one plants many, fails in many ways, and shows that the looking finds what is there.

use weegnet_tests::checker::first_found;
use weegnet_tests::faults::files;
use weegnet_tests::people::{MOTIVATION, WITHHELD, register};
use weegnet_tests::{Ask, Federation, Person, Terms};

fn person() -> Person {
    Person::new("Seraphinus", "Dwarrelwindstra", "1966-06-06")
        .prefixed("van den")
        .with_bsn("123456782")
        .alias("Schavuitenburg")
}

#[test]
fn the_looking_finds_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("register.csv");
    std::fs::write(&path, [vec![0; 5000], register(&[person()]).into_bytes()].concat()).unwrap();
    for word in ["Seraphinus", "Dwarrelwindstra", "1966-06-06", "123456782", "Schavuitenburg"] {
        assert!(person().words().contains(&word.to_owned()));
        assert_eq!(first_found(&path, &[word.into()]), Some(0), "{word}");
    }
    assert_eq!(first_found(&path, &["Heel iemand anders".into()]), None);
}

#[test]
fn logs_errors_and_files_tell_about_nobody() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    federation.knows("politie", &[person()]);
    let ask = Ask::about(&person()).to(om).to(politie);
    // What goes well.
    let id = gemeente.author().ask(&ask.clone().within(600)).unwrap();
    politie.approver().until_draft(&id);
    politie.approver().uitvraag(&id).unwrap();
    politie.approver().approve(&id).unwrap();
    om.reviewer().until_in_inbox(&id);
    om.reviewer().review(&id).unwrap();
    om.reviewer().release(&id).unwrap();
    politie.reviewer().until_in_inbox(&id);
    politie.reviewer().withhold(&id).unwrap();
    // What goes wrong: denied, declined, too late, unknown, malformed.
    gemeente.author().ask(&ask.clone().on(&["zomaar"])).unwrap_err();
    let declined = gemeente.author().ask(&ask.clone()).unwrap();
    politie.approver().until_draft(&declined);
    politie.approver().decline(&declined).unwrap();
    gemeente.author().until_ended(&declined);
    politie.approver().approve(&declined).unwrap_err();
    om.reviewer().release(&id).unwrap_err();
    om.reviewer().review(&declined).unwrap_err();
    om.reviewer().ask(&ask).unwrap_err();
    for field in [
        r#"{"surname":"Dwarrelwindstra","birth":"31-31-1966-06-06"}"#,
        r#"{"bsn":"123456789","surname":"Dwarrelwindstra"}"#,
        r#"{"surname":" Dwarrelwindstra "}"#,
        r#"{"achternaam":"Dwarrelwindstra"}"#,
        r#"{"surname":"Dwarrelwindstra""#,
    ] {
        let path = federation.root().join("persoon.json");
        std::fs::write(&path, field).unwrap();
        let motivation = federation.root().join("motivering.txt");
        std::fs::write(&motivation, MOTIVATION).unwrap();
        let args = ["--convenant", "noorderveen-proef", "--criterion", "dreiging-geuit", "--to", &om.oin];
        let files = ["--person", path.to_str().unwrap(), "--motivation", motivation.to_str().unwrap()];
        assert!(gemeente.author().json("ask", &[&args[..], &files[..]].concat()).is_err());
        std::fs::remove_file(path).unwrap();
    }
    // What a crash, a rebuild and another import leave behind.
    om.kill();
    std::fs::remove_dir_all(om.dir().join("store")).unwrap();
    om.start();
    federation.knows("om", &[person(), Person::number(4)]);
    federation.knows("om", &[Person::number(4)]);
    gemeente.author().withdraw(&id).unwrap();
    politie.until_lines("withdrawal_received", 1);
    federation.plant_words([
        WITHHELD.to_owned(),
        "naamgenoot".into(),
        "kwetterzwam".into(),
        "Wijnaldumerpolder".into(),
    ]);

    // While the nodes run, too: nothing is cleared up at the end.
    let words = person().words();
    for organisation in federation.all() {
        for path in files(organisation.dir()) {
            assert_eq!(first_found(&path, &words), None, "{}", path.display());
        }
        assert!(words.iter().all(|word| !organisation.log().contains(word.as_str())));
    }
    federation.finish();
}

/// The motivation is for core parties; a withheld answer's reason is for nobody else.
#[test]
fn free_text_travels_to_the_approver_only() {
    let federation = Federation::start(Terms::core().and("reclassering", "casus"));
    let [gemeente, politie, om, reclassering] =
        ["gemeente", "politie", "om", "reclassering"].map(|name| &federation[name]);
    federation.knows("reclassering", &[person()]);
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).to_because(reclassering).within(60)).unwrap();
    politie.approver().approve_when_there(&id);
    reclassering.reviewer().until_in_inbox(&id);
    let review = reclassering.reviewer().review(&id).unwrap().to_string();
    for secret in ["kwetterzwam", &om.oin, "anna", "bert"] {
        assert!(!review.contains(secret), "{secret}");
    }
    reclassering.reviewer().withhold(&id).unwrap();
    let view = gemeente.author().uitvraag(&id).unwrap().to_string();
    assert!(!view.contains("naamgenoot"));
    gemeente.author().withdraw(&id).unwrap();
    om.until_lines("withdrawal_received", 1);
    reclassering.until_lines("withdrawal_received", 1);
    federation.finish();
}
