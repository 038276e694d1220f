//! A new version of a convenant takes the place of the one before it while everybody runs; what was asked under the old one
//! ends under it.

use std::path::PathBuf;

use weegnet_node::link::Reply;
use weegnet_protocol::frame::RejectCode;
use weegnet_tests::forger::Forger;
use weegnet_tests::impostor::Impostor;
use weegnet_tests::terms::OFFICE;
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Organisation, Person, Terms};

fn person(number: usize) -> Person {
    let names = ["Kamperfoelia", "Kamperfoelib", "Kamperfoelic", "Kamperfoelid"];
    Person::new("Philippina", names[number], "1974-10-03")
}

/// The SHA-256 of a text, as `convenant show` tells it.
fn hash(of: &Organisation, version: &str) -> String {
    let all = of.by("beheerder").json("convenant list", &[]).unwrap();
    let all = all.as_array().unwrap();
    let text = all.iter().find(|text| text["version"] == version).unwrap_or_else(|| panic!("no {version}: {all:?}"));
    text["hash"].as_str().unwrap().to_owned()
}

/// A text that follows another one, signed by all.
fn version(federation: &Federation, version: &str, replaces: &str, from: &str, more: (&str, &str)) -> String {
    let text = std::fs::read_to_string(federation.convenant_path()).unwrap();
    let changes = [
        ("versie = \"1.0\"", format!("versie = \"{version}\"\nvervangt = \"{replaces}\"")),
        ("geldig_van = 2026-01-01", format!("geldig_van = {from}")),
        (more.0, more.1.to_owned()),
    ];
    let text = changes.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    let path: PathBuf = federation.root().join(format!("versie-{version}-{from}.toml"));
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    federation.at_once(|one| one.run("convenant sign", &[&path, "--office", OFFICE]).unwrap());
    path
}

