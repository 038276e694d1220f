//! What pages look like: one stylesheet, embedded by the build, under a name that changes with its content. No page has a script.

use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use weegnet_protocol::codec::Hash;

/// A file that every browser may keep for ever: with other content it has another name.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Digits of a digest in a name.
const DIGITS: usize = 16;

static STYLE: &str = include_str!(concat!(env!("OUT_DIR"), "/console.css"));

/// Path of the stylesheet.
pub static STYLE_PATH: LazyLock<String> = LazyLock::new(|| named(STYLE, "css"));

/// The stylesheet.
pub async fn style() -> Response {
    file("text/css; charset=utf-8", STYLE)
}

/// An organisation's own tokens.
pub fn tokens(text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))], text).into_response()
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CACHE_CONTROL, FOR_EVER)];
    (headers, text).into_response()
}

fn named(text: &str, kind: &str) -> String {
    let digest = Hash::of(&[text.as_bytes()]).to_string();
    format!("/vast/console-{}.{kind}", digest.get(..DIGITS).unwrap_or(&digest))
}
