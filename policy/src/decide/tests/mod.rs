//! Each rule has a named situation that it alone denies, so that no rule can go without a test failing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use weegnet_protocol::sign;
use weegnet_protocol::statement::{AskedSubject, RefusalCode};
use weegnet_protocol::time::Millis;

use super::*;
use crate::convenant::{AnswerMode, Coded, Convenant, LegalBasis, PartyPractice, PracticeTerms, Seconds, Terms};
use crate::testing::{
    DAY, GEMEENTE, NOW, OM, POLITIE, RECLASSERING, SAMPLE, ZORG, draft, oin, ratified, real, real_oin, recipient,
    signed,
};

mod agreed;
mod answering;
mod asking;
mod attempt;
mod home;
mod limits;
mod local;
mod mutants;
mod releasing;

use attempt::Try;

/// Whether it is permitted, and else by which rules it is not.
type Outcome = Result<(), Denial>;

/// A federation in which something is tried.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum World {
    /// The sample.
    Sample,
    /// The sample with a law that allows a BSN.
    Bsn,
    /// Real organisations.
    Real,
    /// Real organisations with quotas and an answering reclassering that no check lets through.
    Loose,
    /// The sample with legal bases that no check lets through: of zorg, and towards reclassering.
    Bent,
    /// The sample where politie answers by itself.
    Automatic,
    /// The sample where politie works by agreements: two reviewers, secrecy, a roster; two approvers for minors; terms for
    /// urgency and in working days; and only the core in the weging.
    Agreed,
    /// As `Automatic`, but politie needs two reviewers.
    AutomaticSecond,
    /// As `Automatic`, but the gemeente is real, which no check lets through.
    AutomaticReal,
}

static RATIFIED: LazyLock<BTreeMap<World, Arc<Ratified>>> = LazyLock::new(|| {
    let automatic = |terms: &mut Terms| terms.parties[POLITIE].mode = AnswerMode::Automatic;
    let loose = |terms: &mut Terms| {
        (terms.quota.per_author, terms.quota.per_organisation) = (1_000, 1_000);
        terms.parties[RECLASSERING].mode = AnswerMode::AfterRelease;
        for to in [GEMEENTE, POLITIE] {
            let basis = LegalBasis { from: real_oin(RECLASSERING), to: real_oin(to), ..terms.bases[0].clone() };
            terms.bases.push(basis);
        }
    };
    let bent = |terms: &mut Terms| {
        for (from, to) in [(ZORG, GEMEENTE), (POLITIE, RECLASSERING)] {
            let basis = LegalBasis { from: oin(from), to: oin(to), ..terms.bases[0].clone() };
            terms.bases.push(basis);
        }
    };
    let single =
        |party: usize| PartyPractice { oin: oin(party), weging: false, second: false, secrecy: None, roster: None };
    let agreed = |terms: &mut Terms| {
        terms.practice = PracticeTerms {
            minor_second: true,
            urgent_least: Some(Seconds(600)),
            least_working_days: Some(1),
            default_working_days: None,
        };
        let law = Some("Voorbeeldwet, artikel 7".parse().unwrap());
        let roster = Some("ma di".parse().unwrap());
        let politie = PartyPractice { weging: true, second: true, secrecy: law, roster, ..single(POLITIE) };
        let named = [GEMEENTE, OM].map(|party| PartyPractice { weging: true, ..single(party) });
        terms.party_practice = named.into_iter().chain([politie]).collect();
        terms.secrecy_grounds = vec![Coded { code: "toestemming".parse().unwrap(), ..terms.criteria[0].clone() }];
    };
    let automatic_second = |terms: &mut Terms| {
        automatic(terms);
        terms.party_practice = vec![PartyPractice { second: true, ..single(POLITIE) }];
    };
    let automatic_real = |terms: &mut Terms| {
        automatic(terms);
        terms.parties[GEMEENTE].oin = real_oin(GEMEENTE);
        let bases = terms.bases.iter_mut().filter(|basis| basis.to == oin(GEMEENTE));
        bases.for_each(|basis| basis.to = real_oin(GEMEENTE));
    };
    let bsn = |terms: &mut Terms| {
        terms.bsn.allowed = true;
        terms.bsn.law = Some("Voorbeeldwet".parse().unwrap());
    };
    BTreeMap::from([
        (World::Sample, ratified(SAMPLE)),
        (World::Bsn, unchecked(SAMPLE, bsn)),
        (World::Real, ratified(&real())),
        (World::Loose, unchecked(&real(), loose)),
        (World::Bent, unchecked(SAMPLE, bent)),
        (World::Automatic, unchecked(SAMPLE, automatic)),
        (World::Agreed, unchecked(SAMPLE, agreed)),
        (World::AutomaticSecond, unchecked(SAMPLE, automatic_second)),
        (World::AutomaticReal, unchecked(SAMPLE, automatic_real)),
    ])
});

