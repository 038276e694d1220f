//! What may be looked into, before anything is looked up.

use super::attempt::answer;
use super::*;

const ANSWER: &[(&str, Attempt)] = &[("answer", answer)];

pub(super) fn situations() -> Vec<Situation> {
    use World::{Bent, Loose, Sample};
    let mut all = Vec::new();
    for error in [VerifyError::BadSignature, VerifyError::Expired { since: NOW }, VerifyError::UnknownIssuer] {
        all.push(Situation {
            name: format!("answer: with an approval of which {error}"),
            world: Sample,
            attempt: Box::new(move |policy| answer(Try { approval: Some(error.clone()), ..Try::new(policy) })),
            denied_by: &["approved"],
        });
    }
    for (name, change) in [
        ("approved by the asker itself", (|t| t.approver = t.asker) as Change),
        ("approved beyond the core", |t| t.approver = oin(RECLASSERING)),
        ("approved for other organisations", |t| {
            let mut approved = t.draft.clone();
            approved.core.subject = approved.subject.commitment();
            approved.core.motivation = approved.motivation.commitment();
            approved.recipients.remove(0);
            t.approved = Some(approved);
        }),
        ("with the approval of another question", |t| {
            let mut approved = t.draft.clone();
            approved.core.motivation = approved.motivation.commitment();
            t.approved = Some(approved);
        }),
        ("with another approval inside it", |t| t.enclosed = Some(oin(POLITIE))),
        ("made more urgent after its approval", |t| t.tamper = |draft| draft.core.urgent = true),
    ] {
        all.extend(tried(ANSWER, Sample, name, change, &["approved"]));
    }
    all.extend(tried(ANSWER, Sample, "approved by the one who is asked", |t| t.approver = oin(POLITIE), &[]));
    all.extend(tried(ANSWER, Sample, "beyond the core", |t| t.to = oin(RECLASSERING), &[]));
    all.extend(tried(
        ANSWER,
        Sample,
        "without a legal basis to answer this asker",
        |t| {
            t.asked_by(OM);
            t.asks_only(RECLASSERING, Some("lopend-toezicht"));
            t.approver = oin(POLITIE);
        },
        &["answer"],
    ));
    let never: Change = |t| t.asks_only(ZORG, Some("lopende-begeleiding"));
    all.extend(tried(ANSWER, Bent, "by an organisation that never answers", never, &["answers"]));
    let open: Change = |t| t.asks_only(RECLASSERING, Some("lopend-toezicht"));
    all.extend(tried(ANSWER, Loose, "asked openly beyond the core about a real person", open, &["asked-open"]));
    let sealed: Change = |t| {
        t.asks_only(RECLASSERING, Some("lopend-toezicht"));
        t.sealed = true;
    };
    all.extend(tried(ANSWER, Loose, "asked sealed beyond the core about a real person", sealed, &[]));
    // Of who is sealed nothing is judged before it opens.
    let with_bsn: Change = |t| {
        t.asks_only(RECLASSERING, Some("lopend-toezicht"));
        t.sealed = true;
        t.draft.subject.criteria = vec!["zomaar".parse().unwrap()];
    };
    all.extend(tried(ANSWER, Sample, "about somebody sealed, on an unknown criterion", with_bsn, &[]));
    let opened: Change = |t| {
        t.asks_only(RECLASSERING, Some("lopend-toezicht"));
        t.sealed = true;
        t.opens = true;
        t.draft.subject.criteria = vec!["zomaar".parse().unwrap()];
    };
    all.extend(tried(ANSWER, Sample, "about somebody who opens, on an unknown criterion", opened, &["criteria"]));
    let opened: Change = |t| {
        t.asks_only(RECLASSERING, Some("lopend-toezicht"));
        (t.sealed, t.opens) = (true, true);
    };
    all.extend(tried(ANSWER, Sample, "about somebody who opens", opened, &[]));
    all
}
