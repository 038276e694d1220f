//! An organisation's own rules make its node stricter than the convenant, and can do nothing else.

use std::fs;

use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Organisation, Person, Terms};

const OWN: &str = r#"
// Over wie een BSN heeft antwoorden wij niet.
@id("niet-met-bsn")
forbid (principal, action == Action::"answer", resource) when { context.question.has_bsn };
"#;

/// Names a file of own rules in `node.toml`.
fn names(organisation: &Organisation, file: &str) {
    let path = organisation.dir().join("node.toml");
    let config = fs::read_to_string(&path).unwrap();
    let without: String =
        config.lines().filter(|line| !line.starts_with("eigen_regels")).map(|line| format!("{line}\n")).collect();
    fs::write(&path, format!("eigen_regels = \"{file}\"\n{without}")).unwrap();
}

#[test]
fn an_own_rule_refuses_what_the_convenant_permits_and_the_peer_hears_no_more() {
    let person = Person::new("Liselot", "Zwaluwstaartman", "1984-09-02").with_bsn("123456782");
    let federation = Federation::start(Terms { bsn: true, ..Terms::core() });
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person);
    om.stop();
    fs::write(om.dir().join("rules.cedar"), OWN).unwrap();
    names(om, "rules.cedar");
    om.start();
    gemeente.connected_to(&[politie, om]);
    let id = gemeente.author().ask(&Ask::about(&person).to(om).to(politie).within(60)).unwrap();
    politie.approver().approve_when_there(&id);
    om.until_lines("refusal_sent", 1);
    let view = weegnet_tests::wait::until("the refusal arrives", || {
        let view = gemeente.author().uitvraag(&id).unwrap();
        answer_of(&view, om)["state"].as_str()?.starts_with("geweigerd").then_some(view)
    });
    assert!(!view.to_string().contains("niet-met-bsn"), "a peer is not told why: {view}");
    assert!(om.lines_of("question_received").len() == 1 && om.lines_of("answer_sent").is_empty());
    assert_eq!(om.lines_of("policy_decision").len(), 1, "the decision is recorded");
    assert!(om.log().contains("local:niet-met-bsn") && !gemeente.log().contains("niet-met-bsn"));
    federation.finish();
}

#[test]
fn a_node_does_not_start_with_own_rules_that_permit_or_are_not_there() {
    let federation = Federation::start(Terms::core());
    let om = &federation["om"];
    om.stop();
    names(om, "rules.cedar");
    let missing = om.try_start().unwrap_err();
    assert!(missing.says("rules.cedar"), "{missing}");
    for (rules, line, why) in [
        ("\n@id(\"mag\")\npermit (principal, action, resource);\n", "line 2", "can only forbid"),
        ("@id(\"x\")\nforbid (principal, action, resource) when { context.persoon == 1 };", "line 1", "schema"),
        ("@id(\"x\") forbid (principal == ?principal, action, resource);", "line 1", "template"),
    ] {
        fs::write(om.dir().join("rules.cedar"), rules).unwrap();
        let refused = om.try_start().unwrap_err();
        assert!(refused.says(line) && refused.says(why), "{refused}");
    }
    fs::write(om.dir().join("rules.cedar"), OWN).unwrap();
    om.start();
    federation.finish();
}
