//! What no convenant can permit, whatever its parties write and sign: the hard rules, each looked for among everything
//! that the product permits under generated convenanten. The table of the oracle has no part in it.

use super::act::{Office, Outcome};
use super::chance_of;
use super::oracle::may_be_minor;
use super::paper::{Member, Mode, Paper};
use super::situation::{Act, Situation, Who};

/// In every run.
const CONVENANTEN: usize = 120;
const SITUATIONS_PER_CONVENANT: usize = 250;
/// How many permitted situations each rule has something to say about, at least.
const LEAST: usize = 100;

/// A hard rule: about which acts it speaks, and what must then hold when they are permitted.
struct Property {
    says: &'static str,
    acts: &'static [Act],
    holds: fn(&Paper, &Situation) -> bool,
}

const ASKED: &[Act] = &[Act::Ask, Act::ReceiveDraft, Act::Approve, Act::Answer];

const PROPERTIES: &[Property] = &[
    Property {
        says: "H1: no convenant permits a question without the approval of another core party",
        acts: &[Act::Answer],
        holds: |paper, it| {
            let (by, approval) = (it.approval.by, &it.approval);
            core(paper, by)
                && by != it.from
                && by == approval.enclosed_by
                && approval.verified
                && approval.of_this_question
        },
    },
    Property {
        says: "H1: an approval counts for the organisations that it names, and no other",
        acts: &[Act::Answer],
        holds: |_, it| it.approval.names_us && it.approval.to_asker && it.to == it.us,
    },
    Property {
        says: "H1: whoever writes questions approves none, and nobody approves a question of the own organisation",
        acts: &[Act::Approve],
        holds: |paper, it| {
            it.roles.contains(&"approver") && !it.roles.contains(&"author") && core(paper, it.us) && it.us != it.from
        },
    },
    Property {
        says: "H1: only core parties ask",
        acts: ASKED,
        holds: |paper, it| core(paper, if it.act == Act::Ask { it.us } else { it.from }),
    },
    Property {
        says: "H1: with a real organisation nobody asks more than ten a day, and no organisation more than thirty",
        acts: &[Act::Ask],
        holds: |paper, it| paper.only_test() || (it.by_author < 10 && it.by_organisation < 30),
    },
    Property {
        says: "H1: the convenant's own quotas hold between test organisations too",
        acts: &[Act::Ask],
        holds: |paper, it| it.by_author < paper.per_author && it.by_organisation < paper.per_organisation,
    },
    Property {
        says: "H1: about the same person nobody asks again before the waiting time",
        acts: &[Act::Ask, Act::Answer],
        holds: |paper, it| {
            it.last_asked.is_none_or(|last| paper.waiting == 0 || (last <= it.now && it.now - last >= paper.waiting))
        },
    },
    Property {
        says: "H2 and R2: the purpose is the one of the convenant, under this very text, inside the signature",
        acts: ASKED,
        holds: |_, it| {
            let signed = it.act == Act::Ask || (it.envelope_cites_ours && it.from == it.asker);
            it.our_purpose && it.question_cites_ours && (it.person_committed || it.sealed) && signed
        },
    },
    Property {
        says: "H6: nobody who may be a minor goes unmarked",
        acts: ASKED,
        holds: |_, it| {
            let from = if it.act == Act::Ask { it.now } else { it.issued };
            it.marked_minor || !may_be_minor(it.person.birth, from) || it.sealed
        },
    },
    Property {
        says: "H7: about real persons only core parties are asked openly, and everybody else sealed",
        acts: &[Act::Answer],
        holds: |paper, it| paper.only_test() || core(paper, it.us) || it.sealed,
    },
    Property {
        says: "R4: an answer leaves by a reviewer, who did not write the question, before the deadline",
        acts: &[Act::Release],
        holds: |_, it| it.roles.contains(&"reviewer") && !it.own_question && it.now < it.answer_by,
    },
    Property {
        says: "R4: without a person an answer leaves between test organisations only",
        acts: &[Act::ReleaseAutomatically],
        holds: |paper, it| {
            let test = |who: Who| paper.parties.get(who).is_some_and(|party| party.test);
            test(it.to) && test(it.from) && paper.parties[it.to].mode == Mode::Automatic
        },
    },
    Property {
        says: "H1: nothing is searched after the window, and nobody looks for a match to an own question",
        acts: &[Act::Match],
        holds: |_, it| !it.own_question && (!it.by_node || it.now < it.answer_by),
    },
    Property {
        says: "H6: where two have to approve a question about a minor, one alone does not",
        acts: &[Act::Approve],
        holds: |paper, it| it.another || !(paper.minor_second && it.marked_minor),
    },
    Property {
        says: "H10: nobody changes an own role, or leaves the node without oversight",
        acts: &[Act::Administer],
        holds: |_, it| !it.house.own && !it.house.last,
    },
    Property {
        says: "H10: an operator has no part in oversight",
        acts: &[Act::Administer],
        holds: |_, it| !it.house.oversight || it.roles.contains(&"privacy_officer"),
    },
    Property {
        says: "H11 and R14: what is kept about a person is the privacy officer's alone to see",
        acts: &[Act::SubjectAccess],
        holds: |_, it| !it.specific || it.roles.contains(&"privacy_officer"),
    },
    Property {
        says: "H12: an urgent question has the term that the parties agreed for it",
        acts: &[Act::Ask],
        holds: |paper, it| {
            let least = if it.urgent { paper.urgent_least.unwrap_or(paper.least_window) } else { paper.least_window };
            it.answer_by >= it.now + least
        },
    },
    Property {
        says: "R10: nothing is decided before every core party has weighed, and only core parties weigh",
        acts: &[Act::Weigh, Act::Decide],
        holds: |paper, it| {
            let all = (0..paper.parties.len()).filter(|who| core(paper, *who)).all(|who| it.weighed_by.contains(&who));
            core(paper, it.us) && it.roles.contains(&"author") && (all || it.act == Act::Weigh)
        },
    },
    Property {
        says: "R17: single cases are looked at by an officer, on a mandate and a suspicion",
        acts: &[Act::ReadLog],
        holds: |_, it| !it.specific || (it.mandated && it.roles.contains(&"privacy_officer")),
    },
    Property {
        says: "a party that is bound to secrecy, or needs two reviewers, lets nothing go without a ground or by one alone",
        acts: &[Act::Release, Act::ReleaseAutomatically],
        holds: |paper, it| {
            let us = &paper.parties[if it.act == Act::Release { it.us } else { it.to }];
            let by_persons = it.act == Act::Release;
            (!us.second || (by_persons && it.another)) && (!us.secrecy || (by_persons && it.ground.is_some()))
        },
    },
    Property {
        says: "in the weging only those are asked whom the convenant names for it",
        acts: ASKED,
        holds: |paper, it| {
            let asked = |who: Who| paper.in_weging(who);
            if it.act == Act::Answer { asked(it.us) } else { it.recipients.iter().all(|to| asked(to.who)) }
        },
    },
];

