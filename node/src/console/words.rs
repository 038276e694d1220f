//! The words of the screen, Dutch first: `locales/*nl.ftl` and `locales/*en.ftl`, which name the same things.

use std::convert::Infallible;
use std::sync::LazyLock;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use weegnet_policy::lang::Lang;

/// The cookie in which a browser keeps its language.
pub const LANG_COOKIE: &str = "__Host-taal";

/// Dutch and English: of every page, and of those of oversight.
const TEXTS: [&str; 2] = [
    concat!(include_str!("../../locales/nl.ftl"), "\n", include_str!("../../locales/toezicht.nl.ftl")),
    concat!(include_str!("../../locales/en.ftl"), "\n", include_str!("../../locales/toezicht.en.ftl")),
];

static NL: LazyLock<Bundle> = LazyLock::new(|| bundle("nl", TEXTS[0]));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle("en", TEXTS[1]));

type Bundle = FluentBundle<FluentResource>;

/// The words of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words(pub Lang);

impl Words {
    /// The words behind a name; the name itself when nobody wrote them.
    pub fn say(self, name: &str) -> String {
        self.fill(name, &FluentArgs::new())
    }

    /// The words behind a name, or those that were made elsewhere where nobody wrote any.
    pub fn or(self, name: &str, made: &str) -> String {
        let said = self.say(name);
        if said == name { made.to_owned() } else { said }
    }

    /// With numbers filled in: `a`, `b` and so on.
    pub fn numbers(self, name: &str, numbers: &[u64]) -> String {
        let mut arguments = FluentArgs::new();
        for (name, number) in ('a'..='z').zip(numbers) {
            arguments.set(name.to_string(), *number);
        }
        self.fill(name, &arguments)
    }

    /// With one thing filled in.
    pub fn with<'a>(self, name: &str, what: &'a str, value: impl Into<FluentValue<'a>>) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(what, value);
        self.fill(name, &arguments)
    }

    /// Dutch or English words that were made elsewhere.
    pub fn either<'a>(self, nl: &'a str, en: &'a str) -> &'a str {
        match self.0 {
            Lang::Nl => nl,
            Lang::En => en,
        }
    }

    /// The value of `lang` in HTML.
    pub fn code(self) -> &'static str {
        self.either("nl", "en")
    }

    fn fill(self, name: &str, arguments: &FluentArgs<'_>) -> String {
        let bundle = match self.0 {
            Lang::Nl => &NL,
            Lang::En => &EN,
        };
        let Some(pattern) = bundle.get_message(name).and_then(|message| message.value()) else { return name.into() };
        bundle.format_pattern(pattern, Some(arguments), &mut Vec::new()).into_owned()
    }
}

/// The language that this browser asked for before; Dutch otherwise.
impl<S: Sync> FromRequestParts<S> for Words {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let cookies = parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let chosen = cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == LANG_COOKIE)
            .and_then(|(_, value)| value.parse().ok());
        Ok(Words(chosen.unwrap_or_default()))
    }
}

fn bundle(language: &str, text: &str) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![language.parse().unwrap_or_default()]);
    // Marks around what is filled in would be read aloud by some screen readers.
    bundle.set_use_isolating(false);
    // What cannot be read is shown by its name; a test reads both files.
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(text: &str) -> BTreeSet<&str> {
        let entry = |line: &str| line.starts_with(|c: char| c.is_ascii_lowercase());
        text.lines().filter(|line| entry(line)).filter_map(|line| Some(line.split_once('=')?.0.trim())).collect()
    }

    #[test]
    fn both_languages_can_be_read_and_name_the_same_things() {
        for text in TEXTS {
            assert!(FluentResource::try_new(text.to_owned()).is_ok());
        }
        assert_eq!(names(TEXTS[0]), names(TEXTS[1]));
    }

    #[test]
    fn every_name_in_a_template_has_words() {
        let known = names(TEXTS[0]);
        for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            for call in [".s(\"", ".with(\""] {
                for part in text.split(call).skip(1) {
                    let name = part.split('"').next().unwrap();
                    assert!(known.contains(name), "{}: nobody wrote '{name}'", path.display());
                }
            }
        }
    }

    #[test]
    fn words_that_never_appear_do_not() {
        for text in TEXTS {
            let text = text.to_lowercase();
            for word in ["gesignaleerd", "treffer", "bekend bij", "toegestaan op grond van het convenant", "percent"] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }
}
