//! An author's own uitvragen: all of them, one with its answers, and taking one back.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use weegnet_protocol::id::UitvraagId;

use super::page::{Page, Visitor, html};
use super::person::{Line, lines};
use super::weigh::Weighing;
use super::when::{Moment, left, moment};
use crate::clock;
use crate::desk::view::{OwnView, Summary};

/// Digits of an id that people compare.
const SHORT: usize = 8;

/// The end of an id: its beginning is a time, and the same for everything that was written together.
pub fn short(id: UitvraagId) -> String {
    let id = id.to_string();
    id.get(id.len().saturating_sub(SHORT)..).unwrap_or(&id).to_owned()
}

/// One line of a list.
pub struct Listed {
    /// Which.
    pub id: UitvraagId,
    /// As people say it.
    pub short: String,
    /// How far it is.
    pub state: String,
    /// Who asks.
    pub asker: String,
    /// When the answers are due.
    pub answer_by: Moment,
    /// How long that is.
    pub left: String,
}

impl Listed {
    /// Of what the desk lists.
    pub fn of(summary: &Summary, visitor: &Visitor) -> Self {
        Listed {
            id: summary.id,
            short: short(summary.id),
            state: summary.state.clone(),
            asker: visitor.desk().name_of(&summary.asker),
            answer_by: moment(&summary.answer_by),
            left: left(&summary.answer_by, clock::now(), visitor.words),
        }
    }
}

#[derive(Template)]
#[template(path = "uitvragen.html")]
struct Mine {
    page: Page,
    list: Vec<Listed>,
}

/// *Mijn uitvragen*: nothing about anybody, so that a list is no reading.
pub async fn mine(visitor: Visitor) -> Result<Response, Response> {
    let all = visitor.desk().own_uitvragen().await.map_err(|error| visitor.refused(error))?;
    let list = all.iter().rev().map(|summary| Listed::of(summary, &visitor)).collect();
    Ok(html(&Mine { page: visitor.page("place-mine"), list }))
}

struct Answer {
    name: String,
    state: String,
    said: Option<String>,
    roster: Option<String>,
    known: bool,
}

#[derive(Template)]
#[template(path = "uitvraag.html")]
struct One {
    page: Page,
    view: OwnView,
    person: Vec<Line>,
    criteria: Vec<String>,
    approver: String,
    answer_by: Moment,
    left: String,
    answers: Vec<Answer>,
    weighing: Weighing,
}

/// One uitvraag with what each organisation said.
pub async fn one(visitor: Visitor, Path(id): Path<UitvraagId>) -> Result<Response, Response> {
    let desk = visitor.desk();
    let view = desk.uitvraag(id).await.map_err(|error| visitor.refused(error))?;
    let words = visitor.words;
    let answers = view.answers.iter().map(|answer| Answer {
        name: desk.name_of(&answer.oin),
        state: answer.state.clone(),
        known: answer.contact.is_some(),
        // Declared, and never derived from whether somebody looked: beside silence only.
        roster: answer.roster.clone().filter(|_| answer.outcome.is_some() && answer.contact.is_none()),
        said: match (&answer.outcome, &answer.contact) {
            (_, Some(contact)) => Some(words.with("said-known", "x", contact.as_str())),
            (Some(_), None) => Some(words.say("said-nothing")),
            (None, None) => None,
        },
    });
    Ok(html(&One {
        page: visitor.page("uitvraag-title"),
        person: lines(&view.person, words),
        criteria: super::person::criteria(desk.cited(id).as_deref(), &view.criteria),
        approver: desk.name_of(&view.approver),
        answer_by: moment(&view.answer_by),
        left: left(&view.answer_by, clock::now(), words),
        answers: answers.collect(),
        weighing: Weighing::of(&visitor, &view),
        view,
    }))
}

#[derive(Template)]
#[template(path = "withdraw.html")]
struct Withdrawal {
    page: Page,
    id: UitvraagId,
    short: String,
}

/// What taking back means, before it is done.
pub async fn withdrawal(visitor: Visitor, Path(id): Path<UitvraagId>) -> Result<Response, Response> {
    visitor.desk().has_ended(id).await.map_err(|error| visitor.refused(error))?;
    Ok(html(&Withdrawal { page: visitor.page("withdraw-title"), id, short: short(id) }))
}

/// Takes it back.
pub async fn withdraw(visitor: Visitor, Path(id): Path<UitvraagId>) -> Result<Response, Response> {
    visitor.desk().withdraw(id).await.map_err(|error| visitor.refused(error))?;
    Ok(Redirect::to(&format!("/uitvragen/{id}")).into_response())
}