fn core(paper: &Paper, who: Who) -> bool {
    paper.parties.get(who).is_some_and(Member::core)
}

#[test]
fn no_ratified_convenant_permits_what_a_hard_rule_forbids() {
    let mut held = vec![0; PROPERTIES.len()];
    for at in 0..CONVENANTEN {
        // Other convenanten than those on which the oracle is heard.
        let mut chance = chance_of(0x4831_4837, at);
        let paper = Paper::any(&mut chance);
        let office = Office::open(&paper);
        for _ in 0..SITUATIONS_PER_CONVENANT {
            let situation = Situation::any(&paper, &mut chance);
            let (act, outcome) = office.decide(&situation, &office.hand(&situation));
            let judged = Situation { act, ..situation };
            for (property, held) in PROPERTIES.iter().zip(&mut held) {
                if outcome.is_ok() && property.acts.contains(&act) {
                    assert!((property.holds)(&paper, &judged), "{}\n{paper:?}\n{judged:?}", property.says);
                    *held += 1;
                }
            }
        }
    }
    for (property, held) in PROPERTIES.iter().zip(held) {
        assert!(held >= LEAST, "{}: only {held} permitted situations", property.says);
    }
}

#[test]
fn urgency_changes_no_decision_but_the_shortest_term() {
    // H12. An urgent question may have a shorter term; who asks cannot leave anything else out.
    // The permit is named only where nothing else is.
    const TERMS: [&str; 4] = ["window-shortest", "window-urgent", "window-working-days", "ask"];
    let without_terms = |(act, outcome): (Act, Outcome)| {
        let mut denied = outcome.map_or_else(|denial| denial.policy_ids, |()| Vec::new());
        denied.retain(|id| !TERMS.contains(&id.as_str()));
        (act, denied)
    };
    for at in 0..CONVENANTEN / 4 {
        let mut chance = chance_of(0x4831_3200, at);
        let paper = Paper::any(&mut chance);
        let office = Office::open(&paper);
        for _ in 0..SITUATIONS_PER_CONVENANT {
            let calm = Situation { urgent: false, ..Situation::any(&paper, &mut chance) };
            let urgent = Situation { urgent: true, ..calm.clone() };
            let decide = |it: &Situation| office.decide(it, &office.hand(it));
            let (calmly, urgently) = (decide(&calm), decide(&urgent));
            // Nor does urgency ever lengthen a term.
            if calm.act == Act::Ask && calmly.1.is_ok() {
                assert_eq!(urgently.1, Ok(()), "{paper:?}\n{calm:?}");
            }
            if calm.act != Act::Ask {
                assert_eq!(calmly, urgently, "{paper:?}\n{calm:?}");
            }
            // Whatever else stands in the way of one of the two stands in the way of the other.
            if calmly.1.is_err() && urgently.1.is_err() {
                assert_eq!(without_terms(calmly), without_terms(urgently), "{paper:?}\n{calm:?}");
            }
        }
    }
}
