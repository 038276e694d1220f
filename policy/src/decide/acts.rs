//! Decisions about what people do with a case beyond asking, approving and releasing: look for a match, take back, weigh,
//! decide. What they yield is a yes or a denial; the values that cannot be forged are those of the case itself.

use cedar_policy::EntityUid;
use weegnet_protocol::id::Slug;
use weegnet_protocol::oin::Oin;
use weegnet_protocol::statement::MAX_CRITERIA;
use weegnet_protocol::time::Timestamp;

use super::facts::{Facts, listed_once};
use super::{Action, Denial, HouseAct, Policy};
use crate::role::Roles;

/// Who looks for a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Searcher {
    /// The node, in the register.
    Node,
    /// A person, among the possible matches that the node found.
    Person(Roles),
}

/// Who looks for a match to what.
#[derive(Debug, Clone)]
pub struct Matching {
    /// Who.
    pub by: Searcher,
    /// Our organisation.
    pub us: Oin,
    /// Who asked.
    pub asker: Oin,
    /// Whether the person wrote or approved the question.
    pub person_is_author_of_question: bool,
    /// Now.
    pub now: Timestamp,
    /// When the window closes.
    pub answer_by: Timestamp,
}

/// Who takes which question back.
#[derive(Debug, Clone)]
pub struct Withdrawing {
    /// The roles of the person.
    pub roles: Roles,
    /// Our organisation.
    pub us: Oin,
    /// Who asked.
    pub asker: Oin,
}

/// Who weighs the answers, and on what.
#[derive(Debug, Clone)]
pub struct Weighing {
    /// The roles of the person.
    pub roles: Roles,
    /// Our organisation.
    pub us: Oin,
    /// The criteria that were weighed.
    pub criteria: Vec<Slug>,
    /// Whether each of them has its reason, in words.
    pub reasoned: bool,
}

/// Who decides what comes of it, after whose weging.
#[derive(Debug, Clone)]
pub struct Deciding {
    /// The roles of the person.
    pub roles: Roles,
    /// Our organisation.
    pub us: Oin,
    /// The organisations whose weging is recorded.
    pub weighed_by: Vec<Oin>,
}

impl Policy {
    /// Whether the register may be searched, or possible matches be looked at, for a question that was permitted.
    ///
    /// # Errors
    /// What is missing.
    pub fn may_match(&self, matching: &Matching) -> Result<(), Denial> {
        self.decide(Action::Match, self.searcher(matching.by, &matching.us), self.matching(matching)).map(drop)
    }

    /// Whether this person may take the question back.
    ///
    /// # Errors
    /// What is missing, for the author.
    pub fn may_withdraw(&self, withdrawing: &Withdrawing) -> Result<(), Denial> {
        let person = self.rules.world.person(withdrawing.roles);
        self.decide(Action::Withdraw, person, self.withdrawing(withdrawing)).map(drop)
    }

    /// Whether this person may record this weging (R10, R11).
    ///
    /// # Errors
    /// What is missing, for the member of the weegploeg.
    pub fn may_weigh(&self, weighing: &Weighing) -> Result<(), Denial> {
        self.decide(Action::Weigh, self.rules.world.person(weighing.roles), self.weighing(weighing)).map(drop)
    }

    /// Whether this person may record what the weegploeg decided (R10).
    ///
    /// # Errors
    /// What is missing, for the member of the weegploeg.
    pub fn may_decide(&self, deciding: &Deciding) -> Result<(), Denial> {
        self.decide(Action::Decide, self.rules.world.person(deciding.roles), self.deciding(deciding)).map(drop)
    }

    /// Whether somebody may do this in the own house, by the rules as they stand here; [`super::House`] asks the same.
    ///
    /// # Errors
    /// What is missing.
    pub fn may_at_home(&self, roles: Roles, act: HouseAct) -> Result<(), Denial> {
        self.decide(act.action(), self.rules.world.person(roles), act.facts()).map(drop)
    }

    pub(super) fn searcher(&self, by: Searcher, us: &Oin) -> EntityUid {
        match by {
            Searcher::Node => self.rules.world.party(us),
            Searcher::Person(roles) => self.rules.world.person(roles),
        }
    }

    pub(super) fn matching(&self, matching: &Matching) -> Facts {
        self.facts(&matching.us, matching.now)
            .party("asker", self.rules.world.party(&matching.asker))
            .at("answer_by", matching.answer_by)
            .flag("own_question", matching.person_is_author_of_question)
    }

    pub(super) fn withdrawing(&self, withdrawing: &Withdrawing) -> Facts {
        let world = &self.rules.world;
        Facts::new().party("us", world.party(&withdrawing.us)).party("asker", world.party(&withdrawing.asker))
    }

    pub(super) fn weighing(&self, weighing: &Weighing) -> Facts {
        let criteria = &weighing.criteria;
        Facts::new()
            .party("us", self.rules.world.party(&weighing.us))
            .flag("criteria_known", criteria.len() <= MAX_CRITERIA && listed_once(criteria, &self.rules.codes.criteria))
            .flag("reasoned", weighing.reasoned)
    }

    pub(super) fn deciding(&self, deciding: &Deciding) -> Facts {
        let world = &self.rules.world;
        let weighed = deciding.weighed_by.iter().map(|oin| world.party(oin));
        Facts::new().party("us", world.party(&deciding.us)).parties("weighed_by", weighed)
    }
}
