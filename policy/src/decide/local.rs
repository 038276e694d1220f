//! An organisation's own rules: they can only forbid, so that a node can only be stricter than its convenant.
//!
//! Everything wrong with a file is found when it is read, with its line; a file with anything wrong is not used at all.

use std::collections::BTreeMap;
use std::fmt;

use cedar_policy::{ActionConstraint, Effect, EntityUid, Policy, PolicyId, PolicySet, Template};
use weegnet_protocol::id::Slug;
use weegnet_protocol::oin::Oin;
use weegnet_protocol::statement::RefusalCode;

use super::denial::Rule;
use super::engine::{self, Action};
use crate::convenant::Line;
use crate::lang::Words;
use crate::role::Role;

/// Largest file of own rules: 64 KiB.
pub const MAX_LOCAL_BYTES: usize = 64 * 1024;
/// Most own rules: each costs every decision about a microsecond.
pub const MAX_LOCAL_RULES: usize = 64;
/// Stands before the name of an own rule in decisions, so that it is never taken for one of the product.
pub const LOCAL_PREFIX: &str = "local:";

/// Rules of one organisation, each of which forbids something.
#[derive(Debug, Clone, Default)]
pub struct LocalRules {
    pub(super) rules: Vec<LocalRule>,
}

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct LocalRule {
    pub(super) policy: Policy,
    pub(super) rule: Rule,
}

/// Something that is wrong with a file of own rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalProblem {
    /// The line on which the rule begins, from 1.
    pub line: usize,
    /// What.
    pub fault: LocalFault,
}

/// What can be wrong with an own rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocalFault {
    /// It permits.
    #[error("this rule permits something: an own rule can only forbid; take it out or turn it round")]
    Permits,
    /// It has slots.
    #[error("this is a template: an own rule is complete; put a value in the place of ?principal and ?resource")]
    Template,
    /// It is about the own house.
    #[error(
        "this rule is about logs, requests for access or the running of the node: own rules are about questions only"
    )]
    Oversight,
    /// It is no rule.
    #[error("this cannot be read ({0}): write forbid (principal, action == Action::\"...\", resource) when {{ ... }};")]
    Notation(String),
    /// It has no name.
    #[error("this rule has no name: write @id(\"...\") before it, with a-z, 0-9 and '-'")]
    NoName,
    /// Its name was used before.
    #[error("this name is used on line {0} too: give each rule its own")]
    Twice(usize),
    /// An annotation that says nothing here.
    #[error("@{0} says nothing here: use @id, @artikel, @nl and @en, the last three of one line and at most 500 bytes")]
    Annotation(String),
    /// A role or party that cannot be.
    #[error("{0} is no role and no OIN: this rule would never apply; correct it")]
    NoSuchName(String),
    /// It speaks of what is not there, or can never apply.
    #[error(
        "this rule does not fit the schema ({0}): 'weegnet convenant rules --schema' prints what rules can speak about"
    )]
    Invalid(String),
    /// Too many.
    #[error("there are more than {MAX_LOCAL_RULES} rules: take some together")]
    TooMany,
    /// Too large.
    #[error("the file is larger than {MAX_LOCAL_BYTES} bytes: is this the right file?")]
    TooLarge,
}

/// All that is wrong with a file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalProblems(pub Vec<LocalProblem>);

impl fmt::Display for LocalProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        self.0.iter().try_for_each(|problem| {
            write!(f, "{between}line {}: {}", problem.line, problem.fault)?;
            between = "\n";
            Ok(())
        })
    }
}

impl std::error::Error for LocalProblems {}

impl LocalRules {
    /// What the rules can speak about.
    pub const SCHEMA: &str = engine::SCHEMA;

    /// Reads a file of own rules and checks each, strictly, against the schema.
    ///
    /// # Errors
    /// Everything that is wrong with it, with the line and what to do.
    pub fn parse(text: &str) -> Result<LocalRules, LocalProblems> {
        let whole = |fault| LocalProblems(vec![LocalProblem { line: 1, fault }]);
        if text.len() > MAX_LOCAL_BYTES {
            return Err(whole(LocalFault::TooLarge));
        }
        let statements = statements(text);
        if statements.len() > MAX_LOCAL_RULES {
            return Err(whole(LocalFault::TooMany));
        }
        let (mut rules, mut problems, mut names) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (line, statement) in statements {
            match read(statement) {
                Ok(rule) => match names.insert(rule.policy.id().clone(), line) {
                    Some(before) => problems.push(LocalProblem { line, fault: LocalFault::Twice(before) }),
                    None => rules.push(rule),
                },
                Err(fault) => problems.push(LocalProblem { line, fault }),
            }
        }
        if problems.is_empty() { Ok(LocalRules { rules }) } else { Err(LocalProblems(problems)) }
    }

    /// Their names as decisions give them, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.policy.id().as_ref())
    }
}

