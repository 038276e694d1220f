//! `weegnet convenant prove`: what the rules keep, whatever happens, as theorems; where one is none, a situation that shows it.
//!
//! The proofs are Cedar's symbolic analysis and the solver cvc5, which stands outside this binary. A build without the
//! feature `prove` has the verb, and says what it lacks; nothing else needs it.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use weegnet_policy::lang::Lang;

#[derive(Debug, Args)]
pub struct ProveArgs {
    /// The document (TOML); without one only the rules that every convenant has are proven
    file: Option<PathBuf>,
    /// Language of the sentences: nl or en
    #[arg(long, default_value = "nl", value_parser = Lang::from_str)]
    lang: Lang,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[cfg(not(feature = "prove"))]
pub async fn run(args: &ProveArgs) -> Result<(), super::Failure> {
    let _ = (&args.file, args.lang, args.json);
    Err("this build cannot prove: build it with 'cargo build --release --features prove', and install cvc5 \
         (Debian: apt-get install cvc5); nothing else needs either"
        .into())
}

#[cfg(feature = "prove")]
pub use solved::run;

#[cfg(feature = "prove")]
mod solved {
    use cedar_policy_symcc::solver::LocalSolver;
    use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicySet};
    use serde::Serialize;
    use weegnet_policy::convenant::Convenant;
    use weegnet_policy::decide::proof::{self, Claim};
    use weegnet_policy::lang::Lang;

    use super::ProveArgs;
    use crate::cli::{Failure, files, print};

    /// One claim, and what became of it.
    #[derive(Debug, Serialize)]
    pub(super) struct Proven {
        /// The rule or requirement.
        pub rule: String,
        /// In words.
        pub says: String,
        /// About which action.
        pub action: &'static str,
        /// Whether it holds whatever happens.
        pub proven: bool,
        /// A situation that is permitted and in which it does not hold: each fact with its value.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub counterexample: Vec<(String, String)>,
    }

    pub async fn run(args: &ProveArgs) -> Result<(), Failure> {
        let document = match &args.file {
            Some(path) => Some(
                Convenant::parse(&files::text(path)?).map_err(|problems| format!("{}:\n{problems}", path.display()))?,
            ),
            None => None,
        };
        let proven = prove(&proof::claims(document.as_ref())?, args.lang).await?;
        let failed = proven.iter().filter(|claim| !claim.proven).count();
        if args.json {
            print::json(&proven)?;
        } else {
            print::lines(&words(&proven, args.lang))?;
        }
        if failed == 0 { Ok(()) } else { Err(format!("{failed} claims do not hold").into()) }
    }

    /// Proves each claim, or finds a situation that shows it wrong.
    pub(super) async fn prove(claims: &[Claim], lang: Lang) -> Result<Vec<Proven>, Failure> {
        let solver = LocalSolver::cvc5().map_err(|error| {
            format!(
                "the solver cvc5 does not start ({error}): install it (Debian: apt-get install cvc5), or name it in CVC5; \
                 nothing else needs it"
            )
        })?;
        let mut compiler = CedarSymCompiler::new(solver)?;
        let schema = proof::schema()?;
        let mut proven = Vec::with_capacity(claims.len());
        for claim in claims {
            let mut counterexample = Vec::new();
            for env in schema.request_envs().filter(|env| env.action().id().unescaped() == claim.action.name()) {
                let rules = CompiledPolicySet::compile(&claim.rules, &env, &schema)?;
                let holds = CompiledPolicySet::compile(&claim.holds, &env, &schema)?;
                if let Some(found) = compiler.check_implies_with_counterexample_opt(&rules, &holds).await? {
                    counterexample = situation(&found.request, &found.entities);
                    break;
                }
            }
            proven.push(Proven {
                rule: claim.rule.clone(),
                says: claim.says.of_lang(lang).to_owned(),
                action: claim.action.name(),
                proven: counterexample.is_empty(),
                counterexample,
            });
        }
        Ok(proven)
    }

