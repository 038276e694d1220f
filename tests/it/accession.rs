//! Parties that join later: one by one, each when its own board is ready and the founding ones approved.

use weegnet_tests::terms::{CONVENANT, OFFICE};
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Organisation, Person, Refused, Terms};

fn person() -> Person {
    Person::new("Ermengarde", "Smeerwortelaar", "1969-04-21")
}

fn approved(federation: &Federation, by: &Organisation, of: &Organisation) -> String {
    approve(federation, by, &of.oin).unwrap()
}

fn approve(federation: &Federation, by: &Organisation, of: &str) -> Result<String, Refused> {
    let file = federation.root().join(format!("toetreding.{}", by.name)).to_str().unwrap().to_owned();
    let party = format!("{}.party", by.dir().to_str().unwrap());
    let args = ["--party", &party, "--convenant", CONVENANT, "--of", of, "--out", &file, "--office", OFFICE];
    by.json("convenant approve-accession", &args).map(|_| file)
}

#[test]
fn a_party_accedes_while_the_others_run_and_before_that_neither_asks_nor_is_asked() {
    let terms = Terms { accedes: vec!["reclassering"], ..Terms::core().and("reclassering", "casus") };
    let federation = Federation::prepare(terms);
    let [gemeente, politie, om, reclassering] =
        ["gemeente", "politie", "om", "reclassering"].map(|name| &federation[name]);
    federation.plant(&person());
    federation.at_once(Organisation::start);
    let founders = [gemeente, politie, om];
    for (at, one) in founders.iter().enumerate() {
        one.connected_to(&[founders[(at + 1) % 3], founders[(at + 2) % 3]]);
    }
    let ask = Ask::about(&person()).to_because(reclassering).approved_by(om).within(900);
    let refused = gemeente.author().ask(&ask).unwrap_err();
    assert!(refused.says("has not acceded"), "{refused}");
    let shown = |state: &str| {
        let dir = gemeente.dir().to_str().unwrap();
        let shown = weegnet_tests::organisation::run(&[
            "convenant",
            "show",
            &federation.convenant_path(),
            "--node",
            dir,
            "--json",
        ]);
        let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
        assert_eq!(shown["ratified"], true, "the slowest board holds nobody up");
        assert_eq!(shown["parties"][3]["signature"], state, "{shown:#}");
    };
    shown("accedes");

    let party = format!("{}.party", reclassering.dir().to_str().unwrap());
    let accede = |approvals: &[String], office: &str| {
        let mut args = vec!["--party", &party, "--convenant", CONVENANT, "--office", office];
        args.extend(approvals.iter().flat_map(|file| ["--approval", file]));
        reclassering.json("convenant accede", &args)
    };
    // Only who founded it approves, and only whom it names.
    let own = approve(&federation, reclassering, &reclassering.oin).unwrap_err();
    assert!(own.says("no founding core party"), "{own}");
    for other in ["00000099000000099000", &om.oin] {
        let refused = approve(&federation, gemeente, other).unwrap_err();
        assert!(refused.says("is not named by this convenant as one that may accede"), "{refused}");
    }
    let mut approvals =
        vec![approved(&federation, gemeente, reclassering), approved(&federation, politie, reclassering)];
    let refused = accede(&approvals, OFFICE).unwrap_err();
    assert!(refused.says("asks for 3 approvals") && refused.says(&om.oin), "{refused}");
    approvals.push(approved(&federation, om, reclassering));
    let refused = accede(&approvals, "beheerder").unwrap_err();
    assert!(refused.says("nothing is signed"), "{refused}");
    let acceded = accede(&approvals, OFFICE).unwrap();
    let file = acceded[0]["file"].as_str().unwrap();
    assert_eq!(acceded[0]["in_force"], false);
    // They let nobody in who has not acceded, so it is brought to one of them; that one tells the others.
    let before = politie.lines_of("configuration").len();
    politie.json("convenant amend", &[file]).unwrap();
    assert_eq!(politie.lines_of("configuration").len(), before + 1, "who brought it is written down");
    for one in founders {
        one.until_lines("convenant_amended", 1);
    }
    reclassering.connected_to(&founders);
    reclassering.until_lines("convenant_amended", 1);
    shown("acceded");
    federation.knows("reclassering", &[person()]);
    let id = gemeente.author().ask(&ask).unwrap();
    om.approver().approve_when_there(&id);
    reclassering.reviewer().release_when_there(&id);
    let view = gemeente.author().until_ended(&id);
    assert_eq!(answer_of(&view, reclassering)["outcome"], "Known");
    let again = accede(&approvals, OFFICE).unwrap_err();
    assert!(again.says("no such convenant"), "{again}");
    let again = approve(&federation, gemeente, &reclassering.oin).unwrap_err();
    assert!(again.says("or takes part already"), "{again}");
    federation.finish();
}
