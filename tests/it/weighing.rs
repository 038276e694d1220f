//! What the weegploeg makes of the answers: nothing is decided before every core party has weighed, criterion by criterion,
//! and all of it stays at the asker.

use std::path::PathBuf;

use serde_json::Value;
use weegnet_node::link::Reply;
use weegnet_protocol::frame::RejectCode;
use weegnet_tests::forger::Forger;
use weegnet_tests::impostor::Impostor;
use weegnet_tests::terms::CRITERION;
use weegnet_tests::verbs::{By, answer_of};
use weegnet_tests::{Ask, Federation, Organisation, Person, Refused, Terms};

const REASON: &str = "Er zijn signalen van drie kanten.";

fn file(federation: &Federation, name: &str, text: &str) -> PathBuf {
    let path = federation.root().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn weigh(federation: &Federation, by: By<'_>, id: &str, of: &Organisation, reasons: &str) -> Result<Value, Refused> {
    let reasons = file(federation, "weging.toml", reasons);
    by.json("uitvraag weigh", &[id, "--reasons", reasons.to_str().unwrap(), "--of", &of.oin])
}

fn decide(federation: &Federation, by: By<'_>, id: &str, args: &[&str]) -> Result<Value, Refused> {
    let reason = file(federation, "besluit.txt", REASON);
    by.json("uitvraag decide", &[&[id, "--reason", reason.to_str().unwrap()], args].concat())
}

#[test]
fn decided_is_after_the_weging_of_every_core_party_and_stays_at_home() {
    let named = |name| (name, "weging = true");
    let terms = Terms {
        agreed: vec![named("gemeente"), named("politie"), ("om", "weging = true\nrooster = \"ma di wo do vr za zo\"")],
        window_most: 30 * 86_400,
        ..Terms::core().and("reclassering", "casus")
    };
    let federation = Federation::start(terms);
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let person = Person::new("Geertruida", "Boomkruiperstra", "1971-08-14");
    federation.plant(&person);
    let author = gemeente.author();

    // In the phase of the weging only those are asked whom the convenant names for it.
    let outside = author.ask(&Ask::about(&person).to_because(&federation["reclassering"])).unwrap_err();
    assert_eq!(outside.policies(), ["recipients-weging"], "{outside}");

    let id = author.ask(&Ask::about(&person).to(politie).within(4)).unwrap();
    let reasoned = format!("{CRITERION} = \"{REASON}\"\n");
    let early = weigh(&federation, author, &id, gemeente, &reasoned).unwrap_err();
    assert!(early.says("answers can still come"), "{early}");
    politie.approver().approve_when_there(&id);
    let view = author.until_ended(&id);
    assert_eq!((view["weighs"].as_bool(), view["unweighed"].as_array().map(Vec::len)), (Some(true), Some(3)));

    // Criteria of the list, with reasons, of core parties, by an author.
    for (reasons, what) in
        [("", "nothing"), (&*format!("{CRITERION} = \" \"\n"), "no reason"), ("x = \"y\"\n", "no code")]
    {
        let refused = weigh(&federation, author, &id, gemeente, reasons).unwrap_err();
        assert_eq!(refused.policies(), ["weigh-criteria"], "{what}: {refused}");
    }
    let refused = weigh(&federation, author, &id, &federation["reclassering"], &reasoned).unwrap_err();
    assert_eq!(refused.policies(), ["weigh-core"], "{refused}");
    assert!(weigh(&federation, gemeente.reviewer(), &id, gemeente, &reasoned).is_err());
    assert!(gemeente.lines_of("weging").is_empty());

    for (of, missing) in [(gemeente, 2), (politie, 1)] {
        let weighed = weigh(&federation, author, &id, of, &reasoned).unwrap();
        assert_eq!(weighed["missing"].as_array().map(Vec::len), Some(missing));
    }
    let early = decide(&federation, author, &id, &["--outcome", "geen-actie"]).unwrap_err();
    assert_eq!(early.policies(), ["decide-weighed"], "{early}");
    gemeente.restart();
    assert_eq!(weigh(&federation, author, &id, om, &reasoned).unwrap()["missing"].as_array().map(Vec::len), Some(0));

    // A casusoverleg, and nothing else, names who is invited.
    assert!(decide(&federation, author, &id, &["--outcome", "casusoverleg"]).is_err());
    assert!(decide(&federation, author, &id, &["--outcome", "geen-actie", "--with", &om.oin]).is_err());
    decide(&federation, author, &id, &["--outcome", "meer-informatie"]).unwrap();
    decide(&federation, author, &id, &["--outcome", "casusoverleg", "--with", &om.oin]).unwrap();
    let late = weigh(&federation, author, &id, om, &reasoned).unwrap_err();
    assert!(late.says("too late"), "{late}");

    // What is known of it comes out of the journal again.
    gemeente.stop();
    std::fs::remove_dir_all(gemeente.dir().join("store")).unwrap();
    gemeente.start();
    let view = author.uitvraag(&id).unwrap();
    assert_eq!((&view["state"], &view["weighs"]), (&"besloten".into(), &false.into()));
    assert_eq!(view["besluit"]["outcome"], "casusoverleg");
    assert_eq!(view["besluit"]["with"][0], om.oin.as_str());
    assert_eq!(view["wegingen"].as_array().map(Vec::len), Some(3));
    assert_eq!(view["wegingen"][0]["criteria"][0][1], REASON);
    assert_eq!((gemeente.lines_of("weging").len(), gemeente.lines_of("besluit").len()), (3, 2));
    for other in [politie, om] {
        assert!(other.lines_of("weging").is_empty() && other.lines_of("besluit").is_empty());
    }

    // Beside an answer stands the roster that the organisation declared, whatever somebody did there.
    let other = Person::new("Geertruida", "Boomkruiperstra", "1971-08-15");
    federation.plant(&other);
    let id = author.ask(&Ask::about(&other).to(om).to(politie).within(25 * 86_400)).unwrap();
    let view = author.uitvraag(&id).unwrap();
    assert_eq!(answer_of(&view, om)["roster"], "ma di wo do vr za zo");
    assert!(answer_of(&view, politie)["roster"].is_null());
    politie.approver().until_draft(&id);
    author.withdraw(&id).unwrap();
    politie.until_lines("withdrawal_received", 1);
    federation.finish();
}

#[test]
fn a_draft_that_names_who_takes_no_part_is_told_so() {
    let terms = Terms { accedes: vec!["reclassering"], ..Terms::core().and("reclassering", "casus") };
    let federation = Federation::prepare(terms);
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let person = Person::new("Willebrordus", "Oeverzwaluwma", "1958-01-30");
    federation.plant(&person);
    federation.at_once(Organisation::start);
    politie.connected_to(&[gemeente, om]);
    gemeente.stop();
    let asker = Forger::of(&federation, gemeente);
    let impostor = Impostor::of(&federation, gemeente);
    let draft = asker.sign(asker.draft(&person, &[om, &federation["reclassering"]], 60), politie);
    assert_eq!(impostor.deliver(politie, &draft), Reply::Reject(RejectCode::NotTakingPart));
    assert!(politie.lines_of("draft_received").is_empty());
    drop(impostor);
    federation.finish();
}
