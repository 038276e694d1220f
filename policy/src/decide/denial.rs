//! `Denial`: which rules stand in the way, where they come from, and what a person and a peer are told.

use serde::{Deserialize, Serialize};
use weegnet_protocol::statement::RefusalCode;

use super::explain;
use crate::lang::Words;

/// What is not allowed. Names at least one policy and its article.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("denied by {}", .policy_ids.join(", "))]
pub struct Denial {
    /// The rules that stand in the way, in alphabetical order.
    pub policy_ids: Vec<String>,
    /// Where they come from: articles, parts of the convenant, or hard rules of the product; `; ` between them.
    pub article: String,
    /// What a peer may hear.
    pub code: RefusalCode,
    /// What was missing and who can mend it, in Dutch.
    pub nl: String,
    /// The same in English.
    pub en: String,
}

impl Denial {
    /// Whether this rule alone stands in the way.
    pub fn is_only(&self, id: &str) -> bool {
        self.policy_ids == [id]
    }

    /// The code for a signed refusal.
    pub fn refusal_code(&self) -> RefusalCode {
        self.code
    }
}

/// One rule, as far as a denial needs it.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) article: String,
    pub(super) code: RefusalCode,
    pub(super) words: Words,
}

/// The denial by these rules, of which there is at least one.
pub(super) fn denial<'a>(rules: impl IntoIterator<Item = (&'a str, &'a Rule)>) -> Denial {
    let mut rules: Vec<_> = rules.into_iter().collect();
    rules.sort_by_key(|(id, _)| *id);
    let code = rules.iter().map(|(_, rule)| rule.code).min_by_key(rank).unwrap_or(RefusalCode::NotPermitted);
    Denial {
        policy_ids: rules.iter().map(|(id, _)| String::from(*id)).collect(),
        article: joined(rules.iter().map(|(_, rule)| rule.article.as_str()), "; "),
        code,
        nl: joined(rules.iter().map(|(_, rule)| &*rule.words.nl), " "),
        en: joined(rules.iter().map(|(_, rule)| &*rule.words.en), " "),
    }
}

/// The denial because these rules could not be evaluated.
pub(super) fn failed<'a>(rules: impl IntoIterator<Item = (&'a str, &'a Rule)>) -> Denial {
    let denial = denial(rules);
    let Words { nl, en } = explain::FAILED;
    Denial { code: RefusalCode::NotPermitted, nl: nl.into(), en: en.into(), ..denial }
}

/// Of several codes the peer hears the one that has to be mended first.
fn rank(code: &RefusalCode) -> u8 {
    match code {
        RefusalCode::Malformed => 0,
        RefusalCode::NotApproved => 1,
        RefusalCode::NotPermitted => 2,
        RefusalCode::Deadline => 3,
        RefusalCode::QuotaExceeded => 4,
        RefusalCode::Declined => 5,
    }
}

/// Each once, in the order in which they first come.
fn joined<'a>(parts: impl Iterator<Item = &'a str>, between: &str) -> String {
    let mut once: Vec<&str> = Vec::new();
    parts.for_each(|part| {
        if !once.contains(&part) {
            once.push(part);
        }
    });
    once.join(between)
}
