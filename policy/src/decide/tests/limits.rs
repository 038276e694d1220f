//! How long, to whom and how often may be asked.

use super::attempt::{answer, approve, ask, receive};
use super::*;
use crate::testing::person;

const ASK: &[(&str, Attempt)] = &[("ask", ask)];
const DRAFT: &[(&str, Attempt)] = &[("ask", ask), ("receive_draft", receive), ("approve", approve)];
const RECEIVED: &[(&str, Attempt)] = &[("receive_draft", receive), ("approve", approve), ("answer", answer)];
const COUNTED: &[(&str, Attempt)] = &[("ask", ask), ("answer", answer)];
const ALL: &[(&str, Attempt)] = &[("ask", ask), ("receive_draft", receive), ("approve", approve), ("answer", answer)];

pub(super) fn situations() -> Vec<Situation> {
    [window(), whom(), often()].into_iter().flatten().collect()
}

fn window() -> Vec<Situation> {
    use World::Sample;
    let mut all = Vec::new();
    let most: Change = |t| {
        t.issued = NOW;
        t.draft.core.answer_by = NOW + t.policy.ratified().most_window();
    };
    all.extend(tried(ALL, Sample, "with the longest window", most, &[]));
    let longer: Change = |t| {
        t.issued = NOW;
        t.draft.core.answer_by = NOW + t.policy.ratified().most_window() + Millis(1);
    };
    all.extend(tried(ALL, Sample, "with a longer window", longer, &["window-longest"]));
    let forever: Change = |t| t.draft.core.answer_by = Timestamp::from_millis(u64::MAX);
    all.extend(tried(ALL, Sample, "with a window without end", forever, &["window-longest"]));
    let least: Change = |t| t.draft.core.answer_by = NOW + t.policy.ratified().least_window();
    all.extend(tried(ALL, Sample, "with the shortest window", least, &[]));
    let shorter: Change = |t| t.draft.core.answer_by = NOW + t.policy.ratified().least_window() - Millis(1);
    all.extend(tried(ASK, Sample, "with a shorter window", shorter, &["window-shortest"]));
    all.extend(tried(RECEIVED, Sample, "with little of its window left", shorter, &[]));
    let closed: Change = |t| t.draft.core.answer_by = NOW;
    all.extend(tried(RECEIVED, Sample, "after its window closed", closed, &["window-closed"]));
    all.extend(tried(ASK, Sample, "with a window that has closed", closed, &["window-shortest"]));
    all
}

fn whom() -> Vec<Situation> {
    use World::{Bent, Loose, Real, Sample};
    let mut all = Vec::new();
    for (name, change) in [
        (
            "about a surname without a year of birth",
            (|t| {
                t.draft.subject.person = person("Bakker", "");
                t.draft.subject.minor = true;
            }) as Change,
        ),
        ("about a year of birth without a surname", |t| t.draft.subject.person = person(".", "1985-03-12")),
    ] {
        all.extend(tried(DRAFT, Sample, name, change, &["specific"]));
        all.extend(tried(&ALL[3..], Sample, name, change, &[]));
    }
    let year: Change = |t| t.draft.subject.person = person("Bakker", "1985");
    all.extend(tried(ALL, Sample, "about a surname with a year of birth", year, &[]));
    all.extend(tried(
        DRAFT,
        Bent,
        "to an organisation that never answers",
        |t| t.draft.recipients.push(recipient(oin(ZORG), Some("lopende-begeleiding"))),
        &["recipients-answer"],
    ));
    all.extend(tried(
        DRAFT,
        Sample,
        "to an organisation that is no party",
        |t| t.draft.recipients.push(recipient(oin(8), Some("lopende-begeleiding"))),
        &["recipients-answer"],
    ));
    all.extend(tried(
        DRAFT,
        Sample,
        "to an organisation without a legal basis to answer us",
        |t| {
            t.asked_by(OM);
            t.draft.recipients = vec![recipient(oin(RECLASSERING), Some("lopend-toezicht"))];
        },
        &["recipients-basis"],
    ));
    all.extend(tried(
        DRAFT,
        Sample,
        "beyond the core without a reason",
        |t| t.draft.recipients[1].reason = None,
        &["recipients-reason"],
    ));
    for (name, change) in [
        (
            "beyond the core for a reason of nobody's list",
            (|t| t.draft.recipients[1].reason = Some("zomaar".parse().unwrap())) as Change,
        ),
        ("within the core for a reason of nobody's list", |t| {
            t.draft.recipients[0].reason = Some("zomaar".parse().unwrap());
        }),
    ] {
        all.extend(tried(DRAFT, Sample, name, change, &["recipients-reason"]));
    }
    let open: Change = |t| {
        let to = t.oin(RECLASSERING);
        t.draft.recipients.push(recipient(to, Some("lopend-toezicht")));
    };
    all.extend(tried(DRAFT, Loose, "beyond the core about a real person", open, &[]));
    all.extend(tried(
        DRAFT,
        Real,
        "to a real party that never answers",
        open,
        &["recipients-answer", "recipients-basis"],
    ));
    all
}

fn often() -> Vec<Situation> {
    use World::{Loose, Real, Sample};
    let mut all = Vec::new();
    all.extend(tried(ASK, Sample, "with the author's last question of the day", |t| t.by_author = 9, &[]));
    all.extend(tried(ASK, Sample, "with one more than the author's quota", |t| t.by_author = 10, &["quota-author"]));
    all.extend(tried(ASK, Loose, "about the ninth real person today", |t| t.by_author = 9, &[]));
    all.extend(tried(ASK, Loose, "about the eleventh real person today", |t| t.by_author = 10, &["ceiling-author"]));
    let both: Change = |t| t.by_author = 10;
    all.extend(tried(ASK, Real, "with one more than quota and ceiling", both, &["ceiling-author", "quota-author"]));
    all.extend(tried(COUNTED, Sample, "with the organisation's last of the day", |t| t.by_organisation = 29, &[]));
    all.extend(tried(
        COUNTED,
        Sample,
        "with one more than the organisation's quota",
        |t| t.by_organisation = 30,
        &["quota-organisation"],
    ));
    all.extend(tried(
        COUNTED,
        Loose,
        "about the thirty-first real person today",
        |t| t.by_organisation = 30,
        &["ceiling-organisation"],
    ));
    all.extend(tried(
        COUNTED,
        Sample,
        "with a count beyond all numbers",
        |t| t.by_organisation = u64::MAX,
        &["quota-organisation"],
    ));
    all.extend(tried(
        COUNTED,
        Sample,
        "about the same person within the waiting time",
        |t| t.last_asked = Some(NOW - t.policy.ratified().waiting() + Millis(1)),
        &["waiting"],
    ));
    all.extend(tried(
        COUNTED,
        Sample,
        "about the same person after the waiting time",
        |t| t.last_asked = Some(NOW - t.policy.ratified().waiting()),
        &[],
    ));
    // A clock that was set back does not shorten the wait.
    all.extend(tried(
        COUNTED,
        Sample,
        "about the same person asked about in the future",
        |t| t.last_asked = Some(NOW + DAY),
        &["waiting"],
    ));
    all
}
