//! *Postvak*: possible matches field by field, and letting the contact point go or not, each in two steps.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use weegnet_protocol::id::{Slug, UitvraagId};
use weegnet_protocol::person::PersonRef;

use super::form::Given;
use super::page::{Page, Visitor, html};
use super::person::{criteria, words_of};
use super::uitvragen::short;
use super::when::{Moment, left, moment};
use super::words::Words;
use crate::clock;
use crate::desk::DeskError;
use crate::desk::guide::Leaving;
use crate::desk::view::{Band, CandidateView, InboxItem, Likeness, Rarity, Remark};

struct Item {
    id: UitvraagId,
    short: String,
    asker: String,
    urgent: bool,
    received: Moment,
    answer_by: Moment,
    left: String,
    matches: usize,
}

impl Item {
    fn of(item: &InboxItem, visitor: &Visitor) -> Self {
        Item {
            id: item.id,
            short: short(item.id),
            asker: visitor.desk().name_of(&item.asker),
            urgent: item.urgent,
            received: moment(&item.received),
            answer_by: moment(&item.answer_by),
            left: left(&item.answer_by, clock::now(), visitor.words),
            matches: item.possible_matches,
        }
    }
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct Inbox {
    page: Page,
    list: Vec<Item>,
}

/// What waits, the earliest deadline first.
pub async fn inbox(visitor: Visitor) -> Result<Response, Response> {
    let mut items = visitor.desk().inbox().await.map_err(|error| visitor.refused(error))?;
    items.sort_by(|a, b| a.answer_by.cmp(&b.answer_by));
    let list = items.iter().map(|item| Item::of(item, &visitor)).collect();
    Ok(html(&Inbox { page: visitor.page("place-inbox"), list }))
}

struct Field {
    name: String,
    asked: String,
    known: String,
    how: String,
    /// Part of a class name.
    tone: &'static str,
}

struct Candidate {
    number: usize,
    record: String,
    source: Option<String>,
    reason: String,
    band: String,
    fields: Vec<Field>,
    remarks: Vec<String>,
    rarity: String,
    namesakes: String,
    replaced: bool,
}

#[derive(Template)]
#[template(path = "review.html")]
struct One {
    page: Page,
    item: Item,
    erased: bool,
    criteria: Vec<String>,
    candidates: Vec<Candidate>,
}

/// One question with its possible matches.
pub async fn one(visitor: Visitor, Path(id): Path<UitvraagId>) -> Result<Response, Response> {
    let desk = visitor.desk();
    let view = desk.review(id).await.map_err(|error| visitor.refused(error))?;
    let words = visitor.words;
    let ratified = desk.cited(id);
    let candidates = view.candidates.iter().enumerate().map(|(at, candidate)| {
        let reasons = ratified.as_ref().map(|ratified| ratified.terms().register_reasons.as_slice());
        Candidate {
            number: at + 1,
            record: candidate.record_id.clone(),
            source: candidate.source_record.clone(),
            reason: words_of(reasons.unwrap_or_default(), &candidate.reason),
            band: words.say(band(candidate.band)),
            fields: fields(view.person.as_ref(), candidate, words),
            remarks: candidate.remarks.iter().map(|remark| words.say(self::remark(*remark))).collect(),
            rarity: words.say(rarity(candidate.rarity)),
            namesakes: words.with("namesakes", "n", candidate.namesakes),
            replaced: candidate.person.is_none(),
        }
    });
    Ok(html(&One {
        page: visitor.page("review-title"),
        item: Item::of(&view.item, &visitor),
        erased: view.person.is_none(),
        criteria: criteria(ratified.as_deref(), &view.criteria),
        candidates: candidates.collect(),
    }))
}

fn fields(asked: Option<&PersonRef>, candidate: &CandidateView, words: Words) -> Vec<Field> {
    let how = &candidate.comparison;
    type Read = fn(&PersonRef) -> Option<String>;
    let all: [(&str, Likeness, Read); 6] = [
        ("field-given-names", how.given_names, |p| p.given_names().map(|name| name.as_str().into())),
        ("field-prefix", how.prefix, |p| p.prefix().map(|name| name.as_str().into())),
        ("field-surname", how.surname, |p| p.surname().map(|name| name.as_str().into())),
        ("field-aliases", Likeness::Unknown, |p| {
            let all: Vec<_> = p.aliases().iter().map(|alias| alias.as_str()).collect();
            (!all.is_empty()).then(|| all.join("; "))
        }),
        ("field-birth", how.birth, |p| p.birth().parts().map(|_| p.birth().to_string())),
        ("field-bsn", how.bsn, |p| p.bsn().map(|bsn| bsn.as_str().into())),
    ];
    let shown = all.into_iter().filter_map(|(name, how, read)| {
        let (asked, known) = (asked.and_then(read), candidate.person.as_ref().and_then(read));
        if asked.is_none() && known.is_none() {
            return None;
        }
        let (how, tone) = match how {
            // An alias is compared as a surname; the row only shows it.
            _ if name == "field-aliases" => ("likeness-none", "unknown"),
            Likeness::Same => ("likeness-same", "same"),
            Likeness::Variant => ("likeness-variant", "variant"),
            Likeness::Conflict => ("likeness-conflict", "conflict"),
            Likeness::Unknown => ("likeness-unknown", "unknown"),
        };
        let text = |value: Option<String>| value.unwrap_or_else(|| words.say("not-known-here"));
        Some(Field { name: words.say(name), asked: text(asked), known: text(known), how: words.say(how), tone })
    });
    shown.collect()
}

#[derive(Template)]
#[template(path = "release.html")]
struct Preview {
    page: Page,
    leaving: Leaving,
    to: String,
    stepped_up: bool,
    problem: Option<String>,
    first: Option<String>,
}

/// Exactly what would leave: the first of two steps.
pub async fn preview(visitor: Visitor, Path(id): Path<UitvraagId>) -> Result<Response, Response> {
    show(&visitor, id, None, None).await.map_err(|error| visitor.refused(error))
}

async fn show(
    visitor: &Visitor,
    id: UitvraagId,
    problem: Option<String>,
    first: Option<String>,
) -> Result<Response, DeskError> {
    let desk = visitor.desk();
    let leaving = desk.leaving(id).await?;
    Ok(html(&Preview {
        page: visitor.page("release-title"),
        to: desk.name_of(&leaving.to),
        stepped_up: visitor.signed_in.stepped_up(),
        leaving,
        problem,
        first,
    }))
}

/// Lets it go: the second step.
pub async fn release(visitor: Visitor, Path(id): Path<UitvraagId>, given: Given) -> Result<Response, Response> {
    let refused = |error| visitor.refused(error);
    if !given.has("gezien") {
        let problem = Some(visitor.words.say("release-not-seen"));
        return show(&visitor, id, problem, None).await.map_err(refused);
    }
    let ground: Option<Slug> = given.one("grond").parse().ok();
    match visitor.desk().release(id, ground).await.map_err(refused)? {
        Some(missing) => show(&visitor, id, None, Some(missing)).await.map_err(refused),
        None => Ok(html(&Done { page: visitor.page("released-title"), released: true })),
    }
}

#[derive(Template)]
#[template(path = "withhold.html")]
struct Withholding {
    page: Page,
    id: UitvraagId,
    short: String,
    to: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "reviewed.html")]
