//! Situations: who does what, when, with what in hand. Plain words and numbers; times in milliseconds since 1970.

use super::chance::Chance;
use super::paper::{DAY, Mode, Paper, SECOND, calendar};

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
        let open = |who: &Who| paper.only_test() || paper.parties[*who].core();
        let askable: Vec<_> = (0..paper.parties.len()).filter(|who| answers(who) && open(who)).collect();
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

    /// Changes one thing, mostly to one of its edges.
    fn twist(&mut self, paper: &Paper, chance: &mut Chance) {
        let parties = paper.parties.len();
        let anybody = |chance: &mut Chance| chance.below(parties + 1);
        let of_a_person = matches!(self.act, Act::Ask | Act::Approve | Act::Release);
        match self.act {
            Act::Approve if chance.once_in(8) => {
                self.another = !self.another;
                return;
            }
            Act::Approve if chance.once_in(8) => {
                self.marked_minor = true;
                return;
            }
            Act::Ask if chance.once_in(12) => {
                self.urgent = !self.urgent;
                let least = paper.urgent_least.unwrap_or(paper.least_window);
                let least = chance.one_of(&[least, paper.least_window]);
                self.answer_by = chance.around(self.now + least, SECOND);
                return;
            }
            Act::Ask if chance.once_in(12) => {
                self.urgent = chance.once_in(4);
                let days = chance.within(1, 7);
                self.answer_by = chance.around((self.now / DAY + days) * DAY, SECOND);
                return;
            }
            Act::ReleaseAutomatically if chance.once_in(5) => {
                self.later = chance.around(self.answer_by.min(FAR), SECOND);
                return;
            }
            Act::ReceiveDraft | Act::Approve if chance.once_in(12) => {
                self.recipients = vec![any_recipient(paper, chance)];
                return;
            }
            Act::Release if chance.once_in(3) => {
                match chance.below(3) {
                    0 => self.another = !self.another,
                    1 => self.ground = None,
                    _ => self.ground = Some(code(paper.grounds, chance)),
                }
                return;
            }
            _ => {}
        }
        let what = match self.act {
            act if ACTS[ACTS.len() - FEW_RULES..].contains(&act) => {
                self.twist_one_of_few(paper, chance);
                return;
            }
            Act::Release => chance.below(6),
            _ if of_a_person && chance.once_in(6) => 0,
            Act::Ask if chance.once_in(10) => 30,
            _ => chance.below(34),
        };
        match what {
            0 => self.roles = ROLES.into_iter().filter(|_| chance.once_in(2)).collect(),
            1 => self.own_question = !self.own_question,
            2 => self.us = anybody(chance),
            3 => self.answer_by = chance.around(self.now, SECOND),
            4 => self.now = chance.around(self.answer_by.min(FAR), SECOND),
            5 => self.roles = vec![chance.one_of(&ROLES)],
            6 => {
                let edge = chance.one_of(&[paper.first_day * DAY, (paper.last_day + 1) * DAY]);
                let (window, age) =
                    (self.answer_by.min(FAR).saturating_sub(self.now), self.now.saturating_sub(self.issued));
                self.now = chance.around(edge, 3 * DAY);
                self.issued = self.now.saturating_sub(age) / SECOND * SECOND;
                self.answer_by = self.now + window;
            }
            7 => self.from = anybody(chance),
            8 => self.to = anybody(chance),
            9 => self.asker = anybody(chance),
            // Another organisation asks, in everything.
            10 => {
                let asker = anybody(chance);
                (self.from, self.asker) = (asker, asker);
                if self.act == Act::Ask {
                    self.us = asker;
                }
            }
            // Another organisation is asked, in everything.
            11 | 12 if self.act != Act::Ask => {
                self.us = anybody(chance);
                self.to = self.us;
            }
            11 => self.envelope_cites_ours = false,
            12 => self.question_cites_ours = false,
            13 => (self.envelope_cites_ours, self.question_cites_ours) = (chance.once_in(2), chance.once_in(2)),
            14 => self.our_purpose = false,
            15 => self.answer_by = chance.around(self.now + paper.least_window, SECOND),
            16 => {
                let from = if self.act == Act::Ask { self.now } else { self.issued };
                self.answer_by = chance.around(from + paper.most_window, SECOND);
            }
            17 => self.answer_by = chance.one_of(&[0, u64::MAX, i64::MAX as u64]),
            18 | 19 => self.person = any_person(self.issued, chance),
            20 => self.marked_minor = !self.marked_minor,
            21 => {
                self.criteria = (0..chance.below(4)).map(|_| code(paper.criteria, chance)).collect();
            }
            22 => self.person_committed = false,
            23 => self.motivation_committed = false,
            24 => {
                self.motivation = chance.one_of(&[Motivation::Blank, Motivation::TooLong, Motivation::Misleading]);
            }
            25 => self.recipients = (0..chance.below(4)).map(|_| any_recipient(paper, chance)).collect(),
            26 => {
                let at = chance.below(self.recipients.len() + 1);
                self.recipients.truncate(at);
                self.recipients.push(any_recipient(paper, chance));
            }
            27 => {
                let by = anybody(chance);
                (self.approval.by, self.approval.enclosed_by) = (by, by);
            }
            28 => self.approval.enclosed_by = anybody(chance),
            29 => match chance.below(5) {
                0 => self.approval.verified = false,
                1 => self.approval.to_asker = false,
                2 => self.approval.of_this_question = false,
                3 => self.approval.names_us = false,
                _ => self.approval.cites_ours = false,
            },
            30 => {
                let most = chance.one_of(&[10, paper.per_author]);
                self.by_author = chance.around(most, 3);
            }
            31 => {
                let most = chance.one_of(&[30, paper.per_organisation]);
                self.by_organisation = chance.around(most, 3);
            }
            32 => {
                let ago = chance.around(paper.waiting, SECOND);
                self.last_asked = Some(self.now.saturating_sub(ago));
            }
            _ => {
                self.later = chance.around(self.answer_by.min(FAR), SECOND);
                self.last_asked = chance.one_of(&[None, Some(0), Some(u64::MAX), Some(self.now)]);
            }
        }
    }
}

