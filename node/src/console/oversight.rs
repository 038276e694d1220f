//! The privacy officer's pages: integrity at a glance, the journal, findings. Each look is recorded before it shows.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use weegnet_protocol::log::{EntryKind, LogName};

use super::page::{Page, Visitor, html};
use super::when::{Moment, moment};
use super::words::Words;
use crate::clock;
use crate::desk::DeskError;
use crate::desk::glance::{Integrity, LogPage};
use crate::oversight::calendar::Period;
use crate::oversight::entries::{EntryView, kind_name};
use crate::oversight::findings::Finding;

struct Vouched {
    name: String,
    entries: u64,
    at: Option<Moment>,
}

#[derive(Template)]
#[template(path = "integrity.html")]
struct Glance {
    page: Page,
    view: Integrity,
    vouched: Vec<Vouched>,
    verified_at: Option<Moment>,
    running: bool,
    share: u64,
}

/// Last checkpoint, who cosigned, last verification, and anything wrong in words.
pub async fn glance(visitor: Visitor) -> Result<Response, Response> {
    let desk = visitor.desk();
    let view = desk.integrity().await.map_err(|error| visitor.refused(error))?;
    let vouched = view.cosigned.iter().map(|(oin, entries, at)| Vouched {
        name: desk.name_of(oin),
        entries: *entries,
        at: at.as_deref().map(moment),
    });
    let (done, total) = view.verification.progress;
    Ok(html(&Glance {
        page: visitor.page("place-integrity"),
        vouched: vouched.collect(),
        verified_at: view.verification.last.as_ref().map(|last| moment(&last.at)),
        running: view.verification.running_since.is_some(),
        share: (done * 100).checked_div(total).unwrap_or(0),
        view,
    }))
}

/// Reads and verifies everything, beside the running node.
pub async fn verify(visitor: Visitor) -> Result<Response, Response> {
    visitor.desk().verify().await.map_err(|error| visitor.refused(error))?;
    Ok(Redirect::to("/toezicht").into_response())
}

/// The journal's filters, as the address carries them: nothing in it is about a person.
#[derive(Debug, Default, Deserialize)]
pub struct Filters {
    #[serde(default)]
    log: String,
    #[serde(default)]
    soort: String,
    #[serde(default)]
    organisatie: String,
    #[serde(default)]
    voor: Option<u64>,
}

struct Row {
    entry: EntryView,
    at: Moment,
    kind: String,
    issuer: Option<String>,
    audience: Option<String>,
}

#[derive(Template)]
#[template(path = "journal.html")]
struct Journal {
    page: Page,
    kinds: Vec<(String, String, bool)>,
    peers: Vec<(String, String, bool)>,
    house: bool,
    rows: Vec<Row>,
    earlier: Option<String>,
}

/// The journal, the latest entry first.
pub async fn journal(visitor: Visitor, filters: Result<Query<Filters>, QueryRejection>) -> Result<Response, Response> {
    let filters = filters.map(|Query(filters)| filters).unwrap_or_default();
    let refused = |error| visitor.refused(error);
    let desk = visitor.desk();
    let words = visitor.words;
    let house = filters.log == LogName::House.as_str();
    let wanted: Option<EntryKind> = serde_json::from_value(serde_json::Value::from(filters.soort.as_str())).ok();
    let page = LogPage {
        log: if house { LogName::House } else { LogName::Exchange },
        kind: wanted,
        party: filters.organisatie.parse().ok(),
        before: filters.voor,
    };
    let (entries, next) = desk.log_page(page).await.map_err(refused)?;
    let name = |oin: &Option<_>| oin.as_ref().map(|oin| desk.name_of(oin));
    let rows = entries.into_iter().map(|entry| Row {
        at: moment(&entry.time),
        kind: in_words(entry.kind, words),
        issuer: name(&entry.issuer),
        audience: name(&entry.audience),
        entry,
    });
    let here = EntryKind::ALL.iter().filter(|kind| kind.log().is_none_or(|log| log == page.log));
    let kinds = here.map(|kind| (kind_name(*kind), in_words(*kind, words), wanted == Some(*kind))).collect();
    let peers = desk
        .members()
        .into_iter()
        .map(|oin| (oin.to_string(), desk.name_of(&oin), filters.organisatie == oin.as_str()));
    let log = if house { LogName::House } else { LogName::Exchange }.as_str();
    let earlier = next.map(|before| {
        format!("?log={log}&soort={}&organisatie={}&voor={before}", known(&filters.soort), known(&filters.organisatie))
    });
    let rows = rows.collect();
    let peers = peers.collect();
    Ok(html(&Journal { page: visitor.page("place-journal"), kinds, peers, house, rows, earlier }))
}

