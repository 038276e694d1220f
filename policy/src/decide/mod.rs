//! Decisions: what the convenant permits, as values that the next step takes.
//!
//! Facts are computed in Rust (`facts`); the decision, with its ids and articles, is Cedar's (`engine`).

mod acts;
mod denial;
mod engine;
mod entities;
mod explain;
mod facts;
mod house;
mod local;
mod permit;
pub mod proof;
mod quick;
mod whatif;

use std::sync::Arc;

use weegnet_protocol::amendment::SignedAmendment;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::{Slug, UitvraagId};
use weegnet_protocol::oin::Oin;
use weegnet_protocol::sign::{Header, Verified, VerifyError};
use weegnet_protocol::statement::{Approval, Contact, Draft, DraftCore, Subject, Uitvraag};
use weegnet_protocol::time::Timestamp;

use crate::calendar::working_days;
use crate::convenant::{NotAmended, Ratified};
use crate::role::Roles;
use engine::Engine;
use entities::World;
use facts::{Codes, Facts, MinorRule, Question, draft_facts};

pub use crate::role::Role;
pub use acts::{Deciding, Matching, Searcher, Weighing, Withdrawing};
pub use denial::Denial;
pub use engine::{Action, PolicyError, Step};
pub use house::{Administering, House, HouseAct};
pub use local::{LOCAL_PREFIX, LocalFault, LocalProblem, LocalProblems, LocalRules, MAX_LOCAL_BYTES, MAX_LOCAL_RULES};
pub use permit::{ApprovePermit, AskPermit, Permit, Refused, ReleasePermit};
pub use whatif::{Explained, PersonFlags, Situation, WhatIf};

/// The rule that a second approver has to agree, alone in the way of the first.
pub const SECOND_APPROVER: &str = "minor-second";
/// The rule that a second reviewer has to agree, alone in the way of the first.
pub const SECOND_REVIEWER: &str = "release-second";

/// The rules of one convenant, ready to decide. Cheap to ask, dear to make: make it once and share it.
#[derive(Debug)]
pub struct Policy {
    ratified: Arc<Ratified>,
    rules: Arc<Rules>,
}

/// What is dear to make, and the same for a convenant whatever its parties amend of their records.
#[derive(Debug)]
struct Rules {
    engine: Engine,
    world: World,
    codes: Codes,
}

/// Who wants to ask what.
#[derive(Debug)]
pub struct Asking<'a> {
    /// The author's roles.
    pub roles: Roles,
    /// Our organisation.
    pub us: Oin,
    /// The question.
    pub draft: &'a Draft,
    /// Now.
    pub now: Timestamp,
    /// Questions that this author asked today, without this one.
    pub asked_today_by_author: u64,
    /// Questions that our organisation asked today, without this one.
    pub asked_today_by_organisation: u64,
    /// When we last asked about the same person.
    pub same_person_last_asked: Option<Timestamp>,
}

/// Who wants to approve.
#[derive(Debug)]
pub struct Approving {
    /// The approver's roles.
    pub roles: Roles,
    /// Our organisation.
    pub us: Oin,
    /// Whether somebody else here approved exactly this draft before.
    pub another_approved: bool,
    /// Now.
    pub now: Timestamp,
}

/// Who is asked, and what this asker asked here before. What others asked is never counted: a refusal would tell.
#[derive(Debug, Clone)]
pub struct Answering {
    /// Our organisation.
    pub us: Oin,
    /// Now.
    pub now: Timestamp,
    /// Questions that we received today from this asker, without this one.
    pub asked_today_by_this_asker: u64,
    /// When this asker last asked us about the same person.
    pub same_person_last_asked_by_this_asker: Option<Timestamp>,
}

/// Who wants to release an answer to what.
#[derive(Debug)]
pub struct Releasing {
    /// The reviewer's roles.
    pub roles: Roles,
    /// Our organisation.
    pub us: Oin,
    /// Whether the reviewer wrote the question.
    pub person_is_author_of_question: bool,
    /// Whether somebody else here let it go before.
    pub another_released: bool,
    /// On which ground, where secrecy binds us.
    pub ground: Option<Slug>,
    /// Now.
    pub now: Timestamp,
    /// When the window closes.
    pub answer_by: Timestamp,
    /// Which uitvraag.
    pub uitvraag_id: UitvraagId,
    /// Hash of the question's envelope.
    pub question: Hash,
}