fn unchecked(text: &str, change: impl FnOnce(&mut Terms)) -> Arc<Ratified> {
    let mut terms = Convenant::parse(text).unwrap().terms().clone();
    change(&mut terms);
    Arc::new(Ratified::unsigned(Convenant::unchecked(terms)))
}

/// Something that somebody tries, and the rules that stand in the way.
struct Situation {
    name: String,
    world: World,
    attempt: Box<dyn Fn(&Policy) -> Outcome>,
    denied_by: &'static [&'static str],
}

/// How something is tried.
type Attempt = fn(Try<'_>) -> Outcome;

/// What is different from what is permitted.
type Change = fn(&mut Try<'_>);

/// One situation for each of the ways in which it is tried.
fn tried(
    ways: &'static [(&'static str, Attempt)],
    world: World,
    name: &'static str,
    change: Change,
    denied_by: &'static [&'static str],
) -> impl Iterator<Item = Situation> {
    ways.iter().map(move |(way, attempt)| {
        let attempt = move |policy: &Policy| {
            let mut try_ = Try::new(policy);
            change(&mut try_);
            attempt(try_)
        };
        Situation { name: format!("{way}: {name}"), world, attempt: Box::new(attempt), denied_by }
    })
}

fn situations() -> Vec<Situation> {
    asking::situations()
        .into_iter()
        .chain(limits::situations())
        .chain(answering::situations())
        .chain(releasing::situations())
        .chain(agreed::situations())
        .chain(home::situations())
        .collect()
}

fn policy(world: World, rules: &str) -> Result<Policy, PolicyError> {
    Policy::with_rules(RATIFIED[&world].clone(), rules, &LocalRules::default())
}

fn policies() -> BTreeMap<World, Policy> {
    RATIFIED.keys().map(|world| (*world, policy(*world, engine::RULES).unwrap())).collect()
}

/// The rules, each with its name.
fn rules() -> Vec<(&'static str, &'static str)> {
    let mut starts: Vec<_> = engine::RULES.match_indices("@id(\"").map(|(at, _)| at).collect();
    starts.push(engine::RULES.len());
    let rule = |pair: &[usize]| {
        let text = &engine::RULES[pair[0]..pair[1]];
        (text["@id(\"".len()..].split('"').next().unwrap(), text)
    };
    starts.windows(2).map(rule).collect()
}

#[test]
fn every_situation_ends_as_it_says() {
    let policies = policies();
    for situation in situations() {
        let outcome = (situation.attempt)(&policies[&situation.world]);
        let denied_by = outcome.map_or_else(|denial| denial.policy_ids, |()| Vec::new());
        assert_eq!(denied_by, situation.denied_by, "{}", situation.name);
    }
}

#[test]
fn no_rule_can_go_unnoticed() {
    let situations = situations();
    for (id, text) in rules() {
        let without = engine::RULES.replace(text, "");
        if text.contains("\npermit") {
            assert!(situations.iter().any(|situation| situation.denied_by.contains(&id)), "nothing is denied by {id}");
            match policy(World::Sample, &without) {
                // Nothing is decided about an action without its only permit.
                Err(error) => assert!(matches!(error, PolicyError::Unexplained { .. }), "{id}"),
                Ok(without) => {
                    let permitted = |it: &&Situation| it.world == World::Sample && it.denied_by.is_empty();
                    let mut permitted = situations.iter().filter(permitted);
                    assert!(permitted.any(|it| (it.attempt)(&without).is_err()), "nothing is permitted by {id} alone");
                }
            }
            continue;
        }
        let alone: Vec<_> = situations.iter().filter(|situation| situation.denied_by == [id]).collect();
        assert!(!alone.is_empty(), "no situation is denied by {id} alone");
        let mut policies = BTreeMap::new();
        for situation in alone {
            let world = situation.world;
            let policy = policies.entry(world).or_insert_with(|| policy(world, &without).unwrap());
            assert!((situation.attempt)(policy).is_ok(), "{} is denied without {id} too", situation.name);
        }
    }
}

