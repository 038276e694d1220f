//! What "what if" explains is what is decided, and what it says of each rule is what the oracle says of it.

use weegnet_policy::decide as product;

use super::act::{Office, at, roles, slug};
use super::chance_of;
use super::oracle::{Case, RULES, Says, in_the_way, may_be_minor};
use super::paper::Paper;
use super::situation::{Act, Motivation, Situation, Surname};

const CONVENANTEN: usize = 40;
const SITUATIONS_PER_CONVENANT: usize = 250;
/// How many of them can be written down as a "what if", at least.
const LEAST: usize = 3_000;

#[test]
fn what_is_explained_is_what_is_decided_rule_by_rule() {
    let mut explained = 0;
    for at in 0..CONVENANTEN {
        let mut chance = chance_of(0x5741_5449, at);
        let paper = Paper::any(&mut chance);
        let office = Office::open(&paper);
        for _ in 0..SITUATIONS_PER_CONVENANT {
            let situation = Situation::any(&paper, &mut chance);
            let Some(written) = written(&paper, &office, &situation) else { continue };
            explained += 1;
            // An automatic release is explained by itself, at its own moment.
            let case = Case { paper: &paper, it: &situation };
            let told = office.policy.explain(&written);
            let denied = told.decision.as_ref().map_or_else(|denial| denial.policy_ids.clone(), |_| Vec::new());
            assert_eq!(denied, in_the_way(&case), "{paper:?}\n{situation:?}");
            let said: Vec<_> = told.steps.iter().map(|step| (step.id.as_str(), step.permits, step.passes)).collect();
            let of_act = RULES.iter().filter(|rule| rule.acts.contains(&situation.act));
            let mut expected: Vec<_> =
                of_act.map(|rule| (rule.name, rule.says == Says::Allowed, (rule.holds)(&case))).collect();
            expected.sort_unstable();
            assert_eq!(said, expected, "{paper:?}\n{situation:?}");
            assert!(told.steps.iter().all(|step| step.nl.ends_with('.') && step.en.ends_with('.')));
        }
    }
    assert!(explained >= LEAST, "only {explained} situations could be explained");
}

/// The situation as somebody would write it down: a whole question under this convenant, about no person in particular.
fn written(paper: &Paper, office: &Office, it: &Situation) -> Option<product::Situation> {
    let person = &it.person;
    let specific =
        person.bsn || (matches!(person.surname, Surname::Known | Surname::Alias) && person.birth.0.is_some());
    let signed = it.act == Act::Ask || (it.from == it.asker && it.to == it.us);
    let whole = it.envelope_cites_ours && it.question_cites_ours && it.person_committed && it.motivation_committed;
    let asks = it.act != Act::Ask || it.us == it.asker;
    let alone = matches!(
        it.act,
        Act::Match | Act::Withdraw | Act::Weigh | Act::Decide | Act::ReadLog | Act::SubjectAccess | Act::Administer
    );
    let ordinary = signed && whole && asks && it.our_purpose && it.motivation == Motivation::Good;
    // Explained is the question as it would be asked: sealed beyond the core, and judged with the person in it.
    let openly = it.us < paper.parties.len() && paper.parties[it.us].core();
    let otherwise = it.act == Act::Answer && (it.sealed || !(openly || paper.only_test()));
    if otherwise || (!alone && !ordinary) {
        return None;
    }
    let released = matches!(it.act, Act::Release | Act::ReleaseAutomatically);
    let valid = &it.approval;
    let approved = valid.verified && valid.by == valid.enclosed_by && valid.to_asker && valid.of_this_question;
    let approver = (approved && valid.names_us && valid.cites_ours).then(|| office.oins[valid.by]);
    let from = if it.act == Act::Ask { it.now } else { it.issued };
    Some(product::Situation {
        act: match it.act {
            Act::Ask => product::Action::Ask,
            Act::ReceiveDraft => product::Action::ReceiveDraft,
            Act::Approve => product::Action::Approve,
            Act::Answer => product::Action::Answer,
            Act::Release => product::Action::Release,
            Act::ReleaseAutomatically => product::Action::ReleaseAutomatically,
            Act::Match => product::Action::Match,
            Act::Withdraw => product::Action::Withdraw,
            Act::Weigh => product::Action::Weigh,
            Act::Decide => product::Action::Decide,
            Act::ReadLog => product::Action::ReadLog,
            Act::SubjectAccess => product::Action::SubjectAccess,
            Act::Administer => product::Action::Administer,
        },
        roles: roles(it),
        us: office.oins[it.us],
        asker: office.oins[it.asker],
        recipients: it
            .recipients
            .iter()
            .map(|to| (office.oins[to.who], to.reason.map(|code| slug(code, Paper::reason))))
            .collect(),
        approver,
        purpose: None,
        criteria: it.criteria.iter().map(|code| slug(*code, Paper::criterion)).collect(),
        person: product::PersonFlags {
            bsn: person.bsn,
            may_be_minor: may_be_minor(person.birth, from),
            marked_minor: it.marked_minor,
            specific,
        },
        now: at(if it.act == Act::ReleaseAutomatically { it.later } else { it.now }),
        issued: at(it.issued),
        answer_by: at(it.answer_by),
        urgent: it.urgent,
        own_question: it.own_question,
        by_author: it.by_author,
        by_organisation: it.by_organisation,
        same_person: it.last_asked.map(at),
        another_agreed: it.another,
        ground: it.ground.map(|code| slug(code, Paper::ground)),
        by_node: it.by_node,
        reasoned: it.reasoned,
        weighed_by: it.weighed_by.iter().map(|who| office.oins[*who]).collect(),
        specific: it.specific,
        mandated: it.mandated,
        administering: product::Administering {
            oversight: it.house.oversight,
            look: it.house.look,
            own: it.house.own,
            last: it.house.last,
        },
    })
    .filter(|_| !released || it.us < paper.parties.len())
}
