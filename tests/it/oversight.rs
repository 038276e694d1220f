//! What those who oversee can do: find what is kept about one person, count, look, export; and that nobody else notices.

use std::path::{Path, PathBuf};

use serde_json::Value;
use weegnet_tests::verbs::By;
use weegnet_tests::{Ask, Federation, Organisation, Person, Refused, Terms, wait};

const OFFICER: &str = "privacyfunctionaris";

fn person() -> Person {
    Person::new("Ysbrandtje", "Goudvinkstra", "1988-04-17")
}

/// `subject find` about a person, as a file says it.
fn find(organisation: &Organisation, person: &Person) -> Result<Value, Refused> {
    let path = organisation.dir().with_file_name(format!("verzoek-{}.json", organisation.name));
    std::fs::write(&path, person.to_json()).unwrap();
    let args = [
        "--person",
        path.to_str().unwrap(),
        "--requester",
        "self",
        "--verified-by",
        "paspoort gezien",
        "--case-number",
        "K-7",
    ];
    let found = organisation.by(OFFICER).json("subject find", &args);
    std::fs::remove_file(&path).unwrap();
    found
}

fn cases(view: &Value) -> Vec<(String, String, bool)> {
    let cases = view["found"]["cases"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    cases.iter().map(|c| (text(&c["kind"]), text(&c["likeness"]), c["asked_about"] == true)).collect()
}

fn letter(by: By<'_>, request: &str) -> String {
    by.json("subject letter", &[request]).unwrap()["text"].as_str().unwrap().to_owned()
}

fn id(view: &Value) -> &str {
    view["id"].as_str().unwrap()
}

#[test]
fn finds_every_entry_about_a_person_and_tips_nobody_off() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    // Of the two that match at the OM, one is only a namesake.
    let lookalike = Person { given: String::new(), ..person() };
    federation.knows("om", &[person()]);
    federation.plant(&lookalike);
    let uitvraag = gemeente.author().ask(&Ask::about(&lookalike).to(om).within(60)).unwrap();
    politie.approver().approve_when_there(&uitvraag);
    om.reviewer().until_in_inbox(&uitvraag);
    om.reviewer().review(&uitvraag).unwrap();
    om.reviewer().release(&uitvraag).unwrap();
    gemeente.author().until_ended(&uitvraag);
    politie.until_lines("approval_given", 1);

    let before: Vec<_> = [politie, om].map(Organisation::lines).into();
    let exchange = |lines: &[weegnet_tests::organisation::Line]| lines.iter().filter(|l| l.log == "exchange").count();
    let sent = exchange(&gemeente.lines());
    let view = find(gemeente, &person()).unwrap();
    assert_eq!(cases(&view), [("eigen-uitvraag".into(), "overeenkomst".into(), true)]);
    let case = &view["found"]["cases"][0];
    let recipients: Vec<_> = case["recipients"].as_array().unwrap().iter().map(|r| r["oin"].clone()).collect();
    assert_eq!(recipients, [politie.oin.as_str(), om.oin.as_str()]);
    assert_eq!(case["grounds"][0]["from"]["oin"], om.oin.as_str());
    assert_eq!(case["sources"][0]["what"], "neem contact op");
    let kinds: Vec<_> = case["entries"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    for kind in ["draft_written", "draft_sent", "approval_received", "uitvraag_sent", "answer_received"] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    // Written down before it was shown, and nothing left the house (H11).
    assert_eq!(gemeente.lines_of("subject_access").len(), 2);
    assert_eq!(exchange(&gemeente.lines()), sent);
    let after: Vec<_> = [politie, om].map(Organisation::lines).into();
    assert_eq!(before, after, "no peer notices");

    // Misspelt, on the side that approved and on the side that answered.
    let misspelt = Person::new("Ysbrandtje", "Goudvinkstar", "1988-04-17");
    federation.plant(&misspelt);
    let at_politie = find(politie, &misspelt).unwrap();
    assert_eq!(cases(&at_politie), [("ter-goedkeuring".into(), "mogelijk".into(), true)]);
    assert_eq!(at_politie["recipients"], serde_json::json!([]), "an approval tells nothing about the person");
    // What may be somebody else goes out only when a human found that it is not.
    let decide = ["subject decide", id(&at_politie), "--disclose", "--reason", "nagekeken"];
    politie.by(OFFICER).json(decide[0], &decide[1..]).unwrap();
    assert!(letter(politie.by(OFFICER), id(&at_politie)).contains("geen gegevens verstrekken"));
    politie.by(OFFICER).json(decide[0], &[&decide[1..], &["--include", &uitvraag]].concat()).unwrap();
    assert!(letter(politie.by(OFFICER), id(&at_politie)).contains("gemeente legde ons een vraag over u voor"));
    let at_om = find(om, &person()).unwrap();
    assert_eq!(cases(&at_om), [("ontvangen-vraag".into(), "overeenkomst".into(), true)]);
    assert_eq!(at_om["found"]["cases"][0]["shown_as_candidate"][0], "r0");
    // What came in is among the entries, though it is sealed under a key of its own.
    assert_eq!(at_om["found"]["cases"][0]["entries"][0]["kind"], "question_received");
    assert!(at_om["found"]["cases"][0]["sources"][0]["when"].is_string());
    assert_eq!(at_om["recipients"], serde_json::json!([gemeente.oin]));
    // Also without any way to reach anybody: a stopped node, under its lock.
    om.stop();
    let again = find(om, &person()).unwrap();
    assert_eq!(cases(&again), cases(&at_om));
    assert_eq!(again["earlier"][0], at_om["id"]);
    om.start();
    for who in ["anna", "bert", "cor", "beheerder"] {
        let refused = gemeente.by(who).json("subject list", &[]).unwrap_err();
        assert!(refused.says("Alleen een privacyfunctionaris behandelt"), "{refused}");
    }
    federation.finish();
}

#[test]
fn a_lookalike_is_found_and_learns_nothing_of_the_other() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    // Same surname and year; the one asked about is Berendina, known by initial only where the row is.
    let known = Person::new("B.", "Goudvinkstra", "1988");
    let asked = Person::new("Berendina", "Goudvinkstra", "1988-11-30");
    let other = Person::new("Bartholomea", "Goudvinkstra", "1988-02-02");
    federation.knows("om", std::slice::from_ref(&known));
    [&asked, &other].into_iter().for_each(|person| federation.plant(person));
    let uitvraag = gemeente.author().ask(&Ask::about(&asked).to(om).within(60)).unwrap();
    politie.approver().approve_when_there(&uitvraag);
    om.reviewer().until_in_inbox(&uitvraag);
    om.reviewer().withhold(&uitvraag).unwrap();
    let view = find(om, &other).unwrap();
    assert_eq!(cases(&view), [("ontvangen-vraag".into(), "overeenkomst".into(), false)]);
    assert!(!view.to_string().contains("Berendina"), "whom the question was about is not theirs to read");
    let request = id(&view);
    let officer = om.by(OFFICER);
    officer.json("subject decide", &[request, "--disclose", "--reason", "geen bezwaar"]).unwrap();
    let text = letter(officer, request);
    assert!(text.contains("mogelijke overeenkomst") && !text.contains("Berendina"), "{text}");
    gemeente.author().withdraw(&uitvraag).unwrap();
    om.until_lines("withdrawal_received", 1);
    federation.finish();
}

