//! What may be asked: at its author, at the approver's node and person, and again at the one who is asked.

use weegnet_protocol::id::ConvenantRef;
use weegnet_protocol::statement::MAX_CRITERIA;

use super::attempt::{answer, approve, ask, receive};
use super::*;
use crate::testing::{person, person_by_bsn};

const ASK: &[(&str, Attempt)] = &[("ask", ask)];
const RECEIVE: &[(&str, Attempt)] = &[("receive_draft", receive)];
const APPROVE: &[(&str, Attempt)] = &[("approve", approve)];
const DRAFT: &[(&str, Attempt)] = &[("ask", ask), ("receive_draft", receive), ("approve", approve)];
const RECEIVED: &[(&str, Attempt)] = &[("receive_draft", receive), ("approve", approve), ("answer", answer)];
const ALL: &[(&str, Attempt)] = &[("ask", ask), ("receive_draft", receive), ("approve", approve), ("answer", answer)];

pub(super) fn situations() -> Vec<Situation> {
    [who(), what(), whole()].into_iter().flatten().collect()
}

fn who() -> Vec<Situation> {
    use World::{Bent, Real, Sample};
    let mut all = Vec::new();
    all.extend(tried(ALL, Sample, "the sample's question", |_| {}, &[]));
    all.extend(tried(ALL, Real, "among real organisations", |_| {}, &[]));
    all.extend(tried(ALL, Sample, "an urgent question", |t| t.draft.core.urgent = true, &[]));
    all.extend(tried(ASK, Sample, "without a role", |t| t.roles = Some(Roles::default()), &["ask"]));
    all.extend(tried(
        ASK,
        Sample,
        "with every role but author",
        |t| t.roles = Some(Role::ALL.into_iter().filter(|role| *role != Role::Author).collect()),
        &["ask"],
    ));
    all.extend(tried(APPROVE, Sample, "without a role", |t| t.roles = Some(Roles::default()), &["approve"]));
    all.extend(tried(
        APPROVE,
        Sample,
        "as an operator and reviewer",
        |t| t.roles = Some(Roles::from([Role::Operator, Role::Reviewer])),
        &["approve"],
    ));
    all.extend(tried(
        APPROVE,
        Sample,
        "as an author too",
        |t| t.roles = Some(Roles::from([Role::Approver, Role::Author])),
        &["approver-no-author"],
    ));
    all.extend(tried(APPROVE, Sample, "beyond the core", |t| t.to = oin(RECLASSERING), &["approver-core"]));
    all.extend(tried(APPROVE, Sample, "at the asker", |t| t.to = oin(GEMEENTE), &["approver-core"]));
    all.extend(tried(RECEIVE, Sample, "beyond the core", |t| t.to = oin(RECLASSERING), &["receive-draft"]));
    all.extend(tried(RECEIVE, Sample, "at the asker", |t| t.to = oin(GEMEENTE), &["receive-draft"]));
    all.extend(tried(
        ALL,
        Bent,
        "by an organisation beyond the core",
        |t| {
            t.asked_by(RECLASSERING);
            t.asks_only(POLITIE, None);
        },
        &["asker-core"],
    ));
    all.extend(tried(
        ASK,
        Sample,
        "by an organisation that is no party",
        |t| {
            t.asker = oin(8);
            t.draft.core.asker = oin(8);
        },
        &["asker-core", "recipients-basis"],
    ));
    all
}

