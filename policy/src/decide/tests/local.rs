//! Own rules make a node stricter and nothing else.

use super::*;

const OWN: &str = r#"
// Wij beantwoorden geen vragen over wie een BSN heeft; niet voor het om.
@id("niet-met-bsn")
@nl("Wij vragen niet met een BSN; overleg met de privacyfunctionaris.")
forbid (principal, action in [Action::"ask", Action::"answer"], resource) when { context.question.has_bsn };

@id("niet-voor-om") @artikel("Huisregel 4")
forbid (principal, action == Action::"answer", resource)
when { context.asker == Party::"00000099000000003000" }; // "; in een opmerking"
"#;

fn with(own: &str) -> Policy {
    Policy::with_local(RATIFIED[&World::Bsn].clone(), &LocalRules::parse(own).unwrap()).unwrap()
}

fn faults(own: &str) -> Vec<(usize, LocalFault)> {
    let problems = LocalRules::parse(own).map(drop).unwrap_err();
    problems.0.into_iter().map(|problem| (problem.line, problem.fault)).collect()
}

#[test]
fn an_own_rule_forbids_and_is_named() {
    let (own, none) = (with(OWN), with(""));
    assert_eq!(
        LocalRules::parse(OWN).unwrap().names().collect::<Vec<_>>(),
        ["local:niet-met-bsn", "local:niet-voor-om"]
    );
    for way in [attempt::ask, attempt::answer] {
        let asked = |policy| {
            let mut try_ = Try::new(policy);
            try_.draft.subject.person = crate::testing::person_by_bsn();
            way(try_)
        };
        assert_eq!(asked(&none), Ok(()));
        let denial = asked(&own).unwrap_err();
        assert_eq!(denial.policy_ids, ["local:niet-met-bsn"]);
        assert_eq!((denial.article.as_str(), denial.refusal_code()), ("eigen regel", RefusalCode::NotPermitted));
        assert!(denial.nl.contains("privacyfunctionaris") && denial.en.contains("niet-met-bsn"));
    }
    let for_om = |policy| {
        let mut try_ = Try::new(policy);
        try_.asked_by(OM);
        try_.approver = oin(GEMEENTE);
        attempt::answer(try_)
    };
    assert_eq!(for_om(&none), Ok(()));
    let denial = for_om(&own).unwrap_err();
    assert_eq!((denial.policy_ids, denial.article), (vec!["local:niet-voor-om".to_owned()], "Huisregel 4".to_owned()));
}

#[test]
fn a_peer_hears_of_an_own_rule_only_that_it_is_not_permitted() {
    let policy = with("@id(\"nooit\") forbid (principal, action == Action::\"answer\", resource);");
    let mut try_ = Try::new(&policy);
    try_.by_organisation = 1_000;
    let denial = attempt::answer(try_).unwrap_err();
    assert_eq!(denial.policy_ids, ["local:nooit", "quota-organisation"]);
    assert_eq!(denial.refusal_code(), RefusalCode::NotPermitted);
}

#[test]
fn an_own_rule_cannot_forbid_oversight() {
    for action in ["read_log", "subject_access", "administer"] {
        for named in
            [format!("action == Action::\"{action}\""), format!("action in [Action::\"ask\", Action::\"{action}\"]")]
        {
            let found = LocalRules::parse(&format!("@id(\"x\") forbid (principal, {named}, resource);")).unwrap_err();
            assert_eq!(found.0[0].fault, LocalFault::Oversight, "{named}");
        }
    }
    // One about everything is about every question, and about nothing else.
    let local = LocalRules::parse("@id(\"x\") forbid (principal, action, resource);").unwrap();
    let officer = Roles::from([Role::PrivacyOfficer]);
    assert_eq!(House::new(&local).unwrap().may(officer, HouseAct::READ), Ok(()));
    let policy = Policy::with_local(RATIFIED[&World::Sample].clone(), &local).unwrap();
    for way in [attempt::ask, attempt::answer, attempt::release, attempt::search, attempt::withdraw, attempt::weigh] {
        assert_eq!(way(Try::new(&policy)).unwrap_err().policy_ids, ["local:x"]);
    }
}

