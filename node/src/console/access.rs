//! *Inzageverzoeken*: a verified request, what is kept about the person, a decision with its reasons, and the letter. Every
//! step is the desk's; what is shown here was written down before.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use weegnet_policy::role::Role;
use weegnet_protocol::id::{EntryId, UitvraagId};
use weegnet_protocol::time::Day;

use super::form::Given;
use super::operate::as_html;
use super::page::{Page, Told, Visitor, html};
use super::uitvragen::short;
use super::when::{Moment, day, moment};
use super::words::Words;
use crate::desk::DeskError;
use crate::desk::subject::{Decide, FindRequest, RequestLine, RequestView, Words as InWords};
use crate::oversight::subject::Requester;
use crate::oversight::subject::likeness::Likeness;
use crate::oversight::subject::search::{FoundCase, Recipient};

/// Who may ask: the value in the form, who that is, and the name of the words.
const REQUESTERS: [(&str, Requester, &str); 3] = [
    ("betrokkene", Requester::Person, "requester-person"),
    ("gemachtigde", Requester::Lawyer, "requester-lawyer"),
    ("vertegenwoordiger", Requester::Guardian, "requester-guardian"),
];
/// The grounds of UAVG 41(1).
const GROUNDS: [char; 10] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

struct Line {
    id: EntryId,
    requester: String,
    state: String,
    received: String,
    due: String,
    extended: Option<String>,
    overdue: bool,
}

impl Line {
    fn of(line: &RequestLine, words: Words) -> Self {
        let requester = REQUESTERS.iter().find(|(_, who, _)| *who == line.requester);
        Line {
            id: line.id,
            requester: requester.map_or_else(String::new, |(_, _, name)| words.say(name)),
            state: state(&line.state, words),
            received: day(&line.term.received),
            due: day(&line.term.due),
            extended: line.term.extended.clone(),
            overdue: line.term.overdue,
        }
    }
}

/// The desk says how far a request is in Dutch.
fn state(said: &str, words: Words) -> String {
    let name = match said {
        "ontvangen" => "access-received",
        "besloten, nog geen brief" => "access-decided",
        "uitzondering verlopen: opnieuw besluiten" => "access-anew",
        "beantwoord" => "access-answered",
        _ => match said.strip_prefix("beantwoord, uitzondering tot en met ") {
            Some(until) => return words.with("access-excepted", "x", day(until)),
            None => return said.to_owned(),
        },
    };
    words.say(name)
}

#[derive(Template)]
#[template(path = "access-list.html")]
struct List {
    page: Page,
    handles: bool,
    list: Vec<Line>,
}

/// All requests with their terms: nothing about the persons.
pub async fn list(visitor: Visitor) -> Result<Response, Response> {
    let mut lines = visitor.desk().subject_list().await.map_err(|error| visitor.refused(error))?;
    lines.reverse();
    let list = lines.iter().map(|line| Line::of(line, visitor.words)).collect();
    let handles = visitor.signed_in.roles().contains(Role::PrivacyOfficer);
    Ok(html(&List { page: visitor.page("place-access"), handles, list }))
}

struct Problem {
    field: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "access-new.html")]
struct Intake<'a> {
    page: Page,
    given: &'a Given,
    requesters: Vec<(&'static str, String, bool)>,
    problems: Vec<Problem>,
}

impl Intake<'_> {
    fn problem(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|problem| problem.field == field).map(|problem| problem.text.as_str())
    }
}

/// The form for a request that came in.
pub async fn intake(visitor: Visitor) -> Result<Response, Response> {
    visitor.desk().handles_requests().await.map_err(|error| visitor.refused(error))?;
    Ok(show_intake(&visitor, &Given::default(), Vec::new()))
}

fn show_intake(visitor: &Visitor, given: &Given, problems: Vec<Problem>) -> Response {
    let asked = given.one("verzoeker");
    let requesters = REQUESTERS.iter().map(|(value, _, name)| (*value, visitor.words.say(name), *value == asked));
    let requesters = requesters.collect();
    html(&Intake { page: visitor.page("access-new"), given, requesters, problems })
}

