//! The pages of signing in, and what a visitor sees who is turned away.

use std::sync::Arc;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use qrcodegen::{QrCode, QrCodeEcc};
use weegnet_protocol::time::Millis;

use super::super::page::{Page, html};
use super::super::words::Words;
use super::Console;
use super::guard::Refusal;
use crate::desk::signin::SignInError;
use crate::people::password::WeakPassword;
use crate::people::totp::TotpKey;

/// Light modules around a QR code, as its standard asks for.
const QUIET: i32 = 4;

/// Name, password, code.
#[derive(Template)]
#[template(path = "sign-in.html")]
pub(super) struct SignIn {
    pub page: Page,
    pub csrf: String,
    pub name: String,
    /// What went wrong, or why one is here again.
    pub told: Option<String>,
}

/// The first time: code of the invitation, and a password.
#[derive(Template)]
#[template(path = "enrol.html")]
pub(super) struct Enrol {
    pub page: Page,
    pub csrf: String,
    pub name: String,
    pub told: Option<String>,
}

/// The first time: what the app needs.
#[derive(Template)]
#[template(path = "enrol-app.html")]
pub(super) struct EnrolApp {
    pub page: Page,
    pub csrf: String,
    pub name: String,
    pub invitation: String,
    /// To type over.
    pub key: String,
    /// For an app on this machine.
    pub uri: String,
    pub code: Qr,
    pub told: Option<String>,
}

/// The first time is over.
#[derive(Template)]
#[template(path = "enrolled.html")]
pub(super) struct Enrolled {
    pub page: Page,
}

/// The code of the app once more.
#[derive(Template)]
#[template(path = "step-up.html")]
pub(super) struct StepUp {
    pub page: Page,
    /// Where one came from.
    pub back: String,
    pub told: Option<String>,
}

/// Here or everywhere.
#[derive(Template)]
#[template(path = "sign-out.html")]
pub(super) struct SignOut {
    pub page: Page,
}

/// On to a page of ours, as a page of ours.
#[derive(Template)]
#[template(path = "onward.html")]
pub(super) struct Onward {
    pub page: Page,
    pub to: String,
}

#[derive(Template)]
#[template(path = "turned-away.html")]
struct TurnedAway {
    page: Page,
    told: String,
}

/// A QR code as one path of an SVG image.
pub(super) struct Qr {
    /// Width and height, with the light around it.
    pub size: i32,
    /// One square for each dark module.
    pub path: String,
}

impl Qr {
    /// Of what the app reads; empty where it does not fit, and then the key is typed over.
    pub fn of(text: &str) -> Self {
        let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return Qr { size: 0, path: String::new() } };
        let dark = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark = dark.filter(|(x, y)| code.get_module(*x, *y));
        let path = dark.map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET)).collect();
        Qr { size: code.size() + 2 * QUIET, path }
    }
}

impl EnrolApp {
    /// The page with this key.
    pub fn of(page: Page, csrf: String, name: String, invitation: String, key: &TotpKey, told: Option<String>) -> Self {
        let uri = key.uri(&page.organisation, &name).to_string();
        let code = Qr::of(&uri);
        EnrolApp { page, csrf, name, invitation, key: key.to_type().to_string(), uri, code, told }
    }
}

/// What went wrong, in words; and as HTTP says it.
pub(super) fn told(error: &SignInError, words: Words) -> (StatusCode, String) {
    let name = match error {
        SignInError::NotProven => "sign-in-not-proven",
        SignInError::Wait(wait) => {
            return (StatusCode::TOO_MANY_REQUESTS, words.with("sign-in-wait", "n", wait.0.div_ceil(1000)));
        }
        SignInError::Busy => return (StatusCode::SERVICE_UNAVAILABLE, words.say("sign-in-busy")),
        SignInError::NotInvited => "enrol-not-invited",
        SignInError::Weak(WeakPassword::Short) => "password-short",
        SignInError::Weak(WeakPassword::Long) => "password-long",
        SignInError::Weak(WeakPassword::Simple) => "password-simple",
        SignInError::WrongCode => "enrol-wrong-code",
        SignInError::Journal(error) => {
            tracing::error!(%error, "signing in could not be written down");
            return (StatusCode::INTERNAL_SERVER_ERROR, words.say("sign-in-not-written"));
        }
    };
    (StatusCode::UNPROCESSABLE_ENTITY, words.say(name))
}

/// A request of which nobody knows whether the person wanted it.
pub(super) fn turned_away(console: &Arc<Console>, words: Words, refusal: Refusal) -> Response {
    let told = match refusal {
        Refusal::Foreign => "turned-away-foreign",
        Refusal::NoToken => "turned-away-token",
        Refusal::TooLarge => "turned-away-large",
        Refusal::TooSlow => "turned-away-slow",
    };
    let page = Page::outside(console, words, "turned-away");
    (refusal.status(), html(&TurnedAway { page, told: words.say(told) })).into_response()
}

/// One request too many.
pub(super) fn too_fast(console: &Arc<Console>, words: Words, wait: Millis) -> Response {
    let seconds = wait.0.div_ceil(1000).max(1);
    let page = Page::outside(console, words, "turned-away");
    let page = html(&TurnedAway { page, told: words.with("too-fast", "n", seconds) });
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())], page).into_response()
}
