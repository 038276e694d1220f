//! *Bewaren en vernietigen*: what goes when and under which term, what a pass would do, and proof of what is gone. Nothing
//! here tells who anything is about.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::page::{Page, Visitor, html};
use super::uitvragen::short;
use super::when::{Moment, moment};
use super::words::Words;
use crate::desk::DeskError;
use crate::desk::retain::{HoldView, PassView, PlanLine};
use crate::retention::bodies::Cause;
use crate::retention::proof::{Proof, Wanted};
use crate::retention::{Part, Report};

/// Lines of the plan that are shown one by one: 50, those that go first. All of them are counted.
const LINES: usize = 50;
/// Passes that are listed: 20.
const PASSES: usize = 20;

/// All that goes under one term.
struct Term {
    kind: String,
    part: String,
    days: u32,
    source: String,
    lines: usize,
    due: usize,
    held: usize,
    next: Moment,
}

struct Line {
    what: String,
    short: Option<String>,
    due: Moment,
    held_until: Option<Moment>,
}

struct Pass {
    pass: PassView,
    at: Moment,
    cause: String,
}

struct Hold {
    hold: HoldView,
    short: String,
    placed: Moment,
    until: Moment,
}

#[derive(Template)]
#[template(path = "keeping.html")]
struct Keeping {
    page: Page,
    terms: Vec<Term>,
    lines: Vec<Line>,
    more: usize,
    holds: Vec<Hold>,
    passes: Vec<Pass>,
}

/// The plan, the holds, and the passes that were.
pub async fn plan(visitor: Visitor) -> Result<Response, Response> {
    let refused = |error| visitor.refused(error);
    let (desk, words) = (visitor.desk(), visitor.words);
    let mut plan = desk.retention_plan().await.map_err(refused)?;
    let holds = desk.holds().await.map_err(refused)?;
    let passes = desk.passes().await.map_err(refused)?;
    plan.sort_by(|a, b| a.due.cmp(&b.due));
    let more = plan.len().saturating_sub(LINES);
    let holds = holds.into_iter().map(|hold| Hold {
        short: short(hold.uitvraag),
        placed: moment(&hold.placed),
        until: moment(&hold.until),
        hold,
    });
    let passes = passes.into_iter().take(PASSES).map(|pass| Pass {
        at: moment(&pass.at),
        cause: words.say(cause(pass.cause)),
        pass,
    });
    Ok(html(&Keeping {
        page: visitor.page("place-keeping"),
        terms: terms(&plan, words),
        lines: plan.iter().take(LINES).map(|line| listed(line, words)).collect(),
        more,
        holds: holds.collect(),
        passes: passes.collect(),
    }))
}

fn listed(line: &PlanLine, words: Words) -> Line {
    Line {
        what: kind_in_words(&line.kind, words),
        short: line.uitvraag.map(short),
        due: moment(&line.due),
        held_until: line.held_until.as_deref().map(moment),
    }
}

fn terms(plan: &[PlanLine], words: Words) -> Vec<Term> {
    let mut terms: BTreeMap<(&str, bool, u32, &str), Vec<&PlanLine>> = BTreeMap::new();
    for line in plan {
        let key = (line.kind.as_str(), line.part == Part::Person, line.days, line.source.as_str());
        terms.entry(key).or_default().push(line);
    }
    let term = |((kind, person, days, source), lines): (_, Vec<&PlanLine>)| Term {
        kind: kind_in_words(kind, words),
        part: words.say(if person { "part-person" } else { "part-whole" }),
        days,
        source: String::from(source),
        lines: lines.len(),
        due: lines.iter().filter(|line| line.is_due).count(),
        held: lines.iter().filter(|line| line.held_until.is_some()).count(),
        // Sorted: the first is the earliest.
        next: moment(lines.first().map_or("", |line| line.due.as_str())),
    };
    terms.into_iter().map(term).collect()
}

fn kind_in_words(kind: &str, words: Words) -> String {
    words.or(&format!("keeps-{}", kind.replace('_', "-")), kind)
}

fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Window => "cause-window",
        Cause::Start => "cause-start",
        Cause::Daily => "cause-daily",
        Cause::Operator => "cause-operator",
    }
}

#[derive(Template)]
#[template(path = "keeping-try.html")]
struct Try {
    page: Page,
    erased: Vec<(String, u64)>,
    report: Report,
}

/// What a pass would do now; nothing is done.
pub async fn rehearse(visitor: Visitor) -> Result<Response, Response> {
    let report = visitor.desk().retention_run(true).await.map_err(|error| visitor.refused(error))?;
    let erased = report.erased.iter().map(|(kind, count)| (kind_in_words(kind, visitor.words), *count)).collect();
    Ok(html(&Try { page: visitor.page("keeping-try"), erased, report }))
}

/// What is to be proven: one of both. Neither is about a person.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Which {
    #[serde(default)]
    uitvraag: String,
    #[serde(default)]
    ronde: String,
}

struct Shown {
    at: Moment,
    index: u64,
    pass: u64,
    things: usize,
    rules: Vec<String>,
}

#[derive(Template)]
#[template(path = "keeping-proof.html")]
struct Proven {
    page: Page,
    entries: Vec<Shown>,
    proof: Proof,
    backups: String,
}

/// Proof of erasure from the files alone.
pub async fn proof(visitor: Visitor, which: Result<Query<Which>, QueryRejection>) -> Result<Response, Response> {
    let refused = |error| visitor.refused(error);
    let words = visitor.words;
    let which = which.map(|Query(which)| which).unwrap_or_default();
    let desk = visitor.desk();
    let wanted = match (which.uitvraag.trim(), which.ronde.trim()) {
        ("", "") => None,
        (id, "") => id.parse().ok().map(Wanted::Uitvraag),
        (_, pass) => pass.parse().ok().map(Wanted::Pass),
    };
    let Some(wanted) = wanted else {
        // Whoever may not look is told that, and not what was wrong with what they typed.
        desk.passes().await.map_err(refused)?;
        return match which == Which::default() {
            true => Ok(Redirect::to("/bewaren").into_response()),
            false => Err(refused(DeskError::Input(words.say("wrong-proof")))),
        };
    };
    let proof = desk.erasure_proof(wanted).await.map_err(refused)?;
    let entries = proof.entries.iter().map(|entry| Shown {
        at: moment(&entry.at),
        index: entry.index,
        pass: entry.pass,
        things: entry.gone.len(),
        rules: entry
            .rules
            .iter()
            .map(|rule| format!("{}: {}", kind_in_words(&rule.kind, words), rule.source))
            .collect(),
    });
    let backups = match &proof.backups.until {
        Some(until) => words.with("backups-until", "x", super::when::day(until)),
        None => words.say("backups-unsaid"),
    };
    Ok(html(&Proven { page: visitor.page("proof-title"), entries: entries.collect(), proof, backups }))
}
