//! What no convenant can permit, whatever its parties write and sign: the hard rules, each looked for among everything
//! that the product permits under generated convenanten. The table of the oracle has no part in it.

use super::act::Office;
use super::chance_of;
use super::oracle::may_be_minor;
use super::paper::{Member, Mode, Paper};
use super::situation::{Act, Situation, Who};

/// In every run.
const CONVENANTEN: usize = 60;
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
            it.our_purpose && it.question_cites_ours && it.person_committed && signed
        },
    },
    Property {
        says: "H6: nobody who may be a minor goes unmarked",
        acts: ASKED,
        holds: |_, it| {
            let from = if it.act == Act::Ask { it.now } else { it.issued };
            it.marked_minor || !may_be_minor(it.person.birth, from)
        },
    },
    Property {
        says: "H7: about real persons only core parties are asked openly",
        acts: &[Act::Ask, Act::ReceiveDraft, Act::Approve],
        holds: |paper, it| paper.only_test() || it.recipients.iter().all(|to| core(paper, to.who)),
    },
    Property {
        says: "H7: about real persons only core parties look anything up",
        acts: &[Act::Answer],
        holds: |paper, it| paper.only_test() || core(paper, it.us),
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
fn urgency_changes_no_decision() {
    // H12. An urgent question has shorter terms, which are inside it; who asks cannot leave anything out.
    for at in 0..CONVENANTEN / 4 {
        let mut chance = chance_of(0x4831_3200, at);
        let paper = Paper::any(&mut chance);
        let office = Office::open(&paper);
        for _ in 0..SITUATIONS_PER_CONVENANT {
            let calm = Situation { urgent: false, ..Situation::any(&paper, &mut chance) };
            let urgent = Situation { urgent: true, ..calm.clone() };
            let decide = |it: &Situation| office.decide(it, &office.hand(it));
            assert_eq!(decide(&calm), decide(&urgent), "{paper:?}\n{calm:?}");
        }
    }
}
