//! Who may do what: every verb asks for a role, every role is somebody's, and nobody proves to be another.

use std::os::unix::fs::PermissionsExt;

use weegnet_tests::federation::add;
use weegnet_tests::people::register;
use weegnet_tests::verbs::By;
use weegnet_tests::{Ask, Federation, Person, Refused, Terms};

/// How it is said that somebody has not the role: by the desk, or by the rule that would permit it.
const WITHOUT_ROLE: [&str; 7] = [
    "this needs the role",
    "U bent geen opsteller",
    "U bent geen beoordelaar",
    "U bent geen beheerder",
    "U bent geen privacyfunctionaris",
    "Alleen een privacyfunctionaris bekijkt",
    "Alleen een privacyfunctionaris behandelt",
];

fn is_without_role(refused: &Refused) -> bool {
    WITHOUT_ROLE.iter().any(|words| refused.says(words))
}

fn person() -> Person {
    Person::new("Gerardina", "Nachtegaalstra", "1995-09-09")
}

/// One verb, as somebody tries it.
type Try<'a> = Box<dyn Fn(By<'_>) -> Result<(), Refused> + 'a>;

#[test]
fn every_verb_needs_its_role() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("gemeente", &[person()]);
    // One uitvraag on each side of the gemeente.
    let own = gemeente.author().ask(&Ask::about(&person()).to(om)).unwrap();
    let draft = politie.author().ask(&Ask::about(&person()).to(om)).unwrap();
    let other_draft = om.author().ask(&Ask::about(&person()).to(politie).approved_by(gemeente)).unwrap();
    let question = om.author().ask(&Ask::about(&person()).to(gemeente).approved_by(politie)).unwrap();
    let other = politie.author().ask(&Ask::about(&person()).to(gemeente).approved_by(om)).unwrap();
    politie.approver().approve_when_there(&question);
    om.approver().approve_when_there(&other);
    gemeente.approver().until_draft(&draft);
    gemeente.approver().until_draft(&other_draft);
    gemeente.reviewer().until_in_inbox(&question);
    gemeente.reviewer().until_in_inbox(&other);

    let convenant = federation.convenant_path();
    let csv = register(&[person()]);
    let nobody = |result: Result<serde_json::Value, Refused>| result.map(drop);
    let period = ["--period", "2026-11"];
    let look = ["--period", "2026-11", "--mandate", "bestuur", "--suspicion", "misbruik"];
    let find = ["--geslachtsnaam", "Niemandsma", "--requester", "self", "--verified-by", "paspoort"];
    let out = federation.root().join("regels.csv");
    let export = ["--format", "csv", "--out", out.to_str().unwrap()];
    let verbs: Vec<(&str, &[&str], Try)> = vec![
        ("ask", &["anna"], Box::new(|by| by.ask(&Ask::about(&person()).to(om).within(30)).map(drop))),
        ("uitvraag list", &["anna", "bert", "privacyfunctionaris"], Box::new(|by| by.uitvragen().map(drop))),
        ("uitvraag show, own", &["anna", "privacyfunctionaris"], Box::new(|by| by.uitvraag(&own).map(drop))),
        ("uitvraag show, draft", &["bert", "privacyfunctionaris"], Box::new(|by| by.uitvraag(&draft).map(drop))),
        ("uitvraag approve", &["bert"], Box::new(|by| by.approve(&draft))),
        ("uitvraag decline", &["bert"], Box::new(|by| by.decline(&other_draft))),
        ("uitvraag withdraw", &["anna"], Box::new(|by| by.withdraw(&own))),
        ("inbox list", &["cor"], Box::new(|by| by.inbox().map(drop))),
        ("inbox show", &["cor"], Box::new(|by| by.review(&question).map(drop))),
        ("inbox release", &["cor"], Box::new(|by| by.release(&question))),
        ("inbox withhold", &["cor"], Box::new(|by| by.withhold(&other))),
        ("register import", &["beheerder"], Box::new(|by| by.import(csv.as_bytes(), &[]).map(drop))),
        ("convenant adopt", &["beheerder"], Box::new(move |by| nobody(by.json("convenant adopt", &[&convenant])))),
        (
            "people add",
            &["beheerder"],
            Box::new(move |by| nobody(by.json("people add", &["--name", "frits", "--role", "author"]))),
        ),
        (
            "people remove",
            &["beheerder"],
            Box::new(move |by| nobody(by.json("people remove", &["frits", "--role", "author"]))),
        ),
        ("officer report", &["privacyfunctionaris"], Box::new(move |by| nobody(by.json("officer report", &period)))),
        (
            "officer findings",
            &["privacyfunctionaris"],
            Box::new(move |by| nobody(by.json("officer findings", &period))),
        ),
        ("officer look", &["privacyfunctionaris"], Box::new(move |by| nobody(by.json("officer look", &look)))),
        ("officer log", &["privacyfunctionaris"], Box::new(move |by| nobody(by.json("officer log", &[])))),
        (
            "officer corrections",
            &["privacyfunctionaris"],
            Box::new(move |by| nobody(by.json("officer corrections", &[]))),
        ),
        ("subject list", &["privacyfunctionaris"], Box::new(move |by| nobody(by.json("subject list", &[])))),
        ("subject find", &["privacyfunctionaris"], Box::new(move |by| nobody(by.json("subject find", &find)))),
        ("log export", &["privacyfunctionaris"], Box::new(move |by| nobody(by.json("log export", &export)))),
    ];
    let everybody = ["anna", "bert", "cor", "privacyfunctionaris", "beheerder"];
    for (verb, may, act) in &verbs {
        // Whoever may not comes first, so that there is still something to do for whoever may.
        for who in everybody.iter().filter(|who| !may.contains(who)) {
            let before = gemeente.lines_of("act_denied").len();
            let refused = act(gemeente.by(who)).unwrap_err();
            let recorded = gemeente.lines_of("act_denied").len() - before;
            assert!(recorded > 0 || !is_without_role(&refused), "{verb} as {who} is recorded");
            // An approver looks for a draft under the id of an uitvraag, and there is none.
            assert!(is_without_role(&refused) || refused.says("there is no draft"), "{verb} as {who}: {refused}");
        }
        for who in *may {
            act(gemeente.by(who)).unwrap_or_else(|refused| panic!("{verb} as {who}: {refused}"));
        }
    }
    for who in everybody {
        assert!(gemeente.by(who).json("people list", &[]).is_ok());
    }
    politie.author().until_state(&draft, "verzonden");
    om.author().until_state(&other_draft, "niet goedgekeurd");
    politie.until_lines("withdrawal_received", 1);
    om.until_lines("question_received", 1);
    for (asker, id) in [(politie, &draft), (politie, &other)] {
        asker.author().withdraw(id).unwrap();
    }
    om.until_lines("withdrawal_received", 1);
    gemeente.until_lines("withdrawal_received", 1);
    politie.until_lines("draft_received", 3);
    drop(verbs);
    federation.finish();
}

