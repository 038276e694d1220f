//! Every page in one table, with whom the desk lets through. The table decides nothing: a test holds the desk against it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use weegnet_policy::lang::Lang;
use weegnet_policy::role::{Role, Roles};

use super::form::Given;
use super::page::{Page, Place, Visitor, html};
use super::words::{LANG_COOKIE, Words};
use super::{
    Console, access, ask, assets, consider, figures, headers, keeping, leaving, operate, oversight, review, signin,
    uitvragen, weigh,
};
use Role::{Approver, Author, Operator, PrivacyOfficer, Reviewer, Supervisor};

/// Largest form: 64 KiB.
const MAX_FORM_BYTES: usize = 64 * 1024;
/// How long a browser keeps its language: a year, in seconds.
const LANG_SECONDS: u32 = 31_536_000;

/// Whom the desk lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody, signed in or not.
    Anybody,
    /// Whoever has a role here.
    SignedIn,
    /// Whoever has one of these.
    Any(&'static [Role]),
}

/// One page.
pub struct Route {
    /// Where.
    pub path: &'static str,
    /// Whether it does something.
    pub acts: bool,
    /// For whom.
    pub who: Who,
    /// Its name in the navigation.
    pub place: Option<&'static str>,
    /// Whether the second factor must have been shown a moment ago.
    #[cfg_attr(not(test), expect(dead_code, reason = "the desk asks for it, and a test holds the desk against this"))]
    pub confirmed: bool,
    handler: fn() -> MethodRouter<Arc<Console>>,
}

const fn shows(path: &'static str, who: Who, handler: fn() -> MethodRouter<Arc<Console>>) -> Route {
    Route { path, acts: false, who, place: None, confirmed: false, handler }
}

const fn acts(path: &'static str, who: Who, handler: fn() -> MethodRouter<Arc<Console>>) -> Route {
    Route { acts: true, ..shows(path, who, handler) }
}

impl Route {
    const fn named(self, place: &'static str) -> Route {
        Route { place: Some(place), ..self }
    }

    const fn confirmed(self) -> Route {
        Route { confirmed: true, ..self }
    }
}

const AUTHORS: Who = Who::Any(&[Author]);
const OWN: Who = Who::Any(&[Author, PrivacyOfficer]);
const DRAFTS: Who = Who::Any(&[Approver, PrivacyOfficer]);
const APPROVERS: Who = Who::Any(&[Approver]);
const REVIEWERS: Who = Who::Any(&[Reviewer]);
const OVERSEERS: Who = Who::Any(&[PrivacyOfficer, Supervisor]);
const OFFICERS: Who = Who::Any(&[PrivacyOfficer]);
const RUNNERS: Who = Who::Any(&[Operator, PrivacyOfficer]);

/// All of them, in the order of the navigation.
pub static ROUTES: &[Route] = &[
    shows("/", Who::SignedIn, || get(start)),
    shows("/uitvragen", OWN, || get(uitvragen::mine)).named("place-mine"),
    shows("/uitvragen/nieuw", AUTHORS, || get(ask::form)).named("place-new"),
    acts("/uitvragen/nieuw", AUTHORS, || post(ask::send)),
    shows("/uitvragen/{id}", OWN, || get(uitvragen::one)),
    shows("/uitvragen/{id}/intrekken", OWN, || get(uitvragen::withdrawal)),
    acts("/uitvragen/{id}/intrekken", AUTHORS, || post(uitvragen::withdraw)),
    acts("/uitvragen/{id}/weging", AUTHORS, || post(weigh::weigh)),
    acts("/uitvragen/{id}/besluit", AUTHORS, || post(weigh::decide)),
    shows("/akkoord", DRAFTS, || get(consider::waiting)).named("place-approve"),
    shows("/akkoord/{id}", DRAFTS, || get(consider::one)),
    acts("/akkoord/{id}", APPROVERS, || post(consider::decide)),
    shows("/postvak", REVIEWERS, || get(review::inbox)).named("place-inbox"),
    shows("/postvak/{id}", REVIEWERS, || get(review::one)),
    shows("/postvak/{id}/verstrekken", REVIEWERS, || get(review::preview)),
    acts("/postvak/{id}/verstrekken", REVIEWERS, || post(review::release)).confirmed(),
    shows("/postvak/{id}/niet-verstrekken", REVIEWERS, || get(review::withholding)),
    acts("/postvak/{id}/niet-verstrekken", REVIEWERS, || post(review::withhold)),
    shows("/toezicht", OVERSEERS, || get(oversight::glance)).named("place-integrity"),
    acts("/toezicht/controleren", OVERSEERS, || post(oversight::verify)),
    shows("/toezicht/journaal", OVERSEERS, || get(oversight::journal)).named("place-journal"),
    shows("/toezicht/bevindingen", OVERSEERS, || get(oversight::findings)).named("place-findings"),
    shows("/toezicht/cijfers", OVERSEERS, || get(figures::month)).named("place-figures"),
    shows("/toezicht/inzage", OVERSEERS, || get(access::list)).named("place-access"),
    shows("/toezicht/inzage/nieuw", OFFICERS, || get(access::intake)),
    acts("/toezicht/inzage/nieuw", OFFICERS, || post(access::take)),
    shows("/toezicht/inzage/{id}", OFFICERS, || get(access::one)),
    acts("/toezicht/inzage/{id}/besluit", OFFICERS, || post(access::decide)),
    acts("/toezicht/inzage/{id}/verlengen", OFFICERS, || post(access::extend)),
    acts("/toezicht/inzage/{id}/bezwaar", OFFICERS, || post(access::object)),
    acts("/toezicht/inzage/{id}/brief", OFFICERS, || post(access::letter)).confirmed(),
    shows("/toezicht/afstemmen", OVERSEERS, || get(leaving::comparing)).named("place-reconcile"),
    acts("/toezicht/afstemmen", OVERSEERS, || post(leaving::compare)),
    acts("/toezicht/afstemmen/{id}", OVERSEERS, || post(leaving::digests)).confirmed(),
    shows("/toezicht/uitvoer", OVERSEERS, || get(leaving::exports)).named("place-exports"),
    acts("/toezicht/uitvoer", OVERSEERS, || post(leaving::export)).confirmed(),
    shows("/bewaren", RUNNERS, || get(keeping::plan)).named("place-keeping"),
    shows("/bewaren/proef", RUNNERS, || get(keeping::rehearse)),
    shows("/bewaren/bewijs", RUNNERS, || get(keeping::proof)),
    shows("/beheer", RUNNERS, || get(operate::peers)).named("place-peers"),
    shows("/beheer/mensen", RUNNERS, || get(operate::people)).named("place-people"),
    shows("/convenanten", Who::SignedIn, || get(operate::convenanten)).named("place-convenanten"),
    shows("/convenanten/{id}", Who::SignedIn, || get(operate::convenant)),
    shows("/toegankelijkheid", Who::Anybody, || get(accessibility)),
    acts("/taal", Who::Anybody, || post(choose_language)),
];

