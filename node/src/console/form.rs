//! What a form sent: fields by name, in text. What they mean is read later, where it can be said what is wrong.

use std::convert::Infallible;

use axum::Form;
use axum::extract::{FromRequest, Request};
use weegnet_protocol::time::Day;

/// The fields of a form; none when it cannot be read.
#[derive(Debug, Default)]
pub struct Given(Vec<(String, String)>);

impl Given {
    /// One field alone.
    pub fn of(name: &str, value: String) -> Self {
        Given(vec![(name.to_owned(), value)])
    }

    /// The fields whose names begin so, when they say something.
    pub fn starting_with(&self, prefix: &str) -> impl Iterator<Item = (String, String)> {
        self.0.iter().filter(move |(key, value)| key.starts_with(prefix) && !value.is_empty()).cloned()
    }

    /// One field; empty when it was not sent.
    pub fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// One field with the blanks around it, which belong to a password; empty when it was not sent.
    pub fn whole(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// A day, as browsers send a date: `2026-11-23`.
    ///
    /// # Errors
    /// When it is none.
    pub fn day(&self, name: &str) -> Result<Option<Day>, ()> {
        let text = self.one(name);
        if text.is_empty() {
            return Ok(None);
        }
        let mut parts = text.splitn(3, '-').map(|part| part.parse::<u16>().map_err(drop));
        let mut next = || parts.next().unwrap_or(Err(()));
        let (year, month, day) = (next()?, next()?, next()?);
        let small = |part: u16| u8::try_from(part).map_err(drop);
        Day::new(year, small(month)?, small(day)?).map(Some).ok_or(())
    }

    /// Every field with this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// Whether the field was sent.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

impl<S: Send + Sync> FromRequest<S> for Given {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let read = Form::<Vec<(String, String)>>::from_request(request, state).await;
        Ok(read.map(|Form(fields)| Given(fields)).unwrap_or_default())
    }
}
