//! Situations: who does what, when, with what in hand. Plain words and numbers; times in milliseconds since 1970.

use super::chance::Chance;
use super::paper::{DAY, Mode, Paper, SECOND, calendar};

#[path = "twist.rs"]
mod twist;

/// An organisation: the number of a party, or one past the last for one that is no party.
pub type Who = usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    Ask,
    ReceiveDraft,
    Approve,
    Answer,
    Release,
    /// After a question was permitted.
    ReleaseAutomatically,
    Match,
    Withdraw,
    Weigh,
    Decide,
    ReadLog,
    SubjectAccess,
    Administer,
}

pub const ACTS: [Act; 13] = [
    Act::Ask,
    Act::ReceiveDraft,
    Act::Approve,
    Act::Answer,
    Act::Release,
    Act::ReleaseAutomatically,
    Act::Match,
    Act::Withdraw,
    Act::Weigh,
    Act::Decide,
    Act::ReadLog,
    Act::SubjectAccess,
    Act::Administer,
];

/// Those about which few rules speak, and which are tried less.
const FEW_RULES: usize = 7;

/// No clock runs further than this: somewhere in the year 2243.
const FAR: u64 = 100_000 * DAY;

pub const ROLES: [&str; 6] = ["author", "approver", "reviewer", "privacy_officer", "operator", "supervisor"];

#[derive(Debug, Clone)]
pub struct Situation {
    pub act: Act,
    /// Of the person who acts.
    pub roles: Vec<&'static str>,
    pub now: u64,
    /// Of the automatic release, which comes after the question was permitted.
    pub later: u64,
    /// Our organisation.
    pub us: Who,
    /// Whose signature is under the draft or question, to whom it is said, and when.
    pub from: Who,
    pub to: Who,
    pub issued: u64,
    /// Whether the envelope and what is in it cite the convenant in force, or another text.
    pub envelope_cites_ours: bool,
    pub question_cites_ours: bool,
    /// Who asks, as the question itself says.
    pub asker: Who,
    pub our_purpose: bool,
    pub urgent: bool,
    pub answer_by: u64,
    pub person: Person,
    pub marked_minor: bool,
    pub criteria: Vec<Code>,
    /// Whether person and motivation are the ones committed to.
    pub person_committed: bool,
    pub motivation_committed: bool,
    pub motivation: Motivation,
    pub recipients: Vec<Recipient>,
    pub approval: Approval,
    /// The person is sealed in the question.
    pub sealed: bool,
    pub by_author: u64,
    pub by_organisation: u64,
    pub last_asked: Option<u64>,
    pub own_question: bool,
    /// Somebody else agreed before: another approver, or another reviewer.
    pub another: bool,
    /// On which ground a party that is bound to secrecy releases.
    pub ground: Option<Code>,
    /// The node itself looks for a match.
    pub by_node: bool,
    /// Each criterion of a weging has its reason.
    pub reasoned: bool,
    pub weighed_by: Vec<Who>,
    /// Single cases, or persons, are shown; on a mandate and a suspicion.
    pub specific: bool,
    pub mandated: bool,
    pub house: House,
}