#[test]
fn nothing_and_an_exception_get_the_same_letter() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let uitvraag = gemeente.author().ask(&Ask::about(&person()).to(om).within(2)).unwrap();
    politie.approver().approve_when_there(&uitvraag);
    gemeente.author().until_ended(&uitvraag);
    let officer = gemeente.by(OFFICER);
    let stranger = Person::new("Quirijntje", "Vlasbloemkwekerij", "1970-01-01");
    let (found, nothing) = (find(gemeente, &person()).unwrap(), find(gemeente, &stranger).unwrap());
    assert_eq!((cases(&found).len(), cases(&nothing).len()), (1, 0));

    // Nothing goes out before a human decided, and an exception is reasoned and for a time.
    assert!(officer.json("subject letter", &[id(&found)]).unwrap_err().says("decide first"));
    for wrong in [
        &["--exception", "d", "--reason", "onderzoek"][..],
        &["--exception", "k", "--reason", "onderzoek", "--until", "2027-01-31"],
        &["--exception", "d", "--reason", " ", "--until", "2027-01-31"],
        &["--exception", "d", "--reason", "onderzoek", "--until", "2099-01-31"],
        &["--disclose", "--reason", "ja", "--until", "2027-01-31"],
    ] {
        assert!(officer.json("subject decide", &[&[id(&found)], wrong].concat()).is_err(), "{wrong:?}");
    }
    let soon = in_days(30);
    let exception = ["--exception", "d", "--reason", "lopend onderzoek", "--until", &soon];
    officer.json("subject decide", &[&[id(&found)], &exception[..]].concat()).unwrap();
    officer.json("subject decide", &[id(&nothing), "--disclose", "--reason", "niets gevonden"]).unwrap();
    let without_reference = |text: String, view: &Value| text.replace(id(view), "REF");
    let one = without_reference(letter(officer, id(&found)), &found);
    let other = without_reference(letter(officer, id(&nothing)), &nothing);
    assert_eq!(one, other, "word for word the same");

    // Decided anew, the overview goes out; it names who was told, and the ground.
    officer.json("subject decide", &[id(&found), "--disclose", "--reason", "onderzoek gesloten"]).unwrap();
    let overview = letter(officer, id(&found));
    assert!(overview.contains("politie: concept") && overview.contains("om: vraag"), "{overview}");
    assert!(overview.contains("geen mededeling (zegt niets over of iemand bekend is)"));

    // Rectification lists whom to tell; nobody is told by itself.
    let objection = officer.json("subject rectify", &[id(&found), "--what", "geboortejaar is fout"]).unwrap();
    assert_eq!(objection["recipients"], serde_json::json!([politie.oin, om.oin]));
    officer.json("subject object", &[id(&found), "--what", "bezwaar"]).unwrap();
    let list = officer.json("subject list", &[]).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert!(!list.to_string().contains("Goudvinkstra"));
    assert!(list[0]["state"] == "beantwoord" && list[0]["overdue"] == false, "{list}");

    // The term of a request that came in long ago has passed; it can be lengthened in the first month only.
    let path = federation.root().join("oud.json");
    std::fs::write(&path, stranger.to_json()).unwrap();
    let old = [
        "--person",
        path.to_str().unwrap(),
        "--requester",
        "lawyer",
        "--verified-by",
        "volmacht",
        "--received",
        "2026-01-31",
    ];
    let old = officer.json("subject find", &old).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!((old["due"].as_str(), old["overdue"].as_bool()), (Some("2026-02-28"), Some(true)));
    assert!(officer.json("subject extend", &[id(&old), "--reason", "druk"]).unwrap_err().says("once"));
    let extend = |request: &Value, why: &str| officer.json("subject extend", &[id(request), "--reason", why]);
    assert!(extend(&nothing, "te laat").unwrap_err().says("a letter was written already"));
    let open = find(gemeente, &stranger).unwrap();
    assert_eq!(extend(&open, "ingewikkeld").unwrap()["extended"], "ingewikkeld");
    assert!(extend(&open, "nog eens").unwrap_err().says("once"));
    federation.finish();
}

