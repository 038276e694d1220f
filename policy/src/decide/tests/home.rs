//! What people do with a case beyond asking and answering, and in their own house.

use super::attempt::{decide, house, search, weigh, withdraw};
use super::*;

const MATCH: &[(&str, Attempt)] = &[("match", search)];
const WITHDRAW: &[(&str, Attempt)] = &[("withdraw", withdraw)];
const WEIGH: &[(&str, Attempt)] = &[("weigh", weigh)];
const DECIDE: &[(&str, Attempt)] = &[("decide", decide)];
const WEGING: &[(&str, Attempt)] = &[("weigh", weigh), ("decide", decide)];
const READ: &[(&str, Attempt)] = &[("read_log", house)];
const ACCESS: &[(&str, Attempt)] = &[("subject_access", house)];
const RUN: &[(&str, Attempt)] = &[("administer", house)];

const NOBODY: Roles = Roles::none();

pub(super) fn situations() -> Vec<Situation> {
    [cases(), home()].into_iter().flatten().collect()
}

fn cases() -> Vec<Situation> {
    use World::Sample;
    let mut all = Vec::new();
    all.extend(tried(MATCH, Sample, "by a reviewer", |_| {}, &[]));
    all.extend(tried(MATCH, Sample, "by the node", |t| t.by_node = true, &[]));
    all.extend(tried(MATCH, Sample, "without a role", |t| t.roles = Some(NOBODY), &["match", "review"]));
    all.extend(tried(MATCH, Sample, "of an own question", |t| t.own = true, &["match-own"]));
    let closed: Change = |t| t.now = t.draft.core.answer_by;
    all.extend(tried(MATCH, Sample, "by a reviewer after the window", closed, &[]));
    let late: Change = |t| {
        t.by_node = true;
        t.now = t.draft.core.answer_by;
    };
    all.extend(tried(MATCH, Sample, "by the node after the window", late, &["match-closed"]));
    let baseless: Change = |t| {
        t.asked_by(OM);
        t.to = oin(RECLASSERING);
    };
    all.extend(tried(MATCH, Sample, "without a legal basis to answer this asker", baseless, &["match-purpose"]));
    all.extend(tried(WITHDRAW, Sample, "by its author", |_| {}, &[]));
    all.extend(tried(WITHDRAW, Sample, "without a role", |t| t.roles = Some(NOBODY), &["withdraw"]));
    all.extend(tried(WITHDRAW, Sample, "of another's question", |t| t.us = Some(oin(OM)), &["withdraw-own"]));
    all.extend(tried(WEIGH, Sample, "with reasons", |_| {}, &[]));
    all.extend(tried(WEIGH, Sample, "without a role", |t| t.roles = Some(NOBODY), &["weigh"]));
    all.extend(tried(WEIGH, Sample, "without reasons", |t| t.reasoned = false, &["weigh-criteria"]));
    all.extend(tried(WEIGH, Sample, "on no criterion", |t| t.draft.subject.criteria.clear(), &["weigh-criteria"]));
    all.extend(tried(WEGING, Sample, "beyond the core", |t| t.us = Some(oin(RECLASSERING)), &["weigh-core"]));
    all.extend(tried(DECIDE, Sample, "after all have weighed", |_| {}, &[]));
    all.extend(tried(DECIDE, Sample, "without a role", |t| t.roles = Some(NOBODY), &["decide"]));
    let two: Change = |t| t.weighed_by.truncate(2);
    all.extend(tried(DECIDE, Sample, "before all have weighed", two, &["decide-weighed"]));
    all
}

fn home() -> Vec<Situation> {
    use World::Sample;
    let mut all = Vec::new();
    let mut at_home = |ways, name, change: Change, denied_by| all.extend(tried(ways, Sample, name, change, denied_by));
    at_home(READ, "by an officer", |t| of(t, Role::PrivacyOfficer, HouseAct::READ), &[]);
    at_home(READ, "by a supervisor", |t| of(t, Role::Supervisor, HouseAct::READ), &[]);
    at_home(READ, "by an operator", |t| of(t, Role::Operator, HouseAct::READ), &["inspect-log", "read-log"]);
    at_home(READ, "of single cases by an officer", |t| of(t, Role::PrivacyOfficer, LOOK), &[]);
    at_home(READ, "of single cases by a supervisor", |t| of(t, Role::Supervisor, LOOK), &["inspect-log", "read-log"]);
    at_home(READ, "of single cases without a mandate", |t| of(t, Role::PrivacyOfficer, UNMANDATED), &["log-mandate"]);
    at_home(ACCESS, "by an officer", |t| of(t, Role::PrivacyOfficer, CONTENT), &[]);
    at_home(ACCESS, "listed by a supervisor", |t| of(t, Role::Supervisor, LIST), &[]);
    at_home(ACCESS, "by a supervisor", |t| of(t, Role::Supervisor, CONTENT), &["subject-access", "subject-list"]);
    at_home(RUN, "by an operator", |t| of(t, Role::Operator, HouseAct::RUN), &[]);
    at_home(RUN, "shown to an officer", |t| of(t, Role::PrivacyOfficer, HouseAct::LOOK), &[]);
    at_home(RUN, "by an officer", |t| of(t, Role::PrivacyOfficer, HouseAct::RUN), &["administer", "oversee"]);
    at_home(RUN, "overseen by an officer", |t| of(t, Role::PrivacyOfficer, HouseAct::OVERSEE), &[]);
    at_home(RUN, "overseen by an operator", |t| of(t, Role::Operator, HouseAct::OVERSEE), &["administer", "oversee"]);
    at_home(RUN, "of the own roles", |t| of(t, Role::Operator, OWN), &["roles-own"]);
    at_home(RUN, "of the last operator", |t| of(t, Role::Operator, LAST), &["roles-last"]);
    all
}

const LOOK: HouseAct = HouseAct::ReadLog { specific: true, mandated: true };
const UNMANDATED: HouseAct = HouseAct::ReadLog { specific: true, mandated: false };
const CONTENT: HouseAct = HouseAct::SubjectAccess { content: true };
const LIST: HouseAct = HouseAct::SubjectAccess { content: false };
const OWN: HouseAct = HouseAct::Administer(Administering { own: true, oversight: false, look: false, last: false });
const LAST: HouseAct = HouseAct::Administer(Administering { last: true, oversight: false, look: false, own: false });

fn of(t: &mut Try<'_>, role: Role, act: HouseAct) {
    (t.roles, t.house) = (Some(Roles::from([role])), act);
}

#[test]
fn a_node_decides_in_its_house_without_any_convenant() {
    let house = House::new(&LocalRules::default()).unwrap();
    let policy = policy(World::Sample, engine::RULES).unwrap();
    let acts =
        [HouseAct::RUN, HouseAct::LOOK, HouseAct::OVERSEE, HouseAct::READ, LOOK, UNMANDATED, CONTENT, LIST, OWN, LAST];
    for roles in Roles::all_sets() {
        for act in acts {
            assert_eq!(house.may(roles, act), policy.may_at_home(roles, act), "{roles:?} {act:?}");
        }
    }
}