/// The text that each entry of a kind cites, in their order.
fn cited(at: &Organisation, kind: &str) -> Vec<String> {
    let all = at.json("log list", &[]).unwrap();
    let of_kind = all.as_array().unwrap().iter().filter(|line| line["kind"] == kind);
    of_kind.map(|line| line["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_new_version_takes_over_without_a_restart_and_what_runs_ends_under_the_old_one() {
    let federation = Federation::start(Terms { per_author: 4, ..Terms::core() });
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    (0..4).for_each(|number| federation.plant(&person(number)));
    federation.knows("politie", &[person(0), person(1)]);
    let ask = |number: usize| Ask::about(&person(number)).to(politie).approved_by(om).within(900);
    let running = gemeente.author().ask(&ask(0)).unwrap();
    om.approver().approve_when_there(&running);
    politie.reviewer().until_in_inbox(&running);
    let drafted = gemeente.author().ask(&ask(2)).unwrap();
    om.approver().until_draft(&drafted);

    let first = hash(gemeente, "1.0");
    let change = ("omgeving-bezorgd", "omgeving-ongerust");
    let path = version(&federation, "2.0", &first, "2026-02-01", change);
    for one in [gemeente, om] {
        let adopted = one.json("convenant adopt", &[&path]).unwrap();
        assert_eq!((&adopted["version"], &adopted["begun"]), (&"2.0".into(), &true.into()));
    }
    let second = hash(gemeente, "2.0");
    // A new draft is under the new version; one that has not taken it says so, and a person hears what is the matter.
    let id = gemeente.author().ask(&ask(1)).unwrap();
    om.approver().approve_when_there(&id);
    let view = gemeente.author().until_ended(&id);
    let state = answer_of(&view, politie)["state"].as_str().unwrap().to_owned();
    assert!(state.contains("WrongConvenant") && state.contains("versie van het convenant"), "{state}");

    let before = politie.lines_of("configuration").len();
    politie.json("convenant adopt", &[&path]).unwrap();
    assert_eq!(politie.lines_of("configuration").len(), before + 1, "who did it is written down");
    assert_eq!(hash(politie, "2.0"), second);
    // Approved after the new version began, and asked under the one that it was drafted under.
    om.approver().approve(&drafted).unwrap();
    politie.until_lines("question_received", 2);
    // The register, and what was asked before, are the convenant's and not its version's.
    let id = gemeente.author().ask(&ask(1)).unwrap();
    om.approver().approve_when_there(&id);
    politie.reviewer().release_when_there(&id);
    politie.reviewer().release(&running).unwrap();
    for id in [&running, &id] {
        let view = gemeente.author().until_ended(id);
        assert_eq!(answer_of(&view, politie)["outcome"], "Known");
    }
    assert_eq!(cited(gemeente, "uitvraag_sent"), [&first, &second, &first, &second].map(String::as_str));
    assert_eq!(cited(gemeente, "answer_received"), [&second, &first].map(String::as_str));
    let refused = gemeente.author().ask(&ask(3)).unwrap_err();
    assert!(refused.policies().contains(&"quota-author"), "four were asked today, under two versions: {refused}");
    // Nothing new is begun under the old text, whoever says so.
    gemeente.stop();
    let (impostor, forger) = (Impostor::of(&federation, gemeente), Forger::of(&federation, gemeente));
    let late = forger.draft(&person(3), &[politie], 600);
    let approval = Forger::of(&federation, om).approval(&late);
    let question = forger.sign(forger.question(&late, politie, approval), politie);
    for (to, statement) in [(om, forger.sign(late, om)), (politie, question)] {
        assert_eq!(impostor.deliver(to, &statement), Reply::Reject(RejectCode::WrongConvenant), "{}", to.name);
    }
    drop(impostor);
    federation.at_once(Organisation::stop);
    for organisation in federation.all() {
        std::fs::remove_dir_all(organisation.dir().join("store")).unwrap();
    }
    federation.start_all();
    let refused = gemeente.author().ask(&ask(3)).unwrap_err();
    assert!(refused.policies().contains(&"quota-author"), "{refused}");
    federation.finish_but(|_| true);
}

#[test]
fn a_version_that_skips_goes_back_or_has_another_purpose_is_refused_with_words() {
    let federation = Federation::prepare(Terms::core());
    let gemeente = &federation["gemeente"];
    let first = hash(gemeente, "1.0");
    let none = ("Proef.", "Proef.");
    let second = version(&federation, "2.0", &first, "2026-02-01", none);
    let rival = version(&federation, "2.1", &first, "2026-03-01", none);
    let purpose = ("doelen.voorbeeld.example/proef", "doelen.voorbeeld.example/ander");
    let other = version(&federation, "2.2", &first, "2026-02-02", purpose);
    let refused = gemeente.json("convenant adopt", &[&other]).unwrap_err();
    assert!(refused.says("another purpose"), "{refused}");
    gemeente.json("convenant adopt", &[&second]).unwrap();
    let refused = gemeente.json("convenant adopt", &[&rival]).unwrap_err();
    assert!(refused.says("only one follows another") && refused.says("version 2.0"), "{refused}");
    let third = version(&federation, "3.0", &hash(gemeente, "2.0"), "2099-01-01", none);
    let skips = federation["politie"].json("convenant adopt", &[&third]).unwrap_err();
    assert!(skips.says("adopt those between them first"), "{skips}");
    let early = version(&federation, "3.1", &hash(gemeente, "2.0"), "2026-01-15", none);
    let refused = gemeente.json("convenant adopt", &[&early]).unwrap_err();
    assert!(refused.says("begins on 2026-01-15"), "{refused}");
    let adopted = gemeente.json("convenant adopt", &[&third]).unwrap();
    assert_eq!(adopted["begun"], false, "it waits for its first day");
    // What is known already is said again, and changes nothing.
    gemeente.json("convenant adopt", &[&federation.convenant_path()]).unwrap();
    assert_eq!(gemeente.lines_of("convenant_ratified").len(), 3);
    federation.finish();
}

#[test]
fn nobody_signs_for_a_board_by_mistake() {
    let federation = Federation::prepare(Terms::core());
    let gemeente = &federation["gemeente"];
    let path = federation.root().join("nog-een.toml");
    let text = std::fs::read_to_string(federation.convenant_path()).unwrap();
    std::fs::write(&path, text.replacen("noorderveen-proef", "noorderveen-ander", 1)).unwrap();
    let path = path.to_str().unwrap();
    for args in [&[path][..], &[path, "--office", "beheerder"]] {
        let refused = gemeente.run("convenant sign", args).unwrap_err();
        assert!(refused.says("nothing is signed") && refused.says("the bestuurder signs"), "{refused}");
        assert!(
            refused.says("SHA-256") && refused.says("noorderveen-ander"),
            "it shows what would be signed: {refused}"
        );
    }
    assert!(!federation.root().join("nog-een.toml.sigs").exists());
    let signed = gemeente.json("convenant sign", &[path, "--office", OFFICE]).unwrap();
    assert_eq!((&signed["office"], &signed["mandate"]), (&"bestuurder".into(), &"Proefmandaat".into()));
    federation.finish();
}