#[test]
fn figures_findings_and_looks_are_recorded_before_they_show() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let urgent = gemeente.author().ask(&Ask::about(&person()).to(om).within(2).urgent()).unwrap();
    politie.approver().approve_when_there(&urgent);
    gemeente.author().until_ended(&urgent);
    let again = gemeente.author().ask(&Ask::about(&person()).to(om).within(900)).unwrap();
    politie.approver().approve_when_there(&again);
    om.until_lines("question_received", 2);

    let officer = gemeente.by(OFFICER);
    let month = today()[..7].to_owned();
    let report = officer.json("officer report", &["--period", &month]).unwrap();
    assert_eq!(report["total"], "minder dan 5");
    let refused = officer.json("officer report", &["--period", &format!("{month}-01..{month}-02")]).unwrap_err();
    assert!(refused.says("whole calendar months"), "{refused}");

    let findings = officer.json("officer findings", &["--period", &month]).unwrap();
    let rules: Vec<_> = findings.as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert!(rules.contains(&"spoed") && rules.contains(&"herhaalde-vragen-persoon"), "{rules:?}");
    assert!(!findings.to_string().contains("Goudvinkstra"));

    let ground = ["--mandate", "bestuur, besluit 7", "--suspicion", "oneigenlijk gebruik"];
    let look = |more: &[&str]| officer.json("officer look", &[&["--period", &month], &ground[..], more].concat());
    let cases = look(&[]).unwrap();
    assert_eq!(cases.as_array().unwrap().len(), 2);
    assert_eq!(cases[0]["author"], "anna");
    assert!(!cases.to_string().contains("Goudvinkstra"), "about whom it is shows only where one uitvraag is named");
    assert!(look(&["--uitvraag", &urgent]).unwrap().to_string().contains("Goudvinkstra"));
    assert_eq!(look(&["--author", "bert"]).unwrap(), serde_json::json!([]));
    assert!(officer.json("officer look", &["--period", &month, "--mandate", "", "--suspicion", "x"]).is_err());
    for wrong in [["--kind", "eigen"], ["--outcome", "bekend"]] {
        assert!(look(&wrong).unwrap_err().says("choose one of"), "{wrong:?}");
    }
    // Every look, also the refused report, but not the one without a mandate.
    assert_eq!(gemeente.lines_of("inspected").len(), 6);
    federation.finish();
}