#[test]
fn no_rule_can_leave_out_an_action() {
    // Each action that a rule names has a situation that this rule alone denies.
    let situations = situations();
    // Where an action has two permits, a denial for want of any names both.
    let permits: Vec<_> = rules().into_iter().filter(|(_, text)| text.contains("\npermit")).map(|(id, _)| id).collect();
    let ways = |id| -> BTreeSet<&str> {
        let permits = |situation: &Situation| situation.denied_by.iter().all(|id| permits.contains(id));
        let alone = situations.iter().filter(|situation| situation.denied_by.contains(&id));
        let alone = alone.filter(|situation| situation.denied_by == [id] || permits(situation));
        alone.map(|situation| situation.name.split(':').next().unwrap()).collect()
    };
    for (id, text) in rules() {
        let actions = text.split("Action::\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        assert_eq!(ways(id), actions.collect(), "{id}");
    }
}

#[test]
fn each_denial_names_a_policy_an_article_and_what_to_do() {
    let policies = policies();
    for situation in situations() {
        if let Err(denial) = (situation.attempt)(&policies[&situation.world]) {
            assert!(!denial.policy_ids.is_empty() && !denial.article.is_empty(), "{}", situation.name);
            assert!(!denial.article.contains('$'), "{}: {}", situation.name, denial.article);
            assert!(denial.nl.ends_with('.') && denial.en.ends_with('.'), "{}", situation.name);
            assert!(!denial.nl.contains("Bakker") && !denial.to_string().contains("Bakker"), "{}", situation.name);
        }
    }
}

#[test]
fn the_article_of_the_purpose_is_the_convenants_own() {
    let policies = policies();
    let other = situations().into_iter().find(|situation| situation.denied_by == ["purpose"]).unwrap();
    let denial = (other.attempt)(&policies[&other.world]).unwrap_err();
    assert_eq!(denial.article, RATIFIED[&World::Sample].terms().purpose.article.as_str());
}

#[test]
fn a_rule_that_errors_denies_even_where_it_would_not_matter() {
    // Overflows. Cedar itself skips it, and as the question is permitted otherwise, would allow.
    for effect in ["permit", "forbid"] {
        let broken = format!(
            "{}\n@id(\"asked-open\") @artikel(\"H7\") @code(\"quota_exceeded\")\n\
             {effect} (principal, action == Action::\"answer\", resource) when {{ context.now + {} < 0 }};",
            strip(engine::RULES, "asked-open"),
            i64::MAX
        );
        let policy = policy(World::Sample, &broken).unwrap();
        let denial = attempt::answer(Try::new(&policy)).unwrap_err();
        assert_eq!(denial.policy_ids, ["asked-open"], "{effect}");
        assert_eq!((denial.article.as_str(), denial.code), ("H7", RefusalCode::NotPermitted));
        assert!(denial.nl.contains("niet worden toegepast"));
    }
}

/// The rules without one.
fn strip(rules: &str, id: &str) -> String {
    let start = rules.find(&format!("@id(\"{id}\")")).unwrap();
    let end = rules[start + 1..].find("@id(\"").map_or(rules.len(), |next| start + 1 + next);
    format!("{}{}", &rules[..start], &rules[end..])
}

#[test]
fn a_rule_beyond_the_schema_is_refused_when_it_is_loaded() {
    for wrong in [
        "@id(\"answers\") @artikel(\"H1\") @code(\"deadline\") forbid (principal, action, resource) when { context.person };",
        "@id(\"answers\") @artikel(\"H1\") @code(\"deadline\") forbid (principal, action == Action::\"answer\", resource) when { context.now == \"x\" };",
        "@id(\"answers\") @artikel(\"H1\") @code(\"deadline\") forbid (principal, action == Action::\"browse\", resource);",
    ] {
        let rules = format!("{}\n{wrong}", strip(engine::RULES, "answers"));
        assert!(matches!(policy(World::Sample, &rules), Err(PolicyError::Invalid(_))), "{wrong}");
    }
}

#[test]
fn a_rule_without_name_article_code_or_words_is_refused_when_it_is_loaded() {
    let rest = "forbid (principal, action == Action::\"answer\", resource) when { context.us.core };";
    for (wrong, lacks) in [
        ("@artikel(\"H1\") @code(\"deadline\")", "@id"),
        ("@id(\"answers\") @code(\"deadline\")", "@artikel"),
        ("@id(\"answers\") @artikel(\"H1\") @code(\"known\")", "@code"),
        ("@id(\"browse\") @artikel(\"H1\") @code(\"deadline\")", "words"),
    ] {
        let rules = format!("{}\n{wrong} {rest}", strip(engine::RULES, "answers"));
        let error = policy(World::Sample, &rules).unwrap_err();
        assert!(matches!(error, PolicyError::Unexplained { lacks: l, .. } if l == lacks), "{wrong}: {error}");
    }
}

#[test]
fn several_rules_are_named_together_and_the_peer_hears_one_code() {
    let policy = policy(World::Sample, engine::RULES).unwrap();
    let mut try_ = Try::new(&policy);
    try_.now = NOW + Millis(6 * DAY.0);
    try_.by_organisation = 1_000;
    let denial = attempt::answer(try_).unwrap_err();
    assert_eq!(denial.policy_ids, ["quota-organisation", "window-closed"]);
    assert_eq!(denial.refusal_code(), RefusalCode::Deadline);
    assert_eq!(denial.article, "convenant: quota; convenant: antwoordtermijn");
}
