//! *Nieuwe uitvraag*: a guided form that says what may be asked, of whom and on which ground; then what would be sent; then
//! it goes to another core party.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use weegnet_protocol::Oin;
use weegnet_protocol::id::Slug;

use super::form::Given;
use super::page::{Page, Told, Visitor, html};
use super::person::{Line, criteria, lines, words_of};
use super::when::{Moment, moment};
use super::words::Words;
use crate::desk::DeskError;
use crate::desk::ask::{AskRequest, To};
use crate::desk::guide::{Guide, GuideParty};

/// Fields that are sent again with the second step, as they were given.
const SINGLE: [&str; 12] = [
    "convenant",
    "voornamen",
    "voorvoegsel",
    "geslachtsnaam",
    "alias",
    "dag",
    "maand",
    "jaar",
    "bsn",
    "motivering",
    "goedkeurder",
    "spoed",
];

/// Something that has to be mended first.
struct Problem {
    /// The field to go to.
    field: &'static str,
    text: String,
}

struct Choice {
    code: String,
    text: String,
    chosen: bool,
}

struct Party {
    oin: Oin,
    name: String,
    core: bool,
    answers: bool,
    ground: Option<String>,
    chosen: bool,
    reasons: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "ask.html")]
struct Form<'a> {
    page: Page,
    given: &'a Given,
    guides: Vec<Guide>,
    guide: Option<Guide>,
    criteria: Vec<Choice>,
    parties: Vec<Party>,
    approvers: Vec<Choice>,
    problems: Vec<Problem>,
    article: Option<String>,
}

impl Form<'_> {
    fn problem(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|problem| problem.field == field).map(|problem| problem.text.as_str())
    }
}

/// The form, empty; where several convenanten hold, one is chosen first.
pub async fn form(visitor: Visitor, query: axum::extract::RawQuery) -> Result<Response, Response> {
    let chosen = query.0.as_deref().and_then(|query| query.strip_prefix("convenant=")).unwrap_or_default().to_owned();
    let given = Given::of("convenant", chosen);
    show(&visitor, &given, Vec::new(), None).await.map_err(|error| visitor.refused(error))
}

/// Looks over what was filled in, or sends it.
pub async fn send(visitor: Visitor, given: Given) -> Result<Response, Response> {
    let refused = |error| visitor.refused(error);
    let desk = visitor.desk();
    // Whoever may not ask is told so before anything that they typed is read.
    desk.guides().await.map_err(refused)?;
    if given.one("stap") == "wijzigen" {
        return show(&visitor, &given, Vec::new(), None).await.map_err(refused);
    }
    let request = match read(&given, visitor.words) {
        Ok(request) => request,
        Err(problems) => return show(&visitor, &given, problems, None).await.map_err(refused),
    };
    if given.one("stap") == "verzenden" {
        return match desk.ask(request).await {
            Ok(id) => Ok(Redirect::to(&format!("/uitvragen/{id}")).into_response()),
            Err(error) => mend(&visitor, &given, error).await,
        };
    }
    match desk.rehearse(request).await {
        Ok(rehearsal) if rehearsal.denial.is_none() => {
            let words = visitor.words;
            let ratified = desk.convenant(&rehearsal.convenant).map_err(refused)?;
            let guides = desk.guides().await.map_err(refused)?;
            let guide = guides.into_iter().find(|guide| guide.convenant == rehearsal.convenant);
            let ground = |oin: &Oin| {
                let party = guide.as_ref()?.parties.iter().find(|party| party.oin == *oin)?;
                party.ground.clone()
            };
            let recipients = rehearsal.recipients.iter().map(|(oin, code)| Recipient {
                name: desk.name_of(oin),
                why: code.as_ref().map_or(words.say("core-party"), |code| words_of(&ratified.terms().reasons, code)),
                ground: ground(oin).unwrap_or_default(),
            });
            let mut again: Vec<(String, String)> =
                SINGLE.iter().map(|name| ((*name).to_owned(), given.one(name).to_owned())).collect();
            again.retain(|(_, value)| !value.is_empty());
            for name in ["criterium", "aan"] {
                again.extend(given.all(name).map(|value| (name.to_owned(), value.to_owned())));
            }
            again.extend(given.starting_with("reden-"));
            Ok(html(&Check {
                page: visitor.page("check-title"),
                person: lines(&rehearsal.person, words),
                criteria: criteria(Some(&ratified), &rehearsal.criteria),
                recipients: recipients.collect(),
                approver: desk.name_of(&rehearsal.approver),
                answer_by: moment(&rehearsal.answer_by),
                motivation: rehearsal.motivation,
                minor: rehearsal.minor,
                urgent: rehearsal.urgent,
                again,
            }))
        }
        Ok(rehearsal) => {
            let denial = rehearsal.denial.map(DeskError::Denied).unwrap_or(DeskError::NotFound("denial"));
            mend(&visitor, &given, denial).await
        }
        Err(error) => mend(&visitor, &given, error).await,
    }
}

