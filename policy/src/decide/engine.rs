//! Cedar, held so that it cannot fail open: strictly validated rules, one slice per action, any error a denial.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use cedar_policy::{
    ActionConstraint, AuthorizationError, Authorizer, Context, Decision, Effect, Entities, EntityUid, PolicyId,
    PolicySet, Request, Schema, ValidationMode, Validator, pst,
};
use weegnet_protocol::statement::RefusalCode;

use super::denial::{self, Denial, Rule};
use super::explain;
use super::local::LocalRules;
use super::quick;
use crate::convenant::Terms;

/// The rules as they ship.
pub(super) const RULES: &str = include_str!("convenant.cedar");
pub(super) const SCHEMA: &str = include_str!("schema.cedarschema");

/// Rules that cannot be used; nothing is decided with them.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The schema does not parse.
    #[error("the policy schema does not parse ({0}): this build is broken, install another")]
    Schema(String),
    /// The rules do not parse.
    #[error("the policies do not parse ({0}): this build is broken, install another")]
    Policies(String),
    /// The rules do not fit the schema.
    #[error("the policies do not fit their schema ({0}): this build is broken, install another")]
    Invalid(String),
    /// A rule without name, article, code or words.
    #[error("policy {id} has no {lacks}: this build is broken, install another")]
    Unexplained {
        /// Its name, or the number that Cedar gave it.
        id: String,
        /// What it lacks.
        lacks: &'static str,
    },
    /// The parties and terms do not fit the schema.
    #[error("the convenant does not fit the policy schema ({0}): this build is broken, install another")]
    Entities(String),
}

/// What is decided about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// An author asks.
    Ask,
    /// A node takes in a draft of another organisation.
    ReceiveDraft,
    /// A person approves it.
    Approve,
    /// A node looks into a question.
    Answer,
    /// A reviewer lets an answer go.
    Release,
    /// An answer goes without a person.
    ReleaseAutomatically,
    /// Somebody, or the node itself, looks for whom a permitted question is about.
    Match,
    /// An author takes a question back.
    Withdraw,
    /// A core party weighs the answers.
    Weigh,
    /// The weegploeg decides what comes of it.
    Decide,
    /// Somebody looks at what happened on this node.
    ReadLog,
    /// Somebody handles a request of a data subject.
    SubjectAccess,
    /// Somebody runs the node.
    Administer,
}

impl Action {
    pub(super) const ALL: [Action; 13] = [
        Action::Ask,
        Action::ReceiveDraft,
        Action::Approve,
        Action::Answer,
        Action::Release,
        Action::ReleaseAutomatically,
        Action::Match,
        Action::Withdraw,
        Action::Weigh,
        Action::Decide,
        Action::ReadLog,
        Action::SubjectAccess,
        Action::Administer,
    ];

    /// Whether it is about this organisation's own node, of which no convenant speaks.
    pub(super) fn is_of_the_house(self) -> bool {
        matches!(self, Action::ReadLog | Action::SubjectAccess | Action::Administer)
    }

    pub(super) fn uid(self) -> Result<EntityUid, PolicyError> {
        format!("Action::\"{}\"", self.name()).parse().map_err(broken)
    }

    /// Its name in the schema.
    pub fn name(self) -> &'static str {
        match self {
            Action::Ask => "ask",
            Action::ReceiveDraft => "receive_draft",
            Action::Approve => "approve",
            Action::Answer => "answer",
            Action::Release => "release",
            Action::ReleaseAutomatically => "release_automatically",
            Action::Match => "match",
            Action::Withdraw => "withdraw",
            Action::Weigh => "weigh",
            Action::Decide => "decide",
            Action::ReadLog => "read_log",
            Action::SubjectAccess => "subject_access",
            Action::Administer => "administer",
        }
    }
}

/// The rules, ready to decide.
#[derive(Debug)]
pub(super) struct Engine {
    schema: Schema,
    authorizer: Authorizer,
    slices: Vec<Slice>,
    rules: BTreeMap<PolicyId, Rule>,
}

/// What one rule says about something, alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub id: String,
    /// Where it comes from.
    pub article: String,
    /// Whether it is a rule that permits; the others forbid.
    pub permits: bool,
    /// Whether it lets this pass: it permits, or does not stand in the way.
    pub passes: bool,
    /// When it does not let this pass: what is missing and who can mend it, in Dutch.
    pub nl: Cow<'static, str>,
    /// The same in English.
    pub en: Cow<'static, str>,
}

/// The rules of one action.
#[derive(Debug)]
struct Slice {
    action: EntityUid,
    policies: PolicySet,
    /// The same rules with all that forbid in one, asked first: most of what is tried is permitted.
    quick: PolicySet,
    /// The permits, which a denial names when none of them holds and no `forbid` does.
    permits: Vec<PolicyId>,
}