#[test]
fn a_role_is_proven_by_its_own_credential_file() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie] = ["gemeente", "politie"].map(|name| &federation[name]);
    let credential = |organisation: &weegnet_tests::Organisation, who: &str| {
        organisation.dir().join("credentials").join(format!("{who}.credential"))
    };
    for who in ["anna", "bert", "cor", "beheerder", "privacyfunctionaris"] {
        let mode = credential(gemeente, who).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{who}");
    }
    let dir = gemeente.dir().join("credentials").metadata().unwrap().permissions().mode();
    assert_eq!(dir & 0o777, 0o700);

    let anna = std::fs::read_to_string(credential(gemeente, "anna")).unwrap();
    let secret = anna.trim().split_once(' ').unwrap().1;
    let forged = [
        ("another secret", format!("anna {}", "00".repeat(32))),
        ("another's name", format!("bert {secret}")),
        ("nobody's name", format!("niemand {secret}")),
        ("another organisation's", std::fs::read_to_string(credential(politie, "anna")).unwrap()),
    ];
    for (what, text) in forged {
        let path = federation.root().join("vals.credential");
        private(&path, &text);
        let refused = gemeente.by(path.to_str().unwrap()).json("uitvraag list", &[]).unwrap_err();
        assert!(refused.says("no such person"), "{what}: {refused}");
    }
    for text in ["", "anna", "anna 00", "anna\u{0} "] {
        let path = federation.root().join("geen.credential");
        private(&path, text);
        assert!(gemeente.by(path.to_str().unwrap()).json("uitvraag list", &[]).is_err());
    }
    let unknown = gemeente.by("niemand").json("uitvraag list", &[]).unwrap_err();
    assert!(unknown.says("no credential for 'niemand'"), "{unknown}");
    // The right one works from wherever it lies.
    let elsewhere = federation.root().join("anna.credential");
    std::fs::copy(credential(gemeente, "anna"), &elsewhere).unwrap();
    gemeente.by(elsewhere.to_str().unwrap()).json("uitvraag list", &[]).unwrap();
    federation.finish();
}