/// The pages of one node, behind the guard and the headers.
pub fn router(console: Arc<Console>) -> Router {
    let pages = ROUTES.iter().fold(Router::new(), |pages, route| pages.route(route.path, (route.handler)()));
    pages
        .merge(signin::routes())
        .route(&assets::STYLE_PATH, get(assets::style))
        .route("/vast/huisstijl.css", get(tokens))
        .fallback(nowhere)
        .layer(from_fn_with_state(Arc::clone(&console), signin::guard))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(from_fn(headers::hides_when_idle))
        .layer(map_response(headers::secured))
        .with_state(console)
}

/// Where somebody with these roles can go.
pub fn places(roles: Roles, words: Words, path: &str) -> Vec<Place> {
    let open = |route: &&Route| match route.who {
        Who::Anybody | Who::SignedIn => true,
        Who::Any(those) => those.iter().any(|role| roles.contains(*role)),
    };
    let named =
        ROUTES.iter().filter(|route| !route.acts).filter(open).filter_map(|route| Some((route.path, route.place?)));
    let named: Vec<_> = named.collect();
    // The longest place that the path lies under: a page below a list belongs to the list.
    let under = |place: &str| path == place || path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'));
    let here = named.iter().map(|(place, _)| *place).filter(|place| under(place)).max_by_key(|place| place.len());
    named.iter().map(|(path, name)| Place { path, name: words.say(name), here: here == Some(path) }).collect()
}

async fn start(visitor: Visitor) -> Response {
    let first =
        places(visitor.signed_in.roles(), visitor.words, "/").first().map_or("/convenanten", |place| place.path);
    Redirect::to(first).into_response()
}

async fn tokens(State(console): State<Arc<Console>>) -> Response {
    match &console.tokens {
        Some(text) => assets::tokens(text.clone()),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn nowhere(State(console): State<Arc<Console>>, words: Words) -> Response {
    let page = Page::outside(&console, words, "refused-not-found");
    (StatusCode::NOT_FOUND, html(&Nowhere { page })).into_response()
}

async fn accessibility(State(console): State<Arc<Console>>, words: Words) -> Response {
    html(&Accessibility { page: Page::outside(&console, words, "accessibility-title") })
}

/// Back to the start in the chosen language; the page that one was on is nobody's to keep.
async fn choose_language(given: Given) -> Response {
    let code = match given.one("taal").parse() {
        Ok(Lang::En) => "en",
        _ => "nl",
    };
    let cookie = format!("{LANG_COOKIE}={code}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={LANG_SECONDS}");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

#[derive(askama::Template)]
#[template(path = "nowhere.html")]
struct Nowhere {
    page: Page,
}

#[derive(askama::Template)]
#[template(path = "accessibility.html")]
struct Accessibility {
    page: Page,
}