/// Takes the request; what is found stands on its own page.
pub async fn take(visitor: Visitor, given: Given) -> Result<Response, Response> {
    let (desk, words) = (visitor.desk(), visitor.words);
    // Whoever handles no requests is told so before anything that they typed is read.
    desk.handles_requests().await.map_err(|error| visitor.refused(error))?;
    let mut problems = Vec::new();
    let mut wrong = |field: &'static str, name: &'static str| problems.push(Problem { field, text: words.say(name) });
    let person = super::person::read(&given, &mut wrong);
    if person.surname.is_none() && person.bsn.is_none() {
        wrong("geslachtsnaam", "wrong-nobody");
    }
    let requester = REQUESTERS.iter().find(|(value, _, _)| *value == given.one("verzoeker"));
    if requester.is_none() {
        wrong("verzoeker", "wrong-requester");
    }
    let verified_by = given.one("vastgesteld").to_owned();
    if verified_by.is_empty() {
        wrong("vastgesteld", "wrong-verified");
    }
    let received = given.day("ontvangen").map_err(|()| wrong("ontvangen", "wrong-day")).unwrap_or_default();
    let (Some((_, requester, _)), true) = (requester, problems.is_empty()) else {
        return Ok(show_intake(&visitor, &given, problems));
    };
    let case_number = Some(given.one("kenmerk").to_owned()).filter(|text| !text.is_empty());
    let received = received.map(Day::start);
    let find = FindRequest { person, requester: *requester, verified_by, case_number, received };
    match desk.subject_find(find).await {
        Ok(view) => Ok(Redirect::to(&format!("/toezicht/inzage/{}", view.line.id)).into_response()),
        Err(error @ (DeskError::Input(_) | DeskError::Denied(_))) => {
            let problem = Problem { field: "formulier", text: Told::of(&error, words).text };
            Ok(show_intake(&visitor, &given, vec![problem]))
        }
        Err(error) => Err(visitor.refused(error)),
    }
}

struct Case {
    id: UitvraagId,
    short: String,
    kind: String,
    /// A human has to say whether it is the person.
    doubtful: bool,
    how: String,
    when: Moment,
    outcome: String,
    kept_until: Option<String>,
    facts: FoundCase,
    recipients: Vec<String>,
    sources: Vec<String>,
    entries: String,
}

impl Case {
    fn of(facts: FoundCase, words: Words) -> Self {
        let passed = |one: &Recipient| {
            let when = one.when.as_deref().map_or_else(String::new, |when| format!(", {}", moment(when).text));
            format!(
                "{}: {}{when}",
                one.party.name,
                words.or(&format!("passed-{}", one.what.replace(' ', "-")), &one.what)
            )
        };
        let places: Vec<_> = facts.entries.iter().map(|entry| entry.place()).collect();
        Case {
            id: facts.case.uitvraag_id,
            short: short(facts.case.uitvraag_id),
            kind: words.or(&format!("side-{}", facts.kind), &facts.kind),
            doubtful: facts.likeness == Likeness::Mogelijk,
            how: words.say(if facts.asked_about { "found-asked" } else { "found-shown" }),
            when: moment(&facts.when),
            outcome: words.say(&format!("outcome-{}", facts.outcome.as_str())),
            kept_until: facts.kept_until.as_ref().map(|kept| format!("{} ({})", day(&kept.until), kept.source)),
            recipients: facts.recipients.iter().map(passed).collect(),
            sources: facts.sources.iter().map(passed).collect(),
            entries: places.join(" "),
            facts,
        }
    }
}

#[derive(Template)]
#[template(path = "access.html")]
struct One {
    page: Page,
    line: Line,
    view: RequestView,
    cases: Vec<Case>,
    recipients: Vec<String>,
    decision: Option<String>,
    objections: Vec<(String, Vec<String>)>,
    can_extend: bool,
    can_write: bool,
    stepped_up: bool,
    grounds: &'static [char],
}