/// What happened, as the screen says it.
fn in_words(kind: EntryKind, words: Words) -> String {
    words.say(&format!("kind-{}", kind_name(kind).replace('_', "-")))
}

/// Only what filters consist of goes back into an address.
fn known(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// Of which month.
#[derive(Debug, Default, Deserialize)]
pub struct Month {
    #[serde(default)]
    periode: String,
}

/// This month unless another period is named: as it was written, and what it means.
pub fn month_of(visitor: &Visitor, month: Result<Query<Month>, QueryRejection>) -> Result<(String, Period), DeskError> {
    let today = clock::now().day();
    let now = format!("{:04}-{:02}", today.year, today.month);
    let named = month.ok().map(|Query(month)| month.periode.trim().to_owned()).filter(|text| !text.is_empty());
    let period = named.unwrap_or(now);
    let parsed = period.parse::<Period>().map_err(|_| DeskError::Input(visitor.words.say("wrong-period")))?;
    Ok((period, parsed))
}

struct Found {
    rule: String,
    what: String,
    why: String,
    people: String,
    cases: String,
    entries: String,
}

impl Found {
    /// In words of the screen; in the desk's where nobody wrote any.
    fn of(finding: Finding, words: Words) -> Self {
        let Finding { rule, why, what, people, cases, entries, numbers } = finding;
        let name = format!("finding-{rule}-what");
        let said = words.numbers(&name, &numbers);
        let people: Vec<_> = people.iter().map(ToString::to_string).collect();
        let cases: Vec<_> = cases.into_iter().map(super::uitvragen::short).collect();
        Found {
            what: if said == name { what } else { said },
            why: words.or(&format!("finding-{rule}-why"), &why),
            rule: words.or(&format!("finding-{rule}"), &rule),
            people: people.join(", "),
            cases: cases.join(", "),
            entries: entries.join(", "),
        }
    }
}

#[derive(Template)]
#[template(path = "findings.html")]
struct Findings {
    page: Page,
    period: String,
    list: Vec<Found>,
}

/// What deserves a look, of this month unless another one is named.
pub async fn findings(visitor: Visitor, month: Result<Query<Month>, QueryRejection>) -> Result<Response, Response> {
    let (period, parsed) = month_of(&visitor, month).map_err(|error| visitor.refused(error))?;
    let list = visitor.desk().findings(parsed).await.map_err(|error| visitor.refused(error))?;
    let list = list.into_iter().map(|finding| Found::of(finding, visitor.words)).collect();
    Ok(html(&Findings { page: visitor.page("place-findings"), period, list }))
}

#[cfg(test)]
mod tests {
    use weegnet_policy::lang::Lang;

    use super::*;

    #[test]
    fn every_rule_of_the_findings_has_words_in_both_languages() {
        let sources = [include_str!("../oversight/findings/mod.rs"), include_str!("../oversight/findings/node.rs")];
        let names = ["finding(\"", "each_case(\"", "rule: \""];
        let mut rules = 0;
        for text in sources {
            for part in names.iter().flat_map(|name| text.split(name).skip(1)) {
                let rule = part.split('"').next().unwrap();
                rules += 1;
                for words in [Words(Lang::Nl), Words(Lang::En)] {
                    for end in ["", "-what", "-why"] {
                        let name = format!("finding-{rule}{end}");
                        let said = words.numbers(&name, &[3, 2]);
                        assert!(said != name && !said.contains('$'), "{name}: {said}");
                        assert!(!said.contains("weegnet "), "a screen names no command: {said}");
                    }
                }
            }
        }
        assert!(rules >= 12, "{rules} rules were found in the text of the rules");
    }

    #[test]
    fn every_kind_of_entry_has_words_in_both_languages() {
        for kind in EntryKind::ALL {
            for lang in [Lang::Nl, Lang::En] {
                assert!(!in_words(*kind, Words(lang)).starts_with("kind-"), "{kind:?}");
            }
        }
    }
}
