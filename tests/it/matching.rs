//! What people see of the matcher: words for the reviewer, a check of a file, and an index that is made anew.

use weegnet_tests::{Ask, Federation, Person, Terms};

#[test]
fn a_reviewer_reads_why_and_how_sure_and_never_a_number_that_ranks() {
    let federation = Federation::start(Terms::core());
    let (gemeente, politie, om) = (&federation["gemeente"], &federation["politie"], &federation["om"]);
    let person = Person::number(3);
    om.by("beheerder").import(weegnet_tests::people::register(std::slice::from_ref(&person)).as_bytes(), &[]).unwrap();
    let id = gemeente.author().ask(&Ask::about(&person).to(om)).unwrap();
    politie.approver().approve_when_there(&id);
    om.reviewer().until_in_inbox(&id);
    let review = om.reviewer().review(&id).unwrap();
    let candidate = &review["candidates"][0];
    assert!(["certain", "probable"].contains(&candidate["band"].as_str().unwrap()), "{candidate}");
    assert!(candidate["rarity"].is_string() && candidate["namesakes"].is_u64() && candidate["remarks"].is_array());
    assert!(!review.to_string().contains("bits"), "{review}");
    federation.finish();
}

#[test]
fn a_bsn_that_contradicts_name_and_date_reaches_the_officer_and_nobody_else() {
    let federation = Federation::start(Terms::core());
    let (gemeente, politie, om) = (&federation["gemeente"], &federation["politie"], &federation["om"]);
    let known = Person::new("Diederick", "Wijnaldumerkamp", "1961-04-17").with_bsn("123456782");
    om.by("beheerder").import(weegnet_tests::people::register(&[known]).as_bytes(), &[]).unwrap();
    let asked = Person::number(4).with_bsn("123456782");
    let id = gemeente.author().ask(&Ask::about(&asked).to(om)).unwrap();
    politie.approver().approve_when_there(&id);
    let searched = om.until_lines("candidates", 1);
    assert!(om.reviewer().review(&id).is_err(), "it is no match");
    let officer = om.by("privacyfunctionaris");
    let findings = officer.json("officer findings", &["--period", &searched[0].time[..7]]).unwrap();
    let found: Vec<_> = findings.as_array().unwrap().iter().filter(|f| f["rule"] == "bsn-tegenspraak").collect();
    assert_eq!(found.len(), 1, "{findings}");
    for word in ["123456782", "Wijnaldumerkamp", "Vlasbloem"] {
        assert!(!findings.to_string().contains(word), "{findings}");
    }
    federation.finish();
}

#[test]
fn a_register_is_refolded_by_an_operator_only_and_a_file_is_checked_by_anybody() {
    let federation = Federation::prepare(Terms::core());
    let om = &federation["om"];
    let people: Vec<Person> = (0..5).map(Person::number).collect();
    let csv = weegnet_tests::people::register(&people);
    om.by("beheerder").import(csv.as_bytes(), &[]).unwrap();
    let done = om.json("register refold", &[]).unwrap();
    assert_eq!(done["rows"], 5);
    let refused = om.json("register refold", &["--as", "privacyfunctionaris"]).unwrap_err();
    assert!(!refused.stderr.is_empty());
    federation.finish();
}
