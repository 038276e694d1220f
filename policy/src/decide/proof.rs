//! What can be proven about the rules: the hard rules and requirements that policy can express, each as a condition that must
//! hold whenever an action is permitted. What proves them is the caller's: this is only what is to be proven.
//!
//! Said a third time here, beside the rules and the table in tests/rules, because a proof of a rule by itself proves nothing.

use std::fmt::Write;
use std::str::FromStr;

use cedar_policy::{PolicySet, Schema};

use super::engine::{self, Action, PolicyError, broken};
use crate::convenant::{AnswerMode, Convenant, Ratified};
use crate::lang::Words;

/// The hard rules that no policy can express; other means keep them.
pub const NOT_BY_POLICY: &str = "H4, H5, H8, H9, H13";

/// Something to prove about one action.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The rule or requirement.
    pub rule: String,
    /// In words.
    pub says: Words,
    /// About what.
    pub action: Action,
    /// What permits.
    pub rules: PolicySet,
    /// What must permit whenever those do.
    pub holds: PolicySet,
}

/// The schema of rules and claims.
///
/// # Errors
/// A fault of the build.
pub fn schema() -> Result<Schema, PolicyError> {
    engine::schema()
}

/// What is claimed of the rules as they ship, or with one convenant's parties and terms.
///
/// # Errors
/// A fault of the build.
pub fn claims(convenant: Option<&Convenant>) -> Result<Vec<Claim>, PolicyError> {
    claims_of(engine::RULES, convenant)
}

/// The same for the rules without one of them, to see whether its absence shows.
///
/// # Errors
/// As [`claims`].
pub fn claims_without(rule: &str) -> Result<Vec<Claim>, PolicyError> {
    let mut claims = claims(None)?;
    for claim in &mut claims {
        // Where the rule does not apply there is nothing to take away.
        let _ = claim.rules.remove_static(cedar_policy::PolicyId::new(rule));
    }
    Ok(claims)
}

fn claims_of(rules: &str, convenant: Option<&Convenant>) -> Result<Vec<Claim>, PolicyError> {
    let all = engine::named(rules)?;
    let facts = convenant.map(facts);
    let own = convenant.map(own_claims).unwrap_or_default();
    let shipped = CLAIMS.iter().map(|(rule, nl, en, actions, condition)| {
        (String::from(*rule), Words::of(nl, en), *actions, String::from(*condition))
    });
    let mut claims = Vec::new();
    for (rule, says, actions, condition) in shipped.chain(own) {
        for action in actions.iter().copied() {
            let mut rules = engine::sliced(action, &all)?;
            let mut given = whole_numbers(action);
            if let (Some(facts), false) = (&facts, action.is_of_the_house()) {
                let _ = write!(given, " && {facts}");
            }
            let name = action.name();
            let given = format!("forbid (principal, action == Action::\"{name}\", resource) unless {{ {given} }};");
            let given =
                cedar_policy::Policy::parse(Some(cedar_policy::PolicyId::new("given")), given).map_err(broken)?;
            rules.add(given).map_err(broken)?;
            let holds = format!("permit (principal, action == Action::\"{name}\", resource) when {{ {condition} }};");
            let holds = PolicySet::from_str(&holds).map_err(broken)?;
            claims.push(Claim { rule: rule.clone(), says: says.clone(), action, rules, holds });
        }
    }
    Ok(claims)
}

/// What facts always are: never negative. So nothing that the rules reckon is out of range.
fn whole_numbers(action: Action) -> String {
    let numbers: &[&str] = match action {
        Action::Ask => &[
            "context.now",
            "context.question.answer_by",
            "context.question.window_from",
            "context.before.by_organisation",
            "context.before.waited",
            "context.by_author",
            "context.working_days",
        ],
        Action::ReceiveDraft | Action::Approve => {
            &["context.now", "context.question.answer_by", "context.question.window_from"]
        }
        Action::Answer => &[
            "context.now",
            "context.question.answer_by",
            "context.question.window_from",
            "context.before.by_organisation",
            "context.before.waited",
        ],
        Action::Release | Action::ReleaseAutomatically | Action::Match => &["context.now", "context.answer_by"],
        _ => &[],
    };
    let each: Vec<_> = numbers.iter().map(|number| format!("{number} >= 0")).collect();
    if each.is_empty() { "true".into() } else { each.join(" && ") }
}

