//! What parties agree about how they work: where two people have to agree, one alone lets nothing go, also after a restart;
//! and who is bound to secrecy names a ground.

use weegnet_tests::federation::add;
use weegnet_tests::terms::GROUND;
use weegnet_tests::{Ask, Federation, Person, Terms};

#[test]
fn two_approve_about_a_minor_and_two_release_on_a_ground() {
    let federation = Federation::start(Terms { two_by_two: Some("om"), ..Terms::core() });
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let minor = Person::new("Wilhelmina", "Zwaluwstra", "2015-06-01");
    federation.knows("om", std::slice::from_ref(&minor));
    let id = gemeente.author().ask(&Ask::about(&minor).to(om)).unwrap();

    // The first approves, and nothing leaves; the same person is no second one.
    politie.approver().until_draft(&id);
    let first = politie.approver().json("uitvraag approve", &[&id]).unwrap();
    assert_eq!(first["done"], "first-of-two", "{first}");
    assert!(politie.approver().approve(&id).unwrap_err().says("tweede persoon"));
    assert!(politie.lines_of("approval_given").is_empty());
    // Who asked sees that two are needed; who may be the second sees who was the first.
    assert_eq!(gemeente.author().uitvraag(&id).unwrap()["second_approver"], true);
    politie.restart();
    add(politie, "berta", "approver");
    assert_eq!(politie.by("berta").uitvraag(&id).unwrap()["first"], "bert");
    politie.by("berta").approve(&id).unwrap();
    assert_eq!(politie.lines_of("first_of_two").len(), 1);

    // Bound to secrecy, nobody releases without a ground of the list, not even as the first of two.
    om.reviewer().until_in_inbox(&id);
    assert!(om.reviewer().release(&id).unwrap_err().says("geheimhouding"));
    let unlisted = ["--ground", "nieuwsgierigheid"];
    assert!(om.reviewer().json("inbox release", &[&[id.as_str()], &unlisted[..]].concat()).is_err());
    let release = |who: &str| om.by(who).json("inbox release", &[&id, "--ground", GROUND]);
    assert_eq!(release("cor").unwrap()["done"], "first-of-two");
    assert!(release("cor").unwrap_err().says("tweede beoordelaar"));
    assert!(om.lines_of("released").is_empty() && om.lines_of("answer_sent").is_empty());
    assert_eq!(om.lines_of("first_of_two").len(), 1);
    om.restart();
    add(om, "cora", "reviewer");
    assert_eq!(release("cora").unwrap()["done"], "released");
    gemeente.author().until_ended(&id);
    federation.finish();
}