/// What is done to run a node.
#[derive(Debug, Clone, Copy, Default)]
pub struct House {
    pub oversight: bool,
    pub look: bool,
    /// It changes the roles of whoever does it.
    pub own: bool,
    /// It would leave the node without somebody whom it needs.
    pub last: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surname {
    None,
    /// `.`: the registry's way to say that it is unknown.
    Unknown,
    Known,
    /// Unknown, but known under another name.
    Alias,
}

/// As much of a birth date as is known.
pub type Birth = (Option<u64>, Option<u64>, Option<u64>);

#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub bsn: bool,
    pub surname: Surname,
    pub birth: Birth,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    Listed(usize),
    Unlisted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motivation {
    Good,
    Blank,
    TooLong,
    Misleading,
}

#[derive(Debug, Clone, Copy)]
pub struct Recipient {
    pub who: Who,
    pub reason: Option<Code>,
}

#[derive(Debug, Clone, Copy)]
pub struct Approval {
    /// Whether its signature and term hold.
    pub verified: bool,
    pub by: Who,
    /// Who signed the one that travels inside the question.
    pub enclosed_by: Who,
    /// Whether it is addressed to the organisation that the question names as its asker.
    pub to_asker: bool,
    pub of_this_question: bool,
    pub names_us: bool,
    pub cites_ours: bool,
}

impl Situation {
    /// What is permitted, as far as this convenant permits anything to these parties.
    pub fn ordinary(paper: &Paper, act: Act, chance: &mut Chance) -> Situation {
        let core: Vec<_> = (0..paper.parties.len()).filter(|who| paper.parties[*who].core()).collect();
        let asker = chance.one_of(&core);
        let others: Vec<_> = core.iter().copied().filter(|who| *who != asker).collect();
        let approver = chance.one_of(&others);
        let answers = |who: &Who| {
            paper.parties[*who].mode != Mode::Never && paper.bases.contains(&(*who, asker)) && paper.in_weging(*who)
        };
        let askable: Vec<_> = (0..paper.parties.len()).filter(answers).collect();
        let by_itself = |who: &Who| {
            let party = &paper.parties[*who];
            party.mode == Mode::Automatic && !party.second && !party.secrecy
        };
        let automatic: Vec<_> = askable.iter().copied().filter(by_itself).collect();
        let asked = if act == Act::ReleaseAutomatically && !automatic.is_empty() {
            chance.one_of(&automatic)
        } else if askable.is_empty() {
            others[0]
        } else {
            chance.one_of(&askable)
        };
        let mut releasers: Vec<_> =
            (0..paper.parties.len()).filter(|who| paper.parties[*who].mode == Mode::AfterRelease).collect();
        releasers.push(asked);
        let us = match act {
            Act::Ask => asker,
            Act::ReceiveDraft | Act::Approve => approver,
            Act::Release => chance.one_of(&releasers),
            Act::Answer | Act::ReleaseAutomatically | Act::Match => asked,
            Act::Withdraw | Act::Weigh | Act::Decide | Act::ReadLog | Act::SubjectAccess | Act::Administer => asker,
        };
        let mut recipients: Vec<_> =
            askable.iter().filter(|_| chance.once_in(2)).map(|who| recipient(paper, *who)).collect();
        if recipients.iter().all(|to| to.who != asked) {
            recipients.push(recipient(paper, asked));
        }
        let now = paper.first_day * DAY + chance.within(0, (paper.last_day - paper.first_day + 1) * DAY - 1);
        // Signed a while ago, where the window leaves time for that.
        let age = if act == Act::Ask || paper.most_window < 120 * SECOND { 0 } else { chance.within(0, 60) * SECOND };
        let issued = (now - age) / SECOND * SECOND;
        let window_from = if act == Act::Ask { now } else { issued };
        let window = chance.within(paper.least_window.max(age + SECOND).min(paper.most_window), paper.most_window);
        let person = Person {
            bsn: paper.bsn && chance.once_in(3),
            surname: Surname::Known,
            birth: chance.one_of(&[
                (Some(1985), Some(3), Some(12)),
                (Some(1970), None, None),
                (Some(1990), Some(2), None),
            ]),
        };
        let oversight = chance.once_in(2);
        Situation {
            another: chance.once_in(2) || paper.parties[us].second,
            ground: paper.parties[us].secrecy.then_some(Code::Listed(0)),
            by_node: chance.once_in(2),
            reasoned: true,
            weighed_by: core.clone(),
            specific: act == Act::ReadLog && oversight,
            mandated: true,
            house: House { oversight, ..House::default() },
            act,
            roles: vec![match act {
                Act::Ask | Act::Withdraw | Act::Weigh | Act::Decide => "author",
                Act::Approve => "approver",
                Act::ReadLog | Act::SubjectAccess => "privacy_officer",
                Act::Administer if oversight => "privacy_officer",
                Act::Administer => "operator",
                _ => "reviewer",
            }],
            now,
            later: now,
            us,
            from: asker,
            to: if act == Act::Release { asked } else { us },
            issued,
            envelope_cites_ours: true,
            question_cites_ours: true,
            asker,
            our_purpose: true,
            urgent: chance.once_in(4),
            answer_by: window_from + window,
            person,
            marked_minor: false,
            criteria: vec![Code::Listed(chance.below(paper.criteria))],
            person_committed: true,
            motivation_committed: true,
            motivation: Motivation::Good,
            recipients,
            approval: Approval {
                verified: true,
                by: approver,
                enclosed_by: approver,
                to_asker: true,
                of_this_question: true,
                names_us: true,
                cites_ours: true,
            },
            sealed: matches!(act, Act::Answer | Act::ReleaseAutomatically)
                && (chance.once_in(4) || (paper.parties.get(us).is_some_and(|us| !us.core()) && chance.once_in(2))),
            by_author: chance.within(0, paper.per_author.min(10) - 1),
            by_organisation: chance.within(0, paper.per_organisation.min(30) - 1),
            last_asked: None,
            own_question: false,
        }
    }

    /// An ordinary situation in which some things are otherwise.
    pub fn any(paper: &Paper, chance: &mut Chance) -> Situation {
        let few = chance.once_in(4);
        let act = chance.one_of(if few { &ACTS[ACTS.len() - FEW_RULES..] } else { &ACTS[..ACTS.len() - FEW_RULES] });
        let mut situation = Situation::ordinary(paper, act, chance);
        for _ in 0..chance.one_of(&[0, 1, 1, 1, 1, 2, 2, 3, 5, 9]) {
            situation.twist(paper, chance);
        }
        situation
    }
}

/// With a reason where the convenant wants one and has one.
fn recipient(paper: &Paper, who: Who) -> Recipient {
    let reason = (!paper.parties[who].core() && paper.reasons > 0).then_some(Code::Listed(0));
    Recipient { who, reason }
}
