//! The guard before every request: nothing that another site made a browser send is done, and nobody asks faster than a person
//! and a few pages can.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Extension, FromRequestParts, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;
use tokio::time::timeout;
use weegnet_protocol::codec::Hash;

use super::super::words::Words;
use super::{Console, SIGN_IN, cookie, pages};
use crate::clock;
use crate::desk::signin::Visitor;
use crate::people::patience::Client;
use crate::people::session::{SessionId, Sessions};

/// The hidden field that every form carries.
pub const CSRF_FIELD: &str = "csrf";
/// The header that takes its place where a script sends, or a file goes along.
pub const CSRF_HEADER: &str = "weegnet-csrf";
/// Largest form: 64 KiB.
const MAX_FORM_BYTES: usize = 64 * 1024;
/// How long a form may take to come: 10 s. Who sends slower holds a place.
const FORM_PATIENCE: Duration = Duration::from_secs(10);
/// What a form without a token may do when it came from a page of ours: nothing that is anybody's.
const WITHOUT_TOKEN: [&str; 1] = ["/taal"];

/// Why a request is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It came from another site, or nobody can tell from where.
    Foreign,
    /// The form was not made for this session.
    NoToken,
    /// The form is too large.
    TooLarge,
    /// The form did not come in time.
    TooSlow,
}

