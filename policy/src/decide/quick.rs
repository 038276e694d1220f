//! The rules of one action in fewer policies: everything that forbids becomes one. Most of what is tried is permitted, and
//! Cedar takes longer to begin with a policy than to evaluate one. Which rule stands in the way only the rules can tell.

use std::sync::Arc;

use cedar_policy::{Effect, Policy, PolicyId, PolicySet, pst};
use pst::{BinaryOp, Clause, Expr, Literal, PrincipalConstraint, ResourceConstraint, UnaryOp, Var};

use super::engine::{PolicyError, broken};

/// Its name; it stands in no decision.
const NAME: &str = "quick";

/// The same permits, and one `forbid` that applies, or errs, when any of the forbids does. Each condition stands in it as
/// it was written; what Cedar leaves out behind a condition that applies is asked again, rule by rule.
pub(super) fn fused(policies: &PolicySet) -> Result<PolicySet, PolicyError> {
    let mut quick = PolicySet::new();
    let mut any: Option<(pst::Template, Arc<Expr>)> = None;
    for policy in policies.policies() {
        let body = policy.to_pst().map_err(broken)?.body().clone();
        let condition = if policy.effect() == Effect::Forbid { condition(&body) } else { None };
        match (condition, any.take()) {
            (None, before) => {
                any = before;
                quick.add(policy.clone()).map_err(broken)?;
            }
            (Some(condition), None) => any = Some((body, condition)),
            (Some(condition), Some((body, before))) => any = Some((body, binary(BinaryOp::Or, before, condition))),
        }
    }
    if let Some((body, condition)) = any {
        let body =
            pst::Template::new(body.id, body.effect, PrincipalConstraint::Any, body.action, ResourceConstraint::Any);
        let body = body.try_with_clauses([Clause::When(condition)]).map_err(broken)?;
        let one = pst::StaticPolicy::try_from(body).map_err(broken)?;
        let one = Policy::from_pst(pst::Policy::Static(one)).map_err(broken)?;
        quick.add(one.new_id(PolicyId::new(NAME))).map_err(broken)?;
    }
    Ok(quick)
}

/// When the rule applies, as one expression; `None` for a rule about one resource, which stays as it is.
fn condition(rule: &pst::Template) -> Option<Arc<Expr>> {
    if rule.resource != ResourceConstraint::Any {
        return None;
    }
    let mut parts = Vec::new();
    match &rule.principal {
        PrincipalConstraint::Any => {}
        PrincipalConstraint::In(pst::EntityOrSlot::Entity(role)) => {
            let role = Arc::new(Expr::Literal(Literal::EntityUID(role.clone())));
            parts.push(binary(BinaryOp::In, Arc::new(Expr::Var(Var::Principal)), role));
        }
        PrincipalConstraint::Is(kind) => parts.push(Arc::new(Expr::Is {
            expr: Arc::new(Expr::Var(Var::Principal)),
            entity_type: kind.clone(),
            in_expr: None,
        })),
        _ => return None,
    }
    parts.extend(rule.clauses().iter().map(|clause| match clause {
        Clause::When(expr) => Arc::clone(expr),
        Clause::Unless(expr) => Arc::new(Expr::UnaryOp { op: UnaryOp::Not, expr: Arc::clone(expr) }),
    }));
    parts.into_iter().reduce(|all, part| binary(BinaryOp::And, all, part))
}

fn binary(op: BinaryOp, left: Arc<Expr>, right: Arc<Expr>) -> Arc<Expr> {
    Arc::new(Expr::BinaryOp { op, left, right })
}