#[test]
fn nobody_holds_both_ends_of_a_question() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie] = ["gemeente", "politie"].map(|name| &federation[name]);
    let give = |by: &str, name: &str, roles: &str| {
        gemeente.by(by).json("people add", &["--name", name, "--role", roles]).map(drop)
    };
    assert!(give("beheerder", "greet", "author,approver").unwrap_err().says("never holds both"));
    let elsewhere = federation.root().join("beheerder.credential");
    let own = ["--name", "beheerder", "--role", "author", "--out", elsewhere.to_str().unwrap()];
    assert!(gemeente.by("beheerder").json("people add", &own).unwrap_err().says("zichzelf"));
    assert!(!elsewhere.exists());
    assert!(give("beheerder", "anna", "approver").is_err(), "nobody is added twice");
    assert!(give("beheerder", "greet", "privacy-officer").unwrap_err().says("zaak van toezicht"));
    give("privacyfunctionaris", "greet", "privacy-officer").unwrap();
    assert!(give("greet", "hans", "operator").is_err());
    assert!(!gemeente.dir().join("credentials/hans.credential").exists(), "a refused person has no credential");

    // Somebody who approves and reviews does not release what they let through themself.
    politie.json("people add", &["--name", "inge", "--role", "approver,reviewer"]).unwrap();
    federation.knows("politie", &[person()]);
    let id = gemeente.author().ask(&Ask::about(&person()).to(politie)).unwrap();
    politie.by("inge").approve_when_there(&id);
    politie.by("inge").until_in_inbox(&id);
    for restart in 0..2 {
        assert_eq!(politie.by("inge").release(&id).unwrap_err().policies(), ["release-own"]);
        if restart == 0 {
            politie.restart();
        }
    }
    politie.reviewer().release(&id).unwrap();
    gemeente.author().until_ended(&id);
    federation.finish();
}

#[test]
fn oversight_can_not_be_switched_off() {
    let federation = Federation::start(Terms::core());
    let gemeente = &federation["gemeente"];
    let take =
        |by: &str, name: &str, role: &str| gemeente.by(by).json("people remove", &[name, "--role", role]).map(drop);
    let officer = "privacyfunctionaris";
    // The last one cannot go, whoever wants it.
    assert!(take("beheerder", officer, "privacy-officer").unwrap_err().says("zonder privacyfunctionaris"));
    assert!(take(officer, officer, "privacy-officer").unwrap_err().says("zichzelf"));
    assert!(take("anna", officer, "privacy-officer").is_err());
    assert!(take("beheerder", "beheerder", "operator").unwrap_err().says("zichzelf"));
    assert_eq!(gemeente.lines_of("act_denied").len(), 4, "every attempt is recorded");
    add(gemeente, "greet", "privacy-officer");
    take(officer, "greet", "privacy-officer").unwrap();
    assert!(take(officer, "greet", "privacy-officer").unwrap_err().says("nobody with this name"));
    assert_eq!(gemeente.lines_of("act_denied").len(), 4, "a mistake is no attempt");
    assert!(gemeente.by("greet").json("subject list", &[]).is_err(), "it holds at once");
    add(gemeente, "hans", "privacy-officer");
    take("hans", officer, "privacy-officer").unwrap();
    assert!(take(officer, "hans", "privacy-officer").is_err(), "who is no officer any more takes nothing");
    assert!(take("hans", "hans", "privacy-officer").is_err());
    // Other roles are the operator's to take.
    assert!(take("hans", "anna", "author").unwrap_err().says("zaak van beheer"));
    take("beheerder", "anna", "author").unwrap();
    assert!(gemeente.author().uitvragen().unwrap_err().says("this needs the role"));
    assert_eq!(gemeente.lines_of("role_taken").len(), 3);
    // And after a restart it is as it was.
    gemeente.restart();
    assert!(gemeente.author().uitvragen().is_err());
    gemeente.by("hans").json("subject list", &[]).unwrap();
    federation.finish();
}

