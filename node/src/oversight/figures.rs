//! Figures of one month: cases per week and purpose, how they ended, how long an answer took, findings. Small cells are not
//! shown (H9), nor anything from which one could be worked out: each table is suppressed under the total that the month's
//! report gives away, and a week ends with its month, so that two months never share one.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use weegnet_protocol::Timestamp;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::time::{Day, Millis};

use super::calendar::Period;
use super::facts::Facts;
use super::findings::Finding;
use super::report::{Cell, Report};
use super::suppress::{self, Shown, WITHHELD};
use crate::journal::CaseKey;

/// Kinds of entries by which a case is answered.
pub const ANSWERS: [EntryKind; 5] = [
    EntryKind::AnswerSent,
    EntryKind::AnswerReceived,
    EntryKind::ApprovalGiven,
    EntryKind::RefusalSent,
    EntryKind::RefusalReceived,
];

/// How long an answer took: until when, and the name of that.
const WAITS: [(Millis, &str); 4] = [
    (Millis::hours(1), "uur"),
    (Millis::hours(24), "dag"),
    (Millis::hours(7 * 24), "week"),
    (Millis(u64::MAX), "later"),
];
/// No answer is written down.
const UNANSWERED: &str = "geen";

/// Figures of one month.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figures {
    /// Which.
    pub period: Period,
    /// Cases of each purpose, by the first day of each week that lies in the month.
    pub weeks: Vec<Weeks>,
    /// How they ended.
    pub outcomes: Vec<Cell>,
    /// How long the last answer took.
    pub waits: Vec<Cell>,
    /// Findings of each rule.
    pub findings: Vec<Cell>,
}

/// The weeks of one purpose.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Weeks {
    /// Its URI.
    pub purpose: String,
    /// By the first day.
    pub cells: Vec<Cell>,
}

/// A period that is not one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("figures are given for one whole calendar month: write 2026-11")]
pub struct NotAMonth;

/// Whether it is one whole month.
///
/// # Errors
/// When it is not.
pub fn is_a_month(period: Period) -> Result<(), NotAMonth> {
    let one = period.is_whole_months() && (period.from.year, period.from.month) == (period.to.year, period.to.month);
    if one { Ok(()) } else { Err(NotAMonth) }
}

/// Draws them up from the month's report and what it counted; `answered` says when each case was last answered.
///
/// # Errors
/// When the report is not of one month.
pub fn figures(
    report: &Report,
    facts: &[Facts],
    answered: &HashMap<CaseKey, Timestamp>,
    findings: &[Finding],
) -> Result<Figures, NotAMonth> {
    let period = report.selection.period;
    is_a_month(period)?;
    let meant: Vec<&Facts> = facts.iter().filter(|facts| report.selection.takes(facts)).collect();
    let table = |title: &str| report.tables.iter().find(|table| table.title == title).map(|table| &table.cells);
    let purposes = table("doel").into_iter().flatten();
    let weeks = purposes.map(|cell| weeks(period, cell, &meant)).collect();
    let wait = |facts: &Facts| match answered.get(&facts.vault) {
        None => UNANSWERED,
        Some(at) => {
            let took = at.as_millis().saturating_sub(facts.at.as_millis());
            WAITS.iter().find(|(most, _)| took <= most.0).map_or(UNANSWERED, |(_, name)| name)
        }
    };
    let names = WAITS.iter().map(|(_, name)| *name).chain([UNANSWERED]);
    let waits = names.map(|name| (name, meant.iter().filter(|facts| wait(facts) == name).count() as u64));
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    findings.iter().for_each(|finding| *rules.entry(&finding.rule).or_default() += 1);
    Ok(Figures {
        period,
        weeks,
        outcomes: table("uitkomst").cloned().unwrap_or_default(),
        waits: shown(waits.collect()),
        findings: shown(rules.into_iter().collect()),
    })
}

fn weeks(period: Period, purpose: &Cell, facts: &[&Facts]) -> Weeks {
    let mut counts: Vec<(String, u64)> = Vec::new();
    for day in period.from.to_days()..=period.to.to_days() {
        let (first, day) = (counts.is_empty() || is_monday(day), Day::from_days(day));
        if first {
            counts.push((day.to_string(), 0));
        }
        let of_day = facts.iter().filter(|facts| facts.purpose == purpose.label && facts.at.day() == day).count();
        if let Some((_, count)) = counts.last_mut() {
            *count += of_day as u64;
        }
    }
    let counts: Vec<(&str, u64)> = counts.iter().map(|(label, count)| (label.as_str(), *count)).collect();
    let mut cells = shown(counts);
    // What is not said of the whole is not said of its parts, which would add up to it.
    if let Shown::Hidden(_) = purpose.count {
        cells.iter_mut().for_each(|cell| cell.count = WITHHELD);
    }
    Weeks { purpose: purpose.label.clone(), cells }
}

