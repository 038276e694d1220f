//! Signing in: who has a session, the forms that begin and end one, and the guard before every request that changes something.
//!
//! Rules stand in `people` and `desk`; here are cookies, forms and pages. What a console around this does:
//!
//! - merge [`routes`] into its router and lay [`guard`] around all of it;
//! - give every request `axum::extract::ConnectInfo<SocketAddr>` of the client as extension;
//! - take [`SignedIn`] as the argument of every page that is for somebody;
//! - put [`SignedIn::csrf_token`] into a hidden field `csrf` of every form that posts.

pub(super) mod cookie;
mod guard;
mod pages;
mod routes;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use weegnet_policy::role::Roles;

use super::Console;
use super::page::{Page, html};
use super::words::Words;
use crate::desk::Desk;
use crate::desk::signin::Inside;
use crate::people::session::SessionEnded;
use pages::Onward;

pub use guard::{CSRF_FIELD, CSRF_HEADER, guard};
pub use routes::{CONFIRM, routes};

/// Where one signs in.
pub const SIGN_IN: &str = "/aanmelden";

/// A person who is signed in.
pub struct SignedIn {
    inside: Inside,
    csrf: String,
}

impl SignedIn {
    /// The person at the desk.
    pub fn desk(&self) -> Desk {
        self.inside.desk.clone()
    }

    /// The person's name here.
    pub fn name(&self) -> &str {
        self.inside.desk.actor().person.as_str()
    }

    /// What they may be.
    pub fn roles(&self) -> Roles {
        self.inside.roles
    }

    /// For the hidden field `csrf`.
    pub fn csrf_token(&self) -> &str {
        &self.csrf
    }

    /// Whether the second factor was shown again a moment ago, as release, export and erasure need it.
    pub fn stepped_up(&self) -> bool {
        self.inside.stepped_up
    }
}

/// Nobody is signed in, or not any more: the way to the form.
pub struct NotSignedIn(Box<Response>);

impl IntoResponse for NotSignedIn {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl NotSignedIn {
    fn ended(ended: SessionEnded) -> Self {
        let why = match ended {
            SessionEnded::Unknown => "",
            SessionEnded::Idle => "?reden=ongebruikt",
            SessionEnded::TooLong => "?reden=dag",
            SessionEnded::OtherBrowser => "?reden=elders",
            SessionEnded::Changed => "?reden=gewijzigd",
        };
        let to = Redirect::to(&format!("{SIGN_IN}{why}"));
        NotSignedIn(Box::new((cookie::forget(), to).into_response()))
    }

    /// Without a cookie. Somebody whom another site led here has one that their browser did not send along: the page asks once
    /// more by itself, as a page of ours.
    fn without(console: &Console, words: Words, parts: &Parts) -> Self {
        let led_here = parts.headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
        let response = match led_here && parts.method == Method::GET {
            true => {
                let page = Page::outside(console, words, "onward");
                html(&Onward { page, to: parts.uri.path().to_owned() })
            }
            false => Redirect::to(SIGN_IN).into_response(),
        };
        NotSignedIn(Box::new(response))
    }
}

impl FromRequestParts<Arc<Console>> for SignedIn {
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, NotSignedIn> {
        let Some(id) = cookie::session(&parts.headers) else {
            let Ok(words) = Words::from_request_parts(parts, console).await;
            return Err(NotSignedIn::without(console, words, parts));
        };
        let browser = cookie::browser(&parts.headers);
        let by_hand = cookie::is_by_hand(&parts.headers);
        match Desk::enter_by_session(&console.node, &id, &browser, by_hand).await {
            Ok(inside) => Ok(SignedIn { inside, csrf: id.csrf_token() }),
            Err(ended) => Err(NotSignedIn::ended(ended)),
        }
    }
}

#[cfg(test)]
mod tests;
