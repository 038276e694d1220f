//! What every response tells the browser: nothing from elsewhere, nothing inline, nothing kept.

use std::sync::LazyLock;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::signin::cookie;
use crate::people::session::IDLE;

/// No script at all, no inline style, no frame, nobody else's anything.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// A few seconds after the session ended by itself: earlier, the form would find somebody signed in.
static GIVES_WAY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let text = format!("{}; url=/aanmelden?reden=ongebruikt", IDLE.0 / 1000 + 5);
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("905; url=/aanmelden"))
});

static FIXED: [(HeaderName, HeaderValue); 8] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY)),
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ),
];

/// A page of somebody who is signed in gives way to the form when they would be signed out, so that nobody reads over an empty
/// chair what it said. As a header, a browser does it without a script.
pub async fn hides_when_idle(request: Request, next: Next) -> Response {
    // The form itself stays.
    let signed_in = cookie::session(request.headers()).is_some() && !request.uri().path().starts_with("/aanmelden");
    let mut response = next.run(request).await;
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if signed_in && is_page {
        response.headers_mut().insert(header::REFRESH, GIVES_WAY.clone());
    }
    response
}

/// Adds them; a response that does not say that it may be kept is not.
pub async fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in &FIXED {
        headers.insert(name, value.clone());
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
