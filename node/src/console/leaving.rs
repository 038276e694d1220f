//! What leaves oversight: our side and what others can show of it, organisation by organisation; exports and the audit pack as
//! files. A file is given only to who confirmed with a new code, and behind its entry.

use askama::Template;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use weegnet_protocol::Oin;

use super::form::Given;
use super::page::{Page, Visitor, html};
use super::when::{Moment, moment};
use super::words::Words;
use crate::clock;
use crate::desk::DeskError;
use crate::desk::oversee::Export;
use crate::oversight::calendar::Period;
use crate::oversight::entries::kind_name;
use crate::oversight::export::Format;
use crate::reconcile::{Digest, Reconciled};

/// Statements without a receipt that are shown of one organisation: 50. All of them are counted.
const LINES: usize = 50;

struct Unproven {
    id: String,
    kind: String,
    at: Moment,
}

struct Compared {
    oin: Oin,
    name: String,
    numbers: Reconciled,
    unproven: Vec<Unproven>,
    more: usize,
}

#[derive(Template)]
#[template(path = "reconcile.html")]
struct Reconcile {
    page: Page,
    period: String,
    compared: Option<Vec<Compared>>,
    stepped_up: bool,
}

/// What comparing means, before the whole journal is read for it.
pub async fn comparing(visitor: Visitor) -> Result<Response, Response> {
    visitor.desk().oversees().await.map_err(|error| visitor.refused(error))?;
    Ok(show(&visitor, "", None))
}

fn show(visitor: &Visitor, period: &str, compared: Option<Vec<Compared>>) -> Response {
    let stepped_up = visitor.signed_in.stepped_up();
    html(&Reconcile { page: visitor.page("place-reconcile"), period: period.into(), compared, stepped_up })
}

/// Compares, organisation by organisation.
pub async fn compare(visitor: Visitor, given: Given) -> Result<Response, Response> {
    let refused = |error| visitor.refused(error);
    let (desk, words) = (visitor.desk(), visitor.words);
    desk.oversees().await.map_err(refused)?;
    let period = period(given.one("periode"), words).map_err(refused)?;
    let compared = desk.reconcile(period).await.map_err(refused)?;
    let compared = compared.into_iter().map(|mut one| {
        let unproven = std::mem::take(&mut one.without_receipt);
        let more = unproven.len().saturating_sub(LINES);
        let line = |digest: &Digest| Unproven {
            id: digest.id.clone(),
            kind: words.say(&format!("kind-{}", kind_name(digest.kind).replace('_', "-"))),
            at: moment(&digest.time),
        };
        let unproven = unproven.iter().take(LINES).map(line).collect();
        Compared { oin: one.peer, name: desk.name_of(&one.peer), numbers: one, unproven, more }
    });
    let compared = compared.collect();
    Ok(show(&visitor, given.one("periode"), Some(compared)))
}

/// Our side for one organisation, as a file that it compares with.
pub async fn digests(visitor: Visitor, Path(id): Path<Oin>, given: Given) -> Result<Response, Response> {
    let refused = |error| visitor.refused(error);
    let desk = visitor.desk();
    desk.oversees().await.map_err(refused)?;
    let period = period(given.one("periode"), visitor.words).map_err(refused)?;
    let lines = desk.digests(id, period).await.map_err(refused)?;
    Ok(file(lines, &format!("weegnet-uitwisseling-{id}.jsonl")))
}

fn period<T: std::str::FromStr>(text: &str, words: Words) -> Result<Option<T>, DeskError> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| DeskError::Input(words.say("wrong-period"))),
    }
}

#[derive(Template)]
#[template(path = "exports.html")]
struct Exports {
    page: Page,
    month: String,
    stepped_up: bool,
}

/// Which files there are.
pub async fn exports(visitor: Visitor) -> Result<Response, Response> {
    visitor.desk().oversees().await.map_err(|error| visitor.refused(error))?;
    let today = clock::now().day();
    let month = format!("{:04}-{:02}", today.year, today.month);
    Ok(html(&Exports { page: visitor.page("place-exports"), month, stepped_up: visitor.signed_in.stepped_up() }))
}

/// Entries of the journal as a file.
pub async fn export(visitor: Visitor, given: Given) -> Result<Response, Response> {
    let refused = |error| visitor.refused(error);
    let desk = visitor.desk();
    desk.oversees().await.map_err(refused)?;
    let (format, ending) = match given.one("vorm") {
        "csv" => (Format::Csv, "csv"),
        "jsonl" => (Format::Jsonl, "jsonl"),
        "tegels" => (Format::Tiles, "zip"),
        _ => (Format::Pack, "zip"),
    };
    let period: Option<Period> = period(given.one("periode"), visitor.words).map_err(refused)?;
    if format == Format::Pack && period.is_none() {
        return Err(refused(DeskError::Input(visitor.words.say("wrong-period"))));
    }
    let bytes = desk.export(Export { format, period }).await.map_err(refused)?;
    let name = if format == Format::Pack { "auditpakket" } else { "journaal" };
    Ok(file(bytes, &format!("weegnet-{name}.{ending}")))
}

/// Bytes that a browser keeps and never shows.
fn file(bytes: Vec<u8>, name: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}