impl Policy {
    /// Makes the rules ready for a convenant.
    ///
    /// # Errors
    /// When rules, schema and convenant do not fit each other: a fault of the build, never of the parties.
    pub fn new(ratified: Arc<Ratified>) -> Result<Policy, PolicyError> {
        Self::with_local(ratified, &LocalRules::default())
    }

    /// The same, with an organisation's own rules, which can only forbid.
    ///
    /// # Errors
    /// As [`Policy::new`].
    pub fn with_local(ratified: Arc<Ratified>, local: &LocalRules) -> Result<Policy, PolicyError> {
        Self::with_rules(ratified, engine::RULES, local)
    }

    fn with_rules(ratified: Arc<Ratified>, rules: &str, local: &LocalRules) -> Result<Policy, PolicyError> {
        let engine = Engine::new(rules, local, Some(ratified.terms()))?;
        let world = World::new(&ratified, engine.schema())?;
        let reasons = ratified.terms().reasons.iter().map(|coded| coded.code.clone()).collect();
        let grounds = ratified.terms().secrecy_grounds.iter().map(|coded| coded.code.clone()).collect();
        let codes = Codes { criteria: ratified.terms().criterion_codes(), reasons, grounds };
        Ok(Policy { ratified, rules: Arc::new(Rules { engine, world, codes }) })
    }

    /// The same rules for the same convenant with one more amendment in force.
    ///
    /// # Errors
    /// Why the amendment does not count.
    pub fn amend(&self, amendment: &SignedAmendment) -> Result<Policy, NotAmended> {
        let ratified = Arc::new(self.ratified.amend(amendment)?);
        Ok(Policy { ratified, rules: Arc::clone(&self.rules) })
    }

    /// The convenant.
    pub fn ratified(&self) -> &Arc<Ratified> {
        &self.ratified
    }

    /// Whether this person may ask this, before it goes to its approver.
    ///
    /// # Errors
    /// What is missing, for the author.
    pub fn may_ask(&self, asking: &Asking<'_>) -> Result<AskPermit, Denial> {
        let (core, facts) = (&asking.draft.core, self.asking(asking));
        let policy_ids = self.decide(Action::Ask, self.rules.world.person(asking.roles), facts)?;
        Ok(AskPermit { core: core.hash(), uitvraag_id: core.uitvraag_id, policy_ids })
    }

    /// Whether our node takes a draft in at all, so that a person here can judge it.
    ///
    /// # Errors
    /// Why it is refused; nothing of that depends on a person here.
    pub fn may_receive_draft(&self, draft: &Verified<Draft>, us: &Oin, now: Timestamp) -> Result<(), Denial> {
        let principal = self.rules.world.party(&draft.header().issuer);
        self.decide(Action::ReceiveDraft, principal, self.received_draft(draft.header(), draft.content(), us, now))
            .map(drop)
    }

    /// Whether this person may approve this draft.
    ///
    /// # Errors
    /// What is missing, for the approver.
    pub fn may_approve(&self, draft: Verified<Draft>, approving: &Approving) -> Result<ApprovePermit, Denial> {
        let facts = self.approving(draft.header(), draft.content(), approving);
        let policy_ids = self.decide(Action::Approve, self.rules.world.person(approving.roles), facts)?;
        Ok(ApprovePermit { draft, policy_ids })
    }

