//! The forms: signing in and out, the second factor once more, and the first time.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Extension, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::super::form::Given;
use super::super::page::{Page, Visitor as Guest, html};
use super::super::words::Words;
use super::pages::{self, Enrol, EnrolApp, Enrolled, SignIn, SignOut, StepUp};
use super::{Console, SIGN_IN, cookie};
use crate::desk::Desk;
use crate::desk::signin::{self, Attempt, SignInError, Visitor};
use crate::people::account::InvitationCode;
use crate::people::session::SessionId;

/// Where the second factor is shown once more.
pub const CONFIRM: &str = "/aanmelden/bevestigen";
/// Longest way back that is kept.
const MAX_BACK_BYTES: usize = 200;

/// What a browser still has of somebody who signed out.
const CLEAR: [(&str, &str); 1] = [("clear-site-data", "\"cache\", \"storage\"")];

type Connection = Option<Extension<ConnectInfo<SocketAddr>>>;

/// `/aanmelden`, `/aanmelden/inrichten`, `/aanmelden/bevestigen`, `/afmelden`.
pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(SIGN_IN, get(sign_in_form).post(sign_in))
        .route("/aanmelden/inrichten", get(enrol_form).post(enrol))
        .route("/aanmelden/inrichten/app", get(|| async { Redirect::to("/aanmelden/inrichten") }).post(enrol_app))
        .route(CONFIRM, get(step_up_form).post(step_up))
        .route("/afmelden", get(sign_out_form).post(sign_out))
}

/// What the addresses of these pages may say; none of it is about anybody.
#[derive(Debug, Default, Deserialize)]
struct Said {
    /// Why one is here again.
    reden: Option<String>,
    /// Where one came from.
    terug: Option<String>,
}

/// A form before anybody is signed in: with an id of its own, in a cookie.
struct Fresh {
    id: SessionId,
    is_new: bool,
}

impl Fresh {
    fn of(headers: &HeaderMap) -> Self {
        match cookie::form(headers) {
            Some(id) => Fresh { id, is_new: false },
            None => Fresh { id: SessionId::random(), is_new: true },
        }
    }

    fn csrf(&self) -> String {
        self.id.csrf_token()
    }

    fn show(&self, status: StatusCode, page: Response) -> Response {
        match self.is_new {
            true => (status, cookie::keep_form(&self.id), page).into_response(),
            false => (status, page).into_response(),
        }
    }
}

async fn sign_in_form(
    State(console): State<Arc<Console>>,
    words: Words,
    headers: HeaderMap,
    Query(said): Query<Said>,
) -> Response {
    if let Some(id) = cookie::session(&headers)
        && Desk::enter_by_session(&console.node, &id, &cookie::browser(&headers), true).await.is_ok()
    {
        return Redirect::to("/").into_response();
    }
    let told = match said.reden.as_deref() {
        Some("ongebruikt") => Some("session-idle"),
        Some("dag") => Some("session-too-long"),
        Some("elders") => Some("session-other-browser"),
        Some("gewijzigd") => Some("session-changed"),
        Some("afgemeld") => Some("session-left"),
        _ => None,
    };
    let fresh = Fresh::of(&headers);
    let page = Page::outside(&console, words, "sign-in");
    let told = told.map(|name| words.say(name));
    fresh.show(StatusCode::OK, html(&SignIn { page, csrf: fresh.csrf(), name: String::new(), told }))
}

async fn sign_in(
    State(console): State<Arc<Console>>,
    words: Words,
    headers: HeaderMap,
    connection: Connection,
    given: Given,
) -> Response {
    let visitor = Visitor::of(&headers, connection.as_ref());
    let attempt = Attempt {
        name: given.one("naam").to_lowercase(),
        password: Zeroizing::new(given.whole("wachtwoord").to_owned()),
        code: Zeroizing::new(given.one("code").to_owned()),
    };
    let name = attempt.name.clone();
    match signin::sign_in(&console.node, attempt, &visitor).await {
        Ok(id) => {
            // Whoever was signed in here before is not any more.
            if let Some(before) = cookie::session(&headers) {
                console.node.door.sessions.end(&before);
            }
            (cookie::keep(&id), Redirect::to("/")).into_response()
        }
        Err(error) => {
            let (status, told) = pages::told(&error, words);
            let fresh = Fresh::of(&headers);
            let page = Page::outside(&console, words, "sign-in");
            fresh.show(status, html(&SignIn { page, csrf: fresh.csrf(), name, told: Some(told) }))
        }
    }
}

async fn enrol_form(State(console): State<Arc<Console>>, words: Words, headers: HeaderMap) -> Response {
    show_enrol(&console, words, &headers, String::new(), None)
}

fn show_enrol(
    console: &Arc<Console>,
    words: Words,
    headers: &HeaderMap,
    name: String,
    error: Option<(StatusCode, String)>,
) -> Response {
    let fresh = Fresh::of(headers);
    let page = Page::outside(console, words, "enrol");
    let (status, told) = error.map_or((StatusCode::OK, None), |(status, told)| (status, Some(told)));
    fresh.show(status, html(&Enrol { page, csrf: fresh.csrf(), name, told }))
}