#[test]
fn own_rules_never_permit_what_is_denied_without_them() {
    let all = "@id(\"a\") forbid (principal, action, resource) when { context.us.mode == \"nooit\" };";
    let local = LocalRules::parse(&format!("{OWN}{all}")).unwrap();
    let policy = |world: &World| (*world, Policy::with_local(RATIFIED[world].clone(), &local).unwrap());
    let policies: BTreeMap<_, _> = RATIFIED.keys().map(policy).collect();
    // An automatic release needs a question that is permitted first.
    let denied = |situation: &Situation| !situation.denied_by.is_empty() && !situation.name.starts_with("release_auto");
    for situation in situations().into_iter().filter(denied) {
        assert!((situation.attempt)(&policies[&situation.world]).is_err(), "{}", situation.name);
    }
}

#[test]
fn a_file_that_does_more_than_forbid_is_refused_with_the_line() {
    let permit = "// Een opmerking.\n\n@id(\"mag\")\npermit (principal, action, resource);";
    assert_eq!(faults(permit), [(3, LocalFault::Permits)]);
    let template = "@id(\"mal\")\nforbid (principal == ?principal, action, resource);";
    assert_eq!(faults(template), [(1, LocalFault::Template)]);
    let hidden = "@id(\"a\") forbid (principal, action == Action::\"ask\", resource); @id(\"b\") permit (principal, action, resource);";
    assert_eq!(faults(hidden), [(1, LocalFault::Permits)]);
}

#[test]
fn a_rule_that_would_forbid_nothing_is_refused() {
    let one = |condition: &str| {
        format!("\n@id(\"x\")\nforbid (principal, action == Action::\"answer\", resource) when {{ {condition} }};")
    };
    for condition in
        ["context.person == \"x\"", "context.us.name == \"x\"", "false", "context.now == \"x\"", "resource.quota"]
    {
        assert!(matches!(faults(&one(condition))[..], [(2, LocalFault::Invalid(_))]), "{condition}");
    }
    assert!(matches!(
        faults("@id(\"x\") forbid (principal, action == Action::\"browse\", resource);")[..],
        [(1, LocalFault::Invalid(_))]
    ));
    // What only some acts know cannot be said of all.
    let all = "@id(\"x\") forbid (principal, action, resource) when { context.question.has_bsn };";
    assert!(matches!(faults(all)[..], [(1, LocalFault::Invalid(_))]));
    assert_eq!(faults(&one("context.asker == Party::\"om\"")), [(2, LocalFault::NoSuchName("om".into()))]);
    let role = "@id(\"x\") forbid (principal in Role::\"baas\", action == Action::\"ask\", resource);";
    assert_eq!(faults(role), [(1, LocalFault::NoSuchName("baas".into()))]);
}

#[test]
fn everything_wrong_with_a_file_is_said_at_once() {
    let own = "forbid (principal, action == Action::\"ask\", resource);\n\
               @id(\"a\") forbid (principal, action == Action::\"ask\", resource);\n\
               @id(\"a\") forbid (principal, action == Action::\"ask\", resource);\n\
               @id(\"b\") @code(\"deadline\") forbid (principal, action == Action::\"ask\", resource);\n\
               forbid principal;\n@id(\"c\") forbid (principal, action == Action::\"ask\", resource)";
    let faults = faults(own);
    assert_eq!(
        faults[..3],
        [(1, LocalFault::NoName), (3, LocalFault::Twice(2)), (4, LocalFault::Annotation("code".into()))]
    );
    assert!(matches!(faults[3..], [(5, LocalFault::Notation(_)), (6, LocalFault::Notation(_))]));
    let many = "@id(\"a\") forbid (principal, action == Action::\"ask\", resource);\n".repeat(MAX_LOCAL_RULES + 1);
    assert_eq!(LocalRules::parse(&many).unwrap_err().0[0].fault, LocalFault::TooMany);
    assert_eq!(LocalRules::parse(&" ".repeat(MAX_LOCAL_BYTES + 1)).unwrap_err().0[0].fault, LocalFault::TooLarge);
}
