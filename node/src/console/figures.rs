//! *Cijfers*: a month in bars, drawn here, each with the table that says the same. What is too small to show is shown as
//! that.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;

use super::oversight::{Month, month_of};
use super::page::{Page, Visitor, html};
use super::when::day;
use super::words::Words;
use crate::oversight::report::Cell;
use crate::oversight::suppress::{Hidden, Shown};

/// Length of the longest bar, in units of the drawing.
const LONGEST: u64 = 300;
/// From one bar to the next.
const STEP: usize = 46;

struct Bar {
    label: String,
    count: String,
    /// Not at all where the count is not shown.
    length: Option<u64>,
    /// Where its label stands, and the bar below it.
    label_y: usize,
    bar_y: usize,
}

struct Chart {
    number: usize,
    title: String,
    label: String,
    bars: Vec<Bar>,
    height: usize,
}

impl Chart {
    fn of(
        number: usize,
        title: String,
        label: String,
        cells: &[Cell],
        words: Words,
        name: impl Fn(&str) -> String,
    ) -> Self {
        let count = |cell: &Cell| match cell.count {
            Shown::Count(count) => Some(count),
            Shown::Hidden(_) => None,
        };
        let most = cells.iter().filter_map(count).max().unwrap_or(0).max(1);
        let bar = |(at, cell): (usize, &Cell)| Bar {
            label: name(&cell.label),
            count: in_words(cell.count, words),
            length: count(cell).map(|count| count * LONGEST / most),
            label_y: at * STEP + 16,
            bar_y: at * STEP + 22,
        };
        let bars: Vec<Bar> = cells.iter().enumerate().map(bar).collect();
        Chart { number, title, label, height: bars.len() * STEP, bars }
    }
}

fn in_words(count: Shown, words: Words) -> String {
    match count {
        Shown::Count(count) => count.to_string(),
        Shown::Hidden(Hidden::FewerThanFive) => words.say("figure-fewer"),
        Shown::Hidden(Hidden::Withheld) => words.say("figure-withheld"),
    }
}

#[derive(Template)]
#[template(path = "figures.html")]
struct Shows {
    page: Page,
    period: String,
    charts: Vec<Chart>,
}

/// One month, this one unless another is named.
pub async fn month(visitor: Visitor, month: Result<Query<Month>, QueryRejection>) -> Result<Response, Response> {
    let words = visitor.words;
    let (period, parsed) = month_of(&visitor, month).map_err(|error| visitor.refused(error))?;
    let figures = visitor.desk().figures(parsed).await.map_err(|error| visitor.refused(error))?;
    let mut charts: Vec<Chart> = Vec::new();
    let week = |first: &str| words.with("figure-week", "x", day(first));
    for weeks in &figures.weeks {
        let title = words.with("figure-weeks", "x", purpose(&weeks.purpose));
        charts.push(Chart::of(charts.len(), title, words.say("figure-of-week"), &weeks.cells, words, week));
    }
    let outcome = |name: &str| words.or(&format!("outcome-{name}"), name);
    let wait = |name: &str| words.say(&format!("wait-{name}"));
    let rule = |name: &str| words.or(&format!("finding-{name}"), name);
    let mut add = |title: &str, label: &str, cells: &[Cell], name: &dyn Fn(&str) -> String| {
        charts.push(Chart::of(charts.len(), words.say(title), words.say(label), cells, words, name));
    };
    add("figure-outcomes", "outcome", &figures.outcomes, &outcome);
    add("figure-waits", "figure-wait", &figures.waits, &wait);
    add("place-findings", "figure-rule", &figures.findings, &rule);
    Ok(html(&Shows { page: visitor.page("place-figures"), period, charts }))
}

/// The end of a URI names the purpose; people here know it by that.
fn purpose(uri: &str) -> &str {
    uri.rsplit(['/', ':', '#']).find(|part| !part.is_empty()).unwrap_or(uri)
}

#[cfg(test)]
mod tests {
    use weegnet_policy::lang::Lang;

    use super::*;

    #[test]
    fn what_is_not_shown_has_no_length_either() {
        let cell = |label: &str, count| Cell { label: label.into(), count };
        let cells = [
            cell("a", Shown::Count(30)),
            cell("b", Shown::Hidden(Hidden::FewerThanFive)),
            cell("c", Shown::Hidden(Hidden::Withheld)),
            cell("d", Shown::Count(15)),
        ];
        let chart = Chart::of(0, String::new(), String::new(), &cells, Words(Lang::Nl), str::to_owned);
        let lengths: Vec<_> = chart.bars.iter().map(|bar| bar.length).collect();
        assert_eq!(lengths, [Some(300), None, None, Some(150)]);
        assert_eq!(chart.bars[1].count, "minder dan 5");
    }
}