fn read(statement: &str) -> Result<LocalRule, LocalFault> {
    let policy = Policy::parse(None, statement).map_err(|error| match Template::parse(None, statement) {
        Ok(_) => LocalFault::Template,
        Err(_) => LocalFault::Notation(error.to_string()),
    })?;
    if policy.effect() == Effect::Permit {
        return Err(LocalFault::Permits);
    }
    let name: Slug = policy.annotation("id").and_then(|id| id.parse().ok()).ok_or(LocalFault::NoName)?;
    let rule = rule(&policy, &name)?;
    exist(statement)?;
    let policy = about_questions(&policy)?.new_id(PolicyId::new(format!("{LOCAL_PREFIX}{name}")));
    fits(&policy)?;
    Ok(LocalRule { policy, rule })
}

fn rule(policy: &Policy, name: &Slug) -> Result<Rule, LocalFault> {
    let (mut article, mut nl, mut en) = (None, None, None);
    for (key, value) in policy.annotations() {
        let place = match key {
            "id" => continue,
            "artikel" => &mut article,
            "nl" => &mut nl,
            "en" => &mut en,
            _ => return Err(LocalFault::Annotation(key.into())),
        };
        *place = Some(value.parse::<Line>().map_err(|_| LocalFault::Annotation(key.into()))?.to_string());
    }
    let nl = nl.unwrap_or_else(|| {
        format!("Een eigen regel van deze organisatie ({name}) staat in de weg. De beheerder kan zeggen waarom.")
    });
    let en = en.unwrap_or_else(|| {
        format!("A rule of this organisation's own ({name}) stands in the way. The operator can say why.")
    });
    // A peer hears no more than that it is not permitted.
    Ok(Rule {
        article: article.unwrap_or_else(|| "eigen regel".into()),
        code: RefusalCode::NotPermitted,
        words: Words::made(nl, en),
    })
}

/// Own rules are about questions. Oversight is nobody's to forbid (H10), and what runs the node belongs to it.
fn about_questions(policy: &Policy) -> Result<Policy, LocalFault> {
    let uids = |home: bool| -> Result<Vec<EntityUid>, LocalFault> {
        let actions = Action::ALL.into_iter().filter(|action| action.is_of_the_house() == home);
        actions.map(Action::uid).collect::<Result<_, _>>().map_err(|error| LocalFault::Invalid(error.to_string()))
    };
    let named = match policy.action_constraint() {
        ActionConstraint::Any => {
            return engine::narrowed(policy, &uids(false)?).map_err(|e| LocalFault::Invalid(e.to_string()));
        }
        ActionConstraint::Eq(one) => vec![one],
        ActionConstraint::In(several) => several,
    };
    let home = uids(true)?;
    if named.iter().any(|action| home.contains(action)) { Err(LocalFault::Oversight) } else { Ok(policy.clone()) }
}

/// The schema does not know which roles and numbers there are; a rule about none would forbid nothing and seem to.
fn exist(statement: &str) -> Result<(), LocalFault> {
    let named = |kind: &'static str| {
        let rest = statement.split(kind).skip(1);
        rest.map(|rest| rest.split('"').next().unwrap_or_default())
    };
    let wrong = |name: &str| Err(LocalFault::NoSuchName(name.into()));
    if let Some(role) = named("Role::\"").find(|name| Role::ALL.iter().all(|role| role.as_str() != *name)) {
        return wrong(role);
    }
    match named("Party::\"").find(|name| name.parse::<Oin>().is_err()) {
        Some(party) => wrong(party),
        None => Ok(()),
    }
}

/// Valid as it stands, and for each of the actions that it applies to.
fn fits(policy: &Policy) -> Result<(), LocalFault> {
    let invalid = |error: super::PolicyError| match error {
        super::PolicyError::Invalid(why) => LocalFault::Invalid(why),
        other => LocalFault::Invalid(other.to_string()),
    };
    let schema = engine::schema().map_err(invalid)?;
    let only = PolicySet::from_policies([policy.clone()]).map_err(|error| LocalFault::Invalid(error.to_string()))?;
    engine::validate(&schema, &only).map_err(invalid)?;
    for action in Action::ALL.into_iter().filter(|action| !action.is_of_the_house()) {
        let sliced = engine::sliced(action, &only).map_err(invalid)?;
        engine::validate(&schema, &sliced).map_err(invalid)?;
    }
    Ok(())
}

/// The text of each rule with the line on which it begins: up to a `;` that is in no string and no comment.
fn statements(text: &str) -> Vec<(usize, &str)> {
    let (mut found, mut start, mut line) = (Vec::new(), None, 1);
    let (mut string, mut comment, mut escaped) = (false, false, false);
    for (at, c) in text.char_indices() {
        if comment {
            comment = c != '\n';
        } else if string {
            string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c == '/' && text[at..].starts_with("//") {
            comment = true;
        } else if !c.is_whitespace() {
            let (first, begins) = *start.get_or_insert((at, line));
            string = c == '"';
            if c == ';' {
                found.push((begins, &text[first..=at]));
                start = None;
            }
        }
        line += usize::from(c == '\n');
    }
    if let Some((first, line)) = start {
        found.push((line, &text[first..]));
    }
    found
}