fn is_monday(day: i64) -> bool {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7) == 0
}

fn shown(counts: Vec<(&str, u64)>) -> Vec<Cell> {
    let shown = suppress::cells(&counts.iter().map(|(_, count)| *count).collect::<Vec<_>>());
    counts.into_iter().zip(shown).map(|((label, _), count)| Cell { label: label.into(), count }).collect()
}

#[cfg(test)]
mod tests {
    use weegnet_protocol::id::UitvraagId;

    use super::super::facts::{Outcome, Selection};
    use super::super::report::{Values, report};
    use super::*;
    use crate::exchange::record::Side;

    fn facts(purpose: &str, days: impl IntoIterator<Item = u8>) -> Vec<Facts> {
        let one = |(n, day): (usize, u8)| {
            let at = Day { year: 2026, month: 11, day }.start();
            Facts {
                uitvraag: UitvraagId::new(at, [n as u8; 10]),
                vault: serde_json::from_str(&n.to_string()).unwrap(),
                side: Side::Own,
                at,
                answer_by: at,
                convenant: "c".parse().unwrap(),
                purpose: purpose.into(),
                peers: Vec::new(),
                outcome: Outcome::GeenMededeling,
                urgent: false,
                minor: false,
                author: None,
                approver: None,
                reviewer: None,
                candidates: 0,
                released: false,
            }
        };
        days.into_iter().enumerate().map(one).collect()
    }

    fn of(facts: &[Facts], answered: &HashMap<CaseKey, Timestamp>) -> Figures {
        let selection = Selection::all_of("2026-11".parse().unwrap());
        let report = report(selection, facts, &[], &Values::default()).unwrap();
        figures(&report, facts, answered, &[]).unwrap()
    }

    fn texts(cells: &[Cell]) -> Vec<String> {
        cells.iter().map(|cell| cell.count.to_string()).collect()
    }

    #[test]
    fn a_week_begins_on_monday_and_ends_with_its_month() {
        let figures = of(&facts("doel", 1..=30), &HashMap::new());
        let days: Vec<_> = figures.weeks[0].cells.iter().map(|cell| cell.label.as_str()).collect();
        assert_eq!(days, ["2026-11-01", "2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23", "2026-11-30"]);
        // The first and the last day alone are few: another week is withheld for their sake.
        let shown = texts(&figures.weeks[0].cells);
        assert_eq!(shown, ["minder dan 5", "niet getoond", "7", "7", "7", "minder dan 5"]);
    }

    #[test]
    fn weeks_of_a_purpose_that_is_not_counted_out_are_not_either() {
        let many = (0..30).map(|_| 10);
        let all = [facts("veel", many), facts("weinig", [3, 4]), facts("genoeg", (0..8).map(|_| 17))].concat();
        let figures = of(&all, &HashMap::new());
        let weeks = |purpose: &str| {
            let weeks = figures.weeks.iter().find(|weeks| weeks.purpose == purpose).unwrap();
            texts(&weeks.cells)
        };
        assert!(weeks("weinig").iter().all(|text| text == "niet getoond"));
        // Withheld for the sake of the small one: its weeks would add up to it.
        assert!(weeks("genoeg").iter().all(|text| text == "niet getoond"));
    }

    #[test]
    fn waits_count_from_the_question_to_its_last_answer() {
        let all = facts("doel", (0..30).map(|_| 5));
        let answered = all.iter().take(20).map(|one| (one.vault, one.at + Millis::hours(20))).collect();
        // Ten without an answer are withheld for the sake of the small ones.
        let expected = [
            ("uur", "minder dan 5"),
            ("dag", "20"),
            ("week", "minder dan 5"),
            ("later", "minder dan 5"),
            (UNANSWERED, "niet getoond"),
        ];
        let waits = of(&all, &answered).waits;
        let shown: Vec<_> = waits.iter().map(|cell| (cell.label.clone(), cell.count.to_string())).collect();
        assert_eq!(shown, expected.map(|(label, count)| (label.to_owned(), count.to_owned())));
    }

    #[test]
    fn a_year_has_no_figures() {
        assert_eq!(is_a_month("2026".parse().unwrap()), Err(NotAMonth));
        assert_eq!(is_a_month("2026-11".parse().unwrap()), Ok(()));
    }
}