/// Lets through what only looks, and what a page of ours sent, at a bearable pace.
pub async fn guard(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(words) = Words::from_request_parts(&mut parts, &console).await;
    let door = &console.node.door;
    let session = cookie::session(&parts.headers);
    let client = pace_of(session.as_ref(), &door.sessions, client_of(&parts.extensions));
    if let Err(wait) = door.pace.admit(client, clock::now()) {
        return pages::too_fast(&console, words, wait);
    }
    let authority = authority(&parts.headers, &parts.uri);
    if let Err(refusal) = from_our_pages(&parts.method, &parts.headers, authority.as_deref()) {
        return pages::turned_away(&console, words, refusal);
    }
    if is_safe(&parts.method) || WITHOUT_TOKEN.contains(&parts.uri.path()) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    // Before anybody is signed in, a form has an id of its own.
    let signs_in = parts.uri.path() == SIGN_IN || parts.uri.path().starts_with("/aanmelden/inrichten");
    let of = if signs_in { cookie::form(&parts.headers) } else { session };
    let bytes = match timeout(FORM_PATIENCE, to_bytes(body, MAX_FORM_BYTES)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return pages::turned_away(&console, words, Refusal::TooLarge),
        Err(_) => return pages::turned_away(&console, words, Refusal::TooSlow),
    };
    let given = parts.headers.get(CSRF_HEADER).map(|value| value.as_bytes()).or_else(|| token_in(&bytes));
    if !given.is_some_and(|given| is_token(given, of.as_ref())) {
        return pages::turned_away(&console, words, Refusal::NoToken);
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// Whose pace a request counts for: a session's, or an address's. A cookie that nobody was given buys no pace of its own.
pub(super) fn pace_of(session: Option<&SessionId>, sessions: &Sessions, client: Client) -> Hash {
    match session.filter(|id| sessions.has(id)) {
        Some(id) => id.hash(),
        None => Hash::of(&[format!("{client:?}").as_bytes()]),
    }
}

impl Visitor {
    /// Who sits there, by the headers of a request.
    pub(super) fn of(headers: &HeaderMap, connection: Option<&Extension<ConnectInfo<SocketAddr>>>) -> Self {
        let address = connection.map(|Extension(ConnectInfo(address))| address.ip());
        Visitor { client: client_at(address), browser: cookie::browser(headers) }
    }
}

fn client_of(extensions: &axum::http::Extensions) -> Client {
    client_at(extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip()))
}

/// Whoever has no address shares one.
fn client_at(address: Option<IpAddr>) -> Client {
    Client::from(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// The name under which this console was reached.
fn authority(headers: &HeaderMap, uri: &axum::http::Uri) -> Option<String> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    uri.authority().map(|authority| authority.as_str()).or(host).map(str::to_owned)
}

/// Whether a page of ours sent this. Every browser of today says so itself (`Sec-Fetch-Site`), an older one by `Origin`; our
/// own pages give no referrer, so that `Origin` may be `null` and then says nothing.
fn from_our_pages(method: &Method, headers: &HeaderMap, authority: Option<&str>) -> Result<(), Refusal> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text("sec-fetch-site");
    if is_safe(method) {
        // Another site may lead somebody here, and not take parts of pages.
        let led_here = text("sec-fetch-mode") == Some("navigate") && text("sec-fetch-dest") == Some("document");
        let foreign = site.is_some_and(|site| !matches!(site, "same-origin" | "none"));
        return if foreign && !led_here { Err(Refusal::Foreign) } else { Ok(()) };
    }
    let origin = text("origin").filter(|origin| *origin != "null");
    let ours = |origin: &str| authority.is_some_and(|authority| origin == format!("https://{authority}"));
    match (site, origin) {
        (Some("same-origin"), None) => Ok(()),
        (Some("same-origin") | None, Some(origin)) if ours(origin) => Ok(()),
        _ => Err(Refusal::Foreign),
    }
}

fn is_token(given: &[u8], of: Option<&SessionId>) -> bool {
    of.is_some_and(|id| id.csrf_token().as_bytes().ct_eq(given).into())
}

/// The value of the one field `csrf`; a token is hexadecimal, so nothing in it is escaped.
fn token_in(form: &[u8]) -> Option<&[u8]> {
    let mut found = form.split(|c| *c == b'&').filter_map(|pair| {
        let at = pair.iter().position(|c| *c == b'=')?;
        (&pair[..at] == CSRF_FIELD.as_bytes()).then(|| &pair[at + 1..])
    });
    match (found.next(), found.next()) {
        (Some(token), None) => Some(token),
        _ => None,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}

impl Refusal {
    /// As HTTP says it.
    pub fn status(self) -> StatusCode {
        match self {
            Refusal::Foreign | Refusal::NoToken => StatusCode::FORBIDDEN,
            Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn post(pairs: &[(&'static str, &'static str)]) -> Result<(), Refusal> {
        from_our_pages(&Method::POST, &headers(pairs), Some("console.example:7443"))
    }

    #[test]
    fn a_form_of_another_site_is_not_sent_in() {
        let ours = [("sec-fetch-site", "same-origin"), ("origin", "null")];
        assert_eq!(post(&ours), Ok(()));
        assert_eq!(post(&[("sec-fetch-site", "same-origin")]), Ok(()));
        assert_eq!(post(&[("sec-fetch-site", "same-origin"), ("origin", "https://console.example:7443")]), Ok(()));
        assert_eq!(post(&[("origin", "https://console.example:7443")]), Ok(()), "an older browser");
        let foreign: [&[(&str, &str)]; 9] = [
            &[],
            &[("origin", "null")],
            &[("origin", "https://evil.example")],
            &[("origin", "http://console.example:7443")],
            &[("origin", "https://console.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://console.example:7443")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
        ];
        for pairs in foreign {
            assert_eq!(post(pairs), Err(Refusal::Foreign), "{pairs:?}");
        }
    }

    #[test]
    fn another_site_may_lead_somebody_here_and_take_no_part_of_a_page() {
        let get = |pairs: &[(&'static str, &'static str)]| from_our_pages(&Method::GET, &headers(pairs), None);
        let site = ("sec-fetch-site", "cross-site");
        assert_eq!(get(&[site, ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]), Ok(()));
        assert_eq!(get(&[site, ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")]), Err(Refusal::Foreign));
        assert_eq!(get(&[site, ("sec-fetch-mode", "no-cors")]), Err(Refusal::Foreign));
        assert_eq!(get(&[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")]), Ok(()));
        assert_eq!(get(&[]), Ok(()));
    }

    #[test]
    fn only_the_token_that_was_made_for_this_session_counts() {
        let (id, other) = (SessionId::random(), SessionId::random());
        let form = format!("a=1&csrf={}&b=2", id.csrf_token());
        let token = token_in(form.as_bytes()).unwrap();
        assert!(is_token(token, Some(&id)));
        assert!(!is_token(token, Some(&other)) && !is_token(token, None));
        assert!(!is_token(b"", Some(&id)));
        assert_ne!(id.csrf_token(), *id.token());
        let twice = format!("csrf={0}&csrf={0}", id.csrf_token());
        assert_eq!(token_in(twice.as_bytes()), None);
        for form in ["", "csrf", "xcsrf=1", "a=csrf", "&&&", "="] {
            assert_eq!(token_in(form.as_bytes()), None, "{form}");
        }
    }
}