/// Name, invitation and password: the key for the app, shown once.
async fn enrol(
    State(console): State<Arc<Console>>,
    words: Words,
    headers: HeaderMap,
    connection: Connection,
    given: Given,
) -> Response {
    let (name, invitation) = (given.one("naam").to_lowercase(), given.one("uitnodiging").to_owned());
    if given.whole("wachtwoord") != given.whole("nogmaals") {
        let error = (StatusCode::UNPROCESSABLE_ENTITY, words.say("password-differs"));
        return show_enrol(&console, words, &headers, name, Some(error));
    }
    let visitor = Visitor::of(&headers, connection.as_ref());
    let begun = match invitation.parse::<InvitationCode>() {
        Ok(code) => {
            let password = Zeroizing::new(given.whole("wachtwoord").to_owned());
            signin::begin_enrolment(&console.node, &name, code.hash(), password, &visitor).await
        }
        Err(_) => Err(SignInError::NotInvited),
    };
    match begun {
        Ok(key) => {
            let fresh = Fresh::of(&headers);
            let page = Page::outside(&console, words, "enrol-app");
            let shown = EnrolApp::of(page, fresh.csrf(), name, invitation, &key, None);
            fresh.show(StatusCode::OK, html(&shown))
        }
        Err(error) => show_enrol(&console, words, &headers, name, Some(pages::told(&error, words))),
    }
}

/// The app shows the code of that key.
async fn enrol_app(
    State(console): State<Arc<Console>>,
    words: Words,
    headers: HeaderMap,
    connection: Connection,
    given: Given,
) -> Response {
    let (name, invitation) = (given.one("naam").to_lowercase(), given.one("uitnodiging").to_owned());
    let visitor = Visitor::of(&headers, connection.as_ref());
    let Ok(code) = invitation.parse::<InvitationCode>() else {
        let error = pages::told(&SignInError::NotInvited, words);
        return show_enrol(&console, words, &headers, name, Some(error));
    };
    let error = match signin::finish_enrolment(&console.node, &name, code.hash(), given.one("code"), &visitor).await {
        Ok(()) => return html(&Enrolled { page: Page::outside(&console, words, "enrolled") }),
        Err(error) => error,
    };
    let (status, told) = pages::told(&error, words);
    match signin::key_being_enrolled(&console.node, &name, code.hash()) {
        Some(key) if matches!(error, SignInError::WrongCode | SignInError::Wait(_)) => {
            let fresh = Fresh::of(&headers);
            let page = Page::outside(&console, words, "enrol-app");
            let shown = EnrolApp::of(page, fresh.csrf(), name, invitation, &key, Some(told));
            fresh.show(status, html(&shown))
        }
        _ => show_enrol(&console, words, &headers, name, Some((status, told))),
    }
}

async fn step_up_form(guest: Guest, Query(said): Query<Said>) -> Response {
    let back = way_back(said.terug.as_deref()).to_owned();
    html(&StepUp { page: guest.page("step-up"), back, told: None })
}

async fn step_up(guest: Guest, headers: HeaderMap, connection: Connection, given: Given) -> Response {
    let visitor = Visitor::of(&headers, connection.as_ref());
    let back = way_back(Some(given.one("terug"))).to_owned();
    let Some(id) = cookie::session(&headers) else { return Redirect::to(SIGN_IN).into_response() };
    match guest.desk().step_up(&id, given.one("code"), &visitor).await {
        Ok(()) => Redirect::to(&back).into_response(),
        Err(error) => {
            let (status, told) = match &error {
                SignInError::NotProven => (StatusCode::UNPROCESSABLE_ENTITY, guest.words.say("step-up-wrong")),
                error => pages::told(error, guest.words),
            };
            (status, html(&StepUp { page: guest.page("step-up"), back, told: Some(told) })).into_response()
        }
    }
}

async fn sign_out_form(guest: Guest) -> Response {
    html(&SignOut { page: guest.page("sign-out") })
}

/// Here, or with `overal` in every browser.
async fn sign_out(guest: Guest, headers: HeaderMap, given: Given) -> Response {
    if let Some(id) = cookie::session(&headers)
        && let Err(error) = guest.desk().sign_out(&id, given.has("overal")).await
    {
        tracing::error!(%error, "somebody signed out, and that could not be written down");
    }
    (cookie::forget(), CLEAR, Redirect::to("/aanmelden?reden=afgemeld")).into_response()
}

/// A page of ours, and nothing that leads elsewhere.
fn way_back(text: Option<&str>) -> &str {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"/-_.".contains(&c);
    let ours = |text: &&str| {
        text.len() <= MAX_BACK_BYTES && text.starts_with('/') && !text.starts_with("//") && text.bytes().all(plain)
    };
    text.filter(ours).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_to_a_page_of_ours() {
        assert_eq!(way_back(Some("/postvak/0192-abc/verstrekken")), "/postvak/0192-abc/verstrekken");
        let elsewhere = [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "postvak",
            "/a?b",
            "/a#b",
            "/a\nb",
            "/%2f",
        ];
        for text in elsewhere {
            assert_eq!(way_back(Some(text)), "/", "{text}");
        }
        assert_eq!(way_back(None), "/");
    }
}
