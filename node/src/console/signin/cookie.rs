//! The two cookies: the session's, and the one of a form before there is a session. Neither is ever read by a script.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use weegnet_protocol::codec::Hash;

use crate::people::session::SessionId;

/// The session's. `__Host-`: only over TLS, only from this host, for all of it.
const SESSION: &str = "__Host-weegnet";
/// Of a form before anybody is signed in.
const FORM: &str = "__Host-weegnet-formulier";
/// What every cookie says of itself: no script, no other site, only TLS; gone with the browser.
const RULES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";
/// Longest name of a browser that is looked at: 1 KiB.
const MAX_BROWSER_BYTES: usize = 1024;

/// A `Set-Cookie` header.
pub type SetCookie = [(HeaderName, HeaderValue); 1];

/// Keeps a session.
pub fn keep(id: &SessionId) -> SetCookie {
    set(SESSION, &id.token(), "")
}

/// Keeps the id of a form.
pub fn keep_form(id: &SessionId) -> SetCookie {
    set(FORM, &id.token(), "")
}

/// Forgets the session.
pub fn forget() -> SetCookie {
    set(SESSION, "", "; Max-Age=0")
}

/// The session that this request belongs to.
pub fn session(headers: &HeaderMap) -> Option<SessionId> {
    read(headers, SESSION)
}

/// The form that this request belongs to, when nobody is signed in.
pub fn form(headers: &HeaderMap) -> Option<SessionId> {
    read(headers, FORM)
}

/// SHA-256 of what the browser calls itself: a session stays in the browser that began it.
pub fn browser(headers: &HeaderMap) -> Hash {
    let name = headers.get(header::USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
    Hash::of(&[&name[..name.len().min(MAX_BROWSER_BYTES)]])
}

/// Whether a person asks, and not a page that keeps itself fresh: only the former keeps a session alive.
pub fn is_by_hand(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let polls = headers.get("hx-trigger-name").is_some_and(|name| name == "vernieuwen");
    !accepts.contains("text/event-stream") && !polls
}

fn set(name: &str, value: &str, more: &str) -> SetCookie {
    let text = format!("{name}={value}; {RULES}{more}");
    // Names and values are ours: letters, digits, '-' and '_'.
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    [(header::SET_COOKIE, value)]
}

/// Exactly one cookie of that name: two mean that somebody else set one.
fn read(headers: &HeaderMap, name: &str) -> Option<SessionId> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut found = all
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(key, value)| (key == name).then_some(value));
    match (found.next(), found.next()) {
        (Some(value), None) => value.parse().ok(),
        _ => None,
    }
}