impl Situation {
    /// The same for an act about which few rules speak.
    fn twist_one_of_few(&mut self, paper: &Paper, chance: &mut Chance) {
        let anybody = |chance: &mut Chance| chance.below(paper.parties.len() + 1);
        let those: &[usize] = match self.act {
            Act::Match => &[0, 1, 2, 3, 4, 5, 6, 6],
            Act::Withdraw => &[0, 1, 2, 3],
            Act::Weigh => &[0, 1, 2, 7, 8],
            Act::Decide => &[0, 1, 2, 9],
            Act::ReadLog | Act::SubjectAccess => &[0, 1, 10, 10],
            _ => &[0, 1, 11, 12, 13],
        };
        match chance.one_of(those) {
            0 => self.roles = ROLES.into_iter().filter(|_| chance.once_in(2)).collect(),
            1 => self.roles = vec![chance.one_of(&ROLES)],
            2 => self.us = anybody(chance),
            3 => {
                let who = anybody(chance);
                (self.asker, self.from) = (who, who);
            }
            4 => self.own_question = !self.own_question,
            5 => self.now = chance.around(self.answer_by.min(FAR), SECOND),
            6 => self.by_node = !self.by_node,
            7 => self.criteria = (0..chance.below(4)).map(|_| code(paper.criteria, chance)).collect(),
            8 => self.reasoned = !self.reasoned,
            9 => {
                let at = chance.below(self.weighed_by.len().max(1));
                self.weighed_by.truncate(at);
                self.weighed_by.push(anybody(chance));
            }
            10 => (self.specific, self.mandated) = (chance.once_in(2), chance.once_in(2)),
            11 => self.house.look = !self.house.look,
            12 => self.house.oversight = !self.house.oversight,
            _ => (self.house.own, self.house.last) = (chance.once_in(2), chance.once_in(2)),
        }
    }
}

/// With a reason where the convenant wants one and has one.
fn recipient(paper: &Paper, who: Who) -> Recipient {
    let reason = (!paper.parties[who].core() && paper.reasons > 0).then_some(Code::Listed(0));
    Recipient { who, reason }
}

fn any_recipient(paper: &Paper, chance: &mut Chance) -> Recipient {
    let reason = chance.once_in(2).then(|| code(paper.reasons, chance));
    Recipient { who: chance.below(paper.parties.len() + 1), reason }
}

fn code(listed: usize, chance: &mut Chance) -> Code {
    if listed == 0 || chance.once_in(5) { Code::Unlisted } else { Code::Listed(chance.below(listed)) }
}

/// Somebody who became 18, or nearly, on that day.
fn any_person(at: u64, chance: &mut Chance) -> Person {
    let near = (at / DAY + chance.within(0, 4)).saturating_sub(2);
    let (year, month, day) = calendar(if chance.once_in(4) { near + chance.within(0, 400) } else { near });
    let (year, month) = (Some(year - 18), Some(month));
    // On 29 February nobody is born in most years.
    let day = if (month, day) == (Some(2), 29) { 28 } else { day };
    let mut birth = chance.one_of(&[
        (year, month, Some(day)),
        (year, month, Some(day)),
        (year, month, None),
        (year, None, None),
        (year.map(|year| year - 1), None, None),
        (None, None, None),
        (Some(2008), Some(2), Some(29)),
    ]);
    if chance.once_in(6) {
        birth = (Some(1960), None, None);
    }
    let bsn = chance.once_in(2);
    let surname = chance.one_of(&[Surname::None, Surname::Unknown, Surname::Known, Surname::Known, Surname::Alias]);
    // A person is referred to by a BSN or a surname; without either there is no question to speak of.
    Person { bsn: bsn || surname == Surname::None, surname, birth }
}