    /// Whether this question may be looked into, before any lookup. Nothing of this depends on the person asked about.
    ///
    /// `approval` is what verifying the approval inside the question gave, with the asker as audience.
    ///
    /// # Errors
    /// The question, and why it is refused.
    pub fn may_answer(
        &self,
        question: Verified<Uitvraag>,
        approval: Result<Verified<Approval>, VerifyError>,
        answering: &Answering,
    ) -> Result<Permit, Box<Refused>> {
        let (header, content) = (question.header(), question.content());
        // Only the approval that travels inside the question counts: it is what a journal can show later.
        let covering = approval.ok().filter(|approval| {
            *approval.statement() == content.approval
                && approval.covers(&content.core, &answering.us, &content.salt).is_ok()
        });
        let approver = covering.map(|approval| approval.header().issuer);
        let subject = (content.subject(), content.sealed().is_some());
        let facts = self.asked(header, &content.core, subject, approver.as_ref(), answering);
        match self.decide(Action::Answer, self.rules.world.party(&header.issuer), facts) {
            Ok(policy_ids) => Ok(Permit { question, policy_ids, approver, answering: answering.clone() }),
            Err(denial) => Err(Box::new(Refused { question, denial })),
        }
    }

    /// Whether a sealed question that was permitted before it opened is permitted about who it turned out to be about: the
    /// same rules once more, as of the same moment, now that the person, the criteria and the mark of a minor can be read.
    ///
    /// # Errors
    /// What stands in the way. To the asker that is a miss: a refusal would tell that it opened.
    pub fn may_open(&self, permit: &Permit, subject: &Subject, last_asked: Option<Timestamp>) -> Result<(), Denial> {
        let (header, core) = (permit.question.header(), &permit.question.content().core);
        let answering = Answering { same_person_last_asked_by_this_asker: last_asked, ..permit.answering.clone() };
        let facts = self.asked(header, core, (Some(subject), true), permit.approver.as_ref(), &answering);
        self.decide(Action::Answer, self.rules.world.party(&header.issuer), facts).map(drop)
    }

    /// Whether this person may let a `Known` go.
    ///
    /// # Errors
    /// What is missing, for the reviewer.
    pub fn may_release(&self, releasing: &Releasing) -> Result<ReleasePermit, Denial> {
        let facts = self.releasing(releasing);
        let policy_ids = self.decide(Action::Release, self.rules.world.person(releasing.roles), facts)?;
        let contact = self.contact(Action::Release, &releasing.us)?;
        Ok(ReleasePermit { uitvraag_id: releasing.uitvraag_id, question: releasing.question, contact, policy_ids })
    }

    /// The release of a `Known` without a person: only where our mode says so and both organisations are test ones.
    pub fn automatic_release(&self, permit: &Permit, now: Timestamp) -> Option<ReleasePermit> {
        self.automatic(permit, now).ok()
    }

    fn automatic(&self, permit: &Permit, now: Timestamp) -> Result<ReleasePermit, Denial> {
        let (header, core) = (permit.question.header(), &permit.question.content().core);
        let facts = self.automatically(&header.audience, &header.issuer, core.answer_by, now);
        let action = Action::ReleaseAutomatically;
        let policy_ids = self.decide(action, self.rules.world.party(&header.audience), facts)?;
        let question = permit.question.statement().hash();
        let contact = self.contact(action, &header.audience)?;
        Ok(ReleasePermit { uitvraag_id: core.uitvraag_id, question, contact, policy_ids })
    }

    /// A stranger answers nothing, so that whoever is permitted has a contact point; without one nothing goes.
    fn contact(&self, action: Action, us: &Oin) -> Result<Contact, Denial> {
        self.ratified.contact(us).cloned().ok_or_else(|| self.rules.engine.failed(action))
    }

    fn decide(&self, action: Action, principal: cedar_policy::EntityUid, facts: Facts) -> Result<Vec<String>, Denial> {
        self.rules.engine.decide(
            action,
            principal,
            self.rules.world.resource(action),
            facts.context(),
            &self.rules.world.entities,
        )
    }

    fn facts(&self, us: &Oin, now: Timestamp) -> Facts {
        Facts::new().party("us", self.rules.world.party(us)).at("now", now)
    }