#[test]
fn somebody_who_is_here_gets_another_role_and_a_new_credential_lets_the_old_one_in_no_more() {
    let federation = Federation::start(Terms::core());
    let gemeente = &federation["gemeente"];
    let change = |by: &str, args: &[&str]| gemeente.by(by).json("people change", args);
    assert!(change("beheerder", &["anna"]).unwrap_err().says("say what changes"));
    assert!(change("beheerder", &["niemand", "--role", "author"]).unwrap_err().says("people add"));
    assert!(change("beheerder", &["anna", "--role", "approver"]).unwrap_err().says("never holds both"));
    assert!(
        change("beheerder", &["beheerder", "--role", "author"]).unwrap_err().says("Niemand geeft of ontneemt zichzelf")
    );
    change("beheerder", &["anna", "--role", "reviewer"]).unwrap();
    gemeente.by("anna").inbox().unwrap();
    gemeente.author().uitvragen().unwrap();

    // An operator who could make an officer a credential could act as that officer.
    let file = federation.root().join("nieuw.credential");
    let new = ["--new-credential", file.to_str().unwrap()];
    add(gemeente, "greet", "privacy-officer");
    for officer in ["greet", "privacyfunctionaris"] {
        let refused = change("beheerder", &[&[officer][..], &new].concat()).unwrap_err();
        assert!(refused.says("dit is een zaak van toezicht") && !file.exists(), "{refused}");
    }
    change("greet", &[&["privacyfunctionaris"][..], &new].concat()).unwrap();
    let lost = gemeente.by("privacyfunctionaris");
    assert!(lost.json("subject list", &[]).unwrap_err().says("does not belong to them"));
    let renewed = file.to_str().unwrap();
    gemeente.restart();
    gemeente.by(renewed).json("subject list", &[]).unwrap();

    // A supervisor comes for another year.
    let supervise = |by: &str, until: &str| change(by, &["inspecteur", "--until", until]);
    let args = ["--name", "inspecteur", "--role", "supervisor", "--until", "1d"];
    gemeente.by("greet").json("people add", &args).unwrap();
    assert!(supervise("beheerder", "30d").unwrap_err().says("dit is een zaak van toezicht"));
    assert!(supervise("greet", "4000d").unwrap_err().says("within a year"));
    supervise("greet", "30d").unwrap();
    federation.finish();
}

#[test]
fn what_people_did_and_read_is_recorded() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    add(om, "karin", "reviewer");
    let id = gemeente.author().ask(&Ask::about(&person()).to(om)).unwrap();
    politie.approver().until_draft(&id);
    politie.approver().uitvraag(&id).unwrap();
    assert_eq!(politie.lines_of("read").len(), 1);
    politie.approver().approve(&id).unwrap();
    om.by("karin").until_in_inbox(&id);
    assert!(om.lines_of("read").is_empty(), "a list tells nothing about a person");
    om.by("karin").review(&id).unwrap();
    assert_eq!(om.lines_of("read").len(), 1);
    om.by("karin").withhold(&id).unwrap();
    assert_eq!(om.lines_of("not_released").len(), 1);
    assert_eq!(om.lines_of("role_given").len(), 2 + 4 + 1);
    gemeente.author().withdraw(&id).unwrap();
    om.until_lines("withdrawal_received", 1);
    assert_eq!(gemeente.lines_of("withdrawal_written").len(), 1);
    federation.finish();
}

fn private(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