/// What stands in the way can be mended in the form, which keeps what was filled in.
async fn mend(visitor: &Visitor, given: &Given, error: DeskError) -> Result<Response, Response> {
    if !matches!(error, DeskError::Denied(_) | DeskError::Input(_)) {
        return Err(visitor.refused(error));
    }
    let told = Told::of(&error, visitor.words);
    let problems = vec![Problem { field: "formulier", text: told.text }];
    show(visitor, given, problems, told.article).await.map_err(|error| visitor.refused(error))
}

struct Recipient {
    name: String,
    why: String,
    ground: String,
}

#[derive(Template)]
#[template(path = "ask-check.html")]
struct Check {
    page: Page,
    person: Vec<Line>,
    criteria: Vec<String>,
    recipients: Vec<Recipient>,
    approver: String,
    answer_by: Moment,
    motivation: String,
    minor: bool,
    urgent: bool,
    again: Vec<(String, String)>,
}

async fn show(
    visitor: &Visitor,
    given: &Given,
    problems: Vec<Problem>,
    article: Option<String>,
) -> Result<Response, DeskError> {
    let guides = visitor.desk().guides().await?;
    let chosen = given.one("convenant");
    let only = guides.len() == 1;
    let guide = guides.iter().find(|guide| only || guide.convenant.as_str() == chosen).cloned();
    let choices = |list: &[(Slug, String)], name: &str| -> Vec<Choice> {
        let chosen = |code: &Slug| given.all(name).any(|value| value == code.as_str());
        list.iter()
            .map(|(code, text)| Choice { code: code.to_string(), text: text.clone(), chosen: chosen(code) })
            .collect()
    };
    let party = |party: &GuideParty, guide: &Guide| Party {
        oin: party.oin,
        name: party.name.clone(),
        core: party.core,
        answers: party.answers,
        ground: party.ground.clone(),
        chosen: given.all("aan").any(|oin| oin == party.oin.as_str()),
        reasons: choices(&guide.reasons, &format!("reden-{}", party.oin)),
    };
    let parties = guide.iter().flat_map(|guide| guide.parties.iter().map(|one| party(one, guide))).collect();
    let approver = given.one("goedkeurder");
    let approvers = guide.iter().flat_map(|guide| &guide.approvers).map(|(oin, name)| Choice {
        code: oin.to_string(),
        text: name.clone(),
        chosen: approver == oin.as_str(),
    });
    Ok(html(&Form {
        page: visitor.page("place-new"),
        given,
        criteria: guide.as_ref().map(|guide| choices(&guide.criteria, "criterium")).unwrap_or_default(),
        parties,
        approvers: approvers.collect(),
        guides,
        guide,
        problems,
        article,
    }))
}

/// What was filled in as a request, or everything that cannot be read.
fn read(given: &Given, words: Words) -> Result<AskRequest, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut wrong = |field, name: &str| problems.push(Problem { field, text: words.say(name) });
    let person = super::person::read(given, &mut wrong);
    let criteria: Vec<Slug> = given.all("criterium").filter_map(|code| code.parse().ok()).collect();
    if criteria.is_empty() {
        wrong("criterium", "wrong-criteria");
    }
    let motivation = given.one("motivering").replace("\r\n", "\n");
    if motivation.is_empty() {
        wrong("motivering", "wrong-motivation");
    }
    let to: Vec<To> = given
        .all("aan")
        .filter_map(|oin| oin.parse().ok())
        .map(|oin: Oin| {
            let reason = given.one(&format!("reden-{oin}")).parse().ok();
            To { oin, reason }
        })
        .collect();
    if to.is_empty() {
        wrong("aan", "wrong-recipients");
    }
    let convenant = given.one("convenant").parse().map_err(|_| wrong("convenant", "wrong-convenant")).ok();
    match (convenant, problems.is_empty()) {
        (Some(convenant), true) => Ok(AskRequest {
            convenant,
            person,
            criteria,
            motivation,
            to,
            urgent: given.has("spoed"),
            answer_within: None,
            approver: given.one("goedkeurder").parse().ok(),
        }),
        _ => Err(problems),
    }
}