    fn situation(request: &cedar_policy::Request, entities: &cedar_policy::Entities) -> Vec<(String, String)> {
        let mut facts = Vec::new();
        if let Some(principal) = request.principal() {
            let roles: Vec<_> = entities
                .ancestors(principal)
                .into_iter()
                .flatten()
                .map(|role| role.id().unescaped().to_owned())
                .collect();
            facts.push(("principal".into(), format!("{principal} [{}]", roles.join(", "))));
        }
        let context = request.context().and_then(|context| context.to_json_value().ok());
        if let Some(serde_json::Value::Object(context)) = context {
            facts.extend(context.into_iter().map(|(name, value)| (name, value.to_string())));
        }
        facts.sort();
        let mut shown: Vec<_> = entities.iter().map(|entity| (entity.uid().to_string(), entity)).collect();
        shown.sort_by(|a, b| a.0.cmp(&b.0));
        for (uid, entity) in shown {
            let attributes: Vec<_> = entity
                .attrs()
                .map(|(name, value)| format!("{name} = {}", value.map_or_else(|e| e.to_string(), |v| v.to_string())))
                .collect();
            if !attributes.is_empty() {
                facts.push((uid, attributes.join(", ")));
            }
        }
        facts
    }

    fn words(proven: &[Proven], lang: Lang) -> String {
        let say = |nl: &'static str, en: &'static str| if lang == Lang::Nl { nl } else { en };
        let mut text = String::new();
        for claim in proven {
            let verdict = if claim.proven { say("bewezen", "proven") } else { say("GELDT NIET", "DOES NOT HOLD") };
            text.push_str(&format!("{verdict:10} {:10} {:21} {}\n", claim.rule, claim.action, claim.says));
            if !claim.proven {
                let nl = "           Dit zou zijn toegestaan terwijl het niet mag:\n";
                text.push_str(say(nl, "           This would be permitted although it must not be:\n"));
            }
            for (fact, value) in &claim.counterexample {
                text.push_str(&format!("             {fact} = {value}\n"));
            }
        }
        text.push_str(say(
            "Niet door regels uit te drukken, en anders bewaakt: ",
            "Not for rules to express, and kept otherwise: ",
        ));
        text.push_str(proof::NOT_BY_POLICY);
        text.push_str(".\n");
        text
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        const SAMPLE: &str = include_str!("../../../deploy/convenant-voorbeeld.toml");

        #[tokio::test]
        async fn everything_is_proven_of_the_rules_and_of_the_sample() {
            let sample = Convenant::parse(SAMPLE).unwrap();
            for document in [None, Some(&sample)] {
                let proven = prove(&proof::claims(document).unwrap(), Lang::En).await.unwrap();
                let failed: Vec<_> = proven.iter().filter(|claim| !claim.proven).collect();
                assert!(failed.is_empty(), "{failed:#?}");
                assert!(proven.len() > 35);
            }
        }

        #[tokio::test]
        async fn a_rule_that_is_gone_is_seen_in_a_situation() {
            // Each of these is what a claim rests on, alone.
            for (rule, action) in [
                ("approved", "answer"),
                ("approver-no-author", "approve"),
                ("asker-core", "ask"),
                ("asked-open", "answer"),
                ("minor-second", "approve"),
                ("release-own", "release"),
                ("release-secrecy", "release"),
                ("window-urgent", "ask"),
                ("roles-last", "administer"),
                ("decide-weighed", "decide"),
                ("log-mandate", "read_log"),
            ] {
                let proven = prove(&proof::claims_without(rule).unwrap(), Lang::Nl).await.unwrap();
                let failed: Vec<_> = proven.iter().filter(|claim| !claim.proven).collect();
                assert!(failed.iter().any(|claim| claim.action == action), "{rule}: {failed:?}");
                assert!(words(&proven, Lang::Nl).contains("GELDT NIET"));
            }
        }
    }
}
