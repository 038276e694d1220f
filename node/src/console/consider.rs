//! *Wacht op akkoord*: drafts of other core parties, and exactly what is approved.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use weegnet_protocol::id::UitvraagId;

use super::form::Given;
use super::page::{Page, Visitor, html};
use super::person::{Line, criteria, lines, words_of};
use super::uitvragen::{Listed, short};
use super::when::{Moment, left, moment};
use crate::clock;
use crate::desk::DeskError;
use crate::desk::view::DraftView;

#[derive(Template)]
#[template(path = "waiting.html")]
struct Waiting {
    page: Page,
    list: Vec<Listed>,
}

/// Drafts that wait here, and those that did.
pub async fn waiting(visitor: Visitor) -> Result<Response, Response> {
    let desk = visitor.desk();
    let all = desk.drafts().await.map_err(|error| visitor.refused(error))?;
    let list = all.iter().rev().map(|summary| Listed::of(summary, &visitor)).collect();
    Ok(html(&Waiting { page: visitor.page("place-approve"), list }))
}

#[derive(Template)]
#[template(path = "draft.html")]
struct One {
    page: Page,
    view: DraftView,
    short: String,
    asker: String,
    person: Vec<Line>,
    criteria: Vec<String>,
    recipients: Vec<(String, String)>,
    answer_by: Moment,
    left: String,
    open: bool,
    problem: Option<String>,
    first: Option<String>,
}

/// All of what would be approved.
pub async fn one(visitor: Visitor, Path(id): Path<UitvraagId>) -> Result<Response, Response> {
    show(&visitor, id, None, None).await.map_err(|error| visitor.refused(error))
}

async fn show(
    visitor: &Visitor,
    id: UitvraagId,
    problem: Option<String>,
    first: Option<String>,
) -> Result<Response, DeskError> {
    let desk = visitor.desk();
    let view = desk.draft(id).await?;
    let words = visitor.words;
    let ratified = desk.cited(id);
    let reason = |code: &Option<_>| match (code, &ratified) {
        (Some(code), Some(ratified)) => words_of(&ratified.terms().reasons, code),
        (Some(code), None) => code.to_string(),
        (None, _) => words.say("core-party"),
    };
    let recipients = view.recipients.iter().map(|(oin, code)| (desk.name_of(oin), reason(code))).collect();
    Ok(html(&One {
        page: visitor.page("draft-title"),
        short: short(id),
        asker: desk.name_of(&view.asker),
        person: lines(&view.person, words),
        criteria: criteria(ratified.as_deref(), &view.criteria),
        recipients,
        answer_by: moment(&view.answer_by),
        left: left(&view.answer_by, clock::now(), words),
        open: view.state == "ter goedkeuring",
        problem,
        first,
        view,
    }))
}

/// Approves, or does not.
pub async fn decide(visitor: Visitor, Path(id): Path<UitvraagId>, given: Given) -> Result<Response, Response> {
    let refused = |error| visitor.refused(error);
    let desk = visitor.desk();
    match given.one("besluit") {
        "akkoord" if given.has("gelezen") => {
            if let Some(missing) = desk.approve(id).await.map_err(refused)? {
                return show(&visitor, id, None, Some(missing)).await.map_err(refused);
            }
        }
        "niet" => {
            let reason = Some(given.one("reden").to_owned()).filter(|reason| !reason.is_empty());
            desk.decline(id, reason).await.map_err(refused)?;
        }
        _ => {
            let problem = Some(visitor.words.say("draft-not-read"));
            return show(&visitor, id, problem, None).await.map_err(refused);
        }
    }
    Ok(Redirect::to("/akkoord").into_response())
}