struct Done {
    page: Page,
    released: bool,
}

/// What withholding means: the first of two steps.
pub async fn withholding(visitor: Visitor, Path(id): Path<UitvraagId>) -> Result<Response, Response> {
    ask_reason(&visitor, id, None).await.map_err(|error| visitor.refused(error))
}

async fn ask_reason(visitor: &Visitor, id: UitvraagId, problem: Option<String>) -> Result<Response, DeskError> {
    let desk = visitor.desk();
    let leaving = desk.leaving(id).await?;
    let to = desk.name_of(&leaving.to);
    Ok(html(&Withholding { page: visitor.page("withhold-title"), id, short: short(id), to, problem }))
}

/// Lets nothing go: the second step.
pub async fn withhold(visitor: Visitor, Path(id): Path<UitvraagId>, given: Given) -> Result<Response, Response> {
    let refused = |error| visitor.refused(error);
    let reason = given.one("reden").to_owned();
    if reason.is_empty() {
        let problem = Some(visitor.words.say("withhold-no-reason"));
        return ask_reason(&visitor, id, problem).await.map_err(refused);
    }
    visitor.desk().withhold(id, reason).await.map_err(refused)?;
    Ok(html(&Done { page: visitor.page("withheld-title"), released: false }))
}

fn band(band: Band) -> &'static str {
    match band {
        Band::Certain => "band-certain",
        Band::Probable => "band-probable",
        Band::Possible => "band-possible",
    }
}

fn rarity(rarity: Rarity) -> &'static str {
    match rarity {
        Rarity::Common => "rarity-common",
        Rarity::Uncommon => "rarity-uncommon",
        Rarity::Rare => "rarity-rare",
    }
}

fn remark(remark: Remark) -> &'static str {
    match remark {
        Remark::NamesExchanged => "remark-names-exchanged",
        Remark::SurnamePartOrAlias => "remark-surname-part",
        Remark::SurnameSoundsAlike => "remark-surname-sound",
        Remark::SurnameSlip => "remark-surname-slip",
        Remark::GivenNameForm => "remark-given-form",
        Remark::GivenNameSoundsAlike => "remark-given-sound",
        Remark::GivenNameSlip => "remark-given-slip",
        Remark::GivenNameInitial => "remark-given-initial",
        Remark::GivenNameNotFirst => "remark-given-not-first",
        Remark::DateInPart => "remark-date-part",
        Remark::FirstOfJanuary => "remark-date-january",
        Remark::DayAndMonthExchanged => "remark-date-exchanged",
        Remark::DateSlip => "remark-date-slip",
    }
}
