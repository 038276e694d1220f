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