    fn asking(&self, asking: &Asking<'_>) -> Facts {
        let (draft, core) = (asking.draft, &asking.draft.core);
        let whole =
            draft.check().is_ok() && core.asker == asking.us && core.convenant.is_same_text(self.ratified.reference());
        let minor = MinorRule::Right(asking.now.day());
        let question = Question { core, subject: Some(&draft.subject), sealed: false, whole, from: asking.now, minor };
        let before = before(asking.asked_today_by_organisation, asking.same_person_last_asked, asking.now);
        self.facts(&asking.us, asking.now)
            .party("asker", self.rules.world.party(&asking.us))
            .record("question", question.facts(&self.rules.codes))
            .record("draft", self.drafted(draft, asking.now))
            .record("before", before)
            .count("by_author", asking.asked_today_by_author)
            .flag("urgent", core.urgent)
            .count("working_days", working_days(asking.now, core.answer_by).into())
    }

    fn asked(
        &self,
        header: &Header,
        core: &DraftCore,
        (subject, sealed): (Option<&Subject>, bool),
        approver: Option<&Oin>,
        answering: &Answering,
    ) -> Facts {
        let asked = Question {
            core,
            subject,
            sealed,
            whole: self.is_ours(header, core, &answering.us),
            from: header.issued,
            minor: MinorRule::NotMissing(header.issued.day()),
        };
        let before =
            before(answering.asked_today_by_this_asker, answering.same_person_last_asked_by_this_asker, answering.now);
        let facts = self
            .facts(&answering.us, answering.now)
            .party("asker", self.rules.world.party(&header.issuer))
            .record("question", asked.facts(&self.rules.codes))
            .record("before", before);
        match approver {
            Some(approver) => facts.party("approver", self.rules.world.party(approver)),
            None => facts,
        }
    }

    fn releasing(&self, releasing: &Releasing) -> Facts {
        self.facts(&releasing.us, releasing.now)
            .at("answer_by", releasing.answer_by)
            .flag("own_question", releasing.person_is_author_of_question)
            .flag("released_before", releasing.another_released)
            .flag("grounded", releasing.ground.as_ref().is_some_and(|ground| self.rules.codes.grounds.contains(ground)))
    }

    fn automatically(&self, us: &Oin, asker: &Oin, answer_by: Timestamp, now: Timestamp) -> Facts {
        self.facts(us, now).party("asker", self.rules.world.party(asker)).at("answer_by", answer_by)
    }

    fn received_draft(&self, header: &Header, content: &Draft, us: &Oin, now: Timestamp) -> Facts {
        let question = Question {
            core: &content.core,
            subject: Some(&content.subject),
            sealed: false,
            whole: content.check().is_ok() && self.is_ours(header, &content.core, us),
            from: header.issued,
            minor: MinorRule::NotMissing(header.issued.day()),
        };
        self.facts(us, now)
            .party("asker", self.rules.world.party(&header.issuer))
            .record("question", question.facts(&self.rules.codes))
            .record("draft", self.drafted(content, header.issued))
    }

    fn approving(&self, header: &Header, content: &Draft, approving: &Approving) -> Facts {
        self.received_draft(header, content, &approving.us, approving.now)
            .flag("minor", content.subject.minor)
            .flag("approved_before", approving.another_approved)
    }

    fn drafted(&self, draft: &Draft, from: Timestamp) -> Facts {
        let Rules { world, codes, .. } = self.rules.as_ref();
        draft_facts(draft, from, world, codes, self.ratified.terms().practice())
    }

    /// Whether the envelope and what is in it agree on who asks, and that it is said to us under this very text.
    fn is_ours(&self, header: &Header, core: &DraftCore, us: &Oin) -> bool {
        header.issuer == core.asker
            && header.audience == *us
            && header.convenant.is_same_text(&core.convenant)
            && core.convenant.is_same_text(self.ratified.reference())
    }
}

/// What was asked before; whoever never asked has waited long enough.
fn before(by_organisation: u64, last_asked: Option<Timestamp>, now: Timestamp) -> Facts {
    let waited = last_asked.map_or(u64::MAX, |last| last.until(now).0);
    Facts::new().count("by_organisation", by_organisation).count("waited", waited)
}

#[cfg(test)]
mod tests;
