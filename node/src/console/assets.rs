//! What pages look like: one stylesheet, embedded by the build, under a name that changes with its content. No page has a script.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use weegnet_protocol::codec::Hash;

/// A file that every browser may keep for ever: with other content it has another name.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Digits of a digest in a name.
const DIGITS: usize = 16;

static STYLE: &str = include_str!(concat!(env!("OUT_DIR"), "/console.css"));
static PACKED_STYLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/console.css.gz"));

/// Path of the stylesheet.
pub static STYLE_PATH: LazyLock<String> = LazyLock::new(|| named(STYLE, "css"));

/// The stylesheet, packed for a browser that takes it so.
pub async fn style(headers: HeaderMap) -> Response {
    let kind = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, FOR_EVER),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    match takes_gzip(&headers) {
        true => (kind, [(header::CONTENT_ENCODING, "gzip")], PACKED_STYLE).into_response(),
        false => (kind, STYLE).into_response(),
    }
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| coding.trim() == "gzip")
}

/// An organisation's own tokens.
pub fn tokens(text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))], text).into_response()
}

fn named(text: &str, kind: &str) -> String {
    let digest = Hash::of(&[text.as_bytes()]).to_string();
    format!("/vast/console-{}.{kind}", digest.get(..DIGITS).unwrap_or(&digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the stylesheet may weigh on its way: 32 KiB of the 150 KB that a first page may.
    const MAX_PACKED_BYTES: usize = 32 * 1024;

    #[tokio::test]
    async fn the_stylesheet_goes_packed_to_who_takes_it_and_whole_to_who_does_not() {
        let mut headers = HeaderMap::new();
        assert!(style(headers.clone()).await.headers().get(header::CONTENT_ENCODING).is_none());
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br"));
        let packed = style(headers.clone()).await;
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
        let bytes = axum::body::to_bytes(packed.into_body(), MAX_PACKED_BYTES).await.unwrap();
        assert!(bytes.starts_with(&[0x1f, 0x8b]));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip;q=0, identity"));
        assert!(style(headers).await.headers().get(header::CONTENT_ENCODING).is_none());
    }
}