/// One request with what is kept about the person now.
pub async fn one(visitor: Visitor, Path(id): Path<EntryId>) -> Result<Response, Response> {
    let (desk, words) = (visitor.desk(), visitor.words);
    let mut view = desk.subject_show(id).await.map_err(|error| visitor.refused(error))?;
    let cases = std::mem::take(&mut view.found.cases);
    let name = |oin: &_| desk.name_of(oin);
    let decision = view.decision.as_ref().map(|decision| match decision.exception {
        Some(letter) => words.with("decision-exception", "x", letter.to_string()),
        None => words.say("decision-disclose"),
    });
    let objections = view.objections.iter().map(|said| (said.what.clone(), said.recipients.iter().map(name).collect()));
    let state = view.line.state.as_str();
    Ok(html(&One {
        page: visitor.page("access-title"),
        line: Line::of(&view.line, words),
        cases: cases.into_iter().map(|case| Case::of(case, words)).collect(),
        recipients: view.recipients.iter().map(name).collect(),
        decision,
        objections: objections.collect(),
        can_extend: view.line.term.extended.is_none() && !state.starts_with("beantwoord"),
        can_write: view.decision.is_some() && !state.starts_with("uitzondering verlopen"),
        stepped_up: visitor.signed_in.stepped_up(),
        grounds: &GROUNDS,
        view,
    }))
}

fn back(id: EntryId) -> Response {
    Redirect::to(&format!("/toezicht/inzage/{id}")).into_response()
}

/// What the desk refuses because a field says nothing is said in words of the screen.
fn mended(visitor: &Visitor, error: DeskError, is_empty: bool, name: &str) -> Response {
    match error {
        DeskError::Input(_) if is_empty => visitor.refused(DeskError::Input(visitor.words.say(name))),
        error => visitor.refused(error),
    }
}

/// Decides: the overview goes out, or an exception applies for a time.
pub async fn decide(visitor: Visitor, Path(id): Path<EntryId>, given: Given) -> Result<Response, Response> {
    let reason = given.one("reden").replace("\r\n", "\n");
    let chosen = |name: &'static str| given.all(name).filter_map(|id| id.parse().ok()).collect();
    // Whatever is not plainly a disclosure is none.
    let excepts = given.one("besluit") != "inzage";
    let ground = given.one("grond").chars().next().filter(|_| excepts);
    let end = |last: Day| Day::from_days(last.to_days() + 1).start();
    let until = given.day("tot").ok().flatten().filter(|_| excepts).map(end);
    // An exception without its ground or its end must not become a disclosure.
    let incomplete = reason.is_empty() || (excepts && (ground.is_none() || until.is_none()));
    let exception = if excepts { Some(ground.unwrap_or(' ')) } else { None };
    let decide = Decide { exception, reason, until, include: chosen("wel"), leave_out: chosen("niet") };
    let decided = visitor.desk().subject_decide(id, decide).await;
    decided.map_err(|error| mended(&visitor, error, incomplete, "wrong-decision"))?;
    Ok(back(id))
}

/// Lengthens the legal term.
pub async fn extend(visitor: Visitor, Path(id): Path<EntryId>, given: Given) -> Result<Response, Response> {
    let text = given.one("reden").to_owned();
    let is_empty = text.is_empty();
    let extended = visitor.desk().subject_extend(id, InWords { text }).await;
    extended.map_err(|error| mended(&visitor, error, is_empty, "wrong-reason"))?;
    Ok(back(id))
}

/// Records what the person wants changed or stopped; tells nobody.
pub async fn object(visitor: Visitor, Path(id): Path<EntryId>, given: Given) -> Result<Response, Response> {
    let (desk, text) = (visitor.desk(), given.one("reden").to_owned());
    let is_empty = text.is_empty();
    let what = InWords { text };
    let recorded = match given.one("soort") {
        "wissen" => desk.subject_erasure(id, what).await,
        "bezwaar" => desk.subject_object(id, what).await,
        _ => desk.subject_rectify(id, what).await,
    };
    recorded.map_err(|error| mended(&visitor, error, is_empty, "wrong-reason"))?;
    Ok(back(id))
}

#[derive(Template)]
#[template(path = "access-letter.html")]
struct LetterPage {
    page: Page,
    id: EntryId,
    text: String,
}

/// Writes the letter: to print, as it goes out.
pub async fn letter(visitor: Visitor, Path(id): Path<EntryId>) -> Result<Response, Response> {
    let letter = visitor.desk().subject_letter(id).await.map_err(|error| visitor.refused(error))?;
    Ok(html(&LetterPage { page: visitor.page("letter-title"), id, text: as_html(&letter.text) }))
}
