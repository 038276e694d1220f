//! What a decision rests on, computed here and handed to Cedar as booleans, numbers and parties.

use std::collections::BTreeSet;

use cedar_policy::{Context, EntityUid, RestrictedExpression};
use weegnet_protocol::id::Slug;
use weegnet_protocol::oin::Oin;
use weegnet_protocol::statement::{Draft, DraftCore, MAX_CRITERIA, Recipient, Subject};
use weegnet_protocol::time::{Day, Timestamp};

use super::engine::FactsError;
use super::entities::{World, long, moment};
use crate::convenant::Practice;

/// Facts under the names that the schema gives them.
pub(super) struct Facts(Vec<(String, Option<RestrictedExpression>)>);

impl Facts {
    pub(super) fn new() -> Self {
        Facts(Vec::with_capacity(8))
    }
    pub(super) fn party(self, name: &str, uid: EntityUid) -> Self {
        self.with(name, Some(RestrictedExpression::new_entity_uid(uid)))
    }
    pub(super) fn flag(self, name: &str, value: bool) -> Self {
        self.with(name, Some(RestrictedExpression::new_bool(value)))
    }
    pub(super) fn at(self, name: &str, at: Timestamp) -> Self {
        self.with(name, Some(moment(at)))
    }
    pub(super) fn count(self, name: &str, count: u64) -> Self {
        self.with(name, Some(long(count)))
    }
    pub(super) fn record(self, name: &str, facts: Facts) -> Self {
        let pairs: Option<Vec<_>> = facts.0.into_iter().map(|(name, value)| Some((name, value?))).collect();
        self.with(name, pairs.and_then(|pairs| RestrictedExpression::new_record(pairs).ok()))
    }
    pub(super) fn parties(self, name: &str, uids: impl Iterator<Item = EntityUid>) -> Self {
        self.with(name, Some(RestrictedExpression::new_set(uids.map(RestrictedExpression::new_entity_uid))))
    }
    fn text(self, name: &str, value: &str) -> Self {
        self.with(name, Some(RestrictedExpression::new_string(value.into())))
    }
    fn with(mut self, name: &str, value: Option<RestrictedExpression>) -> Self {
        self.0.push((name.into(), value));
        self
    }
    pub(super) fn context(self) -> Result<Context, FactsError> {
        let pairs: Option<Vec<_>> = self.0.into_iter().map(|(name, value)| Some((name, value?))).collect();
        Context::from_pairs(pairs.ok_or(FactsError)?).map_err(|_| FactsError)
    }
}

/// The codes that a question may use.
#[derive(Debug)]
pub(super) struct Codes {
    pub(super) criteria: BTreeSet<Slug>,
    pub(super) reasons: BTreeSet<Slug>,
    pub(super) grounds: BTreeSet<Slug>,
}

/// A question, wherever it stands.
pub(super) struct Question<'a> {
    pub(super) core: &'a DraftCore,
    /// Absent when it does not fit its commitment: then the question is not whole and the rest is not judged.
    pub(super) subject: Option<&'a Subject>,
    /// The person is sealed: nothing of them is judged before it opens.
    pub(super) sealed: bool,
    /// Its parts belong together, it is ours to judge and cites this text.
    pub(super) whole: bool,
    /// From when its window is counted.
    pub(super) from: Timestamp,
    /// How the mark of a minor is judged.
    pub(super) minor: MinorRule,
}

/// How the mark of a minor is judged.
pub(super) enum MinorRule {
    /// By the author's node: the mark is right on this day.
    Right(Day),
    /// By everybody else, later: nobody who may have been a minor on this day goes unmarked. People come of age between
    /// the author's day and ours, so a mark too many is no fault.
    NotMissing(Day),
}

impl Question<'_> {
    pub(super) fn facts(&self, codes: &Codes) -> Facts {
        let judged = |judge: &dyn Fn(&Subject) -> bool| self.subject.is_none_or(judge);
        Facts::new()
            .flag("whole", self.whole && (self.sealed || self.subject.is_some()))
            .text("purpose", self.core.purpose.as_str())
            .at("answer_by", self.core.answer_by)
            .at("window_from", self.from)
            .flag("criteria_known", judged(&|subject| criteria_known(subject, codes)))
            .flag("minor_marked", judged(&|subject| self.minor.holds(subject)))
            .flag("has_bsn", self.subject.is_some_and(|subject| subject.person.bsn().is_some()))
            .flag("sealed", self.sealed)
    }
}

impl MinorRule {
    fn holds(&self, subject: &Subject) -> bool {
        match *self {
            MinorRule::Right(day) => subject.minor == subject.person.birth().may_be_minor(day),
            MinorRule::NotMissing(day) => subject.minor || !subject.person.birth().may_be_minor(day),
        }
    }
}

fn criteria_known(subject: &Subject, codes: &Codes) -> bool {
    subject.criteria.len() <= MAX_CRITERIA && listed_once(&subject.criteria, &codes.criteria)
}

/// At least one, each on the list, none twice.
pub(super) fn listed_once(codes: &[Slug], list: &BTreeSet<Slug>) -> bool {
    let mut each = codes.iter().enumerate();
    !codes.is_empty() && each.all(|(at, code)| list.contains(code) && !codes[..at].contains(code))
}

/// Whom a draft will go to, and whether it can be matched responsibly.
pub(super) fn draft_facts(
    draft: &Draft,
    from: Timestamp,
    world: &World,
    codes: &Codes,
    practice: Practice<'_>,
) -> Facts {
    let every = |judge: &dyn Fn(&Recipient) -> bool| draft.recipients.iter().all(judge);
    let member = |oin: &Oin| world.member(oin);
    let is_core = |oin: &Oin| world.member(oin).is_some_and(|member| member.core);
    Facts::new()
        .flag("specific", is_specific(&draft.subject))
        .flag("recipients_answer", every(&|to| member(&to.oin).is_some_and(|member| member.answers)))
        // Nobody can be asked who is no party: that is the rule above, and one mistake gives one explanation.
        .flag("recipients_may_tell", every(&|to| member(&to.oin).is_none_or(|m| m.may_tell(&draft.core.asker))))
        .flag(
            "recipients_reasoned",
            every(&|to| match &to.reason {
                Some(reason) => codes.reasons.contains(reason),
                None => is_core(&to.oin) || member(&to.oin).is_none(),
            }),
        )
        .flag("recipients_core", every(&|to| is_core(&to.oin)))
        .flag("recipients_weging", every(&|to| member(&to.oin).is_none_or(|member| member.weging)))
        .flag("recipients_on_duty", every(&|to| practice.on_duty(&to.oin, from, draft.core.answer_by)))
}

/// Whether one person is meant surely enough: a BSN, or a surname with at least the year of birth.
fn is_specific(subject: &Subject) -> bool {
    let person = &subject.person;
    person.bsn().is_some() || (!person.folded_surnames().is_empty() && person.birth().parts().is_some())
}
