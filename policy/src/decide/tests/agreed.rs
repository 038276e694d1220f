//! What the parties agreed about how they work: each agreement has a situation that it alone denies.

use super::attempt::{answer, approve, ask, receive, release, release_automatically};
use super::*;
use crate::testing::person;

const ASK: &[(&str, Attempt)] = &[("ask", ask)];
const APPROVE: &[(&str, Attempt)] = &[("approve", approve)];
const ANSWER: &[(&str, Attempt)] = &[("answer", answer)];
const DRAFT: &[(&str, Attempt)] = &[("ask", ask), ("receive_draft", receive), ("approve", approve)];
const RELEASE: &[(&str, Attempt)] = &[("release", release)];
const AUTOMATIC: &[(&str, Attempt)] = &[("release_automatically", release_automatically)];

pub(super) fn situations() -> Vec<Situation> {
    use World::{Agreed, AutomaticSecond, Sample};
    let mut all = Vec::new();
    all.extend(tried(DRAFT, Agreed, "to whom it may go", |t| t.asks_only(POLITIE, None), &[]));
    // The weging.
    all.extend(tried(DRAFT, Agreed, "also to somebody not named for the weging", |_| {}, &["recipients-weging"]));
    let beyond: Change = |t| t.asks_only(RECLASSERING, Some("lopend-toezicht"));
    all.extend(tried(ANSWER, Agreed, "by somebody not named for the weging", beyond, &["asked-weging"]));
    all.extend(tried(ANSWER, Sample, "where nobody is named for the weging", beyond, &[]));
    // The roster: politie has reviewers on Monday and Tuesday.
    let wednesday: Change = |t| {
        t.at(NOW + Millis(2 * DAY.0));
        t.draft.core.answer_by = t.now + Millis(2 * DAY.0);
        t.asks_only(POLITIE, None);
    };
    all.extend(tried(DRAFT, Agreed, "in a window without anybody on duty", wednesday, &["recipients-on-duty"]));
    all.extend(tried(DRAFT, Sample, "in a window without a roster", wednesday, &[]));
    // Terms.
    all.extend(tried(ASK, Agreed, "until tonight", |t| window_of(t, false, 12), &["window-working-days"]));
    all.extend(tried(ASK, Agreed, "urgently until tonight", |t| window_of(t, true, 12), &[]));
    all.extend(tried(ASK, Agreed, "urgently within ten minutes", |t| within_minutes(t, 10), &[]));
    all.extend(tried(ASK, Agreed, "urgently within nine minutes", |t| within_minutes(t, 9), &["window-urgent"]));
    // Second persons.
    let minor: Change = |t| {
        t.asks_only(POLITIE, None);
        t.draft.subject.minor = true;
        t.draft.subject.person = person("Bakker", "2010-01-01");
    };
    let again: Change = |t| {
        t.asks_only(POLITIE, None);
        t.draft.subject.minor = true;
        t.draft.subject.person = person("Bakker", "2010-01-01");
        t.another_agreed = true;
    };
    all.extend(tried(APPROVE, Agreed, "about a minor, as the first", minor, &["minor-second"]));
    all.extend(tried(APPROVE, Agreed, "about a minor, as the second", again, &[]));
    all.extend(tried(RELEASE, Agreed, "as the first", |t| t.ground = Some("toestemming"), &["release-second"]));
    let second: Change = |t| {
        t.ground = Some("toestemming");
        t.another_agreed = true;
    };
    all.extend(tried(RELEASE, Agreed, "as the second", second, &[]));
    // Secrecy.
    all.extend(tried(RELEASE, Agreed, "without a ground", |t| t.another_agreed = true, &["release-secrecy"]));
    let unlisted: Change = |t| {
        t.ground = Some("nieuwsgierigheid");
        t.another_agreed = true;
    };
    all.extend(tried(RELEASE, Agreed, "on a ground of nobody's list", unlisted, &["release-secrecy"]));
    all.extend(tried(AUTOMATIC, AutomaticSecond, "where two reviewers are needed", |_| {}, &["automatic-persons"]));
    all
}

fn window_of(t: &mut Try<'_>, urgent: bool, hours: u64) {
    t.asks_only(POLITIE, None);
    t.draft.core.urgent = urgent;
    t.draft.core.answer_by = t.now + Millis::hours(hours);
}

fn within_minutes(t: &mut Try<'_>, minutes: u64) {
    window_of(t, true, 0);
    t.draft.core.answer_by = t.now + Millis::seconds(60 * minutes);
}
