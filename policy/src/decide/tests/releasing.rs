//! What may leave, and by whom.

use super::attempt::{release, release_automatically};
use super::*;

const RELEASE: &[(&str, Attempt)] = &[("release", release)];
const AUTOMATIC: &[(&str, Attempt)] = &[("release_automatically", release_automatically)];

pub(super) fn situations() -> Vec<Situation> {
    use World::{Automatic, AutomaticReal, Bent, Real, Sample};
    let mut all = Vec::new();
    all.extend(tried(RELEASE, Sample, "by a reviewer", |_| {}, &[]));
    all.extend(tried(RELEASE, Real, "by a reviewer about a real person", |_| {}, &[]));
    all.extend(tried(
        RELEASE,
        Sample,
        "with every role but reviewer",
        |t| t.roles = Some(Role::ALL.into_iter().filter(|role| *role != Role::Reviewer).collect()),
        &["release"],
    ));
    all.extend(tried(RELEASE, Sample, "of an own question", |t| t.own = true, &["release-own"]));
    all.extend(tried(RELEASE, Sample, "just before the deadline", |t| t.now = t.draft.core.answer_by - Millis(1), &[]));
    for (ways, world) in [(RELEASE, Sample), (AUTOMATIC, Automatic)] {
        all.extend(tried(ways, world, "at the deadline", |t| t.now = t.draft.core.answer_by, &["release-deadline"]));
    }
    all.extend(tried(RELEASE, Bent, "where nothing is ever answered", |t| t.to = oin(ZORG), &["release-mode"]));
    all.extend(tried(RELEASE, Automatic, "where no person is needed", |_| {}, &["release-mode"]));
    all.extend(tried(AUTOMATIC, Automatic, "between test organisations", |_| {}, &[]));
    all.extend(tried(AUTOMATIC, Sample, "where a reviewer is needed", |_| {}, &["release-automatic"]));
    // The real asker makes all of it real, also the ceilings, and so the one who is asked stays within the core.
    all.extend(tried(AUTOMATIC, AutomaticReal, "towards a real organisation", |_| {}, &["release-automatic"]));
    all
}

#[test]
fn an_organisation_that_is_no_party_releases_nothing_by_two_ways() {
    let try_ = |rules: &str| {
        let policy = policy(World::Sample, rules).unwrap();
        let denied = release(Try { us: Some(oin(8)), ..Try::new(&policy) }).unwrap_err();
        denied.policy_ids
    };
    assert_eq!(try_(engine::RULES), ["release-mode"]);
    // It has no contact point to name either.
    assert_eq!(try_(&strip(engine::RULES, "release-mode")), ["release"]);
}
