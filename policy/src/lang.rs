//! In which language people are spoken to: Dutch first, English beside it.

use std::borrow::Cow;

/// A language of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Dutch.
    #[default]
    Nl,
    /// English.
    En,
}

/// The same words in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// In Dutch.
    pub nl: Cow<'static, str>,
    /// In English.
    pub en: Cow<'static, str>,
}

impl Words {
    /// Fixed words.
    pub const fn of(nl: &'static str, en: &'static str) -> Self {
        Words { nl: Cow::Borrowed(nl), en: Cow::Borrowed(en) }
    }

    /// Words with something filled in.
    pub fn made(nl: String, en: String) -> Self {
        Words { nl: Cow::Owned(nl), en: Cow::Owned(en) }
    }

    /// Those of one language.
    pub fn of_lang(&self, lang: Lang) -> &str {
        match lang {
            Lang::Nl => &self.nl,
            Lang::En => &self.en,
        }
    }
}

/// Not the name of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write nl or en")]
pub struct NotALang;

impl std::str::FromStr for Lang {
    type Err = NotALang;

    fn from_str(text: &str) -> Result<Self, NotALang> {
        match text {
            "nl" => Ok(Lang::Nl),
            "en" => Ok(Lang::En),
            _ => Err(NotALang),
        }
    }
}