fn what() -> Vec<Situation> {
    use World::{Bsn, Sample};
    let mut all = Vec::new();
    let other_purpose: Change = |t| t.draft.core.purpose = "urn:ander-doel".parse().unwrap();
    all.extend(tried(ALL, Sample, "for another purpose", other_purpose, &["purpose"]));
    let near: Change = |t| t.draft.core.purpose = format!("{}/", t.draft.core.purpose).parse().unwrap();
    all.extend(tried(ALL, Sample, "for a purpose that almost is the one", near, &["purpose"]));
    all.extend(tried(
        ALL,
        Sample,
        "before the convenant's first day",
        |t| t.at(t.policy.ratified().terms().valid_from.0.start() - Millis(1)),
        &["validity"],
    ));
    all.extend(tried(ALL, Sample, "on its first day", |t| t.at(t.policy.ratified().terms().valid_from.0.start()), &[]));
    all.extend(tried(
        ALL,
        Sample,
        "in its last second",
        |t| t.at(t.policy.ratified().terms().valid_until() - Millis(1)),
        &[],
    ));
    all.extend(tried(
        ALL,
        Sample,
        "after its last day",
        |t| t.at(t.policy.ratified().terms().valid_until()),
        &["validity"],
    ));
    all.extend(tried(
        ALL,
        Sample,
        "on a criterion of nobody's list",
        |t| t.draft.subject.criteria.push("vermoeden".parse().unwrap()),
        &["criteria"],
    ));
    all.extend(tried(&ALL[3..], Sample, "on no criterion at all", |t| t.draft.subject.criteria.clear(), &["criteria"]));
    all.extend(tried(
        &ALL[3..],
        Sample,
        "on one criterion many times",
        |t| t.draft.subject.criteria = vec!["dreiging-geuit".parse().unwrap(); MAX_CRITERIA],
        &["criteria"],
    ));
    all.extend(tried(ALL, Sample, "with a BSN", |t| t.draft.subject.person = person_by_bsn(), &["bsn"]));
    all.extend(tried(ALL, Bsn, "with a BSN where a law allows it", |t| t.draft.subject.person = person_by_bsn(), &[]));
    for birth in ["2010-01-01", "2008-11-24", "2008-11", "2008"] {
        let name = "about a minor who is not marked";
        let unmarked = move |policy: &Policy, attempt: Attempt| {
            let mut try_ = Try::new(policy);
            try_.draft.subject.person = person("Bakker", birth);
            attempt(try_)
        };
        all.extend(ALL.iter().map(|(way, attempt)| Situation {
            name: format!("{way}: {name}, {birth}"),
            world: Sample,
            attempt: Box::new(move |policy| unmarked(policy, *attempt)),
            denied_by: &["minor"],
        }));
    }
    let marked: Change = |t| {
        t.draft.subject.minor = true;
        t.draft.subject.person = person("Bakker", "2008-11-24");
    };
    all.extend(tried(ALL, Sample, "about a minor who is marked", marked, &[]));
    let adult: Change = |t| t.draft.subject.minor = true;
    all.extend(tried(ASK, Sample, "about an adult marked as a minor", adult, &["minor"]));
    all.extend(tried(RECEIVED, Sample, "about one who came of age since", adult, &[]));
    // The day on which it was signed counts, not the one on which it is judged.
    let birthday: Change = |t| {
        t.issued = NOW - DAY;
        t.draft.subject.person = person("Bakker", "2008-11-23");
    };
    all.extend(tried(RECEIVED, Sample, "about one who was a minor when it was signed", birthday, &["minor"]));
    all
}

fn whole() -> Vec<Situation> {
    use World::Sample;
    let mut all = Vec::new();
    let all_ways: [(&'static str, Change); 4] = [
        ("about another person than was committed to", |t| {
            t.tamper = |draft| draft.subject.person = person("Bakker", "1985-03-13");
        }),
        ("on other criteria than were committed to", |t| {
            t.tamper = |draft| draft.subject.criteria = vec!["omgeving-bezorgd".parse().unwrap()];
        }),
        ("in the name of another core party", |t| {
            t.draft.core.asker = oin(OM);
            t.asks_only(POLITIE, None);
            t.approver = oin(POLITIE);
        }),
        ("under another text of the convenant", |t| {
            let ConvenantRef(id, ..) = t.draft.core.convenant.clone();
            t.draft.core.convenant = ConvenantRef(id, weegnet_protocol::codec::Hash::of(&[b"another text"]), 0);
        }),
    ];
    for (name, change) in &all_ways[..2] {
        all.extend(tried(&ALL[..3], Sample, name, *change, &["whole"]));
    }
    // Neither does the approval cover another author's or another text's question: two rules see it at the recipient.
    all.extend(tried(&ALL[3..], Sample, all_ways[0].0, all_ways[0].1, &["whole"]));
    all.extend(tried(&ALL[3..], Sample, all_ways[1].0, all_ways[1].1, &["whole"]));
    for (name, change) in &all_ways[2..] {
        all.extend(tried(&ALL[..3], Sample, name, *change, &["whole"]));
        all.extend(tried(&ALL[3..], Sample, name, *change, &["approved", "whole"]));
    }
    for (name, change) in [
        ("to nobody", (|t| t.draft.recipients.clear()) as Change),
        ("to one organisation twice", |t| t.draft.recipients.push(recipient(oin(POLITIE), None))),
        ("without motivation", |t| t.draft.motivation.text = " ".into()),
        ("with another motivation than was committed to", |t| t.tamper = |draft| draft.motivation.text.push('!')),
    ] {
        all.extend(tried(DRAFT, Sample, name, change, &["whole"]));
    }
    let others: Change = |t| t.us = Some(oin(OM));
    all.extend(tried(&DRAFT[1..], Sample, "that is addressed to another party", others, &["whole"]));
    all.extend(tried(&ALL[3..], Sample, "that is addressed to another party", others, &["approved", "whole"]));
    all
}