#[test]
fn a_supervisor_reads_for_a_time_and_changes_nothing() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let uitvraag = gemeente.author().ask(&Ask::about(&person()).to(om).within(60)).unwrap();
    let request = find(gemeente, &person()).unwrap();
    let add = |by: &str, name: &str, more: &[&str]| {
        gemeente.by(by).json("people add", &[&["--name", name, "--role", "supervisor"], more].concat())
    };
    assert!(add("beheerder", "inspecteur", &["--until", "1d"]).unwrap_err().says("zaak van toezicht"));
    assert!(add(OFFICER, "inspecteur", &[]).unwrap_err().says("--until"));
    assert!(add(OFFICER, "inspecteur", &["--until", "2020-01-01"]).is_err());
    add(OFFICER, "inspecteur", &["--until", "1d"]).unwrap();
    let by = gemeente.by("inspecteur");
    let month = today()[..7].to_owned();
    let until_now = gemeente.lines_of("inspected").len();
    by.json("officer report", &["--period", &month]).unwrap();
    by.json("officer findings", &["--period", &month]).unwrap();
    let lines = by.json("officer log", &["--log", "house"]).unwrap();
    let one = lines[1]["id"].as_str().unwrap();
    assert_eq!(by.json("officer log", &[one]).unwrap().as_array().unwrap().len(), 1);
    by.json("subject list", &[]).unwrap();
    assert_eq!(gemeente.lines_of("inspected").len(), until_now + 5, "every use is recorded");
    let out = federation.root().join("regels.csv");
    by.json("log export", &["--format", "csv", "--out", out.to_str().unwrap()]).unwrap();

    let ground = ["--period", &month, "--mandate", "m", "--suspicion", "s"];
    let refused: Vec<(&str, Result<Value, Refused>)> = vec![
        ("look", by.json("officer look", &ground)),
        ("subject show", by.json("subject show", &[id(&request)])),
        ("subject find", by.json("subject letter", &[id(&request)])),
        ("uitvraag list", by.json("uitvraag list", &[])),
        ("uitvraag show", by.json("uitvraag show", &[&uitvraag])),
        ("withdraw", by.json("uitvraag withdraw", &[&uitvraag])),
        ("inbox", by.json("inbox list", &[])),
        ("people add", by.json("people add", &["--name", "x", "--role", "author"])),
        ("people remove", by.json("people remove", &["anna", "--role", "author"])),
    ];
    for (what, result) in refused {
        assert!(result.is_err(), "{what}");
    }
    assert!(
        politie
            .by(gemeente.dir().join("credentials/inspecteur.credential").to_str().unwrap())
            .json("subject list", &[])
            .is_err()
    );
    // It ends by itself, and also when the officer says so.
    add(OFFICER, "kortaf", &["--until", "3s"]).unwrap();
    wait::until("the supervisor's term ends", || {
        gemeente.by("kortaf").json("subject list", &[]).err().filter(|refused| refused.says("this needs the role"))
    });
    assert!(gemeente.by("beheerder").json("people remove", &["inspecteur", "--role", "supervisor"]).is_err());
    gemeente.by(OFFICER).json("people remove", &["inspecteur", "--role", "supervisor"]).unwrap();
    gemeente.restart();
    assert!(by.json("subject list", &[]).is_err());
    gemeente.author().withdraw(&uitvraag).unwrap();
    politie.until_lines("withdrawal_received", 1);
    federation.finish();
}