impl Engine {
    /// Parses, validates and slices `source`, and an organisation's own rules with it. Without terms the rules can name
    /// no article of a convenant, which those about the house do not.
    pub(super) fn new(source: &str, local: &LocalRules, terms: Option<&Terms>) -> Result<Engine, PolicyError> {
        let schema = schema()?;
        let mut all = named(source)?;
        let rules = all.policies().map(|policy| Ok((policy.id().clone(), rule(policy, terms)?)));
        let mut rules = rules.collect::<Result<BTreeMap<_, _>, PolicyError>>()?;
        for own in &local.rules {
            all.add(own.policy.clone()).map_err(broken)?;
            rules.insert(own.policy.id().clone(), own.rule.clone());
        }
        validate(&schema, &all)?;
        let slices = Action::ALL.into_iter().map(|action| slice(action, &schema, &all)).collect::<Result<_, _>>()?;
        Ok(Engine { schema, authorizer: Authorizer::new(), slices, rules })
    }

    /// The schema, for building entities.
    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Decides; the policy ids are those that permit.
    pub(super) fn decide(
        &self,
        action: Action,
        principal: EntityUid,
        resource: EntityUid,
        context: Result<Context, FactsError>,
        entities: &Entities,
    ) -> Result<Vec<String>, Denial> {
        // `slices` is made in the order of `Action::ALL`, which is that of the variants.
        let slice = &self.slices[action as usize];
        // Facts come from typed code, and that they fit the schema is seen by every test; a fact that is missing after
        // all makes the rules that need it err, and so is a denial.
        let schema = cfg!(debug_assertions).then_some(&self.schema);
        let request = context
            .ok()
            .and_then(|context| Request::new(principal, slice.action.clone(), resource, context, schema).ok());
        let Some(request) = request else {
            return Err(self.failed(action));
        };
        let response = self.authorizer.is_authorized(&request, &slice.quick, entities);
        if response.decision() == Decision::Allow && response.diagnostics().errors().next().is_none() {
            return Ok(response.diagnostics().reason().map(|id| AsRef::<str>::as_ref(id).to_owned()).collect());
        }
        // Which rules stand in the way only the rules themselves can tell.
        let response = self.authorizer.is_authorized(&request, &slice.policies, entities);
        let diagnostics = response.diagnostics();
        // Cedar skips a rule that errors, also a `forbid`: so an error anywhere is a denial.
        let errors: BTreeSet<_> =
            diagnostics.errors().map(|AuthorizationError::PolicyEvaluationError(error)| error.policy_id()).collect();
        if !errors.is_empty() {
            return Err(denial::failed(self.named(errors)));
        }
        match response.decision() {
            // One of the two is wrong, and nobody knows which.
            Decision::Allow => Err(self.failed(action)),
            Decision::Deny => {
                let mut reasons = diagnostics.reason().peekable();
                let denied = if reasons.peek().is_some() { self.named(reasons) } else { self.named(&slice.permits) };
                Err(denial::denial(denied))
            }
        }
    }

    /// What each rule of an action says about this, in the order of their names.
    pub(super) fn each(
        &self,
        action: Action,
        principal: EntityUid,
        resource: EntityUid,
        context: Result<Context, FactsError>,
        entities: &Entities,
    ) -> Vec<Step> {
        let slice = &self.slices[action as usize];
        let request = context.ok().and_then(|context| {
            Request::new(principal, slice.action.clone(), resource, context, Some(&self.schema)).ok()
        });
        let mut steps: Vec<_> =
            slice.policies.policies().map(|policy| self.step(policy, request.as_ref(), entities)).collect();
        steps.sort_by(|a, b| a.id.cmp(&b.id));
        steps
    }

    fn step(&self, policy: &cedar_policy::Policy, request: Option<&Request>, entities: &Entities) -> Step {
        let permits = policy.effect() == Effect::Permit;
        // Alone, so that what it says is not lost behind what another does.
        let alone = PolicySet::from_policies([policy.clone()]).ok();
        let response =
            alone.zip(request).map(|(alone, request)| self.authorizer.is_authorized(request, &alone, entities));
        let applies = response
            .filter(|response| response.diagnostics().errors().next().is_none())
            .map(|response| response.diagnostics().reason().next().is_some());
        let passes = applies.is_some_and(|applies| applies == permits);
        let (article, words) = match self.rules.get(policy.id()) {
            Some(rule) => (rule.article.clone(), rule.words.clone()),
            None => (String::new(), explain::FAILED),
        };
        let words = if applies.is_some() { words } else { explain::FAILED };
        Step { id: AsRef::<str>::as_ref(policy.id()).to_owned(), article, permits, passes, nl: words.nl, en: words.en }
    }

    /// The denial when what is needed for a decision is not there.
    pub(super) fn failed(&self, action: Action) -> Denial {
        denial::failed(self.named(&self.slices[action as usize].permits))
    }

