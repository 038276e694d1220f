//! Tier 1 (R17): counts that nobody can be traced in. What is erased is no case any more; the table of entries counts it still.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weegnet_protocol::log::EntryKind;

use super::calendar::Period;
use super::entries::{EntryView, kind_name};
use super::facts::{Facts, Outcome, Selection, side_name};
use super::suppress::{self, SMALLEST_SHOWN, Shown, WITHHELD};
use crate::exchange::record::Side;

/// Counts of one period.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// Which cases were counted.
    pub selection: Selection,
    /// How many there are.
    pub total: Shown,
    /// The same cases, each time split another way.
    pub tables: Vec<Table>,
}

/// Cases split by one property.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Table {
    /// By which.
    pub title: String,
    /// Every value that there can be, and how often it is.
    pub cells: Vec<Cell>,
}

/// One value and how often it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cell {
    /// The value.
    pub label: String,
    /// How often.
    pub count: Shown,
}

/// A report that could be subtracted from another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("generic counts are given for whole calendar months or years: write 2026-11 or 2026")]
pub struct NotWholeMonths;

/// What there can be besides what there is: so that a value's absence tells nothing.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Purposes of the convenanten in force.
    pub purposes: Vec<String>,
    /// All other parties, with their names.
    pub peers: Vec<(String, String)>,
}

/// Counts the cases that `selection` takes, and for a whole period the entries.
///
/// # Errors
/// When the period is not one of whole months.
pub fn report(
    selection: Selection,
    facts: &[Facts],
    entries: &[EntryView],
    values: &Values,
) -> Result<Report, NotWholeMonths> {
    if !selection.period.is_whole_months() {
        return Err(NotWholeMonths);
    }
    let meant: Vec<&Facts> = facts.iter().filter(|facts| selection.takes(facts)).collect();
    let whole = facts.iter().filter(|facts| selection.period.contains(facts.at)).count();
    let left_out = (whole - meant.len()) as u64;
    let mut tables = vec![
        table("soort", Side::ALL.map(|side| side_name(side).to_owned()), &meant, |f| vec![side_name(f.side).into()]),
        table("uitkomst", Outcome::ALL.map(|o| o.as_str().to_owned()), &meant, |f| vec![f.outcome.as_str().into()]),
        table("doel", values.purposes.iter().cloned(), &meant, |f| vec![f.purpose.clone()]),
        table("betrokken organisatie", values.peers.iter().map(|(oin, _)| oin.clone()), &meant, |f| {
            f.peers.iter().map(ToString::to_string).collect()
        }),
        table("spoed", ["ja".to_owned(), "nee".to_owned()], &meant, |f| vec![yes(f.urgent)]),
        table("minderjarig, of mogelijk", ["ja".to_owned(), "nee".to_owned()], &meant, |f| vec![yes(f.minor)]),
    ];
    for cell in tables.iter_mut().filter(|table| table.title == "betrokken organisatie").flat_map(|t| &mut t.cells) {
        if let Some((_, name)) = values.peers.iter().find(|(oin, _)| *oin == cell.label) {
            cell.label = format!("{} {name}", cell.label);
        }
    }
    let mut total = Shown::alone(meant.len() as u64);
    // All but a few: those few could be had by subtraction.
    if left_out > 0 && left_out < SMALLEST_SHOWN {
        total = WITHHELD;
        tables.iter_mut().flat_map(|table| &mut table.cells).for_each(|cell| cell.count = WITHHELD);
    }
    if selection.is_whole_period() {
        tables.push(entry_table(selection.period, entries));
    }
    Ok(Report { selection, total, tables })
}

fn entry_table(period: Period, entries: &[EntryView]) -> Table {
    let months = (period.from.to_string(), period.to.to_string());
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for entry in entries {
        let day = entry.time.get(..10).unwrap_or_default();
        if entry.kind != EntryKind::Genesis && months.0.as_str() <= day && day <= months.1.as_str() {
            *counts.entry(kind_name(entry.kind)).or_default() += 1;
        }
    }
    let shown = suppress::cells(&counts.values().copied().collect::<Vec<_>>());
    let cells = counts.into_keys().zip(shown).map(|(label, count)| Cell { label, count }).collect();
    Table { title: "regels in het journaal (ook van wat vernietigd is)".into(), cells }
}

fn table(
    title: &str,
    values: impl IntoIterator<Item = String>,
    facts: &[&Facts],
    of: impl Fn(&Facts) -> Vec<String>,
) -> Table {
    let mut counts: BTreeMap<String, u64> = values.into_iter().map(|value| (value, 0)).collect();
    for value in facts.iter().flat_map(|facts| of(facts)) {
        *counts.entry(value).or_default() += 1;
    }
    let shown = suppress::cells(&counts.values().copied().collect::<Vec<_>>());
    let cells = counts.into_keys().zip(shown).map(|(label, count)| Cell { label, count }).collect();
    Table { title: title.into(), cells }
}

fn yes(is: bool) -> String {
    if is { "ja".into() } else { "nee".into() }
}

#[cfg(test)]
mod tests {
    use weegnet_protocol::Timestamp;
    use weegnet_protocol::id::UitvraagId;

    use super::*;

    fn facts(count: usize, urgent: usize) -> Vec<Facts> {
        let slot = serde_json::from_str("1").unwrap();
        let at = Timestamp::from_seconds(1_795_400_000);
        let one = |n: usize| Facts {
            uitvraag: UitvraagId::new(at, [n as u8; 10]),
            vault: slot,
            side: Side::Own,
            at,
            answer_by: at,
            convenant: "c".parse().unwrap(),
            purpose: "doel".into(),
            peers: Vec::new(),
            outcome: Outcome::GeenMededeling,
            urgent: n < urgent,
            minor: false,
            author: Some("anna".parse().unwrap()),
            approver: None,
            reviewer: None,
            candidates: 0,
            released: false,
        };
        (0..count).map(one).collect()
    }

    fn cell(report: &Report, title: &str, label: &str) -> String {
        let table = report.tables.iter().find(|table| table.title == title).unwrap();
        table.cells.iter().find(|cell| cell.label == label).unwrap().count.to_string()
    }

    #[test]
    fn few_urgent_questions_are_not_counted_out() {
        let selection = Selection::all_of("2026-11".parse().unwrap());
        let report = report(selection, &facts(30, 2), &[], &Values::default()).unwrap();
        assert_eq!(report.total, Shown::Count(30));
        assert_eq!(cell(&report, "spoed", "ja"), "minder dan 5");
        assert_eq!(cell(&report, "spoed", "nee"), "niet getoond");
        assert_eq!(cell(&report, "uitkomst", "loopt"), "minder dan 5");
    }

    #[test]
    fn all_but_a_few_tells_nothing() {
        let mut all = facts(30, 0);
        all[0].author = Some("bert".parse().unwrap());
        let selection =
            Selection { author: Some("anna".parse().unwrap()), ..Selection::all_of("2026-11".parse().unwrap()) };
        let report = report(selection, &all, &[], &Values::default()).unwrap();
        assert_eq!(report.total.to_string(), "niet getoond");
        assert!(report.tables.iter().flat_map(|t| &t.cells).all(|cell| !matches!(cell.count, Shown::Count(_))));
    }

    #[test]
    fn parts_of_a_month_are_refused() {
        let selection = Selection::all_of("2026-11-01..2026-11-29".parse().unwrap());
        assert_eq!(report(selection, &[], &[], &Values::default()).unwrap_err(), NotWholeMonths);
    }
}
