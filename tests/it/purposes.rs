//! Two purposes on the same nodes: what is known, asked and counted for one does not exist for the other.

use weegnet_tests::people::register;
use weegnet_tests::terms::{CONVENANT, OFFICE};
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Person, Terms};

/// The other convenant, between the same organisations.
const OTHER: &str = "noorderveen-ander";

fn person() -> Person {
    Person::new("Hadewych", "Kwintessens", "1971-02-03")
}

/// Organisations under the story's convenant and under another one with another purpose.
fn two_purposes(terms: Terms) -> Federation {
    let federation = Federation::prepare(terms);
    let text = std::fs::read_to_string(federation.convenant_path()).expect("the convenant is there");
    let other = text.replacen(CONVENANT, OTHER, 1).replacen(
        "https://doelen.voorbeeld.example/proef",
        "https://doelen.voorbeeld.example/ander",
        1,
    );
    assert_ne!(text, other);
    let path = federation.root().join("ander.toml");
    std::fs::write(&path, other).expect("it is written");
    let path = path.to_str().expect("a plain name");
    for (verb, args) in [("convenant sign", &[path, "--office", OFFICE][..]), ("convenant adopt", &[path])] {
        federation.at_once(|one| one.run(verb, args).unwrap_or_else(|refused| panic!("{refused}")));
    }
    federation.start_all();
    federation
}

#[test]
fn what_is_known_for_one_purpose_is_not_found_for_another() {
    let federation = two_purposes(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let rows = register(&[person()]);
    let unsaid = om.by("beheerder").import(rows.as_bytes(), &[]).unwrap_err();
    assert!(unsaid.says("--convenant"), "with two purposes an import says for which: {unsaid}");
    om.by("beheerder").import(rows.as_bytes(), &["--convenant", CONVENANT]).unwrap();

    let ask = Ask::about(&person()).to(om).within(15);
    let other = gemeente.author().ask(&ask.clone().under(OTHER)).unwrap();
    politie.approver().approve_when_there(&other);
    om.until_lines("candidates", 1);
    assert!(om.reviewer().inbox().unwrap().is_empty(), "nobody is shown");
    let known = gemeente.author().ask(&ask.within(600)).unwrap();
    politie.approver().approve_when_there(&known);
    om.reviewer().release_when_there(&known);
    let answer = |id: &str| answer_of(&gemeente.author().until_ended(id), om)["outcome"].clone();
    assert_eq!(answer(&known), "Known");
    assert_eq!(answer(&other), "NoStatement");

    // An import for one replaces nothing for the other.
    om.by("beheerder").import(register(&[Person::number(3)]).as_bytes(), &["--convenant", OTHER]).unwrap();
    let again = gemeente.author().ask(&Ask::about(&person()).to(om).within(600)).unwrap();
    politie.approver().approve_when_there(&again);
    om.reviewer().until_in_inbox(&again);
    om.reviewer().withhold(&again).unwrap();
    gemeente.author().withdraw(&again).unwrap();
    om.until_lines("withdrawal_received", 1);
    federation.finish();
}

#[test]
fn what_is_asked_for_one_purpose_is_not_counted_for_another() {
    let federation = two_purposes(Terms { waiting: 3600, per_author: 2, per_organisation: 3, ..Terms::core() });
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let others = [Person::number(1), Person::number(2)];
    [person()].iter().chain(&others).for_each(|one| federation.plant(one));
    let ask = |person: &Person, convenant: &str| {
        let asked = gemeente.author().ask(&Ask::about(person).to(om).within(600).under(convenant))?;
        politie.approver().approve_when_there(&asked);
        Ok::<_, weegnet_tests::verbs::Refused>(asked)
    };
    ask(&person(), CONVENANT).unwrap();
    om.until_lines("candidates", 1);
    assert_eq!(ask(&person(), CONVENANT).unwrap_err().policies(), ["waiting"]);
    ask(&person(), OTHER).unwrap();
    om.until_lines("candidates", 2);
    ask(&others[0], CONVENANT).unwrap();
    om.until_lines("candidates", 3);
    assert_eq!(ask(&others[1], CONVENANT).unwrap_err().policies(), ["quota-author"]);
    // Also after a restart of both sides, when counts come from the journal again.
    for one in [gemeente, om] {
        one.restart();
    }
    federation.start_all();
    assert_eq!(ask(&others[1], CONVENANT).unwrap_err().policies(), ["quota-author"]);
    assert_eq!(ask(&person(), OTHER).unwrap_err().policies(), ["waiting"]);
    ask(&others[1], OTHER).unwrap();
    om.until_lines("candidates", 4);
    assert!(om.lines_of("refusal_sent").is_empty(), "the responder counts each purpose on its own, too");
    federation.finish();
}