    fn named<'a>(&'a self, ids: impl IntoIterator<Item = &'a PolicyId>) -> Vec<(&'a str, &'a Rule)> {
        ids.into_iter().filter_map(|id| Some((id.as_ref(), self.rules.get(id)?))).collect()
    }
}

/// Facts that Cedar did not take.
pub(super) struct FactsError;

pub(super) fn schema() -> Result<Schema, PolicyError> {
    let (schema, warnings) =
        Schema::from_cedarschema_str(SCHEMA).map_err(|error| PolicyError::Schema(error.to_string()))?;
    match warnings.into_iter().next() {
        None => Ok(schema),
        Some(warning) => Err(PolicyError::Schema(warning.to_string())),
    }
}

/// Parses the rules and gives each the name in its `@id`.
pub(super) fn named(source: &str) -> Result<PolicySet, PolicyError> {
    let parsed = PolicySet::from_str(source).map_err(broken)?;
    let mut named = PolicySet::new();
    for policy in parsed.policies() {
        let lacks = || PolicyError::Unexplained { id: policy.id().to_string(), lacks: "@id" };
        let id = policy.annotation("id").ok_or_else(lacks)?;
        named.add(policy.new_id(PolicyId::new(id))).map_err(broken)?;
    }
    Ok(named)
}

/// Refuses whatever is not strictly valid, and warnings with it.
pub(super) fn validate(schema: &Schema, policies: &PolicySet) -> Result<(), PolicyError> {
    let result = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
    if result.validation_passed_without_warnings() { Ok(()) } else { Err(PolicyError::Invalid(result.to_string())) }
}

fn rule(policy: &cedar_policy::Policy, terms: Option<&Terms>) -> Result<Rule, PolicyError> {
    let id: &str = policy.id().as_ref();
    let lacks = |lacks| PolicyError::Unexplained { id: id.into(), lacks };
    let article = match policy.annotation("artikel").ok_or_else(|| lacks("@artikel"))? {
        "$doel" => terms.map_or_else(|| "convenant: doel".into(), |terms| terms.purpose.article.to_string()),
        "$bsn" => {
            let law = terms.and_then(|terms| terms.bsn.law.as_ref());
            law.map_or_else(|| "convenant: bsn".into(), ToString::to_string)
        }
        "" => return Err(lacks("@artikel")),
        article => article.into(),
    };
    let code = match policy.annotation("code") {
        Some("not_approved") => RefusalCode::NotApproved,
        Some("not_permitted") => RefusalCode::NotPermitted,
        Some("quota_exceeded") => RefusalCode::QuotaExceeded,
        Some("deadline") => RefusalCode::Deadline,
        Some("malformed") => RefusalCode::Malformed,
        _ => return Err(lacks("@code")),
    };
    Ok(Rule { article, code, words: explain::words(id).ok_or_else(|| lacks("words"))? })
}

fn slice(action: Action, schema: &Schema, all: &PolicySet) -> Result<Slice, PolicyError> {
    let policies = sliced(action, all)?;
    // What runs is what was validated.
    validate(schema, &policies)?;
    let permits = policies.policies().filter(|policy| policy.effect() == Effect::Permit);
    let permits: Vec<_> = permits.map(|policy| policy.id().clone()).collect();
    // Without a permit a denial could name nothing.
    if permits.is_empty() {
        return Err(PolicyError::Unexplained { id: action.name().into(), lacks: "permit" });
    }
    let quick = quick::fused(&policies)?;
    validate(schema, &quick)?;
    Ok(Slice { action: action.uid()?, policies, quick, permits })
}

/// The rules that apply to an action, each for this action alone.
pub(super) fn sliced(action: Action, all: &PolicySet) -> Result<PolicySet, PolicyError> {
    let action = action.uid()?;
    let mut policies = PolicySet::new();
    for policy in all.policies() {
        let applies = match policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(one) => one == action,
            ActionConstraint::In(several) => several.contains(&action),
        };
        if applies {
            policies.add(narrowed(policy, std::slice::from_ref(&action))?).map_err(broken)?;
        }
    }
    Ok(policies)
}

/// The same rule for some of its actions. In a slice there is only one, and comparing with a list takes a fifth of the time
/// of a decision.
pub(super) fn narrowed(
    policy: &cedar_policy::Policy,
    actions: &[EntityUid],
) -> Result<cedar_policy::Policy, PolicyError> {
    let mut body = policy.to_pst().map_err(broken)?.body().clone();
    body.action = match actions {
        [one] => pst::ActionConstraint::Eq(one.clone().into()),
        several => pst::ActionConstraint::In(several.iter().cloned().map(Into::into).collect()),
    };
    let narrowed = pst::StaticPolicy::try_from(body).map_err(broken)?;
    cedar_policy::Policy::from_pst(pst::Policy::Static(narrowed)).map_err(broken)
}

pub(super) fn broken(error: impl std::fmt::Display) -> PolicyError {
    PolicyError::Policies(error.to_string())
}