const ASKED: &[Action] = &[Action::Ask, Action::ReceiveDraft, Action::Approve, Action::Answer];
const DRAFTED: &[Action] = &[Action::Ask, Action::ReceiveDraft, Action::Approve];

type Shipped = (&'static str, &'static str, &'static str, &'static [Action], &'static str);

/// Rule, Dutch, English, actions, and what must hold when they are permitted.
const CLAIMS: &[Shipped] = &[
    (
        "H1",
        "geen vraag wordt bekeken zonder goedkeuring van een andere kernpartij",
        "no question is looked into without the approval of another core party",
        &[Action::Answer],
        "context has approver && context.approver.core && context.approver != context.asker",
    ),
    (
        "H1",
        "wie vragen opstelt keurt er geen goed, en niemand keurt een vraag van de eigen organisatie goed",
        "whoever writes questions approves none, and nobody approves a question of the own organisation",
        &[Action::Approve],
        "principal in Role::\"approver\" && !(principal in Role::\"author\") && context.us.core && context.us != context.asker",
    ),
    ("H1", "alleen kernpartijen vragen", "only core parties ask", ASKED, "context.asker.core"),
    (
        "H1",
        "elke vraag wijst een persoon zeker genoeg aan",
        "every question points to one person surely enough",
        DRAFTED,
        "context.draft.specific",
    ),
    (
        "H1",
        "over echte personen stelt een opsteller er ten hoogste tien per dag, en een organisatie dertig",
        "about real persons an author asks at most ten a day, and an organisation thirty",
        &[Action::Ask],
        "resource.only_test || (context.by_author < 10 && context.before.by_organisation < 30)",
    ),
    (
        "H1",
        "de quota van het convenant gelden altijd",
        "the convenant's own quotas always hold",
        &[Action::Ask],
        "context.by_author < resource.quota_author && context.before.by_organisation < resource.quota_organisation",
    ),
    (
        "H1",
        "over dezelfde persoon wordt niet opnieuw gevraagd voor de wachttijd om is",
        "about the same person nobody asks again before the waiting time is over",
        &[Action::Ask, Action::Answer],
        "context.before.waited >= resource.waiting",
    ),
    (
        "H2",
        "alleen het ene doel, binnen de handtekening, onder deze tekst",
        "only the one purpose, inside the signature, under this text",
        ASKED,
        "context.question.whole && context.question.purpose == resource.purpose",
    ),
    (
        "H3",
        "een antwoord gaat door een beoordelaar die de vraag niet schreef; vanzelf alleen tussen testorganisaties",
        "an answer leaves by a reviewer who did not write the question; by itself between test organisations only",
        &[Action::Release],
        "principal in Role::\"reviewer\" && !context.own_question && context.us.mode == \"na_verstrekking\"",
    ),
    (
        "H3",
        "een antwoord gaat vanzelf alleen tussen testorganisaties",
        "an answer leaves by itself between test organisations only",
        &[Action::ReleaseAutomatically],
        "context.us.test && context.asker.test && context.us.mode == \"automatisch\"",
    ),
    (
        "H6",
        "wie minderjarig kan zijn is zo gemerkt",
        "whoever may be a minor is marked so",
        ASKED,
        "context.question.minor_marked",
    ),
    (
        "H6",
        "waar twee personen over een minderjarige moeten beslissen, doet een het niet alleen",
        "where two persons have to approve about a minor, one alone does not",
        &[Action::Approve],
        "!(context.minor && resource.minor_second) || context.approved_before",
    ),
    (
        "H7",
        "over echte personen worden alleen kernpartijen open gevraagd, ieder ander verzegeld",
        "about real persons only core parties are asked openly, everybody else sealed",
        &[Action::Answer],
        "resource.only_test || context.us.core || context.question.sealed",
    ),
    (
        "H10",
        "niemand wijzigt een eigen rol, laat het knooppunt zonder toezicht, of doet als beheerder een zaak van toezicht",
        "nobody changes an own role, leaves the node without oversight, or handles oversight as an operator",
        &[Action::Administer],
        "!context.own && !context.last && (!context.oversight || principal in Role::\"privacy_officer\")",
    ),
    (
        "H11",
        "wat over een persoon bewaard wordt, ziet alleen een privacyfunctionaris",
        "what is kept about a person only a privacy officer sees",
        &[Action::SubjectAccess],
        "!context.content || principal in Role::\"privacy_officer\"",
    ),
    (
        "H12",
        "spoed verkort de termijn tot wat daarvoor is afgesproken, en niet verder",
        "urgency shortens the term to what was agreed for it, and no further",
        &[Action::Ask],
        "if context.urgent then context.question.answer_by - context.now >= resource.window_urgent \
         else context.question.answer_by - context.now >= resource.window_least",
    ),
    (
        "R4",
        "na de antwoordtermijn gaat niets meer weg",
        "nothing leaves after the answer window",
        &[Action::Release, Action::ReleaseAutomatically],
        "context.now < context.answer_by",
    ),
    (
        "R4",
        "niemand zoekt of antwoordt zonder gerichte grondslag",
        "nobody searches or answers without a directed legal basis",
        &[Action::Answer, Action::Match],
        "context.us.may_tell.contains(context.asker)",
    ),
    (
        "R10",
        "niets wordt besloten voor elke kernpartij heeft gewogen",
        "nothing is decided before every core party has weighed",
        &[Action::Decide],
        "context.us.core && context.weighed_by.containsAll(resource.core)",
    ),
    (
        "R17",
        "losse zaken bekijkt alleen een privacyfunctionaris, op mandaat en vermoeden",
        "single cases are looked at by a privacy officer only, on a mandate and a suspicion",
        &[Action::ReadLog],
        "!context.specific || (context.mandated && principal in Role::\"privacy_officer\")",
    ),
    (
        "afspraken",
        "waar geheimhouding of een tweede beoordelaar is afgesproken, gaat niets weg zonder",
        "where secrecy or a second reviewer was agreed, nothing leaves without",
        &[Action::Release],
        "(!context.us.secrecy || context.grounded) && (!context.us.second || context.released_before)",
    ),
    (
        "afspraken",
        "in de weging wordt alleen gevraagd wie daarvoor genoemd is",
        "in the weging only those are asked who are named for it",
        &[Action::Answer],
        "context.us.weging",
    ),
];

/// The convenant's parties and terms as a condition: every attribute that a rule looks at has the value of this document.
fn facts(convenant: &Convenant) -> String {
    let ratified = Ratified::unsigned(convenant.clone());
    let (terms, practice) = (ratified.terms(), ratified.terms().practice());
    let say = |value: bool, what: String| if value { what } else { format!("!{what}") };
    let text = |text: &str| format!("{text:?}");
    let uid = |oin: &str| format!("Party::\"{oin}\"");
    let mut all = vec![
        say(ratified.only_test_organisations(), "resource.only_test".into()),
        say(terms.bsn.allowed, "resource.bsn".into()),
        say(practice.terms.minor_second, "resource.minor_second".into()),
        format!("resource.purpose == {}", text(terms.purpose.uri.as_str())),
        format!("resource.valid_from == {}", terms.valid_from.0.start().as_millis()),
        format!("resource.valid_until == {}", terms.valid_until().as_millis()),
        format!("resource.window_least == {}", ratified.least_window().0),
        format!("resource.window_most == {}", ratified.most_window().0),
        format!("resource.waiting == {}", ratified.waiting().0),
        format!("resource.quota_author == {}", terms.quota.per_author),
        format!("resource.quota_organisation == {}", terms.quota.per_organisation),
    ];
    let core = terms.parties.iter().filter(|party| party.is_core()).map(|party| uid(party.oin.as_str()));
    all.push(format!("resource.core == [{}]", core.collect::<Vec<_>>().join(", ")));
    for party in &terms.parties {
        let (oin, me) = (&party.oin, uid(party.oin.as_str()));
        let told = terms.bases.iter().filter(|basis| basis.from == *oin).map(|basis| uid(basis.to.as_str()));
        let told: Vec<_> = told.collect();
        all.extend([
            say(party.is_core(), format!("{me}.core")),
            say(oin.is_test(), format!("{me}.test")),
            say(practice.is_weging(oin), format!("{me}.weging")),
            say(practice.needs_second(oin), format!("{me}.second")),
            say(practice.secrecy(oin).is_some(), format!("{me}.secrecy")),
            format!("{me}.mode == {}", text(party.mode.as_str())),
            match told.is_empty() {
                true => format!("{me}.may_tell.isEmpty()"),
                false => format!("{me}.may_tell == [{}]", told.join(", ")),
            },
        ]);
    }
    // Whoever is no party is a stranger: it stands for nobody here.
    let ours: Vec<_> = terms.parties.iter().map(|party| format!("context.us == {}", uid(party.oin.as_str()))).collect();
    all.push(format!("({})", ours.join(" || ")));
    all.join(" && ")
}

type Own = (String, Words, &'static [Action], String);

/// What only this document makes true.
fn own_claims(convenant: &Convenant) -> Vec<Own> {
    let terms = convenant.terms();
    let mut claims: Vec<Own> = Vec::new();
    let mut add = |rule: &str, nl: String, en: String, actions: &'static [Action], condition: String| {
        claims.push((rule.into(), Words::made(nl, en), actions, condition));
    };
    add(
        "geldigheid",
        format!("gevraagd wordt alleen van {} tot en met {}", terms.valid_from, terms.valid_to),
        format!("questions are asked from {} to {} only", terms.valid_from, terms.valid_to),
        ASKED,
        format!(
            "context.now >= {} && context.now < {}",
            terms.valid_from.0.start().as_millis(),
            terms.valid_until().as_millis()
        ),
    );
    let quota = &terms.quota;
    add(
        "quota",
        format!(
            "een opsteller stelt per dag minder dan {} vragen, een organisatie minder dan {}",
            u64::from(quota.per_author) + 1,
            u64::from(quota.per_organisation) + 1
        ),
        format!(
            "an author asks fewer than {} questions a day, an organisation fewer than {}",
            u64::from(quota.per_author) + 1,
            u64::from(quota.per_organisation) + 1
        ),
        &[Action::Ask],
        format!(
            "context.by_author < {} && context.before.by_organisation < {}",
            quota.per_author, quota.per_organisation
        ),
    );
    if !terms.bsn.allowed {
        let (nl, en) = ("met een BSN wordt nooit gevraagd", "nobody ever asks with a BSN");
        add("bsn", nl.into(), en.into(), ASKED, "!context.question.has_bsn".into());
    }
    if !terms.only_test_organisations() {
        let (nl, en) = ("alleen kernpartijen worden open gevraagd", "only core parties are asked openly");
        add("H7", nl.into(), en.into(), &[Action::Answer], "context.us.core || context.question.sealed".into());
    }
    if terms.parties.iter().all(|party| party.mode != AnswerMode::Automatic) {
        let (nl, en) = ("niets gaat ooit weg zonder een mens", "nothing ever leaves without a human");
        add("R4", nl.into(), en.into(), &[Action::ReleaseAutomatically], "false".into());
    }
    for party in terms.parties.iter().filter(|party| party.mode == AnswerMode::Never) {
        let (nl, en) = (format!("{} wordt nooit bekeken", party.name), format!("{} is never looked into", party.name));
        add("modus", nl, en, &[Action::Answer], format!("context.us != Party::\"{}\"", party.oin));
    }
    claims
}

#[cfg(test)]
mod tests {
    use cedar_policy::{ValidationMode, Validator};

    use super::*;
    use crate::testing::{SAMPLE, real};

    #[test]
    fn each_claim_fits_the_schema() {
        let schema = schema().unwrap();
        for text in [None, Some(SAMPLE.to_owned()), Some(real())] {
            let convenant = text.map(|text| Convenant::parse(&text).unwrap());
            let claims = claims(convenant.as_ref()).unwrap();
            assert!(claims.len() > 35);
            for claim in claims {
                // That something is never permitted is claimed, too: only errors count here, no warnings.
                for policies in [&claim.rules, &claim.holds] {
                    let result = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
                    assert!(result.validation_passed(), "{} {}: {result}", claim.rule, claim.says.en);
                }
            }
        }
    }
}
