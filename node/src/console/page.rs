//! The frame of every page: who is signed in, where they can go, and how a refusal is shown.

use std::sync::Arc;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use weegnet_policy::role::Roles;

use super::signin::SignedIn;
use super::words::Words;
use super::{Console, assets, routes};
use crate::desk::{Desk, DeskError};
use crate::exchange::ActError;
use crate::people::PeopleError;

/// What `base.html` needs.
pub struct Page {
    words: Words,
    /// Heading and title, in words. Never a name, and never a number that leads to one.
    pub title: String,
    /// Whose console this is.
    pub organisation: String,
    /// Who is signed in.
    pub person: Option<Person>,
    /// Where they can go.
    pub places: Vec<Place>,
    /// Whether the organisation has tokens of its own.
    pub own_tokens: bool,
}

/// The signed-in person.
pub struct Person {
    /// By name.
    pub name: String,
    /// Their roles, in words.
    pub roles: String,
    /// Goes into each form, as `csrf`.
    pub csrf: String,
}

/// One line of the navigation.
pub struct Place {
    /// Where it leads.
    pub path: &'static str,
    /// In words.
    pub name: String,
    /// Whether the page lies there.
    pub here: bool,
}

impl Page {
    /// A page for somebody who is not signed in.
    pub fn outside(console: &Console, words: Words, title: &str) -> Self {
        Page {
            words,
            title: words.say(title),
            organisation: console.node.config.name.clone(),
            person: None,
            places: Vec::new(),
            own_tokens: console.tokens.is_some(),
        }
    }

    /// The words behind a name.
    pub fn s(&self, name: &str) -> String {
        self.words.say(name)
    }

    /// The words behind a name, with a number filled in.
    pub fn count(&self, name: &str, number: &usize) -> String {
        self.words.with(name, "n", *number)
    }

    /// The words behind a name, with a text filled in.
    pub fn with(&self, name: &str, text: &str) -> String {
        self.words.with(name, "x", text)
    }

    /// Which language.
    pub fn lang(&self) -> &'static str {
        self.words.code()
    }

    /// The hidden field of each form.
    pub fn csrf(&self) -> &str {
        self.person.as_ref().map_or("", |person| &person.csrf)
    }

    /// Path of the stylesheet.
    pub fn style(&self) -> &'static str {
        &assets::STYLE_PATH
    }
}

/// Somebody who is signed in and looks at a page.
pub struct Visitor {
    /// Their session.
    pub signed_in: SignedIn,
    /// Their language.
    pub words: Words,
    console: Arc<Console>,
    path: String,
}

impl FromRequestParts<Arc<Console>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Response> {
        let Ok(words) = Words::from_request_parts(parts, console).await;
        let signed_in = SignedIn::from_request_parts(parts, console).await.map_err(IntoResponse::into_response)?;
        Ok(Visitor { signed_in, words, console: Arc::clone(console), path: parts.uri.path().to_owned() })
    }
}

impl Visitor {
    /// This person at the desk.
    pub fn desk(&self) -> Desk {
        self.signed_in.desk()
    }

    /// The frame of a page for them.
    pub fn page(&self, title: &str) -> Page {
        let roles = self.signed_in.roles();
        Page {
            person: Some(Person {
                name: self.signed_in.name().to_string(),
                roles: roles_in_words(roles, self.words),
                csrf: self.signed_in.csrf_token().to_string(),
            }),
            places: routes::places(roles, self.words, &self.path),
            ..Page::outside(&self.console, self.words, title)
        }
    }

    /// What the desk refused, in its words.
    pub fn refused(&self, error: DeskError) -> Response {
        let told = Told::of(&error, self.words);
        let page = self.page(told.title);
        (told.status, html(&Refused { page, told })).into_response()
    }
}

/// Roles as the screen names them.
pub fn roles_in_words(roles: Roles, words: Words) -> String {
    let named: Vec<_> = roles.iter().map(|role| words.either(role.dutch(), role.english())).collect();
    named.join(", ")
}

/// A page as a response.
pub fn html(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A refusal in words.
pub struct Told {
    /// As HTTP says it.
    pub status: StatusCode,
    /// Name of the heading.
    pub title: &'static str,
    /// What happened and what to do.
    pub text: String,
    /// Where that stands.
    pub article: Option<String>,
    /// Whether the second factor, shown once more, mends it.
    pub confirm: bool,
}

impl Told {
    /// Of an error of the desk. Which rule it was, and in which words, is the desk's.
    pub fn of(error: &DeskError, words: Words) -> Self {
        let told = |status, title, text: String| Told { status, title, text, article: None, confirm: false };
        match error {
            DeskError::Denied(denial) => Told {
                article: Some(denial.article.clone()),
                ..told(StatusCode::FORBIDDEN, "refused-denied", words.either(&denial.nl, &denial.en).to_owned())
            },
            DeskError::People(PeopleError::NeedsRole(role)) => {
                let role = words.either(role.dutch(), role.english());
                told(StatusCode::FORBIDDEN, "refused-denied", words.with("refused-role", "x", role))
            }
            DeskError::People(PeopleError::Ended | PeopleError::NotProven) => {
                told(StatusCode::FORBIDDEN, "refused-denied", words.say("refused-ended"))
            }
            DeskError::People(PeopleError::NeedsStepUp) => {
                Told { confirm: true, ..told(StatusCode::FORBIDDEN, "confirm-first", words.say("confirm-why")) }
            }
            DeskError::People(other) => told(StatusCode::FORBIDDEN, "refused-denied", other.to_string()),
            DeskError::NotFound(_) | DeskError::NoConvenant(_) => {
                told(StatusCode::NOT_FOUND, "refused-not-found", words.say("refused-not-found-text"))
            }
            DeskError::Act(ActError::TooLate) => {
                told(StatusCode::CONFLICT, "refused-late", words.say("refused-late-text"))
            }
            error if error.is_no_space() => {
                told(StatusCode::INSUFFICIENT_STORAGE, "refused-fault", words.say("refused-no-space"))
            }
            DeskError::Act(_) | DeskError::Register(_) => {
                tracing::error!(%error, "a page could not be shown");
                told(StatusCode::INTERNAL_SERVER_ERROR, "refused-fault", words.say("refused-fault-text"))
            }
            other => told(StatusCode::UNPROCESSABLE_ENTITY, "refused-input", other.to_string()),
        }
    }
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused {
    page: Page,
    told: Told,
}