#[test]
fn exports_hold_what_anybody_can_check() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let uitvraag = gemeente.author().ask(&Ask::about(&person()).to(om).within(2)).unwrap();
    politie.approver().approve_when_there(&uitvraag);
    gemeente.author().until_ended(&uitvraag);
    // What was signed with a former key goes on to verify, also where others check it.
    let party = format!("{}.party", gemeente.dir().to_str().unwrap());
    gemeente.json("convenant rotate", &["--party", &party, "--key", "statement"]).unwrap();
    wait::until("the node ends when the others know", || gemeente.ended());
    gemeente.start();
    gemeente.connected_to(&[politie, om]);
    let again = gemeente.author().ask(&Ask::about(&person()).to(om).within(2)).unwrap();
    politie.approver().approve_when_there(&again);
    gemeente.author().until_ended(&again);
    let officer = gemeente.by(OFFICER);
    let month = today()[..7].to_owned();
    let export = |format: &str, more: &[&str]| -> PathBuf {
        let out = federation.root().join(format!("export.{format}"));
        officer.json("log export", &[&["--format", format, "--out", out.to_str().unwrap()], more].concat()).unwrap();
        out
    };
    let entries = gemeente.lines().len();
    let lines = std::fs::read_to_string(export("jsonl", &[])).unwrap();
    assert!(lines.lines().count() >= entries);
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok_and(|entry| entry["kind"].is_string())));
    let csv = std::fs::read_to_string(export("csv", &["--period", "2020"])).unwrap();
    assert_eq!(csv.lines().count(), 1, "nothing happened in 2020");
    let tiles = export("tiles", &[]);
    for log in ["exchange", "house"] {
        let note = std::fs::read_to_string(tiles.join(log).join("checkpoint")).unwrap();
        let checkpoint = weegnet_protocol::log::SignedCheckpoint::parse(&note).unwrap();
        let read =
            |path: &weegnet_protocol::log::tiles::TilePath| std::fs::read(tiles.join(log).join(path.to_string())).ok();
        weegnet_protocol::log::tiles::verify(checkpoint.checkpoint(), read).unwrap();
    }
    // A pack also shows that others cosigned, as soon as they have.
    let home = weegnet_node::home::Home::open(gemeente.dir()).unwrap();
    wait::until("others cosign", || weegnet_node::witness::view::view(&home).ok()?.witnessed);
    let pack = export("pack", &["--period", &month]);
    assert!(officer.json("log export", &["--format", "pack", "--out", "x.zip"]).unwrap_err().says("--period"));
    let again = ["--format", "csv", "--out", pack.to_str().unwrap()];
    assert!(officer.json("log export", &again).unwrap_err().says("exists already"));
    assert_eq!(gemeente.lines_of("exported").len(), 4, "each export that was made");
    assert!(gemeente.author().json("log export", &["--format", "csv", "--out", "y.csv"]).is_err());
    // For the tools that are not ours: tests/run verifies it with deploy/verify-export.py.
    keep(&pack);
    federation.finish();
}

/// Puts the pack where `tests/run` looks for it: target/audit-pack.zip.
fn keep(pack: &Path) {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap();
    std::fs::copy(pack, target.join("audit-pack.zip")).unwrap();
}

fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    weegnet_protocol::Timestamp::from_seconds(since.as_secs()).day().to_string()
}

fn in_days(days: i64) -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let today = weegnet_protocol::Timestamp::from_seconds(since.as_secs()).day();
    weegnet_protocol::time::Day::from_days(today.to_days() + days).to_string()
}
