//! Signing in: who has a session, the forms that begin and end one, and the guard before every request that changes something.
//!
//! Rules stand in `people` and `desk`; here are cookies, forms and pages. What a console around this does:
//!
//! - merge [`routes`] into its router and lay [`guard`] around all of it;
//! - give every request `axum::extract::ConnectInfo<SocketAddr>` of the client as extension;
//! - take [`SignedIn`] as the argument of every page that is for somebody;
//! - put [`SignedIn::csrf_token`] into a hidden field `csrf` of every form that posts.

mod cookie;
mod guard;
mod routes;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use weegnet_policy::role::Roles;

use super::Console;
use crate::desk::Desk;
use crate::desk::signin::Inside;

pub use guard::{CSRF_FIELD, CSRF_HEADER, guard};
pub use routes::routes;

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
pub struct NotSignedIn(pub(super) Option<crate::people::session::SessionEnded>);

impl IntoResponse for NotSignedIn {
    fn into_response(self) -> Response {
        (cookie::forget(), Redirect::to(SIGN_IN)).into_response()
    }
}

impl FromRequestParts<Arc<Console>> for SignedIn {
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, NotSignedIn> {
        let id = cookie::session(&parts.headers).ok_or(NotSignedIn(None))?;
        let browser = cookie::browser(&parts.headers);
        let entered = Desk::enter_by_session(&console.node, &id, &browser, cookie::is_by_hand(&parts.headers)).await;
        match entered {
            Ok(inside) => Ok(SignedIn { inside, csrf: id.csrf_token() }),
            Err(ended) => Err(NotSignedIn(Some(ended))),
        }
    }
}
