//! What is otherwise in a situation than in an ordinary one: one thing at a time, mostly at one of its edges.

use super::*;

impl Situation {
    /// Changes one thing, mostly to one of its edges.
    pub(super) fn twist(&mut self, paper: &Paper, chance: &mut Chance) {
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
